"""Lines for a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.reports import finding_lines, plural, table
from sls_contract.reports.text import printable, width
from sls_contract.spec import clause


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("日志", 4), ("ＡＢ", 4), ("e\u0301", 1), ("é", 1), ("", 0)])
def test_width_counts_terminal_cells(text, cells):
    """Chinese takes two cells, accents none."""
    assert width(text) == cells


def test_a_table_keeps_its_columns_with_chinese():
    """Text stands left, numbers right, a rule under the header; wide characters shift nothing."""
    lines = list(table(("cassette", "findings"), [("消费组.yaml", 2), ("a", 10)]))
    assert lines == [
        "cassette     findings",
        "-----------  --------",
        "消费组.yaml         2",
        "a                  10",
    ]


def test_a_long_name_widens_its_own_line_only():
    """Paths come last where they may be long: the numbers of all rows stand where they are seen at once."""
    lines = list(table(("cassette", "findings"), [("a" * 90, 2), ("b", 10)], name_last=True))
    assert lines == ["findings  cassette", "--------  --------", f"       2  {'a' * 90}", "      10  b"]
    assert [*table(("cassette", "findings"), [("a" * 90, 2)], 60, name_last=True)] == ["a" * 90, "  findings 2"]


def test_a_table_without_rows_has_its_header():
    """Nothing to show is no error."""
    assert list(table(("a", "bc"), [])) == ["a  bc", "-  --"]


@given(st.lists(st.tuples(st.text(max_size=12), st.integers(0, 10**6)), min_size=1, max_size=5))
def test_every_row_stays_on_one_line_of_the_same_width(rows):
    """Whatever a file is named: as many lines as rows, each printable, numbers ending in the same cell."""
    lines = list(table(("name", "n"), rows))
    assert len(lines) == len(rows) + 2
    assert all(line.isprintable() for line in lines)
    assert len({width(line) for line in lines[2:]}) == 1


def test_a_finding_is_headed_by_its_place():
    """The first line says where, also where the path or the value holds control characters; how to fix comes last."""
    finding = clause("update-time-unit").finding("/0/updateTime", "microseconds", "\x1b[31m1524\udcff日", "multiply")
    lines = finding_lines(finding, "a\nb\x1b.yaml")
    assert lines[0].startswith("a\\nb\\x1b.yaml: SLS204 update-time-unit (violation) at /0/updateTime")
    assert lines[-2:] == ["  actual:   \\x1b[31m1524\\udcff日", "  How to fix: multiply"]
    assert finding_lines(finding)[0].startswith("SLS204")


@given(st.text(st.characters(), max_size=20))
def test_printable_text_can_be_encoded_and_holds_no_control_characters(text):
    """Stray bytes, escapes and bidirectional tricks are shown escaped; line ends stay."""
    shown = printable(text)
    shown.encode("utf-8")
    assert all(char == "\n" or char.isprintable() for char in shown)


def test_plural():
    """One finding, two findings, no findings."""
    assert [plural(count, "finding") for count in (0, 1, 2)] == ["0 findings", "1 finding", "2 findings"]
