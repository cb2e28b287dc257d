"""Credentials, Authorization, dates and regions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sls_contract.errors import UsageError
from sls_contract.exchange import Request
from sls_contract.signing import (
    Credentials,
    LogAuthorization,
    Sls4Authorization,
    access_key_id,
    parse_authorization,
    parse_http_date,
    parse_iso_basic,
    region_of,
    request_time,
)

MOMENT = datetime(2015, 11, 9, 6, 11, 16, tzinfo=UTC)


def test_repr_hides_secret_and_token():
    """What is printed of credentials is the id alone."""
    key = Credentials("id", "theSecret", "theToken")
    assert repr(key) == "Credentials(access_key_id='id')"
    assert key == Credentials("id", "theSecret", "theToken")
    assert key != Credentials("id", "theSecret")


@pytest.mark.parametrize(
    ("fields", "name"),
    [((1, "s"), "access_key_id"), (("i", None), "access_key_secret"), (("i", "s", 1), "security_token")],
)
def test_credentials_are_text(fields, name):
    """Anything but text is refused by the field's name."""
    with pytest.raises(UsageError, match=f"{name} must be a str"):
        Credentials(*fields)


def test_parse_authorization():
    """Both schemes are taken apart, outer spaces allowed; anything else is None."""
    assert parse_authorization(" LOG id:a+/= ") == LogAuthorization("id", "a+/=")
    parsed = parse_authorization("SLS4-HMAC-SHA256 Credential=id/20260102/cn-x/sls/aliyun_v4_request,Signature=ab")
    assert parsed == Sls4Authorization("id", "20260102", "cn-x", "sls", "aliyun_v4_request", "ab")
    assert parsed.scope == "20260102/cn-x/sls/aliyun_v4_request"
    assert parse_authorization("LOG id:a\n") is None


def test_access_key_id():
    """The key id is read off either scheme; None without a readable header."""
    request = Request("GET", "http://h/", {"AUTHORIZATION": "LOG id:x"})
    assert access_key_id(request) == "id"
    assert access_key_id(Request("GET", "http://h/")) is None


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 09 Nov 2015 06:11:16 GMT",
        "Mon, 9 Nov 2015 06:11:16 GMT",
        "Mon,9 Nov 2015 06:11:16 GMT",
        "Sun, 09 nov 2015 06:11:16 UTC",
        "09 Nov 2015 06:11:16 Z",
        "Mon, 09 Nov 2015 14:11:16 +0800",
        "Mon, 09 Nov 2015 01:11:16 -0500",
        " Mon, 09 Nov 2015 06:11:16 GMT ",
    ],
)
def test_http_dates(text):
    """RFC 1123 and RFC 822 dates are read, whatever their weekday and padding."""
    assert parse_http_date(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon, 09 Nov 2015 06:11:16",
        "Mon, 09 Foo 2015 06:11:16 GMT",
        "Mon, 31 Feb 2015 06:11:16 GMT",
        "Mon, 09 Nov 2015 25:11:16 GMT",
        "Mon, 09 Nov 2015 06:11:16 +9999",
        "Mon, 01 Jan 0001 00:00:00 +0800",
        "一月 09 Nov 2015 06:11:16 GMT",
        "Mon, 09 Nov ２０１５ 06:11:16 GMT",
        "2015-11-09T06:11:16Z",
        "20151109T061116Z",
    ],
)
def test_no_http_dates(text):
    """Anything else is no date, and never an exception."""
    assert parse_http_date(text) is None


def test_iso_basic_dates():
    """The v4 form is read, and nothing near it."""
    assert parse_iso_basic("20151109T061116Z") == MOMENT
    assert [parse_iso_basic(text) for text in ("", "20151109T061116", "20151309T061116Z", "20151109 061116Z")] == [
        None
    ] * 4


def test_request_time():
    """x-log-date counts before Date, in either form; without a readable one there is no time."""
    url = "http://h/"
    both = {"Date": "Mon, 09 Nov 2015 07:00:00 GMT", "X-Log-Date": "Mon, 09 Nov 2015 06:11:16 GMT"}
    assert request_time(Request("GET", url, both)) == MOMENT
    assert request_time(Request("GET", url, {"x-log-date": "20151109T061116Z"})) == MOMENT
    assert request_time(Request("GET", url, {"date": "Mon, 09 Nov 2015 06:11:16 GMT"})) == MOMENT
    assert request_time(Request("GET", url)) is None


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("my-project.cn-hangzhou.log.aliyuncs.com", "cn-hangzhou"),
        ("my-project.cn-hangzhou.sls.aliyuncs.com", "cn-hangzhou"),
        ("My-Project.CN-Hangzhou.log.aliyuncs.com:80", "cn-hangzhou"),
        ("cn-hangzhou.log.aliyuncs.com", "cn-hangzhou"),
        ("p.cn-shanghai-finance-1-intranet.log.aliyuncs.com", "cn-shanghai-finance-1"),
        ("p.cn-beijing-share.log.aliyuncs.com.", "cn-beijing"),
        ("p.cn-beijing-vpc.log.aliyuncs.com", "cn-beijing"),
        ("p.eu-central-1.log.aliyuncs.com", "eu-central-1"),
        ("p.ap-southeast-1.dualstack.log.aliyuncs.com:443", "ap-southeast-1"),
        ("p.cn-shenzhen-finance-1.log.aliyuncs.com", "cn-shenzhen-finance-1"),
        ("p.cn-shenzhen-finance.log.aliyuncs.com", None),
        ("p.zhangbei-corp-share.log.aliyuncs.com", None),
        ("p.log-global.aliyuncs.com", None),
        ("my-project.log.aliyuncs.com", None),
        ("my-project.127.0.0.1:8080", None),
        ("cn-hangzhou.log.aliyuncs.com.example.com", None),
        ("", None),
    ],
)
def test_region_of(host, region):
    """A region is read off an endpoint's host only where it certainly names one."""
    assert region_of(host) == region
