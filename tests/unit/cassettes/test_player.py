"""The record modes, over the file: what is played, what is recorded, what stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sls_contract import Exchange, Request, Response
from sls_contract.cassettes.file.recording_file import load, write
from sls_contract.cassettes.player import MODES, Player
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.errors import CassetteDamaged, CassetteError, UsageError

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
HOST = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/x?shard="


def made(shard, at=BEGAN):
    exchange = Exchange(Request("GET", f"{HOST}{shard}"), Response(200, {}, f"{shard}".encode()))
    return Recording(exchange, Provenance(Evidence.REFERENCE, recorded_at=at, validated_at=at))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.yaml"


@pytest.fixture
def old(path):
    """Write a cassette with shards 0 and 1, recorded the day before."""
    write(path, [made(shard, BEGAN - timedelta(days=1)) for shard in (0, 1)])
    return path


def played(player, *shards):
    return [player.take(Request("GET", f"{HOST}{shard}")) for shard in shards]


def queries(path):
    return [each.exchange.request.query for each in load(path)]


@pytest.mark.parametrize(("mode", "records"), [("none", False), ("once", False), ("new_episodes", True), ("all", True)])
def test_over_an_old_recording(old, mode, records):
    """None and once only play, new_episodes plays and records, all only records."""
    player = Player(old, mode, BEGAN)
    assert player.records is records
    expected = [None, None, None] if mode == "all" else [0, 1, None]
    assert [found and found[0] for found in played(player, 0, 1, 2)] == expected


@pytest.mark.parametrize(("mode", "records"), [("none", False), ("once", True), ("new_episodes", True), ("all", True)])
def test_where_nothing_was_recorded(path, mode, records):
    """Every mode but none records where there is no file; none makes no file."""
    player = Player(path, mode, BEGAN)
    assert player.records is records
    assert played(player, 0) == [None]
    player.close(finished=True)
    assert not path.exists()


def test_once_goes_by_the_time_at_which_the_session_began(path):
    """What another test or worker of this session recorded is new; it is added to, and not played."""
    write(path, [made(0, BEGAN + timedelta(seconds=1))])
    player = Player(path, "once", BEGAN)
    assert player.records
    assert played(player, 0) == [None]
    player.add(made(1))
    player.close(finished=True)
    assert queries(path) == ["shard=0", "shard=1"]
    assert not Player(path, "once", BEGAN + timedelta(days=1)).records


def test_all_drops_the_old_where_it_ends_well(old):
    """The old recordings go when the new one has come to its end, and not before."""
    player = Player(old, "all", BEGAN)
    player.add(made(2))
    player.close(finished=False)
    assert queries(old) == ["shard=0", "shard=1"]
    player = Player(old, "all", BEGAN)
    player.add(made(2))
    player.close(finished=True)
    assert queries(old) == ["shard=2"]


def test_an_unfinished_recording_is_continued_and_finished(path):
    """Once plays what is there, records the rest, and takes the mark away, also where nothing was left to record."""
    player = Player(path, "once", BEGAN)
    player.add(made(0))
    player.close(finished=False)
    later = BEGAN + timedelta(days=1)
    assert not played(Player(path, "none", later), 1)[0]
    again = Player(path, "once", later)
    assert again.records
    assert played(again, 0)[0][0] == 0
    again.close(finished=True)
    assert not load(path).unfinished
    assert not Player(path, "once", later).records


@pytest.mark.parametrize("mode", ["none", "all"])
def test_other_modes_leave_the_mark(path, mode):
    """Only a run that goes on with a recording may call it finished."""
    player = Player(path, "once", BEGAN)
    player.add(made(0))
    player.close(finished=False)
    Player(path, mode, BEGAN + timedelta(days=1)).close(finished=True)
    assert load(path).unfinished


def test_after_close_nothing_is_added(path):
    """A thread that outlives its test is told, and leaves no journal."""
    player = Player(path, "once", BEGAN)
    player.add(made(0))
    player.close(finished=True)
    with pytest.raises(CassetteError, match=r"came after .* was closed"):
        player.add(made(1))
    assert sorted(each.name for each in path.parent.iterdir()) == ["x.yaml"]
    assert player.added == 1


def test_a_miss_names_the_file_or_its_absence(old, tmp_path):
    """A reader learns where to look."""
    request = Request("GET", f"{HOST}7")
    assert f"no recording in {old} matches" in str(Player(old, "none", BEGAN).explain_miss(request))
    absent = tmp_path / "absent.yaml"
    assert f"{absent} (which does not exist)" in str(Player(absent, "none", BEGAN).explain_miss(request))


def test_what_cannot_be_opened(path):
    """An unknown mode and a damaged file are errors of their own kind."""
    with pytest.raises(UsageError, match="record must be one of none, once, new_episodes, all, got 'ever'"):
        Player(path, "ever", BEGAN)
    path.write_text("interactions: [")
    for mode in MODES:
        with pytest.raises(CassetteDamaged):
            Player(path, mode, BEGAN)


def test_what_was_asked_for_is_played(old):
    """By position, whatever the order; what was recorded meanwhile is not."""
    player = Player(old, "none", BEGAN)
    assert (player.played(), player.size) == (frozenset(), 2)
    played(player, 1)
    assert player.played() == {1}
    played(player, 0, 7)
    assert player.played() == {0, 1}


def test_with_repeat_one_of_a_kind_is_enough(path):
    """Polling less often than recorded leaves nothing over."""
    write(path, [made(shard) for shard in (0, 0, 0, 1)])
    player = Player(path, "none", BEGAN, repeat=True)
    played(player, 0)
    assert player.played() == {0, 1, 2}
    without = Player(path, "none", BEGAN)
    played(without, 0)
    assert without.played() == {0}
