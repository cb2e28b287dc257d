"""aliyun-log-python-sdk under the plugin: recorded on the reference endpoint, replayed from cassettes/."""

from __future__ import annotations

import pytest
from aliyun.log import LogClient, LogException

from sls_contract.signing import TEST_STS_CREDENTIALS

pytestmark = [
    pytest.mark.sls_cassette,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own
]

CHECKPOINT = "MTUyNDE1NTM3OTM3MzkwODQ5Ng=="


def client(sls, auth, credentials=None):
    key = credentials or sls.credentials
    version = {"v1": {}, "v4": {"auth_version": "v4", "region": sls.region}}[auth]
    return LogClient(
        sls.endpoint, key.access_key_id, key.access_key_secret, securityToken=key.security_token, source="t", **version
    )


def entries(response):
    return response.get_consumer_group_check_points()


@pytest.mark.parametrize("auth", ["v1", "v4"])
def test_a_checkpoint_moves(sls, auth):
    """A group starts without checkpoints; what a consumer commits is what the next read gives."""
    log = client(sls, auth)
    names = (sls.project, sls.logstore, sls.consumer_group)
    fresh = entries(log.get_check_point(*names))
    assert [(each["shard"], each["checkpoint"], each["updateTime"]) for each in fresh] == [(0, "", 0), (1, "", 0)]
    held = log.heart_beat(*names, "consumer_1", []).get_shards()
    assert held == [0, 1]
    log.update_check_point(*names, shard=0, check_point=CHECKPOINT, consumer="consumer_1", force_success=False)
    (entry,) = entries(log.get_check_point(*names, shard=0))
    assert (entry["shard"], entry["checkpoint"], entry["consumer"]) == (0, CHECKPOINT, "consumer_1")
    assert entry["updateTime"] > 10**15


@pytest.mark.parametrize("auth", ["v1", "v4"])
def test_sts(sls, auth):
    """A temporary key with its security token is signed, verified and recorded without the token."""
    log = client(sls, auth, TEST_STS_CREDENTIALS)
    assert entries(log.get_check_point(sls.project, sls.logstore, sls.consumer_group, shard=1))[0]["shard"] == 1


def test_an_unknown_shard_is_an_empty_list(sls):
    """The response for a shard that does not exist is 200 and an empty list."""
    response = client(sls, "v1").get_check_point(sls.project, sls.logstore, sls.consumer_group, shard=99)
    assert entries(response) == []


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("ConsumerGroupNotExist", ("my-project", "my-logstore", "missing")),
        ("LogStoreNotExist", ("my-project", "missing-logstore", "consumer_group_test")),
        ("ProjectNotExist", ("missing-project", "my-logstore", "consumer_group_test")),
    ],
)
def test_what_is_missing_is_named(sls, code, names):
    """Each thing that does not exist has an error code of its own, which the SDK hands on."""
    with pytest.raises(LogException) as caught:
        client(sls, "v1").get_check_point(*names, shard=0)
    assert (caught.value.get_error_code(), caught.value.resp_status) == (code, 404)


def test_names_in_chinese(sls):
    """A group whose name is Chinese, with a space, is created, read, and found again in the cassette."""
    log = client(sls, "v1")
    log.create_consumer_group(sls.project, sls.logstore, "消费组 一", 60, in_order=False)
    assert len(entries(log.get_check_point(sls.project, sls.logstore, "消费组 一"))) == 2
