"""The outcome that a request must have because of the way it is written, signed and addressed."""

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
_PLACE_OUTCOMES: Mapping[str, Outcome] = {
    "missing": "project-missing",
    "longer": "project-missing",
    "shorter": "project-none",
    "logstore missing": "logstore-missing",
    "logstore longer": "logstore-missing",
    "logstore shorter": "logstore-none",
    "logstore capitals": "logstore-none",
}


def variant_refusal(variant: RequestVariant) -> Outcome | None:
    """Return how a request must be refused for its authentication or its omissions; None where it must be accepted."""
    if variant.signed_as is not None:
        return "signature"
    if variant.flaw is not None:
        return FLAWS[variant.flaw].refusal
    if abs(variant.shift) > _CLOCK_SECONDS:
        return "clock"
    return _TOKEN_OUTCOMES.get(variant.key) or ("incomplete" if variant.omits else None)


def in_form_of_a_client(variant: RequestVariant) -> bool:
    """Return whether a request differs from the plain one in its form only; a temporary key may have fewer rights."""
    return variant.form not in {"plain", "bare"} and variant.key == "own"


def place_refusal(place: Place) -> Outcome | None:
    """Return how a request must be refused for a project or logstore that cannot exist; None where both can."""
    return _PLACE_OUTCOMES.get(place.project) or _PLACE_OUTCOMES.get(f"logstore {place.logstore}")


def is_correct(step: Step) -> bool:
    """Return whether the operation should succeed in a scenario whose setup succeeded."""
    variant = step.variant
    plain = (
        variant.flaw is None
        and variant.signed_as is None
        and not variant.omits
        and variant.key in {"own", "sts"}
        and abs(variant.shift) < _CLOCK_SECONDS
    )
    if not plain or place_refusal(step.at) is not None or documented_refusal(step):
        return False
    if isinstance(step, HeartBeat) and step.lists:  # shards that it does not hold
        return False
    return not (isinstance(step, Write) and (step.raw is not None or step.shard in UNKNOWN_SHARDS))
