"""What one request, consumer or shard does to others: reads in parallel, three consumers, a split, the end of one."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from broken_endpoints.harness import (
    ABROAD,
    KEYS,
    PROJECT,
    Recalling,
    asks_for,
    bug,
    correct,
    error,
    error_of,
    group_of,
    is_let_in,
    is_read,
    lets_in,
    number_in,
    parameter,
    part_of_path,
    shard_in_path,
    verify_quickly,
    with_document,
    write_of,
)
from broken_endpoints.per_operation import let_in
from broken_endpoints.spellings import shown_by

from sls_contract.signing import verifies

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


@shown_by("reads-at-once")
@bug("SLS404")
class MixesUpReadsAtOnce:
    """Keeps the request that it works on where all threads see it."""

    def __init__(self) -> None:
        self.real, self.request = correct(), None

    def __call__(self, request: Request) -> Response:
        if not is_read(request):
            return self.real(request)
        self.request = request
        time.sleep(0.05)  # four come at once
        return self.real(self.request)


@shown_by("checkpoints-not-forced")
@bug("SLS401")
class UnforcedWritesEmptyOtherShards(Recalling):
    """Replaces all checkpoints of a group by the one that came."""

    def __init__(self) -> None:
        super().__init__()
        self.emptied: set[tuple[str, str, int]] = set()

    def __call__(self, request: Request) -> Response:
        self.unforced = "forceSuccess=false" in request.url
        return super().__call__(request)

    def wrote(self, place, value, accepted):
        super().wrote(place, value, accepted)
        self.emptied.discard(place)
        if accepted and self.unforced:
            self.emptied |= {other for other in tuple(self.writes) if other[:2] == place[:2] and other != place}

    def show(self, place, entry):
        if place in self.emptied:
            entry["checkpoint"] = ""


class Assigning:
    """Changes the shards that a consumer is assigned; subclasses say which ones to add."""

    def __init__(self) -> None:
        self.real, self.assigned = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        group = self.assigned.setdefault((request.project, *group_of(request)), {})
        consumer, shards = parameter(request, "consumer"), json.loads(response.body)
        added = self.added(consumer, group, shards)
        group[consumer] = shards
        return with_document(response, sorted({*shards, *added}))

    def added(self, consumer: str, group: dict[str, list[int]], shards: list[int]) -> list[int]:
        raise NotImplementedError


@shown_by("heartbeat-of-three-consumers")
@bug("SLS437")
class GivesTheThirdWhatTheSecondHas(Assigning):
    def added(self, consumer, group, shards):
        before = [name for name in group if name != consumer]
        return group[before[1]] if len(before) > 1 and consumer not in list(group)[:2] else []


@shown_by("heartbeat-of-three-consumers")
@bug("SLS437")
class GivesEachConsumerAShard(Assigning):
    """Where there are more consumers than shards, too."""

    def added(self, consumer, group, shards):
        return [0] if len(group) > 2 and not shards else []


@shown_by("heartbeat-in-time")
@bug("SLS438")
class TakesCheckpointsOfThoseThatAreGone:
    def __init__(self) -> None:
        self.real, self.known = correct(), set()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        who = (request.project, group_of(request), parameter(request, "consumer"))
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            self.known.add(who)
        if error_of(response) != "ConsumerNotExist" or who not in self.known:
            return response
        return self.real(let_in(request, url=request.url.replace("forceSuccess=false", "forceSuccess=true")))


@shown_by("get-cursor-time-of-a-log")
@bug("SLS439")
class FindsLogsASecondTooEarly:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        start = number_in(parameter(request, "from"))
        if not asks_for(request, "GetCursor") or not start or not is_let_in(request):
            return self.real(request)
        return self.real(let_in(request, url=request.url.replace(f"from={start}", f"from={start - 1}")))


class RemembersSplits:
    """Sees each split; subclasses lose something of the shard that was split."""

    def __init__(self) -> None:
        self.real, self.split = correct(), set()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "SplitShard") and response.status == 200:
            self.split.add((request.project, part_of_path(request, 2), json.loads(response.body)[0]["shardID"]))
        return self.after(request, response)

    def after(self, request: Request, response: Response) -> Response:
        raise NotImplementedError


@shown_by("shard-split")
@bug("SLS401")
class ForgetsCheckpointsOfAShardThatWasSplit(RemembersSplits):
    def after(self, request, response):
        if not is_read(request) or response.status != 200:
            return response
        place = (request.project, group_of(request)[0])
        return with_document(
            response,
            [
                {**each, "checkpoint": "", "updateTime": 0} if (*place, each["shard"]) in self.split else each
                for each in json.loads(response.body)
            ],
        )


@shown_by("shard-split-takes-logs")
@bug("SLS426")
class HidesLogsOfAShardThatWasSplit(RemembersSplits):
    def after(self, request, response):
        if not asks_for(request, "PullLogs") or response.status != 200:
            return response
        if (request.project, part_of_path(request, 2), shard_in_path(request)) not in self.split:
            return response
        base = request.url.partition("?")[0]
        end = json.loads(self.real(let_in(request, url=f"{base}?type=cursor&from=end")).body)["cursor"]
        return self.real(let_in(request, url=f"{base}?type=log&cursor={quote(end)}&count=1"))


@shown_by("shard-split-takes-logs")
@bug("SLS429")
class AssignsNoShardThatWasSplit(RemembersSplits):
    """Its logs are consumed by nobody."""

    def after(self, request, response):
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        split = {number for *place, number in tuple(self.split) if place == [request.project, group_of(request)[0]]}
        return with_document(response, [shard for shard in json.loads(response.body) if shard not in split])


@shown_by("shard-split-in-order")
@bug("SLS446")
class ForgetsTheOrderOfGroups:
    """Keeps the order of a group, lists it, and assigns new shards at once."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if not asks_for(request, "CreateConsumerGroup") or not is_let_in(request):
            return self.real(request)
        return self.real(let_in(request, body=request.body.replace(b'"order":true', b'"order":false')))


