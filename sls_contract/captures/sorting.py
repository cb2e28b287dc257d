"""Sort the exchanges of two captures by request, on disk: a comparison needs all exchanges of one request at a time.

Memory does not grow with the captures. The temporary files are about as large as the captures and are removed when the
process ends.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Literal, NamedTuple, Self, TypeAlias

from sls_contract.cassettes.drift.pairing import is_transient
from sls_contract.cassettes.matching import Key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from sqlite3 import Connection

    from sls_contract.cassettes.recording import Recording

Side: TypeAlias = Literal[0, 1]

_FEW = 1000  # attempts per batch; it ends after the request, or at four times as many
_LITTLE = 4 * 1024 * 1024  # bytes per batch, likewise
_INSERT = "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT = (  # a request that lacks its body is compared at once with those that may be its partner
    "SELECT CASE WHEN rest IN (SELECT rest FROM attempts WHERE lacking)"
    " AND key NOT IN (SELECT key FROM attempts GROUP BY key HAVING 2 * SUM(side) = COUNT(*)) THEN rest ELSE key END"
    " AS place, position, passing, start, size FROM attempts WHERE side = ? ORDER BY place, position"
)


class _Attempt(NamedTuple):
    key: bytes
    position: int
    passing: int
    start: int
    size: int


@dataclass(slots=True)
class Batch:
    """The exchanges of two captures for some requests.

    Attributes:
        positions: of the exchanges in their captures, old and new, each ascending.
        recordings: the recordings at these positions.
        lines: the lines at which the new ones begin; None in formats without lines.

    """

    positions: tuple[list[int], list[int]]
    recordings: tuple[list[Recording], list[Recording]]
    lines: list[int | None]


class Sorting:
    """Stores two captures, the old one (side 0) and the new one, and returns them sorted by request."""

    def __init__(self) -> None:
        import sqlite3

        self._data: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._index: Connection = sqlite3.connect("", isolation_level=None)
        self._index.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE attempts"
            " (side INTEGER, key BLOB, rest BLOB, lacking INTEGER, position INTEGER, passing INTEGER, start INTEGER,"
            " size INTEGER)"
        )
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._data.close()
        self._index.close()

    def add(self, side: Side, position: int, recording: Recording, line: int | None) -> None:
        """Store an exchange and the line at which it begins."""
        data = pickle.dumps((recording, line), pickle.HIGHEST_PROTOCOL)
        request = recording.exchange.request
        key = Key.of(request)
        keys = _digest(key), _digest(key.without_body), not request.wire
        self._data.write(data)
        self._index.execute(_INSERT, (side, *keys, position, is_transient(recording), self._end, len(data)))
        self._end += len(data)

    def batches(self) -> Iterator[Batch]:
        """Yield all exchanges, grouped by request; a request with too many exchanges is split equally on both sides."""
        batch = _OpenBatch()
        old, new = (_SortedSide(self._index, side) for side in (0, 1))
        while heads := [each.head[0].key for each in (old, new) if each.head]:
            key = min(heads)
            if batch.is_full(same=key == batch.key):
                yield self._read(batch)
                batch = _OpenBatch()
            batch.key = key
            for waiting, taken in ((old, batch.old), (new, batch.new)):
                if waiting.head and waiting.head[0].key == key:
                    taken.extend(waiting.head)
                    batch.size += sum(each.size for each in waiting.head)
                    waiting.advance()
        yield self._read(batch)

    def _read(self, batch: _OpenBatch) -> Batch:
        """Read the exchanges of a batch in capture order."""
        old, new = (sorted(each, key=attrgetter("position")) for each in (batch.old, batch.new))
        after = [*map(self._stored, new)]
        return Batch(
            ([each.position for each in old], [each.position for each in new]),
            ([self._stored(each)[0] for each in old], [recording for recording, _ in after]),
            [line for _, line in after],
        )

    def _stored(self, attempt: _Attempt) -> tuple[Recording, int | None]:
        self._data.seek(attempt.start)
        stored: tuple[Recording, int | None] = pickle.loads(self._data.read(attempt.size))  # noqa: S301 - written by `add`
        return stored


def _digest(key: Key) -> bytes:
    return blake2b(repr(tuple(key)).encode("utf-8", "replace"), digest_size=8).digest()


@dataclass(slots=True)
class _OpenBatch:
    """A batch to which exchanges are still added."""

    key: bytes = b""
    size: int = 0
    old: list[_Attempt] = field(default_factory=list)
    new: list[_Attempt] = field(default_factory=list)

    def is_full(self, *, same: bool) -> bool:
        """Return whether the batch ends before the next exchange, which may be of the ``same`` request as the last."""
        share = max((len(self.old) + len(self.new)) / _FEW, self.size / _LITTLE)
        return share >= (4 if same else 1)


class _SortedSide:
    """The sorted exchanges of one side; ``head`` has the attempts of the next exchange and is empty at the end."""

    def __init__(self, index: Connection, side: Side) -> None:
        rows = map(_Attempt._make, index.execute(_SELECT, (side,)))
        self._exchanges = (each for _, alike in groupby(rows, attrgetter("key")) for each in _exchanges(alike))
        self.head: list[_Attempt] = []
        self.advance()

    def advance(self) -> None:
        """Advance to the next exchange."""
        self.head = next(self._exchanges, [])


def _exchanges(attempts: Iterator[_Attempt]) -> Iterator[list[_Attempt]]:
    """Yield the attempts of each exchange of one request: a transient failure and its retry are one exchange."""
    exchange = []
    for each in attempts:
        exchange.append(each)
        if not each.passing:
            yield exchange
            exchange = []
    if exchange:
        yield exchange
