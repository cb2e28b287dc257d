"""Rules about how a run ends (``SLS50x``)."""

from __future__ import annotations

import signal
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws
from sls_contract.exercise.client_output import NOT_JSON, integer
from sls_contract.exercise.reply import Duty
from sls_contract.exercise.trial import HIGHEST_EXIT_CODE, rule

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.exercise.trial import Trial

_OUTPUT = "standard output"
_ERROR_LINE = '{"errorCode": …, "status": …}'
_PAUSE = timedelta(seconds=1)
_PATIENCE = 3  # a pause between retries that grows threefold each time is still one


def success_line(trial: Trial) -> Flaws:
    """Demand JSON on the last line of a success; where there should be none, that is told instead."""
    if not trial.succeeded or trial.duty in (None, Duty.FAIL):
        return None
    if trial.said is not NOT_JSON:
        return KEPT
    fix = "print the array of checkpoints, as the client understood them, as JSON on one line, and nothing after it."
    return [Flaw(_OUTPUT, "a last line of JSON", _line(trial), fix)]


def error_line(trial: Trial) -> Flaws:
    """Demand an object with what is known of the error on the last line of a failure."""
    if not trial.failed:
        return None
    if isinstance(trial.said, dict):
        return KEPT
    fix = f"print {_ERROR_LINE} on one line when the client fails; null for what it does not know."
    return [Flaw(_OUTPUT, f"a last line {_ERROR_LINE}", _line(trial), fix)]


def error_types(trial: Trial) -> Flaws:
    """Demand that what is told of an error is a text and a number."""
    said = trial.said
    if not trial.failed or not isinstance(said, dict):
        return None
    code, status = said.get("errorCode"), said.get("status")
    flaws = []
    if not (code is None or isinstance(code, str)):
        fix = "print errorCode as the text that the service gave, or null; a status belongs under status."
        flaws.append(Flaw("errorCode", "a text, or null", shown(code), fix))
    if not (status is None or (integer(status) is not None and not isinstance(status, str))):
        flaws.append(
            Flaw("status", "a whole number, or null", shown(status), "print the HTTP status as a number, or null.")
        )
    return flaws


def _line(trial: Trial) -> str:
    return shortened(trial.line) if trial.line else "nothing"


def exit_code(trial: Trial) -> Flaws:
    """Demand an exit code of the protocol."""
    code = trial.ending.exit_code
    if code is None:
        return None
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
    """Demand that the client does not wait for ever."""
    if not trial.timed_out or _still_sending([each.at for each in trial.received], trial.ended_at):
        return KEPT
    fix = "give every request a timeout; where the client has one that is longer, raise --timeout."
    return [Flaw("run", _in_time(trial), _waited(trial), fix)]


def _waited(trial: Trial) -> str:
    if not trial.received:
        return "still running, without having sent a request"
    silence = (trial.ended_at - trial.received[-1].at).total_seconds()
    return f"still running, {silence:.0f} s after its last request"


def unbounded_retries(trial: Trial) -> Flaws:
    """Demand that the client does not ask for ever."""
    if not trial.timed_out or not _still_sending([each.at for each in trial.received], trial.ended_at):
        return KEPT
    actual = f"still sending; {len(trial.received)} requests so far"
    fix = "bound the number of retries, and the time that they take."
    return [Flaw("run", _in_time(trial), actual, fix)]


def _in_time(trial: Trial) -> str:
    return f"an end within {trial.ending.seconds:.0f} s"


def _still_sending(times: list[datetime], end: datetime) -> bool:
    """Tell whether another request was to come: the silence fits into the pauses there were between requests."""
    pauses = [later - earlier for earlier, later in pairwise(times)]
    return bool(pauses) and end - times[-1] <= max(_PATIENCE * max(pauses), _PAUSE)


RULES = (
    rule("protocol-broken", success_line),
    rule("error-line-missing", error_line),
    rule("exit-code", exit_code),
    rule("hang", hang),
    rule("unbounded-retries", unbounded_retries),
)

LINE_RULES = (rule("error-line-types", error_types),)
