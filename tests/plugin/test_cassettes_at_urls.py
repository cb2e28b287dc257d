"""Cassettes in object storage: a checkout plays what its lock names, wherever the recordings lie."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys

import pytest
from oss_server import served_oss
from s3_server import relayed, served_s3

from sls_contract import load_cassette

pytest.importorskip("fsspec", reason="the extra scale is not installed")

ASKS = """
    @pytest.mark.sls_cassette
    @pytest.mark.parametrize("shard", range({count}))
    def test_asks(sls, shard):
        ask(sls, shard=shard)
"""


@pytest.fixture
def suite(project, monkeypatch, tmp_path_factory):
    """Give a project whose cassettes lie at a URL, and whose cache is new."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("缓存")))
    project.store = tmp_path_factory.mktemp("store") / "桶"
    project.cache = tmp_path_factory.getbasetemp()
    project.lock = project.path / "sls-cassettes.lock"
    return project.ini(f"sls_cassette_dir = file://{project.store}").test(ASKS.format(count=2))


def cached(suite):
    """Give the folders of this checkout on this machine."""
    import os
    from pathlib import Path

    return Path(os.environ["XDG_CACHE_HOME"]) / "sls-contract" / "cassettes"


def cassettes(suite):
    return sorted(cached(suite).glob("checkouts/*/*/test_it/*.sls.yaml"))


def advised(result):
    """Return the words of the last ``sls-contract cassettes`` that a run advises."""
    return shlex.split(re.findall(r"How to fix: sls-contract cassettes (.*)", result.stdout.str())[-1])


