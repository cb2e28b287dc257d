"""Every operation refused for what all of them share, and for each row of its error table that a client brings about.

The operations and their errors are those of the contracts; here stands how a client brings an error about.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.scenarios.near_misses import TOKEN_UNSIGNED
from sls_contract.scenarios.scenario import Scenario, made
from sls_contract.scenarios.steps import (
    IN_EACH_SCHEME,
    Call,
    Create,
    Delete,
    HeartBeat,
    Kept,
    ListGroups,
    Place,
    ProjectRole,
    Put,
    Read,
    Request,
    RequestVariant,
    Role,
    Update,
    Write,
    named_group,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_A, _B = Place("a"), Place("b")
_NOT_LET_IN = (
    RequestVariant(flaw="no-authorization"),
    *(
        variant
        for scheme in ("v1", "v4")
        for variant in (
            RequestVariant(scheme, flaw="digest"),
            RequestVariant(scheme, key="unknown"),
            *(RequestVariant(scheme, shift=minutes * 60) for minutes in (-16, 16)),
        )
    ),
)
_WITH_BODY = (Create, Update, HeartBeat, Write, Put)
PROTOBUF = (("Accept", "application/x-protobuf"), ("Accept-Encoding", "lz4"))
_BEGIN = Kept("begin")
_NO_CURSOR = "bm8gY3Vyc29y"  # base64 of a text that is no number


def get_cursor(at: Place = _A) -> Call:
    """Return the step that asks where a shard begins, and keeps it."""
    return Call("GetCursor", 0, (("from", "begin"),), at=at, keep=_BEGIN.name)


def pull(cursor: str | Kept = _BEGIN, at: Place = _A, *, count: int = 10) -> Call:
    """Return the step that pulls a shard at a cursor."""
    return Call("PullLogs", 0, (("cursor", cursor), ("count", str(count))), PROTOBUF, at)


REQUESTS: Mapping[str, Callable[[Place], Request]] = {
    "ListConsumerGroup": ListGroups,
    "CreateConsumerGroup": Create,
    "UpdateConsumerGroup": lambda at: Update(60, order=True, at=at),
    "ConsumerGroupHeartBeat": lambda at: HeartBeat("consumer_2", at),
    "ConsumerGroupUpdateCheckPoint": lambda at: Write(0, at=at),
    "GetCursor": get_cursor,
    "PullLogs": lambda at: pull(at=at),
    "GetCursorTime": lambda at: Call("GetCursorTime", 0, (("cursor", _BEGIN),), at=at),
    "ListShards": lambda at: Call("ListShards", at=at),
    "PutLogs": lambda at: Put(at=at),
}
"""A correct request of each operation that has no scenarios of its own elsewhere; a cursor is kept before it."""

LABELS = {
    "ListConsumerGroup": "list-groups",
    "CreateConsumerGroup": "create-group",
    "UpdateConsumerGroup": "update-group",
    "ConsumerGroupHeartBeat": "heartbeat",
    "ConsumerGroupUpdateCheckPoint": "update-checkpoint",
    "GetCursor": "get-cursor",
    "PullLogs": "pull-logs",
    "GetCursorTime": "get-cursor-time",
    "ListShards": "list-shards",
    "PutLogs": "put-logs",
}
"""What the names of an operation's scenarios begin with."""


def _damaged(_: bytes) -> bytes:
    """Return what is neither a message in protobuf nor a compressed block."""
    return b"\xff" * 16


def _no_utf8(group: bytes) -> bytes:
    """Spell a key in bytes that are no UTF-8."""
    return group.replace(b"level", b"le\xff\xfel")


def _source(operation: str) -> str:
    return f"{operation} page"


def _before(step: Request) -> tuple[Request, ...]:
    """Return what a correct request needs."""
    needs_cursor = isinstance(step, Call) and any(value == _BEGIN for _, value in step.query)
    return (get_cursor(),) if needs_cursor else ()


