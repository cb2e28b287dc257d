"""Classify a client's errors as `Broken` outcomes."""

from __future__ import annotations

import errno
import socket
import sys
from typing import TYPE_CHECKING

from sls_contract.cassettes.recorder.handler import Broken, Kind, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.cassettes.recorder.framing import ResponseReader


def no_connection(error: BaseException) -> Broken:
    """Classify an error raised before the connection was established, by the error and its causes."""
    chain = list(causes(error))
    kind: Kind = "refused"
    if any(isinstance(each, socket.gaierror) or "DNS" in type(each).__name__ for each in chain):
        kind = "name"
    elif any(isinstance(each, TimeoutError) or "Timeout" in type(each).__name__ for each in chain):
        kind = "connect-timeout"
    elif "ssl" in sys.modules and any(isinstance(each, sys.modules["ssl"].SSLError) for each in chain):
        kind = "tls"
    return Broken(kind, None, describe(error))


def outcome_of(reader: ResponseReader, error: BaseException | None) -> Outcome:
    """Return the outcome of a live attempt; ``error`` ended it early (None: complete, or end of stream)."""
    response = reader.response()
    if reader.malformed:
        return Broken("malformed", response, "the response is not HTTP")
    if reader.complete and response is not None:
        return response
    if error is not None:
        return Broken("timeout" if isinstance(error, TimeoutError) else "reset", response, describe(error))
    return Broken("truncated" if response else "closed", response, "the peer closed the connection")


def ending_of(broken: Broken) -> OSError | None:
    """Return the error that ends a partial response; None where the stream just ends."""
    if broken.kind == "timeout":
        return TimeoutError("timed out")
    return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer") if broken.kind == "reset" else None


def describe(error: BaseException) -> str:
    """Return an error's type and text in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes and contexts, each once: the chain may be circular."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
