"""Who is let in: every signature form, every flaw, keys, tokens and time."""

from __future__ import annotations

from sls_contract.scenarios.near_misses import MALFORMED, NEAR_MISSES, TOKEN_UNSIGNED, Flaw
from sls_contract.scenarios.steps import Beat, Create, Dress, Key, Read, Scenario, Step, Write
from sls_contract.scenarios.wire_forms import WIRE_FORMS

_SIGNATURE = "RequestSignature page"
_CODES = "CommonErrorCodes page"
_CLOCK = "CommonRequestHeaders page, note on the maximum difference"
_SDKS = "Signers and captured requests of the official SDKs"
_MINUTE = 60
_SCHEME_WORDS = {"v1": "v1 with hmac-sha1", "v1-sha256": "v1 with hmac-sha256", "v4": "v4"}


def _begun(*reads: Step) -> tuple[Step, ...]:
    return (Create(), Beat(), Write(0), *reads)


def _form(name: str) -> Scenario:
    form = WIRE_FORMS[name]
    dresses = [Dress(scheme, name) for scheme in form.schemes]
    return Scenario(
        f"form-{name}",
        "signatures",
        f"200 for requests as {name} writes them",
        _SDKS,
        _begun(*(Read(shard, dress=dress) for dress in dresses for shard in (0, None))),
    )


def _token(scheme: str) -> Scenario:
    dress = Dress(scheme, "bare", "sts")  # type: ignore[arg-type]  # the keys of _SCHEME_WORDS are the schemes
    return Scenario(
        f"token-{scheme}",
        "signatures",
        f"200 for {_SCHEME_WORDS[scheme]} with a security token",
        _SIGNATURE,
        _begun(Read(0, dress=dress), Read(dress=dress)),
    )


def _flaw(flaw: Flaw, area: str) -> Scenario:
    answer = "401 SignatureNotMatch" if flaw.refusal == "signature" else "400 or 401"
    request = Write if flaw.on_writes else Read
    flawed = (request(0, dress=Dress(scheme, "bare", flaw=flaw.name)) for scheme in flaw.schemes)
    return Scenario(
        f"{'near-miss' if area == 'near misses' else 'malformed'}-{flaw.name}",
        area,
        answer,
        f"{_SIGNATURE}; {_CODES}",
        _begun(Read(0), *flawed, *((Read(0),) if flaw.on_writes else ())),
    )


def _flaw_with_token(flaw: Flaw) -> Scenario:
    """Flaws of every scheme signed with a temporary key, which may be looked up and checked elsewhere."""
    reads = (Read(0, dress=Dress(scheme, "bare", "sts", flaw=flaw.name)) for scheme in flaw.schemes)
    return Scenario(
        f"near-miss-with-token-{flaw.name}",
        "near misses",
        "401 SignatureNotMatch",
        f"{_SIGNATURE}; {_CODES}",
        _begun(Read(0), *reads),
    )


def _key(name: str, key: Key, expects: str) -> Scenario:
    reads = (Read(0, dress=Dress(scheme, "bare", key)) for scheme in ("v1", "v4"))
    return Scenario(name, "keys", expects, _CODES, _begun(Read(0), *reads))


def _clock(name: str, minutes: int, expects: str) -> Scenario:
    reads = (Read(0, dress=Dress(scheme, "bare", shift=minutes * _MINUTE)) for scheme in ("v1", "v4"))
    return Scenario(name, "time", expects, _CLOCK, _begun(*reads))


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
        _begun(Read(), *(Read(dress=Dress(scheme, "bare", flaw="secret")) for scheme in _SCHEME_WORDS)),  # type: ignore[arg-type]  # the keys of _SCHEME_WORDS are the schemes
    ),
    _key("key-unknown", "unknown", "401 Unauthorized or InvalidAccessKeyId"),
    _key("token-wrong", "sts-wrong-token", "401 Unauthorized"),
    _key("token-expired", "sts-expired", "401 Unauthorized"),
    _key("token-missing", "sts-without-token", "400 or 401"),
    _clock("time-14-minutes-ago", -14, "200"),
    _clock("time-14-minutes-ahead", 14, "200"),
    _clock("time-16-minutes-ago", -16, "400 RequestTimeExpired or RequestTimeTooSkewed"),
    _clock("time-16-minutes-ahead", 16, "400 RequestTimeExpired or RequestTimeTooSkewed"),
    _clock("time-8-hours-ahead", 8 * 60, "400 RequestTimeExpired or RequestTimeTooSkewed"),
)
