"""The books of logs: what was accepted must be found, once, in the order of writing."""

from __future__ import annotations

from datetime import UTC, datetime

from sls_contract.scenarios.log_messages import PulledLog, encoded_list, log_group, logs_of
from sls_contract.scenarios.log_model import Found, LogModel, Logstore
from sls_contract.scenarios.model import GroupKey, Model, Settings

AT = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)
HERE, THERE = Logstore("l", "p"), Logstore("m", "p")
LOG = PulledLog(1524224984, (("a", "数据"), ("b", "")), "t", frozenset({("tag", "é")}))


def written(*marks: str, where: Logstore = HERE, accepted: bool = True, model: LogModel | None = None) -> LogModel:
    model = model or LogModel()
    for mark in marks:
        model.put(where, None, {mark: LOG}, AT, accepted=accepted)
    return model


def test_what_was_taken_is_outstanding_until_it_is_pulled():
    """Only in its logstore, and only what was not refused."""
    model = written("1", "2")
    written("3", accepted=False, model=model)
    written("4", where=THERE, model=model)
    assert model.outstanding(HERE).keys() == {"1", "2"}
    model.pull(HERE, "1", Found(0, "x", "y"))
    assert model.outstanding(HERE).keys() == {"2"}
    assert model.refused(HERE)
    assert not model.refused(THERE)


def test_a_log_comes_once_and_behind_those_written_before():
    """The order counts within a shard only."""
    model = written("1", "2", "3")
    assert model.pull(HERE, "2", Found(0, "x", "y")) == (True, True)
    assert model.pull(HERE, "1", Found(1, "x", "y")) == (True, True)
    assert model.pull(HERE, "2", Found(0, "x", "y")) == (False, False)
    assert model.pull(HERE, "3", Found(0, "y", "z")) == (True, True)
    assert model.last_found()[1] == Found(0, "y", "z")


def test_a_log_is_read_as_it_was_encoded():
    """Texts of any language, an empty value, topic and tags."""
    assert list(logs_of(encoded_list([log_group([LOG, LOG])]))) == [LOG, LOG]
    assert list(logs_of(b"")) == []


def test_a_group_is_listed_with_what_was_set_last():
    """What an update does not name stays; a deleted group is gone, and so is one whose creation was refused."""
    model, here, other = Model(), GroupKey("l", "a", "p"), GroupKey("l", "b", "p")
    model.created(here, Settings(20, order=True))
    model.updated(here, 30, None)
    model.create_refused(other)
    assert model.listing("l", "p") == ({"a": Settings(30, order=True)}, {"b"})
    model.deleted(here)
    assert model.listing("l", "p") == ({}, {"a", "b"})
    assert model.listing("m", "p") == ({}, {"a", "b"}), "names are the run's own: what is elsewhere is not here"


def test_a_consumer_is_gone_after_three_timeouts():
    """Between the timeout and three times as long nobody can tell."""
    model, key = Model(), GroupKey("l", "a", "p")
    model.created(key, Settings(20, order=False))
    model.assigned(key, "c", frozenset({0}), AT)
    ages = (0, 18, 25, 59, 61)
    told = [model.is_alive(key, "c", datetime.fromtimestamp(AT.timestamp() + age, UTC)) for age in ages]
    assert told == [True, True, None, None, False]
    assert model.is_alive(key, "d", AT) is None
