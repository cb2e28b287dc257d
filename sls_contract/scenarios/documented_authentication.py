"""Authentication: every signature form and flaw, keys, tokens and clocks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, get_args

from sls_contract.scenarios.near_misses import MALFORMED, NEAR_MISSES, TOKEN_UNSIGNED, Flaw
from sls_contract.scenarios.scenario import Scenario, setup
from sls_contract.scenarios.steps import (
    Create,
    Delete,
    HeartBeat,
    Key,
    NearlyKnown,
    NearlyRight,
    Place,
    Read,
    RequestVariant,
    Step,
    Write,
)
from sls_contract.scenarios.wire_forms import WIRE_FORMS
from sls_contract.signing import SCHEMES

if TYPE_CHECKING:
    from sls_contract.signing.dialect import Scheme

_near_misses, _signatures = partial(Scenario.of, "near misses"), partial(Scenario.of, "signatures")
_SIGNATURE = "RequestSignature page"
_CODES = "CommonErrorCodes page"
_REFUSALS = f"{_SIGNATURE}; {_CODES}"
_CLOCK = "CommonRequestHeaders page, note on the maximum difference"
_SDKS = "Signers and captured requests of the official SDKs"
_A, _B, _OTHER, _ABROAD = Place("a"), Place("a-2"), Place("a", "other"), Place("a", "abroad")
_MINUTE = 60
_SCHEME_WORDS: dict[Scheme, str] = {"v1": "v1 with hmac-sha1", "v1-sha256": "v1 with hmac-sha256", "v4": "v4"}


def _start(*steps: Step) -> tuple[Step, ...]:
    """Return steps that create a group with a checkpoint, and then the given steps."""
    return (Create(), HeartBeat(), Write(0), *steps)


def _form(name: str) -> Scenario:
    form = WIRE_FORMS[name]
    reads = (Read(shard, variant=RequestVariant(scheme, name)) for scheme in form.schemes for shard in (0, None))
    proves = "SLS456 SLS457" if form.date_off else "SLS456"
    return _signatures(f"form-{name}", f"200 for requests as {name} writes them", _SDKS, proves).doing(*_start(*reads))


def _form_of_writes(name: str) -> Scenario:
    """Return a separate scenario of writes, so that a read-only run still judges the reads of `_form`."""
    steps = (step for scheme in WIRE_FORMS[name].schemes for step in _writes(RequestVariant(scheme, name)))
    expects = f"200 for requests with bodies as {name} writes them"
    return _signatures(f"form-writes-{name}", expects, _SDKS, "SLS402 SLS456").doing(*_start(*steps))


def _writes(variant: RequestVariant) -> tuple[Step, ...]:
    """Return writes whose body is an object, an array or empty, and a read of the checkpoint."""
    return (Create(_B, variant), HeartBeat(variant=variant), Write(0, variant=variant), Delete(_B, variant), Read(0))


def _token(scheme: Scheme) -> Scenario:
    variant = RequestVariant(scheme, "bare", "sts")
    expects = f"200 for {_SCHEME_WORDS[scheme]} with a security token"
    proved = _signatures(f"token-{scheme}", expects, _SIGNATURE, "SLS456")
    return proved.doing(*_start(Read(0, variant=variant), Read(variant=variant)))


def _token_that_writes(scheme: Scheme) -> Scenario:
    """Return a separate scenario of writes, because a temporary key may have no right to write."""
    expects = f"200 for writes signed as {_SCHEME_WORDS[scheme]} with a security token"
    proved = _signatures(f"token-writes-{scheme}", expects, _SIGNATURE, "SLS402 SLS456")
    return proved.doing(*_start(*_writes(RequestVariant(scheme, "bare", "sts"))))


def _flaw(flaw: Flaw, area: str, key: Key = "own", name: str = "near-miss") -> Scenario:
    signature = flaw.refusal == "signature"
    expects, proved = ("401 SignatureNotMatch", "SLS451") if signature else ("400 or 401", "SLS454")
    request = Write if flaw.on_writes else Read
    flawed = (request(0, variant=RequestVariant(scheme, "bare", key, flaw=flaw.name)) for scheme in flaw.schemes)
    steps = _start(Read(0), *flawed, *((Read(0),) if flaw.on_writes else ()))
    return Scenario.of(area, f"{name}-{flaw.name}", expects, _REFUSALS, proved).doing(*steps)


def _foreign(name: str, what: str, *steps: Step) -> Scenario:
    """Return a scenario of signatures that are correct for another existing resource, and were used for it."""
    expects = f"401 SignatureNotMatch for a signature of {what}"
    return _near_misses(f"near-miss-signed-for-another-{name}", expects, _REFUSALS, "SLS451").doing(*_start(*steps))


def _lend(step: Step, other: Step, *schemes: Scheme) -> tuple[Step, ...]:
    """Return the other request, then the step with that signature, then the step with its own."""
    return tuple(
        each
        for scheme in schemes or SCHEMES
        for each in (
            replace(other, variant=RequestVariant(scheme, "bare")),
            replace(step, variant=RequestVariant(scheme, "bare", signed_as=other)),
            replace(step, variant=RequestVariant(scheme, "bare")),
        )
    )


_FOREIGN = (
    _foreign(
        "group",
        "a group whose name has the same beginning",
        *setup(_B),
        *_lend(Read(0), Read(0, _B)),
        *_lend(Read(at=_B), Read(at=_A), "v1"),
        Delete(_A, RequestVariant("v1", signed_as=Delete(_B))),
        Write(0, "12", at=_A, variant=RequestVariant("v1", signed_as=Write(0, "12", at=_B))),
        Read(0),
    ),
    _foreign(
        "shard", "another shard", Write(1), *_lend(Read(0), Read(1)), *_lend(Read(), Read(0)), *_lend(Read(1), Read())
    ),
    _foreign("logstore", "a group of the same name", *setup(_OTHER), *_lend(Read(0), Read(0, _OTHER))),
    _foreign("project", "a group of the same name", *setup(_ABROAD), *_lend(Read(0), Read(0, _ABROAD), "v4")),
    _foreign(
        "operation",
        "the deletion of the group",
        *(Read(0, variant=RequestVariant(scheme, "bare", signed_as=Delete(_A))) for scheme in SCHEMES),
        *(Delete(_A, RequestVariant(scheme, "bare", signed_as=Read(at=_A))) for scheme in SCHEMES),
        Read(0),
    ),
)


def _key(name: str, key: Key | tuple[Key, ...], code: str, expects: str) -> Scenario:
    keys = key if isinstance(key, tuple) else (key,)
    reads = (Read(0, variant=RequestVariant(scheme, "bare", each)) for each in keys for scheme in ("v1", "v4"))
    return Scenario(name, "keys", expects, _CODES, (code,), _start(Read(0), *reads))


def _clock(name: str, *minutes: int, expects: str = "400 RequestTimeExpired or RequestTimeTooSkewed") -> Scenario:
    shifts = [RequestVariant(scheme, "bare", shift=each * _MINUTE) for each in minutes for scheme in ("v1", "v4")]
    reads = (Read(0, variant=variant) for variant in shifts)
    proves = "SLS457" if expects == "200" else "SLS455"
    return Scenario.of("time", name, expects, _CLOCK, proves).doing(*_start(*reads))


SCENARIOS = (
    *map(_form, WIRE_FORMS),
    *map(_form_of_writes, WIRE_FORMS),
    *map(_token, _SCHEME_WORDS),
    *map(_token_that_writes, _SCHEME_WORDS),
    *(_flaw(flaw, "near misses") for flaw in NEAR_MISSES.values()),
    *(_flaw(flaw, "malformed", name="malformed") for flaw in MALFORMED.values()),
    # Services may check a temporary key elsewhere than a permanent one:
    *(_flaw(flaw, "near misses", "sts", "near-miss-with-token") for flaw in (NEAR_MISSES["secret"], TOKEN_UNSIGNED)),
    _near_misses(
        "near-miss-for-every-shard",
        "401 SignatureNotMatch, also without the parameter shard",
        _REFUSALS,
        "SLS451",
    ).doing(
        *_start(Read(), *(Read(variant=RequestVariant(scheme, "bare", flaw="secret")) for scheme in _SCHEME_WORDS))
    ),
    *_FOREIGN,
    _key("key-unknown", "unknown", "SLS452", "401 Unauthorized or InvalidAccessKeyId"),
    _key("key-nearly-known", get_args(NearlyKnown), "SLS452", "401 for an id that is almost that of a known key"),
    _key("token-nearly-right", get_args(NearlyRight), "SLS453", "401 for a token that is almost right"),
    _key("token-wrong", "sts-wrong-token", "SLS453", "401 Unauthorized"),
    _key("token-expired", "sts-expired", "SLS453", "401 Unauthorized"),
    _key("token-missing", "sts-without-token", "SLS454", "400 or 401"),
    _clock("time-14-minutes-ago", -14, expects="200"),
    _clock("time-14-minutes-ahead", 14, expects="200"),
    _clock("time-16-minutes-ago", -16),
    _clock("time-16-minutes-ahead", 16),
    _clock("time-of-another-zone", *(hours * 60 for hours in (8, -8, 12, -12))),
    _clock("time-of-another-day", *(days * 24 * 60 for days in (-1, 1, -7, -365))),  # and the same time of the day
)
