"""Verify a signature: it is accepted in any dialect of correct clients; otherwise find the first wrong step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.signing.authorization import (
    LOG_FORM,
    SLS4_FORM,
    Authorization,
    Sls4Authorization,
    authorization_of,
    authorization_slip,
)
from sls_contract.signing.canonical import Form, signature
from sls_contract.signing.credentials import Credentials, Keyring, keys_of, masked_id
from sls_contract.signing.diagnosis import Diagnosis, Searches
from sls_contract.signing.dialect import TOKEN_HEADER, Dialect, dialects, form_of, scheme_of
from sls_contract.signing.mismatch import STEPS, SignatureMismatch, shown_part, shown_string
from sls_contract.signing.problems import first_problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sls_contract.exchange import Request


class Examination(NamedTuple):
    """The complete result of a verification.

    Attributes:
        mismatch: the first wrong step; None if the signature verifies.
        parsed: the parsed Authorization header; None if it has neither form.
        dialect: the dialect in which the digest is right; None if it is right in none.
        form: the form that the service signs, in that dialect or the default one; None if it is unknown.

    """

    mismatch: SignatureMismatch | None
    parsed: Authorization | None = None
    dialect: Dialect | None = None
    form: Form | None = None


def verify_signature(
    request: Request,
    credentials: Keyring,
    *,
    at: datetime | None = None,
    region: str | None = None,
    searches: Searches | None = None,
) -> SignatureMismatch | None:
    """Return None if the signature verifies, else the first wrong step. Test with ``is None``: a mismatch is true.

    Args:
        request: as it was on the wire.
        credentials: one key, or several that are looked up by the request's access key id.
        at: when the server received it (aware); its time must be within 15 minutes. None: the clock is not judged.
        region: the region that v4's scope must name if the endpoint's host names none.
        searches: shared by the calls for a file or a part of it; limits how often rare mistakes are looked for in vain.

    Raises:
        UsageError: ``at`` is naive, or ``credentials`` contains something else than credentials.

    >>> verify_signature(sign(request, TEST_CREDENTIALS, at=now), TEST_CREDENTIALS) is None   # doctest: +SKIP
    True

    """
    return examine(request, credentials, at=at, region=region, searches=searches).mismatch


def verifies(request: Request, credentials: Keyring, *, at: datetime | None = None, region: str | None = None) -> bool:
    """Return whether `verify_signature` would return None; much faster, because it does not search for mistakes.

    Arguments and errors as in `verify_signature`.
    """
    parsed = authorization_of(request)
    key = _key_of(parsed, keys_of(credentials))
    if parsed is None or key is None or first_problem(request, parsed, key, at=at, region=region) is not None:
        return False
    return _verified(request, parsed, key)[0] is not None


def examine(
    request: Request,
    credentials: Keyring,
    *,
    at: datetime | None = None,
    region: str | None = None,
    searches: Searches | None = None,
) -> Examination:
    """Verify, and return every intermediate result; arguments as in `verify_signature`."""
    keys = keys_of(credentials)
    parsed = authorization_of(request)
    if parsed is None:
        return Examination(_unreadable(request))
    key = _key_of(parsed, keys)
    if key is None:
        return Examination(_unknown_key(parsed, keys), parsed)
    problem = first_problem(request, parsed, key, at=at, region=region)
    dialect, forms = _verified(request, parsed, key)
    form = forms[-1]
    if dialect is not None and problem is None:
        return Examination(None, parsed, dialect, form)
    if dialect is None:
        problem, form = _explain(request, parsed, key, problem, forms, searches or Searches())
    else:
        assert problem is not None
        problem = replace(problem, string_to_sign=shown_string(form))
    secrets = (key.access_key_secret, key.security_token, *request.headers.get_all(TOKEN_HEADER))
    return Examination(problem.without(*secrets), parsed, dialect, form)


def _key_of(parsed: Authorization | None, keys: tuple[Credentials, ...]) -> Credentials | None:
    return next((key for key in keys if parsed is not None and key.access_key_id == parsed.access_key_id), None)


def _verified(request: Request, parsed: Authorization, key: Credentials) -> tuple[Dialect | None, list[Form]]:
    """Return the dialect in which the digest is the client's, or None, and the forms that were tried, it last."""
    region = parsed.region if isinstance(parsed, Sls4Authorization) else None
    forms: list[Form] = []
    for dialect in dialects(request, scheme_of(request, parsed), region):
        forms.append(form_of(request, dialect, parsed))
        if signature(forms[-1], key.access_key_secret) == parsed.signature:
            return dialect, forms
    return None, forms


