"""Judge one run of a client by the clauses about its requests and about the client; learn what it shows beside that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub import Scrubber
from sls_contract.checks.contract_map import ContractMap
from sls_contract.checks.presentation import masked, masked_finding
from sls_contract.exchange import Exchange, wire_text
from sls_contract.exercise.compare import differences
from sls_contract.exercise.outcome import Fact, Located, Performed
from sls_contract.exercise.reply import Duty
from sls_contract.exercise.rules import RULES
from sls_contract.spec import Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sls_contract.exercise.outcome import Verdict
    from sls_contract.exercise.reply import Entry
    from sls_contract.exercise.setting import Auth
    from sls_contract.exercise.trial import Trial

_MOST_LINES = 12  # of standard error
_MOST_SAID = 4000  # characters of the last line
_FOLLOW = {"SLS516": frozenset({"SLS114", "SLS306", "SLS514"})}
"""What follows from breaking a clause, and is not reported beside it: without the token, a signature is wrong."""


def perform(trial: Trial, auth: Auth) -> Performed:
    """Judge a run."""
    if trial.unsupported or trial.not_run:
        return _record(trial, auth, "not supported" if trial.unsupported else "could not run")
    findings: dict[tuple[str, str], Located] = {}
    exercised = set[str]()
    secrets = trial.setting.secrets()
    for finding, number in (*_about_requests(trial, exercised), *_about_the_client(trial, exercised)):
        findings.setdefault((finding.code, finding.where), Located(masked_finding(finding, secrets), number))
    causes = {code for code, _ in findings}
    told = frozenset[str]().union(*(follow for cause, follow in _FOLLOW.items() if cause in causes))
    findings = {key: each for key, each in findings.items() if key[0] not in told}
    violated = any(each.finding.level is Level.VIOLATION for each in findings.values())
    return replace(
        _record(trial, auth, "failed" if violated else "passed"),
        findings=tuple(findings.values()),
        facts=tuple(
            Fact(name, masked(value, secrets) if isinstance(value, str) else value) for name, value in facts_of(trial)
        ),
        exercised=frozenset(exercised),
        shown=_exchanges(trial, {each.exchange for each in findings.values()}),
        map=_map(trial),
    )


def _exchanges(trial: Trial, numbers: Collection[int | None]) -> dict[int, Exchange]:
    """Return the exchanges of those numbers, without secrets."""
    if not numbers:
        return {}
    scrubber = Scrubber([trial.setting.credentials])
    return {
        number: scrubber.exchange(Exchange(each.request, each.response)).exchange
        for number, each in trial.numbered
        if number in numbers
    }


def _map(trial: Trial) -> ContractMap:
    judged = ContractMap()
    for each, verdict in zip(trial.sent, trial.verdicts, strict=True):
        judged.add(verdict.operation, verdict.exercised, "reference", each.at, each.response)
    return judged


def _record(trial: Trial, auth: Auth, verdict: Verdict) -> Performed:
    lines = wire_text(trial.ending.complaints).splitlines()[-_MOST_LINES:]
    return Performed(
        trial.situation,
        auth,
        verdict,
        requests=len(trial.received),
        exit_code=trial.ending.exit_code,
        seconds=round(trial.ending.seconds, 3),
        said=masked(trial.line[:_MOST_SAID], trial.setting.secrets()),
        complaints="\n".join(masked(line, trial.setting.secrets()) for line in lines),
    )


def _about_requests(trial: Trial, exercised: set[str]) -> Iterator[Located]:
    for (number, _), verdict in zip(trial.numbered, trial.verdicts, strict=True):
        exercised |= verdict.exercised
        yield from (Located(finding, number) for finding in verdict.findings)


def _about_the_client(trial: Trial, exercised: set[str]) -> Iterator[Located]:
    for clause, find in RULES:
        flaws = find(trial)
        if flaws is not None:
            exercised.add(clause.code)
            yield from (Located(clause.finding(*flaw), None) for flaw in flaws)


_KEYS = frozenset({"shard", "checkpoint", "updateTime"})
_TIMED = ("stalled", "late")


def facts_of(trial: Trial) -> Iterator[Fact]:
    """Yield what was learnt from a run, each fact under a stable name.

    ``requests``: how many GetCheckPoint requests, where a failure may be repeated or more than one was sent.
    ``seconds``: how long the client took where no answer, or a late one, came.
    ``outcome``: what it made of an answer in which the service is at fault: ``failed``, ``passed on``, ``filtered``,
    ``filled in`` (a value stands where the answer had none), ``changed`` (a finding says how).
    ``foreign-host``: a host beside the service that it asked for.
    """
    if trial.attempts > 1 or (trial.situation.slow and trial.attempts):
        yield Fact("requests", trial.attempts)
    if trial.asked and trial.situation.name in _TIMED:
        yield Fact("seconds", round(trial.ending.seconds, 1))
    if trial.duty is Duty.EITHER and (trial.failed or trial.succeeded):
        yield Fact("outcome", _outcome(trial))
    yield from (Fact("foreign-host", host) for host in trial.foreign_hosts)


def _outcome(trial: Trial) -> str:
    if trial.failed:
        return "failed"
    expected = trial.expected
    assert expected is not None
    if differences(trial.said, expected, trial.setting.shard):
        return "changed"
    if len(trial.said) < len(expected.entries):
        return "filtered"
    return "filled in" if _is_filled_in(expected.entries, trial.said) else "passed on"


def _is_filled_in(answered: Sequence[Entry], said: list[Entry]) -> bool:
    """Tell whether the client gave a value to what the answer had left out."""
    missing = _KEYS - set().union(*answered)
    return any(entry.get(key) is not None for entry in said for key in missing)
