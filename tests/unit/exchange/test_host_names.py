"""What a host names, and whether it is this machine."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.hosts import host_name, is_address, is_loopback


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


@given(st.ip_addresses(v=4), st.sampled_from(["{}", "{}:80", "my-project.{}", "my-project.{}:8080"]))
def test_every_form_of_an_address_tells_the_same(address, form):
    """With or without port and project, an address is this machine or is not."""
    assert is_loopback(form.format(address)) is (address in ipaddress.ip_network("127.0.0.0/8"))
