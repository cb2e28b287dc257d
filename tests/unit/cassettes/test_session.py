"""An open cassette as a handler: what it plays, records, judges, and what it does not let pass in silence."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from sls_contract import Request, Response, sign
from sls_contract.cassettes.exchanges import evidence_of
from sls_contract.cassettes.file.recording_file import load
from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.outcomes import call_endpoint
from sls_contract.cassettes.recorder import Broken
from sls_contract.cassettes.recording import Evidence
from sls_contract.cassettes.results import Results
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.session import Session
from sls_contract.cassettes.session_settings import Opening
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.state.scripted import Scripted
from sls_contract.errors import EndpointError, UnmatchedRequest
from sls_contract.signing import TEST_CREDENTIALS, Credentials

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
GROUP = f"https://{HOST}/logstores/my-logstore/consumergroups/g"
KEY = Credentials("LTAI5tKeyOfThisSession00", "secretOfThisSession0123456789ab")


def asking(query="shard=0", credentials=TEST_CREDENTIALS, at=NOW):
    return sign(Request("GET", f"{GROUP}?{query}", {"User-Agent": "client/1"}), credentials, at=at)


@pytest.fixture
def endpoint():
    with ReferenceEndpoint(lambda: NOW, credentials=[TEST_CREDENTIALS, KEY]) as endpoint:
        endpoint.create_consumer_group("g")
        yield endpoint


@pytest.fixture
def opened(tmp_path, endpoint):
    """Open the one cassette of the test: call with record mode and changes."""
    sessions = []

    def open_session(record, **changes):
        values = {
            "path": tmp_path / "x.yaml",
            "record": record,
            "scrubber": Scrubber([KEY]),
            "owns": host_rule(),
            "clock": lambda: NOW,
            "began": NOW,
            "send": endpoint,
            **changes,
        }
        session = Session(Opening(**values), Results(keep=True))
        session.start()
        sessions.append(session)
        return session

    yield open_session
    for session in sessions:
        session.close()


def codes(session):
    return [breach.finding.slug for breach in session.results.breaches]


def test_provenance_is_recorded(opened, tmp_path):
    """Where, when, by whom and under which evidence an exchange was recorded stands beside it."""
    session = opened("once", credentials=KEY)
    assert session.recording
    session.respond(asking(credentials=KEY), HOST)
    session.close()
    assert session.recorded == 1
    (recording,) = load(tmp_path / "x.yaml")
    made = recording.provenance
    assert (made.evidence, made.endpoint, made.region) == (
        "reference",
        "https://cn-hangzhou.log.aliyuncs.com",
        "cn-hangzhou",
    )
    assert (made.client, made.recorded_at, made.validated_at) == ("client/1", NOW, NOW)
    assert recording.signature.verdict == "verified"


def test_what_a_clients_own_stack_received_is_recorded_and_judged(opened, tmp_path):
    """Without something to send to, the client performs the attempt, and hands in what came."""
    session = opened("once", send=None)
    assert session.respond(asking(), HOST) is None
    session.received(asking(), Response(200, {"Content-Type": "text/html"}, b"<p>"), f"{HOST}:443")
    session.received(asking("shard=1"), Broken("reset", None, "it broke"), "127.0.0.1:8080")
    session.close()
    first, second = load(tmp_path / "x.yaml")
    assert first.provenance.evidence is Evidence.LIVE
    assert second.provenance.evidence is Evidence.REFERENCE
    assert (second.broken, second.detail, second.incomplete) == ("reset", "it broke", True)
    assert "json-text" in codes(session)
    assert session.results.extents == {"full": 1, "part": 1}
    replay = opened("none")
    assert replay.respond(asking("shard=1"), HOST) == Broken("reset", None, "it broke")
    replay.close()
    assert replay.results.extents == {"part": 1}


def test_a_live_request_is_judged_against_now_and_its_response_against_its_own_time(opened):
    """A replay a year later is no finding; a client whose clock stands still is one."""
    session = opened("once")
    session.respond(asking(), HOST)
    session.close()
    year = timedelta(days=365)
    later = opened("none", clock=lambda: NOW + year)
    later.respond(asking(at=NOW + year), HOST)
    assert codes(later) == []
    later.close()
    stale = opened("none", clock=lambda: NOW + year)
    stale.respond(asking(at=NOW), HOST)
    assert codes(stale) == ["request-clock"]


def test_a_miss_is_raised_and_noted(opened):
    """The error reaches the client; the finding reaches the test, whatever the client does with the error."""
    session = opened("none")
    assert not session.recording
    with pytest.raises(UnmatchedRequest, match="which does not exist"):
        session.respond(asking(), HOST)
    assert codes(session) == ["request-not-recorded"]
    assert session.results.take_errors() == []


def test_what_goes_wrong_inside_is_raised_and_noted(opened):
    """A broken endpoint, scrubber or disk must not pass as a failure of the network that a client retries."""

    def send(_request):
        msg = f"broken with {KEY.access_key_secret}"
        raise ValueError(msg)

    session = opened("once", send=send)
    with pytest.raises(ValueError, match="broken with"):
        session.respond(asking(), HOST)
    (error,) = session.results.take_errors()
    assert error.startswith("ValueError: broken with ")
    assert KEY.access_key_secret not in error


UNRECORDABLE = """
import http.client, threading
from sls_contract import use_cassette
from sls_contract.errors import CassetteError

