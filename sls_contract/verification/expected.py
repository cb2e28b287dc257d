"""What the contract wants to come of a step, as far as the step itself says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.scenarios.near_misses import FLAWS
from sls_contract.scenarios.steps import UNKNOWN_SHARDS, Place, RequestVariant, Step, Write, documented_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.checks.sequence_outcomes import Outcome

_CLOCK_SECONDS = 15 * 60
_TOKEN_OUTCOMES: Mapping[str, Outcome] = {
    "unknown": "key",
    "sts-wrong-token": "token",
    "sts-expired": "token",
    "sts-without-token": "malformed",
}
_NOWHERE: Mapping[str, Outcome] = {
    "missing": "project-missing",
    "longer": "project-missing",
    "shorter": "project-none",
    "logstore missing": "logstore-missing",
    "logstore longer": "logstore-missing",
    "logstore shorter": "logstore-none",
    "logstore capitals": "logstore-none",
}


def refusal(variant: RequestVariant) -> Outcome | None:
    """Say how a request must be refused for its authentication; None where it must not."""
    if variant.signed_as is not None:
        return "signature"
    if variant.flaw is not None:
        return FLAWS[variant.flaw].refusal
    if abs(variant.shift) > _CLOCK_SECONDS:
        return "clock"
    return _TOKEN_OUTCOMES.get(variant.key)


def nowhere(place: Place) -> Outcome | None:
    """Say how a request must be refused for a project or logstore that cannot exist; None where both can."""
    return _NOWHERE.get(place.project) or _NOWHERE.get(f"logstore {place.logstore}")


def is_correct(step: Step) -> bool:
    """Tell whether the operation should succeed in a scenario that is set up in order."""
    variant = step.variant
    plain = (
        variant.flaw is None
        and variant.signed_as is None
        and variant.key in {"own", "sts"}
        and abs(variant.shift) < _CLOCK_SECONDS
    )
    if not plain or nowhere(step.at) is not None or documented_refusal(step):
        return False
    return not (isinstance(step, Write) and (step.raw is not None or step.shard in UNKNOWN_SHARDS))
