"""Who is let in: every signature form, every flaw, keys, tokens and time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sls_contract.scenarios.near_misses import ANY, MALFORMED, NEAR_MISSES, TOKEN_UNSIGNED, Flaw
from sls_contract.scenarios.scenario import Scenario, made, with_variant
from sls_contract.scenarios.steps import Create, Delete, HeartBeat, Key, Place, Read, RequestVariant, Step, Write
from sls_contract.scenarios.wire_forms import WIRE_FORMS

if TYPE_CHECKING:
    from sls_contract.signing.dialect import Scheme

_near_misses = partial(Scenario.of, "near misses")
_SIGNATURE = "RequestSignature page"
_CODES = "CommonErrorCodes page"
_CLOCK = "CommonRequestHeaders page, note on the maximum difference"
_SDKS = "Signers and captured requests of the official SDKs"
_MINUTE = 60
_SCHEME_WORDS = {"v1": "v1 with hmac-sha1", "v1-sha256": "v1 with hmac-sha256", "v4": "v4"}


def _begun(*reads: Step) -> tuple[Step, ...]:
    return (Create(), HeartBeat(), Write(0), *reads)


def _form(name: str) -> Scenario:
    form = WIRE_FORMS[name]
    variants = [RequestVariant(scheme, name) for scheme in form.schemes]
    return Scenario(
        f"form-{name}",
        "signatures",
        f"200 for requests as {name} writes them",
        _SDKS,
        ("SLS456", "SLS457") if form.date_off else ("SLS456",),
        _begun(*(Read(shard, variant=variant) for variant in variants for shard in (0, None))),
    )


def _token(scheme: str) -> Scenario:
    variant = RequestVariant(scheme, "bare", "sts")  # type: ignore[arg-type]  # the keys of _SCHEME_WORDS are the schemes
    return Scenario(
        f"token-{scheme}",
        "signatures",
        f"200 for {_SCHEME_WORDS[scheme]} with a security token",
        _SIGNATURE,
        ("SLS456",),
        _begun(Read(0, variant=variant), Read(variant=variant)),
    )


def _refused(flaw: Flaw) -> tuple[str, ...]:
    return ("SLS451",) if flaw.refusal == "signature" else ("SLS454",)


def _flaw(flaw: Flaw, area: str) -> Scenario:
    answer = "401 SignatureNotMatch" if flaw.refusal == "signature" else "400 or 401"
    request = Write if flaw.on_writes else Read
    flawed = (request(0, variant=RequestVariant(scheme, "bare", flaw=flaw.name)) for scheme in flaw.schemes)
    return Scenario(
        f"{'near-miss' if area == 'near misses' else 'malformed'}-{flaw.name}",
        area,
        answer,
        f"{_SIGNATURE}; {_CODES}",
        _refused(flaw),
        _begun(Read(0), *flawed, *((Read(0),) if flaw.on_writes else ())),
    )


def _flaw_with_token(flaw: Flaw) -> Scenario:
    """Flaws of every scheme signed with a temporary key, which may be looked up and checked elsewhere."""
    reads = (Read(0, variant=RequestVariant(scheme, "bare", "sts", flaw=flaw.name)) for scheme in flaw.schemes)
    return Scenario(
        f"near-miss-with-token-{flaw.name}",
        "near misses",
        "401 SignatureNotMatch",
        f"{_SIGNATURE}; {_CODES}",
        _refused(flaw),
        _begun(Read(0), *reads),
    )


def _lent(name: str, what: str, *steps: Step) -> Scenario:
    """Make a scenario of signatures that are right for something else that is there, and sent with that before."""
    return _near_misses(
        f"near-miss-signed-for-another-{name}",
        f"401 SignatureNotMatch for a signature of {what}",
        f"{_SIGNATURE}; {_CODES}",
        "SLS451",
    ).doing(*_begun(*steps))


def _as(step: Step, lender: Step, *schemes: Scheme) -> tuple[Step, ...]:
    """Return the right request, then the step under its signature, then the step under its own."""
    return tuple(
        each
        for scheme in schemes or ANY
        for each in (
            with_variant(lender, RequestVariant(scheme, "bare")),
            with_variant(step, RequestVariant(scheme, "bare", signed_as=lender)),
            with_variant(step, RequestVariant(scheme, "bare")),
        )
    )


_A, _B, _OTHER, _ABROAD = Place("a"), Place("a-2"), Place("a", "other"), Place("a", "abroad")

_LENT = (
    _lent(
        "group",
        "a group whose name begins alike",
        *made(_B),
        *_as(Read(0), Read(0, _B)),
        *_as(Read(at=_B), Read(at=_A), "v1"),
        Delete(_A, RequestVariant("v1", signed_as=Delete(_B))),
        Write(0, "12", at=_A, variant=RequestVariant("v1", signed_as=Write(0, "12", at=_B))),
        Read(0),
    ),
    _lent("shard", "another shard", Write(1), *_as(Read(0), Read(1)), *_as(Read(), Read(0)), *_as(Read(1), Read())),
    _lent("logstore", "a group of the same name", *made(_OTHER), *_as(Read(0), Read(0, _OTHER))),
    _lent("project", "a group of the same name", *made(_ABROAD), *_as(Read(0), Read(0, _ABROAD), "v4")),
    _lent(
        "operation",
        "the deletion of the group",
        *(Read(0, variant=RequestVariant(scheme, "bare", signed_as=Delete(_A))) for scheme in ANY),
        *(Delete(_A, RequestVariant(scheme, "bare", signed_as=Read(at=_A))) for scheme in ANY),
        Read(0),
    ),
)


def _key(name: str, key: Key, code: str, expects: str) -> Scenario:
    reads = (Read(0, variant=RequestVariant(scheme, "bare", key)) for scheme in ("v1", "v4"))
    return Scenario(name, "keys", expects, _CODES, (code,), _begun(Read(0), *reads))


def _clock(name: str, minutes: int, expects: str) -> Scenario:
    reads = (Read(0, variant=RequestVariant(scheme, "bare", shift=minutes * _MINUTE)) for scheme in ("v1", "v4"))
    proves = ("SLS457",) if expects == "200" else ("SLS455",)
    return Scenario(name, "time", expects, _CLOCK, proves, _begun(*reads))


SCENARIOS = (
    *(_form(name) for name in WIRE_FORMS),
    *(_token(scheme) for scheme in _SCHEME_WORDS),
    *(_flaw(flaw, "near misses") for flaw in NEAR_MISSES.values()),
    *(_flaw(flaw, "malformed") for flaw in MALFORMED.values()),
    *(_flaw_with_token(flaw) for flaw in (NEAR_MISSES["secret"], TOKEN_UNSIGNED)),
    Scenario(
        "near-miss-for-every-shard",
        "near misses",
        "401 SignatureNotMatch also without parameter shard",
        f"{_SIGNATURE}; {_CODES}",
        ("SLS451",),
        _begun(Read(), *(Read(variant=RequestVariant(scheme, "bare", flaw="secret")) for scheme in _SCHEME_WORDS)),  # type: ignore[arg-type]  # the keys of _SCHEME_WORDS are the schemes
    ),
    *_LENT,
    _key("key-unknown", "unknown", "SLS452", "401 Unauthorized or InvalidAccessKeyId"),
    _key("token-wrong", "sts-wrong-token", "SLS453", "401 Unauthorized"),
    _key("token-expired", "sts-expired", "SLS453", "401 Unauthorized"),
    _key("token-missing", "sts-without-token", "SLS454", "400 or 401"),
    _clock("time-14-minutes-ago", -14, "200"),
    _clock("time-14-minutes-ahead", 14, "200"),
    _clock("time-16-minutes-ago", -16, "400 RequestTimeExpired or RequestTimeTooSkewed"),
    _clock("time-16-minutes-ahead", 16, "400 RequestTimeExpired or RequestTimeTooSkewed"),
    _clock("time-8-hours-ahead", 8 * 60, "400 RequestTimeExpired or RequestTimeTooSkewed"),
)
