"""``sls-contract verify`` as its users run it: over sockets, with real signals, files and exit codes."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from left_out import full

from sls_contract.cassettes import load_cassette
from sls_contract.cli import verify
from sls_contract.cli.terminal import Console
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.errors import EndpointError, UsageError
from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, sign
from sls_contract.transport import open_transport

ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": TEST_CREDENTIALS.access_key_id,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": TEST_CREDENTIALS.access_key_secret,
}
STS = {
    "SLS_CONTRACT_STS_ACCESS_KEY_ID": TEST_STS_CREDENTIALS.access_key_id,
    "SLS_CONTRACT_STS_ACCESS_KEY_SECRET": TEST_STS_CREDENTIALS.access_key_secret,
    "SLS_CONTRACT_STS_SECURITY_TOKEN": TEST_STS_CREDENTIALS.security_token,
}
PLACE = ("--project", "my-project", "--logstore", "my-logstore")


def now() -> datetime:
    return datetime.now(UTC)


def command(*words: str, environ=ENVIRON, typed: str = "") -> tuple[int, str, str]:
    parser = argparse.ArgumentParser()
    verify.configure(parser.add_subparsers(dest="command"))
    arguments = parser.parse_args(["verify", *words])
    out, err = io.StringIO(), io.StringIO()
    code = arguments.run(arguments, Console(environ, io.StringIO(typed), out, err))
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def reference():
    endpoint = ReferenceEndpoint(now, logstores={("my-project", "my-logstore"): 2, ("my-project", "other"): 2})
    with serve(endpoint) as server:
        yield endpoint, server.url


def groups(url: str) -> bytes:
    from sls_contract.transport import open_transport

    request = Request("GET", url.replace("//", "//my-project.") + "/logstores/my-logstore/consumergroups")
    return open_transport(url)(sign(request, TEST_CREDENTIALS, at=now())).body


def test_the_embedded_endpoint_needs_no_arguments():
    """Without an endpoint ours is started, everything needed is there, and nothing is shown on stderr."""
    code, out, err = command("--scenario", "token-expired", "--scenario", "many-shards", environ={})
    assert (code, err) == (0, "")
    assert "2 scenarios: no violation, 0 warnings" in out


def test_the_report_is_json(tmp_path):
    """The JSON names target, evidence and seed; on standard output it is alone."""
    path = tmp_path / "deep" / "report.json"
    assert command("--scenario", "group-fresh", "--seed", "7", "--json", str(path))[0] == 0
    document = json.loads(path.read_text(encoding="utf-8"))
    assert (document["command"], document["seed"], document["target"]["evidence"]) == ("verify", 7, "reference")
    assert document["summary"]["scenarios"] == 1
    code, out, err = command("--scenario", "group-fresh", "--json", "-")
    assert (code, json.loads(out)["findings"]) == (0, [])
    assert "no violation" in err


def test_scenarios_are_listed():
    """--list does nothing else."""
    code, out, _ = command("--list", environ={})
    assert code == 0
    assert "shard-unknown" in out
    assert "generated-sequences" in out


def test_an_endpoint_that_conforms(reference):
    """Over a socket, with a temporary key from the environment, nothing is found and nothing is left."""
    endpoint, url = reference
    names = [word for name in ("token-v4", "group-named-in-chinese", "form-go") for word in ("--scenario", name)]
    code, out, _ = command("--endpoint", url, *PLACE, *names, environ={**ENVIRON, **STS})
    assert code == 0, out
    assert groups(url) == b"[]"
    assert {request.host for request in endpoint.requests} >= {"my-project." + url.removeprefix("http://")}


def test_an_endpoint_that_does_not(reference):
    """A violation gives 1, the clause, the fix, and the command that shows the requests."""
    endpoint, _ = reference

    def no_filter(request):
        response = endpoint(request)
        body = response.body.replace(b'"shard":1', b'"shard":0')
        return response.replace(body=body)

    with serve(no_filter) as server:
        words = ("--endpoint", server.url, *PLACE, "--scenario", "each-shard-given")
        code, out, _ = command(*words)
        requests = command(*words, "--verbose")[1]
    assert code == 1
    assert "SLS211 shard-filter (violation)" in out
    assert "How to fix:" in out
    assert "curl -sSi -X GET" not in out
    assert "curl -sSi -X GET" in requests
    place = "--project my-project --logstore my-logstore --region cn-hangzhou"
    assert (
        f"again: sls-contract verify --endpoint {server.url} {place} --scenario each-shard-given --seed 0 --verbose"
        in out
    )


@pytest.mark.parametrize(
    ("scenario", "permission"),
    [
        ("get-cursor-of-times", "--write-logs"),
        ("put-logs-at-once", "--write-logs"),
        ("shard-split", "--change-shards"),
    ],
)
def test_what_stays_is_written_only_where_that_was_allowed(reference, scenario, permission):
    """An endpoint that is not ours keeps its logstores as they are; what is not proven so is said."""
    endpoint, url = reference
    before = len(endpoint.requests)
    words = ("--endpoint", url, *PLACE, "--other-logstore", "other", "--scenario", scenario, "--examples", "0")
    code, out, _ = command(*words)
    assert code == 2
    assert f"allow it with {permission} ({scenario})" in out
    assert not any(request.method == "POST" and "/shards/" in request.url for request in endpoint.requests[before:])
    code, out, _ = command(*words, permission)
    assert code == 0
    assert any(request.method == "POST" and "/shards/" in request.url for request in endpoint.requests[before:])


def test_what_needs_a_long_time_is_said_where_the_clock_cannot_be_set(reference):
    """Nobody waits minutes for a timeout to be over; the endpoint that we start has a clock that we set."""
    _, url = reference
    words = ("--scenario", "heartbeat-in-time", "--examples", "0")
    assert "the clock of this endpoint cannot be set" in command("--endpoint", url, *PLACE, *words)[1]
    assert command(*words)[0] == 0


def test_each_operation_says_what_was_shown_of_it():
    """Scenarios, clauses and errors by operation, in the text and in the report."""
    _, out, _ = command("--scenario", "get-cursor-nowhere", "--examples", "0", "--json", "-")
    (told,) = json.loads(out)["operations"]
    assert told["operation"] == "GetCursor"
    assert (told["passed"], told["scenarios"]) == (1, 1)
    assert told["proven"] == ["SLS442", "SLS443"]
    assert told["errors"] == ["LogStoreNotExist"]
    assert "LogStoreWithoutShard: needs a logstore without shards, which no request makes" in told["missing"]


def test_a_report_that_cannot_be_written_loses_no_violation(reference):
    """A full disk takes neither what was found nor the exit code that says so; without a violation it is the error."""
    endpoint, url = reference

    def nameless(request):
        response = endpoint(request)
        return response.replace(headers=response.headers.without("x-log-requestid"))

    words = (*PLACE, "--scenario", "group-fresh", "--json", "/dev/full")
    with serve(nameless) as server:
        code, out, err = command("--endpoint", server.url, *words)
    assert code == 1
    assert "SLS251" in out
    assert "cannot write the report to /dev/full" in err
    with pytest.raises(UsageError, match="/dev/full"):
        command("--endpoint", url, *words)


def test_warnings_fail_only_where_asked(reference):
    """A key that no page names is a warning."""
    endpoint, _ = reference

    def adds_a_key(request):
        response = endpoint(request)
        body = response.body.replace(b',"consumer"', b',"added":1,"consumer"')
        return response.replace(body=body, headers=response.headers.with_field("Content-Length", str(len(body))))

    with serve(adds_a_key) as server:
        words = ("--endpoint", server.url, *PLACE, "--scenario", "group-fresh")
        assert command(*words)[0] == 0
        assert command(*words, "--strict")[0] == 1


def test_nothing_judged_is_no_success(reference):
    """A run in which nothing could be proven gives 2."""
    _, url = reference
    code, out, _ = command("--endpoint", url, *PLACE, "--scenario", "many-shards")
    assert code == 2
    assert "nothing could be judged" in out


@pytest.mark.parametrize(
    ("words", "environ", "says"),
    [
        (("--scenario", "group-fersh"), {}, "Did you mean group-fresh"),
        (("--scenario", "zzz"), {}, "--list shows all"),
        (("--endpoint", "http://127.0.0.1:1", "--project", "p"), ENVIRON, "missing: --logstore. How"),
        (("--endpoint", "http://127.0.0.1:1", *PLACE), {}, "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        (("--endpoint", "http://127.0.0.1:1/path", *PLACE), ENVIRON, "more than scheme, host and port"),
        (("--endpoint", "https://sls.example", *PLACE), ENVIRON, "pass --yes"),
        (
            ("--endpoint", "http://127.0.0.1:1", *PLACE),
            {**ENVIRON, "SLS_CONTRACT_STS_ACCESS_KEY_ID": "x"},
            "SLS_CONTRACT_STS_ACCESS_KEY_SECRET, SLS_CONTRACT_STS_SECURITY_TOKEN is not set",
        ),
        (("--rate", "-1"), {}, "--rate must be"),
        (("--rate", "nan"), {}, "--rate must be"),
        (("--timeout", "0"), {}, "above 0"),
        (("--timeout", "inf"), {}, "at most 86400"),
    ],
)
def test_usage_errors_name_the_mend(words, environ, says):
    """What is wrong with the arguments is told before anything is sent."""
    with pytest.raises(UsageError, match=says):
        command(*words, environ=environ)


def test_a_service_far_away_is_not_touched_without_consent():
    """The plan is shown; whoever does not say yes has done nothing."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    parser = argparse.ArgumentParser()
    verify.configure(parser.add_subparsers(dest="command"))
    arguments = parser.parse_args(["verify", "--endpoint", "https://sls.example", *PLACE])
    err = io.StringIO()
    with pytest.raises(UsageError, match="nothing was done"):
        arguments.run(arguments, Console(ENVIRON, Terminal("n\n"), io.StringIO(), err))
    assert "sls-contract-*" in err.getvalue()
    assert "my-logstore" in err.getvalue()


