"""Checkouts of one suite share recordings by a storage: none is lost, and each lock finds its own."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from advice import advised
from hypothesis import given
from hypothesis import strategies as st
from oss_server import served_oss
from s3_server import served_s3

from sls_contract import cli, load_cassette
from sls_contract.captures.remote.checkout import Checkout
from sls_contract.captures.remote.lockfile import read_lock
from sls_contract.captures.remote.suite import suite_of
from sls_contract.cassettes.file.recording_file import open_for_recording, write
from sls_contract.errors import CassetteError, UsageError

fsspec = pytest.importorskip("fsspec", reason="the extra scale is not installed")
NUMBERS = count()


class Machine:
    """A checkout of a repository, with a cache of its own."""

    def __init__(self, folder, url):
        self.folder, self.url = folder, url
        self.lock = folder / "sls-cassettes.lock"
        self.environ = {"XDG_CACHE_HOME": str(folder / "cache")}
        self.suite = suite_of(url, self.lock, self.environ)
        folder.mkdir(parents=True)

    @property
    def checkout(self):
        return Checkout(self.suite)

    def record(self, name, recording):
        """Add an exchange to a cassette, as a run of pytest does."""
        path = self.suite.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_for_recording(path) as recorder:
            recorder.append(recording)

    def replace(self, name, recordings):
        path = self.suite.folder / name
        path.unlink(missing_ok=True)
        write(path, recordings)

    def ids(self):
        """Which exchanges each cassette holds."""
        folder = self.suite.folder
        return {
            path.relative_to(folder).as_posix(): {each.id for each in load_cassette(path).recordings}
            for path in sorted(folder.rglob("*.sls.yaml"))
        }

    def forget(self):
        shutil.rmtree(self.folder / "cache")

    def cli(self, *words):
        out, err = io.StringIO(), io.StringIO()
        argv = ["cassettes", *words, "--lock", str(self.lock)]
        code = cli.run(argv, environ=self.environ, stdin=io.StringIO(), stdout=out, stderr=err)
        return code, out.getvalue() + err.getvalue()


@pytest.fixture
def url():
    return f"memory://suites/{next(NUMBERS)}"


@pytest.fixture
def machines(tmp_path, url):
    return Machine(tmp_path / "甲", url), Machine(tmp_path / "乙", url)


def merged_locks(one, other):
    """Write the lock that git leaves where both branches changed it."""
    text = f"<<<<<<< HEAD\n{one.read_text('utf-8')}=======\n{other.read_text('utf-8')}>>>>>>> other\n"
    one.write_text(text, "utf-8")


def test_a_lock_brings_its_recordings_to_any_machine(machines, workers):
    """And an older lock the older ones."""
    one, other = machines
    one.record("组/a[1] b.sls.yaml", workers[0])
    one.checkout.push()
    first, ids = one.lock.read_text("utf-8"), one.ids()
    one.record("b.sls.yaml", workers[1])
    one.checkout.push()
    shutil.copy(one.lock, other.lock)
    other.checkout.pull()
    assert other.ids() == one.ids()
    other.lock.write_text(first, "utf-8")
    other.checkout.pull()
    assert other.ids() == ids


def test_two_branches_that_recorded_into_one_cassette_keep_both(machines, workers):
    """The conflict in the lock shows one line of each; push resolves it."""
    one, other = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    shutil.copy(one.lock, other.lock)
    other.checkout.pull()
    one.record("a.sls.yaml", workers[1])
    one.checkout.push()
    other.record("a.sls.yaml", workers[2])
    other.checkout.push()
    wanted = one.ids()["a.sls.yaml"] | other.ids()["a.sls.yaml"]
    merged_locks(one.lock, other.lock)
    assert len(read_lock(one.lock)) == 2
    assert one.checkout.push().clean
    assert one.ids() == {"a.sls.yaml": wanted}
    assert len(read_lock(one.lock)) == 1
    shutil.copy(one.lock, other.lock)
    other.checkout.pull()
    assert other.ids() == one.ids()


def test_an_exchange_that_both_changed_is_a_conflict_until_one_is_kept(machines, workers):
    """Nothing is uploaded before, and both versions stand in the file."""
    one, other = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    shutil.copy(one.lock, other.lock)
    other.checkout.pull()
    for machine, word in ((one, "GET /a"), (other, "GET /b")):
        path = machine.suite.folder / "a.sls.yaml"
        path.write_text(
            re.sub(r"(?m)^(\s+)(method: )", rf"\1# {word}\n\1\2", path.read_text("utf-8"), count=1), "utf-8"
        )
        machine.checkout.push()
    merged_locks(one.lock, other.lock)
    code, told = one.cli("push")
    assert code == 1
    assert "changed here and there" in told
    steps = advised(
        told, "keep one version of each exchange, delete the marker lines, then run (?:sls-contract cassettes )?(.*)"
    )
    text = (one.suite.folder / "a.sls.yaml").read_text("utf-8")
    assert "GET /a" in text
    assert "GET /b" in text
    code, told = one.cli("push")
    assert code == 2, told
    (one.suite.folder / "a.sls.yaml").write_bytes((other.suite.folder / "a.sls.yaml").read_bytes())
    assert one.cli(*steps.group(1).split())[0] == 0
    assert len(read_lock(one.lock)) == 1


def test_what_others_uploaded_is_told_and_taken_in_when_asked(machines, workers):
    """A lock never moves by itself."""
    one, other = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    shutil.copy(one.lock, other.lock)
    other.checkout.pull()
    other.record("b.sls.yaml", workers[1])
    other.checkout.push()
    one.checkout.pull()
    assert [*one.ids()] == ["a.sls.yaml"]
    code, told = one.cli("status")
    assert code == 1
    assert "new: b.sls.yaml" in told
    assert one.cli(*advised(told, "(?:sls-contract cassettes )?(.*) merges it").group(1).split())[0] == 0
    assert one.ids() == other.ids()
    assert one.lock.read_bytes() == other.lock.read_bytes()
    assert one.cli("status")[0] == 0


def test_a_cassette_goes_only_where_that_is_asked_for(machines, workers):
    """A file that is lost comes back."""
    one, _ = machines
    for number, name in enumerate(("a.sls.yaml", "b.sls.yaml")):
        one.record(name, workers[number])
    one.checkout.push()
    (one.suite.folder / "b.sls.yaml").unlink()
    one.checkout.push()
    assert [*one.ids()] == ["a.sls.yaml", "b.sls.yaml"]
    (one.suite.folder / "b.sls.yaml").unlink()
    one.checkout.push(delete=True)
    one.forget()
    one.checkout.pull()
    assert [*one.ids()] == ["a.sls.yaml"]


def test_suites_share_a_lock_and_keep_their_lines(machines, workers, url):
    """One line each."""
    one, _ = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    second = Checkout(suite_of(f"{url}/other", one.lock, one.environ))
    path = second.suite.folder / "b.sls.yaml"
    path.parent.mkdir(parents=True)
    write(path, workers[:2])
    second.push()
    assert [line.url for line in read_lock(one.lock)] == sorted([url, f"{url}/other"])
    code, told = one.cli("pull")
    assert code == 0
    assert told.count("1 cassette;") == 2


@pytest.mark.parametrize("damage", ["", "cut"])
def test_an_object_that_is_missing_or_cut_off_is_told(machines, workers, damage):
    """It is never played."""
    one, other = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    shutil.copy(one.lock, other.lock)
    filesystem, root = fsspec.core.url_to_fs(one.url)
    (path,) = filesystem.find(f"{root}/objects")
    data = filesystem.cat_file(path)
    filesystem.rm(path)
    if damage:
        filesystem.pipe_file(path, data[:-1])
    code, told = other.cli("pull")
    assert code == 2
    assert other.ids() == {}
    (kept,) = (one.folder / "cache").rglob(path.rpartition("/")[2])
    if damage:
        of_other = advised(told, "replace it by (.*) of a machine on which the tests pass").group(1)
        kept = one.folder / Path(of_other).relative_to(other.folder)
    filesystem.pipe_file(path, kept.read_bytes())
    assert other.cli("pull")[0] == 0
    assert other.ids() == one.ids()


def test_a_damaged_copy_on_this_machine_is_downloaded_again(machines, workers):
    """The cache is no second truth."""
    one, _ = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    ids = one.ids()
    for path in (one.folder / "cache").rglob("*"):
        if path.is_file() and "objects" in path.parts:
            path.write_bytes(b"")
    shutil.rmtree(one.suite.folder)
    one.checkout.pull()
    assert one.ids() == ids


def test_a_store_leads_no_file_out_of_its_folder(machines, workers):
    """Whoever writes there may not write elsewhere."""
    one, other = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    filesystem, root = fsspec.core.url_to_fs(one.url)
    (path,) = filesystem.find(f"{root}/revisions")
    evil = filesystem.cat_file(path).replace(b"a.sls.yaml", b"../../a.sls.yaml")
    name = sha256(evil).hexdigest()
    filesystem.pipe_file(f"{root}/revisions/{name}.txt", evil)
    other.lock.write_text(f"{one.url} {name} 1 cassettes\n", "utf-8")
    code, told = other.cli("pull")
    assert code == 2
    assert "is not a revision" in told
    assert "pip install --upgrade sls-contract" in told


@pytest.mark.parametrize(
    ("text", "told"), [("memory://a zz\n", ":1: expected a URL and a revision"), ("\xff", ":1: expected")]
)
def test_a_lock_that_says_something_else_is_named_with_its_line(machines, text, told):
    """No guess is made of it."""
    machines[0].lock.write_text(text, "utf-8")
    code, out = machines[0].cli("pull")
    assert code == 2
    assert told in out


def test_check_and_diff_read_the_locked_recordings_at_a_url(machines, workers, monkeypatch, tmp_path):
    """As they read a folder: older revisions are passed over."""
    one, _ = machines
    one.replace("a.sls.yaml", workers[:2])
    one.checkout.push()
    one.replace("a.sls.yaml", workers[4:6])
    one.replace("b/c.sls.yaml", workers[:1])
    one.checkout.push()
    monkeypatch.chdir(one.folder)
    out = io.StringIO()
    cli.run(["check", one.url], environ={}, stdin=io.StringIO(), stdout=out, stderr=out)
    assert "2 cassettes, 3 exchanges" in out.getvalue()
    for pair in ([one.url, str(one.suite.folder)], [str(one.suite.folder), one.url]):
        out = io.StringIO()
        assert cli.run(["diff", *pair], environ={}, stdin=io.StringIO(), stdout=out, stderr=out) == 0, out.getvalue()
        assert "3 pairs of exchanges in 2 pairs of cassettes" in out.getvalue()


STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(["record", "push", "pull", "latest", "git pull", "forget"])),
    max_size=14,
)


def held(machine):
    return {each for ids in machine.ids().values() for each in ids}


def step_of(machine, other, step, name, fresh):
    """Do a step; give the exchanges that were pushed by it."""
    if step == "record":
        machine.record(name, next(fresh))
        return set()
    if step in ("pull", "latest"):
        assert machine.checkout.pull(latest=step == "latest").clean
        return set()
    if step == "git pull" and other.lock.exists():
        mine = machine.lock.read_text("utf-8") if machine.lock.exists() else ""
        machine.lock.write_text(mine + other.lock.read_text("utf-8"), "utf-8")
    assert machine.checkout.push().clean
    pushed = held(machine)
    if step == "forget":
        machine.forget()
    return pushed


@given(steps=STEPS)
def test_no_sequence_of_steps_loses_a_recording(steps, workers, tmp_path_factory):
    """Whatever a checkout pushed, its lock brings to a new machine."""
    url, folder = f"memory://steps/{next(NUMBERS)}", tmp_path_factory.mktemp("steps")
    machines, fresh = [Machine(folder / name, url) for name in "ab"], iter(workers)
    pushed = [set(), set()]
    for number, (which, step) in enumerate(steps):
        name = f"{number % 2}.sls.yaml"
        pushed[which] |= step_of(machines[which], machines[1 - which], step, name, fresh)
    for number, machine in enumerate(machines):
        reader = Machine(folder / f"reader {number}", url)
        if machine.lock.exists():
            shutil.copy(machine.lock, reader.lock)
            assert reader.checkout.pull().clean
            assert pushed[number] <= held(reader)


@pytest.mark.filterwarnings("ignore")  # of botocore, aiohttp and moto
@pytest.mark.parametrize(("scheme", "served"), [("s3", served_s3), ("oss", served_oss)])
def test_a_bucket_is_used_as_any_storage(monkeypatch, tmp_path, workers, scheme, served):
    """A real server; names keep their characters, a bucket that is missing is not made."""
    with served(monkeypatch) as filesystem:
        one, other = (Machine(tmp_path / name, f"{scheme}://bucket/suites/组") for name in "ab")
        one.record("组/a[1] b.sls.yaml", workers[0])
        assert one.cli("push", one.url)[0] == 0
        shutil.copy(one.lock, other.lock)
        assert other.cli("pull")[0] == 0
        assert other.ids() == one.ids()
        missing = Machine(tmp_path / "c", f"{scheme}://nobucket/suite")
        missing.record("a.sls.yaml", workers[0])
        code, told = missing.cli("push", missing.url)
        assert code == 2
        assert f"{scheme}://nobucket/suite/objects" in told
        assert "cannot be written" in told
        assert advised(told, "correct the URL, or put there what is missing")  # see above
        assert scheme == "oss" or not filesystem.exists("nobucket")


def test_runs_that_begin_at_once_with_an_empty_cache_wait_for_each_other(machines, workers):
    """The first of them fills it; the others find what it wrote."""
    one, _ = machines
    for number in range(20):
        one.record(f"{number}.sls.yaml", workers[number])
    one.checkout.push()
    wanted = one.ids()
    for _ in range(5):
        one.forget()
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: one.checkout.pull(), range(8)))
        assert all(result.clean for result in results)
        assert one.ids() == wanted


def test_processes_that_push_at_once_and_one_that_is_killed_lose_nothing(tmp_path, workers):
    """Killed at any moment, push does the rest when it is run again; readers see whole recordings."""
    url = f"file://{tmp_path}/store"
    machines = [Machine(tmp_path / name, url) for name in "abc"]
    for machine in machines:
        for number in range(6):
            machine.replace(f"{number}.sls.yaml", workers[number : number + 2])
    machines[1].replace("6.sls.yaml", workers[:3])

    def start(machine):
        words = [sys.executable, "-m", "sls_contract", "cassettes", "push", url, "--lock", str(machine.lock)]
        return subprocess.Popen(
            words, env={**os.environ, **machine.environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    victim = start(machines[2])
    others = [start(machine) for machine in machines[:2]]
    while victim.poll() is None and not list((tmp_path / "store").glob("objects/*/*")):
        time.sleep(0.01)
    victim.kill()
    for process in (victim, *others):
        process.communicate()
    assert [process.returncode for process in others] == [0, 0]
    assert machines[2].cli("push", url)[0] == 0
    for machine in machines:
        reader = Machine(machine.folder / "reader", url)
        shutil.copy(machine.lock, reader.lock)
        reader.checkout.pull()
        assert reader.ids() == machine.ids()


@pytest.mark.parametrize("place", ["lock", "cache"])
def test_a_place_that_cannot_be_written_is_replaced_as_it_says(machines, workers, tmp_path, place):
    """The line that is printed is the lock's; the variable that is printed moves the cache."""
    one, _ = machines
    blocked = tmp_path / "no folder"
    blocked.write_text("", "utf-8")
    if place == "lock":
        one.lock.symlink_to(tmp_path / "later" / "suite.lock")
    one.record("a.sls.yaml", workers[0])
    if place == "lock":
        code, told = one.cli("push", one.url)
        line = advised(told, r"make the folder writable and run again, or write this line there:\s*(.*)").group(1)
        (tmp_path / "later").mkdir()
        one.lock.write_text(f"{line}\n", "utf-8")
    else:
        assert one.cli("push", one.url)[0] == 0
        one.environ["XDG_CACHE_HOME"] = str(blocked)
        code, told = one.cli("pull")
        one.environ[advised(told, r"or name a folder that is writable: (\w+)").group(1)] = str(tmp_path / "free")
    assert code == 2
    assert one.cli("pull")[0] == 0


