"""The reference endpoint: a `Send` that supports GetCheckPoint and the other operations that consumers of logs need."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sls_contract.endpoint.delivery import DeliveredResponse
from sls_contract.endpoint.refusal import MISDIRECTED, refusal
from sls_contract.endpoint.state import consumer_groups, cursors, parameters, responses
from sls_contract.endpoint.state import shards as layout
from sls_contract.endpoint.state.authentication import ClockError, Keyring, authenticate
from sls_contract.endpoint.state.call import Call
from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
from sls_contract.endpoint.state.handlers import route
from sls_contract.endpoint.state.log_groups import encoded_group
from sls_contract.endpoint.state.responses import ServiceError
from sls_contract.endpoint.state.scripted import Script, Scripted
from sls_contract.endpoint.state.store import GroupKey, ReceivedGroup, ShardKey, Store
from sls_contract.endpoint.state.store_memory import MemoryStore
from sls_contract.errors import EndpointError, UsageError
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.hosts import is_address, names_project
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sls_contract.endpoint.state.shards import Shard

DEFAULT_PROJECT = "my-project"
DEFAULT_LOGSTORE = "my-logstore"
DEFAULT_TIMEOUT = 60  #: seconds, of groups that the state methods create
_DEFAULT_LOGSTORES: Mapping[tuple[str, str], int] = {(DEFAULT_PROJECT, DEFAULT_LOGSTORE): 2}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Served(NamedTuple):
    """One exchange as the client saw it; ``scripted`` if a test defined the response."""

    exchange: Exchange
    scripted: bool


class ReferenceEndpoint:
    """Responds as the pages and the observed service do. Callable with a `Request`; safe to share among threads.

    Args:
        clock: gives the time, aware, for responses, ``updateTime`` and heartbeats, and to check the time of requests.
        credentials: the keys that it accepts; by default the public test keys.
        store: keeps the state; by default in memory.
        logstores: ``(project, logstore)`` and its number of shards if it does not exist yet.
        clock_error: the error code for a request more than 15 minutes off: today's, or the one of 2021.
        seed: the start of the request ids.
        keep_log: whether ``log`` keeps every exchange.

    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        credentials: Iterable[Credentials] = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS),
        store: Store | None = None,
        logstores: Mapping[tuple[str, str], int] = _DEFAULT_LOGSTORES,
        clock_error: ClockError = "RequestTimeExpired",
        seed: int = 0,
        keep_log: bool = True,
    ) -> None:
        """Prepare the state; raises `EndpointError` for an unusable state file."""
        self._clock, self._clock_error = clock, clock_error
        self._store = store if store is not None else MemoryStore()
        self._keyring, self._script = Keyring(credentials), Script()
        self._lock, self._count, self._log = RLock(), seed << 32, list[Served]()
        self._keep_log = keep_log
        self._watchers: list[Callable[[Served], None]] = []
        for (project, logstore), shards in logstores.items():
            with self._transaction():
                if self._store.shards(project, logstore) is None:
                    self._put_logstore(project, logstore, shards)

    def __call__(self, request: Request) -> Response:
        """Return the response to a request; no request raises an exception."""
        with self._lock:
            now = self._received_at(request)
            self._count += 1
            scripted = self._script.take(request)
            response = self._respond(request, scripted, now)
            if self._keep_log or self._watchers:
                self._record(request, response, scripted=scripted is not None)
            return response

    def __enter__(self) -> Self:
        """Return the endpoint; leaving closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the state file."""
        with self._lock:
            self._store.close()

    @property
    def log(self) -> tuple[Served, ...]:
        """Every exchange so far, in order."""
        with self._lock:
            return tuple(self._log)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange so far; ``response`` is None if no byte was sent."""
        return tuple(served.exchange for served in self.log)

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far."""
        return tuple(served.exchange.request for served in self.log)

    def watch(self, watcher: Callable[[Served], None]) -> None:
        """Call a function with every exchange from now on, before its response is sent."""
        with self._lock:
            self._watchers.append(watcher)

    def respond_next(self, response: Response | ServiceError | Scripted, times: int | None = 1) -> None:
        """Script the response to the next requests, after earlier ones; ``times=None``: until `respond_normally`.

        A `Scripted`, such as that of ``fault("…")``, may have its own ``times`` and its own condition for requests. A
        ``times`` other than 1 overrides its own.
        """
        if isinstance(response, DeliveredResponse):
            response = Scripted(response, response.delivery)
        elif isinstance(response, (Response, ServiceError)):
            response = Scripted(response)
        elif not isinstance(response, Scripted):
            msg = f"respond_next: expected a Response, ServiceError or Scripted, got {type(response).__name__}"
            raise UsageError(msg)
        if times != 1 or type(times) is not int:
            response = replace(response, times=times)
        with self._lock:
            self._script.add(response)

    def respond_normally(self) -> None:
        """Remove the pending scripted responses."""
        with self._lock:
            self._script.clear()

    def add_credentials(self, credentials: Credentials) -> None:
        """Accept another key."""
        with self._lock:
            self._keyring.add(credentials)

    def expire_token(self, security_token: str) -> None:
        """Refuse a security token from now on as expired."""
        with self._lock:
            self._keyring.expire(security_token)

    def add_project(self, project: str) -> None:
        """Add a project without logstores."""
        with self._transaction():
            self._store.add_project(_addressable("project", project, "./:@"))

    def add_logstore(self, project: str, logstore: str, shards: int | Iterable[int] = 2) -> None:
        """Add a logstore with so many shards (ids from 0), or with these ids; replace the shards of an existing one."""
        with self._transaction():
            self._put_logstore(project, logstore, shards)

    def shards(
        self, *, project: str = DEFAULT_PROJECT, logstore: str = DEFAULT_LOGSTORE, readonly: bool = True
    ) -> tuple[int, ...]:
        """Return a logstore's shard ids; with ``readonly=False`` without those that were split or merged."""
        with self._lock, self._store.transaction(write=False):
            return _numbers(self._shards(project, logstore), readonly=readonly)

    def split_shard(
        self, shard: int, key: str = "", *, project: str = DEFAULT_PROJECT, logstore: str = DEFAULT_LOGSTORE
    ) -> tuple[int, ...]:
        """Split a shard at a key (32 hexadecimal digits), by default in the middle; return the ids of the new shards.

        The shard becomes read-only. Raises `UsageError` if the service would refuse the split.
        """
        with self._transaction():
            before = self._shards(project, logstore)
            with _as_usage_error(f"shard {shard} of {_numbers(before, readonly=False)} split at {key or 'its middle'}"):
                parent, *children = layout.split(before, shard, parameters.key_to_split_at(key))
            self._store.put_logstore(project, logstore, layout.changed(before, (parent, *children)))
        return _numbers(children)

    def merge_shards(self, shard: int, *, project: str = DEFAULT_PROJECT, logstore: str = DEFAULT_LOGSTORE) -> int:
        """Merge a shard with its right neighbour; return the id of the new shard.

        Both become read-only. Raises `UsageError` if the service would refuse the merge.
        """
        with self._transaction():
            before = self._shards(project, logstore)
            with _as_usage_error(
                f"shard {shard} of {_numbers(before, readonly=False)} merged with its right neighbour"
            ):
                changes = layout.merged(before, shard)
            self._store.put_logstore(project, logstore, layout.changed(before, changes))
        return changes[0].number

    def create_consumer_group(
        self,
        name: str,
        *,
        timeout: int = DEFAULT_TIMEOUT,
        order: bool = False,
        project: str = DEFAULT_PROJECT,
        logstore: str = DEFAULT_LOGSTORE,
    ) -> None:
        """Add an empty group, or replace an existing one by it; ``timeout`` in seconds."""
        with self._transaction():
            self._shards(project, logstore)
            self._store.put_group(GroupKey(project, logstore, name), ConsumerGroup(timeout, order))

    def set_checkpoint(
        self,
        group: str,
        shard: int,
        checkpoint: str,
        *,
        consumer: str = "",
        project: str = DEFAULT_PROJECT,
        logstore: str = DEFAULT_LOGSTORE,
    ) -> None:
        """Write a checkpoint, base64 or not; create the group if needed; assign the shard to a given consumer."""
        with self._transaction():
            self._expect_shard(project, logstore, shard)
            key, now = GroupKey(project, logstore, group), _microseconds(self._now())
            changed = self._store.group(key) or ConsumerGroup(DEFAULT_TIMEOUT, order=False)
            changed = consumer_groups.with_checkpoint(changed, shard, checkpoint, now)
            if consumer:
                changed = consumer_groups.with_holder(changed, shard, consumer, now)
            self._store.put_group(key, changed)

    def put_logs(  # noqa: PLR0913 - what a log group holds, by name
        self,
        shard: int,
        records: Iterable[Mapping[str, str]],
        *,
        topic: str = "",
        source: str = "",
        tags: Mapping[str, str] = MappingProxyType({}),
        time: int | None = None,
        project: str = DEFAULT_PROJECT,
        logstore: str = DEFAULT_LOGSTORE,
    ) -> str:
        """Write records to a shard as one log group, received now; return its cursor.

        Each record is a log's keys and values; ``time`` is theirs, in seconds since 1970 UTC, by default now. A client
        pulls log groups, not records, so each call is one step for a consumer.
        """
        with self._transaction():
            self._expect_shard(project, logstore, shard, readonly=False)
            now = _microseconds(self._now())
            seconds = now // consumer_groups.SECOND if time is None else time
            data = encoded_group(records, seconds, topic=topic, source=source, tags=tags)
            number = self._store.add_log_group(ShardKey(project, logstore, shard), ReceivedGroup(data, now))
        return cursors.cursor(shard, number)

    def _respond(self, request: Request, scripted: Scripted | None, now: datetime) -> Response:
        if scripted is None:
            return self._response_to(request, now)
        response = scripted.response
        if response is None:
            response = self._response_to(request, now)
        elif not isinstance(response, Response):
            response = responses.response(request, response, now, self._count)
        return scripted.finish(response)

    def _record(self, request: Request, response: Response, *, scripted: bool) -> None:
        seen = response.received() if isinstance(response, DeliveredResponse) else response
        served = Served(Exchange(request, seen), scripted)
        if self._keep_log:
            self._log.append(served)
        for watcher in self._watchers:
            watcher(served)

    def _response_to(self, request: Request, now: datetime) -> Response:
        try:
            result = self._result(request, now)
        except ServiceError as error:
            result = error
        except responses.NotServed as error:
            return refusal(MISDIRECTED, "NotServedHere", str(error))
        except EndpointError as error:  # the state file failed; it is no error of the client
            return refusal(500, "EndpointFailed", str(error))
        return responses.response(request, result, now, self._count)

    def _result(self, request: Request, now: datetime) -> Any:
        authenticate(request, self._keyring, now, self._clock_error)
        with self._store.transaction(write=request.method != "GET"):
            project = self._project(request)
            handler, logstore, name = route(request)
            shards = self._store.shards(project, logstore)
            if shards is None:
                raise responses.logstore_not_exist(logstore)
            key = GroupKey(project, logstore, name)
            return handler(Call(request, self._store, key, shards, _microseconds(now), name))

    def _project(self, request: Request) -> str:
        """Return the project in the Host; an IP address as host stands for the only project."""
        projects = self._store.projects()
        if is_address(request.host):
            if len(projects) != 1:
                raise responses.invalid_host(request.host)
            return projects[0]
        found = next((project for project in projects if project.lower() == request.project), None)
        if found is None:
            if not names_project(request.host):
                route(request)  # raises NotServed for operations without a project, such as ListProject
            raise responses.project_not_exist(request.project)
        return found

    def _put_logstore(self, project: str, logstore: str, shards: int | Iterable[int]) -> None:
        _addressable("project", project, "./:@")
        self._store.put_logstore(project, _addressable("logstore", logstore, "/"), layout.divided(_shard_ids(shards)))

    def _shards(self, project: str, logstore: str) -> tuple[Shard, ...]:
        shards = self._store.shards(project, logstore)
        if shards is None:
            msg = f"there is no logstore {logstore!r} in project {project!r}; add it with add_logstore"
            raise UsageError(msg)
        return shards

    def _expect_shard(self, project: str, logstore: str, shard: int, *, readonly: bool = True) -> None:
        numbers = _numbers(self._shards(project, logstore), readonly=readonly)
        if shard not in numbers:
            msg = f"shard must be one of {numbers}, got {shard!r}; see add_logstore"
            raise UsageError(msg if readonly else f"{msg}; a shard that was split or merged is read-only")

    def _received_at(self, request: Request) -> datetime:  # noqa: ARG002 - for a subclass with two clocks
        return self._now()

    def _now(self) -> datetime:
        now = self._clock()
        if now.tzinfo is None:
            msg = f"the clock must give aware times, such as datetime.now(UTC), got {now!r}"
            raise UsageError(msg)
        return now

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock, self._store.transaction(write=True):
            yield


