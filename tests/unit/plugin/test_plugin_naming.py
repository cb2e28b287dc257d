"""Names of cassettes: safe on any file system, readable, never the same for two tests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.plugin.naming import file_name, readable, safe


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("TestX.test_a[1-b]", "TestX.test_a[1-b]"),
        ("消费组", "消费组"),
        ("a/b\\c:d*e?f", "a_b_c_d_e_f-"),
        ("CON", "_CON-"),
        ("aux.txt", "_aux.txt-"),
        (" . ", "_._-"),
        ("x" * 300, "xxxx"),
    ],
)
def test_safe_names(name, start):
    """What needs no change keeps its name; the rest gets a digest."""
    assert safe(name).startswith(start)
    assert (safe(name) == name) is not start.endswith("-") or len(name) > 150


@given(st.text(max_size=200), st.text(max_size=200))
def test_two_names_never_share_a_file(one, other):
    """Whatever is replaced or cut, different names stay different; a name is always usable."""
    assert (safe(one) == safe(other)) is (one == other)
    assert 0 < len(safe(one).encode()) <= 150
    assert not set(safe(one)) & set('<>:"/\\|?*\0\n')
    assert safe(one) not in {".", ".."}


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Zs"]), max_size=30)
)
def test_escapes_of_pytest_are_undone(text):
    """What pytest spells as escapes in a parameter's id is read back as it was."""
    assert readable(text.encode("unicode_escape").decode()) == text.replace("\\", "\\\\")


def test_what_cannot_be_shown_stays_an_escape():
    """Control characters and half escapes are left alone."""
    assert readable(r"a\x00b\u20\\u6d88") == r"a\x00b\u20\\u6d88"


def test_the_file():
    """The test, and what tells our cassettes from others."""
    assert file_name("T.t[1]") == "T.t[1].sls.yaml"
