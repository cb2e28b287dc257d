"""Judge one run of a client by the clauses about its requests and about the client; collect other observations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub import Scrubber
from sls_contract.checks.contract_map import ContractMap
from sls_contract.checks.presentation import masked, masked_finding
from sls_contract.exchange import Exchange, wire_text
from sls_contract.exercise.outcome import Fact, Located, Performed, Verdict
from sls_contract.exercise.reply import Duty, Entry
from sls_contract.exercise.rules import RULES
from sls_contract.spec import Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sls_contract.exercise.setting import Auth
    from sls_contract.exercise.trial import Trial

_MOST_LINES = 12  # of standard error
_MOST_PRINTED = 4000  # characters of the last line
_KEYS = frozenset({"shard", "checkpoint", "updateTime"})  # of an entry
_TIMED = ("stalled", "late")  # situations in which the duration of the run is a fact
_CONSEQUENCES = {"SLS516": frozenset({"SLS114", "SLS306", "SLS514"})}
"""Consequences of a broken clause, which are not reported: without the token, the signature is wrong, too."""


def judge_trial(trial: Trial, auth: Auth) -> Performed:
    """Judge a run; one that was not supported or could not run gets no findings."""
    if trial.unsupported or trial.not_run:
        return _record(trial, auth, "not supported" if trial.unsupported else "could not run")
    findings: dict[tuple[str, str], Located] = {}
    exercised = set[str]()
    secrets = trial.setting.secrets()
    for finding, number in (*_request_findings(trial, exercised), *_client_findings(trial, exercised)):
        findings.setdefault((finding.code, finding.where), Located(masked_finding(finding, secrets), number))
    causes = {code for code, _ in findings}
    consequences = frozenset[str]().union(*(codes for cause, codes in _CONSEQUENCES.items() if cause in causes))
    findings = {key: each for key, each in findings.items() if key[0] not in consequences}
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
    """Return the exchanges with the given numbers, without secrets."""
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
    lines = wire_text(trial.ending.stderr).splitlines()[-_MOST_LINES:]
    return Performed(
        trial.situation,
        auth,
        verdict,
        requests=len(trial.received),
        exit_code=trial.ending.exit_code,
        seconds=round(trial.ending.seconds, 3),
        last_line=masked(trial.line[:_MOST_PRINTED], trial.setting.secrets()),
        stderr="\n".join(masked(line, trial.setting.secrets()) for line in lines),
    )


def _request_findings(trial: Trial, exercised: set[str]) -> Iterator[Located]:
    for (number, _), verdict in zip(trial.numbered, trial.verdicts, strict=True):
        exercised |= verdict.exercised
        yield from (Located(finding, number) for finding in verdict.findings)


def _client_findings(trial: Trial, exercised: set[str]) -> Iterator[Located]:
    for clause, find in RULES:
        flaws = find(trial)
        if flaws is not None:
            exercised.add(clause.code)
            yield from (Located(clause.finding(*flaw), None) for flaw in flaws)


def facts_of(trial: Trial) -> Iterator[Fact]:
    """Yield the observations of a run, each under a stable name.

    ``requests``: the number of GetCheckPoint requests, if a retry is allowed or the client sent more than one.
    ``seconds``: how long the client ran if the response came late or never.
    ``outcome``: what the client did with a response that breaks the contract: ``failed``, ``passed on``, ``filtered``,
    ``filled in`` (it added a value that the response does not have), ``changed`` (a finding says how).
    ``foreign-host``: another host that it sent a request to.
    """
    if trial.attempts > 1 or (trial.situation.slow and trial.attempts):
        yield Fact("requests", trial.attempts)
    if trial.checkpoint_requests and trial.situation.name in _TIMED:
        yield Fact("seconds", round(trial.ending.seconds, 1))
    if trial.duty is Duty.EITHER and (trial.failed or trial.succeeded):
        yield Fact("outcome", _outcome(trial))
    yield from (Fact("foreign-host", host) for host in trial.foreign_hosts)


def _outcome(trial: Trial) -> str:
    if trial.failed:
        return "failed"
    expected = trial.expected
    assert expected is not None
    if trial.differences:
        return "changed"
    if len(trial.printed) < len(expected.entries):
        return "filtered"
    return "filled in" if _is_filled_in(expected.entries, trial.printed) else "passed on"


def _is_filled_in(received: Sequence[Entry], printed: list[Entry]) -> bool:
    """Return whether the client added a value for a key that the response left out."""
    missing = _KEYS - set().union(*received)
    return any(entry.get(key) is not None for entry in printed for key in missing)