def _microseconds(now: datetime) -> int:
    return (now - _EPOCH) // timedelta(microseconds=1)


def _addressable(kind: str, name: str, without: str) -> str:
    """Refuse names that no Host or path can contain; the service's own rules for names are stricter."""
    if not name or any(char in without or char.isspace() for char in name):
        msg = f"a {kind} needs a name without spaces and without any of {without!r}, got {name!r}"
        raise UsageError(msg)
    return name


def _shard_ids(wanted: int | Iterable[int]) -> tuple[int, ...]:
    ids = tuple(range(wanted)) if isinstance(wanted, int) else tuple(sorted(set(wanted)))
    if not ids or ids[0] < 0:
        msg = f"shards must be a number of shards (1 or more) or ids (0 or more), got {wanted!r}"
        raise UsageError(msg)
    return ids


def _numbers(shards: Iterable[Shard], *, readonly: bool = True) -> tuple[int, ...]:
    return tuple(shard.number for shard in shards if readonly or shard.writable)


@contextmanager
def _as_usage_error(wanted: str) -> Iterator[None]:
    """Turn the service's refusal of a change into a `UsageError` for the author of a test."""
    try:
        yield
    except ServiceError as error:
        msg = (
            f"expected a change that the service allows, got {wanted}: {error.message}\n"
            "How to fix: name a shard that is readwrite; to split, a key of 32 hexadecimal digits inside its range, to "
            "merge, one that is not the last."
        )
        raise UsageError(msg) from None
