"""Header fields of requests and responses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar, overload

from sls_contract.errors import UsageError

HeaderSource: TypeAlias = "Headers | Mapping[str, str] | Iterable[tuple[str, str]]"
_T = TypeVar("_T")


class Headers(Mapping[str, str]):
    """Header fields as they were on the wire: in order, with their casing, repeated names included.

    Lookup by name ignores case and joins repeated fields with ``", "`` (RFC 9110 section 5.3);
    ``get_all`` returns them as separate values. ``dict(headers)`` has one entry per name, in its first spelling.
    Equality compares the exact list of pairs.
    """

    __slots__ = ("lowered", "pairs")

    pairs: tuple[tuple[str, str], ...]
    lowered: Mapping[str, str]
    """The values by name in lower case, repeated fields joined; faster than a lookup that ignores case."""

    def __init__(self, source: HeaderSource = ()) -> None:
        """Accept pairs, a mapping, or other headers; anything else raises `UsageError`."""
        if isinstance(source, Headers):
            object.__setattr__(self, "pairs", source.pairs)
            return
        object.__setattr__(self, "pairs", tuple([_field(item) for item in _items(source)]))

    @classmethod
    def from_pairs(cls, pairs: tuple[tuple[str, str], ...]) -> Headers:
        """Accept pairs that are known to be strings, without checking each of them."""
        headers = cls.__new__(cls)
        object.__setattr__(headers, "pairs", pairs)
        return headers

    def __getattr__(self, name: str) -> Any:
        """Build the index on the first lookup of a field; many headers are never looked up."""
        if name != "lowered":
            msg = f"headers have no attribute {name!r}; a field is looked up as headers[{name!r}]"
            raise AttributeError(msg)
        index = {field_name.lower(): value for field_name, value in self.pairs}
        if len(index) < len(self.pairs):
            index = _joined(self.pairs)
        object.__setattr__(self, "lowered", index)
        return index

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse to change: headers are compared, hashed and shared."""
        msg = f"headers are immutable, {name} cannot be set; with_field and without give changed copies"
        raise AttributeError(msg)

    def __reduce__(self) -> tuple[type[Headers], tuple[tuple[tuple[str, str], ...]]]:
        """Pickle and copy as the list of pairs."""
        return Headers, (self.pairs,)

    def __getitem__(self, name: str) -> str:
        """Return the value of a field, in any casing; repeated fields joined with ``", "``."""
        return self.lowered[name.lower()]

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str) -> str: ...
    @overload
    def get(self, name: str, /, default: str | _T) -> str | _T: ...
    def get(self, name: str, /, default: Any = None) -> Any:
        """Return the value of a field as indexing does, or ``default`` if it is absent."""
        return self.lowered.get(name.lower(), default)

    def __iter__(self) -> Iterator[str]:
        """Yield each name once, in its first spelling."""
        seen: set[str] = set()
        for name, _ in self.pairs:
            if name.lower() not in seen:
                seen.add(name.lower())
                yield name

    def __len__(self) -> int:
        """Count the distinct names, ignoring case."""
        return len(self.lowered)

    def __contains__(self, name: object) -> bool:
        """Return whether a field is present, in any casing."""
        return isinstance(name, str) and name.lower() in self.lowered

    def __eq__(self, other: object) -> bool:
        """Compare the exact list of pairs, casing and order included."""
        return self.pairs == other.pairs if isinstance(other, Headers) else NotImplemented

    def __hash__(self) -> int:
        """Hash the exact list of pairs."""
        return hash(self.pairs)

    def __repr__(self) -> str:
        """Show the names only: a value may be a secret."""
        return f"Headers({', '.join(name for name, _ in self.pairs)})"

    def get_all(self, name: str) -> tuple[str, ...]:
        """Return every value of a repeated field in order; empty if the field is absent."""
        key = name.lower()
        value = self.lowered.get(key)
        if value is None:
            return ()
        if len(self.lowered) == len(self.pairs):
            return (value,)
        return tuple([value for field_name, value in self.pairs if field_name.lower() == key])

    def with_field(self, name: str, value: str) -> Headers:
        """Return headers with one field ``name``: at its first position, or last if it is new."""
        key, done, pairs = name.lower(), False, []
        for old, old_value in self.pairs:
            if old.lower() != key:
                pairs.append((old, old_value))
            elif not done:
                pairs.append(_field((old, value)))
                done = True
        if not done:
            pairs.append(_field((name, value)))
        return Headers.from_pairs(tuple(pairs))

    def without(self, *names: str) -> Headers:
        """Return headers without the named fields, in any casing."""
        removed = {name.lower() for name in names}
        return Headers.from_pairs(tuple([pair for pair in self.pairs if pair[0].lower() not in removed]))


def _items(source: object) -> Iterable[object]:
    if isinstance(source, Mapping):
        return source.items()
    if isinstance(source, Iterable) and not isinstance(source, (str, bytes)):
        return source
    msg = f"headers must be a mapping or (name, value) pairs, got {type(source).__name__}"
    raise UsageError(msg)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def _field(item: object) -> tuple[str, str]:
    if isinstance(item, (tuple, list)) and len(item) == 2:  # noqa: PLR2004 - name and value
        return checked_text("header name", item[0]), checked_text("header value", item[1])
    msg = f"each header must be a (name, value) pair of str, got {type(item).__name__}"
    raise UsageError(msg)


def checked_text(name: str, value: object) -> str:
    """Return a value that must be a `str`; raises `UsageError` that names it."""
    if not isinstance(value, str):
        msg = f"{name} must be a str, got {type(value).__name__}"
        raise UsageError(msg)
    return value
