"""A body on the page: JSON is indented, and the value that a finding is about is marked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sls_contract.checks.presentation import steps_of

_DEEPEST = 50  # levels; deeper JSON is shown unchanged
_BEFORE, _AFTER = 12, 6  # lines that are shown before and after the marked value
_MARK = "\0"  # in JSON always written as an escape


class Segment(NamedTuple):
    """A piece of text, and whether it is marked."""

    text: str
    marked: bool


class _Literal(str):
    """A number as it was spelled in the JSON."""

    __slots__ = ()


def marked_part(where: str, header: str) -> bool:
    """Return whether a finding is about this header."""
    about = where.removeprefix("header ") if where.startswith("header ") else ""
    return about.lower() == header.lower() or (where == "signature" and header.lower() == "authorization")


def marked_body(text: str, where: str) -> list[Segment]:
    """Return a body in pieces; ``where`` is a JSON pointer or ``body``. A missing value marks its parent."""
    if not text:
        return []
    if where == "body":
        return [Segment(text, marked=True)]
    try:
        value = json.loads(text, parse_int=_Literal, parse_float=_Literal, parse_constant=_Literal)
        path = _existing(value, steps_of(where)) if where.startswith("/") else None
        pieces = _laid_out(value, path, 0).split(_MARK)  # before, within and after the marked value
    except (ValueError, RecursionError):
        return [Segment(text, marked=False)]
    return _shortened([Segment(piece, marked=at == 1) for at, piece in enumerate(pieces) if piece])


def _existing(value: Any, steps: Sequence[str]) -> list[str]:
    """Return the part of a path that exists."""
    existing = []
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            break
        existing.append(step)
    return existing


def _laid_out(value: Any, path: Sequence[str] | None, depth: int) -> str:
    """Return the indented text of a value; ``path`` leads from it to the value between two marks (None: to none)."""
    if depth > _DEEPEST:
        raise RecursionError
    if path is not None and not path:
        return f"{_MARK}{_laid_out(value, None, depth)}{_MARK}"
    if isinstance(value, dict) and value:
        brackets, members = "{}", [(f"{json.dumps(key, ensure_ascii=False)}: ", key, value[key]) for key in value]
    elif isinstance(value, list) and value:
        brackets, members = "[]", [("", str(at), each) for at, each in enumerate(value)]
    else:
        return value if isinstance(value, _Literal) else json.dumps(value, ensure_ascii=False)
    margin = "  " * depth
    lines = [
        f"{margin}  {label}{_laid_out(each, path[1:] if path and path[0] == step else None, depth + 1)}"
        for label, step, each in members
    ]
    return "\n".join((brackets[0], ",\n".join(lines), margin + brackets[1]))


def _shortened(segments: list[Segment]) -> list[Segment]:
    """Leave out lines far from the marked value, so that it is visible at once."""
    if not any(each.marked for each in segments):
        return segments
    shown = []
    for at, segment in enumerate(segments):
        lines, after = segment.text.split("\n"), _AFTER if at else 1
        if not segment.marked and len(lines) > after + _BEFORE + 1:
            last = at == len(segments) - 1
            left = [] if last else lines[-_BEFORE:]
            lines = [*lines[:after], f"… {len(lines) - after - len(left)} lines …", *left]
        shown.append(Segment("\n".join(lines), segment.marked))
    return shown
