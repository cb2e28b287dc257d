"""Whatever a client sends, the endpoint responds like a service, never with an exception or a 500."""

import json
from datetime import UTC, datetime

import hypothesis.strategies as st
from hypothesis import given

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, sign

NOW = datetime(2026, 1, 2, tzinfo=UTC)
WIRE = st.binary(max_size=12).map(lambda data: data.decode("utf-8", "surrogateescape"))
SEGMENTS = st.sampled_from(["logstores", "my-logstore", "consumergroups", "g", "%FF", "%2F", "%", "", "组"]) | WIRE
PATHS = st.lists(SEGMENTS, max_size=6).map(lambda parts: "/" + "/".join(parts)) | st.just(
    "/logstores/my-logstore/consumergroups/g"
)
QUERIES = st.lists(
    st.sampled_from(
        ["type=heartbeat", "type=checkpoint", "consumer=c", "forceSuccess=true", "shard=0", "shard", "=", "%"]
    )
    | WIRE,
    max_size=4,
).map("&".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just("MTI="),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["shard", "checkpoint", "consumerGroup", "timeout", "order"]) | st.text(max_size=2), inner
        )
    ),
    max_leaves=6,
)
GROUPS = "http://my-project.x/logstores/my-logstore/consumergroups"
STATUSES = {200, 400, 401, 404, 405, 421}  # the last is our own
BODIES = st.binary(max_size=20) | JSON.map(lambda value: json.dumps(value).encode())
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "get", ""])
HOSTS = st.sampled_from(["my-project.cn-hangzhou.log.aliyuncs.com", "127.0.0.1", "[::1", "", ".", "组.x"]) | WIRE
HEADERS = st.lists(st.tuples(st.sampled_from(["Date", "x-log-date", "x-log-apiversion", "Authorization"]), WIRE))


def asked(endpoint: ReferenceEndpoint, request: Request) -> int:
    """Return the status of a response that is whole and, where it has a body, JSON."""
    response = endpoint(request)
    assert response.headers["Content-Length"] == str(len(response.body))
    if response.body:
        assert json.loads(response.body.decode("utf-8")) is not None
    return response.status


@given(method=METHODS, path=PATHS, query=QUERIES, body=BODIES, host=HOSTS)
def test_any_signed_request_gets_a_response(method, path, query, body, host):
    """Odd methods, paths, queries, hosts and documents behind a good signature."""
    endpoint = ReferenceEndpoint(lambda: NOW)
    endpoint.set_checkpoint("g", 0, "MTI=", consumer="c")
    request = Request(method, f"http://x{path}?{query}", {"Host": host}, body)
    assert asked(endpoint, sign(request, TEST_CREDENTIALS, at=NOW)) in STATUSES


@given(headers=HEADERS, replaced=HEADERS)
def test_any_authentication_gets_a_response(headers, replaced):
    """Odd dates, versions and Authorization headers, alone or in place of good ones."""
    endpoint = ReferenceEndpoint(lambda: NOW)
    assert asked(endpoint, Request("GET", GROUPS, headers)) in STATUSES
    good = sign(Request("GET", GROUPS), TEST_CREDENTIALS, at=NOW)
    for name, value in replaced:
        good = good.replace(headers=good.headers.with_field(name, value))
        assert asked(endpoint, good) in STATUSES
