"""What each consumer group operation does: one function each, state in, the JSON to answer out (None: an empty body).

The order of the checks has no source. Ours: authentication, project, path, logstore, then group and document.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sls_contract.endpoint.state import answers, consumer_groups, cursors, log_handlers, parameters
from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.endpoint.state.call import Call
    from sls_contract.exchange import Request

_OF_GROUPS = re.compile(r"/logstores/[^/]+/consumergroups(?:/|$)")


def get_checkpoint(call: Call) -> Any:
    """Answer the shard asked for, every shard where none is, and nothing for a shard that there is not."""
    shard = parameters.shard_filter(call.request)
    wanted = [each for each in call.numbers if shard in (None, each)]
    return consumer_groups.entries(call.group(), wanted, call.now)


def list_consumer_group(call: Call) -> Any:
    """Answer the bare array that clients read; the page's object with ``count`` was never seen."""
    groups = call.store.groups(call.key.project, call.key.logstore)
    return [{"name": name, "timeout": group.timeout, "order": group.order} for name, group in groups]


def create_consumer_group(call: Call) -> None:
    """Create a group without checkpoints and consumers."""
    name, timeout, order = parameters.new_group(call.request)
    key = call.key._replace(group=name)
    if call.store.group(key) is not None:
        raise answers.consumer_group_already_exist()
    call.store.put_group(key, ConsumerGroup(timeout, order))


def update_consumer_group(call: Call) -> None:
    """Change timeout, order, or both."""
    group, changes = call.group(), parameters.group_changes(call.request)
    call.store.put_group(call.key, replace(group, **changes))  # type: ignore[arg-type]  # group_changes checked them


def delete_consumer_group(call: Call) -> None:
    """Delete a group; where there is none: 404 (the page has no row for it, a live test of the Rust SDK sees it)."""
    call.group()
    call.store.delete_group(call.key)


def heartbeat(call: Call) -> Any:
    """Register the consumer and answer the shards it shall hold."""
    group, consumer = call.group(), parameters.consumer_name(call.request)
    if not consumer:
        raise answers.missing_query_key(key="consumer")
    held = parameters.held_shards(call.request)
    if held and consumer not in consumer_groups.live_consumers(group, call.now):
        raise answers.not_exist_consumer_with_body()
    finished = _finished(call, group)
    shared = _shared(call, group, finished)
    group, assigned = consumer_groups.with_heartbeat(group, consumer, held, shared, call.now, finished)
    call.store.put_group(call.key, group)
    return list(assigned)


def _finished(call: Call, group: ConsumerGroup) -> frozenset[int]:
    """Return the read-only shards whose checkpoint has reached their end; who never saved one has not finished.

    Sources: README of the Java consumer library (shards that are read-only and consumed are shared out no more);
    aliyun-log-python-sdk issue 126 and aliyun-log-go-sdk pull request 98 (nor is an empty one let go without).
    """
    ended = set()
    for shard in call.shards:
        kept = group.checkpoints.get(shard.number, consumer_groups.NEVER_CONSUMED)
        reached = cursors.number(shard.number, kept.value)
        if not shard.writable and reached is not None and reached >= call.store.log_end(call.logs_of(shard.number)):
            ended.add(shard.number)
    return frozenset(ended)


def _shared(call: Call, group: ConsumerGroup, finished: frozenset[int]) -> list[int]:
    """Return the shards to share out; in a group with ``order``, new ones wait for those they came from.

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
        raise answers.shard_not_exist()
    if not parameters.is_forced(call.request):
        _expect_holder(group, shard, parameters.consumer_name(call.request), call.now)
    call.store.put_group(call.key, consumer_groups.with_checkpoint(group, shard, checkpoint, call.now))


def _expect_holder(group: ConsumerGroup, shard: int, consumer: str, now: int) -> None:
    if consumer not in consumer_groups.live_consumers(group, now):
        raise answers.consumer_not_exist()
    if consumer_groups.holder(group, shard, now) != consumer:
        raise answers.consumer_not_match()


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


def asked(request: Request) -> tuple[Callable[[Call], Any], str, str]:
    """Return what serves a request, and the names in its path: the logstore, and what it names inside that, or "".

    Raises `ServiceError` where the query does not tell the operation, and 405 for a method that consumer groups do not
    know, as was seen for an empty group name; `NotServed` for what the service may serve and this endpoint does not.
    """
    contract, told = registry().operation_of(request), registry().discriminators(request)
    values = {key: parameters.query_value(request, key) for key in told}
    if contract is not None and contract.operation in HANDLERS:
        logstore, name = (*registry().names_in(request).values(), "")[:2]
        return HANDLERS[contract.operation], logstore, name
    if contract is None and len(told) == 1:
        ((key, known),) = told.items()
        raise (
            answers.missing_query_key(key=key)
            if values[key] is None
            else answers.invalid_parameter(key=key, expected=" or ".join(known))
        )
    if contract is None and _OF_GROUPS.match(request.path):
        raise answers.invalid_method(request.path)
    kind = "&".join(f"{key}={value}" for key, value in values.items() if value is not None)
    raise answers.NotServed(f"{request.method} {request.path}" + (f" with {kind}" if kind else ""))
