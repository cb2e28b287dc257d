"""Options that several commands have: what they take, and what they refuse before anything is done."""

from __future__ import annotations

import io
import shutil
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from sls_contract import cli
from sls_contract.cli.options import at_least, read_host, read_port, report_path

PAGE = Path(__file__).parents[3] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"


def run(*argv) -> int:
    streams = {"stdin": io.StringIO(), "stdout": io.StringIO(), "stderr": io.StringIO()}
    return cli.run([*map(str, argv)], environ={}, **streams)


def test_a_report_is_never_written_over_a_recording(tmp_path, capsys):
    """With ``check --json *.yaml`` the shell makes the first recording the name of the report: it stays as it was."""
    recordings = [Path(shutil.copy(PAGE, tmp_path / f"{name}.sls.yaml")) for name in "ab"]
    assert run("check", "--json", *recordings) == 2
    assert [each.read_bytes() for each in recordings] == [PAGE.read_bytes()] * 2
    assert "the name of a recording" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check x", "diff x y", "verify", "exercise", "signature x", "replay x"])
def test_every_command_looks_at_the_reports_name_first(tmp_path, command, capsys):
    """A folder is refused before a run, not after it."""
    name, *paths = command.split()
    assert run(name, "--json", tmp_path, *paths) == 2
    assert f"argument --json: must name a file for the report, such as report.json, got {str(tmp_path)!r}" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("text", ["a.YAML", "a.yml", "b/a.har", "", "."])
def test_what_is_no_place_for_a_report(text):
    """Recordings in any casing, folders and nothing are refused."""
    with pytest.raises(ArgumentTypeError, match=r"such as report\.json"):
        report_path(text)


@pytest.mark.parametrize("text", ["-", "report.json", "/dev/stdout", "out/报告"])
def test_a_report_has_any_other_name(text):
    """Standard output, devices and names without a suffix are taken as they are."""
    assert report_path(text) == text


@pytest.mark.parametrize("text", ["http://sls.example.com", "", " ", "a b", "a/b"])
def test_what_is_no_host(text):
    """A URL where a host belongs would never match a request, and nobody would know why."""
    with pytest.raises(ArgumentTypeError, match="must be the name of a host"):
        read_host(text)


def test_a_host_is_taken_as_it_is():
    """Names, addresses, ports and the star of ``serve`` stay."""
    assert [read_host(text) for text in ("sls.example.com", "10.0.0.1:80", "[::1]", "*")] == [
        "sls.example.com",
        "10.0.0.1:80",
        "[::1]",
        "*",
    ]


@pytest.mark.parametrize("text", ["-1", "65536", "x", "", "８０", "80.0"])
def test_what_is_no_port(text):
    """The range is named, and what came."""
    with pytest.raises(ArgumentTypeError, match="must be a number from 0 to 65535, got"):
        read_port(text)


def test_numbers_that_are_taken():
    """Both ends of a range belong to it."""
    assert (read_port("0"), read_port("65535"), at_least(0)("0"), at_least(1)("1")) == (0, 65535, 0, 1)


@pytest.mark.parametrize(("least", "text"), [(0, "-1"), (1, "0"), (1, "x"), (0, "³"), (0, "８")])
def test_a_number_below_the_least(least, text):
    """Less, and what is no number, is refused with the least."""
    with pytest.raises(ArgumentTypeError, match=f"must be {least} or more, got {text!r}"):
        at_least(least)(text)
