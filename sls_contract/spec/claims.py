"""The claims of a page about an operation, as a record with a plain form.

Claims are facts and their places, never sentences of the page. A part that cannot be read becomes a `Problem`; nothing
is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sls_contract.spec.contract import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ProblemKind: TypeAlias = Literal[
    "query-key",
    "body-key",
    "path",
    "example-not-json",
    "element-type",
    "error-spelling",
    "digest",
    "not-in-syntax",
    "spelling",
]
MEANINGS: Mapping[ProblemKind, str] = {
    "query-key": "the table names it differently than the request line",
    "body-key": "the table and the example name different members",
    "path": "request lines differ, or one is missing",
    "example-not-json": "the printed body is not JSON",
    "element-type": "the type is unknown, or the example shows another one",
    "error-spelling": "an error is misspelt or incomplete",
    "digest": "it matches no form of the printed body",
    "not-in-syntax": "the request line does not show it",
    "spelling": "it cannot be read, or is spelled in two ways",
}
WITHOUT_DEPTH = "without depth"
"""The end of a problem's text where rows follow an object, and the page does not show which are its members."""
DESCRIBED_ELSEWHERE = "described on another page"
"""The end of a problem's text where the type of a member is a structure whose members the page does not show."""
USER_KEY = "keys that users choose"
"""A problem's text where an example shows the members of a member one level deeper, below keys of the user's own."""
BODILESS = frozenset({"GET", "DELETE", "HEAD"})
"""The methods of requests without a body."""
MODEL = "model"
"""How the parameters of an SDK and of OpenAPI metadata are read; `as_query` shows them as rows of a table."""
ORIGINS = ("syntax", "table", "example", "prose", MODEL)
"""The ways to read a parameter, in the order in which they are listed; all but the last are parts of a page."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A place where a page contradicts itself or cannot be read.

    Attributes:
        line: of the page, from 1.
        kind: the kind of problem.
        where: the part of the operation that it concerns, such as ``query shard``.
        says: the text that the page prints there.

    """

    line: int
    kind: ProblemKind
    where: str
    says: str

    def as_plain(self) -> dict[str, str]:
        """Return the problem as plain JSON values."""
        return {"kind": self.kind, "where": f"line {self.line}: {self.where}", "says": self.says}


@dataclass(slots=True)
class Parameter:
    """A query parameter, a header specific to the operation, or a member of a body, while it is being assembled.

    Attributes:
        type: a JSON type; None if the page names no known type.
        required: None if the page does not say.
        values: the allowed values; a single value is a constant.
        origins: the parts of the page that name it; see `ORIGINS`.
        parent: the member of a body that contains it; None: the body itself, or an element of it.
        printed: the text that request lines print as its value: a placeholder's name, or a sample.
        minimum, maximum: the lowest and the highest number; of a text, the lowest and highest number of characters.
        default: the value that applies if the parameter is omitted; empty: not stated.

    """

    type: str | None = None
    required: bool | None = None
    values: tuple[str, ...] = ()
    origins: set[str] = field(default_factory=set)
    parent: str | None = None
    printed: set[str] = field(default_factory=set)
    minimum: int | None = None
    maximum: int | None = None
    default: str = ""

    def limits(self) -> dict[str, int | str]:
        """Return those of minimum, maximum and default that the page states."""
        stated = {"minimum": self.minimum, "maximum": self.maximum, "default": self.default or None}
        return {name: each for name, each in stated.items() if each is not None}

    def as_query(self) -> dict[str, Any]:
        """Return the plain form of a query parameter or a header."""
        plain: dict[str, Any] = {"type": self.type, "required": self.required}
        if len(self.values) == 1:
            plain["const"] = self.values[0]
        elif self.values:
            plain["values"] = list(self.values)
        named = ("table" if origin == MODEL else origin for origin in ORIGINS if origin in self.origins)
        return plain | {"from": [*named]}

    def as_member(self) -> dict[str, Any]:
        """Return the plain form of a member of a body."""
        return {"type": self.type, "required": self.required, "parent": self.parent}


