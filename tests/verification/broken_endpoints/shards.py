"""Bugs in lists of shards and in who holds a shard: ranges, creation times, names of consumers, Date."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import quote

from broken_endpoints.connections import Connecting
from broken_endpoints.harness import (
    BROKEN,
    Broken,
    asks_for,
    bug,
    correct,
    error,
    is_let_in,
    is_read,
    late,
    now,
    on_response,
    parameter,
    trusted,
    with_body,
    with_document,
    with_header,
)
from broken_endpoints.operations import on_success
from broken_endpoints.per_operation import Excusing, let_in

from sls_contract.checks.content_coding import plain_body
from sls_contract.checks.protobuf import read_fields
from sls_contract.exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Response

PROTOBUF = "application/x-protobuf"


def moved(key, by):
    return f"{int(key, 16) + by:032x}"


@on_success("ListShards", "SLS418")
def leaves_a_key_out_between_shards(request, shards):
    shards[1]["inclusiveBeginKey"] = moved(shards[1]["inclusiveBeginKey"], 1)
    return shards


@on_success("ListShards", "SLS418")
def gives_keys_to_two_shards(request, shards):
    shards[0]["exclusiveEndKey"] = moved(shards[0]["exclusiveEndKey"], 7)
    return shards


@on_success("ListShards", "SLS418")
def calls_every_shard_readonly(request, shards):
    return [{**shard, "status": "readonly"} for shard in shards]


@on_success("ListShards", "SLS419")
def creates_shards_when_they_are_listed(request, shards):
    return [{**shard, "createTime": int(now().timestamp())} for shard in shards]


@on_success("ListShards", "SLS278")
def counts_creation_in_milliseconds(request, shards):
    return [{**shard, "createTime": shard["createTime"] * 1000} for shard in shards]


@on_success("SplitShard", "SLS420")
def calls_a_split_shard_writable(request, shards):
    return [{**shard, "status": "readwrite"} for shard in shards]


@on_success("SplitShard", "SLS420")
def returns_a_split_in_lists(request, shards):
    return [{**shard, "shardID": [shard["shardID"]], "status": [shard["status"]]} for shard in shards]


@on_success("MergeShard", "SLS420")
def returns_a_merge_with_what_was_merged(request, shards):
    return shards[1:]


@bug("SLS420")
class ForgetsASplit:
    def __init__(self) -> None:
        self.real, self.before = correct(), None

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "ListShards") and response.status == 200:
            self.before = self.before or response.body
            return with_body(response, self.before)
        return response


@bug("SLS403")
class PassesACheckpointOnToAMergedShard:
    def __init__(self) -> None:
        self.real, self.merged = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "MergeShard") and response.status == 200:
            merged, left, _ = json.loads(response.body)
            self.merged[merged["shardID"]] = left["shardID"]
        if not is_read(request) or response.status != 200:
            return response
        entries = {each["shard"]: each for each in json.loads(response.body)}
        shown = [{**entries.get(self.merged.get(shard), each), "shard": shard} for shard, each in entries.items()]
        return with_document(response, shown)


@bug("SLS426")
class CopiesTheLogsOfASplitShard:
    """Gives a new shard the logs of the split one, too: a consumer of both gets them twice."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "SplitShard") and response.status == 200:
            self.copy(request, json.loads(response.body)[1]["inclusiveBeginKey"])
        return response

    def copy(self, request: Request, key: str) -> None:
        def ask(method: str, query: str, path: str = request.path, body: bytes = b"") -> Response:
            headers = {"Host": request.host, "x-log-bodyrawsize": str(len(body)), "Content-Type": PROTOBUF}
            return self.real(trusted(Request(method, f"http://{request.host}{path}?{query}", headers, body)))

        cursor = quote(json.loads(ask("GET", "type=cursor&from=begin").body)["cursor"], safe="")
        pulled = ask("GET", f"type=log&cursor={cursor}&count=1000")
        for group in read_fields(plain_body(pulled).data or b""):
            ask("POST", f"key={key}", f"{request.path.rpartition('/')[0]}/route", group.value)


@on_success("ListConsumerGroup", "SLS408")
def lists_ten_groups_at_most(request, groups):
    return groups[:10]


