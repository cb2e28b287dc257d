"""Splitting and merging shards: what is returned, refused, kept, written to, and shared out to consumers."""

import json

import hypothesis.strategies as st
import pytest
from hypothesis import example, given

from sls_contract.endpoint import ReferenceEndpoint, SqliteStore
from sls_contract.endpoint.state.cursors import cursor
from sls_contract.endpoint.state.responses import ServiceError
from sls_contract.endpoint.state.shards import changed, divided, merged, shard_for_key, split
from sls_contract.errors import UsageError

SHARDS = "/logstores/my-logstore/shards"
GROUPS = "/logstores/my-logstore/consumergroups"
QUARTER, HALF, LAST = "4" + "0" * 31, "8" + "0" * 31, "f" * 32


@pytest.fixture(params=["memory", "file"])
def endpoint(request, clock, tmp_path):
    store = SqliteStore(tmp_path / "state") if request.param == "file" else None
    with ReferenceEndpoint(clock, store=store) as made:
        yield made


def told(response):
    assert response.status == 200, response.body
    return [
        (each["shardID"], each["status"], each["inclusiveBeginKey"], each["exclusiveEndKey"])
        for each in json.loads(response.body)
    ]


def refused(response):
    document = json.loads(response.body)
    return response.status, document["errorCode"], document["errorMessage"]


def change(send, shard, action, **query):
    return send("POST", f"{SHARDS}/{shard}?action={action}" + "".join(f"&{key}={query[key]}" for key in query))


@given(st.integers(1, 300), st.integers(0, 2**128 - 1))
@example(2, 2**127)
@example(2, 2**127 - 1)
@example(2, 2**128 - 1)
def test_every_key_has_one_shard(count, key):
    """The ranges follow one another without a gap, and the shard that takes a key is the one whose range holds it."""
    shards = divided(range(count))
    assert (shards[0].keys[0], shards[-1].keys[1]) == ("0" * 32, LAST)
    assert [shard.keys[0] for shard in shards[1:]] == [shard.keys[1] for shard in shards[:-1]]
    begin, end = shard_for_key(shards, key).keys
    assert int(begin, 16) <= key
    assert key < int(end, 16) or end == LAST


@given(st.data())
def test_whatever_is_split_and_merged_every_key_has_one_writable_shard(data):
    """After any changes the writable shards divide all keys, ids are new, and parents stay as they were, read-only."""
    shards = divided(range(data.draw(st.integers(1, 4))))
    for number, merge, key in data.draw(
        st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.none() | st.integers(0, 2**128)), max_size=8)
    ):
        before = {shard.number: shard for shard in shards}
        try:
            shards = changed(shards, merged(shards, number) if merge else split(shards, number, key))
        except ServiceError:
            continue
        for new in (shard for shard in shards if shard.number not in before):
            assert new.number > max(before)
            assert all(before[parent].writable for parent in new.parents)
        assert all(
            shard._replace(writable=before[shard.number].writable) in before.values() for shard in shards[: len(before)]
        )
        ranges = sorted((shard.begin, shard.end) for shard in shards if shard.writable)
        assert [begin for begin, _ in ranges] == [0, *(end for _, end in ranges[:-1])]
        assert ranges[-1][1] == 2**128


def test_split_and_merge_return_what_was_and_what_is(send, endpoint):
    """Split: the parent, then the children; merge: the new one, then its parents; the list has all of them."""
    first, second = (0, "readonly", "0" * 32, HALF), (1, "readwrite", HALF, LAST)
    left, right = (2, "readwrite", "0" * 32, QUARTER), (3, "readwrite", QUARTER, HALF)
    assert told(change(send, 0, "split", key=QUARTER)) == [first, left, right]
    assert told(send("GET", SHARDS)) == [first, second, left, right]
    read_only = [(*shard[:1], "readonly", *shard[2:]) for shard in (right, second)]
    assert told(change(send, 3, "merge")) == [(4, "readwrite", QUARTER, LAST), *read_only]
    assert (endpoint.shards(), endpoint.shards(readonly=False)) == ((0, 1, 2, 3, 4), (2, 4))


def test_a_split_without_a_key_is_even(send):
    """An empty key, none at all, and a count of new shards."""
    assert [each[2:] for each in told(change(send, 0, "split", key=""))[1:]] == [("0" * 32, QUARTER), (QUARTER, HALF)]
    assert [each[0] for each in told(change(send, 1, "split"))] == [1, 4, 5]
    assert [each[2][:2] for each in told(change(send, 2, "split", shardCount=4))[1:]] == ["00", "10", "20", "30"]


