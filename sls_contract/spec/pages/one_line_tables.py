"""Splits a table of parameters that a text copy left on one line, with single blanks between its cells."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from sls_contract.spec.pages.table_columns import TYPE_CELL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sls_contract.spec.pages.columns import Column

_PAIR = re.compile(rf"(?<![\w.<{{-])([A-Za-z_][\w.-]*)\s+((?:json )?(?:{TYPE_CELL.pattern}))(?=\s|$)", re.IGNORECASE)
"""A name and a type, which begin a row or stand in a sentence."""
_NO_NAME = re.compile(rf"an?|the|this|any|each|one|of|is|json|{TYPE_CELL.pattern}", re.IGNORECASE)
_STOP = re.compile(r"[。.；;!！]\s*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_GOES_ON = re.compile(r"\s*(?:类型|格式|形式|对象|数组|组成|的|或|和|与|，)")
"""What follows a type in a sentence."""
_LEADS_TO = re.compile(r"(?:返回|包含|使用|通过|指定|支持|传入|[为是的和或以由与及名，])\s*")
"""What stands before a name in a sentence."""
_OTHER_ROW = re.compile(r"[。.；;!！]\s*(?:\S+\s+)?[a-z_][\w.-]*\s+(?:[A-Z]\w*|list|array)(?=\s)")
"""After the end of a sentence, a name and a word that can be the type of another row."""
_AFTER_STOP = re.compile(rf"[。.；;!！]\s*{_PAIR.pattern}", re.IGNORECASE)
_STATES: frozenset[Column] = frozenset({"required", "optional", "place"})


def rows_on_one_line(text: str, columns_in: Callable[[str], Sequence[Column]]) -> list[str]:
    """Return the head and the rows of a table without a column on what is required; empty if this is not sure.

    Each name with a type must begin a row. It does after the end of a sentence, or, in a text in Chinese without full
    stops, where it does not continue one; the example of the row above can stand between.

    Args:
        text: a line of the page.
        columns_in: returns the columns of a head, or nothing.

    """
    starts = [found for found in _PAIR.finditer(text) if not _NO_NAME.fullmatch(found[1])]
    head = text[: starts[0].start()].strip() if starts else ""
    columns = columns_in(head) if head else ()
    names = [found[1] for found in starts]
    if not columns or _STATES.intersection(columns) or len({*names}) < len(names):
        return []
    body = text[starts[0].start() :]
    pairs = {found.start(1) for found in starts}
    if any(not pairs.intersection(range(*found.span())) for found in _OTHER_ROW.finditer(text)):
        return []
    has_stops = _STOP.search(re.sub(r"[\w.-]*\w\.\w[\w.-]*", "", body)) is not None
    if not all(_begins(text, found, columns, has_stops=has_stops) for found in starts[1:]):
        return []
    ends = [*(found.start() for found in starts), len(text)]
    return [head, *(text[start:end].strip() for start, end in pairwise(ends))]


def holds_another_row(row: str) -> bool:
    """Return whether a row goes on, after a sentence, with what can be a row that lost its other cells."""
    return any(not _NO_NAME.fullmatch(found[1]) for found in _AFTER_STOP.finditer(row))


def _begins(text: str, found: re.Match[str], columns: Sequence[Column], *, has_stops: bool) -> bool:
    above, below = text[: found.start()].rstrip(), text[found.end() :]
    befores = [above, above[: -len(above.split()[-1])].rstrip()] if columns[-1] == "example" else [above]
    if has_stops:
        return any(_STOP.fullmatch(before[-1:]) for before in befores) and not _GOES_ON.match(below)
    is_chinese = any(_CHINESE.match(before[-1:]) for before in befores)
    leads = any(_LEADS_TO.match(before[-size:]) for before in befores for size in (1, 2) if before)
    return is_chinese and not leads and not _GOES_ON.match(below)
