"""Names of others in responses of the live service: hidden or told, and in replay the requests match."""

import json
from datetime import UTC, datetime

import pytest
import requests

from sls_contract.cassettes.audit import AuditSettings, audit
from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.matching import IN_CODE, IN_PYTEST
from sls_contract.cassettes.recording import Evidence
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.scrub.others import merged_rename_lines
from sls_contract.cassettes.session import Session
from sls_contract.cassettes.session_settings import Opening
from sls_contract.exchange import Request, Response
from sls_contract.signing import TEST_CREDENTIALS, Credentials, sign, verify_signature

AT = datetime(2026, 11, 23, tzinfo=UTC)
KEY = Credentials("LTAI5tAbCdEfGhIjKlMnOpQr", "kEy0123456789SecretSecretSecre")
BASE = "https://my-project.cn-hangzhou.log.aliyuncs.com"
GROUPS = f"{BASE}/logstores/my-logstore/consumergroups"
REAL = ("billing-readers", "fraud.team", "42", "order")
RESPONSES = {
    "GET /logstores": {"count": 3, "logstores": ["my-logstore", "salaries", "my-own-logstore"]},
    "GET /": {"projects": [{"projectName": "acme-payroll", "region": "cn-hangzhou"}, {"projectName": "my-project"}]},
    "GET /logstores/my-logstore/consumergroups": [
        {"name": name, "order": True, "timeout": 60} for name in (*REAL, "made-here", "consumer_group_test")
    ],
}


def service(request):
    """Respond as a shared logstore does, whose groups are read by others."""
    key = f"{request.method} {request.path}"
    if key in RESPONSES:
        response = RESPONSES[key]
    elif request.method == "GET":
        group = request.path.rpartition("/")[2]
        response = [{"shard": 0, "checkpoint": "", "updateTime": 0, "consumer": f"host-7-of-{group}"}]
    else:
        response = None
    body = json.dumps(response).encode() if response is not None else b""
    headers = {"Content-Type": "application/json", "x-log-requestid": "6922B0B0F0F0F0F0F0F0F0F0"}
    return Response(200, {**headers, "Content-Length": str(len(body)), "Date": "Mon, 23 Nov 2026 00:00:00 GMT"}, body)


def asked(method, url, key, body=b""):
    """Send a signed request with requests; return the parsed response."""
    request = sign(Request(method, url, {"Content-Type": "application/json"} if body else {}, body), key, at=AT)
    response = requests.request(method, url, headers=dict(request.headers), data=request.body, timeout=60)
    return response.json() if response.content else None


def reads_of_others(key):
    """Make a group, list all, and read the checkpoints of each: names of others go back into requests."""
    asked("POST", GROUPS, key, b'{"consumerGroup":"made-here","timeout":60,"order":false}')
    names = [group["name"] for group in asked("GET", GROUPS, key)]
    consumers = [asked("GET", f"{GROUPS}/{name}?shard=0", key)[0]["consumer"] for name in names]
    return names, consumers, asked("GET", f"{BASE}/logstores", key), asked("GET", f"{BASE}/", key)


def session(path, record, *, evidence=Evidence.LIVE, hide=True, key=KEY, remedies=IN_PYTEST):
    """Return a session as the plugin opens it."""
    scrubber = Scrubber(
        [key], hide_names=hide, own_names=["my-own-logstore"], renames={"x-real": "consumer_group_test"}
    )
    return Session(
        Opening(
            path=path,
            record=record,
            scrubber=scrubber,
            owns=host_rule(),
            clock=lambda: AT,
            began=AT,
            credentials=key,
            send=service if record != "none" else None,
            evidence=evidence,
            remedies=remedies,
        )
    )


def run(opened, key=KEY):
    """Run the client under a session; return what it got, and the findings about names."""
    opened.start()
    try:
        got = reads_of_others(key)
    finally:
        opened.close()
    return got, [breach.finding for breach in opened.results.breaches if breach.finding.code == "SLS612"]


def about_names(path):
    """Return what `check` finds of names."""
    found = audit(path, AuditSettings(AT))
    return [breach.finding for breach in found.results.breaches if breach.finding.code == "SLS612"]


