"""Record mode ``verify``: a cassette is recorded anew beside the old one, and each answer compared with the recorded.

What is recorded is a proposal (``<cassette>.proposed``); the old file stays until somebody accepts it (`renewal`). A
request goes only where its recording was made: a comparison with another endpoint says nothing about this one.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sls_contract.cassettes.drift import compare
from sls_contract.cassettes.file.recording_file import load, names_of, recorded
from sls_contract.cassettes.hosts import without_project
from sls_contract.cassettes.matching import Key
from sls_contract.cassettes.recorder.handler import CONNECT_KINDS
from sls_contract.cassettes.recording import Evidence, weakest
from sls_contract.cassettes.tape import Tape, asked
from sls_contract.errors import CassetteDamaged, CassetteError, EndpointError
from sls_contract.exchange import masked_url, split_url
from sls_contract.hosts import is_loopback, is_service_host

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from sls_contract.cassettes.drift import Change, Unmatched
    from sls_contract.cassettes.recording import Provenance, Recording
    from sls_contract.exchange import Request

REFERENCE = "reference"
"""How the embedded reference endpoint is named where an endpoint is."""

SUFFIX = ".proposed"
"""What a proposal's name has beyond its cassette's: not a cassette's suffix, so `check` and ``diff`` pass it over."""

_ASKED = frozenset({Evidence.LIVE, Evidence.REFERENCE})  # only what an endpoint answered can be asked again

_ELSEWHERE = (
    "{what} was recorded at {there}, and this run asks {here}: nothing is sent\n"
    "How to fix: verify where it was recorded ({remedy}), or record it anew (--sls-record=all)."
)
_NOWHERE = (
    "{what} was not recorded at any endpoint (evidence: {evidence}), so none to compare with: nothing is sent\n"
    "How to fix: record it (pytest --sls-record=all), or leave the test out of this run."
)
_NO_CASSETTE = (
    "there is no cassette at {path} to compare the answer of {what} with: nothing is sent\n"
    "How to fix: record it (pytest --sls-record=once)."
)
_UNREACHED = (
    "{what} did not reach {endpoint}: {detail}\nNothing was compared, and the cassette stays as it is.\n"
    "How to fix: check the endpoint and the network, and verify again."
)


def proposed(path: Path) -> Path:
    """Return where the proposal for a cassette stands."""
    return path.with_name(path.name + SUFFIX)


@dataclass(slots=True)
class Compared:
    """What one open proposal found.

    Attributes:
        changes: every difference, with the position of the old exchange.
        unmatched: new exchanges without a recording, with their position in the order of arrival.
        errors: what kept an exchange from being compared, for people.
        validated: by the id of an old exchange, when the endpoint gave an answer that is at most benignly different. A
            state of the service (busy, a group that is gone) is benign, but does not show the old answer again.
        weaker: the evidence of new exchanges that prove less than their recording, by that recording's.
        paired: positions of the old exchanges that were asked for.

    """

    changes: list[Change] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    validated: dict[str, datetime] = field(default_factory=dict)
    weaker: dict[Evidence, Evidence] = field(default_factory=dict)
    paired: set[int] = field(default_factory=set)


