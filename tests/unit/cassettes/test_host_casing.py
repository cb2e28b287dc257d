"""Names of hosts have no casing: not in matching, at the endpoint, in signatures, nor in what is hidden."""

from datetime import UTC, datetime

import pytest
import requests

from sls_contract import Request, sign, use_cassette
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.signing import TEST_CREDENTIALS

HOSTS = (
    "my-project.cn-hangzhou.log.aliyuncs.com",
    "My-PROJECT.cn-hangzhou.log.aliyuncs.com",
    "my-project.CN-Hangzhou.Log.ALIYUNCS.com",
)


def ask(host, scheme):
    url = f"https://{host}/logstores/my-logstore/consumergroups/g?shard=0"
    request = sign(Request("GET", url), TEST_CREDENTIALS, scheme=scheme, region="cn-hangzhou", at=datetime.now(UTC))
    return requests.get(request.url, headers=dict(request.headers), timeout=60).status_code


@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_a_host_in_any_casing_is_the_same(tmp_path, scheme):
    """Recorded in one casing, played in every other; the endpoint knows the project, and the real name is hidden."""
    renames = {"My-Project": "public-project"}
    with ReferenceEndpoint(lambda: datetime.now(UTC)) as endpoint:
        endpoint.create_consumer_group("g")
        for number, host in enumerate(HOSTS):
            path = tmp_path / f"{number}.sls.yaml"
            with use_cassette(path, "once", send=endpoint, rename=renames, strict=True):
                assert ask(host, scheme) == 200
            assert "my-project" not in path.read_text("utf-8").lower()
            for other in HOSTS:
                with use_cassette(path, rename=renames, strict=True):
                    assert ask(other, scheme) == 200
