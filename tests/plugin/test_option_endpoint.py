"""--sls-endpoint: recording at a URL, with real names and keys that never reach the file."""

from __future__ import annotations

import inspect
import sys

import pytest
from advice import advised
from left_out import full

from sls_contract import load_cassette
from sls_contract.cassettes.recording import Evidence
from sls_contract.endpoint import ReferenceEndpoint, fault
from sls_contract.endpoint.server import serve
from sls_contract.errors import EndpointError
from sls_contract.exchange import Response
from sls_contract.plugin.names import public_names
from sls_contract.plugin.run import utc_now
from sls_contract.plugin.target import Service, consumer_group_at
from sls_contract.signing import Credentials

KEY = Credentials("LTAI5tRealKeyOfThisRun01", "realSecretOfThisRun0123456789x")
REAL = ("--sls-project=real-project", "--sls-logstore=real-logstore")
READS = """
    @pytest.mark.sls_cassette
    def test_reads(sls):
        response = ask(sls)
        assert response.status_code == 200, response.text
        print("names:", sls.project, sls.logstore, sls.consumer_group)
"""


@pytest.fixture
def endpoint():
    """Make an endpoint that knows only the real names and the real key."""
    names = {("real-project", "real-logstore"): 2}
    with ReferenceEndpoint(utc_now, credentials=[KEY], logstores=names) as endpoint:
        yield endpoint


@pytest.fixture
def real_key(monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY.access_key_secret)


def asked(endpoint) -> list[str]:
    return [f"{request.method} {request.path}" for request in endpoint.requests]


def test_recording_at_a_loopback_url(project, endpoint, real_key):
    """Real names go to the endpoint, public ones to the file; the group is made and deleted outside the cassette."""
    project.test(READS)
    with serve(endpoint) as server:
        result = project.run(
            "--sls-record=once", f"--sls-endpoint={server.url}", "--sls-region=cn-wulanchabu", *REAL, "-rP"
        )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["names: real-project real-logstore sls-contract-*", "*1 exchange recorded*"])
    made, read, deleted = asked(endpoint)
    group = read.rpartition("/")[2]
    assert group.startswith("sls-contract-")
    assert made == "POST /logstores/real-logstore/consumergroups"
    assert deleted == f"DELETE /logstores/real-logstore/consumergroups/{group}"

    text = project.cassette("test_reads").read_text("utf-8")
    assert not [real for real in ("real-project", "real-logstore", group, KEY.access_key_id) if real in text]
    cassette = load_cassette(project.cassette("test_reads"))
    assert len(cassette.exchanges) == 1
    assert cassette.evidence is Evidence.REFERENCE
    replayed = project.run("-rP")
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(["names: my-project my-logstore consumer_group_test"])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows connects to no 0.0.0.0")
def test_recording_at_an_address_that_is_not_loopback(project, endpoint, real_key):
    """An address on the network is no name that the guard could know by its project."""
    project.test(READS)
    with serve(endpoint) as server:
        url = f"http://0.0.0.0:{server.port}"  # leads to this machine, but does not count as loopback
        result = project.run("--sls-record=once", f"--sls-endpoint={url}", *REAL)
    result.assert_outcomes(passed=1)
    assert "other hosts" not in result.stdout.str()
    project.run("--sls-record=none").assert_outcomes(passed=1)


def test_without_a_network_the_advice_is_about_the_network(project, endpoint, real_key):
    """No TCP connection leads to a multicast address; waiting does not help."""
    result = project.test(READS).run("--sls-record=once", "--sls-endpoint=http://224.0.0.1:9", *REAL)
    result.assert_outcomes(errors=1)
    assert "this machine has no route to it" in result.stdout.str()
    assert advised(result.stdout.str(), "connect this machine to the endpoint's network .*, or correct the endpoint")
    with serve(endpoint) as server:
        project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL).assert_outcomes(passed=1)


def test_the_group_is_deleted_where_the_test_fails(project, endpoint, real_key):
    """Nothing is left behind, whatever became of the test."""
    project.test(READS + "        assert not 'at all'\n")
    with serve(endpoint) as server:
        project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL).assert_outcomes(failed=1)
    assert [line.partition(" ")[0] for line in asked(endpoint)] == ["POST", "GET", "DELETE"]


