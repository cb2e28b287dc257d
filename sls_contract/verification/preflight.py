"""Before the first scenario: is anybody there, are we let in, what shards are there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.checks.sequence_outcomes import error_code
from sls_contract.checks.subject import CLOCK_ERRORS
from sls_contract.errors import EndpointError
from sls_contract.scenarios.steps import IN_EACH_SCHEME, Create, HeartBeat, Place, Read, RequestVariant, Role
from sls_contract.verification.answered import objects_of
from sls_contract.verification.existing_group import EXISTING
from sls_contract.verification.requests import NotSupported
from sls_contract.verification.wire import AnswerLost, EndpointGone, lost

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sls_contract.exchange import Request, Response
    from sls_contract.scenarios.bench import Bench
    from sls_contract.verification.performance import Performance
    from sls_contract.verification.target import Target
    from sls_contract.verification.wire import Sent, Wire

_OK = 200
_REFUSED = frozenset({400, 401})
_NO_RIGHT = (403, "Unauthorized")  # of a key that may do other things, perhaps
_GREETINGS = 3  # until one is answered whole
_HEARTBEATS = 3  # until one assigns something
_BETWEEN = 0.5  # seconds between them


class EndpointRefuses(EndpointError):
    """The endpoint answers, and verifying it makes no sense: wrong key, project or logstore."""


def greet(wire: Wire, bench: Bench, target: Target, remember: Callable[[Sent], None]) -> RequestVariant:
    """Ask for a group that is not there, in each scheme until one is let in; return that one's dress.

    Sets the wire's clock and probe. Raises `EndpointGone` where nobody answers, `EndpointRefuses` where we are not
    let in or sent away.
    """
    for variant in IN_EACH_SCHEME:
        sent = _ask(wire, bench, variant, remember)
        if error_code(sent.response) in CLOCK_ERRORS and wire.offset:
            sent = _ask(wire, bench, variant, remember)
        wire.probe = wire.probe or _asker(bench, variant)
        code = error_code(sent.response) or ""
        refused = sent.response.status in _REFUSED or (sent.response.status, code) == _NO_RIGHT
        if not refused or code.endswith("NotExist"):
            return variant
    raise EndpointRefuses(_unwelcome(sent.response, target))


def learn(performance: Performance, role: Role) -> tuple[int, ...]:
    """Return the shards of a logstore: those that a lone consumer is assigned, and those that are listed besides.

    Source: HeartBeat page: the answer lists all shards that the consumer consumes. Raises `NotSupported` where groups
    cannot be made.
    """
    place = Place("learn", role)
    performance.perform((Create(place),))
    assigned = _assigned(performance, place)
    performance.perform((Read(at=place),))
    return tuple(sorted({*assigned, *_listed(performance)}))


def listed_shards(performance: Performance, target: Target) -> tuple[int, ...]:
    """Return the shards that an existing group lists; raises `EndpointRefuses` where it is not there."""
    performance.perform((Read(at=EXISTING),))
    response = performance.done[-1].exchange.response
    code = error_code(response) if response else None
    expect_place(performance, target, "main")
    if code == "ConsumerGroupNotExist":
        msg = (
            f"logstore {target.logstore!r} has no consumer group {target.group!r}. "
            "How to fix: name one that exists with --group."
        )
        raise EndpointRefuses(msg)
    return _listed(performance)


def _assigned(performance: Performance, place: Place) -> tuple[int, ...]:
    """Return what a lone consumer is assigned; nothing where the endpoint knows no heartbeats."""
    for again in range(_HEARTBEATS):
        if again:
            performance.wire.sleep(_BETWEEN)
        try:
            performance.perform((HeartBeat("consumer_1", place),))
        except NotSupported:
            return ()
        if performance.held("consumer_1", place):
            break
    return performance.held("consumer_1", place)


def _ask(wire: Wire, bench: Bench, variant: RequestVariant, remember: Callable[[Sent], None]) -> Sent:
    """Ask until a whole answer comes, a few times; raises `EndpointGone` where none does."""
    for again in reversed(range(_GREETINGS)):
        try:
            sent = wire(_asker(bench, variant))
        except AnswerLost as error:
            remember(replace(error.sent, findings=lost(error)))
            if not again:
                raise EndpointGone(str(error)) from error
        else:
            break
    remember(sent)
    return sent


def _asker(bench: Bench, variant: RequestVariant) -> Callable[[datetime], Request]:
    return lambda at: bench.request(Read(at=Place("hello"), variant=variant), at)


def expect_place(performance: Performance, target: Target, role: Role) -> None:
    """Raise `EndpointRefuses` where making a group was answered that project or logstore do not exist."""
    response = performance.done[0].exchange.response
    code = error_code(response) if response else None
    if code == "ProjectNotExist":
        option, name = ("--other-project", target.other_project) if role == "abroad" else ("--project", target.project)
        msg = f"{target.endpoint} has no project {name!r}. How to fix: name one of yours with {option}."
        raise EndpointRefuses(msg)
    if code == "LogStoreNotExist":
        option = {"other": "--other-logstore", "abroad": "--other-project"}.get(role, "--logstore")
        project, logstore = target.bench().project_of(Place(logstore=role)), target.logstores()[role]
        thing = "a project that has it" if role == "abroad" else "one"
        msg = f"project {project!r} has no logstore {logstore!r}. How to fix: name {thing} with {option}."
        raise EndpointRefuses(msg)


def _unwelcome(response: Response, target: Target) -> str:
    return (
        f"{target.endpoint} refuses the credentials in every signature form: {response.status} "
        f"{error_code(response) or 'without errorCode'}. How to fix: set ALIBABA_CLOUD_ACCESS_KEY_ID, "
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a temporary key, ALIBABA_CLOUD_SECURITY_TOKEN to a key that may use "
        f"project {target.project!r}, and see that clocks agree."
    )


def _listed(performance: Performance) -> tuple[int, ...]:
    response = performance.done[-1].exchange.response
    listed = objects_of(response) if response and response.status == _OK else []
    shards = (entry.get("shard") for entry in listed)
    return tuple(shard for shard in shards if type(shard) is int and shard >= 0)
