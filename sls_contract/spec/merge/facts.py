"""Splits claims into facts, one for each place of an operation, so that sources can be compared by place.

A place is a text such as ``method``, ``query shard required``, ``response member meta.count type``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sls_contract.spec.claims import BODILESS, USER_KEY, WITHOUT_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec.claims import Body, Page, Parameter
    from sls_contract.spec.merge.sources import Source

FactValue: TypeAlias = str | bool | int | tuple[str, ...]
ROUTE = "route"
"""The place of method and path, such as ``GET /logstores/{logstore}``."""

_PROJECT_HOST = "{project}"
_MODEL = frozenset({"model"})
_PROSE = frozenset({"prose"})


@dataclass(frozen=True, slots=True)
class Fact:
    """The claim of a source, or of a family of sources, about a place.

    Attributes:
        value: a text, whether something is required, a status, or the allowed values.
        read: how it was read: syntax, table, example, prose, digest, model.
        source: the id of the source.
        earlier: different values of older sources of the family.

    """

    value: FactValue
    read: frozenset[str]
    source: str
    earlier: frozenset[FactValue] = frozenset()


def shown(value: FactValue) -> str:
    """Return a fact's value as text, in the form that rulings use."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def facts_of(source: Source, page: Page) -> dict[str, Fact]:
    """Return the facts of a source about an operation, by place, in the order of the page."""
    model = source.kind != "page"
    return {
        place: Fact(value, _MODEL if model else read, source.id)
        for place, value, read in _facts(page)
        if value is not None and not _is_unplaced(page, place) and not _is_below_user_key(page, place)
    }


def _is_below_user_key(page: Page, place: str) -> bool:
    """Return whether a page describes the member of each value of a map as a member of the map itself."""
    side, _, path = place.partition(" member ")
    maps = (each.where.partition(" ") for each in page.problems if each.says == USER_KEY)
    return any(side == body and f".{name}." in f".{path}" for body, _, name in maps)


def _is_unplaced(page: Page, place: str) -> bool:
    """Return whether a page marks a parameter as required without showing in which object, or in the body."""
    name = place.removeprefix("query ").removesuffix(" required")
    if page.method not in BODILESS and page.body.shape is None and place == f"query {name} required":
        return any(each.kind == "not-in-syntax" and each.where == f"parameter {name}" for each in page.problems)
    lines = page.lines.get(place.removesuffix(" required"), {0})
    listed = (each for each in page.problems if each.says.endswith(WITHOUT_DEPTH))
    return place.endswith(" required") and any(each.line < max(lines) for each in listed)


def _facts(page: Page) -> Iterator[tuple[str, FactValue | None, frozenset[str]]]:
    line = frozenset({"syntax"})
    yield ROUTE, f"{page.method} {page.path}" if page.method and page.path else None, line
    yield "project", None if page.host is None else page.host.startswith(_PROJECT_HOST), line
    for at, name in enumerate(page.path_parameters, 1):  # by position, because pages name them differently
        if name in page.described:
            yield f"path {at} type", page.described[name].type, frozenset(page.described[name].origins)
    for kind, parameters in (("query", page.query), ("header", page.headers)):
        for name, each in parameters.items():
            yield from _parameter(f"{kind} {name}", each)
    yield from _body("body", page.body)
    yield "status", page.status, frozenset({"example"})
    for name in page.response_headers:
        yield f"response header {name}", True, frozenset({"table"})
    yield from _body("response", page.response)
    for (status, code), messages in page.errors.items():
        yield f"error {status} {code}", tuple(messages), frozenset({"table"})


def _parameter(place: str, parameter: Parameter) -> Iterator[tuple[str, FactValue | None, frozenset[str]]]:
    read = frozenset(parameter.origins)
    yield place, True, read
    yield f"{place} type", parameter.type, read
    yield f"{place} required", parameter.required, read
    yield f"{place} values", tuple(sorted(parameter.values)) or None, read
    for name, limit in parameter.limits().items():
        yield f"{place} {name}", limit, _PROSE


def _body(place: str, body: Body) -> Iterator[tuple[str, FactValue | None, frozenset[str]]]:
    yield f"{place} shape", body.shape, frozenset({"digest" if body.digest else "example"})
    for key, path in member_paths(body).items():
        yield from _parameter(f"{place} member {path}", body.members[key])


def member_paths(body: Body) -> Mapping[tuple[str | None, str], str]:
    """Return the dotted path of each member from the body: ``meta.count``.

    Claims name only the parent of a member, so its path is that of the first member with the parent's name. A member
    whose parent has no claims has no path.
    """
    paths: dict[tuple[str | None, str], str] = {key: key[1] for key in body.members if key[0] is None}
    waiting = [key for key in body.members if key[0] is not None]
    while waiting:
        named = {key[1]: path for key, path in reversed(paths.items())}
        ready = [key for key in waiting if key[0] in named]
        if not ready:
            break
        paths |= {key: f"{named[str(key[0])]}.{key[1]}" for key in ready}
        waiting = [key for key in waiting if key not in paths]
    return {key: paths[key] for key in body.members if key in paths}
