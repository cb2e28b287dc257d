"""A whole plan, carried out with clients of a few lines."""

from __future__ import annotations

import os
import sys
import textwrap
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sls_contract.errors import UsageError
from sls_contract.exercise import SITUATIONS, Plan, Runner
from sls_contract.exercise.summary import as_report, document, lines
from sls_contract.reports.command_line import CommandLine

ASK = """
import json, os, sys
from datetime import datetime, timezone
from http.client import HTTPConnection
from urllib.parse import quote
from sls_contract import Credentials, Request, sign

env = os.environ
key = Credentials(env["ALIBABA_CLOUD_ACCESS_KEY_ID"], env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
                  env.get("ALIBABA_CLOUD_SECURITY_TOKEN"))
shard = "?shard=" + env["SLS_SHARD"] if env["SLS_SHARD"] else ""
url = "http://{SLS_PROJECT}.{SLS_ENDPOINT}/logstores/{SLS_LOGSTORE}/consumergroups/".format(**env)
request = Request("GET", url + quote(env["SLS_CONSUMER_GROUP"]) + shard, [("x-log-apiversion", "0.6.0")])
request = sign(request, key, scheme=env["SLS_AUTH"], at=datetime.now(timezone.utc))


def ask():
    connection = HTTPConnection(env["SLS_LOOPBACK"], timeout=20)
    connection.request("GET", request.target, headers={"Host": request.host, **dict(request.headers)})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


"""


def client(tmp_path, code: str) -> tuple[str, ...]:
    path = tmp_path / "客户端 1.py"
    path.write_text(ASK + textwrap.dedent(code), encoding="utf-8")
    return sys.executable, str(path)


def exercise(command, *scenarios, **settings):
    plan = Plan(command, scenarios, **settings)
    runner = Runner(plan, os.environ, lambda: datetime.now(UTC))
    return plan, runner()


def slugs(run) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for performed in run.performed:
        for each in performed.findings:
            found.setdefault(performed.situation.name, set()).add(each.finding.slug)
    return found


RIGHT = """
status, document = ask()
if status == 200:
    sys.exit(print(json.dumps(document)))
print(json.dumps({"errorCode": document["errorCode"], "status": status}))
sys.exit(1)
"""


@pytest.mark.slow
def test_a_right_client_in_every_way_to_sign(tmp_path):
    """Documented successes are run four times each, everything else once, in the order of the table."""
    names = ("shard-given", "shard-omitted", "error-404-log-store-not-exist")
    plan, run = exercise(client(tmp_path, RIGHT), *reversed(names))
    done = [(each.situation.name, str(each.auth), each.verdict) for each in run.performed]
    ways = ("v1", "v1-sts", "v4", "v4-sts")
    assert done == [
        *(("shard-given", way, "passed") for way in ways),
        *(("shard-omitted", way, "passed") for way in ways),
        ("error-404-log-store-not-exist", "v1", "passed"),
    ]
    assert (run.violated(strict=True), run.judged(), run.incomplete) == (False, 9, "")
    assert list(lines(run, plan))[-1] == "9 exchanges, 9 runs judged: no violation, 0 warnings"


def test_a_client_without_v1_is_run_in_v4(tmp_path):
    """It says 77 for v1; every other scenario is run in the scheme that it knows."""
    command = client(tmp_path, 'if env["SLS_AUTH"] == "v1": sys.exit(77)\n' + RIGHT)
    plan, run = exercise(command, "shard-given", "error-404-log-store-not-exist")
    verdicts = {(each.situation.name, str(each.auth)): each.verdict for each in run.performed}
    assert verdicts == {
        ("shard-given", "v1"): "not supported",
        ("shard-given", "v1-sts"): "not supported",
        ("shard-given", "v4"): "passed",
        ("shard-given", "v4-sts"): "passed",
        ("error-404-log-store-not-exist", "v4"): "passed",
    }
    assert as_report(run).not_supported == ["shard-given (v1)", "shard-given (v1-sts)"]
    told = "\n".join(lines(run, plan))
    assert "not supported by this client:\n  v1: shard-given\n  v1-sts: shard-given" in told


