"""A scenario has passed only where what it is there to show was judged; else it says why it has not."""

from __future__ import annotations

import io
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from broken_endpoints.harness import (
    LOGSTORE,
    OTHER,
    Line,
    asks_for,
    correct,
    error,
    group_of,
    now,
    target,
    trusted,
    verify,
    verify_quickly,
)

from sls_contract.cli import verify as command
from sls_contract.cli.parser import Parser
from sls_contract.cli.terminal import Console
from sls_contract.endpoint.server import serve
from sls_contract.errors import UsageError
from sls_contract.exchange import Request
from sls_contract.headers import Headers
from sls_contract.scenarios import SCENARIOS
from sls_contract.signing import TEST_CREDENTIALS
from sls_contract.spec import CLAUSES
from sls_contract.spec.clauses import TABLES
from sls_contract.transport import TransportError
from sls_contract.verification import Plan, Runner, Wire
from sls_contract.verification.summary import as_report, document, lines

TIMEOUT = "timeout"
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": TEST_CREDENTIALS.access_key_id,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": TEST_CREDENTIALS.access_key_secret,
}
PLACE = ("--project", "my-project", "--logstore", LOGSTORE)


def run_command(*words: str) -> tuple[int, str]:
    parser = Parser(prog="sls-contract")
    command.configure(parser.add_subparsers())
    arguments, out = parser.parse_args(["verify", *words]), io.StringIO()
    return arguments.run(arguments, Console(ENVIRON, io.StringIO(), out, io.StringIO())), out.getvalue()


def verdicts(run) -> dict[str, str]:
    return {each.scenario.name: each.verdict for each in run.performed}


def reason(run, name: str) -> str:
    return next(each.reason for each in run.performed if each.scenario.name == name)


def test_every_scenario_says_what_it_proves():
    """At least one clause that there is, and each clause about behaviour is proven somewhere."""
    proven = {code for each in SCENARIOS.values() for code in each.proves}
    assert [name for name, each in SCENARIOS.items() if not each.proves] == []
    assert proven <= CLAUSES.keys()
    of_consumers = {each.code for each in TABLES["consumption"]}  # if verify brings some about, it judges them too
    told = {code for code in CLAUSES if code.startswith("SLS4")} - of_consumers
    assert told - proven == {"SLS462", "SLS464"}  # of every request


def test_what_was_carried_out_and_shows_nothing_is_not_proven():
    """The scenario ends without a finding; what it is about could not have been found either."""

    class Unmade:
        """Refuses the second of two names, so that what is read there is missing as it has to be."""

        def __init__(self) -> None:
            self.real, self.first = correct(), {}

        def __call__(self, request: Request):
            if asks_for(request, "CreateConsumerGroup") and verify_quickly(request):
                place, name = group_of(request)
                first = self.first.setdefault((place, name.lower()), name)
                if first != name:
                    url = request.url
                    body = json.dumps({"consumerGroup": first, "timeout": 300, "order": False}).encode()
                    return self.real(trusted(Request("POST", url, Headers(), body)))
            return self.real(request)

    run = verify(Unmade(), "groups-differ-in-case", "group-fresh")
    assert run.located == []
    assert verdicts(run) == {"group-fresh": "passed", "groups-differ-in-case": "not proven"}
    assert "SLS404 group-isolation" in reason(run, "groups-differ-in-case")
    told = "\n".join(lines(run, target()))
    assert "run, but not proven:\n  SLS404 group-isolation" in told
    assert "(groups-differ-in-case)\n" in told
    assert told.endswith("1 scenario, 1 not proven: no violation, 0 warnings")
    report = document(run, target(), "1")
    assert [each["verdict"] for each in report["outcomes"]] == ["passed", "not proven"]
    assert report["not_proven"][0].startswith("groups-differ-in-case: ")
    with serve(Unmade()) as server:
        words = ("--endpoint", server.url, *PLACE, "--scenario", "group-fresh")
        assert run_command(*words)[0] == 0
        assert run_command(*words, "--scenario", "groups-differ-in-case")[0] == 2


@pytest.mark.parametrize(("option", "name"), [("--other-logstore", LOGSTORE), ("--other-project", "my-project")])
def test_one_name_for_two_things_is_refused(option, name):
    """Before anything is sent, with the fix; also for the endpoint that we start."""
    for words in ((), ("--endpoint", "http://127.0.0.1:1", *PLACE)):
        with pytest.raises(UsageError, match=f"{option} must differ from.*How to fix"):
            run_command(*words, option, name)


