"""Whether a signature verifies, asked without why it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign, verifies, verify_signature

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BARE = Request("GET", "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard=0")
SCHEMES = ["v1", "v1-sha256", "v4"]


def altered(request: Request, name: str, value: str) -> Request:
    return request.replace(headers=request.headers.with_field(name, value))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_short_result_is_that_of_the_long_one(scheme):
    """Whether a signature verifies can be asked without why it does not, and the results never differ."""
    right = sign(BARE, TEST_CREDENTIALS, scheme=scheme, at=AT)
    requests = [
        right,
        BARE,
        right.replace(url=f"{right.url}&x=1"),
        altered(right, "x-log-apiversion", "0.6.1"),
        altered(right, "content-md5", "0" * 32),
        sign(BARE, Credentials("stranger", "secret"), scheme=scheme, at=AT),
        sign(BARE, TEST_STS_CREDENTIALS, scheme=scheme, at=AT),
    ]
    keys = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
    for at in (None, AT, AT + timedelta(hours=1)):
        short = [verifies(request, keys, at=at) for request in requests]
        assert short == [verify_signature(request, keys, at=at) is None for request in requests]
        assert short == [at in (None, AT), False, False, False, False, False, at in (None, AT)]


def test_the_short_result_knows_a_region():
    """A region that the host does not name can be given."""
    request = sign(Request("GET", "http://p.127.0.0.1:80/"), TEST_CREDENTIALS, scheme="v4", region="cn-beijing", at=AT)
    assert verifies(request, TEST_CREDENTIALS, region="cn-beijing")
    assert not verifies(request, TEST_CREDENTIALS, region="cn-hangzhou")
