"""The value of a comparison: one difference between two descriptions of an operation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Class(StrEnum):
    """How much a difference matters to a client that is written to the old description, worst first."""

    BREAKING = "breaking"  #: it can fail or misread
    ADDITIVE = "additive"  #: it meets something new that it may ignore
    BENIGN = "benign"  #: both say the same, in other words or another order


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        kind: its class.
        slug: of the rule that classed it.
        where: ``query shard``, ``body /shards/id``, ``answer /shard``, ``error LogStoreNotExist``, ``route`` or such;
            in the new description, or, of what is gone, in the old one.
        old: what the old description has there, as text; None where it has nothing.
        new: the same of the new one.

    """

    kind: Class
    slug: str
    where: str
    old: str | None
    new: str | None

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON shows it: its class under the key ``class``, as `sls-contract diff` has it."""
        return {
            "class": self.kind.value,
            "slug": self.slug,
            "where": self.where,
            "old": self.old,
            "new": self.new,
        }


def verdict_of(changes: Iterable[Change]) -> str:
    """Return the worst class among changes; ``none`` where there are none."""
    kinds = {change.kind for change in changes}
    return next((kind.value for kind in Class if kind in kinds), "none")
