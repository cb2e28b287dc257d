"""In mode none no byte for an owned host leaves the machine, in any library and thread, also between tests."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest

OWNED = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/x"


@contextmanager
def listening():
    """Count what connects to a loopback port; whoever does is hung up on."""
    met = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while (data := received()) != b"end":
            met.append(data)

    def received():
        connection, _ = listener.accept()
        with connection:
            return connection.recv(65536)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], met
    finally:
        with socket.create_connection(listener.getsockname()) as last:  # behind all that wait to be accepted
            last.sendall(b"end")
        thread.join(5)
        listener.close()


@pytest.mark.slow
def test_no_library_gets_through(project):
    """Each is stopped at once with the remedy, in the test's thread, in another, and in an event loop."""
    project.ini("asyncio_mode = auto").test(
        f"""
        import asyncio, http.client, socket, threading, urllib.request
        import aiohttp, httpx, requests, urllib3
        from sls_contract.errors import NetworkBlocked

        OWNED = {OWNED!r}
        HOST = OWNED.split("/")[2]

        def dial():
            with socket.socket() as plain:
                plain.connect((HOST, 80))

        @pytest.mark.sls_allow("SLS616", reason="it looks at the error by its type, in another thread")
        @pytest.mark.parametrize("reach", [
            lambda: urllib.request.urlopen(OWNED, timeout=60),
            lambda: requests.get(OWNED, timeout=60),
            lambda: urllib3.PoolManager().request("GET", OWNED, retries=False, timeout=60),
            lambda: httpx.get(OWNED),
            lambda: http.client.HTTPConnection("198.51.100.7", 9).request("GET", "/", headers={{"Host": HOST}}),
            lambda: socket.create_connection((HOST, 80), timeout=60),
            lambda: socket.getaddrinfo(HOST, 443),
            lambda: socket.gethostbyname(HOST),
            dial,
            lambda: asyncio.run(asyncio.open_connection(HOST, 80)),
        ])
        def test_sync(reach):
            with pytest.raises(NetworkBlocked, match="How to fix: mark the test"):
                reach()
            met = []
            def elsewhere():
                try:
                    reach()
                except BaseException as error:
                    met.append(type(error))
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
            assert met == [NetworkBlocked]

        async def test_async():
            with pytest.raises(NetworkBlocked):
                async with httpx.AsyncClient() as client:
                    await client.get(OWNED)
            with pytest.raises(NetworkBlocked):
                async with aiohttp.ClientSession() as client:
                    await client.get(OWNED)
        """
    )
    project.start("-pasyncio").assert_outcomes(passed=11)


def test_a_warm_connection_is_stopped_unless_it_ends_here(project):
    """The Host of each request decides, before a byte of it is sent: over a connection that stood already, too."""
    with listening() as (port, met):
        project.test(
            f"""
            import http.client, socket
            from sls_contract.errors import NetworkBlocked

            class Elsewhere(socket.socket):
                def getpeername(self):
                    return ("198.51.100.7", 80)

            @pytest.mark.parametrize("kind", [Elsewhere, socket.socket])
            def test_it(kind):
                warm = kind()
                warm.connect(("127.0.0.1", {port}))
                connection = http.client.HTTPConnection("198.51.100.7", timeout=60)
                connection.sock = warm
                if kind is Elsewhere:
                    with pytest.raises(NetworkBlocked):
                        connection.request("GET", "/", headers={{"Host": {OWNED.split("/")[2]!r}}})
                else:
                    connection.request("GET", "/", headers={{"Host": {OWNED.split("/")[2]!r}}})
                connection.close()
            """
        ).run().assert_outcomes(passed=2)
    assert sorted(part[:3] for part in met) == [b"", b"GET"]


@pytest.mark.slow
def test_a_proxy_of_the_machine_is_no_way_out(project, monkeypatch):
    """A proxy that was named before the run began leads out, though it listens on loopback: it sees nothing."""
    with listening() as (port, met):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        project.test(
            f"""
            import urllib.request, httpx, requests
            from sls_contract.errors import NetworkBlocked

            @pytest.mark.parametrize("scheme", ["http", "https"])
            @pytest.mark.parametrize("reach", [requests.get, httpx.get, urllib.request.urlopen])
            def test_it(reach, scheme):
                with pytest.raises(NetworkBlocked):
                    reach({OWNED!r}.replace("http", scheme), timeout=60)
            """
        ).run().assert_outcomes(passed=6)
    assert b"".join(met) == b""