def test_consent_is_a_yes(monkeypatch):
    """--yes, or a typed yes, goes on; here to a name that nobody resolves."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("NO_PROXY", "*")
    for words, typed in ((["--yes"], ""), ([], "yes\n")):
        parser = argparse.ArgumentParser()
        verify.configure(parser.add_subparsers(dest="command"))
        arguments = parser.parse_args(["verify", "--endpoint", "http://sls.invalid", *PLACE, *words])
        with pytest.raises(EndpointError, match="cannot be resolved"):
            arguments.run(arguments, Console(ENVIRON, Terminal(typed), io.StringIO(), io.StringIO()))


def test_examples_are_counted_from_zero(capsys):
    """A negative number of examples is refused by name."""
    with pytest.raises(SystemExit):
        command("--examples", "-1")
    assert "must be 0 or more" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_stops_before_the_run(tmp_path):
    """Where recordings cannot be written, nothing is sent."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="--record: cannot make"):
        command("--record", str(tmp_path / "file" / "players"))


@pytest.mark.slow
def test_a_violation_outweighs_an_interruption(reference):
    """Whoever interrupts a run after a violation was found still gets 1."""
    endpoint, _ = reference
    count = [0]

    def interrupted(request):
        count[0] += 1
        response = endpoint(request)
        return response.replace(headers=response.headers.without("x-log-requestid"))

    with serve(interrupted) as server:
        words = [sys.executable, "-c", SCRIPT, "verify", "--endpoint", server.url, *PLACE, "--rate", "60"]
        process = subprocess.Popen(words, env={**os.environ, **ENVIRON}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while count[0] < 10:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"SLS251" in out


def test_nobody_there():
    """An endpoint that is not there is an error with a fix, no traceback."""
    with pytest.raises(EndpointError, match="nothing accepts connections"):
        command("--endpoint", "http://127.0.0.1:1", *PLACE)


def test_recordings_are_cassettes(tmp_path, reference):
    """Each scenario becomes a cassette that loads, says what it proves, and holds the exchanges in order."""
    _, url = reference
    names = ("--scenario", "group-advanced", "--scenario", "many-shards")
    words = ("--endpoint", url, *PLACE, *names, "--record", str(tmp_path / "players"))
    assert command(*words)[0] == 0
    assert [path.name for path in (tmp_path / "players").iterdir()] == ["group-advanced.sls.yaml"]
    cassette = load_cassette(tmp_path / "players" / "group-advanced.sls.yaml")
    methods = " ".join(exchange.request.method for exchange in cassette.exchanges)
    assert methods == "POST POST POST GET POST GET GET"
    assert str(cassette.evidence) == "reference"


SCRIPT = """
import sys
from sls_contract import cli
cli.COMMANDS = ("verify",)
sys.argv[0] = "sls-contract"
cli.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "code"), [full(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_run_cleanly(sent, code, reference):
    """Ctrl-C and TERM end with their codes, after the groups were deleted, with the report of what was done."""
    endpoint, url = reference
    words = [sys.executable, "-c", SCRIPT, "verify", "--endpoint", url, *PLACE, "--rate", "60"]
    process = subprocess.Popen(words, env={**os.environ, **ENVIRON}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    waited = time.monotonic() + 30
    while len(endpoint.requests) < 25 and time.monotonic() < waited:
        time.sleep(0.02)
    process.send_signal(sent)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err.decode()
    assert b"the run is incomplete" in out
    assert b"Traceback" not in err
    assert groups(url) == b"[]"


@pytest.mark.parametrize(
    ("name", "peer", "evidence"),
    [
        ("cn-hangzhou.log.aliyuncs.com", "203.0.113.7", "live"),
        ("cn-hangzhou.log.aliyuncs.com", "127.0.0.1", "reference"),
        ("gateway.example.com", "203.0.113.7", "reference"),
    ],
)
def test_only_the_real_name_at_a_real_address_is_live(name, peer, evidence):
    """A double on this machine under the service's name proves what any other endpoint does."""
    transport = open_transport(f"https://{name}")
    transport.reached.add(peer)
    assert verify._evidence(transport) == evidence
    transport.reached.add("::1")
    assert verify._evidence(transport) == "reference"


def test_an_endpoint_that_was_never_reached_proves_nothing_live():
    """The name alone is no evidence."""
    assert verify._evidence(open_transport("https://cn-hangzhou.log.aliyuncs.com")) == "reference"
