"""A named situation: steps, what comes of them, and the clauses that this shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sls_contract.scenarios.steps import (
    AtOnce,
    Call,
    Connect,
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
    """A named situation.

    Attributes:
        name: unique, words joined by hyphens.
        area: what it is about; reports group by it.
        expects: what the contract asks for, in words.
        source: where that stands.
        proves: codes of the clauses that are judged where it is carried out to its end; it has not passed otherwise.
        steps: what is done, in order. Each read is judged against what the steps before it brought about.

    """

    name: str
    area: str
    expects: str
    source: str
    proves: tuple[str, ...]
    steps: tuple[Step, ...] = field(repr=False)

    @classmethod
    def of(cls, area: str, name: str, expects: str, source: str, proves: str) -> Scenario:
        """Make a scenario of codes with blanks between them; `doing` gives it its steps."""
        return cls(name, area, expects, source, tuple(proves.split()), ())

    def doing(self, *steps: Step) -> Scenario:
        """Return the scenario with these steps."""
        return replace(self, steps=steps)

    @property
    def shards_needed(self) -> int:
        """How many shards that logstore must have."""
        steps = [each for step in self.steps for each in (step.writes if isinstance(step, AtOnce) else (step,))]
        named = [step.shard for step in steps if isinstance(step, (Read, Write, Call, Put))]
        return 1 + max((shard for shard in named if isinstance(shard, int)), default=0)

    @property
    def needs_shards(self) -> bool:
        """Whether it cannot do without knowing the shards."""
        calls = (step.shard for step in self.steps if isinstance(step, (Call, Put)))
        return any(isinstance(step, Follow) for step in self.steps) or any(isinstance(shard, str) for shard in calls)

    @property
    def makes_groups(self) -> bool:
        """Whether it needs groups to be made."""
        return any(isinstance(step, Create) for step in self.steps)

    @property
    def operations(self) -> frozenset[str]:
        """The operations that it asks for, by name."""
        return frozenset(map(operation_name, self.steps)) - {""}

    @property
    def writes_logs(self) -> bool:
        """Whether it writes logs to a logstore."""
        return any(isinstance(step, Put) for step in self.steps)

    @property
    def changes_shards(self) -> bool:
        """Whether it splits or merges shards of a logstore."""
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
        """The projects that it needs, real ones or not."""
        return frozenset(place.project for place in self._places)

    @property
    def connects(self) -> bool:
        """Whether it is about the connections that requests go over."""
        return any(isinstance(step, Connect) for step in self.steps)

    @property
    def keys(self) -> frozenset[Key]:
        """The keys that it signs with."""
        return frozenset(step.variant.key for step in self.steps)

    @property
    def _places(self) -> frozenset[Place]:
        signed = (step.variant.signed_as for step in self.steps)
        lenders = tuple(step for step in signed if step is not None)
        return frozenset(step.at for step in (*self.steps, *lenders))


def made(place: Place = _PLACE, consumer: str = "consumer_1") -> tuple[Step, ...]:
    """Return the steps that make a group whose only consumer holds every shard."""
    return (Create(place), HeartBeat(consumer, place))
