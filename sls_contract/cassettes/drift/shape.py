"""Other JSON and log groups, by their shape: clients rely on keys and types, values change.

The contract says which element of a list is which (`Value.unique_by`), where null is allowed, and which keys it names.
Where an operation is fully specified, clients ignore other keys. The elements of other arrays are compared as one set,
since their number and order change, too: a key is present there if every element has it. Everything in a log group is
optional.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.drift.change import Difference, Differences, value_text
from sls_contract.cassettes.drift.entries import same
from sls_contract.checks.log_messages import decoded
from sls_contract.checks.presentation import escaped
from sls_contract.spec.change import Class
from sls_contract.spec.contract import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.checks.subject import Subject

_NULL = "null"
_LOGS = Value(nullable=True, others=None)
"""The contract of every value in a log group."""


def body_differences(old: Subject, new: Subject) -> Differences:
    """Yield the differences between two bodies that are neither lists of checkpoints nor errors."""
    if _media_type(old) not in ("", _media_type(new)) and old.plain.data and new.plain.data:
        yield Difference(Class.BREAKING, "content-type", "header Content-Type", _media_type(old), _media_type(new))
    before, after = _logs(old), _logs(new)
    if old.document is not None and new.document is not None:
        contract = new.contract
        known = contract.response.value if contract is not None and contract.response is not None else None
        ignores_unknown = contract is not None and contract.coverage == "full"
        yield from _Shape(ignores_unknown=ignores_unknown).compared([old.document], [new.document], "", known)
    elif before is not None and after is not None:
        yield from _Shape(ignores_unknown=True).compared([before], [after], "", _LOGS)
    elif old.document is not None and new.plain.data is not None:
        yield Difference(Class.BREAKING, "json-shape", "body", value_text(old.document), "no JSON array or object")
    elif new.plain.data and not old.plain.data and new.message is None:
        text = value_text(new.document) if new.document is not None else "no JSON array or object"
        yield Difference(Class.ADDITIVE, "new-body", "body", None, text)


def _media_type(subject: Subject) -> str:
    assert subject.response is not None
    return subject.response.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class _Shape:
    """Compares two documents of one operation; ``ignores_unknown``: without the keys that no contract names."""

    ignores_unknown: bool

    def compared(self, old: Sequence[Any], new: Sequence[Any], where: str, known: Value | None) -> Differences:
        """Compare the values at one place of both documents."""
        if not old or not new:
            return
        appeared = {_json_type(value) for value in new} - {_json_type(value) for value in old}
        if known is not None and known.nullable:
            appeared -= {_NULL}
        if appeared and {_json_type(value) for value in old} != {_NULL}:
            changed = next(value for value in new if _json_type(value) in appeared)
            yield Difference(Class.BREAKING, "json-shape", where or "body", value_text(old[0]), value_text(changed))
            return
        yield from self._objects(_only(dict, old), _only(dict, new), where, known)
        yield from self._arrays(_only(list, old), _only(list, new), where, known)
        yield from _scalars(old, new, where)

    def _objects(self, old: list[Any], new: list[Any], where: str, known: Value | None) -> Differences:
        if not old or not new:
            return
        for key in _keys(old):
            inside, member = f"{where}/{escaped(key)}", _member(known, key)
            ignored = self.ignores_unknown and known is not None and bool(known.members) and member is None
            if all(key in each for each in old) and not all(key in each for each in new):
                kind = (Class.BENIGN, "value") if ignored or known is _LOGS else (Class.BREAKING, "json-shape")
                yield Difference(*kind, inside, value_text(old[0][key]), None)
            compare = _scalars if ignored else partial(self.compared, known=member)
            yield from compare(_values(old, key), _values(new, key), inside)
        for key in _keys(new):
            if not _values(old, key):
                kind = (Class.ADDITIVE, "new-key") if _member(known, key) is None else (Class.BENIGN, "value")
                yield Difference(*kind, f"{where}/{escaped(key)}", None, value_text(_values(new, key)[0]))

    def _arrays(self, old: list[Any], new: list[Any], where: str, known: Value | None) -> Differences:
        if known is not None and known.unique_by and len(old) == len(new) == 1:
            before, after = (_by_key(side[0], known.unique_by) for side in (old, new))
            if before is not None and after is not None:
                yield from self._elements(before, after, where, known)
                return
        was, now = ([each for array in side for each in array] for side in (old, new))
        yield from self.compared(was, now, f"{where}/*", known if known is _LOGS or known is None else known.items)

    def _elements(self, old: dict[Any, Any], new: dict[Any, Any], where: str, known: Value) -> Differences:
        """Compare elements by their unique member; compare added elements with all old ones."""
        for place, (key, element) in enumerate(new.items()):
            if key in old:
                yield from self.compared([old[key]], [element], f"{where}/{place}", known.items)
        added = [element for key, element in new.items() if key not in old]
        found = self.compared(list(old.values()), added, f"{where}/*", known.items)
        yield from (each for each in found if each.kind is not Class.BENIGN)
        if list(old) != list(new):
            yield Difference(Class.BENIGN, "value", where or "body", _values_text(list(old)), _values_text(list(new)))


def _member(known: Value | None, key: str) -> Value | None:
    if known is _LOGS:
        return None if key.isdecimal() else _LOGS  # a number: the field is unknown
    return None if known is None else known.members.get(key)


def _by_key(elements: list[Any], name: str) -> dict[Any, Any] | None:
    """Return elements by a member; None where it is not unique."""
    keys = [each.get(name) if isinstance(each, dict) else None for each in elements]
    if any(type(key) not in (str, int) for key in keys) or len(set(keys)) < len(keys):
        return None
    return dict(zip(keys, elements, strict=True))


def _logs(subject: Subject) -> dict[str, Any] | None:
    """Return the log groups of a response; None where there are none, or they cannot be decoded."""
    message = subject.message
    if message is None or message.count is None or not subject.plain.data:
        return None
    return decoded(message.name, subject.plain.data)


def _scalars(old: Sequence[Any], new: Sequence[Any], where: str) -> Differences:
    """Yield changed values, and changed numbers of elements."""
    before, after = _plain(old), _plain(new)
    if not same(before, after):
        yield Difference(Class.BENIGN, "value", where or "body", _values_text(before), _values_text(after))
    sizes = [[len(each) for each in _only(list, side)] for side in (old, new)]
    if sizes[0] != sizes[1]:
        yield Difference(
            Class.BENIGN, "value", where or "body", _values_text(_only(list, old)), _values_text(_only(list, new))
        )


def _values_text(values: Sequence[Any]) -> str | None:
    return ", ".join(map(value_text, values)) or None


def _plain(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if not isinstance(value, (dict, list))]


def _only(kind: type, values: Sequence[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, kind)]


def _keys(objects: list[Any]) -> Iterator[str]:
    return iter(dict.fromkeys(key for each in objects for key in each))


def _values(objects: list[Any], key: str) -> list[Any]:
    return [each[key] for each in objects if key in each]


def _json_type(value: Any) -> str:
    """Return the JSON type of a value; integers are numbers."""
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return type(value).__name__
