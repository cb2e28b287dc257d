"""Bugs in what is written, found and pulled: PutLogs, GetCursor, GetCursorTime, PullLogs."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    asks_for,
    bug,
    correct,
    error,
    error_of,
    is_let_in,
    on_error,
    on_response,
    parameter,
    trusted,
    with_body,
    with_header,
)
from broken_endpoints.operations import on_success

from sls_contract.checks.content_coding import plain_body
from sls_contract.endpoint.state.log_groups import Log, LogGroup, decode_group, encode_group
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Request, Response


def on_pull(code: str):
    """Register a function that changes a successful pull with log groups: request and response in, response out."""

    def register(change):
        def changed(request, response):
            pulled = asks_for(request, "PullLogs") and response.status == 200
            return change(request, response) if pulled and response.headers["x-log-count"] != "0" else response

        changed.__name__ = change.__name__
        on_response(code)(changed)
        return change

    return register


class Rewriting:
    """Changes the query of requests of one operation before they are served."""

    operation = ""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if not asks_for(request, self.operation) or not is_let_in(request):
            return self.real(request)
        return self.real(trusted(request.replace(url=self.rewritten(request.url), headers=self.kept(request))))

    def kept(self, request: Request) -> Headers:
        names = ("Accept", "Accept-Encoding", "Content-Type", "x-log-compresstype", "x-log-bodyrawsize")
        return Headers([(name, request.headers[name]) for name in names if name in request.headers])

    def rewritten(self, url: str) -> str:
        raise NotImplementedError


@bug("SLS287")
class PullsAsManyAsItLikes(Rewriting):
    operation = "PullLogs"

    def rewritten(self, url: str) -> str:
        return re.sub(r"count=\d{1,3}$", "count=1000", url)


@on_error("SLS445", "ParameterInvalid")
def takes_any_compression(request, response):
    if request.headers.get("x-log-compresstype") != "unknown":
        return response
    return with_body(response.replace(status=200, headers=response.headers.without("Content-Type")), b"")


def is_empty_pull(request: Request, response: Response) -> bool:
    return asks_for(request, "PullLogs") and response.status == 200 and response.headers["x-log-count"] == "0"


@on_response("SLS281")
def returns_json_where_no_log_is_left(request, response):
    if not is_empty_pull(request, response):
        return response
    plain = response.replace(headers=response.headers.without("x-log-compresstype"))
    return with_header(with_body(plain, b"[]"), "x-log-bodyrawsize", "2")


@on_response("SLS290")
def gives_no_next_cursor_at_the_end(request, response):
    if not is_empty_pull(request, response):
        return response
    return response.replace(headers=response.headers.without("x-log-cursor"))


@on_pull("SLS284")
def goes_back_at_the_end(request, response):
    if "end_cursor=" not in request.url:
        return response
    number = int(base64.b64decode(parameter(request, "cursor")))
    return with_header(response, "x-log-cursor", base64.b64encode(b"%d" % (number - 1)).decode())


@bug("SLS426")
class KeepsEqualLogsOnce:
    def __init__(self) -> None:
        self.real, self.kept = correct(), {}

    def __call__(self, request: Request) -> Response:
        if not asks_for(request, "PutLogs"):
            return self.real(request)
        known = self.kept.get((request.path, request.body))
        self.kept[request.path, request.body] = response = known or self.real(request)
        return response


@on_pull("SLS284")
def goes_back_to_the_first_cursor(request, response):
    number = int(base64.b64decode(response.headers["x-log-cursor"]))
    return with_header(response, "x-log-cursor", base64.b64encode(b"%d" % (number - 1000)).decode())


@on_pull("SLS285")
def returns_the_cursor_that_was_asked_for(request, response):
    return with_header(response, "x-log-cursor", parameter(request, "cursor"))


@on_pull("SLS426")
def hides_each_second_log_group(request, response):
    if int(base64.b64decode(response.headers["x-log-cursor"])) % 2:
        return response
    emptied = with_header(with_body(response, b""), "x-log-count", "0")
    return with_header(emptied, "x-log-bodyrawsize", "0")


@bug("SLS428")
class GivesALogGroupAgain:
    """Sets the next cursor one too low, where it goes on at all."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "PullLogs") or response.headers.get("x-log-count", "0") in {"0", "1"}:
            return response
        number = int(base64.b64decode(response.headers["x-log-cursor"]))
        return with_header(response, "x-log-cursor", base64.b64encode(b"%d" % (number - 1)).decode())


