"""Rules about a client: how its run ends (``SLS50x``), its requests (51x), its failures (52x), its results (53x)."""

from __future__ import annotations

import signal
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws
from sls_contract.exchange import wire_text
from sls_contract.exercise.client_output import NOT_JSON, integer, read_line
from sls_contract.exercise.compare import PASSED_ON
from sls_contract.exercise.reply import Duty
from sls_contract.exercise.setting import encodings_of
from sls_contract.exercise.stage import is_redirect_host
from sls_contract.exercise.trial import HIGHEST_EXIT_CODE, NOT_SUPPORTED
from sls_contract.signing import LogAuthorization, Sls4Authorization, parse_authorization, verify_signature
from sls_contract.signing.dialect import TOKEN_HEADER
from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sls_contract.exchange import Request
    from sls_contract.exercise.stage import Received
    from sls_contract.exercise.trial import Trial


_OUTPUT = "standard output"
_AUTHORIZATION = "header Authorization"
_FORMS = {"v1": (LogAuthorization, "LOG …"), "v4": (Sls4Authorization, "SLS4-HMAC-SHA256 …")}
_ERROR_LINE = '{"errorCode": …, "status": …}'
_PAUSE = timedelta(seconds=1)
_PATIENCE = 3  # the largest factor by which the pause between retries may grow


def success_line(trial: Trial) -> Flaws:
    """Require JSON on the last line of a success, unless the client should have failed."""
    if not trial.succeeded or trial.duty in (None, Duty.FAIL):
        return None
    if trial.printed is not NOT_JSON:
        return KEPT
    fix = "print the array of checkpoints, as the client understood them, as JSON on one line, and nothing after it."
    return [Flaw(_OUTPUT, "a last line of JSON", _line(trial), fix)]


def error_line(trial: Trial) -> Flaws:
    """Require an object that describes the error on the last line of a failure."""
    if not trial.failed:
        return None
    if isinstance(trial.printed, dict):
        return KEPT
    fix = f"print {_ERROR_LINE} on one line when the client fails; null for unknown values."
    return [Flaw(_OUTPUT, f"a last line {_ERROR_LINE}", _line(trial), fix)]


def error_types(trial: Trial) -> Flaws:
    """Require a text or null as errorCode, and a number or null as status."""
    printed = trial.printed
    if not trial.failed or not isinstance(printed, dict):
        return None
    code, status = printed.get("errorCode"), printed.get("status")
    flaws = []
    if not (code is None or isinstance(code, str) or _is_as_sent(trial, code)):
        fix = "print errorCode as the text that the service gave, or null; a status belongs under status."
        flaws.append(Flaw("errorCode", "a text, or null", shown(code), fix))
    if not (status is None or (integer(status) is not None and not isinstance(status, str))):
        fix = "print the HTTP status as a number, or null."
        flaws.append(Flaw("status", "a whole number, or null", shown(status), fix))
    return flaws


def _is_as_sent(trial: Trial, code: object) -> bool:
    """Return whether an errorCode that is not a text is the one of the last response; no page allows that."""
    response = trial.checkpoint_requests[-1].response if trial.checkpoint_requests else None
    sent = read_line(wire_text(response.body)) if response is not None else None
    return isinstance(sent, dict) and sent.get("errorCode") == code


def _line(trial: Trial) -> str:
    return shortened(trial.line) if trial.line else "nothing"


def exit_code(trial: Trial) -> Flaws:
    """Require an exit code of the protocol."""
    code = trial.ending.exit_code
    if code is None:
        return None
    if code == NOT_SUPPORTED:
        fix = "exit 77 before the request if the client does not support the scenario; if a request failed, exit 1."
        return [Flaw("exit code", "0 to 125, but not 77: the request got a response", str(code), fix)]
    if 0 <= code <= HIGHEST_EXIT_CODE:
        return KEPT
    actual = f"ended by signal {_signal_name(-code)}" if code < 0 else f"exit code {code}"
    fix = "catch the error and exit with a code from 1 to 125."
    return [Flaw("exit code", f"0 to {HIGHEST_EXIT_CODE}", actual, fix)]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def hang(trial: Trial) -> Flaws:
    """Require that the client does not wait forever."""
    if not trial.timed_out or _still_sending([each.at for each in trial.received], trial.ended_at):
        return KEPT
    fix = "set a timeout for every request; if the client's timeout is longer, raise --timeout."
    return [Flaw("run", _in_time(trial), _waited(trial), fix)]


