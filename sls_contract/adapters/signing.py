"""How an HTTP client's authentication signs: the settings, checked when they are given, not with the first request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, get_args

from sls_contract.clock import seen_now
from sls_contract.errors import UsageError
from sls_contract.signing import Credentials, Scheme, sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sls_contract.exchange import Request

KeySource: TypeAlias = "Credentials | Callable[[], Credentials]"
"""A key, or a function that gives the current one: temporary keys (STS) expire while a session lives."""


@dataclass(frozen=True, slots=True)
class Signing:
    """Signs requests; raises `UsageError` for an unknown scheme, or what is no key and no function."""

    credentials: KeySource
    scheme: Scheme
    region: str | None
    clock: Callable[[], datetime] = seen_now

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.scheme not in get_args(Scheme):
            msg = f"scheme must be one of {', '.join(get_args(Scheme))}, got {self.scheme!r}"
            raise UsageError(msg)
        if not (isinstance(self.credentials, Credentials) or callable(self.credentials)):
            raise UsageError(_NO_KEY.format(type(self.credentials).__name__))

    def __call__(self, request: Request) -> Request:
        """Return the request with every header that a correct client sends, signed now."""
        key = self.credentials if isinstance(self.credentials, Credentials) else self.credentials()
        if not isinstance(key, Credentials):
            raise UsageError(_NO_KEY.format(type(key).__name__))
        return sign(request, key, scheme=self.scheme, region=self.region, at=self.clock())


_NO_KEY = "credentials must be Credentials(access_key_id, access_key_secret), or a function that returns them, got {}"
