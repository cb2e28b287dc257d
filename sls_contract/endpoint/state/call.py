"""The arguments of a handler: a request and the state that it applies to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.endpoint.state import responses
from sls_contract.endpoint.state.store import GroupKey, ShardKey, Store

if TYPE_CHECKING:
    from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
    from sls_contract.endpoint.state.shards import Shard
    from sls_contract.exchange import Request


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request for an operation of an existing logstore.

    Attributes:
        request: the request.
        store: the state, inside a transaction.
        key: project, logstore, and the group in the path.
        shards: the logstore's shards, in ascending order of their ids.
        now: microseconds since 1970 UTC.
        name: the group or shard in the path; empty if it has neither.

    """

    request: Request
    store: Store
    key: GroupKey
    shards: tuple[Shard, ...]
    now: int
    name: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The shards' ids."""
        return tuple(shard.number for shard in self.shards)

    def group(self) -> ConsumerGroup:
        """Return the group in the path, or refuse the request."""
        group = self.store.group(self.key)
        if group is None:
            raise responses.consumer_group_not_exist()
        return group

    def shard_key(self, shard: int) -> ShardKey:
        """Return the key of a shard's logs in the store."""
        return ShardKey(self.key.project, self.key.logstore, shard)
