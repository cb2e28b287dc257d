"""A report as SARIF 2.1.0, which code scanning shows beside the lines of cassettes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sls_contract.exit_codes import VIOLATED
from sls_contract.reports.groups import file_of, place_of
from sls_contract.spec import CLAUSES

_LEVELS = {"violation": "error", "warning": "warning", "unspecified": "note"}
_COMPLETE = (0, VIOLATED)  # exit codes of runs that judged everything
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def sarif(document: Mapping[str, Any]) -> str:
    """Format a report; a finding without a cassette is placed in the file of its test, or named by its scenario."""
    codes = list(dict.fromkeys(finding["code"] for finding in document["findings"]))
    rules = [_rule(code) for code in codes]
    results = [_result(finding, codes.index(finding["code"])) for finding in document["findings"]]
    driver = {"name": "sls-contract", "version": document["tool"]["version"], "rules": rules}
    code = document.get("exit_code")
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"sls-contract/{document['command']}/"},
        "columnKind": "unicodeCodePoints",
        **({} if code is None else {"invocations": [{"executionSuccessful": code in _COMPLETE, "exitCode": code}]}),
        "results": results,
        "properties": {key: document[key] for key in ("summary", "target", "not_judged")},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    clause = CLAUSES.get(code)
    if clause is None:
        return {"id": code}
    return {
        "id": code,
        "name": "".join(part.title() for part in clause.slug.split("-")),
        "shortDescription": {"text": clause.title},
        "fullDescription": {"text": clause.text},
        "help": {"text": f"{clause.text}\n\nSources: {'; '.join(clause.sources)}"},
        "defaultConfiguration": {"level": _LEVELS[clause.level]},
    }


def _result(finding: Mapping[str, Any], index: int) -> dict[str, Any]:
    text = f"expected: {finding['expected']}; actual: {finding['actual']}. How to fix: {finding['how_to_fix']}"
    kind = "inSource" if finding.get("test") else "external"  # a marker of the test, or an option of the command
    suppressed = {"suppressions": [{"kind": kind}]} if finding.get("allowed") else {}
    return {
        "ruleId": finding["code"],
        "ruleIndex": index,
        "level": _LEVELS[finding["level"]],
        "message": {"text": text},
        "locations": [_location(finding)],
        "partialFingerprints": {"place/v1": f"{finding['code']} {place_of({**finding, 'line': None})}"},
        **suppressed,
    }


def _location(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return a place with a file: GitHub's code scanning refuses a report if one finding has no file."""
    file: dict[str, Any] = {"artifactLocation": {"uri": quote(file_of(finding), errors="surrogatepass")}}
    if finding.get("line"):
        file["region"] = {"startLine": finding["line"]}
    return {"logicalLocations": [{"fullyQualifiedName": place_of(finding)}], "physicalLocation": file}
