"""What a host names, and whether it is this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.hosts import authority_of, host_name, is_address, is_loopback, is_service_host


@pytest.mark.parametrize(
    ("authority", "name", "address", "loopback"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True, True),
        ("127.8.9.1", "127.8.9.1", True, True),
        ("[::1]:80", "::1", True, True),
        ("::1", "::1", True, True),
        ("0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:1", True, True),
        ("[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", True, True),
        ("[::ffff:10.0.0.1]:80", "::ffff:10.0.0.1", True, False),
        ("user@LOCALHOST.", "localhost", True, True),
        ("0.0.0.0:80", "0.0.0.0", True, False),
        ("10.0.0.1", "10.0.0.1", True, False),
        (" 127.0.0.1 ", "127.0.0.1", True, True),
        ("my-project.127.9.9.9:1", "my-project.127.9.9.9", False, True),
        ("my-project.10.0.0.1", "my-project.10.0.0.1", False, False),
        ("p.localhost:80", "p.localhost", False, True),
        ("localhost.example.com", "localhost.example.com", False, False),
        ("127.0.0.1.evil.example", "127.0.0.1.evil.example", False, False),
        ("CN-Hangzhou.log.aliyuncs.com.:80", "cn-hangzhou.log.aliyuncs.com", False, False),
        ("", "", False, False),
        ("[", "", False, False),
    ],
)
def test_hosts_are_told_apart(authority, name, address, loopback):
    """Ports, brackets, user info and casing do not matter; a name that only contains an address is none."""
    assert (host_name(authority), is_address(authority), is_loopback(authority)) == (name, address, loopback)


@given(st.ip_addresses() | st.sampled_from(["localhost", "my-project.log.test"]), st.none() | st.integers(0, 65535))
def test_an_authority_names_what_it_was_made_of(host, port):
    """An IPv6 address stands in brackets, once, and the port behind them."""
    authority = authority_of(str(host), port)
    assert host_name(authority) == str(host)
    assert urlsplit(f"http://{authority}/").port == port
    assert authority_of(authority.removesuffix(f":{port}"), port) == authority


@pytest.mark.parametrize(
    ("authority", "service"),
    [
        ("my-project.cn-hangzhou.log.aliyuncs.com", True),
        ("CN-Hangzhou.log.ALIYUNCS.com.:8080", True),
        ("p.cn-hangzhou-intranet.log.aliyuncs.com", True),
        ("p.cn-beijing-vpc.log.aliyuncs.com", True),
        ("p.cn-beijing-share.log.aliyuncs.com", True),
        ("zhangbei-corp-share.log.aliyuncs.com", True),
        ("p.cn-hangzhou.dualstack.log.aliyuncs.com", True),
        ("p.log-global.aliyuncs.com:443", True),
        ("log-global.aliyuncs.com", True),
        ("p.cn-hangzhou.sls.aliyuncs.com", True),
        ("p.cn-hangzhou-devcommon-intranet.sls.aliyuncs.com", True),
        ("sls.cn-hangzhou.aliyuncs.com", True),
        ("p.sls.cn-hangzhou.aliyuncs.com", True),
        ("bucket.oss-cn-hangzhou.aliyuncs.com", False),
        ("ecs.aliyuncs.com", False),
        ("my-log.aliyuncs.com", False),
        ("p.log-global.oss-cn-hangzhou.aliyuncs.com", False),
        ("aliyuncs.com", False),
        ("log.aliyuncs.com.example.com", False),
        ("notaliyuncs.com", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_the_services_hosts_are_no_other_products(authority, service):
    """Regions, networks, acceleration and older names; casing, port and a final dot do not matter."""
    assert is_service_host(authority) is service


@given(st.ip_addresses(v=4), st.sampled_from(["{}", "{}:80", "my-project.{}", "my-project.{}:8080"]))
def test_every_form_of_an_address_tells_the_same(address, form):
    """With or without port and project, an address is this machine or is not."""
    assert is_loopback(form.format(address)) is (address in ipaddress.ip_network("127.0.0.0/8"))
