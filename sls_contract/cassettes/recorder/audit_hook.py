"""What this interpreter is about to resolve or to connect to, below every library that uses its sockets.

Libraries replace functions of ``socket`` and put them back (pytest-socket does after each test), or keep their own
references to them (gevent). Audit events come from the functions themselves. A hook can never be removed, so there is
one for a process, also where this module is loaded twice; it does nothing while nobody listens.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Listener = Callable[[Any, Any], None]

_RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_PLACE = "_sls_contract_audit_listeners"  # in `sys`: it outlives a module that is forgotten and loaded again


def add(listener: Listener) -> None:
    """Call ``listener(host, port)`` before a name is resolved or connected to, in any thread.

    What it raises stops that. ``port`` is None where the caller names none. The listener added last is called first.
    """
    listeners = vars(sys).get(_PLACE)
    if listeners is None:
        listeners = vars(sys)[_PLACE] = []
        sys.addaudithook(_hook(listeners))
    listeners.insert(0, listener)


def remove(listener: Listener) -> None:
    """Undo one `add`."""
    listeners: list[Listener] = vars(sys).get(_PLACE, [])
    if listener in listeners:
        listeners.remove(listener)


def _hook(listeners: list[Listener]) -> Callable[[str, tuple[Any, ...]], None]:
    """Return the hook. It is called for each event of the process, until the very end: it uses nothing global."""
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
