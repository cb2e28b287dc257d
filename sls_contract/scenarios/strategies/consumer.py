"""Short correct sequences of a consumer's exchanges, consistent with each other: a small model of the service.

The rules across exchanges: a pull continues at the cursor of the last one, or starts at the checkpoint or the cursor of
GetCursor. A checkpoint is a cursor of an earlier response, and is returned until the next write. No shard has two
consumers. A heartbeat lists only shards of the last response. The model shares no code with the reference endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange
from sls_contract.scenarios.strategies.messages import contract_of
from sls_contract.scenarios.strategies.request_parts import ENDPOINT, PROJECT, Sender, draw_request, draw_scheme
from sls_contract.scenarios.strategies.response_parts import draw_response
from sls_contract.scenarios.strategies.values import SIMPLE, Draw, cursor, log_group_lists, log_groups, times
from sls_contract.spec.contract import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.signing import Scheme

_NANO, _MICRO = 10**9, 10**6  # in a second
_MOST_SHARDS, _MOST_STEPS, _MOST_SECONDS = 3, 12, 5
_OMITTED = ("end_cursor", "endCursor", "query", "pullMode", "queryId", "processor", "offset", "size")
_NAMES = st.text(st.sampled_from(SIMPLE), min_size=3, max_size=12).map(lambda name: f"a{name}0")


@dataclass(slots=True)
class _Shard:
    """A shard of the logstore, with the position of the group and of its consumer.

    Attributes:
        number: its id.
        created: seconds since 1970 UTC; cursors count from there, one nanosecond for each log group.
        logs: encoded log groups.
        position: of the next pull, in log groups; None before the first read.
        checkpoint: the last written; empty for none.
        updated: microseconds since 1970 UTC of the last write; 0 for never.
        owner: the consumer that it is assigned to.

    """

    number: int
    created: int
    logs: list[bytes]
    owner: str
    position: int | None = None
    checkpoint: str = ""
    updated: int = 0

    def number_at(self, position: int) -> int:
        return self.created * _NANO + position

    def cursor(self, position: int) -> str:
        return cursor(self.number_at(position))

    def position_of(self, text: str) -> int:
        known = {self.cursor(position): position for position in range(len(self.logs) + 1)}
        return known[text]


@dataclass(slots=True)
class _Consumer:
    """A consumer and its exchanges so far."""

    draw: Draw
    sender: Sender
    scheme: Scheme
    at: datetime
    logstore: str
    group: str
    shards: list[_Shard]
    timeout: int = 60
    order: bool = False
    live: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)

    def add(self, operation: str, sent: Mapping[str, Any], returned: Mapping[str, Any], *path: object) -> None:
        """Add an exchange, with the values of request and response that the model determines."""
        contract = contract_of(operation)
        self.at += timedelta(seconds=self.draw(st.integers(0, _MOST_SECONDS)))
        fixed = {f"query {name}": None for name in _OMITTED} | dict(sent)
        for template in (contract.path, *contract.other_paths):
            names = PLACEHOLDER.findall(template)
            fixed |= {f"path {name}": str(value) for name, value in zip(names, (self.logstore, *path), strict=False)}
        request = draw_request(self.draw, contract, self.at, fixed).signed(self.sender, self.scheme)
        self.exchanges.append(Exchange(request, draw_response(self.draw, contract, request, returned).response()))

    def create(self) -> None:
        body = {"consumerGroup": self.group, "timeout": self.timeout, "order": self.order}
        self.add("CreateConsumerGroup", {"body": body}, {"body": {}})

    def list_groups(self) -> None:
        group = {"name": self.group, "timeout": self.timeout, "order": self.order}
        self.add("ListConsumerGroup", {}, {"body": [group]})

    def update(self) -> None:
        self.timeout, self.order = self.draw(st.integers(60, 300)), self.draw(st.booleans())
        settings = {"timeout": self.timeout, "order": self.order}
        self.add("UpdateConsumerGroup", {"body": settings}, {"body": {}}, self.group)

    def heartbeat(self) -> None:
        name = self.draw(st.sampled_from(sorted({shard.owner for shard in self.shards})))
        own = [shard.number for shard in self.shards if shard.owner == name]
        held = own if name in self.live else []
        self.live = [*[each for each in self.live if each != name], name]
        self.add("ConsumerGroupHeartBeat", {"query consumer": name, "body": held}, {"body": own}, self.group)

    def read(self, shard: _Shard | None = None) -> None:
        if shard is None:
            shard = self.draw(st.sampled_from([None, *self.shards]))
        known = self.shards if shard is None else [shard]
        entries = [
            {
                "shard": each.number,
                "checkpoint": each.checkpoint,
                "updateTime": each.updated,
                "consumer": each.owner if each.owner in self.live else "",
            }
            for each in known
        ]
        number = None if shard is None else str(shard.number)
        self.add("GetCheckPoint", {"query shard": number}, {"body": entries}, self.group)

    def get_cursor(self, shard: _Shard | None = None) -> int:
        """Get the first cursor of a shard, or the first or last one of a drawn shard; return its position."""
        ways = {"begin": 0, "1": 0}  # a time before the first log also returns the begin
        if shard is None:
            shard = self.draw(st.sampled_from(self.shards))
            ways["end"] = len(shard.logs)
        start = self.draw(st.sampled_from(sorted(ways, reverse=True)))
        self.add("GetCursor", {"query from": start}, {"body": {"cursor": shard.cursor(ways[start])}}, shard.number)
        return ways[start]

    def pull(self, shard: _Shard | None = None) -> None:
        """Pull at the consumer's position, which is read first: from the checkpoint, or from GetCursor."""
        shard = shard or self._live_shard()
        if shard.position is None:
            self.read(shard)
            shard.position = shard.position_of(shard.checkpoint) if shard.checkpoint else self.get_cursor(shard)
        start = shard.position
        groups = shard.logs[start : start + self.draw(st.integers(0, 3))]
        shard.position = start + len(groups)
        headers = {
            "header x-log-cursor": shard.cursor(shard.position),
            "header x-log-end-of-cursor": str(int(shard.position == len(shard.logs))),
            "header x-log-cursor-time": str(int(self.at.timestamp())),
            "header x-log-read-last-cursor": str(shard.number_at(max(start, shard.position - 1))),
        }
        fixed = {"query cursor": shard.cursor(start), "query count": "1000"}
        self.add("PullLogs", fixed, {"groups": groups, **headers}, shard.number)

    def write(self) -> None:
        """Write the cursor of the consumer's position; a shard that was never pulled is pulled first."""
        shard = self._live_shard()
        if shard.position is None:
            self.pull(shard)
        assert shard.position is not None
        shard.checkpoint = shard.cursor(shard.position)
        fixed = {
            "query consumer": shard.owner,
            "query forceSuccess": self.draw(st.sampled_from(["true", "false"])),
            "body": {"shard": shard.number, "checkpoint": shard.checkpoint},
        }
        self.add("ConsumerGroupUpdateCheckPoint", fixed, {"body": {}}, self.group)
        shard.updated = max(int(self.at.timestamp()) * _MICRO, shard.updated + 1)

    def list_shards(self) -> None:
        width = 2**128 // len(self.shards)
        ends = [*(f"{width * index:032x}" for index in range(len(self.shards))), "f" * 32]
        body = [
            {
                "shardID": shard.number,
                "status": "readwrite",
                "inclusiveBeginKey": ends[index],
                "exclusiveEndKey": ends[index + 1],
                "createTime": shard.created,
            }
            for index, shard in enumerate(self.shards)
        ]
        self.add("ListShards", {}, {"body": body})

    def read_time(self) -> None:
        shard = self.draw(st.sampled_from(self.shards))
        position = self.draw(st.integers(0, len(shard.logs)))
        fixed = {"query cursor": shard.cursor(position)}
        self.add("GetCursorTime", fixed, {"body": {"cursor_time": shard.created + position}}, shard.number)

    def put(self) -> None:
        group = self.draw(log_groups(self.at))
        self.draw(st.sampled_from(self.shards)).logs.append(group)
        self.add("PutLogs", {"raw": group}, {"body": {}})

    def _live_shard(self) -> _Shard:
        return self.draw(st.sampled_from([shard for shard in self.shards if shard.owner in self.live]))


