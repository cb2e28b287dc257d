"""The last line of a client, and the numbers on it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.exercise.client_output import NOT_JSON, integer, last_line, read_line


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (b"", ""),
        (b"\n \n", ""),
        (b"[]", "[]"),
        (b"log\n[]\n", "[]"),
        (b"log\r\n [] \r\n\n  \n", "[]"),
        ('日志\n["消费者"]\n'.encode(), '["消费者"]'),
        (b"\xff\n", "\udcff"),
    ],
)
def test_the_last_line_is_the_last_that_is_not_blank(output, line):
    """Whatever ends a line, and whatever stands before it."""
    assert last_line(output) == line


@pytest.mark.parametrize(
    "line", ["", "None", "[NaN]", "[1", "{'a': 1}", "[]]", "[" * 100_000, "1e99999999999999999999"]
)
def test_what_is_no_json_is_told_apart(line):
    """Python's own extensions are none, and nothing raises."""
    assert read_line(line) is NOT_JSON
    assert repr(NOT_JSON) == "NOT_JSON"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_is_read_as_it_was_written(value):
    """Every value comes back, Chinese and integers of any size included."""
    assert read_line(json.dumps(value)) == value
    assert read_line(json.dumps(value, ensure_ascii=False)) == value


def test_fractions_are_exact():
    """A double would lose the last digit."""
    assert read_line("9007199254740993.0") == Decimal("9007199254740993.0")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1524224984800922", 1524224984800922),
        ("1524224984800922.0", 1524224984800922),
        ("1.524224984800922e15", 1524224984800922),
        ('"9007199254740993"', 9007199254740993),
        ("9007199254740993.0", 9007199254740993),
        ("0.5", None),
        ("1e400", None),
        ("true", None),
        ("null", None),
        ("[1]", None),
        ('"-1"', None),
        ('"１２"', None),
        ('"1 "', None),
        ('""', None),
    ],
)
def test_integers_are_compared_by_value(text, value):
    """However a number is written, it is the integer that it exactly is, or none."""
    assert integer(read_line(text)) == value
