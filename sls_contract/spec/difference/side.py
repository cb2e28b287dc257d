"""One description of an operation, in the form in which two are compared.

Claims of a page and contracts come to one form: a route, parts that each stand in a place, success and errors. What a
page does not say is None there, and differs from nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from sls_contract.spec.contract import Value
from sls_contract.spec.finding import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec.contract import Body, Contract

ANY = "any"
ELEMENT = "*"
"""The name of an array's elements; the members of elements that are objects stand beside it, not below."""

MISSING_LEVEL = "level where missing"
_DEMANDED = {Level.VIOLATION, Level.WARNING}
_WORDS = ("says", "aliases", "codes", "others")
_ELSEWHERE = {
    "type",
    "required",
    "level",
    "values",
    "minimum",
    "maximum",
    "bounds",
    "default",
    "nullable",
    "members",
    "items",
    "sources",
}
_MEANINGS = tuple(each.name for each in fields(Value) if each.name not in {*_ELSEWHERE, *_WORDS})
"""Whatever else a value of a contract has, also what it is given in future."""


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter, a header, a member of a body or a whole body.

    Attributes:
        place: ``path``, ``query``, ``header``, ``body``, ``answer`` or ``answer header``.
        parent: pointer of the object that it is a member of; empty: the body itself, or no body.
        name: as on the wire; empty: the whole body.
        type: a JSON type, a kind of content, or `ANY`; None: not told.
        required: whether it is demanded or promised; None: not told.
        values: the texts that it may be; empty: any; None: not told.
        bounds: lowest and highest number; None: not told.
        default: what stands for it where it is left out; empty: nothing, or not told.
        nullable: whether null is as good.
        meanings: what no JSON type says, by name: pattern, unit, form and the like.
        words: what no client meets, by name: levels, codes, texts.

    """

    place: str
    parent: str
    name: str
    type: str | None = None
    required: bool | None = None
    values: tuple[str, ...] | None = None
    bounds: tuple[int | None, int | None] | None = None
    default: str = ""
    nullable: bool = False
    meanings: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What pairs it with the same part of another description; header names have no case."""
        name = self.name.lower() if self.place.endswith("header") else self.name
        return self.place, self.parent, name

    @property
    def of_answer(self) -> bool:
        """Whether a client reads it."""
        return self.place.startswith("answer")

    @property
    def where(self) -> str:
        """Name its place for people."""
        if self.place in {"body", "answer"}:
            return f"{self.place} {pointer(self)}" if self.name else self.place
        return f"{self.place} {self.name}"

    @property
    def summary(self) -> str:
        """Say what it is, in a few words."""
        needed = {True: "promised" if self.of_answer else "required", False: "optional", None: ""}[self.required]
        said = (self.name, self.type or "", needed, shown(self.values) if self.values else "")
        return " ".join(filter(None, said))


@dataclass(frozen=True, slots=True)
class Side:
    """All of one description.

    Attributes:
        operation: its name; empty where a page does not give it.
        aliases: its other names.
        method: the HTTP method; None: not told.
        path: template; None: not told.
        host: as printed; None: not told.
        parts: by key, in the order of the description.
        success: the statuses of a success; empty: not told.
        errors: messages by status and code.
        partial: whether silence means nothing: a page.
        words: what no client meets, by name.

    """

    operation: str
    aliases: tuple[str, ...]
    method: str | None
    path: str | None
    host: str | None
    parts: Mapping[tuple[str, str, str], Part]
    success: frozenset[int]
    errors: Mapping[tuple[int | None, str], tuple[str, ...]]
    partial: bool = False
    words: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_claims(cls, plain: Mapping[str, Any]) -> Side:
        """Read what `spec derive --json` gives of a page; raises KeyError or TypeError where it is none."""
        status = plain["response"]["status"]
        return cls(
            operation=plain["operation"] or "",
            aliases=(),
            method=plain["method"],
            path=plain["path"],
            host=plain["host"],
            parts={part.key: part for part in _claimed(plain)},
            success=frozenset() if status is None else frozenset({status}),
            errors={(each["status"], each["code"]): tuple(each["messages"]) for each in plain["errors"]},
            partial=True,
        )

    @classmethod
    def of_contract(cls, contract: Contract) -> Side:
        """Read a contract."""
        parts = chain(
            _contracted("path", contract.path_parameters),
            _contracted_query(contract),
            _contracted("header", contract.headers),
            _contracted_body("body", contract.body),
            _contracted("answer header", contract.response_headers),
            _contracted_body("answer", contract.response),
        )
        return cls(
            operation=contract.operation,
            aliases=contract.aliases,
            method=contract.method,
            path=contract.path,
            host="{project}.{endpoint}" if contract.project else "{endpoint}",
            parts={part.key: part for part in parts},
            success=frozenset(contract.success),
            errors={(each.status, each.code): each.messages for each in contract.errors},
            words={
                "coverage": contract.coverage,
                "summary": contract.summary,
                "unknown query keys": _text(contract.others),
                "signature": "needed" if contract.signed else "not needed",
                "disagreements": "; ".join(sorted(each.where for each in contract.disagreements)),
            },
        )

    def without_certainty(self) -> Side:
        """Leave out what only tells how sure its sources are: levels, and whether a body as a whole must be there."""
        return replace(self, parts={key: _without_certainty(part) for key, part in self.parts.items()})