@pytest.mark.slow
def test_the_way_is_closed_between_tests(project):
    """Module-level code, hooks and session fixtures are stopped, too: in a process that loads its clients late."""
    project.write(
        "conftest.py",
        f"""
        import sys
        assert "requests" not in sys.modules, "the plugin loaded it"
        import requests
        from sls_contract.errors import NetworkBlocked

        def stopped():
            try:
                requests.get({OWNED!r}, timeout=60)
            except NetworkBlocked:
                return True
            return False

        assert stopped()

        def pytest_runtest_logfinish():
            assert stopped()

        def pytest_sessionfinish():
            assert stopped()
            print("stopped to the end")
        """,
    )
    project.write("test_plain.py", "def test_plain(): pass")
    result = project.start("-s", "test_plain.py")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*stopped to the end*"])


def test_other_hosts_pass(project):
    """Only owned hosts are the plugin's business."""
    with listening() as (port, met):
        project.test(
            f"""
            import socket

            def test_it():
                with socket.create_connection(("127.0.0.1", {port})) as connection:
                    connection.shutdown(socket.SHUT_WR)
                    assert connection.recv(1) == b""  # hung up on
                try:
                    socket.getaddrinfo("nobody.invalid", 80)
                except socket.gaierror:
                    pass
            """
        ).run().assert_outcomes(passed=1)
    assert len(met) == 1


@pytest.mark.slow
def test_ini_sls_hosts_adds_hosts(project):
    """What sls_hosts names is owned: stopped without a cassette, recorded with one."""
    project.ini("sls_hosts =", "    *.sls.example.com", "    sls.internal:8443").test(
        """
        import requests
        from dataclasses import replace
        from sls_contract.errors import NetworkBlocked

        @pytest.mark.parametrize("host", ["p.sls.example.com", "sls.internal:8443"])
        def test_stopped(host):
            with pytest.raises(NetworkBlocked):
                requests.get(f"https://{host}/", timeout=60)

        @pytest.mark.sls_cassette
        def test_recorded(sls):
            sls = replace(sls, url="https://sls.example.com", endpoint="sls.example.com")
            assert ask(sls).status_code == 200
        """
    )
    project.run("--sls-record=once", "-k", "recorded").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=3)
    for wrong in ("https://sls.example.com", "a b"):
        result = project.ini(f"sls_hosts = {wrong}").run()
        assert result.ret == 4
        result.stderr.fnmatch_lines([f"*expected a host of the service such as *{wrong}*"])


def test_a_cassette_of_ones_own_cannot_open_the_way(project):
    """use_cassette(record='once') in a run of mode none: the run's word holds."""
    project.test(
        f"""
        import requests
        from sls_contract import use_cassette
        from sls_contract.errors import NetworkBlocked

        def test_it(tmp_path):
            with pytest.raises(NetworkBlocked), use_cassette(tmp_path / "c.yaml", record="once"):
                requests.get({OWNED!r}, timeout=60)
        """
    ).run().assert_outcomes(passed=1)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "of a worker"])
def test_what_a_process_sends_after_the_run_is_stopped(project, options):
    """Clients send at exit, and in a thread that outlives the tests, what they kept."""
    project.test(
        f"""
        import atexit, sys, threading
        import requests

        def late(word, wait=lambda: None):
            wait()
            try:
                requests.get({OWNED!r}, timeout=60)
            except Exception as error:
                print(word, type(error).__name__, file=sys.stderr, flush=True)

        def test_it():
            atexit.register(late, "at exit")
            threading.Thread(target=late, args=("in a thread", threading.main_thread().join)).start()
        """
    )
    result = project.start(*options)
    result.assert_outcomes(passed=1)
    result.stderr.fnmatch_lines_random(["at exit NetworkBlocked", "in a thread NetworkBlocked"])


def test_a_library_that_cannot_be_blocked_is_named(project):
    """Where a run has cassettes, its summary says whose requests it could not see."""
    project.write("tls_client.py", "")
    project.test(
        """
        import tls_client

        @pytest.mark.sls_cassette
        def test_it(sls):
            assert ask(sls).status_code == 200
        """
    )
    result = project.spawn("--sls-record=once")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*not covered: tls_client: their requests are neither recorded nor blocked"])