def test_what_is_missing_is_named(project, endpoint, real_key, monkeypatch):
    """Without names or keys: one error that lists what is missing, and no request."""
    project.test(READS)
    with serve(endpoint) as server:
        result = project.run("--sls-record=once", f"--sls-endpoint={server.url}")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([f"*recording at {server.url} needs --sls-project, --sls-logstore*"])
        monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID")
        result = project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL)
    result.stdout.fnmatch_lines(["*needs ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert asked(endpoint) == []
    assert project.cassettes() == []


def test_a_service_that_is_busy_at_first_makes_and_deletes_the_group(project, endpoint, real_key):
    """Busy before and behind the test: it is recorded, and its cassette holds its own exchange only."""
    project.test(READS)
    endpoint.respond_next(fault("error=ServerBusy operation=CreateConsumerGroup times=2"))
    endpoint.respond_next(fault("error=ServerBusy operation=DeleteConsumerGroup"))
    with serve(endpoint) as server:
        project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL).assert_outcomes(passed=1)
    assert [line.partition(" ")[0] for line in asked(endpoint)] == ["POST"] * 3 + ["GET"] + ["DELETE"] * 2
    assert len(load_cassette(project.cassette("test_reads")).exchanges) == 1


@pytest.mark.parametrize("lost", ["reset", "gateway"])
def test_a_service_that_fails_after_it_made_or_deleted_the_group(project, endpoint, real_key, lost):
    """The request is sent again, and the refusal of what is done already is success: nothing is left behind."""
    project.test(READS)
    failing = {"POST", "DELETE"}

    def gateway(request):
        response = endpoint(request)
        if request.method not in failing:
            return response
        failing.remove(request.method)
        return Response(504, {"Content-Type": "text/html"}, b"<html>Gateway Time-out</html>")

    if lost == "reset":
        endpoint.respond_next(fault("reset operation=CreateConsumerGroup"))
        endpoint.respond_next(fault("reset operation=DeleteConsumerGroup"))
    with serve(gateway if lost == "gateway" else endpoint) as server:
        project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL).assert_outcomes(passed=1)
    assert [line.partition(" ")[0] for line in asked(endpoint)] == ["POST"] * 2 + ["GET"] + ["DELETE"] * 2


@pytest.mark.slow
def test_a_group_whose_creation_is_never_confirmed_is_deleted(project, endpoint, real_key):
    """Made by an attempt whose response was lost, and refused by failures from then on: it is deleted all the same."""
    project.test(READS)
    endpoint.respond_next(fault("reset operation=CreateConsumerGroup"))
    endpoint.respond_next(fault("error=InternalServerError operation=CreateConsumerGroup times=4"))
    with serve(endpoint) as server:
        result = project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL)
    result.assert_outcomes(errors=1)
    advised(result.stdout.str(), "run the tests again later")
    last = endpoint.exchanges[-1]
    assert (last.request.method, last.response.status) == ("DELETE", 200)


class Refusing:
    """A service whose first response to a creation is lost, or a Ctrl-C; it then refuses the key."""

    def __init__(self, *, interrupted):
        self.interrupted, self.methods = interrupted, []

    def __call__(self, request):
        self.methods.append(request.method)
        if len(self.methods) == 1 and self.interrupted:
            raise KeyboardInterrupt
        status = 500 if len(self.methods) == 1 else 403
        return Response(status, {"Content-Type": "application/json"}, b'{"errorCode": "Unauthorized"}')


def test_an_interrupt_ends_the_run_though_the_group_cannot_be_deleted():
    """Ctrl-C while the group is made stays Ctrl-C, and names the group that may be left."""
    refusing = Refusing(interrupted=True)
    service = Service("https://cn-hangzhou.log.aliyuncs.com", refusing, utc_now)
    with pytest.raises(KeyboardInterrupt, match="delete it with"), consumer_group_at(public_names(KEY), service):
        pytest.fail("the group is there")
    assert refusing.methods == ["POST", "DELETE"]


def test_why_a_group_could_not_be_created_is_told_though_it_cannot_be_deleted_either():
    """The first cause stands first: the deletion is only our attempt to clean up."""
    service = Service("https://cn-hangzhou.log.aliyuncs.com", Refusing(interrupted=False), utc_now)
    with pytest.raises(EndpointError) as found, consumer_group_at(public_names(KEY), service):
        pytest.fail("the group is there")
    told = str(found.value)
    assert told.startswith("creating ")
    assert 0 < told.index("set a key that may create") < told.index("deleting ") < told.index("delete it with")


