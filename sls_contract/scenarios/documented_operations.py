"""Scenarios of each operation: success, common refusals, and the errors of its page that a client can trigger.

The operations and their errors are those of the contracts; this module knows how to trigger the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.scenarios.near_misses import NEAR_MISSES, TOKEN_UNSIGNED
from sls_contract.scenarios.scenario import Scenario, setup
from sls_contract.scenarios.steps import (
    BODY_END,
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
    ShardRef,
    Step,
    Update,
    Write,
    needs_group,
    operation_name,
)
from sls_contract.signing import SCHEMES
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from sls_contract.signing.dialect import Scheme

_A, _B = Place("a"), Place("b")
_WITH_BODY = (Create, Update, HeartBeat, Write, Put)
PROTOBUF = (("Accept", "application/x-protobuf"), ("Accept-Encoding", "lz4"))
_BEGIN = Kept("begin")
_SIGNED = "RequestSignature page; CommonErrorCodes page"


class Refusal(NamedTuple):
    """A sender that must be refused: the end of the scenarios' names, what they expect and prove, and the variants."""

    name: str
    expects: str
    proves: str
    variants: tuple[RequestVariant, ...]


NOT_LET_IN = Refusal(
    "not-let-in",
    "401 for a wrong signature and an unknown key, 400 for a time 16 minutes off, 400 or 401 unsigned",
    "SLS451 SLS452 SLS454 SLS455",
    (
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
    ),
)
WRONG_TOKEN = Refusal(
    "token-not-let-in",
    "401 Unauthorized for a wrong security token, 401 for an unsigned one, 400 or 401 without one",
    "SLS451 SLS453 SLS454",
    (
        *(RequestVariant(scheme, key="sts-wrong-token") for scheme in ("v1", "v4")),
        *(RequestVariant(scheme, key="sts-without-token") for scheme in ("v1", "v4")),
        *(RequestVariant(scheme, key="sts", flaw=TOKEN_UNSIGNED.name) for scheme in ("v1", "v4")),
    ),
)
EXPIRED_TOKEN = Refusal(
    "token-expired",
    "401 Unauthorized for a token that has expired",
    "SLS453",
    tuple(RequestVariant(scheme, key="sts-expired") for scheme in ("v1", "v4")),
)


def get_cursor(at: Place = _A, shard: ShardRef = 0) -> Call:
    """Return the step that gets the first cursor of a shard, and keeps it."""
    return Call("GetCursor", shard, (("from", "begin"),), at=at, keep=_BEGIN.name)


def pull(at: Place = _A, *, count: int = 10) -> Call:
    """Return the step that pulls a shard at the cursor that `get_cursor` keeps."""
    return Call("PullLogs", 0, (("cursor", _BEGIN), ("count", str(count))), PROTOBUF, at)


REQUESTS: Mapping[str, Callable[[Place], Request]] = {
    "ListConsumerGroup": ListGroups,
    "CreateConsumerGroup": Create,
    "UpdateConsumerGroup": lambda at: Update(60, order=True, at=at),
    "DeleteConsumerGroup": Delete,
    "ConsumerGroupHeartBeat": lambda at: HeartBeat("consumer_2", at),
    "ConsumerGroupUpdateCheckPoint": lambda at: Write(0, at=at),
    "GetCursor": get_cursor,
    "PullLogs": pull,
    "GetCursorTime": lambda at: Call("GetCursorTime", 0, (("cursor", _BEGIN),), at=at),
    "ListShards": lambda at: Call("ListShards", at=at),
    "PutLogs": lambda at: Put(at=at),
}
"""A correct request of each operation with the scenarios below; some need the cursor that `get_cursor` keeps."""

LABELS = {
    "ListConsumerGroup": "list-groups",
    "CreateConsumerGroup": "create-group",
    "UpdateConsumerGroup": "update-group",
    "DeleteConsumerGroup": "delete-group",
    "ConsumerGroupHeartBeat": "heartbeat",
    "ConsumerGroupUpdateCheckPoint": "update-checkpoint",
    "GetCursor": "get-cursor",
    "PullLogs": "pull-logs",
    "GetCursorTime": "get-cursor-time",
    "ListShards": "list-shards",
    "PutLogs": "put-logs",
}
"""The beginning of the names of an operation's scenarios."""


def source_of(operation: str) -> str:
    """Return the name of an operation's page."""
    return f"{operation} page"


