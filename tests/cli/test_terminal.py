"""What a person sees in a terminal of their width, in colours or without, and what a pipe gets."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from left_out import full

from sls_contract.reports.text import width

SCRIPT = Path(sys.executable).with_name("sls-contract")
COMMITTED = Path(__file__).parents[2] / "cassettes"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")


def in_terminal(columns, *argv, **environ):
    """Run the installed script in a terminal; give all that it showed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    process = subprocess.Popen(
        [SCRIPT, *map(str, argv)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**inherited, "TERM": "xterm", **environ},
    )
    os.close(theirs)
    shown = bytearray()
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        shown += part
    os.close(ours)
    process.wait(timeout=60)
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.full(keep=4)
@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize(
    "argv",
    [(), ("check", COMMITTED), ("verify", "--list"), ("exercise", "--list"), ("spec", "list")],
    ids=lambda argv: "-".join(map(str, argv[:1])) or "alone",
)
def test_no_table_is_wrapped(columns, argv):
    """Where a table does not fit, its rows are paragraphs; Chinese names count with the cells that they take."""
    lines = CONTROL.sub("", in_terminal(columns, *argv)).split("\n")
    rules = [at for at, line in enumerate(lines) if line and set(line) == {"-", " "}]
    for at in rules:
        table = lines[at - 1 : lines.index("", at) if "" in lines[at:] else None]
        assert max(map(width, table)) <= columns
    assert argv != () or max(map(width, lines)) <= columns
    assert len(lines) > 5


@pytest.fixture
def violated(tmp_path):
    """Make a cassette with a Chinese name that breaks the contract."""
    path = tmp_path / "消费组.sls.yaml"
    text = (COMMITTED / "documents" / "get-checkpoint-page.sls.yaml").read_text("utf-8")
    path.write_text(text.replace("code: 200", "code: 201", 1), "utf-8")
    return path


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False), ({"TERM": "dumb", "FORCE_COLOR": "1"}, False)],
)
def test_a_terminal_gets_colours_unless_they_are_not_wanted(violated, environ, coloured):
    """NO_COLOR and TERM=dumb leave the text as it is in a pipe."""
    shown = in_terminal(120, "check", violated, **environ)
    assert bool(COLOUR.search(shown)) is coloured
    assert "消费组.sls.yaml" in shown


def test_a_pipe_gets_colours_only_where_they_are_forced(command, violated):
    """FORCE_COLOR colours the report of a build log, and nothing else in the text changes."""
    plain = command("check", violated, environ={"PYTHONUTF8": "1"})
    forced = command("check", violated, environ={"PYTHONUTF8": "1", "FORCE_COLOR": "1", "TERM": "xterm"})
    assert (plain.returncode, forced.returncode) == (1, 1)
    assert not CONTROL.search(plain.stdout)
    assert COLOUR.search(forced.stdout)
    assert CONTROL.sub("", forced.stdout) == plain.stdout
    assert forced.stderr == ""


@pytest.mark.parametrize("columns", [60, full(120)])
def test_progress_counts_and_leaves_nothing(columns, tmp_path):
    """A long run says how many of how many are done; its line is gone when the report is shown."""
    shown = in_terminal(columns, "check", COMMITTED)
    assert re.search(r"\d+ of 17 ", CONTROL.sub("", shown))
    assert "\x1b[2K" in shown.rpartition(" of 17 ")[2]
    assert " of 17 " not in in_terminal(columns, "check", COMMITTED, TERM="dumb")
    copied = in_terminal(
        columns, "convert", COMMITTED / "documents" / "get-checkpoint-page.sls.yaml", tmp_path / "a.har"
    )
    assert re.search(r"\d+ of 10 ", CONTROL.sub("", copied))
    assert " of 1 " in CONTROL.sub("", in_terminal(columns, "diff", *[next(COMMITTED.rglob("*.sls.yaml"))] * 2))
