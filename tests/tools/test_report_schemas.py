"""Reports and HAR files against the schemas that their readers publish.

SARIF 2.1.0 and HAR 1.2: npm's @microsoft/jest-sarif and har-schema. JUnit: the schema of Jenkins' xunit plugin
(junit-10.xsd, MIT). GitLab: the properties that its manual asks for.
"""

from __future__ import annotations

import io
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft6Validator, Draft7Validator
from referencing import Registry, Resource

from benchmarks.samples import drift_apart, endpoint, run, two_bugs
from sls_contract.reports import Report, Surroundings, as_document, write_reports
from sls_contract.spec import CLAUSES

etree = pytest.importorskip("lxml.etree", reason="needs lxml")

HERE = Path(__file__).parent
CASSETTES = HERE.parents[1] / "cassettes"
SARIF = HERE / "node_modules" / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
HAR = HERE / "node_modules" / "har-schema" / "lib"
KINDS = (".sarif", ".xml", ".codequality.json", ".md", ".html")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
ODD = "日志 \U0001f9ea \x1b[31m\x00\ud800 ]]> <b>&amp; | ` \u2028\r\n"


def made(name, folder, findings):
    """Write the reports of made findings, each with its text and where it was made."""
    report = Report("check", exchanges=3)
    for code, text, where in findings:
        report.add([CLAUSES[code].finding(text, text, text, text)], **where)
    around = Surroundings(io.StringIO(), io.StringIO(), {}, NOW)
    write_reports(as_document(report, "1.0"), [str(folder / f"{name}{kind}") for kind in KINDS], around)


def ran(name, folder, code, command, *argv):
    """Run a command with all reports."""
    reports = [part for kind in KINDS for part in ("--report", str(folder / f"{name}{kind}"))]
    assert run(command, *reports, *argv) == code


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Write reports of each command, and of findings that no command should make, to a folder."""
    scratch, folder = tmp_path_factory.mktemp("scratch"), tmp_path_factory.mktemp("reports")
    odd = [
        ("SLS103", ODD, {"cassette": f"日志/{ODD}.yaml", "exchange": 0, "line": 7}),
        ("SLS110", ODD, {"test": f"tests/test_日志.py::test_a[{ODD}]", "exchange": None}),
        ("SLS103", "", {"scenario": "shard-given", "auth": "v4", "exchange": 1}),
        ("SLS103", "", {}),
    ]
    made("odd", folder, odd)
    made("many", folder, [("SLS103", "a", {"cassette": "a.yaml", "exchange": n, "line": n + 1}) for n in range(1000)])
    made("empty", folder, [])
    here = Path.cwd()
    os.chdir(scratch)
    drift_apart(CASSETTES / "test_aliyun_log_python_sdk", Path("before"), Path("after"))
    (scratch / "request.txt").write_text(
        "GET / HTTP/1.1\nHost: p.cn-hangzhou.log.aliyuncs.com\nAuthorization: LOG a:b\n"
    )
    ran("check", folder, 0, "check", str(CASSETTES))
    ran("drift", folder, 1, "diff", "before", "after")
    ran("broken-recordings", folder, 1, "check", "after")
    ran("signature", folder, 1, "signature", "request.txt")
    ran("client", folder, 1, "exercise", "--scenario", "shard-given", "--", sys.executable, "-c", "print([])")
    ran("not-supported", folder, 2, "exercise", "--scenario", "shard-given", "--", "sh", "-c", "exit 77")
    with endpoint(two_bugs) as url:
        names = ("--project", "my-project", "--logstore", "my-logstore", "--examples", "0", "--scenario", "group-held")
        ran("endpoint", folder, 1, "verify", "--endpoint", url, *names)
    os.chdir(here)
    return folder


def test_every_sarif_report_is_valid_and_code_scanning_takes_it(reports):
    """GitHub refuses a whole file in which one finding has no file of its own, or one that is a URL."""
    if not SARIF.exists():
        pytest.skip("needs npm ci in tests/tools")
    validator = Draft7Validator(json.loads(SARIF.read_text("utf-8")), format_checker=Draft7Validator.FORMAT_CHECKER)
    for path in reports.glob("*.sarif"):
        report = json.loads(path.read_text("utf-8"))
        assert [*validator.iter_errors(report)] == [], path.name
        for result in report["runs"][0]["results"]:
            (place,) = result["locations"]
            assert urlsplit(place["physicalLocation"]["artifactLocation"]["uri"]).scheme == "", path.name
            assert result["message"]["text"]


def test_every_junit_report_has_the_form_that_ci_services_read(reports):
    schema = etree.XMLSchema(etree.parse(HERE / "junit-10.xsd"))
    for path in reports.glob("*.xml"):
        assert schema.validate(etree.parse(path)), (path.name, schema.error_log)


def test_gitlab_takes_every_code_quality_report(reports):
    """A severity of its five, a fingerprint of its own, a relative path and a line: else the whole file is left out."""
    for path in reports.glob("*.codequality.json"):
        issues = json.loads(path.read_text("utf-8"))
        assert len({issue["fingerprint"] for issue in issues}) == len(issues)
        for issue in issues:
            assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
            assert issue["description"], issue["check_name"]
            assert not Path(issue["location"]["path"]).is_absolute()
            assert issue["location"]["lines"]["begin"] >= 1


def test_a_converted_cassette_is_a_har_file(tmp_path):
    if not HAR.exists():
        pytest.skip("needs npm ci in tests/tools")
    parts = [json.loads(path.read_text("utf-8")) for path in HAR.glob("*.json")]
    registry = Registry().with_resources((part["$id"], Resource.from_contents(part)) for part in parts)
    validator = Draft6Validator({"$ref": "har.json#"}, registry=registry)
    written = 0
    for number, path in enumerate(CASSETTES.rglob("*.yaml")):
        har = tmp_path / f"{number}.har"
        assert run("convert", str(path), str(har)) == 0
        assert [*validator.iter_errors(json.loads(har.read_text("utf-8")))] == []
        written += 1
    assert written > 10
