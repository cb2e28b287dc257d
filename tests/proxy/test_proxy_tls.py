"""``sls-contract proxy`` and TLS: towards the service by default, and from clients that insist on it."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from argparse import Namespace
from functools import partial
from pathlib import Path

import pytest
import trustme

from sls_contract import load_cassette
from sls_contract.cassettes.recording import Evidence
from sls_contract.cli.listeners import HostFilter, plain_listener, tls_listener
from sls_contract.endpoint.server import serve
from sls_contract.exchange import Request, Response

HOST = "my-project.cn-hangzhou.log.aliyuncs.com"


@pytest.fixture
def authority(tmp_path_factory):
    """Make an authority that the proxy trusts; gives it and its file."""
    made = trustme.CA()
    path = tmp_path_factory.mktemp("authority") / "upstream.pem"
    made.cert_pem.write_to_path(str(path))
    return made, path


@pytest.fixture
def service(endpoint, authority):
    """Serve the endpoint over TLS under the service's name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority[0].issue_cert(HOST).configure_cert(context)
    with serve(endpoint, tls=context) as server:
        yield server


@pytest.fixture
def tunnel(service):
    """Tunnel every CONNECT to it, as a company's proxy does; gives the URL and what was asked for."""
    asked, threads = [], []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while (client := listening.accept()[0]).recv(1, socket.MSG_PEEK):
                threads.append(threading.Thread(target=_tunnel, args=(client, service.port, asked)))
                threads[-1].start()
            client.close()

        threads.append(threading.Thread(target=accept))
        threads[0].start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        with socket.create_connection(listening.getsockname()):
            pass  # says nothing: the end
        for thread in threads:
            thread.join(10)


def _tunnel(client: socket.socket, port: int, asked: list[str]) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        asked.append(client.recv(65536).decode().splitlines()[0])
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=_pump, args=(server, client))
        back.start()
        _pump(client, server)
        back.join(10)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def environ(kit, tunnel, authority):
    """What the proxy needs to reach the service: the real key, the company's proxy, the authority."""
    return {**kit.REAL, "HTTPS_PROXY": tunnel[0], "NO_PROXY": "", "no_proxy": "", "SSL_CERT_FILE": str(authority[1])}


@pytest.mark.slow
def test_the_service_is_asked_over_https(kit, start, client, environ, tunnel, endpoint, tmp_path):
    """A client speaks http to the proxy; beyond it nothing is in the clear, and the recording says https."""
    proxy = start("proxy", "--cassette", "live.sls.yaml", environ=environ)
    assert client(kit.PYLOG, proxy.environ, AUTH="v4") == ["['MTAw']"]
    assert proxy.end() == 143, proxy.errors
    assert tunnel[1] == [f"CONNECT {HOST}:443 HTTP/1.1"]
    (request,) = endpoint.requests
    assert request.host == HOST
    assert "proxy-connection" not in request.headers
    (recording,) = load_cassette(tmp_path / "live.sls.yaml").recordings
    assert recording.exchange.request.url.startswith(f"https://{HOST}/logstores/")
    assert recording.provenance.endpoint == "https://cn-hangzhou.log.aliyuncs.com"
    assert recording.provenance.evidence is Evidence.REFERENCE  # the name is real, the address is this machine's
    assert recording.signature.verdict == "verified"


def test_an_endpoint_whose_certificate_is_not_trusted_is_not_asked(kit, start, environ, endpoint, tmp_path):
    """No byte of the request is sent; the client is told."""
    proxy = start("proxy", "--cassette", "t.sls.yaml", environ={**environ, "SSL_CERT_FILE": os.devnull})
    response = kit.get(kit.URL, proxy.url, kit.KEY)
    assert response.status == 502
    assert b"TLS handshake failed" in response.body
    assert proxy.end() == 143
    assert not endpoint.requests
    assert [one.broken for one in load_cassette(tmp_path / "t.sls.yaml").recordings] == ["tls"]


