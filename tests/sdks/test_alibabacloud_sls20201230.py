"""alibabacloud-sls20201230, sync and async, under the plugin: recorded once, replayed from cassettes/."""

from __future__ import annotations

import pytest
from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from alibabacloud_tea_openapi.models import Config

from sls_contract.signing import TEST_STS_CREDENTIALS

pytestmark = [
    pytest.mark.sls_cassette,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # the SDK's own
]


def client(sls, auth="v1", credentials=None):
    key = credentials or sls.credentials
    return Client(
        Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token,
            endpoint=sls.endpoint,
            region_id=sls.region,
            signature_version=auth,
        )
    )


@pytest.mark.parametrize("auth", ["v1", "v4"])
def test_sync(sls, auth):
    """The generated SDK asks over https, signs with hmac-sha256 or v4, and reads the entries."""
    response = client(sls, auth).get_check_point(
        sls.project, sls.logstore, sls.consumer_group, models.GetCheckPointRequest(shard=0)
    )
    assert response.status_code == 200
    assert [(each.shard, each.checkpoint, each.update_time) for each in response.body] == [(0, "", 0)]


@pytest.mark.slow
@pytest.mark.parametrize("auth", ["v1", "v4"])
async def test_async(sls, auth):
    """The same over aiohttp."""
    response = await client(sls, auth).get_check_point_async(
        sls.project, sls.logstore, sls.consumer_group, models.GetCheckPointRequest()
    )
    assert [each.shard for each in response.body] == [0, 1]


def test_sts(sls):
    """A temporary key with its security token."""
    response = client(sls, "v1", TEST_STS_CREDENTIALS).get_check_point(
        sls.project, sls.logstore, sls.consumer_group, models.GetCheckPointRequest(shard=1)
    )
    assert [each.shard for each in response.body] == [1]


def test_a_missing_group_is_an_error(sls):
    """The error's code reaches the application."""
    with pytest.raises(Exception, match="consumer group") as caught:
        client(sls).get_check_point(sls.project, sls.logstore, "missing", models.GetCheckPointRequest(shard=0))
    assert caught.value.code == "ConsumerGroupNotExist"
