"""Where a command runs, and what it prints: in colours where a person reads it, as wide as their terminal."""

from __future__ import annotations

import io
import shutil
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from sls_contract.clock import utc_now
from sls_contract.errors import UsageError
from sls_contract.locale import translated

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.signing import Credentials

_STYLES = {  # what stands out in our lines; the last pattern that fits a place wins
    r"^ *(?P<faint>expected:|actual:|old:|new:|in |also in:|first in |again:"
    r"|(期望|实际|旧|新|位置|另见|重现)：)": "dim",
    r"(?P<bad>\bSLS\d{3} \S+ \((violation|违规)\)|^(breaking\b|破坏性)"
    r"|\b[1-9]\d* (violations?\b|breaking\b|处违规|处破坏性))": "bold red",
    r"(?P<doubt>\bSLS\d{3} \S+ \((warning|警告)\)|^(additive\b|新增)|\b[1-9]\d* (warnings?\b|处警告))": "bold yellow",
    r"(?P<good>\bno violation\b|\b0 violations\b|^(none:|无：)|没有违规|\b0 处违规)": "green",
    r"(?P<fix>How to fix:|修复方法：)": "bold green",
}


@dataclass(frozen=True, slots=True)
class Console:
    """The environment of a command, and the streams that it reads and writes."""

    environ: Mapping[str, str]
    stdin: IO[str]
    stdout: IO[str]
    stderr: IO[str]

    def people(self, arguments: argparse.Namespace) -> IO[str]:
        """Return where people read: with ``--json -`` standard output belongs to the document."""
        return self.stderr if arguments.json == "-" else self.stdout

    def tell(self, lines: Iterable[str], stream: IO[str] | None = None) -> None:
        """Write plain lines to a stream, standard output by default, at once."""
        stream = stream or self.stdout
        stream.writelines(f"{line}\n" for line in lines)
        stream.flush()

    def show(self, lines: Iterable[str], stream: IO[str] | None = None) -> None:
        """Print lines as `show` does."""
        show(lines, stream or self.stdout, self.environ)

    def report(self, document: Mapping[str, Any], arguments: argparse.Namespace) -> None:
        """Write the document where ``--json``, ``--report`` and the CI service want it (`write_reports`)."""
        from sls_contract.reports import Surroundings, write_reports

        around = Surroundings(self.stdout, self.stderr, self.environ, utc_now())
        write_reports(document, [arguments.json, *arguments.report], around)

    def keys(self) -> tuple[Credentials, ...]:
        """Return the key of the environment, where it has one."""
        from sls_contract.signing.environment import credentials_from_environment

        key = credentials_from_environment(self.environ)
        return (key,) if key else ()

    def scrubber(self) -> Scrubber:
        """Return what takes that key out of whatever is told."""
        from sls_contract.cassettes.scrub import Scrubber

        return Scrubber(self.keys())

    def read(self) -> bytes:
        """Read standard input to its end."""
        return self.stdin.buffer.read() if isinstance(self.stdin, io.TextIOWrapper) else self.stdin.read().encode()

    def agree(self, question: str, without: str, done: str) -> None:
        """Ask a person; raises `UsageError` where none is there (``without`` says what that means), or disagrees."""
        if not self.stdin.isatty():
            msg = f"stdin is not a terminal, so {without}. How to fix: pass --yes."
            raise UsageError(msg)
        print(f"{question} [y/N] ", end="", file=self.stderr, flush=True)
        if self.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise UsageError(done)


def show(lines: Iterable[str], stream: IO[str], environ: Mapping[str, str]) -> None:
    """Print lines, coloured where the stream is a terminal; NO_COLOR, FORCE_COLOR and TERM=dumb are respected."""
    lines = map(translated, lines)
    if not (stream.isatty() or environ.get("FORCE_COLOR")):
        print(*lines, sep="\n", file=stream)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, _environ=environ, soft_wrap=True)
    for line in lines:
        text = Text(line)
        for pattern, style in _STYLES.items():
            text.highlight_regex(pattern, style)
        console.print(text)


def columns(stream: IO[str]) -> int | None:
    """Return how wide the terminal is; None where nobody reads along."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
