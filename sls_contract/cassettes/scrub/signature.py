"""The Authorization that may be written: signed with the public test key if it verified, else marked invalid."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from sls_contract.cassettes.scrub.names import MASK, Kind
from sls_contract.cassettes.scrub.registry import SecretRegistry, marker
from sls_contract.exchange import Request
from sls_contract.headers import Headers
from sls_contract.signing import (
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    Dialect,
    Form,
    LogAuthorization,
    authorization,
    examine,
    parse_authorization,
    resign,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.cassettes.scrub.renames import Renames

TOKEN_HEADER = "x-acs-security-token"  # noqa: S105 - the name of a header
_SCHEME = re.compile(r"\s*([A-Za-z][0-9A-Za-z-]*)(\s+)(?=\S)")
_UNCHECKED_STEPS = ("authorization", "access-key")

State = Literal["verified", "invalid", "unchecked"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of verifying a request with the real key.

    Attributes:
        state: ``verified``; ``invalid``: the key is known and the signature is wrong; ``unchecked``: there is no
            readable signature, or its key is unknown.
        step: the first wrong step, as `SignatureMismatch.step`; None if it verified.
        dialect: how it was signed; None unless it verified.
        form: the signed text and its parts; None unless it verified.

    """

    state: State
    step: str | None = None
    dialect: Dialect | None = None
    form: Form | None = None


def verdict(request: Request, keyring: tuple[Credentials, ...]) -> Verdict:
    """Verify a request as sent, with the real keys."""
    found = examine(request, keyring)
    if found.mismatch is None:
        return Verdict("verified", None, found.dialect, found.form)
    step = found.mismatch.step
    return Verdict("unchecked" if step in _UNCHECKED_STEPS else "invalid", step)


def signature_of(request: Request) -> str | None:
    """Return the signature of a request; None without a readable one."""
    parsed = parse_authorization(request.headers.get("authorization", ""))
    return parsed.signature if parsed else None


def register_key(request: Request, registry: SecretRegistry) -> None:
    """Register the access key id and the security token in the headers of a request."""
    for value in request.headers.get_all("authorization"):
        parsed = parse_authorization(value)
        if parsed and parsed.access_key_id:
            registry.replacement(Kind.ACCESS_KEY_ID, parsed.access_key_id)
    for value in request.headers.get_all(TOKEN_HEADER):
        if value.strip():
            registry.replacement(Kind.SECURITY_TOKEN, value.strip())


def signed_with_test_key(
    request: Request, found: Verdict, registry: SecretRegistry, renames: Renames, *, changed: bool = True
) -> Request:
    """Sign a scrubbed request with the public test key; its Authorization still contains the real id and scope.

    If nothing else of it was ``changed``, the signed text is known already.
    """
    form = found.form
    if found.dialect is None or form is None:
        return marked(request, registry, renames)
    parsed = parse_authorization(request.headers["authorization"])
    assert parsed is not None
    public_id = registry.replacement(Kind.ACCESS_KEY_ID, parsed.access_key_id)
    test = TEST_STS_CREDENTIALS if public_id.startswith("STS.") else TEST_CREDENTIALS
    if not (changed or renames):
        return _map_authorization(request, lambda _: authorization(form, public_id, test.access_key_secret))
    dialect = replace(found.dialect, region=renames.public(found.dialect.region) if found.dialect.region else None)
    key = Credentials(public_id, test.access_key_secret, request.headers.get(TOKEN_HEADER))
    return resign(_map_authorization(request, lambda value: _scope_renamed(value, renames)), dialect, key)


def marked(request: Request, registry: SecretRegistry, renames: Renames) -> Request:
    """Put the marked invalid signature into the Authorization, in the form of the real one."""
    return _map_authorization(request, lambda value: _marked(value, registry, renames))


def masked(value: str) -> str:
    """Mask an Authorization of another kind (Basic, Bearer, malformed): only its scheme stays."""
    scheme = _SCHEME.match(value)
    return f"{scheme[1]}{scheme[2]}{MASK}" if scheme else MASK if value.strip() else value


def _marked(value: str, registry: SecretRegistry, renames: Renames) -> str:
    parsed = parse_authorization(value)
    if parsed is None:
        return registry.cleaned(masked(value))
    new = marker(parsed.signature)
    key = registry.replacement(Kind.ACCESS_KEY_ID, parsed.access_key_id)
    if isinstance(parsed, LogAuthorization):
        return f"LOG {key}:{new}"
    region = renames.public(parsed.region)
    scope = registry.cleaned(f"{parsed.date}/{region}/{parsed.service}/{parsed.terminator}")
    return f"SLS4-HMAC-SHA256 Credential={key}/{scope},Signature={new}"


def _scope_renamed(value: str, renames: Renames) -> str:
    """Replace the region in the scope of v4 with its public name."""
    return "/".join(map(renames.public, value.split("/"))) if value.startswith("SLS4") else value


def _map_authorization(request: Request, change: Callable[[str], str]) -> Request:
    """Change every Authorization of a request; more than one is a mistake of the client."""
    pairs = request.headers.pairs
    new = [pair if pair[0].lower() != "authorization" else (pair[0], change(pair[1])) for pair in pairs]
    return Request(request.method, request.url, Headers.from_pairs(tuple(new)), request.body, request.wire)
