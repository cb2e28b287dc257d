"""``verify --only``, ``--skip`` and ``--group``: parts of a contract, and what a report says of the rest."""

from __future__ import annotations

import base64
import io
import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from broken_endpoints.harness import correct, is_read, target, verify, with_document

from sls_contract.cli import verify as verify_command
from sls_contract.cli.parser import Parser
from sls_contract.cli.terminal import Console
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.errors import EndpointError, UsageError
from sls_contract.scenarios import SCENARIOS
from sls_contract.scenarios.wire_forms import WIRE_FORMS
from sls_contract.signing import TEST_CREDENTIALS
from sls_contract.verification import Plan, Selection
from sls_contract.verification.existing_group import read_only
from sls_contract.verification.plan import ABOUT
from sls_contract.verification.summary import lines

ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": TEST_CREDENTIALS.access_key_id,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": TEST_CREDENTIALS.access_key_secret,
}
PLACE = ("--project", "my-project", "--logstore", "my-logstore")


def command(*words: str) -> tuple[int, str]:
    parser = Parser(prog="sls-contract")
    verify_command.configure(parser.add_subparsers())
    arguments = parser.parse_args(["verify", *map(str, words)])
    out = io.StringIO()
    code = arguments.run(arguments, Console(ENVIRON, io.StringIO(), out, io.StringIO()))
    return code, out.getvalue()


