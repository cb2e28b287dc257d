"""The signing of an HTTP client's authentication; its settings are checked on creation, not with the first request."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, get_args

from sls_contract.clock import test_now
from sls_contract.errors import UsageError
from sls_contract.signing import Credentials, Scheme, sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sls_contract.exchange import Request

KeySource: TypeAlias = "Credentials | Callable[[], Credentials]"
"""A key, or a function that gives the current one: temporary keys (STS) expire while a session lives."""


class Signing:
    """The settings of an `SlsAuth`; raises `UsageError` for an unknown scheme or wrong credentials."""

    def __init__(
        self,
        credentials: KeySource,
        scheme: Scheme = "v1",
        region: str | None = None,
        clock: Callable[[], datetime] = test_now,
    ) -> None:
        if scheme not in get_args(Scheme):
            msg = f"scheme must be one of {', '.join(get_args(Scheme))}, got {scheme!r}"
            raise UsageError(msg)
        if not (isinstance(credentials, Credentials) or callable(credentials)):
            raise UsageError(_NO_KEY.format(type(credentials).__name__))
        self._credentials, self._clock = credentials, clock
        self._scheme, self._region = scheme, region

    def signed(self, request: Request) -> Request:
        """Return the request with every header that a correct client sends, signed now."""
        key = self._credentials if isinstance(self._credentials, Credentials) else self._credentials()
        if not isinstance(key, Credentials):
            raise UsageError(_NO_KEY.format(type(key).__name__))
        return sign(request, key, scheme=self._scheme, region=self._region, at=self._clock())


_NO_KEY = "credentials must be Credentials(access_key_id, access_key_secret), or a function that returns them, got {}"
