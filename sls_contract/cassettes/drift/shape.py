"""Any other JSON, and log groups, by their shape: keys and types are what clients read, values move.

The contract says which elements of a list are the same one (`Value.unique_by`), where a null is as good as a value, and
which keys it knows: of an operation that is known in full, clients ignore the others. The elements of any other array
are taken together, since their number and order move too: a key counts as there where every element has it. All that a
log group holds is optional.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.drift.change import Difference, Differences, told
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
"""What is said of everything in a message."""


def body_differences(old: Subject, new: Subject) -> Differences:
    """Yield what differs between two bodies that are neither lists of checkpoints nor errors."""
    if _media_type(old) not in ("", _media_type(new)) and old.plain.data and new.plain.data:
        yield Difference(Class.BREAKING, "content-type", "header Content-Type", _media_type(old), _media_type(new))
    before, after = _logs(old), _logs(new)
    if old.document is not None and new.document is not None:
        contract = new.contract
        known = contract.response.value if contract is not None and contract.response is not None else None
        free = contract is not None and contract.coverage == "full"
        yield from _Shape(free=free).compared([old.document], [new.document], "", known)
    elif before is not None and after is not None:
        yield from _Shape(free=True).compared([before], [after], "", _LOGS)
    elif old.document is not None and new.plain.data is not None:
        yield Difference(Class.BREAKING, "json-shape", "body", told(old.document), "no JSON array or object")
    elif new.document is not None and not old.plain.data:
        yield Difference(Class.ADDITIVE, "new-body", "body", None, told(new.document))


def _media_type(subject: Subject) -> str:
    assert subject.response is not None
    return subject.response.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class _Shape:
    """Two documents of one operation; ``free``: keys that its contract does not name are nobody's business."""

    free: bool

    def compared(self, old: Sequence[Any], new: Sequence[Any], where: str, known: Value | None) -> Differences:
        """Compare the values that stand at one place of either document."""
        if not old or not new:
            return
        appeared = {_kind(value) for value in new} - {_kind(value) for value in old}
        if known is not None and known.nullable:
            appeared -= {_NULL}
        if appeared and {_kind(value) for value in old} != {_NULL}:
            changed = next(value for value in new if _kind(value) in appeared)
            yield Difference(Class.BREAKING, "json-shape", where or "body", told(old[0]), told(changed))
            return
        yield from self._objects(_only(dict, old), _only(dict, new), where, known)
        yield from self._arrays(_only(list, old), _only(list, new), where, known)
        yield from _scalars(old, new, where)

    def _objects(self, old: list[Any], new: list[Any], where: str, known: Value | None) -> Differences:
        if not old or not new:
            return
        for key in _keys(old):
            inside, member = f"{where}/{escaped(key)}", _member(known, key)
            ignored = self.free and known is not None and bool(known.members) and member is None
            if _is_gone(key, old, new):
                kind = (Class.BENIGN, "value") if ignored or known is _LOGS else (Class.BREAKING, "json-shape")
                yield Difference(*kind, inside, told(old[0][key]), None)
            compare = _scalars if ignored else partial(self.compared, known=member)
            yield from compare(_values(old, key), _values(new, key), inside)
        for key in _keys(new):
            if not _values(old, key):
                kind = (Class.ADDITIVE, "new-key") if _member(known, key) is None else (Class.BENIGN, "value")
                yield Difference(*kind, f"{where}/{escaped(key)}", None, told(_values(new, key)[0]))

    def _arrays(self, old: list[Any], new: list[Any], where: str, known: Value | None) -> Differences:
        if known is not None and known.unique_by and len(old) == len(new) == 1:
            before, after = (_by_key(side[0], known.unique_by) for side in (old, new))
            if before is not None and after is not None:
                yield from self._elements(before, after, where, known)
                return
        was, now = ([each for one in side for each in one] for side in (old, new))
        yield from self.compared(was, now, f"{where}/*", known if known is _LOGS or known is None else known.items)

    def _elements(self, old: dict[Any, Any], new: dict[Any, Any], where: str, known: Value) -> Differences:
        """Compare elements that one of their members tells apart, each with itself; those that came, with all."""
        for place, (key, element) in enumerate(new.items()):
            if key in old:
                yield from self.compared([old[key]], [element], f"{where}/{place}", known.items)
        came = [element for key, element in new.items() if key not in old]
        found = self.compared(list(old.values()), came, f"{where}/*", known.items)
        yield from (each for each in found if each.kind is not Class.BENIGN)
        if list(old) != list(new):
            yield Difference(Class.BENIGN, "value", where or "body", _told_all(list(old)), _told_all(list(new)))


def _member(known: Value | None, key: str) -> Value | None:
    if known is _LOGS:
        return None if key.isdecimal() else _LOGS  # the number of a field that nobody knows
    return None if known is None else known.members.get(key)


def _is_gone(key: str, old: list[Any], new: list[Any]) -> bool:
    """Tell whether each of the old objects has a key, and some new one has not."""
    return all(key in each for each in old) and not all(key in each for each in new)


def _by_key(elements: list[Any], name: str) -> dict[Any, Any] | None:
    """Return the elements by the member that tells them apart; None where it does not."""
    keys = [each.get(name) if isinstance(each, dict) else None for each in elements]
    if any(type(key) not in (str, int) for key in keys) or len(set(keys)) < len(keys):
        return None
    return dict(zip(keys, elements, strict=True))


def _logs(subject: Subject) -> dict[str, Any] | None:
    """Return the log groups of an answer; None where it has none that can be read."""
    message = subject.message
    if message is None or message.count is None or not subject.plain.data:
        return None
    return decoded(message.name, subject.plain.data)


def _scalars(old: Sequence[Any], new: Sequence[Any], where: str) -> Differences:
    """Yield what moved: another value, or another number of elements."""
    before, after = _plain(old), _plain(new)
    if not same(before, after):
        yield Difference(Class.BENIGN, "value", where or "body", _told_all(before), _told_all(after))
    sizes = [[len(each) for each in _only(list, side)] for side in (old, new)]
    if sizes[0] != sizes[1]:
        yield Difference(
            Class.BENIGN, "value", where or "body", _told_all(_only(list, old)), _told_all(_only(list, new))
        )


def _told_all(values: Sequence[Any]) -> str | None:
    return ", ".join(map(told, values)) or None


def _plain(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if not isinstance(value, (dict, list))]


def _only(kind: type, values: Sequence[Any]) -> list[Any]:
    return [value for value in values if isinstance(value, kind)]


def _keys(objects: list[Any]) -> Iterator[str]:
    return iter(dict.fromkeys(key for each in objects for key in each))


def _values(objects: list[Any], key: str) -> list[Any]:
    return [each[key] for each in objects if key in each]


def _kind(value: Any) -> str:
    """Name the type that JSON gives a value; an integer is a number like any other."""
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return type(value).__name__
