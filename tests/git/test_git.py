"""Cassettes in a real repository of git: what ``git diff`` shows, and what ``git merge`` makes of two branches."""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from advice import advised

from sls_contract import cli
from sls_contract.cassettes import load_cassette
from sls_contract.cassettes.file.recording_file import write
from sls_contract.errors import CassetteDamaged
from sls_contract.exchange import Exchange

if shutil.which("git") is None:
    pytest.skip("needs git", allow_module_level=True)

RECORDED = Path(__file__).parents[2] / "cassettes" / "test_aliyun_log_python_sdk"
SCRIPTS = Path(sys.executable).parent
NAME = "cassettes/日志.sls.yaml"


@pytest.fixture(scope="module")
def recordings():
    found = [each for path in sorted(RECORDED.glob("*.yaml")) for each in load_cassette(path).recordings]
    return [replace(each, id=f"e{number}") for number, each in enumerate(found[:6])]


@pytest.fixture
def git(tmp_path):
    """Run git in a new repository that is set up as the documents say; return the finished process."""

    def run(*argv, code=0):
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.quotePath=false", *argv]
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, timeout=120, check=False)
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, done.stdout + done.stderr
        return done

    run("init", "-q", "-b", "main")
    run("config", "diff.sls-contract.command", "sls-contract diff --git")
    run("config", "merge.sls-contract.driver", "sls-contract merge-driver %O %A %B %P")
    (tmp_path / ".gitattributes").write_text("*.sls.yaml diff=sls-contract merge=sls-contract\n", "utf-8")
    return run


@pytest.fixture
def put(git, tmp_path):
    """Write a cassette and commit it."""

    def put(*recordings):
        path = tmp_path / NAME
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        write(path, recordings)
        git("add", "-A")
        git("commit", "-q", "-m", "record")
        return path

    return put


def changed(recording, **members):
    """Return a recording whose response has another body."""
    body = recording.exchange.response.body.replace(*members["body"])
    response = recording.exchange.response.replace(body=body)
    return replace(recording, exchange=Exchange(recording.exchange.request, response))


def ids(path):
    return [each.id for each in load_cassette(path).recordings]


@pytest.mark.slow
def test_two_branches_that_each_add_exchanges_merge(git, put, recordings):
    one, two, three, four, *_ = recordings
    path = put(one)
    git("checkout", "-q", "-b", "theirs")
    put(one, three, four)
    git("checkout", "-q", "main")
    put(one, two)
    git("merge", "-q", "-m", "merge", "theirs")
    assert ids(path) == [each.id for each in (one, two, three, four)]


@pytest.mark.slow
def test_what_one_branch_took_out_or_changed_is_taken_over(git, put, recordings):
    one, two, three, *_ = recordings
    path = put(one, two, three)
    git("checkout", "-q", "-b", "theirs")
    put(one, three)
    git("checkout", "-q", "main")
    edited = changed(one, body=(b"shard", b"Shard"))
    put(edited, two, three)
    git("merge", "-q", "-m", "merge", "theirs")
    kept = load_cassette(path).recordings
    assert [each.id for each in kept] == [one.id, three.id]
    assert kept[0].exchange.response.body == edited.exchange.response.body


def test_both_new_files_merge_into_one(git, put, recordings, tmp_path):
    (tmp_path / "README").write_text("x")
    git("add", "-A")
    git("commit", "-q", "-m", "begin")
    git("checkout", "-q", "-b", "theirs")
    put(recordings[1])
    git("checkout", "-q", "main")
    path = put(recordings[0])
    git("merge", "-q", "-m", "merge", "theirs")
    assert ids(path) == [recordings[0].id, recordings[1].id]


def test_an_exchange_that_both_changed_is_left_whole_as_a_conflict(git, put, recordings):
    """Both versions stand between the markers, nothing is woven, and the other exchanges are merged."""
    one, two, three, *_ = recordings
    ours, theirs = changed(one, body=(b"shard", b"ours")), changed(one, body=(b"shard", b"theirs"))
    path = put(one)
    git("checkout", "-q", "-b", "theirs")
    put(theirs, three)
    whole_theirs = path.read_text("utf-8")
    git("checkout", "-q", "main")
    put(ours, two)
    whole_ours = path.read_text("utf-8")
    done = git("merge", "-q", "-m", "merge", "theirs", code=1)
    assert "1 conflict" in done.stderr
    text = path.read_text("utf-8")
    start, middle, end = (text.index(mark) for mark in ("<<<<<<< ours\n", "=======\n", ">>>>>>> theirs\n"))
    our_side = text[start:middle].partition("|||||||")[0].removeprefix("<<<<<<< ours\n")
    assert our_side in whole_ours
    assert text[middle + len("=======\n") : end] in whole_theirs
    for version, expected in ((our_side, ours), (text[middle + len("=======\n") : end], theirs)):
        path.write_text(text[:start] + version + text[end + len(">>>>>>> theirs\n") :], "utf-8")
        kept = load_cassette(path).recordings
        assert [each.id for each in kept] == [each.id for each in (one, two, three)]
        assert kept[0].exchange.response.body == expected.exchange.response.body


def conflict(git, put, base, ours, theirs):
    """Merge two branches that end in these recordings; return the file in conflict and what the merge printed."""
    path = put(base)
    git("checkout", "-q", "-b", "theirs")
    put(*theirs)
    git("checkout", "-q", "main")
    put(*ours)
    return path, git("merge", "-q", "-m", "merge", "theirs", code=1).stderr