def _cursor(step: Request) -> tuple[Request, ...]:
    """Return the step that gets the cursor, if a request needs one."""
    needs_cursor = isinstance(step, Call) and any(value == _BEGIN for _, value in step.query)
    return (get_cursor(),) if needs_cursor else ()


def _request(operation: str) -> Request:
    """Return a correct request; CreateConsumerGroup names a group that does not exist."""
    return REQUESTS[operation](_B if operation == "CreateConsumerGroup" else _A)


def _scenario(operation: str, end: str, expects: str, source: str, proves: str, *steps: Step) -> Scenario:
    return Scenario.of(operation, f"{LABELS[operation]}-{end}", expects, source, proves).doing(*steps)


def _refused(request: Request, end: str, expects: str, source: str, proves: str, *refused: Request) -> Scenario:
    """Return the scenario of requests that must be refused, all variants of one, and that must have no effect."""
    steps = (*setup(), *_cursor(request), *refused, *_unchanged(request))
    return _scenario(operation_name(request), end, expects, source, proves, *steps)


def _served(operation: str) -> Scenario:
    """Return the scenario of successes in each signature scheme."""
    request = _request(operation)
    steps: list[Step] = [*setup(), *_cursor(request)]
    for variant in IN_EACH_SCHEME:
        steps.append(replace(request, variant=variant))
        if isinstance(request, (Create, Delete)):
            steps.append((Delete if isinstance(request, Create) else Create)(request.at))
    expects = "200, signed as v1 with either hash and as v4"
    return _scenario(operation, "served", expects, source_of(operation), "SLS444 SLS456", *steps)


def _unauthorized(operation: str) -> Scenario:
    request = signed = _request(operation)
    elsewhere = REQUESTS[operation](Place(request.at.group, "missing"))
    for kind, same in ((Write, {"value": "12"}), (HeartBeat, {"lists": ()})):
        if isinstance(elsewhere, kind):  # equal bodies: only the logstore differs between the signed requests
            elsewhere, signed = replace(elsewhere, **same), replace(request, **same)
    foreign = (elsewhere, replace(signed, variant=RequestVariant(signed_as=elsewhere)))
    return _not_let_in(operation, NOT_LET_IN, "CommonErrorCodes page", *foreign)


def _not_let_in(operation: str, refusal: Refusal, source: str = _SIGNED, *more: Request) -> Scenario:
    request = _request(operation)
    refused = (*_variants(request, refusal.variants), *more)
    return _refused(request, refusal.name, refusal.expects, source, refusal.proves, *refused)


def _variants(request: Request, variants: Iterable[RequestVariant]) -> tuple[Request, ...]:
    return tuple(replace(request, variant=variant) for variant in variants)


def near_misses(request: Request) -> tuple[RequestVariant, ...]:
    """Return a request's variants whose signature is almost correct: each flaw that it can have, in each scheme."""
    has_query = isinstance(request, (HeartBeat, Write)) or (isinstance(request, Call) and bool(request.query))
    possible = (
        flaw
        for flaw in NEAR_MISSES.values()
        if (has_query or not flaw.needs_query) and (isinstance(request, _WITH_BODY) or not flaw.on_writes)
    )
    return tuple(RequestVariant(scheme, flaw=flaw.name) for flaw in possible for scheme in flaw.schemes)


def _nearly_signed(operation: str) -> Scenario:
    request, sibling = _request(operation), Place("a-2")
    foreign = (Create(sibling), *_signed_as(request, sibling)) if needs_group(request) else ()
    refused = (*_variants(request, near_misses(request)), *foreign)
    expects = "401 SignatureNotMatch, or any 400 or 401, for each signature that is almost correct"
    return _refused(request, "nearly-signed", expects, _SIGNED, "SLS451 SLS454", *refused)


def _signed_for_another(operation: str, kind: str, role: Role, *schemes: Scheme) -> Scenario:
    """Return the scenario of signatures that are correct for another existing logstore, and were used for this one."""
    request = _request(operation)
    other = replace(request.at, logstore=role)
    refused = (*((Create(other),) if needs_group(request) else ()), *_signed_as(request, other, *schemes))
    expects = f"401 SignatureNotMatch for a signature of the same request to another {kind}"
    return _refused(request, f"signed-for-another-{kind}", expects, _SIGNED, "SLS451", *refused)


def _signed_as(request: Request, at: Place, *schemes: Scheme) -> tuple[Request, ...]:
    """Return a request with the signature of the same one to another place, in each scheme."""
    other = replace(request, at=at)
    return _variants(request, (RequestVariant(each, signed_as=other) for each in schemes or SCHEMES))


