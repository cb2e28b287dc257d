"""A set of ids of any size: a small one is in memory, a large one on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import finalize

if TYPE_CHECKING:
    from sqlite3 import Connection

_MAX_IN_MEMORY = 100_000  # ids of 17 characters: some 15 MB


class Seen:
    """A set of ids that never needs more than some megabytes of memory."""

    def __init__(self) -> None:
        self._in_memory: set[str] = set()
        self._database: Connection | None = None

    def add(self, name: str) -> bool:
        """Add an id; return whether it is new."""
        if self._database is None and len(self._in_memory) < _MAX_IN_MEMORY:
            before = len(self._in_memory)
            self._in_memory.add(name)
            return len(self._in_memory) > before
        if self._database is None:
            self._database = _database(self._in_memory)
            finalize(self, self._database.close)
            self._in_memory.clear()
        return self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (name,)).rowcount == 1


def _database(names: set[str]) -> Connection:
    """Insert ids into a table of a temporary database, which SQLite deletes when the connection closes."""
    import sqlite3

    database = sqlite3.connect("", isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE seen (name TEXT PRIMARY KEY) WITHOUT ROWID"
    )
    database.executemany("INSERT INTO seen VALUES (?)", ((name,) for name in sorted(names)))
    return database
