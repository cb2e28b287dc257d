"""Which recording answers a request: an index, not a scan, so that replay costs the same at any size.

By default a request matches on method, project, percent-decoded path, query as a multiset, and body without what moves
in it (`moves` in its contract); scheme, port, endpoint, signature and other headers do not matter. Identical requests
play in recorded order, each once. ``match_on`` names other parts, as in vcrpy.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sls_contract.checks.steady_body import steady_body
from sls_contract.errors import UsageError
from sls_contract.exchange import Request, decode_path, masked_url, pairs_of, split_url
from sls_contract.hosts import host_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from mmap import mmap

Matcher: TypeAlias = Callable[[Request, Request], object]
"""Compares the request of a client with a recorded one. As in vcrpy, what is false (but not None) or an AssertionError
says that they do not match."""

MatchOn: TypeAlias = "str | Matcher | Iterable[str | Matcher] | None"
"""How a user says on what requests match."""

_SIGNED_ANEW = frozenset(
    {"authorization", "date", "x-log-date", "x-acs-security-token", "x-log-content-sha256", "content-md5"}
    | {"content-length", "x-log-bodyrawsize"}
)
"""Headers that differ whenever a request is signed anew, or say only what its body says."""

_PORTS = {"http": "80", "https": "443"}


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
        return cls.of_parts(request.method, request.host, request.target, steady_body(request))

    @classmethod
    def of_parts(cls, method: str, host: str, target: str, body: bytes) -> Key:
        """Take the key from what a request is made of; ``target`` is path and query as sent, no part of body moves."""
        path, _, query = target.partition("?")
        return cls(method, _project(host), decode_path(path), tuple(sorted(pairs_of(query))), body)


def _project(host: str) -> str:
    project, dot, _ = host.partition(".")
    return project.lower() if dot else ""


def _port(request: Request) -> str:
    scheme, authority, _ = split_url(request.url)
    _, colon, port = authority.rpartition("@")[2].rpartition("]")[2].partition(":")
    return port if colon else _PORTS.get(scheme, "")


def _headers(request: Request) -> tuple[tuple[str, str], ...]:
    fields = ((name.lower(), value) for name, value in request.headers.pairs)
    return tuple(sorted(field for field in fields if field[0] not in _SIGNED_ANEW))


_PARTS: dict[str, Callable[[Request], Hashable]] = {
    "method": lambda request: request.method,
    "scheme": lambda request: split_url(request.url)[0],
    "host": lambda request: host_name(request.host),
    "port": _port,
    "project": lambda request: _project(request.host),
    "path": lambda request: decode_path(request.path),
    "query": lambda request: tuple(sorted(pairs_of(request.query))),
    "body": steady_body,
    "raw_body": lambda request: request.body,
    "headers": _headers,
    "uri": lambda request: request.url,
}
"""What ``match_on`` can name: vcrpy's names, and the project."""


@dataclass(frozen=True, slots=True)
class Matching:
    """On what a request matches its recording.

    Attributes:
        names: parts that must be equal; recordings are indexed by them.
        matchers: asked of each recording with equal parts, in recorded order.

    """

    names: tuple[str, ...] = tuple(Key._fields)
    matchers: tuple[Matcher, ...] = ()

    @classmethod
    def on(cls, match_on: object) -> Matching:
        """Read what a user gave as ``match_on``: a name, a callable, or several; None: the default.

        Raises `UsageError` for anything else.
        """
        if match_on is None:
            return DEFAULT
        given = list(match_on) if isinstance(match_on, (list, tuple, set, frozenset)) else [match_on]
        if not given or not all(callable(each) or (isinstance(each, str) and each in _PARTS) for each in given):
            msg = f"match_on takes names out of {', '.join(_PARTS)}, and callables, got {match_on!r}"
            raise UsageError(msg)
        matchers = tuple(each for each in given if callable(each))
        return cls(tuple(name for name in _PARTS if name in given), matchers)

    def key(self, request: Request) -> Hashable:
        """Return what a (scrubbed) request must have in common with a recording."""
        return Key.of(request) if self.names == Key._fields else tuple(_PARTS[name](request) for name in self.names)

    def parts(self, request: Request) -> dict[str, Hashable]:
        """Return the named parts of a request, for people; without names, what a matcher most likely looks at."""
        return {name: _PARTS[name](request) for name in self.names or Key._fields}

    def fits(self, request: Request, recorded: Request) -> bool:
        """Tell whether every matcher lets a request match a recorded one that has the same key."""
        try:
            return all(said is None or said for said in (one(request, recorded) for one in self.matchers))
        except AssertionError:
            return False


DEFAULT = Matching()


