"""Reports of shards, machines and suites as one."""

from __future__ import annotations

import gzip
import io
import json
import lzma
from collections import Counter
from functools import reduce
from pathlib import Path

import hypothesis.strategies as st
import pytest
from advice import advised
from hypothesis import given

from sls_contract import cli
from sls_contract.reports import Report, Target, as_document
from sls_contract.reports.merging import merged
from sls_contract.reports.text import plural

LEVELS = ("violation", "warning", "unspecified")
FINDINGS = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["SLS203", "SLS601"]),
        "slug": st.just("a"),
        "level": st.sampled_from(LEVELS),
        "where": st.sampled_from(["/0", "/1"]),
        "cassette": st.sampled_from(["a", "日"]),
        "exchange": st.sampled_from([None, 0, 11]),
    }
)
CAPTURES = st.fixed_dictionaries(
    {
        "cassette": st.sampled_from(["a.har", "b.har"]),
        "digest": st.sampled_from(["", "1", "2"]),
        "exchanges": st.integers(0, 9),
        "ages": st.dictionaries(st.sampled_from(["0", "3", "40"]), st.integers(1, 4)),
        "dateless": st.integers(0, 2),
        "not_listed": st.lists(
            st.fixed_dictionaries({"code": st.just("SLS203"), "level": st.sampled_from(LEVELS), "count": st.just(7)}),
            max_size=1,
        ),
    }
)
EXAMPLES = st.fixed_dictionaries(
    {
        "code": st.sampled_from([None, "SLS203"]),
        "kind": st.sampled_from(LEVELS),
        "slug": st.sampled_from([None, "entry-lost", "error-status"]),
    }
)
TESTS = st.fixed_dictionaries(
    {"test": st.sampled_from(["a", "b"]), "digest": st.sampled_from(["", "1", "2"]), "exchanges": st.integers(0, 9)}
)

CASSETTE = Path(__file__).parents[3] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"
COMPRESS = {".gz": gzip.compress, ".xz": lzma.compress}
AREAS = {"one": "shards", "two": "shards", "three": "names"}


def of_scenarios(carried_out, *others, endpoint="x"):
    """Give what a report of ``verify`` has of the scenarios that it carried out, and of those that it left out."""
    left_out = [{"scenario": name, "area": area} for name, area in AREAS.items() if name not in carried_out]
    counts = Counter(each["area"] for each in left_out)
    return {
        "command": "verify",
        "target": {"endpoint": endpoint, "evidence": "reference"},
        "outcomes": [{"scenario": name, "area": AREAS[name], "verdict": "passed"} for name in sorted(carried_out)],
        "left_out": left_out,
        "not_judged": [*(f"{area} ({plural(n, 'scenario')})" for area, n in counts.items()), *others],
    }


@st.composite
def reports(draw):
    """Give a report as `check` or another command writes it."""
    ledger = draw(st.lists(CAPTURES, max_size=3))
    tests = [] if ledger else draw(st.lists(TESTS, max_size=3, unique_by=lambda each: each["test"]))
    count = sum(each["exchanges"] for each in tests) + draw(st.integers(0, 99))
    exercised = sorted(draw(st.sets(st.sampled_from(["SLS201", "SLS203", "SLS601"]))))
    return {
        "version": 1,
        "tool": {"name": "sls-contract", "version": draw(st.sampled_from(["1", "2"]))},
        "command": "check" if ledger else "pytest",
        "target": {"endpoint": draw(st.sampled_from([None, "x"])), "evidence": draw(st.sampled_from([None, "live"]))},
        **(
            {}
            if ledger
            else draw(st.sampled_from([{}, of_scenarios({"one"}, "SLS204 a"), of_scenarios({"two", "three"})]))
        ),
        "seed": draw(st.sampled_from([None, 0, 1])),
        "findings": draw(st.lists(FINDINGS, max_size=4)),
        "exercised": exercised,
        "examples": draw(st.lists(EXAMPLES, max_size=3)),
        "facts": draw(st.lists(st.sampled_from(["one", "two"]), max_size=2)),
        **({"ledger": ledger} if ledger else {"tests": tests} if tests else {}),
        **draw(st.fixed_dictionaries({}, optional={"exit_code": st.sampled_from([0, 0, 1, 2, 5, 130])})),
        "summary": {
            "exchanges": count,
            "scenarios": 0,
            "clauses": {"total": draw(st.sampled_from([190, 197])), "exercised": len(exercised)},
        },
    }


def merge(*documents):
    return merged(documents, "1")


@given(st.lists(reports(), min_size=3, max_size=5), st.randoms())
def test_neither_order_nor_grouping_matters(documents, random):
    """Shards may be merged as they come, and merged reports merged again."""
    whole = merge(*documents)
    assert reduce(merge, documents) == whole
    random.shuffle(documents)
    assert merge(documents[0], merge(*documents[1:])) == whole


def test_what_another_shard_carried_out_is_not_left_out(plain):
    """Halves make a whole; a clause, a scenario that both left out, and another endpoint's scenarios stay left out."""
    half, other = (
        {**plain, **of_scenarios(names, *clause)} for names, clause in (({"one"}, ["SLS204 a"]), (["three"], []))
    )
    assert merge(half, other)["not_judged"] == ["SLS204 a", "shards (1 scenario)"]
    assert merge(half)["not_judged"] == ["SLS204 a", "names (1 scenario)", "shards (1 scenario)"]
    rest = {**plain, **of_scenarios({"two", "three"})}
    assert merge(half, rest)["not_judged"] == ["SLS204 a"]
    elsewhere = {**plain, **of_scenarios({"two", "three"}, endpoint="y")}
    assert merge(half, elsewhere)["not_judged"] == ["SLS204 a", "names (1 scenario)", "shards (2 scenarios)"]


