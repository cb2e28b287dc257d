"""Reads what a page prints as JSON, and names each slip that had to be read over.

A page's JSON may have unquoted placeholders, single quotes, Python's literals, commas missing or too many, members in
square brackets, elements in braces. Each such text that can be read in one way only is read, and its slips are listed;
a text that cannot is not guessed at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, NoReturn

PLACEHOLDER: Final = type("Placeholder", (), {"__repr__": lambda _self: "PLACEHOLDER"})()
"""Stands where a page prints a name instead of a value: its type is not known."""

_SPACE = re.compile(
    r"\s+|((?://|#|--\s)[^\n]*|/\*.*?\*/|<!--.*?-->|[（(][^（）()\n]*[）)](?=[^\S\n]*(?:\n|$)))|\\(?=[^\S\n]*(?:\n|$))",
    re.DOTALL,
)
"""Between two values: blanks, a comment, or the backslash that a page converted twice has at the end of a line."""
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_WORD = re.compile(r"<[^<>\n]*>|\{[^{}\n\"':,]*\}|[^\s,:：{}\[\]\"'][^,:：{}\[\]\"'\n]*")
_ELLIPSIS = re.compile(r"(?:\.{2,}|…+)")
_LITERALS = {"true": True, "false": False, "null": None}
_PYTHON = {"True": True, "False": False, "None": None}
_QUOTES = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’"}
_COLONS = frozenset({":", "："})
_MOST_NESTED = 60


class Unreadable(ValueError):
    """A text that is no JSON, however leniently it is read; the message says what came where."""

    def __init__(self, expected: str, line: int, came: str) -> None:
        super().__init__(f"expected {expected} in line {line}, got {came!r}")


class Pairs(dict[str, Any]):
    """Members that stand in square brackets: contents with names of a user's own."""


class Wrapped(dict[str, Any]):
    """What braces hold that have no keys: the elements that they stand around."""

    def __init__(self, elements: list[Any]) -> None:
        super().__init__()
        self.elements = elements


