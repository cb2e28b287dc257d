"""Compares what an operation answers beside the body: statuses of a success, and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.spec.change import Change, Class
from sls_contract.spec.difference.pairing import like_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec.difference.side import Side

_Errors = dict[str, dict[int | None, tuple[str, ...]]]


def answer_changes(old: Side, new: Side) -> Iterator[Change]:
    """Yield the differences of the success's statuses and of errors."""
    yield from _success(old, new)
    if any(side.partial and not side.errors for side in (old, new)):
        said = [", ".join(code for _, code in side.errors) for side in (old, new)]
        if said[0] != said[1]:  # a page that only links to its errors
            yield Change(Class.BENIGN, "told" if said[1] else "not-told", "errors", said[0] or None, said[1] or None)
        return
    yield from _errors(_by_code(old), _by_code(new))


def _success(old: Side, new: Side) -> Iterator[Change]:
    if not old.success or not new.success or old.success == new.success:
        return
    kind = Class.ADDITIVE if old.success < new.success else Class.BREAKING
    before, after = (", ".join(map(str, sorted(side.success))) for side in (old, new))
    yield Change(kind, "status", "answer status", before, after)


def _by_code(side: Side) -> _Errors:
    errors: _Errors = {}
    for (status, code), messages in side.errors.items():
        errors.setdefault(code, {})[status] = messages
    return errors


def _errors(old: _Errors, new: _Errors) -> Iterator[Change]:
    renamed = {code: other for code in old if code not in new and (other := _renamed(code, old, new))}
    for code, told in old.items():
        other = code if code in new else renamed.get(code)
        if other is None:
            yield Change(Class.BREAKING, "gone", f"error {code}", _statuses(told), None)
            continue
        if other != code:
            yield Change(Class.BREAKING, "renamed", f"error {other}", code, other)
        yield from _one(other, told, new[other])
    for code, told in new.items():
        if code not in old and code not in renamed.values():
            yield Change(Class.ADDITIVE, "new", f"error {code}", None, _statuses(told))


def _renamed(code: str, old: _Errors, new: _Errors) -> str | None:
    """Return the code that took the place of another: the only new one of its status that has a like name."""
    like = [other for other in new if other not in old and _may_be(code, old[code], other, new[other])]
    rivals = [other for other in old if other not in new and like and _may_be(other, old[other], like[0], new[like[0]])]
    return like[0] if len(like) == 1 and len(rivals) == 1 else None


def _may_be(code: str, told: Mapping[int | None, object], other: str, there: Mapping[int | None, object]) -> bool:
    return bool(told.keys() & there.keys()) and like_names(code, other)


def _one(code: str, old: dict[int | None, tuple[str, ...]], new: dict[int | None, tuple[str, ...]]) -> Iterator[Change]:
    """Compare one error: a status that is gone breaks who tells errors by it."""
    where = f"error {code}"
    if old.keys() != new.keys():
        if old.keys() < new.keys():
            yield Change(Class.ADDITIVE, "status", where, _statuses(old), _statuses(new))
        else:
            yield Change(Class.BREAKING, "status", where, _statuses(old), _statuses(new))
    before, after = (sorted({text for texts in each.values() for text in texts}) for each in (old, new))
    if before != after:
        yield Change(Class.BENIGN, "wording", where, " | ".join(before) or None, " | ".join(after) or None)


def _statuses(told: Mapping[int | None, object]) -> str:
    return ", ".join("no status" if status is None else str(status) for status in sorted(told, key=lambda s: s or 0))
