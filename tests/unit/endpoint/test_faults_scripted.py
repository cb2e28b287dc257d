"""Which requests a fault meets and what they get, without sockets."""

import gzip
import json

import pytest

from sls_contract.endpoint import Delivery, Scripted, fault
from sls_contract.endpoint.delivery import PLAIN
from sls_contract.errors import UsageError
from sls_contract.exchange import Response

GROUPS = "/logstores/my-logstore/consumergroups"
GROUP = f"{GROUPS}/g"


@pytest.fixture
def ask(send, endpoint):
    """Ask for a group's checkpoints."""
    endpoint.set_checkpoint("g", 0, "MTAw", consumer="c")

    def ask(query: str = "?shard=0") -> Response:
        return send("GET", GROUP + query)

    return ask


def beat(send) -> Response:
    return send("POST", f"{GROUP}?type=heartbeat&consumer=c", b"[0]")


def statuses(calls) -> list[int]:
    return [each.status for each in calls]


def test_a_known_code_brings_status_and_message(ask, endpoint):
    """What the pages say of the code is what the client gets, dressed as the endpoint's own responses."""
    endpoint.respond_next(fault("error=ReadQuotaExceed"))
    got = ask()
    assert json.loads(got.body) == {"errorCode": "ReadQuotaExceed", "errorMessage": "Read quota is exceeded."}
    assert got.status == 403
    assert {"x-log-requestid", "date", "content-type"} <= {name.lower() for name in got.headers}
    assert ask().status == 200


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("error=SignatureNotMatch", 401, "Signature signature is not matched."),
        ("error=InternalServerError", 500, "the service failed"),
        ("error=ServerBusy message='稍后'", 503, "稍后"),
        ("error=ServerBusy status=429", 429, "The server is busy, please try again later."),
        ("error=ConsumerNotMatch status=400", 400, "ConsumerNotMatch"),
        ("error=Odd status=299", 299, "Odd"),
        ("error=Odd status=400 message=", 400, ""),
    ],
)
def test_status_and_message_are_taken_where_given(ask, endpoint, text, status, message):
    """Placeholders in a wording stand for themselves; a code without wordings is its own message."""
    endpoint.respond_next(fault(text))
    got = ask()
    assert (got.status, json.loads(got.body)["errorMessage"]) == (status, message)


def test_once_is_the_default_and_counts_are_kept(ask, endpoint):
    """Once, three times, then as ever; always until told."""
    endpoint.respond_next(fault("status=503"))
    endpoint.respond_next(fault("status=500 times=2"))
    assert statuses(ask() for _ in range(4)) == [503, 500, 500, 200]
    endpoint.respond_next(fault("status=502 always"))
    assert statuses(ask() for _ in range(3)) == [502] * 3
    endpoint.respond_normally()
    assert ask().status == 200


def test_a_fault_for_one_operation_lets_the_others_pass(ask, send, endpoint):
    """A worker's heartbeats neither get it nor use it up."""
    endpoint.respond_next(fault("operation=GetCheckPoint error=ServerBusy times=2"))
    assert statuses([beat(send), ask(), beat(send), send("GET", GROUPS), ask(), ask()]) == [
        200,
        503,
        200,
        200,
        503,
        200,
    ]


def test_a_fault_for_one_shard_lets_the_others_pass(ask, send, endpoint):
    """A shard is told by query, path and body; a request for every shard is about none."""
    endpoint.respond_next(fault("shard=1 status=500 always"))
    write = b'{"shard":%d,"checkpoint":"MTI="}'
    forced = f"{GROUP}?type=checkpoint&forceSuccess=true"
    cursor = "/logstores/my-logstore/shards/%d?type=cursor&from=begin"
    for number, status in ((0, 200), (1, 500)):
        assert ask(f"?shard={number}").status == status
        assert send("POST", forced, write % number).status == status
        assert send("GET", cursor % number).status == status
    assert ask("").status == 200
    for query, body in (
        ("?shard=" + "9" * 5000, b""),
        ("?shard=", b""),
        ("?shard=x", b""),
        ("?shard=１", b""),
        ("", b"[1]"),
        ("", b'{"shard":'),
    ):
        assert send("GET", GROUP + query, body).status != 500


