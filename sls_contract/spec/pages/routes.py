"""Request lines of a page: host, path template and query, put together from syntax, introduction and examples."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sls_contract.spec.pages.messages import Message

_PLACEHOLDER = re.compile(r"\$?[<{\[]\s*([^<>{}\[\]]+?)\s*[>}\]]|[:$]([A-Za-z_]\w*)|%([A-Za-z_]\w+)%")
_CHOICE = re.compile(r"[\w.]+(?:\|[\w.]+)+")
_SIMILAR, _NEARLY = 0.8, 0.9


@dataclass(frozen=True, slots=True)
class Target:
    """What a request line asks for: host (empty: not printed), segments of the path, keys and values of the query."""

    host: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A path: its segments, and which of them are parameters, by their names."""

    segments: tuple[str, ...]
    parameters: dict[int, str]

    def __str__(self) -> str:
        """Return it as ``/logstores/{logstoreName}``."""
        return "/" + "/".join(
            f"{{{self.parameters[at]}}}" if at in self.parameters else each for at, each in enumerate(self.segments)
        )

    def extended(self, other: Template) -> Template:
        """Return it with the segments that another one has beyond its own."""
        known = len(self.segments)
        return Template(
            self.segments + other.segments[known:],
            self.parameters | {at: name for at, name in other.parameters.items() if at >= known},
        )


def target_of(text: str) -> Target:
    """Split the target of a request line."""
    address, _, query = re.sub(r"^https?://", "", text.strip()).partition("?")
    host, _, path = ("", "", address[1:]) if address.startswith("/") else address.partition("/")
    return Target(host, tuple(each for each in path.split("/") if each), tuple(_pairs(query)))


def _pairs(query: str) -> list[tuple[str, str]]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair.strip())
    return [(key.strip(), unquote(value.strip())) for key, _, value in pairs]


def placeholder(text: str) -> str | None:
    """Return the name in ``<name>`` or ``{name}``; None where a text is no placeholder, or a choice of values."""
    found = _PLACEHOLDER.fullmatch(text)
    return (found[1] or found[2] or found[3]) if found and not _CHOICE.fullmatch(found[1] or "") else None


def choice(text: str) -> tuple[str, ...]:
    """Return the values of ``<true|false>``; empty where a text is no choice."""
    found = _PLACEHOLDER.fullmatch(text)
    return tuple(found[1].split("|")) if found and _CHOICE.fullmatch(found[1] or "") else ()


def same_name(one: str, other: str) -> bool:
    """Return whether two spellings name one parameter: capitals and separators do not matter."""
    return _key(one) == _key(other)


def misspelt_name(name: str, known: Collection[str]) -> str | None:
    """Return the known name that another one is but for a letter or two; None where it is a known one, or no such."""
    near = [] if any(same_name(name, each) for each in known) else get_close_matches(name, known, 2, _NEARLY)
    return near[0] if len(near) == 1 else None


def alike(one: str, other: str) -> bool:
    """Return whether two names may mean one parameter: one of them is a part of the other."""
    first, second = _key(one), _key(other)
    return bool(first) and bool(second) and (first in second or second in first)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def template_of(target: Target, example: Target | None, names: Collection[str]) -> Template:
    """Tell the parameters of a path from its fixed segments.

    Args:
        target: of the request line.
        example: of a request that was sent; None where there is none.
        names: what the tables of parameters list.

    """
    shown = example.segments if example is not None else ()
    marked = {name for segment in target.segments if (name := placeholder(segment))}
    free = [name for name in names if name not in marked]
    parameters = {}
    for at, segment in enumerate(target.segments):
        printed = shown[at] if len(shown) > at else None
        if name := _parameter_name(segment, printed, at, free):
            parameters[at] = name
        elif _is_sample(segment, printed, at) or (at % 2 and _is_listed(target.segments[at - 1], names)):
            parameters[at] = name_from_collection(target.segments[at - 1], names)
    return Template(target.segments, parameters)


def _parameter_name(segment: str, printed: str | None, at: int, names: Collection[str]) -> str | None:
    if name := placeholder(segment):
        return name
    if any(same_name(segment, name) for name in names):
        return segment
    return segment if at % 2 and segment != segment.lower() and segment != printed else None


def _is_sample(segment: str, printed: str | None, at: int) -> bool:
    """Return whether a segment is a sample value: a collection's name stands before it, and it may have any value."""
    if not at % 2:
        return False
    return any(char.isdigit() for char in segment) or (printed is not None and printed != segment)


def _is_listed(collection: str, names: Collection[str]) -> bool:
    """Return whether the tables list a parameter that names one of a collection, such as logstoreName of logstores."""
    bare = {re.sub(r"(?:name|id)$", "", name.lower().replace("_", "")) for name in names}
    return collection.endswith("s") and _key(collection.removesuffix("s")) in bare


def name_from_collection(collection: str, names: Collection[str]) -> str:
    """Name a parameter that a request line gives a sample value for: as the tables do, else after its collection."""
    singular = collection.removesuffix("s")
    return next((name for name in names if alike(singular, name)), singular)


def fits(template: Template, target: Target) -> bool:
    """Return whether a target is one of a template's, or a part of one, or longer than it: fixed segments agree."""
    pairs = enumerate(zip(template.segments, target.segments, strict=False))
    return all(at in template.parameters or ours == theirs for at, (ours, theirs) in pairs)


def misspelt(template: Template, target: Target) -> list[tuple[str, str]]:
    """Return the fixed segments that a target spells a little otherwise, each with its spelling."""
    pairs = enumerate(zip(template.segments, target.segments, strict=False))
    return [
        (ours, theirs)
        for at, (ours, theirs) in pairs
        if at not in template.parameters and ours != theirs and _is_similar(ours, theirs)
    ]


def _is_similar(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other).ratio() >= _SIMILAR


def host_of(messages: Sequence[Message], targets: Sequence[Target]) -> str | None:
    """Return the host as a template: ``{project}.{endpoint}``, ``{endpoint}``, or a fixed name; None: not printed."""
    printed = [target.host for target in targets if target.host]
    printed += [value for message in messages if (value := message.header("host"))]
    return next((host for text in printed if (host := _host(text))), None)


def _host(printed: str) -> str | None:
    bare = re.sub(r"[<>{}]", "", printed).strip().rstrip(",").lower()
    for fits_, host in _HOSTS:
        if fits_(bare):
            return host or bare
    return None


_HOSTS: tuple[tuple[Callable[[str], object], str], ...] = (
    (re.compile(r"project ?(?:name)?[ .]*endpoint").fullmatch, "{project}.{endpoint}"),
    (re.compile(r"(?:sls )?endpoint|region[ .]*endpoint").fullmatch, "{endpoint}"),
    (re.compile(r"[\w-]+\.[\w-]+\.(?:log|sls)\.aliyuncs\.com").fullmatch, "{project}.{endpoint}"),
    (re.compile(r"(?:[a-z]+-[\w-]+)\.(?:log|sls)\.aliyuncs\.com").fullmatch, "{endpoint}"),
    (re.compile(r"[\w.-]+\.(?:com|cn)").fullmatch, ""),
)
