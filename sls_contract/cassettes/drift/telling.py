"""A change as ``sls-contract diff`` and record mode ``verify`` tell it: as lines, as a finding, as JSON values."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.drift.change import Change, Class
from sls_contract.spec import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec import Finding

_MEND = "adapt the clients, or report it to the service; then record again (pytest --sls-record=all)."


def change_lines(change: Change, place: str) -> Iterator[str]:
    """Yield where it is and which clause governs it, then both sides; ``place`` names the exchange."""
    rule = f"{change.code} {change.slug}" if change.code else change.slug
    yield f"  {place}: {rule} at {change.where}"
    yield f"    old: {_or_nothing(change.old)}"
    yield f"    new: {_or_nothing(change.new)}"


def finding_of(change: Change) -> Finding | None:
    """Return the change as a finding of the clause that governs it; None where no clause does."""
    if change.code is None:
        return None
    expected = f"as recorded before: {_or_nothing(change.old)}"
    return CLAUSES[change.code].finding(change.where, expected, _or_nothing(change.new), _MEND)


def plain_change(change: Change) -> dict[str, Any]:
    """Give the change as plain JSON values; its class under the key ``class``."""
    values = asdict(change)
    return {"class": str(values.pop("kind")), **values}


def change_of(plain: Mapping[str, Any]) -> Change:
    """Return the change that `plain_change` gave; keys beside its own are passed over."""
    others = {each.name: plain[each.name] for each in fields(Change) if each.name != "kind"}
    return Change(Class(plain["class"]), **others)


def _or_nothing(text: str | None) -> str:
    return "(nothing)" if text is None else text
