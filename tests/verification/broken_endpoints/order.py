"""Shards that are split and merged: which are merged, which ones wait for others, and what becomes of their logs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    asks_for,
    bug,
    correct,
    error,
    group_of,
    is_let_in,
    part_of_path,
    shard_in_path,
    trusted,
    with_document,
    write_of,
)
from broken_endpoints.per_operation import let_in
from broken_endpoints.shards import CopiesTheLogsOfASplitShard
from broken_endpoints.spellings import shown_by

from sls_contract.exchange import Request
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from sls_contract.exchange import Response


class KnowingParents:
    """Knows from which shards each new one was made, and which ones have a checkpoint in a group."""

    def __init__(self) -> None:
        self.real, self.parents, self.written = correct(), {}, {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        parents = self.parents.setdefault((request.project, part_of_path(request, 2)), {})
        written = self.written.setdefault((request.project, *group_of(request)), set())
        if response.status != 200:
            return response
        if asks_for(request, "SplitShard") or asks_for(request, "MergeShard"):
            shards = json.loads(response.body)
            before = {each["shardID"] for each in shards if each["status"] == "readonly"}
            parents.update({each["shardID"]: before for each in shards if each["status"] == "readwrite"})
        if asks_for(request, "CreateConsumerGroup"):
            written.clear()
        if write := write_of(request):
            written.add(write[0])
        if not asks_for(request, "ConsumerGroupHeartBeat"):
            return response
        return with_document(response, sorted(self.assigned(set(json.loads(response.body)), parents, written)))

    def assigned(self, shards: set[int], parents: dict[int, set[int]], written: set[int]) -> set[int]:
        raise NotImplementedError


@shown_by("shards-merged-in-order")
@bug("SLS446")
class WaitsForSplitShardsOnly(KnowingParents):
    def assigned(self, shards, parents, written):
        return shards | {shard for shard, before in parents.items() if len(before) == 2}


@shown_by("shards-merged-in-order")
@bug("SLS446")
class WaitsForOneOfTwoMergedShards(KnowingParents):
    def assigned(self, shards, parents, written):
        return shards | {shard for shard, before in parents.items() if len(before) == 2 and before & written}


@shown_by("shard-split-in-order")
@bug("SLS446")
class TakesAnyCheckpointForTheEnd(KnowingParents):
    def assigned(self, shards, parents, written):
        return shards | {shard for shard, before in parents.items() if before <= written}


@shown_by("shard-split-in-updated-order")
@bug("SLS446")
class LetsWritableShardsWaitOnly(KnowingParents):
    """A new shard that was split in its turn is assigned at once."""

    def assigned(self, shards, parents, written):
        return shards | (parents.keys() & set().union(*parents.values()))


@shown_by("shard-split-in-order")
@bug("SLS429")
class LetsNewShardsWaitForEver(KnowingParents):
    def assigned(self, shards, parents, written):
        return shards - parents.keys()


def shards_of(real, request: Request) -> list[dict]:
    """Return the shards in the order of their keys."""
    url = f"http://{request.host}/logstores/{part_of_path(request, 2)}/shards"
    listed = real(trusted(Request("GET", url, Headers())))
    shards = json.loads(listed.body) if listed.status == 200 else []
    return sorted((each for each in shards if each["status"] == "readwrite"), key=lambda s: s["inclusiveBeginKey"])


class Merging:
    """Finds the neighbours of a shard that is to be merged: the left and the right one, or None."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if asks_for(request, "MergeShard") and is_let_in(request):
            numbers = [None, *(each["shardID"] for each in shards_of(self.real, request)), None]
            shard = shard_in_path(request)
            if shard in numbers:
                at = numbers.index(shard)
                return self.merged(request, numbers[at - 1], numbers[at + 1])
        return self.real(request)

    def merged(self, request: Request, left: int | None, right: int | None) -> Response:
        raise NotImplementedError


@shown_by("shards-merged")
@bug("SLS420")
class MergesWithTheLeftNeighbour(Merging):
    def merged(self, request, left, right):
        url = request.url.replace(f"/shards/{shard_in_path(request)}", f"/shards/{left}")
        return self.real(request if left is None else let_in(request, url=url))


@shown_by("shards-merged")
@bug("SLS444")
class MergesInTheOrderOfIdsOnly(Merging):
    def merged(self, request, left, right):
        if right is None or right > shard_in_path(request):
            return self.real(request)
        refused = self.real(request.replace(headers=request.headers.without("Authorization")))
        return error(refused, 400, "ParameterInvalid", "Invalid shard id.")


@shown_by("shards-merged-in-order")
@bug("SLS426")
class CopiesTheLogsOfAMergedShard(CopiesTheLogsOfASplitShard):
    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "MergeShard") and response.status == 200:
            self.copy(request, json.loads(response.body)[0]["inclusiveBeginKey"])
        return response