def test_what_cannot_be_split_or_merged_is_refused(send, endpoint):
    """The pages' codes and wordings; nothing has changed then."""
    change(send, 0, "split", key=QUARTER)
    before = send("GET", SHARDS).body
    no_shard, no_key = (400, "ParameterInvalid", "invalid shard id."), (400, "ParameterInvalid", "invalid mid hash.")
    for shard in ("0", "9", "-1", "x", "9" * 30):
        assert refused(change(send, shard, "split", key=QUARTER)) == no_shard
        assert refused(change(send, shard, "merge")) == no_shard
    for key in ("0" * 32, QUARTER, HALF, LAST, "1", "g" * 32, "1" * 33):
        assert refused(change(send, 2, "split", key=key)) == no_key
    assert refused(change(send, 1, "merge"))[2] == "can not merge the last shard."
    assert refused(change(send, 1, "split", shardCount=1))[2] == "The parameter shardCount must be from 2 to 256"
    assert change(send, 1, "split", key="c" + "0" * 31, shardCount=3).status == 421  # no page says what that means
    assert refused(send("POST", "/logstores/none/shards/0?action=merge"))[:2] == (404, "LogStoreNotExist")
    assert send("GET", SHARDS).body == before
    for act in (
        lambda: endpoint.split_shard(0),
        lambda: endpoint.merge_shards(1),
        lambda: endpoint.put_logs(0, [{"a": "b"}]),
    ):
        with pytest.raises(UsageError):
            act()


def test_logs_go_to_the_children_and_the_parent_is_read_to_its_end(send, endpoint):
    """By key and without one, only writable shards take logs; cursors of the parent are good as before."""
    endpoint.put_logs(0, [{"index": "0"}])
    endpoint.put_logs(1, [{"index": "1"}])
    assert endpoint.split_shard(0, QUARTER) == (2, 3)
    log = b"\x0a\x0e\x08\x01\x12\x0a\x0a\x05index\x12\x012"
    assert send("POST", f"{SHARDS}/route?key=" + "0" * 32, log).status == 200
    assert send("POST", f"{SHARDS}/route?key={QUARTER}", log).status == 200
    for _ in range(4):
        assert send("POST", f"{SHARDS}/lb", log).status == 200
    ends = [json.loads(send("GET", f"{SHARDS}/{shard}?type=cursor&from=end").body)["cursor"] for shard in range(4)]
    assert ends[0] == cursor(0, 1)
    assert {ends[shard] for shard in (1, 2, 3)} <= {cursor(shard, count) for shard in (1, 2, 3) for count in (2, 3)}
    pulled = send("GET", f"{SHARDS}/0?type=log&cursor={cursor(0, 0)}&count=9")
    assert (pulled.headers["x-log-count"], pulled.headers["x-log-cursor"]) == ("1", cursor(0, 1))


def test_a_restart_keeps_splits(tmp_path, clock):
    """The state file has ids, ranges and parents."""
    with ReferenceEndpoint(clock, store=SqliteStore(tmp_path / "s")) as first:
        first.split_shard(0)
        with first._store.transaction(write=False):
            before = first._store.shards("my-project", "my-logstore")
    with ReferenceEndpoint(clock, store=SqliteStore(tmp_path / "s")) as second:
        with second._store.transaction(write=False):
            assert second._store.shards("my-project", "my-logstore") == before
        second.add_logstore("my-project", "my-logstore", shards=2)
        assert second.merge_shards(0) == 2


def beat(send, held, group="g"):
    response = send("POST", f"{GROUPS}/{group}?type=heartbeat&consumer=c", json.dumps(list(held)).encode())
    return json.loads(response.body)


def save(send, shard, value, group="g"):
    body = json.dumps({"shard": shard, "checkpoint": value}).encode()
    return send("POST", f"{GROUPS}/{group}?type=checkpoint&consumer=c", body).status


def test_consumers_are_given_children_and_lose_a_parent_that_is_consumed(send, endpoint):
    """Without order the children come at once; the parent goes when its checkpoint is at its end, and not before."""
    endpoint.put_logs(0, [{"index": "0"}])
    endpoint.create_consumer_group("g")
    assert beat(send, ()) == [0, 1]
    endpoint.split_shard(0)
    assert beat(send, (0, 1)) == [0, 1, 2, 3]
    assert save(send, 0, cursor(0, 0)) == 200
    assert beat(send, (0, 1, 2, 3)) == [0, 1, 2, 3]
    assert save(send, 0, cursor(0, 1)) == 200
    assert beat(send, (0, 1, 2, 3)) == [1, 2, 3]
    assert save(send, 0, cursor(0, 1)) == 200  # its last checkpoint, while it lets go
    assert beat(send, (1, 2, 3)) == [1, 2, 3]
    assert save(send, 0, cursor(0, 1)) == 400
    entries = json.loads(send("GET", f"{GROUPS}/g").body)
    assert [(each["shard"], each["consumer"]) for each in entries] == [(0, ""), (1, "c"), (2, "c"), (3, "c")]
    assert entries[0]["checkpoint"] == cursor(0, 1)


def test_with_order_children_wait_for_all_their_parents(send, endpoint):
    """Also for an empty parent, until its checkpoint is saved; a merged shard waits for both."""
    endpoint.create_consumer_group("g", order=True)
    endpoint.merge_shards(0)
    assert beat(send, ()) == [0, 1]
    assert save(send, 0, cursor(0, 0)) == 200
    assert beat(send, (0, 1)) == [1]
    assert save(send, 1, cursor(1, 0)) == 200
    assert beat(send, (1,)) == [2]
