"""Each operation on logs, asked for by the official SDK over a socket."""

import time
from datetime import UTC, datetime

import pytest
from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from aliyun.log import LogException, LogItem, PutLogsRequest
from sdk import ENDPOINT, log_client

from sls_contract.checks import check
from sls_contract.endpoint import ReferenceEndpoint, SqliteStore
from sls_contract.endpoint.server import serve
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

NAMES = ("my-project", "my-logstore")


@pytest.fixture(params=["memory", "file"])
def endpoint(request, tmp_path):
    store = SqliteStore(tmp_path / "state") if request.param == "file" else None
    with ReferenceEndpoint(lambda: datetime.now(UTC), store=store) as made:
        yield made
        assert [finding for each in made.exchanges for finding in check(each)] == []


@pytest.fixture(params=[(TEST_CREDENTIALS, "v1"), (TEST_STS_CREDENTIALS, "v4")], ids=["v1", "v4-sts"])
def client(request, server):
    return log_client(server, *request.param)


def begin(client, shard=0):
    return client.get_begin_cursor(*NAMES, shard).get_cursor()


def end(client, shard=0):
    return client.get_end_cursor(*NAMES, shard).get_cursor()


def values(response):
    return [each["index"] for each in response.get_flatten_logs_json()]


def put(client, *contents, **options):
    items = [LogItem(int(time.time()), [pair]) for pair in contents]
    client.put_logs(PutLogsRequest(*NAMES, topic="主题", source="10.0.0.1", logitems=items, **options))


def test_list_shards(client):
    """The shards divide the keys among them."""
    ranges = [
        (each["shardID"], each["status"], each["inclusiveBeginKey"], each["exclusiveEndKey"])
        for each in client.list_shards(*NAMES).get_shards_info()
    ]
    half = "8" + "0" * 31
    assert ranges == [(0, "readwrite", "0" * 32, half), (1, "readwrite", half, "f" * 32)]


def test_cursors_of_an_empty_shard(client):
    """Begin and end are one place, and nothing can be pulled there."""
    assert begin(client) == end(client)
    pulled = client.pull_logs(*NAMES, 0, begin(client))
    assert (pulled.get_loggroup_count(), pulled.get_next_cursor(), pulled.get_raw_size()) == (0, end(client), 0)


@pytest.mark.slow
def test_pull_logs_in_steps(client, endpoint):
    """Log groups come in order, as many as asked for, and the next cursor goes on behind them."""
    cursors = [endpoint.put_logs(0, [{"index": str(number), "组": "日志"}]) for number in range(5)]
    assert begin(client) == cursors[0]
    first = client.pull_logs(*NAMES, 0, begin(client), count=2)
    assert (values(first), first.get_next_cursor()) == (["0", "1"], cursors[2])
    rest = client.pull_logs(*NAMES, 0, first.get_next_cursor(), count=1000)
    assert (values(rest), rest.get_next_cursor()) == (["2", "3", "4"], end(client))
    ended = client.pull_logs(*NAMES, 0, cursors[1], count=1000, end_cursor=cursors[3])
    assert (values(ended), ended.get_next_cursor()) == (["1", "2"], cursors[3])
    assert [values(each) for each in client.pull_log(*NAMES, 0, "begin", "end", 2)] == [["0", "1"], ["2", "3"], ["4"]]


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["lz4", "zstd", "deflate", "gzip", ""])
def test_pull_logs_in_every_coding(client, endpoint, coding):
    """Compressed as asked or plain, the same logs arrive."""
    endpoint.put_logs(0, [{"index": "0", "text": "日志" * 500}] * 3, topic="主题", tags={"标签": "值"})
    pulled = client.pull_logs(*NAMES, 0, begin(client), compress=bool(coding), accept_compress_type=coding)
    assert values(pulled) == ["0", "0", "0"]
    assert pulled.get_header("x-log-compresstype") == (coding if coding in ("lz4", "zstd", "deflate") else "")
    (group,) = pulled.get_loggroup_json_list()
    assert (group["topic"], group["tags"], group["logs"][0]["text"]) == ("主题", {"标签": "值"}, "日志" * 500)


def test_cursor_by_time_and_time_by_cursor(client, endpoint):
    """The first log group received at a time or later is found; the time of a cursor is when its group came."""
    cursor = endpoint.put_logs(1, [{"index": "0"}], time=1)
    received = client.get_cursor_time(*NAMES, 1, cursor).get_cursor_time()
    assert abs(received - time.time()) < 60
    at = [client.get_cursor(*NAMES, 1, when).get_cursor() for when in (1, received, received + 3600)]
    assert at == [cursor, cursor, end(client, 1)]


