"""A store in an SQLite file: it survives restarts and ``kill -9``, and several processes may share it.

Write-ahead logging keeps the file whole when a process dies. Another process sees each finished write; a writer waits
for another one up to five seconds. A file of another program is never written to.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sls_contract.endpoint.state.consumer_groups import Checkpoint, ConsumerGroup
from sls_contract.endpoint.state.shards import Shard
from sls_contract.endpoint.state.store import ReceivedGroup
from sls_contract.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sls_contract.endpoint.state.store import GroupKey, ShardKey

_T = TypeVar("_T")
_APPLICATION_ID = 0x534C5343  # "SLSC", at byte 68 of the file
_LAYOUT = 1  # kept in SQLite's user_version
_WAIT = 5.0  # seconds for another writer
_DAMAGED_ROW = "it is damaged (a row has unexpected content)"
# Idempotent: another process may create the same file at the same time.
_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS project (name BLOB PRIMARY KEY);
CREATE TABLE IF NOT EXISTS logstore (project BLOB, name BLOB, shards TEXT NOT NULL, PRIMARY KEY (project, name));
CREATE TABLE IF NOT EXISTS consumer_group (
    project BLOB, logstore BLOB, name BLOB, document TEXT NOT NULL, PRIMARY KEY (project, logstore, name)
);
CREATE TABLE IF NOT EXISTS log_group (
    project BLOB, logstore BLOB, shard TEXT, number INTEGER, received INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (project, logstore, shard, number)
);
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_LAYOUT};
COMMIT;
"""
_RANGE = """
SELECT data, received FROM log_group
WHERE project = ? AND logstore = ? AND shard = ? AND number >= ? AND number < ? ORDER BY number
"""
_END = "SELECT max(number) + 1 FROM log_group WHERE project = ? AND logstore = ? AND shard = ?"
_FIRST = "SELECT min(number) FROM log_group WHERE project = ? AND logstore = ? AND shard = ? AND received >= ?"


