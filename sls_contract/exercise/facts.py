"""What a run shows about a client beside right and wrong: how often it asks, how long it waits, what it tolerates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.exercise.compare import differences
from sls_contract.exercise.reply import Duty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.exercise.reply import Entry
    from sls_contract.exercise.trial import Trial


_KEYS = frozenset({"shard", "checkpoint", "updateTime"})
_TIMED = ("stalled", "late")


class Fact(NamedTuple):
    """One thing learnt: its name, and its value."""

    name: str
    value: Any


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
