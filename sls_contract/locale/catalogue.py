"""A catalogue of translations, and how a text finds its own.

A text was made of a template, ``expected {name}, got {value}``, which the catalogue knows: it is found again by the
words around what was filled in. The values stay as they are, unless they are texts of the catalogue themselves. A text
that no template gives is taken apart at its punctuation, and each part is looked up. What is not found stays English.
"""

from __future__ import annotations

import re
import string
import struct
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KINDS = frozenset(  # names of what is filled with single words of ours
    {"level", "verdict", "kind", "evidence", "class", "done", "word", "unit", "other"}
)
_NUMBER = r"\d(?:[\d,]*\d)?"
_VALUES = {  # patterns of what stands under a name
    "count": _NUMBER,
    "len": _NUMBER,
    "plural": rf"{_NUMBER} [^,;:()]*?",
    "listed": rf"{_NUMBER}(?:, {_NUMBER})*",
    "exchange": rf"{_NUMBER}|(?:[^\s,]+ )?exchange {_NUMBER}",
}
_BULLET = re.compile(r"\s*(?:[-•✓✗·] +)?")
_BRACKETED = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_LEADING = re.compile(r"[,;:)]+ *")
_OURS = re.compile(r"sls-contract[a-z -]*: (?:error: )?")
_WORD = re.compile(r"[A-Za-z]{2,}")
_WHOLE_WORD = re.compile(r"(?<![A-Za-z{}])[A-Za-z]{2,}(?![A-Za-z{}])")
_JOINT = re.compile(r" {2,}|\. |; |: |, | \(|\) ?|\n")
_GLUE = {", ": "，", "; ": "；", ": ": "："}
_DATA = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|<[^<>]*>|\{.*\}|\[.*\]|\S+://\S*""", re.DOTALL)
_SEVERAL = re.compile(r",( |$)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|(?<!\w)\'[^\']*\'(?!\w)')  # no text of ours, whatever it says
_QUOTING = ("> ", "< ", "| ")  # a line of a request, of an answer, or of what a client printed
_ABSENT = frozenset({"(nothing)", "absent", "nothing"})  # what stands for no value; a value that reads so is quoted
_MANY_LETTERS = 7  # of a template whose values may be any text
_FEW_LETTERS = 3
_HARDLY_A_WORD = 2  # letters, as of "to 10"
_WITH_A_DIGIT = re.compile(r"\S*\d\S*(?: [a-z]+){0,2}|")
_FEW_WORDS = re.compile(r"\S*(?: \([\w-]+\))?|[\d,]+ [a-z]+(?: [a-z]+)?")
_LONGEST = 4000  # characters of a line; what is longer is data
_MOST_JOINTS = 24
_MOST_KEPT = 10_000
_MAGIC = 0x950412DE


@cache
def chinese() -> Catalogue:
    """Return the Chinese catalogue."""
    path = Path(__file__).with_name("zh_CN") / "LC_MESSAGES" / "sls_contract.mo"
    return Catalogue(dict(_messages(path.read_bytes())))


def _messages(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield what a compiled catalogue holds, as GNU gettext documents the format."""
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
    """A text with places to fill in, and its translation: pairs of a literal and the name of what follows it."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    translation: tuple[tuple[str, str | None], ...]
    pattern: re.Pattern[str]

    @property
    def letters(self) -> int:
        """How many letters are given: the more, the surer is a match."""
        return sum(len(word) for literal in self.literals for word in _WORD.findall(literal))

    def values(self, text: str) -> dict[str, str] | None:
        """Return what was filled in, by name; None where the text is not made of this template."""
        if not all(literal in text for literal in self.literals):
            return None
        found = self.pattern.fullmatch(text)
        return dict(zip(self.names, found.groups(), strict=True)) if found else None

    def is_sure(self) -> bool:
        """Tell whether values may be any text: many letters, a label, or a count of things, which little looks like."""
        counts = any(name.startswith("plural") for name in self.names)
        return counts or self.letters >= _MANY_LETTERS or self.literals[0].rstrip().endswith(":")

    def plain(self) -> re.Pattern[str]:
        """Return what a value may be where hardly a word is given, so that ``list of groups`` is no count."""
        few = _FEW_LETTERS if not self.literals[0] else _HARDLY_A_WORD
        hardly = self.letters <= few and len(self.names) <= 2  # noqa: PLR2004
        return _WITH_A_DIGIT if hardly else _FEW_WORDS


class Catalogue:
    """Translations by text and by template."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        """Take ``messages``: translations by English text, both with ``{name}`` where values go."""
        self._texts: dict[str, str] = {}
        self._templates: dict[str, list[Template]] = {}
        self._found: dict[tuple[str, bool], str] = {}
        words = Counter(word for text in messages for word in set(_given_words(text)))
        for text, translation in messages.items():
            pieces = [*string.Formatter().parse(text)]
            if all(name is None for _, name, _, _ in pieces):
                self._texts["".join(literal for literal, *_ in pieces)] = translation.replace("{{", "{").replace(
                    "}}", "}"
                )
            else:
                rarest = min(_given_words(text), key=words.__getitem__, default="")
                self._templates.setdefault(rarest, []).append(_template(text, translation))

    def translated(self, text: str, *, alone: bool = False) -> str:
        """Return the translation of a text of one or more lines; `sls_contract.locale.translated` says more."""
        return "\n".join(self._kept(line, alone=alone) for line in text.split("\n"))

    def _kept(self, line: str, *, alone: bool = False) -> str:
        key = (line, alone)
        if key not in self._found:
            if len(self._found) >= _MOST_KEPT:
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
        ours = _OURS.match(core)  # what follows the name may be a text of its own
        behind = ours.group() + self._kept(core[ours.end() :]) if ours else None
        found = [each for each in (behind, self._direct(core) or self._aside(core)) if each]
        whole = min(found, key=_left_english) if found else self._in_parts(core)
        return line if whole == core else line.replace(core, whole, 1)

    def _direct(self, core: str) -> str | None:
        """Return the translation of a whole text, also of one that another begins or ends otherwise."""
        return next(filter(None, (self._whole(form, cut) for form, cut in _forms(core))), None)

    def _whole(self, core: str, cut: str) -> str | None:
        found = self._texts.get(core)
        if found is None:
            words = {"", *_WORD.findall(core)}
            near = [each for word in words if word in self._templates for each in self._templates[word]]
            made = [
                (each, values)
                for each in near
                if (values := each.values(core)) is not None and self._is_likely(each, values)
            ]
            made.sort(key=_doubt)
            filled = [self._filled(*each) for each in made]
            found = min(filled, key=_left_english, default=None)  # the first of equals
        if found is None or not cut:
            return found
        return f"{found}。" if cut == "." else found.removesuffix("。")

    def _is_likely(self, template: Template, values: Mapping[str, str]) -> bool:
        """Tell whether a template of few words gave the text: its values are plain or, behind a word, of ours."""
        if not template.literals[0] and _SEVERAL.search(next(iter(values.values()))):
            return False  # the first of several: each is a text of its own
        return template.is_sure() or all(
            template.plain().fullmatch(value)
            or _DATA.fullmatch(value)
            or (template.literals[0] and not _JOINT.search(value) and self._kept(value) != value)
            for value in values.values()
        )

    def _filled(self, template: Template, values: Mapping[str, str]) -> str:
        return "".join(
            literal
            + ("" if name is None else self._kept(values[name], alone=name in _KINDS or values[name] in _ABSENT))
            for literal, name in template.translation
        )

    def _in_parts(self, core: str) -> str:
        """Return the text with the parts translated that are found, the first and longest of them first."""
        if leading := _LEADING.match(core):
            rest = self._kept(core[leading.end() :])
            return _glue(leading.group(), rest) + rest
        joints = _joints(core)
        for joint in joints:
            mark = joint.group()
            if mark.startswith(")"):
                closed = core[: joint.start() + 1]
                if (head := self._direct(closed)) is not None:
                    return head + self._kept(core[joint.start() + 1 :]).replace(" （", "（", 1)
                continue
            ended = f"{core[: joint.start()]}." if mark == ". " else core[: joint.start()]
            head = self._direct(ended) if " " in ended else None
            if head is not None:
                return self._joined(head, mark, core[joint.end() :])
        if not joints:
            return core
        joint = joints[0]
        return core[: joint.end()] + self._rest(core[joint.end() :], joint.group())

    def _joined(self, head: str, mark: str, rest: str) -> str:
        """Return a head that is translated, with the translation of what follows a mark."""
        if mark == " (" and not head.isascii() and (aside := self._aside(f"({rest}")):
            return head + aside
        glue = "" if head.endswith("。") else mark.removeprefix(".") if mark == ". " else mark
        return head + _glue(glue, head) + self._rest(rest, mark)

    def _aside(self, text: str) -> str | None:
        """Return the translation of a text that stands in brackets as a whole; None where it has none."""
        found = _BRACKETED.fullmatch(text)
        inside = self._kept(found[1], alone=True) if found else ""
        return f"（{inside}）" if found and inside != found[1] else None

    def _rest(self, rest: str, mark: str) -> str:
        """Translate what follows a mark; in brackets a single word may be one of ours."""
        if mark == " (" and ")" in rest:
            inside, closed, more = rest.partition(")")
            return self._kept(inside, alone=True) + closed + (self._kept(more) if more else "")
        return self._kept(rest)


def _joints(core: str) -> list[re.Match[str]]:
    """Return the punctuation at which a text may be taken apart: none in what is quoted."""
    quoted = [found.span() for found in _QUOTED.finditer(core)]
    return [
        joint
        for joint in _JOINT.finditer(core)
        if not any(start < joint.start() and joint.end() < end for start, end in quoted)
    ][:_MOST_JOINTS]


def _glue(mark: str, beside: str) -> str:
    """Return a mark as it stands beside a text: in full width beside Chinese."""
    return mark if beside.isascii() else _GLUE.get(mark, mark)


def _doubt(made: tuple[Template, Mapping[str, str]]) -> tuple[bool, int, int, int]:
    """Order templates that a text may be made of: the likely one has its label, is cut at joints, and gives much."""
    template, values = made
    cut = sum(len(_JOINT.findall(value)) for value in values.values())
    return ": " not in template.literals[0], cut, -template.letters, -sum(map(len, template.literals))


def _left_english(text: str) -> int:
    """Count the words of a translation that are English, or a user's own."""
    return len(_WORD.findall(text))


def _forms(core: str) -> Iterator[tuple[str, str]]:
    """Yield the text, and how it stands elsewhere: with or without full stop, with a small letter at the start."""
    yield core, ""
    other = (core[:-1], ".") if core.endswith(".") else (f"{core}.", "cut")
    yield other
    if core[:1].isupper():
        yield core[0].lower() + core[1:], ""
        yield other[0][:1].lower() + other[0][1:], other[1]


def _given_words(text: str) -> list[str]:
    """Return the whole words of a template."""
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
        together = literals[number] == "" and number < len(names)  # of several side by side the last takes all
        value = "" if together else _VALUES.get(name.rstrip("0123456789"), ".*?")
        pattern += f"({value}){re.escape(literals[number])}"
    parts = tuple((literal, name) for literal, name, _, _ in string.Formatter().parse(translation))
    return Template(tuple(literals), tuple(names), parts, re.compile(pattern, re.DOTALL))