@bug("SLS426")
class TakesLogsAndKeepsNone:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if asks_for(request, "PutLogs") and is_let_in(request):
            return self.real(trusted(request.replace(body=b"", headers=Headers())))
        return self.real(request)


@bug("SLS426")
class RoutesByNoHashKey(Rewriting):
    operation = "PutLogs"

    def rewritten(self, url: str) -> str:
        return re.sub(r"route\?key=\w+", "route?key=" + "f" * 32, url)


class Recoding:
    """Changes the bytes of log groups as they are written."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if not asks_for(request, "PutLogs") or not is_let_in(request):
            return self.real(request)
        from sls_contract.exchange import Response as Plain

        data = plain_body(Plain(200, request.headers, request.body)).data
        try:
            changed = None if data is None else self.changed(data)
        except ValueError:  # no protobuf, such as a body in a compression that no page names
            changed = None
        return self.real(request if changed is None else trusted(request.replace(body=changed, headers=Headers())))

    def changed(self, data: bytes) -> bytes:
        raise NotImplementedError


@bug("SLS427")
class KeepsLogsInAscii(Recoding):
    def changed(self, data: bytes) -> bytes:
        text = "数据 = é\U0001f600".encode()  # lengths and times have such bytes, too: changing those is another bug
        return data.replace(text, re.sub(rb"[\x80-\xff]", b"?", text))


@bug("SLS427")
class ForgetsTheTopic(Recoding):
    def changed(self, data: bytes) -> bytes:
        return encode_group(replace(decode_group(data), topic=None))


@bug("SLS427")
class ForgetsTheSource(Recoding):
    def changed(self, data: bytes) -> bytes:
        return encode_group(replace(decode_group(data), source=None))


@bug("SLS427")
class KeepsWholeSeconds(Recoding):
    def changed(self, data: bytes) -> bytes:
        return encode_group(_with_logs(data, lambda log: replace(log, nanoseconds=None)))


@bug("SLS427")
class SortsTheKeysOfLogs(Recoding):
    def changed(self, data: bytes) -> bytes:
        return encode_group(_with_logs(data, lambda log: replace(log, contents=tuple(sorted(log.contents)))))


def _with_logs(data: bytes, change: Callable[[Log], Log]) -> LogGroup:
    group = decode_group(data)
    return replace(group, logs=tuple(map(change, group.logs)))


@bug("SLS287")
class PassesOverTheEnd(Rewriting):
    operation = "PullLogs"

    def rewritten(self, url: str) -> str:
        return re.sub("&end_cursor=[^&]*", "", url)


@bug("SLS426")
class GivesLogsOnce:
    """A pull takes the logs out, as one from a queue does."""

    def __init__(self) -> None:
        self.real, self.given = correct(), set()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "PullLogs") or response.status != 200 or response.headers["x-log-count"] == "0":
            return response
        place = request.path, parameter(request, "cursor")
        if place not in self.given:
            self.given.add(place)
            return response
        emptied = with_header(with_body(response, b""), "x-log-count", "0")
        return with_header(emptied, "x-log-bodyrawsize", "0")


@on_pull("SLS253")
def declares_log_groups_as_json(request, response):
    return with_header(response, "Content-Type", "application/json")


@bug("SLS406")
class StoresLogsBeforeItChecks:
    """Stores a log group whose compression is fine and whose signature is not."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "PutLogs") and error_of(response) == "SignatureNotMatch":
            self.real(trusted(request))
        return response


