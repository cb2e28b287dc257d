"""After a comparison: the old file renewed or replaced, whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract import Exchange, Request, Response
from sls_contract.cassettes.file.recording_file import load, open_for_recording, write
from sls_contract.cassettes.proposal import proposed
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording
from sls_contract.cassettes.renewal import accept, dismiss, renew
from sls_contract.errors import CassetteDamaged, CassetteError

BEFORE = datetime(2026, 1, 2, tzinfo=UTC)
NOW = BEFORE + timedelta(days=30)
ASKED = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/x/consumergroups/g?shard="


def made(shard, at=BEFORE):
    exchange = Exchange(Request("GET", f"{ASKED}{shard}"), Response(200, {"X": "中文"}, f"{shard}".encode()))
    return Recording(exchange, Provenance(Evidence.LIVE, recorded_at=at, validated_at=at))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "x.sls.yaml"
    write(path, [made(shard) for shard in range(3)])
    return path


def names(path):
    return [recording.id for recording in load(path)]


@pytest.mark.slow
@given(st.sets(st.integers(0, 2)))
def test_renewing_changes_the_date_of_what_was_validated_and_nothing_else(tmp_path_factory, chosen):
    """Every block keeps every byte, and every digest fits: one line of the file tells of all that was validated."""
    path = tmp_path_factory.mktemp("renewed") / "x.sls.yaml"
    write(path, [made(shard) for shard in range(3)])
    before, blocks = tuple(load(path)), load(path).layout.blocks
    assert renew(path, {before[at].id: NOW for at in chosen}) == len(chosen)
    after = load(path)
    for at, (old, new) in enumerate(zip(before, after, strict=True)):
        assert (new.exchange, new.id, new.provenance.recorded_at) == (old.exchange, old.id, BEFORE)
        assert new.provenance.validated_at == (NOW if at in chosen else BEFORE)
        assert new.integrity is Integrity.INTACT
    assert after.layout.blocks == blocks


def test_nothing_to_renew_writes_nothing(path):
    """Unknown ids and the same time leave the file alone, and no journal beside it."""
    stamp = path.stat().st_mtime_ns
    assert renew(path, {"nobody": NOW}) == 0
    assert path.stat().st_mtime_ns == stamp
    assert [each.name for each in path.parent.iterdir()] == ["x.sls.yaml"]


def test_what_was_edited_by_hand_is_not_validated(path):
    """The service never gave what stands there: date and stale digest stay, and tell so."""
    text = path.read_text("utf-8")
    path.write_text(text.replace("中文", "英文", 1), encoding="utf-8")
    before = path.read_bytes()
    (edited, *_) = names(path)
    assert renew(path, {edited: NOW}) == 0
    assert path.read_bytes() == before
    assert renew(path, dict.fromkeys(names(path), NOW)) == 2
    assert [recording.integrity for recording in load(path)] == [Integrity.EDITED, Integrity.INTACT, Integrity.INTACT]


def test_an_unfinished_mark_and_the_file_s_mode_stay(path):
    """Only the dates are this function's business."""
    recorder = open_for_recording(path)
    recorder.append(made(9))
    recorder.close(finished=False)
    path.chmod(0o640)
    marks = load(path).unfinished
    assert marks
    renew(path, dict.fromkeys(names(path), NOW))
    assert load(path).unfinished == marks
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(path, tmp_path):
    """Shared folders of cassettes are often linked."""
    link = tmp_path / "link.sls.yaml"
    link.symlink_to(path)
    renew(link, dict.fromkeys(names(path), NOW))
    assert link.is_symlink()
    assert load(path)[0].provenance.validated_at == NOW


def test_a_file_in_another_layout_is_renewed_too(path):
    """A formatter's indentation is no edit; the file comes back in ours."""
    text = path.read_text("utf-8").replace("interactions:\n", "# a note\ninteractions:\n")
    path.write_text(text, encoding="utf-8")
    assert load(path).layout is None
    assert renew(path, dict.fromkeys(names(path), NOW)) == 3
    assert load(path).layout is not None
    assert {recording.provenance.validated_at for recording in load(path)} == {NOW}


@pytest.mark.parametrize("change", [lambda path: renew(path, {"x": NOW}), accept])
def test_a_recording_in_progress_is_not_disturbed(path, change):
    """Somebody records into the cassette at this moment: what they have is folded in, not lost."""
    write(proposed(path), [made(7, NOW)])
    recorder = open_for_recording(path)
    recorder.append(made(9))
    change(path)
    recorder.append(made(10))
    recorder.close()
    assert "shard=10" in [recording.exchange.request.query for recording in load(path)]


def test_accepting_puts_the_proposal_in_the_place_of_the_old_file(path):
    """Its exchanges with their ids and dates; nothing else stays beside."""
    write(proposed(path), [made(shard, NOW) for shard in (5, 6)])
    wanted = names(proposed(path))
    path.chmod(0o600)
    accept(path)
    assert names(path) == wanted
    assert [recording.provenance.recorded_at for recording in load(path)] == [NOW, NOW]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["x.sls.yaml"]


def test_what_cannot_be_accepted_leaves_both_files(path):
    """No proposal, a damaged one, a full disk: the old file is there, byte for byte."""
    before = path.read_bytes()
    with pytest.raises(CassetteError, match="there is no cassette"):
        accept(path)
    proposed(path).write_text("version: 1\ninteractions: [", encoding="utf-8")
    with pytest.raises(CassetteDamaged):
        accept(path)
    proposed(path).unlink()
    write(proposed(path), [made(5)])
    (path.parent / "x.sls.yaml.writing").mkdir()
    for change in (accept, lambda path: renew(path, dict.fromkeys(names(path), NOW))):
        with pytest.raises(CassetteError, match="cannot be written"):
            change(path)
    assert path.read_bytes() == before
    assert len(load(proposed(path))) == 1


def test_dismissing_takes_away_what_is_there(path):
    """The proposal and its journal; nothing where there is none."""
    recorder = open_for_recording(proposed(path))
    recorder.append(made(5))
    dismiss(path)
    dismiss(path)
    assert [each.name for each in path.parent.iterdir()] == ["x.sls.yaml"]
    recorder.discard()
