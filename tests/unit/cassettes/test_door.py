"""use_cassette: record and replay in plain Python."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import pytest
import requests
from advice import advised
from own_contracts import FINDING, demand_view

from sls_contract import ContractViolation, Credentials, Request, Response, check, load_cassette, sign, use_cassette
from sls_contract.cassettes.file.recording_file import load
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.errors import (
    CassetteBusy,
    CassetteDamaged,
    CassetteError,
    NetworkBlocked,
    UnmatchedRequest,
    UsageError,
)
from sls_contract.signing import TEST_CREDENTIALS
from sls_contract.spec import use_contracts

GROUP = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/g"


def signed(query="shard=0", credentials=TEST_CREDENTIALS):
    return sign(Request("GET", f"{GROUP}?{query}"), credentials, at=datetime.now(UTC))


def get(query="shard=0", credentials=TEST_CREDENTIALS):
    request = signed(query, credentials)
    return requests.get(request.url, headers=dict(request.headers), timeout=60)


def dated_wrongly():
    request = signed()
    requests.get(request.url, headers={**dict(request.headers), "Date": "yesterday"}, timeout=60)


def broken_off(query, act=dict):
    get(query)
    act()
    raise ZeroDivisionError


@pytest.fixture
def endpoint():
    with ReferenceEndpoint(lambda: datetime.now(UTC)) as endpoint:
        endpoint.create_consumer_group("g")
        yield endpoint


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a" / "reads.sls.yaml"


@pytest.fixture
def recorded(path, endpoint):
    """Record shard 0 and shard 1."""
    with use_cassette(path, "once", send=endpoint):
        get("shard=0")
        get("shard=1")
    return path


def test_what_was_recorded_is_replayed_without_the_endpoint(path, endpoint):
    """The same responses, byte for byte, from a str or a Path; the findings are empty and the exchanges are there."""
    with use_cassette(str(path), record="once", send=endpoint) as cassette:
        live = get()
        assert cassette.path == path
    asked = len(endpoint.requests)
    with use_cassette(path) as cassette:
        replayed = get()
        assert (replayed.status_code, replayed.content) == (live.status_code, live.content)
        assert dict(replayed.headers) == dict(live.headers)
    assert len(endpoint.requests) == asked
    assert cassette.findings == ()
    (exchange,) = cassette.exchanges
    assert exchange.response.body == live.content
    assert exchange.request.url == f"{GROUP}?shard=0"


def test_a_violation_is_raised_at_exit(recorded):
    """The with block ends first; the error shows the finding and has it as a value."""
    with (
        pytest.raises(ContractViolation, match=r"breaches of the contract in .*reads\.sls\.yaml") as met,
        use_cassette(recorded),
    ):
        dated_wrongly()
    assert all(finding.code.startswith("SLS") for finding in met.value.findings)
    assert "> GET " in str(met.value)


def test_an_exception_in_flight_is_kept(recorded):
    """The user's own error is the one that counts; findings stay readable."""
    with pytest.raises(ZeroDivisionError), use_cassette(recorded) as cassette:
        broken_off("shard=1", dated_wrongly)
    assert cassette.findings


def test_warnings_raise_where_strict(path, endpoint):
    """A warning is a finding; it raises only with strict=True."""

    def ask():
        request = signed()
        headers = {**dict(request.headers.without("Date")), "x-log-date": request.headers["Date"]}
        requests.get(request.url, headers=headers, timeout=60)

    with use_cassette(path, "once", send=endpoint) as cassette:
        ask()
    assert [finding.level for finding in cassette.findings] == ["warning"]
    with pytest.raises(ContractViolation), use_cassette(path, strict=True):
        ask()


def test_no_key_stands_in_what_is_shown_of_a_recording(path):
    """Neither the real one nor the public one of the cassette, which the client never sent."""
    key = Credentials("LTAI5tQq8Zc3Yd9Kx2Wm7Vn4", "q7Zc3Yd9Kx2Wm7Vn4Rb6Tg1Hj5Lp8S")

    def frozen(_: Request) -> Response:
        text = f"AccessKeyId {key.access_key_id} was frozen"
        return Response(401, {}, json.dumps({"errorCode": "Unauthorized", "errorMessage": text}).encode())

    with pytest.raises(ContractViolation) as raised, use_cassette(path, "once", send=frozen, credentials=key):
        get(credentials=key)
    assert "was frozen" in str(raised.value)
    assert "Authorization: LOG ***:" in str(raised.value)
    assert key.access_key_id not in str(raised.value)
    assert TEST_CREDENTIALS.access_key_id not in str(raised.value)


