"""Rules about the checkpoints that are passed on (``SLS53x``)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sls_contract.exercise.client_output import NOT_JSON
from sls_contract.exercise.compare import differences
from sls_contract.exercise.reply import Duty
from sls_contract.exercise.trial import rule

if TYPE_CHECKING:
    from sls_contract.checks.rule import Flaws
    from sls_contract.exercise.trial import Trial

_SLUGS = (
    "not-a-list",
    "entry-dropped",
    "entry-invented",
    "entry-relabelled",
    "checkpoint-changed",
    "update-time-changed",
    "consumer-changed",
    "number-as-text",
)


def passed_on(slug: str, trial: Trial) -> Flaws:
    """Return what breaks one clause in the list that the client passed on.

    Judged where it succeeded with an answer that may be passed on, to the request that it was told to send.
    """
    expected = trial.expected
    if (
        not trial.succeeded
        or expected is None
        or trial.duty is Duty.FAIL
        or trial.misdirected
        or trial.said is NOT_JSON
    ):
        return None
    return [each.flaw for each in differences(trial.said, expected, trial.setting.shard) if each.slug == slug]


RULES = tuple(rule(slug, partial(passed_on, slug)) for slug in _SLUGS)
