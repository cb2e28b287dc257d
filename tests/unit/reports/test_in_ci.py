"""Reports where CI services show them: annotations and summaries of GitHub Actions, code quality of GitLab."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime

import jsonschema
import pytest
from advice import advised
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.errors import UsageError
from sls_contract.reports import Report, Surroundings, as_document, write_reports
from sls_contract.reports.codequality import codequality
from sls_contract.reports.github import annotation_lines
from sls_contract.spec import CLAUSES, Level

ALL = [each for each in CLAUSES.values() if each.level is Level.VIOLATION]


def document(*findings):
    """Make a report of findings, each with its clause, its text and where it was made."""
    report = Report("check", exchanges=3)
    for clause, text, where in findings:
        report.add([clause.finding("status", text, text, text)], **where)
    return as_document(report, "1.0")


PLACED = {"cassette": "/builds/repo/cassettes/日志, 1.sls.yaml", "exchange": 0, "line": 30}


def test_an_annotation_stands_at_the_line_of_its_cassette():
    (line,) = annotation_lines(document((ALL[0], "100%\nof: it", PLACED)), "/builds/repo")
    properties, text = re.fullmatch("::error (.*?)::(.*)", line).groups()
    assert "file=cassettes/日志%2C 1.sls.yaml,line=30" in properties
    assert f"title={ALL[0].code} " in properties
    assert "expected: 100%25%0Aof: it" in text


def test_alike_findings_are_one_annotation_and_what_no_source_settles_is_none():
    unspecified = next(each for each in CLAUSES.values() if each.level is Level.UNSPECIFIED)
    lines = [*annotation_lines(document(*[(ALL[0], "x", PLACED)] * 3, (unspecified, "y", PLACED)))]
    assert [line.partition(" ")[0] for line in lines] == ["::error"]
    assert "(3 times)" in lines[0]


def test_what_github_would_drop_is_counted():
    """GitHub shows ten annotations of a level for a step: of more, the tenth says how many are left."""
    assert len([*annotation_lines(document(*[(clause, "x", PLACED) for clause in ALL[:10]]))]) == 10
    lines = [*annotation_lines(document(*[(clause, "x", PLACED) for clause in ALL[:14]]))]
    assert len(lines) == 10
    assert "5 more violations of 5 clauses" in lines[-1]


@given(st.text(), st.text())
def test_no_text_makes_a_command_of_its_own(text, name):
    lines = [*annotation_lines(document((ALL[0], text, {"cassette": name or "a", "exchange": 0, "line": 1})))]
    (line,) = "\n".join(lines).splitlines()
    assert len(re.match("::error (.*?)::", line)[1].split(",")) == 3


def around(tmp_path, **environ):
    return Surroundings(io.StringIO(), io.StringIO(), environ, datetime(2026, 11, 28, tzinfo=UTC))


def test_in_github_actions_both_are_written_unasked(tmp_path):
    """The summary is added to what other commands of the step wrote; elsewhere nothing is written."""
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n", "utf-8")
    elsewhere = around(tmp_path, GITHUB_STEP_SUMMARY=str(summary))
    write_reports(document((ALL[0], "日志", PLACED)), [], elsewhere)
    assert (elsewhere.stderr.getvalue(), summary.read_text("utf-8")) == ("", "# before\n")
    there = around(tmp_path, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    write_reports(document((ALL[0], "日志", PLACED)), [], there)
    assert there.stderr.getvalue().startswith("::error ")
    assert summary.read_text("utf-8").startswith("# before\n## ❌ sls-contract check: 1 violation\n")
    assert there.stdout.getvalue() == ""


def test_a_summary_that_cannot_be_written_is_a_clear_error(tmp_path):
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path)}
    with pytest.raises(UsageError, match="cannot write the summary of the step") as told:
        write_reports(document(), [], around(tmp_path, **environ))
    del environ[advised(str(told.value), r"or unset (\w+)").group(1)]
    write_reports(document(), [], around(tmp_path, **environ))


CODE_QUALITY = {  # what GitLab's page "Code Quality report format" asks for
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string"},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./)", "minLength": 1},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}


@given(st.lists(st.tuples(st.sampled_from(ALL[:3]), st.text(max_size=9), st.text(max_size=9)), max_size=4))
def test_code_quality_is_as_gitlab_wants_it(findings):
    made = [(clause, text, {"test": name, "exchange": None}) for clause, text, name in findings]
    issues = json.loads(codequality(document(*made)))
    jsonschema.validate(issues, CODE_QUALITY)
    fingerprints = [issue["fingerprint"] for issue in issues]
    assert len({*fingerprints}) == len(fingerprints)


def test_code_quality_stays_the_same_where_only_lines_moved():
    """GitLab tells new findings from old ones by their fingerprints."""
    here, moved = (json.loads(codequality(document((ALL[0], "x", PLACED | {"line": at})))) for at in (30, 90))
    assert here[0]["fingerprint"] == moved[0]["fingerprint"]
    assert (here[0]["location"]["lines"], moved[0]["location"]["lines"]) == ({"begin": 30}, {"begin": 90})
