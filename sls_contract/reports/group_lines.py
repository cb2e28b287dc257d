"""Groups of findings as lines for a terminal: the most important in full, the others in one line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sls_contract.reports.groups import Group, grouped, level_of, origin_of, part_of, place_of
from sls_contract.reports.text import on_one_line, plural, printable

MOST_PLACES = 3
"""How many other places of a group are named; ``--verbose`` shows all."""
TO_DELETE = "leftovers"
"""What a run left behind: each is named, because somebody has to delete it."""

_MOST_IN_FULL = 2
_MOST_BRIEF = 3
_MOST_CODES = 8
_NEVER_IN_FULL = "-additive-key"  # an additive key needs no fix
_NEVER_IMPORTANT = ("allowed", "unspecified")


def group_lines(
    findings: Iterable[Mapping[str, Any]],
    more: Callable[[Mapping[str, Any]], Iterable[str]] = lambda _: (),
    *,
    verbose: bool = False,
) -> Iterator[str]:
    """Yield the lines of a report's findings, an empty line before each group.

    Args:
        findings: the findings of a report.
        more: returns further lines about a finding that is shown in full.
        verbose: show every finding in full.

    """
    groups = grouped(findings)
    if verbose:
        for group in groups:
            for finding in group.findings:
                yield from ("", _heading(finding), *_body(finding), *more(finding))
        return
    full = [group for group in groups if _is_important(group)][:_MOST_IN_FULL]
    for group in full:
        yield from ("", f"{_heading(group.first)}{_times(group)}", *_body(group.first))
        yield from _other_places(group)
        yield from more(group.first)
    yield from _brief([group for group in groups if group not in full])


def first_few(names: Sequence[str], most: int = MOST_PLACES, what: str = "") -> str:
    """Return the first names and the number of the rest; ``what`` names the rest if the names end in numbers."""
    left = len(names) - most
    more = f" and {plural(left, f'more {what}') if what else f'{left} more'}" if left > 0 else ""
    return ", ".join(names[:most]) + more


def reason_lines(items: Iterable[Any], most: int | None = MOST_PLACES) -> Iterator[str]:
    """Yield a line for each reason why something was not judged: the reason, and the first names that have it.

    Args:
        items: values of a report: an object whose last value says why, or a text such as ``name: reason``.
        most: how many names; None: all.

    """
    reasons: dict[str, list[str]] = {}
    for item in items:
        *names, reason = map(str, item.values()) if isinstance(item, dict) else item.split(": ", 1)
        reasons.setdefault(reason, []).extend(names[:1])
    for reason, names in reasons.items():
        yield f"{reason} ({first_few(names, len(names) if most is None else most)})" if names else reason


def _is_important(group: Group) -> bool:
    return group.level not in _NEVER_IMPORTANT and not group.first["slug"].endswith(_NEVER_IN_FULL)


def _brief(groups: Sequence[Group]) -> Iterator[str]:
    if groups:
        yield ""
    clauses = _by_clause(groups)
    for group in clauses[:_MOST_BRIEF]:
        first = group.first
        yield on_one_line(f"{_heading(first)}{_times(group)}, first in {_place(first)}: {first['actual']}")
    if rest := clauses[_MOST_BRIEF:]:
        count, codes = sum(group.count for group in rest), [group.first["code"] for group in rest]
        named = f"{plural(len(codes), 'other clause')}: {first_few(codes, _MOST_CODES)}"
        yield f"and {plural(count, 'finding')} of {named}"
    if any(map(_is_important, clauses)):
        yield "--verbose shows every finding in full"


def _by_clause(groups: Iterable[Group]) -> list[Group]:
    """Join the groups of a clause across operations, for one line each."""
    joined: dict[tuple[str, str], Group] = {}
    for group in groups:
        key = group.first["code"], group.level
        joined[key] = Group([*joined[key].findings, *group.findings]) if key in joined else group
    return list(joined.values())


def _heading(finding: Mapping[str, Any]) -> str:
    return f"{finding['code']} {finding['slug']} ({level_of(finding)})"


def _times(group: Group) -> str:
    return f", {group.count} times" if group.count > 1 else ""


def _place(finding: Mapping[str, Any]) -> str:
    of = f" of {finding['operation']}" if finding["operation"] else ""
    return f"{place_of(finding)}{of}"


def _body(finding: Mapping[str, Any]) -> Iterator[str]:
    yield on_one_line(f"  in {_place(finding)}")
    text = f"  expected: {finding['expected']}\n  actual:   {finding['actual']}\n  How to fix: {finding['how_to_fix']}"
    yield from printable(text).split("\n")


def _other_places(group: Group) -> Iterator[str]:
    """Yield the other places, without repeating the part of the message that they share, each exchange once for it."""
    first = group.first
    repeated = f" at {first['where']}"
    named: dict[tuple[str, str], str] = {}
    for finding in group.findings:
        named.setdefault((origin_of(finding), part_of(finding["where"])), place_of(finding))
    shown = {*named.values()} - {place_of(first)}
    others = [place.removesuffix(repeated) for place in group.places if place in shown]
    if others:
        yield on_one_line(f"  also in: {first_few(others)}")