@pytest.mark.slow
def test_findings_are_told_once_with_all_that_share_them(tmp_path):
    """Text, and JSON with each of them."""
    command = client(tmp_path, "sys.stderr.write('意外\\n'); print('[]') if ask() else 0")
    plan, run = exercise(command, "shard-given", "html-404", "error-404-log-store-not-exist", schemes=("v1",), seed=7)
    assert slugs(run) == {
        "shard-given": {"entry-dropped"},
        "html-404": {"error-line-missing"},
        "error-404-log-store-not-exist": {"silent-success"},
    }
    told = "\n".join(lines(run, plan))
    assert "  also in: shard-given (v1-sts)" in told
    assert "  | 意外" in told
    assert told.count("SLS502 error-line-missing") == told.count("SLS521 silent-success") == 1
    assert told.index("SLS521 silent-success") < told.index("SLS502 error-line-missing")  # the gravest first
    again = "  again: sls-contract exercise --seed 7 --auth v1 --scenario shard-given -- "
    assert f"{again}{sys.executable} '" in told
    command_line = CommandLine(("sls-contract", "exercise"), {"timeout": ("--timeout", "5")})
    shorter = "\n".join(lines(run, replace(plan, command_line=command_line)))
    assert again.replace("--seed 7", "--timeout 5 --seed 7") in shorter
    report = document(run, plan, "1.2.3")
    assert [(each["slug"], each["scenario"], each["auth"]) for each in report["findings"]] == [
        ("entry-dropped", "shard-given", "v1"),
        ("entry-dropped", "shard-given", "v1-sts"),
        ("silent-success", "error-404-log-store-not-exist", "v1"),
        ("error-line-missing", "html-404", "v1"),
    ]
    assert report["client"] == list(command)
    assert report["summary"]["violations"] == 3
    assert [each["verdict"] for each in report["outcomes"]] == ["failed", "failed", "failed", "passed"]
    assert {each["said"] for each in report["outcomes"]} == {"[]", ""}
    assert run.violated()


@pytest.mark.slow
def test_a_finding_about_a_request_names_the_request(tmp_path):
    """The second one went without the version."""
    command = client(
        tmp_path,
        'ask(); request = request.replace(headers=request.headers.without("x-log-apiversion")); ask(); sys.exit(1)',
    )
    plan, run = exercise(command, "error-404-log-store-not-exist")
    assert slugs(run)["error-404-log-store-not-exist"] >= {"api-version", "signature-wrong"}
    told = "\n".join(lines(run, plan))
    assert "SLS107 api-version (violation)\n  in error-404-log-store-not-exist (v1) exchange 2 at" in told


def test_retries_and_time_are_facts(tmp_path):
    """Counted for each scenario; shared ones are told on one line."""
    command = client(
        tmp_path,
        """
        for _ in range(3):
            status, document = ask()
            if status < 500:
                break
        """
        + textwrap.indent(RIGHT.replace("status, document = ask()\n", ""), "        "),
    )
    plan, run = exercise(command, "failure-twice", "failure-once", "error-503-server-busy", "late")
    assert not run.violated(strict=True)
    facts = {(each["scenario"], each["fact"]): each["value"] for each in as_report(run).facts}
    assert facts["failure-twice", "requests"] == facts["error-503-server-busy", "requests"] == 3
    assert facts["failure-once", "requests"] == 2
    assert facts["late", "seconds"] >= 2
    assert "  sent 3 requests: error-503-server-busy, failure-twice" in list(lines(run, plan))


def test_a_host_that_is_not_the_services_gets_502_and_is_named(tmp_path):
    """A client that calls home through the proxy; with the key in the call it is a violation."""
    call = """
    import urllib.error, urllib.request
    headers = {"X-Key": key.access_key_id} if env["SLS_AUTH"] == "v4" else {}
    try:
        urllib.request.urlopen(urllib.request.Request("http://telemetry.example/v1", b"up", headers), timeout=10)
    except urllib.error.HTTPError as refused:
        assert refused.code == 502
    """
    command = client(tmp_path, textwrap.dedent(call) + RIGHT)
    plan, run = exercise(command, "error-404-log-store-not-exist", schemes=("v1",))
    assert slugs(run) == {}
    assert "  sent a request to telemetry.example: error-404-log-store-not-exist" in list(lines(run, plan))
    _, run = exercise(command, "error-404-log-store-not-exist", schemes=("v4",))
    assert slugs(run) == {"error-404-log-store-not-exist": {"key-sent-elsewhere"}}


