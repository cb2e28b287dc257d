"""use_cassette and forked children: recordings are taken in turn, results are handed over, locks are not inherited."""

from __future__ import annotations

import os
import pickle
import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import requests
from advice import advised

from sls_contract import ContractViolation, Exchange, Request, Response, load_cassette, sign, use_cassette
from sls_contract.cassettes.forks import Channel
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.errors import CassetteDamaged, CassetteError, UsageError
from sls_contract.signing import TEST_CREDENTIALS
from sls_contract.spec import clause
from sls_contract.transport.failures import TransportError

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),  # Python 3.12 and later
]

URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/g?shard=0"


def get(**changes):
    request = sign(Request("GET", URL), TEST_CREDENTIALS, at=datetime.now(UTC))
    return requests.get(request.url, headers={**dict(request.headers), **changes}, timeout=60).text


def in_child(act, *args, **changes):
    """Return what a child's act gave, or the name of its error."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            told = str(act(*args, **changes))
        except BaseException as error:  # noqa: BLE001 - it is told
            told = type(error).__name__
        os.write(write, told.encode())
        os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    with os.fdopen(read, "rb") as pipe:
        return pipe.read().decode()


@pytest.fixture
def numbered(tmp_path):
    """Record the responses 0 to 5 to one request."""
    path, count = tmp_path / "numbered.sls.yaml", iter(range(6))
    with suppress(ContractViolation), use_cassette(path, "once", send=lambda _: Response(200, (), b"%d" % next(count))):
        for _ in range(6):
            get()
    return path


@pytest.mark.slow
def test_identical_recordings_are_taken_in_turn(numbered):
    """Parent, child, grandchild and parent again: each gets the next one, and none is left or played twice."""
    with suppress(ContractViolation), use_cassette(numbered) as cassette:
        assert get() == "0"
        assert in_child(get) == "1"
        assert in_child(in_child, get) == "2"
        assert get() == "3"
        assert in_child(lambda: get() + get()) == "45"
        assert in_child(get) == "UnmatchedRequest"
        assert len(cassette.exchanges) == 6
    with suppress(ContractViolation), use_cassette(numbered, repeat="last"):
        assert [in_child(get) for _ in range(8)] == list("01234555")


def test_what_a_child_does_wrong_is_raised_by_the_parent(numbered):
    """The block raises for its children; a child that leaves the block itself closes nothing."""
    with pytest.raises(ContractViolation, match="SLS111"), use_cassette(numbered):
        in_child(get, Date="yesterday")

    def leaves(context):
        context.__exit__(None, None, None)
        return "left"

    context = use_cassette(numbered)
    with suppress(ContractViolation), context:
        assert in_child(leaves, context) == "left"
        assert get() == "0"


@pytest.mark.slow
def test_a_child_records_into_its_parents_recording(tmp_path):
    """Also where the parent records nothing, in any mode, and where an exception ends the block."""
    path = tmp_path / "a.sls.yaml"
    with ReferenceEndpoint(lambda: datetime.now(UTC)) as endpoint:
        endpoint.create_consumer_group("g")
        for mode, expected in (("once", 1), ("new_episodes", 2), ("all", 1)):
            with use_cassette(path, mode, send=endpoint) as cassette:
                if mode == "new_episodes":
                    get()
                in_child(get)
            assert len(cassette.exchanges) == (2 if mode == "new_episodes" else 1)
            assert len(load_cassette(path).exchanges) == expected
        with use_cassette(path, "all", send=endpoint):
            in_child(print)
        assert len(load_cassette(path).exchanges) == 1  # nothing was recorded in its place
    assert [each.name for each in tmp_path.iterdir()] == ["a.sls.yaml"]


@pytest.mark.slow
def test_a_lock_that_another_thread_holds_is_not_inherited(numbered):
    """Threads play while the process forks, many times: no child waits for a thread that it does not have."""
    stop = threading.Event()

    def play():
        while not stop.is_set():
            get()

    with suppress(ContractViolation), use_cassette(numbered, repeat="last"):
        threads = [threading.Thread(target=play) for _ in range(2)]
        for thread in threads:
            thread.start()
        responses = [in_child(get) for _ in range(10)]
        stop.set()
        for thread in threads:
            thread.join()
    assert set(responses) <= set("012345")


@pytest.mark.parametrize(
    "error",
    [
        CassetteDamaged("a.yaml", 3, "cut off"),
        ContractViolation("told", [clause("request-clock").finding("header Date", "a", "b", "c")]),
        UsageError("told"),
        TransportError("refused", "h:80", "told"),
    ],
)
def test_errors_reach_the_parent_of_a_pool(error):
    """A pool pickles what its worker raised; one that cannot be read breaks the whole pool."""
    came = pickle.loads(pickle.dumps(error))
    assert (type(came), str(came), vars(came)) == (type(error), str(error), vars(error))


def test_a_result_that_was_cut_off_is_passed_over(tmp_path):
    """A child is killed while it writes: what came before and after is read."""
    channel = Channel(tmp_path / "a.yaml", b"\0\1")
    exchange = Exchange(Request("GET", URL, {"X": "é"}, b"\xff"), Response(200, {"A": "1"}, b"\n \n"))
    channel.add("count", exchange, [], "live", 3)
    channel._file.write(b"\nfail 123 gASV")
    channel.add("fail", "text")
    assert channel.read() == [("count", (exchange, [], "live", 3)), ("fail", ("text",))]
    assert bytes(channel.taken) == b"\0\1"
    channel.add("fail", "more")
    assert channel.finish() == [("fail", ("more",))]
    with pytest.raises(CassetteError) as told:
        channel.add("fail", "too late")
    assert advised(str(told.value), "wait for child processes before the test")  # what came before is read above
    channel.close()
