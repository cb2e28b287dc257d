"""Bugs in the operations around GetCheckPoint: groups, heartbeats, checkpoints, shards."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    asks_for,
    bug,
    correct,
    error,
    error_of,
    group_of,
    members,
    on_error,
    on_response,
    parameter,
    part_of_path,
    trusted,
    verify_quickly,
    with_body,
    with_document,
    with_header,
)

from sls_contract.exchange import Request
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from sls_contract.exchange import Response


def empty_heartbeat(request: Request) -> Request:
    """Return the heartbeat of a consumer that holds no shard, from someone who may do anything."""
    return trusted(request.replace(body=b"[]", headers=Headers()))


def on_success(operation: str, code: str):
    """Register a function that changes the document of a success: request and document in, document out."""

    def register(change):
        def changed(request, response):
            if not asks_for(request, operation) or response.status != 200:
                return response
            return with_document(response, change(request, json.loads(response.body)))

        changed.__name__ = change.__name__
        on_response(code)(changed)
        return change

    return register


@on_success("ListConsumerGroup", "SLS408")
def lists_all_groups_but_the_last(request, groups):
    return groups[:-1]


@bug("SLS408")
class ListsDeletedGroups:
    def __init__(self) -> None:
        self.real, self.gone = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            place, name = group_of(request)
            self.gone.setdefault(place, []).append({"name": name, "timeout": 300, "order": False})
        if asks_for(request, "ListConsumerGroup") and response.status == 200:
            groups = json.loads(response.body)
            named = {group["name"] for group in groups}
            place = part_of_path(request, 2)
            return with_document(
                response, groups + [each for each in self.gone.get(place, []) if each["name"] not in named]
            )
        return response


@on_success("ListConsumerGroup", "SLS409")
def lists_one_timeout_for_all(request, groups):
    return [{**group, "timeout": 60} for group in groups]


@on_success("ListConsumerGroup", "SLS409")
def lists_no_order(request, groups):
    return [{**group, "order": False} for group in groups]


@bug("SLS409")
class TakesUpdatesAndKeepsNone:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if asks_for(request, "UpdateConsumerGroup") and verify_quickly(request):
            response = self.real(trusted(request.replace(method="GET", body=b"", headers=Headers())))
            plain = with_body(response, b"")
            return plain.replace(headers=plain.headers.without("Content-Type")) if response.status == 200 else response
        return self.real(request)


@bug("SLS445")
class OverwritesAGroupThatIsMadeTwice:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if error_of(response) != "ConsumerGroupAlreadyExist":
            return response
        name = group_of(request)[1]
        base = request.url.partition("?")[0]
        self.real(trusted(Request("DELETE", f"{base}/{name}", Headers(), b"")))
        return self.real(request)


@on_error("SLS445", "ConsumerGroupAlreadyExist")
def twice_made_is_another_error(request, response):
    return error(response, 400, "JsonInfoInvalid", "consumerGroup or timeout is of error format.")


@on_error("SLS445", "JsonInfoInvalid")
def wrong_settings_are_another_error(request, response):
    return error(response, 404, "LogStoreNotExist", "logstore x does not exist")


@on_error("SLS445", "InvalidShardCheckPoint")
def no_base64_is_another_error(request, response):
    return error(response, 404, "ShardNotExist", "shard not exist.")


@on_error("SLS294", "ShardNotExist")
def missing_shards_are_404_everywhere(request, response):
    return response.replace(status=404)


@on_error("SLS445", "ShardNotExist")
def missing_shards_are_missing_groups(request, response):
    if not asks_for(request, "ConsumerGroupUpdateCheckPoint"):
        return response
    return error(response, 404, "ConsumerGroupNotExist", "consumer group not exist.")


@on_error("SLS445", "ShardNotExist")
def missing_shards_are_missing_logstores(request, response):
    return error(response, 404, "LogStoreNotExist", "logstore x does not exist")


@on_error("SLS293", "NotExistConsumerWithBody")
def strange_consumers_are_missing_ones(request, response):
    return error(response, 404, "ConsumerNotExist", "consumer not exist in the consumer group")


@bug("SLS436")
class LetsStrangeConsumersHoldShards:
    """Takes a heartbeat for one of nothing where it does not know the consumer."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if error_of(response) != "NotExistConsumerWithBody":
            return response
        return self.real(empty_heartbeat(request))


class RegistersTheRefused:
    """Takes note of the consumer before it looks whether the heartbeat is in order."""

    errors: frozenset = frozenset()

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "ConsumerGroupHeartBeat") and error_of(response) in self.errors:
            self.real(empty_heartbeat(request))
        return response


@bug("SLS438")
class RegistersConsumersOfForgedHeartbeats(RegistersTheRefused):
    errors = frozenset({"SignatureNotMatch"})


@bug("SLS438")
class RegistersConsumersWithoutAToken(RegistersTheRefused):
    errors = frozenset({"Unauthorized"})


@bug("SLS438")
class RegistersConsumersWhoseFirstHeartbeatHasABody(RegistersTheRefused):
    errors = frozenset({"NotExistConsumerWithBody"})


@bug("SLS436")
class RemembersConsumersOfDeletedGroups:
    def __init__(self) -> None:
        self.real, self.known, self.deleted = correct(), set(), set()

    def __call__(self, request: Request) -> Response:
        response, group = self.real(request), group_of(request)
        who = (group, parameter(request, "consumer"))
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            self.deleted |= {each for each in tuple(self.known) if each[0] == group}
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            self.known.add(who)
        if error_of(response) == "NotExistConsumerWithBody" and who in self.deleted:
            return self.real(empty_heartbeat(request))
        return response


