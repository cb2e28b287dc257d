"""Answers that are no list of checkpoints, in no documented form, late, never, elsewhere, or after failures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sls_contract.endpoint import Delivery
from sls_contract.exercise.reply import (
    Duty,
    Expectation,
    Reply,
    body,
    compact,
    delivered,
    error,
    own,
    rewritten,
    with_body,
)
from sls_contract.exercise.situation import Situation

if TYPE_CHECKING:
    from sls_contract.exchange import Response
    from sls_contract.exercise.reply import Turn


_NETWORK = "what networks do"
_GATEWAYS = "gateways and captive portals in front of the service"
_SDKS = "answers on which the official SDKs were seen to differ"
_HTML = "text/html; charset=utf-8"
_CODE, _MESSAGE = "ConsumerGroupNotExist", "consumer group not exist."
_DOCUMENTED = compact({"errorCode": _CODE, "errorMessage": _MESSAGE})
_MARKUP = "<!DOCTYPE html>\n<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n"
_SERVER_ERROR = 500


def _html(title: str, status: int) -> Turn:
    return body(_MARKUP.format(title), status=status, content_type=_HTML)


def _halved(good: Response) -> Reply:
    return body(good.body[: len(good.body) // 2])(good)


def _cut_off(good: Response) -> Reply:
    return delivered(Delivery(body_bytes=len(good.body) // 2, ending="close"))(good)


def _after_entry(body: bytes) -> int:
    """Return how many bytes of a list there are up to the end of its second entry."""
    return body.index(b"}", body.index(b"}") + 1) + 1


def _without_end(good: Response) -> Reply:
    return body(good.body[: _after_entry(good.body)])(good)


def _with_comma(good: Response) -> Reply:
    return body(good.body[: _after_entry(good.body) + 1])(good)


def _cut_after_entry(good: Response) -> Reply:
    return delivered(Delivery(body_bytes=_after_entry(good.body), ending="close"))(good)


def _cut_chunks_after_entry(good: Response) -> Reply:
    chunked = good.headers.without("Content-Length").with_field("Transfer-Encoding", "chunked")
    return _cut_after_entry(good.replace(headers=chunked))


def _as_printed(listed: list[dict[str, Any]]) -> str:
    return f"{{\n{compact(listed)}\n}}"


def _wrapped(listed: list[dict[str, Any]]) -> str:
    return compact({"count": len(listed), "total": len(listed), "checkpoints": listed})


def _alone(listed: list[dict[str, Any]]) -> str:
    return compact(listed[0])


def _broken(name: str, answer: str, turn: Turn, source: str = _SDKS, **told: Any) -> Situation:
    return Situation(name, "broken answers", answer, source, (turn,), **told)


def _error(name: str, status: int, answer: str, text: str, source: str = _SDKS) -> Situation:
    turn = body(text, status=status, content_type="application/json" if text else None)
    return _unusual(name, f"{status} {answer}", turn, source, slow=status >= _SERVER_ERROR)


def _unusual(name: str, answer: str, turn: Turn, source: str, *, slow: bool = False) -> Situation:
    return Situation(name, "unusual errors", answer, source, (turn,), slow=slow)


BROKEN = (
    _broken("html-200", "a web page with status 200", _html("Sign in", 200), _GATEWAYS),
    _broken("empty-body", "200 without a body", body("")),
    _broken("null-body", "200 and null", body("null")),
    _broken("empty-object", "200 and {}", body("{}")),
    _broken("error-body-200", "an error body with status 200", body(_DOCUMENTED)),
    _broken("truncated-json", "a list that ends in the middle, under a true Content-Length", _halved),
    _broken("cut-off", "half of the announced body, then the end of the connection", _cut_off),
    _broken("ends-after-entry", "two of five entries, then no more text", _without_end, _NETWORK, shard=None),
    _broken(
        "ends-after-comma", "two of five entries and a comma, then no more text", _with_comma, _NETWORK, shard=None
    ),
    _broken(
        "cut-off-after-entry",
        "two whole entries of the announced five, then the end of the connection",
        _cut_after_entry,
        _NETWORK,
        shard=None,
    ),
    _broken(
        "cut-off-in-chunks",
        "a chunk with two whole entries of five, then the end of the connection, without a last chunk",
        _cut_chunks_after_entry,
        _NETWORK,
        shard=None,
    ),
    _broken("sample-as-printed", "{ [ … ] }", rewritten(_as_printed, Duty.FAIL), "GetCheckPoint page, sample response"),
    _broken(
        "wrapped-list",
        'the list inside {"count": …, "checkpoints": …}',
        rewritten(_wrapped, Duty.FAIL),
        "ListConsumerGroup page, which prints its list so",
    ),
    _broken("single-object", "the entry without its array", rewritten(_alone, Duty.FAIL)),
)
"""The client must fail, also where it could find the entries: the contract knows the bare array alone."""

ERRORS = (
    _unusual("html-404", "a web page with status 404", _html("404 Not Found", 404), _GATEWAYS),
    _unusual("html-502", "a web page with status 502", _html("502 Bad Gateway", 502), _GATEWAYS, slow=True),
    _error("error-empty-404", 404, "without a body", "", _GATEWAYS),
    _error("error-empty-500", 500, "without a body", "", _GATEWAYS),
    _error("error-list-404", 404, "with an empty list", "[]"),
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
    _unusual(
        "error-text-plain",
        "404 with an error body declared as text/plain",
        body(_DOCUMENTED, status=404, content_type="text/plain"),
        _SDKS,
    ),
    _unusual(
        "error-unknown-code",
        "400 with an errorCode that no page has",
        error(400, "ShardIsResting", "The shard is resting."),
        "tables of error codes grow",
    ),
    _unusual(
        "error-429",
        "429 with an errorCode",
        error(429, "TooManyRequests", "Too many requests."),
        _GATEWAYS,
        slow=True,
    ),
)
"""The client must fail; only a code in the documented form must be kept."""


ELSEWHERE = "login.example.com"
"""A host that is not the service's, where a redirect leads."""

