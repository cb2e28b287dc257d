"""Requests served that lack something, or name what no request may; changes of shards by anybody."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    BROKEN,
    EXPIRED,
    Broken,
    asks_for,
    bug,
    correct,
    error,
    is_let_in,
    members,
    on_response,
    part_of_path,
    shard_in_path,
    snake,
)
from broken_endpoints.operations import on_success
from broken_endpoints.others import RemembersSplits
from broken_endpoints.per_operation import (
    Excusing,
    Heeding,
    has_token,
    is_unsigned,
    is_v4,
    let_in,
    refused_in_v4,
)
from broken_endpoints.spellings import SHOWN_BY, refuses, shown_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Request, Response


class Completing:
    """Serves requests of one operation as if they had what they lack."""

    def __init__(self, operation: str, complete: Callable[[Request], Request]) -> None:
        self.real, self.operation, self.complete = correct(), operation, complete

    def __call__(self, request: Request) -> Response:
        if not asks_for(request, self.operation) or not is_let_in(request):
            return self.real(request)
        completed = self.complete(request)
        same = (completed.url, completed.body) == (request.url, request.body)
        return self.real(request if same else let_in(completed))


def completes(operation: str, scenario: str):
    """Register a function that completes requests of an operation."""

    def register(complete):
        return shown_by(scenario)(_named(complete, lambda: Completing(operation, complete)))

    return register


def _named(function, make):
    BROKEN[function.__name__] = Broken(function.__name__, "SLS445", make)
    return function


def _query(request: Request, key: str, value: str) -> Request:
    return request if f"{key}=" in request.url else request.replace(url=f"{request.url}&{key}={value}")


def _members(request: Request, change: Callable[[dict], dict]) -> Request:
    document = members(request)
    if not document:
        return request
    return request.replace(body=json.dumps(change(document), separators=(",", ":"), ensure_ascii=False).encode())


@completes("GetCursor", "get-cursor-incomplete")
def takes_no_time_for_the_beginning(request):
    return _query(request, "from", "begin")


@completes("PullLogs", "pull-logs-incomplete")
def pulls_from_the_beginning_without_a_cursor(request):
    return _query(request, "cursor", "MTQ1Mzk0OTcwNTAwMDAwMDAwMA==")


@completes("ConsumerGroupHeartBeat", "heartbeat-incomplete")
def takes_heartbeats_of_nobody(request):
    return _query(request, "consumer", "default")


@completes("ConsumerGroupHeartBeat", "heartbeat-incomplete")
def reads_what_comes_of_an_array(request):
    return request.replace(body=b"[]") if request.body == b"[" else request


@shown_by("get-cursor-incomplete")
@on_response("SLS292")
def invents_an_error_for_a_missing_parameter(request, response):
    incomplete = asks_for(request, "GetCursor") and response.status == 400 and "from=" not in request.url
    return error(response, 400, "FromMissing", "The parameter from is missing.") if incomplete else response


@shown_by("heartbeat-incomplete")
@on_response("SLS294")
def nobody_is_in_a_missing_group(request, response):
    nobody = asks_for(request, "ConsumerGroupHeartBeat") and response.status == 400 and "consumer=" not in request.url
    return error(response, 400, "ConsumerGroupNotExist", "consumer group not exist.") if nobody else response


@completes("CreateConsumerGroup", "create-group-incomplete")
def has_a_timeout_for_groups_without_one(request):
    return _members(request, lambda document: {"timeout": 60} | document)


@shown_by("update-group-incomplete")
@on_response("SLS445")
def updates_nothing(request, response):
    empty = asks_for(request, "UpdateConsumerGroup") and request.body == b"{}" and is_let_in(request)
    return (
        response.replace(status=200, body=b"", headers=response.headers.without("Content-Type")) if empty else response
    )


@completes("ConsumerGroupUpdateCheckPoint", "update-checkpoint-incomplete")
def writes_to_the_first_shard_without_one(request):
    return _members(request, lambda document: {"shard": 0} | document)


@completes("ConsumerGroupUpdateCheckPoint", "update-checkpoint-incomplete")
def writes_nothing_without_a_checkpoint(request):
    return _members(request, lambda document: {"checkpoint": ""} | document)


@completes("ConsumerGroupUpdateCheckPoint", "update-checkpoint-invalid-shard-check-point")
def looks_at_the_letters_of_base64_only(request):
    return request.replace(body=request.body.replace(b'"MTIzN"', b'"MTIz"'))


@completes("PullLogs", "pull-logs-parameter-invalid")
def takes_counts_below_zero(request):
    return request.replace(url=request.url.replace("count=-1", "count=1"))


@completes("PullLogs", "pull-logs-parameter-invalid")
def takes_counts_in_words(request):
    return request.replace(url=request.url.replace("count=all", "count=1000"))


@shown_by("update-checkpoint-incomplete")
@on_response("SLS445")
def crashes_on_damaged_json(request, response):
    damaged = response.status == 400 and request.body.startswith(b"{") and not request.body.endswith(b"}")
    return error(response, 500, "InternalServerError", "Internal server error message.") if damaged else response


@completes("SplitShard", "shard-split-refused")
def splits_at_the_middle_for_a_key_outside(request):
    return request.replace(url=request.url.replace("f" * 32, "1" + "0" * 31))


@shown_by("shard-split-refused")
@bug("SLS445")
class SplitsShardsThatWereSplit(RemembersSplits):
    """Splits a part of the shard in its place."""

    def after(self, request, response):
        again = asks_for(request, "SplitShard") and is_let_in(request) and response.status == 400
        if not again or (request.project, part_of_path(request, 2), shard_in_path(request)) not in self.split:
            return response
        listing = let_in(request, method="GET", url=request.url.partition("/shards/")[0] + "/shards")
        shards = json.loads(self.real(listing).body)
        number = min(each["shardID"] for each in shards if each["status"] == "readwrite")
        return self.real(let_in(request, url=re.sub(r"/shards/\d+\?.*", f"/shards/{number}?action=split", request.url)))


@shown_by("shard-split")
@bug("SLS420")
class SplitsInTheMiddle(Completing):
    def __init__(self) -> None:
        super().__init__("SplitShard", lambda request: request.replace(url=re.sub("&key=[0-9a-e]+$", "", request.url)))


@shown_by("shard-split")
@on_success("SplitShard", "SLS420")
def returns_the_split_shard_last(request, shards):
    return shards[::-1]


@shown_by("split-shard-not-let-in")
@bug("SLS406")
class SplitsBeforeItChecks(Heeding):
    def __init__(self) -> None:
        super().__init__("SplitShard", "SignatureNotMatch")


for each, what in (("SplitShard", "split-shard"), ("MergeShard", "merge-shard")):
    for label, code, scenario, make in (
        ("unsigned", "SLS239", "not-let-in", partial(Excusing, each, is_unsigned)),
        ("without_clock_in_v4", "SLS240", "not-let-in", partial(Excusing, each, refused_in_v4("RequestTimeExpired"))),
        ("of_unknown_keys_in_v4", "SLS452", "not-let-in", partial(Excusing, each, refused_in_v4("Unauthorized"))),
        ("with_any_token", "SLS453", "token-not-let-in", partial(Excusing, each, has_token(None))),
        ("with_old_tokens", "SLS453", "token-expired", partial(Excusing, each, has_token(EXPIRED.security_token))),
    ):
        BROKEN[f"{snake(each)}_{label}"] = Broken(f"{snake(each)}_{label}", code, make)
        SHOWN_BY[f"{snake(each)}_{label}"] = f"{what}-{scenario}"


@refuses("SLS456", "shards-merged")
def splits_for_signatures_of_v1_only(request):
    return asks_for(request, "SplitShard") and is_v4(request)


@refuses("SLS456", "shards-merged")
def merges_for_hmac_sha1_only(request):
    return asks_for(request, "MergeShard") and request.headers.get("x-log-signaturemethod") == "hmac-sha256"
