"""Whatever a client received is in the cassette or in its journal: threads, processes, kills, full disks."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sls_contract.cassettes.exchanges import written_secrets
from sls_contract.cassettes.file.journal import Frame, Journal, journal_of, read_frames
from sls_contract.cassettes.file.layout import Layout
from sls_contract.cassettes.file.lock import lock
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import Recorder, fold, load, open_for_recording, recorded, write
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording
from sls_contract.errors import CassetteBusy, CassetteDamaged, CassetteError, UsageError
from sls_contract.exchange import Exchange, Request, Response

WRITER = """
import sys
from sls_contract.cassettes.file.recording_file import open_for_recording
from sls_contract.cassettes.recording import Recording
from sls_contract.exchange import Exchange, Request, Response

path, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
recorder = open_for_recording(path)
for number in range(count):
    request = Request("GET", f"http://a.b/{name}/{number}")
    recorder.append(Recording(Exchange(request, Response(200, body=b"x" * 300))))
    print(number, flush=True)
recorder.close()
"""


def recording(name: object) -> Recording:
    request = Request("GET", f"http://a.b/{name}", {"Host": "a.b"})
    return Recording(Exchange(request, Response(200, {}, b"[]")), Provenance(Evidence.REFERENCE))


def names(path: Path) -> list[str]:
    return [one.exchange.request.target[1:] for one in load(path)]


def interrupted(recorder: Recorder) -> None:
    recorder.append(recording("1"))
    raise KeyboardInterrupt


def started(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cassettes" / "a.sls.yaml"


def test_each_exchange_is_safe_when_append_returns(path):
    """Before the recording is closed, a reader finds every exchange, and the file is marked as unfinished."""
    with open_for_recording(path) as recorder:
        assert not recorded(path)
        recorder.append(recording("1"))
        assert recorded(path)
        assert names(path) == ["1"]
        assert load(path).unfinished
        recorder.append(recording("2"))
    assert names(path) == ["1", "2"]
    assert not load(path).unfinished
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_an_exception_leaves_the_recording_unfinished_and_the_next_one_finishes_it(path):
    """Record mode once goes on where a recording broke off."""
    with pytest.raises(KeyboardInterrupt), open_for_recording(path) as recorder:
        interrupted(recorder)
    assert load(path).unfinished
    with open_for_recording(path) as recorder:
        pass
    assert not load(path).unfinished
    assert names(path) == ["1"]


def test_a_recording_is_scanned_for_secrets_apart_from_others(path):
    """Its own secret is found at its line, whatever else is in the file; without its name, the whole file counts."""
    recorders = [open_for_recording(path) for _ in range(3)]
    for recorder, text in zip(recorders, ["LTAI5tMadeUpKey00001", "none", "LTAI5tMadeUpKey00002"], strict=True):
        recorder.append(recording(text))
        recorder.close()
    lines = path.read_text("utf-8").splitlines()
    first, last = (at for at, line in enumerate(lines, 1) if "LTAI5tMadeUpKey" in line)
    found = [[*written_secrets(path, None, recording=name)] for name in (*(each.name for each in recorders), "")]
    places = [[int(text.removeprefix(f"{path}:").partition(":")[0]) for text in texts] for texts in found]
    assert places == [[first], [], [last], [first, last]]


def test_discarded_exchanges_are_gone_even_where_they_were_folded(path):
    """What a recording takes back leaves no trace; what others recorded stays."""
    write(path, [recording("old")])
    recorder, other = open_for_recording(path), open_for_recording(path)
    recorder.append(recording("1"))
    other.append(recording("other"))
    assert names(path) == ["old", "1", "other"]
    recorder.append(recording("2"))
    recorder.discard()
    recorder.close()
    other.close()
    assert names(path) == ["old", "other"]
    assert not load(path).unfinished
    open_for_recording(path).discard()


def test_a_closed_recorder_takes_nothing(path):
    """Appending after close is an error that says so, closing twice is none."""
    recorder = open_for_recording(path)
    recorder.close()
    recorder.close()
    with pytest.raises(UsageError, match="closed"):
        recorder.append(recording("1"))
    assert not recorded(path)


@pytest.mark.slow
def test_eight_threads_lose_nothing(path):
    """8 threads, 40 exchanges each, one recorder."""
    recorder = open_for_recording(path)

    def work(thread: int) -> None:
        for number in range(40):
            recorder.append(recording(f"{thread}/{number}"))

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorder.close()
    found = names(path)
    assert sorted(found) == sorted(f"{thread}/{number}" for thread in range(8) for number in range(40))
    assert [name for name in found if name.startswith("3/")] == [f"3/{number}" for number in range(40)]


@pytest.mark.slow
def test_four_processes_lose_nothing(path):
    """Four processes record at once while a fifth reader folds: every exchange is there, none twice."""
    writers = [started(path, str(number), 50) for number in range(4)]
    while any(writer.poll() is None for writer in writers):
        if recorded(path):
            found = names(path)
            assert len(set(found)) == len(found)
        time.sleep(0.01)
    assert [writer.wait() for writer in writers] == [0] * 4
    for writer in writers:
        writer.stdout.close()
    assert sorted(names(path)) == sorted(f"{name}/{number}" for name in range(4) for number in range(50))
    assert not load(path).unfinished
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_child_records_beside_its_parent(path):
    """A child that inherited the recorder shares neither lock nor names with its parent, and the parent finishes."""
    recorder = open_for_recording(path)
    recorder.append(recording("before"))
    subprocess.run(
        [sys.executable, "-c", FORKING, str(path)],
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    recorder.close()
    assert len(names(path)) == len(set(names(path))) == 102
    assert not load(path).unfinished


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.parametrize("folded", [False, True])
def test_what_only_a_child_recorded_is_finished_whoever_folds_it(path, folded):
    """A worker of another run that uses the cassette folds the journal before the parent ends."""
    command = [sys.executable, "-c", CHILD_ONLY, str(path), *(["folded"] if folded else [])]
    done = subprocess.run(
        command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    )
    assert done.stdout.split() == [b"False", b"True"]
    assert names(path) == ["child"]
    assert not load(path).unfinished


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_kill_at_any_moment_loses_nothing(path):
    """Kill -9 at random moments: every exchange that was confirmed is in the cassette, ten kills on one cassette."""
    moments, confirmed = random.Random(7), {}
    for kill in range(int(os.environ.get("SLS_KILLS", "2"))):
        cassette = path.with_name(f"{kill // 10}.sls.yaml")
        writer = started(cassette, str(kill), 5000)
        shown = [writer.stdout.readline() for _ in range(moments.randrange(1, 40))]
        time.sleep(moments.random() * 0.01)
        os.kill(writer.pid, signal.SIGKILL)
        shown += writer.stdout.readlines()
        writer.stdout.close()
        writer.wait()
        confirmed.setdefault(cassette, set()).update(f"{kill}/{int(line)}" for line in shown)
        left = load(cassette)
        found = [request.target[1:] for request in left.requests()]
        assert confirmed[cassette] <= set(found)
        assert len(found) == len(set(found))
        assert {one.integrity for one in left} == {Integrity.INTACT}
        assert left.unfinished


def test_a_fold_that_was_killed_before_it_removed_the_journal_adds_nothing_twice(path):
    """Folding again finds that the blocks are in the file already."""
    recorder = open_for_recording(path)
    recorder.append(recording("1"))
    left = journal_of(path).read_bytes()
    recorder.close()
    journal_of(path).write_bytes(left)
    spare = path.with_name(path.name + ".writing")
    spare.write_text("half a fi")
    fold(path)
    assert names(path) == ["1"]
    recorder = open_for_recording(path)
    recorder.append(recording("2"))
    recorder.close()
    assert names(path) == ["1", "2"]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_torn_frame_is_passed_over(path):
    """A frame that a kill cut off at any byte costs itself only, whatever comes after it."""
    first, second = Frame("exchange", "r1", "r1-1-1", "[1]"), Frame("exchange", "r2", "r2-1-1", '["中"]')
    for cut in range(len(first.data) - 1):
        assert read_frames(first.data[:cut] + second.data) == [second]
        assert read_frames(second.data + first.data[:cut]) == [second]
    assert read_frames(first.data + second.data) == [first, second]
    path.parent.mkdir()
    journal_of(path).write_bytes(first.data[:-3])
    with pytest.raises(CassetteError, match="no cassette"):
        load(path)


def test_a_recording_onto_a_third_partys_cassette_keeps_its_exchanges(path):
    """A vcrpy cassette that is added to comes into our layout, order kept."""
    path.parent.mkdir()
    path.write_text("interactions:\n- request: {method: GET, uri: 'http://a.b/old'}\n  response: null\nversion: 1\n")
    with open_for_recording(path) as recorder:
        recorder.append(recording("new"))
    assert names(path) == ["old", "new"]
    assert path.read_text().startswith("version: 1\ncontract: ")


def test_the_same_recordings_are_written_as_the_same_bytes(path, tmp_path):
    """Writing is deterministic, also where one exchange was recorded twice, and a link stays a link."""
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    write(path, [recording("1"), recording("1")])
    path.chmod(0o640)
    once = path.read_bytes()
    write(link, [recording("1"), recording("1")])
    assert path.read_bytes() == once
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(load(path)) == 2
    write(path, [*load(path), *load(path)])
    assert len(load(path)) == 4


def test_writing_whole_refuses_to_pass_over_a_journal(path):
    """Exchanges that somebody recorded meanwhile are not overwritten."""
    recorder = open_for_recording(path)
    recorder.append(recording("1"))
    with pytest.raises(CassetteError, match="journal"):
        write(path, [])
    recorder.close()
    assert names(path) == ["1"]


def test_a_busy_cassette_says_so(path):
    """Another process that does not let go is an error in words, not a wait for ever."""
    path.parent.mkdir()
    journal_of(path).touch()
    with journal_of(path).open("rb+") as other:
        lock(other.fileno(), path, 1)
        with pytest.raises(CassetteBusy, match="locked by another process"):
            fold(path, timeout=0.02)
    fold(path)


def test_a_damaged_cassette_keeps_its_journal(path):
    """What was recorded meanwhile waits until the file is fixed."""
    recorder = open_for_recording(path)
    recorder.append(recording("1"))
    path.write_text("<<<<<<< HEAD\n")
    with pytest.raises(CassetteDamaged):
        recorder.close()
    with pytest.raises(CassetteDamaged):
        load(path)
    path.unlink()
    assert names(path) == ["1"]


FORKING = """
import os, sys
from test_file_recording import *
recorder = open_for_recording(sys.argv[1])
recorder.append(recording("parent"))
child = os.fork()
for number in range(50):
    recorder.append(recording(f"{child > 0}/{number}"))
