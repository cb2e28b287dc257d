"""Checkpoints and times that are not what was written."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from broken_endpoints.harness import (
    Meetings,
    Recalling,
    asks_for,
    bug,
    correct,
    error_of,
    group_of,
    now,
    on_entry,
    trusted,
    write_of,
)

from sls_contract.headers import Headers
from sls_contract.signing import request_time

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


@bug("SLS401")
class ShowsTheWriteBefore(Recalling):
    def show(self, place, entry):
        values = self.writes.get(place, [])
        if len(values) > 1:
            entry["checkpoint"] = values[-2]


@bug("SLS401")
class ShowsTheFirstWriteForEver(Recalling):
    def show(self, place, entry):
        if place in self.writes:
            entry["checkpoint"] = self.writes[place][0]


@bug("SLS401")
class NeverGoesBack(Recalling):
    """Keeps the largest number."""

    def show(self, place, entry):
        numbers = [v for v in self.writes.get(place, []) if base64.b64decode(v).isdigit()]
        if numbers and entry["checkpoint"] in numbers:
            entry["checkpoint"] = max(numbers, key=lambda v: int(base64.b64decode(v)))


@bug("SLS401")
class ReadsFromALaggingReplica(Recalling):
    """The first read after a write shows what was before."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[str, str, int], int] = {}

    def show(self, place, entry):
        values = self.writes.get(place, [])
        if len(values) > max(1, self.seen.get(place, 0)):
            entry["checkpoint"] = values[-2]
        self.seen[place] = len(values)


@bug("SLS401")
class LosesOneOfTwoWritesAtOnce:
    """Reads the whole group, changes one shard, and writes the whole group."""

    def __init__(self) -> None:
        self.real, self.meet = correct(), Meetings()

    def checkpoints(self, request: Request) -> dict[int, str]:
        url = request.url.partition("?")[0]
        response = self.real(trusted(request.replace(method="GET", url=url, body=b"", headers=Headers())))
        return (
            {each["shard"]: each["checkpoint"] for each in json.loads(response.body)} if response.status == 200 else {}
        )

    def __call__(self, request: Request) -> Response:
        written = write_of(request)
        if not written:
            return self.real(request)
        before = self.checkpoints(request)
        self.meet("/".join(group_of(request)))
        response = self.real(request)
        shard, (logstore, group) = written[0], group_of(request)
        for other, checkpoint in self.checkpoints(request).items() if response.status == 200 else ():
            if other != shard and checkpoint != before[other]:
                self.real.set_checkpoint(group, other, before[other], project=request.project, logstore=logstore)
        return response


@bug("SLS401")
class DropsWritesThatAreNotForced(Recalling):
    def show(self, place, entry):
        if len(self.writes.get(place, [])) == 1:
            entry["checkpoint"] = ""


@on_entry("SLS402")
def checkpoint_as_a_number(entry):
    text = base64.b64decode(entry["checkpoint"])
    if text.isdigit():
        entry["checkpoint"] = base64.b64encode(str(int(text)).encode()).decode()


@on_entry("SLS402")
def checkpoint_in_32_bits(entry):
    text = base64.b64decode(entry["checkpoint"])
    if text.isdigit():
        entry["checkpoint"] = base64.b64encode(str(int(text) % 2**32).encode()).decode()


@on_entry("SLS402")
def checkpoint_through_a_float(entry):
    text = base64.b64decode(entry["checkpoint"])
    if text.isdigit() and float(text) < float("inf"):
        entry["checkpoint"] = base64.b64encode(str(int(float(text))).encode()).decode()


@on_entry("SLS402")
def checkpoint_cut_at_twelve_bytes(entry):
    entry["checkpoint"] = base64.b64encode(base64.b64decode(entry["checkpoint"])[:12]).decode()


@bug("SLS403")
class OneCheckpointForAllShards(Recalling):
    def wrote(self, place, value, accepted):
        if accepted:
            self.writes[*place[:2], -1] = [value]

    def show(self, place, entry):
        if (*place[:2], -1) in self.writes:
            entry["checkpoint"] = self.writes[*place[:2], -1][0]


@bug("SLS404")
class OneCheckpointForAllGroups(Recalling):
    def show(self, place, entry):
        fresh = [
            v[-1] for p, v in tuple(self.writes.items()) if p[0] == place[0] and p[2] == place[2] and p[1] != place[1]
        ]
        if fresh and not entry["checkpoint"]:
            entry["checkpoint"] = fresh[-1]


@bug("SLS405")
class OneCheckpointForAllLogstores(Recalling):
    def show(self, place, entry):
        project = place[0].partition("/")[0]
        others = (
            p for p in tuple(self.writes) if p[1:] == place[1:] and p[0] != place[0] and p[0].startswith(f"{project}/")
        )
        fresh = [self.writes[other][-1] for other in others]
        if fresh and not entry["checkpoint"]:
            entry["checkpoint"] = fresh[-1]


