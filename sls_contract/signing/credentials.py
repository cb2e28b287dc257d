"""Credentials: an access key id with its secret, and a security token for a temporary key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from sls_contract.errors import UsageError


@dataclass(frozen=True, slots=True)
class Credentials:
    """One key. ``repr`` shows neither the secret nor the token.

    Args:
        access_key_id: public half of the key.
        access_key_secret: the secret; it signs and is never sent.
        security_token: sent in ``x-acs-security-token`` with a temporary key (STS); None otherwise.

    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Accept only strings; raises `UsageError` that names the field, never the value."""
        optional = () if self.security_token is None else ("security_token",)
        for name in ("access_key_id", "access_key_secret", *optional):
            value: object = getattr(self, name)
            if not isinstance(value, str):
                msg = f"{name} must be a str, got {type(value).__name__}"
                raise UsageError(msg)


Keyring: TypeAlias = "Credentials | Iterable[Credentials]"
"""One key, or several that are looked up by access key id."""

TEST_CREDENTIALS = Credentials("testAccessKeyId", "testAccessKeySecret")
"""The public test key: it has no access, and signs recordings so that everyone can verify them."""

TEST_STS_CREDENTIALS = Credentials("STS.testAccessKeyId", "testStsAccessKeySecret", "testSecurityToken")
"""The public temporary test key."""

_PUBLIC_IDS = frozenset({TEST_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.access_key_id})


def keys_of(keyring: Keyring) -> tuple[Credentials, ...]:
    """Return the keys of a keyring in order; raises `UsageError` if it contains anything else."""
    if isinstance(keyring, Credentials):
        return (keyring,)
    given: object = keyring
    keys = []
    for key in (
        given if isinstance(given, (tuple, Iterable)) else (given,)
    ):  # tuples are common, and their check is faster
        if not isinstance(key, Credentials):
            msg = f"credentials must be Credentials(access_key_id, access_key_secret), got {type(key).__name__}"
            raise UsageError(msg)
        keys.append(key)
    return tuple(keys)


def masked_id(access_key_id: str) -> str:
    """Describe an access key id in a message: a public test id in full, any other by its length.

    No part of another id is shown, because it is part of the secret if a client swapped id and secret.
    """
    if access_key_id in _PUBLIC_IDS:
        return access_key_id
    return f"an id of {len(access_key_id)} characters"
