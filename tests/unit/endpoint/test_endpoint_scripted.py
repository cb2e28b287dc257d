"""Scripted responses and the log, without sockets."""

import json
import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from sls_contract.endpoint import DeliveredResponse, Delivery, Scripted, ServiceError
from sls_contract.errors import UsageError
from sls_contract.exchange import Response

GROUPS = "/logstores/my-logstore/consumergroups"


def test_scripted_responses_come_in_order_then_the_endpoints_own(send, endpoint):
    """Once, twice, then normally again."""
    endpoint.respond_next(Response(418, {"X": "1"}, b"tea"))
    endpoint.respond_next(ServiceError(503, "ServerBusy", "忙"), times=2)
    got = [send("GET", GROUPS) for _ in range(4)]
    assert [each.status for each in got] == [418, 503, 503, 200]
    assert got[0] == Response(418, {"X": "1"}, b"tea")
    assert json.loads(got[1].body) == {"errorCode": "ServerBusy", "errorMessage": "忙"}
    assert got[1].headers["x-log-requestid"] != got[2].headers["x-log-requestid"]
    assert [served.scripted for served in endpoint.log] == [True, True, True, False]


def test_a_response_for_always_lasts_until_told(send, endpoint):
    """times=None repeats until respond_normally."""
    endpoint.respond_next(ServiceError(500, "InternalServerError", "x"), times=None)
    assert {send("GET", GROUPS).status for _ in range(5)} == {500}
    endpoint.respond_normally()
    assert send("GET", GROUPS).status == 200


def test_a_lost_response_is_logged_as_none_and_its_write_is_done(send, endpoint):
    """The request is carried out, nothing is sent, and the log says so."""
    endpoint.respond_next(Scripted.reset())
    response = send("POST", GROUPS, b'{"consumerGroup":"g","timeout":10}')
    assert response.delivery == Delivery(silent=True, ending="reset")
    assert endpoint.exchanges[0].response is None
    assert json.loads(send("GET", GROUPS).body)[0]["name"] == "g"
    assert [request.method for request in endpoint.requests] == ["POST", "GET"]


def test_a_cut_response_is_logged_as_the_client_saw_it(send, endpoint):
    """Headers announce the whole body, the log holds what was sent of it."""
    endpoint.respond_next(Scripted.truncated(1))
    response = send("GET", GROUPS)
    assert (response.body, response.delivery) == (b"[]", Delivery(body_bytes=1, ending="close"))
    seen = endpoint.exchanges[0].response
    assert (type(seen), seen.body, seen.headers["Content-Length"]) == (Response, b"[", "2")


def test_delays_and_endings_keep_their_response(send, endpoint):
    """A delayed response is the given one; a response that brings its delivery keeps it."""
    endpoint.respond_next(Scripted.delayed(0.5, Response(200, body=b"late")))
    endpoint.respond_next(Scripted.closed())
    endpoint.respond_next(DeliveredResponse(200, delivery=Delivery(delay=1)))
    late, closed, own = (send("GET", GROUPS) for _ in range(3))
    assert (late.body, late.delivery.delay) == (b"late", 0.5)
    assert closed.delivery == Delivery(silent=True, ending="close")
    assert own.delivery == Delivery(delay=1)


@pytest.mark.parametrize("fields", [{"delay": -1}, {"delay": math.nan}, {"body_bytes": -1}, {"ending": "explode"}])
def test_impossible_deliveries_are_refused(fields):
    """No wire can do that."""
    with pytest.raises(UsageError, match=next(iter(fields))):
        Delivery(**fields)


def test_impossible_scripts_are_refused(endpoint):
    """Counts below one and things that are no response."""
    for times in (0, -1, True, 1.5):
        with pytest.raises(UsageError, match="times must be 1 or more"):
            endpoint.respond_next(Response(200), times=times)
    with pytest.raises(UsageError, match="expected a Response, ServiceError or Scripted, got int"):
        endpoint.respond_next(500)


def test_the_log_can_be_switched_off(clock, send):
    """A server that runs for days keeps nothing."""
    send.endpoint = type(send.endpoint)(clock, keep_log=False)
    assert send("GET", GROUPS).status == 200
    assert send.endpoint.log == ()


@pytest.mark.slow
def test_threads_share_an_endpoint(send, endpoint):
    """Eight threads write and read: nothing is lost, no id and no updateTime comes twice."""
    endpoint.create_consumer_group("g")
    target = f"{GROUPS}/g?type=checkpoint&forceSuccess=true"

    def write(_number: int) -> int:
        assert send("POST", target, b'{"shard":0,"checkpoint":"MTI="}').status == 200
        return json.loads(send("GET", f"{GROUPS}/g?shard=0").body)[0]["updateTime"]

    with ThreadPoolExecutor(8) as pool:
        times = list(pool.map(write, range(200)))
    assert max(times) - 1767323045678901 == 199
    assert len({each.response.headers["x-log-requestid"] for each in endpoint.exchanges}) == 400


def test_a_changed_copy_of_a_response_travels_as_before():
    """`replace` keeps the delivery, unless that is what it changes; a plain one gives a plain response."""
    late = DeliveredResponse(200, {"X-A": "1"}, b"[]", delivery=Delivery(delay=2.0, body_bytes=1))
    changed = late.replace(status=503, body=b"{}")
    assert isinstance(changed, DeliveredResponse)
    assert (changed.status, changed.body, dict(changed.headers)) == (503, b"{}", {"X-A": "1"})
    assert changed.delivery == late.delivery
    assert late.replace(delivery=Delivery(silent=True)).received() is None
    assert not isinstance(late.replace(delivery=Delivery()), DeliveredResponse)
