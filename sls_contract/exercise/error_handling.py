"""Rules about telling success from failure, and one failure from another (``SLS52x``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws
from sls_contract.exercise.client_output import integer
from sls_contract.exercise.reply import Duty
from sls_contract.exercise.trial import rule

if TYPE_CHECKING:
    from sls_contract.exercise.trial import Trial


def failure_noticed(trial: Trial) -> Flaws:
    """Demand that no success is made of an error, or of what is no list of checkpoints."""
    if trial.duty is not Duty.FAIL or not (trial.succeeded or trial.failed):
        return None
    if trial.failed:
        return KEPT
    fix = "check the status, then that the body is a JSON array of objects with shard, checkpoint and updateTime."
    actual = f"exit code 0 and {shortened(trial.line) or 'nothing'}"
    return [Flaw("exit code", f"a failure: the answer was {_answer(trial)}", actual, fix)]


def _answer(trial: Trial) -> str:
    response = trial.asked[-1].response
    if response is None:
        return "none"
    return f"{response.status} with {shortened(repr(response.body.decode('utf-8', 'replace')))}"


def good_answer_taken(trial: Trial) -> Flaws:
    """Demand that a correct answer is understood."""
    if trial.duty is not Duty.RETURN or not (trial.succeeded or trial.failed):
        return None
    if trial.succeeded:
        return KEPT
    actual = f"exit code {trial.ending.exit_code} and {shortened(trial.line) or 'nothing'}"
    fix = f"accept this answer: {trial.situation.answer}."
    return [Flaw("exit code", "success: the answer conforms to the contract", actual, fix)]


def error_code_kept(trial: Trial) -> Flaws:
    """Demand the errorCode of the answer."""
    code = trial.expected.error_code if trial.expected else None
    if code is None or not trial.failed:
        return None
    told = trial.said.get("errorCode") if isinstance(trial.said, dict) else None
    if told == code:
        return KEPT
    fix = "read errorCode from the body of an error answer, and hand it to the caller unchanged."
    return [Flaw("errorCode", shown(code), "nothing" if told is None else shown(told), fix)]


def status_true(trial: Trial) -> Flaws:
    """Demand that a status that is told was answered."""
    told = integer(trial.said.get("status")) if trial.failed and isinstance(trial.said, dict) else None
    answered = {each.response.status for each in trial.received if each.response is not None}
    if told is None or not answered:
        return None
    if told in answered:
        return KEPT
    fix = "print the status of the answer, or null."
    return [Flaw("status", " or ".join(map(str, sorted(answered))), str(told), fix)]


RULES = (
    rule("silent-success", failure_noticed),
    rule("good-answer-refused", good_answer_taken),
    rule("error-code-lost", error_code_kept),
    rule("status-wrong", status_true),
)
