"""Which operation a request asks for: told by its method, its path, and query keys where several share a path.

A path that spells a segment out goes before one that has a name there (``/shards/lb`` before ``/shards/{shard}``); an
operation that needs a query key, or a host without a project, before one that needs none. Where that leaves a choice,
`clashes` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sls_contract.exchange import decode_path
from sls_contract.hosts import names_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sls_contract.exchange import Request


_FIRST = frozenset({0})
"""The one empty segment of most paths: what stands before the first slash."""


def _nothing() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Route:
    """How the requests of one operation are told from others, on one path.

    Attributes:
        operation: the operation's name.
        method: the HTTP method, upper case.
        path: template; ``{name}`` stands for one segment that is not empty.
        discriminator: by query key, the values of which one must be there; no values: any.
        project: whether the host begins with a project.

    """

    operation: str
    method: str
    path: str
    discriminator: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    project: bool = True

    def tells(self, request: Request) -> bool:
        """Tell whether host and query keys of a request are what tells this operation from others of its path."""
        if not self.project and names_project(request.host):
            return False
        if not self.discriminator:
            return True
        pairs = request.query_pairs()
        return all(
            any(name == key and (not values or value in values) for name, value in pairs)
            for key, values in self.discriminator.items()
        )


class Router:
    """The routes of many operations, found by method, number of segments, and the segments that are spelled out."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Sort the routes into tables."""
        tables: dict[tuple[str, int], dict[tuple[int, ...], dict[Any, list[Route]]]] = {}
        for route in routes:
            segments = route.path.split("/")
            fixed = tuple(place for place, each in enumerate(segments) if not _is_name(each))
            table = tables.setdefault((route.method, len(segments)), {}).setdefault(fixed, {})
            table.setdefault(itemgetter(*fixed)(segments), []).append(route)
        self._tables = {key: _ordered(of_size) for key, of_size in tables.items()}

    def route_of(self, request: Request) -> Route | None:
        """Return the route that a request takes, whatever its host; None for none of these, HEAD included."""
        for route in self.routes_on(request):
            if route.tells(request):
                return route
        return None

    def routes_on(self, request: Request) -> list[Route]:
        """Return the routes that method and path of a request fit, the first choice first."""
        path = request.path
        segments = path.split("/")
        if "%" in path:
            segments = list(map(decode_path, segments))
        tables = self._tables.get((request.method, len(segments)))
        if tables is None:
            return []
        empty = {place for place, each in enumerate(segments) if not each} if "" in segments[1:] else _FIRST
        found: list[Route] = []
        for fixed, spelled, table in tables:
            if empty <= fixed:
                found += table.get(spelled(segments), ())
        return found


def _ordered(
    tables: dict[tuple[int, ...], dict[Any, list[Route]]],
) -> list[tuple[frozenset[int], itemgetter[Any], dict[Any, list[Route]]]]:
    """Put first what spells out the most segments; within it, what asks for most."""
    for same in (same for table in tables.values() for same in table.values()):
        same.sort(key=lambda route: (route.project, -len(route.discriminator)))
    ordered = sorted(tables.items(), key=lambda table: (-len(table[0]), table[0]))
    return [(frozenset(fixed), itemgetter(*fixed), table) for fixed, table in ordered]


def names_in(template: str, path: str) -> dict[str, str] | None:
    """Return the percent-decoded names in a path as sent; None where it does not fit the template.

    A slash that is percent-encoded belongs to the name. An empty segment fits nothing.
    """
    wanted, given = template.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    names = {}
    for each, segment in zip(wanted, given, strict=True):
        text = decode_path(segment)
        if _is_name(each) and text:
            names[each[1:-1]] = text
        elif each != text:
            return None
    return names


def clashes(routes: Iterable[Route]) -> Iterator[tuple[Route, Route]]:
    """Yield the routes of different operations that one request could take, with nothing to prefer one of them."""
    for one, other in combinations(routes, 2):
        if one.operation != other.operation and one.method == other.method and _same_path(one.path, other.path):
            keys = one.discriminator.keys() & other.discriminator.keys()
            told = len(one.discriminator) != len(other.discriminator) or one.project != other.project
            if not told and not any(_apart(one.discriminator[key], other.discriminator[key]) for key in keys):
                yield one, other


def _same_path(one: str, other: str) -> bool:
    """Tell whether a path fits both templates, and neither spells out all that the other does and more."""
    left, right = one.split("/"), other.split("/")
    if len(left) != len(right):
        return False
    pairs = list(zip(left, right, strict=True))
    if not all(a == b or _is_name(a) or _is_name(b) for a, b in pairs):
        return False
    narrower = [_is_name(b) and not _is_name(a) for a, b in pairs]
    wider = [_is_name(a) and not _is_name(b) for a, b in pairs]
    return any(narrower) == any(wider)


def _apart(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return bool(one) and bool(other) and not set(one) & set(other)


def _is_name(segment: str) -> bool:
    return segment[:1] == "{" and segment[-1:] == "}"
