"""The audit hook: below whatever replaces functions of ``socket``, once for a process, inert while nobody listens."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys

import pytest

from sls_contract.cassettes.recorder import audit_hook


class Stopped(Exception):
    """What the listener of these tests raises."""


@pytest.fixture
def received():
    """Listen, and stop whatever is meant for one name."""
    received = []

    def listener(host, port):
        received.append((host, port))
        if host == "stopped.test":
            raise Stopped

    audit_hook.add(listener)
    yield received
    audit_hook.remove(listener)
    received.clear()
    assert socket.getaddrinfo("127.0.0.1", 80)
    assert received == []


def test_functions_of_c_are_heard_whatever_stands_before_them(received):
    """A library that kept the original functions, or puts them back, cannot go round it."""
    import _socket

    for ask in (
        lambda: _socket.getaddrinfo("stopped.test", 80),
        lambda: _socket.gethostbyname("stopped.test"),
        lambda: _socket.gethostbyname_ex("stopped.test"),
        lambda: _socket.gethostbyaddr("stopped.test"),
    ):
        with pytest.raises(Stopped):
            ask()
    client = _socket.socket()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client.connect(listener.getsockname())
        assert received[-1] == listener.getsockname()
    client.close()


def test_addresses_that_are_no_host_and_port_pass(received):
    """Unix sockets, and lookups without a host."""
    assert socket.getaddrinfo(None, 80)
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(FileNotFoundError):
        client.connect("/no/such/socket")
    assert received == [(None, 80)]


def test_a_module_that_is_loaded_again_adds_no_second_hook(received):
    """A run inside a run forgets modules; a process keeps its hooks for ever."""
    spec = importlib.util.find_spec(audit_hook.__name__)
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    others = []
    again.add(lambda host, _: others.append(host))
    listeners = vars(sys)[again._ATTRIBUTE]
    assert socket.gethostbyname("127.0.0.1")
    assert others == ["127.0.0.1"]
    assert [host for host, _ in received] == ["127.0.0.1"]
    del listeners[0]


@pytest.mark.slow
def test_a_process_ends_quietly_under_the_hook():
    """It is called until the very end of the interpreter."""
    code = f"from {audit_hook.__name__} import add; add(print); import socket; socket.gethostbyname('127.0.0.1')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("127.0.0.1 None\n", "")
