"""Reads back what `emission` writes, several times faster than a YAML parser; anything else is left to YAML.

Replay parses a block when it is played, so this is what a replayed request pays for the file.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.cassettes.file.emission import Tree

# Raw characters that YAML 1.1 breaks lines at, refuses, or drops are not canonical inside quotes.
_ODD = "\\x00-\\x1f\\x7f-\\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
TEXT = rf"'(?:[^'{_ODD}]++|'')*+'"
"""What stands in single quotes."""

WORD = "[A-Za-z][A-Za-z0-9_-]*+"
"""What stands without quotes; `parse_word` refuses those that YAML takes for values."""

SCALAR = (
    TEXT + rf'|"(?:[^"\\{_ODD}]++|\\["\\nrt]|\\u[0-9a-f]{{4}}|\\U[0-9a-f]{{8}})*+"'
    r'|!!binary "[A-Za-z0-9+/=]*+"'
    rf"|-?(?:0|[1-9][0-9]*+)(?![A-Za-z0-9_.-])|{WORD}|\{{\}}|\[\]"
)
_KEY = rf"'(?:[^'{_ODD}]++|'')++'|{WORD}"
_LINE = re.compile(rf"((?:  )+)(?:(- )|({_KEY}):(?: |(?=\n)))({SCALAR})?+\n")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_WHOLE: dict[str, Callable[[], Any]] = {"null": lambda: None, "{}": dict, "[]": list}
_ASTRAL = re.compile(r"((?<!\\)(?:\\\\)*)\\U([0-9a-f]{8})")


class NotCanonical(Exception):
    """The text is not exactly of the form that `emission` writes; it may be good YAML all the same."""


def parse_block(block: str) -> Tree:
    """Read one item of the list of interactions; raises `NotCanonical`."""
    if not block.startswith("- "):
        raise NotCanonical
    text, at, growing = "  " + block[2:], 0, _Growing()
    for line in _LINE.finditer(text):
        pad, dash, key, scalar = line.groups()
        if line.start() != at:
            raise NotCanonical
        at = line.end()
        if dash:
            growing.item(len(pad) // 2, scalar)
        else:
            growing.entry(len(pad) // 2, key, scalar)
    if at != len(text) or growing.waiting:
        raise NotCanonical
    return growing.root


def parse_scalar(text: str) -> Any:
    """Read one value that `SCALAR` matched; raises `NotCanonical` for a word that YAML 1.1 takes for another."""
    mark = text[0]
    if mark == "'":
        return text[1:-1].replace("''", "'")
    if mark == '"':
        return str(json.loads(_ASTRAL.sub(_as_pair, text) if "\\U" in text else text))
    if mark == "!":
        return _bytes(text[len('!!binary "') : -1])
    if mark in "-0123456789":
        return int(text)
    return _WHOLE[text]() if text in _WHOLE else parse_word(text)


class _Growing:
    """A tree while its lines come in."""

    __slots__ = ("names", "path", "root", "waiting")

    def __init__(self) -> None:
        self.root: Tree = {}
        self.path: list[Tree] = [self.root]  # the open mappings, outermost first
        self.names: list[str] = []  # the newest key of each
        self.waiting = True  # the newest mapping has no entry yet

    def item(self, depth: int, scalar: str | None) -> None:
        """Take ``- scalar`` under the newest key of the mapping at a depth."""
        if self.waiting and depth == len(self.path) - 1:
            self.path.pop()
            self.path[-1][self.names[-1]] = []
            self.waiting = False
        items = self.path[-1].get(self.names[-1]) if self.names else None
        if depth != len(self.path) or self.waiting or not isinstance(items, list) or scalar is None:
            raise NotCanonical
        items.append(parse_scalar(scalar))

    def entry(self, depth: int, key: str, scalar: str | None) -> None:
        """Take ``key: scalar``, or ``key:`` that opens a mapping or list."""
        if depth > len(self.path) or (self.waiting and depth < len(self.path)):
            raise NotCanonical
        del self.path[depth:], self.names[depth - 1 :]
        here, name = self.path[-1], key[1:-1].replace("''", "'") if key[0] == "'" else parse_word(key)
        if name in here:
            raise NotCanonical
        self.names.append(name)
        self.waiting = scalar is None
        if scalar is None:
            opened: Tree = {}
            here[name] = opened
            self.path.append(opened)
        else:
            here[name] = parse_scalar(scalar)


def parse_word(text: str) -> str:
    """Read text without quotes; raises `NotCanonical` for a word that YAML 1.1 takes for another value."""
    if text.lower() in _WORDS:
        raise NotCanonical
    return text


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise NotCanonical from None


def _as_pair(escape: re.Match[str]) -> str:
    """Turn an escape beyond the BMP into the pair of escapes that JSON wants."""
    point = int(escape[2], 16)
    if not 0xFFFF < point <= 0x10FFFF:  # noqa: PLR2004 - the planes beyond the first
        raise NotCanonical
    point -= 0x10000
    return f"{escape[1]}\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"
