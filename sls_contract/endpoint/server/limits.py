"""Limits on the resources that one client may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep a faulty client from exhausting the process.

    Attributes:
        body: bytes of a request body; a longer one gets 413 (source: PostBodyTooLarge in the table of 2026-01).
        header: bytes of the request line, and of each header field.
        headers: number of header fields.
        connections: number of connections at once; the next one gets 503.
        idle: seconds that a connection may be idle, or take for a request's head.
        read: seconds that a request's body may take.

    """

    body: int = 10 * 1024 * 1024
    header: int = 64 * 1024
    headers: int = 128
    connections: int = 1024
    idle: float = 75.0
    read: float = 60.0


DEFAULT_LIMITS = Limits()
