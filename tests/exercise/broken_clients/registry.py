"""The clients by name, and what each broken one should be told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from broken_clients.correct import Client


class Bug(NamedTuple):
    """A broken client: the clause, by its slug, that should find it, and a scenario that shows it."""

    kind: type[Client]
    slug: str
    scenario: str


BUGS: dict[str, Bug] = {}
UNUSUAL: dict[str, type[Client]] = {}


def named(kind: type[Client]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def bug(slug: str, scenario: str = "shard-given") -> Callable[[Any], Any]:
    """Register a client with a bug, under its name in kebab-case."""

    def register(kind: Any) -> Any:
        BUGS[named(kind)] = Bug(kind, slug, scenario)
        return kind

    return register


def kind(made: Any) -> Any:
    """Register a client that is right in a form of its own."""
    UNUSUAL[named(made)] = made
    return made