def two_bugs(real):
    """Break two clauses in every response to a read: the unit of times, and the id of requests."""

    def send(request):
        response = real(request)
        if not is_read(request):
            return response
        response = response.replace(headers=response.headers.without("x-log-requestid"))
        if response.status != 200:
            return response
        entries = json.loads(response.body)
        return with_document(response, [{**each, "updateTime": each["updateTime"] // 10**6} for each in entries])

    return send


@pytest.fixture
def reference():
    """Serve a logstore with a consumer group that has a checkpoint; give the endpoint and its URL."""
    logstores = {("my-project", "my-logstore"): 3, ("my-project", "my-logstore-other"): 2}
    endpoint = ReferenceEndpoint(lambda: datetime.now(UTC), logstores=logstores)
    endpoint.create_consumer_group("订单 orders")
    endpoint.set_checkpoint("订单 orders", 1, "MTIz")
    with serve(endpoint) as server:
        yield endpoint, server.url


@pytest.mark.slow
def test_two_bugs_fit_on_a_screen():
    """Hundreds of findings are two: each named with how often, one place in full, and a way to repeat it."""
    run = verify(two_bugs(correct()), *(name for name in SCENARIOS if name.startswith(("near", "shard", "update"))))
    told = list(lines(run, target(), columns=80))
    assert len(run.located) > 100
    assert sum(-(-len(line) // 80) or 1 for line in told) < 24
    text = "\n".join(told)
    assert text.count("SLS204 update-time-unit (violation), ") == text.count("SLS251 request-id (violation), ") == 1
    assert " more\n" in text
    assert sum(line.startswith("SLS") for line in lines(run, target(), verbose=True)) == len(run.located)


@pytest.mark.slow
def test_a_part_is_judged_and_the_rest_recorded_as_not_judged(reference, tmp_path):
    """--only and --skip take areas and clauses, by code or slug; every report says what they left out."""
    endpoint, _ = reference
    paths = [tmp_path / name for name in ("a.json", "a.xml", "a.md", "a.sarif")]
    reports = [f"--report={path}" for path in paths]
    words = ("--only", "groups,shards", "--skip", "shards,update-time-unit", "--skip", "sls251", *reports)
    with serve(two_bugs(endpoint)) as server:
        code, out = command("--endpoint", server.url, *PLACE, *words)
    assert code == 0, out
    document = json.loads(paths[0].read_text("utf-8"))
    assert {each["area"] for each in document["outcomes"]} == {"groups"}
    left_out = document["not_judged"]
    assert {"shards (5 scenarios)", "SLS204 update-time-unit", "SLS251 request-id"} <= set(left_out)
    assert left_out[:2] == ["SLS204 update-time-unit", "SLS251 request-id"]
    named = re.search(r"not judged, left out by --only or --skip: (.*)", out)[1]
    assert named == f"{', '.join(left_out[:3])} and {len(left_out) - 3} more"  # the reports have all
    skipped = {case.get("name") for case in ET.fromstring(paths[1].read_text("utf-8")).iter("testcase") if len(case)}
    assert skipped >= set(left_out)
    assert "**Not judged**" in paths[2].read_text("utf-8")
    assert json.loads(paths[3].read_text("utf-8"))["runs"][0]["properties"]["not_judged"] == left_out


@pytest.mark.slow
def test_why_scenarios_prove_nothing_leaves_the_screen_to_findings(reference):
    """With findings, the areas are named in a line; --verbose gives the reasons."""
    endpoint, _ = reference
    words = ("--only", "isolation")
    with serve(two_bugs(endpoint)) as server:
        out = command("--endpoint", server.url, *PLACE, *words)[1]
        full = command("--endpoint", server.url, *PLACE, *words, "--verbose")[1]
    with serve(endpoint) as server:
        good = command("--endpoint", server.url, *PLACE, *words)[1]
    assert "not provable: isolation " in out
    assert "--other-logstore" not in out
    assert "--other-logstore" in full
    assert "--other-logstore" in good


@pytest.mark.slow
def test_one_clause_is_judged_alone(reference):
    """A clause that every response can break is judged in every scenario, and nothing else is."""
    endpoint, _ = reference
    with serve(two_bugs(endpoint)) as server:
        code, out = command("--endpoint", server.url, *PLACE, "--only", "SLS251,groups,listshards")
    assert code == 1
    assert "SLS251" in out
    assert "SLS204" not in out
    assert "every clause but SLS251 request-id" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--only", "group"), "Did you mean groups?"),
        (("--skip", "SLS2044"), "Did you mean SLS204"),
        (("--skip", "request_id"), "Did you mean request-id"),
        (("--only", "anything"), "Areas are "),
        (("--skip", "SLS601"), "a clause about responses or behaviour"),
        (("--only", "groups", "--skip", "groups"), "leave nothing to judge"),
        (("--scenario", "group-fresh", "--skip", "groups"), "leave nothing to judge"),
        (("--group", "orders"), "--group needs --endpoint"),
    ],
)
def test_what_cannot_be_selected_is_refused(words, told):
    """Before anything is sent, with the nearest names: a run that judges nothing is no success."""
    with pytest.raises(UsageError) as refusal:
        command(*words)
    assert told in str(refusal.value)


def test_a_scenario_is_left_out_with_all_the_clauses_that_it_proves():
    """Where some of them remain, it is carried out."""
    everything = ABOUT.values()
    area, proves = next(each for each in everything if len(each[1]) > 1)
    some, all_of_them = (
        Plan(selection=Selection.of((), (",".join(codes),), everything)) for codes in (proves[:1], proves)
    )
    name = next(name for name, each in ABOUT.items() if each == (area, proves))
    assert (some.wants(name), all_of_them.wants(name)) == (True, False)


@pytest.mark.slow
def test_an_existing_group_is_only_read(reference):
    """Dozens of scenarios are judged with GET alone; no group comes, goes or changes."""
    endpoint, url = reference
    words = ("--group", "订单 orders", "--other-logstore", "my-logstore-other", "--write-logs", "--change-shards")
    code, out = command("--endpoint", url, *PLACE, *words)
    assert code == 0, out
    assert {request.method for request in endpoint.requests} == {"GET"}
    read = [each for each in endpoint.requests if "%E8%AE%A2%E5%8D%95%20orders" in each.url]
    assert len(read) > 50
    passed = next(line for line in out.splitlines() if line.startswith("passed: "))
    assert "near misses 3" in passed
    assert re.search("ListConsumerGroup [1-9].*GetCursor [1-9].*PullLogs [1-9].*ListShards [1-9]", passed)
    assert "needs writes or several groups, and --group only reads one (" in out


def test_reads_of_every_client_and_key_are_left_to_an_existing_group():
    """What is written beside stands in scenarios of its own: else nothing of these could be judged with --group."""
    reading = [
        name for name, each in SCENARIOS.items() if name.startswith(("form-", "token-")) and "writes" not in name
    ]
    assert {name for name in reading if read_only(SCENARIOS[name]) is None} == set()
    assert all(f"form-{form}" in reading for form in WIRE_FORMS)


def test_a_group_that_others_write_to_is_judged_by_what_does_not_move(reference):
    """A checkpoint that moves between two reads is no finding; a unit of time that is wrong is one."""
    endpoint, _ = reference
    count = iter(range(10**6))

    def moves(request):
        endpoint.set_checkpoint("订单 orders", 1, base64.b64encode(b"%d" % next(count)).decode())
        return endpoint(request)

    with serve(moves) as server:
        assert command("--endpoint", server.url, *PLACE, "--group", "订单 orders", "--only", "shards")[0] == 0
    with serve(two_bugs(endpoint)) as server:
        code, out = command("--endpoint", server.url, *PLACE, "--group", "订单 orders", "--only", "shards")
    assert (code, "SLS204" in out, "--group '订单 orders'" in out) == (1, True, True)


def test_a_group_that_is_not_there_is_an_error(reference):
    """It is not made."""
    endpoint, url = reference
    with pytest.raises(EndpointError, match="has no consumer group 'none'"):
        command("--endpoint", url, *PLACE, "--group", "none")
    assert {request.method for request in endpoint.requests} == {"GET"}