def _served(operation: str) -> Scenario:
    """Return the scenario of an operation in each scheme."""
    request = REQUESTS[operation](_B if operation == "CreateConsumerGroup" else _A)
    steps: list[Request] = [*made(), *_before(request)]  # type: ignore[list-item]  # these steps are requests
    for variant in IN_EACH_SCHEME:
        steps.append(replace(request, variant=variant))
        if isinstance(request, Create):
            steps.append(Delete(request.at))
    return Scenario.of(
        operation,
        f"{LABELS[operation]}-served",
        "200, signed as v1 with either hash and as v4",
        _source(operation),
        "SLS444 SLS456",
    ).doing(*steps)


def _not_let_in(operation: str) -> Scenario:
    at = _B if operation == "CreateConsumerGroup" else _A
    request = REQUESTS[operation](at)
    elsewhere = REQUESTS[operation](Place(at.group, "missing"))
    lent = request
    for kind, same in ((Write, {"value": "12"}), (HeartBeat, {"lists": ()})):
        if isinstance(elsewhere, kind):  # the same body, and so the same signature, each time
            elsewhere, lent = replace(elsewhere, **same), replace(request, **same)
    return Scenario.of(
        operation,
        f"{LABELS[operation]}-not-let-in",
        "401 for a wrong signature and an unknown key, 400 for a time 16 minutes off, 400 or 401 unsigned",
        "CommonErrorCodes page",
        "SLS451 SLS452 SLS454 SLS455",
    ).doing(
        *made(),
        *_before(request),
        *(replace(request, variant=variant) for variant in _NOT_LET_IN),
        *(replace(request, variant=RequestVariant(flaw="body")) for _ in (0,) if isinstance(request, _WITH_BODY)),
        elsewhere,
        replace(lent, variant=RequestVariant(signed_as=elsewhere)),
        *_left(request),
    )


def _left(refused: Request) -> tuple[Request, ...]:
    """Return what shows that a refused request did nothing; a refused heartbeat makes no consumer known."""
    if isinstance(refused, (Create, Update)):
        return (ListGroups(refused.at),)
    stranger = (Write(0, consumer=refused.consumer, force="false"),) if isinstance(refused, HeartBeat) else ()
    return (*stranger, Read(0)) if isinstance(refused, (Write, HeartBeat)) else ()


def _with_token(operation: str, name: str, expects: str, proves: str, *variants: RequestVariant) -> Scenario:
    """Return the scenario of an operation asked with a temporary key, which may be looked up elsewhere."""
    request = REQUESTS[operation](_B if operation == "CreateConsumerGroup" else _A)
    source = "CommonErrorCodes page; RequestSignature page"
    steps = (*made(), *_before(request), *(replace(request, variant=variant) for variant in variants), *_left(request))
    return Scenario.of(operation, f"{LABELS[operation]}-{name}", expects, source, proves).doing(*steps)


def _wrong_token(operation: str) -> Scenario:
    return _with_token(
        operation,
        "token-not-let-in",
        "401 Unauthorized for a wrong security token, 401 for an unsigned one, 400 or 401 without one",
        "SLS451 SLS453 SLS454",
        *(RequestVariant(scheme, key="sts-wrong-token") for scheme in ("v1", "v4")),
        *(RequestVariant(scheme, key="sts-without-token") for scheme in ("v1", "v4")),
        *(RequestVariant(scheme, key="sts", flaw=TOKEN_UNSIGNED.name) for scheme in ("v1", "v4")),
    )


def _expired_token(operation: str) -> Scenario:
    variants = (RequestVariant(scheme, key="sts-expired") for scheme in ("v1", "v4"))
    return _with_token(operation, "token-expired", "401 Unauthorized for a token that has expired", "SLS453", *variants)


def _nowhere(operation: str) -> Scenario:
    make = REQUESTS[operation]
    places = [Place("a", "missing"), Place("a", project="missing")]
    about_group = named_group(make(_A))
    proves = "SLS442 SLS443" + (" SLS441" if about_group else "")
    return Scenario.of(
        operation,
        f"{LABELS[operation]}-nowhere",
        f"404 for a logstore, project{' or group' if about_group else ''} that does not exist",
        f"{_source(operation)}, error codes",
        proves,
    ).doing(*_before(make(_A)), *map(make, places), *((make(_A), Read(at=_A)) if about_group else ()))


