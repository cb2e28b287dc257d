"""Interception of HTTPS by mitmproxy: it handles CONNECT, certificates and TLS; a `Send` gives the responses.

mitmproxy is an extra: ``pip install 'sls-contract[proxy]'``. It never connects upstream here. The `Send` therefore
gets and gives exactly what the client sends and receives: header names, values, order and casing, and body bytes.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sls_contract.errors import EndpointError, UsageError
from sls_contract.exchange import DEFAULT_PORTS, Request, Response, wire_bytes, wire_text
from sls_contract.headers import Headers
from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    from collections.abc import Callable

_THREADS = 32
_MAX_FAILURES = 1000
_OWNER_ONLY = 0o700
_CERTIFICATE = "mitmproxy-ca-cert.pem"
_REFUSED = "this host is not intercepted here: set NO_PROXY for it or allow it"  # the text that most clients show
_FAILED = b"the endpoint behind this proxy failed\n"


@dataclass(frozen=True, slots=True)
class Interception:
    """The settings of an `Interceptor`.

    Attributes:
        send: returns the response to a request, in any thread; None closes the connection.
        may_intercept: returns whether a tunnel to a host (``host:port``) may be intercepted.
        on_rejected_certificate: called with the name of each host for which a client rejected the certificate.
        host: the address to listen on.
        port: the port to listen on; 0 takes a free one.
        ca_dir: the folder of the certificate authority, created if missing; None: a temporary one, deleted on close.

    """

    send: Callable[[Request], Response | None]
    may_intercept: Callable[[str], bool]
    on_rejected_certificate: Callable[[str], None]
    host: str = "127.0.0.1"
    port: int = 0
    ca_dir: Path | None = None


class Interceptor:
    """A running HTTP proxy that decrypts TLS; ended by ``close`` or by leaving ``with``.

    Attributes:
        port: the port listened on.
        url: the value for ``HTTP_PROXY`` and ``HTTPS_PROXY``.
        certificate: the authority's certificate (PEM), which clients must trust.

    """

    def __init__(self, settings: Interception) -> None:
        """Listen, in a thread; raises `UsageError` without mitmproxy, `EndpointError` if the address is not free."""
        try:
            import mitmproxy.version  # type: ignore[import-not-found, unused-ignore]  # an extra  # noqa: F401
        except ImportError:
            msg = "intercepting https needs mitmproxy. How to fix: pip install 'sls-contract[proxy]'."
            raise UsageError(msg) from None
        self._settings = settings
        self._own_folder = settings.ca_dir is None
        self._folder = Path(tempfile.mkdtemp(prefix="sls-contract-ca-")) if settings.ca_dir is None else settings.ca_dir
        self._folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        self._failures: deque[BaseException] = deque(maxlen=_MAX_FAILURES)
        self._stop: Callable[[], None] = lambda: None
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(started,), name="sls-contract-intercept", daemon=True)
        self._thread.start()
        try:
            self.port = started.result()
        except BaseException:
            self.close()
            raise
        self.url = f"http://{authority_of(settings.host, self.port)}"
        self.certificate = (self._folder / _CERTIFICATE).resolve()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failures(self) -> tuple[BaseException, ...]:
        """The exceptions that the `Send` raised (each request got a 500), in order."""
        return tuple(self._failures)

    def close(self) -> None:
        """Stop listening, and delete a temporary authority; closing twice is harmless."""
        with suppress(RuntimeError):  # its event loop has ended already
            self._stop()
        self._thread.join()
        if self._own_folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, started: Future[int]) -> None:
        try:
            asyncio.run(self._listen(started))
        except BaseException as error:  # noqa: BLE001 - raised in __init__, or kept in `failures`
            if started.done():
                self._failures.append(error)
            else:
                started.set_exception(error)

    async def _listen(self, started: Future[int]) -> None:
        from mitmproxy import options  # type: ignore[import-not-found, unused-ignore]  # an extra
        from mitmproxy.tools.dump import DumpMaster  # type: ignore[import-not-found, unused-ignore]  # an extra

        host, port = self._settings.host, self._settings.port
        listening = options.Options(listen_host=host, listen_port=port, confdir=str(self._folder))
        master = DumpMaster(listening, with_termlog=False, with_dumper=False)
        master.options.update(connection_strategy="lazy", upstream_cert=False, http2=False, onboarding=False)
        master.addons.remove(master.addons.get("errorcheck"))  # it would exit the process
        master.addons.add(_Addon(self._settings, self._failures, started))
        self._stop = master.shutdown
        await master.run()
        await master.addons.get("proxyserver").servers.update([])  # shutdown() does not close the socket


class _Addon:
    """The addon that mitmproxy calls for each event; it finds the methods by their names."""

    def __init__(self, settings: Interception, failures: deque[BaseException], started: Future[int]) -> None:
        self._settings, self._failures, self._started = settings, failures, started
        self._pool = ThreadPoolExecutor(_THREADS, "sls-contract-send")

    def running(self) -> None:
        """Publish the port, or the reason why there is none."""
        from mitmproxy import ctx

        servers = ctx.master.addons.get("proxyserver")
        if addresses := servers.listen_addrs():
            self._started.set_result(int(addresses[0][1]))
            return
        reasons = [
            str(each.last_exception).partition("\n")[0] for each in servers.servers if each.last_exception is not None
        ]
        msg = f"cannot listen on {self._settings.host} port {self._settings.port}: {'; '.join(reasons)}"
        self._started.set_exception(EndpointError(f"{msg}\nHow to fix: choose another port (0 takes a free one)."))
        ctx.master.shutdown()

    def done(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def http_connect(self, flow: Any) -> None:
        """Refuse tunnels to hosts that are not admitted."""
        if not self._settings.may_intercept(f"{flow.request.host}:{flow.request.port}"):
            flow.response = _response(Response(502, [("Content-Length", "0")], reason=_REFUSED))

    async def request(self, flow: Any) -> None:
        """Set the response to a request; without one the connection is closed."""
        response = await asyncio.get_running_loop().run_in_executor(self._pool, self._respond, flow.request)
        if response is None:
            flow.kill()
        else:
            flow.response = _response(response)

    def tls_failed_client(self, data: Any) -> None:
        """Report that a client rejected the certificate: its own message rarely says whose."""
        self._settings.on_rejected_certificate(data.conn.sni or "a host that the client did not name")

    def _respond(self, raw: Any) -> Response | None:
        try:
            return self._settings.send(request_of(raw))
        except Exception as error:  # noqa: BLE001 - kept in `failures`
            self._failures.append(error)
            return Response(500, [("Content-Type", "text/plain"), ("Content-Length", str(len(_FAILED)))], _FAILED)


def request_of(raw: Any) -> Request:
    """Convert mitmproxy's request, byte for byte; inside a tunnel its URL names the tunnel's host."""
    data = raw.data
    scheme = wire_text(data.scheme) or "http"
    own = raw.host if raw.port == DEFAULT_PORTS[scheme] else f"{raw.host}:{raw.port}"
    authority = wire_text(data.authority) or own
    headers = Headers([(wire_text(name), wire_text(value)) for name, value in data.headers.fields])
    url = f"{scheme}://{authority}{wire_text(data.path)}"
    return Request(wire_text(data.method), url, headers, data.content or b"")


def _response(response: Response) -> Any:
    """Convert a response to mitmproxy's, with nothing added."""
    from mitmproxy import http  # type: ignore[import-not-found, unused-ignore]  # an extra

    headers = http.Headers([(wire_bytes(name), wire_bytes(value)) for name, value in response.headers.pairs])
    reason = wire_bytes(response.reason)
    return http.Response(b"HTTP/1.1", response.status, reason, headers, response.body, None, 0.0, 0.0)
