"""``--group``: what can be judged of a consumer group that exists, without a request that changes anything."""

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
    from collections.abc import Iterator

    from sls_contract.scenarios.scenario import Scenario

EXISTING = Place("")
"""The group that exists: `Bench.group` gives its real name for the empty label."""

_STAND_IN = Place("a")  # the one group that a scenario makes, under the plainest of names

_READS = (Read, Call, ListGroups)

ONLY_READ = "needs more than reads of one group, and --group changes nothing"


def read_only(scenario: Scenario) -> Scenario | None:
    """Return what a scenario reads, the group that it makes being the existing one; None where that is nothing.

    A scenario with other groups, or that deletes one, writes logs or changes shards, is about what requests change:
    none of it is left.
    """
    made = {step.at for step in scenario.steps if isinstance(step, Create)}
    changes = scenario.changes_shards or any(isinstance(step, (Delete, Put, Follow, Drain)) for step in scenario.steps)
    steps = tuple(_kept(scenario)) if made <= {_STAND_IN} and not changes else ()
    return replace(scenario, steps=steps) if any(isinstance(step, _READS) for step in steps) else None


def _kept(scenario: Scenario) -> Iterator[Step]:
    moves = any(isinstance(step, Create) for step in scenario.steps)
    for step in scenario.steps:
        if isinstance(step, (*_READS, Connect)):
            yield _moved(step) if moves else step


def _moved(step: Step) -> Step:
    """Return the step at the existing group, and the same of the step whose signature it carries."""
    lent = step.variant.signed_as
    variant = step.variant if lent is None else replace(step.variant, signed_as=_moved(lent))
    return replace(step, at=EXISTING if step.at == _STAND_IN else step.at, variant=variant)
