"""An endpoint that closes connections which carried responses: after a request that it handled, or between two."""

from __future__ import annotations

import select
import socket
import struct
from contextlib import contextmanager, suppress
from functools import partial
from threading import Thread

import pytest
from broken_endpoints.harness import Line, asks_for, correct, error, now, target
from left_out import full

from sls_contract.exchange import Request
from sls_contract.transport import open_transport
from sls_contract.transport.wire import KeptAlive
from sls_contract.verification import Plan, Runner, Wire


class Served:
    """A correct endpoint, each of whose connections gives a number of responses; then ``end`` ends it."""

    def __init__(self, responses: int, end) -> None:
        self.endpoint, self.responses, self.end = correct(), responses, end
        self.server = socket.create_server(("127.0.0.1", 0))
        self.dropped = 0

    def work(self) -> None:
        with suppress(OSError):
            while True:
                Thread(target=self.serve, args=self.server.accept(), daemon=True).start()

    def serve(self, connection: socket.socket, _address) -> None:
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            for number in range(self.responses + 1):
                if number == self.responses:
                    self.end(self, connection, lines)
                    return
                request = read_request(lines)
                if request is None:
                    return
                connection.sendall(written(self.endpoint(request)))


def read_request(lines) -> Request | None:
    first = lines.readline().decode().split()
    if not first:
        return None
    headers = []
    while line := lines.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    named = {name.lower(): value for name, value in headers}
    body = lines.read(int(named.get("content-length", 0)))
    return Request(first[0], f"http://{named['host']}{first[1]}", headers, body)


def written(response) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {response.reason or 'x'}", *(f"{a}: {b}" for a, b in response.headers.pairs)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + response.body


def after_handling_a_request(served, _connection, lines) -> None:
    """Handle the next request, and close without a byte."""
    request = read_request(lines)
    if request is not None:
        served.endpoint(request)
        served.dropped += 1


def with_a_reset_after_a_request(served, connection, lines) -> None:
    """Handle the next request, and reset the connection: nobody can tell that from one that was not read."""
    request = read_request(lines)
    if request is not None:
        served.endpoint(request)
        served.dropped += 1
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def while_a_request_comes(_served, connection, _lines) -> None:
    """Close without a word, so late that the next request is under way, and unread."""
    select.select([connection], [], [], 60)


@contextmanager
def verified(served: Served, *scenarios: str):
    """Yield the run of these scenarios over kept connections."""
    Thread(target=served.work, daemon=True).start()
    place = target()
    with served.server, open_transport(f"http://127.0.0.1:{served.server.getsockname()[1]}", timeout=60) as transport:
        keys = tuple(place.keys().values())
        keep = partial(KeptAlive, transport, may_expire=3600.0)
        wire = Wire(transport, now, keys, keep=keep, advance=now.advance)
        yield Runner(place, wire, Plan(scenarios, 0, 0))()
        served.server.shutdown(socket.SHUT_RDWR)


SCENARIOS = ("put-logs-served", "pull-logs-served", "two-logstores", "connection-of-pulls")


@pytest.mark.parametrize("responses", [1, full(2), full(3)])
def test_a_response_dropped_after_the_work_was_done_is_lost_and_nothing_else(responses):
    """A client that sends again would find its logs twice, and its group there already: that only follows."""
    served = Served(responses, after_handling_a_request)
    with verified(served, *SCENARIOS) as run:
        assert {each.finding.code for each in run.located} == {"SLS462"}
        assert {each.verdict for each in run.performed} == {"passed", "failed"}  # those that use a connection once pass
        assert served.dropped == len(run.located)


@pytest.mark.parametrize("responses", [2, full(3)])
def test_a_reset_after_the_work_was_done_is_a_lost_response_or_nothing(responses):
    """The request is sent again: a group that is there already shows the loss; a log that comes twice is no fault."""
    served = Served(responses, with_a_reset_after_a_request)
    with verified(served, *SCENARIOS, "connection-of-counts", "connection-used-often", "shard-split") as run:
        assert {each.finding.code for each in run.located} == {"SLS462"}
        assert {each.verdict for each in run.performed} == {"passed", "failed"}
        assert served.dropped > len(run.located)


class Resetting(Line):
    """A connection whose first creation of a group is sent again after a reset, and is refused as busy from then on."""

    def __call__(self, request):
        response = super().__call__(request)
        if not asks_for(request, "CreateConsumerGroup"):
            return response
        self.resent = 1
        return error(response, 403, "MetaOperationQpsLimitExceeded", "Qps limit for the meta operation is exceeded.")


def test_a_busy_response_after_a_reset_is_not_a_lost_response():
    """Only ConsumerGroupAlreadyExist shows that the first creation was handled; another refusal stands for itself."""
    real, place = correct(), target()
    wire = Wire(real, now, tuple(place.keys().values()), keep=lambda: Resetting(real), advance=now.advance)
    run = Runner(place, wire, Plan(("connection-used-often",), 0, 0))()
    assert {(each.finding.code, each.finding.actual) for each in run.located} == {
        ("SLS444", "403 MetaOperationQpsLimitExceeded")
    }


@pytest.mark.parametrize("responses", [2, full(3)])
def test_a_connection_closed_between_two_responses_is_no_fault(responses):
    """Also while a request is under way: the endpoint did not read it, so it may be sent again."""
    with verified(Served(responses, while_a_request_comes), *SCENARIOS) as run:
        assert run.located == []
        assert {each.verdict for each in run.performed} == {"passed"}
