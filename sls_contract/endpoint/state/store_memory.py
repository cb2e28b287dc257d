"""A store that forgets at exit."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
    from sls_contract.endpoint.state.store import GroupKey


class MemoryStore:
    """Keeps the state in dictionaries, in insertion order; see `Store` for the methods."""

    def __init__(self) -> None:
        """Begin empty."""
        self._projects: dict[str, None] = {}
        self._logstores: dict[tuple[str, str], tuple[int, ...]] = {}
        self._groups: dict[GroupKey, ConsumerGroup] = {}

    def transaction(self, *, write: bool) -> AbstractContextManager[None]:
        """Undo everything when an error leaves a writing transaction."""
        return self._undoing() if write else _nothing()

    def projects(self) -> tuple[str, ...]:
        """Return the projects in order."""
        return tuple(self._projects)

    def add_project(self, project: str) -> None:
        """Add a project."""
        self._projects.setdefault(project)

    def shards(self, project: str, logstore: str) -> tuple[int, ...] | None:
        """Return a logstore's shard ids."""
        return self._logstores.get((project, logstore))

    def put_logstore(self, project: str, logstore: str, shards: Sequence[int]) -> None:
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

    def close(self) -> None:
        """Hold no file, so let go of none."""

    @contextmanager
    def _undoing(self) -> Iterator[None]:
        before = self._projects.copy(), self._logstores.copy(), self._groups.copy()
        try:
            yield
        except BaseException:
            self._projects, self._logstores, self._groups = before
            raise


@contextmanager
def _nothing() -> Iterator[None]:
    yield
