"""From a client's error to a `Broken`: which failure was it."""

from __future__ import annotations

import errno
import socket
import sys
from typing import TYPE_CHECKING

from sls_contract.cassettes.recorder.handler import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.cassettes.recorder.framing import AnswerReader
    from sls_contract.cassettes.recorder.handler import Kind, Outcome


def no_connection(error: BaseException) -> Broken:
    """Classify what went wrong before a connection stood, by the error and its causes."""
    chain = list(causes(error))
    kind: Kind = "refused"
    if any(isinstance(each, socket.gaierror) or "DNS" in type(each).__name__ for each in chain):
        kind = "name"
    elif any(isinstance(each, TimeoutError) or "Timeout" in type(each).__name__ for each in chain):
        kind = "connect-timeout"
    elif "ssl" in sys.modules and any(isinstance(each, sys.modules["ssl"].SSLError) for each in chain):
        kind = "tls"
    return Broken(kind, None, describe(error))


def no_answer(error: BaseException | None, reader: AnswerReader) -> Broken:
    """Classify what ended an answer before its end; ``error`` None means that the peer closed the connection."""
    partial = reader.response()
    if isinstance(error, TimeoutError):
        return Broken("timeout", partial, describe(error))
    if error is not None:
        return Broken("reset", partial, describe(error))
    return Broken("truncated" if partial else "closed", partial, "the peer closed the connection")


def outcome_of(reader: AnswerReader, error: BaseException | None) -> Outcome:
    """Return what a live attempt came to, once its reader is complete or ``error`` (None: end of stream) ended it."""
    if reader.malformed:
        return Broken("malformed", reader.response(), "the answer is not HTTP")
    response = reader.response()
    if reader.complete and response is not None:
        return response
    return no_answer(error, reader)


def ending_of(broken: Broken) -> OSError | None:
    """Return the error that ends what came of an answer; None where that is the end of the stream."""
    if broken.kind == "timeout":
        return TimeoutError("timed out")
    return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer") if broken.kind == "reset" else None


def describe(error: BaseException) -> str:
    """Name an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came of, each once, though they may be each other's causes."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
