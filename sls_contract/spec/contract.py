"""The contract of an operation as data: what `spec build` merges from claims and rulings, and every room reads.

The plain form (`as_plain`, `from_plain`) is what stands in ``schemas/contract/<Operation>.yaml``: the attribute names
are its keys, and whatever has its default is left out.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sls_contract.spec.finding import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonType: TypeAlias = Literal["string", "integer", "number", "boolean", "object", "array"]
Coverage: TypeAlias = Literal["full", "derived", "model"]
"""How far an operation is known: ruled by hand where its sources contradict, derived from pages, or SDK models only."""

SPELLED: Mapping[str, tuple[str, str]] = {
    "integer": ("-?[0-9]+", "an integer in decimal digits"),
    "number": (r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "a decimal number"),
    "boolean": ("[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]", "true or false"),
}
"""How a text spells a type that is not text: a pattern, and the same in words."""

Content: TypeAlias = Literal["json", "protobuf", "binary", "none"]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A parameter, a header, a member of a body, or a whole body.

    Attributes:
        type: its JSON type; None: any. In a path, query or header, the type that its text spells.
        required: the level of a breach where it is missing; None: optional.
        level: the level of a breach where it is there and wrong.
        nullable: whether a JSON null is as good as leaving it out.
        values: the texts that it may be; empty: any. Of a header or a query, as written on the wire.
        minimum: of a number, the lowest; of a text, its fewest characters.
        maximum: of a number, the highest; of a text, its most characters.
        bounds: the level of a breach of these two, where it is not ``level``: a page's limits are often older than the
            service.
        default: what stands for it where it is left out; empty: not known.
        pattern: regular expression that the whole text fits; empty: any.
        says: the constraint in words, for messages (``canonical standard base64, or ""``).
        members: of an object, by name.
        items: of an array, each element.
        others: the level of a member that is not named here; None: members are free.
        aliases: names that pages print for it and that are wrong on the wire.
        unit: of a time: ``seconds``, ``microseconds``, ``nanoseconds``; since 1970 UTC.
        form: a meaning that no schema can say, such as ``base64-cursor``; each is implemented once in `checks`.
        unique_by: of an array of objects: the member that no two elements share.
        filtered_by: of a member: the request's value that it equals where that was sent (``query.shard``).
        equals: of a header: what it counts (``body.raw_size``, ``body.log_groups``).
        some_of: of an object: members of which at least one is there.
        needed_unless: of an optional parameter: it is needed after all unless the request has one of these values
            (``query.forceSuccess``: ``true``), in any casing.
        codes: clause codes of its own by kind of breach (``missing``, ``type``, ``value``, ``alias``, ``unknown``,
            ``repeated``, ``unique``, ``filter``, ``unit``, ``form``); other kinds have the generic code.
        sources: who says so.

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
    unique_by: str = ""
    filtered_by: str = ""
    equals: str = ""
    some_of: tuple[str, ...] = ()
    needed_unless: Mapping[str, str] = field(default_factory=_nothing)
    codes: Mapping[str, str] = field(default_factory=_nothing)
    sources: tuple[str, ...] = ()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Value:
        """Read it from its plain form; raises TypeError, KeyError or ValueError where that is none."""
        given = dict(plain)
        _convert(given, "required", Level)
        _convert(given, "level", Level)
        _convert(given, "bounds", Level)
        _convert(given, "others", Level)
        _convert(given, "items", cls.from_plain)
        _convert(given, "members", _values)
        return cls(**_frozen(given))


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a request or a success.

    Attributes:
        content: how it is written; ``none``: there must be none; ``binary``: not looked into.
        message: of protobuf, the message (``LogGroupList``).
        required: the level of a breach where it is missing; None: optional.
        value: of JSON, what it holds.
        moves: by path of a part that changes with every run (``Logs/Time``, ``LogTags[Key=__pack_id__]``; arrays are
            walked through): the pattern of the values that do, empty for all. A recording answers a request that
            differs from it in nothing else.
        code: clause code of a body that should be none, or is of another type; empty: the generic code.

    """

    content: Content = "json"
    message: str = ""
    required: Level | None = Level.VIOLATION
    value: Value = field(default_factory=Value)
    moves: Mapping[str, str] = field(default_factory=_nothing)
    code: str = ""

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Body:
        """Read it from its plain form."""
        given = dict(plain)
        _convert(given, "required", Level)
        _convert(given, "value", Value.from_plain)
        return cls(**_frozen(given))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """An error that the operation may answer.

    Attributes:
        status: the HTTP status; None where no source gives it.
        code: the ``errorCode``.
        messages: what ``errorMessage`` may say; ``{…}`` stands for text that is filled in.
        sources: where it was printed or observed.

    """

    status: int | None
    code: str
    messages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A place where sources contradict each other and nobody ruled: judged at level unspecified at most.

    Attributes:
        where: such as ``query count required``.
        claims: what each source family says, by family.
        taken: what the contract says meanwhile.

    """

    where: str
    claims: Mapping[str, str]
    taken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """All that is known of one operation.

    Attributes:
        operation: the name, as in API 2020-12-30.
        aliases: other names of it (``HeartBeat``, ``UpdateCheckPoint``).
        coverage: how far it is known; decides how an exchange of it is counted in summaries.
        summary: one line.
        method: the HTTP method, upper case.
        path: template; ``{name}`` stands for one segment that is not empty.
        other_paths: templates on which the operation is served, too.
        project: whether the host begins with the project.
        discriminator: by query key, the values of which one must be there; tells operations of one route apart.
        signed: whether a request needs a signature.
        path_parameters: by name in the template.
        query: by key.
        others: the level of a query key that is not named.
        headers: request headers of the operation's own, by name.
        body: the request's; None: free.
        success: the statuses of a success.
        response_headers: by name.
        response: the body of a success; None: free.
        errors: its own, without the common ones.
        disagreements: what nobody ruled.
        codes: clause codes of its own by kind of breach (``unknown``, ``json``, ``integer``, ``status``,
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
    errors: tuple[ErrorAnswer, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    codes: Mapping[str, str] = field(default_factory=_nothing)
    sources: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The operation's name and its other names."""
        return (self.operation, *self.aliases)

    @property
    def answered(self) -> Value:
        """What it says of the JSON of a success: nothing where that is free."""
        return Value() if self.response is None else self.response.value

    def as_plain(self) -> dict[str, Any]:
        """Return it as it stands in a file."""
        return _plain(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Contract:
        """Read it from its plain form; raises TypeError, KeyError or ValueError where that is none."""
        given = dict(plain)
        for name in ("path_parameters", "query", "headers", "response_headers"):
            _convert(given, name, _values)
        _convert(given, "others", Level)
        _convert(given, "body", Body.from_plain)
        _convert(given, "response", Body.from_plain)
        _convert(given, "errors", lambda errors: tuple(ErrorAnswer(**_frozen(each)) for each in errors))
        _convert(given, "disagreements", lambda listed: tuple(Disagreement(**_frozen(each)) for each in listed))
        return cls(**_frozen(given))


def _values(plain: Mapping[str, Any]) -> Mapping[str, Value]:
    return MappingProxyType({name: Value.from_plain(each) for name, each in plain.items()})


def _convert(given: dict[str, Any], name: str, reader: Any) -> None:
    if given.get(name) is not None:
        given[name] = reader(given[name])


def _frozen(given: Mapping[str, Any]) -> dict[str, Any]:
    """Make lists tuples and dictionaries read-only."""
    return {name: _freeze(value) for name, value in given.items()}


def _freeze(value: Any) -> Any:
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
    if isinstance(value, (Value, Body, ErrorAnswer, Disagreement)):
        return _plain(value)
    if isinstance(value, Level):
        return value.value
    if isinstance(value, tuple):
        return [_thaw(each) for each in value]
    if isinstance(value, dict | MappingProxyType):
        return {name: _thaw(each) for name, each in value.items()}
    return value