class SqliteStore:
    """Keeps the state in a file; see `Store` for the methods.

    Raises `EndpointError` if the file cannot be opened, is damaged, or belongs to another program; the file is
    unchanged then.
    """

    def __init__(self, path: Path | str) -> None:
        """Open the file, or initialize a missing or empty one."""
        self._path = Path(path)
        with self._translated_errors("opened"):
            self._database = sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None, check_same_thread=False)
        try:
            with self._translated_errors("opened"):
                self._prepare()
        except BaseException:
            self._database.close()
            raise

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[None]:
        """Provide a consistent state of the file; a writing transaction excludes writers of other processes."""
        with self._translated_errors("used"):
            self._database.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite has already rolled back after errors such as a full disk
                    self._database.execute("ROLLBACK")
                raise

    def projects(self) -> tuple[str, ...]:
        """Return the projects in order."""
        return tuple(_name(row[0]) for row in self._database.execute("SELECT name FROM project ORDER BY rowid"))

    def add_project(self, project: str) -> None:
        """Add a project."""
        self._database.execute("INSERT OR IGNORE INTO project VALUES (?)", (_blob(project),))

    def shards(self, project: str, logstore: str) -> tuple[Shard, ...] | None:
        """Return a logstore's shards."""
        row = self._database.execute(
            "SELECT shards FROM logstore WHERE project = ? AND name = ?", (_blob(project), _blob(logstore))
        ).fetchone()
        return None if row is None else self._parsed(_shards, row[0])

    def put_logstore(self, project: str, logstore: str, shards: Sequence[Shard]) -> None:
        """Add or change a logstore."""
        self.add_project(project)
        self._database.execute(
            "INSERT INTO logstore VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET shards = excluded.shards",
            (_blob(project), _blob(logstore), json.dumps(sorted(shards))),
        )

    def group(self, key: GroupKey) -> ConsumerGroup | None:
        """Return a group."""
        row = self._database.execute(
            "SELECT document FROM consumer_group WHERE project = ? AND logstore = ? AND name = ?", _blobs(key)
        ).fetchone()
        return None if row is None else self._parsed(_group, row[0])

    def groups(self, project: str, logstore: str) -> list[tuple[str, ConsumerGroup]]:
        """Return a logstore's groups in order."""
        rows = self._database.execute(
            "SELECT name, document FROM consumer_group WHERE project = ? AND logstore = ? ORDER BY rowid",
            (_blob(project), _blob(logstore)),
        )
        return [(_name(name), self._parsed(_group, document)) for name, document in rows]

    def put_group(self, key: GroupKey, group: ConsumerGroup) -> None:
        """Add or replace a group."""
        self._database.execute(
            "INSERT INTO consumer_group VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET document = excluded.document",
            (*_blobs(key), _document(group)),
        )

    def delete_group(self, key: GroupKey) -> None:
        """Delete a group."""
        self._database.execute(
            "DELETE FROM consumer_group WHERE project = ? AND logstore = ? AND name = ?", _blobs(key)
        )

    def add_log_group(self, key: ShardKey, group: ReceivedGroup) -> int:
        """Add a log group."""
        number = self.log_end(key)
        row = (*_shard(key), number, group.received, group.data)
        self._database.execute("INSERT INTO log_group VALUES (?, ?, ?, ?, ?, ?)", row)
        return number

    def log_groups(self, key: ShardKey, start: int, stop: int) -> Iterator[ReceivedGroup]:
        """Return the log groups in a range."""
        rows = self._database.execute(_RANGE, (*_shard(key), start, stop))
        return (ReceivedGroup(bytes(data), received) for data, received in rows)

    def log_end(self, key: ShardKey) -> int:
        """Return the next number."""
        return self._number(_END, _shard(key)) or 0

    def first_received(self, key: ShardKey, time: int) -> int:
        """Return the first number at or after a time."""
        found = self._number(_FIRST, (*_shard(key), time))
        return self.log_end(key) if found is None else found

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _prepare(self) -> None:
        """Check that the file is whole and belongs to this package before anything is written to it."""
        if self._is_new():
            self._database.executescript(_TABLES)
        reason = self._problem()
        if reason:
            raise self._error(reason)
        with suppress(sqlite3.OperationalError):  # in use by another process; the older journal is as safe, but slower
            self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")  # only a power failure may lose the last writes

    def _is_new(self) -> bool:
        tables: int = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return (self._pragma("application_id"), self._pragma("user_version"), tables) == (0, 0, 0)

    def _problem(self) -> str:
        layout = self._pragma("user_version")
        if self._pragma("application_id") != _APPLICATION_ID:
            return "it is an SQLite file of another program"
        if layout != _LAYOUT:
            return f"its layout is number {layout}, this version of sls-contract knows {_LAYOUT}"
        verdict = str(self._pragma("quick_check")).partition("\n")[0]
        return "" if verdict == "ok" else f"it is damaged ({verdict})"

    def _number(self, query: str, values: tuple[Any, ...]) -> int | None:
        number: int | None = self._database.execute(query, values).fetchone()[0]
        return number

    def _pragma(self, name: str) -> Any:
        return self._database.execute(f"PRAGMA {name}").fetchone()[0]

    @contextmanager
    def _translated_errors(self, done: str) -> Iterator[None]:
        """Turn errors of SQLite into `EndpointError`."""
        try:
            yield
        except sqlite3.OperationalError as error:
            msg = f"{self._path}: the state file cannot be {done}: {error}"
            raise EndpointError(msg) from error
        except sqlite3.DatabaseError as error:
            reason = f"it is damaged ({error})"
            raise self._error(reason) from error

    def _parsed(self, parse: Callable[[str], _T], text: str) -> _T:
        try:
            return parse(text)
        except (ValueError, KeyError, TypeError) as error:
            raise self._error(_DAMAGED_ROW) from error

    def _error(self, reason: str) -> EndpointError:
        return EndpointError(
            f"{self._path}: the state file cannot be used: {reason}\n"
            "How to fix: name another file with --state, or move this one away; it was left as it is."
        )


def _shards(document: str) -> tuple[Shard, ...]:
    return tuple(
        Shard(int(number), int(begin), int(end), tuple(parents), bool(writable))
        for number, begin, end, parents, writable in json.loads(document)
    )


def _document(group: ConsumerGroup) -> str:
    return json.dumps(
        {
            "timeout": group.timeout,
            "order": group.order,
            "checkpoints": [[shard, kept.value, kept.update_time] for shard, kept in group.checkpoints.items()],
            "heartbeats": dict(group.heartbeats),
            "holders": list(group.holders.items()),
        }
    )


def _group(document: str) -> ConsumerGroup:
    kept = json.loads(document)
    return ConsumerGroup(
        timeout=kept["timeout"],
        order=kept["order"],
        checkpoints={shard: Checkpoint(value, time) for shard, value, time in kept["checkpoints"]},
        heartbeats=kept["heartbeats"],
        holders=dict(kept["holders"]),
    )


def _blobs(key: GroupKey) -> tuple[bytes, ...]:
    return tuple(map(_blob, key))


def _shard(key: ShardKey) -> tuple[bytes, bytes, str]:
    """Return the row's key; shard ids are text, because SQLite's integers have 64 bits."""
    return _blob(key.project), _blob(key.logstore), str(key.shard)


def _blob(name: str) -> bytes:
    """Encode a name; invalid bytes from the wire are allowed, so that a request for an unusual name is no error."""
    return name.encode("utf-8", "surrogatepass")


def _name(blob: bytes) -> str:
    return blob.decode("utf-8", "surrogatepass")