if not child:
    recorder.close(finished=False)
    os._exit(0)
os.waitpid(child, 0)
recorder.close()
"""


CHILD_ONLY = """
import os, sys
from test_file_recording import *
path = Path(sys.argv[1])
recorder = open_for_recording(path)
print(recorder.has_exchanges(), flush=True)
child = os.fork()
if not child:
    recorder.append(recording("child"))
    os._exit(0)
os.waitpid(child, 0)
if sys.argv[2:]:
    fold(path)
print(recorder.has_exchanges())
recorder.close()
"""


LIMITED = """
import resource, signal, sys
from test_file_recording import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
recorder = open_for_recording(path)
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, unlimited[1]))
try:
    recorder.append(recording("0"))
except CassetteError as error:
    print(error, journal_of(path).exists())
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
recorder.append(recording("1"))
room = journal_of(path).stat().st_size + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (room, unlimited[1]))
try:
    recorder.append(recording("2"))
except CassetteError as error:
    print(error)
print(len(load(path)), len(read_frames(journal_of(path).read_bytes())))
try:
    recorder.close()
except CassetteError as error:
    print(error)
print(sorted(one.name for one in path.parent.iterdir()))
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
@pytest.mark.parametrize("room", ["100", pytest.param("0", marks=pytest.mark.full)])
def test_a_full_disk_harms_nothing_written_before(path, room):
    """A write that does not fit fails in words, is taken back, and everything before it can be read."""
    write(path, [recording(f"old-{number}") for number in range(5)])
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path), room],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    assert run.stderr == ""
    assert run.stdout.count("cannot be written: File too large") == 3
    assert "then run again. False\n" in run.stdout  # no empty journal stays behind
    closing = run.stdout.partition("\n6 1\n")[2]
    kept = "cannot be written" if room == "0" else "keeps what was recorded; the next run adds it"
    assert f"{path.name}.journal {kept}" in closing  # without room not even the end is noted in the journal
    assert f"['{path.name}', '{path.name}.journal']" in run.stdout
    assert names(path) == [*(f"old-{number}" for number in range(5)), "1"]


