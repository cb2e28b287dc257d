"""The endpoint of one run: the reference endpoint with a known state, which gives the responses of the situation."""

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
from sls_contract.exercise.faults import ELSEWHERE, SAME_HOST, SAME_URL
from sls_contract.exercise.reply import Expectation, Reply, unchanged, with_body
from sls_contract.exercise.request_args import matches_setting
from sls_contract.exercise.situations import SHARDS
from sls_contract.hosts import host_name, is_loopback, is_service_host
from sls_contract.spec import operation_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.endpoint.state.consumer_groups import ConsumerGroup
    from sls_contract.exercise.setting import Setting
    from sls_contract.exercise.situation import Situation

_BAD_GATEWAY = 502
_FOREVER = 2**31 - 1  # seconds; the timeout of consumers
_CONSUMERS = ("Consumer_1", "", "consumer-2", "Consumer_1")  # by shard; the shard after the last has none
_SIGN_IN = "<!DOCTYPE html><html><body><form>Sign in</form></body></html>\n"


@dataclass(frozen=True, slots=True)
class Received:
    """One request of the client.

    Attributes:
        request: as received from the wire.
        response: the response that reached the client; None if no byte was sent.
        at: the time of the request.
        expected: what the client may do with the response; None unless it is a GetCheckPoint request.
        foreign_host: the host of the request if that is not the service's; else empty.

    """

    request: Request
    response: Response | None
    at: datetime
    expected: Expectation | None = None
    foreign_host: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """What the server refused before it was a request: a tunnel, or a head that is not HTTP.

    Attributes:
        method: such as ``CONNECT``; ``?`` if the head could not be read.
        target: the host and port of the tunnel, or what was read.

    """

    method: str
    target: str


class Stage:
    """Responds to the requests of one run, and keeps them. A `Send`."""

    def __init__(self, setting: Setting, situation: Situation, clock: Callable[[], datetime], seed: int) -> None:
        """Prepare the endpoint for the setting."""
        self._setting, self._situation, self._clock = setting, situation, clock
        self._store = MemoryStore()
        numbers = random.Random(f"{seed} {situation.name}")  # noqa: S311 - test data
        self._endpoint = prepared_endpoint(setting, clock, numbers, self._store)
        self._before = self._group()
        self._lock, self._received, self._count = Lock(), list[Received](), 0
        self._refused: Refused | None = None

    def __call__(self, request: Request) -> Response:
        """Respond to a correct GetCheckPoint request as the situation defines, any other as the service does."""
        with self._lock:
            at = self._clock()
            if host := foreign_host(request):
                page = _page(host)
                self._received.append(Received(request, page, at, foreign_host=host))
                return page
            good = self._endpoint(request)
            contract = operation_of(request)
            if contract is None or contract.operation != GET_CHECK_POINT:
                self._received.append(Received(request, good, at))
                return good
            reply = self._reply(request, good)
            self._received.append(Received(request, _as_received(reply.response), at, reply.expected.to(request)))
            return reply.response

    def refuse(self, method: str, target: str, _response: Response) -> None:
        """Keep the first of what the server refused."""
        with self._lock:
            self._refused = self._refused or Refused(method, target)

    @property
    def refused(self) -> Refused | None:
        """The first of what the server refused."""
        with self._lock:
            return self._refused

    @property
    def received(self) -> tuple[Received, ...]:
        """All requests so far, in order."""
        with self._lock:
            return tuple(self._received)

    def changes(self) -> tuple[str, ...]:
        """Return in words how the requests changed the consumer group: it is gone, or has other contents."""
        before, now = self._before, self._group()
        if before is None or now is None:
            return ("the group was deleted",)
        old, new = ({shard: each.value for shard, each in group.checkpoints.items()} for group in (before, now))
        shards = sorted(shard for shard in {*old, *new} if old.get(shard) != new.get(shard))
        settings = [name for name in ("timeout", "order") if getattr(before, name) != getattr(now, name)]
        words = [f"another {name} of the group" for name in settings]
        return (*words, *(f"another checkpoint of shard {shard}" for shard in shards))

    def _group(self) -> ConsumerGroup | None:
        key = GroupKey(self._setting.project, self._setting.logstore, self._setting.group)
        with self._store.transaction(write=False):
            return self._store.group(key)

    def _reply(self, request: Request, good: Response) -> Reply:
        if not good.is_ok or not matches_setting(request, self._setting):
            return unchanged(good)
        reply = self._situation.turn(self._count)(good)
        self._count += 1
        return _filled_redirect(reply, request)


def foreign_host(request: Request) -> str:
    """Return the host of a request's Host header or target that is not the service's; else empty."""
    hosts = (request.host, split_url(request.url)[1])
    return next((host_name(host) for host in hosts if not (is_service_host(host) or is_loopback(host))), "")


def is_redirect_host(host: str) -> bool:
    """Return whether a host is the target of the redirects of situations."""
    return host == ELSEWHERE or host.endswith(f".{ELSEWHERE}")


def _page(host: str) -> Response:
    if is_redirect_host(host):
        return with_body(Response(200), _SIGN_IN, "text/html")
    return with_body(Response(_BAD_GATEWAY), f"{host} is not an SLS host, and nothing is forwarded.\n", "text/plain")


def prepared_endpoint(
    setting: Setting, clock: Callable[[], datetime], numbers: random.Random, store: MemoryStore
) -> ReferenceEndpoint:
    """Return an endpoint with the setting's names and key, and with a distinct checkpoint in each shard.

    Each ``updateTime`` is in a past year and is no whole number of milliseconds, so that lost precision is visible.
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


def _filled_redirect(reply: Reply, request: Request) -> Reply:
    """Fill the placeholders in the Location of a redirect: the request's URL, or its host."""
    headers = reply.response.headers
    location = headers.get("Location", "")
    filled = (
        f"http://{request.host}{request.target}"
        if location == SAME_URL
        else location.replace(SAME_HOST, host_name(request.host))
    )
    if filled == location:
        return reply
    return Reply(reply.response.replace(headers=headers.with_field("Location", filled)), reply.expected)


def _as_received(response: Response) -> Response | None:
    return response.received() if isinstance(response, DeliveredResponse) else response
