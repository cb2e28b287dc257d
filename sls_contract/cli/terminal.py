"""What a command prints: in colours where a person reads it, as wide as their terminal."""

from __future__ import annotations

import shutil
from typing import IO, TYPE_CHECKING

from sls_contract.locale import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_STYLES = {  # what stands out in our lines; the last pattern that fits a place wins
    r"^ *(?P<faint>expected:|actual:|old:|new:|in |also in:|first in |again:|期望：|实际：|旧：|新：|位置：|重现：)": "dim",
    r"(?P<bad>\bSLS\d{3} \S+ \((violation|违规)\)|^(breaking\b|破坏性)"
    r"|\b[1-9]\d* (violations?\b|breaking\b|处违规|处破坏性))": "bold red",
    r"(?P<doubt>\bSLS\d{3} \S+ \((warning|警告)\)|^(additive\b|新增)|\b[1-9]\d* (warnings?\b|处警告))": "bold yellow",
    r"(?P<good>\bno violation\b|\b0 violations\b|^none:|没有违规|\b0 处违规)": "green",
    r"(?P<fix>How to fix:|修复方法：)": "bold green",
}


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
