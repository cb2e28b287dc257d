"""Reports for programs that are not ours: JUnit, SARIF, Markdown; whatever text a finding holds."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.errors import UsageError
from sls_contract.locale import language_of
from sls_contract.reports import Report, Surroundings, as_document, write_reports
from sls_contract.reports.codequality import codequality
from sls_contract.reports.github import annotation_lines
from sls_contract.reports.groups import grouped
from sls_contract.reports.junit import junit
from sls_contract.reports.markdown import markdown
from sls_contract.reports.page import page
from sls_contract.reports.sarif import sarif
from sls_contract.reports.writing import kind_of
from sls_contract.spec import CLAUSES

NOW = datetime(2026, 11, 28, tzinfo=UTC)
VIOLATION, WARNING = CLAUSES["SLS103"], CLAUSES["SLS110"]


def document(*findings, **more):
    """Make a report of findings, each with its text and where it was made."""
    report = Report("check", exchanges=3)
    for clause, text, where in findings:
        report.add([clause.finding("query shardId", text, text, "name it shard.")], **where)
    return as_document(report, "1.0") | more


FOUND = [
    (WARNING, "a", {"cassette": "cassettes/日志 a.sls.yaml", "exchange": 0, "line": 7}),
    (VIOLATION, "b", {"cassette": "cassettes/日志 a.sls.yaml", "exchange": 1, "line": 30}),
    (VIOLATION, "c", {"cassette": "cassettes/b.sls.yaml", "exchange": 0, "line": None}),
]


def test_alike_findings_are_one_group_and_violations_come_first():
    refused = (CLAUSES["SLS444"], "d", {"scenario": "group-fresh", "exchange": 4})  # other findings may follow from it
    groups = grouped(document(*FOUND, refused)["findings"])
    found = [(group.first["code"], group.count) for group in groups]
    assert found == [("SLS444", 1), ("SLS103", 2), ("SLS110", 1)]
    groups = groups[1:]
    assert [*groups[0].places] == [
        "cassettes/日志 a.sls.yaml:30 exchange 1 at query shardId",
        "cassettes/b.sls.yaml exchange 0 at query shardId",
    ]


def test_what_is_wrong_in_requests_comes_before_what_follows_from_it():
    """A client without its token gets errors; that it loses their codes is reported below, however often it does."""
    token = (CLAUSES["SLS516"], "nothing", {"scenario": "shard-given", "auth": "v1-sts"})
    lost = [(CLAUSES["SLS523"], "nothing", {"scenario": f"error-{each}", "auth": "v1"}) for each in range(9)]
    groups = grouped(document(*lost, token)["findings"])
    assert [(group.first["code"], group.count) for group in groups] == [("SLS516", 1), ("SLS523", 9)]


def test_a_finding_that_its_test_allows_fails_nothing():
    """Every report shows it as allowed; the same finding in another test is a violation."""
    where = {"test": "test_a.py::test_a", "exchange": 0}
    allowed = (VIOLATION, "b", {**where, "allowed": True})
    other = (VIOLATION, "b", {**where, "test": "test_b.py::test_b"})
    alone, both = document(allowed), document(allowed, other)
    assert (alone["summary"]["violations"], alone["summary"]["allowed"]) == (0, 1)
    assert [(group.level, group.count) for group in grouped(both["findings"])] == [("violation", 1), ("allowed", 1)]
    assert "<failure" not in junit(alone)
    assert 'failures="1"' in junit(both)
    assert [*annotation_lines(alone)] == []
    assert len([*annotation_lines(both)]) == 1
    by_option = (VIOLATION, "b", {"cassette": "b.sls.yaml", "exchange": 0, "allowed": True})
    results = json.loads(sarif(document(allowed, other, by_option)))["runs"][0]["results"]
    assert [each.get("suppressions") for each in results] == [[{"kind": "inSource"}], None, [{"kind": "external"}]]
    assert [each["severity"] for each in json.loads(codequality(both))] == ["info", "major"]
    assert markdown(alone).startswith("## ✅ sls-contract check: 0 violations, 1 allowed\n")
    assert markdown(both).startswith("## ❌ sls-contract check: 1 violation, 1 allowed\n")
    assert "No violation" in page(alone, NOW)
    assert "1 clause violated" in page(both, NOW)


NOTHING = {"summary": document()["summary"] | {"exchanges": 0}}
ALONE = {"unmatched": [{"side": "old", "cassette": None, "exchange": 3, "request": "GET /"}]}


@pytest.mark.parametrize(
    ("more", "verdict", "mark"),
    [
        ({"exit_code": 2} | NOTHING, "Nothing was judged", "⚠️"),
        ({"exit_code": 2}, "Not everything was judged", "⚠️"),
        ({"exit_code": 130}, "Not everything was judged", "⚠️"),
        ({"exit_code": 1}, "The run failed, without a violation", "❌"),
        ({"exit_code": 1} | ALONE, "1 exchange without a counterpart", "❌"),
        ({"exit_code": 0}, "No violation", "✅"),
    ],
)
def test_a_run_that_did_not_end_well_looks_so_everywhere(more, verdict, mark):
    """A run without a violation is green only if it judged everything."""
    made = document((WARNING, "a", {"cassette": "a", "exchange": 0}), **more)
    text, case, code = markdown(made), ET.fromstring(junit(made)), more["exit_code"]
    assert text.startswith(f"## {mark} sls-contract check: 0 violations")
    assert (verdict in text) is bool(code)
    assert f"<h1>{verdict}" in page(made, NOW)
    errors = [each.get("message") for each in case.iter("error")]
    assert errors == ([f"{verdict}: exit code {code}"] if code else [])
    assert case.get("errors") == str(len(errors))
    assert int(case.get("tests")) == len([*case.iter("testcase")])
    (run,) = json.loads(sarif(made))["runs"]
    jsonschema.validate(json.loads(sarif(made)), SARIF)
    assert run["invocations"] == [{"executionSuccessful": code in (0, 1), "exitCode": code}]


def test_a_violation_is_the_verdict_of_an_incomplete_run():
    """What was found counts more than what was not judged; JUnit needs no further error then."""
    made = document(*FOUND, exit_code=1)
    assert markdown(made).startswith("## ❌ sls-contract check: 2 violations\n")
    assert "1 clause violated, 2 times" in page(made, NOW)
    assert "<error" not in junit(made)


def test_an_example_can_be_repeated_and_every_part_of_a_message_is_named_first():
    """What no scenario met is no example; the places begin with one of each part, and indexes are no parts."""
    wheres = [(None, "/0/shard"), ("a", "/1/shard"), ("b", "/2/shard"), ("c", "header Date")]
    findings = [
        {"code": "SLS103", "level": "violation", "operation": None, "where": where, "scenario": name}
        for name, where in wheres
    ]
    (group,) = grouped(findings)
    assert group.first["scenario"] == "a"
    assert [*group.places] == ["at /0/shard", "c at header Date", "a at /1/shard", "b at /2/shard"]
    assert len(grouped([*findings, {**findings[0], "operation": "PullLogs"}])) == 2


def test_junit_tells_alike_findings_of_a_case_once():
    """How often, and where else."""
    where = {"cassette": "a.yaml", "line": None}
    found = [(VIOLATION, "b", {**where, "exchange": number}) for number in range(9)]
    (failure,) = ET.fromstring(junit(document(*found))).iter("failure")
    assert failure.text.count("expected: b") == 1
    assert "9 times; also in: a.yaml exchange 1 at query shardId, " in failure.text
    assert failure.text.endswith(" and 5 more")


def test_junit_has_a_case_for_each_cassette_and_fails_those_with_a_violation():
    entries = [{"cassette": "cassettes/c.sls.yaml"}]
    root = ET.fromstring(junit(document(*FOUND, ledger=entries)))
    suite = root.find("testsuite")
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    failure = cases["cassettes/日志 a.sls.yaml"].find("failure")
    assert (failure.get("type"), "expected: b" in failure.text) == ("SLS103", True)
    assert "SLS110" in cases["cassettes/日志 a.sls.yaml"].find("system-out").text
    assert [*cases["cassettes/c.sls.yaml"]] == []


def test_junit_skips_what_was_not_judged_and_says_why():
    outcomes = [
        {"scenario": "one", "verdict": "passed", "reason": ""},
        {"scenario": "two", "verdict": "not provable", "reason": "nobody can order a 500"},
    ]
    suite = ET.fromstring(junit(document(outcomes=outcomes))).find("testsuite")
    assert (suite.get("tests"), suite.get("skipped")) == ("2", "1")
    assert suite.find("testcase[@name='two']/skipped").get("message") == "nobody can order a 500"
    nothing = document()
    nothing["summary"]["exchanges"] = 0
    assert ET.fromstring(junit(nothing)).find("testsuite").get("skipped") == "1"


SARIF = {  # what section 3 of the SARIF 2.1.0 specification asks of the parts that we write
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {"required": ["id"], "properties": {"id": {"type": "string"}}},
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["message"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "message": {"required": ["text"]},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                                "locations": {
                                    "items": {
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "properties": {"uri": {"pattern": "^[!-~]*$"}}
                                                    },
                                                    "region": {
                                                        "properties": {"startLine": {"type": "integer", "minimum": 1}}
                                                    },
                                                },
                                            }
                                        }
                                    }
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}


def test_sarif_points_at_lines_of_cassettes():
    (run,) = json.loads(sarif(document(*FOUND)))["runs"]
    first, second, third = run["results"]
    assert [result["level"] for result in run["results"]] == ["warning", "error", "error"]
    place = second["locations"][0]["physicalLocation"]
    assert (unquote(place["artifactLocation"]["uri"]), place["region"]) == (
        "cassettes/日志 a.sls.yaml",
        {"startLine": 30},
    )
    assert "region" not in third["locations"][0]["physicalLocation"]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "SLS110"


def test_a_file_is_named_relative_to_the_checkout(tmp_path, monkeypatch):
    """A cassette that was named by its absolute path; one that lies elsewhere keeps it."""
    monkeypatch.chdir(tmp_path)
    found = [(VIOLATION, "b", {"cassette": str(path / "a.yaml"), "line": 4}) for path in (tmp_path, tmp_path.parent)]
    names = ["a.yaml", (tmp_path.parent / "a.yaml").as_posix()]
    (run,) = json.loads(sarif(document(*found)))["runs"]
    places = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]]
    assert places == [quote(name) for name in names]
    assert [each["location"]["path"] for each in json.loads(codequality(document(*found)))] == names


def test_sarif_names_a_file_whose_name_is_no_utf_8():
    """A file system may hold any bytes: the report is written, and its URI is ASCII."""
    made = document((VIOLATION, "a", {"cassette": "\udcff.sls.yaml", "exchange": 0, "line": 1}))
    (result,) = json.loads(sarif(made))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert uri.endswith(".sls.yaml")


def test_markdown_tells_each_clause_once_with_all_places():
    text = markdown(document(*FOUND))
    assert text.startswith("## ❌ sls-contract check: 2 violations\n")
    assert text.count("<summary>") == 2
    assert text.index("SLS103") < text.index("SLS110")
    assert "2 times" in text
    assert "Also at: `cassettes/b.sls.yaml exchange 0 at query shardId`" in text
    assert markdown(document()).startswith("## ✅ sls-contract check: 0 violations\n")


def test_what_was_not_judged_is_told_once_for_each_reason_below_the_findings():
    """Ninety scenarios that need one key are one line, in Chinese too; a page counts them all."""
    key = "needs a temporary key: set SLS_CONTRACT_STS_ACCESS_KEY_ID, …_ACCESS_KEY_SECRET and …_SECURITY_TOKEN"
    gaps = [*(f"token-{number}: {key}" for number in range(90)), {"cassette": "a: b.yaml", "reason": "is empty"}, "x"]
    made = document(*FOUND, not_provable=gaps)
    lines = markdown(made).splitlines()
    listed = [line.replace("\\", "") for line in lines if line.startswith("- ")]
    assert listed == [f"- {key} (token-0, token-1, token-2 and 87 more)", "- is empty (a: b.yaml)", "- x"]
    assert lines.index("**Not provable here**: 92") > lines.index("</details>")
    assert re.search(r"Could not be judged here</span> <span class=\"times\">92<.*\n.*87 more", page(made, NOW))
    with language_of({"SLS_CONTRACT_LANG": "zh_CN"}):
        assert "- 需要临时密钥：" in markdown(made)


HOSTILE = st.text(max_size=20) | st.sampled_from(
    ["]]>", "<script>", "|", "`", "\\", "</details>", "\x00", "\ud800", "\u2028", "a\n\nb", "&amp;", "@here", "日志"]
)


@given(st.lists(st.tuples(st.sampled_from([VIOLATION, WARNING]), HOSTILE, HOSTILE), max_size=4))
def test_no_text_breaks_a_report(findings):
    """Secrets aside, a finding may hold what a server sent: each kind stays what it is, and nothing gets out of it."""
    made = document(*[(clause, text, {"test": name, "exchange": None}) for clause, text, name in findings])
    root = ET.fromstring(junit(made).encode("utf-8", "backslashreplace"))
    assert len(root.findall(".//failure")) == int(root.get("failures"))
    jsonschema.validate(json.loads(sarif(made)), SARIF)
    text = re.sub("`[^`\n]*`", "", markdown(made))  # a code span shows what it holds
    tags = re.findall(r"(?<!\\)(?:\\\\)*<(/?)details>", text)
    assert tags == ["", "/"] * len({clause.code for clause, _, _ in findings})
    rows = [line for line in text.split("\n") if line.startswith(("| expected", "| actual"))]
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == 3 for row in rows)


def test_each_path_gets_its_kind(tmp_path):
    paths = [str(tmp_path / f"report{kind}") for kind in (".json", ".xml", ".sarif", ".md")]
    write_reports(document(*FOUND), paths, Surroundings(io.StringIO(), io.StringIO(), {}, NOW))
    begins = [Path(path).read_text("utf-8")[:5] for path in paths]
    assert begins == ['{\n  "', "<?xml", '{\n  "', "## ❌ "]


def test_another_kind_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match=r"must end in \.json, \.html, \.xml, \.sarif, \.md or"):
        kind_of("report.txt")


def test_every_leftover_is_named():
    """Somebody has to delete them; of exclusions with one reason the first names are enough."""
    names = [f"logstore/sls-contract-{n}" for n in range(9)]
    listed = [f"{name}: the endpoint refused to delete it" for name in names]
    made = document(leftovers=listed, not_provable=[{"scenario": f"case-{n}", "reason": "no key"} for n in range(9)])
    for text in (markdown(made), page(made, NOW.date())):
        assert [name for name in names if name not in text] == []
        assert "case-2 and 6 more" in text