@bug("SLS416")
class NeverForgetsConsumers(LetsStrangeConsumersHoldShards):
    """Refuses strange consumers only in groups where nobody was before."""

    def __init__(self) -> None:
        super().__init__()
        self.known = set()

    def __call__(self, request: Request) -> Response:
        beats = asks_for(request, "ConsumerGroupHeartBeat")
        who = (*group_of(request), parameter(request, "consumer")) if beats else None
        if who in self.known:
            return super().__call__(request)
        response = self.real(request)
        if beats and response.status == 200:
            self.known.add(who)
        return response


@bug("SLS416")
class ForgetsConsumersAfterFiveSeconds:
    def __init__(self) -> None:
        self.real, self.timeouts = correct(), {}

    def __call__(self, request: Request) -> Response:
        if asks_for(request, "CreateConsumerGroup") and verify_quickly(request):
            document = members(request)
            if document.get("timeout") == 20:
                body = json.dumps({**document, "timeout": 5}).encode()
                return self.real(trusted(request.replace(body=body, headers=Headers())))
        return self.real(request)


@on_success("ConsumerGroupHeartBeat", "SLS417")
def assigns_a_shard_more(request, shards):
    return [*shards, max(shards) + 1] if shards else shards


@on_success("ConsumerGroupHeartBeat", "SLS272")
def wraps_the_heartbeat_as_the_page_prints_it(request, shards):
    return {"shards": shards}


@on_success("ConsumerGroupHeartBeat", "SLS274")
def responds_to_heartbeats_in_texts(request, shards):
    return [str(shard) for shard in shards]


@bug("SLS438")
class TakesCheckpointsOfAnybody:
    """Forces every write, whoever sends it."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        consumer = parameter(request, "consumer")
        if not asks_for(request, "ConsumerGroupUpdateCheckPoint") or not consumer or not verify_quickly(request):
            return self.real(request)
        url = request.url.partition("?")[0] + f"?type=checkpoint&consumer={consumer}&forceSuccess=true"
        return self.real(trusted(request.replace(url=url, headers=Headers())))


@bug("SLS286")
class TakesCheckpointsOfNobody:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if asks_for(request, "ConsumerGroupUpdateCheckPoint") and "consumer=" not in request.url:
            url = request.url.partition("?")[0] + "?type=checkpoint&forceSuccess=true"
            return (
                self.real(trusted(request.replace(url=url, headers=Headers())))
                if verify_quickly(request)
                else self.real(request)
            )
        return self.real(request)


@on_response("SLS270")
def returns_204_where_a_group_was_changed(request, response):
    changed = asks_for(request, "UpdateConsumerGroup") and response.status == 200
    return response.replace(status=204) if changed else response


@on_response("SLS271")
def returns_no_body_where_no_shard_is_held(request, response):
    empty = asks_for(request, "ConsumerGroupHeartBeat") and response.body == b"[]"
    return with_body(response, b"") if empty else response


@on_response("SLS277")
def writes_timeouts_as_fractions(request, response):
    if not asks_for(request, "ListConsumerGroup") or response.status != 200:
        return response
    return with_body(response, re.sub(rb'("timeout":\d+)', rb"\1.0", response.body))


@on_success("ListShards", "SLS273")
def lists_shards_without_status(request, shards):
    return [{key: value for key, value in shard.items() if key != "status"} for shard in shards]


@on_success("ListShards", "SLS279")
def lists_one_of_the_shards_twice(request, shards):
    return [*shards, shards[0]]


@on_success("ListConsumerGroup", "SLS272")
def wraps_groups_as_the_page_prints_them(request, groups):
    return {"count": len(groups), "consumerGroups": groups}


@on_response("SLS444")
def knows_no_group_when_asked_to_list(request, response):
    if not asks_for(request, "ListConsumerGroup") or response.status != 200:
        return response
    return error(response, 404, "LogStoreNotExist", "logstore x does not exist")


@on_response("SLS442")
def lists_groups_of_missing_logstores(request, response):
    if not asks_for(request, "ListConsumerGroup") or error_of(response) != "LogStoreNotExist":
        return response
    return with_header(with_body(response.replace(status=200), b"[]"), "Content-Type", "application/json")


@on_response("SLS442")
def deletes_in_missing_logstores(request, response):
    missing = asks_for(request, "DeleteConsumerGroup") and error_of(response) == "LogStoreNotExist"
    emptied = response.replace(status=200, headers=response.headers.without("Content-Type"))
    return with_body(emptied, b"") if missing else response


@on_response("SLS442")
def splits_shards_of_missing_places(request, response):
    missing = asks_for(request, "SplitShard") and error_of(response) in {"LogStoreNotExist", "ProjectNotExist"}
    return with_body(response, b"[]").replace(status=200) if missing else response


@on_error("SLS441", "ConsumerGroupNotExist")
def missing_groups_of_heartbeats_are_missing_logstores(request, response):
    if not asks_for(request, "ConsumerGroupHeartBeat"):
        return response
    return error(response, 404, "LogStoreNotExist", "logstore x does not exist")


@on_error("SLS441", "ConsumerGroupNotExist")
def missing_groups_of_deletions_are_missing_logstores(request, response):
    if not asks_for(request, "DeleteConsumerGroup"):
        return response
    return error(response, 404, "LogStoreNotExist", "logstore x does not exist")


@bug("SLS239")
class AsksForNoSignatureOfLogs:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if asks_for(request, "PullLogs") and error_of(response := self.real(request)) == "SignatureNotMatch":
            return self.real(trusted(request)) if response.status == 401 else response
        return self.real(request)