def _waited(trial: Trial) -> str:
    if not trial.received:
        return "still running, without having sent a complete request"
    silence = (trial.ended_at - trial.received[-1].at).total_seconds()
    return f"still running, {silence:.0f} s after its last request"


def unbounded_retries(trial: Trial) -> Flaws:
    """Require that the client does not retry forever."""
    if not trial.timed_out or not _still_sending([each.at for each in trial.received], trial.ended_at):
        return KEPT
    actual = f"still sending; {len(trial.received)} requests so far"
    fix = "limit the number and the time of retries; if the client limits both, raise --timeout."
    return [Flaw("run", _in_time(trial), actual, fix)]


def _in_time(trial: Trial) -> str:
    return f"an end within {trial.ending.seconds:.0f} s"


def _still_sending(times: list[datetime], end: datetime) -> bool:
    """Return whether another request was due, as judged by the pauses between the requests so far."""
    pauses = [later - earlier for earlier, later in pairwise(times)]
    return bool(pauses) and end - times[-1] <= max(_PATIENCE * max(pauses), _PAUSE)


def failure_noticed(trial: Trial) -> Flaws:
    """Require a failure after an error, or after a response that is not a list of checkpoints."""
    if trial.duty is not Duty.FAIL or not (trial.succeeded or trial.failed):
        return None
    if trial.failed:
        return KEPT
    fix = "end with a failure unless status is 200 and body a JSON array of objects with shard, checkpoint, updateTime."
    actual = f"exit code 0 and {shortened(trial.line) or 'nothing'}"
    return [Flaw("exit code", f"a failure: the response was {_response(trial)}", actual, fix)]


def _response(trial: Trial) -> str:
    response = trial.checkpoint_requests[-1].response
    if response is None:
        return "none"
    return f"{response.status} with {shortened(repr(response.body.decode('utf-8', 'replace')))}"


def good_response_accepted(trial: Trial) -> Flaws:
    """Require success after a correct response."""
    if trial.duty is not Duty.RETURN or not (trial.succeeded or trial.failed):
        return None
    if trial.succeeded:
        return KEPT
    actual = f"exit code {trial.ending.exit_code} and {shortened(trial.line) or 'nothing'}"
    fix = f"accept this response: {trial.situation.response}."
    return [Flaw("exit code", "success: the response conforms to the contract", actual, fix)]


def error_code_kept(trial: Trial) -> Flaws:
    """Require the errorCode of the response."""
    code = trial.expected.error_code if trial.expected else None
    if code is None or not trial.failed:
        return None
    code_printed = trial.printed.get("errorCode") if isinstance(trial.printed, dict) else None
    if code_printed == code:
        return KEPT
    fix = "read errorCode from the body of the last response, and hand it to the caller unchanged."
    return [Flaw("errorCode", shown(code), "nothing" if code_printed is None else shown(code_printed), fix)]


def status_true(trial: Trial) -> Flaws:
    """Require that a printed status is the status of a response."""
    status = integer(trial.printed.get("status")) if trial.failed and isinstance(trial.printed, dict) else None
    statuses = _statuses(trial.received)
    if status is None or not statuses:
        return None
    code = trial.printed.get("errorCode")
    with_code = _statuses(
        each for each in trial.checkpoint_requests if code and each.expected and each.expected.error_code == code
    )
    statuses = with_code or statuses
    if status in statuses:
        return KEPT
    fix = "print the status of the response whose errorCode is printed, or null."
    return [Flaw("status", " or ".join(map(str, sorted(statuses))), str(status), fix)]


def _statuses(received: Iterable[Received]) -> set[int]:
    return {each.response.status for each in received if each.response is not None}


