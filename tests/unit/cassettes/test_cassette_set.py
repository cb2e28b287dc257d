"""Several cassettes as one player."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.cassettes.cassette_set import CassetteSet, _unreadable
from sls_contract.cassettes.file.recording_file import open_for_recording, write
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.errors import CassetteDamaged, CassetteError, UsageError
from sls_contract.exchange import Exchange, Request, Response

NOW = datetime(2026, 5, 4, tzinfo=UTC)
URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g"


def request(shard: int) -> Request:
    return Request("GET", f"{URL}?shard={shard}")


def recording(shard: int, body: bytes = b"[]", evidence: Evidence = Evidence.LIVE) -> Recording:
    made = Provenance(evidence, "https://cn-hangzhou.log.aliyuncs.com", recorded_at=NOW, validated_at=NOW)
    return Recording(Exchange(request(shard), Response(200, {}, body)), made)


def test_the_files_play_in_their_order(tmp_path):
    """Identical requests play file by file; each position is known by file, exchange and line."""
    write(tmp_path / "b.sls.yaml", [recording(0, b"3")])
    write(tmp_path / "a.sls.yaml", [recording(1, b"1"), recording(0, b"2", Evidence.REFERENCE)])
    cassette_set = CassetteSet([tmp_path, tmp_path / "a.sls.yaml"], NOW)
    assert cassette_set.evidence is Evidence.REFERENCE
    taken = [
        cassette_set.take(request(0)),
        cassette_set.take(request(0)),
        cassette_set.take(request(1)),
        cassette_set.take(request(1)),
    ]
    assert [found and found[1].exchange.response.body for found in taken] == [b"2", b"3", b"1", None]
    assert [cassette_set.place(position)[:2] for position in range(3)] == [
        (tmp_path / "a.sls.yaml", 0),
        (tmp_path / "a.sls.yaml", 1),
        (tmp_path / "b.sls.yaml", 0),
    ]
    assert cassette_set.place(0)[2] == 4
    assert not cassette_set.records


@pytest.mark.slow
@given(sizes=st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_every_position_has_one_place(tmp_path_factory, sizes):
    """Places are those of the files, one after the other, empty files included."""
    folder = tmp_path_factory.mktemp("cassette set")
    for number, size in enumerate(sizes):
        write(folder / f"{number}.sls.yaml", [recording(shard) for shard in range(size)])
    if not sum(sizes):
        with pytest.raises(UsageError, match="nothing is recorded"):
            CassetteSet([folder], NOW)
        return
    places = [CassetteSet([folder], NOW).place(position)[:2] for position in range(sum(sizes))]
    assert places == [(folder / f"{n}.sls.yaml", at) for n, size in enumerate(sizes) for at in range(size)]


def test_a_miss_names_file_and_remedy(tmp_path):
    """The closest recording by its place in its file, and what helps here, which is not pytest."""
    write(tmp_path / "a.sls.yaml", [recording(0)])
    write(tmp_path / "b.sls.yaml", [recording(1)])
    cassette_set = CassetteSet([tmp_path], NOW)
    miss = str(cassette_set.explain_miss(request(2)))
    assert miss.startswith("no recording in 2 cassettes matches GET ")
    assert f"The closest is exchange 0 of {tmp_path / 'a.sls.yaml'}" in miss
    assert "sls-contract proxy --record new_episodes --cassette FILE" in miss
    assert "pytest" not in miss.replace(str(tmp_path), "")
    cassette_set.take(request(0))
    assert "replay with --repeat last" in str(cassette_set.explain_miss(request(0)))
    alone = CassetteSet([tmp_path / "a.sls.yaml"], NOW)
    assert str(alone.explain_miss(request(2))).startswith(f"no recording in {tmp_path / 'a.sls.yaml'} matches GET ")


def test_what_only_a_journal_holds_is_played(tmp_path):
    """A recording that was killed is whole again when it is replayed."""
    recorder = open_for_recording(tmp_path / "a.sls.yaml")
    recorder.append(recording(0))
    assert not (tmp_path / "a.sls.yaml").exists()
    assert CassetteSet([tmp_path / "a.sls.yaml"], NOW).take(request(0))


def test_damage_is_found_at_the_start(tmp_path):
    """One damaged exchange refuses the whole, with file and line."""
    write(tmp_path / "a.sls.yaml", [recording(0), recording(1)])
    text = (tmp_path / "a.sls.yaml").read_text("utf-8")
    (tmp_path / "a.sls.yaml").write_text(text[::-1].replace("TEG :dohtem"[::1], "TEG[ :dohtem", 1)[::-1], "utf-8")
    with pytest.raises(CassetteDamaged) as raised:
        CassetteSet([tmp_path], NOW)
    assert raised.value.line is not None
    assert raised.value.path == str(tmp_path / "a.sls.yaml")


def test_paths_that_are_none(tmp_path):
    """A missing path, and a folder without recordings, are errors, not silence."""
    with pytest.raises(UsageError, match="no such file or folder"):
        CassetteSet([tmp_path / "none.sls.yaml"], NOW)
    with pytest.raises(UsageError, match="nothing is recorded"):
        CassetteSet([Path(tmp_path)], NOW)


def test_a_folder_that_may_not_be_read_is_an_error():
    """Recordings that nobody saw would be misses later on; the tests may run as root, who may read all."""
    with pytest.raises(CassetteError, match="closed cannot be read: Permission denied"):
        _unreadable(PermissionError(13, "Permission denied", "closed"))


def test_a_bare_address_means_the_only_project(tmp_path):
    """A client with the URL of `replay` for its endpoint names none; where there are two, nobody can tell."""
    write(tmp_path / "a.sls.yaml", [recording(0), recording(1)])
    for bare in ("127.0.0.1:8080", "[::1]:80", "localhost"):
        cassette_set = CassetteSet([tmp_path / "a.sls.yaml"], NOW)
        here = f"http://{bare}{request(1).target}"
        assert cassette_set.take(Request("GET", here, {"Host": bare}))[0] == 1
        assert "It was recorded once" in str(cassette_set.explain_miss(Request("GET", here)))
    assert cassette_set.take(Request("GET", request(0).url.replace("my-project", "other"))) is None
    assert cassette_set.take(request(0))
    other = Exchange(Request("GET", URL.replace("my-project", "other")), Response(200))
    write(tmp_path / "b.sls.yaml", [Recording(other, recording(0).provenance)])
    assert CassetteSet([tmp_path], NOW).take(Request("GET", here)) is None