_STEPS: Mapping[str, Callable[[_Consumer], object]] = {
    "ConsumerGroupHeartBeat": _Consumer.heartbeat,
    "GetCheckPoint": _Consumer.read,
    "GetCursor": _Consumer.get_cursor,
    "PullLogs": _Consumer.pull,
    "ConsumerGroupUpdateCheckPoint": _Consumer.write,
    "ListConsumerGroup": _Consumer.list_groups,
    "UpdateConsumerGroup": _Consumer.update,
    "ListShards": _Consumer.list_shards,
    "GetCursorTime": _Consumer.read_time,
    "PutLogs": _Consumer.put,
}
"""The steps of a consumer after its group was created and it sent a heartbeat, by operation."""


def sequences(
    *operations: str,
    project: str = PROJECT,
    endpoint: str = ENDPOINT,
    scheme: Scheme | None = None,
    at: datetime | None = None,
) -> st.SearchStrategy[tuple[Exchange, ...]]:
    """Correct sequences of a consumer's exchanges: a new group, a heartbeat, then up to twelve steps in any order.

    A step adds the steps that it needs: the first pull of a shard reads the checkpoint, and gets a cursor where there
    is no checkpoint.

    Args:
        operations: names or aliases of the operations of the steps; none for all operations of a consumer.
        project: the project in the host name.
        endpoint: as in `requests`.
        scheme: as in `requests`; the same for the whole sequence.
        at: when the first request is sent; None for any time since 2018.

    Raises:
        UsageError: an operation is not one of a consumer of logs.

    Example::

        @given(strategies.sequences("PullLogs", "UpdateCheckPoint"))
        def test_my_monitor_never_reports_a_negative_lag(exchanges): ...

    """
    names = [contract_of(operation).operation for operation in operations]
    for name in names:
        if name != "CreateConsumerGroup" and name not in _STEPS:
            msg = f"expected operations of a consumer of logs ({', '.join(_STEPS)}), got {name!r}"
            raise UsageError(msg)
    sender = Sender(scheme=scheme, project=project, endpoint=endpoint, at=at)
    return _sequences(sender, [name for name in names or _STEPS if name in _STEPS])


@st.composite
def _sequences(draw: st.DrawFn, sender: Sender, steps: list[str]) -> tuple[Exchange, ...]:
    at = sender.at or draw(times())
    owners = draw(st.lists(_NAMES, min_size=1, max_size=2, unique=True))
    shards = []
    for number in range(draw(st.integers(1, _MOST_SHARDS))):
        created = int(at.timestamp()) - 1000 + number
        shards.append(_Shard(number, created, draw(log_group_lists(at)), owners[number % len(owners)]))
    run = _Consumer(draw, sender, draw_scheme(draw, sender), at, draw(_NAMES), draw(_NAMES), shards)
    run.create()
    run.heartbeat()
    fewest = draw(st.integers(0, _MOST_STEPS // 2)) if steps else 0  # else Hypothesis prefers short lists
    for step in draw(st.lists(st.sampled_from(steps), min_size=fewest, max_size=_MOST_STEPS)) if steps else ():
        _STEPS[step](run)
    return tuple(run.exchanges)
