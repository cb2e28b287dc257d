"""A report as Markdown: for a pull request, or for the summary of a step in CI."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sls_contract.locale import translated, translated_markdown
from sls_contract.reports.change_lines import CLASSES, SHOWN_CLASSES, class_of
from sls_contract.reports.group_lines import MOST_PLACES, TO_DELETE, first_few, reason_lines
from sls_contract.reports.groups import Group, file_of, grouped, place_of
from sls_contract.reports.text import plural, printable
from sls_contract.reports.verdict import verdict

_MOST_PLACES = 10
_LISTS = {
    "Not judged": "not_judged",
    "Not proven": "not_proven",
    "Not provable here": "not_provable",
    "Left over": "leftovers",
}
_STATES = {"good": "✅", "warn": "✅", "unknown": "⚠️", "bad": "❌"}
_MARKS = {"violation": "❌", "warning": "⚠️", "allowed": "☑️", "unspecified": "ℹ️"}


def markdown(document: Mapping[str, Any]) -> str:
    """Format a report; details are folded."""
    return "\n".join(map(translated_markdown, _lines(document))) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    summary, target = document["summary"], document["target"]
    bad = summary["violations"]
    allowed = f", {summary['allowed']} allowed" if summary.get("allowed") else ""
    state, text = verdict(document)
    reason = f". {text}" if state in {"bad", "unknown"} and not bad else ""
    yield f"## {_STATES[state]} sls-contract {document['command']}: {plural(bad, 'violation')}{allowed}{reason}"
    yield ""
    yield "| exchanges | violations | warnings | unspecified | clauses exercised | evidence |"
    yield "|---:|---:|---:|---:|---:|---|"
    clauses = summary["clauses"]
    yield (
        f"| {summary['exchanges']} | {bad} | {summary['warnings']} | {summary['unspecified']} "
        f"| {clauses['exercised']} of {clauses['total']} | {_cell(target['evidence'] or 'none')} |"
    )
    if changes := document.get("changes"):
        found = Counter(map(class_of, changes))
        counts = {kind: found[kind] for kind in SHOWN_CLASSES if kind in CLASSES or found[kind]}
        yield from ("", f"**Changes**: {', '.join(f'{count} {kind}' for kind, count in counts.items())}")
        yield from _changes([each for each in changes if each["class"] != "benign"])
    for group in grouped(document["findings"]):
        yield from _group(group)
    for title, key in _LISTS.items():
        if listed := document.get(key):
            lines = reason_lines(listed, None if key == TO_DELETE else MOST_PLACES)
            yield from ("", f"**{title}**: {len(listed)}", "", *(f"- {_cell(line)}" for line in lines))
    if document.get("seed") is not None:
        yield from ("", f"Seed: {document['seed']}")
    yield from ("", f"sls-contract {document['tool']['version']}")


def _changes(changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a table with one row for each kind of change, the worst first."""
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for change in sorted(changes, key=lambda each: each["class"] != "breaking"):
        kinds.setdefault((class_of(change), change["slug"]), []).append(change)
    if kinds:
        yield from ("", "| class | what | times | first at | before | after |", "|---|---|---:|---|---|---|")
    for (kind, slug), same_kind in kinds.items():
        first = same_kind[0]
        file = file_of(first) if first.get("cassette") else ""
        where = f"{file} exchange {first['exchange']} {first['where']}".strip()
        sides = (_cell("(nothing)" if side is None else side) for side in (first["old"], first["new"]))
        cells = (kind, _cell(f"{first['code'] or ''} {slug}".strip()), str(len(same_kind)), _cell(where), *sides)
        yield f"| {' | '.join(cells)} |"


def _group(group: Group) -> Iterator[str]:
    first = group.first
    mark, times = _MARKS.get(group.level, ""), f", {group.count} times" if group.count > 1 else ""
    yield from (
        "",
        f"<details><summary>{mark} <b>{first['code']}</b> {_html(group.title or first['slug'])}{times}</summary>",
    )
    yield from ("", f"At `{_code(translated(place_of(first)))}`", "")
    yield from ("| | |", "|---|---|")
    for name, key in (("expected", "expected"), ("actual", "actual"), ("how to fix", "how_to_fix")):
        yield f"| {name} | {_cell(first[key])} |"
    others = [f"`{_code(translated(place))}`" for place in group.places if place != place_of(first)]
    if others:
        yield from ("", f"Also at: {first_few(others, _MOST_PLACES)}")
    yield from ("", "</details>")


def _cell(text: str) -> str:
    """Translate the text, then escape characters that would end a cell, start a tag or be a mention."""
    return re.sub(r"([\\`*_|<@#\[\]])", r"\\\1", printable(translated(text)).replace("\n", " "))


def _code(text: str) -> str:
    return printable(text).replace("`", "'").replace("\n", " ").replace("|", "\\|")


def _html(text: str) -> str:
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace("\n", " ")
