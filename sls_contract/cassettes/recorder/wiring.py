"""Installs handlers: the first one wraps the clients' methods, the last one to go unwraps them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder.handler import STACK
from sls_contract.cassettes.recorder.hooks import Hook, Hooks

if TYPE_CHECKING:
    from collections.abc import Callable

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

_HOOKS = Hooks(
    [
        Hook("http.client", "HTTPConnection", "connect", _CONNECT),
        Hook("http.client", "HTTPConnection", "endheaders", _late("http_connection", "endheaders")),
        Hook("http.client", "HTTPConnection", "getresponse", _late("http_connection", "getresponse")),
        Hook("http.client", "HTTPSConnection", "connect", _CONNECT),
        Hook("urllib3.connection", "HTTPConnection", "connect", _CONNECT),
        Hook("urllib3.connection", "HTTPSConnection", "connect", _CONNECT),
        Hook("requests.sessions", "Session", "merge_environment_settings", _late("requests_adapter", "settings")),
        Hook("requests.adapters", "HTTPAdapter", "send", _late("requests_adapter", "send")),
        Hook("httpx", "HTTPTransport", "handle_request", _late("httpx_transport", "handle")),
        Hook("httpx", "AsyncHTTPTransport", "handle_async_request", _late("httpx_transport", "handle_async")),
        Hook("aiohttp", "BaseConnector", "connect", _late("aiohttp_connector", "connect")),
    ]
)


def install(handler: Handler, *, outermost: bool = False) -> Callable[[], None]:
    """Hand every attempt of every recorded client, in all threads, to ``handler``; return how to stop that.

    The handler installed last is asked first; ``outermost`` puts one behind all others instead. An attempt that no
    handler owns is not touched. The returned function may be called more than once and in any order.

    Raises:
        CassetteError: an installed library lacks a method that recording needs; its version is named.

    """
    entry = _Entry(handler)
    with STACK.lock:
        if not STACK.handlers:
            _HOOKS.put()
        STACK.handlers = (*STACK.handlers, entry) if outermost else (entry, *STACK.handlers)

    def remove() -> None:
        with STACK.lock:
            rest = tuple(each for each in STACK.handlers if each is not entry)
            if STACK.handlers and not rest:
                _HOOKS.take_away()
            STACK.handlers = rest

    return remove


class _Entry:
    """One installation of a handler: the same handler may be installed twice."""

    __slots__ = ("answer", "offline", "online", "owns", "received", "sent")

    def __init__(self, handler: Handler) -> None:
        self.offline = getattr(handler, "offline", False)  # who does not say may let attempts out, or answer them
        self.online = getattr(handler, "online", False)
        self.owns = handler.owns
        self.answer = handler.answer
        self.sent = handler.sent
        self.received = handler.received
