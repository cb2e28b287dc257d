"""Installs handlers: the first one wraps the clients' methods, the last one to go unwraps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder import http_connection, httpx_transport, requests_adapter
from sls_contract.cassettes.recorder.handler import STACK
from sls_contract.cassettes.recorder.hooks import Hook, Hooks

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.cassettes.recorder.handler import Handler


def _aiohttp_connect(*args: Any, **kwargs: Any) -> Any:
    """Load our part for aiohttp, and with it asyncio, once aiohttp is used."""
    from sls_contract.cassettes.recorder.aiohttp_connector import connect

    return connect(*args, **kwargs)


_HOOKS = Hooks(
    [
        *http_connection.HOOKS,
        *requests_adapter.HOOKS,
        *httpx_transport.HOOKS,
        Hook("aiohttp", "BaseConnector", "connect", _aiohttp_connect),
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

    __slots__ = ("answer", "owns", "received")

    def __init__(self, handler: Handler) -> None:
        self.owns = handler.owns
        self.answer = handler.answer
        self.received = handler.received
