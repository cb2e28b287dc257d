"""The mark that a recording's test failed: in the journal, in the file, and in what other tools make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sls_contract import Exchange, Request, Response
from sls_contract.cassettes.file.layout import Layout, layout_of
from sls_contract.cassettes.file.recording_file import load, open_for_recording
from sls_contract.cassettes.player import Player
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.errors import CassetteError

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def recording(shard: int) -> Recording:
    url = f"https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/a/consumergroups/b?shard={shard}"
    made = Provenance(Evidence.REFERENCE, recorded_at=NOW, validated_at=NOW)
    return Recording(Exchange(Request("GET", url), Response(200, (), b"[]")), made)


@pytest.fixture
def path(tmp_path):
    """A cassette with a finished recording and a failed one."""
    path = tmp_path / "a.sls.yaml"
    for shard, how in ((0, {}), (1, {"finished": False, "failure": 'test_a: it said "no"'})):
        recorder = open_for_recording(path)
        recorder.append(recording(shard))
        recorder.close(**how)
    return path


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])))
def test_any_reason_is_read_as_it_was_written(reason):
    """Quotes, backslashes, braces and Chinese: by our own reader and by any that reads YAML."""
    written = Layout((), ("r1",), failed=(("r1", reason),))
    read = layout_of(written.text)
    assert read is not None
    assert read.failed == (("r1", reason),)
    assert yaml.safe_load(written.text)["contract"]["failed"] == {"r1": reason}


def test_the_mark_outlives_what_is_added_and_goes_with_its_recording(path):
    """A recording of another test, or one that broke off with nothing, leaves it; one of its own takes its place."""
    (name,) = load(path).failed
    assert load(path).failed == {name: 'test_a: it said "no"'}
    assert name in load(path).unfinished
    open_for_recording(path).close(finished=False)
    open_for_recording(path, "test_b").close()
    assert load(path).failed
    for owner, shard in (("test_b", 2), ("test_a", 3)):
        assert load(path).failed
        recorder = open_for_recording(path, owner)
        recorder.append(recording(shard))
        recorder.close()
    file = load(path)
    assert (file.failed, file.unfinished) == ({}, ())
    assert [each.exchange.request.query for each in file] == ["shard=0", "shard=2", "shard=3"]


@pytest.mark.parametrize("reformatted", [False, True])
def test_a_failed_recording_is_neither_played_nor_continued(path, reformatted):
    """Also where another tool wrote the file again."""
    if reformatted:
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8"))), encoding="utf-8")
    player = Player(path, "once", NOW + timedelta(days=1))
    assert (player.size, player.records, [*load(path).failed.values()]) == (1, True, ['test_a: it said "no"'])
    assert player.take(recording(0).exchange.request) is not None
    assert player.take(recording(1).exchange.request) is None
    with pytest.raises(CassetteError):
        load(path.with_name("other.sls.yaml"))