@dataclass
class _Parser:
    text: str
    slips: list[str] = field(default_factory=list)
    at: int = 0

    def document(self) -> Any:
        value = self.value()
        self.space()
        if self.at < len(self.text):
            self.fail("the end")
        return value

    def space(self) -> None:
        while found := _SPACE.match(self.text, self.at):
            self.at = found.end()
            if found[0].strip():
                self.slip("comment" if found[1] else "backslash at the end of a line")

    def fail(self, expected: str) -> NoReturn:
        raise Unreadable(expected, self.text.count("\n", 0, self.at) + 1, self.text[self.at : self.at + 20])

    def slip(self, kind: str) -> None:
        if kind not in self.slips:
            self.slips.append(kind)

    def peek(self) -> str:
        self.space()
        return self.text[self.at : self.at + 1]

    def value(self) -> Any:
        char = self.peek()
        if char == "{" and not self._is_placeholder():
            return self.braces()
        if char == "[":
            return self.brackets()
        if char in _QUOTES and char:
            return self.string()
        if number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
            return json.loads(number[0])
        return self.word()

    def _is_placeholder(self) -> bool:
        return re.compile(r"\{[A-Za-z][\w -]*\}").match(self.text, self.at) is not None

    def string(self) -> str:
        opening = self.text[self.at]
        closing = _QUOTES[opening]
        start = self.at + 1
        if self.text.startswith("''", self.at) and not re.compile(r"''\s*[,:\]}]").match(self.text, self.at):
            opening = closing = "''"
            start += 1
        if opening != '"':
            self.slip("single quotes" if opening in {"'", "''"} else "mismatched quotes")
        end = self._end_of_string(start, closing)
        raw = self.text[start:end]
        self.at = end + len(closing)
        return self._unescaped(raw)

    def _end_of_string(self, start: int, closing: str) -> int:
        at = start
        while at < len(self.text):
            if self.text[at] == "\\":
                at += 2
            elif self.text.startswith(closing, at):
                return at
            elif self.text[at] == "\n":
                break
            else:
                at += 1
        return self._end_of_mismatched(start)

    def _end_of_mismatched(self, start: int) -> int:
        """Find the other quote where a string is not closed by its own, and what follows can follow a string."""
        found = re.compile(r"[\"'](?=\s*[:,\]}])").search(self.text, start)
        if found is None or "\n" in self.text[start : found.start()]:
            self.fail("a string that ends in its line")
        self.slip("mismatched quotes")
        return found.start()

    def _unescaped(self, raw: str) -> str:
        try:
            return str(json.loads(f'"{raw}"', strict=False))
        except ValueError:
            if re.search(r'\\(?!["\\/bfnrtu\'])', raw):
                self.slip("unknown escape")
            return raw.replace("\\'", "'").replace('\\"', '"')

    def word(self) -> Any:
        if ellipsis := _ELLIPSIS.match(self.text, self.at):
            self.at = ellipsis.end()
            self.slip("ellipsis")
            return PLACEHOLDER
        found = _WORD.match(self.text, self.at)
        if not found:
            self.fail("a value")
        word = re.split(r"\s+(?://|#|--\s|/\*|<!--|[（(])", found[0])[0].rstrip()
        self.at += len(word)
        if word in _LITERALS:
            return _LITERALS[word]
        self.slip("Python literal" if word in _PYTHON else "unquoted placeholder")
        return _PYTHON.get(word, PLACEHOLDER)

    def brackets(self) -> Any:
        self.at += 1
        elements: list[Any] = []
        members = Pairs()
        while self.more("]", first=not elements and not members):
            value = self.value()
            if isinstance(value, str) and self.peek() in _COLONS:
                self.slip("members in [ ]")
                members[value] = self._after_colon()
            else:
                elements.append(value)
        if members:
            return [*elements, members]
        return elements

    def braces(self) -> Any:
        self.at += 1
        members: dict[str, Any] = {}
        elements: list[Any] = []
        while self.more("}", first=not members and not elements):
            if self.peek() in {"{", "["}:
                elements.append(self.value())
                continue
            self._member(members, elements)
        if elements and not members:
            self.slip("elements in { }")
            return Wrapped(elements)
        return members

    def _member(self, members: dict[str, Any], elements: list[Any]) -> None:
        key = self.value()
        if self.peek() in _COLONS and (isinstance(key, str) or key is PLACEHOLDER):
            value = self._after_colon()
            if isinstance(key, str):
                members[key] = value
        elif key is not PLACEHOLDER:
            elements.append(key)

    def _after_colon(self) -> Any:
        for nth in count():
            if self.peek() not in _COLONS:
                break
            if nth:
                self.slip("doubled colon")
            if self.peek() == "：":
                self.slip("full-width colon")
            self.at += 1
        return self.value()

    def more(self, closing: str, *, first: bool) -> bool:
        """Step to the next element; tell whether there is one before the bracket closes."""
        comma = False
        while self.peek() in {",", "，"}:
            if comma or first:
                self.slip("comma too many")
            comma = True
            self.at += 1
        if self.peek() == closing:
            self.at += 1
            if comma:
                self.slip("trailing comma")
            return False
        if self.at >= len(self.text):
            self.fail(f"{closing!r}")
        if not (first or comma):
            self.slip("missing comma")
        return True


def read_json(text: str) -> tuple[Any, tuple[str, ...]]:
    """Return the value that a text prints, and the slips it was read over; none for JSON.

    Raises `Unreadable` for a text that has no reading, or that holds no bracket at all.
    """
    bare = text.strip()
    parser = _Parser(bare)
    if _depth(bare) > _MOST_NESTED:
        parser.fail(f"at most {_MOST_NESTED} levels")
    try:
        return json.loads(bare), ()
    except ValueError:
        value = parser.document()
    if not isinstance(value, dict | list):
        parser.at = 0
        parser.fail("an object or an array")
    return value, tuple(parser.slips) or ("bad escape",)


def _depth(text: str) -> int:
    """Return how many brackets stand open at once, at most; those in strings count, too."""
    depth = most = 0
    for char in text:
        depth += (char in "[{") - (char in "]}")
        most = max(most, depth)
    return most
