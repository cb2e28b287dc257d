"""Find the first fault of a JSON text, in the same words on every Python version, unlike `json`.

Source: RFC 8259, sections 2 to 7.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_TOKEN = re.compile(rf"(?P<string>{_STRING})|(?P<value>{_NUMBER}|true|false|null)|(?P<sign>[\[\]{{}},:])|(?P<end>\Z)")

_VALUE, _KEY, _COLON, _END = "a value", "a key in double quotes", "a colon", "the end"
_CLOSER = {"[": "]", "{": "}"}
_FIRST = {"[": f"{_VALUE} or ]", "{": f"{_KEY} or }}"}
_STARTS = frozenset({"string", "value", "[", "{"})
_FITTING = {
    _VALUE: _STARTS,
    _KEY: frozenset({"string"}),
    _FIRST["["]: _STARTS | {"]"},
    _FIRST["{"]: frozenset({"string", "}"}),
    _COLON: frozenset({":"}),
    "a comma or ]": frozenset({",", "]"}),
    "a comma or }": frozenset({",", "}"}),
    _END: frozenset({"end"}),
}


class JsonFault(NamedTuple):
    """The first character that breaks the grammar, counted from 0, and the token expected in its place."""

    position: int
    expected: str


def json_fault(text: str) -> JsonFault | None:
    """Return the first fault of a text; None if it is one JSON text. Nesting is not limited."""
    closers: list[str] = []
    expected, at = _VALUE, 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        token = _TOKEN.match(text, at)
        kind = (token["sign"] or token.lastgroup or "") if token else ""
        if token is None or kind not in _FITTING[expected]:
            return JsonFault(at, "a complete string" if text.startswith('"', at) and token is None else expected)
        if kind == "end":
            return None
        expected = _next(expected, kind, closers)
        at = token.end()


def _next(expected: str, kind: str, closers: list[str]) -> str:
    """Return the token that must follow; ``closers`` are the brackets still to close, innermost last."""
    if kind in _CLOSER:
        closers.append(_CLOSER[kind])
        return _FIRST[kind]
    if kind == ":":
        return _VALUE
    if kind == ",":
        return _VALUE if closers[-1] == "]" else _KEY
    if kind == "string" and _KEY in expected:
        return _COLON
    if kind in {"]", "}"}:
        closers.pop()
    return f"a comma or {closers[-1]}" if closers else _END
