"""What a client on a socket meets: recorded outcomes as they were, and refusals that nobody takes for the service's."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from sls_contract.cassettes.recorder import Broken, Kind
from sls_contract.cli.outcomes import TIMEOUT_DELAY, refusal, relayed, replayed, sender
from sls_contract.endpoint import DeliveredResponse
from sls_contract.endpoint.server import serve
from sls_contract.errors import CassetteError, UnmatchedRequest, UsageError
from sls_contract.exchange import Request, Response
from sls_contract.transport import TransportError, open_transport

ASK = Request("GET", "http://my-project.cn-hangzhou.log.aliyuncs.com/")
JSON = {"Content-Type": "application/json"}


def met(response: Response) -> Response | str:
    """Put a response on a socket; return what came, or the kind of failure."""
    with serve(lambda _: response) as server:
        try:
            return open_transport(server.url, timeout=60)(ASK)
        except TransportError as error:
            return error.kind if error.partial is None else f"{error.kind} after {error.partial.body!r}"


CHUNKED = {**JSON, "Transfer-Encoding": "chunked"}
LONG = {**JSON, "Content-Length": "99"}


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (Broken("reset"), "reset"),
        (Broken("closed"), "closed"),
        (Broken("refused"), "reset"),
        (Broken("tls"), "reset"),
        (Broken("malformed"), "malformed"),
        (Broken("truncated", Response(200, LONG, b"[{")), "truncated after b'[{'"),
        (Broken("truncated", Response(200, CHUNKED, b"[{")), "truncated after b'[{'"),
        (Broken("truncated", Response(200, CHUNKED)), "truncated after b''"),
        (Broken("reset", Response(200, JSON, b"[{")), "truncated after b'[{'"),
        (Broken("truncated", Response(200, JSON)), "truncated after b''"),
    ],
)
def test_a_broken_attempt_breaks_the_same_way(broken, kind):
    """No parser takes a part for the whole, however the response was framed."""
    assert met(replayed(broken)) in (kind, kind.partition(" ")[0], "reset")


def test_a_timeout_holds_the_client():
    """No byte comes, for longer than any SDK waits."""
    for kind in ("timeout", "connect-timeout"):
        response = replayed(Broken(kind, Response(200)))
        assert isinstance(response, DeliveredResponse)
        assert (response.delivery.delay, response.delivery.silent) == (TIMEOUT_DELAY, True)


def test_a_whole_response_is_given_as_it_was():
    """Status, reason, headers and body; what another tool stored decoded gets headers that fit."""
    whole = Response(404, [("x-B", "1"), ("X-a", "2"), ("Content-Length", "2")], b"no", reason="Nope")
    assert met(replayed(whole)) == whole
    stored = Response(200, {"Content-Encoding": "gzip", "Content-Length": "33"}, b"[]", wire=False)
    assert met(replayed(stored)).body == b"[]"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_proxy_says_what_it_did_not_reach(kind):
    """Where no connection stood or nothing came in time, it says so itself; all else goes on as it was."""
    codes = {"timeout": (504, "EndpointTimedOut")}
    codes |= dict.fromkeys(("name", "refused", "connect-timeout", "tls"), (502, "EndpointNotReached"))
    response = relayed(Broken(kind, None, "the reason"))
    if kind in codes:
        told = json.loads(response.body)
        assert (response.status, told["errorCode"], told["errorMessage"]) == (*codes[kind], "the reason")
    else:
        assert response == replayed(Broken(kind))


def test_refusals_are_json_whatever_they_quote():
    """Chinese stays readable, stray bytes stay valid JSON."""
    response = refusal(421, "Code", "组 \udcff")
    assert "组".encode() in response.body
    assert json.loads(response.body) == {"errorCode": "Code", "errorMessage": "组 \udcff"}


def test_what_is_not_recorded_or_cannot_be_is_refused():
    """Our own errors become responses, mistakes do not."""

    def failing(error: Exception):
        def ask(_: Request) -> Response:
            raise error

        return sender(ask, replayed)

    assert failing(UnmatchedRequest("none"))(ASK).status == 421
    assert failing(CassetteError("disk"))(ASK).status == 500
    with pytest.raises(UsageError):
        failing(UsageError("ours"))(ASK)