def _unchanged(refused: Request) -> tuple[Request, ...]:
    """Return steps which show that a refused request had no effect, such as no consumer of a refused heartbeat."""
    if isinstance(refused, (Create, Update)):
        return (ListGroups(refused.at),)
    if isinstance(refused, Delete):
        return (Read(at=refused.at),)
    stranger = (Write(0, consumer=refused.consumer, force="false"),) if isinstance(refused, HeartBeat) else ()
    return (*stranger, Read(0)) if isinstance(refused, (Write, HeartBeat)) else ()


def _omissions(operation: str) -> Iterator[tuple[str, ...]]:
    """Yield the parameters without which the contract has no such request, one by one.

    Never the name of a group: an endpoint that accepts such a request may create a group that the run cannot delete.
    """
    contract = registry().named(operation)
    assert contract is not None
    value = contract.body.value if contract.body and contract.body.content == "json" else None
    members = value.members if value else {}
    required = (key for key, each in {**contract.query, **members}.items() if each.required)
    yield from ((key,) for key in required if key not in {*contract.discriminator, "consumerGroup"})
    if value:
        yield from filter(None, (value.some_of, (BODY_END,)))


def _incomplete(operation: str) -> Scenario:
    """Return the scenario of requests without something that they need, after a correct one."""
    request = _request(operation)
    served = (request, Delete(request.at)) if isinstance(request, Create) else (request,)
    lacking = _variants(request, (RequestVariant(omits=names) for names in _omissions(operation)))
    expects = "400 for a request without a required parameter, and for one whose JSON ends too early"
    source = f"{source_of(operation)}, request parameters; common error table of 2026"
    return _refused(request, "incomplete", expects, source, "SLS445", *served, *lacking)


def _missing_place(operation: str) -> Scenario:
    make = REQUESTS[operation]
    request, places = make(_A), [Place("a", "missing"), Place("a", project="missing")]
    about_group = needs_group(request)
    steps = (*_cursor(request), *map(make, places), *((request, Read(at=_A)) if about_group else ()))
    expects = f"404 for a logstore, project{' or group' if about_group else ''} that does not exist"
    proves = "SLS442 SLS443" + (" SLS441" if about_group else "")
    return _scenario(operation, "nowhere", expects, f"{source_of(operation)}, error codes", proves, *steps)


def _similar_names(operation: str) -> Scenario:
    """Return the scenario of missing places whose names are similar to existing ones."""
    make = REQUESTS[operation]
    existing = Place("name-1")
    roles: tuple[Role, ...] = ("longer", "shorter", "capitals")
    projects: tuple[ProjectRole, ...] = ("longer", "shorter")
    about_group = needs_group(make(_A))
    label = existing.group if about_group else "name-3"  # a group's name is unique in a project
    places = [Place(label, role) for role in roles] + [Place(label, project=role) for role in projects]
    if about_group:
        places += [Place(label) for label in ("name", "name-12", "Name-1")]
    written = (*setup(existing), Write(0, at=existing))
    steps = (*_cursor(make(_A)), *written, *map(make, places), Read(at=existing), ListGroups(existing))
    expects = "404 for names with the same beginning as others, or in another case; for logstores and projects also 400"
    proves = "SLS442 SLS443" + (" SLS441" if about_group and operation != "DeleteConsumerGroup" else "")
    return _scenario(operation, "nearly-there", expects, f"{source_of(operation)}, error codes", proves, *steps)


SCENARIOS = (
    *(_served(operation) for operation in REQUESTS),
    *(_missing_place(operation) for operation in REQUESTS),
    *(_similar_names(operation) for operation in REQUESTS),
    *(_incomplete(operation) for operation in REQUESTS if any(_omissions(operation))),
    *(_unauthorized(operation) for operation in REQUESTS),
    *(_nearly_signed(operation) for operation in REQUESTS),
    *(_signed_for_another(operation, "logstore", "other") for operation in REQUESTS),
    # v4 is the only scheme that signs the host:
    *(_signed_for_another(operation, "project", "abroad", "v4") for operation in REQUESTS),
    *(_not_let_in(operation, WRONG_TOKEN) for operation in REQUESTS),
    *(_not_let_in(operation, EXPIRED_TOKEN) for operation in REQUESTS),
)

SERVED: Mapping[str, str] = {operation: f"{label}-served" for operation, label in LABELS.items()}
"""By operation, the scenario which shows whether an endpoint offers it."""
