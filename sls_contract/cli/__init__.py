"""The command line: each command is a module with ``configure`` and ``run``; this module selects and runs it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from sls_contract import __version__
from sls_contract.cli.parser import Parser
from sls_contract.cli.terminal import Console, columns
from sls_contract.errors import SlsContractError
from sls_contract.exit_codes import INCOMPLETE, INTERRUPTED, PIPE_CLOSED, TERMINATED
from sls_contract.locale import language_of, translating

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import FrameType

COMMANDS = (
    "init",
    "verify",
    "check",
    "diff",
    "convert",
    "cassettes",
    "merge",
    "merge-driver",
    "signature",
    "serve",
    "replay",
    "proxy",
    "exercise",
    "spec",
    "explain",
    "completion",
)


def main() -> NoReturn:
    """Run the command that ``sys.argv`` names, and exit with its exit code."""
    _open_streams()
    with contextlib.suppress(ValueError):  # not the main thread: the caller handles signals
        signal.signal(signal.SIGTERM, _terminate)
    code = run(sys.argv[1:], environ=os.environ, stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr)
    with contextlib.suppress(ValueError):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # all is written: one more signal must not change the exit code
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # reported already; the interpreter flushes at exit, too, and must not report it again
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def run(argv: Sequence[str], *, environ: Mapping[str, str], stdin: IO[str], stdout: IO[str], stderr: IO[str]) -> int:
    """Run a command and return its exit code; print an `SlsContractError` or `OSError` as one message."""
    with language_of(environ):
        return _guarded(argv, environ, stdin, translating(stdout), translating(stderr))


def _guarded(argv: Sequence[str], environ: Mapping[str, str], stdin: IO[str], stdout: IO[str], stderr: IO[str]) -> int:
    try:
        return _run(argv, Console(environ, stdin, stdout, stderr))
    except BrokenPipeError:
        return PIPE_CLOSED  # such as `| head`: no message, as other programs do
    except KeyboardInterrupt:
        return _failed("interrupted", INTERRUPTED, stderr)
    except OSError as error:
        named = f": {error.filename}" if error.filename else ""
        return _failed(f"sls-contract: {error.strerror or error}{named}", INCOMPLETE, stderr)


def _run(argv: Sequence[str], console: Console) -> int:
    command = "sls-contract"
    try:
        if not argv:
            from sls_contract.cli.overview import overview

            console.show(overview(columns(console.stdout)))
            return INCOMPLETE
        arguments = parser(argv[0]).parse_args(argv)
        command = f"sls-contract {arguments.command}"
        with _contracts(arguments):
            code = int(arguments.run(arguments, console))
    except SlsContractError as error:
        return _failed(f"{command}: {_without_key(str(error), console)}", INCOMPLETE, console.stderr)
    except SystemExit as end:  # of argparse, or of SIGTERM
        code = int(end.code or 0)
    console.stdout.flush()  # here, where a full disk or a closed pipe can still be reported
    return code


def _contracts(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    """Return a context that uses the contracts of ``--contract``; for commands without the option it does nothing."""
    folder = getattr(arguments, "contract", None)
    if folder is None:
        return contextlib.nullcontext()
    from sls_contract.spec.registry import contracts_in

    return contracts_in(folder)


def _without_key(text: str, console: Console) -> str:
    """Remove the environment's key from an error message, which may quote an argument, a URL or a file."""
    with contextlib.suppress(SlsContractError):  # an incomplete key, which may be the error that is printed
        return console.scrubber().text(text) if console.keys() else text
    return text


def _failed(line: str, code: int, stderr: IO[str]) -> int:
    with contextlib.suppress(OSError):  # stderr is closed: the exit code is all there is
        print(line, file=stderr, flush=True)
    return code


def _open_streams() -> None:
    """Replace standard streams that are closed (``>&-`` makes them None); escape characters that an encoding lacks."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open until the exit
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def parser(named: str = "") -> argparse.ArgumentParser:
    """Build the parser with the options of the command ``named``, or of all commands if there is no such command."""
    top = Parser(
        prog="sls-contract",
        description="Contract tests for Alibaba Cloud Simple Log Service (SLS).",
        epilog="Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and "
        "ALIBABA_CLOUD_SECURITY_TOKEN, never from arguments. Example: sls-contract check cassettes/",
    )
    top.add_argument("--version", action="version", version=f"sls-contract {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")
    needed = (named,) if named in COMMANDS else COMMANDS
    for name in needed if named != "--version" else ():
        import_module(f"sls_contract.cli.{name.replace('-', '_')}").configure(commands)
    return top


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)
