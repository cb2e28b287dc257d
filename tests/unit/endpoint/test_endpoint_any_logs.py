"""Whatever a client asks of shards and logs, the response is one of the service's."""

from datetime import UTC, datetime

import hypothesis.strategies as st
from aliyun.log.proto import LogGroup
from hypothesis import given

from sls_contract.checks import check
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.state.cursors import cursor
from sls_contract.exchange import OWN_RESPONSE, Exchange, Request
from sls_contract.signing import TEST_CREDENTIALS, sign

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HOST = "http://my-project.cn-hangzhou.log.aliyuncs.com"
WIRE = st.binary(max_size=8).map(lambda data: data.decode("utf-8", "surrogateescape"))
CURSORS = st.sampled_from([cursor(0, number) for number in (-1, 0, 1, 2, 3, 10**9)]) | st.sampled_from(
    ["", "MQ", "LTE="]
)
PIECES = st.one_of(
    st.sampled_from(["type=log", "type=logs", "type=cursor", "type=cursor_time", "from=begin", "from=end", "count=0"]),
    CURSORS.map(lambda text: f"cursor={text}"),
    CURSORS.map(lambda text: f"end_cursor={text}"),
    st.integers(-(10**20), 10**20).map(lambda number: f"from={number}"),
    st.integers(-(10**20), 10**20).map(lambda number: f"count={number}"),
    st.sampled_from(["key=" + "f" * 32, "key=x", "query=*"]),
    WIRE,
)
SHARDS = st.sampled_from(["", "/0", "/1", "/-1", "/01", "/lb", "/route", f"/{2**70}"]) | WIRE.map(
    lambda text: f"/{text}"
)
WHOLE = LogGroup()
WHOLE.Logs.add(Time=1).Contents.add(Key="k", Value="日志")
BODIES = st.just(WHOLE.SerializeToString()) | st.binary(max_size=20)
HEADERS = st.dictionaries(
    st.sampled_from(["x-log-compresstype", "x-log-bodyrawsize", "Accept-Encoding", "Content-Encoding"]),
    st.sampled_from(["lz4", "deflate", "gzip", "zstd", "0", "20", "-1", "", "lz4, deflate"]),
)


@given(
    method=st.sampled_from(["GET", "POST"]),
    shard=SHARDS,
    query=st.lists(PIECES, max_size=4).map("&".join),
    body=BODIES,
    headers=HEADERS,
)
def test_any_request_for_logs_gets_a_response(method, shard, query, body, headers):
    """Odd shards, cursors, counts, codings and messages: the response is well-formed, whatever it says."""
    request = Request(method, f"{HOST}/logstores/my-logstore/shards{shard}?{query}", headers, body)
    request = sign(request, TEST_CREDENTIALS, at=NOW)
    endpoint = ReferenceEndpoint(lambda: NOW)
    for number in range(2):
        endpoint.put_logs(0, [{"a": str(number)}])
    response = endpoint(request)
    if OWN_RESPONSE in response.headers:  # not the service's voice: not judged as such
        assert response.status == 421
        return
    assert response.status in {200, 400, 404, 405, 413}
    found = check(Exchange(request, response), at=NOW)
    assert [each for each in found if each.code.startswith("SLS2")] == []