def test_a_miss_raises_and_a_swallowed_miss_raises_at_exit(recorded):
    """Nothing recorded responses: the request fails at once; where the client hides that, the block fails."""
    with pytest.raises(UnmatchedRequest, match="The closest is exchange 0"), use_cassette(recorded):
        get("shard=7")
    with pytest.raises(ContractViolation, match="SLS607"), use_cassette(recorded), suppress(UnmatchedRequest):
        get("shard=7")


def test_an_exception_leaves_the_recording_unfinished_and_once_goes_on(path, endpoint):
    """What was recorded before the error is kept, marked, and continued."""
    with pytest.raises(ZeroDivisionError), use_cassette(path, "once", send=endpoint):
        broken_off("shard=0")
    assert load(path).unfinished
    with use_cassette(path, "once", send=endpoint):
        get("shard=0")
        get("shard=1")
    assert not load(path).unfinished
    assert len(load_cassette(path).exchanges) == 2


def test_a_recording_that_lacked_only_its_end_is_finished_by_once(path, endpoint):
    """Where nothing is left to record, the next whole run takes the mark away, and once records no more."""
    with pytest.raises(ZeroDivisionError), use_cassette(path, "once", send=endpoint):
        broken_off("shard=0")
    with use_cassette(path, "once", send=endpoint):
        get("shard=0")
    assert not load(path).unfinished
    with pytest.raises(UnmatchedRequest), use_cassette(path, "once", send=endpoint):
        get("shard=1")


def test_all_records_everything_again(recorded, endpoint):
    """Only the new recording stays; after an exception only the old one does."""
    with use_cassette(recorded, "all", send=endpoint):
        get("shard=1")
    assert [each.request.query for each in load_cassette(recorded).exchanges] == ["shard=1"]
    with pytest.raises(ZeroDivisionError), use_cassette(recorded, "all", send=endpoint):
        broken_off("shard=0")
    assert [each.request.query for each in load_cassette(recorded).exchanges] == ["shard=1"]


def test_repeat_last(recorded):
    """The last of identical recordings is played for whatever comes after it."""
    with use_cassette(recorded, repeat="last"):
        assert [get().status_code for _ in range(3)] == [200] * 3


@pytest.mark.slow
def test_threads_and_tasks_inside_one_cassette(path, endpoint):
    """All threads and tasks are recorded into it and replayed from it, none lost."""

    async def tasks():
        async with httpx.AsyncClient() as client:

            async def one(shard):
                request = signed(f"shard={shard}")
                return (await client.get(request.url, headers=dict(request.headers))).status_code

            return await asyncio.gather(*(one(shard) for shard in range(10)))

    for mode in ("once", "none"):
        with use_cassette(path, mode, send=endpoint) as cassette:
            with ThreadPoolExecutor(8) as pool:
                assert set(pool.map(lambda shard: get(f"shard={shard}").status_code, range(40))) == {200}
            assert asyncio.run(tasks()) == [200] * 10
        assert len(cassette.exchanges) == 50
    assert len(load_cassette(path).exchanges) == 50


def test_the_innermost_cassette_takes_the_requests(recorded, tmp_path, endpoint):
    """Nested blocks are allowed; when the inner one ends, the outer one goes on."""
    with use_cassette(recorded) as outer:
        with use_cassette(tmp_path / "inner.yaml", "once", send=endpoint) as inner:
            get()
        get()
    assert (len(inner.exchanges), len(outer.exchanges)) == (1, 1)


