"""The ledger of ``sls-contract check``: what each file proves, and until when."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import page_examples as examples
import pytest
from advice import advised
from own_contracts import FINDING, demand_view

from sls_contract import Exchange, cli, sign
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.ledger import Entry, median_age
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
from sls_contract.signing import TEST_CREDENTIALS

NOW = datetime.now(UTC)
AT = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)
CLIENT = "log-python-sdk-v-0.9.52, sys.version_info(major=3)"


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        return True


def recording(days: float | None, evidence=Evidence.LIVE, region="cn-hangzhou", client=CLIENT) -> Recording:
    """Give the page's success, recorded in 2018 and validated some days ago (None: nobody knows when)."""
    printed = examples.success()
    unsigned = printed.request.replace(headers=printed.request.headers.without("Authorization"))
    exchange = Exchange(sign(unsigned, TEST_CREDENTIALS, at=AT), printed.response)
    validated = None if days is None else NOW - timedelta(days=days)
    origin = Provenance(evidence, "http://e.example.com", region, client, AT, validated or AT, "0.1.0")
    return Recording(exchange, origin if days is not None else Provenance(), SignatureNote("verified"))


def run(*argv, stdout=None, environ=None):
    """Run a command in this process; give exit code, standard output and standard error."""
    out, err = stdout or io.StringIO(), io.StringIO()
    code = cli.run([*map(str, argv)], environ=environ or {}, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def check(*argv, **streams):
    return run("check", *argv, **streams)


@pytest.fixture
def folder(tmp_path):
    """Give a folder of three cassettes: fresh and old, of several clients, of unknown origin."""
    write(tmp_path / "a.sls.yaml", [recording(3.5), recording(40.5, region="cn-beijing", client="AlibabaCloud (x) y")])
    write(tmp_path / "日.sls.yaml", [recording(0.5, Evidence.REFERENCE)])
    write(tmp_path / "z.sls.yaml", [recording(None), recording(4000, Evidence.DOCUMENT, client="")])
    return tmp_path


def test_the_ledger_tells_of_each_file(folder):
    """Weakest evidence, regions, clients, when the whole file last agreed; documents and unknown origins do not age."""
    code, out, _ = check(folder)
    day, today = (f"{NOW - timedelta(days=days):%Y-%m-%d}" for days in (40.5, 0.5))
    rows = [re.split(r"  +", line.strip()) for line in out.splitlines()[2:5]]
    assert code == 0
    assert [row[:-1] for row in rows] == [
        ["live", "cn-hangzhou +1", "log-python-sdk-v-0.9.52 +1", "2", f"{day} (40 days)", "0"],
        ["unknown", "cn-hangzhou", "-", "2", "-", "0"],
        ["reference", "cn-hangzhou", "log-python-sdk-v-0.9.52", "1", f"{today} (0 days)", "0"],
    ]  # fmt: skip


def test_it_ends_in_what_all_of_them_prove(folder):
    """Counts by evidence over exchanges, the median age and the oldest with its file."""
    lines = check(folder)[1].splitlines()
    assert "evidence: 2 live, 1 unknown, 1 document, 1 reference" in lines
    oldest = f"last validated: median 3 days ago, oldest 40 days ago ({folder / 'a.sls.yaml'})"
    assert lines[-2:] == [oldest, "1 exchange of unknown age"]


def test_nothing_aged_is_nothing_said(tmp_path):
    """Where no exchange says when, no age is made up, and that is told; a document has none."""
    write(tmp_path / "a.sls.yaml", [recording(None), recording(4000, Evidence.DOCUMENT)])
    _, out, _ = check(tmp_path)
    assert "evidence: 1 unknown" in out
    assert "last validated:" not in out
    assert out.endswith("\n1 exchange of unknown age\n")
    (tmp_path / "a.sls.yaml").unlink()
    write(tmp_path / "b.sls.yaml", [recording(4000, Evidence.DOCUMENT)])
    assert "unknown age" not in check(tmp_path)[1]


def test_a_narrow_terminal_gets_a_paragraph_for_each_file(folder, monkeypatch):
    """Lines that would be broken are laid out as paragraphs that fit; a wide terminal and a pipe get the table."""
    monkeypatch.setenv("COLUMNS", "60")
    narrow = check(folder / "z.sls.yaml", stdout=Terminal())[1].splitlines()
    assert narrow[:3] == [
        str(folder / "z.sls.yaml"), "  evidence unknown; region cn-hangzhou; exchanges 2", "  findings 0"
    ]  # fmt: skip
    assert "-----" in check(folder / "z.sls.yaml")[1]
    monkeypatch.setenv("COLUMNS", "400")
    assert "-----" in check(folder / "z.sls.yaml", stdout=Terminal())[1]


def test_json_has_the_ledger(folder, tmp_path):
    """The same facts for programs: whole User-Agents, moments in UTC, days as numbers."""
    check(folder, "--json", tmp_path / "out" / "r.json")
    document = json.loads((tmp_path / "out" / "r.json").read_text("utf-8"))
    first, second, third = document["ledger"]
    assert first == {
        "cassette": str(folder / "a.sls.yaml"),
        "evidence": "live",
        "evidences": {"live": 2},
        "regions": ["cn-hangzhou", "cn-beijing"],
        "clients": [CLIENT, "AlibabaCloud (x) y"],
        "exchanges": 2,
        "last_validated": first["last_validated"],
        "age_days": 40,
        "ages": {"3": 1, "40": 1},
        "dateless": 0,
        "digest": first["digest"],
        "not_listed": [],
        "findings": 0,
    }
    assert abs(datetime.fromisoformat(first["last_validated"]) - (NOW - timedelta(days=40.5))) < timedelta(seconds=1)
    assert (second["evidences"], second["last_validated"], second["findings"]) == (
        {"unknown": 1, "document": 1},
        None,
        1,
    )
    assert third["evidence"] == "reference"
    assert document["ages"] == {"median_days": 3, "oldest_days": 40, "unknown": 1}


def test_max_age_warns_and_with_strict_fails(folder):
    """The exchange that was not validated for longer than asked for is named; whatever says no time is counted."""
    code, out, _ = check(folder, "--max-age", "30d")
    assert code == 0
    assert out.count("SLS605 recording-age (warning)") == 1
    assert re.search(r"SLS605 recording-age \(warning\)\n  in \S+a\.sls\.yaml:\d+ exchange 1 at", out)
    assert "1 warning, " in out
    assert check(folder, "--max-age", "30d", "--strict")[0] == 1
    assert check(folder, "--max-age", "6w", "--strict")[0] == 0
    assert check(folder, "--max-age", "soon")[0::2] == (
        2, "sls-contract check: an age is a number of days or weeks, such as 90d or 12w, got 'soon'\n"
    )  # fmt: skip


def test_a_clause_that_is_allowed_fails_nothing(folder, tmp_path):
    """Its findings are counted apart, also in merged reports; of other clauses nothing changes."""
    path, report = folder / "a.sls.yaml", tmp_path / "r.json"
    path.write_text(path.read_text("utf-8").replace("code: 200", "code: 201", 1), "utf-8")
    assert check(path, "--json", report)[0] == 1
    findings = json.loads(report.read_text("utf-8"))["findings"]
    broken = [each["code"] for each in findings if each["level"] == "violation"]
    options = [word for code in {*broken} for word in ("--allow", code)]
    code, out, _ = check(path, *options, "--json", report)
    assert (code, f", {len(broken)} allowed, " in out, "(violation)" in out) == (0, True, False)
    summary = json.loads(report.read_text("utf-8"))["summary"]
    assert (summary["violations"], summary["allowed"]) == (0, len(broken))
    streams = {"stdin": io.StringIO(), "stdout": io.StringIO(), "stderr": io.StringIO()}
    assert cli.run(["merge", str(report)], environ={}, **streams) == 0
    assert check(path, "--allow", "SLS103")[0] == 1
    assert check(path, "--allow", "SLS999")[0] == 2


def test_no_secret_comes_out_of_the_ledger(tmp_path):
    """Region and client stand in the file, so they may hold anything; a terminal gets no control characters."""
    made = recording(1, region="zq83hfKx02lMsecretvalue", client="LTAI5tAbCdEfGhIjKlMnOpQr\x1b[2J")
    write(tmp_path / "a.sls.yaml", [made])
    environ = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "x", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "zq83hfKx02lMsecretvalue"}
    code, out, err = check(tmp_path, "--json", "-", environ=environ)
    assert code == 1
    assert not [each for each in ("zq83hfKx", "LTAI5t", "\x1b") if each in out + err]


