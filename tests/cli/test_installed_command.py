"""``sls-contract`` as its users run it: streams, signals, locales, pipes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from left_out import full
from started_processes import IN_UTF8, Started

from sls_contract import __version__
from sls_contract.cli import COMMANDS

SCRIPT = Path(sys.executable).with_name("sls-contract")
COMMITTED = Path(__file__).parents[2] / "cassettes"
PAGE = COMMITTED / "documents" / "get-checkpoint-page.sls.yaml"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LANG": ""}


@pytest.fixture
def command(command):
    """Start it in any case."""
    return partial(command, script=[str(SCRIPT)])


@pytest.fixture
def chinese(tmp_path):
    """Give a folder with a cassette of Chinese name and content."""
    folder = tmp_path / "录制😀é"
    folder.mkdir()
    shutil.copy(COMMITTED / "test_aliyun_log_python_sdk" / "test_names_in_chinese.sls.yaml", folder / "消费组.sls.yaml")
    return folder


def test_the_committed_cassettes_conform(command):
    """What this repository commits is green, and what it proves is told in the last column."""
    done = command("check", COMMITTED)
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 violations, 0 warnings, 0 unspecified" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("script", [(str(SCRIPT),), (sys.executable, "-m", "sls_contract")], ids=["script", "module"])
def test_script_and_module_are_the_same(command, script):
    """``python -m sls_contract`` is the command, down to its name in usage errors."""
    with Started.really():
        done = command("--version", script=script)
    assert (done.returncode, done.stdout) == (0, f"sls-contract {__version__}\n")
    assert command("chekc", script=script).stderr.startswith("usage: sls-contract ")


ONE_BY_ONE = """
import sys
for name in sys.argv[1:]:
    for module in [each for each in sys.modules if each.startswith("sls_contract")]:
        del sys.modules[module]
    from sls_contract.cli import run
    assert run([name, "--help"], environ={}, stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr) == 0, name
"""


@pytest.mark.slow
def test_each_command_starts_alone():
    """What it needs it loads itself: nothing of ours was loaded before it."""
    command = [sys.executable, "-c", ONE_BY_ONE, *COMMANDS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[2] for line in done.stdout.splitlines() if line.startswith("usage: ")] == [*COMMANDS]


def test_a_command_loads_no_other():
    """A start costs what its command needs: a word about a clause waits for no server and no generated requests."""
    program = "import sys; from sls_contract.cli import run; from io import StringIO as text; out = text()\n"
    program += "run(['explain', 'SLS204'], environ={}, stdin=text(), stdout=out, stderr=out); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "sls_contract.cli.explain" in loaded
    assert not {"sls_contract.cli.verify", "aiohttp", "asyncio", "hypothesis"} & {*loaded}


@pytest.mark.slow
@pytest.mark.parametrize("environ", [ASCII, full({"PYTHONIOENCODING": "ascii"})], ids=["locale", "encoding"])
def test_a_terminal_without_chinese_gets_escapes(command, chinese, environ):
    """In the C locale nothing fails, and what cannot be shown is escaped."""
    done = command("check", chinese, environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "2 exchanges" in done.stdout


@pytest.mark.full
def test_json_in_ascii_keeps_every_name(command, chinese):
    """Latin, Chinese and emoji in a path come back from the document as they were."""
    (broken,) = chinese.iterdir()
    broken.write_bytes(b"")
    done = command("check", chinese, "--json", "-", environ={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["findings"][0]["cassette"] == str(broken)


@pytest.mark.slow
def test_utf8_shows_chinese(command, chinese):
    """Where the terminal can, names are shown as they are."""
    assert "录制😀é/消费组.sls.yaml" in command("check", chinese, environ={"PYTHONUTF8": "1"}).stdout


@pytest.mark.parametrize("argv", [("explain",), ("check", COMMITTED)], ids=lambda argv: argv[0])
def test_a_reader_that_left_is_no_error(argv):
    """``| head`` closes the pipe: no traceback, nothing on standard error."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([SCRIPT, *argv], stdout=writing, stderr=subprocess.PIPE, timeout=30, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_is_told_in_one_line(command):
    """The report that could not be written is not taken for success."""
    with Path("/dev/full").open("w") as full:
        done = command("check", COMMITTED, stdout=full)
    assert (done.returncode, done.stderr) == (2, "sls-contract: No space left on device\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argv", "code", "closed"),
    [
        ("check nothing", 2, "<&- >&- 2>&-"),
        full("explain SLS204", 0, ">&-"),
        full("check nothing", 2, ">&-"),
        full("explain SLS204", 0, "<&- >&- 2>&-"),
        full("signature -", 2, ">&-"),
        full("signature -", 2, "<&- >&- 2>&-"),
    ],
)
def test_closed_streams_are_no_error(tmp_path, argv, code, closed):
    """A daemon without standard streams gets the exit code that it would get with them."""
    shell = ["sh", "-c", f"'{SCRIPT}' {argv} {closed}"]
    done = subprocess.run(shell, cwd=tmp_path, capture_output=True, timeout=30, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (code, False)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), full(signal.SIGTERM, 143)])
