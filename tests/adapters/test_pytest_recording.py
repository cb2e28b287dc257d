"""A suite of pytest-recording with our checks registered: recorded at an endpoint on loopback, played offline."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import sls_contract.adapters.requests  # so that each run in this process need not load it anew; the same below
import sls_contract.adapters.vcrpy  # noqa: F401
from sls_contract import Credentials, Response, load_cassette
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.signing import TEST_CREDENTIALS, verify_signature

KEY = Credentials("LTAI5tQq8Zc3Yd9Kx2Wm7Vn4", "q7Zc3Yd9Kx2Wm7Vn4Rb6Tg1Hj5Lp8S")
CONFTEST = """
from sls_contract.adapters.vcrpy import register
from sls_contract.signing import TEST_CREDENTIALS

def pytest_recording_configure(config, vcr):
    register(vcr{settings})
"""
SUITE = '''
import os
import pytest, requests
from sls_contract import Credentials
from sls_contract.adapters.requests import SlsAuth

@pytest.fixture
def vcr_config():
    return {"filter_headers": ["user-agent"]}

@pytest.fixture
def ask():
    key = Credentials(os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
    def ask(group="readers"):
        url = f"http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/{group}"
        with requests.Session() as session:
            session.auth, session.proxies = SlsAuth(key), {"http": os.environ["SERVICE"]}
            return session.get(url, params={"shard": 0}, timeout=60)
    return ask

@pytest.mark.vcr
def test_reads(ask):
    """Two alike, and one that fails."""
    assert ask().json()[0]["consumer"] == "消费者"
    assert ask().json()[0]["checkpoint"] == "MTAw"
    assert ask("别的").json()["errorCode"] == "ConsumerGroupNotExist"

@pytest.mark.vcr("shared.yaml")
@pytest.mark.default_cassette("own.yaml")
def test_of_two_cassettes(ask):
    assert ask().ok
'''
BROKEN = Response(
    200, [("Content-Type", "application/json"), ("x-log-requestid", "6B0AC8F29E3779B97F4A7C15")], b'[{"shard": "0"}]'
)


@pytest.fixture
def endpoint():
    made = ReferenceEndpoint(lambda: datetime.now(UTC), credentials=(KEY, TEST_CREDENTIALS))
    made.set_checkpoint("readers", 0, "MTAw", consumer="消费者")
    return made


@pytest.fixture
def suite(pytester, monkeypatch):
    """Give what runs the suite, at a service or at none, with a key or without."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.path.joinpath("test_suite.py").write_text(SUITE, "utf-8")

    def run(service: str, *options: str, key: Credentials = KEY, settings: str = ""):
        pytester.makeconftest(CONFTEST.format(settings=settings))
        monkeypatch.setenv("SERVICE", service)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", key.access_key_id)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", key.access_key_secret)
        # with --block-network pytest-recording puts back socket.connect as it found it, which would outlive the test
        start = pytester.runpytest_subprocess if "--block-network" in options else pytester.runpytest_inprocess
        return start("-p", "no:cacheprovider", *options)

    return run


NOWHERE = "http://127.0.0.1:9"


def test_a_suite_records_judged_and_plays_offline(pytester, suite, endpoint):
    """The files are ours, named by pytest-recording; they hold no key and play without one, and without a network."""
    with serve(endpoint) as server:
        suite(server.url, "--record-mode=once").assert_outcomes(passed=2)
    folder = pytester.path / "cassettes" / "test_suite"
    assert sorted(path.name for path in folder.iterdir()) == ["own.yaml", "test_reads.yaml"]
    cassette = load_cassette(folder / "test_reads.yaml")
    assert [each.response.status for each in cassette.exchanges] == [200, 200, 404]
    assert all(verify_signature(each.request, TEST_CREDENTIALS) is None for each in cassette.exchanges)
    assert "User-Agent" not in cassette.exchanges[0].request.headers
    assert KEY.access_key_id not in (folder / "test_reads.yaml").read_text("utf-8")
    suite(NOWHERE, "--block-network", key=TEST_CREDENTIALS).assert_outcomes(passed=2)
    (folder / "own.yaml").rename(folder / "shared.yaml")
    suite(NOWHERE, key=TEST_CREDENTIALS).assert_outcomes(passed=2)


def test_damage_is_reported_of_the_file_that_has_it(pytester, suite, endpoint):
    """A test may play several cassettes: the error names the damaged one, not the test's own."""
    with serve(endpoint) as server:
        suite(server.url, "--record-mode=once", "-k", "two_cassettes").assert_outcomes(passed=1, deselected=1)
    shared = pytester.path / "cassettes" / "test_suite" / "shared.yaml"
    shared.write_text("version: 1\ninteractions:\n- request: [\n", "utf-8")
    run = suite(NOWHERE, "-k", "two_cassettes", key=TEST_CREDENTIALS)
    run.stdout.fnmatch_lines(["*shared.yaml:4: not YAML*", "*or run pytest with --record-mode=once*"])
    run.stdout.no_fnmatch_line("*own.yaml*not YAML*")


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "outcome"), [("", "errors"), (', check="now"', "failed")])
def test_a_broken_response_fails_in_recording_and_in_replay(suite, endpoint, settings, outcome):
    """At the end of the test, or where it asked; the clause is named each time."""
    with serve(endpoint) as server:
        endpoint.respond_next(BROKEN)
        recorded = suite(server.url, "--record-mode=once", "-k", "two_cassettes", settings=settings)
    played = suite(NOWHERE, "-k", "two_cassettes", settings=settings)
    for run in (recorded, played):
        assert run.ret == 1
        assert run.parseoutcomes()[outcome] == 1
        run.stdout.fnmatch_lines(["*SLS203*"])


def test_a_client_that_signs_wrongly_fails_in_replay(suite, endpoint):
    """The recording is played, and the request that is sent now is judged."""
    with serve(endpoint) as server:
        suite(server.url, "--record-mode=once").assert_outcomes(passed=2)
    wrong = Credentials(TEST_CREDENTIALS.access_key_id, "wrong")
    run = suite(NOWHERE, "-k", "two_cassettes", key=wrong, settings=", credentials=TEST_CREDENTIALS")
    run.assert_outcomes(passed=1, errors=1, deselected=1)
    run.stdout.fnmatch_lines(["*SLS3*"])
