"""Requests as a correct client sends them, and recordings signed again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sls_contract.errors import UsageError
from sls_contract.exchange import Request
from sls_contract.signing import (
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    Dialect,
    content_md5,
    content_sha256,
    resign,
    sign,
    verify_signature,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BARE = Request("GET", "https://my-project.cn-hangzhou.log.aliyuncs.com:443/logstores/l/consumergroups/g?shard=0")


def test_v1_headers():
    """A v1 GET carries the headers of the documentation, and no Content-MD5 without a body."""
    request = sign(BARE, TEST_CREDENTIALS, at=AT)
    headers = dict(request.headers)
    assert headers.pop("Authorization").startswith("LOG testAccessKeyId:")
    assert headers == {
        "Host": "my-project.cn-hangzhou.log.aliyuncs.com",
        "x-log-apiversion": "0.6.0",
        "x-log-bodyrawsize": "0",
        "Date": "Fri, 02 Jan 2026 03:04:05 GMT",
        "x-log-signaturemethod": "hmac-sha1",
    }
    assert (request.method, request.url, request.body) == (BARE.method, BARE.url, BARE.body)


def test_v1_sha256_announces_its_method():
    """hmac-sha256 is announced where it is used."""
    assert sign(BARE, TEST_CREDENTIALS, scheme="v1-sha256", at=AT).headers["x-log-signaturemethod"] == "hmac-sha256"


def test_v4_headers():
    """A v4 POST carries date and payload hash in x-log headers, neither Date nor a method."""
    request = sign(BARE.replace(method="POST", body=b"x"), TEST_STS_CREDENTIALS, scheme="v4", at=AT)
    headers = dict(request.headers)
    assert "/20260102/cn-hangzhou/sls/aliyun_v4_request,Signature=" in headers.pop("Authorization")
    assert headers == {
        "Host": "my-project.cn-hangzhou.log.aliyuncs.com",
        "x-log-apiversion": "0.6.0",
        "x-log-bodyrawsize": "1",
        "x-log-date": "20260102T030405Z",
        "x-log-content-sha256": content_sha256(b"x"),
        "x-acs-security-token": "testSecurityToken",
    }


def test_headers_there_are_kept_and_stale_ones_replaced():
    """What the caller set stays; what an older signature left is replaced, also when the scheme changes."""
    mine = {"accept": "application/json", "content-type": "application/json", "x-log-bodyrawsize": "99", "host": "h.x"}
    first = sign(BARE.replace(body=b"x", headers=mine), TEST_STS_CREDENTIALS, at=AT - timedelta(days=1))
    again = sign(first, TEST_CREDENTIALS, at=AT)
    assert again == sign(BARE.replace(body=b"x", headers=mine), TEST_CREDENTIALS, at=AT)
    assert all(again.headers[name] == value for name, value in mine.items())
    assert "x-acs-security-token" not in again.headers
    moved = sign(again, TEST_CREDENTIALS, scheme="v4", region="cn-hangzhou", at=AT)
    assert "date" not in moved.headers
    assert "x-log-signaturemethod" not in moved.headers
    assert verify_signature(moved, TEST_CREDENTIALS, at=AT) is None


@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_content_md5_follows_the_body(scheme):
    """An old Content-MD5 is made right, and goes where there is no body."""
    request = sign(BARE.replace(body=b"x", headers={"Content-MD5": "old"}), TEST_CREDENTIALS, scheme=scheme, at=AT)
    assert request.headers["content-md5"] == content_md5(b"x")
    assert "content-md5" not in sign(request.replace(body=b""), TEST_CREDENTIALS, scheme=scheme, at=AT).headers


def test_other_zones_are_the_same_moment():
    """A time in Beijing signs as the same time in UTC."""
    beijing = AT.astimezone(timezone(timedelta(hours=8)))
    assert sign(BARE, TEST_CREDENTIALS, at=beijing) == sign(BARE, TEST_CREDENTIALS, at=AT)


@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_naive_time(scheme):
    """A time without its zone is refused."""
    with pytest.raises(UsageError, match="aware"):
        sign(BARE, TEST_CREDENTIALS, scheme=scheme, at=AT.replace(tzinfo=None))


def test_unknown_scheme():
    """An unknown scheme is refused with the known ones."""
    with pytest.raises(UsageError, match="v1, v1-sha256, v4, got 'v2'"):
        sign(BARE, TEST_CREDENTIALS, scheme="v2", at=AT)


def test_region_that_no_host_names():
    """v4 on a host without region needs one passed."""
    request = BARE.replace(url="http://my-project.127.0.0.1:8080/l")
    with pytest.raises(UsageError, match="pass region="):
        sign(request, TEST_CREDENTIALS, scheme="v4", at=AT)
    assert "/eu-x/" in sign(request, TEST_CREDENTIALS, scheme="v4", region="eu-x", at=AT).headers["authorization"]


def test_resign_keeps_spelling_and_place():
    """A recording signed again differs in nothing but key id, token and signature."""
    live = Credentials("STS.live", "liveSecret", "liveToken")
    signed = sign(BARE, live, at=AT)
    recorded = signed.replace(headers=[(name.upper(), value) for name, value in signed.headers.pairs])
    again = resign(recorded, Dialect("v1"), TEST_STS_CREDENTIALS)
    assert [name for name, _ in again.headers.pairs] == [name for name, _ in recorded.headers.pairs]
    differing = [old[0] for old, new in zip(recorded.headers.pairs, again.headers.pairs, strict=True) if old != new]
    assert differing == ["X-ACS-SECURITY-TOKEN", "AUTHORIZATION"]


def test_resign_needs_a_fitting_key():
    """A token needs credentials with one, and none needs none; without a signature there is nothing to sign again."""
    with pytest.raises(UsageError, match="carries no security token"):
        resign(sign(BARE, TEST_CREDENTIALS, at=AT), Dialect("v1"), TEST_STS_CREDENTIALS)
    with pytest.raises(UsageError, match="carries a security token"):
        resign(sign(BARE, TEST_STS_CREDENTIALS, at=AT), Dialect("v1"), TEST_CREDENTIALS)
    with pytest.raises(UsageError, match="readable Authorization"):
        resign(BARE, Dialect("v1"), TEST_CREDENTIALS)


def test_resign_without_token():
    """A recording of a lasting key is signed again with the test key, at its own time."""
    again = resign(sign(BARE, Credentials("LTAIlive", "liveSecret"), at=AT), Dialect("v1"), TEST_CREDENTIALS)
    assert again == sign(BARE, TEST_CREDENTIALS, at=AT)
