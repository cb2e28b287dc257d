"""The endpoint against the contract's own checks, which share no code with it."""

from datetime import timedelta

import pytest

from sls_contract.checks import check
from sls_contract.exchange import Exchange, Request
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign

GROUPS = "/logstores/my-logstore/consumergroups"
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
STEPS = (
    ("POST", GROUPS, '{"consumerGroup":"组","timeout":10}'),
    ("GET", GROUPS, ""),
    ("GET", f"{GROUPS}/%E7%BB%84", ""),
    ("POST", f"{GROUPS}/%E7%BB%84?type=heartbeat&consumer=c", "[]"),
    ("POST", f"{GROUPS}/%E7%BB%84?type=checkpoint&consumer=c", '{"shard":0,"checkpoint":"MTI="}'),
    ("GET", f"{GROUPS}/%E7%BB%84?shard=0", ""),
    ("GET", f"{GROUPS}/%E7%BB%84", ""),
    ("GET", f"{GROUPS}/%E7%BB%84?shard=9", ""),
    ("GET", f"{GROUPS}/none?shard=0", ""),
    ("GET", "/logstores/none/consumergroups/none", ""),
    ("PUT", f"{GROUPS}/%E7%BB%84", '{"timeout":20}'),
    ("DELETE", f"{GROUPS}/%E7%BB%84", ""),
)


def signed(  # noqa: PLR0913 - what a client may vary
    endpoint, method, target, body="", *, key=TEST_CREDENTIALS, scheme="v1", host=HOST, late=0
) -> Request:
    headers = {"Host": host, **({"Content-Type": "application/json"} if body else {})}
    request = Request(method, f"http://{host}{target}", headers, body.encode())
    return sign(request, key, scheme=scheme, region="cn-hangzhou", at=endpoint._now() - timedelta(minutes=late))


@pytest.mark.parametrize("key", [TEST_CREDENTIALS, TEST_STS_CREDENTIALS], ids=["key", "sts"])
@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
def test_every_response_conforms(endpoint, key, scheme):
    """A group's life and the three kinds of missing things give no finding at all."""
    for step in STEPS:
        endpoint(signed(endpoint, *step, key=key, scheme=scheme))
    endpoint(
        signed(endpoint, "GET", f"{GROUPS}/g", key=key, scheme=scheme, host=f"no-such-project.{HOST.partition('.')[2]}")
    )
    found = [check(each, credentials=key, at=endpoint._now()) for each in endpoint.exchanges]
    assert found == [()] * (len(STEPS) + 1)


@pytest.mark.slow
def test_every_refusal_conforms(endpoint):
    """Whatever is wrong with a request's authentication, the response to it breaks no clause for responses."""
    good = signed(endpoint, "GET", f"{GROUPS}/g")
    for name in ("Authorization", "x-log-apiversion", "x-log-signaturemethod"):
        endpoint(good.replace(headers=good.headers.without(name)))
        endpoint(good.replace(headers=good.headers.with_field(name, "wrong")))
    endpoint(good.replace(headers=good.headers.without("Date", "x-log-date")))
    endpoint(signed(endpoint, "GET", f"{GROUPS}/g", late=20))
    for key in (("nobody", "x"), ("testAccessKeyId", "x"), ("STS.testAccessKeyId", "testStsAccessKeySecret", "x")):
        endpoint(signed(endpoint, "GET", f"{GROUPS}/g", key=Credentials(*key)))
    assert {each.response.status for each in endpoint.exchanges} == {400, 401}
    found = [each for exchange in endpoint.exchanges for each in check(exchange, at=endpoint._now())]
    assert [each for each in found if each.code.startswith("SLS2")] == []


@pytest.mark.parametrize(
    "target",
    [
        "/0?type=log&cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk%3D&count=1",
        "/0?type=log&cursor=%21&count=1",
        "/9?type=log&cursor=MTI%3D&count=1",
        "/0?type=log&cursor=MTI%3D&count=2000",
        "/0?type=cursor_time&cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk%3D",
        "/0?type=cursor&from=yesterday",
        "/9?type=cursor&from=begin",
    ],
)
def test_what_a_consumer_is_refused_conforms(endpoint, target):
    """An old cursor, a wrong one, a shard that is not there: the refusal has the words of a page."""
    request = signed(endpoint, "GET", f"/logstores/my-logstore/shards{target}")
    exchange = Exchange(request, endpoint(request))
    assert exchange.response.status == 400
    found = check(exchange, credentials=TEST_CREDENTIALS, at=endpoint._now())
    assert [each for each in found if each.code.startswith("SLS2")] == []