def test_after_lets_requests_pass_that_it_meets(ask, send, endpoint):
    """It counts the requests that it is for, from when it was scripted."""
    ask()
    endpoint.respond_next(fault("operation=GetCheckPoint after=2 status=500 times=2"))
    assert statuses([ask(), beat(send), ask(), beat(send), ask(), ask(), ask()]) == [200, 200, 200, 200, 500, 500, 200]


def test_the_first_that_is_due_is_sent(ask, endpoint):
    """Faults stand in order; one that waits hides none behind it, and goes on counting."""
    endpoint.respond_next(fault("status=501 after=2"))
    endpoint.respond_next(fault("status=502"))
    endpoint.respond_next(fault("delay=1s always"))
    got = [ask() for _ in range(4)]
    assert statuses(got) == [502, 200, 501, 200]
    assert [getattr(each, "delivery", PLAIN).delay for each in got] == [0, 1, 0, 1]


@pytest.mark.parametrize("name", ["HeartBeat", "ConsumerGroupHeartBeat"])
def test_an_operation_may_be_called_by_any_of_its_names(ask, send, endpoint, name):
    """The page's name and the API's name."""
    endpoint.respond_next(fault(f"status=500 operation={name}"))
    assert statuses([ask(), beat(send), beat(send)]) == [200, 500, 200]


def test_an_operation_that_the_endpoint_does_not_serve_can_be_scripted(send, endpoint):
    """Every operation that has a contract."""
    endpoint.respond_next(fault("error=ServerBusy operation=GetLogStore"))
    assert send("GET", "/logstores/my-logstore").status == 503


def test_a_request_of_no_operation_is_met_by_faults_for_any(send, endpoint):
    """What the endpoint cannot route is no operation."""
    endpoint.respond_next(fault("operation=GetCheckPoint status=500 always"))
    assert send("GET", "/nothing").status == 421
    endpoint.respond_next(fault("status=500"))
    assert send("GET", "/nothing").status == 500


def test_an_own_response_is_changed_and_a_write_is_done(send, endpoint):
    """Below 300, a status dresses the endpoint's own response; the request was carried out."""
    create = b'{"consumerGroup":"g","timeout":9}'
    endpoint.respond_next(fault("status=202"))
    assert send("POST", GROUPS, create).status == 202
    endpoint.respond_next(fault("status=206 header=x-log-requestid:1 header=X-New:2 content-type=text/plain"))
    got = send("GET", GROUPS)
    assert (got.status, json.loads(got.body)[0]["name"], got.reason) == (206, "g", "")
    assert [got.headers.get_all(name) for name in ("x-log-requestid", "X-New", "content-type")] == [
        ("1",),
        ("2",),
        ("text/plain",),
    ]


def test_a_response_of_its_own_does_nothing(send, endpoint):
    """A request that gets an error, a redirect or a body was not carried out."""
    for text in ("status=500", "body=x", "redirect=/", "error=ServerBusy"):
        endpoint.respond_next(fault(text))
        send("POST", GROUPS, b'{"consumerGroup":"g","timeout":9}')
    assert send("GET", GROUPS).body == b"[]"


