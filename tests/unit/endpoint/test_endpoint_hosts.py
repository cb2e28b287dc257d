"""Host names as headers carry them, and what importing the room costs."""

import subprocess
import sys

import pytest

from sls_contract.endpoint.hosts import host_name, is_address, is_loopback


@pytest.mark.parametrize(
    ("authority", "name", "address", "loopback"),
    [
        ("127.0.0.1:8080", "127.0.0.1", True, True),
        ("[::1]:80", "::1", True, True),
        ("user@LOCALHOST", "localhost", True, True),
        ("10.0.0.1", "10.0.0.1", True, False),
        ("my-project.127.9.9.9:1", "my-project.127.9.9.9", False, True),
        ("my-project.10.0.0.1", "my-project.10.0.0.1", False, False),
        ("p.localhost", "p.localhost", False, True),
        ("127.0.0.1.evil.example", "127.0.0.1.evil.example", False, False),
        ("", "", False, False),
        ("[", "", False, False),
    ],
)
def test_hosts_are_told_apart(authority, name, address, loopback):
    """Ports, brackets, user info and casing do not matter; a name that only contains an address is none."""
    assert (host_name(authority), is_address(authority), is_loopback(authority)) == (name, address, loopback)


def test_the_state_does_not_import_the_web_server():
    """Only endpoint.server pulls the heavy library in."""
    program = "import sys, sls_contract.endpoint; print('aiohttp' in sys.modules, 'jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