def test_a_secret_is_found_before_anything_is_uploaded(machines, workers):
    """Nothing of the push is there then."""
    one, _ = machines
    one.record("a.sls.yaml", workers[0])
    path = one.suite.folder / "b.yaml"
    path.write_bytes((one.suite.folder / "a.sls.yaml").read_bytes() + b"# LTAI5tRealKeyOfThisRun01\n")
    with pytest.raises(CassetteError, match="contains a secret"):
        one.checkout.push()
    assert not fsspec.filesystem("memory").find(one.url.removeprefix("memory:/"))


@pytest.mark.parametrize(
    ("url", "told", "advice", "fixed"),
    [
        ("s3://me:SECRET@bucket/a", "without credentials", "pass credentials as the library", "s3://bucket/a"),
        ("s3://bucket/a folder", "without whitespace", "name a folder without whitespace", "s3://bucket/a_folder"),
    ],
)
def test_a_suite_at_a_url_that_shows_keys_or_splits_a_line_is_refused(tmp_path, url, told, advice, fixed):
    """The URL stands in reports, and in the lock between two spaces; a key is not shown."""
    with pytest.raises(UsageError, match=told) as error:
        suite_of(url, tmp_path / "lock", {})
    assert "SECRET" not in str(error.value)
    assert advised(str(error.value), advice)
    assert suite_of(fixed, tmp_path / "lock", {}).url == fixed


@pytest.mark.parametrize("action", ["status", "pull", "push"])
def test_a_url_without_a_revision_and_without_recordings_fails(machines, workers, url, action):
    """A mistyped URL must not look like success; a suite that the lock names passes, also with nothing to do."""
    one, _ = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    code, output = one.cli(action, f"{url}/mistyped")
    assert code == 2
    assert advised(output, "correct the URL, or record first")
    assert one.cli(action, url)[0] == 0


def test_status_misses_a_locked_revision_that_the_storage_lost(machines, workers, url):
    """The cache here has a copy, but nobody else can download it: as after a mistake in the URL of a lock."""
    one, _ = machines
    one.record("a.sls.yaml", workers[0])
    one.checkout.push()
    filesystem, folder = fsspec.url_to_fs(url)
    filesystem.rm(f"{folder}/revisions", recursive=True)
    code, output = one.cli("status")
    assert code == 1
    assert f"is not at {url}" in output
    assert advised(output, "correct the URL in sls-cassettes.lock, or restore the files in the storage")
