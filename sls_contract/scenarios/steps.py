"""The steps of scenarios: their places, operations, request variants and expected refusals.

Names in steps are labels. A run resolves a group to its real name, a logstore to the configured one, a shard to its id.
So a scenario is plain data that can be listed, shrunk and replayed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sls_contract.signing import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.signing.dialect import Scheme

Role: TypeAlias = Literal["main", "other", "wide", "abroad", "missing", "longer", "shorter", "capitals"]
"""A logstore: the one to verify, another one, one with hundreds of shards, or one of the same name in another project.
The other roles do not exist: a fixed name, and the main name made longer, shorter, or put in capitals."""

ProjectRole: TypeAlias = Literal["main", "missing", "longer", "shorter"]
"""The project to verify (`Role` ``abroad`` implies another), or a missing one, named like the missing logstores."""

Over: TypeAlias = Literal["one each", "first", "second"]
"""The connection of requests: a new one for each, or one of two that are kept alive."""

NearlyKnown: TypeAlias = Literal["own-other-case", "own-longer", "own-shorter"]
NearlyRight: TypeAlias = Literal["sts-token-other-case", "sts-token-longer", "sts-token-shorter"]
Key: TypeAlias = (
    Literal["own", "unknown", "sts", "sts-expired", "sts-wrong-token", "sts-without-token"] | NearlyKnown | NearlyRight
)
"""The key that signs. The two types above are variants of the run's own key id and token: with case swapped, or
with one character more or less."""

ShardRef: TypeAlias = (
    "int | Literal['last', 'next', 'far', 'largest', 'handed over', 'kept', 'written', 'lowest', 'readonly']"
)
"""A known shard by its index among the shards of the logstore, or the last of them. Missing shards: the number after
the last, one far beyond it, the largest of 32 bits. After a `HandOver`: a shard that passed to the second consumer, and
one that the first consumer kept. After a `Drain`: the shard of the last log. After a `Call` of ListShards: the
readwrite shard with the lowest hash keys. After one of SplitShard or MergeShard: the shard in its path."""

BODY_END = "body-end"
"""In `RequestVariant.omits`: the last byte of the body, without which it is not JSON."""

UNKNOWN_SHARDS = frozenset({"next", "far", "largest"})


@dataclass(frozen=True, slots=True)
class Place:
    """A consumer group: its label, and the roles of its logstore and project."""

    group: str = "a"
    logstore: Role = "main"
    project: ProjectRole = "main"


@dataclass(frozen=True, slots=True)
class RequestVariant:
    """How a request is written and signed.

    Attributes:
        scheme: the signature scheme.
        form: name of a `wire_forms.WireForm`: the headers and their spelling.
        key: the key that signs.
        shift: seconds between the server's time and the request's.
        flaw: name of a `near_misses.Flaw`; None for a correct request.
        signed_as: the step whose signature the request has; None for its own signature.
        omits: the names of parameters of its query or JSON body that it lacks; ``BODY_END`` for the end of the body.

    """

    scheme: Scheme = "v1"
    form: str = "plain"
    key: Key = "own"
    shift: int = 0
    flaw: str | None = None
    signed_as: Step | None = None
    omits: tuple[str, ...] = ()


PLAIN = RequestVariant()
IN_EACH_SCHEME = tuple(map(RequestVariant, SCHEMES))
GROUP_TIMEOUT = 300  # seconds; the example of the page, longer than any scenario takes


class Kept(NamedTuple):
    """A value that an earlier response of the run contains.

    The cursor of an earlier `Call`, by its ``keep``. After a `Drain`: ``log``, the cursor at which the last log was
    pulled, ``before``, the cursor of the log before it, ``next``, the cursor after it, ``received``, its time from
    GetCursorTime, ``received+1``, a second later, and ``earlier`` and ``later``, times in seconds a minute before
    and after it was written. After a `Call` of ListShards: ``inner``, a key inside the range of the readwrite shard
    with the lowest hash keys, and not its middle.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Create:
    """CreateConsumerGroup.

    Attributes:
        timeout: seconds; a text for an invalid request.
        order: as in the page.
        refused: the errorCodes, separated by spaces, of which the response must have one; empty for success.

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
    """HeartBeat of a consumer; it lists the shards that it was last assigned, or those of ``lists``.

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
        value: the decoded checkpoint, or the cursor that it is; None for a unique number that the run chooses.
        raw: the checkpoint as sent, for invalid base64.
        force: the value of ``forceSuccess``, spelled as sent; empty: not sent.
        refused: as in `Create`.

    """

    shard: ShardRef = 0
    value: str | Kept | None = None
    consumer: str = "consumer_1"
    force: str = "true"
    at: Place = Place()
    variant: RequestVariant = PLAIN
    raw: str | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """GetCheckPoint; ``shard`` None requests every shard."""

    shard: ShardRef | None = None
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Call:
    """A request built from the contract of an operation: of one that reads, or one that must be refused.

    Attributes:
        operation: its name.
        shard: the shard in the path.
        query: the query, without the parameters that identify the operation.
        headers: additional headers.
        keep: the name of the returned cursor for a later `Kept`.
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
    """PutLogs of one log group, with unique logs that the run chooses.

    Attributes:
        logs: how many.
        coding: compression: ``lz4``, ``zstd`` or ``deflate``; empty for none.
        shard: the shard whose range contains the hash key; None for no hash key.
        last_key: whether the hash key is the last of the range, not the first.
        size: characters of the longest value of each log.
        again: whether the logs are those of the previous `Put`.
        body: makes the body of the encoded log group; None to compress it.
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
    """Not a request: get the cursor after the last log of each shard, after ListShards of each writable one.

    A `Drain` starts there.
    """

    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Consume:
    """Not a request: set the checkpoint of each readonly shard to its end. ListShards must come before."""

    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Drain:
    """Not a request: pull every shard from the end of the last `Drain` or `Follow`, until every log was found.

    Attributes:
        count: log groups of one pull.
        coding: the value of Accept-Encoding; empty for ``identity``.
        kind: the value of ``type``.

    """

    count: int = 100
    coding: str = "lz4"
    kind: str = "log"
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class PassTime:
    """Not a request: let some seconds pass, by setting the endpoint's clock or by a short wait."""

    seconds: int
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class WaitForClock:
    """Not a request: where the last write did not change the shard's ``updateTime``, wait and write again.

    This distinguishes a clock that counts seconds from one that does not advance. ``value`` and ``force`` are as in
    `Write`.
    """

    shard: ShardRef = 0
    value: str | None = None
    force: str = "true"
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class HandOver:
    """Not a request: two consumers alternately send heartbeats until each shard has only one holder.

    Before, the first consumer holds every shard. No page says how soon shards pass to another consumer, if ever.
    """

    giver: str = "consumer_1"
    taker: str = "consumer_2"
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class HoldAll:
    """Not a request: all live consumers send heartbeats until each shard that has logs to read is assigned to one.

    These are the writable shards, and those that were split in this run before their logs were consumed. ListShards
    must come before. The step continues as long as the number of assigned shards grows.
    """

    consumers: tuple[str, ...] = ("consumer_1",)
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Not a request: send requests in parallel, each over its own connection; after checkpoints, read the group."""

    requests: tuple[Write | Put | HeartBeat | Read | Create | Update, ...]
    at: Place = Place()
    variant: RequestVariant = PLAIN


@dataclass(frozen=True, slots=True)
class Connect:
    """Not a request: send the later requests over this connection."""

    over: Over
    at: Place = Place()
    variant: RequestVariant = PLAIN


Request: TypeAlias = Create | Update | Delete | ListGroups | HeartBeat | Write | Read | Call | Put
"""A step that is one request."""

Arrangement: TypeAlias = AtOnce | WaitForClock | HandOver | HoldAll | Connect | Follow | Consume | Drain | PassTime
"""A step that is not exactly one request."""

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
    Consume: "GetCursor",
    Drain: "PullLogs",
    HandOver: "ConsumerGroupHeartBeat",
    HoldAll: "ConsumerGroupHeartBeat",
    WaitForClock: "GetCheckPoint",
}


def operation_name(step: Step) -> str:
    """Return the name of the operation that a step requests; empty where it requests none."""
    return step.operation if isinstance(step, Call) else _OPERATIONS.get(type(step), "")


def needs_group(step: Step) -> bool:
    """Return whether a step needs an existing group."""
    return isinstance(step, (Update, Delete, HeartBeat, Write, Read))


def documented_refusal(step: Step) -> str:
    """Return the errorCodes, separated by spaces, of which the response must have one; empty for success."""
    return step.refused if isinstance(step, (Create, Update, HeartBeat, Write, Call, Put)) else ""