def test_an_exchange_that_both_recorded_again_is_a_conflict(git, put, recordings):
    """Recorded again, it has a new id; what each side added beside it is merged, though it asks the same."""
    one, three, four = recordings[0], *(replace(recordings[0], id=name) for name in ("ours-2", "theirs-2"))
    again = {name: changed(replace(one, id=name), body=(b"shard", name.encode())) for name in ("ours", "theirs")}
    path, message = conflict(git, put, one, [again["ours"], three], [again["theirs"], four])
    assert f"1 conflict: {one.id}" in message
    text = path.read_text("utf-8")
    start, middle, end = (text.index(mark) for mark in ("<<<<<<< ours\n", "=======\n", ">>>>>>> theirs\n"))
    for side, version in (("ours", text[start:middle].partition("|||||||")[0]), ("theirs", text[middle:end])):
        kept = version.partition("\n")[2]
        path.write_text(text[:start] + kept + text[end + len(">>>>>>> theirs\n") :], "utf-8")
        assert {*ids(path)} == {side, three.id, four.id}


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_a_conflict_is_resolved_as_the_driver_says(git, put, recordings, tmp_path, monkeypatch, side):
    """One side is kept by the command that is printed, and the file is checked by the next one."""
    one, two, three, *_ = recordings
    sides = {
        "--ours": (changed(one, body=(b"shard", b"ours")), two),
        "--theirs": (changed(one, body=(b"shard", b"theirs")), three),
    }
    path, told = conflict(git, put, one, *sides.values())
    keep, check = advised(told, r"\(git (checkout --ours \S+), or --theirs\).*then sls-contract (check .*)").groups()
    git(*shlex.split(keep.replace("--ours", side)))
    assert ids(path) == [each.id for each in sides[side]]
    monkeypatch.chdir(tmp_path)
    out = io.StringIO()
    cli.run(shlex.split(check), environ={}, stdin=io.StringIO(), stdout=out, stderr=out)
    assert "recording-damaged" not in out.getvalue()


def test_conflict_markers_that_are_left_in_a_cassette_are_resolved_as_its_reader_says(
    git, put, recordings, monkeypatch
):
    """Git without our driver leaves markers: one side is kept, or the driver keeps both once it is set up."""
    one, two, three, *_ = recordings
    git("config", "--unset", "merge.sls-contract.driver")
    path, _ = conflict(git, put, one, (one, two), (one, three))
    monkeypatch.chdir(path.parents[1])
    with pytest.raises(CassetteDamaged) as damaged:
        load_cassette(NAME)
    keep = advised(str(damaged.value), r"keep one side \(git (checkout --ours \S+), or --theirs\)").group(1)
    both = advised(str(damaged.value), r"\(sls-contract (merge-driver --help)\), then git (checkout --merge \S+);")
    git(*shlex.split(keep))
    assert ids(path) == [one.id, two.id]
    git(*shlex.split(keep.replace("--ours", "--theirs")))
    assert ids(path) == [one.id, three.id]
    shown = subprocess.run(
        [SCRIPTS / "sls-contract", *both.group(1).split()], capture_output=True, check=True, timeout=60
    )
    text = " ".join(shown.stdout.decode().split())
    command = re.search(r"git (config merge\.sls-contract\.driver '[^']*')", text)
    git(*shlex.split(command.group(1)))
    git(*shlex.split(both.group(2)))
    assert ids(path) == [one.id, two.id, three.id]


def test_a_side_that_is_no_text_is_left_out_as_the_driver_says(git, put, recordings):
    path = put(recordings[0])
    git("checkout", "-q", "-b", "theirs")
    path.write_bytes(b"\xff")
    git("commit", "-q", "-a", "-m", "x")
    git("checkout", "-q", "main")
    put(recordings[0], recordings[1])
    told = git("merge", "-q", "-m", "merge", "theirs", code=1).stderr
    keep = advised(told, r"keep the side that is UTF-8 \(git (checkout --ours) FILE").group(1)
    git(*keep.split(), NAME)
    assert len(ids(path)) == 2


def test_a_file_that_is_not_ours_is_a_conflict_as_a_whole(git, put, recordings, tmp_path):
    path = put(recordings[0])
    git("checkout", "-q", "-b", "theirs")
    path.write_text("interactions: [theirs]\n", "utf-8")
    git("commit", "-q", "-a", "-m", "x")
    git("checkout", "-q", "main")
    put(recordings[0], recordings[1])
    git("merge", "-q", "-m", "merge", "theirs", code=1)
    assert path.read_text("utf-8").endswith("=======\ninteractions: [theirs]\n>>>>>>> theirs\n")


@pytest.mark.slow
def test_git_diff_says_what_changed_for_a_client(git, put, recordings, tmp_path):
    served = next(each for each in recordings if b'"checkpoint"' in (each.exchange.response.body or b""))
    path = put(served)
    path.unlink()
    write(path, [changed(served, body=(b'"shard":0', b'"shard":"0"'))])
    shown = git("diff").stdout
    assert f"sls-contract diff {NAME}\n" in shown
    assert "breaking" in shown
    assert 'new: "0"' in shown.replace("after", "new")
    path.unlink()
    write(path, [next(each for each in recordings if each.exchange.request != served.exchange.request)])
    shown = git("diff").stdout
    assert "0 pairs of exchanges" in shown
    assert "How to fix" not in shown  # git named the two files, not its user
    path.unlink()
    assert "deleted: 1 exchange\n- GET http" in git("diff").stdout
    git("commit", "-q", "-a", "-m", "gone")
    assert "added: 1 exchange\n+ GET http" in git("diff", "HEAD", "HEAD~1").stdout


@pytest.mark.slow
def test_git_diff_of_a_damaged_cassette_goes_on(git, put, recordings):
    path = put(recordings[0])
    path.write_text(path.read_text("utf-8")[:-200], "utf-8")
    assert "not compared" in git("diff").stdout
