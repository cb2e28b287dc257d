"""The stages of a signature, pure: canonical_request → string_to_sign → signature → authorization.

A form holds the parts of a request as they are signed. `sls_contract.signing.dialect` reads them off a request;
here they only become text, digest and header.

Sources: RequestSignature page (v1); signers of the official SDKs and their shared vectors (v1 with hmac-sha256, v4).
"""

from __future__ import annotations

import base64
import hmac
from binascii import b2a_base64
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from sls_contract.exchange import wire_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

Pairs: TypeAlias = tuple[tuple[str, str], ...]


class Seal(NamedTuple):
    """How the string to sign becomes a signature.

    Attributes:
        algorithm: ``sha1`` or ``sha256``.
        encoding: a key of `ENCODINGS`.
        secret_ending: what a careless client leaves at the end of the secret; empty in every correct one.
        secret_form: a key of `SECRET_FORMS`; empty: the secret as it is given.
        key_prefix: what v4 puts before the secret; None signs with the secret itself, as v1 does.

    """

    algorithm: str
    encoding: str = "base64"
    secret_ending: str = ""
    key_prefix: str | None = None
    secret_form: str = ""


LOG_SHA1 = Seal("sha1")
LOG_SHA256 = Seal("sha256")
SLS4 = Seal("sha256", "hex", key_prefix="aliyun_v4")


class LogForm(NamedTuple):
    """The parts that v1 signs. ``query`` is written out, without ``?``; ``ending`` is empty when correct."""

    method: str
    content_md5: str
    content_type: str
    date: str
    headers: Pairs
    path: str
    query: str
    seal: Seal = LOG_SHA1
    ending: str = ""


class Sls4Form(NamedTuple):
    """The parts that v4 signs; ``time`` is the value of ``x-log-date``.

    The signing key is derived for the scope; ``announced_scope`` stands in the string to sign where it differs.
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
    seal: Seal = SLS4
    ending: str = ""
    announced_scope: str | None = None

    @property
    def scope(self) -> str:
        """Return the scope that the key is derived for."""
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


Form: TypeAlias = LogForm | Sls4Form
P = TypeVar("P", bound=LogForm | Sls4Form | Seal)


def replace(parts: P, **changes: Any) -> P:
    """Return the same with other parts; a diagnosis tries thousands, in a quarter of the time of dataclasses."""
    return parts._replace(**changes)  # type: ignore[return-value]  # each has its own


def resource(form: Form) -> str:
    """Return path and query on one line, as v1 signs them."""
    return f"{form.path}?{form.query}" if form.query else form.path


def canonical_request(form: Sls4Form) -> str:
    """Write out what v4 hashes before signing: method, path, query, headers, their names, the payload's hash."""
    lines = (f"{name}:{value}" for name, value in form.headers)
    names = ";".join(name for name, _ in form.headers)
    return "\n".join((form.method, form.path, form.query, *lines, "", names, form.payload_hash)) + form.ending


def string_to_sign(form: Form) -> str:
    """Write out the text that is signed."""
    if isinstance(form, LogForm):
        lines = [f"{name}:{value}" for name, value in form.headers]
        return "\n".join((*form[:4], *lines, resource(form))) + form.ending
    digest = sha256(wire_bytes(canonical_request(form))).hexdigest()
    return f"SLS4-HMAC-SHA256\n{form.time}\n{form.announced_scope or form.scope}\n{digest}"


def signature(form: Form, secret: str) -> str:
    """Sign the form with a secret; no part of the secret can be read off the result."""
    return sealed(form, signing_key(form, secret))


def sealed(form: Form, key: bytes) -> str:
    """Sign the form with a key already derived."""
    return ENCODINGS[form.seal.encoding](hmac.digest(key, wire_bytes(string_to_sign(form)), form.seal.algorithm))


def authorization(form: Form, access_key_id: str, secret: str) -> str:
    """Return the value of the Authorization header."""
    if isinstance(form, LogForm):
        return f"LOG {access_key_id}:{signature(form, secret)}"
    return f"SLS4-HMAC-SHA256 Credential={access_key_id}/{form.scope},Signature={signature(form, secret)}"


def signing_key(form: Form, secret: str) -> bytes:
    """Return the HMAC key: the secret in v1; in v4 a key derived for date, region, service and terminator in turn."""
    seal = form.seal
    if seal.secret_form:
        secret = SECRET_FORMS[seal.secret_form](secret)
    key = wire_bytes(f"{seal.key_prefix or ''}{secret}{seal.secret_ending}")
    if isinstance(form, Sls4Form) and form.seal.key_prefix is not None:
        for part in (form.date, form.region, form.service, form.terminator):
            key = hmac.digest(key, wire_bytes(part), "sha256")
    return key


def _base64(digest: bytes) -> str:
    return b2a_base64(digest, newline=False).decode("ascii")


_AROUND = " \t\r\n\"'\u00a0\u200b\ufeff\u2018\u2019\u201c\u201d"

#: What may become of a secret between where it is kept and where it signs.
SECRET_FORMS: dict[str, Callable[[str], str]] = {
    "without the quotes and blanks around the given one": lambda secret: secret.strip(_AROUND),
    "in double quotes": '"{}"'.format,
    "in single quotes": "'{}'".format,
    "behind a space": " {}".format,
    "behind a byte order mark": "\ufeff{}".format,
}

#: How a digest is written; a correct client uses ``base64`` (v1) or ``hex`` (v4).
ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "base64": _base64,
    "hex": bytes.hex,
    "upper-case hex": lambda digest: digest.hex().upper(),
    "base64url": lambda digest: base64.urlsafe_b64encode(digest).decode("ascii"),
    "base64 without padding": lambda digest: _base64(digest).rstrip("="),
    "base64 of the hex text": lambda digest: _base64(digest.hex().encode("ascii")),
}