class ConfusesConsumers:
    """Takes a consumer for the one that came first under the same key."""

    def __init__(self, key: Callable[[str], str]) -> None:
        self.real, self.key, self.first = correct(), key, {}

    def __call__(self, request: Request) -> Response:
        name = parameter(request, "consumer")
        if not name or not is_let_in(request):
            return self.real(request)
        first = self.first.setdefault((request.path, self.key(name)), name)
        url = re.sub("consumer=[^&]*", f"consumer={quote(first, safe='')}", request.url)
        return self.real(let_in(request, url=url))


CONFUSED = {
    "cuts_consumers_at_32_letters": (lambda name: name[:32], "begin-alike"),
    "reads_consumers_without_case": (str.lower, "differ-in-case"),
    "reads_consumers_in_plain_width": (lambda name: normalize("NFKC", name), "look-alike"),
    "knows_consumers_by_their_letters": (lambda name: "".join(sorted(name)), "sum-alike"),
    "sorts_numbers_in_consumers": (lambda name: re.sub("0+(?=[0-9])", "", name), "sort-alike"),
}
for label, (keyed, _) in CONFUSED.items():
    BROKEN[label] = Broken(label, "SLS437", lambda key=keyed: ConfusesConsumers(key))


@bug("SLS438")
class TakesNothingFromWhoHoldsAShardNow:
    """Takes unforced checkpoints of the first consumer of each group only."""

    def __init__(self) -> None:
        self.real, self.first = correct(), {}

    def __call__(self, request: Request) -> Response:
        response, consumer = self.real(request), parameter(request, "consumer")
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            self.first.setdefault(request.path, consumer)
        writes = asks_for(request, "ConsumerGroupUpdateCheckPoint") and parameter(request, "forceSuccess") == "false"
        if writes and response.status == 200 and consumer != self.first.get(request.path):
            return error(response, 400, "ConsumerNotMatch", "consumer not match")
        return response


@bug("SLS287")
class PullsAsManyAsTheFirstTime(Connecting):
    def respond(self, request: Request, kept: dict) -> Response:
        count = parameter(request, "count")
        if not asks_for(request, "PullLogs") or not is_let_in(request):
            return self.real(request)
        return self.real(
            let_in(request, url=re.sub(r"count=\d+", f"count={kept.setdefault('count', count)}", request.url))
        )


@bug("SLS240")
class TakesWritesOfTheFuture(Excusing):
    def __init__(self) -> None:
        def is_early(request, response):
            return response.status == 400 and late(request).total_seconds() < -900

        super().__init__("ConsumerGroupUpdateCheckPoint", is_early)


@bug("SLS464")
class DatesAllResponsesAsTheFirst:
    def __init__(self) -> None:
        self.real, self.date = correct(), ""

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        self.date = self.date or response.headers.get("Date", "")
        return with_header(response, "Date", self.date) if self.date else response


@on_response("SLS464")
def dates_heartbeats_by_the_minute(request, response):
    if not asks_for(request, "ConsumerGroupHeartBeat"):
        return response
    return with_header(response, "Date", re.sub(r":\d\d GMT", ":00 GMT", response.headers["Date"]))


SHOWN_BY = {
    "leaves_a_key_out_between_shards": "list-shards-again",
    "gives_keys_to_two_shards": "list-shards-again",
    "calls_every_shard_readonly": "list-shards-writable",
    "creates_shards_when_they_are_listed": "list-shards-again",
    "counts_creation_in_milliseconds": "list-shards-again",
    "calls_a_split_shard_writable": "shard-split",
    "returns_a_split_in_lists": "shard-split",
    "returns_a_merge_with_what_was_merged": "shards-merged",
    "forgets_a_split": "shard-split",
    "passes_a_checkpoint_on_to_a_merged_shard": "shards-merged",
    "copies_the_logs_of_a_split_shard": "shard-split-takes-logs",
    "lists_ten_groups_at_most": "groups-listed-in-full",
    **{label: f"consumers-{word}" for label, (_, word) in CONFUSED.items()},
    "takes_nothing_from_who_holds_a_shard_now": "update-checkpoint-of-another-holder",
    "pulls_as_many_as_the_first_time": "connection-of-counts",
    "takes_writes_of_the_future": "update-checkpoint-not-let-in",
    "dates_all_responses_as_the_first": "heartbeat-in-time",
    "dates_heartbeats_by_the_minute": "heartbeat-in-time",
}
"""The scenario that shows a bug, by the bug's name."""
