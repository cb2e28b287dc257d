"""Which hosts are owned, and which responses are the service's own."""

from __future__ import annotations

import pytest

from sls_contract.cassettes.hosts import host_rule, is_live, without_project
from sls_contract.errors import UsageError


@pytest.mark.parametrize(
    ("host", "owned"),
    [
        ("my-project.cn-hangzhou.log.aliyuncs.com", True),
        ("MY-PROJECT.cn-hangzhou.log.ALIYUNCS.com:443", True),
        ("cn-hangzhou.log.aliyuncs.com.", True),
        (" cn-hangzhou.log.aliyuncs.com ", True),
        ("aliyuncs.com", False),
        ("evil-aliyuncs.com", False),
        ("log.aliyuncs.com.evil.example", False),
        ("sls.example.com", True),
        ("sls.example.com:8080", True),
        ("x.internal:8443", True),
        (" X.Internal:8443 ", True),
        ("x.internal", False),
        ("x.internal:80", False),
        ("[::1]:8080", False),
        ("", False),
    ],
)
def test_the_rule(host, owned):
    """Every endpoint of the service is owned, whatever its casing, port or final dot; patterns add more."""
    assert host_rule(["sls.example.com", " *.Internal:8443 "])(host) is owned


@pytest.mark.parametrize("pattern", ["", " ", "https://sls.example.com", "a/b", "a b"])
def test_what_is_no_host_is_refused(pattern):
    """A pattern that can match nothing would own nothing without a word."""
    with pytest.raises(UsageError, match="expected a host of the service such as"):
        host_rule([pattern])


def test_one_text_is_no_list():
    """Its letters would be the names of hosts, and the host itself would be asked over the network."""
    with pytest.raises(UsageError, match="hosts: expected a list of texts, got one text"):
        host_rule("sls.example.com")


def test_parts_of_a_host():
    """The project comes off, also one of digits only; IP addresses and bare names have none."""
    assert without_project("p.cn-hangzhou.log.aliyuncs.com") == "cn-hangzhou.log.aliyuncs.com"
    assert without_project("2026.cn-hangzhou.log.aliyuncs.com:80") == "cn-hangzhou.log.aliyuncs.com:80"
    assert without_project("p.127.0.0.1:8080") == "127.0.0.1:8080"
    assert [without_project(host) for host in ("127.0.0.1:80", "[::1]:80", "emulator:80")] == [
        "127.0.0.1:80",
        "[::1]:80",
        "emulator:80",
    ]


@pytest.mark.parametrize(
    ("host", "peer", "live"),
    [
        ("p.cn-hangzhou.log.aliyuncs.com", "203.0.113.5:443", True),
        ("P.cn-hangzhou.log.ALIYUNCS.com.:443", "[2001:db8::1]:443", True),
        ("p.cn-hangzhou.log.aliyuncs.com", "127.0.0.1:443", False),
        ("p.cn-hangzhou.log.aliyuncs.com", "[::ffff:127.0.0.1]:443", False),
        ("p.cn-hangzhou.log.aliyuncs.com", "", False),
        ("aliyuncs.com", "203.0.113.5:443", False),
        ("p.log.aliyuncs.com.example.com", "203.0.113.5:443", False),
        ("203.0.113.5", "203.0.113.5:443", False),
    ],
)
def test_what_is_live(host, peer, live):
    """Only a response under the service's name, from an address that is known and not this machine's, is live."""
    assert is_live(host, peer) is live