@pytest.mark.slow
def test_a_redirect_elsewhere_is_met_with_a_token_where_the_client_knows_them(tmp_path):
    """Some libraries drop Authorization on the way, and keep the token."""
    _, run = exercise(client(tmp_path, "print(json.dumps({})) or sys.exit(1)"), "redirect-elsewhere")
    assert [str(each.auth) for each in run.performed] == ["v1-sts"]
    plain = 'sys.exit(77 if key.security_token or env["SLS_AUTH"] == "v1" else 1)'
    _, run = exercise(client(tmp_path, plain), "redirect-elsewhere")
    assert [str(each.auth) for each in run.performed] == ["v4"]


@pytest.mark.slow
def test_hangs_and_endless_retries_end_with_their_time(tmp_path):
    """Silent or still sending: two clauses, and no process is left."""
    silent = client(tmp_path, "import time; ask(); time.sleep(60)")
    _, run = exercise(silent, "error-404-log-store-not-exist", timeout=2.0)
    assert slugs(run) == {"error-404-log-store-not-exist": {"hang"}}
    restless = client(tmp_path, "import time\nwhile True: ask(); time.sleep(0.1)")
    _, run = exercise(restless, "error-404-log-store-not-exist", timeout=2.0)
    assert slugs(run) == {"error-404-log-store-not-exist": {"unbounded-retries"}}


def test_a_command_that_cannot_be_run_ends_the_run(tmp_path):
    """At once, with what it said."""
    command = ("sh", "-c", "echo no such thing >&2; exit 127")
    plan, run = exercise(command, "shard-given", "shard-omitted", jobs=1)
    assert len(run.performed) == 1
    assert "exit code 127" in run.incomplete
    assert "no such thing" in run.incomplete
    assert list(lines(run, plan))[-1].endswith("nothing could be judged")
    assert as_report(run).facts[-1]["fact"] == "incomplete"
    with pytest.raises(UsageError, match="cannot run"):
        exercise(("/no/such/program",), "shard-given")


@pytest.mark.slow
def test_one_crash_before_asking_does_not_end_the_run(tmp_path):
    """Where other runs went well the rest is judged, and the run is incomplete."""
    code = 'import os\nif env["SLS_SHARD"] == "2": os.kill(os.getpid(), 11)\n' + RIGHT
    _, run = exercise(
        client(tmp_path, code), "shard-given", "another-shard-given", "shard-omitted", schemes=("v1",), jobs=1
    )
    assert [each.verdict for each in run.performed] == ["passed"] * 2 + ["could not run"] * 2 + ["passed"] * 2
    assert "signal 11" in run.incomplete


@pytest.mark.slow
def test_an_interruption_keeps_what_was_found_and_leaves_no_process(tmp_path):
    """Whoever interrupts finds every run that was done."""
    marks = tmp_path / "pids"
    marks.mkdir()
    code = f"""
        import os, time
        open({str(marks)!r} + "/" + str(os.getpid()), "w")
        print(json.dumps(ask()[1]), flush=True)
        time.sleep(60 if env["SLS_SHARD"] == "2" else 0)
        """
    plan = Plan(client(tmp_path, code), ("shard-given", "another-shard-given"), ("v1",), jobs=2)

    def interrupt(done: int, of: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    runner = Runner(plan, os.environ, lambda: datetime.now(UTC), interrupt)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        runner()
    assert time.monotonic() - begun < 30
    assert [each.situation.name for each in runner.run.performed] == ["shard-given", "shard-given"]
    for pid in map(int, (path.name for path in marks.iterdir())):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert not [each for each in threading.enumerate() if each.name.startswith("sls-contract-")]


def test_a_mistake_of_ours_is_not_taken_for_the_clients(tmp_path):
    """A clock that fails makes the run fail, with its reason."""
    runner = Runner(Plan(client(tmp_path, RIGHT), ("shard-given",), ("v1",)), os.environ, datetime.now)
    with pytest.raises(UsageError, match="aware"):
        runner()


def test_a_plan_without_names_runs_everything():
    """Successes for each way to sign, the rest once."""
    plan = Plan(("x",), schemes=("v1",))
    assert len(plan.tasks()) == len(SITUATIONS) + sum(each.multiplied for each in SITUATIONS.values())
    assert len(Plan(("x",)).tasks()) == len(SITUATIONS) + 3 * sum(each.multiplied for each in SITUATIONS.values())
