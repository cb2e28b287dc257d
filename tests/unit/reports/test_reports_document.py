"""The JSON document and how it is written."""

from __future__ import annotations

import io
import json
import os
import threading

import pytest

from sls_contract.errors import UsageError
from sls_contract.reports import Report, Target, as_document, write_json
from sls_contract.spec import clause

VIOLATION = clause("update-time-unit").finding("/0/updateTime", "微秒", "秒", "乘")
WARNING = clause("recording-edited").finding("recording", "a", "b", "c")
UNSPECIFIED = clause("recording-provenance").finding("recording", "a", "b", "c")


def report(*findings):
    made = Report("check", Target("http://e", "reference"), seed=7, exchanges=3, scenarios=2, clauses_total=100)
    made.exercised |= {"SLS204", "SLS601"}
    made.add(findings, exchange=1, cassette="消费.yaml")
    return made


def test_what_the_run_allows_is_counted_apart():
    """Findings that are not listed are counted in the same way."""
    made = report(WARNING)
    made.allowed = frozenset({"SLS204"})
    made.add([VIOLATION], exchange=2)
    made.not_listed.update({("SLS204", VIOLATION.level): 5, (WARNING.code, WARNING.level): 2})
    document = as_document(made, "9.9")
    counts = document["summary"]
    assert (counts["violations"], counts["warnings"], counts["allowed"]) == (0, 3, 6)
    assert {each["code"]: each["level"] for each in document["not_listed"]} == {
        "SLS204": "allowed",
        WARNING.code: "warning",
    }
    assert not made.failed(strict=False)


def test_the_document_has_every_promised_key():
    """Version 1: the keys that programs rely on, with findings located and counted by level."""
    document = as_document(report(VIOLATION, WARNING, UNSPECIFIED), "9.9")
    assert list(document) == [
        "version",
        "tool",
        "command",
        "target",
        "seed",
        "findings",
        "not_listed",
        "exercised",
        "not_provable",
        "not_supported",
        "not_judged",
        "facts",
        "leftovers",
        "examples",
        "contract_map",
        "repeat",
        "summary",
    ]
    assert document["tool"] == {"name": "sls-contract", "version": "9.9"}
    assert document["findings"][0] == {
        "code": "SLS204",
        "slug": "update-time-unit",
        "level": "violation",
        "where": "/0/updateTime",
        "expected": "微秒",
        "actual": "秒",
        "how_to_fix": "乘",
        "operation": None,
        "scenario": None,
        "exchange": 1,
        "cassette": "消费.yaml",
    }
    assert document["summary"] == {
        "exchanges": 3,
        "scenarios": 2,
        "violations": 1,
        "warnings": 1,
        "unspecified": 1,
        "allowed": 0,
        "clauses": {"total": 100, "exercised": 2},
    }


@pytest.mark.parametrize(
    ("findings", "strict", "failed"),
    [
        ((), True, False),
        ((UNSPECIFIED,), True, False),
        ((WARNING,), False, False),
        ((WARNING,), True, True),
        ((VIOLATION,), False, True),
    ],
)
def test_what_fails_a_run(findings, strict, failed):
    """A violation does, a warning only if strict, unspecified never."""
    assert report(*findings).failed(strict=strict) is failed


DOCUMENT = {"text": "日é😀\udcff"}


def test_a_file_is_written_whole_as_utf8(tmp_path):
    """The folder is made, Chinese stays readable, stray bytes stay JSON, no spare file is left, the mode is kept."""
    path = tmp_path / "new" / "报告.json"
    write_json({"old": 1}, str(path), io.StringIO())
    path.chmod(0o640)
    write_json(DOCUMENT, str(path), io.StringIO())
    assert json.loads(path.read_text("utf-8")) == DOCUMENT
    assert "日é😀" in path.read_text("utf-8")
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path):
    """The report goes to where the link points."""
    link, real = tmp_path / "link.json", tmp_path / "real.json"
    real.write_text("old")
    link.symlink_to(real)
    write_json(DOCUMENT, str(link), io.StringIO())
    assert link.is_symlink()
    assert json.loads(real.read_text("utf-8")) == DOCUMENT


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    """``--json /dev/stdout`` or a named pipe must not become a regular file."""
    path, got = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: got.append(path.read_text("utf-8")))
    reader.start()
    write_json(DOCUMENT, str(path), io.StringIO())
    reader.join(10)
    assert json.loads(got[0]) == DOCUMENT
    assert path.is_fifo()


@pytest.mark.parametrize("name", [".", "file/x.json", "a" * 300])
def test_what_cannot_be_written_is_a_usage_error_and_leaves_nothing(tmp_path, name):
    """A folder, a file used as one, a name too long: one sentence with the reason and the fix."""
    (tmp_path / "file").write_text("kept")
    with pytest.raises(UsageError, match=r"cannot write the report to .*: .*How to fix: name a file"):
        write_json(DOCUMENT, str(tmp_path / name), io.StringIO())
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_failed_replacement_leaves_the_old_report(tmp_path):
    """Where the target turns out to be a folder, the spare file is taken away."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError):
        write_json(DOCUMENT, str(tmp_path / "folder"), io.StringIO())
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "gbk", "latin-1"])
def test_standard_output_gets_json_in_any_encoding(encoding):
    """A terminal that lacks a character gets JSON's own escape, not Python's."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace")
    write_json(DOCUMENT, "-", stream)
    stream.flush()
    assert json.loads(raw.getvalue().decode(encoding)) == DOCUMENT
