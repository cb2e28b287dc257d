"""The two stores: they agree on everything, and the file outlives what happens to it."""

import sqlite3
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, rule
from two_stores import TwoStores

from sls_contract.endpoint import ReferenceEndpoint, SqliteStore
from sls_contract.endpoint.state.consumer_groups import Checkpoint, ConsumerGroup
from sls_contract.endpoint.state.shards import Shard, divided
from sls_contract.endpoint.state.store import GroupKey
from sls_contract.errors import EndpointError
from sls_contract.exchange import OWN_RESPONSE

NAMES = st.sampled_from(["a", "组", "b c", "\udcff", "\ud800"])
TEXT = st.text(max_size=5)
TIMES = st.integers(0, 2**62)
GROUPS = st.builds(
    ConsumerGroup,
    timeout=st.integers(1, 2**31 - 1),
    order=st.booleans(),
    checkpoints=st.dictionaries(st.integers(0, 300), st.builds(Checkpoint, TEXT, TIMES), max_size=3),
    heartbeats=st.dictionaries(TEXT, TIMES, max_size=3),
    holders=st.dictionaries(st.integers(0, 300), TEXT, max_size=3),
)

KEYS = st.integers(0, 2**128)
SHARDS = st.sets(st.integers(0, 300), min_size=1).map(divided) | st.lists(
    st.builds(Shard, st.integers(0, 300), KEYS, KEYS, st.lists(st.integers(0, 300)).map(tuple), st.booleans()),
    min_size=1,
    max_size=3,
    unique_by=lambda shard: shard.number,
)


class Agreement(TwoStores):
    """Projects, logstores and groups."""

    @rule(project=NAMES, fail=st.booleans())
    def add_project(self, project, fail):
        self.both(lambda store: store.add_project(project), fail=fail)

    @rule(project=NAMES, logstore=NAMES, shards=SHARDS, fail=st.booleans())
    def put_logstore(self, project, logstore, shards, fail):
        self.both(lambda store: store.put_logstore(project, logstore, list(shards)), fail=fail)

    @rule(key=st.builds(GroupKey, NAMES, NAMES, NAMES), group=GROUPS, fail=st.booleans())
    def put_group(self, key, group, fail):
        self.both(lambda store: store.put_group(key, group), fail=fail)

    @rule(key=st.builds(GroupKey, NAMES, NAMES, NAMES), fail=st.booleans())
    def delete_group(self, key, fail):
        self.both(lambda store: store.delete_group(key), fail=fail)

    @rule(key=st.builds(GroupKey, NAMES, NAMES, NAMES))
    def look(self, key):
        self.both(lambda store: (store.group(key), store.shards(*key[:2]), store.groups(*key[:2])), write=False)

    @invariant()
    def same_projects(self):
        self.both(lambda store: store.projects(), write=False)


TestAgreement = Agreement.TestCase
TestAgreement.settings = settings(stateful_step_count=20)


@pytest.mark.slow
def test_a_restart_keeps_everything_but_keys(tmp_path, clock):
    """Groups, checkpoints and shards are there again; the default logstore is not made smaller."""
    with ReferenceEndpoint(clock, store=SqliteStore(tmp_path / "状态.db")) as first:
        first.add_logstore("my-project", "my-logstore", shards=4)
        first.set_checkpoint("组", 3, "MTI=", consumer="c")
    with ReferenceEndpoint(clock, store=SqliteStore(tmp_path / "状态.db")) as second:
        assert second.shards() == (0, 1, 2, 3)
        key = GroupKey("my-project", "my-logstore", "组")
        assert second._store.group(key).checkpoints == {3: Checkpoint("MTI=", 1767323045678901)}


def test_two_processes_share_a_file(tmp_path):
    """What one connection wrote, the other sees at once."""
    one, two = SqliteStore(tmp_path / "s"), SqliteStore(tmp_path / "s")
    with one.transaction(write=True):
        one.put_logstore("p", "l", divided((0, 1)))
    with two.transaction(write=False):
        assert two.shards("p", "l") == divided((0, 1))
    one.close()
    two.close()


def test_a_writer_that_never_ends_is_named(tmp_path, clock, send):
    """While another program locks the file, a write gets 500 in our own name, with the file that is locked."""
    path = tmp_path / "s"
    store = SqliteStore(path)
    store._database.execute("PRAGMA busy_timeout = 10")
    send.endpoint = endpoint = ReferenceEndpoint(clock, store=store)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    body = b'{"consumerGroup":"g","timeout":10}'
    response = send("POST", send.groups, body)
    assert (response.status, response.headers[OWN_RESPONSE]) == (500, "EndpointFailed")
    assert b"s: the state file cannot be used: database is locked" in response.body
    assert send("GET", send.groups).body == b"[]"
    other.execute("ROLLBACK")
    assert send("POST", send.groups, body).status == 200
    other.close()
    endpoint.close()


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE mine (x)")
    database.close()


def _newer(path: Path) -> None:
    SqliteStore(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


def _torn(path: Path) -> None:
    store = SqliteStore(path)
    with store.transaction(write=True):
        for number in range(200):
            store.put_group(GroupKey("p", "l", str(number)), ConsumerGroup(1, order=False))
    store.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\x55" * (len(data) - 4096)
    path.write_bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda path: path.write_text("not a database, " * 10, "utf-8"), "it is damaged (file is not a database)"),
        (_foreign, "it is an SQLite file of another program"),
        (_newer, "its layout is number 99, this version of sls-contract knows 1"),
        (_torn, "it is damaged ("),
    ],
)
def test_a_file_that_is_not_ours_or_damaged_is_left_alone(tmp_path, damage, reason):
    """The error names file and reason, and not a byte of the file changes."""
    path = tmp_path / "state"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(EndpointError) as raised:
        SqliteStore(path)
    assert str(raised.value).startswith(f"{path}: the state file cannot be used: {reason}")
    assert "How to fix" in str(raised.value)
    assert path.read_bytes() == before


def test_a_damaged_row_is_named(tmp_path, clock, send):
    """A row that does not hold what was written is 500 with the file's name, never wrong data."""
    path = tmp_path / "s"
    send.endpoint = endpoint = ReferenceEndpoint(clock, store=SqliteStore(path))
    endpoint.create_consumer_group("g")
    endpoint._store._database.execute("UPDATE consumer_group SET document = '[1]'")
    response = send("GET", f"{send.groups}/g")
    assert response.status == 500
    assert b"a row has unexpected content" in response.body
    endpoint.close()


def test_a_place_that_is_no_file_is_named(tmp_path):
    """A folder cannot be a state file."""
    with pytest.raises(EndpointError, match="the state file cannot be opened: unable to open"):
        SqliteStore(tmp_path)


def test_an_empty_file_is_a_new_one(tmp_path):
    """A file made by mktemp is begun, not refused."""
    path = tmp_path / "s"
    path.touch()
    store = SqliteStore(path)
    with store.transaction(write=False):
        assert store.projects() == ()
    store.close()
