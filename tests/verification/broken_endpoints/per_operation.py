"""Bugs that one operation, one scheme or one connection has, where the others are right."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from broken_endpoints.connections import Connecting
from broken_endpoints.harness import (
    ABROAD,
    BROKEN,
    EXPIRED,
    LOGSTORE,
    OTHER,
    PROJECT,
    WIDE,
    Broken,
    asks_for,
    bug,
    correct,
    error,
    error_of,
    group_of,
    is_let_in,
    members,
    now,
    on_entry,
    on_error,
    parameter,
    part_of_path,
    snake,
    trusted,
    verify_quickly,
    with_document,
)
from broken_endpoints.names import renamed
from broken_endpoints.operations import on_success

from sls_contract.exchange import Request, Response
from sls_contract.headers import Headers
from sls_contract.scenarios.documented_operations import LABELS
from sls_contract.signing import TEST_STS_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = ("Accept", "Accept-Encoding", "Content-Type", "x-log-compresstype", "x-log-bodyrawsize")


def let_in(request: Request, **changes: object) -> Request:
    """Return the request, changed, as someone who may do anything would send it."""
    kept = Headers([(name, request.headers[name]) for name in _KEPT if name in request.headers])
    return trusted(request.replace(headers=kept, **changes))


class Excusing:
    """Lets requests of one operation in that the correct endpoint refuses, and that an excuse fits."""

    def __init__(self, operation: str, excuse: Callable[[Request, Response], bool]) -> None:
        self.real, self.operation, self.excuse = correct(), operation, excuse

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        excused = asks_for(request, self.operation) and self.excuse(request, response)
        return self.real(let_in(request)) if excused else response


def is_unsigned(request: Request, response: Response) -> bool:
    return "Authorization" not in request.headers


def refused_in_v4(code: str) -> Callable[[Request, Response], bool]:
    return lambda request, response: error_of(response) == code and is_v4(request)


def has_token(token: str | None) -> Callable[[Request, Response], bool]:
    """Excuse a temporary key with that token, or with any other but the right one."""

    def excuse(request: Request, response: Response) -> bool:
        sent = request.headers.get("x-acs-security-token")
        others = {TEST_STS_CREDENTIALS.security_token, EXPIRED.security_token, None}
        return response.status == 401 and (sent == token if token else sent not in others)

    return excuse


def is_v4(request: Request) -> bool:
    return request.headers.get("Authorization", "").startswith("SLS4")


class FindsAlike:
    """Looks for logstores, projects or groups of one operation without case, and by their beginnings."""

    def __init__(self, operation: str, what: str) -> None:
        self.real, self.operation, self.what, self.groups = correct(), operation, what, []

    def __call__(self, request: Request) -> Response:
        mine = asks_for(request, self.operation) and is_let_in(request)
        response = self.real(getattr(self, self.what)(request) if mine else request)
        if asks_for(request, "CreateConsumerGroup") and response.status == 200:
            self.groups.append(group_of(request))
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200 and group_of(request) in self.groups:
            self.groups.remove(group_of(request))
        return response

    def logstore(self, request: Request) -> Request:
        name = part_of_path(request, 2)
        alike = name.lower().startswith(LOGSTORE) and name not in {LOGSTORE, OTHER, WIDE}
        return let_in(request, url=request.url.replace(f"/{name}", f"/{LOGSTORE}", 1)) if alike else request

    def project(self, request: Request) -> Request:
        alike = request.project.startswith(PROJECT) and request.project not in {PROJECT, ABROAD}
        url = request.url.replace(f"//{request.project}.", f"//{PROJECT}.", 1)
        return trusted(Request(request.method, url, Headers(), request.body)) if alike else request

    def group(self, request: Request) -> Request:
        place, name = group_of(request)
        alike = [
            other
            for where, other in tuple(self.groups)
            if where == place and (other.lower() == name.lower() or other.startswith(name) or name.startswith(other))
        ]
        return renamed(request, alike[0]) if alike and (place, name) not in self.groups else request


class TakesSignaturesAgain:
    """Knows a signature of one operation again, whatever it is sent with."""

    def __init__(self, operation: str) -> None:
        self.real, self.operation, self.seen = correct(), operation, set()

    def __call__(self, request: Request) -> Response:
        signature = request.headers.get("Authorization")
        if asks_for(request, self.operation):
            if verify_quickly(request):
                self.seen.add(signature)
            elif signature in self.seen:
                return self.real(let_in(request))
        return self.real(request)


SHOWN_BY: dict[str, str] = {}
"""The scenario that shows a bug, by the bug's name."""


