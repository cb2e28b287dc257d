"""File names with characters that the file system's encoding lacks, as in LC_ALL=C without Python's UTF-8 mode."""

from __future__ import annotations

import subprocess
import sys

import pytest
from advice import advised
from left_out import full
from started_processes import Started

from sls_contract import use_cassette
from sls_contract.errors import UsageError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="file names are UTF-8 there, in any locale"),
]

FIX = "How to fix: set the environment variable PYTHONUTF8=1, or use ASCII characters only"
TESTS = """
    @pytest.mark.sls_cassette
    @pytest.mark.parametrize("shard", [0, pytest.param(1, id="组")])
    def test_it(sls, shard): ask(sls, shard)

    @pytest.mark.sls_cassette(name="named")
    @pytest.mark.parametrize("shard", [pytest.param(2, id="组")])
    def test_named(sls, shard): ask(sls, shard)

    @pytest.fixture(scope="module", params=["组"])
    def once(request): pass

    @pytest.mark.sls_cassette(name="fixture")
    def test_with_a_fixture(sls, once): ask(sls, 3)
"""


@pytest.fixture
def ascii_names(monkeypatch):
    """Start interpreters whose file names are ASCII; none may be forked from one that began otherwise."""
    for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("mode", ["once", "none", full("new_episodes"), full("all"), "verify"])
def test_a_test_whose_cassette_cannot_be_named_says_so(project, ascii_names, monkeypatch, mode):
    """In each mode the one test fails, with the reason and both fixes; its neighbours are recorded and played."""
    project.test(TESTS)
    if mode in {"none", "verify"}:
        project.start("--sls-record=once")
    result = project.start(f"--sls-record={mode}")
    shown = result.stdout.str()
    result.assert_outcomes(passed=3, errors=1)
    assert "expected a file name in the encoding of this process, ascii, got '" in shown
    assert r"test_it[\u7ec4].sls.yaml'" in shown
    assert advised(shown, "set the environment variable PYTHONUTF8=1, or use ASCII characters only")
    assert "UnicodeEncodeError" not in shown + result.stderr.str()
    assert project.cassettes() == [f"cassettes/test_it/{name}.sls.yaml" for name in ("fixture", "named", "test_it[0]")]
    if mode == "once":
        monkeypatch.setenv("PYTHONUTF8", "1")
        project.start("--sls-record=once").assert_outcomes(passed=4)


def test_the_name_of_a_test_file_is_taken_as_it_is(project, ascii_names, monkeypatch):
    """It came from the disk, so it can be written there: what this run records, a run in UTF-8 plays."""
    project.test("@pytest.mark.sls_cassette\ndef test_it(sls): ask(sls)", "test_组.py")
    project.start("--sls-record=once").assert_outcomes(passed=1)
    monkeypatch.setenv("PYTHONUTF8", "1")
    project.start().assert_outcomes(passed=1)


@pytest.mark.parametrize("line", ["sls_cassette_dir = 组", "sls_report = 组.json", "sls_cassette_dir = s3://bucket/组"])
def test_a_setting_is_refused_before_the_first_test(project, ascii_names, line):
    """The ini file is UTF-8 in any locale, so it can name what the disk cannot."""
    result = project.test("def test_it(): pass").ini(line).start()
    assert (result.ret, FIX in result.stderr.str()) == (pytest.ExitCode.USAGE_ERROR, True)


PROGRAMS = {
    "use_cassette": "import sls_contract; sls_contract.use_cassette('组.sls.yaml', 'once')",
    "load_cassette": "import sls_contract; sls_contract.load_cassette('组.sls.yaml')",
    "load_har": "import sls_contract; sls_contract.load_cassette('组.har')",
    "convert": "from sls_contract.captures.converting import tasks_of; from pathlib import Path; "
    "tasks_of({'组.har': 's3://bucket/组.har'}, Path('.'), '.sls.yaml')",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_in_python(ascii_names, tmp_path, program):
    """The same error, as a usage error."""
    file = tmp_path / "program.py"
    file.write_text(program, encoding="utf-8")
    with Started.really():
        done = subprocess.run([sys.executable, file], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "\nsls_contract.errors.UsageError: expected a file name in the encoding of this process" in done.stderr
    assert FIX in done.stderr


def test_half_a_surrogate_pair_is_in_no_name(tmp_path):
    """Whatever the encoding: UTF-8 cannot write it."""
    with pytest.raises(UsageError) as caught:
        use_cassette(tmp_path / "group\ud800.sls.yaml")
    half = advised(str(caught.value), "leave out the half of a surrogate pair")
    assert half
    use_cassette(tmp_path / "group.sls.yaml")
