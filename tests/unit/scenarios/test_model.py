"""The books of a run: what was accepted is what must be read, and where other values come from is known."""

from __future__ import annotations

from datetime import UTC, datetime

from sls_contract.scenarios.model import GroupKey, Model

AT = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)
A, B, OTHER = GroupKey("l", "a"), GroupKey("l", "b"), GroupKey("m", "a")


def made(*keys: GroupKey) -> Model:
    model = Model()
    for key in keys:
        model.created(key)
    return model


def write(model: Model, key: GroupKey, value: str, shard: int = 0, consumer: str = "c") -> None:
    model.written(key, shard, value, consumer, AT, AT)


def test_the_last_write_counts():
    """The earlier values are remembered as such; writing one of them again makes it the last."""
    model = made(A)
    for value in ("1", "2", "1"):
        write(model, A, value)
    expected = model.expect(A, 0)
    assert (expected.checkpoint, expected.writes, expected.earlier) == ("1", 3, frozenset({"2"}))


def test_only_a_lone_holder_must_be_named():
    """The writer is the expected consumer as long as nobody else was given the shard."""
    model = made(A)
    model.assigned(A, "c", frozenset({0}))
    write(model, A, "1")
    assert model.expect(A, 0).holder == "c"
    write(model, A, "2", consumer="d")
    assert model.expect(A, 0).holder is None
    assert model.expect(A, 0).consumers == {"c", "d"}
    write(model, A, "3")
    model.assigned(A, "d", frozenset({0}))
    assert model.expect(A, 0).holder is None
    assert model.held(A, "d") == (0,)


def test_values_are_traced_to_the_nearest_place():
    """Another shard is nearer than another group, which is nearer than another logstore."""
    model = made(A, B, OTHER)
    for key, shard, value in ((OTHER, 0, "x"), (B, 0, "x"), (B, 0, "y"), (A, 1, "y"), (OTHER, 0, "z"), (A, 0, "own")):
        write(model, key, value, shard)
    assert model.expect(A, 0).foreign == {"x": "group", "y": "shard", "z": "logstore"}


def test_a_deleted_group_leaves_only_a_memory():
    """After it was made again nothing is expected of it, and what it held must not come back."""
    model = made(A)
    write(model, A, "1")
    write(model, A, "2")
    model.deleted(A)
    assert not model.exists(A)
    model.created(A)
    expected = model.expect(A, 0)
    assert (expected.checkpoint, expected.writes, expected.former) == ("", 0, frozenset({"1", "2"}))


def test_refusals_are_remembered():
    """A refused value is not expected, until it is accepted; a refused creation must not empty what was written."""
    model = made(A)
    write(model, A, "1")
    model.write_refused(A, 0, "2")
    model.write_refused(A, 0, "1")
    model.create_refused(A)
    assert model.expect(A, 0).refused == {"2", ""}
    write(model, A, "2")
    assert model.expect(A, 0).refused == {""}


def test_reads_are_remembered():
    """The next read is compared with the last; whether the time moved with a write is known."""
    model = made(A)
    write(model, A, "1")
    model.read(A, 0, 100)
    assert model.expect(A, 0).last_read.update_time == 100
    assert model.moved(A, 0)
    write(model, A, "2")
    model.read(A, 0, 100)
    assert not model.moved(A, 0)


def test_what_happens_to_groups_that_are_not_there_is_nothing():
    """Accepted or refused, an operation on a group that is not in the books changes nothing."""
    model = Model()
    model.assigned(A, "c", frozenset({0}))
    write(model, A, "1")
    model.write_refused(A, 0, "1")
    model.create_refused(A)
    model.deleted(A)
    assert model.held(A, "c") == ()
    assert model.moved(A, 0)
    assert not model.exists(A)
