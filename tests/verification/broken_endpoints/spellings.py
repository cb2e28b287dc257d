"""Requests that are read in one spelling only, responses that fail now and then, and groups that outlive their end."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    BROKEN,
    Broken,
    asks_for,
    bug,
    correct,
    error,
    error_of,
    group_of,
    is_let_in,
    on_entry,
    on_response,
    on_text,
    snake,
    trusted,
    with_body,
    with_document,
    with_header,
)
from broken_endpoints.per_operation import is_v4, let_in

from sls_contract.exchange import Request, Response
from sls_contract.headers import Headers
from sls_contract.scenarios.documented_operations import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

SHOWN_BY: dict[str, str] = {}
"""The scenario that shows a bug, by the bug's name."""


def shown_by(scenario: str):
    """Name the scenario that shows the bug below it."""

    def note(made):
        SHOWN_BY[snake(made.__name__)] = scenario
        return made

    return note


class Failing:
    """Returns 500 in place of the second and each later success of an operation."""

    def __init__(self, operation: str) -> None:
        self.real, self.operation, self.served = correct(), operation, 0

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, self.operation) or response.status != 200:
            return response
        self.served += 1
        if self.served == 1:
            return response
        plain = response.replace(headers=response.headers.without("x-log-compresstype"))
        return error(plain, 500, "InternalServerError", "Internal server error message.")


for each in LABELS:
    label = f"{snake(each)}_fails_the_second_time"
    BROKEN[label] = Broken(label, "SLS444", lambda each=each: Failing(each))
    SHOWN_BY[label] = f"{LABELS[each]}-served"


def refuses(code: str, scenario: str, error_code: str = "SignatureNotMatch", status: int = 401):
    """Register a function that says which correct requests are refused."""

    def register(fits: Callable[[Request], bool]):
        def changed(request: Request, response: Response) -> Response:
            refused = response.status == 200 and fits(request)
            return error(response, status, error_code, "signature x not match") if refused else response

        changed.__name__ = fits.__name__
        shown_by(scenario)(on_response(code)(changed))
        return fits

    return register


@refuses("SLS456", "group-named-in-chinese")
def signs_plain_paths_only_in_v4(request):
    return is_v4(request) and "%" in request.url.partition("?")[0]


@refuses("SLS456", "consumer-named-with-signs")
def signs_plain_queries_only_in_v4(request):
    return is_v4(request) and "%" in request.query


@refuses("SLS456", "logs-in-lz4")
def signs_no_compressed_bodies_in_v4(request):
    return is_v4(request) and "x-log-compresstype" in request.headers


@refuses("SLS456", "token-writes-v1")
def signs_no_token_beside_a_body(request):
    return "x-acs-security-token" in request.headers and bool(request.body)


@refuses("SLS456", "form-writes-upper", "MissingParameter", 400)
def reads_header_names_of_writes_letter_by_letter(request):
    return request.method == "POST" and not any(name == "x-log-apiversion" for name, _ in request.headers.pairs)


@refuses("SLS444", "form-writes-python-v1", "JsonInfoInvalid", 400)
def reads_json_without_blanks_only(request):
    return request.body.startswith(b"{") and b'": ' in request.body


for label, scenario, each, failure, failed_with in (
    ("makes_no_group", "group-fresh", "CreateConsumerGroup", "JsonInfoInvalid", 400),
    ("fails_to_make_groups", "group-fresh", "CreateConsumerGroup", "InternalServerError", 500),
    ("takes_no_checkpoint", "group-advanced", "ConsumerGroupUpdateCheckPoint", "InvalidShardCheckPoint", 400),
    ("knows_no_holder", "group-advanced", "ConsumerGroupUpdateCheckPoint", "ConsumerNotMatch", 404),
    ("knows_no_consumer", "group-advanced", "ConsumerGroupHeartBeat", "NotExistConsumerWithBody", 400),
):
    fits = partial(asks_for, name=each)
    fits.__name__ = label
    refuses("SLS444", scenario, failure, failed_with)(fits)