@shown_by("shard-split-in-updated-order")
@bug("SLS446")
class KeepsTheOrderThatAGroupWasMadeWith:
    """Lists the order as it was set last, and assigns new shards by that of the creation."""

    def __init__(self) -> None:
        self.real, self.orders = correct(), {}

    def __call__(self, request: Request) -> Response:
        name, updates = (request.project, *group_of(request)), asks_for(request, "UpdateConsumerGroup")
        kept = request.body.replace(b'"order":true', b'"order":false')
        changed = updates and kept != request.body and is_let_in(request)
        response = self.real(let_in(request, body=kept) if changed else request)
        if response.status == 200 and (asks_for(request, "DeleteConsumerGroup") or b'"order":false' in request.body):
            self.orders.pop(name, None)
        if response.status == 200 and changed:
            self.orders[name] = True
        if not asks_for(request, "ListConsumerGroup") or response.status != 200:
            return response
        groups = json.loads(response.body)
        listed = ({**each, "order": self.orders.get((*name[:2], each["name"]), each["order"])} for each in groups)
        return with_document(response, [*listed])


@shown_by("shard-split")
@bug("SLS403")
class BeginsNewShardsAtTheCheckpointOfTheSplitOne(RemembersSplits):
    def after(self, request, response):
        entries = json.loads(response.body) if is_read(request) and response.status == 200 else []
        split = {number for *place, number in tuple(self.split) if place == [request.project, part_of_path(request, 2)]}
        parent = next((each for each in entries if each["shard"] in split), None)
        if parent is None:
            return response
        shown = (each if each["shard"] < 2 else {**each, **parent, "shard": each["shard"]} for each in entries)
        return with_document(response, [*shown])


class RefusesSplitShards(RemembersSplits):
    """Knows writable shards only, for one operation."""

    def __init__(self, operation: str, code: int) -> None:
        super().__init__()
        self.operation, self.code = operation, code

    def after(self, request, response):
        if not asks_for(request, self.operation) or response.status != 200:
            return response
        written = write_of(request)
        number = written[0] if written else shard_in_path(request)
        known = (request.project, part_of_path(request, 2), number) not in self.split
        return response if known else error(response, self.code, "ShardNotExist", "Shard x does not exist.")


