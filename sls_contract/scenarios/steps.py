"""What a scenario is made of: places, operations, how a request is written and signed, and what must come of it.

Names here are labels: the run gives a group its real name, a logstore its configured one, a shard its id. So a scenario
is plain data that can be listed, shrunk and replayed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sls_contract.signing import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.signing.dialect import Scheme

Role: TypeAlias = Literal["main", "other", "wide", "abroad", "missing", "longer", "shorter", "capitals"]
"""A logstore: the one to verify, another one, one with hundreds of shards, the one of the same name in another project;
and those that cannot exist: with a name of its own, or with the main one's made longer, shorter, or put in capitals."""

ProjectRole: TypeAlias = Literal["main", "missing", "longer", "shorter"]
"""The project to verify (`Role` ``abroad`` has its own), or one that cannot exist, named as the logstores are."""

Over: TypeAlias = Literal["one each", "first", "second"]
"""The connection that requests go over: one for each of them, or one of two that are kept alive."""

NearlyKnown: TypeAlias = Literal["own-other-case", "own-longer", "own-shorter"]
NearlyRight: TypeAlias = Literal["sts-token-other-case", "sts-token-longer", "sts-token-shorter"]
Key: TypeAlias = (
    Literal["own", "unknown", "sts", "sts-expired", "sts-wrong-token", "sts-without-token"] | NearlyKnown | NearlyRight
)
"""Whose key signs. Ids and tokens are nearly those of the run in the two types above: in the other case, with a
character more or less."""

ShardRef: TypeAlias = "int | Literal['last', 'next', 'far', 'largest', 'handed over', 'kept', 'written', 'lowest']"
"""A known shard by its place among the shards of the logstore, the last of them, or one that does not exist: the number
after the last known one, one far beyond it, the largest of 32 bits. After a `HandOver`: a shard that passed to the
second consumer, and one that the first one kept. After a `Drain`: the one where the last log was found. After a `Call`
of ListShards: the readwrite one that takes the lowest hash keys."""

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
IN_EACH_SCHEME = tuple(map(RequestVariant, SCHEMES))
GROUP_TIMEOUT = 300  # seconds; the page's example, longer than any scenario takes


