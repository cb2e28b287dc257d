"""The value of a comparison, of two descriptions of an operation or two answers: one difference, and its class."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class Class(StrEnum):
    """How much a difference matters to a client that is written to the contract, worst first."""

    BREAKING = "breaking"  #: it can fail or misread
    ADDITIVE = "additive"  #: it meets something new that it may ignore
    BENIGN = "benign"  #: both say the same, or what is meant to move has moved


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, as a rule finds it.

    Attributes:
        kind: its class.
        slug: of the rule that classed it, or of the clause that governs it.
        where: ``query shard``, ``body /shards/id``, ``answer /shard``, ``error LogStoreNotExist``, ``route`` or such,
            in an answer a JSON pointer, ``header Name`` or ``status``; in the new one, or, of what is gone, in the old.
        old: what the old one has there, as text; None where it has nothing.
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


def verdict_of(kinds: Iterable[str]) -> str:
    """Return the worst of the classes; ``none`` where there are none."""
    found = set(kinds)
    return next((kind.value for kind in Class if kind in found), "none")
