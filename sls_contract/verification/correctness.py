"""What must come of a request by the way it is written, signed and addressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from sls_contract.scenarios.near_misses import FLAWS
from sls_contract.scenarios.steps import UNKNOWN_SHARDS, HeartBeat, NearlyKnown, NearlyRight, Write, documented_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.checks.sequence_outcomes import Outcome
    from sls_contract.scenarios.steps import Place, RequestVariant, Step

_CLOCK_SECONDS = 15 * 60
_TOKEN_OUTCOMES: Mapping[str, Outcome] = {
    "unknown": "key",
    **dict.fromkeys(get_args(NearlyKnown), "key"),
    **dict.fromkeys(get_args(NearlyRight), "token"),
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


def in_form_of_a_client(variant: RequestVariant) -> bool:
    """Tell whether only the form of a request is another one; a temporary key may be allowed less."""
    return variant.form not in {"plain", "bare"} and variant.key == "own"


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
    if isinstance(step, HeartBeat) and step.lists:  # of shards that it does not hold
        return False
    return not (isinstance(step, Write) and (step.raw is not None or step.shard in UNKNOWN_SHARDS))
