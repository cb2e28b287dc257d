"""A store in memory."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
    from sls_contract.endpoint.state.shards import Shard
    from sls_contract.endpoint.state.store import GroupKey, ReceivedGroup, ShardKey


class MemoryStore:
    """Keeps the state in dictionaries, in insertion order; see `Store` for the methods."""

    def __init__(self) -> None:
        self._projects: dict[str, None] = {}
        self._logstores: dict[tuple[str, str], tuple[Shard, ...]] = {}
        self._groups: dict[GroupKey, ConsumerGroup] = {}
        self._logs: dict[ShardKey, list[ReceivedGroup]] = {}

    def copy(self) -> MemoryStore:
        """Return a store with the same content."""
        new = MemoryStore()
        new._projects, new._logstores = self._projects.copy(), self._logstores.copy()
        new._groups, new._logs = self._groups.copy(), {key: logs.copy() for key, logs in self._logs.items()}
        return new

    def transaction(self, *, write: bool) -> AbstractContextManager[None]:
        """Undo everything when an error leaves a writing transaction."""
        return self._with_rollback() if write else nullcontext()

    def projects(self) -> tuple[str, ...]:
        """Return the projects in order."""
        return tuple(self._projects)

    def add_project(self, project: str) -> None:
        """Add a project."""
        self._projects.setdefault(project)

    def shards(self, project: str, logstore: str) -> tuple[Shard, ...] | None:
        """Return a logstore's shards."""
        return self._logstores.get((project, logstore))

    def put_logstore(self, project: str, logstore: str, shards: Sequence[Shard]) -> None:
        """Add or change a logstore."""
        self.add_project(project)
        self._logstores[project, logstore] = tuple(sorted(shards))

    def group(self, key: GroupKey) -> ConsumerGroup | None:
        """Return a group."""
        return self._groups.get(key)

    def groups(self, project: str, logstore: str) -> list[tuple[str, ConsumerGroup]]:
        """Return a logstore's groups in order."""
        return [(key.group, group) for key, group in self._groups.items() if key[:2] == (project, logstore)]

    def put_group(self, key: GroupKey, group: ConsumerGroup) -> None:
        """Add or replace a group."""
        self._groups[key] = group

    def delete_group(self, key: GroupKey) -> None:
        """Delete a group."""
        self._groups.pop(key, None)

    def add_log_group(self, key: ShardKey, group: ReceivedGroup) -> int:
        """Add a log group."""
        logs = self._logs.setdefault(key, [])
        logs.append(group)
        return len(logs) - 1

    def log_groups(self, key: ShardKey, start: int, stop: int) -> Iterator[ReceivedGroup]:
        """Return the log groups in a range."""
        return islice(self._logs.get(key, ()), start, stop)

    def log_end(self, key: ShardKey) -> int:
        """Return the next number."""
        return len(self._logs.get(key, ()))

    def first_received(self, key: ShardKey, time: int) -> int:
        """Return the first number at or after a time."""
        logs = self._logs.get(key, ())
        return next((number for number, group in enumerate(logs) if group.received >= time), len(logs))

    def close(self) -> None:
        """Do nothing; there is no file."""

    @contextmanager
    def _with_rollback(self) -> Iterator[None]:
        before = self._projects.copy(), self._logstores.copy(), self._groups.copy()
        ends = {key: len(logs) for key, logs in self._logs.items()}  # not copied: a list only grows
        try:
            yield
        except BaseException:
            self._projects, self._logstores, self._groups = before
            for key, logs in self._logs.items():
                del logs[ends.get(key, 0) :]
            raise