def test_cassettes_side_by_side_are_refused(recorded, tmp_path, endpoint):
    """A second thread, or a second task that runs at the same time, would take the first one's requests."""
    met = []

    def elsewhere():
        with pytest.raises(CassetteBusy, match="open one cassette around the threads or tasks") as error:
            use_cassette(tmp_path / "other.yaml", "once", send=endpoint).__enter__()
        met.append(error)

    with use_cassette(recorded):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert met

    async def task(name, opened, go_on):
        with use_cassette(tmp_path / name, "once", send=endpoint):
            opened.set()
            await go_on.wait()

    async def side_by_side():
        opened, go_on = asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(task("one.yaml", opened, go_on))
        await opened.wait()
        with pytest.raises(CassetteBusy):
            await asyncio.create_task(task("two.yaml", opened, go_on))
        go_on.set()
        await first

    asyncio.run(side_by_side())


def test_a_cassette_of_an_ended_task_may_hold_another(recorded, tmp_path, endpoint):
    """An asynchronous fixture opens in a task of its own, which has ended when the test opens a second one."""

    async def opened(context):
        return context.__enter__()

    async def test():
        outer = use_cassette(recorded)
        await asyncio.create_task(opened(outer))
        with use_cassette(tmp_path / "inner.yaml", "once", send=endpoint) as inner:
            get()
        outer.__exit__(None, None, None)
        return len(inner.exchanges)

    assert asyncio.run(test()) == 1


def test_the_key_comes_from_the_environment(path, monkeypatch):
    """Without credentials the environment's are used: requests verify with them, and the file shows none of them."""
    key = Credentials("LTAI5tKeyOfTheEnvironment", "secretOfTheEnvironment0123456789")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", key.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", key.access_key_secret)
    with ReferenceEndpoint(lambda: datetime.now(UTC), credentials=[key]) as endpoint:
        endpoint.create_consumer_group("g")
        with use_cassette(path, "once", send=endpoint):
            assert get(credentials=key).status_code == 200
    assert key.access_key_id not in path.read_text("utf-8")
    assert load(path)[0].signature.verdict == "verified"
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID")
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    with use_cassette(path):
        assert get().status_code == 200


def test_scrub_and_rename(path, endpoint):
    """The user's patterns, keys and names are kept out of the file, and the live request still matches."""
    rules = {"scrub": ["order-[0-9]+"], "scrub_keys": ["tenant"], "rename": {"my-project": "public-project"}}
    for mode in ("once", "none"):
        with use_cassette(path, mode, send=endpoint, **rules):
            get("shard=0&tenant=acme&note=order-42")
    text = path.read_text("utf-8")
    assert "public-project" in text
    assert not [each for each in ("my-project", "acme", "order-42") if each in text]


def test_more_hosts(path, endpoint):
    """Hosts adds what is owned; other hosts are not touched."""
    with use_cassette(path, "once", send=endpoint, hosts=["*.sls.example.com"]):
        request = sign(
            Request("GET", GROUP.replace("cn-hangzhou.log.aliyuncs.com", "sls.example.com")),
            TEST_CREDENTIALS,
            at=datetime.now(UTC),
        )
        assert requests.get(request.url, headers=dict(request.headers), timeout=60).status_code == 200


def test_nothing_else_reaches_an_owned_host_in_replay(recorded):
    """Also a library that is not recorded is stopped, as long as the block lasts."""
    import socket

    with use_cassette(recorded), pytest.raises(NetworkBlocked):
        socket.getaddrinfo("my-project.cn-hangzhou.log.aliyuncs.com", 443)


def test_what_the_disk_does_not_take_raises_at_exit(path, endpoint):
    """A client may swallow the error of a recording that failed; the block does not."""
    path.parent.write_text("a file where a folder should be")
    with pytest.raises(CassetteError), use_cassette(path, "once", send=endpoint), suppress(Exception):
        get()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"record": "sometimes"}, "record must be one of none, once, new_episodes, all, got 'sometimes'"),
        ({"repeat": "first"}, "repeat must be None or 'last', got 'first'"),
        ({"hosts": ["https://x"]}, "expected a host of the service"),
        ({"scrub": ["("]}, "expected a regular expression"),
    ],
)
def test_wrong_arguments(path, arguments, told):
    """Each is a UsageError that quotes what came, and nothing stays open."""
    with pytest.raises(UsageError, match=told):
        use_cassette(path, **arguments).__enter__()
    assert not path.parent.exists()