@shown_by("shard-split")
@bug("SLS444")
class TakesNoCheckpointOfASplitShard(RefusesSplitShards):
    def __init__(self) -> None:
        super().__init__("ConsumerGroupUpdateCheckPoint", 404)


@shown_by("shard-split-takes-logs")
@bug("SLS444")
class GivesNoCursorOfASplitShard(RefusesSplitShards):
    def __init__(self) -> None:
        super().__init__("GetCursor", 400)


@shown_by("shard-split-takes-logs")
@bug("SLS444")
class TellsNoTimeOfASplitShard(RefusesSplitShards):
    def __init__(self) -> None:
        super().__init__("GetCursorTime", 400)


@shown_by("heartbeat-of-three-for-every-shard")
@bug("SLS429")
class AssignsTheRemainderToNobody(Assigning):
    """Divides the number of shards by that of consumers, and forgets the rest."""

    def __call__(self, request: Request) -> Response:
        response = super().__call__(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        shared = len(self.assigned[(request.project, *group_of(request))]) > 1
        return with_document(response, [shard for shard in json.loads(response.body) if shard != 3 or not shared])

    def added(self, consumer, group, shards):
        return []


@shown_by("put-logs-to-two-projects")
@bug("SLS463")
class KeepsAllLogsInTwoProjects:
    """Stores each log group in the logstore of this name in the other project, too."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "PutLogs") and response.status == 200 and f"/{PROJECT}." in request.url:
            self.real(let_in(request, url=request.url.replace(f"/{PROJECT}.", f"/{ABROAD}.")))
        return response


@shown_by("update-checkpoint-of-a-stranger")
@bug("SLS444")
class ForcesInSmallLettersOnly:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        return self.real(
            let_in(request, url=request.url.replace("forceSuccess=True", "forceSuccess=false"))
            if asks_for(request, "ConsumerGroupUpdateCheckPoint") and is_let_in(request)
            else request
        )


@shown_by("heartbeat-missing-beside-writes")
@bug("SLS416")
class LivesOfCheckpoints:
    """A checkpoint counts as a heartbeat."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "ConsumerGroupUpdateCheckPoint") and response.status == 200:
            consumer = quote(parameter(request, "consumer"))
            url = f"{request.url.partition('?')[0]}?type=heartbeat&consumer={consumer}"
            self.real(let_in(request, url=url, body=b"[]"))
        return response


@shown_by("update-checkpoint-of-another-holder")
@bug("SLS438")
class GivesShardsToThoseThatForce:
    """Who writes a checkpoint by force holds the shard."""

    def __init__(self) -> None:
        self.real, self.holders = correct(), {}

    def __call__(self, request: Request) -> Response:
        response, written, consumer = self.real(request), write_of(request), parameter(request, "consumer")
        if not written or response.status != 200:
            return response
        shard = (group_of(request), written[0])
        if parameter(request, "forceSuccess") == "true":
            self.holders[shard] = consumer
        elif self.holders.get(shard, consumer) != consumer:
            return error(response, 400, "ConsumerNotMatch", "consumer not match")
        return response


@shown_by("shards-merged")
@bug("SLS444")
class MergesNoShards:
    """Refuses every merge that it should do; it does judge who asks, and where."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        refused = asks_for(request, "MergeShard") and response.status == 200
        return error(response, 400, "ParameterInvalid", "The shard cannot be merged.") if refused else response


@shown_by("near-miss-digest-longer")
@lets_in("SLS239")
def compares_the_beginning_of_digests(request):
    shorter = request.headers.with_field("Authorization", request.headers.get("Authorization", "")[:-1])
    return verifies(request.replace(headers=shorter), KEYS)


@shown_by("heartbeat-nearly-signed")
@lets_in("SLS239")
def signs_no_query_of_writes(request):
    return request.method == "POST" and verify_quickly(request.replace(url=request.url.partition("?")[0]))
