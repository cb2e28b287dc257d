"""The result of a failed verification: the first wrong step, expected and actual value, and the fix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args
from urllib.parse import quote, quote_plus

from sls_contract.exchange import wire_bytes
from sls_contract.signing.canonical import Form, LogForm, Sls4Form, canonical_request, resource, string_to_sign
from sls_contract.signing.dialect import TOKEN_HEADER, percent_encode

Step: TypeAlias = Literal[
    "authorization",
    "access-key",
    "date",
    "content-md5",
    "content-type",
    "header-list",
    "resource",
    "scope",
    "payload-hash",
    "digest",
]

STEPS: tuple[Step, ...] = get_args(Step)
"""The steps of a verification, in the order of judging."""

_SHORTEST_SECRET = 6  # shorter ones also occur by chance; they are masked only in known places
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(10), *range(11, 32), 127)}


@dataclass(frozen=True, slots=True)
class SignatureMismatch:
    """A signature that does not verify. A comparable value; like any dataclass it is true, so test with ``is None``.

    No field contains the secret, the token, or a whole signature, so that none can be used to send a request.

    Attributes:
        step: the first wrong step, one of `STEPS`.
        expected: the value that the step requires.
        actual: the value that the client used, as far as it is known.
        explanation: the reason, in one sentence.
        how_to_fix: the fix, in one sentence.
        mistakes: names of the recognised mistakes that together give the client's digest; empty if none do. If several
            mistakes each give it alone, all are named, the likeliest first.
        string_to_sign: the text that the service signs; in v4 preceded by the canonical request that it hashes.
        client_string_to_sign: the text that the client signed, if it was recognised.

    """

    step: Step
    expected: str
    actual: str
    explanation: str
    how_to_fix: str
    mistakes: tuple[str, ...] = ()
    string_to_sign: str | None = None
    client_string_to_sign: str | None = None

    def __str__(self) -> str:
        lines = [
            f"signature does not verify: wrong at step {self.step}",
            f"  {self.explanation}",
            f"  expected: {self.expected}",
            f"  actual:   {self.actual}",
        ]
        for title, text in (
            ("the service signs:", self.string_to_sign),
            ("the client signed:", self.client_string_to_sign),
        ):
            if text is not None:
                lines += [f"  {title}", *(f"    {line}" for line in text.split("\n"))]
        return "\n".join([*lines, f"  How to fix: {self.how_to_fix}"])

    def without(self, *secrets: str | None) -> SignatureMismatch:
        """Return a copy with each secret replaced by ``***`` and control characters escaped."""
        return replace(
            self,
            expected=safe_text(self.expected, secrets),
            actual=safe_text(self.actual, secrets),
            string_to_sign=safe_text(self.string_to_sign, secrets) if self.string_to_sign else None,
            client_string_to_sign=safe_text(self.client_string_to_sign, secrets)
            if self.client_string_to_sign
            else None,
        )


def safe_text(text: str, secrets: tuple[str | None, ...] = ()) -> str:
    """Return text that is safe to show: secrets masked, control characters and undecodable bytes escaped."""
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST_SECRET:
            for spelling in (secret, quote_plus(wire_bytes(secret)), quote(wire_bytes(secret)), percent_encode(secret)):
                text = text.replace(spelling, "***")
    return text.encode("utf-8", "backslashreplace").decode("utf-8").translate(_CONTROL)


def shown_string(form: Form) -> str:
    """Return the text that is signed, with the token masked; in v4 after the canonical request that it hashes."""
    hidden = masked_token(form)
    if isinstance(hidden, LogForm):
        return string_to_sign(hidden)
    # The digest in the last line is that of the real canonical request, token included.
    return f"{canonical_request(hidden)}\n\n{string_to_sign(form)}"


def masked_token(form: Form) -> Form:
    """Return the form with the value of each token header replaced by ``***``."""
    return form._replace(headers=tuple((n, "***" if n.strip().lower() == TOKEN_HEADER else v) for n, v in form.headers))


def shown_part(form: Form, step: Step) -> str:
    """Return the part of a form that a step judges, on one line, with the token masked."""
    if step == "header-list":
        return "; ".join(f"{name}:{value}" for name, value in masked_token(form).headers) or "no header"
    if step == "resource":
        return resource(form)
    return _sls4_part(form, step) if isinstance(form, Sls4Form) else _log_part(form, step)


def _log_part(form: LogForm, step: Step) -> str:
    lines = {"date": form.date, "content-md5": form.content_md5, "content-type": form.content_type}
    return (lines[step] or "an empty line") if step in lines else _digest_part(form)


def _sls4_part(form: Sls4Form, step: Step) -> str:
    if step in ("content-md5", "content-type"):
        return dict(form.headers).get(step, "not signed")
    lines = {"date": form.time, "scope": form.scope, "payload-hash": form.payload_hash}
    return (lines[step] or "nothing") if step in lines else _digest_part(form)


def _digest_part(form: Form) -> str:
    spec = form.digest_spec
    ending = f", the string to sign ending in {form.ending!r}" if form.ending else ""
    secret = f", the secret ending in {spec.secret_ending!r}" if spec.secret_ending else ""
    form_of_secret = f", the secret {spec.secret_form}" if spec.secret_form else ""
    return (
        f"{form.method} signed with hmac-{spec.algorithm}, written as {spec.encoding}{secret}{form_of_secret}{ending}"
    )
