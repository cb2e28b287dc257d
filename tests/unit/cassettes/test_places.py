"""Where recordings lie: what is there, what is told where nothing is, and what in a folder is a cassette."""

from __future__ import annotations

import os

import pytest

from sls_contract.cassettes.places import cassettes_at, cassettes_below, expect_recordings
from sls_contract.errors import UsageError


def test_a_file_a_folder_and_a_journal_alone_are_there(tmp_path):
    """A recording that was killed before its first fold has a journal only."""
    (tmp_path / "a.sls.yaml").touch()
    (tmp_path / "b.sls.yaml.journal").touch()
    for path in (tmp_path, tmp_path / "a.sls.yaml", tmp_path / "b.sls.yaml"):
        assert expect_recordings(path, "checked") == path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none", "there is no such file or folder"),
        ("pipe", "it is neither a file nor a folder"),
        ("a" * 300, "File name too long"),
    ],
)
def test_anything_else_is_told(tmp_path, name, reason):
    """The path, what was to become of it, the reason and the fix stand in one line."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError) as told:
        expect_recordings(tmp_path / name, "played")
    assert str(told.value).startswith(f"{tmp_path / name} cannot be played: {reason}. How to fix: ")


CASSETTES = {
    "ours.sls.yaml": "anything",
    "theirs.yaml": "interactions:\n- request:\n    uri: http://h/\nversion: 1\n",
    "empty.yml": "interactions: []\nversion: 1\n",
    "cut.yaml": "interactions:\n- request:\n    body: null\n    method: GET\n    uri: http",
    "theirs.json": '{"version": 1, "interactions": [{"request": {"method": "GET", "uri": "http://h/"}}]}',
    "deep/er/ours.sls.yaml": "anything",
    "archive.HAR": "anything",
}
OTHERS = {
    "settings.yaml": "version: 1\nuri: x\n",
    "ruby.yml": "---\nhttp_interactions:\n- request:\n    method: get\n    uri: http://h/\nrecorded_with: VCR 6.0.0\n",
    "betamax.json": '{"http_interactions": [{"request": {"uri": "x"}}], "recorded_with": "betamax/0.9"}',
    "pact.json": '{"consumer": {}, "interactions": [{"request": {"path": "/"}}], "metadata": {"version": "1.0.0"}}',
    "theirs.txt": "interactions: []\nversion: 1\n",
    "empty.sls.yaml.journal": "",
    "system.journal": "bytes",
    "bytes.json": "\x00\x01",
}


def test_a_folder_gives_its_cassettes_and_nothing_else(tmp_path):
    """Ours by name, vcrpy's by its keys, cut-off ones too; other tools' recordings and settings are passed over."""
    for name, text in {**CASSETTES, **OTHERS}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    found = [str(each.relative_to(tmp_path)) for each in cassettes_below(tmp_path)]
    assert found == sorted(CASSETTES)


def test_links_are_followed_and_loops_end(tmp_path):
    """A linked folder of cassettes is checked; one that leads back is not walked again."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.sls.yaml").write_text("x")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "linked").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "back").symlink_to(tmp_path / "root")
    (tmp_path / "root" / "lost.sls.yaml").symlink_to("nowhere")
    found = [str(each.relative_to(tmp_path)) for each in cassettes_below(tmp_path / "root")]
    assert found == ["root/linked/a.sls.yaml", "root/lost.sls.yaml"]


def test_a_cassette_counts_once(tmp_path):
    """Named twice, and found again in its folder under the name of a link: it is one cassette, where it came first."""
    (tmp_path / "b.sls.yaml").write_text("x")
    (tmp_path / "a.sls.yaml").symlink_to("b.sls.yaml")
    (tmp_path / "c.sls.yaml").write_text("x")
    paths = [tmp_path / "b.sls.yaml", tmp_path, tmp_path / "b.sls.yaml"]
    missed = []
    assert cassettes_at(paths, "played", missed.append) == [tmp_path / "b.sls.yaml", tmp_path / "c.sls.yaml"]
    assert missed == []
    with pytest.raises(UsageError, match=r"cannot be played: there is no such"):
        cassettes_at([tmp_path / "none"], "played", missed.append)