def _without_certainty(part: Part) -> Part:
    is_whole = part.place in {"body", "answer"} and not pointer(part)
    words = {name: text for name, text in part.words.items() if name not in {"level", MISSING_LEVEL}}
    return replace(part, required=None if is_whole else part.required, words=words)


def pointer(part: Part) -> str:
    """Return where a member of a body is, ``/shards/id``; elements of arrays are left out."""
    return f"{part.parent}/{part.name}" if part.name else part.parent


def placeholders(path: str | None) -> list[str]:
    """Name what stands in a path template for a segment."""
    return re.findall(r"\{([^}]*)\}", path or "")


def shown(values: tuple[str, ...] | None) -> str:
    """Give the values of an enum as text."""
    return "any value" if not values else " | ".join(values)


def _claimed(plain: Mapping[str, Any]) -> Iterator[Part]:
    for name in placeholders(plain["path"]):
        yield Part("path", "", name, required=True)
    for place, key in (("query", "query"), ("header", "headers")):
        for name, each in plain[key].items():
            limits = plain.get("limits", {}).get(f"{place} {name}", {})
            values = _claimed_values(each)
            yield Part(place, "", name, each["type"], each["required"], values, **_claimed_limits(limits))
    yield from _claimed_body("body", plain["body"], plain.get("limits", {}))
    for name in plain["response"]["headers"]:
        yield Part("answer header", "", name)
    yield from _claimed_body("answer", plain["response"], {})


def _claimed_limits(limits: Mapping[str, Any]) -> dict[str, Any]:
    bounds = (limits.get("minimum"), limits.get("maximum"))
    return {"bounds": None if bounds == (None, None) else bounds, "default": limits.get("default", "")}


def _claimed_values(each: Mapping[str, Any]) -> tuple[str, ...] | None:
    if "const" in each:
        return (each["const"],)
    return tuple(each["values"]) if "values" in each else None


def _claimed_body(place: str, body: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[Part]:
    """Yield a body and its members; a page names a member's parent, whose own parents are found here."""
    members = body["members"]
    if body["shape"] or members:
        yield Part(place, "", "", body["shape"])
    for name, each in members.items():
        parent, own = each["parent"], name
        if parent and name.startswith(f"{parent}."):
            own = name.removeprefix(f"{parent}.")  # `spec derive` shows a name that two objects have in this way
        told = _claimed_limits(limits.get(f"{place} {name}", {}))
        yield Part(place, _path_of(parent, members), own, each["type"], each["required"], **told)


def _path_of(parent: str | None, members: Mapping[str, Any]) -> str:
    path, seen = "", set()
    while parent and parent not in seen:  # a page may make two objects each other's parent
        seen.add(parent)
        path = f"/{parent}{path}"
        parent = members[parent]["parent"] if parent in members else None
    return path


def _contracted(place: str, values: Mapping[str, Value], parent: str = "") -> Iterator[Part]:
    for name, value in values.items():
        yield from _value(place, parent, name, value)


def _contracted_query(contract: Contract) -> Iterator[Part]:
    """Yield the query; what tells operations of one route apart is a required key with these values."""
    named = list(_contracted("query", contract.query))
    for key, values in contract.discriminator.items():
        known = next((part for part in named if part.name == key), Part("query", "", key, "string"))
        told = Part("query", "", key, known.type, required=True, values=values, words=known.words)
        named = [told if part is known else part for part in named] if known in named else [*named, told]
    yield from named


def _contracted_body(place: str, body: Body | None) -> Iterator[Part]:
    if body is None:
        yield Part(place, "", "", ANY, required=False)
    elif body.content == "json":
        yield from _value(place, "", "", body.value, body.required)
    elif body.content != "none":
        content = f"{body.content} {body.message}".rstrip()
        yield Part(place, "", "", content, body.required in _DEMANDED, words={MISSING_LEVEL: _text(body.required)})


def _value(place: str, parent: str, name: str, value: Value, required: Level | None = None) -> Iterator[Part]:
    """Yield a value and all that it holds."""
    level = required if not name and not parent else value.required
    part = Part(
        place,
        parent,
        name,
        value.type or ANY,
        level in _DEMANDED,
        value.values,
        (value.minimum, value.maximum),
        str(value.default),
        value.nullable,
        {each: _text(getattr(value, each)) for each in _MEANINGS if getattr(value, each)},
        {"level": _text(value.level), MISSING_LEVEL: _text(level)}
        | {each: _text(getattr(value, each)) for each in _WORDS},
    )
    yield part
    below = parent if name == ELEMENT and value.type == "object" else pointer(part)  # pages do not print elements
    yield from _contracted(place, value.members, below)
    if value.items is not None:
        yield from _value(place, below, ELEMENT, value.items)


def _text(value: object) -> str:
    if value is None:
        return "free"
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return ", ".join(f"{key}: {each}" for key, each in value.items()) if hasattr(value, "items") else str(value)
