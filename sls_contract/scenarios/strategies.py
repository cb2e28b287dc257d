"""Hypothesis strategies for GetCheckPoint: names, requests, exchanges that conform, errors, and broken answers.

For your own tests::

    from hypothesis import given
    from sls_contract.scenarios import strategies

    @given(strategies.exchanges())
    def test_my_parser_reads_whatever_conforms(exchange): ...

    @given(strategies.broken_answers())
    def test_my_parser_refuses_what_does_not(answer): ...
"""

from __future__ import annotations

import base64
import json
import string
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hypothesis import strategies as st

from sls_contract.exchange import Exchange, Headers, Request, Response, wire_bytes
from sls_contract.scenarios.bench import LARGEST_SHARD
from sls_contract.scenarios.breakages import BREAKAGES
from sls_contract.scenarios.near_misses import NEAR_MISSES
from sls_contract.scenarios.steps import Beat, Create, Delete, Dress, Place, Read, Role, Step, Write
from sls_contract.scenarios.wire_forms import forms_for
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, http_date, sign
from sls_contract.spec import errors_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIMPLE = string.ascii_lowercase + string.digits + "-_"
_AWKWARD = " %+/?#&=:;,'\"<>\\~.@数据消费é\U0001f600"
_SCHEMES = ("v1", "v1-sha256", "v4")
_SOME_TIME = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)  # of the page's example
_AGES = timedelta(days=3000)
_HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
_LONGEST = 40


def group_names(*, awkward: bool = True) -> st.SearchStrategy[str]:
    """Names of consumer groups: no page restricts them; ``awkward`` adds Chinese, blanks, ``%`` and ``+``."""
    alphabet = _SIMPLE + (_AWKWARD if awkward else "")
    return st.text(st.sampled_from(alphabet), min_size=1, max_size=_LONGEST).filter(lambda name: name.strip("."))


def logstore_names() -> st.SearchStrategy[str]:
    """Names of logstores: lower case, digits, ``-`` and ``_``, 3 to 63 characters (CreateLogstore page of 2021)."""
    edge = st.sampled_from(string.ascii_lowercase + string.digits)
    return st.builds(lambda a, b, c: a + b + c, edge, st.text(st.sampled_from(_SIMPLE), min_size=1, max_size=61), edge)


def shards() -> st.SearchStrategy[int]:
    """Shard ids: 0 to 2147483647, mostly small."""
    return st.one_of(st.integers(0, 9), st.integers(0, 255), st.integers(0, LARGEST_SHARD))


def checkpoints() -> st.SearchStrategy[str]:
    """Checkpoints: ``""``, or base64 of a decimal number as the service's cursors are."""
    numbers = st.integers(0, 2**63 - 1).map(lambda number: base64.b64encode(str(number).encode()).decode("ascii"))
    return st.one_of(st.just(""), numbers)


def times() -> st.SearchStrategy[datetime]:
    """Moments since 2018, whole seconds, aware."""
    return st.integers(0, int(_AGES.total_seconds())).map(lambda seconds: _SOME_TIME + timedelta(seconds=seconds))


def dresses(*, tokens: bool = False) -> st.SearchStrategy[Dress]:
    """Every signature scheme in every client's spelling, with a temporary key or not."""
    keys = ("own", "sts") if tokens else ("own",)
    return st.sampled_from([Dress(s, form, key) for s in _SCHEMES for form in forms_for(s) for key in keys])  # type: ignore[arg-type]  # both are of the literal types


@st.composite
def requests(
    draw: st.DrawFn,
    names: st.SearchStrategy[str] | None = None,
    credentials: Sequence[Credentials] = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS),
) -> tuple[Request, datetime]:
    """Signed GetCheckPoint requests of every scheme, and the time at which each was sent."""
    group = draw(names or group_names())
    shard = draw(st.one_of(st.none(), shards()))
    query = "" if shard is None else f"?shard={shard}"
    path = f"/logstores/{draw(logstore_names())}/consumergroups/{quote(wire_bytes(group), safe='')}{query}"
    at, scheme = draw(times()), draw(st.sampled_from(_SCHEMES))
    accept = draw(st.sampled_from([(), (("Accept-Encoding", "identity"),), (("Content-Type", "application/json"),)]))
    plain = Request("GET", f"http://{_HOST}{path}", [("Host", _HOST), *accept])
    return sign(plain, draw(st.sampled_from(credentials)), scheme=scheme, at=at), at  # type: ignore[arg-type]  # scheme is one of the literal


