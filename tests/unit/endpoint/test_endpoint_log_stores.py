"""Logs in the two stores: they agree, an error undoes a write, and the file outlives a restart."""

import json

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import rule
from two_stores import TwoStores

from sls_contract.endpoint import ReferenceEndpoint, SqliteStore
from sls_contract.endpoint.state.cursors import cursor
from sls_contract.endpoint.state.store import ReceivedGroup, ShardKey

KEYS = st.builds(
    ShardKey, st.sampled_from(["a", "组"]), st.sampled_from(["l", "\udcff"]), st.sampled_from([0, 1, 2**70])
)
NUMBERS = st.integers(0, 12)
TIMES = st.integers(0, 5)


class Agreement(TwoStores):
    """Log groups."""

    @rule(key=KEYS, group=st.builds(ReceivedGroup, st.binary(max_size=9), TIMES), fail=st.booleans())
    def add(self, key, group, fail):
        self.both(lambda store: store.add_log_group(key, group), write=True, fail=fail)

    @rule(key=KEYS, start=NUMBERS, stop=NUMBERS, time=TIMES)
    def look(self, key, start, stop, time):
        self.both(
            lambda store: (
                list(store.log_groups(key, start, stop)),
                store.log_end(key),
                store.first_received(key, time),
            ),
            write=False,
        )


TestAgreement = Agreement.TestCase
TestAgreement.settings = settings(stateful_step_count=25)


def test_logs_outlive_a_restart(tmp_path, clock):
    """A client that held a cursor goes on where it stood, and the next log group comes behind the last."""
    with ReferenceEndpoint(clock, store=SqliteStore(tmp_path / "状态.db")) as first:
        before = first.put_logs(1, [{"组": "一"}])
    with ReferenceEndpoint(clock, store=SqliteStore(tmp_path / "状态.db")) as second:
        second.put_logs(0, [{"a": "b"}])
        following = second.put_logs(1, [{"组": "二"}])
    assert following != before
    with ReferenceEndpoint(clock, store=SqliteStore(tmp_path / "状态.db")) as third:
        assert third.put_logs(1, [{"a": "b"}]) not in (before, following)


def test_times_beyond_what_a_file_can_hold(tmp_path, clock, send):
    """A time that no log group can have been received at gets the same as from the store in memory."""
    with ReferenceEndpoint(clock, store=SqliteStore(tmp_path / "state")) as endpoint:
        first = endpoint.put_logs(0, [{"a": "b"}])
        send.endpoint = endpoint
        found = [
            json.loads(send("GET", f"/logstores/my-logstore/shards/0?type=cursor&from={time}").body)["cursor"]
            for time in ("-" + "9" * 18, "9" * 18)
        ]
        assert found == [first, cursor(0, 1)]
