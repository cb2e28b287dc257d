"""Lines for a terminal: tables that align columns with Chinese text, findings, counts."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from sls_contract.locale import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sls_contract.spec import Finding

NOTHING = "-"
"""The text of an empty cell."""

_GAP = "  "
_WIDTH_IN_PIPE = 100
_MIN_WIDTH_OF_TEXT = 30


def width(text: str) -> int:
    """Return how many terminal cells the text takes: wide East Asian characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], columns: int | None = None, *, name_last: bool = False
) -> Iterator[str]:
    """Yield a table's lines: left-aligned text, right-aligned numbers, a rule under the header.

    Each row stays on one line: unprintable characters are escaped. If the table is wider than ``columns``, each row
    becomes a paragraph, which fits a narrow terminal. With ``name_last`` the first column comes last, so that a long
    name widens its own line only.
    """
    kept = [tuple(row) for row in rows]
    cells = [
        tuple(translated(cell, alone=True) for cell in header),
        *(tuple(translated(on_one_line(str(cell)), alone=True) for cell in row) for row in kept),
    ]
    widths = [max(width(row[column]) for row in cells) for column in range(len(header))]
    if columns is not None and sum(widths) + len(_GAP) * (len(widths) - 1) > columns:
        yield from _paragraphs(columns, *cells)
        return
    numeric = [bool(kept) and all(isinstance(row[column], int) for row in kept) for column in range(len(header))]
    order = [*range(1, len(widths)), 0] if name_last else [*range(len(widths))]
    if name_last:
        widths[0] = width(cells[0][0])
    for number, row in enumerate(cells):
        yield _GAP.join(_padded(row[column], widths[column], right=numeric[column]) for column in order).rstrip()
        if number == 0:
            yield _GAP.join("-" * widths[column] for column in order)


def _padded(cell: str, size: int, *, right: bool) -> str:
    blanks = " " * (size - width(cell))
    return blanks + cell if right else cell + blanks


def _paragraphs(columns: int, header: Sequence[str], *rows: Sequence[str]) -> Iterator[str]:
    for name, *facts in rows:
        yield name
        line = ""
        for fact in (f"{label} {fact}" for label, fact in zip(header[1:], facts, strict=True) if fact != NOTHING):
            if line and width(f"{line}; {fact}") > columns:
                yield line
                line = ""
            line = f"{line}; {fact}" if line else f"  {fact}"
        yield line


def listing(rows: Iterable[tuple[str, str, str]], columns: int | None = None) -> Iterator[str]:
    """Yield rows of area, name and text: a heading for each area, and below it the names with their texts.

    Lines have at most ``columns`` cells, or 100 in a pipe, unless a single word is longer.
    """
    areas: dict[str, list[tuple[str, str]]] = {}
    for area, name, text in rows:
        areas.setdefault(area, []).append((name, translated(on_one_line(text), alone=True)))
    size = max(width(name) for listed in areas.values() for name, _ in listed)
    room = max((columns or _WIDTH_IN_PIPE) - size - 2 * len(_GAP), _MIN_WIDTH_OF_TEXT)
    for number, (area, listed) in enumerate(areas.items()):
        yield from [""] * bool(number)
        yield translated(area, alone=True)
        for name, text in listed:
            first, *rest = wrapped(text, room) or [""]
            yield f"{_GAP}{name}{' ' * (size - width(name))}{_GAP}{first}"
            yield from (f"{_GAP}{' ' * size}{_GAP}{line}" for line in rest)


def wrapped(text: str, columns: int, first: str = "", rest: str = "", *, at_hyphens: bool = True) -> list[str]:
    """Wrap the text to lines of ``columns`` terminal cells, indented; lines may end between any wide characters."""
    if width(text) == len(text):
        return textwrap.wrap(text, columns, initial_indent=first, subsequent_indent=rest, break_on_hyphens=at_hyphens)
    lines, line, start = [], "", first
    for word in re.findall(_UNBROKEN, " ".join(text.split())):
        if line and width(f"{start}{line}{word}".rstrip()) > columns:
            lines.append(f"{start}{line.rstrip()}")
            line, start = word.lstrip(), rest
        else:
            line += word
    return [*lines, f"{start}{line.rstrip()}"] if line else lines


_WIDE = "\u2e80-\uffff"
# A word, or a wide character, with the marks that may not begin a line. Compiled on first use.
_UNBROKEN = rf"\s*[（“‘《]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[，。；：、！？）”’》…]*"


def finding_lines(finding: Finding, place: str = "") -> list[str]:
    """Return a finding as lines, starting with its place."""
    head, *rest = printable(str(finding)).split("\n")
    return [f"{on_one_line(place)}: {head}" if place else head, *rest]


def on_one_line(text: str) -> str:
    """Return the text printable and without line ends: a file's name may contain any character."""
    return printable(text).replace("\n", "\\n")


def printable(text: str) -> str:
    """Return the text with unprintable characters escaped (control characters, stray bytes)."""
    return "".join(
        char if char == "\n" or (char.isprintable() and not "\ud800" <= char <= "\udfff") else ascii(char)[1:-1]
        for char in text
    )


def plural(count: int, noun: str) -> str:
    """Return ``1 finding`` or ``2 findings``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
