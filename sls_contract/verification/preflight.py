"""Before the first scenario: check that the endpoint accepts the credentials, and read the shards of each logstore."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.checks.sequence_outcomes import error_code
from sls_contract.checks.subject import CLOCK_ERRORS
from sls_contract.errors import EndpointError
from sls_contract.scenarios.steps import IN_EACH_SCHEME, Create, HeartBeat, Place, Read, RequestVariant, Role
from sls_contract.verification.existing_group import EXISTING
from sls_contract.verification.outcome import Busy, NotSupported, Stopped
from sls_contract.verification.responses import lost, objects_of
from sls_contract.verification.session import BUSY_PAUSE, RUNS_MORE, Session
from sls_contract.verification.wire import EndpointGone, ResponseLost, Sent

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sls_contract.exchange import Request
    from sls_contract.scenarios.bench import Bench
    from sls_contract.verification.execution import Execution
    from sls_contract.verification.target import Target

_ROLES: tuple[Role, ...] = ("main", "other", "wide", "abroad")
_REFUSED = frozenset({400, 401})
_NO_RIGHT = (403, "Unauthorized")  # of a key that may have rights elsewhere
_PROBES = 3  # until a complete response comes
_HEARTBEATS = 3  # until one assigns a shard
_BETWEEN_HEARTBEATS = 0.5  # seconds


class EndpointRefuses(EndpointError):
    """The endpoint responds, but cannot be verified: the key, project or logstore is wrong."""


def probe_endpoint(session: Session) -> RequestVariant:
    """Read a group that does not exist in each signature scheme, and return the first variant that is accepted.

    Sets the wire's clock and probe. Raises `EndpointGone` where no response comes, `EndpointRefuses` where no scheme is
    accepted.
    """
    wire = session.wire
    for variant in IN_EACH_SCHEME:
        sent = _send_probe(session, variant)
        if error_code(sent.response) in CLOCK_ERRORS and wire.offset:
            sent = _send_probe(session, variant)
        wire.probe = wire.probe or _probe_maker(session, variant)
        code = error_code(sent.response) or ""
        refused = sent.response.status in _REFUSED or (sent.response.status, code) == _NO_RIGHT
        if not refused or code.endswith("NotExist"):
            return variant
    msg = (
        f"{session.target.endpoint} refuses the credentials in every signature form: {sent.response.status} "
        f"{error_code(sent.response) or 'without errorCode'}. How to fix: set ALIBABA_CLOUD_ACCESS_KEY_ID, "
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for a temporary key, ALIBABA_CLOUD_SECURITY_TOKEN to a key that may use "
        f"project {session.target.project!r}, and check that both clocks agree."
    )
    raise EndpointRefuses(msg)


def _send_probe(session: Session, variant: RequestVariant) -> Sent:
    """Send the probe until a complete response comes, at most `_PROBES` times; else raise `EndpointGone`."""
    for left in reversed(range(_PROBES)):
        try:
            sent = session.wire(_probe_maker(session, variant))
        except ResponseLost as error:
            session.collect_sent(replace(error.sent, findings=lost(error)))
            if not left:
                raise EndpointGone(str(error)) from error
        else:
            break
    session.collect_sent(sent)
    return sent


def _probe_maker(session: Session, variant: RequestVariant) -> Callable[[datetime], Request]:
    bench = session.bench
    return lambda at: bench.request(Read(at=Place("hello"), variant=variant), at)


def read_shards(session: Session) -> None:
    """Read the shards of the existing group, or else of each logstore.

    Raises `EndpointGone` where the service is too busy, `EndpointRefuses` where group, project or logstore is missing.
    """
    try:
        if session.target.group is not None:
            _read_existing_group(session)
            return
        for role in filter(session.bench.logstores.__contains__, _ROLES):
            if not session.obstacles.unsupported:
                read_logstore_shards(session, role)
    except Busy as error:
        raise _too_busy(error) from error


def _too_busy(error: Busy) -> EndpointGone:
    return EndpointGone(f"{error}. How to fix: verify the endpoint again when it is less busy.")


def _read_existing_group(session: Session) -> None:
    """Use the shards that the existing group lists as those of the logstore."""
    execution, target = session.new_execution(), session.target
    try:
        execution.perform((Read(at=EXISTING),))
        response = execution.done[-1].exchange.response
        _expect_place(execution, target, "main")
        if response and error_code(response) == "ConsumerGroupNotExist":
            msg = (
                f"logstore {target.logstore!r} has no consumer group {target.group!r}. "
                "How to fix: name one that exists with --group."
            )
            raise EndpointRefuses(msg)
    finally:
        session.collect(execution, None)
    shards = _listed(execution)
    session.bench = session.bench.with_shards("main", shards)
    session.run.facts.append(f"consumer group {target.group} lists {len(shards)} shards and was only read")


def read_logstore_shards(session: Session, role: Role, *, more: int = RUNS_MORE) -> None:
    """Read the shards of one logstore with a new group; ``more`` times again where the service was busy or failed.

    Raises `EndpointGone` where it was busy each time, `EndpointRefuses` where the project or logstore does not exist.
    """
    execution, retry = session.new_execution(), False
    try:
        shards = _shards_of(execution, role)
    except Stopped as error:
        _expect_place(execution, session.target, role)
        retry = more > 0 and (isinstance(error, Busy) or _only_the_server_failed(execution))
        if isinstance(error, Busy) and not retry:
            raise _too_busy(error) from error
        if role == "main" and not retry:
            session.obstacles.unsupported = str(error)
    else:
        retry = more > 0 and _only_the_server_failed(execution)  # a busy heartbeat ends in no exception
        if not retry:
            _keep_shards(session, role, shards)
    finally:
        if not retry:
            session.collect(execution, None)
        session.clean_up()
    if retry:
        session.wire.sleep(BUSY_PAUSE)
        read_logstore_shards(session, role, more=more - 1)


def _keep_shards(session: Session, role: Role, shards: tuple[int, ...]) -> None:
    known, session.bench = role in session.bench.shards, session.bench.with_shards(role, shards)
    if not known:
        session.run.facts.append(_shards_found(session.bench, role, len(shards)))


def _only_the_server_failed(execution: Execution) -> bool:
    return execution.violated and execution.only_server_failures


def _shards_found(bench: Bench, role: Role, count: int) -> str:
    """Return the number of shards of a logstore as a fact; a logstore of another project is named with it."""
    if role == "abroad":
        return f"logstore {bench.logstores[role]} of project {bench.other_project} has {count} shards"
    return f"logstore {bench.logstores[role]} has {count} shards"


def _shards_of(execution: Execution, role: Role) -> tuple[int, ...]:
    """Return the shards that a lone consumer is assigned, and those that its group lists.

    Source: HeartBeat page: the response lists all shards that the consumer consumes. Raises `NotSupported` where groups
    cannot be created.
    """
    place = Place("learn", role)
    try:
        execution.perform((Create(place),))
    except Busy:
        if not execution.exists(place):  # else an attempt that was told busy has created it
            raise
    assigned = _assigned(execution, place)
    execution.perform((Read(at=place),))
    return tuple(sorted({*assigned, *_listed(execution)}))


def _assigned(execution: Execution, place: Place) -> tuple[int, ...]:
    """Return the shards that a lone consumer is assigned; none where the endpoint does not support HeartBeat."""
    for attempt in range(_HEARTBEATS):
        if attempt:
            execution.wire.sleep(_BETWEEN_HEARTBEATS)
        try:
            execution.perform((HeartBeat("consumer_1", place),))
        except NotSupported:
            return ()
        if execution.held("consumer_1", place):
            break
    return execution.held("consumer_1", place)


def _listed(execution: Execution) -> tuple[int, ...]:
    response = execution.done[-1].exchange.response
    listed = objects_of(response) if response and response.is_ok else []
    shards = (entry.get("shard") for entry in listed)
    return tuple(shard for shard in shards if type(shard) is int and shard >= 0)


def _expect_place(execution: Execution, target: Target, role: Role) -> None:
    """Raise `EndpointRefuses` where the first response says that the project or logstore does not exist."""
    response = execution.done[0].exchange.response
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
