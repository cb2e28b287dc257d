"""Pair the exchanges of two recordings: those that replay would use for the same request.

An exchange includes the retries of its request; the response to the last attempt counts. An attempt is retried if its
response is missing or incomplete (refused, reset, truncated, timed out), or if the service was busy or broken: 408,
429, 5xx, a quota that is free again in seconds. The next equal request is then its retry, after any delay. An exchange
without a partner is paired with an attempt that was retried: a test may repeat requests itself.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sls_contract.cassettes.matching import DEFAULT, Key, Matching
from sls_contract.cassettes.recording import NOT_KEPT, Recording
from sls_contract.checks.sequence_outcomes import error_code, is_overloaded

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from sls_contract.exchange import Request

_REQUEST_TIMEOUT = 408


@dataclass(slots=True)
class Attempts:
    """One exchange of a client: the positions of the attempts that were ``retried``, and of the last, which counts."""

    retried: list[int]
    last: int

    @property
    def all(self) -> tuple[int, ...]:
        """The positions of all attempts."""
        return (*self.retried, self.last)


def is_transient(recording: Recording) -> bool:
    """Return whether an attempt failed for a temporary reason, so that clients retry."""
    response = recording.exchange.response
    if recording.broken == NOT_KEPT:
        return False
    if recording.incomplete or response is None:
        return True
    return response.status == _REQUEST_TIMEOUT or response.is_server_error or is_overloaded(response)


def group_attempts(recordings: Sequence[Recording]) -> list[Attempts]:
    """Group recordings into exchanges with their attempts, in the order of their last attempts."""
    transient: dict[Key, list[int]] = {}
    exchanges = []
    for position, recording in enumerate(recordings):
        key = Key.of(recording.exchange.request)
        if is_transient(recording):
            transient.setdefault(key, []).append(position)
        else:
            exchanges.append(Attempts(transient.pop(key, []), position))
    exchanges += [Attempts(positions[:-1], positions[-1]) for positions in transient.values()]
    return sorted(exchanges, key=lambda each: each.last)


def outcomes(recordings: Iterable[Recording]) -> str:
    """Format the outcomes of attempts."""
    return ", ".join(map(_outcome, recordings)) or "none"


def _outcome(recording: Recording) -> str:
    response = recording.exchange.response
    if recording.incomplete or response is None:
        return recording.broken or "no response"
    return f"{response.status} {error_code(response) or ''}".rstrip()


Pair: TypeAlias = tuple[Attempts | None, Attempts]
"""An old exchange, if there is one, and its new partner."""


class Pairing:
    """Pairs new exchanges with old ones as they arrive: by matching key, identical requests in recorded order.

    ``repeat``: the last of identical old recordings is played for all later requests.
    """

    def __init__(self, old: Sequence[Recording], matching: Matching = DEFAULT, *, repeat: bool = False) -> None:
        self._old = old
        self._matching = matching
        self._repeat = repeat
        self._waiting: dict[Hashable, deque[Attempts]] = {}
        for exchange in group_attempts(old):
            self._waiting.setdefault(matching.key(self._request(exchange)), deque()).append(exchange)
        self._taken: dict[Hashable, list[Attempts]] = {}
        self._retried: dict[Hashable, deque[tuple[Attempts, int, Request]]] = {}
        self._open: dict[Key, Pair] = {}

    def arrive(self, new: Iterable[tuple[int, Recording]]) -> list[Pair]:
        """Return the pairs of new exchanges, with positions; an exchange with another attempt is returned again."""
        pairs: dict[int, Pair] = {}
        for position, recording in new:
            request = recording.exchange.request
            partner, exchange = self._open.pop(key := Key.of(request), (None, None))
            if exchange is None:
                partner, exchange = self._partner(request), Attempts([], position)
            else:
                self._retried.setdefault(self._matching.key(request), deque()).append(
                    (exchange, exchange.last, request)
                )
                exchange.retried.append(exchange.last)
                exchange.last = position
            if is_transient(recording):
                self._open[key] = (partner, exchange)
            pairs[id(exchange)] = (partner, exchange)
        return list(pairs.values())

    def leftover(self) -> list[Pair]:
        """Return pairs of old exchanges that were not requested, and new attempts that were retried."""
        pairs: list[Pair] = []
        for key, waiting in self._waiting.items():
            retried = self._retried.get(key, ())
            while waiting and retried and not self._repeats_last(key):
                exchange, position, _ = retried.popleft()
                exchange.retried.remove(position)
                pairs.append((waiting.popleft(), Attempts([], position)))
        return pairs

    @property
    def not_requested(self) -> list[Attempts]:
        """The old exchanges that were not requested, in recorded order."""
        waiting = (each for key, queue in self._waiting.items() if not self._repeats_last(key) for each in queue)
        return sorted(waiting, key=lambda each: each.last)

    def _repeats_last(self, key: Hashable) -> bool:
        return self._repeat and key in self._taken

    def _request(self, exchange: Attempts) -> Request:
        return self._old[exchange.last].exchange.request

    def _partner(self, request: Request) -> Attempts | None:
        """Return the old exchange that replay would use."""
        key = self._matching.key(request)
        waiting, taken = self._waiting.get(key, deque()), self._taken.setdefault(key, [])
        fits = self._matching.fits
        fitting = (
            [each for each in waiting if fits(request, self._request(each))] if self._matching.matchers else waiting
        )
        if fitting:
            found = fitting[0]
            if not self._repeat or len(fitting) > 1:
                waiting.remove(found)
            taken.append(found)
            return found
        exchange = next((each for each in taken if each.retried), None)
        return None if exchange is None else Attempts([], exchange.retried.pop(0))


class Paired(NamedTuple):
    """The exchanges of two recordings: pairs in the old order, and those of each side without a partner."""

    pairs: list[tuple[Attempts, Attempts]]
    old: list[Attempts]
    new: list[Attempts]

    @classmethod
    def of(cls, old: Sequence[Recording], new: Sequence[Recording]) -> Paired:
        """Pair two recordings; where one lacks the body that was sent, the other parts of the request decide."""
        pairing = Pairing(old)
        arrived = [*pairing.arrive(enumerate(new)), *pairing.leftover()]
        pairs = [(one, two) for one, two in arrived if one is not None]
        before, after = pairing.not_requested, [two for one, two in arrived if one is None]
        for one, two in _pairs_without_bodies(old, new, before, after):
            pairs.append((one, two))
            before.remove(one)
            after.remove(two)
        return cls(sorted(pairs, key=lambda pair: pair[0].last), before, after)


def _pairs_without_bodies(
    old: Sequence[Recording], new: Sequence[Recording], before: Iterable[Attempts], after: Iterable[Attempts]
) -> list[tuple[Attempts, Attempts]]:
    waiting: dict[Key, list[Attempts]] = {}
    for each in before:
        waiting.setdefault(Key.of(old[each.last].exchange.request).without_body, []).append(each)
    found = []
    for each in after:
        request = new[each.last].exchange.request
        alike = waiting.get(Key.of(request).without_body, [])
        partner = next((one for one in alike if not (request.wire and old[one.last].exchange.request.wire)), None)
        if partner is not None:
            alike.remove(partner)
            found.append((partner, each))
    return found
