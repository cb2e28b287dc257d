"""The service's own SDKs: recorded against a server, replayed without one."""

import asyncio

import pytest
from aliyun.log import LogClient

ENDPOINT = "cn-shanghai.log.test"
PATH = "/logstores/my-logstore/consumergroups/consumer_group_test"
BODY = (
    b'[{"shard":0,"checkpoint":"MTUyNDE1NTM3OTM3MzkwODQ5Ng==","updateTime":1524224984800922,"consumer":"consumer_1"}]'
)
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-log-requestid: 5AD9D7D2A0D8A9F2B2A0E3C1\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
)


def log_sdk():
    client = LogClient(f"http://{ENDPOINT}", "testAccessKeyId", "testAccessKeySecret", source="test")
    return client.get_check_point(
        "my-project", "my-logstore", "consumer_group_test", 0
    ).get_consumer_group_check_points()


def tea_client():
    from alibabacloud_sls20201230.client import Client  # loads hundreds of models: only where this test runs
    from alibabacloud_tea_openapi.utils_models import Config

    keys = {"access_key_id": "testAccessKeyId", "access_key_secret": "testAccessKeySecret"}
    return Client(Config(**keys, endpoint=ENDPOINT, protocol="HTTP"))


def tea_arguments():
    from alibabacloud_sls20201230.models import GetCheckPointRequest

    return "my-project", "my-logstore", "consumer_group_test", GetCheckPointRequest(shard=0)


def tea_sdk():
    return [each.to_map() for each in tea_client().get_check_point(*tea_arguments()).body]


def tea_sdk_async():
    response = asyncio.run(tea_client().get_check_point_async(*tea_arguments()))
    return [each.to_map() for each in response.body]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sdk", [log_sdk, tea_sdk, tea_sdk_async], ids=lambda sdk: sdk.__name__)
def test_the_sdks_are_recorded_and_replayed(wire, serve, monkeypatch, sdk):
    """GetCheckPoint through a proxy while recording, from memory afterwards; the application sees the same."""
    server = serve(wire.RawResponse(RESPONSE))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    with wire.installed(wire.MemoryHandler()) as live:
        recorded = sdk()
    server.stop()
    monkeypatch.delenv("HTTP_PROXY")
    monkeypatch.delenv("http_proxy")
    with wire.installed(wire.MemoryHandler(memory=live.outcomes)) as replay:
        replayed = sdk()
    [(request, outcome)] = live.kept
    assert request.url == f"http://my-project.{ENDPOINT}{PATH}?shard=0"
    assert request.headers["x-log-apiversion"] == "0.6.0"
    assert outcome.body == BODY
    assert [each.url for each in replay.asked] == [request.url]
    assert recorded == replayed
    assert recorded[0]["updateTime"] == 1524224984800922
