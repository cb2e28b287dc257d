"""Parses printed JSON leniently, and names each slip in it.

A page's JSON can have unquoted placeholders, single quotes, Python literals, missing or extra commas, members in square
brackets, and elements in braces. A text with a single possible reading is parsed, and its slips are listed; an
ambiguous text is rejected.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, NoReturn

PLACEHOLDER: Final = type("Placeholder", (), {"__repr__": lambda _self: "PLACEHOLDER"})()
"""The value of a name that a page prints instead of a value; its type is unknown."""

_SPACE = re.compile(
    r"\s+|((?://|#|--\s)[^\n]*|[（(][^（）()\n]*[）)](?=[^\S\n]*(?:\n|$)))|\\(?=[^\S\n]*(?:\n|$))",
    re.DOTALL,
)
"""Between two values: blanks, a comment on a line, or a backslash at the end of a line, left by a double conversion."""
_COMMENTS = (("/*", "*/"), ("<!--", "-->"))
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_WORD = re.compile(r"<[^<>\n]*>|\{[^{}\n\"':,]*\}|[^\s,:：{}\[\]\"'][^,:：{}\[\]\"'\n]*")
_BRACED = re.compile(r"\{[A-Za-z][\w -]*\}")
"""A placeholder in braces, rather than an object."""
_ELLIPSIS = re.compile(r"(?:\.{2,}|…+)")
_LITERALS = {"true": True, "false": False, "null": None}
_PYTHON = {"True": True, "False": False, "None": None}
_QUOTES = {'"': '"', "'": "'", "“": "”", "”": "”", "‘": "’"}
_COLONS = frozenset({":", "："})
_MAX_DEPTH = 60
_MAX_DIGITS = 1000
"""Of a number; Python itself refuses to read those of more than 4,300."""


class Unreadable(ValueError):
    """A text without a lenient reading; the message contains what was expected, the line, and what came."""

    def __init__(self, expected: str, line: int, came: str) -> None:
        super().__init__(f"expected {expected} in line {line}, got {came!r}")


class Pairs(dict[str, Any]):
    """Members in square brackets: contents with user-chosen names."""


class Wrapped(dict[str, Any]):
    """The elements that braces without keys contain."""

    def __init__(self, elements: list[Any]) -> None:
        super().__init__()
        self.elements = elements


@dataclass
class _Parser:
    text: str
    slips: list[str] = field(default_factory=list)
    at: int = 0
    ends: dict[str, int] = field(default_factory=dict)

    def document(self) -> Any:
        value = self.value()
        self.space()
        if self.at < len(self.text):
            self.fail("the end")
        return value

    def space(self) -> None:
        while True:
            if found := _SPACE.match(self.text, self.at):
                self.at = found.end()
                if found[0].strip():
                    self.slip("comment" if found[1] else "backslash at the end of a line")
            elif end := self._end_of_comment():
                self.at = end
                self.slip("comment")
            else:
                return

    def _end_of_comment(self) -> int:
        """Return the end of a comment that begins here and is closed; 0 if there is none."""
        for opening, closing in _COMMENTS:
            if self.text.startswith(opening, self.at) and self._last(closing) >= self.at + len(opening):
                return self.text.index(closing, self.at + len(opening)) + len(closing)
        return 0

    def _last(self, closing: str) -> int:
        """Return the last place of the end of a comment, which is looked for once."""
        if closing not in self.ends:
            self.ends[closing] = self.text.rfind(closing)
        return self.ends[closing]

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
        if char == "{" and not _BRACED.match(self.text, self.at):
            return self.braces()
        if char == "[":
            return self.brackets()
        if char in _QUOTES and char:
            return self.string()
        if number := _NUMBER.match(self.text, self.at):
            if len(number[0]) > _MAX_DIGITS:
                self.fail(f"a number of at most {_MAX_DIGITS} digits")
            self.at = number.end()
            return json.loads(number[0])
        return self.word()

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
        """Find the closing quote of another kind for an unclosed string, where the following text fits."""
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
        word = re.split(r"(?<!\s)\s+(?://|#|--\s|/\*|<!--|[（(])", found[0])[0].rstrip()
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
        """Advance to the next element; return whether there is one before the closing bracket."""
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
    """Return the value of a text, and its slips, which are empty for valid JSON.

    Raises `Unreadable` for a text that has no reading, or that is neither an object nor an array.
    """
    stripped = text.strip()
    parser = _Parser(stripped)
    if _depth(stripped) > _MAX_DEPTH:
        parser.fail(f"at most {_MAX_DEPTH} levels")
    try:
        return json.loads(stripped), ()
    except ValueError:
        value = parser.document()
    if not isinstance(value, dict | list):
        parser.at = 0
        parser.fail("an object or an array")
    return value, tuple(parser.slips) or ("bad escape",)


def _depth(text: str) -> int:
    """Return the highest number of open brackets, including those in strings."""
    depth = most = 0
    for char in text:
        depth += (char in "[{") - (char in "]}")
        most = max(most, depth)
    return most
