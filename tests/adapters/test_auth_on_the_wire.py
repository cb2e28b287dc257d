"""Whatever requests or httpx is asked for, the signature is that of the bytes that leave."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import httpx
import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sls_contract.adapters import httpx as for_httpx
from sls_contract.adapters.requests import SlsAuth
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, verify_signature

NAMED = "http://my-project.cn-hangzhou.log.aliyuncs.com"
SCHEMES = ("v1", "v1-sha256", "v4")
KEYS = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
ODD = st.text(st.sampled_from("aZ0-_.~ +%/&=?;,:@'\"<>[]{}|\\^`*!$()#日志é😓"), max_size=10)
PIECES = ["a", "+", "%20", "%2F", "%2f", "%25", "%", "%4", "%E4%B8%AD", "中", "=", "&", "[", "|", "/", "//", "%2E"]
ESCAPED = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "x-log-meta-name": st.sampled_from(["a", "a  b", "中文", "é", "中文".encode(), b"\xff"]),
        "x-acs-odd": st.sampled_from(["", "1"]),
        "Content-Type": st.sampled_from(["application/x-protobuf", "text/plain; charset=utf-8"]),
        "x-log-bodyrawsize": st.just("7"),
        "Date": st.just("yesterday"),
        "Content-MD5": st.just("0"),
    },
)
PAYLOAD = st.binary(max_size=20)


def chunks(data: bytes):
    yield data[:3]
    yield data[3:]


def bodies():
    """Each way in which a body is handed to requests, made anew for each example."""
    text = st.text(st.sampled_from("a=&中é\x00"), max_size=8)
    return st.one_of(
        st.just({}),
        PAYLOAD.map(lambda data: {"data": data}),
        text.map(lambda data: {"data": data}),
        PAYLOAD.map(lambda data: {"data": io.BytesIO(data)}),
        PAYLOAD.map(lambda data: {"data": chunks(data)}),
        PAYLOAD.map(lambda data: {"data": bytearray(data)}),
        text.map(lambda data: {"json": {"名": data}}),
        text.map(lambda data: {"data": {"名": data}}),
        PAYLOAD.map(lambda data: {"files": {"file": data}}),
    )


def signed_right(request, key) -> None:
    mismatch = verify_signature(request, key, region="cn-hangzhou")
    assert mismatch is None, f"{mismatch}\n{request.target}\n{request.headers.pairs}"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    base=st.sampled_from(["direct", "named", "named:80"]),
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]),
    path=ODD | ESCAPED,
    query=ESCAPED,
    params=st.none() | st.lists(st.tuples(ODD, ODD | st.none()), max_size=3) | ESCAPED,
    headers=HEADERS,
    body=bodies(),
    scheme=st.sampled_from(SCHEMES),
    key=st.sampled_from(KEYS),
)
@example("direct", "GET", "//logstores", "a=100%&b=%2B", None, {}, {}, "v1", TEST_CREDENTIALS)
@example("named", "GET", "a;", "b=;", None, {}, {}, "v1", TEST_CREDENTIALS)
@example("named:80", "GET", "logstores", "", [("a", "b c"), ("a", "")], {}, {}, "v4", TEST_CREDENTIALS)
def test_every_request_of_requests_verifies(  # noqa: PLR0913, PLR0917 - each is one thing that may be odd
    wire, base, method, path, query, params, headers, body, scheme, key
):
    """Path, query, headers and body come to the server as they were signed."""
    root = {"direct": wire.url, "named": NAMED, "named:80": f"{NAMED}:80"}[base]
    proxies = {} if base == "direct" else {"http": wire.url}
    url = f"{root}/{path.replace('#', '').replace('?', '')}?{query}"
    before = len(wire.received)
    auth = SlsAuth(key, scheme, "cn-hangzhou")
    response = requests.request(
        method, url, params=params, headers=headers, auth=auth, proxies=proxies, timeout=60, **body
    )
    assert response.status_code == 200
    assert len(wire.received) == before + 1
    signed_right(wire.last, key)
    assert "transfer-encoding" not in wire.last.headers
    assert not wire.last.path.startswith("//")  # older versions of requests send one slash, whatever was signed
    assert not wire.last.headers["host"].endswith(":80")  # a proxy would be sent the port, the host itself not
    assert int(wire.last.headers.get("content-length", "0")) == len(wire.last.body)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    base=st.sampled_from(["direct", "named", "named:80"]),
    method=st.sampled_from(["GET", "POST", "HEAD"]),
    path=ODD | ESCAPED,
    query=ESCAPED,
    params=st.none() | st.lists(st.tuples(ODD, ODD | st.none()), max_size=3),
    meta=st.none() | st.sampled_from(["a", "a  b", "中文"]),
    body=PAYLOAD.map(lambda data: {"content": data})
    | PAYLOAD.map(lambda data: {"content": chunks(data)})
    | st.just({"json": {"名": "中"}})
    | st.just({"data": {"名": "中 +"}})
    | st.just({}),
    scheme=st.sampled_from(SCHEMES),
    key=st.sampled_from(KEYS),
)
def test_every_request_of_httpx_verifies(  # noqa: PLR0913, PLR0917 - as above
    wire, base, method, path, query, params, meta, body, scheme, key
):
    """Path, query, headers and body come to the server as they were signed."""
    root = {"direct": wire.url, "named": NAMED, "named:80": f"{NAMED}:80"}[base]
    headers = {} if meta is None else {"x-log-meta-name": meta.encode()}
    url = f"{root}/{path.replace('#', '').replace('?', '')}?{query}"
    auth = for_httpx.SlsAuth(key, scheme, "cn-hangzhou")
    with httpx.Client(proxy=None if base == "direct" else wire.url, timeout=60, verify=False) as client:
        sent = client.build_request(method, url, params=params, headers=headers, **body)
        assert client.send(sent, auth=auth).status_code == 200
    signed_right(wire.last, key)
    assert "transfer-encoding" not in wire.last.headers


@pytest.fixture(scope="module")
def service():
    """The reference endpoint on a socket, which verifies every signature, in what it wants to be asked for."""
    endpoint = ReferenceEndpoint(lambda: datetime.now(UTC))
    endpoint.create_consumer_group("readers")
    endpoint.set_checkpoint("readers", 0, "MTAw", consumer="消费者")
    with serve(endpoint) as server:
        yield server.url


PATH = "/logstores/my-logstore/consumergroups/readers"
QUERIES = (
    "shard=0",
    "shard=0&x=a%20b",
    "shard=0&x=a+b",
    "shard=0&x=a%2Fb",
    "shard=0&x=中文",
    "x=&shard=0",
    "x=1&x=&shard=0",
)
GROUP = {"consumerGroup": "new 组", "timeout": 60, "order": False}


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS, ids=["key", "sts"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_endpoint_takes_what_requests_sends(service, scheme, key):
    """Unusual queries and a body pass the endpoint's own verification, with auth on the session."""
    with requests.Session() as session:
        session.auth, session.proxies = SlsAuth(key, scheme), {"http": service}
        for query in QUERIES:
            response = session.get(f"{NAMED}{PATH}?{query}", timeout=60)
            assert [entry["consumer"] for entry in response.json()] == ["消费者"], (query, response.text)
        made = session.post(f"{NAMED}/logstores/my-logstore/consumergroups", json=GROUP, timeout=60)
        assert made.status_code in (200, 400), made.text  # made by a run of this test before
        assert "Signature" not in made.text


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS, ids=["key", "sts"])
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_endpoint_takes_what_httpx_sends(service, scheme, key):
    """The same from an async client."""
    async with httpx.AsyncClient(proxy=service, auth=for_httpx.SlsAuth(key, scheme), timeout=60) as client:
        for query in QUERIES:
            response = await client.get(f"{NAMED}{PATH}?{query}")
            assert [entry["consumer"] for entry in response.json()] == ["消费者"], (query, response.text)
        made = await client.post(f"{NAMED}/logstores/my-logstore/consumergroups", json=GROUP)
        assert "Signature" not in made.text
