"""Answers that come late, never, elsewhere, or after failures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.endpoint import Delivery
from sls_contract.exercise.reply import Duty, Expectation, Reply, delivered, error, own, with_body
from sls_contract.exercise.situation import Situation

if TYPE_CHECKING:
    from sls_contract.exchange import Response
    from sls_contract.exercise.reply import Turn

ELSEWHERE = "login.example.com"
"""A host that is not the service's, where a redirect leads."""

LATE = 2.0
"""Seconds; within the shortest default timeout of an official SDK (3 s, Node)."""

NEVER = 86_400.0
"""Seconds; beyond any run."""

HERE = "http://the-same-place/"
"""A redirect to where the request came from; the stage puts that in."""

_AREA = "faults"
_NETWORK = "what networks do"
_GATEWAYS = "gateways and captive portals in front of the service"
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
