"""Compares the statuses of a success, and the errors, of two descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sls_contract.spec.change import Change, Class
from sls_contract.spec.difference.pairing import similar_names
from sls_contract.spec.difference.parts import one_sided

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sls_contract.spec.difference.side import Side

_ByStatus: TypeAlias = dict[int | None, tuple[str, ...]]
_Errors: TypeAlias = dict[str, _ByStatus]


def response_changes(old: Side, new: Side) -> Iterator[Change]:
    """Yield the differences of the success statuses and of the errors."""
    yield from _success(old, new)
    if any(side.partial and not side.errors for side in (old, new)):
        before, after = (", ".join(code for _, code in side.errors) for side in (old, new))
        if before != after:  # one is a page that only links to its errors
            yield one_sided("errors", before, after)
        return
    yield from _errors(_by_code(old), _by_code(new))


def _success(old: Side, new: Side) -> Iterator[Change]:
    if not old.success or not new.success or old.success == new.success:
        return
    kind = Class.ADDITIVE if old.success < new.success else Class.BREAKING
    before, after = (", ".join(map(str, sorted(side.success))) for side in (old, new))
    yield Change(kind, "status", "response status", before, after)


def _by_code(side: Side) -> _Errors:
    errors: _Errors = {}
    for (status, code), messages in side.errors.items():
        errors.setdefault(code, {})[status] = messages
    return errors


def _errors(old: _Errors, new: _Errors) -> Iterator[Change]:
    renamed = {code: other for code in old if code not in new and (other := _renamed(code, old, new))}
    for code, statuses in old.items():
        other = code if code in new else renamed.get(code)
        if other is None:
            yield Change(Class.BREAKING, "gone", f"error {code}", _text(statuses), None)
            continue
        if other != code:
            yield Change(Class.BREAKING, "renamed", f"error {other}", code, other)
        yield from _error_changes(other, statuses, new[other])
    for code, statuses in new.items():
        if code not in old and code not in renamed.values():
            yield Change(Class.ADDITIVE, "new", f"error {code}", None, _text(statuses))


def _renamed(code: str, old: _Errors, new: _Errors) -> str | None:
    """Return the new code that replaces an old one: the only pair with a common status and similar names."""

    def is_similar(one: str, other: str) -> bool:
        return bool(old[one].keys() & new[other].keys()) and similar_names(one, other)

    similar = [other for other in new if other not in old and is_similar(code, other)]
    rivals = [other for other in old if other not in new and similar and is_similar(other, similar[0])]
    return similar[0] if len(similar) == 1 and len(rivals) == 1 else None


def _error_changes(code: str, old: _ByStatus, new: _ByStatus) -> Iterator[Change]:
    """Compare an error in both descriptions; a removed status breaks clients that identify the error by it."""
    where = f"error {code}"
    if old.keys() != new.keys():
        kind = Class.ADDITIVE if old.keys() < new.keys() else Class.BREAKING
        yield Change(kind, "status", where, _text(old), _text(new))
    before, after = (sorted({text for texts in each.values() for text in texts}) for each in (old, new))
    if before != after:
        yield Change(Class.BENIGN, "wording", where, " | ".join(before) or None, " | ".join(after) or None)


def _text(statuses: Iterable[int | None]) -> str:
    ordered = sorted(statuses, key=lambda status: status or 0)
    return ", ".join("no status" if status is None else str(status) for status in ordered)
