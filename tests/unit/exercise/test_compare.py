"""The list that a client passed on, beside the response's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.exercise.compare import differences
from sls_contract.exercise.reply import Duty, Expectation

BIG = 2**53 + 1
ONE = {"shard": 1, "checkpoint": "MTE=", "updateTime": 1524224984800922, "consumer": "消费者_1"}
TWO = {"shard": 2, "checkpoint": "MTI=", "updateTime": BIG, "consumer": ""}
FRESH = {"shard": 3, "checkpoint": "", "updateTime": 0, "consumer": ""}


def found(said, *returned, needed=None, told=None):
    expected = Expectation(Duty.RETURN, returned, needed=needed)
    return [(each.slug, each.flaw.where) for each in differences(said, expected, told)]


ENTRIES = st.lists(
    st.builds(
        lambda shard, checkpoint, time, consumer: {
            "shard": shard,
            "checkpoint": checkpoint,
            "updateTime": time,
            "consumer": consumer,
        },
        st.integers(0, 2**31 - 1),
        st.text(max_size=8),
        st.integers(0, 2**63 - 1),
        st.text(max_size=5),
    ),
    max_size=6,
)


@given(ENTRIES, st.randoms())
def test_the_entries_in_any_order_are_right(entries, numbers):
    """Order is free, also where entries come twice."""
    said = [dict(entry) for entry in entries]
    numbers.shuffle(said)
    assert found(said, *entries) == []


@given(ENTRIES.filter(bool), st.data())
def test_a_missing_entry_is_always_found(entries, data):
    """One entry less is never taken for the whole."""
    place = data.draw(st.integers(0, len(entries) - 1))
    assert found(entries[:place] + entries[place + 1 :], *entries)


@given(ENTRIES.filter(bool), st.integers(1, 2**62), st.data())
def test_a_changed_time_is_always_found(entries, shift, data):
    """Not a microsecond may be lost, in whichever entry."""
    place = data.draw(st.integers(0, len(entries) - 1))
    said = [dict(entry) for entry in entries]
    said[place]["updateTime"] += shift
    if sorted(map(repr, said)) != sorted(map(repr, entries)):
        assert found(said, *entries)


@pytest.mark.parametrize("consumer", [{}, {"consumer": None}, {"consumer": ""}])
@pytest.mark.parametrize("returned", [{}, {"consumer": None}, {"consumer": ""}])
def test_no_consumer_is_no_consumer(consumer, returned):
    """Absent, null and empty count as equal, on either side."""
    entry = {"shard": 3, "checkpoint": "", "updateTime": 0}
    assert found([{**entry, **consumer}], {**entry, **returned}) == []


def test_other_keys_are_ignored():
    """A client may print more than the entry."""
    assert found([{**ONE, "lag": 3}], ONE) == []


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"updateTime": float(BIG)}, "update-time-changed"),
        ({"updateTime": BIG - 1}, "update-time-changed"),
        ({"updateTime": None}, "update-time-changed"),
        ({"updateTime": "2018-04-20"}, "update-time-changed"),
        ({"updateTime": True}, "update-time-changed"),
        ({"updateTime": Decimal(BIG) / 1000}, "update-time-changed"),
        ({"checkpoint": None}, "checkpoint-changed"),
        ({"checkpoint": "12"}, "checkpoint-changed"),
        ({"checkpoint": ""}, "checkpoint-changed"),
        ({"consumer": "x"}, "consumer-changed"),
        ({"shard": 1}, "entry-relabelled"),
        ({"shard": None}, "entry-relabelled"),
        ({"shard": True}, "entry-relabelled"),
        ({"updateTime": str(BIG)}, "number-as-text"),
        ({"shard": "2"}, "number-as-text"),
    ],
)
def test_each_change_has_its_clause(change, slug):
    """One field changed is one finding, at that field, whatever stands beside it."""
    assert found([ONE, {**TWO, **change}], ONE, TWO) == [(slug, f"/1/{next(iter(change))}")]


def test_a_left_out_field_is_a_change():
    """Only consumer may be left out."""
    without_time = {key: value for key, value in TWO.items() if key != "updateTime"}
    (difference,) = differences([without_time], Expectation(Duty.RETURN, (TWO,)), None)
    assert (difference.slug, difference.flaw.actual) == ("update-time-changed", "nothing")


@pytest.mark.parametrize(
    ("time", "advice"),
    [
        (BIG - 1, "double"),
        (BIG // 1000, "microseconds"),
        (BIG // 1_000_000, "microseconds"),
        (5, "unchanged"),
        (None, "unchanged"),
    ],
)
def test_the_mend_of_a_time_knows_the_mistake(time, advice):
    """Rounding and other units are recognised."""
    (difference,) = differences([{**TWO, "updateTime": time}], Expectation(Duty.RETURN, (TWO,)), None)
    assert advice in difference.flaw.how_to_fix


def test_two_forms_of_a_letter_can_be_told_apart():
    """A consumer whose name was normalized: what people would read the same is shown with escapes."""
    source = {**ONE, "consumer": "e\u0301"}
    (difference,) = differences([{**ONE, "consumer": "\u00e9"}], Expectation(Duty.RETURN, (source,)), None)
    assert (difference.flaw.expected, difference.flaw.actual) == ('"e\\u0301"', '"\\u00e9"')
    (difference,) = differences([{**ONE, "consumer": "消"}], Expectation(Duty.RETURN, (ONE,)), None)
    assert (difference.flaw.expected, difference.flaw.actual) == ('"消费者_1"', '"消"')


def test_an_entry_without_shard_is_not_to_be_selected():
    """Where the response has no shard, the client is told to leave it out; else to keep the entry's own."""
    source = {**ONE, "shard": None}
    (missing,) = differences([{**ONE, "shard": 0}], Expectation(Duty.RETURN, (source,)), 1)
    (other,) = differences([{**ONE, "shard": 0}], Expectation(Duty.RETURN, (ONE,)), 1)
    assert missing.slug == other.slug == "entry-relabelled"
    assert "without" in missing.flaw.how_to_fix
    assert "own shard" in other.flaw.how_to_fix