def test_names_of_others_are_hidden_and_replay_matches(tmp_path):
    """The client gets the real names; the file holds public ones, in responses and in later requests, signed anew."""
    path = tmp_path / "live.sls.yaml"
    (names, consumers, *_), told = run(session(path, "all"))
    assert names[:2] == list(REAL[:2])
    text = path.read_text()
    for real in ("billing-readers", "fraud.team", "salaries", "acme-payroll"):
        assert real not in text, real
    for kept in ("made-here", "consumer_group_test", "my-own-logstore", "my-project", "cn-hangzhou"):
        assert kept in text, kept
    assert "consumergroups/other-group-1?shard=0" in text
    assert "host-7-of-billing" not in text
    # what cannot be replaced everywhere is told: a number and a word of the protocol
    assert {line.strip() for one in told for line in one.how_to_fix.splitlines()[2:]} == {
        "42=other-group-3", "order=other-group-4",
    }  # fmt: skip
    played, _ = run(session(path, "none", key=TEST_CREDENTIALS), TEST_CREDENTIALS)
    assert played[0][:2] == ["other-group-1", "other-group-2"]
    assert played[1][0] == "other-consumer-1"
    assert len(played[1]) == len(consumers)


def test_requests_with_hidden_names_verify(tmp_path):
    """A request whose name was replaced is signed with the public test key over what is written."""
    from sls_contract import load_cassette

    path = tmp_path / "live.sls.yaml"
    run(session(path, "all"))
    for exchange in load_cassette(path).exchanges:
        assert verify_signature(exchange.request, TEST_CREDENTIALS) is None


def test_names_that_are_not_hidden_are_told_with_the_lines_that_hide_them(tmp_path):
    """Each response with names of others is a warning, while recording and in `check`; pasted, the lines hide them."""
    path = tmp_path / "live.sls.yaml"
    _, told = run(session(path, "all", hide=False))
    assert str(told[0].level) == "warning"
    assert "group billing-readers" in told[0].actual
    assert "made-here" not in told[0].actual
    assert "\nsls_rename =\n    billing-readers=other-group-1\n" in told[0].how_to_fix
    checked = about_names(path)
    assert "--rename to sls-contract proxy" in checked[0].how_to_fix  # a file does not say what recorded it
    lines_of = [each[0].how_to_fix.partition("sls_rename =")[2] for each in (checked, told)]
    assert lines_of[0] == lines_of[1]
    lines = merged_rename_lines(one.how_to_fix for one in (*told, *told)).splitlines()
    assert lines[:3] == ["sls_rename =", "    billing-readers=other-group-1", "    fraud.team=other-group-2"]
    assert len(set(lines)) == len(lines)
    pasted = dict(line.strip().split("=") for line in lines[1:])
    scrubber = Scrubber([KEY], renames=pasted)
    assert "billing-readers" not in scrubber.request(Request("GET", f"{GROUPS}/billing-readers")).url


def test_without_pytest_the_lines_are_an_argument(tmp_path):
    """Whoever opens the cassette in code has no pytest.ini: the names are those of `rename`."""
    _, told = run(session(tmp_path / "live.sls.yaml", "all", hide=False, remedies=IN_CODE))
    head, *lines = told[0].how_to_fix.splitlines()
    assert head == 'Pass these names to use_cassette (rename=…), then record again (use_cassette(…, record="all")):'
    renames = dict(line.strip().split("=") for line in lines)
    assert (
        "billing-readers"
        not in Scrubber([KEY], renames=renames).request(Request("GET", f"{GROUPS}/billing-readers")).url
    )


@pytest.mark.parametrize("evidence", [Evidence.REFERENCE, Evidence.SYNTHETIC])
def test_only_the_live_service_knows_names_of_others(tmp_path, evidence):
    """A reference endpoint's responses are written as they came, and nothing is told."""
    path = tmp_path / "reference.sls.yaml"
    (names, *_), told = run(session(path, "all", evidence=evidence))
    assert not told
    assert not about_names(path)
    assert all(name in path.read_text() for name in names)
