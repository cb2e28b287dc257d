"""What use_cassette gives: a context that can be entered again, by ``async with``, and a decorator of all that runs."""

from __future__ import annotations

import asyncio
import functools
import inspect
from contextlib import aclosing, suppress
from datetime import UTC, datetime

import pytest
import requests

from sls_contract import ContractViolation, Request, load_cassette, sign, use_cassette
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.errors import UnmatchedRequest, UsageError
from sls_contract.signing import TEST_CREDENTIALS

GROUP = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/g"


def get(shard=0, **changes):
    request = sign(Request("GET", f"{GROUP}?shard={shard}"), TEST_CREDENTIALS, at=datetime.now(UTC))
    return requests.get(request.url, headers={**dict(request.headers), **changes}, timeout=60).status_code


@pytest.fixture
def path(tmp_path):
    """Record shards 0 and 1."""
    path = tmp_path / "reads.sls.yaml"
    with ReferenceEndpoint(lambda: datetime.now(UTC)) as endpoint, use_cassette(path, "once", send=endpoint):
        endpoint.create_consumer_group("g")
        get(0)
        get(1)
    return path


def test_each_entry_opens_anew(path):
    """One object, entered three times: each time all recordings are there again, and what broke is told once."""
    cassette = use_cassette(path)
    for _ in range(2):
        with cassette as opened:
            assert (get(0), get(1), len(opened.exchanges)) == (200, 200, 2)
    with pytest.raises(ContractViolation), cassette:
        get(0, Date="yesterday")
    with cassette as outer, cassette as inner:
        assert (get(0), get(1)) == (200, 200)
        assert (len(outer.exchanges), len(inner.exchanges)) == (0, 2)

    async def run():
        for _ in range(2):
            async with cassette as opened:
                assert (get(0), len(opened.exchanges)) == (200, 1)
        with pytest.raises(ContractViolation):
            async with cassette:
                get(0, Date="yesterday")

    asyncio.run(run())


@pytest.mark.slow
def test_whatever_is_decorated_runs_inside(path):  # noqa: C901, PLR0915 - one of each kind
    """The bodies of functions, methods, coroutines and generators are played and judged, each time that they run."""
    decorate = use_cassette(path)

    @decorate
    def function(*, shard=0, **changes):
        """What it says."""
        return get(shard, **changes)

    @decorate
    async def coroutine(**changes):
        await asyncio.sleep(0)
        return get(0, **changes)

    @decorate
    def generator(**changes):
        got = yield get(0, **changes)
        yield got
        return get(1)

    @decorate
    async def async_generator(**changes):
        await asyncio.sleep(0)
        got = yield get(0, **changes)
        try:
            yield got
        except LookupError:
            yield "caught"

    class Methods:
        @decorate
        def plain(self, **changes):
            return get(0, **changes)

        @decorate
        @staticmethod
        def static(**changes):
            return get(0, **changes)

        @decorate
        @classmethod
        async def of_class(cls, **changes):
            return get(0, **changes)

    def drain(**changes):
        running = generator(**changes)
        return [next(running), running.send("sent"), *(running.close() or ())]

    async def adrain(**changes):
        async with aclosing(async_generator(**changes)) as running:
            return [await anext(running), await running.asend("sent"), await running.athrow(LookupError)]

    ways = {
        function: 200,
        lambda **changes: asyncio.run(coroutine(**changes)): 200,
        functools.partial(drain): [200, "sent"],
        lambda **changes: asyncio.run(adrain(**changes)): [200, "sent", "caught"],
        Methods().plain: 200,
        Methods.static: 200,
        lambda **changes: asyncio.run(Methods.of_class(**changes)): 200,
        lambda **changes: asyncio.run(decorate(functools.partial(coroutine.__wrapped__))(**changes)): 200,
    }
    for way, expected in ways.items():
        assert way() == way() == expected
        with pytest.raises(ContractViolation):
            way(Date="yesterday")
    running = generator()
    assert [next(running), next(running), next(running, "over")] == [200, None, "over"]
    with pytest.raises(UnmatchedRequest):
        function(shard=7)
    assert (function.__name__, function.__doc__, str(inspect.signature(function))) == (
        "function",
        "What it says.",
        "(*, shard=0, **changes)",
    )
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isasyncgenfunction(async_generator)


def test_what_a_decorated_coroutine_records_is_whole(tmp_path):
    """A coroutine, a generator that is left early, and one that fails: each leaves what it says."""
    with ReferenceEndpoint(lambda: datetime.now(UTC)) as endpoint:
        endpoint.create_consumer_group("g")

        @use_cassette(tmp_path / "coroutine.yaml", "once", send=endpoint)
        async def coroutine():
            return get(0)

        @use_cassette(tmp_path / "left.yaml", "once", send=endpoint)
        def left():
            yield get(0)
            yield get(1)

        asyncio.run(coroutine())
        for status in left():
            assert status == 200
            break
    for name in ("coroutine", "left"):
        cassette = load_cassette(tmp_path / f"{name}.yaml")
        assert [each.request.query for each in cassette.exchanges] == ["shard=0"]
        assert "unfinished" not in (tmp_path / f"{name}.yaml").read_text("utf-8")


def test_what_would_run_without_the_cassette_is_refused(path):
    """A class, the decorator without its path, what gives a coroutine or generator for later: plain words."""

    async def later():
        get(0)

    for wrong in (type("Tests", (), {}), 7, property(later)):
        with pytest.raises(UsageError, match="use_cassette decorates functions"):
            use_cassette(path)(wrong)
    with pytest.raises(UsageError, match="takes a path first"):
        use_cassette(later)
    for function in (lambda *_: later(), lambda: (get(each) for each in (0, 1))):
        with pytest.raises(UsageError, match="would run without the cassette"):
            use_cassette(path)(function)()


@pytest.mark.parametrize("name", ["x.json", "x.sls.JSON"])
def test_nothing_is_recorded_under_the_name_of_json(tmp_path, name):
    """It would be YAML, which readers of JSON cannot read; a JSON cassette that is there is played."""
    import vcr

    path = tmp_path / name
    for mode in ("once", "all", "new_episodes"):
        with pytest.raises(UsageError, match=r"record into a \.yaml file"):
            use_cassette(path, mode).__enter__()
    assert not path.exists()
    recorded = {
        "request": {"method": "GET", "uri": f"{GROUP}?shard=0", "body": None, "headers": {}},
        "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "[]"}},
    }
    from vcr.serializers import jsonserializer

    path.write_text(jsonserializer.serialize({"version": 1, "interactions": [recorded]}), "utf-8")
    with vcr.use_cassette(str(path), serializer="json") as theirs:
        assert len(theirs) == 1
    for mode in ("none", "once"):
        with suppress(ContractViolation), use_cassette(path, mode):
            assert get(0) == 200
