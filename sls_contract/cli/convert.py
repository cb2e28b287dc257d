"""``sls-contract convert``: cassettes to HAR 1.2, HARs of browsers and proxies to cassettes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract import __version__
from sls_contract.cli.progress import progress
from sls_contract.errors import UsageError
from sls_contract.reports import plural
from sls_contract.reports.text import on_one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from sls_contract.cassettes.conversion import Conversion
    from sls_contract.cassettes.opening import Recorded
    from sls_contract.cassettes.scrub import Leak
    from sls_contract.cli.terminal import Console

_CASSETTES = (".yaml", ".yml")


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "convert",
        help="turn cassettes into HAR 1.2, and back",
        description="Write the exchanges of a cassette (ours or vcrpy's) or a HAR (of a browser, a proxy, or ours) "
        "into another file: a HAR where its name ends in .har, else a cassette. Secrets are taken out: those of the "
        "environment, and key-shaped strings. What the target format cannot store is reported.",
        epilog="Exit codes: 0 written, 1 written and a secret is left in it, 2 nothing was written. "
        "Example: sls-contract convert reads.sls.yaml reads.har",
    )
    command.add_argument("source", metavar="SOURCE", type=Path, help="a cassette or a HAR")
    command.add_argument("target", metavar="TARGET", type=Path, help="the file to write: .har, .yaml or .yml")
    command.add_argument("--force", action="store_true", help="replace TARGET where it exists")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Convert one file; return the exit code."""
    from sls_contract.cassettes.conversion import PASSES, converted
    from sls_contract.cassettes.opening import opened
    from sls_contract.cassettes.scrub import leaks

    _require(arguments.target, force=arguments.force)
    scrubber = console.scrubber()
    source = opened(arguments.source)
    if not len(source):
        msg = f"{arguments.source} has no HTTP exchange; nothing was written. How to fix: name another file."
        raise UsageError(msg)
    with progress(PASSES * len(source), console) as shown:
        conversion = converted(source, scrubber, lambda done: shown(done, str(arguments.source)))
    _write(arguments.target, conversion)
    left = leaks(arguments.target.read_bytes(), scrubber)
    lines = [
        *_told(source, scrubber.text(getattr(source, "creator", "")), arguments, conversion),
        *_left(left, arguments.target),
    ]
    console.tell(map(on_one_line, lines))
    return int(bool(left))


def _require(target: Path, *, force: bool) -> None:
    """Refuse a target that is of no known kind, or that would be lost."""
    from sls_contract.cassettes.opening import is_har

    if not is_har(target) and target.suffix.lower() not in _CASSETTES:
        msg = f"expected TARGET to end in .har, .yaml or .yml, got {target}. How to fix: use .har, .yaml or .yml."
        raise UsageError(msg)
    if target.exists() and not force:
        msg = f"{target} exists. How to fix: name another file, or pass --force to replace it."
        raise UsageError(msg)


def _write(target: Path, conversion: Conversion) -> None:
    from sls_contract.cassettes.file.recording_file import write
    from sls_contract.cassettes.har.archive import write_har
    from sls_contract.cassettes.opening import is_har

    if is_har(target):
        write_har(target, conversion.recordings, __version__)
    else:
        write(target, conversion.recordings)


def _told(source: Recorded, creator: str, arguments: argparse.Namespace, conversion: Conversion) -> Iterator[str]:
    """Yield what was written, of which file (``creator``: the tool that made it, scrubbed), and what was lost."""
    from sls_contract.cassettes.conversion import lost, unseen
    from sls_contract.cassettes.opening import is_har

    of = f"{arguments.source} ({creator})" if creator else f"{arguments.source}"
    yield f"{arguments.target}: {plural(len(conversion.recordings), 'exchange')} of {of}"
    if conversion.scrubbed:
        yield f"scrubbed: {plural(conversion.scrubbed, 'exchange')}"
    yield from (f"not looked into: {place}" for place in conversion.closed)
    yield from (f"lost: {what}" for what in lost(source, conversion.recordings))
    if is_har(arguments.target):
        yield from (f"for sls-contract only (_contract): {what}" for what in unseen(conversion.recordings))


def _left(left: tuple[Leak, ...], target: Path) -> Iterator[str]:
    for leak in left:
        yield f"{target}:{leak.line}: SLS601 secret-in-recording: {leak.kind} was written: {leak.excerpt}"
    if left:
        yield "How to fix: delete the file, and remove the secret from the source."
