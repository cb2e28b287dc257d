"""Rules about what a client sends (``SLS51x``)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws
from sls_contract.exchange import wire_text
from sls_contract.exercise.faults import ELSEWHERE
from sls_contract.exercise.trial import rule
from sls_contract.signing import LogAuthorization, Sls4Authorization, parse_authorization, verify_signature

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.exchange import Request
    from sls_contract.exercise.stage import Received
    from sls_contract.exercise.trial import Trial
    from sls_contract.signing import SignatureMismatch

_AUTHORIZATION = "header Authorization"
_TOKEN = "x-acs-security-token"  # noqa: S105 - the header's name
_FORMS = {"v1": (LogAuthorization, "LOG …"), "v4": (Sls4Authorization, "SLS4-HMAC-SHA256 …")}


def request_sent(trial: Trial) -> Flaws:
    """Demand a GetCheckPoint request."""
    if trial.asked:
        return KEPT
    if trial.situation.may_refuse and trial.failed:
        return None
    fix = (
        "send GetCheckPoint over plain http, through HTTP_PROXY or to SLS_LOOPBACK (https is answered: use http); "
        "exit 77 where the client cannot do what is asked."
    )
    return [Flaw("requests", "GET /logstores/…/consumergroups/…", _instead(trial), fix)]


def _instead(trial: Trial) -> str:
    if trial.sent:
        request = trial.sent[0].request
        return f"{request.method} {shown(request.path)} to {shown(request.host)}"
    return f"requests to {', '.join(map(shown, trial.foreign_hosts))}" if trial.foreign_hosts else "no request"


def parameters(trial: Trial) -> Flaws:
    """Demand that the client asks for what it was told."""
    return trial.misdirected if trial.asked else None


def signature_present(trial: Trial) -> Flaws:
    """Demand that every GetCheckPoint request is signed."""
    if not trial.asked:
        return None
    fix = "sign each request with the key in the environment."
    unsigned = (each for each in trial.asked if not _authorization(each))
    return [Flaw(_AUTHORIZATION, "a signature", "no Authorization", fix) for _ in unsigned]


def signature_verifies(trial: Trial) -> Flaws:
    """Demand that every signature verifies; the ``SLS3xx`` beside it says what is wrong."""
    signed = [each for each in trial.sent if _authorization(each)]
    if not signed:
        return None
    key = trial.setting.credentials  # and no other, not even the public test key
    mismatches = (verify_signature(each.request, key, at=each.at) for each in signed)
    return [_of(mismatch) for mismatch in mismatches if mismatch is not None]


def _of(mismatch: SignatureMismatch) -> Flaw:
    actual = f"wrong at step {mismatch.step}: {mismatch.explanation}"
    return Flaw("signature", "a signature that verifies", shortened(actual), mismatch.how_to_fix)


def scheme_as_told(trial: Trial) -> Flaws:
    """Demand the scheme that ``SLS_AUTH`` names."""
    told = trial.setting.scheme
    kind, form = _FORMS[told]
    parsed = [parse_authorization(text) for each in trial.asked if (text := _authorization(each))]
    known = [each for each in parsed if each is not None]
    if not known:
        return None
    fix = f"sign in {told}, as SLS_AUTH says, or exit 77 where the client does not know that scheme."
    others = (each for each in known if not isinstance(each, kind))
    return [Flaw(_AUTHORIZATION, form, _form_of(each), fix) for each in others]


def _form_of(parsed: LogAuthorization | Sls4Authorization) -> str:
    return next(form for kind, form in _FORMS.values() if isinstance(parsed, kind))


def token_sent(trial: Trial) -> Flaws:
    """Demand the security token of a temporary key."""
    token = trial.setting.credentials.security_token
    if token is None or not trial.asked:
        return None
    fix = "send ALIBABA_CLOUD_SECURITY_TOKEN in x-acs-security-token, and sign it."
    sent = (each.request.headers.get(_TOKEN) for each in trial.asked)
    return [
        Flaw(f"header {_TOKEN}", "the token that was given", "nothing" if text is None else "another text", fix)
        for text in sent
        if text != token
    ]


def key_kept(trial: Trial) -> Flaws:
    """Demand that no part of the key goes to a host that is not the service's, unless a redirect led there."""
    return _leaks(trial, [each for each in trial.received if each.elsewhere not in ("", ELSEWHERE)])


def key_left_behind(trial: Trial) -> Flaws:
    """Demand that no part of the key goes along to the host where a redirect leads."""
    return _leaks(trial, [each for each in trial.received if each.elsewhere == ELSEWHERE])


def _leaks(trial: Trial, foreign: Sequence[Received]) -> Flaws:
    if not foreign:
        return None
    fix = "send keys, tokens and signatures to the service alone; remove them when a redirect leads to another host."
    return [
        Flaw(where, f"nothing of the key at {shown(each.elsewhere)}", "it was sent there", fix)
        for each in foreign
        for where in _places(each.request, trial.setting.secrets())
    ]


def _places(request: Request, secrets: Sequence[str]) -> Iterator[str]:
    """Yield where a request holds a part of the key; a signature always stands beside the key's id."""
    texts = [(f"header {name}", value) for name, value in request.headers.pairs]
    texts += [("URL", unquote(request.url)), ("body", unquote(wire_text(request.body)))]
    return (where for where, text in texts if any(secret in text for secret in secrets))


def _authorization(received: Received) -> str:
    return received.request.headers.get("Authorization", "").strip()


RULES = (
    rule("no-request-sent", request_sent),
    rule("wrong-parameter", parameters),
    rule("signature-missing", signature_present),
    rule("signature-wrong", signature_verifies),
    rule("auth-not-as-told", scheme_as_told),
    rule("token-missing", token_sent),
    rule("key-sent-elsewhere", key_kept),
    rule("key-follows-redirect", key_left_behind),
)
