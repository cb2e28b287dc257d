"""Findings as lines: what matters most in full, the rest in a line each, everything where it is asked for."""

from __future__ import annotations

import pytest

from sls_contract.reports.group_lines import group_lines
from sls_contract.spec import CLAUSES

VIOLATIONS = [code for code, each in CLAUSES.items() if each.level == "violation"]


def found(code, *names, where="/0/shard", text="消费组"):
    """Give a plain finding of a clause for each scenario."""
    clause = CLAUSES[code]
    plain = {
        "code": code,
        "slug": clause.slug,
        "level": str(clause.level),
        "where": where,
        "operation": "GetCheckPoint",
    }
    return [
        {**plain, "expected": text, "actual": text, "how_to_fix": "fix it.", "scenario": name, "exchange": 3}
        for name in names
    ]


def test_a_group_names_clause_count_example_and_places():
    """In this order; what is said about the example comes last."""
    lines = list(group_lines(found("SLS204", *"abcdef"), lambda finding: [f"  again: {finding['scenario']}"]))
    assert lines == [
        "",
        "SLS204 update-time-unit (violation), 6 times",
        "  in a exchange 3 at /0/shard of GetCheckPoint",
        "  expected: 消费组",
        "  actual:   消费组",
        "  How to fix: fix it.",
        "  also in: b exchange 3, c exchange 3, d exchange 3 and 2 more",
        "  again: a",
    ]


def test_the_places_that_are_named_are_in_different_exchanges():
    """Each entry of one list is wrong: the list is named once, and there is room for other exchanges and parts."""
    wheres = [(name, f"/{index}/shard") for name in ("runs/1", "runs/2", "b") for index in range(4)]
    findings = [found("SLS203", name, where=where)[0] for name, where in [*wheres, ("b", "header Date")]]
    (line,) = [line for line in group_lines(findings) if "also in" in line]
    assert line == "  also in: b exchange 3 at header Date, runs/2 exchange 3, b exchange 3"


def test_many_clauses_still_fit_on_a_screen():
    """Two are shown in full, the ones that were broken most; some have a line, the rest are counted and named."""
    findings = [each for number, code in enumerate(VIOLATIONS[:20]) for each in found(code, *"x" * (number + 1))]
    lines = list(group_lines(findings))
    headings = [line for line in lines if line.startswith("SLS")]
    assert len(lines) < 24
    assert [line.split()[0] for line in headings] == [*reversed(VIOLATIONS[15:20])]
    assert sum(line.startswith("  How to fix: ") for line in lines) == 2
    codes = ", ".join(VIOLATIONS[14:6:-1])
    assert lines[-2] == f"and {sum(range(1, 16))} findings of 15 other clauses: {codes} and 7 more"
    assert "--verbose" in lines[-1]
    full = list(group_lines(findings, verbose=True))
    assert sum(line.startswith("  How to fix: ") for line in full) == len(findings)


@pytest.mark.parametrize("code", ["SLS212", "SLS238"])
def test_a_new_key_everywhere_is_one_line(code):
    """Nothing is to be fixed there."""
    (empty, line) = group_lines(found(code, *"ab" * 100, where="/7/lag"))
    heading = f"{code} {CLAUSES[code].slug} ({CLAUSES[code].level}), 200 times"
    assert (empty, line) == ("", f"{heading}, first in a exchange 3 at /7/lag of GetCheckPoint: 消费组")


def test_lines_hold_no_control_characters():
    """Whatever a response holds."""
    findings = found("SLS204", "a\n\x1b[2J", "b\r", text="\x1b[31m\n  How to fix: nothing")
    assert all(line.isprintable() for line in group_lines(findings))
    assert all(line.isprintable() for line in group_lines(found("SLS212", "a", text="\n\x1b")))