def test_progress_counts_exchanges_and_how_many_a_second(tmp_path):
    """A person sees how far it is, and how fast it goes."""
    write(tmp_path / "a.sls.yaml", [recording(1)] * 3)
    err = Terminal()
    environ = {"TERM": "xterm", "COLUMNS": "300"}
    cli.run(["check", str(tmp_path)], environ=environ, stdin=io.StringIO(), stdout=io.StringIO(), stderr=err)
    assert re.search(rf"{re.escape(str(tmp_path / 'a.sls.yaml'))} 3 exchanges, [0-9]+ a second", err.getvalue())


def test_a_cassette_from_the_future_is_new():
    """Clocks differ by minutes; an age is never negative."""
    entry = Entry(NOW)
    entry.add(replace(recording(1).provenance, validated_at=NOW + timedelta(minutes=5)))
    assert (entry.oldest, median_age([entry]), entry.evidence) == (timedelta(), timedelta(), Evidence.LIVE)


@pytest.mark.parametrize(("ages", "median"), [([], None), ([5], 5), ([1, 9], 1), ([9, 1, 4], 4)])
def test_the_median_is_an_age_that_occurs(ages, median):
    """Of two in the middle the lower; over all files, not of the files."""
    entries = [Entry(NOW, ages=Counter([age])) for age in ages]
    assert median_age(entries) == (None if median is None else timedelta(days=median))


