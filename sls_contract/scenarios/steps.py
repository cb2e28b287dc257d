"""What a scenario is made of: places, operations, how a request is dressed and signed, and what must come of it.

Names here are labels: the run gives a group its real name, a logstore its configured one, a shard its id. So a scenario
is plain data that can be listed, shrunk and replayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from sls_contract.signing.dialect import Scheme

Role: TypeAlias = Literal["main", "other", "wide", "abroad", "missing", "longer", "shorter", "capitals"]
"""A logstore: the one to verify, another one, one with hundreds of shards, the one of the same name in another project;
and those that cannot exist: with a name of its own, or with the main one's made longer, shorter, or put in capitals."""

ProjectRole: TypeAlias = Literal["main", "missing", "longer", "shorter"]
"""The project to verify (`Role` ``abroad`` has its own), or one that cannot exist, named as the logstores are."""

Over: TypeAlias = Literal["one each", "first", "second"]
"""The connection that requests go over: one for each of them, or one of two that are kept alive."""

Key: TypeAlias = Literal["own", "unknown", "sts", "sts-expired", "sts-wrong-token", "sts-without-token"]
ShardRef: TypeAlias = "int | Literal['last', 'next', 'far', 'largest', 'handed over', 'kept']"
"""A known shard by its place among the shards of the logstore, the last of them, or one that does not exist: the number
after the last known one, one far beyond it, the largest of 32 bits. After a `HandOver`: a shard that passed to the
second consumer, and one that the first one kept."""

UNKNOWN_SHARDS = frozenset({"next", "far", "largest"})


@dataclass(frozen=True, slots=True)
class Place:
    """A consumer group: its label, and the roles of the logstore and project that it is in."""

    group: str = "a"
    logstore: Role = "main"
    project: ProjectRole = "main"


@dataclass(frozen=True, slots=True)
class RequestVariant:
    """How a request is written and signed.

    Attributes:
        scheme: the signature's.
        form: name of a `wire_forms.WireForm`: which headers, in which spelling.
        key: whose key signs.
        shift: seconds that the request's time is off the server's.
        flaw: name of a `near_misses.Flaw`; None for a correct request.
        signed_as: the step whose signature it carries, correct for that step; None for its own.

    """

    scheme: Scheme = "v1"
    form: str = "plain"
    key: Key = "own"
    shift: int = 0
    flaw: str | None = None
    signed_as: Step | None = None


PLAIN = RequestVariant()


@dataclass(frozen=True, slots=True)
class Create:
    """CreateConsumerGroup."""

    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Delete:
    """DeleteConsumerGroup."""

    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class HeartBeat:
    """HeartBeat of a consumer; it says that it holds what it was last told to hold."""

    consumer: str = "consumer_1"
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Write:
    """UpdateCheckPoint.

    Attributes:
        value: what the checkpoint decodes to; None lets the run choose a number that it uses nowhere else.
        raw: the checkpoint itself, where it shall not be base64.
        force: the value of ``forceSuccess``, spelled as sent.

    """

    shard: ShardRef = 0
    value: str | None = None
    consumer: str = "consumer_1"
    force: str = "true"
    at: Place = Place()
    variant: RequestVariant = PLAIN
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """GetCheckPoint; ``shard`` None asks for every shard."""

    shard: ShardRef | None = None
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class WaitForClock:
    """Not a request: where the shard's ``updateTime`` did not move with the last write, wait and write again.

    A clock that counts seconds is told from one that stands still; the wait is only paid when there is a doubt.
    ``value`` is what is written, as in `Write`.
    """

    shard: ShardRef = 0
    value: str | None = None
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class HandOver:
    """Not a request: two consumers send heartbeats in turns until each shard is held by one of them alone.

    The first one holds every shard before. No page says how soon shards pass, or that they do.
    """

    giver: str = "consumer_1"
    taker: str = "consumer_2"
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Connect:
    """Not a request: what follows goes over that connection."""

    over: Over
    at: Place = Place()
    variant: RequestVariant = PLAIN


Step: TypeAlias = Create | Delete | HeartBeat | Write | Read | WaitForClock | HandOver | Connect


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
    def of(cls, name: str, area: str, expects: str, source: str, proves: str, *steps: Step) -> Scenario:
        """Make a scenario of codes with blanks between them, and of steps written one after the other."""
        return cls(name, area, expects, source, tuple(proves.split()), steps)

    @property
    def shards_needed(self) -> int:
        """How many shards that logstore must have."""
        named = [step.shard for step in self.steps if isinstance(step, (Read, Write))]
        return 1 + max((shard for shard in named if isinstance(shard, int)), default=0)

    @property
    def makes_groups(self) -> bool:
        """Whether it needs groups to be made."""
        return any(isinstance(step, Create) for step in self.steps)

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


def made(place: Place = Place(), consumer: str = "consumer_1") -> tuple[Step, ...]:
    """Return the steps that make a group whose only consumer holds every shard."""
    return (Create(place), HeartBeat(consumer, place))


def with_variant(step: Step, variant: RequestVariant) -> Step:
    """Return the step dressed otherwise."""
    return replace(step, variant=variant)