@pytest.mark.slow
def test_get_check_point_fixed(client, endpoint):
    """The SDK finds out when the last consumed log group came, or, where none was consumed, the first."""
    cursors = [endpoint.put_logs(0, [{"index": str(number)}]) for number in range(2)]
    client.create_consumer_group(*NAMES, "readers", 10)
    for checkpoint in (*cursors, end(client)):
        client.update_check_point(*NAMES, "readers", 0, checkpoint)
        (entry, never) = client.get_check_point_fixed(*NAMES, "readers").get_consumer_group_check_points()
        assert abs(entry["checkpoint_previous_cursor_time"] - time.time()) < 60
        assert "checkpoint_previous_cursor_time" not in never


@pytest.mark.slow
@pytest.mark.parametrize("kind", [{"compress": True}, {"compress": False}, {"compress_type": "zstd"}])
def test_put_logs_to_the_shard_of_a_key(client, kind):
    """A key goes to the shard whose range holds it, and what was written, in any coding, is pulled again."""
    put(client, ("index", "左"), hashKey="0" * 32, **kind)
    put(client, ("index", "右"), ("index", "右 2"), hashKey="F" * 32, **kind)
    assert [values(client.pull_logs(*NAMES, shard, begin(client, shard))) for shard in (0, 1)] == [
        ["左"],
        ["右", "右 2"],
    ]
    (group,) = client.pull_logs(*NAMES, 0, begin(client)).get_loggroup_json_list()
    assert (group["topic"], group["source"]) == ("主题", "10.0.0.1")


@pytest.mark.slow
def test_put_logs_without_a_key(client):
    """Writes are spread over the shards."""
    for number in range(4):
        put(client, ("index", str(number)))
    assert [values(client.pull_logs(*NAMES, shard, begin(client, shard))) for shard in (0, 1)] == [
        ["0", "2"],
        ["1", "3"],
    ]


@pytest.mark.slow
def test_a_heartbeat_shares_out_and_only_the_holder_writes(client):
    """Who holds a shard may write its checkpoint; another may only by force."""
    client.create_consumer_group(*NAMES, "readers", 10)
    assert client.heart_beat(*NAMES, "readers", "a", []).get_shards() == [0, 1]
    assert client.heart_beat(*NAMES, "readers", "b", []).get_shards() == []
    assert client.heart_beat(*NAMES, "readers", "a", [0, 1]).get_shards() == [0]
    assert client.heart_beat(*NAMES, "readers", "a", [0]).get_shards() == [0]
    assert client.heart_beat(*NAMES, "readers", "b", []).get_shards() == [1]
    client.update_check_point(*NAMES, "readers", 1, "MQ==", "b", force_success=False)
    for consumer, code in (("a", "ConsumerNotMatch"), ("nobody", "ConsumerNotExist")):
        with pytest.raises(LogException) as raised:
            client.update_check_point(*NAMES, "readers", 1, "Mg==", consumer, force_success=False)
        assert raised.value.get_error_code() == code
    client.update_check_point(*NAMES, "readers", 1, "Mg==", "a", force_success=True)
    (entry,) = client.get_check_point(*NAMES, "readers", 1).get_consumer_group_check_points()
    assert (entry["checkpoint"], entry["consumer"]) == ("Mg==", "b")


def test_the_sdk_of_2020_12_30(server, endpoint):
    """It lists shards, and finds cursors and their times."""
    key = TEST_CREDENTIALS
    client = Client(
        Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            endpoint=ENDPOINT,
            protocol="HTTP",
            http_proxy=server.url,
        )
    )
    cursor = endpoint.put_logs(1, [{"a": "b"}])
    assert [each.shard_id for each in client.list_shards(*NAMES).body] == [0, 1]
    found = client.get_cursor(*NAMES, "1", models.GetCursorRequest(from_="begin")).body.cursor
    assert found == cursor
    received = client.get_cursor_time(*NAMES, "1", models.GetCursorTimeRequest(cursor=cursor)).body.cursor_time
    assert abs(int(received) - time.time()) < 60


def test_logs_outlive_a_restart(tmp_path):
    """A worker that held a cursor goes on with it after the endpoint was stopped and started again."""
    pulled = []
    for number in range(2):
        with (
            ReferenceEndpoint(lambda: datetime.now(UTC), store=SqliteStore(tmp_path / "状态")) as endpoint,
            serve(endpoint) as server,
        ):
            endpoint.put_logs(0, [{"index": str(number)}])
            client = log_client(server, TEST_CREDENTIALS, "v1")
            cursor = pulled[-1].get_next_cursor() if pulled else begin(client)
            pulled.append(client.pull_logs(*NAMES, 0, cursor))
    assert [values(each) for each in pulled] == [["0"], ["1"]]