def test_a_fraction_is_shown_as_it_was_written():
    """The finding shows the number, not Python's name of its type."""
    entry = {**TWO, "updateTime": Decimal("9.007e15")}
    (difference,) = differences([entry], Expectation(Duty.RETURN, (TWO,)), None)
    assert difference.flaw.actual == "9.007E+15"


def test_another_numbers_spelling_is_the_same_number():
    """A fraction of zero changes no value."""
    assert found([{**ONE, "updateTime": Decimal("1524224984800922.0")}], ONE) == []


def test_swapped_labels_are_two_wrong_labels():
    """Entries that changed names are neither dropped nor invented."""
    said = [{**ONE, "shard": 2}, {**TWO, "shard": 1}]
    assert found(said, ONE, TWO) == [("entry-relabelled", "/0/shard"), ("entry-relabelled", "/1/shard")]


def test_entries_with_equal_checkpoints_are_told_apart():
    """Each difference is said of its own entry, and no other entry is missed for it."""
    twin = {**ONE, "shard": 4}
    assert found([ONE, {**twin, "updateTime": 5}], ONE, twin) == [("update-time-changed", "/1/updateTime")]
    assert found([{**twin, "consumer": "x"}, ONE], ONE, twin) == [("consumer-changed", "/0/consumer")]
    assert found([ONE, {**twin, "shard": 9}], ONE, twin) == [("entry-relabelled", "/1/shard")]
    assert found([ONE], ONE, twin) == [("entry-dropped", "standard output")]


def test_an_entry_too_many_is_invented():
    """Also one that is there, a second time."""
    assert found([FRESH, {**FRESH, "shard": 9}], FRESH) == [("entry-invented", "/1")]
    assert found([FRESH, FRESH], FRESH) == [("entry-invented", "/1")]
    assert found([FRESH], *()) == [("entry-invented", "/0")]


def test_an_empty_list_drops_every_entry():
    """Each of them is told."""
    assert [slug for slug, _ in found([], ONE, TWO)] == ["entry-dropped", "entry-dropped"]


class TestNeeded:
    """Where the response ignored the filter, or had a shard twice, part of it is enough."""

    def test_all_or_the_needed_entries(self):
        """As it came, or filtered."""
        assert found([ONE, TWO], ONE, TWO, needed=frozenset({1})) == []
        assert found([ONE], ONE, TWO, needed=frozenset({1})) == []

    def test_one_of_two_entries_of_a_shard(self):
        """A client that keeps one entry a shard drops nothing."""
        older = {**ONE, "checkpoint": "MTA=", "updateTime": 5}
        assert found([ONE], older, ONE, needed=frozenset({1})) == []

    def test_not_only_another_shards(self):
        """The shard that was asked for must be there."""
        assert found([TWO], ONE, TWO, needed=frozenset({1})) == [("entry-dropped", "standard output")]
        assert found([], ONE, TWO, needed=frozenset({1})) == [("entry-dropped", "standard output")]

    def test_not_under_the_asked_shards_name(self):
        """The first entry, called by the name of the shard that was asked for."""
        assert found([{**TWO, "shard": 1}], ONE, TWO, needed=frozenset({1}), told=1) == [
            ("entry-relabelled", "/0/shard")
        ]


class TestMissingKeys:
    """What the response left out may be null, or what stands for nothing."""

    @pytest.mark.parametrize("said", [{}, {"shard": None}, {"shard": 1}])
    def test_a_missing_shard_may_be_the_asked_one(self, said):
        """It can be no other."""
        entry = {key: value for key, value in ONE.items() if key != "shard"}
        assert found([{**entry, **said}], entry, told=1) == []

    def test_a_missing_shard_is_not_shard_0(self):
        """The zero value of a language is another shard's name."""
        entry = {key: value for key, value in ONE.items() if key != "shard"}
        assert found([{**entry, "shard": 0}], entry, told=1) == [("entry-relabelled", "/0/shard")]
        assert found([{**entry, "shard": 0}], entry) == [("entry-relabelled", "/0/shard")]

    @pytest.mark.parametrize(("key", "zero"), [("checkpoint", ""), ("updateTime", 0)])
    def test_a_missing_value_may_be_nothing(self, key, zero):
        """Absent, null, or the empty value."""
        entry = {name: value for name, value in ONE.items() if name != key}
        for said in ({}, {key: None}, {key: zero}):
            assert found([{**entry, **said}], entry) == []
        other = 5 if key == "updateTime" else "MQ=="
        assert [place for _, place in found([{**entry, key: other}], entry)] == [f"/0/{key}"]


@pytest.mark.parametrize(
    ("said", "actual"),
    [
        ({}, "an empty object"),
        ("[]", '"[]"'),
        (None, "null"),
        (["x"], 'an array that contains "x"'),
        ([ONE, None], "an array that contains null"),
    ],
)
def test_what_is_no_list_of_objects_is_told_at_once(said, actual):
    """Nothing else is compared then."""
    (difference,) = differences(said, Expectation(Duty.RETURN, (ONE,)), 1)
    assert (difference.slug, difference.flaw.actual) == ("not-a-list", actual)