class Index:
    """Hands out the positions of recordings by key, each once, in recorded order; safe from any thread.

    With ``repeat``, the last of identical recordings answers whatever comes after it.
    """

    def __init__(self, keys: Iterable[Hashable], *, repeat: bool = False) -> None:
        self._repeat = repeat
        self.lock = threading.Lock()
        self._waiting: dict[Hashable, deque[int]] = {}
        position = -1
        for position, key in enumerate(keys):
            self._waiting.setdefault(key, deque()).append(position)
        self.taken: bytearray | mmap = bytearray(position + 1)
        self._shared = False
        self._between: Callable[[], AbstractContextManager[None]] = nullcontext

    def share(self, taken: mmap, between: Callable[[], AbstractContextManager[None]]) -> None:
        """Take recordings in turn with other processes: ``taken`` (1: handed out) is theirs, too, under a lock."""
        self.taken, self._between, self._shared = taken, between, True

    def take(self, key: Hashable, fits: Callable[[int], bool] | None = None) -> int | None:
        """Return the position of the next recording for the key that ``fits``; None where there is none left."""
        with self.lock, self._between():
            waiting = self._waiting.get(key)
            if not waiting:
                return None
            if self._shared:
                self._forget_taken(waiting, fits)
            position = waiting[0] if waiting and fits is None else next(filter(fits, waiting), None)
            if position is None:
                return None
            if not self._repeat or self._is_followed(waiting, position, fits):
                waiting.remove(position)
            self.taken[position] = 1
            return position

    @staticmethod
    def _is_followed(waiting: Sequence[int], position: int, fits: Callable[[int], bool] | None) -> bool:
        """Tell whether another recording for the same request comes after one."""
        return len(waiting) > 1 if fits is None else any(each > position and fits(each) for each in waiting)

    @property
    def played(self) -> frozenset[int]:
        """The positions handed out so far."""
        return frozenset(position for position, taken in enumerate(bytes(self.taken)) if taken)

    def _forget_taken(self, waiting: deque[int], fits: Callable[[int], bool] | None) -> None:
        """Drop what another process took meanwhile, but for the last that stands for all that come after it."""
        for position in [each for each in waiting if self.taken[each]]:
            if not self._repeat or self._is_followed(waiting, position, fits):
                waiting.remove(position)


def asked_for(keys: Sequence[Hashable], plays: Iterable[Collection[int]]) -> frozenset[int]:
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
    """Why no recording answers a request: in one line, in detail, and the fix."""

    headline: str
    details: tuple[str, ...]
    advice: str

    @classmethod
    def of(cls, request: Request, where: str, details: tuple[str, ...], advice: str) -> Miss:
        """Say of a request that nothing in ``where`` answers it."""
        return cls(f"no recording in {where} answers {request.method} {masked_url(request.url)}", details, advice)

    def __str__(self) -> str:
        """Give all of it as lines."""
        return "\n".join([self.headline, *self.details, f"How to fix: {self.advice}"])


@dataclass(frozen=True, slots=True)
class Remedies:
    """How a miss is fixed where it was met: a way to record, and a way to play a recording again."""

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
    matching: Matching = DEFAULT,
) -> Miss:
    """Say which recording in ``where`` is closest to the (scrubbed) request and what differs.

    ``place`` names a recording by its position.
    """
    if not recorded:
        return Miss.of(request, where, ("The cassette has no exchange.",), f"record it ({remedies.record})")
    wanted, parts = matching.parts(request), [matching.parts(one) for one in recorded]
    alike = [at for at, one in enumerate(parts) if one == wanted]
    if same := sum(matching.fits(request, recorded[at]) for at in alike):
        times = "once" if same == 1 else f"{same} times"
        details: tuple[str, ...] = (f"It was recorded {times}, and has been played as often.",)
        advice = f"send the request as often as it was recorded, record again ({remedies.record}), or {remedies.repeat}"
        return Miss.of(request, where, details, advice)
    nearest = max(range(len(parts)), key=lambda at: (_likeness(wanted, parts[at]), at not in played, -at))
    details = (
        f"The closest is {place(nearest)}: {recorded[nearest].method} {masked_url(recorded[nearest].url)}",
        *(f"  {part}: {ours} here, {theirs} recorded" for part, ours, theirs in _differences(wanted, parts[nearest])),
        *(["  a match_on matcher returned False"] if alike else []),
    )
    return Miss.of(request, where, details, f"correct the request, or record it ({remedies.record})")


def failed_before(request: Request, where: str, reason: str) -> Miss:
    """Say that nothing in ``where`` answers since the test failed when it was recorded."""
    return Miss.of(
        request,
        where,
        (f"What was recorded there is not played, since the test failed while recording: {reason}",),
        "fix the test, then record it again (pytest --sls-record=once)",
    )


def _likeness(one: Mapping[str, object], other: Mapping[str, object]) -> int:
    """Count equal parts; the path weighs most, since it names the operation."""
    return sum((4 if name == "path" else 1) for name in one if one[name] == other[name])


def _differences(one: Mapping[str, object], other: Mapping[str, object]) -> list[tuple[str, str, str]]:
    return [(name, _short(name, one[name]), _short(name, other[name])) for name in one if one[name] != other[name]]


def _short(name: str, value: Any) -> str:
    if name == "query":
        value = "&".join(f"{key}={text}" for key, text in value) or "(none)"
    text = repr(masked_url(value) if name == "uri" else value)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"  # noqa: PLR2004 - a line's worth
