"""The operations on logs, as far as consumers and producers need them.

A log group, the logs of one write, is the unit that is stored, counted and pulled; cursors count them. None expires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.checks.content_coding import compressed
from sls_contract.endpoint.state import cursors, log_groups, parameters, responses, shards
from sls_contract.endpoint.state.consumer_groups import SECOND
from sls_contract.endpoint.state.store import ReceivedGroup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sls_contract.endpoint.state.call import Call
    from sls_contract.endpoint.state.shards import Shard

_PROTOBUF = "application/x-protobuf"


def list_shards(call: Call) -> Any:
    """Return the shards with their key ranges, including read-only ones; source: ListShards page."""
    return [_as_json(shard) for shard in call.shards]


def split_shard(call: Call) -> Any:
    """Make a shard read-only and return it and the new ones; source: SplitShard page."""
    key, count = parameters.split_place(call.request)
    return _apply_changes(call, shards.split(call.shards, _shard_to_change(call), key, count))


def merge_shards(call: Call) -> Any:
    """Make a shard and its right neighbour read-only; return the new one and both; source: MergeShards page."""
    return _apply_changes(call, shards.merged(call.shards, _shard_to_change(call)))


def get_cursor(call: Call) -> Any:
    """Return the cursor of the first log group received at a time or later; source: GetCursor page."""
    shard, time = _shard(call), parameters.from_time(call.request)
    key = call.shard_key(shard)
    if isinstance(time, int):
        since = max(0, min(time * SECOND, call.now + 1))  # clamped to the range of receive times
        number = call.store.first_received(key, since)
    else:
        number = 0 if time == "begin" else call.store.log_end(key)
    return {"cursor": cursors.cursor(shard, number)}


def get_cursor_time(call: Call) -> Any:
    """Return the time when the log group was received, in seconds; after the last one: now (no source)."""
    shard = _shard(call)
    number = _position(call, shard, "cursor")
    found = next(call.store.log_groups(call.shard_key(shard), number, number + 1), None)
    return {"cursor_time": (found.received if found else call.now) // SECOND}


def pull_logs(call: Call) -> responses.Payload:
    """Return log groups from a cursor on, and the cursor after them; source: PullLogs page.

    ``end_cursor`` is in the CLI's page, and the SDKs send it. The header x-log-compresstype has the coding of
    Accept-Encoding even if there is nothing to compress: the Go SDK needs it.
    """
    shard = _shard(call)
    parameters.refuse_processing(call.request)
    start = _position(call, shard, "cursor")
    stop = min(start + parameters.group_count(call.request), _end_position(call, shard))
    pulled = _within_limit(call.store.log_groups(call.shard_key(shard), start, max(start, stop)))
    raw, coding = log_groups.encode_list(pulled), parameters.accepted_coding(call.request)
    headers = (
        ("x-log-bodyrawsize", str(len(raw))),
        ("x-log-count", str(len(pulled))),
        ("x-log-cursor", cursors.cursor(shard, start + len(pulled))),
        *((("x-log-compresstype", coding),) if coding else ()),
    )
    return responses.Payload(compressed(raw, coding), _PROTOBUF, headers)


def put_logs(call: Call) -> None:
    """Write a log group to the writable shard of its key; without a key, to the shard with the fewest log groups.

    Source: PutLogs page, which does not define the load balancing. A group without logs is accepted and not stored. The
    age of logs is not checked.
    """
    key = parameters.hash_key(call.request) if call.request.path.endswith("/route") else None
    data = parameters.decompressed_body(call.request)
    try:
        group = log_groups.decode_group(data)
    except UnicodeDecodeError:
        raise responses.invalid_encoding() from None
    except ValueError:
        raise responses.logs_cannot_be_parsed() from None
    if group.logs:
        shard = _least_filled(call) if key is None else shards.shard_for_key(call.shards, key).number
        call.store.add_log_group(call.shard_key(shard), ReceivedGroup(data, call.now))


def _apply_changes(call: Call, changes: tuple[Shard, ...]) -> list[dict[str, int | str]]:
    call.store.put_logstore(call.key.project, call.key.logstore, shards.changed(call.shards, changes))
    return [_as_json(shard) for shard in changes]


def _as_json(shard: Shard) -> dict[str, int | str]:
    begin, end = shard.keys
    return {
        "shardID": shard.number,
        "status": shard.status,
        "inclusiveBeginKey": begin,
        "exclusiveEndKey": end,
        "createTime": cursors.created(shard.number),
    }


def _shard_to_change(call: Call) -> int:
    try:
        return parameters.shard_number(call.name)
    except responses.ServiceError:
        raise responses.invalid_shard_id() from None


def _shard(call: Call) -> int:
    shard = parameters.shard_number(call.name)
    if shard not in call.numbers:
        raise responses.shard_of_logs_not_exist(shard)
    return shard


def _position(call: Call, shard: int, key: str) -> int:
    """Return the number of a cursor's log group; the last valid one is that after the shard's last group."""
    text = parameters.required(call.request, key)
    number = cursors.number(shard, text)
    if number is None:
        raise responses.invalid_cursor(text)
    if not 0 <= number <= call.store.log_end(call.shard_key(shard)):
        raise responses.cursor_out_of_range()
    return number


def _end_position(call: Call, shard: int) -> int:
    if parameters.query_value(call.request, "end_cursor"):
        return _position(call, shard, "end_cursor")
    return call.store.log_end(call.shard_key(shard))


def _within_limit(groups: Iterable[ReceivedGroup]) -> list[bytes]:
    """Return the first log groups that fit into a response; a single one always fits."""
    fitting: list[bytes] = []
    size = 0
    for group in groups:
        size += len(group.data)
        if size > parameters.LARGEST_BODY:
            break
        fitting.append(group.data)
    return fitting


def _least_filled(call: Call) -> int:
    writable = (shard.number for shard in call.shards if shard.writable)
    return min(writable, key=lambda shard: (call.store.log_end(call.shard_key(shard)), shard))
