"""Names that are taken for others: by their beginnings, without case, by a hash, in another form."""

from __future__ import annotations

import json
import re
import zlib
from functools import reduce
from typing import TYPE_CHECKING
from unicodedata import combining, normalize
from urllib.parse import quote

from broken_endpoints.harness import (
    ABROAD,
    BROKEN,
    LOGSTORE,
    PROJECT,
    Broken,
    Recalling,
    asks_for,
    bug,
    correct,
    group_of,
    is_let_in,
    is_read,
    members,
    on_entry,
    parameter,
    trusted,
    verify_quickly,
)

from sls_contract.exchange import Request, Response
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Callable


def renamed(request: Request, name: str) -> Request:
    """Return the request for another group, signed by someone who may."""
    body, document = request.body, members(request)
    if "consumerGroup" in document:
        body = json.dumps({**document, "consumerGroup": name}).encode()
    path, mark, query = request.url.partition("?")
    head, tail = path.split("/consumergroups")
    path = f"{head}/consumergroups" + (f"/{quote(name, safe='')}" if tail else "")
    return trusted(Request(request.method, f"{path}{mark}{query}", Headers(), body))


class FindsGroups:
    """Looks a group up among those that are there, by more than its name."""

    def __init__(self, fits: Callable[[str, str], bool], *, makes: bool) -> None:
        self.real, self.fits, self.makes, self.there = correct(), fits, makes, []

    def __call__(self, request: Request) -> Response:
        logstore, name = group_of(request) if "/consumergroups" in request.path else ("", "")
        making = asks_for(request, "CreateConsumerGroup")
        if not verify_quickly(request) or not name or (making and not self.makes):
            return self.noticed(self.real(request), request, (logstore, name))
        if (logstore, name) not in self.there:
            alike = [other for place, other in tuple(self.there) if place == logstore and self.fits(name, other)]
            if alike:
                name = alike[0]
                return self.noticed(self.real(renamed(request, name)), request, (logstore, name))
        return self.noticed(self.real(request), request, (logstore, name))

    def noticed(self, response: Response, request: Request, place: tuple[str, str]) -> Response:
        if response.status == 200 and asks_for(request, "CreateConsumerGroup"):
            self.there.append(place)
        if response.status == 200 and asks_for(request, "DeleteConsumerGroup") and place in self.there:
            self.there.remove(place)
        return response


class SharesCheckpoints(Recalling):
    """Groups are there by their names, and keep their checkpoints under something of the name."""

    def __init__(self, key: Callable[[str], object]) -> None:
        super().__init__()
        self.key, self.last = key, {}

    def wrote(self, place, value, accepted):
        if accepted:
            self.last[place[0], self.key(place[1]), place[2]] = value

    def deleted(self, group):
        self.last = {place: v for place, v in tuple(self.last.items()) if place[:2] != (group[0], self.key(group[1]))}

    def show(self, place, entry):
        entry["checkpoint"] = self.last.get((place[0], self.key(place[1]), place[2]), entry["checkpoint"])


def polynomial(factor: int) -> Callable[[str], int]:
    return lambda name: reduce(lambda sum_, byte: (sum_ * factor + byte) % 2**32, name.encode(), 0)


def plain(name: str) -> str:
    return "".join(char for char in normalize("NFD", name) if not combining(char))


def like(name: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace("%", ".*").replace("_", "."), name) is not None


FINDS = {
    "takes_the_beginning_for_the_name": (str.startswith, False),
    "takes_a_longer_name": (lambda name, other: other.startswith(name), False),
    "reads_names_without_case": (lambda name, other: name.lower() == other.lower(), True),
    "reads_names_for_reads_without_case": (lambda name, other: name.lower() == other.lower(), False),
    "reads_names_in_composed_form": (lambda name, other: normalize("NFC", name) == normalize("NFC", other), True),
    "reads_names_in_plain_width": (lambda name, other: normalize("NFKC", name) == normalize("NFKC", other), True),
    "reads_names_without_accents": (lambda name, other: plain(name) == plain(other), False),
    "strips_names": (lambda name, other: name.strip() == other.strip(), True),
    "takes_names_for_patterns": (like, False),
    "takes_other_names_for_patterns": (lambda name, other: like(other, name), False),
    "cuts_names_at_sixty": (lambda name, other: name[:60] == other[:60], True),
    "sorts_numbers_in_names": (
        lambda name, other: re.sub("0+(?=[0-9])", "", name) == re.sub("0+(?=[0-9])", "", other),
        True,
    ),
}
SHARES = {
    "keeps_checkpoints_by_java_hash": polynomial(31),
    "keeps_checkpoints_by_hash_of_33": polynomial(33),
    "keeps_checkpoints_by_crc": lambda name: zlib.crc32(name.encode()),
    "keeps_checkpoints_by_adler": lambda name: zlib.adler32(name.encode()),
    "keeps_checkpoints_by_letters": lambda name: "".join(sorted(name)),
    "keeps_checkpoints_by_length": len,
    "keeps_checkpoints_by_small_letters": str.casefold,
    "keeps_checkpoints_by_slug": lambda name: re.sub("[^a-z0-9]", "-", name),
}
for label, (fitting, making) in FINDS.items():
    BROKEN[label] = Broken(label, "SLS441", lambda fits=fitting, makes=making: FindsGroups(fits, makes=makes))
