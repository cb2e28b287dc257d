"""The command line: each command is a module with ``configure`` and ``run``; this one picks and guards them.

Exit codes: 0 conforming, 1 a violation was found, 2 usage or nothing checked, 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import signal
import sys
from importlib import import_module
from typing import IO, TYPE_CHECKING, NoReturn

from sls_contract import __version__
from sls_contract.errors import SlsContractError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

COMMANDS = ("check", "signature", "serve", "schemas", "explain")

INTERRUPTED = 130
PIPE_CLOSED = 141
TERMINATED = 143
USAGE = 2


def main() -> NoReturn:
    """Run the command named in ``sys.argv`` and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with contextlib.suppress(ValueError):  # not the main thread: whoever called us handles signals
        signal.signal(signal.SIGTERM, _terminate)
    sys.exit(run(sys.argv[1:], environ=os.environ, stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr))


def run(argv: Sequence[str], *, environ: Mapping[str, str], stdin: IO[str], stdout: IO[str], stderr: IO[str]) -> int:
    """Run one command and return its exit code; no exception of ours leaves as a traceback."""
    arguments = parser().parse_args(argv)
    try:
        code = int(arguments.run(arguments, environ=environ, stdin=stdin, stdout=stdout, stderr=stderr))
        stdout.flush()
    except SlsContractError as error:
        print(f"sls-contract {arguments.command}: {error}", file=stderr)
        return USAGE
    except KeyboardInterrupt:
        print("interrupted", file=stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader left (`| head`): nothing more to say, also at exit
        return PIPE_CLOSED
    return code


def parser() -> argparse.ArgumentParser:
    """Build the parser with every command's options."""
    top = argparse.ArgumentParser(
        prog="sls-contract",
        description="The executable contract of Alibaba Cloud SLS GetCheckPoint.",
        epilog="Credentials come from ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and "
        "ALIBABA_CLOUD_SECURITY_TOKEN, never from arguments.",
    )
    top.add_argument("--version", action="version", version=f"sls-contract {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS:
        import_module(f"sls_contract.cli.{name}").configure(commands)
    return top


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)
