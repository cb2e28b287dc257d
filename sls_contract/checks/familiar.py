"""Judging what was judged before: exchanges of one shape keep the same clauses, and a run repeats few shapes.

The shape of a request or answer is everything that the checks look at, but for a few values that change each time.
Those are checked here one by one: names in the path, the shard, the date, the signature, the request id, the length,
and the entries. Where one of them is not plainly right there is no shape, and every check is asked. So is the first
exchange of each shape; what it exercised holds for the others, and nothing is remembered of one that broke a clause.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from sls_contract.checks.asked import INT32_MAX
from sls_contract.checks.entries import are_decimal, are_plausible
from sls_contract.checks.headers import id_is_near
from sls_contract.checks.requests import is_http_date
from sls_contract.checks.subject import OK
from sls_contract.signing import MAX_SKEW, LogAuthorization

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from sls_contract.checks.subject import Subject
    from sls_contract.exchange import Headers

Shape: TypeAlias = "tuple[Hashable, ...]"

_TARGET = re.compile(r"/logstores/[^/?%]+/consumergroups/[^/?%]+(?:\?shard=(0|[1-9][0-9]{0,9}))?")
_CHANGING_IN_REQUESTS = ("date", "authorization")
_CHANGING_IN_ANSWERS = ("date", "x-log-requestid", "content-length")
_TOLD_OF_BODIES = ("content-encoding", "content-md5", "transfer-encoding", "x-log-bodyrawsize", "x-log-compresstype")


def request_shape(subject: Subject) -> Shape | None:
    """Return the shape of a signed GetCheckPoint request that verifies; None for any other."""
    request, parsed = subject.request, subject.authorization
    target = _TARGET.fullmatch(request.target)
    if target is None or request.method != "GET" or request.body or not isinstance(parsed, LogAuthorization):
        return None
    rest = _without(request.headers, _CHANGING_IN_REQUESTS)
    if rest is None or "host" not in request.headers or not is_http_date(request.headers["date"].strip()):
        return None
    if subject.at is not None and not _near(subject.sent, subject.at):
        return None
    if int(target[1] or 0) > INT32_MAX or not subject.keys or subject.mismatch is not None:
        return None
    return rest, target[1] is None, parsed.access_key_id.startswith("STS."), subject.at is None


def answer_shape(subject: Subject) -> Shape | None:
    """Return the shape of a list of regular checkpoints; None for any other answer."""
    request, response = subject.request, subject.response
    if response is None or response.status != OK or not response.wire or request.method != "GET":
        return None
    target, rest = _TARGET.fullmatch(request.target), _without(response.headers, _CHANGING_IN_ANSWERS)
    if target is None or rest is None or response.headers["content-length"] != str(len(response.body)):
        return None
    if any(name in response.headers for name in _TOLD_OF_BODIES) or not _is_dated(subject):
        return None
    if subject.authorization is None or subject.mismatch is not None:
        return None
    accepted = request.headers.get("accept-encoding")
    entries = _entries_shape(subject, target[1])
    return None if entries is None else (rest, accepted, target[1] is None, *entries)


def _is_dated(subject: Subject) -> bool:
    """Tell whether every time in and about an answer is near the others."""
    assert subject.response is not None
    dated, headers = subject.dated, subject.response.headers
    return (
        dated is not None
        and is_http_date(headers["date"].strip())
        and _near(subject.sent, dated)
        and _near(subject.at or subject.sent, dated)
        and id_is_near(headers["x-log-requestid"].strip(), dated)
    )


def _entries_shape(subject: Subject, asked: str | None) -> Shape | None:
    """Return whether there are several entries, of different shards, each as it should be; None where one is not."""
    read = subject.json
    if not subject.complete or read is None or read.syntax or read.charset or read.repeated:
        return None
    entries = subject.entries or []
    shards = {entry["shard"] for entry in entries}
    if len(shards) != len(entries) or (asked is not None and shards != {int(asked)}):
        return None
    return (len(entries) > 1,) if are_plausible(subject) and are_decimal(entries) else None


def _without(headers: Headers, changing: tuple[str, ...]) -> Shape | None:
    """Return the fields but those that change each time; None where one of these is missing, or there twice."""
    rest = tuple([pair for pair in headers.pairs if pair[0].lower() not in changing])
    complete = len(rest) == len(headers.pairs) - len(changing) and all(name in headers for name in changing)
    return rest if complete else None


def _near(one: datetime | None, other: datetime) -> bool:
    return one is not None and abs(one - other) <= MAX_SKEW
