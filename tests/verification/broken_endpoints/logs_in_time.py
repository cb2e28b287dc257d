"""Bugs in when logs came, in how much of them is kept, and in the ends of ranges."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    asks_for,
    bug,
    correct,
    group_of,
    now,
    parameter,
    with_document,
)
from broken_endpoints.logs import Recoding, Rewriting, _with_logs
from broken_endpoints.operations import on_success
from broken_endpoints.per_operation import Excusing, let_in

from sls_contract.checks.content_coding import plain_body
from sls_contract.checks.protobuf import read_fields
from sls_contract.endpoint.state.log_groups import decode_group, encode_group

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


@bug("SLS439")
class LeavesOutTheSecondThatIsAskedFor(Rewriting):
    operation = "GetCursor"

    def rewritten(self, url: str) -> str:
        return re.sub(r"from=([0-9]{1,20})\b", lambda found: f"from={int(found[1]) + 1}", url)


@on_success("GetCursor", "SLS439")
def returns_the_cursor_after_the_first_log_of_a_time(request, document):
    number = int(b64decode(document["cursor"])) + dict(request.query_pairs())["from"].isdecimal()
    return {"cursor": b64encode(b"%d" % number).decode()}


@bug("SLS427")
class WritesItsOwnTimeIntoLogs(Recoding):
    def changed(self, data: bytes) -> bytes:
        return encode_group(_with_logs(data, lambda log: replace(log, time=int(now().timestamp()))))


@bug("SLS447")
class TellsWhenLogsSayTheyWereWritten:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "GetCursorTime") or response.status != 200:
            return response
        pulled = self.real(let_in(request, url=request.url.replace("type=cursor_time", "type=log") + "&count=1"))
        group = next(read_fields(plain_body(pulled).data or b""), None)
        return with_document(response, {"cursor_time": decode_group(group.value).logs[0].time}) if group else response


@bug("SLS447")
class TellsWhenTheLastLogCame:
    def __init__(self) -> None:
        self.real, self.last = correct(), 0

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "PutLogs") and response.status == 200:
            self.last = int(now().timestamp())
        if asks_for(request, "GetCursorTime") and response.status == 200:
            return with_document(response, {"cursor_time": self.last})
        return response


@bug("SLS427")
class CutsValuesAt65535Letters(Recoding):
    def changed(self, data: bytes) -> bytes:
        def cut(log):
            return replace(log, contents=tuple((key, value[:65535]) for key, value in log.contents))

        return encode_group(_with_logs(data, cut))


@bug("SLS427")
class CutsKeysAt64Letters(Recoding):
    def changed(self, data: bytes) -> bytes:
        def cut(log):
            return replace(log, contents=tuple((key[:64], value) for key, value in log.contents))

        return encode_group(_with_logs(data, cut))


@bug("SLS426")
class KeepsAHundredLogsOfAGroup(Recoding):
    def changed(self, data: bytes) -> bytes:
        group = decode_group(data)
        return encode_group(replace(group, logs=group.logs[:100]))


@bug("SLS426")
class RoutesTheLastKeyToTheNextShard(Rewriting):
    operation = "PutLogs"

    def rewritten(self, url: str) -> str:
        def following(found):
            return f"route?key={min(int(found[1], 16) + 1, 2**128 - 1):032x}"

        return re.sub(r"route\?key=(\w+)", following, url)


@bug("SLS239")
class AsksForNoSignatureBesideAHashKey(Excusing):
    def __init__(self) -> None:
        super().__init__("PutLogs", lambda request, response: "/route" in request.url and response.status == 401)


@bug("SLS239")
class AsksForNoSignatureOfPullsOfGo(Excusing):
    def __init__(self) -> None:
        super().__init__("PullLogs", lambda request, response: "type=logs" in request.url and response.status == 401)


@on_success("ConsumerGroupHeartBeat", "SLS429")
def assigns_the_last_shard_to_nobody(request, shards):
    return [shard for shard in shards if shard != 3]


@on_success("ConsumerGroupHeartBeat", "SLS429")
def assigns_a_hundred_shards_at_most(request, shards):
    return shards[:100]


@on_success("ListShards", "SLS417")
def lists_a_hundred_shards_at_most(request, shards):
    return shards[:100]


@bug("SLS429")
class KeepsShardsOfConsumersThatAreGone:
    """Leaves a shard with whoever was assigned it first."""

    def __init__(self) -> None:
        self.real, self.first = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        place, consumer = group_of(request), parameter(request, "consumer")
        shards = json.loads(response.body)
        return with_document(
            response, [shard for shard in shards if self.first.setdefault((place, shard), consumer) == consumer]
        )


@bug("SLS417")
class BelievesWhatAHeartbeatLists:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        return with_document(response, sorted({*json.loads(response.body), *json.loads(request.body)}))


SHOWN_BY = {
    "returns_the_cursor_after_the_first_log_of_a_time": "get-cursor-time-of-a-log",
    "leaves_out_the_second_that_is_asked_for": "get-cursor-time-of-a-log",
    "writes_its_own_time_into_logs": "pull-logs-of-one-shard",
    "tells_when_logs_say_they_were_written": "get-cursor-time-of-a-log",
    "tells_when_the_last_log_came": "get-cursor-time-before-another-log",
    "cuts_values_at65535_letters": "logs-long-and-many",
    "cuts_keys_at64_letters": "pull-logs-of-one-shard",
    "keeps_a_hundred_logs_of_a_group": "logs-long-and-many",
    "routes_the_last_key_to_the_next_shard": "put-logs-by-hash-key",
    "asks_for_no_signature_beside_a_hash_key": "put-logs-by-hash-key",
    "asks_for_no_signature_of_pulls_of_go": "pull-logs-as-go-asks",
    "assigns_the_last_shard_to_nobody": "heartbeat-of-one-consumer",
    "assigns_a_hundred_shards_at_most": "heartbeat-of-many-shards",
    "lists_a_hundred_shards_at_most": "heartbeat-of-many-shards",
    "keeps_shards_of_consumers_that_are_gone": "heartbeat-after-another-ended",
    "believes_what_a_heartbeat_lists": "heartbeat-of-one-consumer",
}
"""The scenario that shows a bug, by the bug's name."""
