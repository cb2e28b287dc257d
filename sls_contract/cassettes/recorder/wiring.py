"""Installs handlers: the first one wraps the clients' methods, the last one to go unwraps them."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder.handler import STACK
from sls_contract.cassettes.recorder.hooks import Hook, Hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.cassettes.recorder.handler import Handler


def _late(module: str, name: str) -> Callable[..., Any]:
    """Return our part for a client, loaded when that client is first used: watching must cost a run nothing.

    It is imported each time, which is cheap and waits for a thread that still loads it. To keep it would be wrong:
    pytester forgets modules between runs, and two copies of one part would not know each other's connections.
    """
    path = f"sls_contract.cassettes.recorder.{module}"

    def around(*args: Any, **kwargs: Any) -> Any:
        return getattr(import_module(path), name)(*args, **kwargs)

    return around


_CONNECT = _late("http_connection", "connect")
_VERBS = ("request", "get", "head", "options", "delete", "post", "put", "patch")
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_CALLS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")

_RECORDED = [
    Hook("http.client", "HTTPConnection", "__init__", _late("http_connection", "made")),
    Hook("http.client", "HTTPConnection", "connect", _CONNECT),
    Hook("http.client", "HTTPConnection", "endheaders", _late("http_connection", "endheaders")),
    Hook("http.client", "HTTPConnection", "getresponse", _late("http_connection", "getresponse")),
    Hook("http.client", "HTTPSConnection", "connect", _CONNECT),
    Hook("urllib3.connection", "HTTPConnection", "connect", _CONNECT),
    Hook("urllib3.connection", "HTTPSConnection", "connect", _CONNECT),
    Hook("urllib3_future.connection", "HTTPConnection", "connect", _CONNECT),
    Hook("urllib3_future.connection", "HTTPSConnection", "connect", _CONNECT),
    Hook("requests.sessions", "Session", "merge_environment_settings", _late("requests_adapter", "settings")),
    Hook("requests.adapters", "HTTPAdapter", "send", _late("requests_adapter", "send")),
    Hook("httpx", "HTTPTransport", "handle_request", _late("httpx_transport", "handle")),
    Hook("httpx", "AsyncHTTPTransport", "handle_async_request", _late("httpx_transport", "handle_async")),
    Hook("aiohttp", "BaseConnector", "connect", _late("aiohttp_connector", "connect")),
]


def _guarded(module: str, owner: str, methods: Iterable[str], part: str, name: str) -> Iterator[Hook]:
    """Return hooks for what is not recorded, and only refused where a guard says so, or noted."""
    for method in methods:
        yield Hook(module, owner, method, _late(part, name), needed=False)


_REFUSED = [
    *_guarded("urllib3._async.connection", "AsyncHTTPConnection", ["connect"], "http_connection", "connect"),
    *_guarded("urllib3._async.connection", "AsyncHTTPSConnection", ["connect"], "http_connection", "connect"),
    *_guarded("urllib3_future._async.connection", "AsyncHTTPConnection", ["connect"], "http_connection", "connect"),
    *_guarded("urllib3_future._async.connection", "AsyncHTTPSConnection", ["connect"], "http_connection", "connect"),
    *_guarded("urllib3.backend.hface", "HfaceBackend", ["endheaders"], "guarded_connections", "endheaders"),
    *_guarded("urllib3_future.backend.hface", "HfaceBackend", ["endheaders"], "guarded_connections", "endheaders"),
    *_guarded("urllib3.backend._async.hface", "AsyncHfaceBackend", ["endheaders"], "guarded_connections", "endheaders"),
    *_guarded("httpcore", "HTTP11Connection", ["handle_request"], "guarded_connections", "send"),
    *_guarded("httpcore", "HTTP2Connection", ["handle_request"], "guarded_connections", "send"),
    *_guarded("httpcore", "AsyncHTTP11Connection", ["handle_async_request"], "guarded_connections", "send"),
    *_guarded("httpcore", "AsyncHTTP2Connection", ["handle_async_request"], "guarded_connections", "send"),
    *_guarded("socket", "socket", ["connect", "connect_ex"], "resolvers", "connected"),
    *_guarded("socket", "socket", ["sendto"], "resolvers", "addressed"),
    *_guarded("socks", "socksocket", ["connect"], "resolvers", "socks_connect"),
    *_guarded("uvloop", "Loop", ["getaddrinfo"], "resolvers", "named_first"),
    *_guarded("uvloop", "Loop", ["create_connection"], "resolvers", "named_second"),
    *_guarded("uvloop", "Loop", ["sock_connect", "create_datagram_endpoint"], "resolvers", "addressed"),
    *_guarded("gevent.resolver", "AbstractResolver", _LOOKUPS, "resolvers", "named_first"),
    *_guarded("gevent.resolver.thread", "Resolver", _LOOKUPS, "resolvers", "named_first"),
    *_guarded("twisted.internet._resolver", "GAIResolver", ["resolveHostName"], "resolvers", "named_second"),
    *_guarded("eventlet.support.greendns", "ResolverProxy", ["query"], "resolvers", "named_first"),
    *_guarded("dns.resolver", "Resolver", ["resolve"], "resolvers", "named_first"),
    *_guarded("dns.asyncresolver", "Resolver", ["resolve"], "resolvers", "named_first"),
    *_guarded("pycares", "Channel", ["getaddrinfo", "gethostbyname", "query", "search"], "resolvers", "named_first"),
    *_guarded("pycurl", "", ["Curl"], "libcurl", "easy_class"),
    *_guarded("pycurl", "", ["CurlMulti"], "libcurl", "multi_class"),
    *_guarded("curl_cffi.curl", "Curl", ["setopt"], "libcurl", "setopt"),
    *_guarded("curl_cffi.curl", "Curl", ["reset"], "libcurl", "reset"),
    *_guarded("curl_cffi.curl", "Curl", ["perform"], "libcurl", "perform"),
    *_guarded("curl_cffi.aio", "AsyncCurl", ["add_handle"], "libcurl", "add_handle"),
    *_guarded("grpc._channel", "Channel", ["__init__"], "grpc_channel", "made"),
    *_guarded("grpc._channel", "Channel", _CALLS, "grpc_channel", "call"),
    *_guarded("grpc.aio._channel", "Channel", ["__init__"], "grpc_channel", "made"),
    *_guarded("grpc.aio._channel", "Channel", _CALLS, "grpc_channel", "call"),
    *_guarded("primp", "Client", _VERBS, "reqwest", "call"),
    *_guarded("primp", "AsyncClient", _VERBS, "reqwest", "call"),
    *_guarded("primp", "", _VERBS, "reqwest", "function"),
    *_guarded("pyreqwest", "_pyreqwest.request.ConsumedRequest", ["send"], "reqwest", "request"),
    *_guarded("pyreqwest", "_pyreqwest.request.SyncConsumedRequest", ["send"], "reqwest", "request"),
    *_guarded("pyreqwest", "_pyreqwest.request.StreamRequest", ["__aenter__"], "reqwest", "request"),
    *_guarded("pyreqwest", "_pyreqwest.request.SyncStreamRequest", ["__enter__"], "reqwest", "request"),
    *_guarded("pyreqwest.simple.request", "", [f"pyreqwest_{verb}" for verb in _VERBS], "reqwest", "function"),
    *_guarded("pyreqwest.simple.sync_request", "", [f"pyreqwest_{verb}" for verb in _VERBS], "reqwest", "function"),
]

_STARTED = [
    Hook("subprocess", "Popen", "__init__", _late("processes", "popen")),
    Hook("multiprocessing.process", "BaseProcess", "start", _late("processes", "start")),
    *_guarded("os", "", ["system", "posix_spawn", "posix_spawnp"], "processes", "called"),
]

_OWN_NETWORK = {
    "tls_client",  # Go, called through ctypes; the same for the next two
    "hrequests",
    "requests_go",
    "rnet",  # Rust, as the next one, by which it was replaced
    "wreq",
    "PyQt5.QtNetwork",
    "PyQt6.QtNetwork",
    "PySide6.QtNetwork",
}
"""Libraries whose requests nobody can refuse."""

_HOOKS = Hooks([*_RECORDED, *_REFUSED, *_STARTED])
_WATCHERS: set[object] = set()


def install(handler: Handler) -> Callable[[], None]:
    """Hand every attempt of every recorded client, in all threads, to ``handler``; return how to stop that.

    The handler installed last is asked first. An attempt that no handler owns is not touched. The returned function may
    be called more than once and in any order.

    Raises:
        CassetteError: an installed library lacks a method that recording needs; its version is named.

    """
    entry = _Entry(handler)
    with STACK.lock:
        unwatch = watch()
        STACK.handlers = (entry, *STACK.handlers)

    def remove() -> None:
        with STACK.lock:
            STACK.handlers = tuple(each for each in STACK.handlers if each is not entry)
            unwatch()

    return remove


def watch() -> Callable[[], None]:
    """Wrap the clients' methods until the returned function is called; that may happen more than once."""
    mark = object()
    with STACK.lock:
        if not _WATCHERS:
            _HOOKS.put()
        _WATCHERS.add(mark)

    def unwatch() -> None:
        with STACK.lock:
            if mark in _WATCHERS:
                _WATCHERS.discard(mark)
                if not _WATCHERS:
                    _HOOKS.take_away()

    return unwatch


def watch_again() -> None:
    """Wrap once more what another tool unwrapped meanwhile."""
    with STACK.lock:
        if _WATCHERS:
            _HOOKS.put_again()


def watch_also(kind: type, method: str, around: Callable[..., Any]) -> None:
    """Wrap a method of a class that came up meanwhile, until all are given back."""
    with STACK.lock:
        if _WATCHERS:
            _HOOKS.also(kind, method, around)


def uncovered() -> list[str]:
    """Return the libraries, imported by now, that are neither recorded nor blocked; sorted.

    They are named, since silence would say that nothing left.
    """
    return sorted(_HOOKS.not_wrapped.union(_OWN_NETWORK & sys.modules.keys()))


class _Entry:
    """One installation of a handler: the same handler may be installed twice."""

    __slots__ = ("answer", "offline", "online", "owns", "received", "sent", "started")

    def __init__(self, handler: Handler) -> None:
        self.offline = getattr(handler, "offline", False)  # who does not say may let attempts out, or answer them
        self.online = getattr(handler, "online", False)
        self.owns = handler.owns
        self.answer = handler.answer
        self.sent = handler.sent
        self.started = getattr(handler, "started", None)
        self.received = handler.received
