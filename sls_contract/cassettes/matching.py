"""Which recording answers a request: an index, not a scan, so that replay costs the same at any size.

A request matches on method, project, percent-decoded path, query as a multiset, and body; scheme, port, endpoint,
signature and other headers do not matter. Identical requests play in recorded order, each once.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.exchange import Request, decode_path, masked_url, pairs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from contextlib import AbstractContextManager
    from mmap import mmap


class Key(NamedTuple):
    """What two requests have in common when one's recording answers the other."""

    method: str
    project: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, request: Request) -> Key:
        """Take the key from a scrubbed request."""
        return cls.of_parts(request.method, request.host, request.target, request.body)

    @classmethod
    def of_parts(cls, method: str, host: str, target: str, body: bytes) -> Key:
        """Take the key from what a request is made of; ``target`` is path and query as sent."""
        project, dot, _ = host.partition(".")
        path, _, query = target.partition("?")
        return cls(method, project.lower() if dot else "", decode_path(path), tuple(sorted(pairs_of(query))), body)


class Index:
    """Hands out the positions of recordings by key, each once, in recorded order; safe from any thread.

    With ``repeat``, the last of identical recordings answers whatever comes after it.
    """

    def __init__(self, keys: Iterable[Key], *, repeat: bool = False) -> None:
        self._repeat = repeat
        self.lock = threading.Lock()
        self._waiting: dict[Key, deque[int]] = {}
        position = -1
        for position, key in enumerate(keys):
            self._waiting.setdefault(key, deque()).append(position)
        self.taken: bytearray | mmap = bytearray(position + 1)
        self._between: Callable[[], AbstractContextManager[None]] = nullcontext

    def share(self, taken: mmap, between: Callable[[], AbstractContextManager[None]]) -> None:
        """Take recordings in turn with other processes: ``taken`` (1: handed out) is theirs, too, under a lock."""
        self.taken, self._between = taken, between

    def take(self, key: Key) -> int | None:
        """Return the position of the next recording for the key; None where there is none left."""
        with self.lock, self._between():
            waiting = self._waiting.get(key, deque())
            while waiting and self.taken[waiting[0]] and not self._is_last(waiting):  # by another process
                waiting.popleft()
            if not waiting:
                return None
            position = waiting[0] if self._is_last(waiting) else waiting.popleft()
            self.taken[position] = 1
            return position

    @property
    def played(self) -> frozenset[int]:
        """The positions handed out so far."""
        return frozenset(position for position, taken in enumerate(bytes(self.taken)) if taken)

    def _is_last(self, waiting: deque[int]) -> bool:
        """Tell whether a recording stands for all that come after it."""
        return self._repeat and len(waiting) == 1


def asked_for(keys: Sequence[Key], plays: Iterable[Collection[int]]) -> frozenset[int]:
    """Return the positions that some plays of one cassette together asked for; ``plays`` are positions of ``keys``.

    Each play begins anew with the first of identical recordings, while each recorded one of its own: two that ask the
    same stand for two.
    """
    times = Counter(keys[position] for play in plays for position in play)
    asked = set()
    for position, key in enumerate(keys):
        if times[key]:
            times[key] -= 1
            asked.add(position)
    return frozenset(asked)


@dataclass(frozen=True, slots=True)
class Miss:
    """Why no recording answers a request: in one line, in detail, and the mend."""

    headline: str
    details: tuple[str, ...]
    advice: str

    def __str__(self) -> str:
        """Give all of it as lines."""
        return "\n".join([self.headline, *self.details, f"How to fix: {self.advice}"])


@dataclass(frozen=True, slots=True)
class Remedies:
    """How a miss is mended where it was met: a way to record, and a way to play a recording again."""

    record: str = "pytest --sls-record=new_episodes"
    repeat: str = "mark the test sls_cassette(repeat='last')"


IN_PYTEST = Remedies()


def explain_miss(
    request: Request,
    recorded: Sequence[Request],
    played: frozenset[int],
    where: str,
    remedies: Remedies = IN_PYTEST,
    place: Callable[[int], str] = "exchange {}".format,
) -> Miss:
    """Say which recording in ``where`` is closest to the (scrubbed) request and what differs.

    ``place`` names a recording by its position.
    """
    headline = f"no recording in {where} answers {request.method} {masked_url(request.url)}"
    wanted, keys = Key.of(request), [Key.of(one) for one in recorded]
    if not keys:
        return Miss(headline, ("The cassette holds no exchange.",), f"record it ({remedies.record})")
    details: tuple[str, ...]
    if same := keys.count(wanted):
        times = "once" if same == 1 else f"{same} times"
        details = (f"It was recorded {times}, and has been played as often.",)
        advice = f"ask as often as was recorded, record again ({remedies.record}), or {remedies.repeat}"
        return Miss(headline, details, advice)
    nearest = max(range(len(keys)), key=lambda at: (_likeness(wanted, keys[at]), at not in played, -at))
    details = (
        f"The closest is {place(nearest)}: {recorded[nearest].method} {masked_url(recorded[nearest].url)}",
        *(f"  {part}: {ours} here, {theirs} recorded" for part, ours, theirs in _differences(wanted, keys[nearest])),
    )
    return Miss(headline, details, f"correct the request, or record it ({remedies.record})")


_PARTS: tuple[tuple[str, Callable[[Key], object]], ...] = (
    ("method", lambda key: key.method),
    ("project", lambda key: key.project),
    ("path", lambda key: key.path),
    ("query", lambda key: "&".join(f"{name}={value}" for name, value in key.query) or "(none)"),
    ("body", lambda key: key.body),
)


def _likeness(one: Key, other: Key) -> int:
    """Count equal parts; the path weighs most, since it names the operation."""
    return sum((4 if name == "path" else 1) for name, part in _PARTS if part(one) == part(other))


def _differences(one: Key, other: Key) -> list[tuple[str, str, str]]:
    return [(name, _short(part(one)), _short(part(other))) for name, part in _PARTS if part(one) != part(other)]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"  # noqa: PLR2004 - a line's worth
