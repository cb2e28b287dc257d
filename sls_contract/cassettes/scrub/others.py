"""Names that are not the run's own: they came in an answer, and no request had named them before.

Whoever lists the consumer groups of a shared logstore gets the names of everybody's. Which fields of an answer hold
names follows from the service's operations (ListConsumerGroup, ListLogStores, ListProject, GetCheckPoint and so on).
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.scrub.messages import Body
from sls_contract.exchange import decode_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sls_contract.exchange import Exchange, Request

_LONGEST = 128  # characters of a name
_GROUP, _CONSUMER, _LOGSTORE, _PROJECT = "group", "consumer", "logstore", "project"
#: What a JSON key holds the name of, without ``-`` and ``_``, in lower case.
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
#: What a list of names, or of objects with a name, holds: by its JSON key, or by the last segment of the path.
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
#: Our own public names, and those that the examples of the documentation use.
_OURS = re.compile(r"other-[a-z]+-[0-9]+|my-project|my-logstore|consumer_group_test|consumer_[0-9]{1,2}")
_LINE = re.compile(r"^    (.+)=(other-[a-z]+)-[0-9]+$", re.MULTILINE)
_JSON = (b"{", b"[")


@dataclass(frozen=True, slots=True)
class OtherName:
    """A name of somebody else: what it names, how it reads, and the public name that can stand for it."""

    kind: str
    real: str
    public: str


class OtherNames:
    """Tells the names of others from the run's own, and gives each a public name; safe from any thread.

    Args:
        own: names that are the run's own, though no request named them yet.

    """

    def __init__(self, own: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._own = set(own)
        self._others: dict[str, OtherName] = {}
        self._counts: Counter[str] = Counter()

    def asked(self, request: Request) -> None:
        """Take the names in a request for the run's own, unless an answer brought them."""
        names = {name for name in _names_in_request(request) if name not in self._own}
        if names:
            with self._lock:
                self._own |= names.difference(self._others)

    def adopt(self, others: Iterable[OtherName]) -> tuple[OtherName, ...]:
        """Take over names that another cassette hides, unless they are own ones here; return those taken over."""
        with self._lock:
            taken = tuple(each for each in others if each.real not in self._own)
            for each in taken:
                self._others[each.real] = each
                number = int(each.public.rpartition("-")[2])
                self._counts[each.kind] = max(self._counts[each.kind], number)
        return taken

    @property
    def all(self) -> tuple[OtherName, ...]:
        """All names of others that are known."""
        with self._lock:
            return tuple(self._others.values())

    def found(self, exchange: Exchange, public: Collection[str] = ()) -> tuple[OtherName, ...]:
        """Return the names of others in an answer; ``public`` are names that stand for others already."""
        found = dict.fromkeys(_names_in_answer(exchange))
        with self._lock:
            return tuple(
                self._others.get(name) or self._new(kind, name)
                for kind, name in found
                if name in self._others or not (name in self._own or name in public or _OURS.fullmatch(name))
            )

    def _new(self, kind: str, name: str) -> OtherName:
        self._counts[kind] += 1
        other = self._others[name] = OtherName(kind, name, f"other-{kind}-{self._counts[kind]}")
        return other


def rename_lines(names: Iterable[OtherName]) -> str:
    """Return the ini setting that hides names, ready to paste."""
    return "\n".join(["sls_rename =", *(f"    {name.real}={name.public}" for name in names)])


def merged_rename_lines(settings: Iterable[str]) -> str:
    """Return one setting for what `rename_lines` said of several recordings, each of which counted from 1."""
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
    yield from (value for _, value in request.query_pairs() if len(value) <= _LONGEST)
    yield from (text for text in _texts(_json(Body.of(request.headers, request.body).content)) if len(text) <= _LONGEST)


def _names_in_answer(exchange: Exchange) -> Iterator[tuple[str, str]]:
    response = exchange.response
    if response is None or response.status >= 400:  # noqa: PLR2004 - an error names what was asked for
        return
    listed = _LISTS.get(_plain(exchange.request.path.rpartition("/")[2]))
    answer = _json(Body.of(response.headers, response.body).content)
    for kind, name in _named(answer, listed):
        if name and len(name) <= _LONGEST:
            yield kind, name


def _named(node: Any, listed: str | None) -> Iterator[tuple[str, str]]:
    """Yield the names in an answer, each with its kind; ``listed``: of what the node is a list, or one of a list."""
    if isinstance(node, list):
        for each in node:
            yield from [(listed, each)] if listed and isinstance(each, str) else _named(each, listed)
    elif isinstance(node, dict):
        for key, value in node.items():
            kind = listed if _plain(key) == "name" else _FIELDS.get(_plain(key))
            if kind and isinstance(value, str):
                yield kind, value
            else:
                yield from _named(value, _LISTS.get(_plain(key)) if key else None)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _texts(each)


def _json(data: bytes) -> Any:
    if not data.lstrip()[:1].startswith(_JSON):
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")
