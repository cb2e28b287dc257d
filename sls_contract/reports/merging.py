"""Merges reports of shards, machines and suites: each exchange counts once, however many reports contain it.

A merged report is a report: merging is a union of sets, so order and grouping do not matter, and nothing counts twice.
Its ``merged`` lists the units: each capture that `check` judged, each pytest test whose cassette is not among these
captures, and the rest of each report. Units are identified by the content of capture and cassette.
Equal findings of two reports are one finding, as often as in the report that has it most often.
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract.checks.contract_map import EVIDENCE, ContractMap
from sls_contract.errors import UsageError
from sls_contract.exit_codes import INCOMPLETE, VIOLATED
from sls_contract.reports.examples import kind_of
from sls_contract.reports.groups import level_of, source_of
from sls_contract.reports.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Document: TypeAlias = "Mapping[str, Any]"

COMMAND = "merge"
_LISTS = (
    *("not_provable", "not_supported", "not_proven", "left_out", "repeat"),
    *("facts", "leftovers", "outcomes", "unmatched", "changes", "changes_not_listed"),
)


def expect_report(value: object, name: str) -> Document:
    """Return a report that was read from JSON; raises `UsageError` if it cannot be merged."""
    if (
        not isinstance(value, dict)
        or value.get("version") != 1
        or not all(isinstance(value.get(name), list) for name in ("findings", "exercised"))
    ):
        msg = (
            f"{name} is not a report: expected JSON as --json and --sls-report write it. "
            "How to fix: name a report of sls-contract."
        )
        raise UsageError(msg)
    return value


def merged(documents: Sequence[Document], version: str) -> dict[str, Any]:
    """Merge reports; ``version`` is the tool's."""
    units = _distinct(_united(documents, _units))
    findings = sorted(_united(documents, lambda each: each["findings"]), key=_order)
    not_listed = _not_listed(units)
    exercised = sorted(set[str]().union(*(each["exercised"] for each in documents)))
    ledger = [unit for unit in units if "cassette" in unit]
    return {
        "version": 1,
        "tool": {"name": "sls-contract", "version": version},
        "command": COMMAND,
        "target": {"endpoint": _common(units, "endpoint"), "evidence": _weakest(units)},
        "seed": _common(units, "seed"),
        "findings": findings,
        "not_listed": [{"code": code, "level": level, "count": n} for (code, level), n in sorted(not_listed.items())],
        "exercised": exercised,
        **{name: _united(documents, lambda each, name=name: each.get(name, ())) for name in _LISTS},  # type: ignore[misc]  # bound here
        "not_judged": _not_judged(documents, one_endpoint=_common(units, "endpoint") is not None),
        "examples": _examples(documents),
        "contract_map": _contract_map(documents),
        "ledger": ledger,
        "ages": ages(ledger),
        "merged": units,
        "exit_code": _exit_code(documents),
        "summary": {
            "exchanges": sum(unit["exchanges"] for unit in units),
            "scenarios": sum(unit.get("scenarios", 0) for unit in units),
            **_counted(findings, not_listed),
            "clauses": {
                "total": max((each["summary"]["clauses"]["total"] for each in documents), default=0),
                "exercised": len(exercised),
            },
        },
    }


def _exit_code(documents: Iterable[Document]) -> int:
    """Return the worst exit code: that of a violation, else that of a run that checked nothing or was incomplete."""
    codes = [each.get("exit_code", 0) for each in documents]
    if VIOLATED in codes:
        return VIOLATED
    return INCOMPLETE if any(codes) else 0


def _not_judged(documents: Sequence[Document], *, one_endpoint: bool) -> list[str]:
    """Return the exclusions, except scenarios that another report of the same endpoint ran."""
    done = {each["scenario"] for document in documents for each in document.get("outcomes", ()) if one_endpoint}
    excluded = _united(documents, lambda each: each.get("left_out", ()))
    areas = Counter({each["area"]: 0 for each in excluded})
    areas.update(each["area"] for each in excluded if each["scenario"] not in done)
    others = _united(documents, lambda each: each.get("not_judged", ()))
    named = [f"{area} ({plural(count, 'scenario')})" for area, count in areas.items() if count]
    return sorted([*named, *(text for text in others if text.rpartition(" (")[0] not in areas)])