@pytest.mark.slow
def test_a_group_that_cannot_be_deleted_is_named_with_the_call_that_deletes_it(project, endpoint, real_key):
    """The call of the advice is one of the SDK, and deletes the group."""
    from aliyun.log import LogClient

    project.test(READS)
    endpoint.respond_next(fault("error=InternalServerError operation=DeleteConsumerGroup times=5"))
    with serve(endpoint) as server:
        result = project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL)
        result.assert_outcomes(passed=1, errors=1)
        named = advised(
            result.stdout.str(), r'if the group still exists, delete it .*: (\w+)\("(.*)", "(.*)", "(.*)"\)'
        )
    call = inspect.signature(getattr(LogClient, named[1])).bind(LogClient, *named.groups()[1:])
    deleted = endpoint.requests[-1]
    assert deleted.path.endswith(f"/{call.arguments['logstore']}/consumergroups/{call.arguments['consumer_group']}")
    assert call.arguments["project"] == "real-project"


@pytest.mark.slow
def test_a_service_that_is_busy_to_the_end_is_told_as_that(project, endpoint, real_key):
    """The advice is about the service, and its URL is the one that was asked."""
    project.test(READS)
    endpoint.respond_next(fault("error=ServerBusy operation=CreateConsumerGroup times=9"))
    with serve(endpoint) as server:
        result = project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [f"*at {server.url} returned 503: *ServerBusy*", "*How to fix: run the tests again later.*"]
    )


def test_an_endpoint_that_refuses_or_is_not_there(project, endpoint, real_key):
    """A wrong name is told with the service's response, a dead address with the address; neither shows the secret."""
    project.test(READS)
    with serve(endpoint) as server:
        result = project.run("--sls-record=once", f"--sls-endpoint={server.url}", REAL[0], "--sls-logstore=none")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*returned 404: *LogStoreNotExist*"])
    named = advised(result.stdout.str(), r"an existing project and logstore \((.*), (.*)\), and set a key").groups()
    assert named == tuple(each.partition("=")[0] for each in REAL)  # which are recorded with above
    result = project.run("--sls-record=once", f"--sls-endpoint={server.url}", *REAL)  # nobody listens any more
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{server.url.removeprefix('http://')}*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert KEY.access_key_secret not in result.stdout.str()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.log.aliyuncs.com",
        full("cn-hangzhou.log.aliyuncs.com"),
        full("https://h/path"),
        full("https://h:99999"),
        full("https://h:0"),
        full("https://u:pa55@h"),
    ],
)
def test_what_is_no_endpoint_is_a_usage_error(project, url):
    """Told before any test runs."""
    result = project.test(READS).run("--sls-record=once", f"--sls-endpoint={url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--sls-endpoint must be 'reference' or a URL*"])
    assert "pa55" not in result.stderr.str()


def test_recording_over_tls_runs_on_the_clients_own_stack(project, endpoint, real_key, tls_double):
    """With a real endpoint's name the client itself resolves, connects and verifies; nothing of that is ours."""
    with tls_double(endpoint, "real-project.cn-wulanchabu.log.aliyuncs.com"):
        url = "https://cn-wulanchabu.log.aliyuncs.com"
        result = project.test(READS).spawn("--sls-record=once", f"--sls-endpoint={url}", *REAL)
    result.assert_outcomes(passed=1)
    assert [line.partition(" ")[0] for line in asked(endpoint)] == ["POST", "GET", "DELETE"]
    assert {request.host for request in endpoint.requests} == {"real-project.cn-wulanchabu.log.aliyuncs.com"}
    cassette = load_cassette(project.cassette("test_reads"))
    provenance = cassette.recordings[0].provenance
    assert (provenance.region, provenance.endpoint) == ("cn-wulanchabu", url)
    assert cassette.evidence is Evidence.REFERENCE  # the name is real, the address is this machine's
    assert "real-project" not in project.cassette("test_reads").read_text("utf-8")
    (project.path / "conftest.py").unlink()
    project.run().assert_outcomes(passed=1)
