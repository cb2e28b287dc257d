"""A report as one HTML page: no network, no script, readable on paper, dark and light.

::

    page         the whole page, from a Jinja template
      ├── body   a body with the place of a finding marked
      ├── chart  operations × clauses × error codes, and the age of the evidence
      └── ages   the ages of exchanges, as SVG
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.locale import translated, translated_page
from sls_contract.reports.change_lines import CLASSES, class_of, waiver_of
from sls_contract.reports.examples import kind_of
from sls_contract.reports.group_lines import MOST_PLACES, TO_DELETE, reason_lines
from sls_contract.reports.groups import grouped
from sls_contract.reports.page.ages import ages
from sls_contract.reports.page.body import marked_body, marked_part
from sls_contract.reports.page.chart import chart
from sls_contract.reports.text import plural, printable
from sls_contract.reports.verdict import verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

_MOST_PLACES = 8


def page(document: Mapping[str, Any], today: date) -> str:
    """Format a report as HTML; ages are counted up to ``today``."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sls_contract.reports.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"plural": plural, "printable": printable}
    groups, changes = [*_groups(document)], [*_changes(document)]
    shown_as_changes = {each["slug"] for each in changes if each["fix"]}
    text = environment.get_template("page.html.j2").render(
        document=document,
        summary=document["summary"],
        verdict=verdict(document),
        groups=[each for each in groups if each["first"]["slug"] not in shown_as_changes],
        changes=changes,
        chart=chart(document, today),
        ages=ages(document, today),
        gaps=[*_gaps(document)],
        areas=[*_areas(document.get("outcomes", ()))],
    )
    return translated_page(text)


def _groups(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    examples = {kind_of(each): each for each in document.get("examples", ()) if "request" in each}
    for group in grouped(document["findings"]):
        first = group.findings[0]  # whose exchange is the example
        example = examples.get((first["code"], first["level"], first["operation"] or "", ""))
        places = [translated(printable(place)) for place in group.places]
        yield {
            "first": first,
            "level": group.level,
            "title": group.title or first["slug"],
            "count": group.count,
            "places": places[:_MOST_PLACES],
            "more": places[_MOST_PLACES:],
            "example": None if example is None else _exchange(example, example["where"], first["code"]),
        }


def _changes(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the changes by class and rule, the worst first; changes that are findings carry the texts of these."""
    findings = {each.first["slug"]: each for each in grouped(document["findings"])}
    examples = {(each["kind"], each["slug"]): each for each in document.get("examples", ()) if "old" in each}
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for change in document.get("changes", ()):
        kinds.setdefault((class_of(change), change["slug"]), []).append(change)
    order = sorted(kinds.items(), key=lambda each: (CLASSES.index(each[1][0]["class"]), -len(each[1])))
    for (shown, slug), changes in order:
        kind = changes[0]["class"]
        example, found = examples.get((kind, slug)), findings.get(slug) if kind == "breaking" else None
        places = [*map(printable, found.places)] if found else [*dict.fromkeys(map(_place, changes))]
        places = [*map(translated, places)]
        yield {
            "first": changes[0],
            "kind": "accepted" if waiver_of(changes[0]) else kind,
            "class": shown,
            "slug": slug,
            "title": (found.title if found else "") or slug,
            "fix": found.first["how_to_fix"] if found else "",
            "count": len(changes),
            "places": places[:_MOST_PLACES],
            "more": places[_MOST_PLACES:],
            "sides": [] if example is None else [*_sides(example)],
        }


def _place(change: Mapping[str, Any]) -> str:
    cassette = f"{change['cassette']} " if change.get("cassette") else ""
    return printable(f"{cassette}exchange {change['exchange']} at {change['where']}")


def _sides(example: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    code = example["code"] or "SLS2"
    for name, key in (("Before", "old"), ("After", "new")):
        yield {"name": name, **_exchange(example[key], example["where"], code)}


def _exchange(plain: Mapping[str, Any], where: str, code: str) -> dict[str, Any]:
    """Return the parts of an exchange; the place of the finding is marked in the half that its clause is about."""
    of_request = code[3:4] in {"1", "3"} or where.startswith(("query", "signature"))
    response = plain["response"]
    return {
        "of_request": of_request,
        "request": _part(plain["request"], where if of_request else ""),
        "response": None if response is None else _part(response, "" if of_request else where),
    }


def _part(plain: Mapping[str, Any], where: str) -> dict[str, Any]:
    headers = [{"name": name, "value": value, "marked": marked_part(where, name)} for name, value in plain["headers"]]
    return {
        "line": plain["line"],
        "line_marked": where.startswith(("query", "status", "path", "method")),
        "headers": headers,
        "body": None if plain["body"] is None else marked_body(plain["body"], where),
    }


def _gaps(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield exclusions and leftovers under their reasons; leftovers, which need work, come first."""
    titles = {
        "leftovers": "Left behind: delete by hand",
        "not_proven": "Run, but not proven",
        "not_judged": "Left out on request",
        "not_provable": "Could not be judged here",
        "not_supported": "Not supported by what was judged",
        "unmatched": "Exchanges on one side only",
        "facts": "Facts found",
    }
    for key, title in titles.items():
        if listed := document.get(key):
            most = None if key == TO_DELETE else MOST_PLACES
            lines = map(_item_text, listed) if key in {"unmatched", "facts"} else reason_lines(listed, most)
            yield {"title": title, "count": len(listed), "lines": map(printable, lines)}


def _item_text(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return "; ".join(f"{name.replace('_', ' ')}: {each}" for name, each in value.items() if each not in (None, [], ""))


def _areas(outcomes: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the number of scenarios by verdict for each area."""
    counts: dict[str, dict[str, int]] = {}
    for outcome in outcomes:
        area = counts.setdefault(outcome["area"], {})
        area[outcome["verdict"]] = area.get(outcome["verdict"], 0) + 1
    for name, verdicts in counts.items():
        others = {verdict: count for verdict, count in verdicts.items() if verdict not in {"passed", "failed"}}
        yield {
            "name": name,
            "passed": verdicts.get("passed", 0),
            "failed": verdicts.get("failed", 0),
            "others": ", ".join(f"{count} {verdict}" for verdict, count in others.items()),
        }
