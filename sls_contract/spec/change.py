"""A difference between two contracts, two claims of a page, or two responses, and how much it matters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Class(StrEnum):
    """How much a difference matters to a client written against the contract; the worst class first."""

    BREAKING = "breaking"  #: the client can fail or misread
    ADDITIVE = "additive"  #: the client gets something new that it can ignore
    BENIGN = "benign"  #: both mean the same, or only a value changed that differs between runs


@dataclass(frozen=True, slots=True)
class Change:
    """A difference between an old and a new description, or between an old and a new response.

    Attributes:
        kind: its class.
        slug: the rule that assigned the class, or the clause that governs it.
        where: the place, in the new description, or in the old one if it is gone. In a description: ``query shard``,
            ``body /shards/id``, ``response /shard``, ``error LogStoreNotExist`` or ``route``. In a response: a JSON
            pointer, ``header Name`` or ``status``.
        old: the old value as text; None if there is none.
        new: the new value as text; None if there is none.

    """

    kind: Class
    slug: str
    where: str
    old: str | None
    new: str | None

    def as_plain(self) -> dict[str, Any]:
        """Return the change as plain JSON values; the key of ``kind`` is ``class``."""
        return {"class": self.kind.value, "slug": self.slug, "where": self.where, "old": self.old, "new": self.new}


def verdict_of(kinds: Iterable[str]) -> str:
    """Return the worst of the classes; ``none`` if there are none."""
    found = set(kinds)
    return next((kind.value for kind in Class if kind in found), "none")