@refuses("SLS456", "form-writes-go", "ParameterInvalid", 400)
def reads_the_type_in_first_place_only(request):
    return asks_for(request, "ConsumerGroupUpdateCheckPoint") and not request.query.startswith("type=")


@shown_by("group-advanced")
@on_response("SLS272")
def responds_to_writes_with_an_error_of_none(request, response):
    if not asks_for(request, "ConsumerGroupUpdateCheckPoint") or response.status != 200:
        return response
    document = with_document(response, {"errorCode": "0", "errorMessage": "success"})
    return with_header(document, "Content-Type", "application/json")


@shown_by("consumer-named-with-quotes")
@on_text("SLS221")
def escapes_nothing_in_json(body):
    return body.replace(b'\\"', b'"')


@shown_by("consumer-named-with-emoji")
@on_entry("SLS431")
def keeps_three_bytes_of_a_character(entry):
    entry["consumer"] = "".join(char for char in entry["consumer"] if ord(char) < 0x10000)


@shown_by("consumer-of-120-letters")
@on_entry("SLS431")
def consumer_cut_at_64_letters(entry):
    entry["consumer"] = entry["consumer"][:64]


@shown_by("groups-listed-by-long-names")
@on_response("SLS408")
def cuts_names_in_lists(request, response):
    if not asks_for(request, "ListConsumerGroup") or response.status != 200:
        return response
    return with_document(response, [{**each, "name": each["name"][:60]} for each in json.loads(response.body)])


@shown_by("consumer-named-with-blanks")
@bug("SLS416")
class ReadsNoBlankInAPlus:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        path, _, query = request.url.partition("?")
        written = "+" in query and is_let_in(request)
        return self.real(let_in(request, url=f"{path}?{query.replace('+', '%2B')}") if written else request)


class Remembering:
    """Serves requests of an operation for groups that it served before, deleted or not."""

    def __init__(self, operation: str) -> None:
        self.real, self.operation, self.served = correct(), operation, {}

    def __call__(self, request: Request) -> Response:
        response, place = self.real(request), group_of(request) if "/consumergroups" in request.path else None
        if not asks_for(request, self.operation):
            return response
        if response.status == 200:
            self.served[place] = response
        if error_of(response) != "ConsumerGroupNotExist" or place not in self.served:
            return response
        old, name = self.served[place], response.headers["x-log-requestid"]
        return with_header(with_body(old, old.body), "x-log-requestid", name)


for each, scenario in (
    ("UpdateConsumerGroup", "group-updated-and-deleted"),
    ("ConsumerGroupHeartBeat", "group-deleted"),
    ("ConsumerGroupUpdateCheckPoint", "group-deleted"),
):
    label = f"{snake(each)}_goes_on_with_deleted_groups"
    BROKEN[label] = Broken(label, "SLS441", lambda each=each: Remembering(each))
    SHOWN_BY[label] = scenario


def make_group(real: Callable[[Request], Response], request: Request) -> Response:
    """Make the group that a request names."""
    url, (_, name) = request.url.partition("/consumergroups")[0] + "/consumergroups", group_of(request)
    body = json.dumps({"consumerGroup": name, "timeout": 60, "order": False}).encode()
    return real(trusted(Request("POST", url, Headers(), body)))


class Making:
    """Makes the group that a refused request of an operation is about."""

    def __init__(self, operation: str) -> None:
        self.real, self.operation = correct(), operation

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, self.operation) and error_of(response) == "ConsumerGroupNotExist":
            make_group(self.real, request)
        return response


for each, scenario, code in (
    ("ConsumerGroupUpdateCheckPoint", "update-checkpoint-nowhere", "SLS406"),
    ("ConsumerGroupHeartBeat", "heartbeat-nowhere", "SLS406"),
    ("GetCheckPoint", "group-missing-then-made", "SLS444"),
):
    label = f"{snake(each)}_makes_the_group"
    BROKEN[label] = Broken(label, code, lambda each=each: Making(each))
    SHOWN_BY[label] = scenario


@shown_by("group-fresh")
@bug("SLS444")
class MakesAGroupTwiceForOneRequest:
    """A gateway sends each creation again and hands on the second response."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        return self.real(request) if asks_for(request, "CreateConsumerGroup") else response
