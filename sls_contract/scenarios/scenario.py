"""A scenario: steps, the expected result, and the clauses that it proves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sls_contract.scenarios.steps import (
    AtOnce,
    Call,
    Connect,
    Consume,
    Create,
    Follow,
    HeartBeat,
    Place,
    Put,
    Read,
    Write,
    operation_name,
)

if TYPE_CHECKING:
    from sls_contract.scenarios.steps import Key, ProjectRole, Role, Step


CHANGES_SHARDS = frozenset({"SplitShard", "MergeShard"})
_PLACE = Place()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named sequence of steps with an expected result.

    Attributes:
        name: unique, words joined by hyphens.
        area: the topic by which reports group scenarios.
        expects: the result that the contract requires, in words.
        source: the page or other source of that requirement.
        proves: codes of the clauses that a complete run judges; the scenario passes only if all of them were judged.
        steps: the steps, in order. Each read is judged against the effects of the earlier steps.

    """

    name: str
    area: str
    expects: str
    source: str
    proves: tuple[str, ...]
    steps: tuple[Step, ...] = field(repr=False)

    @classmethod
    def of(cls, area: str, name: str, expects: str, source: str, proves: str) -> Scenario:
        """Return a scenario without steps, see `doing`; ``proves`` has the codes, separated by spaces."""
        return cls(name, area, expects, source, tuple(proves.split()), ())

    def doing(self, *steps: Step) -> Scenario:
        """Return the scenario with these steps."""
        return replace(self, steps=steps)

    @property
    def each_step(self) -> tuple[Step, ...]:
        """The steps, with the requests that are sent in parallel in the place of their `AtOnce`."""
        return tuple(each for step in self.steps for each in (step.requests if isinstance(step, AtOnce) else (step,)))

    @property
    def shards_needed(self) -> int:
        """How many shards the logstore of `main_role` must have."""
        named = [step.shard for step in self.each_step if isinstance(step, (Read, Write, Call, Put))]
        return 1 + max((shard for shard in named if isinstance(shard, int)), default=0)

    @property
    def needs_shards(self) -> bool:
        """Whether the shards must be known before it runs."""
        calls = (step.shard for step in self.each_step if isinstance(step, (Call, Put)))
        return any(isinstance(step, (Follow, Consume)) for step in self.each_step) or any(
            isinstance(shard, str) for shard in calls
        )

    @property
    def creates_groups(self) -> bool:
        """Whether it creates consumer groups."""
        return any(isinstance(step, Create) for step in self.each_step)

    @property
    def operations(self) -> frozenset[str]:
        """The names of the operations that it requests."""
        return frozenset(map(operation_name, self.each_step)) - {""}

    @property
    def writes_logs(self) -> bool:
        """Whether it writes logs."""
        return any(isinstance(step, Put) for step in self.each_step)

    @property
    def changes_shards(self) -> bool:
        """Whether it splits or merges shards."""
        return not self.operations.isdisjoint(CHANGES_SHARDS)

    @property
    def main_role(self) -> Role:
        """The logstore whose shards it needs."""
        return "wide" if "wide" in self.roles else "main"

    @property
    def roles(self) -> frozenset[Role]:
        """The logstores that it needs."""
        return frozenset(place.logstore for place in self._places)

    @property
    def projects(self) -> frozenset[ProjectRole]:
        """The projects that it needs, existing or not."""
        return frozenset(place.project for place in self._places)

    @property
    def connects(self) -> bool:
        """Whether it selects the connections of its requests."""
        return any(isinstance(step, Connect) for step in self.each_step)

    @property
    def keys(self) -> frozenset[Key]:
        """The keys that it signs with."""
        return frozenset(step.variant.key for step in self.each_step)

    @property
    def _places(self) -> frozenset[Place]:
        signed_as = (step.variant.signed_as for step in self.each_step)
        return frozenset(step.at for step in (*self.each_step, *signed_as) if step is not None)


def setup(place: Place = _PLACE, consumer: str = "consumer_1") -> tuple[Step, ...]:
    """Return the steps that create a group whose only consumer holds every shard."""
    return (Create(place), HeartBeat(consumer, place))
