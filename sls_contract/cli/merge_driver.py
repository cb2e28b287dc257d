"""``sls-contract merge-driver``: git's merge driver for cassettes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.reports.text import on_one_line, plural, printable

if TYPE_CHECKING:
    import argparse

    from sls_contract.cli.terminal import Console


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "merge-driver",
        help="merge a cassette that two branches changed (git's merge driver)",
        description="Merge a cassette exchange by exchange, and write the result to OURS. Exchanges that both branches "
        "added are kept. If both changed one exchange, both complete versions are kept between conflict markers.",
        epilog="Set up: git config merge.sls-contract.driver 'sls-contract merge-driver %O %A %B %P', and in "
        ".gitattributes: *.sls.yaml merge=sls-contract. Exit codes: 0 merged, 1 a conflict is left, 2 not merged. "
        "Example: sls-contract merge-driver base.sls.yaml ours.sls.yaml theirs.sls.yaml",
    )
    command.add_argument("base", metavar="BASE", type=Path, help="the cassette before both changes (%%O)")
    command.add_argument("ours", metavar="OURS", type=Path, help="our version, which is replaced (%%A)")
    command.add_argument("theirs", metavar="THEIRS", type=Path, help="their version (%%B)")
    command.add_argument("name", metavar="NAME", nargs="?", help="the name in messages (%%P; default: OURS)")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Merge three files into the second; return the exit code."""
    from sls_contract.cassettes.file.merging import Sides, merge

    sides = Sides(_text(arguments.base), _text(arguments.ours), _text(arguments.theirs))
    merged = merge(sides)
    arguments.ours.write_text(merged.text, encoding="utf-8", newline="\n")
    if not merged.conflicts:
        return 0
    name, conflicts = arguments.name or str(arguments.ours), merged.conflicts
    file = printable(shlex.quote(name))
    print(
        f"sls-contract merge-driver: {on_one_line(name)}: {plural(len(conflicts), 'conflict')}: "
        f"{', '.join(conflicts)}\n"
        f"How to fix: keep one side (git checkout --ours {file}, or --theirs), or keep one version of each in the file "
        f"and delete the marker lines; then sls-contract check {file}",
        file=console.stderr,
    )
    return 1


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}. How to fix: name three files: BASE OURS THEIRS."
        raise UsageError(msg) from error
    except UnicodeDecodeError as error:
        msg = (
            f"expected {path} to be UTF-8, got byte {error.start + 1} that is not. "
            "How to fix: keep the side that is UTF-8 (git checkout --ours FILE, or --theirs)."
        )
        raise UsageError(msg) from error
