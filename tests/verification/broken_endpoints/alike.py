"""Names of groups and consumers that one operation takes for others, where all others tell them apart."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from unicodedata import normalize
from urllib.parse import quote

from broken_endpoints.harness import (
    BROKEN,
    Broken,
    Recalling,
    asks_for,
    bug,
    correct,
    error,
    error_of,
    group_of,
    is_let_in,
    parameter,
    with_document,
)
from broken_endpoints.names import renamed
from broken_endpoints.per_operation import let_in
from broken_endpoints.spellings import shown_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Request, Response

SHOWN_BY: dict[str, str] = {}
"""The scenario that shows a bug, by the bug's name."""


class KnowingGroups:
    """Knows which groups there are; ``fits`` compares two names."""

    def __init__(self, fits: Callable[[str, str], bool]) -> None:
        self.real, self.fits, self.there = correct(), fits, []

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "CreateConsumerGroup") and response.status == 200:
            self.there.append(group_of(request))
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            self.there.remove(group_of(request))
        return response

    def alike(self, request: Request) -> list[str]:
        place, name = group_of(request)
        return [
            other for where, other in tuple(self.there) if where == place and other != name and self.fits(name, other)
        ]


class UpdatesGroupsAlike(KnowingGroups):
    def __call__(self, request: Request) -> Response:
        response = super().__call__(request)
        if asks_for(request, "UpdateConsumerGroup") and response.status == 200:
            for other in self.alike(request):
                self.real(renamed(request, other))
        return response


class RegistersConsumersInGroupsAlike(KnowingGroups):
    def __call__(self, request: Request) -> Response:
        response = super().__call__(request)
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            for other in self.alike(request):
                self.real(renamed(request.replace(body=b"[]"), other))
        return response


class CreatesNoGroupAlike(KnowingGroups):
    def __call__(self, request: Request) -> Response:
        taken = asks_for(request, "CreateConsumerGroup") and is_let_in(request) and self.alike(request)
        if taken and group_of(request) not in self.there:
            refused = self.real(request.replace(headers=request.headers.without("Authorization")))
            return error(refused, 400, "ConsumerGroupAlreadyExist", "consumer group already exist.")
        return super().__call__(request)


def without_case(name: str, other: str) -> bool:
    return name.lower() == other.lower()


def begins(name: str, other: str) -> bool:
    return other.startswith(name)


for label, code, kind, fits, word in (
    ("updates_groups_without_case", "SLS409", UpdatesGroupsAlike, without_case, "differ-in-case"),
    ("updates_what_begins_alike", "SLS409", UpdatesGroupsAlike, begins, "begin-alike"),
    ("registers_in_groups_without_case", "SLS436", RegistersConsumersInGroupsAlike, without_case, "differ-in-case"),
    ("registers_in_what_begins_alike", "SLS436", RegistersConsumersInGroupsAlike, begins, "begin-alike"),
    ("creates_no_beginning_of_a_name", "SLS444", CreatesNoGroupAlike, begins, "begin-alike"),
):
    BROKEN[label] = Broken(label, code, lambda kind=kind, fits=fits: kind(fits))
    SHOWN_BY[label] = f"groups-{word}"


class ListsGroupsOnce:
    """Puts groups into a table by a part of their names."""

    def __init__(self, key: Callable[[str], str]) -> None:
        self.real, self.key = correct(), key

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not asks_for(request, "ListConsumerGroup") or response.status != 200:
            return response
        table = {self.key(group["name"]): group for group in json.loads(response.body)}
        return with_document(response, list(table.values()))


for label, keyed, word in (
    ("lists_groups_without_case", str.lower, "differ-in-case"),
    ("lists_groups_in_plain_width", lambda name: normalize("NFKC", name), "look-alike"),
    ("lists_groups_by_their_letters", lambda name: "".join(sorted(name)), "sum-alike"),
    ("lists_groups_by_numbers", lambda name: re.sub("0+(?=[0-9])", "", name), "sort-alike"),
):
    BROKEN[label] = Broken(label, "SLS408", lambda key=keyed: ListsGroupsOnce(key))
    SHOWN_BY[label] = f"groups-{word}"


class KnowingConsumers:
    """Knows which consumers sent a heartbeat; ``fits`` compares two names."""

    def __init__(self, fits: Callable[[str, str], bool]) -> None:
        self.real, self.fits, self.consumers = correct(), fits, {}

    def __call__(self, request: Request) -> Response:
        response, mine = self.real(request), parameter(request, "consumer")
        known = self.consumers.setdefault(group_of(request), [])
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200:
            known.append(mine)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            known.clear()
        alike = [other for other in known if other != mine and self.fits(mine, other)]
        return self.refused(request, response, alike)

    def refused(self, request: Request, response: Response, alike: list[str]) -> Response:
        raise NotImplementedError


class TakesCheckpointsOfConsumersAlike(KnowingConsumers):
    def refused(self, request, response, alike):
        if error_of(response) not in {"ConsumerNotExist", "ConsumerNotMatch"} or not alike:
            return response
        return self.real(let_in(request, url=re.sub("consumer=[^&]*", f"consumer={quote(alike[0])}", request.url)))


class RegistersConsumersAlike(KnowingConsumers):
    def refused(self, request, response, alike):
        unknown = error_of(response) == "NotExistConsumerWithBody" and alike
        return self.real(let_in(request, body=b"[]")) if unknown else response


for label, code, kind, fits, word in (
    ("takes_checkpoints_of_longer_names", "SLS438", TakesCheckpointsOfConsumersAlike, str.startswith, "begin-alike"),
    ("takes_checkpoints_without_case", "SLS438", TakesCheckpointsOfConsumersAlike, without_case, "differ-in-case"),
    ("knows_consumers_without_case", "SLS436", RegistersConsumersAlike, without_case, "differ-in-case"),
    ("knows_consumers_by_their_beginning", "SLS436", RegistersConsumersAlike, str.startswith, "begin-alike"),
):
    BROKEN[label] = Broken(label, code, lambda kind=kind, fits=fits: kind(fits))
    SHOWN_BY[label] = f"consumers-{word}"


@shown_by("many-shards")
@bug("SLS404")
class WritesTheShardBehindTheName(Recalling):
    """Keeps checkpoints under the name of the group and the number of the shard, with nothing between them."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = {}

    def wrote(self, place, value, accepted):
        if accepted:
            self.kept[place[0], f"{place[1]}{place[2]}"] = value

    def deleted(self, group):
        keys = {(group[0], f"{group[1]}{shard}") for shard in range(256)}
        self.kept = {key: value for key, value in tuple(self.kept.items()) if key not in keys}

    def show(self, place, entry):
        entry["checkpoint"] = self.kept.get((place[0], f"{place[1]}{place[2]}"), entry["checkpoint"])