def test_two_names_of_one_logstore_isolate_nothing():
    """An endpoint that knows one logstore by two names passes no scenario about two."""
    real = correct()

    def send(request: Request):
        if f"/{OTHER}/" not in request.url or not verify_quickly(request):
            return real(request)
        url = request.url.replace(f"/{OTHER}/", f"/{LOGSTORE}/")
        return real(trusted(Request(request.method, url, Headers(), request.body)))

    names = ("two-logstores", "group-in-one-logstore-only", "connection-to-two-logstores")
    assert "passed" not in verdicts(verify(send, *names)).values()


def test_a_clause_that_was_broken_was_exercised():
    """No report says of one clause that it was broken and not looked at."""
    real = correct()

    def send(request: Request):
        response = real(request)
        return response.replace(headers=response.headers.with_field("x-log-requestid", "5AEC275D05099546E07A82E8"))

    run = verify(send, "group-fresh")
    assert "SLS461" in {each.finding.code for each in run.located}
    (unexercised,) = [line for line in lines(run, target(), verbose=True) if "not exercised" in line]
    assert "SLS461" not in unexercised
    assert "SLS461" in as_report(run, target()).exercised


def test_a_group_that_was_refused_is_not_left_behind():
    """Nothing is there to be deleted by hand; what was made and cannot be deleted is told."""
    real = correct()

    def send(request: Request):
        response = real(request)
        if request.method == "DELETE" or (asks_for(request, "CreateConsumerGroup") and f"/{OTHER}/" in request.url):
            return error(response, 403, "ProjectForbidden", "Project x has been forbidden.")
        return response

    run = verify(send, "two-logstores", "group-fresh")
    assert [left for left in run.leftovers if left.startswith(f"{OTHER}/")] == []
    assert [left for left in run.leftovers if left.startswith(f"{LOGSTORE}/")]


def test_a_heartbeat_that_assigns_nothing_proves_no_holder():
    """What needs a holder is not supported there, the rest is judged."""
    real = correct()

    def send(request: Request):
        response = real(request)
        beats = asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200
        return (
            response.replace(body=b"[]", headers=response.headers.with_field("Content-Length", "2"))
            if beats
            else response
        )

    run = verify(send, "shard-given", "group-held", "shard-handed-over")
    assert verdicts(run) == {
        "shard-given": "passed",
        "group-held": "not supported",
        "shard-handed-over": "not provable",
    }
    assert "HeartBeat assigned no shard" in reason(run, "group-held")


def test_connections_are_used_and_told():
    """Over sockets: how many requests went over one that was kept, in the text and in the report."""
    with serve(correct()) as server:
        words = ("--endpoint", server.url, *PLACE, "--scenario", "connection-used-often", "--json", "-")
        code, out = run_command(*words)
    facts = json.loads(out)["facts"]
    assert code == 0
    assert any(fact.startswith("connections: ") and "kept alive" in fact for fact in facts)


@pytest.mark.slow
def test_an_endpoint_that_closes_each_connection_is_not_asked_for_more():
    """HTTP/1.0 is allowed; what needs several requests on one connection says that it was not tried."""
    real = correct()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = f"http://{self.headers['Host']}{self.path}"
            response = real(Request(self.command, url, list(self.headers.items()), body))
            self.send_response_only(response.status)
            for name, value in response.headers.without("Connection").pairs:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)

        do_POST = do_GET  # noqa: N815 - the library's name
        do_DELETE = do_GET  # noqa: N815

        def log_message(self, *words) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        endpoint = f"http://127.0.0.1:{server.server_port}"
        names = ("--scenario", "group-fresh", "--scenario", "connection-used-often")
        code, out = run_command("--endpoint", endpoint, *PLACE, *names)
    finally:
        server.shutdown()
        server.server_close()
    assert code == 0
    assert "the endpoint closes each connection after one response (connection-used-often)" in out


def test_an_endpoint_that_serves_one_connection_at_a_time_is_not_accused():
    """A second connection gets no response while the first one is open: that is told, and everything else is judged."""
    real, lines_open = correct(), []

    class Lone(Line):
        def __init__(self) -> None:
            super().__init__(real)
            lines_open.append(self)

        def __call__(self, request: Request):
            if len(lines_open) > 1:
                raise TransportError(TIMEOUT, "in-process")
            return super().__call__(request)

        def close(self) -> None:
            lines_open.remove(self)

    place = target()
    names = ("connection-used-often", "connections-side-by-side", "group-fresh")
    run = Runner(place, Wire(real, now, tuple(place.keys().values()), lambda _: None, keep=Lone), Plan(names, 0))()
    assert run.located == []
    assert verdicts(run) == {
        "group-fresh": "passed",
        "connection-used-often": "passed",
        "connections-side-by-side": "not provable",
    }
    assert "one connection at a time" in reason(run, "connections-side-by-side")