@pytest.fixture
def plain():
    """Give a report in which nothing was found."""
    summary = {"exchanges": 1, "scenarios": 1, "clauses": {"total": 190, "exercised": 0}}
    return {
        "version": 1,
        "tool": {"name": "sls-contract", "version": "1"},
        "seed": 0,
        "findings": [],
        "exercised": [],
        "summary": summary,
    }


@given(reports())
def test_a_report_that_is_merged_twice_counts_once(document):
    """A CI job that uploads its report twice does no harm."""
    assert merge(document, document) == merge(document) == merge(merge(document))


@given(st.lists(reports(), min_size=1, max_size=3))
def test_nothing_is_lost(documents):
    """Each finding, each exercised clause, each exchange of a report without a ledger is in the merged one."""
    whole = merge(*documents)
    assert all(finding in whole["findings"] for each in documents for finding in each["findings"])
    assert set(whole["exercised"]) == {code for each in documents for code in each["exercised"]}
    others = [each for each in documents if "ledger" not in each and "tests" not in each]
    distinct = {json.dumps(each): each["summary"]["exchanges"] for each in others}
    assert whole["summary"]["exchanges"] >= sum(distinct.values())


def test_a_capture_that_two_shards_judged_counts_once():
    """It is known by its content, whatever it is called."""
    shared = {"digest": "d", "exchanges": 7, "ages": {"3": 7}, "dateless": 0, "not_listed": []}

    def report(*names):
        base = {"version": 1, "tool": {"version": "1"}, "command": "check", "seed": None, "findings": []}
        summary = {"exchanges": 7, "scenarios": 0, "clauses": {"total": 1, "exercised": 0}}
        ledger = [{"cassette": name, **shared} for name in names]
        target = {"endpoint": None, "evidence": "live"}
        return {**base, "exercised": [], "target": target, "summary": summary, "ledger": ledger}

    whole = merge(report("a.har"), report("/ci/a.har"))
    assert whole["summary"]["exchanges"] == 7
    assert whole["ages"] == {"median_days": 3, "oldest_days": 3, "unknown": 0}


def run(*argv):
    out, err = io.StringIO(), io.StringIO()
    code = cli.run([*map(str, argv)], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def report_of(tmp_path):
    """Run a command; give its exit code and the path of its report."""

    def made(name, *argv):
        path = tmp_path / f"{name}.json"
        return run(*argv, "--json", path)[0], path

    return made


def test_a_run_that_failed_or_checked_nothing_stays_so(report_of, tmp_path):
    """The exit code is the worst of all runs, also of those without a finding; a merged report has it, too."""
    page, part, nothing = tmp_path / "page.jsonl", tmp_path / "part.jsonl", tmp_path / "nothing"
    assert run("convert", CASSETTE, page)[0] == 0
    part.write_text(page.read_text("utf-8").partition("\n")[0] + "\n", "utf-8")
    nothing.mkdir()
    good, checked = report_of("checked", "check", CASSETTE)
    empty, unchecked = report_of("unchecked", "check", nothing)
    unmatched, differing = report_of("differing", "diff", page, part)
    assert (good, empty, unmatched) == (0, 2, 1)
    assert report_of("a", "merge", checked)[0] == 0
    code, incomplete = report_of("b", "merge", checked, unchecked)
    assert code == 2
    assert f"{unchecked}: the run ended with exit code 2" in run("merge", unchecked, checked)[1]
    code, failed = report_of("c", "merge", differing, incomplete)
    assert code == 1
    assert [run("merge", each, checked)[0] for each in (incomplete, failed, checked)] == [2, 1, 0]


def test_merged_reports_without_an_exchange_are_not_green(tmp_path):
    """Each run was right to end with 0: a suite without tests of the service is no failure. All of them are."""
    path = tmp_path / "none.json"
    document = as_document(Report("pytest", Target(None, None)), "1") | {"exit_code": 0}
    path.write_text(json.dumps(document), "utf-8")
    code, out, _ = run("merge", path)
    assert code == 2
    assert out.splitlines()[-1] == "Nothing was judged: the reports contain no exchange."
    nothing, checked = tmp_path / "nothing.json", tmp_path / "checked.json"
    assert run("merge", path, path, "--json", nothing)[0] == 2
    assert run("check", CASSETTE, "--json", checked)[0] == 0
    assert run("merge", nothing, checked)[0] == run("merge", path, checked)[0] == 0


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_compressed_report_is_read(report_of, tmp_path, suffix):
    """As CI services keep them; one that was cut off is named, with what to do."""
    _, checked = report_of("checked", "check", CASSETTE)
    packed, cut = tmp_path / f"report.json{suffix}", tmp_path / f"cut.json{suffix}"
    packed.write_bytes(COMPRESS[suffix](checked.read_bytes()))
    cut.write_bytes(packed.read_bytes()[:-9])
    first, second = report_of("a", "merge", checked)[1], report_of("b", "merge", packed)[1]
    assert json.loads(first.read_bytes())["summary"] == json.loads(second.read_bytes())["summary"]
    code, _, err = run("merge", cut)
    assert (code, str(cut) in err) == (2, True)
    assert advised(err, "copy the whole report again")


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1}', '{"version": 1, "findings": []}', None])
def test_what_is_no_report_is_refused_by_name(tmp_path, text):
    """So are a report without its exercised clauses, and a file that is not there."""
    path = tmp_path / "报告.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    code, _, err = run("merge", path)
    assert code == 2
    assert str(path) in err
    assert "How to fix" in err
