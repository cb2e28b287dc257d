"""Where a text stops being JSON: the position and what is expected there, in words that no Python changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sls_contract.checks.json_grammar import json_fault


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("", 0, "a value"),
        ("[1,]", 3, "a value"),
        ("[", 1, "a value or ]"),
        ("[1 2]", 3, "a comma or ]"),
        ("{", 1, "a key in double quotes or }"),
        ('{"a":1,}', 7, "a key in double quotes"),
        ('{"a" 1}', 5, "a colon"),
        ('{"a":1 "b"', 7, "a comma or }"),
        ('{"a":"b"]', 8, "a comma or }"),
        ("[] []", 3, "the end"),
        ('["a\nb"]', 1, "a complete string"),
        (r'["\x"]', 1, "a complete string"),
        ('["a', 1, "a complete string"),
        ("[tru]", 1, "a value or ]"),
        ("[01]", 2, "a comma or ]"),
    ],
)
def test_the_first_fault_has_a_place_and_a_remedy(text, position, expected):
    """Characters count from 0; what is named is what every JSON text has there."""
    assert json_fault(text) == (position, expected)


@pytest.mark.slow
def test_nesting_has_no_limit():
    """A hundred thousand brackets overrun no stack."""
    assert json_fault("[" * 100_000) == (100_000, "a value or ]")
    assert json_fault("[" * 100_000 + "]" * 100_000) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(JSON, st.data())
@example([{"a": "\\"}], None)
def test_it_agrees_with_the_parser(value, data):
    """A text has a fault exactly where the parser refuses it, also with a character changed or lost."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    assert json_fault(text) is None
    if data is None:
        return
    at = data.draw(st.integers(0, len(text) - 1))
    text = text[:at] + data.draw(st.sampled_from(["", *'[]{},:"\\0-.e \n\x01n'])) + text[at + 1 :]
    try:
        json.loads(text)
    except ValueError:
        fault = json_fault(text)
        assert fault is not None
        assert fault.position <= len(text)
    else:
        assert json_fault(text) is None