def test_bodies_and_redirects(ask, endpoint):
    """A status from 300 up has no body unless given; a redirect is 302 unless said otherwise; lengths are right."""
    for text, status, body, kind in (
        ("status=502", 502, b"", None),
        ("body=<html/> content-type=text/html", 200, b"<html/>", "text/html"),
        ("body={} status=404", 404, b"{}", "application/json"),
        ("body=", 200, b"", None),
        ("redirect=http://other/", 302, b"", None),
        ("redirect=http://other/ status=308 body=gone", 308, b"gone", "application/json"),
    ):
        endpoint.respond_next(fault(text))
        got = ask()
        assert (got.status, got.body, got.headers.get("Content-Type")) == (status, body, kind)
        assert got.headers.get_all("Content-Length") == (str(len(body)),)
        assert got.headers.get("Location") == ("http://other/" if "redirect" in text else None)


def test_codings(ask, endpoint):
    """What is zipped is announced and is the same each time; chunked has no length; a field given last may lie."""
    plain = ask().body
    endpoint.respond_next(fault("gzip times=2"))
    first, second = ask(), ask()
    assert (gzip.decompress(first.body), first.body) == (plain, second.body)
    assert first.body[4:8] == bytes(4)  # the time of zipping
    assert first.headers.get_all("Content-Encoding") == ("gzip",)
    assert first.headers["Content-Length"] == str(len(first.body))
    endpoint.respond_next(fault("chunked"))
    got = ask()
    assert (got.body, got.headers.get_all("Transfer-Encoding"), "Content-Length" in got.headers) == (
        plain,
        ("chunked",),
        False,
    )
    endpoint.respond_next(fault("header=content-length:1 header=Content-Length:2"))
    assert ask().headers.get_all("Content-Length") == ("1", "2")


@pytest.mark.parametrize(
    ("text", "delivery"),
    [
        ("delay=1500ms", Delivery(delay=1.5)),
        ("delay=1s status=500", Delivery(delay=1)),
        ("reset", Delivery(silent=True, ending="reset")),
        ("close delay=1s", Delivery(delay=1, silent=True, ending="close")),
        ("truncate=5", Delivery(body_bytes=5, ending="close")),
        ("truncate=5 reset", Delivery(body_bytes=5, ending="reset")),
        ("truncate=5 body=abc", Delivery(body_bytes=2, ending="close")),
        ("truncate=0 body=abc", Delivery(body_bytes=0, ending="close")),
        ("truncate=5 status=500", Delivery(body_bytes=0, ending="close")),
    ],
)
def test_how_a_response_travels(ask, endpoint, text, delivery):
    """A cut keeps back one announced byte at least, so that no response passes whole."""
    endpoint.respond_next(fault(text))
    got = ask()
    assert got.delivery == delivery
    assert int(got.headers["Content-Length"]) > len(got.received().body) if "truncate" in text else True


def test_times_beside_a_scripted_response_go_before(ask, endpoint):
    """respond_next's own times replaces that of the fault, unless it is the default."""
    endpoint.respond_next(fault("status=500 times=3"), times=2)
    assert statuses(ask() for _ in range(3)) == [500, 500, 200]
    endpoint.respond_next(fault("status=500"), times=None)
    assert statuses(ask() for _ in range(3)) == [500] * 3


def test_a_scripted_response_may_say_when(ask, endpoint):
    """Any predicate serves; scripted responses that never come true are refused."""
    endpoint.respond_next(Scripted(Response(418), when=lambda request: "shard=1" in request.url, after=1, times=None))
    assert statuses(ask(f"?shard={number}") for number in (0, 1, 0, 1, 1)) == [200, 200, 200, 418, 418]
    for fields, words in (({"times": 0}, "times must be 1 or more"), ({"after": -1}, "after must be 0 or more")):
        with pytest.raises(UsageError, match=words):
            Scripted(**fields)


def test_a_watcher_is_told_what_was_scripted(ask, endpoint):
    """Every exchange from then on, with what the client got of it, whether or not a log is kept."""
    seen = []
    ask()
    endpoint.watch(seen.append)
    endpoint.respond_next(fault("reset"))
    ask()
    ask()
    assert [(served.scripted, served.exchange.response is None) for served in seen] == [(True, True), (False, False)]
    assert tuple(seen) == endpoint.log[1:]
