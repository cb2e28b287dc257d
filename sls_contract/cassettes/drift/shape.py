"""Any other JSON, by its shape alone: keys and types are what clients read, values move.

The elements of an array are taken together, since their number and order move too: a key counts as there where every
element has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.drift.change import Class, Difference, Differences, told
from sls_contract.cassettes.drift.entries import escaped, same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.checks.subject import Subject

_NULL = "null"


def body_differences(old: Subject, new: Subject) -> Differences:
    """Yield what differs between two bodies that are neither lists of checkpoints nor errors."""
    if _media_type(old) not in ("", _media_type(new)) and old.plain.data and new.plain.data:
        yield Difference(Class.BREAKING, "content-type", "header Content-Type", _media_type(old), _media_type(new))
    if old.document is not None and new.document is not None:
        yield from shape_differences(old.document, new.document)
    elif old.document is not None and new.plain.data is not None:
        yield Difference(Class.BREAKING, "json-shape", "body", told(old.document), "no JSON array or object")
    elif new.document is not None and not old.plain.data:
        yield Difference(Class.ADDITIVE, "new-body", "body", None, told(new.document))


def _media_type(subject: Subject) -> str:
    assert subject.response is not None
    return subject.response.headers.get("content-type", "").partition(";")[0].strip().lower()


def shape_differences(old: Any, new: Any) -> Differences:
    """Yield what differs between two JSON documents; a client may rely on every key and type that it saw."""
    return _compared([old], [new], "")


def _compared(old: Sequence[Any], new: Sequence[Any], where: str) -> Differences:
    """Compare the values that stand at one place of either document."""
    if not old or not new:
        return
    appeared = {_kind(value) for value in new} - {_kind(value) for value in old}
    if appeared and {_kind(value) for value in old} != {_NULL}:
        changed = next(value for value in new if _kind(value) in appeared)
        yield Difference(Class.BREAKING, "json-shape", where or "body", told(old[0]), told(changed))
        return
    yield from _objects(_only(dict, old), _only(dict, new), where)
    yield from _arrays(_only(list, old), _only(list, new), where)
    yield from _scalars(old, new, where)


def _objects(old: list[Any], new: list[Any], where: str) -> Differences:
    if not old or not new:
        return
    for key in _keys(old):
        inside = f"{where}/{escaped(key)}"
        lacking = [each for each in new if key not in each]
        if lacking and all(key in each for each in old):
            yield Difference(Class.BREAKING, "json-shape", inside, told(old[0][key]), None)
        yield from _compared(_values(old, key), _values(new, key), inside)
    for key in _keys(new):
        if not _values(old, key):
            value = _values(new, key)[0]
            yield Difference(Class.ADDITIVE, "new-key", f"{where}/{escaped(key)}", None, told(value))


def _arrays(old: list[Any], new: list[Any], where: str) -> Differences:
    yield from _compared([each for one in old for each in one], [each for one in new for each in one], f"{where}/*")


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
