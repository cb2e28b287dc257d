"""The endpoint of one run: the reference endpoint with a known state, and the situation's answers in its place."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from sls_contract.checks.subject import GET_CHECK_POINT
from sls_contract.endpoint import DeliveredResponse, MemoryStore, ReferenceEndpoint
from sls_contract.endpoint.state.store import GroupKey
from sls_contract.exchange import Request, Response, split_url
from sls_contract.exercise.faults import ELSEWHERE, HERE, SAME_HOST
from sls_contract.exercise.reply import Expectation, Reply, own, with_body
from sls_contract.exercise.request_args import asks_as_told
from sls_contract.exercise.situations import SHARDS
from sls_contract.hosts import host_name, is_loopback, is_service_host
from sls_contract.spec import operation_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exercise.setting import Setting
    from sls_contract.exercise.situation import Situation

_OK = 200
_BAD_GATEWAY = 502
_FOREVER = 2**31 - 1  # seconds after which a consumer is gone
_CONSUMERS = ("Consumer_1", "", "consumer-2", "Consumer_1")  # by shard; nobody holds the last one
_SIGN_IN = "<!DOCTYPE html><html><body><form>Sign in</form></body></html>\n"


@dataclass(frozen=True, slots=True)
class Received:
    """One request that the client sent.

    Attributes:
        request: as it stood on the wire.
        response: what the client got; None where no byte was sent.
        at: when it came.
        expected: what may become of the answer; None where it was no GetCheckPoint request.
        elsewhere: the host that it was sent to, where that is not the service's; else empty.

    """

    request: Request
    response: Response | None
    at: datetime
    expected: Expectation | None = None
    elsewhere: str = ""


class Stage:
    """Answers the requests of one run, and remembers them. A `Send`."""

    def __init__(self, setting: Setting, situation: Situation, clock: Callable[[], datetime], seed: int) -> None:
        """Furnish the endpoint for what the client is told."""
        self._setting, self._situation, self._clock = setting, situation, clock
        self._store = MemoryStore()
        numbers = random.Random(f"{seed} {situation.name}")  # noqa: S311 - test data
        self._endpoint = furnished(setting, clock, numbers, self._store)
        self._before = self._checkpoints() or {}
        self._lock, self._received, self._count = Lock(), list[Received](), 0

    def __call__(self, request: Request) -> Response:
        """Answer a correct request for the checkpoints as the situation says, any other as the service does."""
        with self._lock:
            at = self._clock()
            elsewhere = foreign_host(request)
            if elsewhere:
                page = _page(elsewhere)
                self._received.append(Received(request, page, at, elsewhere=elsewhere))
                return page
            good = self._endpoint(request)
            asked = operation_of(request)
            if asked is None or asked.operation != GET_CHECK_POINT:
                self._received.append(Received(request, good, at))
                return good
            reply = self._reply(request, good)
            self._received.append(Received(request, _as_received(reply.response), at, reply.expected.to(request)))
            return reply.response

    @property
    def received(self) -> tuple[Received, ...]:
        """Every request so far, in order."""
        with self._lock:
            return tuple(self._received)

    def changes(self) -> tuple[str, ...]:
        """Return what the requests made of the consumer group, in words: it is gone, or has other checkpoints."""
        now = self._checkpoints()
        if now is None:
            return ("the group was deleted",)
        shards = sorted(shard for shard in {*self._before, *now} if self._before.get(shard) != now.get(shard))
        return tuple(f"another checkpoint of shard {shard}" for shard in shards)

    def _checkpoints(self) -> dict[int, str] | None:
        """Return the checkpoint of each shard that has one; None where the group is gone."""
        told = self._setting
        with self._store.transaction(write=False):
            group = self._store.group(GroupKey(told.project, told.logstore, told.group))
        return None if group is None else {shard: each.value for shard, each in group.checkpoints.items()}

    def _reply(self, request: Request, good: Response) -> Reply:
        if good.status != _OK or not asks_as_told(request, self._setting):
            return own(good)
        reply = self._situation.turn(self._count)(good)
        self._count += 1
        return _returning(reply, request)


def foreign_host(request: Request) -> str:
    """Return the host that a request names, in its Host or its target, and that is not the service's; else empty."""
    hosts = (request.host, split_url(request.url)[1])
    return next((host_name(host) for host in hosts if not (is_service_host(host) or is_loopback(host))), "")


def leads_elsewhere(host: str) -> bool:
    """Tell whether a host is one where our redirects lead."""
    return host == ELSEWHERE or host.endswith(f".{ELSEWHERE}")


def _page(host: str) -> Response:
    if leads_elsewhere(host):
        return with_body(Response(_OK), _SIGN_IN, "text/html")
    return with_body(Response(_BAD_GATEWAY), f"{host} is not an SLS host, and nothing is forwarded.\n", "text/plain")


def furnished(
    setting: Setting, clock: Callable[[], datetime], numbers: random.Random, store: MemoryStore
) -> ReferenceEndpoint:
    """Return an endpoint that knows the setting's names and key, and whose shards stand at checkpoints of their own.

    Their ``updateTime`` lies in past years and is no whole number of milliseconds, so that each loss shows.
    """
    times = [_moment(numbers, shard) for shard in range(len(_CONSUMERS))]
    past = iter(times)
    now = [times[0]]
    endpoint = ReferenceEndpoint(
        lambda: now[0] if now else clock(),
        credentials=(setting.credentials,),
        store=store,
        logstores={(setting.project, setting.logstore): SHARDS},
        seed=numbers.getrandbits(31),
        keep_log=False,
    )
    project, logstore, group = setting.project, setting.logstore, setting.group
    endpoint.create_consumer_group(group, timeout=_FOREVER, project=project, logstore=logstore)
    for shard, consumer in enumerate(_CONSUMERS):
        now[0] = next(past)
        checkpoint = base64.b64encode(b"%d" % numbers.randrange(10**18, 2 * 10**18)).decode()
        endpoint.set_checkpoint(group, shard, checkpoint, consumer=consumer, project=project, logstore=logstore)
    now.clear()
    return endpoint


def _moment(numbers: random.Random, shard: int) -> datetime:
    microseconds = numbers.randrange(4 * 365 * 86_400) * 1_000_000 + numbers.randrange(100) * 1000 + 922 - shard
    return datetime(2021, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _returning(reply: Reply, request: Request) -> Reply:
    """Put the request's own place, or host, into a redirect that leads there, or to a host that looks like it."""
    headers = reply.response.headers
    place = headers.get("Location", "")
    here = (
        f"http://{request.host}{request.target}" if place == HERE else place.replace(SAME_HOST, host_name(request.host))
    )
    if here == place:
        return reply
    return Reply(reply.response.replace(headers=headers.with_field("Location", here)), reply.expected)


def _as_received(response: Response) -> Response | None:
    return response.received() if isinstance(response, DeliveredResponse) else response
