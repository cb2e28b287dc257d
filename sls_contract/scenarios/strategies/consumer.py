"""Short correct sequences of a consumer's exchanges, each of which fits those before it: a small model of the service.

What holds across exchanges: a pull goes on from the cursor of the last one, its first cursor is the checkpoint or
GetCursor's, a checkpoint is a cursor that was given, and is read back until the next write, no shard has two consumers,
a heartbeat names shards of the last answer only. The model shares no code with the reference endpoint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange
from sls_contract.scenarios.strategies.answer_parts import draw_answer
from sls_contract.scenarios.strategies.messages import contract_of
from sls_contract.scenarios.strategies.request_parts import ENDPOINT, PROJECT, Sender, draw_request, draw_scheme
from sls_contract.scenarios.strategies.values import SIMPLE, Draw, cursor, log_group_lists, log_groups, times

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sls_contract.signing import Scheme

_NANO, _MICRO = 10**9, 10**6  # in a second
_MOST_SHARDS, _MOST_STEPS, _MOST_SECONDS = 3, 12, 5
_LEFT_OUT = ("end_cursor", "endCursor", "query", "pullMode", "processor", "offset", "size")
_NAMES = st.text(st.sampled_from(SIMPLE), min_size=3, max_size=12).map(lambda name: f"a{name}0")
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")


@dataclass(slots=True)
class _Shard:
    """A shard of the logstore, and where the group and its consumer stand in it.

    Attributes:
        number: its id.
        created: seconds since 1970 UTC; cursors count nanoseconds from there, one for each log group.
        logs: encoded log groups.
        position: of the next pull, in log groups; None: it was not read yet.
        checkpoint: as it was written; empty: never.
        updated: microseconds since 1970 UTC of the last write; 0: never.
        owner: the consumer that it is given to.

    """

    number: int
    created: int
    logs: list[bytes]
    owner: str
    position: int | None = None
    checkpoint: str = ""
    updated: int = 0

    def cursor(self, position: int) -> str:
        return cursor(self.created * _NANO + position)

    def position_of(self, text: str) -> int:
        known = {self.cursor(position): position for position in range(len(self.logs) + 1)}
        return known[text]


@dataclass(slots=True)
class _Consumer:
    """What a run of a consumer has done so far."""

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

    def ask(self, operation: str, given: Mapping[str, Any], answered: Mapping[str, Any], *path: object) -> None:
        """Add an exchange: the request and its answer with the values that the model knows."""
        contract = contract_of(operation)
        self.at += timedelta(seconds=self.draw(st.integers(0, _MOST_SECONDS)))
        fixed = {f"query {name}": None for name in _LEFT_OUT} | dict(given)
        for template in (contract.path, *contract.other_paths):
            names = _PLACEHOLDER.findall(template)
            fixed |= {f"path {name}": str(value) for name, value in zip(names, (self.logstore, *path), strict=False)}
        request = draw_request(self.draw, contract, self.at, fixed).signed(self.sender, self.scheme)
        self.exchanges.append(Exchange(request, draw_answer(self.draw, contract, request, answered).answer()))

    def create(self) -> None:
        body = {"consumerGroup": self.group, "timeout": self.timeout, "order": self.order}
        self.ask("CreateConsumerGroup", {"body": body}, {"body": {}})

    def list_groups(self) -> None:
        group = {"name": self.group, "timeout": self.timeout, "order": self.order}
        self.ask("ListConsumerGroup", {}, {"body": [group]})

    def update(self) -> None:
        self.timeout, self.order = self.draw(st.integers(60, 300)), self.draw(st.booleans())
        self.ask(
            "UpdateConsumerGroup", {"body": {"timeout": self.timeout, "order": self.order}}, {"body": {}}, self.group
        )

    def beat(self) -> None:
        name = self.draw(st.sampled_from(sorted({shard.owner for shard in self.shards})))
        own = [shard.number for shard in self.shards if shard.owner == name]
        held = own if name in self.live else []
        self.live = [*[each for each in self.live if each != name], name]
        self.ask("ConsumerGroupHeartBeat", {"query consumer": name, "body": held}, {"body": own}, self.group)

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
        asked = None if shard is None else str(shard.number)
        self.ask("GetCheckPoint", {"query shard": asked}, {"body": entries}, self.group)

    def find(self, shard: _Shard | None = None) -> int:
        """Ask for a cursor; of a shard that is read for the first time, for its first."""
        ways = {"begin": 0, "1": 0}  # seconds before the first log give the begin, too
        if shard is None:
            shard = self.draw(st.sampled_from(self.shards))
            ways["end"] = len(shard.logs)
        start = self.draw(st.sampled_from(sorted(ways, reverse=True)))
        self.ask("GetCursor", {"query from": start}, {"body": {"cursor": shard.cursor(ways[start])}}, shard.number)
        return ways[start]

    def pull(self, shard: _Shard | None = None) -> None:
        """Pull from where the consumer stands, which it first finds out: by the checkpoint, or from the begin."""
        shard = shard or self._held()
        if shard.position is None:
            self.read(shard)
            shard.position = shard.position_of(shard.checkpoint) if shard.checkpoint else self.find(shard)
        start = shard.position
        groups = shard.logs[start : start + self.draw(st.integers(0, 3))]
        shard.position = start + len(groups)
        headers = {
            "header x-log-cursor": shard.cursor(shard.position),
            "header x-log-end-of-cursor": str(int(shard.position == len(shard.logs))),
            "header x-log-cursor-time": str(int(self.at.timestamp())),
            "header x-log-read-last-cursor": shard.cursor(max(start, shard.position - 1)),
        }
        given = {"query cursor": shard.cursor(start), "query count": "1000"}
        self.ask("PullLogs", given, {"groups": groups, **headers}, shard.number)

    def write(self) -> None:
        """Write the cursor at which the consumer stands; a shard that it never pulled, it pulls first."""
        shard = self._held()
        if shard.position is None:
            self.pull(shard)
        assert shard.position is not None
        shard.checkpoint = shard.cursor(shard.position)
        given = {
            "query consumer": shard.owner,
            "query forceSuccess": self.draw(st.sampled_from(["true", "false"])),
            "body": {"shard": shard.number, "checkpoint": shard.checkpoint},
        }
        self.ask("ConsumerGroupUpdateCheckPoint", given, {"body": {}}, self.group)
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
        self.ask("ListShards", {}, {"body": body})

    def read_time(self) -> None:
        shard = self.draw(st.sampled_from(self.shards))
        position = self.draw(st.integers(0, len(shard.logs)))
        given = {"query cursor": shard.cursor(position)}
        self.ask("GetCursorTime", given, {"body": {"cursor_time": shard.created + position}}, shard.number)

    def put(self) -> None:
        group = self.draw(log_groups(self.at))
        self.draw(st.sampled_from(self.shards)).logs.append(group)
        self.ask("PutLogs", {"raw": group}, {"body": {}})

    def _held(self) -> _Shard:
        return self.draw(st.sampled_from([shard for shard in self.shards if shard.owner in self.live]))


_STEPS: Mapping[str, Callable[[_Consumer], object]] = {
    "ConsumerGroupHeartBeat": _Consumer.beat,
    "GetCheckPoint": _Consumer.read,
    "GetCursor": _Consumer.find,
    "PullLogs": _Consumer.pull,
    "ConsumerGroupUpdateCheckPoint": _Consumer.write,
    "ListConsumerGroup": _Consumer.list_groups,
    "UpdateConsumerGroup": _Consumer.update,
    "ListShards": _Consumer.list_shards,
    "GetCursorTime": _Consumer.read_time,
    "PutLogs": _Consumer.put,
}
"""What a consumer may do after its group was made and it was seen, by operation."""


def sequences(
    *operations: str,
    project: str = PROJECT,
    endpoint: str = ENDPOINT,
    scheme: Scheme | None = None,
    at: datetime | None = None,
) -> st.SearchStrategy[tuple[Exchange, ...]]:
    """Correct sequences of a consumer's exchanges: its group is made, it is seen, then up to twelve steps in any order.

    What a step needs comes before it: the first pull of a shard asks for the checkpoint, and for a cursor where there
    is none.

    Args:
        operations: names or aliases of what the steps do; none: all that a consumer does.
        project: what stands before the endpoint in the host.
        endpoint: as in `requests`.
        scheme: as in `requests`; the same for the whole sequence.
        at: when the first request is sent; None: any time since 2018.

    Raises:
        UsageError: an operation is not one of a consumer of logs.

    Example::

        @given(strategies.sequences("PullLogs", "UpdateCheckPoint"))
        def test_my_monitor_never_reports_a_negative_lag(exchanges): ...

    """
    names = [contract_of(operation).operation for operation in operations]
    for name in names:
        if name != "CreateConsumerGroup" and name not in _STEPS:
            msg = f"sequences know what a consumer of logs does ({', '.join(_STEPS)}), got {name!r}"
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
    run.beat()
    fewest = draw(st.integers(0, _MOST_STEPS // 2)) if steps else 0  # left alone, Hypothesis prefers short lists
    for step in draw(st.lists(st.sampled_from(steps), min_size=fewest, max_size=_MOST_STEPS)) if steps else ():
        _STEPS[step](run)
    return tuple(run.exchanges)
