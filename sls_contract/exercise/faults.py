"""Broken responses and unusual errors; faults of the network; failures and redirects before the right response."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sls_contract.endpoint import Delivery
from sls_contract.endpoint.delivery import deliver
from sls_contract.exercise.reply import (
    PAUSE,
    Duty,
    Expectation,
    Reply,
    body,
    compact,
    delivered,
    error,
    in_chunks,
    rewritten,
    unchanged,
    with_body,
)
from sls_contract.exercise.situation import Situation

if TYPE_CHECKING:
    from sls_contract.exchange import Response
    from sls_contract.exercise.reply import Turn


_NETWORK = "what networks do"
_GATEWAYS = "gateways and captive portals in front of the service"
_SDKS = "responses on which the official SDKs were seen to differ"
_HTML = "text/html; charset=utf-8"
_CODE, _MESSAGE = "ConsumerGroupNotExist", "consumer group not exist."
_DOCUMENTED = compact({"errorCode": _CODE, "errorMessage": _MESSAGE})
_MISSING = error(404, _CODE, _MESSAGE)
_MESSAGE_FIRST = json.dumps({"errorMessage": '"errorCode": "Other"', "errorCode": _CODE}, indent=2)
_HTTP = "RFC 9110 and 9112: what HTTP allows, proxies do"
_JSON = "RFC 8259: one value, many texts"
_TEXTS = "RequestSignature page: texts are UTF-8"
_MARKUP = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_SERVER_ERROR = 500
_PAGE = "GetCheckPoint page, error codes"
_COMMON = "CommonErrorCodes page"
_OBJECTS = "GetCheckPoint page, response elements: an array of objects"

ELSEWHERE = "login.example.com"
"""The target of redirects to another host, which is this host or a subdomain of it."""

LATE = 2.0
"""Seconds; below the shortest default timeout of an official SDK (3 s, Node)."""

NEVER = 86_400.0
"""Seconds; longer than any run."""

SAME_HOST = "the-same-host"
"""Placeholder in a redirect for the host of the request, which the stage fills in."""

SAME_URL = "http://the-same-place/"
"""Placeholder for a redirect to the URL of the request, which the stage fills in."""


def _html(title: str, status: int) -> Turn:
    return body(_MARKUP.format(title), status=status, content_type=_HTML)


def _halved(good: Response) -> Reply:
    return body(good.body[: len(good.body) // 2])(good)


def _cut_off(good: Response) -> Reply:
    return delivered(Delivery(body_bytes=len(good.body) // 2, ending="close"))(good)


def _after_entry(body: bytes) -> int:
    """Return the number of bytes up to the end of the second entry of a list."""
    return body.index(b"}", body.index(b"}") + 1) + 1


def _ending_after_entry(extra: int) -> Turn:
    """Return two entries and so many bytes after them."""
    return lambda good: body(good.body[: _after_entry(good.body) + extra])(good)


def _cut_after_entry(good: Response) -> Reply:
    return delivered(Delivery(body_bytes=_after_entry(good.body), ending="close"))(good)


def _as_printed(listed: list[dict[str, Any]]) -> str:
    return f"{{\n{compact(listed)}\n}}"


def _error_after(listed: list[dict[str, Any]]) -> str:
    return compact(listed) + _DOCUMENTED


def _wrapped(listed: list[dict[str, Any]]) -> str:
    return compact({"count": len(listed), "total": len(listed), "checkpoints": listed})


def _without_body(status: int) -> Turn:
    """Return a status for which HTTP allows no body."""

    def turn(good: Response) -> Reply:
        reply = body("", status=status, content_type=None)(good)
        headers = reply.response.headers.without("Content-Length")
        return replace(reply, response=reply.response.replace(headers=headers))

    return turn


def _chunked_error(good: Response) -> Reply:
    reply = _MISSING(good)
    return replace(reply, response=in_chunks(reply.response))


def _paused_error(good: Response) -> Reply:
    """Send an error with a pause inside the name of its first key."""
    reply = _MISSING(good)
    return replace(reply, response=deliver(reply.response, Delivery(pause_after=4, pause=PAUSE)))


def _gzipped_error(good: Response) -> Reply:
    """Compress an error; a client that accepts gzip must still report its code."""
    reply = _MISSING(good)
    coded = with_body(reply.response, gzip.compress(reply.response.body))
    coded = coded.replace(headers=coded.headers.with_field("Content-Encoding", "gzip"))
    return Reply(coded, replace(reply.expected, coding="gzip"))


def _broken(name: str, response: str, source: str = _SDKS) -> Situation:
    return Situation(name, "broken responses", response, source)


def _error(name: str, status: int, response: str, text: str, source: str = _SDKS) -> Situation:
    turn = body(text, status=status, content_type="application/json" if text else None)
    return _unusual(name, f"{status} {response}", source).given(turn, slow=status >= _SERVER_ERROR)


def _unusual(name: str, response: str, source: str) -> Situation:
    return Situation(name, "unusual errors", response, source)


BROKEN = (
    _broken("html-200", "a web page with status 200", _GATEWAYS).given(_html("Sign in", 200)),
    _broken("empty-body", "200 without a body").given(body("")),
    _broken("null-body", "200 and null").given(body("null")),
    _broken("empty-object", "200 and {}").given(body("{}")),
    _broken("error-body-200", "an error body with status 200").given(body(_DOCUMENTED)),
    _broken("status-204", "204 without a body", _GATEWAYS).given(_without_body(204)),
    _broken("status-304", "304 without a body", _GATEWAYS).given(_without_body(304)),
    _broken("truncated-json", "a list that ends in the middle, under a true Content-Length").given(_halved),
    _broken("cut-off", "half of the announced body, then the end of the connection").given(_cut_off),
    _broken("ends-after-entry", "two of five entries, then no more text", _NETWORK).given(
        _ending_after_entry(0), shard=None
    ),
    _broken("ends-after-comma", "two of five entries and a comma, then no more text", _NETWORK).given(
        _ending_after_entry(1), shard=None
    ),
    _broken(
        "cut-off-after-entry", "two whole entries of the announced five, then the end of the connection", _NETWORK
    ).given(_cut_after_entry, shard=None),
    _broken(
        "cut-off-in-chunks",
        "a chunk with two whole entries of five, then the end of the connection, without a last chunk",
        _NETWORK,
    ).given(lambda good: _cut_after_entry(in_chunks(good)), shard=None),
    _broken("sample-as-printed", "{ [ … ] }", "GetCheckPoint page, sample response").given(
        rewritten(_as_printed, Duty.FAIL)
    ),
    _broken(
        "wrapped-list",
        'the list inside {"count": …, "checkpoints": …}',
        "ListConsumerGroup page, which prints its list so",
    ).given(rewritten(_wrapped, Duty.FAIL)),
    _broken("single-object", "the entry without its array").given(
        rewritten(lambda listed: compact(listed[0]), Duty.FAIL)
    ),
    _broken(
        "error-after-list", "the list, and an error body after it", "RFC 8259 section 2: a JSON text is one value"
    ).given(rewritten(_error_after, Duty.FAIL)),
    _broken("null-after-entry", "a list of the entry and null", _OBJECTS).given(
        rewritten(lambda listed: compact([*listed, None]), Duty.FAIL)
    ),
    _broken("list-in-list", "the list inside another list", _OBJECTS).given(
        rewritten(lambda listed: compact([listed]), Duty.FAIL)
    ),
    _broken("list-of-texts", "a list of the checkpoint alone", _OBJECTS).given(
        rewritten(lambda listed: compact([entry["checkpoint"] for entry in listed]), Duty.FAIL)
    ),
)
"""The client must fail, even if it could find the entries: the contract allows only an array of objects."""

ERRORS = (
    _unusual("html-404", "a web page with status 404", _GATEWAYS).given(_html("404 Not Found", 404)),
    _unusual("html-502", "a web page with status 502", _GATEWAYS).given(_html("502 Bad Gateway", 502), slow=True),
    _error("error-empty-404", 404, "without a body", "", _GATEWAYS),
    _error("error-empty-500", 500, "without a body", "", _GATEWAYS),
    _error("error-list-404", 404, "with an empty list", "[]"),
    _error("error-null-404", 404, "with null", "null"),
    *(
        _error(
            f"error-code-{name}",
            404,
            response,
            compact({"errorCode": code, "errorMessage": _MESSAGE}),
            "error bodies of gateways and of other APIs",
        )
        for name, response, code in (
            ("number", "with an errorCode that is a number", 40401),
            ("null", "with an errorCode that is null", None),
            ("object", "with an errorCode that is an object", {"name": _CODE}),
        )
    ),
    _error(
        "error-message-null",
        404,
        "with an errorMessage that is null",
        compact({"errorCode": _CODE, "errorMessage": None}),
        "error bodies of gateways and of other APIs",
    ),
    _error("error-code-only", 404, "with errorCode alone", compact({"errorCode": _CODE})),
    _error(
        "error-code-message",
        404,
        'with {"code", "message"}',
        compact({"code": _CODE, "message": _MESSAGE}),
        "error bodies of other Alibaba Cloud APIs",
    ),
    _error(
        "error-snake-case",
        404,
        'with {"error_code", "error_message"}',
        compact({"error_code": _CODE, "error_message": _MESSAGE}),
        "error bodies of 2015, which the PHP SDK still expects",
    ),
    _error(
        "error-capitalised",
        404,
        'with {"ErrorCode", "ErrorMessage"}',
        compact({"ErrorCode": _CODE, "ErrorMessage": _MESSAGE}),
    ),
    _unusual("error-text-plain", "404 with an error body declared as text/plain", _SDKS).given(
        body(_DOCUMENTED, status=404, content_type="text/plain")
    ),
    _unusual("error-message-first", "404 with an error body on several lines, the message first", _JSON).given(
        body(_MESSAGE_FIRST, status=404, error_code=_CODE)
    ),
    _unusual("error-in-chinese", "404 with an errorMessage in Chinese, before the errorCode", _TEXTS).given(
        body(compact({"errorMessage": "消费组不存在。", "errorCode": _CODE}), status=404, error_code=_CODE)
    ),
    _unusual("error-charset", "404 with an error body declared as application/json;charset=utf-8", _HTTP).given(
        body(_DOCUMENTED, status=404, content_type="application/json;charset=utf-8", error_code=_CODE)
    ),
    _unusual("error-new-key", "404 with an error body that has a new key", "APIs grow").given(
        body(
            compact({"requestId": "5F0F0A0B0C0D0E0F00010203", "errorCode": _CODE, "errorMessage": _MESSAGE}),
            status=404,
            error_code=_CODE,
        )
    ),
    _unusual("error-chunked", "404 with an error body in chunks", _HTTP).given(_chunked_error),
    _unusual(
        "error-pause-in-body",
        f"404 with a pause of {PAUSE:g} seconds inside the error body",
        "TCP is a stream: a read returns the bytes received so far",
    ).given(_paused_error),
    _unusual("error-gzip", "404 with an error body in gzip, even if the client did not request it", _HTTP).given(
        _gzipped_error
    ),
    _unusual("error-unknown-code", "400 with an errorCode that no page has", "the service may add error codes").given(
        error(400, "ShardIsResting", "The shard is resting.")
    ),
    _unusual("error-429", "429 with an errorCode", _GATEWAYS).given(
        error(429, "TooManyRequests", "Too many requests."), slow=True
    ),
)
"""The client must fail; it must report the error code only if that has the documented form."""


_FAILED = error(500, "InternalServerError", "internal server error")
_BUSY = error(503, "ServerBusy", "The server is busy, please try again later.")
_QUOTA = error(403, "ReadQuotaExceed", "Read quota is exceeded.")
_RESET = delivered(Delivery(silent=True, ending="reset"))
_CLOSED = delivered(Delivery(silent=True, ending="close"))


def _stalled_in_body(good: Response) -> Reply:
    half = len(good.body) // 2
    return delivered(Delivery(body_bytes=half, pause_after=half, pause=NEVER, ending="close"))(good)


def _redirect(location: str, status: int = 302) -> Turn:
    def turn(good: Response) -> Reply:
        moved = with_body(good.replace(status=status, reason=""), f"<h1>{status}</h1>\n", "text/html")
        return Reply(moved.replace(headers=moved.headers.with_field("Location", location)), Expectation(Duty.FAIL))

    return turn


def _fault(name: str, response: str, source: str) -> Situation:
    return Situation(name, "faults", response, source, slow=True)


FAULTS = (
    _fault("stalled", "nothing, and the connection stays open", _NETWORK).given(
        delivered(Delivery(delay=NEVER, silent=True))
    ),
    _fault("stalled-in-body", "half of the body, then nothing, and the connection stays open", _NETWORK).given(
        _stalled_in_body
    ),
    _fault("late", f"the entry after {LATE:g} seconds", _NETWORK).given(delivered(Delivery(delay=LATE), Duty.EITHER)),
    _fault("reset", "a connection reset, each time", _NETWORK).given(_RESET),
    _fault("reset-once", "a connection reset, then the entry", _NETWORK).given(_RESET, unchanged),
    _fault("closed", "the end of the connection, each time", _NETWORK).given(_CLOSED),
    _fault("closed-once", "the end of the connection, then the entry", _NETWORK).given(_CLOSED, unchanged),
    _fault(
        "cut-off-once", "half of the announced body, then the end of the connection, then the entry", _NETWORK
    ).given(_cut_off, unchanged),
    _fault("failure-once", "500 InternalServerError, then the entry", _PAGE).given(_FAILED, unchanged),
    _fault("failure-then-error", f"500 InternalServerError, then 404 {_CODE}", _PAGE).given(_FAILED, _MISSING),
    _fault("failure-twice", "500 InternalServerError twice, then the entry", _PAGE).given(
        _FAILED, _FAILED, unchanged, temporary=True
    ),
    _fault("busy-once", "503 ServerBusy, then the entry", _COMMON).given(_BUSY, unchanged),
    _fault("quota-once", "403 ReadQuotaExceed, then the entry", _COMMON).given(_QUOTA, unchanged),
    _fault("redirect", "302 to the same place, each time", _GATEWAYS).given(_redirect(SAME_URL)),
    _fault("redirect-once", "302 to the same place, then the entry", _GATEWAYS).given(_redirect(SAME_URL), unchanged),
    _fault("redirect-elsewhere", f"302 to a web page at {ELSEWHERE}", _GATEWAYS).given(
        _redirect(f"http://{ELSEWHERE}/"), temporary=True
    ),
    _fault("redirect-without-scheme", f"302 to a web page at //{ELSEWHERE}", "RFC 3986 section 4.2").given(
        _redirect(f"//{ELSEWHERE}/")
    ),
    _fault(
        "redirect-to-look-alike", f"307 to a web page at the service's host name followed by .{ELSEWHERE}", _GATEWAYS
    ).given(_redirect(f"http://{SAME_HOST}.{ELSEWHERE}/", 307), temporary=True),
)
"""If the last response is the entry, the client must pass it on; otherwise it must fail before the timeout."""
