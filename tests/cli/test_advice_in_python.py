"""What an error of the library says after "How to fix:" is done as it is written, and the same lines then run."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from advice import advised

from sls_contract.errors import SlsContractError

CASSETTE = Path(__file__).parents[2] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"
BEFORE = """
    import re, resource, threading
    from datetime import UTC, datetime
    from pathlib import Path
    import vcr
    from sls_contract import load_cassette, use_cassette
    from sls_contract.adapters.vcrpy import register
    from sls_contract.cassettes.cassette_set import CassetteSet
    from sls_contract.cassettes.file.journal import journal_of
    from sls_contract.cassettes.file.lock import lock
    from sls_contract.cassettes.file.recording_file import fold, open_for_recording, write
    from sls_contract.endpoint import ReferenceEndpoint

    def now():
        return datetime.now(UTC)

    def opened(**options):
        with use_cassette("new.yaml", "once", send=ReferenceEndpoint(now), **options):
            pass

    def in_thread(function):
        met = []
        def run():
            try:
                function()
            except Exception as error:
                met.append(error)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if met:
            raise met[0]

    OLD = load_cassette("old.yaml").recordings
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run lines in a folder with one cassette, after those that all have in common."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.yaml").write_bytes(CASSETTE.read_bytes())

    def run(source: str) -> None:
        exec(compile(textwrap.dedent(BEFORE) + textwrap.dedent(source), "example.py", "exec"), {})

    return run


@pytest.mark.parametrize(
    ("wrong", "advice", "right"),
    [
        (
            "use_cassette(print)",
            r"name the cassette.*: @(use_cassette\(.*\))\.",
            "\\1(print)",
        ),
        (
            "@use_cassette('old.yaml')\nclass Reads:\n  def read(self): pass",
            "decorate the methods that send requests",
            "class Reads:\n  @use_cassette('old.yaml')\n  def read(self): pass",
        ),
        (
            "@use_cassette('old.yaml')\nclass Reads: pass",
            r"in setUp \(self.(enterContext)\)",
            (
                "import unittest\nclass Reads(unittest.TestCase):\n"
                "  def test(self): self.\\1(use_cassette('old.yaml'))\n"
                "assert unittest.TextTestRunner().run(Reads('test')).wasSuccessful()"
            ),
        ),
        (
            "async def read(): pass\nuse_cassette('old.yaml')(lambda: read())()",
            "decorate the coroutine function or generator itself",
            "import asyncio\n@use_cassette('old.yaml')\nasync def read(): pass\nasyncio.run(read())",
        ),
        (
            "with use_cassette('old.yaml'): in_thread(opened)",
            "open one cassette around the threads",
            "with use_cassette('old.yaml'): in_thread(lambda: None)",
        ),
        ("register(vcr)", r"(register\(vcr\.VCR\(\)\))", "\\1"),
        ("mine = vcr.VCR()\nregister(mine)\nregister(mine)", "call register once for each VCR", "register(vcr.VCR())"),
        ("Path('a').mkdir()\nload_cassette('a')", "pass the path of a readable file", "load_cassette('old.yaml')"),
        (
            "CassetteSet([Path('empty').mkdir() or Path('empty')], now())",
            "name cassettes, such as",
            "CassetteSet([Path('old.yaml')], now())",
        ),
        (
            "open_for_recording('new.yaml').append(OLD[0])\nwrite('new.yaml', [])",
            "end the recording, load the cassette, and write again",
            (
                "recorder = open_for_recording('other.yaml')\nrecorder.append(OLD[0])\nrecorder.close()\n"
                "write('other.yaml', load_cassette('other.yaml').recordings)"
            ),
        ),
        (
            (
                "journal_of(Path('old.yaml')).touch()\nwith journal_of(Path('old.yaml')).open('rb+') as other:\n"
                "  lock(other.fileno(), 'old.yaml', 1)\n  fold(Path('old.yaml'), timeout=0.02)"
            ),
            "wait for that process to end, or stop it",
            "fold(Path('old.yaml'), timeout=0.02)",
        ),
        (
            (
                "resource.setrlimit(resource.RLIMIT_FSIZE, (50, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))\n"
                "try:\n  write('full.yaml', OLD)\n"
                "finally:\n  most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
                "  resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))"
            ),
            "free space on the disk.*, then run again",
            "write('full.yaml', OLD)",
        ),
    ],
)
def test_lines_that_raise_run_once_changed_as_the_error_says(run, wrong, advice, right):
    """What has no group in the pattern is the one thing that the advice says to write."""
    with pytest.raises(SlsContractError) as told:
        run(wrong)
    run(advised(str(told.value), advice).expand(right))


@pytest.mark.parametrize(
    ("wrong", "advice", "right"),
    [
        ("scrub='a+'", "put it in brackets", "scrub=['a+']"),
        ("hosts='sls.test'", "put it in brackets", "hosts=['sls.test']"),
        ("scrub_keys='token'", "put it in brackets", "scrub_keys=['token']"),
        ("scrub=[1]", "give each as (str)", "scrub=[\\1(1)]"),
        ("scrub=['a(']", r"\((re\.escape)\)", "scrub=[\\1('a(')]"),
        ("scrub=['x*']", r"for example (x\+) instead of x\*", "scrub=['\\1']"),
        ("scrub_keys=['a, b']", "pass each name as a separate text", "scrub_keys=['a', 'b']"),
        ("rename={'': 'b'}", "name both sides", "rename={'a': 'b'}"),
        ("rename={'a': 'b', 'c': 'a'}", "choose public names that contain no real name", "rename={'a': 'b', 'c': 'd'}"),
    ],
)
def test_an_option_of_use_cassette_is_taken_once_changed_as_the_error_says(run, wrong, advice, right):
    """What would hide nothing, or something else, is refused before a cassette is open."""
    with pytest.raises(SlsContractError) as told:
        run(f"opened({wrong})")
    run(advised(str(told.value), advice).expand(f"opened({right})"))


@pytest.mark.parametrize(
    ("wrong", "advice", "right"),
    [
        ("split_shard(9)", "name a shard that is readwrite", "split_shard(0)"),
        (
            "split_shard(0, 'middle')",
            "a key of 32 hexadecimal digits inside its range",
            "split_shard(0, '4' + 31 * '0')",
        ),
        ("merge_shards(1)", "to merge, one that is not the last", "merge_shards(0)"),
    ],
)
def test_a_shard_of_the_endpoint_changes_once_named_as_the_error_says(run, wrong, advice, right):
    """What the service would refuse is refused by the endpoint's methods, too."""
    with pytest.raises(SlsContractError) as told:
        run(f"ReferenceEndpoint(now).{wrong}")
    run(advised(str(told.value), advice).expand(f"ReferenceEndpoint(now).{right}"))
