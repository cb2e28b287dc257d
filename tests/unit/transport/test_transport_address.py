"""Endpoints as users write them, and the proxies on the way."""

from __future__ import annotations

import pytest

from sls_contract.errors import UsageError
from sls_contract.transport import Address, parse_endpoint
from sls_contract.transport.address import proxy_for


@pytest.mark.parametrize(
    ("endpoint", "expected", "authority"),
    [
        ("https://cn-hangzhou.log.aliyuncs.com", ("https", "cn-hangzhou.log.aliyuncs.com", 443), None),
        ("cn-hangzhou.log.aliyuncs.com/", ("https", "cn-hangzhou.log.aliyuncs.com", 443), None),
        ("HTTP://Example.COM.:8080", ("http", "example.com", 8080), "example.com:8080"),
        ("http://127.0.0.1:80", ("http", "127.0.0.1", 80), "127.0.0.1"),
        ("http://[::1]:8080", ("http", "::1", 8080), "[::1]:8080"),
    ],
)
def test_reads_an_endpoint(endpoint, expected, authority):
    """Scheme, host and port come out, with https and the scheme's port where none is given."""
    address = parse_endpoint(endpoint)
    assert (address.scheme, address.host, address.port) == expected
    assert address.authority == (authority or expected[1])


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "ftp://x",
        "http://",
        "http://h/path",
        "http://h?x",
        "http://u:secret@h",
        "http://h:99999",
        "http://h:0",
        "http://[h",
        "http://[h]",
        "http://a b",
        "//",
    ],
)
def test_says_what_is_wrong_with_anything_else(endpoint):
    """What is no endpoint is a usage error with an example, and a password in it is not repeated."""
    with pytest.raises(UsageError, match="cn-hangzhou") as caught:
        parse_endpoint(endpoint)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "literal", "loopback"),
    [
        ("127.0.0.1", True, True),
        ("localhost", True, True),
        ("::1", True, True),
        ("10.0.0.5", True, False),
        ("a.b", False, False),
    ],
)
def test_knows_where_a_project_cannot_stand_in_front(host, literal, loopback):
    """Addresses and localhost are asked as they are; only loopback stays on this machine."""
    address = Address("http", host, 1)
    assert (address.literal, address.loopback) == (literal, loopback)


def test_proxies_are_for_the_world_only():
    """A proxy applies by scheme, never to loopback, never where NO_PROXY says otherwise."""
    proxies = {"http": "http://proxy:3128", "no": "internal.example"}
    far = Address("http", "p.example.com", 80)
    assert proxy_for(far, proxies).address == Address("http", "proxy", 3128)
    assert proxy_for(Address("https", "p.example.com", 443), proxies) is None
    assert proxy_for(Address("http", "127.0.0.1", 80), proxies) is None
    assert proxy_for(Address("http", "p.internal.example", 80), proxies) is None
    assert proxy_for(far, {"http": "proxy"}).address.port == 80


def test_a_proxy_never_shows_its_password():
    """The password is sent to the proxy and shown to nobody; another kind of proxy is refused without showing it."""
    far = Address("http", "p.example.com", 80)
    assert "cDpx" not in repr(proxy_for(far, {"http": "http://p:q@proxy"}))
    with pytest.raises(UsageError, match="HTTP_PROXY must be") as caught:
        proxy_for(far, {"http": "socks5://u:secret@proxy"})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("proxy", ["http://u:secret@h:99999", "http://u:secret@h:port", "http://u:secret@[h"])
def test_a_proxy_that_cannot_be_read_is_refused(proxy):
    """An impossible port or address is a usage error of ours, not an exception of the URL library."""
    with pytest.raises(UsageError, match="HTTP_PROXY must be http://HOST:PORT") as caught:
        proxy_for(Address("http", "p.example.com", 80), {"http": proxy})
    assert "secret" not in str(caught.value)