class Proposal(Tape):
    """Plays nothing; records beside the old cassette, and compares. Safe from any thread.

    Args:
        path: the old cassette; where there is none, the first request raises `CassetteError`.
        began: when the session began, aware; what earlier sessions proposed is replaced.
        route: what answers instead of the network: `REFERENCE`, or the URL of a literal address. Empty: requests go
            where they say.
        repeat: whether the last of identical recordings stands for all that come after it.

    Raises:
        CassetteDamaged: the old file is not what was recorded.

    """

    def __init__(self, path: Path, began: datetime, route: str = "", *, repeat: bool = False) -> None:
        super().__init__(_readable(proposed(path)), "all", began, repeat=repeat)
        self.cassette = path
        self.compared = Compared()
        self.old: Sequence[Recording] = load(path) if recorded(path) else ()
        self._route = route
        self._guard = threading.Lock()
        self._ids = list(names_of(self.old))
        self._waiting: dict[Key, deque[int]] = {}
        for position, request in enumerate(asked(self.old)):
            self._waiting.setdefault(Key.of(request), deque()).append(position)
        self._first = {key: positions[0] for key, positions in self._waiting.items()}

    @property
    def lets_all_through(self) -> bool:
        """Never: `take` looks where each request goes."""
        return False

    def take(self, request: Request) -> None:
        """Play nothing; raises `EndpointError` for a request that would go elsewhere than its recording did."""
        what = f"{request.method} {masked_url(request.url)}"
        if not self.old:
            raise CassetteError(_NO_CASSETTE.format(what=what, path=self.cassette))
        made = self.old[self._first.get(Key.of(request), 0)].provenance
        here = self._route or f"{split_url(request.url)[0]}://{without_project(request.host)}"
        refuse_elsewhere(made, here, what)

    def admit(self, endpoint: str) -> None:
        """Raise `EndpointError` where nothing in the cassette was recorded at an endpoint that is to be prepared."""
        if self.old and not any(is_at(recording.provenance, endpoint) for recording in self.old):
            refuse_elsewhere(self.old[0].provenance, endpoint, str(self.cassette))

    def add(self, recording: Recording) -> None:
        """Keep an exchange in the proposal, and compare it with the recording of the same request."""
        super().add(recording)
        self._pair(recording)

    def adopt(self, recording: Recording) -> None:
        """Compare an exchange that a forked child added."""
        super().adopt(recording)
        self._pair(recording)

    def _pair(self, recording: Recording) -> None:
        with self._guard:
            position = self._partner(Key.of(recording.exchange.request))
        if position is None:
            (alone,) = compare((), (recording,)).unmatched
            self.compared.unmatched.append(replace(alone, exchange=self.added - 1))
        elif recording.broken in CONNECT_KINDS and self.old[position].broken not in CONNECT_KINDS:
            self.compared.errors.append(_unreached(recording))  # says nothing about what the service answers
        else:
            self._compare(position, recording)

    def close(self, *, finished: bool) -> None:
        """Close the proposal; one that broke off, or that did not reach the endpoint, is dropped."""
        super().close(finished=finished and not self.compared.errors)

    def played(self) -> frozenset[int]:
        """Return the positions of the old exchanges that were asked for, as `Tape.played` does."""
        paired = self.compared.paired
        asked_for = {self._key(position) for position in paired} if self._repeat else set()
        twins = (at for at in range(len(self.old)) if self._repeat and self._key(at) in asked_for)
        return frozenset((*paired, *twins))

    def _partner(self, key: Key) -> int | None:
        """Return the position of the old exchange that replay would answer with."""
        waiting = self._waiting.get(key)
        if not waiting:
            return None
        position = waiting[0] if self._repeat and len(waiting) == 1 else waiting.popleft()
        self.compared.paired.add(position)
        return position

    def _compare(self, position: int, new: Recording) -> None:
        old, found = self.old[position], self.compared
        drift = compare((old,), (new,))
        found.changes += [replace(change, exchange=position) for change in drift.changes]
        before, now = old.provenance.evidence, new.provenance.evidence
        if weakest((before, now)) is not before:
            found.weaker[before] = weakest((now, found.weaker.get(before, now)))
        same = drift.verdict in {"benign", "none"} and not any(change.of_outcome for change in drift.changes)
        if same and new.provenance.recorded_at is not None:
            found.validated[self._ids[position]] = new.provenance.recorded_at

    def _key(self, position: int) -> Key:
        return Key.of(self.old[position].exchange.request)


def left_of(old: Sequence[Recording], played: Collection[int]) -> tuple[Unmatched, ...]:
    """Return the old exchanges whose positions are not among those that were ``played``."""
    alone = [position for position in range(len(old)) if position not in played]
    unmatched = (compare((old[position],), ()).unmatched[0] for position in alone)
    return tuple(replace(each, exchange=position) for each, position in zip(unmatched, alone, strict=True))


def refuse_elsewhere(made: Provenance, here: str, what: str) -> None:
    """Raise `EndpointError`, naming both, where ``here`` is not the endpoint at which a recording was made.

    Reference endpoints stand for each other: the embedded one, and whatever listens on this machine, at any port.
    """
    if is_at(made, here):
        return
    if made.evidence not in _ASKED:
        raise EndpointError(_NOWHERE.format(what=what, evidence=made.evidence))
    there = f"{made.endpoint or 'an unknown endpoint'} (evidence: {made.evidence})"
    raise EndpointError(_ELSEWHERE.format(what=what, there=there, here=here, remedy=f"--sls-endpoint={_where(made)}"))


def endpoint_of(recordings: Sequence[Recording]) -> str:
    """Return where recordings can be asked again: the endpoint of the first that was asked, else `REFERENCE`."""
    return next((_where(one.provenance) for one in recordings if one.provenance.evidence in _ASKED), REFERENCE)


def is_at(made: Provenance, here: str) -> bool:
    """Tell whether a recording was made at an endpoint."""
    if made.evidence not in _ASKED:
        return False
    if _is_reference(here):
        return _where(made) == REFERENCE
    return _authority(made.endpoint) == _authority(here)


def _where(made: Provenance) -> str:
    """Return where a recording was made; `REFERENCE` where it can only have been a reference endpoint.

    An answer under a name of the service that is no live one came from the embedded endpoint, or from a double.
    """
    named = is_service_host(_authority(made.endpoint))
    if made.evidence is Evidence.REFERENCE and (named or _is_reference(made.endpoint)):
        return REFERENCE
    return made.endpoint or "unknown"


def _is_reference(endpoint: str) -> bool:
    return endpoint == REFERENCE or is_loopback(_authority(endpoint))


def _authority(endpoint: str) -> str:
    """Return host and port in lower case; a default port is left out."""
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return parts.netloc.lower().removesuffix(default)


def _readable(path: Path) -> Path:
    """Remove a proposal that nobody can read: unlike a cassette it can be made again."""
    try:
        if recorded(path):
            load(path)
    except CassetteDamaged:
        path.unlink(missing_ok=True)
    return path


def _unreached(recording: Recording) -> str:
    request = recording.exchange.request
    what = f"{request.method} {masked_url(request.url)}"
    detail = recording.detail or recording.broken or "no connection"
    return _UNREACHED.format(what=what, endpoint=recording.provenance.endpoint, detail=detail)
