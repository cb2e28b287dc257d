"""Where recordings are looked for: what is there, and what is told where nothing is."""

from __future__ import annotations

import os

import pytest

from sls_contract.cassettes.places import expect_recordings
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
    """The path, what was to become of it, the reason and the mend stand in one line."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError) as told:
        expect_recordings(tmp_path / name, "played")
    assert str(told.value).startswith(f"{tmp_path / name} cannot be played: {reason}. How to fix: ")
