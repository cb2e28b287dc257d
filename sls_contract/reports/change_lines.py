"""Changes between two recordings as lines for a terminal: similar changes in one line, benign ones as counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sls_contract.reports.group_lines import first_few
from sls_contract.reports.groups import part_of
from sls_contract.reports.text import on_one_line
from sls_contract.spec.change import Class

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Changes = Sequence[Mapping[str, Any]]

CLASSES = tuple(map(str, Class))
"""The classes of changes by their effect on a client that follows the contract, worst first."""

_WAIVERS = ("accepted", "allowed")
_MOST = 8  # groups of one class
_OUTCOME = frozenset({"status", "/errorCode", "exchange"})


def change_lines(changes: Iterable[Mapping[str, Any]], *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines of a report's changes, the worst first; ``verbose``: each change in full."""
    kept = list(changes)
    for kind in SHOWN_CLASSES:
        of_kind = [each for each in kept if class_of(each) == kind]
        yield from map(on_one_line, _full(kind, of_kind) if verbose else _grouped(kind, of_kind))


def is_notable(change: Mapping[str, Any]) -> bool:
    """Return whether a change is listed: it is not benign, or the response has another outcome."""
    return change["class"] != "benign" or change["where"] in _OUTCOME


def waiver_of(change: Mapping[str, Any]) -> str:
    """Return why a change fails no test: ``accepted`` by the run, ``allowed`` by the test; else an empty text."""
    return next((each for each in _WAIVERS if change.get(each)), "")


def class_of(change: Mapping[str, Any]) -> str:
    """Return the class of a change for people, with its waiver: ``breaking (accepted)``."""
    waiver = waiver_of(change)
    return f"{change['class']} ({waiver})" if waiver else str(change["class"])


SHOWN_CLASSES = tuple(class_of({"class": each, waiver: True}) for each in CLASSES for waiver in ("", *_WAIVERS))
"""The classes as `class_of` shows them, in the same order."""


def _full(kind: str, changes: Changes) -> Iterator[str]:
    if changes:
        yield f"{kind} ({len(changes)})"
    for each in changes:
        yield f"  {_exchange(each)}: {_rule(each)} at {each['where']}"
        yield from _sides(each)


def _grouped(kind: str, changes: Changes) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in changes:
        groups.setdefault((each["slug"], part_of(each["where"])), []).append(each)
    ordered = sorted(groups.values(), key=len, reverse=True)
    named = [group for group in ordered if is_notable(group[0])]
    for group in named[:_MOST]:
        yield from _full_group(group) if kind == "breaking" else (_brief_group(group),)
    if rest := named[_MOST:]:
        yield f"{kind}: {sum(map(len, rest))} others"
    if rest_counts := Counter(_rule(group[0]) for group in ordered if group not in named for _ in group):
        yield f"{kind}: {first_few([f'{rule} {count}' for rule, count in rest_counts.most_common()], _MOST)}"


def _full_group(group: Changes) -> Iterator[str]:
    first, *others = group
    yield f"{_head(group)}{f', {len(group)} times' if others else ''}"
    yield f"  in {_exchange(first)} at {first['where']}"
    yield from _sides(first)
    if others:
        yield f"  also in: {first_few([*dict.fromkeys(map(_exchange, others))])}"


def _brief_group(group: Changes) -> str:
    first = group[0]
    where = f"{len(group)} times, first in {_exchange(first)}" if len(group) > 1 else f"in {_exchange(first)}"
    return f"{_head(group)}, {where}: {_or_nothing(first['old'])} -> {_or_nothing(first['new'])}"


def _head(group: Changes) -> str:
    first = group[0]
    return f"{class_of(first)}: {_rule(first)} at {part_of(first['where']) if len(group) > 1 else first['where']}"


def _rule(change: Mapping[str, Any]) -> str:
    return f"{change['code']} {change['slug']}" if change["code"] else str(change["slug"])


def _exchange(change: Mapping[str, Any]) -> str:
    return f"{change.get('cassette') or ''} exchange {change['exchange']}".strip()


def _sides(change: Mapping[str, Any]) -> Iterator[str]:
    yield f"    old: {_or_nothing(change['old'])}"
    yield f"    new: {_or_nothing(change['new'])}"


def _or_nothing(text: str | None) -> str:
    return "(nothing)" if text is None else text