def _explain(
    request: Request,
    parsed: Authorization,
    key: Credentials,
    problem: SignatureMismatch | None,
    forms: Sequence[Form],
    searches: Searches,
) -> tuple[SignatureMismatch, Form]:
    """Explain a wrong digest by known mistakes; an earlier wrong step that needs no digest takes precedence."""
    given_up = searches.has_given_up(request, key)
    found = searches.diagnose(forms, request, key, parsed.signature)
    right = found.right if found else forms[0]
    reason = _LIKE_OTHERS if given_up else _UNKNOWN
    mismatch = _known_mismatch(found) if found else _unexplained(right, parsed, key, reason)
    if problem is not None and (found is None or STEPS.index(problem.step) <= STEPS.index(mismatch.step)):
        mismatch = replace(problem, mistakes=mismatch.mistakes, client_string_to_sign=mismatch.client_string_to_sign)
    return replace(mismatch, string_to_sign=shown_string(right)), right


def _known_mismatch(found: Diagnosis) -> SignatureMismatch:
    earliest = min(found.mistakes, key=lambda mistake: STEPS.index(mistake.step))
    also = [f"Or: {mistake.explanation}" for mistake in found.others]
    return SignatureMismatch(
        earliest.step,
        shown_part(found.right, earliest.step),
        shown_part(found.client, earliest.step),
        " ".join([*(mistake.explanation for mistake in found.mistakes), *also]),
        " ".join(mistake.how_to_fix for mistake in found.mistakes),
        tuple(mistake.name for mistake in (*found.mistakes, *found.others)),
        client_string_to_sign=shown_string(found.client),
    )


_UNKNOWN = "The digest is not that of the request, and no known mistake explains it."
_LIKE_OTHERS = (
    "The digest is not that of the request. No known mistake explains ten others of this client, so only the common "
    "ones were looked for here."
)


def _unexplained(right: Form, parsed: Authorization, key: Credentials, reason: str) -> SignatureMismatch:
    return SignatureMismatch(
        "digest",
        f"the digest of the string to sign ({len(signature(right, key.access_key_secret))} characters)",
        f"a different digest ({len(parsed.signature)} characters)",
        reason,
        "Check the secret; compare the string to sign with the client's, line by line; look for a proxy that "
        "changes headers, path or query after signing.",
    )


def _unreadable(request: Request) -> SignatureMismatch:
    value = request.headers.get("authorization", "")
    return SignatureMismatch(
        "authorization",
        f"{LOG_FORM}, or {SLS4_FORM}",
        f"a header of {len(value)} characters" if value else "nothing",
        f"The Authorization header has neither form: {authorization_slip(value)}.",
        f"Send Authorization: {LOG_FORM} (v1), or {SLS4_FORM} (v4), once.",
    )


def _unknown_key(parsed: Authorization, keys: tuple[Credentials, ...]) -> SignatureMismatch:
    if any(parsed.access_key_id == key.access_key_secret for key in keys):  # the client or the caller swapped the two
        return SignatureMismatch(
            "access-key",
            "the access key id of the given key",
            "its access key secret, in the place of the id",
            "Access key id and access key secret look swapped.",
            "Give the id as the id and the secret as the secret. If the client sent the secret, revoke the key.",
        )
    actual = masked_id(parsed.access_key_id) if parsed.access_key_id else "an empty access key id"
    if any(masked_id(key.access_key_id) == actual for key in keys):
        actual = f"another {actual.removeprefix('an ')}"
    return SignatureMismatch(
        "access-key",
        ", ".join(masked_id(key.access_key_id) for key in keys) or "no key is known",
        actual,
        "The request is signed for an access key id that is not known here.",
        "Sign with the right key, or give the credentials of this access key id.",
    ).without()
