"""Groups of findings as lines for a terminal: the most important ones in full, the others in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.reports.groups import Group, grouped, place_of
from sls_contract.reports.text import on_one_line, plural, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

MOST_PLACES = 3
"""How many other places of a group are named; ``--verbose`` shows all."""

_MOST_IN_FULL = 2
_MOST_BRIEF = 3
_NEVER_IN_FULL = "-additive-key"  # nothing is to be fixed there


def group_lines(
    findings: Iterable[Mapping[str, Any]],
    more: Callable[[Mapping[str, Any]], Iterable[str]] = lambda _: (),
    *,
    verbose: bool = False,
) -> Iterator[str]:
    """Yield the lines of a report's findings, an empty line before each group.

    Args:
        findings: as they stand in a report.
        more: gives further lines about a finding that is shown in full.
        verbose: show every finding in full.

    """
    groups = grouped(findings)
    if verbose:
        for group in groups:
            for finding in group.findings:
                yield from ("", _heading(finding), *_body(finding), *more(finding))
        return
    full = [group for group in groups if _deserves(group)][:_MOST_IN_FULL]
    for group in full:
        yield from ("", f"{_heading(group.first)}{_times(group)}", *_body(group.first))
        yield from _others(group)
        yield from more(group.first)
    yield from _brief([group for group in groups if group not in full])


def some(names: Sequence[str], most: int = MOST_PLACES, what: str = "") -> str:
    """Return the first few names, and how many more there are, also of ``what`` where numbers end the names."""
    left = len(names) - most
    more = f" and {plural(left, f'more {what}') if what else f'{left} more'}" if left > 0 else ""
    return ", ".join(names[:most]) + more


def _deserves(group: Group) -> bool:
    return group.first["level"] != "unspecified" and not group.first["slug"].endswith(_NEVER_IN_FULL)


def _brief(groups: Sequence[Group]) -> Iterator[str]:
    if groups:
        yield ""
    clauses = _by_clause(groups)
    for group in clauses[:_MOST_BRIEF]:
        first = group.first
        yield on_one_line(f"{_heading(first)}{_times(group)}, first in {_place(first)}: {first['actual']}")
    if rest := clauses[_MOST_BRIEF:]:
        yield f"and {plural(sum(group.count for group in rest), 'finding')} of {plural(len(rest), 'other clause')}"
    if any(map(_deserves, clauses)):
        yield "--verbose shows every finding in full"


def _by_clause(groups: Iterable[Group]) -> list[Group]:
    """Join the groups of a clause, whatever their operation; each is a line."""
    joined: dict[tuple[str, str], Group] = {}
    for group in groups:
        key = group.first["code"], group.first["level"]
        joined[key] = Group([*joined[key].findings, *group.findings]) if key in joined else group
    return list(joined.values())


def _heading(finding: Mapping[str, Any]) -> str:
    return f"{finding['code']} {finding['slug']} ({finding['level']})"


def _times(group: Group) -> str:
    return f", {group.count} times" if group.count > 1 else ""


def _place(finding: Mapping[str, Any]) -> str:
    of = f" of {finding['operation']}" if finding["operation"] else ""
    return f"{place_of(finding)}{of}"


def _body(finding: Mapping[str, Any]) -> Iterator[str]:
    yield on_one_line(f"  in {_place(finding)}")
    text = f"  expected: {finding['expected']}\n  actual:   {finding['actual']}\n  How to fix: {finding['how_to_fix']}"
    yield from printable(text).split("\n")


def _others(group: Group) -> Iterator[str]:
    """Yield the other places, in the same part of a message without naming it again."""
    first = group.first
    repeated = f" at {first['where']}"
    others = [place.removesuffix(repeated) for place in group.places if place != place_of(first)]
    if others:
        yield on_one_line(f"  also in: {some(others)}")