def _register(operation: str, what: str, code: str, shown_by: str, make: Callable[[], Any]) -> None:
    name = f"{snake(operation)}_{what}"
    BROKEN[name] = Broken(name, code, make)
    SHOWN_BY[name] = f"{LABELS[operation]}-{shown_by}"


def _excusing(operation: str, what: str, code: str, excuse: Callable[[Request, Response], bool]) -> None:
    _register(operation, what, code, "not-let-in", lambda: Excusing(operation, excuse))


def _finding(operation: str, what: str, code: str) -> None:
    _register(operation, f"finds_{what}s_alike", code, "nearly-there", lambda: FindsAlike(operation, what))


for each in LABELS:
    _excusing(each, "unsigned", "SLS239", is_unsigned)
    _excusing(each, "without_clock_in_v4", "SLS240", refused_in_v4("RequestTimeExpired"))
    _excusing(each, "of_unknown_keys_in_v4", "SLS452", refused_in_v4("Unauthorized"))
    _register(each, "with_any_token", "SLS453", "token-not-let-in", lambda each=each: Excusing(each, has_token(None)))
    excuse = has_token(EXPIRED.security_token)
    _register(each, "with_old_tokens", "SLS453", "token-expired", lambda each=each, ok=excuse: Excusing(each, ok))
    if each != "PutLogs":  # no two of its requests have one body
        _register(each, "signed_before", "SLS239", "not-let-in", lambda each=each: TakesSignaturesAgain(each))
    _finding(each, "logstore", "SLS442")
    _finding(each, "project", "SLS443")
for each in ("UpdateConsumerGroup", "ConsumerGroupHeartBeat", "ConsumerGroupUpdateCheckPoint"):
    _finding(each, "group", "SLS441")


@bug("SLS444")
class DeletesGroupsAlike(FindsAlike):
    def __init__(self) -> None:
        super().__init__("DeleteConsumerGroup", "group")


@bug("SLS239")
class DeletesUnsigned(Excusing):
    def __init__(self) -> None:
        super().__init__("DeleteConsumerGroup", is_unsigned)


