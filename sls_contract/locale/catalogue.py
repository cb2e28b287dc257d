"""A catalogue of translations, and the search for the translation of a text.

Texts reach the catalogue with their values filled in. The catalogue has their templates, such as ``expected {name}, got
{value}``, and finds the template by the words around the values. Values stay as they are, unless they are texts of the
catalogue themselves. A text without template is split at its punctuation, and each part is looked up. Parts without
translation stay English.
"""

from __future__ import annotations

import re
import string
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

_KINDS = frozenset(  # placeholders whose values are single words of the catalogue
    {"level", "verdict", "kind", "evidence", "class", "done", "word", "unit", "other"}
)
_NUMBER = r"\d(?:[\d,]*\d)?"
_VALUES = {  # patterns of values, by the name of the placeholder
    "count": _NUMBER,
    "len": _NUMBER,
    "plural": rf"{_NUMBER} [^,;:()]*?",
    "listed": rf"{_NUMBER}(?:, {_NUMBER})*",
    "http_date": r"[A-Z][a-z]{2}, \d[^,]*? GMT|(?![A-Z][a-z]{2}, \d)[^,]*?",
    "exchange": rf"{_NUMBER}|(?:[^\s,]+ )?exchange {_NUMBER}",
    "code": r"\S*?",
    "slug": r"\S*?",
    "where": "[^,]*?",  # after a comma comes another place
}
_BULLET = re.compile(r"\s*(?:[-•✓✗·] +)?")  # indentation and list mark before a text
_BRACKETED = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)")  # with at most one more level inside
_LEADING = re.compile(r"[,;:)]+ *")  # punctuation that is left before a part
_COMMAND = re.compile(r"sls-contract[a-z -]*: (?:error: )?")  # starts the message of an error
_WORD = re.compile(r"[A-Za-z]{2,}")
_WHOLE_WORD = re.compile(r"(?<![A-Za-z{}])[A-Za-z]{2,}(?![A-Za-z{}])")
_JOINT = re.compile(r" {2,}|\. |; |: |, | \(|\) ?|\n")  # where a text may be split
_FULL_WIDTH = {", ": "，", "; ": "；", ": ": "："}
_DATA = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|<[^<>]*>|\{.*\}|\[.*\]|\S+://\S*""", re.DOTALL)
_CLOSING = re.compile(r"[^(]+\).*\(")  # ends the bracket of a template, and begins another
_SEVERAL = re.compile(r",( |$)")  # in a value that is a list
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|(?<!\w)\'[^\']*\'(?!\w)')  # data, which is never translated
_QUOTING = ("> ", "< ", "| ")  # start of a quoted line: of a request, a response, or the output of a client
_ABSENT = frozenset({"(nothing)", "absent", "nothing"})  # texts for a missing value; real values like these are quoted
_MANY_LETTERS = 7  # a template with so many is certain, whatever its values are
_FEW_LETTERS = 3
_HARDLY_A_WORD = 2  # letters, as of "to 10"
_WITH_A_DIGIT = re.compile(r"\S*\d\S*(?: [a-z]+){0,2}|")
_FEW_WORDS = re.compile(r"\S*(?: \([\w-]+\))?|[\d,]+ [a-z]+(?: [a-z]+)?")
_LONGEST = 4000  # characters of a line; longer lines are data
_MOST_JOINTS = 24
_MOST_CACHED = 10_000  # lines
_MAGIC = 0x950412DE  # the first word of a .mo file in little-endian order


@cache
def chinese() -> Catalogue:
    """Return the Chinese catalogue."""
    path = Path(__file__).with_name("zh_CN") / "LC_MESSAGES" / "sls_contract.mo"
    return Catalogue(dict(_messages(path.read_bytes())))