LATE = 2.0
"""Seconds; within the shortest default timeout of an official SDK (3 s, Node)."""

NEVER = 86_400.0
"""Seconds; beyond any run."""

HERE = "http://the-same-place/"
"""A redirect to where the request came from; the stage puts that in."""

_AREA = "faults"
_PAGE = "GetCheckPoint page, error codes"
_COMMON = "CommonErrorCodes page"

_FAILED = error(500, "InternalServerError", "internal server error")
_BUSY = error(503, "ServerBusy", "The server is busy, please try again later.")
_QUOTA = error(403, "ReadQuotaExceed", "Read quota is exceeded.")
_RESET = delivered(Delivery(silent=True, ending="reset"))
_CLOSED = delivered(Delivery(silent=True, ending="close"))


def _stalled_inside(good: Response) -> Reply:
    half = len(good.body) // 2
    return delivered(Delivery(body_bytes=half, pause_after=half, pause=NEVER, ending="close"))(good)


def _redirect(place: str) -> Turn:
    def turn(good: Response) -> Reply:
        moved = with_body(good.replace(status=302, reason=""), "<h1>302 Found</h1>\n", "text/html")
        return Reply(moved.replace(headers=moved.headers.with_field("Location", place)), Expectation(Duty.FAIL))

    return turn


def _fault(name: str, answer: str, source: str, *turns: Turn, slow: bool = True) -> Situation:
    return Situation(name, _AREA, answer, source, turns, slow=slow)


FAULTS = (
    _fault(
        "stalled", "nothing, and the connection stays open", _NETWORK, delivered(Delivery(delay=NEVER, silent=True))
    ),
    _fault(
        "stalled-in-body", "half of the body, then nothing, and the connection stays open", _NETWORK, _stalled_inside
    ),
    _fault("late", f"the entry after {LATE:g} seconds", _NETWORK, delivered(Delivery(delay=LATE), Duty.EITHER)),
    _fault("reset", "a connection reset, each time", _NETWORK, _RESET),
    _fault("reset-once", "a connection reset, then the entry", _NETWORK, _RESET, own),
    _fault("closed", "the end of the connection, each time", _NETWORK, _CLOSED),
    _fault("closed-once", "the end of the connection, then the entry", _NETWORK, _CLOSED, own),
    _fault("failure-once", "500 InternalServerError, then the entry", _PAGE, _FAILED, own),
    _fault("failure-twice", "500 InternalServerError twice, then the entry", _PAGE, _FAILED, _FAILED, own),
    _fault("busy-once", "503 ServerBusy, then the entry", _COMMON, _BUSY, own),
    _fault("quota-once", "403 ReadQuotaExceed, then the entry", _COMMON, _QUOTA, own),
    _fault("redirect", "302 to the same place, each time", _GATEWAYS, _redirect(HERE)),
    _fault("redirect-once", "302 to the same place, then the entry", _GATEWAYS, _redirect(HERE), own),
    replace(
        _fault("redirect-elsewhere", f"302 to a web page at {ELSEWHERE}", _GATEWAYS, _redirect(f"http://{ELSEWHERE}/")),
        temporary=True,
    ),
)
"""Where the last answer is the entry, it must be passed on; otherwise the client must fail, in time."""
