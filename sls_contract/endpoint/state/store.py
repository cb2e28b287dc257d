"""The interface of a store of the service's state; `MemoryStore` and `SqliteStore` behave the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
    from sls_contract.endpoint.state.shards import Shard


class GroupKey(NamedTuple):
    """The key of a consumer group."""

    project: str
    logstore: str
    group: str


class ShardKey(NamedTuple):
    """The key of a shard's logs."""

    project: str
    logstore: str
    shard: int


class ReceivedGroup(NamedTuple):
    """An encoded log group as it was received; the time in microseconds since 1970 UTC."""

    data: bytes
    received: int


class Store(Protocol):
    """Projects, logstores with their shards and logs, and consumer groups.

    Every method but ``close`` is called inside ``transaction``. A store that cannot read or write raises
    `EndpointError`. Callers serialize threads; a store serializes processes.
    """

    def transaction(self, *, write: bool) -> AbstractContextManager[None]:
        """Provide a consistent state; with ``write``, other writers wait, and an error undoes all changes."""

    def projects(self) -> tuple[str, ...]:
        """Return the projects in the order in which they were added."""

    def add_project(self, project: str) -> None:
        """Add a project; adding it again changes nothing."""

    def shards(self, project: str, logstore: str) -> tuple[Shard, ...] | None:
        """Return a logstore's shards in ascending order of their ids, None if there is no such logstore."""

    def put_logstore(self, project: str, logstore: str, shards: Sequence[Shard]) -> None:
        """Add a logstore (and its project), or replace its shards; its consumer groups and logs stay."""

    def group(self, key: GroupKey) -> ConsumerGroup | None:
        """Return a group, None if there is none."""

    def groups(self, project: str, logstore: str) -> list[tuple[str, ConsumerGroup]]:
        """Return a logstore's groups with their names, in the order of their creation."""

    def put_group(self, key: GroupKey, group: ConsumerGroup) -> None:
        """Add a group, or replace it without a change of the order."""

    def delete_group(self, key: GroupKey) -> None:
        """Delete a group; a missing one is ignored."""

    def add_log_group(self, key: ShardKey, group: ReceivedGroup) -> int:
        """Append a log group to the shard; return its number, from 0."""

    def log_groups(self, key: ShardKey, start: int, stop: int) -> Iterator[ReceivedGroup]:
        """Return the log groups from number ``start`` to before ``stop``, one at a time, within the transaction."""

    def log_end(self, key: ShardKey) -> int:
        """Return the number that the shard's next log group will have."""

    def first_received(self, key: ShardKey, time: int) -> int:
        """Return the number of the first log group received at ``time`` or later; if there is none, `log_end`."""

    def close(self) -> None:
        """Close files; the store is not used afterwards."""