def _nearly_named(operation: str) -> Scenario:
    """Return the scenario of places whose names are almost those of others that are there."""
    make = REQUESTS[operation]
    there = Place("name-1")
    roles: tuple[Role, ...] = ("longer", "shorter", "capitals")
    projects: tuple[ProjectRole, ...] = ("longer", "shorter")
    about_group = named_group(make(_A))
    label = there.group if about_group else "name-3"  # a group's name is unique in a project
    places = [Place(label, role) for role in roles] + [Place(label, project=role) for role in projects]
    if about_group:
        places += [Place(label) for label in ("name", "name-12", "Name-1")]
    return Scenario.of(
        operation,
        f"{LABELS[operation]}-nearly-there",
        "404 for names that begin as others, or differ in case; logstores and projects in 400, too",
        f"{_source(operation)}, error codes",
        "SLS442 SLS443" + (" SLS441" if about_group else ""),
    ).doing(*_before(make(_A)), *made(there), Write(0, at=there), *map(make, places), Read(at=there), ListGroups(there))


def _shard(operation: str, *query: tuple[str, str | Kept]) -> Call:
    return Call(operation, "next", query, PROTOBUF if operation == "PullLogs" else (), refused="ShardNotExist")


_CURSOR_ERRORS = "ParameterInvalid InvalidCursor"

BROUGHT_ABOUT: Mapping[tuple[str, str], tuple[str, tuple[Request, ...]]] = {
    ("CreateConsumerGroup", "ConsumerGroupAlreadyExist"): (
        "a group of this name exists",
        (Create(_A), Create(_A), Create(_A, timeout=10, order=True), ListGroups(_A)),
    ),
    ("CreateConsumerGroup", "JsonInfoInvalid"): (
        "the timeout is a text",
        (Create(_B, timeout="soon", refused="JsonInfoInvalid"), ListGroups(_B)),
    ),
    ("UpdateConsumerGroup", "JsonInfoInvalid"): (
        "the timeout is a text",
        (Create(_A), Update("soon", refused="JsonInfoInvalid"), ListGroups(_A)),
    ),
    ("ConsumerGroupHeartBeat", "NotExistConsumerWithBody"): (
        "the first heartbeat of a consumer lists a shard, also where a group of this name was deleted",
        (
            *(Create(_A), HeartBeat(), Delete(_A), Create(_A)),
            HeartBeat(lists=(0,), refused="NotExistConsumerWithBody"),
            HeartBeat("consumer_2", lists=(0,), refused="NotExistConsumerWithBody"),
            Write(0, force="false"),
            Read(0),
        ),
    ),
    ("ConsumerGroupUpdateCheckPoint", "InvalidShardCheckPoint"): (
        "the checkpoint is not base64",
        (Create(_A), HeartBeat(), Write(0), Write(0, raw="not base64!", refused="InvalidShardCheckPoint"), Read(0)),
    ),
    ("ConsumerGroupUpdateCheckPoint", "ShardNotExist"): (
        "there is no such shard",
        (Create(_A), HeartBeat(), Write("next", refused="ShardNotExist"), Write("far", refused="ShardNotExist")),
    ),
    ("GetCursor", "ShardNotExist"): ("there is no such shard", (_shard("GetCursor", ("from", "begin")),)),
    ("GetCursor", "ParameterInvalid"): (
        "from is no time",
        (
            Call("GetCursor", 0, (("from", "yesterday"),), refused="ParameterInvalid"),
            Call("GetCursor", 0, (("from", "12.5"),), refused="ParameterInvalid"),
        ),
    ),
    ("PullLogs", "ShardNotExist"): (
        "there is no such shard",
        (get_cursor(), _shard("PullLogs", ("cursor", _BEGIN), ("count", "1"))),
    ),
    ("PullLogs", "ParameterInvalid"): (
        "count is more than 1000",
        (
            get_cursor(),
            Call("PullLogs", 0, (("cursor", _BEGIN), ("count", "1001")), PROTOBUF, refused="ParameterInvalid"),
        ),
    ),
    ("PullLogs", "InvalidCursor"): (
        "the cursor is none",
        (
            Call("PullLogs", 0, (("cursor", _NO_CURSOR), ("count", "1")), PROTOBUF, refused=_CURSOR_ERRORS),
            Call("PullLogs", 0, (("cursor", "%%%"), ("count", "1")), PROTOBUF, refused=_CURSOR_ERRORS),
        ),
    ),
    ("GetCursorTime", "ShardNotExist"): (
        "there is no such shard",
        (get_cursor(), _shard("GetCursorTime", ("cursor", _BEGIN))),
    ),
    ("GetCursorTime", "InvalidCursor"): (
        "the cursor is none",
        (
            Call("GetCursorTime", 0, (("cursor", _NO_CURSOR),), refused=_CURSOR_ERRORS),
            Call("GetCursorTime", 0, (("cursor", "%%%"),), refused=_CURSOR_ERRORS),
        ),
    ),
    ("PutLogs", "PostBodyInvalid"): (
        "the body is no message in protobuf",
        (Put(body=_damaged, refused="PostBodyInvalid"),),
    ),
    ("PutLogs", "PostBodyUncompressError"): (
        "the body is not compressed as its header says",
        (
            Put(body=_damaged, coding="lz4", refused="PostBodyUncompressError"),
            Put(body=_damaged, coding="deflate", refused="PostBodyUncompressError"),
        ),
    ),
    ("PutLogs", "InvalidEncoding"): ("a key is not UTF-8", (Put(body=_no_utf8, refused="InvalidEncoding"),)),
}
"""By operation and errorCode: why it must come, and the steps that bring it about."""

