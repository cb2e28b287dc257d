"""Finds the operation of a request by method, path, and query keys where several operations share a path.

A literal segment takes precedence over a placeholder (``/shards/lb`` over ``/shards/{shard}``). An operation that
requires a query key, or a host without a project, takes precedence over others on its path. `clashes` finds routes that
remain ambiguous.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sls_contract.errors import UsageError
from sls_contract.exchange import decode_path
from sls_contract.hosts import names_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sls_contract.exchange import Request


_FIRST = frozenset({0})
"""The index of the only empty segment of most paths, the one before the first slash."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path of an operation, and the conditions on requests to it.

    Attributes:
        operation: the operation's name.
        method: the HTTP method, upper case.
        path: template; ``{name}`` is a placeholder for one non-empty segment.
        discriminator: query keys, each with the values of which a request must have one; no values: any value.
        project: whether the host begins with a project.

    """

    operation: str
    method: str
    path: str
    discriminator: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    project: bool = True

    def selects(self, request: Request) -> bool:
        """Return whether the host and query keys of a request select this operation among those on its path."""
        if not self.project and names_project(request.host):
            return False
        if not self.discriminator:
            return True
        pairs = request.query_pairs()
        return all(
            any(name == key and (not values or value in values) for name, value in pairs)
            for key, values in self.discriminator.items()
        )


def routes_of(plain: Mapping[str, Any]) -> tuple[Route, ...]:
    """Return the routes of a contract in plain form, one for each of its paths."""
    discriminator = {key: tuple(values) for key, values in plain.get("discriminator", {}).items()}
    paths = (plain["path"], *plain.get("other_paths", ()))
    return tuple(
        Route(plain["operation"], plain["method"], path, discriminator, plain.get("project", True)) for path in paths
    )


class Router:
    """Routes of many operations, indexed by method, number of segments, and literal segments."""

    def __init__(self, routes: Iterable[Route]) -> None:
        tables: dict[tuple[str, int], dict[tuple[int, ...], dict[Any, list[Route]]]] = {}
        for route in routes:
            segments = route.path.split("/")
            fixed = tuple(place for place, each in enumerate(segments) if not _is_name(each))
            table = tables.setdefault((route.method, len(segments)), {}).setdefault(fixed, {})
            table.setdefault(itemgetter(*fixed)(segments), []).append(route)
        self._tables = {key: _ordered(of_size) for key, of_size in tables.items()}

    def route_of(self, request: Request) -> Route | None:
        """Return the route of a request to any host; None if none matches. HEAD does not match GET."""
        for route in self.routes_on(request):
            if route.selects(request):
                return route
        return None

    def routes_on(self, request: Request) -> list[Route]:
        """Return the routes that match the method and path of a request, in order of precedence."""
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
    """Sort the tables by number of literal segments, the routes by host without project and by number of query keys."""
    for same in (same for table in tables.values() for same in table.values()):
        same.sort(key=lambda route: (route.project, -len(route.discriminator)))
    ordered = sorted(tables.items(), key=lambda table: (-len(table[0]), table[0]))
    return [(frozenset(fixed), itemgetter(*fixed), table) for fixed, table in ordered]


def names_in(template: str, path: str) -> dict[str, str] | None:
    """Return the percent-decoded path parameters of a raw path; None if it does not match the template.

    A percent-encoded slash belongs to the parameter. An empty segment matches no placeholder.
    """
    expected, segments = template.split("/"), path.split("/")
    if len(expected) != len(segments):
        return None
    names = {}
    for each, segment in zip(expected, segments, strict=True):
        text = decode_path(segment)
        if _is_name(each) and text:
            names[each[1:-1]] = text
        elif each != text:
            return None
    return names


def clashes(routes: Iterable[Route]) -> Iterator[tuple[Route, Route]]:
    """Yield pairs of routes of different operations that a request could match without a rule of precedence."""
    for one, other in combinations(routes, 2):
        if one.operation != other.operation and one.method == other.method and _same_path(one.path, other.path):
            keys = one.discriminator.keys() & other.discriminator.keys()
            ordered = len(one.discriminator) != len(other.discriminator) or one.project != other.project
            if not ordered and not any(_disjoint(one.discriminator[key], other.discriminator[key]) for key in keys):
                yield one, other


def refuse_clashes(routes: Iterable[Route]) -> None:
    """Raise `UsageError` if a request matches two operations and no rule selects one of them."""
    for one, other in clashes(routes):
        msg = (
            f"expected one operation for each request, found two for {one.method} {one.path}: "
            f"{one.operation}{_keys(one)} and {other.operation}{_keys(other)}\n"
            "How to fix: if they are the same operation, list one name among the aliases of the other, in its rulings "
            "or contract; otherwise write discriminators with other values of one query key, or with more keys in one "
            "of them, such as discriminator: {type: [log], size: []}, where [] is any value."
        )
        raise UsageError(msg)


def _keys(route: Route) -> str:
    """Return the query of a discriminator, such as ``?type=log|logs``; empty without one."""
    pairs = (f"{key}={'|'.join(values)}" if values else key for key, values in route.discriminator.items())
    return f"?{'&'.join(pairs)}" if route.discriminator else ""


def _same_path(one: str, other: str) -> bool:
    """Return whether a path can match both templates, and neither template is strictly narrower."""
    left, right = one.split("/"), other.split("/")
    if len(left) != len(right):
        return False
    pairs = list(zip(left, right, strict=True))
    if not all(a == b or _is_name(a) or _is_name(b) for a, b in pairs):
        return False
    narrower = [_is_name(b) and not _is_name(a) for a, b in pairs]
    wider = [_is_name(a) and not _is_name(b) for a, b in pairs]
    return any(narrower) == any(wider)


def _disjoint(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return bool(one) and bool(other) and not set(one) & set(other)


def _is_name(segment: str) -> bool:
    return segment[:1] == "{" and segment[-1:] == "}"
