"""A situation that a client is run in: what it is told to ask, and what it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sls_contract.exercise.reply import own

if TYPE_CHECKING:
    from sls_contract.exercise.reply import Turn


@dataclass(frozen=True, slots=True)
class Situation:
    """One named situation.

    Attributes:
        name: unique, words joined by hyphens; stable.
        area: what it is about; reports group by it.
        answer: what the service answers, in words.
        source: where that was printed or seen.
        turns: what each GetCheckPoint request in turn is answered; the last one also answers whatever comes after.
        shard: told to the client; None: ask for all.
        region: of the endpoint.
        group: the consumer group's name; empty: made up.
        multiplied: whether it is run in every scheme, with and without a security token.
        temporary: whether it is run with a security token, by clients that know them.
        slow: whether it may take long, so that it is begun early.
        may_refuse: whether a client that fails without asking is right, too.

    """

    name: str
    area: str
    answer: str
    source: str
    turns: tuple[Turn, ...] = field(default=(own,), repr=False)
    shard: int | None = 1
    region: str = "cn-hangzhou"
    group: str = ""
    multiplied: bool = False
    temporary: bool = False
    slow: bool = False
    may_refuse: bool = False

    def given(self, *turns: Turn, **told: Any) -> Situation:
        """Return the situation with its answers, and with what else is another than usual."""
        return replace(self, turns=turns, **told)

    def turn(self, number: int) -> Turn:
        """Return how the request of that number, from 0, is answered."""
        return self.turns[min(number, len(self.turns) - 1)]
