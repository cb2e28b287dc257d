"""Compares how requests reach an operation: method, path, host; and what pages call it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.spec.change import Change, Class
from sls_contract.spec.difference.parts import part_changes
from sls_contract.spec.difference.side import placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.spec.difference.side import Side

_PLACEHOLDER = re.compile(r"\{[^}]*\}")


def route_changes(old: Side, new: Side) -> Iterator[Change]:
    """Yield the differences of name, method, path and host; what placeholders are called is benign."""
    if old.operation != new.operation and old.operation and new.operation:
        yield Change(Class.BENIGN, "name", "operation", old.operation, new.operation)
    if set(old.aliases) != set(new.aliases) and not (old.partial or new.partial):
        yield Change(Class.BENIGN, "name", "aliases", ", ".join(old.aliases) or None, ", ".join(new.aliases) or None)
    for what in ("method", "path", "host"):
        before, after = getattr(old, what), getattr(new, what)
        if before and after and before != after:
            yield _route_change(what, before, after)
    if is_one_template(old, new):
        yield from _placeholders(old, new)


def is_one_template(old: Side, new: Side) -> bool:
    """Tell whether two paths differ in names of placeholders at most: these pair by position, others by name."""
    return not old.path or not new.path or len(placeholders(old.path)) == len(placeholders(new.path))


def _route_change(what: str, old: str, new: str) -> Change:
    if _fixed(old) == _fixed(new):
        return Change(Class.BENIGN, "placeholder", what, old, new)
    return Change(Class.BREAKING, "route", what, old, new)


def _placeholders(old: Side, new: Side) -> Iterator[Change]:
    """Compare what may stand in one segment of the path, whatever its placeholder is called."""
    for before, after in zip(placeholders(old.path), placeholders(new.path), strict=False):  # one path may be unknown
        one, other = old.parts.get(("path", "", before)), new.parts.get(("path", "", after))
        if one is not None and other is not None:
            yield from part_changes(one, other)


def _fixed(template: str) -> str:
    return _PLACEHOLDER.sub("{}", template)