@bug("SLS406")
class StoresBeforeItChecks(Recalling):
    def __init__(self) -> None:
        super().__init__()
        self.refused: dict[tuple[str, str, int], str] = {}

    def wrote(self, place, value, accepted):
        if accepted:
            self.refused.pop(place, None)
        elif re.fullmatch(r"[0-9A-Za-z+/]+=*", value):
            self.refused[place] = value

    def show(self, place, entry):
        entry["checkpoint"] = self.refused.get(place, entry["checkpoint"])


@bug("SLS406")
class DeletesBeforeItChecks:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 401:
            self.real(trusted(request))
        return response


@bug("SLS406")
class EmptiesAGroupThatIsMadeTwice(Recalling):
    def __init__(self) -> None:
        super().__init__()
        self.emptied: set[tuple[str, str]] = set()

    def __call__(self, request: Request) -> Response:
        response = super().__call__(request)
        if error_of(response) == "ConsumerGroupAlreadyExist":
            self.emptied.add(self.group(request))
        return response

    def wrote(self, place, value, accepted):
        self.emptied.discard(place[:2])

    def show(self, place, entry):
        if place[:2] in self.emptied:
            entry["checkpoint"] = ""


@bug("SLS407")
class KeepsCheckpointsOfDeletedGroups(Recalling):
    def deleted(self, group):
        pass

    def show(self, place, entry):
        if not entry["checkpoint"] and place in self.writes:
            entry["checkpoint"] = self.writes[place][-1]


class Timing(Recalling):
    """Remembers when each place was first and last written, as it showed it."""

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[tuple[str, str, int], int] = {}


@bug("SLS411")
class TimeRunsBack(Timing):
    def show(self, place, entry):
        if entry["updateTime"]:
            entry["updateTime"] -= len(self.writes.get(place, [])) * 1_000_000


@bug("SLS412")
class KeepsTheTimeOfTheFirstWrite(Timing):
    def show(self, place, entry):
        if entry["updateTime"]:
            entry["updateTime"] = self.times.setdefault(place, entry["updateTime"])

    def deleted(self, group):
        self.times = {place: time for place, time in tuple(self.times.items()) if place[:2] != group}


@bug("SLS412")
class SameValueIsNoWrite(Timing):
    def show(self, place, entry):
        values = self.writes.get(place, [])
        if len(values) > 1 and values[-1] == values[-2]:
            entry["updateTime"] = self.times.get(place, entry["updateTime"])
        elif entry["updateTime"]:
            self.times[place] = entry["updateTime"]


@bug("SLS412")
class UnforcedWritesKeepTheTime(Timing):
    def __call__(self, request: Request) -> Response:
        self.forced = "forceSuccess=false" not in request.url
        return super().__call__(request)

    def wrote(self, place, value, accepted):
        if accepted and self.forced:
            self.times.pop(place, None)

    def deleted(self, group):
        self.times = {place: time for place, time in tuple(self.times.items()) if place[:2] != group}

    def show(self, place, entry):
        if entry["updateTime"]:
            entry["updateTime"] = self.times.setdefault(place, entry["updateTime"])


@bug("SLS411")
class TellsTheTimeOfTheClient(Timing):
    """Takes the time that the request was signed for the time of the write."""

    def __call__(self, request: Request) -> Response:
        self.time = request_time(request) or now()
        return super().__call__(request)

    def wrote(self, place, value, accepted):
        if accepted:
            self.times[place] = int(self.time.timestamp()) * 1_000_000 + now().microsecond

    def show(self, place, entry):
        if entry["updateTime"]:
            entry["updateTime"] = self.times.get(place, entry["updateTime"])


@on_entry("SLS413")
def time_of_the_read(entry):
    if entry["updateTime"]:
        entry["updateTime"] = int(now().timestamp() * 1_000_000)


@bug("SLS413")
class OneTimeForAllShards(Timing):
    def wrote(self, place, value, accepted):
        if accepted:
            self.times[*place[:2], -1] = int(now().timestamp() * 1_000_000)

    def show(self, place, entry):
        if entry["updateTime"]:
            entry["updateTime"] = max(entry["updateTime"], self.times.get((*place[:2], -1), 0))


@on_entry("SLS414")
def update_time_in_local_time(entry):
    if entry["updateTime"]:
        entry["updateTime"] += 8 * 3600 * 1_000_000


@on_entry("SLS415")
def update_time_of_creation(entry):
    entry["updateTime"] = entry["updateTime"] or 1_524_224_984_800_922


@on_entry("SLS415")
def no_update_time(entry):
    entry["updateTime"] = 0
