"""The consumer group operations: each function changes the state and returns the JSON (None: an empty body).

The order of the checks has no source: authentication, project, path, logstore, then group and document.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sls_contract.endpoint.state import consumer_groups, cursors, log_handlers, parameters, responses
from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.endpoint.state.call import Call
    from sls_contract.exchange import Request

_GROUPS_PATH = re.compile(r"/logstores/[^/]+/consumergroups(?:/|$)")


def get_checkpoint(call: Call) -> Any:
    """Return the entry of the requested shard, or of every shard; an empty list for an unknown shard."""
    shard = parameters.shard_filter(call.request)
    wanted = [each for each in call.numbers if shard in (None, each)]
    return consumer_groups.entries(call.group(), wanted, call.now)


def list_consumer_group(call: Call) -> Any:
    """Return the bare array that clients read; the page's object with ``count`` was never seen."""
    groups = call.store.groups(call.key.project, call.key.logstore)
    return [{"name": name, "timeout": group.timeout, "order": group.order} for name, group in groups]


def create_consumer_group(call: Call) -> None:
    """Create a group without checkpoints and consumers."""
    name, timeout, order = parameters.new_group(call.request)
    key = call.key._replace(group=name)
    if call.store.group(key) is not None:
        raise responses.consumer_group_already_exist()
    call.store.put_group(key, ConsumerGroup(timeout, order))


def update_consumer_group(call: Call) -> None:
    """Change timeout, order, or both."""
    group, changes = call.group(), parameters.group_changes(call.request)
    call.store.put_group(call.key, replace(group, **changes))  # type: ignore[arg-type]  # group_changes checked them


def delete_consumer_group(call: Call) -> None:
    """Delete a group; 404 if there is none (not on the page, but in a live test of the Rust SDK)."""
    call.group()
    call.store.delete_group(call.key)


def heartbeat(call: Call) -> Any:
    """Register the consumer and return its shards."""
    group, consumer = call.group(), parameters.consumer_name(call.request)
    if not consumer:
        raise responses.missing_query_key(key="consumer")
    held = parameters.held_shards(call.request)
    if held and consumer not in consumer_groups.live_consumers(group, call.now):
        raise responses.not_exist_consumer_with_body()
    finished = _finished(call, group)
    shared = _shared(call, group, finished)
    group, assigned = consumer_groups.with_heartbeat(group, consumer, held, shared, call.now, finished)
    call.store.put_group(call.key, group)
    return list(assigned)


def _finished(call: Call, group: ConsumerGroup) -> frozenset[int]:
    """Return the read-only shards whose checkpoint has reached their end; without a checkpoint, none is finished.

    Sources: README of the Java consumer library (read-only shards that are consumed are no longer assigned);
    aliyun-log-python-sdk issue 126 and aliyun-log-go-sdk pull request 98 (even an empty shard needs a checkpoint).
    """
    ended = set()
    for shard in call.shards:
        kept = group.checkpoints.get(shard.number, consumer_groups.NEVER_CONSUMED)
        reached = cursors.number(shard.number, kept.value)
        if not shard.writable and reached is not None and reached >= call.store.log_end(call.shard_key(shard.number)):
            ended.add(shard.number)
    return frozenset(ended)


def _shared(call: Call, group: ConsumerGroup, finished: frozenset[int]) -> list[int]:
    """Return the shards to assign; in a group with ``order``, new shards wait for their parents.

    Source: ``order`` in the pages CreateConsumerGroup, 2019 to 2021, and struct-consumergroup of API 2020-12-30.
    """
    return [
        shard.number
        for shard in call.shards
        if shard.number not in finished and not (group.order and set(shard.parents) - finished)
    ]


def update_checkpoint(call: Call) -> None:
    """Write a checkpoint; unless forced, only the consumer that holds the shard may."""
    group = call.group()
    shard, checkpoint = parameters.new_checkpoint(call.request)
    if shard not in call.numbers:
        raise responses.shard_not_exist()
    if not parameters.is_forced(call.request):
        consumer = parameters.consumer_name(call.request)
        if consumer not in consumer_groups.live_consumers(group, call.now):
            raise responses.consumer_not_exist()
        if consumer_groups.holder(group, shard, call.now) != consumer:
            raise responses.consumer_not_match()
    call.store.put_group(call.key, consumer_groups.with_checkpoint(group, shard, checkpoint, call.now))


HANDLERS: Mapping[str, Callable[[Call], Any]] = {
    "GetCheckPoint": get_checkpoint,
    "ListConsumerGroup": list_consumer_group,
    "CreateConsumerGroup": create_consumer_group,
    "UpdateConsumerGroup": update_consumer_group,
    "DeleteConsumerGroup": delete_consumer_group,
    "ConsumerGroupHeartBeat": heartbeat,
    "ConsumerGroupUpdateCheckPoint": update_checkpoint,
    "ListShards": log_handlers.list_shards,
    "SplitShard": log_handlers.split_shard,
    "MergeShard": log_handlers.merge_shards,
    "GetCursor": log_handlers.get_cursor,
    "GetCursorTime": log_handlers.get_cursor_time,
    "PullLogs": log_handlers.pull_logs,
    "PutLogs": log_handlers.put_logs,
}
"""By operation name."""


def route(request: Request) -> tuple[Callable[[Call], Any], str, str]:
    """Return the handler of a request, and the names in its path: the logstore, and the group or shard, or "".

    Raises `ServiceError` if the query does not determine the operation, and 405 for a method that consumer groups do
    not support, as seen live for an empty group name; `NotServed` for operations that this endpoint does not support.
    """
    contract, discriminators = registry().operation_of(request), registry().discriminators(request)
    values = {key: parameters.query_value(request, key) for key in discriminators}
    if contract is not None and contract.operation in HANDLERS:
        logstore, name = (*registry().names_in(request).values(), "")[:2]
        return HANDLERS[contract.operation], logstore, name
    if contract is None and len(discriminators) == 1:
        ((key, known),) = discriminators.items()
        raise (
            responses.missing_query_key(key=key)
            if values[key] is None
            else responses.invalid_parameter(key=key, expected=" or ".join(known))
        )
    if contract is None and _GROUPS_PATH.match(request.path):
        raise responses.invalid_method(request.path)
    kind = "&".join(f"{key}={value}" for key, value in values.items() if value is not None)
    raise responses.NotServed(f"{request.method} {request.path}" + (f" with {kind}" if kind else ""))