@bug("SLS239")
class PassesBodiesOver:
    """Takes any body for one that was signed."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        blank = request.replace(body=b" " * len(request.body))
        return self.real(let_in(request) if request.body and verify_quickly(blank) else request)


@bug("SLS409")
class ForgetsTheOrderWithTheTimeout:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if asks_for(request, "UpdateConsumerGroup") and is_let_in(request) and members(request):
            body = json.dumps({"order": False} | members(request)).encode()
            return self.real(let_in(request, body=body))
        return self.real(request)


@bug("SLS416")
class LivesOfOtherHeartbeats:
    """Each heartbeat counts for all consumers that were ever seen in the group."""

    def __init__(self) -> None:
        self.real, self.beats = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            others = self.beats.setdefault(group_of(request), {})
            others[parameter(request, "consumer")] = request
            for other in tuple(others.values()):  # another may be added meanwhile
                self.real(let_in(other, body=b"[]"))
        return response


@bug("SLS408")
class ListsGroupsOfBothProjects:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "ListConsumerGroup") or response.status != 200 or request.project == ABROAD:
            return response
        url = request.url.replace(f"//{PROJECT}.", f"//{ABROAD}.", 1)
        there = self.real(trusted(Request("GET", url, Headers())))
        groups = json.loads(there.body) if there.status == 200 else []
        return with_document(response, json.loads(response.body) + groups)


@on_success("ListConsumerGroup", "SLS408")
def lists_names_percent_encoded(request, groups):
    return [{**group, "name": quote(group["name"], safe="")} for group in groups]


@on_success("ListConsumerGroup", "SLS408")
def lists_names_in_small_letters(request, groups):
    return [{**group, "name": group["name"].lower()} for group in groups]


@on_success("ConsumerGroupHeartBeat", "SLS279")
def assigns_a_shard_twice(request, shards):
    return [*shards, *shards[:1]]


@on_success("ListShards", "SLS275")
def spells_the_status_otherwise(request, shards):
    return [{**shard, "status": "readWrite"} for shard in shards]


@on_success("GetCursorTime", "SLS447")
def tells_the_time_of_the_question(request, document):
    return {"cursor_time": int(now().timestamp())}


@on_error("SLS438", "ConsumerNotMatch")
def knows_no_consumer_that_holds_another_shard(request, response):
    return error(response, 404, "ConsumerNotExist", "consumer not exist in the consumer group")


@on_error("SLS438", "ConsumerNotExist")
def strangers_hold_another_shard(request, response):
    return error(response, 400, "ConsumerNotMatch", "consumer not match")


@bug("SLS452")
class KnowsKeysWithoutCase:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        given = request.headers.get("Authorization", "")
        known = re.sub("testAccessKeyId(?=[:/])", "testAccessKeyId", given, flags=re.IGNORECASE)
        alike = known != given
        return self.real(let_in(request) if alike else request)


class Heeding:
    """Carries requests of one operation out that it refuses."""

    def __init__(self, operation: str, *codes: str) -> None:
        self.real, self.operation, self.codes = correct(), operation, codes

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, self.operation) and error_of(response) in self.codes:
            self.real(let_in(request))
        return response


@bug("SLS409")
class UpdatesBeforeItChecks(Heeding):
    def __init__(self) -> None:
        super().__init__("UpdateConsumerGroup", "SignatureNotMatch")


@bug("SLS406")
class StoresLateWrites(Heeding):
    def __init__(self) -> None:
        super().__init__("ConsumerGroupUpdateCheckPoint", "RequestTimeExpired")


@bug("SLS453")
class ComparesTokensByTheirBeginning:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        right, given = str(TEST_STS_CREDENTIALS.security_token), request.headers.get("x-acs-security-token", "")
        return self.real(let_in(request) if given.startswith(right) and given != right else request)


@bug("SLS441")
class CutsNamesAtADot:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        dotted = "/consumergroups" in request.path and "." in group_of(request)[1] and is_let_in(request)
        return self.real(renamed(request, group_of(request)[1].split(".")[0]) if dotted else request)


@on_entry("SLS431")
def consumer_cut_at_a_sign(entry):
    entry["consumer"] = re.split("[,;&=]", entry["consumer"])[0]


@on_entry("SLS431")
def consumer_without_blanks_around(entry):
    entry["consumer"] = " ".join(entry["consumer"].split())


@on_entry("SLS402")
def checkpoint_cut_at_255_bytes(entry):
    entry["checkpoint"] = base64.b64encode(base64.b64decode(entry["checkpoint"])[:255]).decode()


@on_entry("SLS401")
def checkpoint_without_blanks_around(entry):
    entry["checkpoint"] = base64.b64encode(base64.b64decode(entry["checkpoint"]).strip()).decode()


@bug("SLS263")
class CompressesAsTheFirstPull(Connecting):
    def respond(self, request: Request, kept: dict) -> Response:
        if not asks_for(request, "PullLogs") or not is_let_in(request):
            return self.real(request)
        first = kept.setdefault("coding", request.headers.get("Accept-Encoding", ""))
        headers = Headers([("Accept-Encoding", first)])
        return self.real(trusted(request.replace(headers=headers)))


@bug("SLS421")
class ListsShardsOfTheFirstLogstore(Connecting):
    def respond(self, request: Request, kept: dict) -> Response:
        if not asks_for(request, "ListShards") or not is_let_in(request):
            return self.real(request)
        first = kept.setdefault("logstore", part_of_path(request, 2))
        return self.real(let_in(request, url=re.sub(r"/logstores/[^/]+/", f"/logstores/{first}/", request.url)))


SHOWN_BY |= {
    "assigns_a_shard_twice": "heartbeat-of-one-consumer",
    "updates_before_it_checks": "update-group-not-let-in",
    "stores_late_writes": "update-checkpoint-not-let-in",
    "knows_keys_without_case": "key-nearly-known",
    "compares_tokens_by_their_beginning": "token-nearly-right",
    "checkpoint_cut_at_255_bytes": "checkpoint-of-600-digits",
    "consumer_without_blanks_around": "consumer-named-with-blanks",
    "checkpoint_without_blanks_around": "checkpoint-texts",
    "compresses_as_the_first_pull": "connection-of-pulls",
    "consumer_cut_at_a_sign": "consumer-named-with-signs",
    "cuts_names_at_a_dot": "groups-begin-alike",
    "deletes_groups_alike": "groups-differ-in-case",
    "deletes_unsigned": "refused-deletion",
    "forgets_the_order_with_the_timeout": "group-updated",
    "knows_no_consumer_that_holds_another_shard": "update-checkpoint-of-another-holder",
    "lists_groups_of_both_projects": "two-projects",
    "lists_names_in_small_letters": "group-named-with-capitals",
    "lists_names_percent_encoded": "group-named-in-chinese",
    "lists_shards_of_the_first_logstore": "connection-to-two-logstores",
    "lives_of_other_heartbeats": "heartbeat-in-time",
    "passes_bodies_over": "update-checkpoint-nearly-signed",
    "spells_the_status_otherwise": "list-shards-served",
    "strangers_hold_another_shard": "update-checkpoint-of-a-stranger",
    "tells_the_time_of_the_question": "get-cursor-time-of-a-log",
}
