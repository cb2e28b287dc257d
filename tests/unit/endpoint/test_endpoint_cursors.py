"""Cursors and ranges of keys."""

import base64

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

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


@given(st.integers(1, 300), st.integers(0, 2**128 - 1))
@example(2, 2**127)
@example(2, 2**127 - 1)
@example(2, 2**128 - 1)
def test_every_key_has_one_shard(shards, key):
    """The ranges follow one another without a gap, and a key's place is the one whose range holds it."""
    ranges = [cursors.key_range(index, shards) for index in range(shards)]
    assert (ranges[0][0], ranges[-1][1]) == ("0" * 32, "f" * 32)
    assert [begin for begin, _ in ranges[1:]] == [end for _, end in ranges[:-1]]
    begin, end = ranges[cursors.place_of_key(key, shards)]
    assert int(begin, 16) <= key
    assert key < int(end, 16) or end == "f" * 32
