"""The contract of an operation as data; `spec build` merges it from claims and rulings.

The plain form (`as_plain`, `from_plain`) is the content of ``schemas/contract/<Operation>.yaml``. Its keys are the
attribute names; attributes with default values are omitted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from sls_contract.spec.finding import Level

JsonType: TypeAlias = Literal["string", "integer", "number", "boolean", "object", "array"]
Coverage: TypeAlias = Literal["full", "derived", "model"]
"""How an operation is known: contradictions resolved by rulings, derived from pages, or from SDK models only."""

SPELLED: Mapping[str, tuple[str, str]] = {
    "integer": ("-?[0-9]+", "an integer in decimal digits"),
    "number": (r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "a decimal number"),
    "boolean": ("[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]", "true or false"),
}
"""How a text in a path, query or header spells a value of a type: a pattern, and its description."""

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
"""A placeholder of a path template; group 1 is its name."""

Content: TypeAlias = Literal["json", "protobuf", "binary", "none"]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A parameter, a header, a member of a body, or a whole body.

    Attributes:
        type: its JSON type; None: any. In a path, query or header, the type that its text spells.
        required: the level of a breach if it is missing; None: optional.
        level: the level of a breach if it is present and wrong.
        nullable: whether a JSON null means the same as omitting it.
        values: the allowed texts; empty: any. Of a header or a query, as written on the wire.
        minimum: of a number, the lowest; of a text, the lowest number of characters.
        maximum: of a number, the highest; of a text, the highest number of characters.
        bounds: the level of a breach of these two, if it is not ``level``: limits on pages are often out of date.
        default: the value that applies if it is omitted; empty: not known.
        pattern: regular expression that matches the whole text; empty: any.
        says: the constraint in words, for messages (``canonical standard base64, or ""``).
        members: of an object, by name.
        items: of an array, each element.
        others: the level of a member that is not named here; None: members are free.
        aliases: names that pages print for it and that are wrong on the wire.
        unit: of a time: ``seconds``, ``milliseconds``, ``microseconds`` or ``nanoseconds`` since 1970 UTC.
        form: a constraint that no schema can express, such as ``base64-cursor``; `checks` has these.
        unique: of an array of texts or numbers: whether no two elements may be equal.
        unique_by: of an array of objects: the member that must differ between elements.
        filtered_by: of a member: the request's value that it must equal if that was sent (``query.shard``).
        equals: of a header: the quantity that it states (``body.raw_size``, ``body.log_groups``).
        some_of: of an object: members of which at least one is present.
        needed_unless: of an optional parameter: it is required unless the request has one of these values
            (``query.forceSuccess``: ``true``), in any case.
        codes: specific clause codes by kind of breach (``missing``, ``type``, ``value``, ``alias``, ``unknown``,
            ``repeated``, ``unique``, ``filter``, ``unit``, ``form``); other kinds have the generic code.
        sources: the ids of the sources that state it.

    """

    type: JsonType | None = None
    required: Level | None = None
    level: Level = Level.VIOLATION
    nullable: bool = False
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    bounds: Level | None = None
    default: str = ""
    pattern: str = ""
    says: str = ""
    members: Mapping[str, Value] = field(default_factory=_nothing)
    items: Value | None = None
    others: Level | None = Level.WARNING
    aliases: tuple[str, ...] = ()
    unit: str = ""
    form: str = ""
    unique: bool = False
    unique_by: str = ""
    filtered_by: str = ""
    equals: str = ""
    some_of: tuple[str, ...] = ()
    needed_unless: Mapping[str, str] = field(default_factory=_nothing)
    codes: Mapping[str, str] = field(default_factory=_nothing)
    sources: tuple[str, ...] = ()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Value:
        """Return the value that a plain form describes; raises TypeError, KeyError or ValueError if it is malformed."""
        levels = dict.fromkeys(("required", "level", "bounds", "others"), Level)
        return cls(**_attributes(plain, **levels, items=cls.from_plain, members=_values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a request or of a successful response.

    Attributes:
        content: its format; ``none``: there must be no body; ``binary``: not checked.
        message: of protobuf, the message (``LogGroupList``).
        required: the level of a breach if it is missing; None: optional.
        value: of JSON, the contract of its value.
        moves: the parts that change with every run, by path (``Logs/Time``, ``LogTags[Key=__pack_id__]``; a path
            descends into the elements of arrays), each with a pattern of the values that change; empty: all values.
            A recording is replayed for a request that differs only in these parts.
        code: clause code of an unexpected body or of another content type; empty: the generic code.

    """

    content: Content = "json"
    message: str = ""
    required: Level | None = Level.VIOLATION
    value: Value = field(default_factory=Value)
    moves: Mapping[str, str] = field(default_factory=_nothing)
    code: str = ""

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Body:
        """Return the body that a plain form describes."""
        return cls(**_attributes(plain, required=Level, value=Value.from_plain))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResponse:
    """An error that the operation can return.

    Attributes:
        status: the HTTP status; None if no source gives it.
        code: the ``errorCode``.
        messages: the known ``errorMessage`` texts; ``{…}`` is a placeholder for inserted text.
        sources: where it was printed or observed.

    """

    status: int | None
    code: str
    messages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A contradiction between sources without a ruling; a breach there has the level unspecified at most.

    Attributes:
        where: such as ``query count required``.
        claims: the claim of each source family, by family.
        taken: the value that the contract uses until there is a ruling.

    """

    where: str
    claims: Mapping[str, str]
    taken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """All that is known about an operation.

    Attributes:
        operation: the name, as in API 2020-12-30.
        aliases: its other names (``HeartBeat``, ``UpdateCheckPoint``).
        coverage: how it is known; summaries count its exchanges by it.
        summary: one line.
        method: the HTTP method, upper case.
        path: template; ``{name}`` is a placeholder for one non-empty segment.
        other_paths: templates of further paths of the operation.
        project: whether the host begins with the project.
        discriminator: query keys, each with the values of which a request must have one; distinguishes operations
            that share a route.
        signed: whether a request needs a signature.
        path_parameters: by name in the template.
        query: by key.
        others: the level of a query key that is not named.
        headers: request headers specific to the operation, by name.
        body: of the request; None: free.
        success: the statuses of a successful response.
        response_headers: by name.
        response: the body of a successful response; None: free.
        errors: those specific to the operation, without the common ones.
        disagreements: contradictions without a ruling.
        codes: specific clause codes by kind of breach (``unknown``, ``json``, ``integer``, ``status``,
            ``error-unknown``, ``error-operation``, ``error-status``, ``error-message``, ``error-member``).
        sources: ids of the sources it was merged from.

    """

    operation: str
    aliases: tuple[str, ...] = ()
    coverage: Coverage = "derived"
    summary: str = ""
    method: str
    path: str
    other_paths: tuple[str, ...] = ()
    project: bool = True
    discriminator: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    signed: bool = True
    path_parameters: Mapping[str, Value] = field(default_factory=_nothing)
    query: Mapping[str, Value] = field(default_factory=_nothing)
    others: Level | None = Level.UNSPECIFIED
    headers: Mapping[str, Value] = field(default_factory=_nothing)
    body: Body | None = None
    success: tuple[int, ...] = (200,)
    response_headers: Mapping[str, Value] = field(default_factory=_nothing)
    response: Body | None = None
    errors: tuple[ErrorResponse, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    codes: Mapping[str, str] = field(default_factory=_nothing)
    sources: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The operation's name and its other names."""
        return (self.operation, *self.aliases)

    @property
    def highest(self) -> Level:
        """The level of its gravest breach: a contract known only from the SDKs' models gives warnings at most."""
        return Level.WARNING if self.coverage == "model" else Level.VIOLATION

    @property
    def response_value(self) -> Value:
        """The contract of a successful response's JSON; any value is valid if the response is free."""
        return Value() if self.response is None else self.response.value

    def as_plain(self) -> dict[str, Any]:
        """Return the plain form, without attributes that have their default values."""
        return _plain(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Contract:
        """Return the contract of a plain form; raises TypeError, KeyError or ValueError if that is malformed."""
        attributes = _attributes(
            plain,
            **dict.fromkeys(("path_parameters", "query", "headers", "response_headers"), _values),
            others=Level,
            body=Body.from_plain,
            response=Body.from_plain,
            errors=lambda errors: tuple(ErrorResponse(**_attributes(each)) for each in errors),
            disagreements=lambda listed: tuple(Disagreement(**_attributes(each)) for each in listed),
        )
        return cls(**attributes)


def _values(plain: Mapping[str, Any]) -> Mapping[str, Value]:
    return MappingProxyType({name: Value.from_plain(each) for name, each in plain.items()})


def _attributes(plain: Mapping[str, Any], **readers: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the attributes of a record, each converted by its reader, or made read-only."""
    return {
        name: readers[name](value) if name in readers and value is not None else _freeze(value)
        for name, value in dict(plain).items()  # dict() refuses anything but a mapping
    }


def _freeze(value: Any) -> Any:
    """Convert lists to tuples and dictionaries to read-only mappings."""
    if isinstance(value, list):
        return tuple(map(_freeze, value))
    if isinstance(value, dict):
        return MappingProxyType({name: _freeze(each) for name, each in value.items()})
    return value


def _plain(record: Any) -> dict[str, Any]:
    """Return a record's attributes that differ from their defaults, in order."""
    plain = {}
    for each in fields(record):
        value = getattr(record, each.name)
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if value != default:
            plain[each.name] = _thaw(value)
    return plain


def _thaw(value: Any) -> Any:
    if isinstance(value, (Value, Body, ErrorResponse, Disagreement)):
        return _plain(value)
    if isinstance(value, Level):
        return value.value
    if isinstance(value, tuple):
        return [_thaw(each) for each in value]
    if isinstance(value, dict | MappingProxyType):
        return {name: _thaw(each) for name, each in value.items()}
    return value
