"""A situation that a client runs in: its parameters, and the responses that it gets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sls_contract.exercise.reply import Turn, unchanged


@dataclass(frozen=True, slots=True)
class Situation:
    """One named situation.

    Attributes:
        name: unique, words joined by hyphens; stable.
        area: the subject, by which reports group situations.
        response: the response of the service, in words.
        source: where the response was printed or seen.
        turns: the responses to GetCheckPoint requests, in order; the last one is repeated.
        shard: the shard that the client must request; None: all shards.
        region: of the endpoint.
        group: the consumer group's name; empty: made up.
        multiplied: whether it is run in every scheme, with and without a security token.
        temporary: whether it is run with a security token, for clients that support them.
        slow: whether it may take long, so that it starts early.
        may_refuse: whether the client may fail without a request.

    """

    name: str
    area: str
    response: str
    source: str
    turns: tuple[Turn, ...] = field(default=(unchanged,), repr=False)
    shard: int | None = 1
    region: str = "cn-hangzhou"
    group: str = ""
    multiplied: bool = False
    temporary: bool = False
    slow: bool = False
    may_refuse: bool = False

    def given(self, *turns: Turn, **changes: Any) -> Situation:
        """Return the situation with other responses and other changed fields."""
        return replace(self, turns=turns, **changes)

    def turn(self, number: int) -> Turn:
        """Return the response to the request with this number, from 0."""
        return self.turns[min(number, len(self.turns) - 1)]