def _examples(documents: Iterable[Document]) -> list[Any]:
    """Return one example for each clause, level and operation, and for each kind of change without a clause.

    The choice does not depend on the order of merging.
    """
    chosen: dict[tuple[str, ...], str] = {}
    for each in (one for document in documents for one in document.get("examples", ())):
        kind, text = kind_of(each), _canonical(each)
        chosen[kind] = min(text, chosen.get(kind, text))
    return [json.loads(text) for _, text in sorted(chosen.items())]


def _contract_map(documents: Iterable[Document]) -> list[dict[str, Any]]:
    """Return the judged clauses and errors of each operation, each under its best and most recent evidence."""
    united = ContractMap()
    for row in (row for document in documents for row in document.get("contract_map", ())):
        place = (row["operation"] or "", row["evidence"], row["validated"] or "")
        united.merge([(*place, "", row["clauses"]), *((*place, error, ()) for error in row["errors"])])
    return [{**row, "operation": row["operation"] or None} for row in united.rows()]


def _units(document: Document) -> Iterator[dict[str, Any]]:
    if document["command"] == COMMAND:
        yield from document["merged"]
        return
    target, version = document["target"], document["tool"]["version"]
    shared = {"command": document["command"], "version": version, "endpoint": target["endpoint"]}
    shared |= {"evidence": target["evidence"], "seed": document["seed"]}
    if "ledger" in document:
        yield from ({**shared, **entry} for entry in document["ledger"])
        return
    tests = document.get("tests", ())
    yield from ({**shared, **test} for test in tests)
    summary = document["summary"]
    rest = summary["exchanges"] - sum(test["exchanges"] for test in tests)
    if tests and not rest:
        return
    digest = sha256(_canonical(document).encode()).hexdigest()[:32]
    yield {**shared, "report": digest, "exchanges": rest, "scenarios": summary["scenarios"]}


def _distinct(units: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the units, without captures that also occur under another name or were judged on another day."""
    by_content: dict[tuple[str, str], dict[str, Any]] = {}
    for unit in sorted(units, key=lambda unit: -unit["exchanges"]):  # independent of the order of merging
        by_content.setdefault((unit.get("digest") or _canonical(unit), unit.get("test", "")), unit)
    return [unit for (content, test), unit in by_content.items() if not test or (content, "") not in by_content]


def _united(documents: Iterable[Document], part: Callable[[Document], Iterable[Any]]) -> list[Any]:
    """Return the union of lists, sorted: each value as often as in the list that has it most often."""
    most: Counter[str] = Counter()
    for document in documents:
        most |= Counter(map(_canonical, part(document)))
    return [json.loads(text) for text in sorted(most.elements())]


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def _order(finding: Mapping[str, Any]) -> tuple[str, int, str]:
    position = finding.get("exchange")
    return source_of(finding), -1 if position is None else position, finding["code"]


def _not_listed(units: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for unit in units:
        for each in unit.get("not_listed", ()):
            counts[each["code"], each["level"]] += each["count"]
    return counts


def _counted(findings: Iterable[Mapping[str, Any]], not_listed: Counter[tuple[str, str]]) -> dict[str, int]:
    counts = Counter(map(level_of, findings))
    for (_, level), count in not_listed.items():
        counts[level] += count
    names = {"violation": "violations", "warning": "warnings", "allowed": "allowed", "unspecified": "unspecified"}
    return {name: counts[level] for level, name in names.items()}


def _common(units: Iterable[Mapping[str, Any]], name: str) -> Any:
    """Return the value that all units share; None if they differ."""
    values = {_canonical(unit.get(name)) for unit in units}
    return json.loads(values.pop()) if len(values) == 1 else None


def _weakest(units: Iterable[Mapping[str, Any]]) -> str | None:
    known = [unit["evidence"] for unit in units if unit["evidence"] in EVIDENCE]
    return max(known, key=EVIDENCE.index, default=None)


def ages(ledger: Iterable[Mapping[str, Any]]) -> dict[str, int | None]:
    """Return the lower median and the greatest age of all exchanges in whole days, and the number without a date."""
    days: Counter[int] = Counter()
    unknown = 0
    for entry in ledger:
        days.update({int(age): count for age, count in entry["ages"].items()})
        unknown += entry["dateless"]
    ordered, middle = sorted(+days), (days.total() - 1) // 2
    younger = accumulate(days[age] for age in ordered)
    median = next((age for age, count in zip(ordered, younger, strict=True) if count > middle), None)
    return {"median_days": median, "oldest_days": ordered[-1] if ordered else None, "unknown": unknown}
