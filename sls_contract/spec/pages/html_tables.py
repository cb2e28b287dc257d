"""Reads HTML tables; a cell that spans several rows or columns is repeated in each of them."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser

_MAX_SPAN = 100


def html_rows(lines: Sequence[str], first: int) -> list[tuple[int, tuple[str, ...]]]:
    """Return line and cells of each row of a table that begins at line ``first``; never raises."""
    reader = _Rows(first)
    reader.feed("\n".join(lines))
    reader.close()
    return [(line, tuple(cells)) for line, cells in reader.rows if any(cells)]


class _Rows(HTMLParser):
    def __init__(self, first: int) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[str]]] = []
        self._first = first
        self._open = False
        self._span = (1, 1)
        self._below: dict[int, tuple[int, str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.handle_endtag("tr")  # HTML allows pages to omit it
            self.rows.append((self._first + self.getpos()[0] - 1, []))
        elif tag in {"td", "th"} and self.rows:
            self._close()
            attributes = dict(attrs)
            self._span = _span(attributes.get("rowspan")), _span(attributes.get("colspan"))
            self._take_from_above()
            self.rows[-1][1].append("")
            self._open = True
        elif tag in {"br", "li", "p"}:
            self.handle_data("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr"}:
            self._close()
        if tag == "tr" and self.rows:
            self._take_from_above()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.rows[-1][1][-1] += data

    def _close(self) -> None:
        """End the open cell; the places that it spans get the same text."""
        if not self._open:
            return
        self._open = False
        rows, columns = self._span
        cells = self.rows[-1][1]
        cells[-1] = cells[-1].strip()
        cells += [cells[-1]] * (columns - 1)
        if rows > 1:
            self._below |= dict.fromkeys(range(len(cells) - columns, len(cells)), (rows - 1, cells[-1]))

    def _take_from_above(self) -> None:
        """Add the cells at this place that span from a row above."""
        cells = self.rows[-1][1]
        while len(cells) in self._below:
            remaining, words = self._below.pop(at := len(cells))
            cells.append(words)
            if remaining > 1:
                self._below[at] = (remaining - 1, words)


def _span(text: str | None) -> int:
    return min(int(text[:3]), _MAX_SPAN) or 1 if text and text.isdecimal() else 1