def command(suite, *words):
    return subprocess.run(
        [sys.executable, "-m", "sls_contract", "cassettes", *words],
        cwd=suite.path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def command_of(suite, *words):
    """Start a command, and give its process."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "sls_contract", "cassettes", *words],
        cwd=suite.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def recorded(suite):
    suite.run("--sls-record=once").assert_outcomes(passed=2)
    return suite


def test_what_was_recorded_is_uploaded_locked_and_played_on_another_machine(suite):
    """The folder of the tests has the lock alone."""
    result = recorded(suite).run()
    result.assert_outcomes(passed=2)
    assert suite.cassettes() == []
    assert f"file://{suite.store}" in suite.lock.read_text("utf-8")
    shutil.rmtree(cached(suite))
    result = suite.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["sls-contract: file:*: revision *, 2 cassettes; files: *"])


def test_a_run_that_knows_the_recordings_of_its_lock_asks_nobody(suite):
    """As CI does with a warm cache and without a network."""
    shutil.rmtree(recorded(suite).store)
    suite.run().assert_outcomes(passed=2)


def test_an_old_lock_brings_back_the_recordings_of_its_time(suite):
    """Whatever was recorded since."""
    lock = recorded(suite).lock.read_text("utf-8")
    before = [path.read_bytes() for path in cassettes(suite)]
    suite.run("--sls-record=all").assert_outcomes(passed=2)
    assert suite.lock.read_text("utf-8") != lock
    suite.lock.write_text(lock, "utf-8")
    suite.run().assert_outcomes(passed=2)
    assert [path.read_bytes() for path in cassettes(suite)] == before


def test_a_run_that_failed_uploads_nothing_and_keeps_what_it_recorded(suite):
    """The lock names what was green; the command uploads the rest."""
    suite.test(ASKS.format(count=2) + "    assert shard == 0\n".replace("    assert", "        assert"))
    result = suite.run("--sls-record=once")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["sls-contract: not uploaded: *"])
    assert not suite.lock.exists()
    assert len(cassettes(suite)) == 2
    assert command(suite, *advised(result)).returncode == 0
    assert command(suite, "status").returncode == 0


def test_what_could_not_be_uploaded_is_kept_and_the_run_fails(suite):
    """With the reason, and the command that uploads it later."""
    suite.store.parent.mkdir(exist_ok=True)
    suite.store.write_text("no folder", "utf-8")
    result = suite.run("--sls-record=once")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["sls-contract: the cassettes were not uploaded: file:* cannot be written: *"])
    suite.store.unlink()
    assert command(suite, *advised(result)).returncode == 0
    assert suite.run().ret == 0


def test_a_recording_with_a_secret_is_not_uploaded(suite):
    """As it would not be committed; the line is named."""
    recorded(suite)
    lock = suite.lock.read_bytes()
    path = cassettes(suite)[0]
    path.write_text(path.read_text("utf-8").replace("shard=0", "shard=0&key=LTAI5tRealKeyOfThisRun01"), "utf-8")
    done = command(suite, "push")
    assert done.returncode == 2
    assert "contains a secret" in done.stderr
    assert "LTAI5tRealKeyOfThisRun01" not in done.stderr
    assert suite.lock.read_bytes() == lock


@pytest.mark.parametrize("workers", [2])
def test_workers_share_one_download_and_one_upload(suite, workers):
    """The controller does both."""
    suite.spawn("--sls-record=once", f"-n{workers}").assert_outcomes(passed=2)
    assert len(list(suite.store.glob("revisions/*"))) == 1
    shutil.rmtree(cached(suite))
    result = suite.spawn(f"-n{workers}")
    result.assert_outcomes(passed=2)
    assert result.stdout.str().count("revision ") == 1


def test_a_checkout_that_cannot_be_written_is_played(suite):
    """Only recording writes there, and says which line the lock lacks."""
    recorded(suite)
    shutil.rmtree(cached(suite))
    lock = suite.lock.stat().st_mtime_ns
    suite.run().assert_outcomes(passed=2)
    assert suite.lock.stat().st_mtime_ns == lock


def test_new_and_changed_recordings_get_a_revision_of_their_own(suite):
    """New episodes and verified ones, as well; an unchanged run makes none."""
    recorded(suite).test(ASKS.format(count=3))
    suite.run("--sls-record=new_episodes").assert_outcomes(passed=3)
    suite.run("--sls-record=once").assert_outcomes(passed=3)
    assert len(list(suite.store.glob("revisions/*"))) == 2
    assert " 3 cassettes" in suite.lock.read_text("utf-8")


def test_a_proposal_stays_here_until_it_is_accepted(suite):
    """Then it is the recording, and uploaded."""
    recorded(suite)
    suite.run("--sls-record=verify").assert_outcomes(passed=2)
    assert not list(suite.store.rglob("*.proposed"))
    suite.run().assert_outcomes(passed=2)


def test_a_missing_one_is_recorded_and_uploaded_as_the_advice_says(suite):
    """Nothing is committed but the lock; a report names the URL, not the copies on this machine."""
    result = suite.run("--sls-report=report.json")
    report = (suite.path / "report.json").read_text("utf-8")
    assert f"no recording in file://{suite.store}/test_it/test_asks[0].sls.yaml" in report
    assert str(cached(suite)) not in report
    advice = "record it (pytest --sls-record=once): when all tests pass, the run uploads it; then commit *.lock*"
    result.stdout.fnmatch_lines([f"*How to fix: {advice}"])
    recorded(suite).run("--sls-strict").assert_outcomes(passed=2)


def test_a_renamed_test_takes_its_cassette_along_as_the_advice_says(suite):
    """The copy is renamed and uploaded; the old name is gone."""
    recorded(suite).test(ASKS.format(count=2).replace("test_asks", "test_reads"))
    result = suite.run()
    for line in [each for each in result.outlines if each.startswith("E  ") and "rename its cassette (" in each]:
        fix = line.partition("rename its cassette (")[2].partition(");")[0].partition(" && sls-contract")
        subprocess.run(fix[0], shell=True, check=True)
    upload = (fix[1] + fix[2]).removeprefix(" && sls-contract cassettes")
    assert command(suite, *shlex.split(upload)).returncode == 0
    suite.run("--sls-strict").assert_outcomes(passed=2)
    assert " 2 cassettes" in suite.lock.read_text("utf-8")


def test_memory_is_a_storage_too(suite):
    """In this process, without another."""
    suite.ini("sls_cassette_dir = memory://cassettes/记录")
    recorded(suite)
    shutil.rmtree(cached(suite))
    suite.run().assert_outcomes(passed=2)
    assert all(load_cassette(path).exchanges for path in cassettes(suite))


@pytest.mark.filterwarnings("ignore")  # of botocore, aiohttp and moto
@pytest.mark.parametrize(("scheme", "served"), [("s3", served_s3), ("oss", served_oss)])
def test_a_bucket_is_a_storage_for_two_machines_at_once(suite, monkeypatch, scheme, served):
    """Recorded, uploaded, and downloaded by two processes that begin together, from a server of S3 or OSS."""
    with served(monkeypatch) as filesystem:
        suite.ini(f"sls_cassette_dir = {scheme}://bucket/记录")
        recorded(suite)
        assert len(filesystem.find("bucket")) == 3
        shutil.rmtree(cached(suite))
        runs = [command_of(suite, "pull") for _ in range(2)]
        assert [(run.wait(), run.stderr.read()) for run in runs] == [(0, ""), (0, "")]
        for name in filesystem.find("bucket"):
            filesystem.rm_file(name)
        suite.run().assert_outcomes(passed=2)


@pytest.mark.filterwarnings("ignore")  # as above
def test_a_network_that_is_cut_under_way_costs_another_push(suite, monkeypatch):
    """What was uploaded before stays; nobody sees half of it."""
    with served_s3(monkeypatch) as filesystem, relayed(monkeypatch, writes=2) as heal:
        suite.ini("sls_cassette_dir = s3://bucket/suite")
        result = suite.run("--sls-record=once")
        assert result.ret == 4
        assert not suite.lock.exists()
        assert filesystem.find("bucket/suite/revisions") == []
        heal()
        assert command(suite, *advised(result)).returncode == 0
        shutil.rmtree(cached(suite))
        suite.run().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("gs://bucket/folder", "pip install 'sls-contract[[]scale]'"),
        ("nosuch://bucket/folder", "nosuch"),
        ("https://me:secret@host/folder", "credentials"),
    ],
)
def test_a_url_that_cannot_be_used_ends_the_run_with_what_to_do(suite, url, told):
    """Before any test."""
    suite.ini(f"sls_cassette_dir = {url}")
    suite.lock.write_text(f"{url} {'0' * 64} 1 cassettes\n", "utf-8")
    result = suite.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: ini sls_cassette_dir: *{told}*"])
    assert "secret" not in result.stderr.str()
