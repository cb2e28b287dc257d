"""``--group``: the read-only part of scenarios, for an existing consumer group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.scenarios.steps import (
    Call,
    Connect,
    Create,
    Delete,
    Drain,
    Follow,
    ListGroups,
    Place,
    Put,
    Read,
    Step,
)

if TYPE_CHECKING:
    from sls_contract.scenarios.scenario import Scenario

EXISTING = Place("")
"""The existing group: `Bench.group` returns its real name for the empty label."""

_ONLY_GROUP = Place("a")  # the group of a scenario that creates only one

_READS = (Read, Call, ListGroups)

ONLY_READ = "needs writes or several groups, and --group only reads one"


def read_only(scenario: Scenario) -> Scenario | None:
    """Return a scenario with only its reads, of the existing group in place of its own; None where none remains.

    A scenario that creates other groups, deletes one, writes logs or changes shards tests the effects of requests.
    None of its steps remain.
    """
    created = {step.at for step in scenario.steps if isinstance(step, Create)}
    changes = scenario.changes_shards or any(
        isinstance(step, (Delete, Put, Follow, Drain)) for step in scenario.each_step
    )
    if changes or not created <= {_ONLY_GROUP}:
        return None
    reads = [step for step in scenario.steps if isinstance(step, (*_READS, Connect))]
    steps = tuple(map(_with_existing_group, reads) if created else reads)
    return replace(scenario, steps=steps) if any(isinstance(step, _READS) for step in steps) else None


def _with_existing_group(step: Step) -> Step:
    """Return a step with its group replaced by the existing one, also in the step whose signature it uses."""
    signed_as = step.variant.signed_as
    variant = replace(step.variant, signed_as=signed_as and _with_existing_group(signed_as))
    return replace(step, at=EXISTING if step.at == _ONLY_GROUP else step.at, variant=variant)
