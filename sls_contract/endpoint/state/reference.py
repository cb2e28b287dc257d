"""The reference endpoint: a `Send` that answers GetCheckPoint and all that a consumer of logs needs beside it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sls_contract.endpoint.delivery import DeliveredResponse
from sls_contract.endpoint.refusal import MISDIRECTED, refusal
from sls_contract.endpoint.state import answers, consumer_groups, cursors, parameters
from sls_contract.endpoint.state import shards as layout
from sls_contract.endpoint.state.answers import ServiceError
from sls_contract.endpoint.state.authentication import Keyring, authenticate
from sls_contract.endpoint.state.call import Call
from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
from sls_contract.endpoint.state.handlers import asked
from sls_contract.endpoint.state.log_groups import encoded_group
from sls_contract.endpoint.state.scripted import Content, Script, Scripted
from sls_contract.endpoint.state.store import GroupKey, ReceivedGroup, ShardKey
from sls_contract.endpoint.state.store_memory import MemoryStore
from sls_contract.errors import EndpointError, UsageError
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.hosts import is_address, names_project
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sls_contract.endpoint.state.authentication import ClockError
    from sls_contract.endpoint.state.shards import Shard
    from sls_contract.endpoint.state.store import Store

DEFAULT_PROJECT = "my-project"
DEFAULT_LOGSTORE = "my-logstore"
DEFAULT_TIMEOUT = 60  #: seconds, of groups that the state methods create
_DEFAULT_LOGSTORES: Mapping[tuple[str, str], int] = {(DEFAULT_PROJECT, DEFAULT_LOGSTORE): 2}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Served(NamedTuple):
    """One exchange as the client saw it; ``scripted`` where a test, not the endpoint, chose the answer."""

    exchange: Exchange
    scripted: bool


class ReferenceEndpoint:
    """Answers as the pages and the observed service do. Callable with a `Request`; safe to share among threads.

    Args:
        clock: gives the time, aware; it dates answers, ``updateTime`` and heartbeats and judges requests.
        credentials: the keys it knows; by default the public test keys.
        store: where the state lives; in memory by default.
        logstores: ``(project, logstore)`` and how many shards it gets where it is not there yet.
        clock_error: the error code for a request more than 15 minutes off: today's, or the one of 2021.
        seed: where the request ids begin.
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
        """Open for requests; a state file's `EndpointError` passes through."""
        self._clock, self._clock_error = clock, clock_error
        self._store = store if store is not None else MemoryStore()
        self._keyring, self._script = Keyring(credentials), Script()
        self._lock, self._count, self._log = RLock(), seed << 32, list[Served]()
        self._keep_log = keep_log
        self._watchers: list[Callable[[Served], None]] = []
        for (project, logstore), shards in logstores.items():
            with self._changing():
                if self._store.shards(project, logstore) is None:
                    self._put_logstore(project, logstore, shards)

    def __call__(self, request: Request) -> Response:
        """Answer one request; never raises for what a client sent."""
        with self._lock:
            now = self._now()
            self._count += 1
            scripted = self._script.take(request)
            response = self._respond(request, scripted, now)
            if self._keep_log or self._watchers:
                self._tell(request, response, scripted=scripted is not None)
            return response

    def __enter__(self) -> Self:
        """Return the endpoint; leaving closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Let go of the state file."""
        with self._lock:
            self._store.close()

    @property
    def log(self) -> tuple[Served, ...]:
        """Every exchange so far, in order."""
        with self._lock:
            return tuple(self._log)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange so far; ``response`` is None where no byte was sent."""
        return tuple(served.exchange for served in self.log)

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far."""
        return tuple(served.exchange.request for served in self.log)

    def watch(self, watcher: Callable[[Served], None]) -> None:
        """Tell a function of every exchange from now on, before its answer is on its way."""
        with self._lock:
            self._watchers.append(watcher)

    def answer_next(self, answer: Response | ServiceError | Scripted, times: int | None = 1) -> None:
        """Answer the next requests so, after what is already scripted; ``times=None``: until `answer_normally`.

        A `Scripted` may bring its own ``times``, and say which requests it is for; so does ``fault("…")``. Another
        ``times`` than 1 goes before.
        """
        if isinstance(answer, DeliveredResponse):
            answer = Scripted(answer, answer.delivery)
        elif isinstance(answer, (Response, ServiceError)):
            answer = Scripted(answer)
        elif not isinstance(answer, Scripted):
            msg = f"the next answer must be a Response, ServiceError or Scripted, got {type(answer).__name__}"
            raise UsageError(msg)
        if times != 1 or type(times) is not int:
            answer = replace(answer, times=times)
        with self._lock:
            self._script.add(answer)

    def answer_normally(self) -> None:
        """Forget the scripted answers still to come."""
        with self._lock:
            self._script.clear()

    def add_credentials(self, credentials: Credentials) -> None:
        """Know one key more."""
        with self._lock:
            self._keyring.add(credentials)

    def expire_token(self, security_token: str) -> None:
        """Refuse a security token from now on as expired."""
        with self._lock:
            self._keyring.expire(security_token)

    def add_project(self, project: str) -> None:
        """Add a project without logstores."""
        with self._changing():
            self._store.add_project(_addressable("project", project, "./:@"))

    def add_logstore(self, project: str, logstore: str, shards: int | Iterable[int] = 2) -> None:
        """Add a logstore with so many shards (from 0), or with these ids; one that is there gets these instead."""
        with self._changing():
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
        """Split a shard at a key (32 hexadecimal digits), else in the middle; return the ids of the new ones.

        The shard is read-only from now on. Raises `UsageError` where the service would refuse.
        """
        with self._changing():
            before = self._shards(project, logstore)
            with _explained(f"shard {shard} of {_numbers(before, readonly=False)} split at {key or 'its middle'}"):
                parent, *children = layout.split(before, shard, parameters.key_to_split_at(key))
            self._store.put_logstore(project, logstore, layout.changed(before, (parent, *children)))
        return _numbers(children)

    def merge_shards(self, shard: int, *, project: str = DEFAULT_PROJECT, logstore: str = DEFAULT_LOGSTORE) -> int:
        """Merge a shard with its neighbour on the right; return the id of the new one.

        Both are read-only from now on. Raises `UsageError` where the service would refuse.
        """
        with self._changing():
            before = self._shards(project, logstore)
            with _explained(f"shard {shard} of {_numbers(before, readonly=False)} merged with its right neighbour"):
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
        """Add an empty group, or empty the one that is there; ``timeout`` in seconds."""
        with self._changing():
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
        """Write a checkpoint now, as it is, base64 or not; make the group where needed, and let a consumer hold it."""
        with self._changing():
            self._expect_shard(project, logstore, shard)
            key, now = GroupKey(project, logstore, group), _microseconds(self._now())
            kept = self._store.group(key) or ConsumerGroup(DEFAULT_TIMEOUT, order=False)
            kept = consumer_groups.with_checkpoint(kept, shard, checkpoint, now)
            if consumer:
                kept = consumer_groups.with_holder(kept, shard, consumer, now)
            self._store.put_group(key, kept)

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
        pulls log groups, not records: so many calls, so many steps for a consumer.
        """
        with self._changing():
            self._expect_shard(project, logstore, shard, readonly=False)
            now = _microseconds(self._now())
            seconds = now // consumer_groups.SECOND if time is None else time
            data = encoded_group(records, seconds, topic=topic, source=source, tags=tags)
            number = self._store.add_log_group(ShardKey(project, logstore, shard), ReceivedGroup(data, now))
        return cursors.cursor(shard, number)

    def _respond(self, request: Request, scripted: Scripted | None, now: datetime) -> Response:
        if scripted is None:
            return self._own_answer(request, now)
        answer = scripted.answer
        if answer is None:
            answer = self._own_answer(request, now)
        elif isinstance(answer, ServiceError):
            answer = answers.failure(request, answer, now, self._count)
        elif isinstance(answer, Content):
            answer = answers.content(request, answer.status, answer.body, now, self._count)
        return scripted.finished(answer)

    def _tell(self, request: Request, response: Response, *, scripted: bool) -> None:
        seen = response.received() if isinstance(response, DeliveredResponse) else response
        served = Served(Exchange(request, seen), scripted)
        if self._keep_log:
            self._log.append(served)
        for watcher in self._watchers:
            watcher(served)

    def _own_answer(self, request: Request, now: datetime) -> Response:
        try:
            body = self._result(request, now)
        except ServiceError as error:
            return answers.failure(request, error, now, self._count)
        except answers.NotServed as error:
            return refusal(MISDIRECTED, "NotServedHere", str(error))
        except EndpointError as error:  # the state file failed us, the client did nothing wrong
            return refusal(500, "EndpointFailed", str(error))
        return answers.success(request, body, now, self._count)

    def _result(self, request: Request, now: datetime) -> Any:
        authenticate(request, self._keyring, now, self._clock_error)
        writes = request.method != "GET"
        with self._store.transaction(write=writes):
            project = self._project(request)
            handler, logstore, name = asked(request)
            there = self._store.shards(project, logstore)
            if there is None:
                raise answers.logstore_not_exist(logstore)
            key = GroupKey(project, logstore, name)
            call = Call(request, self._store, key, there, _microseconds(now), name)
            return handler(call)

    def _project(self, request: Request) -> str:
        """Return the project that the Host names; a bare loopback address means the only project there is."""
        projects = self._store.projects()
        if is_address(request.host):
            if len(projects) != 1:
                raise answers.invalid_host(request.host)
            return projects[0]
        found = next((project for project in projects if project.lower() == request.project), None)
        if found is None:
            if not names_project(request.host):
                asked(request)  # what needs no project, such as ListProject, is not served here
            raise answers.project_not_exist(request.project)
        return found

    def _put_logstore(self, project: str, logstore: str, shards: int | Iterable[int]) -> None:
        _addressable("project", project, "./:@")
        self._store.put_logstore(project, _addressable("logstore", logstore, "/"), layout.divided(_shard_ids(shards)))

    def _shards(self, project: str, logstore: str) -> tuple[Shard, ...]:
        there = self._store.shards(project, logstore)
        if there is None:
            msg = f"there is no logstore {logstore!r} in project {project!r}; add it with add_logstore"
            raise UsageError(msg)
        return there

    def _expect_shard(self, project: str, logstore: str, shard: int, *, readonly: bool = True) -> None:
        numbers = _numbers(self._shards(project, logstore), readonly=readonly)
        if shard not in numbers:
            msg = f"shard must be one of {numbers}, got {shard!r}; see add_logstore"
            raise UsageError(msg if readonly else f"{msg}; a shard that was split or merged is read-only")

    def _now(self) -> datetime:
        now = self._clock()
        if now.tzinfo is None:
            msg = f"the clock must give aware times, such as datetime.now(UTC), got {now!r}"
            raise UsageError(msg)
        return now

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock, self._store.transaction(write=True):
            yield


def _microseconds(now: datetime) -> int:
    return (now - _EPOCH) // timedelta(microseconds=1)


def _addressable(kind: str, name: str, without: str) -> str:
    """Refuse names that no Host or path can carry; the service's own rules for names are stricter."""
    if not name or any(char in without or char.isspace() for char in name):
        msg = f"a {kind} needs a name without spaces and any of {without!r}, got {name!r}"
        raise UsageError(msg)
    return name


def _shard_ids(wanted: int | Iterable[int]) -> tuple[int, ...]:
    ids = tuple(range(wanted)) if isinstance(wanted, int) else tuple(sorted(set(wanted)))
    if not ids or ids[0] < 0:
        msg = f"shards must be how many (1 or more), or ids of 0 and above, got {wanted!r}"
        raise UsageError(msg)
    return ids


def _numbers(there: Iterable[Shard], *, readonly: bool = True) -> tuple[int, ...]:
    return tuple(shard.number for shard in there if readonly or shard.writable)


@contextmanager
def _explained(wanted: str) -> Iterator[None]:
    """Tell a test's author what the service would tell a client."""
    try:
        yield
    except ServiceError as error:
        msg = (
            f"expected a change that the service makes, got {wanted}: {error.message}\n"
            "How to fix: name a shard that is readwrite; to split, a key of 32 hexadecimal digits inside its range, to "
            "merge, one that is not the last."
        )
        raise UsageError(msg) from None