class Kept(NamedTuple):
    """A value that the run knows only when it is there.

    A cursor that an earlier `Call` was answered, by the name that it gave; or, after a `Drain`: ``log``, the cursor
    that the last log was pulled at, ``before``, the one of the log before it, ``next``, the one behind it,
    ``received``, the time that GetCursorTime answered for it, and ``earlier`` and ``later``, times in seconds a minute
    before and after it was written. After a `Call` of ListShards: ``middle``, the key in the middle of the readwrite
    shard that takes the lowest ones.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Create:
    """CreateConsumerGroup.

    Attributes:
        timeout: seconds; another type where it shall be wrong.
        order: as in the page.
        refused: errorCodes, blanks between them, of which one must come although everything exists; empty: none.

    """

    at: Place = Place()
    variant: RequestVariant = PLAIN
    timeout: int | str = GROUP_TIMEOUT
    order: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """UpdateConsumerGroup; None is not sent. ``refused`` as in `Create`."""

    timeout: int | str | None = None
    order: bool | None = None
    at: Place = Place()
    variant: RequestVariant = PLAIN
    refused: str = ""


@dataclass(frozen=True, slots=True)
class ListGroups:
    """ListConsumerGroup of the logstore of a place."""

    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Delete:
    """DeleteConsumerGroup."""

    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class HeartBeat:
    """HeartBeat of a consumer; it says that it holds what it was last told to hold, or the shards of ``lists``.

    ``refused`` as in `Create`.
    """

    consumer: str = "consumer_1"
    at: Place = Place()
    variant: RequestVariant = PLAIN
    lists: tuple[ShardRef, ...] | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """UpdateCheckPoint.

    Attributes:
        value: what the checkpoint decodes to; None lets the run choose a number that it uses nowhere else.
        raw: the checkpoint itself, where it shall not be base64.
        force: the value of ``forceSuccess``, spelled as sent; empty: not sent.
        refused: as in `Create`.

    """

    shard: ShardRef = 0
    value: str | None = None
    consumer: str = "consumer_1"
    force: str = "true"
    at: Place = Place()
    variant: RequestVariant = PLAIN
    raw: str | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """GetCheckPoint; ``shard`` None asks for every shard."""

    shard: ShardRef | None = None
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Call:
    """Any operation that reads, or any request that must be refused: built from the contract of the operation.

    Attributes:
        operation: its name.
        shard: the shard in the path.
        query: beside what tells the operation from others.
        headers: of its own.
        keep: the name under which the cursor that is answered is kept.
        refused: as in `Create`.

    """

    operation: str
    shard: ShardRef | None = None
    query: tuple[tuple[str, str | Kept], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    at: Place = Place()
    variant: RequestVariant = PLAIN
    keep: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """PutLogs of one log group; the run chooses logs that it writes nowhere else.

    Attributes:
        logs: how many.
        coding: compression: ``lz4``, ``zstd``, ``deflate``, or none.
        shard: the shard whose range the hash key is in; None: no key.
        last_key: whether the key is the last of the range, not the first.
        size: letters of the longest value of each log.
        again: whether the logs are those of the last one, once more.
        body: makes what is sent of the log group, in the place of compression.
        refused: as in `Create`.

    """

    logs: int = 1
    coding: str = ""
    shard: ShardRef | None = None
    at: Place = Place()
    variant: RequestVariant = PLAIN
    body: Callable[[bytes], bytes] | None = None
    refused: str = ""
    last_key: bool = False
    size: int = 4_000
    again: bool = False


@dataclass(frozen=True, slots=True)
class Follow:
    """Not a request: ask for the cursor behind the last log of each shard. A `Drain` begins there."""

    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Drain:
    """Not a request: pull every shard from where the last `Drain`, or `Follow`, ended, until every log was found.

    Attributes:
        count: log groups of one pull.
        coding: what Accept-Encoding names; empty: ``identity``.
        kind: the value of ``type``.

    """

    count: int = 100
    coding: str = "lz4"
    kind: str = "log"
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class PassTime:
    """Not a request: let so many seconds pass, where the endpoint's clock can be set or they are few."""

    seconds: int
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
class HoldAll:
    """Not a request: the only living consumer sends heartbeats until it is assigned every shard that takes logs.

    ListShards was asked before. As long as the number of its shards grows, it goes on.
    """

    consumer: str = "consumer_1"
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Not a request: send writes to one group side by side, each over a connection of its own, then read the group."""

    writes: tuple[Write, ...]
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Connect:
    """Not a request: what follows goes over that connection."""

    over: Over
    at: Place = Place()
    variant: RequestVariant = PLAIN


Request: TypeAlias = Create | Update | Delete | ListGroups | HeartBeat | Write | Read | Call | Put
"""A step that is one request."""

Arrangement: TypeAlias = AtOnce | WaitForClock | HandOver | HoldAll | Connect | Follow | Drain | PassTime
"""A step that is none, or several."""

Step: TypeAlias = Request | Arrangement

_OPERATIONS = {
    Create: "CreateConsumerGroup",
    Update: "UpdateConsumerGroup",
    Delete: "DeleteConsumerGroup",
    ListGroups: "ListConsumerGroup",
    HeartBeat: "ConsumerGroupHeartBeat",
    Write: "ConsumerGroupUpdateCheckPoint",
    Read: "GetCheckPoint",
    Put: "PutLogs",
    Follow: "GetCursor",
    Drain: "PullLogs",
    HandOver: "ConsumerGroupHeartBeat",
    HoldAll: "ConsumerGroupHeartBeat",
    WaitForClock: "GetCheckPoint",
    AtOnce: "ConsumerGroupUpdateCheckPoint",
}


def operation_name(step: Step) -> str:
    """Return the name of the operation that a step asks for; empty where it asks for none."""
    return step.operation if isinstance(step, Call) else _OPERATIONS.get(type(step), "")


def named_group(step: Step) -> bool:
    """Tell whether a step is about a group that must exist."""
    return isinstance(step, (Update, Delete, HeartBeat, Write, Read))


def documented_refusal(step: Step) -> str:
    """Return the errorCodes of which one must come although everything exists; empty where it must be served."""
    return step.refused if isinstance(step, (Create, Update, HeartBeat, Write, Call, Put)) else ""