def secret_unprinted(trial: Trial) -> Flaws:
    """Require that no secret is printed; the access key id is not a secret."""
    streams = {_OUTPUT: trial.ending.stdout, "standard error": trial.ending.stderr}
    texts = {name: unquote(wire_text(data)) for name, data in streams.items()}
    secrets = {*trial.setting.secrets()} - encodings_of(trial.setting.credentials.access_key_id)
    fix = "print neither the access key secret nor the security token, not even in debug logs."
    return [
        Flaw(name, "no secret", "the access key secret or the security token, in some encoding", fix)
        for name, text in texts.items()
        if any(secret in text for secret in secrets)
    ]


def passed_on(slug: str, trial: Trial) -> Flaws:
    """Return the flaws that break one clause in the list that the client printed.

    None unless the client succeeded, printed JSON, sent the right parameters, and got a response that it may pass on.
    """
    expected = trial.expected
    if (
        not trial.succeeded
        or expected is None
        or trial.duty is Duty.FAIL
        or trial.wrong_parameters
        or trial.printed is NOT_JSON
    ):
        return None
    return [each.flaw for each in trial.differences if each.slug == slug]


def request_sent(trial: Trial) -> Flaws:
    """Require a GetCheckPoint request."""
    if trial.checkpoint_requests:
        return KEPT
    if trial.situation.may_refuse and trial.failed:
        return None
    return [Flaw("requests", "GET /logstores/…/consumergroups/…", *_instead(trial))]


def _instead(trial: Trial) -> tuple[str, str]:
    """Return what the client sent instead of GetCheckPoint, and how to fix it."""
    fix = (
        "send GetCheckPoint over plain http, through HTTP_PROXY or to SLS_LOOPBACK (https gets an error); "
        "exit 77 if the client does not support the scenario."
    )
    if trial.sent:
        request = trial.sent[0].request
        return f"{request.method} {shown(request.path)} to {shown(request.host)}", fix
    if trial.foreign_hosts or trial.refused is None:
        hosts = ", ".join(map(shown, trial.foreign_hosts))
        return f"requests to {hosts}" if hosts else "no complete request", fix
    if trial.refused.method == "CONNECT":
        tunnel = "open no tunnel: send GET with plain http and the whole URL to HTTP_PROXY, or connect to SLS_LOOPBACK."
        return f"CONNECT {shown(trial.refused.target)}, which is refused", tunnel
    valid = "send plain http, not https: GET in capitals, a target without blanks, a version, named headers, one Host."
    return "bytes that are not a valid HTTP request", valid


def parameters(trial: Trial) -> Flaws:
    """Require the parameters of the environment."""
    return trial.wrong_parameters if trial.checkpoint_requests else None


def signature_present(trial: Trial) -> Flaws:
    """Require a signature in every GetCheckPoint request."""
    if not trial.checkpoint_requests:
        return None
    fix = "sign each request with the key in the environment."
    unsigned = (each for each in trial.checkpoint_requests if not _authorization(each))
    return [Flaw(_AUTHORIZATION, "a signature", "no Authorization", fix) for _ in unsigned]


def signature_verifies(trial: Trial) -> Flaws:
    """Require that every signature verifies; the ``SLS3xx`` finding beside it explains the error."""
    signed = [each for each in trial.sent if _authorization(each)]
    if not signed:
        return None
    key = trial.setting.credentials  # no other key is accepted, not even the public test key
    flaws = []
    for each in signed:
        if (mismatch := verify_signature(each.request, key, at=each.at)) is not None:
            actual = shortened(f"wrong at step {mismatch.step}: {mismatch.explanation}")
            flaws.append(Flaw("signature", "a signature that verifies", actual, mismatch.how_to_fix))
    return flaws


def scheme_as_requested(trial: Trial) -> Flaws:
    """Require the scheme of ``SLS_AUTH``."""
    scheme = trial.setting.scheme
    kind, form = _FORMS[scheme]
    parsed = [parse_authorization(text) for each in trial.checkpoint_requests if (text := _authorization(each))]
    known = [each for each in parsed if each is not None]
    if not known:
        return None
    fix = f"sign in {scheme}, as SLS_AUTH says, or exit 77 if the client does not support that scheme."
    others = (each for each in known if not isinstance(each, kind))
    return [Flaw(_AUTHORIZATION, form, _form_of(each), fix) for each in others]


