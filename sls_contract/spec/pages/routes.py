"""Reads request lines: host, path template and query, combined from syntax, introduction and examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sls_contract.spec.pages.messages import Message

_PLACEHOLDER = re.compile(r"\$?[<{\[]\s*([^<>{}\[\]]+?)\s*[>}\]]|[:$]([A-Za-z_]\w*)|%([A-Za-z_]\w+)%")
_OPTIONAL = re.compile(r"\[([?&][^\[\]]*)\]")
"""A part of a query in brackets, which can be left out."""
_CHOICE = re.compile(r"[\w.]+(?:\|[\w.]+)+")
_MIN_SIMILARITY, _MIN_NAME_SIMILARITY = 0.8, 0.9


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a request line: host (empty: not printed), path segments, and keys and values of the query."""

    host: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A path template: its segments, and the names of those that are parameters, by index."""

    segments: tuple[str, ...]
    parameters: dict[int, str]

    def __str__(self) -> str:
        """Format the template as ``/logstores/{logstoreName}``."""
        return "/" + "/".join(
            f"{{{self.parameters[at]}}}" if at in self.parameters else each for at, each in enumerate(self.segments)
        )

    def extended(self, other: Template) -> Template:
        """Return the template with the further segments of a longer one."""
        known = len(self.segments)
        return Template(
            self.segments + other.segments[known:],
            self.parameters | {at: name for at, name in other.parameters.items() if at >= known},
        )


def target_of(text: str) -> Target:
    """Split the target of a request line."""
    printed = _OPTIONAL.sub(r"\1", re.sub(r"^https?://", "", text.strip()))
    address, _, query = printed.partition("?")
    host, _, path = ("", "", address[1:]) if address.startswith("/") else address.partition("/")
    pairs = (pair.partition("=") for pair in query.split("&") if pair.strip())
    keys = tuple((key.strip(), unquote(value.strip())) for key, _, value in pairs)
    return Target(host, tuple(each for each in path.split("/") if each), keys)


def placeholder(text: str) -> str | None:
    """Return the name in ``<name>`` or ``{name}``; None if a text is not a placeholder, or is a choice of values."""
    found = _PLACEHOLDER.fullmatch(text)
    return (found[1] or found[2] or found[3]) if found and not _CHOICE.fullmatch(found[1] or "") else None


def choice(text: str) -> tuple[str, ...]:
    """Return the values of ``<true|false>``; empty if a text is not a choice."""
    found = _PLACEHOLDER.fullmatch(text)
    return tuple(found[1].split("|")) if found and _CHOICE.fullmatch(found[1] or "") else ()


def same_name(one: str, other: str) -> bool:
    """Return whether two names are equal except for case and separators."""
    return letters(one) == letters(other)


class Names:
    """Names to look up by their letters, or by a misspelling that leaves three letters at the start or the end."""

    def __init__(self, names: Iterable[str]) -> None:
        """Index some names; of those with the same letters, `same` returns the first."""
        self._by_letters: dict[str, str] = {}
        self._by_ends: dict[str, list[str]] = {}
        for name in dict.fromkeys(names):
            self.add(name)

    def add(self, name: str) -> None:
        """Add a name that is not there."""
        self._by_letters.setdefault(letters(name), name)
        for end in _ends(name):
            self._by_ends.setdefault(end, []).append(name)

    def same(self, name: str) -> str | None:
        """Return the name that is equal except for case and separators; None if there is none."""
        return self._by_letters.get(letters(name))

    def near(self, name: str, most: int) -> list[str]:
        """Return up to ``most`` names that are similar to a name, the most similar first."""
        return get_close_matches(name, self._candidates(name), most, _MIN_NAME_SIMILARITY)

    def swapped(self, name: str) -> list[str]:
        """Return the names that differ from a name by two adjacent letters in the other order."""
        return [each for each in self._candidates(name) if sorted(each) == sorted(name) and is_slip(name, each)]

    def _candidates(self, name: str) -> dict[str, None]:
        return dict.fromkeys(each for end in _ends(name) for each in self._by_ends.get(end, ()))

    def misspelt(self, name: str) -> str | None:
        """Return the only name that is similar to a name; None if the name is known, or if there is none."""
        near = [] if self.same(name) is not None else self.near(name, 2)
        return near[0] if len(near) == 1 else None


def _ends(name: str) -> tuple[str, str]:
    return f"{name[:3]}-", f"-{name[-3:]}"


def stem(name: str) -> str:
    """Return a name in lower case without a final ``Name`` or ``Id``."""
    return re.sub(r"(?:name|id)$", "", name.lower().replace("_", ""))


def overlap(one: str, other: str) -> bool:
    """Return whether two names can be of the same parameter, because one of them contains the other."""
    first, second = letters(one), letters(other)
    return bool(first) and bool(second) and (first in second or second in first)


def is_slip(printed: str, name: str) -> bool:
    """Return whether one letter after the first is added, missing, replaced or swapped, and not a plural's s."""
    pairs = zip(printed, name, strict=False)
    at = next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(printed), len(name)))
    here, there = printed[at:], name[at:]
    swapped = here[1:2] + here[:1] + here[2:]
    slips = swapped == there or here[1:] in (there, there[1:]) or here == there[1:]
    return at > 0 and slips and "s" not in {here, there}