COMMON = frozenset({"LogStoreNotExist", "ConsumerGroupNotExist", "ProjectNotExist"})
"""Errors of the scenarios that end in ``-nowhere``."""

_NO_SHARD = "needs a logstore without shards, which no request makes"
_NO_RULE = "no page says what is wrong with"
NOT_TRIGGERED: Mapping[tuple[str, str], str] = {
    ("GetCursor", "LogStoreWithoutShard"): _NO_SHARD,
    ("GetCursorTime", "LogStoreWithoutShard"): _NO_SHARD,
    ("ListShards", "LogStoreWithoutShard"): _NO_SHARD,
    ("PutLogs", "InvalidKey"): f"{_NO_RULE} an invalid key",
    ("PutLogs", "InvalidTimestamp"): f"{_NO_RULE} an invalid timestamp",
    ("PutLogs", "PostBodyTooLarge"): "pages differ by the limit, 3 MB or 10 MB; that much is written to no logstore",
}
"""Errors of the tables that are not brought about, and why."""


def _documented() -> Iterator[Scenario]:
    for (operation, code), (why, steps) in BROUGHT_ABOUT.items():
        words = "".join(f"-{char.lower()}" if char.isupper() else char for char in code)
        also = " SLS408" if any(isinstance(step, ListGroups) for step in steps) else ""
        yield Scenario.of(
            operation,
            f"{LABELS[operation]}{words}",
            f"{code}: {why}",
            f"{_source(operation)}, error codes",
            ("SLS436" if code == "NotExistConsumerWithBody" else "SLS445") + also,
        ).doing(*steps)


SCENARIOS = (
    *(_served(operation) for operation in REQUESTS),
    *(_nowhere(operation) for operation in REQUESTS),
    *(_nearly_named(operation) for operation in REQUESTS),
    *_documented(),
    *(_not_let_in(operation) for operation in REQUESTS),
    *(_wrong_token(operation) for operation in REQUESTS),
    *(_expired_token(operation) for operation in REQUESTS),
)

SERVED: Mapping[str, str] = {operation: f"{label}-served" for operation, label in LABELS.items()}
"""By operation, the scenario that shows whether an endpoint offers it at all."""
