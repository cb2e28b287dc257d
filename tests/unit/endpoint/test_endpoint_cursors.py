"""Cursors."""

import base64

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sls_contract.endpoint.state import cursors

SHARDS = st.integers(0, 1000)


@given(SHARDS, st.integers(0, 10**8))
def test_a_cursor_names_its_log_group(shard, number):
    """It is base64 of a decimal, read back with and without its padding, and with the line feed that the SDK adds."""
    text = cursors.cursor(shard, number)
    assert base64.b64decode(text).isdigit()
    assert cursors.number(shard, text) == cursors.number(shard, text.rstrip("=")) == number
    assert cursors.number(shard, f"{text}\n") == number


@given(SHARDS, SHARDS, st.integers(0, 10**8))
def test_a_cursor_of_another_shard_is_out_of_range(one, other, number):
    """No log group of one shard has a cursor of another, so a client that mixes shards up is told."""
    if one != other:
        assert not 0 <= cursors.number(other, cursors.cursor(one, number)) <= 10**8


def test_the_cursor_before_is_one_less():
    """The SDK counts back by one to find the last log group that was consumed."""
    before = base64.b64encode(b"%d" % (int(base64.b64decode(cursors.cursor(3, 7))) - 1)).decode()
    assert cursors.number(3, before) == 6


@pytest.mark.parametrize("text", ["", "x", "MTI*", "日志", "LTE=", "MS41", "IDE=", "MTI=\n\n", "==="])
def test_what_is_no_cursor_is_none(text):
    """What is no base64 of a decimal names nothing."""
    assert cursors.number(0, text) is None
