"""Clocks that a test froze: ours is the real one; dates of requests are judged by the one that the client saw."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from sls_contract import load_cassette
from sls_contract.cli import run as run_command
from sls_contract.spec import clause

pytest.importorskip("freezegun", reason="freezegun is not installed")
pytest.importorskip("time_machine", reason="time-machine is not installed")

FROZEN = """
    import freezegun
    import time_machine

    def ask_frozen(sls, freeze):
        with freeze:
            return ask(sls).json()

    @pytest.mark.sls_cassette
    def test_freezegun(sls):
        assert ask_frozen(sls, freezegun.freeze_time("2018-05-04 09:26:53"))[0]["checkpoint"] == ""

    @pytest.mark.sls_cassette
    def test_time_machine(sls):
        assert ask_frozen(sls, time_machine.travel(0, tick=False))[0]["checkpoint"] == ""
"""


def _recorded(project, name):
    [one] = load_cassette(project.cassette(name)).recordings
    return one.provenance


def test_a_recording_is_dated_by_the_real_clock_and_judged_by_the_clients(project):
    """Recorded and played under a frozen clock, played under a running one, aged and checked: nothing is wrong."""
    project.test(FROZEN)
    began = datetime.now(UTC)
    project.run("--sls-record=once").assert_outcomes(passed=2)
    for name, year in (("test_freezegun", 2018), ("test_time_machine", 1970)):
        made = _recorded(project, name)
        assert timedelta() <= made.recorded_at - began < timedelta(minutes=30)
        assert made.validated_at == made.recorded_at
        assert made.clock.year == year
    result = project.run("--sls-strict", "--sls-max-age=1d")
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    words = ["check", "--strict", "--max-age=1d", str(project.path / "cassettes")]
    out = io.StringIO()
    assert run_command(words, environ={}, stdin=io.StringIO(), stdout=out, stderr=out) == 0, out.getvalue()
    assert "2 exchanges: 0 violations, 0 warnings" in out.getvalue()
    project.test(FROZEN.replace("with freeze:", "if True:"))
    project.run("--sls-strict").assert_outcomes(passed=2)


def test_a_date_that_no_clock_shows_is_found(project):
    """Two hours from the frozen clock, and years from the real one: a breach with a cassette, and at `sls_endpoint`."""
    result = project.test("""
        import requests
        import time_machine

        frozen = time_machine.travel("2018-05-04T09:26:53Z", tick=False)

        @pytest.mark.sls_cassette
        def test_late(sls):
            with frozen:
                ask(sls, Date="Fri, 04 May 2018 11:26:53 GMT")

        def served(endpoint, date):
            url = f"http://my-project.{endpoint.endpoint}/logstores/my-logstore/consumergroups/g?shard=0"
            headers = {"x-log-apiversion": "0.6.0", "Date": date}
            with frozen:
                requests.get(url, headers=headers, proxies=endpoint.proxies, timeout=20)

        def test_served_late(sls_endpoint):
            served(sls_endpoint, "Fri, 04 May 2018 11:26:53 GMT")

        def test_served_in_time(sls_endpoint):
            served(sls_endpoint, "Fri, 04 May 2018 09:26:53 GMT")
    """).run("--sls-record=once")
    skewed = clause("request-clock").code
    texts = {
        report.nodeid.partition("::")[2]: report.longreprtext
        for report in result.reprec.getreports("pytest_runtest_logreport")
        if report.failed
    }
    assert skewed in texts["test_late"]
    assert skewed in texts["test_served_late"]
    assert skewed not in texts["test_served_in_time"]  # it is not signed


def test_the_bundled_endpoint_accepts_the_clock_that_a_client_sees(project):
    """A frozen clock that does not reach the client: its request, signed at the real time, is correct."""
    project.test("""
        from datetime import datetime

        import time_machine
        from sls_contract.clock import utc_now

        class Real(datetime):
            now = classmethod(lambda cls, zone: utc_now())

        @pytest.mark.sls_cassette
        @pytest.mark.parametrize("clock", [Real, datetime])
        def test_signed(sls, clock, monkeypatch):
            monkeypatch.setitem(ask.__globals__, "datetime", clock)
            with time_machine.travel("2018-05-04T09:26:53Z"):
                assert ask(sls).status_code == 200
    """)
    project.run("--sls-record=once", "--sls-strict").assert_outcomes(passed=2)
    project.run("--sls-strict").assert_outcomes(passed=2)


def test_a_request_without_a_response_is_judged_by_the_clock_that_its_client_sees(project):
    """The connection is reset: only the request's own date says which clock its client reads."""
    project.test("""
        from datetime import UTC, datetime

        import requests
        import time_machine
        from sls_contract import Request, sign
        from sls_contract.clock import utc_now
        from sls_contract.endpoint import fault

        class Real(datetime):
            now = classmethod(lambda cls, zone: utc_now())

        def asked(server, clock):
            server.respond_next(fault("reset"))
            url = f"http://my-project.{server.endpoint}/logstores/my-logstore/consumergroups/g?shard=0"
            request = sign(Request("GET", url), server.names.credentials, at=clock.now(UTC))
            with pytest.raises(requests.ConnectionError):
                requests.get(url, headers=dict(request.headers), proxies=server.proxies, timeout=60)

        @pytest.fixture
        def past():
            with time_machine.travel("2018-05-04T09:26:53Z"):
                yield

        def test_set_at_the_end(past, sls_endpoint):
            asked(sls_endpoint, Real)

        def test_not_set_at_the_end(sls_endpoint):
            with time_machine.travel("2018-05-04T09:26:53Z"):
                asked(sls_endpoint, datetime)
    """)
    project.run("--sls-strict").assert_outcomes(passed=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "start",
    [
        "import freezegun; freezegun.freeze_time('2018-05-04', tick=True).start()",
        "import time_machine; time_machine.travel('2018-05-04').start()",
    ],
)
def test_a_clock_that_is_frozen_before_we_are_loaded(start):
    """What freezes clocks from the first line of a run on changes nothing: the real one is read, and goes on."""
    code = (
        f"{start}\nfrom sls_contract.clock import *\nprint(utc_now(), test_now(), monotonic() < monotonic(), sep='|')"
    )
    before = datetime.now(UTC)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    real, seen, passes = done.stdout.strip().split("|")
    assert before < datetime.fromisoformat(real) < datetime.now(UTC)
    assert seen.startswith("2018-05-04")
    assert passes == "True"
