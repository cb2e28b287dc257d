"""Names of others: they came in a response, and no earlier request contained them.

A list of the consumer groups of a shared logstore contains everybody's names. Which response fields contain names
follows from the service's operations (ListConsumerGroup, ListLogStores, ListProject, GetCheckPoint and so on).
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.scrub.messages import Body
from sls_contract.checks.content_coding import json_value
from sls_contract.exchange import Exchange, Request, decode_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


_MAX_LENGTH = 128  # characters of a name
_GROUP, _CONSUMER, _LOGSTORE, _PROJECT = "group", "consumer", "logstore", "project"
#: The kind of name in a JSON key's value; keys without ``-`` and ``_``, in lower case.
_FIELDS = {
    "consumer": _CONSUMER,
    "consumername": _CONSUMER,
    "consumergroup": _GROUP,
    "consumergroupname": _GROUP,
    "logstore": _LOGSTORE,
    "logstorename": _LOGSTORE,
    "project": _PROJECT,
    "projectname": _PROJECT,
    "machinegroup": "machines",
    "machinegroupname": "machines",
    "configname": "config",
    "dashboardname": "dashboard",
    "savedsearchname": "search",
}
#: The kind of names in a list, by its JSON key or by the last segment of the path.
_LISTS = {
    "": _PROJECT,
    "consumers": _CONSUMER,
    "consumergroups": _GROUP,
    "logstores": _LOGSTORE,
    "projects": _PROJECT,
    "machinegroups": "machines",
    "configs": "config",
    "dashboards": "dashboard",
    "savedsearches": "search",
}
#: Our public names, and the names in the examples of the documentation.
_PUBLIC_NAMES = re.compile(r"other-[a-z]+-[0-9]+|my-project|my-logstore|consumer_group_test|consumer_[0-9]{1,2}")
_LINE = re.compile(r"^    (.+)=(other-[a-z]+)-[0-9]+$", re.MULTILINE)
_JSON = (b"{", b"[")


@dataclass(frozen=True, slots=True)
class OtherName:
    """A name that belongs to somebody else: its kind, the real name, and the public name that replaces it."""

    kind: str
    real: str
    public: str


class OtherNames:
    """Distinguishes names of others from the run's own, and gives each a public name; thread-safe.

    ``own`` names are the run's, though no request contained them yet.
    """

    def __init__(self, own: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._own = set(own)
        self._others: dict[str, OtherName] = {}
        self._counts: Counter[str] = Counter()

    def add_own(self, request: Request) -> None:
        """Add the names in a request to the run's own, except those that came in a response."""
        names = {name for name in _names_in_request(request) if name not in self._own}
        if names:
            with self._lock:
                self._own |= names.difference(self._others)

    def adopt(self, others: Iterable[OtherName]) -> tuple[OtherName, ...]:
        """Add names that another cassette hides, except the run's own; return those added."""
        with self._lock:
            adopted = tuple(each for each in others if each.real not in self._own)
            for each in adopted:
                self._others[each.real] = each
                number = int(each.public.rpartition("-")[2])
                self._counts[each.kind] = max(self._counts[each.kind], number)
        return adopted

    @property
    def all(self) -> tuple[OtherName, ...]:
        """All known names of others."""
        with self._lock:
            return tuple(self._others.values())

    def found(self, exchange: Exchange, public: Collection[str] = ()) -> tuple[OtherName, ...]:
        """Return the names of others in a response; ``public`` are names that already replace others."""
        found = dict.fromkeys(_names_in_response(exchange))
        with self._lock:
            return tuple(
                self._others.get(name) or self._new(kind, name)
                for kind, name in found
                if name in self._others or not (name in self._own or name in public or _PUBLIC_NAMES.fullmatch(name))
            )

    def _new(self, kind: str, name: str) -> OtherName:
        self._counts[kind] += 1
        other = self._others[name] = OtherName(kind, name, f"other-{kind}-{self._counts[kind]}")
        return other


def rename_lines(names: Iterable[OtherName]) -> str:
    """Return a line for each name, as in the ini setting that hides them."""
    return "\n".join(f"    {name.real}={name.public}" for name in names)


def merged_rename_lines(settings: Iterable[str]) -> str:
    """Return one ini setting for several texts of `rename_lines`, numbered again from 1."""
    counts: Counter[str] = Counter()
    lines: dict[str, str] = {}
    for real, kind in (found.groups() for text in settings for found in _LINE.finditer(text)):
        if real not in lines:
            counts[kind] += 1
            lines[real] = f"    {real}={kind}-{counts[kind]}"
    return "\n".join(["sls_rename =", *lines.values()])


def _names_in_request(request: Request) -> Iterator[str]:
    yield request.host.partition(".")[0]
    yield from map(decode_path, request.path.split("/"))
    yield from (value for _, value in request.query_pairs() if len(value) <= _MAX_LENGTH)
    content = Body.of(request.headers, request.body).content
    yield from (text for text in _texts(_document(content)) if len(text) <= _MAX_LENGTH)


def _names_in_response(exchange: Exchange) -> Iterator[tuple[str, str]]:
    response = exchange.response
    if response is None or response.status >= 400:  # noqa: PLR2004 - an error repeats names of the request
        return
    listed = _LISTS.get(_normalised(exchange.request.path.rpartition("/")[2]))
    content = _document(Body.of(response.headers, response.body).content)
    for kind, name in _named(content, listed):
        if name and len(name) <= _MAX_LENGTH:
            yield kind, name


def _named(node: Any, listed: str | None) -> Iterator[tuple[str, str]]:
    """Yield the names in a response with their kinds; ``listed`` is the kind of the list that the node is or is in."""
    if isinstance(node, list):
        for each in node:
            yield from [(listed, each)] if listed and isinstance(each, str) else _named(each, listed)
    elif isinstance(node, dict):
        for key, value in node.items():
            kind = listed if _normalised(key) == "name" else _FIELDS.get(_normalised(key))
            if kind and isinstance(value, str):
                yield kind, value
            else:
                yield from _named(value, _LISTS.get(_normalised(key)) if key else None)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _texts(each)


def _document(data: bytes) -> Any:
    return json_value(data) if data.lstrip()[:1].startswith(_JSON) else None


def _normalised(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")