@dataclass(slots=True)
class Body:
    """The claims of a page about a body: shape, members and digest.

    ``shape`` is None if there is no body or its shape is unknown. ``members`` are keyed by parent and name, because two
    objects of a body can have members of the same name. ``digest`` is ``md5`` or ``length`` if the page prints a
    checksum or length that matches the body.
    """

    shape: str | None = None
    members: dict[tuple[str | None, str], Parameter] = field(default_factory=dict)
    digest: str | None = None

    def shown(self) -> dict[str, Parameter]:
        """Return the members by their names in JSON: ``parent.name`` if another object has a member of that name.

        A member of the body itself keeps its plain name, also after a member of an object that has the same name.
        """
        shown: dict[str, Parameter] = {}
        for (parent, name), member in self.members.items():
            taken = name in shown or (None, name) in self.members
            shown[f"{parent}.{name}" if parent is not None and taken else name] = member
        return shown

    def as_plain(self) -> dict[str, Any]:
        """Return the body as plain JSON values."""
        return {"shape": self.shape, "members": {name: each.as_member() for name, each in self.shown().items()}}


@dataclass(slots=True)
class Page:
    """All claims of a page about an operation; the command ``spec derive`` prints the plain form.

    ``path_parameters`` are the names in the path, ``described`` those of them that it describes. ``lines`` are the line
    numbers by place; the plain form omits them.
    """

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    host: str | None = None
    path_parameters: list[str] = field(default_factory=list)
    described: dict[str, Parameter] = field(default_factory=dict)
    query: dict[str, Parameter] = field(default_factory=dict)
    headers: dict[str, Parameter] = field(default_factory=dict)
    body: Body = field(default_factory=Body)
    status: int | None = None
    response_headers: list[str] = field(default_factory=list)
    response: Body = field(default_factory=Body)
    errors: dict[tuple[int, str], list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lines: dict[str, set[int]] = field(default_factory=dict)
    _known_problems: set[Problem] = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether the page claims nothing about a request, a response or an error."""
        members = (self.body.members, self.response.members, self.query, self.headers, self.errors)
        return self.path is None and not any(members)

    @property
    def path_types(self) -> dict[str, str]:
        """The types of the path parameters that have one, by name, in the order of the path."""
        described = {name: self.described[name] for name in self.path_parameters if name in self.described}
        return {name: each.type for name, each in described.items() if each.type is not None}

    def set_target(self, target: str) -> None:
        """Set the path, its parameters and the fixed query keys from a path with its query string."""
        path, _, query = target.partition("?")
        self.path, self.path_parameters = path or None, PLACEHOLDER.findall(path)
        for pair in filter(None, query.split("&")):
            key, _, value = pair.partition("=")
            self.query[key] = Parameter("string", required=True, values=(value,), origins={"syntax"})

    def add_line(self, place: str, line: int) -> None:
        """Record that a line of the page, counted from 1, describes a place such as ``query shard``."""
        self.lines.setdefault(place, set()).add(line)

    def problem(self, line: int, kind: ProblemKind, where: str, says: str) -> None:
        """Record a problem once."""
        found = Problem(line, kind, where, says)
        if found not in self._known_problems:
            self._known_problems.add(found)
            self.problems.append(found)

    def as_plain(self) -> dict[str, Any]:
        """Return the page's claims as plain JSON values."""
        return {
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "host": self.host,
            "path_parameters": self.path_parameters,
            "path_types": self.path_types,
            "query": {name: each.as_query() for name, each in self.query.items()},
            "headers": {name: each.as_query() for name, each in self.headers.items()},
            "body": self.body.as_plain(),
            "response": {"status": self.status, "headers": self.response_headers, **self.response.as_plain()},
            "errors": [
                {"status": status, "code": code, "messages": messages}
                for (status, code), messages in self.errors.items()
            ],
            "digests": {"request": self.body.digest, "response": self.response.digest},
            "limits": {place: limits for place, each in self._parameters() if (limits := each.limits())},
            "problems": [each.as_plain() for each in sorted(self.problems)],
        }

    def _parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters that can have limits, each with its place."""
        for place, parameters in (("query", self.query), ("header", self.headers), ("body", self.body.shown())):
            yield from ((f"{place} {name}", each) for name, each in parameters.items())
