"""What changed between two recordings as lines for a terminal: alike changes as one, benign ones as counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sls_contract.reports.group_lines import some
from sls_contract.reports.groups import part_of
from sls_contract.reports.text import on_one_line
from sls_contract.spec.change import Class

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Alike = Sequence[Mapping[str, Any]]

CLASSES = tuple(map(str, Class))
"""How much a change matters to a client that is written to the contract, worst first."""

_MOST = 8  # groups of one class
_OUTCOME = frozenset({"status", "/errorCode", "exchange"})


def change_lines(changes: Iterable[Mapping[str, Any]], *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines of changes as they stand in a report, the worst first; ``verbose``: each in full."""
    kept = list(changes)
    for kind in CLASSES:
        of = [each for each in kept if each["class"] == kind]
        yield from map(on_one_line, _all(kind, of) if verbose else _some(kind, of))


def is_notable(change: Mapping[str, Any]) -> bool:
    """Tell whether a change is named: it is not benign, or something else was answered."""
    return change["class"] != "benign" or change["where"] in _OUTCOME


def _all(kind: str, changes: Alike) -> Iterator[str]:
    if changes:
        yield f"{kind} ({len(changes)})"
    for each in changes:
        yield f"  {_exchange(each)}: {_rule(each)} at {each['where']}"
        yield from _sides(each)


def _some(kind: str, changes: Alike) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in changes:
        groups.setdefault((each["slug"], part_of(each["where"])), []).append(each)
    ordered = sorted(groups.values(), key=len, reverse=True)
    named = [group for group in ordered if is_notable(group[0])]
    for group in named[:_MOST]:
        yield from _whole(group) if kind == "breaking" else (_brief(group),)
    if rest := named[_MOST:]:
        yield f"{kind}: {sum(map(len, rest))} others"
    if moved := Counter(_rule(group[0]) for group in ordered if group not in named for _ in group):
        yield f"{kind}: {some([f'{rule} {count}' for rule, count in moved.most_common()], _MOST)}"


def _whole(group: Alike) -> Iterator[str]:
    first, *others = group
    yield f"{_head(group)}{f', {len(group)} times' if others else ''}"
    yield f"  in {_exchange(first)} at {first['where']}"
    yield from _sides(first)
    if others:
        yield f"  also in: {some([*dict.fromkeys(map(_exchange, others))])}"


def _brief(group: Alike) -> str:
    first = group[0]
    where = f"{len(group)} times, first in {_exchange(first)}" if len(group) > 1 else f"in {_exchange(first)}"
    return f"{_head(group)}, {where}: {_or_nothing(first['old'])} -> {_or_nothing(first['new'])}"


def _head(group: Alike) -> str:
    first = group[0]
    return f"{first['class']}: {_rule(first)} at {part_of(first['where']) if len(group) > 1 else first['where']}"


def _rule(change: Mapping[str, Any]) -> str:
    return f"{change['code']} {change['slug']}" if change["code"] else str(change["slug"])


def _exchange(change: Mapping[str, Any]) -> str:
    return f"{change['cassette'] or ''} exchange {change['exchange']}".strip()


def _sides(change: Mapping[str, Any]) -> Iterator[str]:
    yield f"    old: {_or_nothing(change['old'])}"
    yield f"    new: {_or_nothing(change['new'])}"


def _or_nothing(text: str | None) -> str:
    return "(nothing)" if text is None else text
