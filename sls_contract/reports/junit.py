"""A report as JUnit XML: a test case for each scenario, cassette or test, and for each other source of findings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sls_contract.reports.group_lines import first_few
from sls_contract.reports.groups import Group, grouped, level_of, place_of, source_of
from sls_contract.reports.verdict import verdict

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PASSED, _FAILED = "passed", "failed"


def junit(document: Mapping[str, Any]) -> str:
    """Format a report: violations fail their test case; a case that was not judged is skipped, with the reason.

    A run that failed without a violation, or was incomplete, is an error of a case of its own.
    """
    command = str(document["command"])
    cases = _cases(document)
    suite = Element("testsuite", name=f"sls-contract {command}")
    failures = skipped = errors = 0
    for name, (reason, findings) in cases.items():
        case = SubElement(suite, "testcase", classname=f"sls-contract.{command}", name=_clean(name), time="0")
        violations = [each for each in findings if level_of(each) == "violation"]
        if violations:
            failures += 1
            first = violations[0]
            failure = SubElement(
                case, "failure", type=first["code"], message=_clean(f"{first['code']} {first['slug']}")
            )
            failure.text = _clean("\n\n".join(map(_text, grouped(violations))))
        elif reason:
            skipped += 1
            SubElement(case, "skipped", message=_clean(reason))
        others = [each for each in findings if level_of(each) != "violation"]
        if others:
            SubElement(case, "system-out").text = _clean("\n\n".join(map(_text, grouped(others))))
    if document.get("exit_code") and not failures:
        errors = 1
        case = SubElement(suite, "testcase", classname=f"sls-contract.{command}", name="the run as a whole", time="0")
        SubElement(case, "error", message=f"{verdict(document).text}: exit code {document['exit_code']}")
    counts = {"tests": str(len(cases) + errors), "failures": str(failures), "errors": str(errors)}
    suite.attrib.update(counts, skipped=str(skipped))
    root = Element("testsuites", {"name": "sls-contract", **counts})
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _cases(document: Mapping[str, Any]) -> dict[str, tuple[str, list[Mapping[str, Any]]]]:
    """Return for each case the reason why it was not judged (empty if it was), and its findings."""
    cases: dict[str, tuple[str, list[Mapping[str, Any]]]] = {}
    for outcome in document.get("outcomes", ()):
        judged = outcome["verdict"] in (_PASSED, _FAILED)
        cases[source_of(outcome)] = ("" if judged else outcome.get("reason") or outcome["verdict"], [])
    for what in document["not_judged"]:
        cases[what] = ("not judged", [])
    for entry in document.get("ledger", ()):
        cases[entry["cassette"]] = ("", [])
    for finding in document["findings"]:
        name = source_of(finding) or document["command"]
        cases.setdefault(name, ("", []))[1].append(finding)
    return cases or {str(document["command"]): ("" if document["summary"]["exchanges"] else "nothing was judged", [])}


def _text(group: Group) -> str:
    finding, others = group.first, [place for place in group.places if place != place_of(group.first)]
    return (
        f"{finding['code']} {finding['slug']} ({group.level}) {place_of(finding)}\n"
        f"  expected: {finding['expected']}\n  actual:   {finding['actual']}\n  How to fix: {finding['how_to_fix']}"
        + (f"\n  {group.count} times; also in: {first_few(others)}" if group.count > 1 else "")
    )


def _clean(text: str) -> str:
    """Replace characters that XML 1.0 does not allow."""
    return _NOT_XML.sub("\ufffd", text)
