"""Which hosts are owned, and which addresses are this machine."""

from __future__ import annotations

import pytest

from sls_contract.cassettes.hosts import host_rule, is_loopback, without_port, without_project
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
        ("x.internal", False),
        ("x.internal:80", False),
        ("[::1]:8080", False),
        ("", False),
    ],
)
def test_the_rule(host, owned):
    """Every endpoint of the service is owned, whatever its casing, port or final dot; patterns add more."""
    assert host_rule(["sls.example.com", "*.internal:8443"])(host) is owned


@pytest.mark.parametrize("pattern", ["", " ", "https://sls.example.com", "a/b", "a b"])
def test_what_is_no_host_is_refused(pattern):
    """A pattern that can match nothing would own nothing without a word."""
    with pytest.raises(UsageError, match="an owned host is a name such as"):
        host_rule([pattern])


def test_parts_of_a_host():
    """Port and project come off; IP addresses have no project."""
    assert [without_port(host) for host in ("a.b:1", "a.b", "[::1]:1", "::1")] == ["a.b", "a.b", "::1", "::1"]
    assert without_project("p.cn-hangzhou.log.aliyuncs.com") == "cn-hangzhou.log.aliyuncs.com"
    assert without_project("p.127.0.0.1:8080") == "127.0.0.1:8080"
    assert [without_project(host) for host in ("127.0.0.1:80", "[::1]:80", "localhost")] == [
        "127.0.0.1:80",
        "[::1]:80",
        "localhost",
    ]


@pytest.mark.parametrize(
    ("peer", "here"),
    [
        ("127.0.0.1:80", True),
        ("127.8.9.1", True),
        ("[::1]:80", True),
        ("localhost", True),
        ("p.localhost:80", True),
        ("p.127.0.0.1:80", True),
        ("LOCALHOST.", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("cn-hangzhou.log.aliyuncs.com", False),
    ],
)
def test_loopback(peer, here):
    """Only this machine is loopback, with or without a project in front."""
    assert is_loopback(peer) is here