def test_the_installed_command_prints_it(command, folder):
    """In a pipe, the whole table on standard output, whatever the width of anything."""
    done = command("check", folder, environ={"COLUMNS": "20"})
    assert done.returncode == 0, done.stderr
    assert "last validated" in done.stdout.splitlines()[0]
    assert os.linesep.join(["", "evidence: 2 live"]) in done.stdout


def test_reports_of_several_kinds_at_once(command, tmp_path):
    """--report is repeatable, the kind stands in the name; another name is refused before anything runs."""
    cassettes = Path(__file__).parents[2] / "cassettes" / "documents"
    paths = [tmp_path / name for name in ("a.xml", "a.sarif", "a.md", "a.html", "a.codequality.json")]
    done = command("check", cassettes, *[f"--report={path}" for path in paths])
    assert done.returncode == 0, done.stderr
    assert [path.read_text("utf-8")[:2] for path in paths] == ["<?", "{\n", "##", "<!", "[]"]
    refused = command("check", cassettes, "--report=a.txt")
    assert refused.returncode == 2
    assert "must end in .json, .html, .xml, .sarif, .md or .codequality.json" in refused.stderr


def test_contracts_of_a_folder_judge_for_this_run(folder, tmp_path_factory):
    """--contract requires a key that the shipped contract leaves free, for this run alone; the finding says so."""
    own = tmp_path_factory.mktemp("own")
    demand_view(own)
    code, told, _ = check(folder, "--contract", own)
    assert code == 1
    assert FINDING in told
    assert check(folder)[0] == 0


