"""The environment and streams of a command, and its output: coloured and wrapped on a terminal."""

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

_STYLES = {  # colours by pattern, in both languages; where several match, the last one wins
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

    def text_stream(self, arguments: argparse.Namespace) -> IO[str]:
        """Return the stream for text: standard error if ``--json -`` writes JSON to standard output."""
        return self.stderr if arguments.json == "-" else self.stdout

    def write(self, lines: Iterable[str], stream: IO[str] | None = None) -> None:
        """Write lines without colours to a stream, by default standard output, and flush it."""
        stream = stream or self.stdout
        stream.writelines(f"{line}\n" for line in lines)
        stream.flush()

    def show(self, lines: Iterable[str], stream: IO[str] | None = None) -> None:
        """Print lines to a stream, by default standard output, in colours on a terminal.

        NO_COLOR, FORCE_COLOR and TERM=dumb are respected.
        """
        lines, stream = map(translated, lines), stream or self.stdout
        if not (stream.isatty() or self.environ.get("FORCE_COLOR")):
            print(*lines, sep="\n", file=stream)
            return
        from rich.console import Console as RichConsole
        from rich.text import Text

        console = RichConsole(file=stream, _environ=self.environ, soft_wrap=True)
        for line in lines:
            text = Text(line)
            for pattern, style in _STYLES.items():
                text.highlight_regex(pattern, style)
            console.print(text)

    def report(self, document: Mapping[str, Any], arguments: argparse.Namespace, exit_code: int) -> None:
        """Write the document to the paths of ``--json`` and ``--report``, and for the CI service (`write_reports`).

        It has the exit code of the run: `merge` of reports is no better than the worst of them.
        """
        from sls_contract.reports import Surroundings, write_reports

        around = Surroundings(self.stdout, self.stderr, self.environ, utc_now())
        write_reports({**document, "exit_code": exit_code}, [arguments.json, *arguments.report], around)

    def keys(self) -> tuple[Credentials, ...]:
        """Return the key of the environment, or nothing if there is none."""
        from sls_contract.signing.environment import credentials_from_environment

        key = credentials_from_environment(self.environ)
        return (key,) if key else ()

    def scrubber(self) -> Scrubber:
        """Return a scrubber that removes the key of the environment."""
        from sls_contract.cassettes.scrub import Scrubber

        return Scrubber(self.keys())

    def read(self) -> bytes:
        """Read standard input to its end."""
        return self.stdin.buffer.read() if isinstance(self.stdin, io.TextIOWrapper) else self.stdin.read().encode()

    def confirm(self, question: str, consequence: str, refused: str) -> None:
        """Ask a question; raises `UsageError` without a terminal (with ``consequence``), and for any input but yes."""
        if not self.stdin.isatty():
            msg = f"stdin is not a terminal, so {consequence}. How to fix: pass --yes."
            raise UsageError(msg)
        print(f"{question} [y/N] ", end="", file=self.stderr, flush=True)
        if self.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise UsageError(refused)


def columns(stream: IO[str]) -> int | None:
    """Return the width of the terminal; None if the stream is no terminal."""
    return shutil.get_terminal_size().columns if stream.isatty() else None
