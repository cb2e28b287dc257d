"""What is played is judged when somebody looks, at the time at which it was played, and nothing is lost by that."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sls_contract import Request, sign
from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.results import Results
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.session import Session
from sls_contract.cassettes.session_settings import Opening
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.signing import TEST_CREDENTIALS

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
URL = f"http://{HOST}/logstores/my-logstore/consumergroups/g?shard=0"


def asking(**fields):
    return sign(Request("GET", URL, {"Host": HOST, "User-Agent": "client/1", **fields}), TEST_CREDENTIALS, at=NOW)


@pytest.fixture
def played(tmp_path):
    """A session that plays one recording again and again, with a clock that the test moves."""
    path, clock = tmp_path / "x.sls.yaml", [NOW]

    def opening(record, **more):
        parts = {"scrubber": Scrubber(), "owns": host_rule(), "clock": lambda: clock[0], "began": NOW}
        return Opening(path=path, record=record, **parts, **more)

    with ReferenceEndpoint(lambda: NOW) as endpoint:
        endpoint.create_consumer_group("g")
        recording = Session(opening("once", send=endpoint))
        recording.respond(asking(), HOST)
        recording.close()
    session = Session(opening("none", repeat=True), Results(keep=True))
    session.start()
    session.moved = clock
    yield session
    session.close()


def slugs(session):
    return [breach.finding.slug for breach in session.results.breaches]


def test_a_request_is_judged_at_its_own_time(played):
    """However late somebody looks, a request counts as received when its response was sent."""
    played.respond(asking(), HOST)
    played.moved[0] = NOW + timedelta(hours=1)
    assert slugs(played) == []
    played.respond(asking(), HOST)
    assert slugs(played) == ["request-clock"]


@pytest.mark.slow
def test_however_many_wait_each_is_judged_with_its_recording(played):
    """Those behind the first thousand keep only the place of theirs, and show the same response and findings."""
    played.moved[0] = NOW + timedelta(hours=1)
    for _ in range(1_200):
        played.respond(asking(), HOST)
    assert slugs(played) == ["request-clock"] * 1_200
    assert len(played.results.seen) == 1_200
    assert played.results.seen[1_199] == played.results.seen[0]
    assert played.results.seen[0].response.status == 200


def test_whoever_looks_sees_everything_before(played):
    """Counts, exchanges and findings stand in the order of the requests, a miss among them."""
    wrong = asking().headers.with_field("x-log-apiversion", "0.5.0")
    played.respond(Request("GET", URL, wrong), HOST)
    with pytest.raises(Exception, match="no recording"):
        played.respond(Request("GET", URL.replace("shard=0", "shard=7"), wrong), HOST)
    played.respond(Request("GET", URL, wrong), HOST)
    found = slugs(played)
    assert found.count("api-version") == 2
    assert found.index("api-version") < found.index("request-not-recorded") < len(found) - 1
    assert played.results.exchanges == len(played.results.seen) == 2


def test_closing_judges_the_rest(played):
    """Also where nobody looked in between."""
    results = played.results
    played.respond(asking(), HOST)
    played.close()
    assert results.exchanges == 1


def test_work_is_done_in_order_and_once_whoever_looks_first():
    """Threads that look at once wait for each other; what was put off in great number is done on the way."""
    results, done = Results(), []
    for number in range(10_500):
        results.defer(lambda number=number: done.append(number))
    assert done == list(range(500))  # the oldest made room, one for each that came
    looking = [threading.Thread(target=results.since, args=(0,)) for _ in range(4)]
    for thread in looking:
        thread.start()
    for thread in looking:
        thread.join()
    assert done == list(range(10_500))


def test_what_waits_holds_no_more_than_a_few_megabytes():
    """Work that keeps long bodies alive makes room, the oldest first, once they add up; one too long does not wait."""
    results, done = Results(), []
    for number in range(100):
        results.defer(lambda number=number: done.append(number), size=1_000_000)
        assert len(done) == max(0, number + 1 - 4)
    results.defer(lambda: done.append(100), size=5_000_000)
    assert done == list(range(101))
    results.defer(lambda: done.append(101))
    assert len(done) == 101
    results.run_deferred()
    assert done == list(range(102))


@pytest.mark.parametrize("look", ["since", "take_errors", "take_breaches"])
def test_every_look_settles(look):
    """Phases, errors and breaches are told with what was put off."""
    results, done = Results(), []
    results.defer(lambda: done.append(1))
    getattr(results, look)(*([0] if look == "since" else []))
    assert done == [1]


def test_a_replay_asks_the_environment_for_no_proxy(played, monkeypatch):
    """Nothing goes out, so none is looked for; one that the session itself has is told to the adapter as before."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    told = []

    class Telling(requests.adapters.HTTPAdapter):
        def send(self, request, *args, **kwargs):
            told.append(kwargs["proxies"].get("http"))
            return super().send(request, *args, **kwargs)

    with requests.Session() as session:
        session.mount("http://", Telling())
        headers = dict(asking().headers.pairs)
        assert session.get(URL, headers=headers).status_code == 200
        session.proxies["http"] = "http://127.0.0.1:10"
        assert session.get(URL, headers=headers).status_code == 200
        assert session.trust_env
        with pytest.raises(requests.exceptions.ConnectionError):
            session.get("http://127.0.0.1:11/foreign", timeout=60)
        del session.proxies["http"]
        with pytest.raises(requests.exceptions.ConnectionError):
            session.get("http://foreign.test/", timeout=60)
    assert told == [None, "http://127.0.0.1:10", "http://127.0.0.1:9", "http://127.0.0.1:9"]
    assert played.results.exchanges == 2


def a_recording(tmp_path, clock, responded_at=NOW):
    """A patient session that records the responses of an endpoint."""
    endpoint = ReferenceEndpoint(lambda: responded_at)
    endpoint.create_consumer_group("g")
    parts = {"scrubber": Scrubber(), "owns": host_rule(), "clock": lambda: clock[0], "began": NOW}
    return Session(Opening(path=tmp_path / "new.sls.yaml", record="all", send=endpoint, **parts), Results())


def test_what_is_recorded_is_written_before_it_is_judged(tmp_path):
    """The response is in the journal when the client has it; only the verdict waits, and at the exchange's own time."""
    clock = [NOW]
    session = a_recording(tmp_path, clock)
    session.respond(asking(), HOST)
    assert b"consumergroups/g?shard=0" in (tmp_path / "new.sls.yaml.journal").read_bytes()
    assert session._results.exchanges == 0  # reading the results settles them
    clock[0] = NOW + timedelta(hours=1)
    assert slugs(session) == []
    session.respond(asking(), HOST)
    assert slugs(session) == ["request-clock", "response-clock"]
    session.close()
    assert session.results.exchanges == 2


@pytest.mark.slow
def test_long_bodies_do_not_wait_in_memory(tmp_path):
    """An exchange of many megabytes is judged at once, and so is all before it."""
    session = a_recording(tmp_path, [NOW])
    session.respond(asking(), HOST)
    session.respond(Request("GET", URL, asking().headers, b"x" * 5_000_000), HOST)
    assert session._results.exchanges == 2
    session.close()