def test_signals_end_a_check_with_their_code(tmp_path, number, code):
    """INT is 130, TERM 143, and what was judged until then is shown."""
    for count in range(1000):
        shutil.copy(PAGE, tmp_path / f"{count}.sls.yaml")
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "judging\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, "")
    assert "cassettes: interrupted" in out


WATCHED = """
import sys
from sls_contract.cassettes import audit
judge, told = audit.judge, []
def telling(*args, **named):
    if not told:
        told.append(print("judging", flush=True))
    return judge(*args, **named)
audit.judge = telling
sys.argv[1:] = ["check", "--jobs", "1", sys.argv[1]]
from sls_contract.cli import main
main()
"""


@pytest.mark.full
def test_a_contract_is_shown_as_json_in_any_terminal(command, tmp_path):
    """A folder may have a Chinese name; in a terminal without Chinese, what is shown is still JSON."""
    export = command("spec", "export", "--format", "json-schema", "--operation", "GetCheckPoint", "--out", "出")
    assert (export.returncode, len(list((tmp_path / "出").iterdir()))) == (0, 4)
    shown = [command("spec", "show", "GetCheckPoint", "--json", "-", environ=each) for each in (IN_UTF8, ASCII)]
    assert json.loads(shown[0].stdout) == json.loads(shown[1].stdout)
    assert json.loads(shown[0].stdout)["contract"]["operation"] == "GetCheckPoint"


@pytest.mark.full(keep=3)
@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("check", "nothing"), "no such file or folder"),
        (("check", "--json", "/proc/nothing/x", PAGE), "cannot write the report"),
        (("signature", "nothing"), "name a file with an HTTP request"),
        (("spec", "show", "nothing"), "expected the name of an operation"),
        (("spec", "export", "--format", "openapi", "--out", "/proc/nothing"), "--out to be a place"),
        (("explain", "nothing"), "no clause has the code or slug 'nothing'"),
        (("serve", "--shards", "0"), "shards must be"),
        (("serve", "--host", "no.such.host.invalid", "--port", "0"), "no.such.host.invalid"),
        (("serve", "--state", "/proc/nothing/x"), "/proc/nothing/x"),
        (("serve", "--credentials-from-env", "--port", "0"), "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    ],
    ids=lambda value: "-".join(map(str, value[:2])) if isinstance(value, tuple) else "",
)
def test_wrong_use_is_2_and_told_on_standard_error(command, argv, told):
    """Every command says in its own name what was wrong; standard output stays empty for programs."""
    done = command(*argv)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert done.stderr.startswith(f"sls-contract {argv[0]}: ")
    assert argv[0] == "check" or done.stdout == ""
