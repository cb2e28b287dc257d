"""Shards that are split and merged by the official SDKs, and the consumer library that follows them."""

import time

import pytest
from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from aliyun.log import LogException, LogItem, PutLogsRequest
from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, CursorPosition, LogHubConfig
from sdk import ENDPOINT, log_client

from sls_contract.checks import check
from sls_contract.signing import TEST_CREDENTIALS

NAMES = ("my-project", "my-logstore")
ENOUGH = 30.0  # seconds until a test gives up
LOW, HIGH = "0" * 32, "7" + "f" * 31  # keys on the two sides of shard 0's middle


@pytest.fixture
def client(server):
    return log_client(server)


def put(client, key, *values):
    items = [LogItem(int(time.time()), [("index", value)]) for value in values]
    client.put_logs(PutLogsRequest(*NAMES, logitems=items, hashKey=key))


def listed(client):
    return {each["shardID"]: each["status"] for each in client.list_shards(*NAMES).get_shards_info()}


def test_the_python_sdk_splits_and_merges(client, endpoint):
    """What it gets and lists, where its logs go, and how it is refused."""
    put(client, LOW, "before")
    split = client.split_shard(*NAMES, 0, "4" + "0" * 31).get_shards_info()
    assert [(each["shardID"], each["status"]) for each in split] == [
        (0, "readonly"),
        (2, "readwrite"),
        (3, "readwrite"),
    ]
    put(client, LOW, "low")
    put(client, HIGH, "high")
    merged = client.merge_shard(*NAMES, 2).get_shards_info()
    assert [each["shardID"] for each in merged] == [4, 2, 3]
    put(client, LOW, "after")
    assert listed(client) == {0: "readonly", 1: "readwrite", 2: "readonly", 3: "readonly", 4: "readwrite"}
    found = {
        shard: [each["index"] for each in client.pull_logs(*NAMES, shard, begin).get_flatten_logs_json()]
        for shard in (0, 2, 3, 4)
        for begin in (client.get_begin_cursor(*NAMES, shard).get_cursor(),)
    }
    assert found == {0: ["before"], 2: ["low"], 3: ["high"], 4: ["after"]}
    for act in (lambda: client.split_shard(*NAMES, 0, ""), lambda: client.merge_shard(*NAMES, 1)):
        with pytest.raises(LogException) as met:
            act()
        assert met.value.get_error_code() == "ParameterInvalid"
    assert [finding for each in endpoint.exchanges for finding in check(each)] == []


def test_the_sdk_of_2020_splits_into_several(server, endpoint, monkeypatch):
    """It may give a count of new shards in place of a key."""
    monkeypatch.setenv("http_proxy", server.url)
    key = TEST_CREDENTIALS
    config = Config(access_key_id=key.access_key_id, access_key_secret=key.access_key_secret, endpoint=ENDPOINT)
    config.protocol = "http"
    client = Client(config)
    response = client.split_shard(*NAMES, "1", models.SplitShardRequest(shard_count=3))
    assert [each.shard_id for each in response.body] == [1, 2, 3, 4]
    assert endpoint.shards(readonly=False) == (0, 2, 3, 4)


class Collecting(ConsumerProcessorBase):
    """Keeps what it consumes, and saves each checkpoint at once."""

    def __init__(self, consumed):
        super().__init__()
        self.consumed = consumed

    def process(self, log_groups, check_point_tracker):
        for group in log_groups.LogGroups:
            self.consumed.extend((self.shard_id, log.Contents[0].Value) for log in group.Logs)
        check_point_tracker.save_check_point(persistent=True)


@pytest.fixture
def consumed(server, monkeypatch, in_order):
    """What a worker of the consumer library has consumed so far: shard and value, in order."""
    monkeypatch.setenv("http_proxy", server.url)
    seen = []
    config = LogHubConfig(
        ENDPOINT,
        TEST_CREDENTIALS.access_key_id,
        TEST_CREDENTIALS.access_key_secret,
        *NAMES,
        "readers",
        "consumer_1",
        cursor_position=CursorPosition.BEGIN_CURSOR,
        heartbeat_interval=1,
        data_fetch_interval=0.1,
        in_order=in_order,
    )
    worker = ConsumerWorker(Collecting, config, args=(seen,))
    worker.start()
    yield seen
    worker.shutdown()
    worker.join(ENOUGH)
    assert not worker.is_alive()


def until(condition):
    end = time.monotonic() + ENOUGH
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


def entries(client):
    """Return consumer and checkpoint of each shard."""
    returned = client.get_check_point(*NAMES, "readers").get_consumer_group_check_points()
    return {each["shard"]: (each["consumer"], each["checkpoint"]) for each in returned}


@pytest.mark.slow
@pytest.mark.parametrize("in_order", [False, True], ids=["at once", "in order"])
def test_a_worker_goes_on_to_the_children(consumed, client, endpoint, in_order):
    """It reads a shard while that is split, both children, and what they are merged to; the parents are let go."""
    put(client, LOW, "parent 1")
    assert until(lambda: consumed)
    put(client, LOW, "parent 2")
    client.split_shard(*NAMES, 0, "")
    put(client, LOW, "low")
    put(client, HIGH, "high")
    assert until(lambda: len(consumed) == 4)
    client.merge_shard(*NAMES, 2)
    put(client, LOW, "merged")
    assert until(lambda: len(consumed) == 5)
    assert sorted(consumed) == [(0, "parent 1"), (0, "parent 2"), (2, "low"), (3, "high"), (4, "merged")]
    assert consumed.index((0, "parent 1")) < consumed.index((0, "parent 2"))
    if in_order:
        assert consumed[:2] == [(0, "parent 1"), (0, "parent 2")]
    ends = {shard: client.get_end_cursor(*NAMES, shard).get_cursor() for shard in (0, 2, 3)}
    assert until(
        lambda: {shard: entries(client)[shard] for shard in ends} == {shard: ("", ends[shard]) for shard in ends}
    )
    assert {shard for shard, (consumer, _) in entries(client).items() if consumer == "consumer_1"} == {1, 4}
    assert [finding for each in endpoint.exchanges for finding in check(each)] == []
