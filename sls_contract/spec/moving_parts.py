"""Which parts of a request's body change with every run, by operation: clock, address, counters of the client.

A recording answers a request that differs from it in nothing but these. Another part that moves is the test's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Step: TypeAlias = int | str

_PUT_LOGS = "PutLogs page; log_logs.proto, which the official SDKs ship compiled"
_ADDRESS = rb"(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[0-9A-Za-z]+)?"


@dataclass(frozen=True, slots=True)
class MovingPart:
    """One part of a body.

    Attributes:
        path: numbers of protobuf fields, or keys of JSON objects (``*`` for each element of an array), outermost first.
        reason: why it moves.
        value: pattern of the values that move; empty: all do. Others are the test's own and are matched.
        holds: number and value of the field inside that marks the message that moves; None: all do.

    """

    path: tuple[Step, ...]
    reason: str
    value: bytes = b""
    holds: tuple[int, bytes] | None = None


@dataclass(frozen=True, slots=True)
class MovingBody:
    """The moving parts of one operation's body.

    Attributes:
        operation: as in API 2020-12-30.
        method: the HTTP method.
        path: pattern of the percent-encoded path.
        form: how the body is written, once its compression is taken off.
        parts: what moves.
        sources: who says so.

    """

    operation: str
    method: str
    path: re.Pattern[str]
    form: Literal["protobuf", "json"]
    parts: tuple[MovingPart, ...]
    sources: tuple[str, ...]


_LOG_GROUP = (
    MovingPart((1, 1), "Time of a log: the second in which the client made it"),
    MovingPart((1, 4), "Time_ns of a log: the nanosecond of it"),
    MovingPart((4,), "Source: the machine's address, unless the client names one", value=_ADDRESS),
    MovingPart((6,), "the tag __pack_id__: a number that producers generate each time", holds=(1, b"__pack_id__")),
)

MOVING_BODIES = (
    MovingBody(
        "PutLogs",
        "POST",
        re.compile(r"/logstores/[^/]+(?:/shards/(?:lb|route)|/track_pb)?"),
        "protobuf",
        _LOG_GROUP,
        (_PUT_LOGS,),
    ),
    MovingBody(
        "PutWebtracking",
        "POST",
        re.compile(r"/logstores/[^/]+/track"),
        "json",
        (MovingPart(("__logs__", "*", "__time__"), "the second in which the client made the log"),),
        ("PutWebtracking page",),
    ),
)
"""Every operation whose body moves, as far as a source says so."""


def moving_body(method: str, path: str) -> MovingBody | None:
    """Return what moves in the body of a request; None where nothing is known to. ``path`` is without the query."""
    return next((each for each in MOVING_BODIES if each.method == method and each.path.fullmatch(path)), None)
