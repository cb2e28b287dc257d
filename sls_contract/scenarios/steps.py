"""What a scenario is made of: places, operations, how a request is dressed and signed, and what must come of it.

Names here are labels: the run gives a group its real name, a logstore its configured one, a shard its id. So a scenario
is plain data that can be listed, shrunk and replayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from sls_contract.signing.dialect import Scheme

Role: TypeAlias = Literal["main", "other", "wide", "missing"]
Key: TypeAlias = Literal["own", "unknown", "sts", "sts-expired", "sts-wrong-token", "sts-without-token"]
ShardRef: TypeAlias = "int | Literal['last', 'next', 'far', 'largest']"
"""A known shard by its place among the shards of the logstore, the last of them, or one that does not exist: the number
after the last known one, one far beyond it, the largest of 32 bits."""

UNKNOWN_SHARDS = frozenset({"next", "far", "largest"})


@dataclass(frozen=True, slots=True)
class Place:
    """A consumer group: its label, and the roles of the logstore and project that it is in."""

    group: str = "a"
    logstore: Role = "main"
    project: Role = "main"


@dataclass(frozen=True, slots=True)
class Dress:
    """How a request is written and signed.

    Attributes:
        scheme: the signature's.
        form: name of a `wire_forms.WireForm`: which headers, in which spelling.
        key: whose key signs.
        shift: seconds that the request's time is off the server's.
        flaw: name of a `near_misses.Flaw`; None for a correct request.

    """

    scheme: Scheme = "v1"
    form: str = "plain"
    key: Key = "own"
    shift: int = 0
    flaw: str | None = None


PLAIN = Dress()


@dataclass(frozen=True, slots=True)
class Create:
    """CreateConsumerGroup."""

    at: Place = Place()
    dress: Dress = PLAIN


@dataclass(frozen=True, slots=True)
class Delete:
    """DeleteConsumerGroup."""

    at: Place = Place()
    dress: Dress = PLAIN


@dataclass(frozen=True, slots=True)
class Beat:
    """HeartBeat of a consumer; it says that it holds what it was last told to hold."""

    consumer: str = "consumer_1"
    at: Place = Place()
    dress: Dress = PLAIN


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
    dress: Dress = PLAIN
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """GetCheckPoint; ``shard`` None asks for every shard."""

    shard: ShardRef | None = None
    at: Place = Place()
    dress: Dress = PLAIN


@dataclass(frozen=True, slots=True)
class Linger:
    """Not a request: where the shard's ``updateTime`` did not move with the last write, wait and write again.

    A clock that counts seconds is told from one that stands still; the wait is only paid when there is a doubt.
    ``value`` is what is written, as in `Write`.
    """

    shard: ShardRef = 0
    value: str | None = None
    at: Place = Place()
    dress: Dress = PLAIN


Step: TypeAlias = Create | Delete | Beat | Write | Read | Linger


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named situation.

    Attributes:
        name: unique, words joined by hyphens.
        area: what it is about; reports group by it.
        expects: what the contract asks for, in words.
        source: where that stands.
        steps: what is done, in order. Each read is judged against what the steps before it brought about.

    """

    name: str
    area: str
    expects: str
    source: str
    steps: tuple[Step, ...] = field(repr=False)

    @classmethod
    def of(cls, name: str, area: str, expects: str, source: str, *steps: Step) -> Scenario:
        """Make a scenario of steps written one after the other."""
        return cls(name, area, expects, source, steps)

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
        return frozenset(step.at.logstore for step in self.steps)

    @property
    def keys(self) -> frozenset[Key]:
        """The keys that it signs with."""
        return frozenset(step.dress.key for step in self.steps)


def made(place: Place = Place(), consumer: str = "consumer_1") -> tuple[Step, ...]:
    """Return the steps that make a group whose only consumer holds every shard."""
    return (Create(place), Beat(consumer, place))


def dressed(step: Step, dress: Dress) -> Step:
    """Return the step dressed otherwise."""
    return replace(step, dress=dress)