def _messages(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the messages of a compiled catalogue (.mo), whose format the manual of GNU gettext describes."""
    magic, _, count, ids, texts = struct.unpack_from("<5I", data)
    assert magic == _MAGIC
    for number in range(count):
        pair = []
        for table in (ids, texts):
            length, offset = struct.unpack_from("<2I", data, table + 8 * number)
            pair.append(data[offset : offset + length].decode("utf-8"))
        if pair[0]:
            yield pair[0], pair[1]


class Template(NamedTuple):
    """A text with placeholders; ``translation`` pairs each literal with the name of the next placeholder, or None."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    translation: tuple[tuple[str, str | None], ...]
    pattern: re.Pattern[str]

    @property
    def letters(self) -> int:
        """The number of letters in words of the literals: the more, the more certain is a match."""
        return sum(len(word) for literal in self.literals for word in _WORD.findall(literal))

    def values(self, text: str) -> dict[str, str] | None:
        """Return the values of the placeholders by name; None if the text is not made of this template."""
        if not all(literal in text for literal in self.literals):
            return None
        found = self.pattern.fullmatch(text)
        return dict(zip(self.names, found.groups(), strict=True)) if found else None

    def is_certain(self) -> bool:
        """Return whether the values may be any text: the template has many letters, a label, or a count of things."""
        counts = any(name.startswith("plural") for name in self.names)
        return counts or self.letters >= _MANY_LETTERS or self.literals[0].rstrip().endswith(":")

    def plain(self) -> re.Pattern[str]:
        """Return the pattern of values for a template of few words: ``list of groups`` must not match a count."""
        few = _FEW_LETTERS if not self.literals[0] else _HARDLY_A_WORD
        short = self.letters <= few and len(self.names) <= 2  # noqa: PLR2004
        return _WITH_A_DIGIT if short else _FEW_WORDS


class Catalogue:
    """Translations by text and by template."""

    def __init__(self, messages: dict[str, str]) -> None:
        """Take the translations by English text; both have ``{name}`` for each value."""
        self._texts: dict[str, str] = {}
        self._templates: dict[str, list[Template]] = {}
        self._found: dict[tuple[str, bool], str] = {}
        words = Counter(word for text in messages for word in set(_literal_words(text)))
        before_another = {
            text[:-1]: translation.removesuffix("；") for text, translation in messages.items() if text.endswith(";")
        }
        for text, translation in (messages | before_another).items():
            if all(name is None for _, name, _, _ in string.Formatter().parse(text)):
                self._texts[text.format()] = translation.format()
            else:
                rarest = min(_literal_words(text), key=words.__getitem__, default="")
                self._templates.setdefault(rarest, []).append(_template(text, translation))

    def translated(self, text: str, *, alone: bool = False) -> str:
        """Return the translation of a text of one or more lines, as `sls_contract.locale.translated` describes."""
        return "\n".join(self._cached(line, alone=alone) for line in text.split("\n"))

    def _cached(self, line: str, *, alone: bool = False) -> str:
        key = (line, alone)
        if key not in self._found:
            if len(self._found) >= _MOST_CACHED:
                self._found.clear()
            self._found[key] = self._line(line, alone=alone)
        return self._found[key]

    def _line(self, line: str, *, alone: bool) -> str:
        core = line[_BULLET.match(line).end() :].strip()  # type: ignore[union-attr]  # it matches nothing, too
        if len(core) > _LONGEST or not _WORD.search(core) or _DATA.fullmatch(core):
            return line
        if core.startswith(_QUOTING):
            return line.replace(core, self._texts.get(core, core), 1)
        if " " not in core and not (alone or core.endswith(":")):
            return line
        command = _COMMAND.match(core)  # a message after the name of a command may be a text by itself
        message = command.group() + self._cached(core[command.end() :]) if command else None
        found = [each for each in (message, self._complete(core) or self._in_brackets(core)) if each]
        best = min(found, key=_english_words) if found else self._in_parts(core)
        return line if best == core else line.replace(core, best, 1)

    def _complete(self, core: str) -> str | None:
        """Return the translation of a complete text, or of a variant of it (`_variants`); None if there is none."""
        return next(filter(None, (self._exact(form, cut) for form, cut in _variants(core))), None)

    def _exact(self, core: str, cut: str) -> str | None:
        """Return the translation of a variant; ``cut`` is the full stop to add, or says that one is to be removed."""
        found = self._texts.get(core)
        if found is None:
            words = {"", *_WORD.findall(core)}
            candidates = [each for word in words for each in self._templates.get(word, ())]
            matches = [
                (each, values)
                for each in candidates
                if (values := each.values(core)) is not None and self._is_likely(each, values)
            ]
            matches.sort(key=_rank)
            filled = [self._filled(*each) for each in matches]
            found = min(filled, key=_english_words, default=None)  # the first of equals
        if found is None or not cut:
            return found
        return f"{found}。" if cut == "." else found.removesuffix("。")

    def _is_likely(self, template: Template, values: Mapping[str, str]) -> bool:
        """Return whether the template made the text; with few words its values must be plain, data or translatable."""
        if not template.literals[0] and _SEVERAL.search(next(iter(values.values()))):
            return False  # the first of several texts, which are translated one by one
        if any(map(_CLOSING.match, values.values())):
            return False
        return template.is_certain() or all(
            template.plain().fullmatch(value)
            or _DATA.fullmatch(value)
            or (template.literals[0] and not _JOINT.search(value) and self._cached(value) != value)
            for value in values.values()
        )

    def _filled(self, template: Template, values: Mapping[str, str]) -> str:
        return "".join(
            literal
            + ("" if name is None else self._cached(values[name], alone=name in _KINDS or values[name] in _ABSENT))
            for literal, name in template.translation
        )

    def _in_parts(self, core: str) -> str:
        """Return the text with those parts translated that are found, tried from the start and longest first."""
        if leading := _LEADING.match(core):
            rest = self._cached(core[leading.end() :])
            return _mark_beside(leading.group(), rest) + rest
        joints = _joints(core)
        for joint in joints:
            mark = joint.group()
            if mark.startswith(")"):
                closed = core[: joint.start() + 1]
                if (head := self._complete(closed)) is not None:
                    rest = self._cached(core[joint.start() + 1 :])
                    return head + re.sub("^ (?=位置)", "，", rest).replace(" （", "（", 1)
                continue
            ended = f"{core[: joint.start()]}." if mark == ". " else core[: joint.start()]
            head = self._complete(ended) if " " in ended else None
            if head is not None:
                return self._joined(head, mark, core[joint.end() :])
        if not joints:
            return core
        joint = joints[0]
        if joint.group() == " (" and (aside := self._in_brackets(f"({core[joint.end() :]}")):
            return core[: joint.start()] + aside
        return core[: joint.end()] + self._rest(core[joint.end() :], joint.group())

    def _joined(self, head: str, mark: str, rest: str) -> str:
        """Return a translated head, with the translation of what follows a punctuation mark."""
        if mark == " (" and not head.isascii() and (aside := self._in_brackets(f"({rest}")):
            return head + aside
        glue = "" if head.endswith("。") else mark.removeprefix(".") if mark == ". " else mark
        return head + _mark_beside(glue, head) + self._rest(rest, mark)

    def _in_brackets(self, text: str) -> str | None:
        """Return the translation of a text that is in brackets as a whole; None if it is not, or has none."""
        found = _BRACKETED.fullmatch(text)
        inside = self._cached(found[1], alone=True) if found else ""
        return f"（{inside}）" if found and inside != found[1] else None

    def _rest(self, rest: str, mark: str) -> str:
        """Translate the text after a punctuation mark; a single word in brackets is translated, too."""
        if mark == " (" and ")" in rest:
            inside, closed, more = rest.partition(")")
            return self._cached(inside, alone=True) + closed + (self._cached(more) if more else "")
        return self._cached(rest)


def _joints(core: str) -> list[re.Match[str]]:
    """Return the punctuation marks outside of quotations, where a text may be split."""
    quoted = [found.span() for found in _QUOTED.finditer(core)]
    return [
        joint
        for joint in _JOINT.finditer(core)
        if not any(start < joint.start() and joint.end() < end for start, end in quoted)
    ][:_MOST_JOINTS]


def _mark_beside(mark: str, beside: str) -> str:
    """Return a punctuation mark, in full width beside Chinese."""
    return mark if beside.isascii() else _FULL_WIDTH.get(mark, mark)


def _rank(match: tuple[Template, Mapping[str, str]]) -> tuple[bool, int, int, int]:
    """Return a sort key for matching templates: a label, values without punctuation and many letters come first."""
    template, values = match
    cut = sum(len(_JOINT.findall(value)) for value in values.values())
    return ": " not in template.literals[0], cut, -template.letters, -sum(map(len, template.literals))


def _english_words(text: str) -> int:
    """Return the number of English words in a translation, including names and values."""
    return len(_WORD.findall(text))


def _variants(core: str) -> Iterator[tuple[str, str]]:
    """Yield the text and its variants: with or without full stop, and with a small first letter."""
    yield core, ""
    other = (core[:-1], ".") if core.endswith(".") else (f"{core}.", "cut")
    yield other
    if core[:1].isupper():
        yield core[0].lower() + core[1:], ""
        yield other[0][:1].lower() + other[0][1:], other[1]


def _literal_words(text: str) -> list[str]:
    """Return the complete words of a template's literals."""
    return _WHOLE_WORD.findall(re.sub(r"\{\w+\}", "{}", text))


def _template(text: str, translation: str) -> Template:
    literals, names = [""], []
    for literal, name, _, _ in string.Formatter().parse(text):
        literals[-1] += literal
        if name is not None:
            names.append(name)
            literals.append("")
    pattern = re.escape(literals[0])
    for number, name in enumerate(names, 1):
        adjacent = literals[number] == "" and number < len(names)  # the last of adjacent placeholders takes all
        value = "" if adjacent else _VALUES.get(name.rstrip("0123456789"), ".*?")
        pattern += f"({value}){re.escape(literals[number])}"
    parts = tuple((literal, name) for literal, name, _, _ in string.Formatter().parse(translation))
    return Template(tuple(literals), tuple(names), parts, re.compile(pattern, re.DOTALL))
