"""Listeners for every name that this interpreter resolves or connects to, below all libraries that use its sockets.

Libraries replace functions of ``socket`` and put them back (pytest-socket does after each test), or keep their own
references to them (gevent). Audit events come from the functions themselves. A hook can never be removed, so each
process has one, even where this module is loaded twice; it does nothing without listeners.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Listener = Callable[[Any, Any], None]

_RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_ATTRIBUTE = "_sls_contract_audit_listeners"  # in `sys`, which outlives a module that is unloaded and imported again


def add(listener: Listener) -> None:
    """Call ``listener(host, port)`` before a name is resolved or connected to, in any thread.

    An exception that it raises stops the call. ``port`` is None where the caller gives none. The newest listener runs
    first.
    """
    listeners = vars(sys).get(_ATTRIBUTE)
    if listeners is None:
        listeners = vars(sys)[_ATTRIBUTE] = []
        sys.addaudithook(_hook(listeners))
    listeners.insert(0, listener)


def remove(listener: Listener) -> None:
    """Undo one `add`."""
    listeners: list[Listener] = vars(sys).get(_ATTRIBUTE, [])
    if listener in listeners:
        listeners.remove(listener)


def _hook(listeners: list[Listener]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return the hook. It runs for each event of the process, even during shutdown, so it uses no globals."""
    resolving, sending = _RESOLVING, _SENDING

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in resolving:
            host, port = args[0], args[1] if len(args) > 1 else None
        elif event in sending and type(args[1]) is tuple and len(args[1]) > 1:
            host, port = args[1][:2]
        else:
            return
        for listener in tuple(listeners):
            listener(host, port)

    return hook