def test_a_folder_that_cannot_be_made_is_a_cassette_error(tmp_path):
    """A file where a folder must be: the error names the path."""
    (tmp_path / "file").touch()
    with pytest.raises(CassetteError, match="cannot be written"):
        open_for_recording(tmp_path / "file" / "a.yaml").append(recording("1"))


def test_blocks_survive_byte_for_byte_when_others_are_added(path):
    """Adding an exchange changes no line of the file but adds its own, so that git merges recordings."""
    write(path, [recording("1")])
    before = path.read_text()
    with open_for_recording(path) as recorder:
        recorder.append(recording("2"))
    after = path.read_text()
    assert after.startswith(before.removesuffix("...\n"))
    assert after.endswith("...\n")
    assert CassetteFile.read(path).layout == Layout(CassetteFile.read(path).layout.blocks)


def test_a_journal_is_opened_anew_after_somebody_folded_it(path):
    """A writer that held the removed journal goes on in a new one."""
    journal = Journal(path)
    with journal.held():
        journal.append([Frame("end", "r1")])
    fold(path)
    with journal.held():
        journal.append([Frame("end", "r2")])
    journal.close()
    journal.close()
    assert read_frames(journal_of(path).read_bytes()) == [Frame("end", "r2")]


def test_a_journal_that_somebody_deletes_loses_nothing(path):
    """Two recorders have it open: what stood in it moves to a new one, once."""
    first, second = open_for_recording(path), open_for_recording(path)
    first.append(recording("a"))
    second.append(recording("b"))
    journal_of(path).unlink()
    second.append(recording("c"))
    first.close()
    second.close()
    assert sorted(names(path)) == ["a", "b", "c"]


def test_a_frame_that_stands_twice_is_one_exchange(path):
    """Moving a deleted journal may be cut short by a kill, and done again."""
    with open_for_recording(path) as recorder:
        recorder.append(recording("a"))
        journal = journal_of(path)
        journal.write_bytes(journal.read_bytes() * 2)
    assert names(path) == ["a"]


def test_a_deleted_journal_stays_open_while_another_process_is_in_the_way(path):
    """What it holds is moved by the next use, when the new journal is free."""
    journal = Journal(path, timeout=0.05)
    with journal.held():
        journal.append([Frame("drop", "r1")])
    journal_of(path).unlink()
    with Journal(path).held(), pytest.raises(CassetteBusy), journal.held():
        pass  # pragma: no cover - it is not reached
    with journal.held():
        assert [frame.recording for frame in read_frames(journal.read())] == ["r1"]
    journal.close()
