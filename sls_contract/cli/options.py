"""Options that several commands have."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.reports.writing import KINDS, kind_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_RECORDINGS = (".yaml", ".yml", ".har")
_MOST_PORTS = 65_535
_FINDINGS = "also write the findings as JSON; - for standard output"
_CONTRACTS = "also judge by the contracts in this folder; they extend or override the shipped ones"
_PROCESSES = "number of processes (default: the number of cores)"


def add_json(parser: argparse.ArgumentParser, text: str) -> None:
    """Declare ``--json``; ``text`` is its help. Its path is checked before the run, not at its end."""
    parser.add_argument("--json", type=report_path, metavar="PATH", help=text)


def add_reports(parser: argparse.ArgumentParser, text: str = _FINDINGS) -> None:
    """Declare ``--json`` and ``--report``."""
    add_json(parser, text)
    kinds = ", ".join(KINDS[:-1])
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        type=_kind_path,
        metavar="PATH",
        help=f"write a report; the suffix selects the format ({kinds} or {KINDS[-1]}): "
        ".xml is JUnit, .codequality.json is GitLab's code quality; repeatable",
    )


def _kind_path(text: str) -> str:
    try:
        kind_of(report_path(text))
    except UsageError as error:
        raise ArgumentTypeError(str(error)) from error
    return text


def add_contract(parser: argparse.ArgumentParser, text: str = _CONTRACTS) -> None:
    """Declare ``--contract``; ``text`` is its help. `sls_contract.cli` reads the folder before the command runs."""
    parser.add_argument("--contract", metavar="DIR", type=Path, help=text)


def add_jobs(parser: argparse.ArgumentParser, text: str = _PROCESSES, default: int | None = None) -> None:
    """Declare ``--jobs`` and ``--engine``; ``text`` is the help of the first, None means the number of cores."""
    from sls_contract.captures.engine import ENGINES, cores

    parser.add_argument("--jobs", type=at_least(1), default=default or cores(), metavar="N", help=text)
    parser.add_argument(
        "--engine",
        choices=ENGINES,
        default="local",
        help="work on this machine, or on the cluster of DASK_SCHEDULER_ADDRESS or RAY_ADDRESS (default: %(default)s)",
    )


def add_strict(parser: argparse.ArgumentParser) -> None:
    """Declare ``--strict``."""
    parser.add_argument("--strict", action="store_true", help="warnings fail, too")


def add_verbose(parser: argparse.ArgumentParser, shows: str) -> None:
    """Declare ``--verbose``; ``shows`` is its help."""
    parser.add_argument("--verbose", action="store_true", help=shows)


def add_allow_host(parser: argparse.ArgumentParser, text: str) -> None:
    """Declare ``--allow-host``; ``text`` is its help."""
    parser.add_argument("--allow-host", action="append", default=[], type=read_host, metavar="NAME", help=text)


def report_path(text: str) -> str:
    """Return the path of a report.

    Raises `ArgumentTypeError` for a folder, and for a recording, which ``check --json *.yaml`` would overwrite.
    """
    if text.lower().endswith(_RECORDINGS):
        msg = f"must name a file for the report, such as report.json; got {text!r}, the name of a recording"
        raise ArgumentTypeError(msg)
    if not text or Path(text).is_dir():
        msg = f"must name a file for the report, such as report.json, got {text!r}"
        raise ArgumentTypeError(msg)
    return text


def read_host(text: str) -> str:
    """Return the name of a host; raises `ArgumentTypeError` for a URL and for empty text."""
    if not text or "/" in text or any(char.isspace() for char in text):
        msg = f"must be the name of a host, such as sls.example.com, got {text!r}"
        raise ArgumentTypeError(msg)
    return text


def read_port(text: str) -> int:
    """Return the number of a port; raises `ArgumentTypeError` for anything else."""
    if not (text.isascii() and text.isdecimal() and int(text) <= _MOST_PORTS):
        msg = f"must be a number from 0 to {_MOST_PORTS}, got {text!r}"
        raise ArgumentTypeError(msg)
    return int(text)


def at_least(least: int) -> Callable[[str], int]:
    """Return a function that reads a whole number of at least ``least``; it raises `ArgumentTypeError` otherwise."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and int(text) >= least):
            msg = f"must be {least} or more, got {text!r}"
            raise ArgumentTypeError(msg)
        return int(text)

    return read