class TestInterception:
    """With the extra, clients that insist on https are recorded, too."""

    @pytest.fixture(autouse=True)
    def _extra(self):
        pytest.importorskip("mitmproxy", reason="needs the extra: pip install 'sls-contract[proxy]'")

    @pytest.fixture
    def proxy(self, start, environ, tmp_path):
        options = ("--https", "--ca-dir", tmp_path / "ca", "--verbose")
        return start("proxy", "--cassette", "https.sls.yaml", *options, environ=environ)

    @pytest.fixture
    def certificate(self, tmp_path):
        return str(tmp_path / "ca" / "mitmproxy-ca-cert.pem")

    def test_clients_over_https_are_recorded(self, kit, start, run, client, proxy, certificate, tmp_path):
        """Each with the setting that it reads: requests and asyncio a variable, the generated SDK an argument."""
        there = {"HTTPS_PROXY": proxy.url, "https_proxy": proxy.url}
        secure = kit.PYLOG.replace('"cn-h', '"https://cn-h', 1)
        seen = client(secure, {**there, "REQUESTS_CA_BUNDLE": certificate})
        seen += client(kit.TEA, there, PROTOCOL="HTTPS", CA=certificate)
        seen += client(kit.TEA, {**there, "SSL_CERT_FILE": certificate}, PROTOCOL="HTTPS", ASYNC=True, AUTH="v4")
        seen += client(kit.PYLOG, proxy.environ, AUTH="v4")  # and plain http beside it
        assert seen == ["['MTAw']"] * 4
        assert proxy.end() == 143, proxy.errors
        recordings = load_cassette(tmp_path / "https.sls.yaml").recordings
        assert [one.signature.verdict for one in recordings] == ["verified"] * 4
        assert run("check", "--strict", "https.sls.yaml").returncode == 0
        replay = start("replay", "https.sls.yaml", "--repeat", "last")
        assert client(kit.PYLOG, replay.environ) == ["['MTAw']"]

    def test_the_authority_is_private_and_kept(self, kit, start, proxy, certificate, environ, tmp_path):
        """Only its owner may read the folder; the next run uses the same one; without --ca-dir nothing stays."""
        folder = tmp_path / "ca"
        assert folder.stat().st_mode & 0o777 == 0o700
        first = Path(certificate).read_bytes()
        proxy.end()
        again = start("proxy", "--cassette", "2.sls.yaml", "--https", "--ca-dir", folder, environ=environ)
        again.end()
        assert Path(certificate).read_bytes() == first
        passing = start("proxy", "--cassette", "3.sls.yaml", "--https", environ=environ)
        assert certificate not in passing.rest()
        own = Path(passing.rest().split("NODE_EXTRA_CA_CERTS=")[1].split()[0])
        assert own.exists()
        passing.end()
        assert not own.parent.exists()

    def test_what_cannot_be_opened_is_told(self, kit, client, proxy, endpoint):
        """A client that does not trust the certificate, and a foreign host: named, and nothing is sent on."""
        probe = """
            import requests
            for url in ("https://my-project.cn-hangzhou.log.aliyuncs.com/", "https://example.com/"):
                try:
                    requests.get(url, timeout=60)
                except requests.RequestException as error:
                    print(type(error).__name__, "set NO_PROXY" in str(error))
        """
        assert client(probe, {"HTTPS_PROXY": proxy.url}) == ["SSLError False", "ProxyError True"]
        assert proxy.end() == 143
        assert f"a client did not trust the certificate for {HOST}" in proxy.errors
        assert "refused, because they are not SLS hosts: example.com:443" in proxy.output
        assert not endpoint.requests

    def test_a_taken_port_is_told(self, start, environ):
        """Exit 2 and the port, no traceback."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            proxy = start("proxy", "--cassette", "x.yaml", "--https", port=port, environ=environ)
            assert proxy.end() == 2
        assert f"cannot listen on 127.0.0.1 port {port}" in proxy.errors

    @pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")  # ldap3, which mitmproxy imports
    def test_its_url_may_be_ipv6(self):
        """With brackets, without which no client can read the port."""
        from sls_contract.transport.interception import Interception, Interceptor

        with Interceptor(Interception(lambda _: None, lambda _: True, lambda _: None, host="::1")) as proxy:
            assert proxy.url == f"http://[::1]:{proxy.port}"

    @pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")  # ldap3, which mitmproxy imports
    def test_what_a_send_does_reaches_the_client(self):
        """No response ends the connection, a mistake becomes a 500 and is kept, others go out unchanged."""
        from sls_contract.transport.interception import Interception, Interceptor

        def send(request: Request) -> Response | None:
            if request.method == "PUT":
                raise KeyError(request.method)
            fields = [("X-b", "1"), ("x-A", request.headers["X-Odd"]), ("Content-Length", "2")]
            return Response(200, fields, b"\xff\n", reason="Fine") if request.method == "GET" else None

        with Interceptor(Interception(send, lambda _: True, lambda _: None)) as proxy:
            got = [_said(proxy.port, method) for method in ("GET", "DELETE", "PUT")]
            assert [type(error) for error in proxy.failures] == [KeyError]
        assert got[0] == b"HTTP/1.1 200 Fine\r\nX-b: 1\r\nx-A: \xe7\xbb\x84\r\nContent-Length: 2\r\n\r\n\xff\n"
        assert b"200" not in got[1]
        assert got[2].startswith(b"HTTP/1.1 500 ")

    @pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")  # ldap3, which mitmproxy imports
    @pytest.mark.parametrize("listening", [plain_listener, partial(tls_listener, show=print)])
    def test_a_mistake_before_the_filter_of_hosts_is_reported_at_the_end(self, listening):
        """The client gets a 500, but whoever runs the proxy must know, too, that a request was not recorded."""

        class Broken(HostFilter):
            def __call__(self, request: Request) -> Response:
                raise KeyError(request.method)

        admit = Broken(lambda _: Response(200), lambda _: True)
        with listening(admit, Namespace(host="127.0.0.1", port=0, ca_dir=None)) as listener:
            assert _said(listener.port, "GET").startswith(b"HTTP/1.1 500 ")
        assert [type(error) for error in admit.failures] == [KeyError]


def _said(port: int, method: str) -> bytes:
    """Ask once, and return every byte that comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(
            f"{method} http://{HOST}/ HTTP/1.1\r\nHost: {HOST}\r\nX-Odd: 组\r\nConnection: close\r\n\r\n".encode()
        )
        parts = []
        while part := client.recv(65536):
            parts.append(part)
    return b"".join(parts)
