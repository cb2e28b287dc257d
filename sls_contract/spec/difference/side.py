"""A description of an operation in the form that is compared.

Claims of a page and contracts are both converted to this form: a route, parts by place, success statuses and errors. A
fact that a page does not state is None and equals any value.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from sls_contract.spec.contract import PLACEHOLDER, Value
from sls_contract.spec.finding import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec.claims import Body as ClaimedBody
    from sls_contract.spec.claims import Page, Parameter
    from sls_contract.spec.contract import Body, Contract

ANY = "any"
ELEMENT = "*"
"""The name of an array's elements; the members of elements that are objects are its siblings, not its children."""

MISSING_LEVEL = "level where missing"
_REQUIRED = {Level.VIOLATION, Level.WARNING}
_METADATA = ("says", "aliases", "codes", "others")
_OTHER_ATTRIBUTES = {
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
_MEANINGS = tuple(each.name for each in fields(Value) if each.name not in {*_OTHER_ATTRIBUTES, *_METADATA})
"""The remaining attributes of a contract's value; attributes added in future are compared without a change here."""


@dataclass(frozen=True, slots=True)
class Part:
    """A parameter, a header, a member of a body or a whole body.

    Attributes:
        place: ``path``, ``query``, ``header``, ``body``, ``response`` or ``response header``.
        parent: pointer of the object that it is a member of; empty: the body itself, or no body.
        name: as on the wire; empty: the whole body.
        type: a JSON type, a kind of content, or `ANY`; None: not stated.
        required: whether a request must have it or a response always has it; None: not stated.
        values: the allowed texts; empty: any; None: not stated.
        bounds: lowest and highest number; None: not stated.
        default: the value that applies if it is omitted; empty: none, or not stated.
        nullable: whether null means the same as omitting it.
        meanings: constraints beyond its type, by name: pattern, unit, form and others.
        metadata: facts that never reach a client, by name: levels, codes, texts.

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
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """The key that pairs it with the same part of another description; header names ignore case."""
        name = self.name.lower() if self.place.endswith("header") else self.name
        return self.place, self.parent, name

    @property
    def of_response(self) -> bool:
        """Whether it belongs to a response."""
        return self.place.startswith("response")

    @property
    def is_free(self) -> bool:
        """Whether it is a body that may be anything, also absent; a page that prints no body says the same."""
        return not self.name and self.type == ANY and not self.required

    @property
    def where(self) -> str:
        """Its place, for messages."""
        if self.place in {"body", "response"}:
            return f"{self.place} {pointer(self)}" if self.name else self.place
        return f"{self.place} {self.name}"

    @property
    def summary(self) -> str:
        """A short description for messages."""
        needed = {True: "promised" if self.of_response else "required", False: "optional", None: ""}[self.required]
        words = (self.name, self.type or "", needed, shown(self.values) if self.values else "")
        return " ".join(filter(None, words))


@dataclass(frozen=True, slots=True)
class Side:
    """A description of an operation.

    Attributes:
        operation: its name; empty if a page does not state it.
        aliases: its other names.
        method: the HTTP method; None: not stated.
        path: template; None: not stated.
        host: as printed; None: not stated.
        parts: by key, in the order of the description.
        success: the statuses of a success; empty: not stated.
        errors: messages by status and code.
        partial: whether it is a page, which omits facts.
        metadata: facts that never reach a client, by name.

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
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_claims(cls, page: Page) -> Side:
        """Convert the claims of a page."""
        return cls(
            operation=page.operation or "",
            aliases=(),
            method=page.method,
            path=page.path,
            host=page.host,
            parts={part.key: part for part in _claim_parts(page)},
            success=frozenset() if page.status is None else frozenset({page.status}),
            errors={key: tuple(messages) for key, messages in page.errors.items()},
            partial=True,
        )

    @classmethod
    def of_contract(cls, contract: Contract) -> Side:
        """Convert a contract."""
        parts = chain(
            (replace(each, required=True) for each in _contract_parts("path", contract.path_parameters)),
            _contract_query(contract),
            _contract_parts("header", contract.headers),
            _contract_body("body", contract.body),
            _contract_parts("response header", contract.response_headers),
            _contract_body("response", contract.response),
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
            metadata={
                "coverage": contract.coverage,
                "summary": contract.summary,
                "unknown query keys": _text(contract.others),
                "signature": "needed" if contract.signed else "not needed",
                "disagreements": "; ".join(sorted(each.where for each in contract.disagreements)),
            },
        )

    def without_certainty(self) -> Side:
        """Return a copy without levels and without whether a whole body is required; both depend on the sources."""
        return replace(self, parts={key: _without_certainty(part) for key, part in self.parts.items()})


def _without_certainty(part: Part) -> Part:
    is_whole = part.place in {"body", "response"} and not pointer(part)
    metadata = {name: text for name, text in part.metadata.items() if name not in {"level", MISSING_LEVEL}}
    return replace(part, required=None if is_whole else part.required, metadata=metadata)


def pointer(part: Part) -> str:
    """Return the JSON pointer of a member of a body, without the indexes of arrays: ``/shards/id``."""
    return f"{part.parent}/{part.name}" if part.name else part.parent


def placeholders(path: str | None) -> list[str]:
    """Return the names of the placeholders in a path template."""
    return PLACEHOLDER.findall(path or "")


def shown(values: tuple[str, ...] | None) -> str:
    """Format the values of an enum."""
    return "any value" if not values else " | ".join(values)


def _claim_parts(page: Page) -> Iterator[Part]:
    for name in placeholders(page.path):
        yield Part("path", "", name, page.path_types.get(name), required=True)
    for place, parameters in (("query", page.query), ("header", page.headers)):
        for name, each in parameters.items():
            yield replace(_claim_part(place, "", name, each), values=each.values or None)
    yield from _claim_body("body", page.body)
    for name in page.response_headers:
        yield Part("response header", "", name)
    for part in _claim_body("response", page.response):
        yield replace(part, bounds=None, default="")


def _claim_part(place: str, parent: str, name: str, each: Parameter) -> Part:
    bounds = None if each.minimum is None and each.maximum is None else (each.minimum, each.maximum)
    return Part(place, parent, name, each.type, each.required, bounds=bounds, default=each.default)


def _claim_body(place: str, body: ClaimedBody) -> Iterator[Part]:
    """Yield a body and its members; a page names only a member's parent, so the full path is resolved here."""
    if body.shape or body.members:
        yield Part(place, "", "", body.shape)
    parents = {name: parent for parent, name in reversed(body.members)}  # of members of one name, that of the first
    for (parent, name), each in body.members.items():
        yield _claim_part(place, _path_of(parent, parents), name, each)


def _path_of(parent: str | None, parents: Mapping[str, str | None]) -> str:
    path, seen = "", set()
    while parent and parent not in seen:  # a page can describe two objects as each other's parent
        seen.add(parent)
        path = f"/{parent}{path}"
        parent = parents.get(parent)
    return path


def _contract_parts(place: str, values: Mapping[str, Value], parent: str = "") -> Iterator[Part]:
    for name, value in values.items():
        yield from _value_parts(place, parent, name, value)


def _contract_query(contract: Contract) -> Iterator[Part]:
    """Yield the query; the keys that distinguish operations of one route are required and have these values."""
    named = list(_contract_parts("query", contract.query))
    for key, values in contract.discriminator.items():
        known = next((part for part in named if part.name == key), Part("query", "", key, "string"))
        part = Part("query", "", key, known.type, required=True, values=values, metadata=known.metadata)
        named = [part if each is known else each for each in named] if known in named else [*named, part]
    yield from named


def _contract_body(place: str, body: Body | None) -> Iterator[Part]:
    if body is None:
        yield Part(place, "", "", ANY, required=False)
    elif body.content == "json":
        yield from _value_parts(place, "", "", body.value, body.required)
    elif body.content != "none":
        content = f"{body.content} {body.message}".rstrip()
        yield Part(place, "", "", content, body.required in _REQUIRED, metadata={MISSING_LEVEL: _text(body.required)})


def _value_parts(place: str, parent: str, name: str, value: Value, required: Level | None = None) -> Iterator[Part]:
    """Yield a value, and the parts of its members and elements."""
    level = required if not name and not parent else value.required
    part = Part(
        place,
        parent,
        name,
        value.type or ANY,
        level in _REQUIRED,
        value.values,
        (value.minimum, value.maximum),
        str(value.default),
        value.nullable,
        {each: _text(getattr(value, each)) for each in _MEANINGS if getattr(value, each)},
        {"level": _text(value.level), MISSING_LEVEL: _text(level)}
        | {each: _text(getattr(value, each)) for each in _METADATA},
    )
    yield part
    below = parent if name == ELEMENT and value.type == "object" else pointer(part)  # pages do not print elements
    yield from _contract_parts(place, value.members, below)
    if value.items is not None:
        yield from _value_parts(place, below, ELEMENT, value.items)


def _text(value: object) -> str:
    if value is None:
        return "free"
    if isinstance(value, (tuple, list)):
        return ", ".join(map(str, value))
    return ", ".join(f"{key}: {each}" for key, each in value.items()) if hasattr(value, "items") else str(value)