@lru_cache(maxsize=4096)
def letters(name: str) -> str:
    """Return a name in lower case without separators."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


class _Listed:
    """The parameters that the tables of a page name, indexed for the segments of a path."""

    def __init__(self, names: Collection[str]) -> None:
        self._by_letters: dict[str, str] = {}
        for name in names:
            self._by_letters.setdefault(letters(name), name)
        self._order = {spelled: at for at, spelled in enumerate(self._by_letters) if spelled}
        self._lengths = {*map(len, self._order)}
        self._lines = "\n".join(("", *self._order, ""))
        self._stems = {*map(stem, names)}

    def has(self, name: str) -> bool:
        """Return whether a name is listed, except for case and separators."""
        return letters(name) in self._by_letters

    def has_stem(self, name: str) -> bool:
        """Return whether a name is listed, with or without a final ``Name`` or ``Id``."""
        return letters(name) in self._stems

    def overlapping(self, name: str) -> str | None:
        """Return the first listed name that contains a name or is part of it; None if there is none."""
        printed = letters(name)
        parts = (printed[at : at + length] for length in self._lengths for at in range(len(printed) - length + 1))
        found = self._order.keys() & set(parts)
        if printed and (at := self._lines.find(printed)) >= 0:
            found.add(self._lines[self._lines.rfind("\n", 0, at) + 1 : self._lines.find("\n", at)])
        return self._by_letters[min(found, key=self._order.__getitem__)] if found else None


def template_of(target: Target, example: Target | None, names: Collection[str]) -> Template:
    """Distinguish the parameters of a path from its fixed segments.

    Args:
        target: of the request line.
        example: of a sent request; None if there is none.
        names: those in the tables of parameters.

    """
    shown = example.segments if example is not None else ()
    marked = {name for segment in target.segments if (name := placeholder(segment))}
    listed, free = _Listed(names), _Listed([name for name in names if name not in marked])
    parameters = {}
    for at, segment in enumerate(target.segments):
        printed = shown[at] if len(shown) > at else None
        if name := _parameter_name(segment, printed, at, free):
            parameters[at] = name
        elif _is_sample(segment, printed, at) or (at % 2 and _is_listed(target.segments[at - 1], listed)):
            parameters[at] = _name_from_collection(target.segments[at - 1], listed)
    return Template(target.segments, parameters)


def _parameter_name(segment: str, printed: str | None, at: int, free: _Listed) -> str | None:
    if name := placeholder(segment):
        return name
    if free.has(segment) and (at % 2 or segment != segment.lower()):  # a collection can have the name of a parameter
        return segment
    return segment if at % 2 and segment != segment.lower() and segment != printed else None


def _is_sample(segment: str, printed: str | None, at: int) -> bool:
    """Return whether a segment is a sample value: it follows a collection, and has a digit or is not in the example."""
    if not at % 2:
        return False
    return any(char.isdigit() for char in segment) or (printed is not None and printed != segment)


def _is_listed(collection: str, listed: _Listed) -> bool:
    """Return whether the tables list a parameter named after a collection, such as logstoreName for logstores."""
    return collection.endswith("s") and listed.has_stem(collection.removesuffix("s"))


def _name_from_collection(collection: str, listed: _Listed) -> str:
    """Return a name for a parameter with a sample value: from the tables, otherwise from its collection."""
    singular = collection.removesuffix("s")
    return listed.overlapping(singular) or singular


def with_names(template: Template, target: Target, names: Collection[str]) -> Template:
    """Return the template of a longer target, with names for the parameters that the request line lacks."""
    known = {*map(letters, template.parameters.values())}
    free = [name for name in names if letters(name) not in known]
    whole, listed = template_of(target, None, free), _Listed(free)
    extra = {}
    for at in range(len(template.segments), len(target.segments)):
        if at in whole.parameters:
            extra[at] = whole.parameters[at]
        elif at % 2:
            extra[at] = _name_from_collection(target.segments[at - 1], listed)
    return Template(target.segments, extra)


def fits(template: Template, target: Target) -> bool:
    """Return whether a target agrees with a template in all fixed segments, as far as both go."""
    pairs = enumerate(zip(template.segments, target.segments, strict=False))
    return all(at in template.parameters or expected == printed for at, (expected, printed) in pairs)


def misspelt(template: Template, target: Target) -> list[tuple[str, str]]:
    """Return the fixed segments with a slightly different spelling in a target, each with that spelling."""
    pairs = enumerate(zip(template.segments, target.segments, strict=False))
    return [
        (expected, printed)
        for at, (expected, printed) in pairs
        if at not in template.parameters
        and expected != printed
        and SequenceMatcher(None, expected, printed).ratio() >= _MIN_SIMILARITY
    ]


def host_of(messages: Sequence[Message], targets: Sequence[Target]) -> str | None:
    """Return the host as a template: ``{project}.{endpoint}``, ``{endpoint}``, or a fixed name; None: not printed.

    The word endpoint can include the project, which an example then shows.
    """
    printed = [target.host for target in targets if target.host]
    printed += [value for message in messages if (value := message.header("host"))]
    hosts = [host for text in printed if (host := _host(text))]
    return _OF_PROJECT if hosts[:1] == [_ENDPOINT] and _OF_PROJECT in hosts else next(iter(hosts), None)


def other_hosts(messages: Iterable[Message], host: str | None) -> Iterator[tuple[int, str]]:
    """Yield line and text of each header Host that names another host, or none that is known."""
    for message in messages:
        printed = message.header("host")
        if printed and _host(printed) != host:
            yield message.line, printed


def host_in(lines: Iterable[str]) -> str | None:
    """Return the host that a line of text names as a header does, ``Host: {project}.{endpoint}``; None if none does."""
    named = (found[1] for line in lines if (found := _HOST_LINE.match(line)))
    return next((host for text in named if (host := _host(text))), None)


def is_host(text: str) -> bool:
    """Return whether a text is the template or the name of a host."""
    return _host(text) is not None


def _host(printed: str) -> str | None:
    name = re.sub(r"[<>{}]|(?<!\s)\s+//.*|:\d+\s*$", "", printed).strip(" ,.").lower()
    return next((template or name for pattern, template in _HOSTS if pattern.fullmatch(name)), None)


_HOST_LINE = re.compile(r"\W*Host\W*[:：]\W*?([{<\w].*?)[`*;,]*$", re.IGNORECASE)
_OF_PROJECT, _ENDPOINT = "{project}.{endpoint}", "{endpoint}"
_HOSTS = (
    (
        re.compile(r"(?:your[ _-]?)?project[ _-]?(?:name)?[ .]*(?:(?:your|sls|region|log|service)[ _-]?)*endpoint"),
        _OF_PROJECT,
    ),
    (re.compile(r"(?:(?:sls|region|log|service)[ ._-]*)*endpoint"), _ENDPOINT),
    (re.compile(r"[\w-]+\.[\w-]+\.(?:log|sls)\.aliyuncs\.com"), _OF_PROJECT),
    (re.compile(r"(?:[a-z]+-[\w-]+)\.(?:log|sls)\.aliyuncs\.com"), _ENDPOINT),
    (re.compile(r"[\w.-]+\.(?:com|cn)"), ""),
)
