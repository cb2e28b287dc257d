"""Shards that pass from one consumer to another, and lose something on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    Recalling,
    asks_for,
    bug,
    correct,
    group_of,
    is_read,
    now,
    parameter,
    shard_of,
    with_document,
    write_of,
)

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


@bug("SLS437")
class GivesEachShardToEverybody:
    """Knows of no holder: every consumer is told to hold all shards."""

    def __init__(self) -> None:
        self.real, self.all = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        told = self.all.setdefault(group_of(request), set())
        told.update(json.loads(response.body))
        return with_document(response, sorted(told))


class Watching(Recalling):
    """Knows who was last told to hold which shard, and who did before."""

    def __init__(self) -> None:
        super().__init__()
        self.holders, self.before, self.moved = {}, {}, {}
        self.last, self.asked, self.writers = {}, None, {}

    def __call__(self, request: Request) -> Response:
        self.asked = shard_of(request) if is_read(request) else None
        response = super().__call__(request)
        consumer = parameter(request, "consumer")
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            self.last[self.group(request)] = consumer
            for shard in json.loads(response.body):
                place = (*self.group(request), shard)
                if self.holders.get(place, consumer) != consumer:
                    self.before[place], self.moved[place] = self.holders[place], now()
                self.holders[place] = consumer
        if (written := write_of(request)) and response.status == 200:
            self.writers.setdefault((*self.group(request), written[0]), consumer)
        return response


@bug("SLS431")
class NamesTheFirstWriterForEver(Watching):
    def show(self, place, entry):
        entry["consumer"] = self.writers.get(place, entry["consumer"])


@bug("SLS431")
class NamesTheHolderBefore(Watching):
    def show(self, place, entry):
        entry["consumer"] = self.before.get(place, entry["consumer"])


@bug("SLS431")
class NamesWhoeverWasSeenLast(Watching):
    def show(self, place, entry):
        if place in self.writers:
            entry["consumer"] = self.last.get(place[:2], "")


@bug("SLS401")
class LosesCheckpointsThatPass(Watching):
    def show(self, place, entry):
        if place in self.before:
            values = self.writes.get(place, [])
            entry["checkpoint"] = values[-1] if len(values) > 1 else ""


@bug("SLS413")
class TakesThePassingForAWrite(Watching):
    def show(self, place, entry):
        if place in self.moved and entry["updateTime"]:
            entry["updateTime"] = max(entry["updateTime"], int(self.moved[place].timestamp() * 1_000_000))


@bug("SLS415")
class ForgetsTheTimeOfWhatPasses(Watching):
    def show(self, place, entry):
        if place in self.before and len(self.writes.get(place, [])) == 1:
            entry["updateTime"] = 0


@bug("SLS424")
class FiltersBeforeThePassing(Watching):
    """The list is new, what is asked for alone names who held the shard before."""

    def show(self, place, entry):
        if self.asked is not None and len(self.writes.get(place, [])) < 3:
            entry["consumer"] = self.before.get(place, entry["consumer"])


@bug("SLS401")
class RestoresWhatTheConsumerWrote(Watching):
    """A shard that comes back to a consumer has the checkpoint that this consumer wrote last."""

    def __init__(self) -> None:
        super().__init__()
        self.own, self.restored = {}, {}

    def __call__(self, request: Request) -> Response:
        consumer, held = parameter(request, "consumer"), dict(self.holders)
        response = super().__call__(request)
        for place in tuple(self.holders) if asks_for(request, "ConsumerGroupHeartBeat") else ():
            if held.get(place, consumer) != self.holders[place] and (place, consumer) in self.own:
                self.restored[place] = self.own[place, consumer]
        if (written := write_of(request)) and response.status == 200:
            place = (*self.group(request), written[0])
            self.own[place, consumer] = written[1]
            self.restored.pop(place, None)
        return response

    def show(self, place, entry):
        entry["checkpoint"] = self.restored.get(place, entry["checkpoint"])
