"""Two branches that each recorded, merged by git itself as the page on the format says."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import load, open_for_recording
from sls_contract.cassettes.recording import Integrity, Recording
from sls_contract.errors import CassetteDamaged
from sls_contract.exchange import Exchange, Request, Response

URL = "http://p.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard="
NAME = "reads.sls.yaml"

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def git(tmp_path):
    """Give a way to run git in a repository of its own, in which two branches added to one cassette."""
    alone = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
    who = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "init.defaultBranch=main")

    def run(*words: str, code: int = 0) -> None:
        done = subprocess.run(
            ["git", *who, *words], check=False, cwd=tmp_path, env=alone, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == code, done.stdout + done.stderr

    run("init", "-q")
    grow(tmp_path / NAME, 0)
    run("add", NAME)
    run("commit", "-qm", "base")
    for branch, shard in (("one", 1), ("other", 5)):
        run("checkout", "-qb", branch, "main")
        grow(tmp_path / NAME, shard)
        run("commit", "-qam", branch)
    return run


def grow(path, first: int) -> None:
    """Record two exchanges."""
    with open_for_recording(path) as recorder:
        for shard in (first, first + 1):
            body = b'[{"shard":%d,"checkpoint":"","updateTime":0,"consumer":""}]' % shard
            recorder.append(Recording(Exchange(Request("GET", f"{URL}{shard}"), Response(200, {"a": "b"}, body))))


def shards(path) -> list[str]:
    file = load(path)
    assert {recording.integrity for recording in file} == {Integrity.INTACT}
    return [recording.exchange.request.url.rpartition("=")[2] for recording in file]


def test_a_conflict_is_solved_by_taking_its_markers_out(git, tmp_path):
    """Without settings git names a conflict, told as such; shown with whole blocks, only the markers are too much."""
    git("merge", "-q", "-m", "both", "one", code=1)
    with pytest.raises(CassetteDamaged, match="merge conflict"):
        CassetteFile.read(tmp_path / NAME)
    git("checkout", "-q", "--conflict=diff3", "--", NAME)
    lines = (tmp_path / NAME).read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line[:7] not in ("<" * 7, "|" * 7, "=" * 7, ">" * 7)]
    (tmp_path / NAME).write_text("".join(kept), "utf-8")
    assert shards(tmp_path / NAME) == ["0", "1", "5", "6", "1", "2"]