method = http.client.HTTPConnection.endheaders
del http.client.HTTPConnection.endheaders
try:
    use_cassette("x.yaml", "once").__enter__()
except CassetteError as error:
    assert "so it cannot be recorded" in str(error)
else:
    raise SystemExit("opened")
http.client.HTTPConnection.endheaders = method
opened = []
thread = threading.Thread(target=lambda: opened.append(use_cassette("x.yaml", "once").__enter__()))
thread.start()
thread.join()
assert opened
"""


@pytest.mark.slow
def test_a_client_library_that_cannot_be_recorded_leaves_nothing_open(tmp_path):
    """Where a library lacks what the recorder needs, opening fails, and the next cassette opens as usual."""
    done = subprocess.run(
        [sys.executable, "-c", UNRECORDABLE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_findings_show_no_secret(opened, endpoint):
    """What a check quotes is scrubbed, also where the check cannot know that it is a secret."""
    endpoint.respond_next(Response(403, {}, f"no: {KEY.access_key_secret}".encode()))
    session = opened("once", credentials=KEY)
    session.respond(asking(credentials=KEY), HOST)
    assert session.results.breaches
    assert KEY.access_key_secret not in "".join(str(breach.finding) for breach in session.results.breaches)
    assert all(
        KEY.access_key_id not in str(breach.exchange.request.headers.pairs) for breach in session.results.breaches
    )


@pytest.mark.parametrize(
    ("scripted", "outcome"),
    [
        (Scripted.closed(), Broken("closed", None)),
        (Scripted.reset(), Broken("reset", None)),
    ],
)
def test_a_response_that_is_not_delivered(endpoint, scripted, outcome):
    """What a scripted endpoint does to a connection is what a client meets without one."""
    endpoint.respond_next(scripted)
    assert call_endpoint(endpoint, asking()) == outcome


def test_a_delayed_response_is_the_response(endpoint):
    """A delay changes when a response comes, not what it is."""
    endpoint.respond_next(Scripted.delayed(30))
    assert call_endpoint(endpoint, asking()).status == 200


def test_a_cut_response_keeps_its_part(endpoint):
    """A body that ends early is broken off, with what came."""
    endpoint.respond_next(Scripted.truncated(3))
    outcome = call_endpoint(endpoint, asking())
    assert (outcome.kind, outcome.partial.body) == ("truncated", b'[{"')


def test_an_endpoint_that_cannot_be_reached_is_an_outcome():
    """The kind of failure is kept where the transport tells it; else the connection was refused."""

    def unreachable(kind):
        def send(_request):
            error = EndpointError("not there")
            if kind:
                error.kind = kind
            raise error

        return send

    kinds = {None: "refused", "dns": "name", "tls": "tls", "timeout": "timeout", "novel": "refused"}
    assert {kind: call_endpoint(unreachable(kind), asking()).kind for kind in kinds} == kinds


@pytest.mark.parametrize(
    ("host", "peer", "evidence"),
    [
        (HOST, f"{HOST}:443", "live"),
        (f"{HOST}:8080", "proxy.example.com:3128", "live"),
        (HOST, "127.0.0.1:3128", "reference"),
        (HOST, "[::1]:3128", "reference"),
        ("p.sls.example.com", "p.sls.example.com:443", "reference"),
    ],
)
def test_only_the_real_host_over_a_network_is_live(host, peer, evidence):
    """A look-alike, or a proxy on this machine, proves nothing about the service."""
    assert evidence_of(Request("GET", f"https://{host}/"), peer) == evidence