@bug("SLS405")
class KeepsAllLogsInTwoLogstores:
    """Stores each log group in the other logstore, too."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "PutLogs") and response.status == 200 and "/my-logstore/" in request.url:
            url = request.url.replace("/my-logstore/", "/my-logstore-other/")
            self.real(trusted(request.replace(url=url, headers=Headers())))
        return response


@bug("SLS439")
class GivesTheEndForEveryTime(Rewriting):
    operation = "GetCursor"

    def rewritten(self, url: str) -> str:
        return re.sub("from=(begin|[0-9]+)", "from=end", url)


@bug("SLS439")
class GivesTheBeginningForEveryTime(Rewriting):
    operation = "GetCursor"

    def rewritten(self, url: str) -> str:
        return re.sub("from=(end|[0-9]+)", "from=begin", url)


@bug("SLS439")
class ReadsTimesInMilliseconds(Rewriting):
    operation = "GetCursor"

    def rewritten(self, url: str) -> str:
        return re.sub(r"from=([0-9]{1,20})\b", lambda found: f"from={int(found[1]) // 1000}", url)


@on_success("GetCursorTime", "SLS278")
def tells_the_time_in_milliseconds(request, document):
    return {"cursor_time": document["cursor_time"] * 1000}


@on_success("GetCursorTime", "SLS447")
def tells_the_time_of_beijing(request, document):
    return {"cursor_time": document["cursor_time"] + 8 * 3600}


@on_success("GetCursorTime", "SLS274")
def tells_the_time_in_a_text(request, document):
    return {"cursor_time": str(document["cursor_time"])}


@on_success("GetCursor", "SLS273")
def names_the_cursor_otherwise(request, document):
    return {"Cursor": document["cursor"]}


@on_success("GetCursor", "SLS275")
def gives_a_cursor_that_is_no_base64(request, document):
    return {"cursor": base64.b64decode(document["cursor"]).decode() + "!"}


@on_pull("SLS282")
def tells_the_compressed_size(request, response):
    return (
        with_header(response, "x-log-bodyrawsize", str(len(response.body) + 7))
        if "x-log-compresstype" not in response.headers
        else response
    )


@on_pull("SLS265")
def tells_the_size_on_the_wire(request, response):
    return with_header(response, "x-log-bodyrawsize", str(len(response.body)))


@on_pull("SLS283")
def counts_one_log_group_too_few(request, response):
    return with_header(response, "x-log-count", str(int(response.headers["x-log-count"]) - 1))


@on_pull("SLS291")
def counts_in_words(request, response):
    return with_header(response, "x-log-count", "many")


@on_pull("SLS290")
def gives_no_next_cursor(request, response):
    return response.replace(headers=response.headers.without("x-log-cursor"))


@on_pull("SLS281")
def returns_json_to_whoever_asked_for_protobuf(request, response):
    return with_header(with_body(response, b'{"logs":[]}'), "x-log-compresstype", "")


@on_error("SLS445", "ParameterInvalid")
def takes_any_count(request, response):
    if "count=1001" not in request.url or not asks_for(request, "PullLogs"):
        return response
    return error(response, 400, "ShardNotExist", "Shard 0 does not exist.")


@on_error("SLS445", "InvalidCursor", "ParameterInvalid")
def invalid_cursors_are_missing_shards(request, response):
    if not asks_for(request, "PullLogs") or "count=1001" in request.url:
        return response
    return error(response, 400, "ShardNotExist", "Shard 0 does not exist.")


@bug("SLS445")
class TakesAnyTimeForTheBeginning(Rewriting):
    operation = "GetCursor"

    def rewritten(self, url: str) -> str:
        return re.sub(r"from=(yesterday|12\.5)", "from=begin", url)


@on_error("SLS292", "PostBodyUncompressError")
def invents_an_error_for_damaged_bodies(request, response):
    return error(response, 400, "BodyDamaged", "The body is damaged.")


@on_error("SLS445", "PostBodyInvalid")
def damaged_messages_are_other_errors(request, response):
    return error(response, 400, "InvalidKey", "Invalid keys are in logs.") if asks_for(request, "PutLogs") else response


@bug("SLS445")
class TakesAnyEncoding(Recoding):
    def changed(self, data: bytes) -> bytes:
        return data.replace(b"\xff\xfe", b"ve")
