"""What `proxy` is made of, without its socket."""

from __future__ import annotations

import argparse
import json
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sls_contract import load_cassette
from sls_contract.cli.listeners import HostFilter
from sls_contract.cli.live import LiveResults
from sls_contract.cli.relaying import forwarding_rule, recording, session_of
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.errors import UsageError
from sls_contract.exchange import Request, Response
from sls_contract.signing import TEST_CREDENTIALS, sign
from sls_contract.transport.relay import Relay

HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
URL = f"http://{HOST}/logstores/my-logstore/consumergroups/g"


def clock() -> datetime:
    return datetime.now(UTC)


def options(**given: object) -> argparse.Namespace:
    known = {"cassette": Path("x.yaml"), "to": None, "record": "once", "allow_host": []}
    return argparse.Namespace(**known | {"scrub": [], "scrub_key": [], "rename": [], "hide_names": "no"} | given)


@pytest.fixture
def upstream():
    with ReferenceEndpoint(clock) as endpoint, serve(endpoint) as server:
        endpoint.set_checkpoint("g", 0, "MTAw")
        yield server.url


@pytest.mark.parametrize(
    ("given", "ours", "foreign"),
    [
        ({}, [HOST, f"{HOST}:80"], ["example.com", "127.0.0.1:80", "aliyuncs.com.evil.test"]),
        ({"allow_host": ["sls.test"]}, ["sls.test", "p.sls.test:80"], ["xsls.test", "localhost"]),
        ({"to": "http://127.0.0.1:8080"}, [HOST, "127.0.0.1:9", "p.localhost"], ["example.com", "10.0.0.1"]),
        ({"to": "https://sls.test"}, ["p.sls.test", "sls.test:80", "P.SLS.TEST"], [HOST, "127.0.0.1"]),
    ],
)
def test_where_requests_may_go(given, ours, foreign):
    """To the service, to what was allowed, to the endpoint that was named; nowhere else."""
    may = forwarding_rule(options(**given))
    assert [may(authority) for authority in ours] == [True] * len(ours)
    assert [may(authority) for authority in foreign] == [False] * len(foreign)


def test_a_door_refuses_and_remembers():
    """Foreign hosts, what no wire can carry, and our own mistakes: a response each, in the service's form."""

    def send(request: Request) -> Response:
        raise UsageError("a space in its target") if request.method == "GET" else KeyError("ours")

    admit = HostFilter(send, forwarding_rule(options()))
    refused = [
        admit(Request("GET", "http://example.com/")),
        admit(Request("GET", URL)),
        admit(Request("PUT", URL)),
    ]
    refused.append(admit(Request("GET", URL, [("Host", "example.org")])))
    codes = [(response.status, json.loads(response.body)["errorCode"]) for response in refused]
    assert codes == [
        (502, "HostNotForwarded"),
        (400, "RequestNotForwarded"),
        (500, "ProxyFailed"),
        (502, "HostNotForwarded"),
    ]
    assert list(admit.foreign_hosts) == ["example.com", "example.org"]
    assert [type(error) for error in admit.failures] == [KeyError]


def test_what_is_under_way_for_too_long_is_told(tmp_path):
    """Nothing hangs at the end, and nothing is lost in silence."""
    results = LiveResults()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to = f"http://127.0.0.1:{silent.getsockname()[1]}"
        relay = Relay(to)
        session = session_of(options(cassette=tmp_path / "a.yaml", to=to), relay, results, {}, clock)
        with recording(session, relay, patience=0.05) as record:
            thread = threading.Thread(target=record.send, args=(Request("GET", URL),))
            thread.start()
            connection, _ = silent.accept()
        thread.join(10)
        connection.close()
    assert not thread.is_alive()
    assert results.troubles[0] == "not recorded: 1 exchange without a response after 0.05 s more"


def test_an_end_that_cannot_be_written_is_told(tmp_path, upstream):
    """The journal keeps what was recorded; the reason is a trouble, not an exception that hides the report."""
    results, relay, path = LiveResults(), Relay(upstream), tmp_path / "a.yaml"
    session = session_of(options(cassette=path, to=upstream), relay, results, {}, clock)
    with recording(session, relay) as record:
        assert record.send(sign(Request("GET", URL), TEST_CREDENTIALS, at=clock())).status == 200
        path.mkdir()
    assert len(results.troubles) == 1
    path.rmdir()
    assert len(load_cassette(path).exchanges) == 1