def test_what_is_documented_of_an_operation_of_ones_own_is_printed_by_the_command_that_is_advised(
    folder, tmp_path_factory
):
    """The advice of a finding, of an error code and of the operation's name has the folder that knows the operation."""
    own = demand_view(tmp_path_factory.mktemp("my own"))
    contract = json.loads((own / "GetCheckPoint.json").read_text(encoding="utf-8"))
    differs = {"query": {"shard": {"type": "boolean"}}, "errors": [{"status": 404, "code": "ViewNotExist"}]}
    (own / "GetCheckPoint.json").write_text(json.dumps(contract | differs), encoding="utf-8")
    found = advised(check(folder, "--contract", own)[1], r"write shard as expected; sls-contract (.*) prints what")[1]
    code, told, _ = run("explain", "ViewNotExist", "--contract", own)
    meant = told.partition("Run: sls-contract ")[2].strip()
    named = advised(run("explain", "getcheckpoint", "--contract", own)[2], r"sls-contract (spec show .*)")[1]
    assert (code, found, meant) == (0, named, named)
    assert "shard: boolean" in run(*shlex.split(found))[1]


def test_a_folder_without_contracts_is_an_error(folder, tmp_path_factory):
    """The run ends with what was expected and how to fix it."""
    code, _, said = check(folder, "--contract", tmp_path_factory.mktemp("empty"))
    assert code == 2
    assert "expected claims/, rulings/, contracts.jsonl or <Operation>.yaml in" in said
    assert "How to fix: " in said


@pytest.mark.slow
def test_no_report_shows_the_key_of_the_run(tmp_path, command):
    """A file of another recorder holds the key wherever it was sent; the exchanges that a report shows do not."""
    key, secret = "LTAI5tAbCdEfGhIjKlMnOpQr", "zq83hfKx02lMsecretvalue"
    text = (Path(__file__).parents[2] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml").read_text("utf-8")
    for place in ('"shard"', "nginx/1.12.1"):
        assert place in text
    leaky = text.replace("nginx/1.12.1", f"nginx {key} {secret}").replace('"shard"', f'"{secret}"')
    (tmp_path / "leaky.sls.yaml").write_text(leaky, "utf-8")
    environ = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret}
    kinds = ("json", "html", "md", "xml", "sarif", "codequality.json")
    done = command("check", tmp_path, *[f"--report=a.{kind}" for kind in kinds], environ=environ)
    assert done.returncode == 1
    for kind in kinds:
        report = (tmp_path / f"a.{kind}").read_text("utf-8")
        assert "SLS601" in report or kind == "xml"
        assert not [each for each in (key, secret) if each in report], kind


@pytest.mark.parametrize("other", ["empty", "pages"])
def test_a_path_without_a_recording_beside_others_is_not_passed_over(folder, tmp_path, other):
    """A mistyped folder is named, and the run is not green; the other paths are checked as ever."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "index.html").write_text("hello", "utf-8")
    code, told, _ = check(folder / "a.sls.yaml", tmp_path / other)
    assert code == 2
    assert f"not checked: {tmp_path / other}: it has no recording" in told
    assert "1 cassette, 2 exchanges" in told
    assert check(folder, folder / "a.sls.yaml")[0] == 0  # nothing new, but looked at


def test_the_command_in_a_report_repeats_the_run(folder, tmp_path_factory):
    """With all that decides the verdict, and without where reports are written."""
    report = tmp_path_factory.mktemp("reports") / "report.json"
    code, told, _ = check(folder, "--strict", "--max-age", "30d", "--json", report)
    (line,) = json.loads(report.read_text("utf-8"))["repeat"]
    start, command, *words = shlex.split(line)
    assert (start, command, "--json" in words) == ("sls-contract", "check", False)
    assert (code, "--strict" in words, words.count("30d")) == (1, True, 1), line
    assert check(*words)[:2] == (code, told)
