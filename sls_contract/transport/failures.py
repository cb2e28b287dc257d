"""Failures of a request: one vocabulary of kinds, with texts that say what to do."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.errors import EndpointError

if TYPE_CHECKING:
    from sls_contract.exchange import Response

Kind: TypeAlias = Literal[
    "refused", "unreachable", "dns", "tls", "timeout", "reset", "closed", "truncated", "too-large", "malformed", "other"
]
_UNREACHABLE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}

_TEXTS: dict[str, tuple[str, str]] = {
    "refused": ("nothing accepts connections there", "start the endpoint, or correct its host and port"),
    "unreachable": (
        "this machine has no route to it",
        "connect this machine to the endpoint's network (VPN, firewall), or correct the endpoint's host",
    ),
    "dns": ("the name cannot be resolved", "correct the endpoint's name, or check the network"),
    "tls": ("the TLS handshake failed", "check the certificate, and whether the endpoint supports https"),
    "timeout": (
        "no complete response came in time",
        "find out why the endpoint does not respond, or raise the timeout",
    ),
    "reset": ("the connection was reset", "find out why the endpoint resets the connection"),
    "closed": (
        "the connection was closed before a response",
        "find out why the endpoint closes the connection without a response",
    ),
    "truncated": ("the response was cut off", "send the whole head, and as many body bytes as it announces"),
    "too-large": (
        "the response is too large or never ends",
        "end each response, and keep it below this size",
    ),
    "malformed": (
        "the response is not HTTP",
        "check which server listens there; perhaps http was sent to an https port",
    ),
    "other": ("the connection failed", "correct the problem named in brackets"),
}


class TransportError(EndpointError):
    """An attempt without a complete response.

    Attributes:
        kind: ``refused``, ``unreachable`` (no network, or no route), ``dns``, ``tls``, ``timeout``, ``reset``,
            ``closed`` (closed before a response), ``truncated`` (a response was cut off), ``too-large`` (it may
            never end), ``malformed`` (not HTTP) or ``other``.
        peer: the host and port of the request.
        partial: the received part of the response, if its head was complete.
        reason: what happened; the text of the exception also says how to fix it.
        fix: how to fix it, a sentence.

    """

    def __init__(self, kind: Kind, peer: str, detail: str = "", partial: Response | None = None) -> None:
        """Build the text; ``detail`` is the operating system's own text."""
        what, fix = _TEXTS[kind]
        reason = f" ({detail})" if detail else ""
        super().__init__(f"{peer}: {what}{reason}. How to fix: {fix}.")
        self.reason, self.fix = f"{peer}: {what}{reason}", f"{fix}."
        self.kind = kind
        self.peer = peer
        self.partial = partial


def kind_of(error: BaseException) -> Kind:
    """Return the kind of failure that an exception of the socket, ssl or http.client module means."""
    for types, kind in _KINDS:
        if isinstance(error, types):
            return kind
    return "unreachable" if is_unreachable(error) else "other"


def is_unreachable(error: BaseException) -> bool:
    """Return whether the operating system knows no route to an address, for example without a network."""
    return isinstance(error, OSError) and error.errno in _UNREACHABLE


def detail_of(error: BaseException) -> str:
    """Return the operating system's text without the exception's prefix; empty if there is none."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return getattr(error, "strerror", None) or str(error)


_KINDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Kind], ...] = (
    (http.client.RemoteDisconnected, "closed"),  # first: it is a subclass of ConnectionResetError, too
    ((socket.gaierror, UnicodeError), "dns"),  # UnicodeError: a label that IDNA cannot encode
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "reset"),
    (ssl.SSLError, "tls"),
    (http.client.IncompleteRead, "truncated"),
    ((http.client.HTTPException, ValueError), "malformed"),
)
