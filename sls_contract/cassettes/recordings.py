"""Recordings in their order, as replay and comparison read them: of one file, or of any other source."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, overload

from sls_contract.cassettes.matching import DEFAULT, Matching
from sls_contract.cassettes.recording import Evidence, Recording, weakest

if TYPE_CHECKING:
    from sls_contract.exchange import Request


class Recordings(Sequence[Recording]):
    """Recordings, each parsed when it is read.

    Attributes:
        unfinished: names of the recording sessions that did not end.
        failed: names of those whose test failed, each with the reason; they must not be played.
        excluded: the recordings that were left out because their test failed.

    """

    unfinished: tuple[str, ...] = ()
    failed: Mapping[str, str] = MappingProxyType({})
    excluded: Sequence[Recording] = ()

    @abstractmethod
    def at(self, position: int) -> Recording:
        """Return one recording, with its digest compared (`Recording.integrity`)."""

    @overload
    def __getitem__(self, index: int) -> Recording: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Recording, ...]: ...
    def __getitem__(self, index: int | slice) -> Recording | tuple[Recording, ...]:
        """Return recordings; raises `CassetteDamaged` where one cannot be read."""
        positions = range(len(self))[index]
        return self.at(positions) if isinstance(positions, int) else tuple(map(self.at, positions))

    def unverified(self, position: int) -> Recording:
        """Return one recording; its digest may not have been compared yet (see `with_integrity`)."""
        return self[position]

    @property
    def lines(self) -> Sequence[int | None]:
        """The line, counted from 1, at which each exchange begins; None where it is unknown."""
        return [None] * len(self)

    @property
    def evidence(self) -> Evidence:
        """The weakest evidence among the recordings; unknown if there are none."""
        return weakest(recording.provenance.evidence for recording in self)

    def failure_of(self, recording: Recording) -> str:
        """Return why the test that recorded an exchange failed; empty where it passed, or is unknown."""
        return self.failed.get(recording.session, "")

    def requests(self, matching: Matching = DEFAULT) -> Sequence[Request]:  # noqa: ARG002 - files parse less by default
        """Return the requests, at least the parts that ``matching`` compares; they may be unverified."""
        return tuple(recording.exchange.request for recording in self)

    def keys(self, matching: Matching = DEFAULT) -> Sequence[Hashable]:
        """Return the matching key of each request; they may be unverified."""
        return [matching.key(recording.exchange.request) for recording in self]

    def repeats_of(self, played: Iterable[int], matching: Matching) -> frozenset[int]:
        """Return the positions of all recordings whose request is also that of one of the ``played``."""
        keys = self.keys(matching)
        requested = {keys[position] for position in played}
        return frozenset(at for at, key in enumerate(keys) if key in requested)

    def match_groups(self, matching: Matching) -> list[int] | None:
        """Return a number for each recording, equal for recordings of the same request; None with the default matching.

        The numbers can be compared where the matching itself is not available.
        """
        if matching.names == DEFAULT.names:
            return None
        numbers: dict[Hashable, int] = {}
        return [numbers.setdefault(key, len(numbers)) for key in self.keys(matching)]


class Listed(Recordings):
    """Recordings in memory, of any source, without those whose test failed; the marks of a file stay."""

    def __init__(self, source: Sequence[Recording] = ()) -> None:
        if isinstance(source, Recordings):
            self.failed = source.failed
            self.unfinished = tuple(name for name in source.unfinished if name not in source.failed)
        recordings = [*source]
        self._kept = [each for each in recordings if not self.failure_of(each)]
        self.excluded = [each for each in recordings if self.failure_of(each)]

    def __len__(self) -> int:
        return len(self._kept)

    def at(self, position: int) -> Recording:
        """Return one recording."""
        return self._kept[position]