@pytest.mark.parametrize("record", ["none", "once"])
def test_a_har_is_no_cassette(tmp_path, record):
    """A recording under that name would be YAML, and damaged for whoever reads it as what it is called."""
    with pytest.raises(UsageError, match=r"such as reads\.sls\.yaml, got the HAR .*reads\.HAR"):
        use_cassette(tmp_path / "reads.HAR", record).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_told_and_left(path):
    """Damage is named with its line before anything is opened."""
    path.parent.mkdir()
    path.write_text("interactions:\n- request: [\n", encoding="utf-8")
    for mode in ("none", "once", "all"):
        with pytest.raises(CassetteDamaged):
            use_cassette(path, mode).__enter__()
    assert path.read_text("utf-8") == "interactions:\n- request: [\n"


DAMAGE = {
    "cut": lambda good: good[:-200],
    "no cassette": lambda _: b"a: b\n",
    "another version": lambda _: b"interactions: []\nversion: 2\n",
    "a merge conflict": lambda good: b"<<<<<<< ours\n" + good,
    "one exchange": lambda good: good.replace(b"    method: GET", b"    method: []", 1),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cassette_is_recorded_again_by_an_argument(recorded, endpoint, damage):
    """However it is damaged, also while it is open: who has no pytest is not sent to an option of it."""
    recorded.write_bytes(DAMAGE[damage](recorded.read_bytes()))
    met = []

    def replay():
        with use_cassette(recorded):
            try:
                get()
            except CassetteDamaged as error:
                met.append(error)

    with pytest.raises(CassetteError) as raised:
        replay()
    for error in (raised.value, *met):
        assert advised(str(error), r"delete it and record again \(use_cassette\(…, record=\"once\"\)\)")
    recorded.unlink()
    with use_cassette(recorded, record="once", send=endpoint):
        get()
    with use_cassette(recorded):
        get()


def test_an_edited_cassette_is_recorded_again_by_an_argument(recorded, endpoint):
    """What is found of the recording itself names the argument, too."""
    recorded.write_bytes(recorded.read_bytes().replace(b"code: 200", b"code: 404", 1))
    with pytest.raises(ContractViolation, match="recording-edited") as raised, use_cassette(recorded, strict=True):
        get()
    found = advised(str(raised.value), r"record it again \(use_cassette\(…, record=\"(.*?)\"\)\)")
    with use_cassette(recorded, record=found[1], send=endpoint):
        get()
    with use_cassette(recorded, strict=True):
        get()


def test_contracts_in_use_judge_what_is_recorded_and_played(path, endpoint, tmp_path):
    """`use_contracts` extends what `use_cassette` and `check` judge by, until the shipped ones are used again."""
    demand_view(tmp_path)
    use_contracts(tmp_path)
    try:
        with (
            pytest.raises(ContractViolation, match=FINDING),
            use_cassette(path, "all", send=endpoint),
        ):
            get()
        with pytest.raises(ContractViolation, match=FINDING), use_cassette(path) as cassette:
            get()
        (exchange,) = cassette.exchanges
        assert "query view" in {finding.where for finding in check(exchange)}
    finally:
        use_contracts(None)
    assert "query view" not in {finding.where for finding in check(exchange)}
    with use_cassette(path):
        get()


def test_a_body_that_cannot_be_scanned_is_allowed_by_an_argument(path, endpoint):
    """A warning that no marker takes back here: it is none of the failures unless they are asked for."""

    def encoded(request):
        response = endpoint(request)
        headers = [pair for pair in response.headers.pairs if pair[0].lower() != "content-length"]
        body = b"\x1f\x8b\x08 broken \xff\xfe"
        headers += [("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))]
        return response.replace(headers=headers, body=body)

    def record(**options):
        opening = use_cassette(path, "all", send=encoded, **options)
        with suppress(ContractViolation), opening as cassette, suppress(requests.RequestException):
            get()
        (found,) = [finding for finding in cassette.findings if finding.slug == "recording-unopened-body"]
        return found

    assert record().level == "warning"
    found = record(strict=True)
    assert found.how_to_fix.endswith("allow it (use_cassette(…, strict=False))")
