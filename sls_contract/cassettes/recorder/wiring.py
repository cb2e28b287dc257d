"""Installs handlers: the first one wraps the clients' methods, removing the last one unwraps them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from sls_contract.cassettes.recorder.handler import STACK, Handler, Installed
from sls_contract.cassettes.recorder.hooks import Hook, Hooks


def _lazy(module: str, name: str) -> Callable[..., Any]:
    """Return a function of the recorder that is imported when it is called: watching must cost a run nothing.

    It is imported on each call, which is cheap and waits for a thread that is still loading it. A cache would be wrong:
    pytester forgets modules between runs, and two copies of a module would not recognise each other's connections.
    """
    path = f"sls_contract.cassettes.recorder.{module}"

    def around(*args: Any, **kwargs: Any) -> Any:
        return getattr(import_module(path), name)(*args, **kwargs)

    return around


_CONNECT = _lazy("http_connection", "connect")
_VERBS = ("request", "get", "head", "options", "delete", "post", "put", "patch")
_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_CALLS = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")

_RECORDED = [
    Hook("http.client", "HTTPConnection", "__init__", _lazy("http_connection", "init")),
    Hook("http.client", "HTTPConnection", "connect", _CONNECT),
    Hook("http.client", "HTTPConnection", "endheaders", _lazy("http_connection", "endheaders")),
    Hook("http.client", "HTTPConnection", "getresponse", _lazy("http_connection", "getresponse")),
    Hook("http.client", "HTTPSConnection", "connect", _CONNECT),
    Hook("urllib3.connection", "HTTPConnection", "connect", _CONNECT),
    Hook("urllib3.connection", "HTTPSConnection", "connect", _CONNECT),
    Hook("urllib3_future.connection", "HTTPConnection", "connect", _CONNECT),
    Hook("urllib3_future.connection", "HTTPSConnection", "connect", _CONNECT),
    Hook("requests.sessions", "Session", "merge_environment_settings", _lazy("requests_adapter", "merge_settings")),
    Hook("requests.adapters", "HTTPAdapter", "send", _lazy("requests_adapter", "send")),
    Hook("httpx", "HTTPTransport", "handle_request", _lazy("httpx_transport", "handle")),
    Hook("httpx", "AsyncHTTPTransport", "handle_async_request", _lazy("httpx_transport", "handle_async")),
    Hook("aiohttp", "BaseConnector", "connect", _lazy("aiohttp_connector", "connect")),
]


def _guards(module: str, owner: str, methods: Iterable[str], part: str, name: str) -> Iterator[Hook]:
    """Return hooks for methods that are not recorded, only refused by a guard, or reported."""
    for method in methods:
        yield Hook(module, owner, method, _lazy(part, name), required=False)


_GUARDED = [
    *_guards("urllib3._async.connection", "AsyncHTTPConnection", ["connect"], "http_connection", "connect"),
    *_guards("urllib3._async.connection", "AsyncHTTPSConnection", ["connect"], "http_connection", "connect"),
    *_guards("urllib3_future._async.connection", "AsyncHTTPConnection", ["connect"], "http_connection", "connect"),
    *_guards("urllib3_future._async.connection", "AsyncHTTPSConnection", ["connect"], "http_connection", "connect"),
    *_guards("urllib3.backend.hface", "HfaceBackend", ["endheaders"], "resolvers", "endheaders"),
    *_guards("urllib3_future.backend.hface", "HfaceBackend", ["endheaders"], "resolvers", "endheaders"),
    *_guards("urllib3.backend._async.hface", "AsyncHfaceBackend", ["endheaders"], "resolvers", "endheaders"),
    *_guards("httpcore", "HTTP11Connection", ["handle_request"], "resolvers", "send"),
    *_guards("httpcore", "HTTP2Connection", ["handle_request"], "resolvers", "send"),
    *_guards("httpcore", "AsyncHTTP11Connection", ["handle_async_request"], "resolvers", "send"),
    *_guards("httpcore", "AsyncHTTP2Connection", ["handle_async_request"], "resolvers", "send"),
    *_guards("socket", "socket", ["connect", "connect_ex"], "resolvers", "socket_connect"),
    *_guards("socket", "socket", ["sendto"], "resolvers", "address_arguments"),
    *_guards("socks", "socksocket", ["connect"], "resolvers", "socks_connect"),
    *_guards("uvloop", "Loop", ["getaddrinfo"], "resolvers", "first_argument"),
    *_guards("uvloop", "Loop", ["create_connection"], "resolvers", "second_argument"),
    *_guards("uvloop", "Loop", ["sock_connect", "create_datagram_endpoint"], "resolvers", "address_arguments"),
    *_guards("gevent.resolver", "AbstractResolver", _LOOKUPS, "resolvers", "first_argument"),
    *_guards("gevent.resolver.thread", "Resolver", _LOOKUPS, "resolvers", "first_argument"),
    *_guards("twisted.internet._resolver", "GAIResolver", ["resolveHostName"], "resolvers", "second_argument"),
    *_guards("eventlet.support.greendns", "ResolverProxy", ["query"], "resolvers", "first_argument"),
    *_guards("dns.resolver", "Resolver", ["resolve"], "resolvers", "first_argument"),
    *_guards("dns.asyncresolver", "Resolver", ["resolve"], "resolvers", "first_argument"),
    *_guards("pycares", "Channel", ["getaddrinfo", "gethostbyname", "query", "search"], "resolvers", "first_argument"),
    *_guards("pycurl", "", ["Curl"], "libcurl", "easy_class"),
    *_guards("pycurl", "", ["CurlMulti"], "libcurl", "multi_class"),
    *_guards("curl_cffi.curl", "Curl", ["setopt"], "libcurl", "setopt"),
    *_guards("curl_cffi.curl", "Curl", ["reset"], "libcurl", "reset"),
    *_guards("curl_cffi.curl", "Curl", ["perform"], "libcurl", "perform"),
    *_guards("curl_cffi.aio", "AsyncCurl", ["add_handle"], "libcurl", "add_handle"),
    *_guards("grpc._channel", "Channel", ["__init__"], "grpc_channel", "init"),
    *_guards("grpc._channel", "Channel", _CALLS, "grpc_channel", "call"),
    *_guards("grpc.aio._channel", "Channel", ["__init__"], "grpc_channel", "init"),
    *_guards("grpc.aio._channel", "Channel", _CALLS, "grpc_channel", "call"),
    *_guards("primp", "Client", _VERBS, "reqwest", "call"),
    *_guards("primp", "AsyncClient", _VERBS, "reqwest", "call"),
    *_guards("primp", "", _VERBS, "reqwest", "function"),
    *_guards("pyreqwest", "_pyreqwest.request.ConsumedRequest", ["send"], "reqwest", "request"),
    *_guards("pyreqwest", "_pyreqwest.request.SyncConsumedRequest", ["send"], "reqwest", "request"),
    *_guards("pyreqwest", "_pyreqwest.request.StreamRequest", ["__aenter__"], "reqwest", "request"),
    *_guards("pyreqwest", "_pyreqwest.request.SyncStreamRequest", ["__enter__"], "reqwest", "request"),
    *_guards("pyreqwest.simple.request", "", [f"pyreqwest_{verb}" for verb in _VERBS], "reqwest", "function"),
    *_guards("pyreqwest.simple.sync_request", "", [f"pyreqwest_{verb}" for verb in _VERBS], "reqwest", "function"),
]

_PROCESSES = [
    Hook("subprocess", "Popen", "__init__", _lazy("processes", "popen")),
    Hook("multiprocessing.process", "BaseProcess", "start", _lazy("processes", "start")),
    *_guards("os", "", ["system", "posix_spawn", "posix_spawnp"], "processes", "os_call"),
]

_UNGUARDED = {
    "tls_client",  # Go, called through ctypes; so are the next two
    "hrequests",
    "requests_go",
    "rnet",  # Rust; wreq replaces it
    "wreq",
    "PyQt5.QtNetwork",
    "PyQt6.QtNetwork",
    "PySide6.QtNetwork",
}
"""Libraries whose requests cannot be refused."""

_HOOKS = Hooks([*_RECORDED, *_GUARDED, *_PROCESSES])
_USERS: set[object] = set()


def install(handler: Handler) -> Callable[[], None]:
    """Pass every attempt of every recorded client, in all threads, to ``handler``; return a function that ends this.

    The handler installed last has priority. An attempt that no handler owns is not touched. The returned function may
    be called more than once and in any order.

    Raises:
        CassetteError: an installed library lacks a method that recording needs; its version is named.

    """
    entry = Installed(handler)
    with STACK.lock:
        unwrap = wrap_clients()
        STACK.handlers = (entry, *STACK.handlers)

    def remove() -> None:
        with STACK.lock:
            STACK.handlers = tuple(each for each in STACK.handlers if each is not entry)
            unwrap()

    return remove


def wrap_clients() -> Callable[[], None]:
    """Wrap the clients' methods until the returned function is called, which may happen more than once."""
    mark = object()
    with STACK.lock:
        if not _USERS:
            _HOOKS.apply()
        _USERS.add(mark)

    def unwrap() -> None:
        with STACK.lock:
            if mark in _USERS:
                _USERS.discard(mark)
                if not _USERS:
                    _HOOKS.remove()

    return unwrap


def wrap_clients_again() -> None:
    """Wrap again the methods that another tool has restored meanwhile."""
    with STACK.lock:
        if _USERS:
            _HOOKS.reapply()


def wrap_method(kind: type, method: str, around: Callable[..., Any]) -> None:
    """Wrap a method of another class until the hooks are removed."""
    with STACK.lock:
        if _USERS:
            _HOOKS.add(kind, method, around)


def unguarded_libraries() -> list[str]:
    """Return the imported libraries that are neither recorded nor blocked; sorted.

    The summary names them, since silence would claim that nothing left the machine.
    """
    return sorted(_HOOKS.not_wrapped.union(_UNGUARDED & sys.modules.keys()))