for label, keyed in SHARES.items():
    BROKEN[label] = Broken(label, "SLS404", lambda key=keyed: SharesCheckpoints(key))


@bug("SLS444")
class DeletesWhatBeginsAlike:
    """The keys of a group begin with its name, and all that begins with it is deleted."""

    def __init__(self) -> None:
        self.real, self.there = correct(), []

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if asks_for(request, "CreateConsumerGroup") and response.status == 200:
            self.there.append(group_of(request))
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            place, name = group_of(request)
            for _, other in [each for each in tuple(self.there) if each[0] == place and each[1].startswith(name)]:
                self.real(renamed(request, other))
        return response


@on_entry("SLS431")
def consumer_in_small_letters(entry):
    entry["consumer"] = entry["consumer"].lower()


@on_entry("SLS431")
def consumer_cut_at_32_letters(entry):
    entry["consumer"] = entry["consumer"][:32]


@bug("SLS431")
class ConsumersAsTheyWereFirstWritten(Recalling):
    """Whoever was called so first, in whatever letters, is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.names = {}

    def __call__(self, request: Request) -> Response:
        name = parameter(request, "consumer")
        self.names.setdefault(name.lower(), name)
        return super().__call__(request)

    def show(self, place, entry):
        entry["consumer"] = self.names.get(entry["consumer"].lower(), entry["consumer"])


class FindsPlaces:
    """Takes one project or logstore for another; subclasses say which."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request) -> Response:
        if not is_let_in(request) or not is_read(request):
            return self.real(request)
        return self.real(trusted(Request(request.method, self.place(request), Headers(), request.body)))

    def place(self, request: Request) -> str:
        raise NotImplementedError


@bug("SLS442")
class FindsLogstoresByTheirBeginning(FindsPlaces):
    def place(self, request):
        return re.sub(f"/logstores/{LOGSTORE}(?!-other/|-wide/)[^/]*/", f"/logstores/{LOGSTORE}/", request.url)


@bug("SLS442")
class FindsTheFirstLogstoreThatBeginsSo(FindsPlaces):
    def place(self, request):
        named = re.search("/logstores/([^/]*)/", request.url)[1]
        found = LOGSTORE if LOGSTORE.startswith(named) else named
        return request.url.replace(f"/logstores/{named}/", f"/logstores/{found}/")


@bug("SLS442")
class FindsLogstoresWithoutCase(FindsPlaces):
    def place(self, request):
        named = re.search("/logstores/([^/]*)/", request.url)[1]
        return request.url.replace(f"/logstores/{named}/", f"/logstores/{named.lower()}/")


@bug("SLS443")
class FindsProjectsByTheirBeginning(FindsPlaces):
    def place(self, request):
        found = PROJECT if request.project.startswith(PROJECT) and request.project != ABROAD else request.project
        return request.url.replace(request.project, found, 1)


@bug("SLS443")
class FindsTheFirstProjectThatBeginsSo(FindsPlaces):
    def place(self, request):
        found = PROJECT if PROJECT.startswith(request.project) else request.project
        return request.url.replace(request.project, found, 1)


@bug("SLS463")
class OneCheckpointForAllProjects(Recalling):
    """Projects are known, and what is kept in them is not kept apart."""

    def group(self, request):
        return group_of(request)

    def wrote(self, place, value, accepted):
        if accepted:
            self.writes[place] = [value]

    def show(self, place, entry):
        if place in self.writes and not entry["checkpoint"]:
            entry["checkpoint"] = self.writes[place][-1]