@st.composite
def entries(draw: st.DrawFn, shard: int, at: datetime) -> dict[str, Any]:
    """One entry as a service answers it at ``at``: never consumed, or updated some time before."""
    if draw(st.booleans()):
        return {"shard": shard, "checkpoint": "", "updateTime": 0, "consumer": ""}
    age = draw(st.integers(0, 10**15 // 10))
    return {
        "shard": shard,
        "checkpoint": draw(checkpoints().filter(bool)),
        "updateTime": int(at.timestamp()) * 1_000_000 - age,
        "consumer": draw(st.one_of(st.just(""), group_names())),
    }


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """Exchanges that conform: a signed request and a 200 that answers it."""
    request, at = draw(requests())
    asked = dict(request.query_pairs()).get("shard")
    known = [int(asked)] if asked is not None else sorted(draw(st.sets(shards(), max_size=8)))
    listed = [] if asked is not None and draw(st.booleans()) else known
    body = json.dumps([draw(entries(shard, at)) for shard in listed], ensure_ascii=False, separators=(",", ":"))
    return Exchange(request, draw(_answers(200, body, at)))


@st.composite
def error_answers(draw: st.DrawFn) -> Response:
    """Errors that GetCheckPoint is documented or observed to answer, in a known wording."""
    known = [error for error in errors_of("GetCheckPoint") if error.status is not None and error.wordings]
    error = draw(st.sampled_from(known))
    message = draw(st.sampled_from(error.wordings))
    body = json.dumps({"errorCode": error.code, "errorMessage": message}, ensure_ascii=False)
    assert error.status is not None
    return draw(_answers(error.status, body, draw(times())))


@st.composite
def broken_answers(draw: st.DrawFn) -> Response:
    """Answers with status 200 that no conforming service gives: one breakage each, of shape, type, unit or framing."""
    at = draw(times())
    listed = [draw(entries(shard, at)) for shard in sorted(draw(st.sets(shards(), min_size=1, max_size=4)))]
    plain = draw(_answers(200, json.dumps(listed, ensure_ascii=False, separators=(",", ":")), at))
    return BREAKAGES[draw(st.sampled_from(sorted(BREAKAGES)))](plain)


@st.composite
def _answers(draw: st.DrawFn, status: int, body: str, at: datetime) -> Response:
    data = wire_bytes(body)
    stamp = f"{int(at.timestamp()):08X}{draw(st.integers(0, 2**64 - 1)):016X}"
    fields = [
        ("Content-Type", draw(st.sampled_from(["application/json", "application/json; charset=utf-8"]))),
        ("Content-Length", str(len(data))),
        ("Date", http_date(at)),
        (draw(st.sampled_from(["x-log-requestid", "X-Log-Requestid"])), stamp),
        ("Server", draw(st.sampled_from(["AliyunSLS", "Tengine", "nginx/1.12.1"]))),
    ]
    return Response(status, Headers(draw(st.permutations(fields))), data)


def places(roles: Sequence[Role] = ("main",)) -> st.SearchStrategy[Place]:
    """Two groups in each of some logstores."""
    return st.sampled_from([Place(group, role) for role in roles for group in ("a", "b")])


def steps(shard_count: int, roles: Sequence[Role] = ("main",), *, tokens: bool = False) -> st.SearchStrategy[Step]:
    """One operation on one of a few groups, shards and consumers; reads in any dress."""
    at, consumers = places(roles), st.sampled_from(["consumer_1", "consumer_2"])
    known = st.integers(0, max(0, min(shard_count, 3) - 1))
    wanted = st.one_of(st.none(), known, st.sampled_from(["next", "far"]))
    writes = st.builds(Write, known, st.none(), consumers, st.sampled_from(["true", "false", "True"]), at)
    return st.one_of(
        st.builds(Read, wanted, at, dresses(tokens=tokens)),
        writes,
        st.builds(Beat, consumers, at),
        st.builds(Create, at),
        st.builds(Read, wanted, at),
        writes,
        st.builds(Delete, at),
    )


def sequences(
    shard_count: int, roles: Sequence[Role] = ("main",), *, tokens: bool = False, longest: int = 24
) -> st.SearchStrategy[tuple[Step, ...]]:
    """Operations in any order, after one group was made and its consumer seen; the last reads everything.

    Short ones and long ones alike: left alone, Hypothesis prefers lists of five, which bring no group far.
    """
    each = steps(shard_count, roles, tokens=tokens)
    middle = st.integers(0, longest * 2 // 3).flatmap(lambda least: st.lists(each, min_size=least, max_size=longest))
    return middle.map(lambda chosen: (Create(), Beat(), *chosen, Read()))


def near_misses(shard_count: int, *, tokens: bool = False) -> st.SearchStrategy[tuple[Step, ...]]:
    """Draw a read or a write with a signature that is almost right, between two correct reads."""
    keys = ("own", "sts") if tokens else ("own",)
    flawed = [
        Dress(scheme, form, key, flaw=flaw.name)  # type: ignore[arg-type]  # both are of the literal types
        for flaw in NEAR_MISSES.values()
        for scheme in flaw.schemes
        for form in ("bare", "go", "upper", "plain")
        if form in forms_for(scheme)
        for key in keys
    ]
    known = st.integers(0, max(0, shard_count - 1))
    return st.builds(_almost, known, st.sampled_from(flawed), st.sampled_from(["one shard", "every shard", "write"]))


def _almost(shard: int, dress: Dress, kind: str) -> tuple[Step, ...]:
    flaw = NEAR_MISSES[str(dress.flaw)]
    step: Step = Read(shard, dress=dress)
    if flaw.on_writes or kind == "write":
        step = Write(shard, dress=dress)
    elif kind == "every shard" and not flaw.needs_query:
        step = Read(dress=dress)
    return (Read(shard), step, Read(shard))
