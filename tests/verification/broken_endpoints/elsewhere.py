"""Changes that reach another group, another log or another request than the one that was meant."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from broken_endpoints.harness import (
    ABROAD,
    LOGSTORE,
    OTHER,
    PROJECT,
    Meetings,
    asks_for,
    bug,
    correct,
    error,
    error_of,
    group_of,
    is_let_in,
    is_read,
    members,
    on_error,
    on_response,
    parameter,
    part_of_path,
    shard_of,
    trusted,
    with_body,
    with_document,
    write_of,
)
from broken_endpoints.logs import Recoding
from broken_endpoints.per_operation import let_in
from broken_endpoints.spellings import refuses, shown_by

from sls_contract.endpoint.state.log_groups import decode_group, encode_group
from sls_contract.exchange import Request
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.endpoint import ReferenceEndpoint
    from sls_contract.exchange import Response


@shown_by("groups-begin-alike")
@on_response("SLS441")
def fails_where_a_deleted_group_is_missing(request, response):
    missing = asks_for(request, "DeleteConsumerGroup") and error_of(response) == "ConsumerGroupNotExist"
    return error(response, 500, "InternalServerError", "Internal server error message.") if missing else response


@shown_by("list-groups-nearly-there")
@on_error("SLS293", "LogStoreNotExist")
def logstores_in_capitals_are_missing_groups(request, response):
    logstore = part_of_path(request, 2)
    in_capitals = asks_for(request, "ListConsumerGroup") and logstore.upper() == logstore
    return error(response, 404, "ConsumerGroupNotExist", "consumer group not exist.") if in_capitals else response


@refuses("SLS444", "checkpoint-not-forced", "MissingParameter", 400)
def wants_force_success(request):
    return asks_for(request, "ConsumerGroupUpdateCheckPoint") and "forceSuccess" not in request.url


class Updating:
    """Sees each update that was accepted."""

    def __init__(self) -> None:
        self.real, self.settings = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "UpdateConsumerGroup") and response.status == 200:
            return self.updated(request, response)
        return response

    def updated(self, request: Request, response: Response) -> Response:
        raise NotImplementedError


@shown_by("group-updated")
@bug("SLS444")
class CountsTheRowsThatAnUpdateChanged(Updating):
    """A database tells that no row was changed where the values are those that it has."""

    def updated(self, request, response):
        before = self.settings.get(group_of(request))
        self.settings[group_of(request)] = request.body
        if before == request.body:
            return error(response, 404, "ConsumerGroupNotExist", "consumer group not exist.")
        return response


@shown_by("group-updated-keeps-checkpoints")
@bug("SLS413")
class TakesUpdatesForWrites(Updating):
    """One column has the time of the last change of a row, whatever was changed."""

    def updated(self, request, response):
        read = self.real(let_in(request, method="GET", body=b""))
        logstore, group = group_of(request)
        for entry in json.loads(read.body):
            if entry["checkpoint"]:
                self.real.set_checkpoint(
                    group, entry["shard"], entry["checkpoint"], project=request.project, logstore=logstore
                )
        return response


def alike(request: Request) -> Iterator[Request]:
    """Yield the request to groups of the same name in other logstores and projects."""
    logstore, _ = group_of(request)
    for project, other in ((PROJECT, LOGSTORE), (PROJECT, OTHER), (ABROAD, LOGSTORE)):
        if (project, other) != (request.project, logstore):
            url = request.url.replace(request.project, project, 1).replace(f"/{logstore}/", f"/{other}/", 1)
            yield trusted(Request(request.method, url, Headers(), request.body))


@shown_by("consumers-in-two-projects")
@bug("SLS409")
class UpdatesGroupsOfOneNameEverywhere(Updating):
    def updated(self, request, response):
        for each in alike(request):
            self.real(each)
        return response


@shown_by("timeouts-in-two-logstores")
@bug("SLS416")
class OneTimeoutForGroupsOfOneName:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "CreateConsumerGroup") and response.status == 200:
            body = json.dumps({"timeout": members(request)["timeout"]}).encode()
            url = f"{request.url}/{quote(group_of(request)[1], safe='')}"
            for each in alike(Request("PUT", url, request.headers, body)):
                self.real(each)
        return response


@shown_by("silence-in-two-logstores")
@bug("SLS416")
class KeepsConsumersOfGroupsOfOneNameAlive:
    """A heartbeat counts for the consumers of its name that live in groups of one name."""

    def __init__(self) -> None:
        self.real, self.held = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            consumer = parameter(request, "consumer")
            self.held[request.project, group_of(request), consumer] = response.body
            for each in alike(request):
                shards = self.held.get((each.project, group_of(each), consumer), b"[]")
                if shards != b"[]":  # with shards, a consumer that is gone is refused
                    self.real(let_in(each, body=shards))
        return response


@shown_by("consumers-in-two-logstores")
@bug("SLS416")
class ForgetsConsumersOfGroupsOfOneName:
    """A deletion deletes every consumer of a group of that name."""

    def __init__(self) -> None:
        self.real, self.gone = correct(), {}

    def __call__(self, request: Request) -> Response:
        name = group_of(request)[1]
        if asks_for(request, "ConsumerGroupHeartBeat") and is_let_in(request):
            if self.gone.get(name) and request.body != b"[]":
                response = self.real(let_in(request, method="GET", url=request.url.partition("?")[0], body=b""))
                text = "non-exist consumer with non-empty body of heartbeat message."
                return error(response, 400, "NotExistConsumerWithBody", text)
            self.gone[name] = False
        response = self.real(request)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            self.gone[name] = True
        return response


@shown_by("shard-split")
@bug("SLS421")
class KeepsTheShardsThatAGroupWasMadeWith:
    def __init__(self) -> None:
        self.real, self.shards = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "CreateConsumerGroup") and response.status == 200:
            logstore = group_of(request)[0]
            self.shards[group_of(request)] = self.real.shards(project=request.project, logstore=logstore)
        if is_read(request) and response.status == 200 and shard_of(request) is None:
            known = self.shards[group_of(request)]
            return with_document(response, [each for each in json.loads(response.body) if each["shard"] in known])
        return response


def nothing(request: Request, real: ReferenceEndpoint) -> Response:
    """Return the response to a PutLogs whose logs are kept nowhere."""
    url = f"{request.url.partition('/logstores')[0]}/logstores/{LOGSTORE}/shards"
    returned = with_body(real(trusted(Request("GET", url, Headers()))), b"")
    return returned.replace(headers=returned.headers.without("Content-Type"))


class Splitting:
    """Sees each PutLogs after a split."""

    def __init__(self) -> None:
        self.real, self.split = correct(), False

    def __call__(self, request: Request) -> Response:
        if self.split and asks_for(request, "PutLogs") and is_let_in(request):
            return self.put(request)
        response = self.real(request)
        self.split = self.split or (asks_for(request, "SplitShard") and response.status == 200)
        return response

    def put(self, request: Request) -> Response:
        raise NotImplementedError


@shown_by("shard-split-takes-logs")
@bug("SLS426")
class WritesLogsToTheShardThatWasSplit(Splitting):
    """No consumer pulls them from there."""

    def put(self, request):
        return self.real(request) if "key=" in request.url else nothing(request, self.real)


@shown_by("shard-split-takes-logs")
@bug("SLS426")
class RoutesByTheRangesBeforeASplit(Splitting):
    """The lowest key is taken for one of the other half."""

    def put(self, request):
        return self.real(let_in(request, url=request.url.replace("key=0", "key=7")))


@shown_by("pull-logs-in-small-steps")
@bug("SLS427")
class KeepsOneTag(Recoding):
    def changed(self, data: bytes) -> bytes:
        group = decode_group(data)
        return encode_group(replace(group, tags=group.tags[:1]))


@shown_by("pull-logs-in-small-steps")
@bug("SLS427")
class KeepsTheTopicOfTheFirstLogGroup(Recoding):
    first = None

    def changed(self, data: bytes) -> bytes:
        self.first = self.first or decode_group(data)
        return encode_group(replace(decode_group(data), topic=self.first.topic, source=self.first.source))


@shown_by("pull-logs-in-small-steps")
@bug("SLS427")
class OneTimeForTheLogsOfALogGroup(Recoding):
    def changed(self, data: bytes) -> bytes:
        group = decode_group(data)
        return encode_group(replace(group, logs=tuple(replace(each, time=group.logs[0].time) for each in group.logs)))


class AtOnce:
    """Tells whether another request for the same thing is served at the same time."""

    operation = ""

    def __init__(self) -> None:
        self.real, self.meet = correct(), Meetings()

    def __call__(self, request: Request) -> Response:
        if not asks_for(request, self.operation) or not is_let_in(request):
            return self.real(request)
        at_once, last = self.meet(request.path)
        return self.respond(request, at_once=at_once, last=last)

    def respond(self, request: Request, *, at_once: bool, last: bool) -> Response:
        raise NotImplementedError


@shown_by("put-logs-at-once")
@bug("SLS426")
class LosesLogsThatComeAtOnce(AtOnce):
    """Reads all logs, adds some, and writes all: of several requests at once the last one remains."""

    operation = "PutLogs"

    def respond(self, request, *, at_once, last):
        if not at_once or last:
            return self.real(request)
        return nothing(request, self.real)


@shown_by("heartbeats-at-once")
@bug("SLS437")
class SharesShardsOutTwiceAtOnce(AtOnce):
    """Each of two consumers that start at once sees no other one."""

    operation = "ConsumerGroupHeartBeat"

    def respond(self, request, *, at_once, last):
        response = self.real(request)
        if not at_once or response.status != 200:
            return response
        return with_document(response, list(self.real.shards(project=request.project, logstore=group_of(request)[0])))


@shown_by("creations-at-once")
@bug("SLS445")
class MakesAGroupTwiceAtOnce(AtOnce):
    """Looks whether there is such a group, and makes one."""

    operation = "CreateConsumerGroup"

    def respond(self, request, *, at_once, last):
        response = self.real(request)
        return nothing(request, self.real) if at_once and response.status == 400 else response


@shown_by("updates-at-once")
@bug("SLS409")
class LosesOneOfTwoUpdatesAtOnce(AtOnce):
    """Reads the settings, changes one, and writes all."""

    operation = "UpdateConsumerGroup"

    def respond(self, request, *, at_once, last):
        return self.real(request) if not at_once or last else nothing(request, self.real)


@shown_by("shard-unknown")
@bug("SLS423")
class ReadsShardsOf16Bits:
    """Finds the last shard under a number that is 65,536 larger, and gives it this number."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        shard = shard_of(request)
        if not is_read(request) or shard is None or shard < 2**16 or not is_let_in(request):
            return self.real(request)
        url = request.url.replace(f"shard={shard}", f"shard={shard % 2**16}")
        response = self.real(let_in(request, url=url))
        if response.status != 200:
            return response
        return with_document(response, [{**each, "shard": shard} for each in json.loads(response.body)])


@shown_by("update-checkpoint-shard-not-exist")
@bug("SLS445")
class WritesShardsOf16Bits:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        shard = (write_of(request) or (0, ""))[0]
        if shard < 2**16 or not is_let_in(request):
            return self.real(request)
        body = json.dumps({**members(request), "shard": shard % 2**16}).encode()
        return self.real(let_in(request, body=body))