def _form_of(parsed: LogAuthorization | Sls4Authorization) -> str:
    return next(form for kind, form in _FORMS.values() if isinstance(parsed, kind))


def token_sent(trial: Trial) -> Flaws:
    """Require the security token of a temporary key."""
    token = trial.setting.credentials.security_token
    if token is None or not trial.checkpoint_requests:
        return None
    where, expected = f"header {TOKEN_HEADER}", "the security token from the environment"
    fix = "send ALIBABA_CLOUD_SECURITY_TOKEN in x-acs-security-token, and sign it."
    sent = (each.request.headers.get(TOKEN_HEADER) for each in trial.checkpoint_requests)
    actual = ("nothing" if text is None else "another text" for text in sent if text != token)
    return [Flaw(where, expected, each, fix) for each in actual]


def key_kept(trial: Trial) -> Flaws:
    """Require that the secret is never sent, and the rest of the key only to the service or along redirects."""
    foreign = [each for each in trial.received if each.foreign_host and not is_redirect_host(each.foreign_host)]
    leaks = _leaks(trial, foreign)
    to_service = [each for each in trial.received if not each.foreign_host]
    if not to_service:
        return leaks
    fix, forms = "sign with the secret, and do not send it.", encodings_of(trial.setting.credentials.access_key_secret)
    sent = [
        Flaw(where, "no access key secret in any request", "it was sent to the service", fix)
        for each in to_service
        for where in _places(each.request, forms)
    ]
    return [*(leaks or ()), *sent]


def state_kept(trial: Trial) -> Flaws:
    """Require that the run leaves the group, its settings and its checkpoints unchanged."""
    if not trial.sent:
        return None
    fix = "send GetCheckPoint only: no request that deletes or updates the group, or writes a checkpoint."
    expected = "the group, its settings and its checkpoints as before"
    return [Flaw("consumer group", expected, each, fix) for each in trial.changes]


def key_left_behind(trial: Trial) -> Flaws:
    """Require that no part of the key follows a redirect to another host."""
    return _leaks(trial, [each for each in trial.received if is_redirect_host(each.foreign_host)])


def _leaks(trial: Trial, foreign: Sequence[Received]) -> Flaws:
    if not foreign:
        return None
    fix = "send keys, tokens and signatures to the service alone; remove them when a redirect leads to another host."
    return [
        Flaw(where, f"no part of the key in requests to {shown(each.foreign_host)}", "it was sent there", fix)
        for each in foreign
        for where in _places(each.request, trial.setting.secrets())
    ]


def _places(request: Request, secrets: Collection[str]) -> Iterator[str]:
    """Yield the places of a request that contain a part of the key; a signature always comes with the key's id."""
    texts = [(f"header {name}", value) for name, value in request.headers.pairs]
    texts += [("URL", unquote(request.url)), ("body", unquote(wire_text(request.body)))]
    return (where for where, text in texts if any(secret in text for secret in secrets))


def _authorization(received: Received) -> str:
    return received.request.headers.get("Authorization", "").strip()


_BY_SLUG: Mapping[str, Callable[[Trial], Flaws]] = {
    "protocol-broken": success_line,
    "error-line-missing": error_line,
    "exit-code": exit_code,
    "hang": hang,
    "unbounded-retries": unbounded_retries,
    "secret-printed": secret_unprinted,
    "no-request-sent": request_sent,
    "wrong-parameter": parameters,
    "signature-missing": signature_present,
    "signature-wrong": signature_verifies,
    "wrong-scheme": scheme_as_requested,
    "token-missing": token_sent,
    "key-sent-elsewhere": key_kept,
    "key-follows-redirect": key_left_behind,
    "state-changed": state_kept,
    "silent-success": failure_noticed,
    "good-response-refused": good_response_accepted,
    "error-code-lost": error_code_kept,
    "status-wrong": status_true,
    **{slug: partial(passed_on, slug) for slug in PASSED_ON},
    "error-line-types": error_types,
}

RULES = tuple((clause(slug), find) for slug, find in _BY_SLUG.items())
"""Every clause with the function that returns its flaws, in the order of the codes."""
