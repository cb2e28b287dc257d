"""Names that were given, however many: few in memory, many on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import finalize

if TYPE_CHECKING:
    from sqlite3 import Connection

_MOST_HELD = 100_000  # names of 17 characters: some 15 MB


class Seen:
    """A set of names whose memory does not grow beyond some megabytes."""

    def __init__(self) -> None:
        """Begin without any."""
        self._held: set[str] = set()
        self._stored: Connection | None = None

    def add(self, name: str) -> bool:
        """Add a name; tell whether it is new."""
        if self._stored is None and len(self._held) < _MOST_HELD:
            before = len(self._held)
            self._held.add(name)
            return len(self._held) > before
        if self._stored is None:
            self._stored = _stored(self._held)
            finalize(self, self._stored.close)
            self._held.clear()
        return self._stored.execute("INSERT OR IGNORE INTO seen VALUES (?)", (name,)).rowcount == 1


def _stored(names: set[str]) -> Connection:
    """Put names into a table of a temporary file, which goes with its connection."""
    import sqlite3

    database = sqlite3.connect("", isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE seen (name TEXT PRIMARY KEY) WITHOUT ROWID"
    )
    database.executemany("INSERT INTO seen VALUES (?)", ((name,) for name in sorted(names)))
    return database
