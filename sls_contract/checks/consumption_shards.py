"""``SLS433``, ``SLS434``, ``SLS439``, ``SLS440``, ``SLS447``: a shard's cursors, their origins, times and users."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sls_contract.checks.cursors import decoded
from sls_contract.checks.presentation import shown
from sls_contract.checks.sequence import ClauseResults
from sls_contract.checks.sequence_logs import judge_steady_time, judge_time_of_cursor
from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.checks.consumption_time import Moment

_MOST_CURSORS = 1024
_MOST_CLIENTS = 256
_MOST_TIMES = 16  # responses of GetCursor that later ones are compared with
_MOST_FRESH = 64  # cursors, the ones returned last, or pulled at last
_FRESH_FOR = 60  # seconds
_LONGEST_TIME = 20  # digits
_T = TypeVar("_T")


class _TimedCursor(NamedTuple):
    """The cursor that GetCursor returned for a time, ``-inf`` for begin and ``inf`` for end."""

    time: float
    requested: str
    cursor: int
    moment: Moment

    @property
    def is_past(self) -> bool:
        """Whether the time was over when the service responded: no log that it received later is earlier."""
        dated = self.moment.dated
        return dated is not None and isfinite(self.time) and self.time <= dated.timestamp()


@dataclass(slots=True)
class KnownCursors:
    """The known cursors of a shard: the latest ones, each with the number of those in a row from it on.

    Of those that were dropped the lowest and the highest are kept.
    """

    numbers: dict[int, int] = field(default_factory=dict)
    low: int | None = None
    high: int = 0

    def add(self, number: int, count: int = 1) -> None:
        """Record a cursor and those after it, ``count`` in all."""
        count = max(count, self.numbers.pop(number, 1))
        self.numbers[number] = count
        if len(self.numbers) > _MOST_CURSORS:
            oldest = next(iter(self.numbers))
            last = oldest + self.numbers.pop(oldest) - 1
            self.low = oldest if self.low is None else min(self.low, oldest)
            self.high = max(self.high, last)

    def __contains__(self, number: object) -> bool:
        if number in self.numbers:
            return True
        if not isinstance(number, int):
            return False
        if self.low is not None and self.low <= number <= self.high:
            return True
        return any(first < number < first + count for first, count in self.numbers.items())


@dataclass(slots=True)
class ShardState:
    """The state of one shard.

    Attributes:
        known: cursors that were returned, pulled at, or written as checkpoints, and those of pulled log groups.
        clients: the User-Agents that pulled, each with the cursor from which on it has no other ones: 0 if it was known
            where it began to pull; else that place, because it may have pulled before it.
        assigned: the User-Agents whose consumers were assigned the shard when they began.
        placed: those of them that were then told where to pull, by GetCursor or a checkpoint.
        times: the responses of GetCursor by time.
        fresh: the cursors returned last, and when.
        pulled: the cursors at which logs were pulled last, and when.
        received: the responses of GetCursorTime for these, and when.

    """

    known: KnownCursors = field(default_factory=KnownCursors)
    clients: dict[str, int] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)
    placed: set[str] = field(default_factory=set)
    times: deque[_TimedCursor] = field(default_factory=lambda: deque(maxlen=_MOST_TIMES))
    fresh: dict[int, Moment] = field(default_factory=dict)
    pulled: dict[int, Moment] = field(default_factory=dict)
    received: dict[int, tuple[int, Moment]] = field(default_factory=dict)

    def add_cursor(self, cursor: object, moment: Moment | None = None) -> None:
        """Record a known cursor of this shard; ``moment`` is given if it was returned as a position to pull at."""
        number = decoded(cursor) if isinstance(cursor, str) else None
        if number is None:
            return
        self.known.add(number)
        if moment is not None:
            _keep(self.fresh, number, moment)

    def add_groups(self, cursors: range) -> None:
        """Record the cursors of the log groups of a response: a client may stop after any of them."""
        self.known.add(cursors.start, len(cursors))

    def add_pulled(self, query: Mapping[str, str], moment: Moment) -> None:
        """Record the cursor of a pull that returned logs."""
        number = decoded(query.get("cursor", ""))
        if number is not None and number not in self.pulled:
            _keep(self.pulled, number, moment)

    def assign(self, client: str) -> None:
        """Note that a consumer of this client was assigned the shard when it began."""
        if len(self.assigned) < _MOST_CLIENTS:
            self.assigned.add(client)

    def place(self, client: str) -> None:
        """Note that a client was told where to pull; only a consumer that just began has no cursors of its own."""
        if client in self.assigned:
            self.placed.add(client)

    def judge_pull(
        self, query: Mapping[str, str], client: str, next_cursor: str | None, moment: Moment, *, fresh: bool = False
    ) -> ClauseResults:
        """Judge the cursor of a pull; ``next_cursor`` is x-log-cursor of a success, None for anything else.

        ``fresh``: each consumer of the client began in this recording, so that its first pull is judged, too.
        """
        number = decoded(query.get("cursor", ""))
        applies = number is not None and (client in self.clients or (fresh and client in self.placed))
        findings = []
        known = number in self.known
        if applies and not known:
            expected = "a cursor that was returned for this shard"
            fix = "pull at x-log-cursor of the last response, or at the cursor of GetCursor or GetCheckPoint."
            shown_cursor = f"{shown(query['cursor'])}, which is {number}"
            findings.append(clause("pulled-cursor-given").finding("query cursor", expected, shown_cursor, fix))
        if next_cursor is not None:
            following = decoded(next_cursor)
            self.add_cursor(query.get("cursor"))
            self.add_cursor(next_cursor, moment)
            if following is None or (number is not None and following < number):
                self.clients.clear()  # the response is broken, so it is unknown how a client goes on
                self.placed.clear()
            elif len(self.clients) < _MOST_CLIENTS:
                self.clients.setdefault(client, 0 if known else number or 0)
        return ClauseResults(tuple(findings), frozenset({"SLS433"} if applies else ()))

    def judge_served(self, query: Mapping[str, str], refusal: str, moment: Moment) -> ClauseResults:
        """Judge whether a pull at a fresh cursor is served; ``refusal`` is the error, empty if it was served."""
        number = decoded(query.get("cursor", ""))
        known = None if number is None else self.fresh.get(number)
        if known is None or not moment.is_within(_FRESH_FOR, known):
            return ClauseResults()
        fix = "accept every cursor that was returned, as long as its logs are kept."
        expected = "200: this cursor was returned within the last minute"
        found = clause("given-cursor-served").finding("status", expected, refusal, fix) if refusal else None
        return ClauseResults((found,) if found else (), frozenset({"SLS440"}))

    def judge_cursor(self, requested: str, cursor: object, moment: Moment) -> ClauseResults:
        """Judge the cursor that GetCursor returned for a time, ``requested`` as sent."""
        number = decoded(cursor) if isinstance(cursor, str) else None
        time = _time_of(requested)
        self.add_cursor(cursor, moment)
        if number is None or time is None:
            return ClauseResults()
        before = [each for each in self.times if each.time <= time and moment.follows(each.moment)]
        later = max(before, key=lambda each: each.cursor, default=None)
        self.times.append(_TimedCursor(time, requested, number, moment))
        findings = []
        if later is not None and number < later.cursor:
            expected = f"{later.cursor} or more, as from={shown(later.requested)[1:-1]} gave before"
            fix = (
                "return the cursor of the first log at or after the time; begin is the oldest log, "
                "end the next to be written."
            )
            findings.append(clause("cursor-by-time").finding("/cursor", expected, str(number), fix))
        return ClauseResults(tuple(findings), frozenset({"SLS439"} if before else ()))

    def judge_cursor_time(self, query: Mapping[str, str], seconds: object, moment: Moment) -> Iterator[ClauseResults]:
        """Judge the time of a cursor at which logs were pulled; that of the end, where there are none, is unspecified.

        It is judged by the times for which GetCursor returned the cursor, and by the response of a moment ago.
        """
        number = decoded(query.get("cursor", ""))
        pulled = None if number is None else self.pulled.get(number)
        if number is None or pulled is None or type(seconds) is not int or not moment.follows(pulled):
            return
        for each in self.times:
            if each.cursor == number and each.is_past and moment.follows(each.moment):
                yield judge_time_of_cursor(seconds, int(each.time))
        before, at = self.received.get(number, (seconds, moment))
        if moment.is_within(_FRESH_FOR, at) and moment.follows(at):
            yield judge_steady_time(seconds, before)
        _keep(self.received, number, (seconds, moment))

    def judge_checkpoint(self, checkpoint: object, client: str) -> ClauseResults:
        """Judge a checkpoint that a client sends; it may have received one before those in the recording earlier."""
        number = decoded(checkpoint) if isinstance(checkpoint, str) else None
        if number is None or client not in self.clients or number < self.clients[client]:
            return ClauseResults()
        findings = []
        if number not in self.known:
            expected = "a cursor that was returned for this shard"
            fix = "write x-log-cursor of the last response that the client has processed."
            actual = f"{shown(checkpoint)}, which is {number}"
            findings.append(clause("checkpoint-given").finding("request body /checkpoint", expected, actual, fix))
        return ClauseResults(tuple(findings), frozenset({"SLS434"}))


def _keep(values: dict[int, _T], number: int, value: _T) -> None:
    """Put a value last, and drop the first of too many."""
    values.pop(number, None)
    values[number] = value
    if len(values) > _MOST_FRESH:
        del values[next(iter(values))]


def _time_of(requested: str) -> float | None:
    """Return the time in a request of GetCursor; 0 is the same as begin, since no log is as old as 1970."""
    if requested in {"begin", "end"}:
        return -inf if requested == "begin" else inf
    if not (requested.isascii() and requested.isdecimal() and len(requested) <= _LONGEST_TIME):
        return None
    return int(requested) or -inf
