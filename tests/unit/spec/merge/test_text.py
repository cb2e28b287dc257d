"""The one way in which data is written as YAML."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.spec.merge.text import yaml_text

SCALARS = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"))
DATA = st.dictionaries(
    st.text(st.characters(codec="utf-8")),
    st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner), max_leaves=12),
)


@pytest.mark.slow
@given(DATA)
def test_what_is_written_is_read_back_as_it_was(data):
    """Whatever stands in a claim, any YAML reader gets it back: dates, yes and no, colons, braces, any character."""
    text = yaml_text(data, "schema.json")
    assert (yaml.safe_load(text) or {}) == data


def test_words_that_yaml_takes_for_something_else_are_quoted():
    """A text stays a text."""
    data = {"a": ["yes", "No", "null", "~", "2021-01-21", "1e3", "- b", "c: d", "e # f", "{g}", "", " h", "i\n"]}
    assert yaml.safe_load(yaml_text(data, "schema.json")) == data


def test_characters_that_yaml_forbids_are_escaped():
    """A page may print any character; YAML readers refuse some of them unless they are escaped."""
    data = {"\ufffe": ["\uffff", "\x7f", "\x85", "\ufeff", "\x00"]}
    assert yaml.safe_load(yaml_text(data, "schema.json")) == data


def test_it_reads_well():
    """What fits on a line stands on one; editors are told the schema."""
    data = {
        "path": "/stores/{store}",
        "query": {"size": {"type": "integer", "read": ["table"]}},
        "errors": [{"code": "A"}],
    }
    assert yaml_text(data, "../editor/claims.json") == (
        "# yaml-language-server: $schema=../editor/claims.json\n"
        'path: "/stores/{store}"\n'
        "query:\n"
        "  size: {type: integer, read: [table]}\n"
        "errors:\n"
        "  - {code: A}\n"
    )
