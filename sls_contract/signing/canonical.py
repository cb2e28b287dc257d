"""The stages of a signature, pure: canonical_request → string_to_sign → signature → authorization.

A form contains the parts of a request as they are signed. `sls_contract.signing.dialect` extracts them from a request;
this module turns them into text, digest and header.

Sources: RequestSignature page (v1); signers of the official SDKs and their shared vectors (v1 with hmac-sha256, v4).
"""

from __future__ import annotations

import base64
import hmac
from binascii import b2a_base64
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sls_contract.exchange import wire_bytes

Pairs: TypeAlias = tuple[tuple[str, str], ...]


class DigestSpec(NamedTuple):
    """How the string to sign becomes a signature.

    Attributes:
        algorithm: ``sha1`` or ``sha256``.
        encoding: a key of `ENCODINGS`.
        secret_ending: characters that a faulty client appends to the secret; empty in a correct one.
        key_prefix: the text that v4 puts before the secret; None signs with the secret itself, as v1 does.
        secret_form: a key of `SECRET_FORMS`, for a faulty client; empty: the secret itself.

    """

    algorithm: str
    encoding: str = "base64"
    secret_ending: str = ""
    key_prefix: str | None = None
    secret_form: str = ""


LOG_SHA1 = DigestSpec("sha1")
LOG_SHA256 = DigestSpec("sha256")
SLS4 = DigestSpec("sha256", "hex", key_prefix="aliyun_v4")


class LogForm(NamedTuple):
    """The parts that v1 signs; ``ending`` is what a faulty client appends to the string to sign."""

    method: str
    content_md5: str
    content_type: str
    date: str
    headers: Pairs
    path: str
    query: str
    digest_spec: DigestSpec = LOG_SHA1
    ending: str = ""


class Sls4Form(NamedTuple):
    """The parts that v4 signs; ``time`` is the value of ``x-log-date``.

    The signing key is derived for the scope. ``announced_scope`` replaces the scope in the string to sign, for a faulty
    client that uses two.
    """

    method: str
    path: str
    query: str
    headers: Pairs
    payload_hash: str
    time: str
    date: str
    region: str
    service: str = "sls"
    terminator: str = "aliyun_v4_request"
    digest_spec: DigestSpec = SLS4
    ending: str = ""
    announced_scope: str | None = None

    @property
    def scope(self) -> str:
        """The scope that the key is derived for."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


Form: TypeAlias = LogForm | Sls4Form
P = TypeVar("P", bound=LogForm | Sls4Form | DigestSpec)


def replace(parts: P, **changes: Any) -> P:
    """Return a copy with some parts replaced; a diagnosis needs thousands, and dataclasses take four times as long."""
    return parts._replace(**changes)  # type: ignore[return-value]  # each has its own


def resource(form: Form) -> str:
    """Return path and query on one line, as v1 signs them."""
    return f"{form.path}?{form.query}" if form.query else form.path


def canonical_request(form: Sls4Form) -> str:
    """Return the text that v4 hashes before signing: method, path, query, headers, their names, the payload's hash."""
    lines = (f"{name}:{value}" for name, value in form.headers)
    names = ";".join(name for name, _ in form.headers)
    return "\n".join((form.method, form.path, form.query, *lines, "", names, form.payload_hash)) + form.ending


def string_to_sign(form: Form) -> str:
    """Return the text that is signed."""
    if isinstance(form, LogForm):
        lines = [f"{name}:{value}" for name, value in form.headers]
        return "\n".join((*form[:4], *lines, resource(form))) + form.ending
    digest = sha256(wire_bytes(canonical_request(form))).hexdigest()
    return f"SLS4-HMAC-SHA256\n{form.time}\n{form.announced_scope or form.scope}\n{digest}"


def signature(form: Form, secret: str) -> str:
    """Sign the form with a secret; the signature reveals no part of the secret."""
    return keyed_signature(form, signing_key(form, secret))


def keyed_signature(form: Form, key: bytes) -> str:
    """Sign the form with a signing key."""
    return ENCODINGS[form.digest_spec.encoding](
        hmac.digest(key, wire_bytes(string_to_sign(form)), form.digest_spec.algorithm)
    )


def authorization(form: Form, access_key_id: str, secret: str) -> str:
    """Return the value of the Authorization header."""
    if isinstance(form, LogForm):
        return f"LOG {access_key_id}:{signature(form, secret)}"
    return f"SLS4-HMAC-SHA256 Credential={access_key_id}/{form.scope},Signature={signature(form, secret)}"


def signing_key(form: Form, secret: str) -> bytes:
    """Return the HMAC key: the secret in v1; in v4 a key derived for date, region, service and terminator in turn."""
    digest_spec = form.digest_spec
    if digest_spec.secret_form:
        secret = SECRET_FORMS[digest_spec.secret_form](secret)
    key = wire_bytes(f"{digest_spec.key_prefix or ''}{secret}{digest_spec.secret_ending}")
    if isinstance(form, Sls4Form) and form.digest_spec.key_prefix is not None:
        for part in (form.date, form.region, form.service, form.terminator):
            key = hmac.digest(key, wire_bytes(part), "sha256")
    return key


def _base64(digest: bytes) -> str:
    return b2a_base64(digest, newline=False).decode("ascii")


_SURROUNDING = " \t\r\n\"'\u00a0\u200b\ufeff\u2018\u2019\u201c\u201d"

#: How a faulty client may change a secret before it signs, by description.
SECRET_FORMS: dict[str, Callable[[str], str]] = {
    "without the quotes and blanks around the given one": lambda secret: secret.strip(_SURROUNDING),
    "in double quotes": '"{}"'.format,
    "in single quotes": "'{}'".format,
    "behind a space": " {}".format,
    "behind a byte order mark": "\ufeff{}".format,
}

#: The encodings of a digest, by description; a correct client uses ``base64`` (v1) or ``hex`` (v4).
ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "base64": _base64,
    "hex": bytes.hex,
    "upper-case hex": lambda digest: digest.hex().upper(),
    "base64url": lambda digest: base64.urlsafe_b64encode(digest).decode("ascii"),
    "base64 without padding": lambda digest: _base64(digest).rstrip("="),
    "base64 of the hex text": lambda digest: _base64(digest.hex().encode("ascii")),
}
