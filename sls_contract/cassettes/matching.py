"""Find the recording for a request through an index, so that replay takes the same time at any cassette size.

By default a request matches on method, project, percent-decoded path, query as a multiset, and body. A body is compared
without the parts that change in each run (`moves` in its contract). Scheme, port, endpoint, signature and other headers
do not matter. Identical requests are played in recorded order, each once. ``match_on`` names other parts, as in vcrpy.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sls_contract.checks.steady_body import steady_body
from sls_contract.errors import RECORD_ONCE, UsageError
from sls_contract.exchange import DEFAULT_PORTS, Request, decode_path, masked_url, pairs_of, split_url
from sls_contract.hosts import host_name

if TYPE_CHECKING:
    from mmap import mmap

Matcher: TypeAlias = Callable[[Request, Request], object]
"""Compares a client's request with a recorded one. As in vcrpy, a false value other than None, or an AssertionError,
means that they do not match."""

MatchOn: TypeAlias = "str | Matcher | Iterable[str | Matcher] | None"
"""The types of a user's ``match_on``."""

_IGNORED_HEADERS = frozenset(
    {"authorization", "date", "x-log-date", "x-acs-security-token", "x-log-content-sha256", "content-md5"}
    | {"content-length", "x-log-bodyrawsize"}
)
"""Headers that differ each time a request is signed, or that only describe its body."""


class Key(NamedTuple):
    """The parts of a request that are equal in a request and its recording."""

    method: str
    project: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def without_body(self) -> Key:
        """The key of the same request with an empty body."""
        return self._replace(body=b"")

    @classmethod
    def of(cls, request: Request) -> Key:
        """Return the key of a scrubbed request."""
        return cls.of_parts(request.method, request.host, request.target, steady_body(request))

    @classmethod
    def of_parts(cls, method: str, host: str, target: str, body: bytes) -> Key:
        """Return the key for parts of a request: ``target`` is path and query as sent, ``body`` has no moving parts."""
        path, _, query = target.partition("?")
        return cls(method, _project(host), decode_path(path), tuple(sorted(pairs_of(query))), body)


def _project(host: str) -> str:
    project, dot, _ = host.partition(".")
    return project.lower() if dot else ""


def _port(request: Request) -> str:
    scheme, authority, _ = split_url(request.url)
    _, colon, port = authority.rpartition("@")[2].rpartition("]")[2].partition(":")
    return port if colon else str(DEFAULT_PORTS.get(scheme, ""))


def _headers(request: Request) -> tuple[tuple[str, str], ...]:
    fields = ((name.lower(), value) for name, value in request.headers.pairs)
    return tuple(sorted(field for field in fields if field[0] not in _IGNORED_HEADERS))


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
"""The names for ``match_on``: vcrpy's, and more such as the project."""


@dataclass(frozen=True, slots=True)
class Matching:
    """How a request matches its recording.

    Attributes:
        names: parts that must be equal; recordings are indexed by them.
        matchers: are called with each recording that has equal parts, in recorded order.

    """

    names: tuple[str, ...] = tuple(Key._fields)
    matchers: tuple[Matcher, ...] = ()

    @classmethod
    def on(cls, match_on: object) -> Matching:
        """Return the matching for a user's ``match_on``: a name, a callable, or several; None: the default.

        Raises `UsageError` for any other value.
        """
        if match_on is None:
            return DEFAULT
        given = list(match_on) if isinstance(match_on, (list, tuple, set, frozenset)) else [match_on]
        if not given or not all(callable(each) or (isinstance(each, str) and each in _PARTS) for each in given):
            msg = f"match_on takes callables and the names {', '.join(_PARTS)}, got {match_on!r}"
            raise UsageError(msg)
        matchers = tuple(each for each in given if callable(each))
        return cls(tuple(name for name in _PARTS if name in given), matchers)

    def key(self, request: Request) -> Hashable:
        """Return the index key of a (scrubbed) request."""
        return Key.of(request) if self.names == Key._fields else tuple(_PARTS[name](request) for name in self.names)

    def parts(self, request: Request) -> dict[str, Hashable]:
        """Return the named parts of a request for messages; without names, those of the default."""
        return {name: _PARTS[name](request) for name in self.names or Key._fields}

    def fits(self, request: Request, recorded: Request) -> bool:
        """Return whether every matcher accepts a request and a recorded one that has the same key."""
        try:
            return all(result is None or result for result in (each(request, recorded) for each in self.matchers))
        except AssertionError:
            return False


DEFAULT = Matching()


class Index:
    """Returns the positions of recordings by key, each once, in recorded order; safe from any thread.

    With ``repeat``, the last of identical recordings is returned repeatedly.
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
        self._process_lock: Callable[[], AbstractContextManager[None]] = nullcontext

    def share(self, taken: mmap, process_lock: Callable[[], AbstractContextManager[None]]) -> None:
        """Share the index with other processes: ``taken`` (1: returned) is shared memory, ``process_lock`` locks it."""
        self.taken, self._process_lock, self._shared = taken, process_lock, True

    def take(self, key: Hashable, fits: Callable[[int], bool] | None = None) -> int | None:
        """Return the position of the next recording for the key that ``fits``; None where none is left."""
        with self.lock, self._process_lock():
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
        """Return whether another recording of the same request comes after a position."""
        return len(waiting) > 1 if fits is None else any(each > position and fits(each) for each in waiting)

    @property
    def played(self) -> frozenset[int]:
        """The positions returned so far."""
        return frozenset(position for position, taken in enumerate(bytes(self.taken)) if taken)

    def _forget_taken(self, waiting: deque[int], fits: Callable[[int], bool] | None) -> None:
        """Remove the positions that other processes took; with ``repeat``, keep the last one."""
        for position in [each for each in waiting if self.taken[each]]:
            if not self._repeat or self._is_followed(waiting, position, fits):
                waiting.remove(position)


def requested_positions(keys: Sequence[Hashable], plays: Iterable[Collection[int]]) -> frozenset[int]:
    """Return the positions that all plays of one cassette together requested; ``plays`` are positions in ``keys``.

    Each play starts with the first of identical recordings, but each test recorded its own: two plays use two of them.
    """
    times = Counter(keys[position] for play in plays for position in play)
    requested = set()
    for position, key in enumerate(keys):
        if times[key]:
            times[key] -= 1
            requested.add(position)
    return frozenset(requested)


@dataclass(frozen=True, slots=True)
class Miss:
    """Why a request has no recording: in one line, in detail, and the fix."""

    headline: str
    details: tuple[str, ...]
    advice: str

    @classmethod
    def of(cls, request: Request, where: str, details: tuple[str, ...], advice: str) -> Miss:
        """Return the miss of a request in the recordings that ``where`` names."""
        return cls(f"no recording in {where} matches {request.method} {masked_url(request.url)}", details, advice)

    def in_unfinished(self, resume: str) -> Miss:
        """Return the miss in a recording that lacks its end; ``resume`` is the way to continue it."""
        detail = "The recording is unfinished: its test was interrupted, or skipped itself."
        return replace(self, details=(*self.details, detail), advice=f"continue the recording ({resume})")

    def __str__(self) -> str:
        return "\n".join([self.headline, *self.details, f"How to fix: {self.advice}"])


@dataclass(frozen=True, slots=True)
class Remedies:
    """How the user of a cassette can fix it.

    Attributes:
        record: the way to record a request that the cassette lacks.
        repeat: the way to play the last of identical recordings repeatedly.
        resume: the way to record a missing or unfinished cassette.
        renew: the way to record everything again.
        rename: the way to replace names; these follow, one ``real=public`` a line.
        scrub: the settings that name more secrets.
        allow: the way to accept a body that could not be scanned.
        verify: the way to compare an old recording with the service; empty where there is none.

    """

    record: str = "pytest --sls-record=new_episodes"
    repeat: str = "mark the test sls_cassette(repeat='last')"
    resume: str = RECORD_ONCE
    renew: str = "pytest --sls-record=all"
    rename: str = (
        "Add these lines to the [pytest] section of pytest.ini, then record again (pytest --sls-record=all):\n"
        "sls_rename ="
    )
    scrub: str = "sls_scrub, sls_scrub_keys"
    allow: str = "@pytest.mark.sls_allow('SLS608', reason='…')"
    verify: str = "pytest --sls-record=verify"


IN_PYTEST = Remedies()
IN_CODE = Remedies(
    'use_cassette(…, record="new_episodes")',
    'play the last recording repeatedly (use_cassette(…, repeat="last"))',
    'use_cassette(…, record="once")',
    'use_cassette(…, record="all")',
    'Pass these names to use_cassette (rename=…), then record again (use_cassette(…, record="all")):',
    "use_cassette(…, scrub=…, scrub_keys=…)",
    "use_cassette(…, strict=False)",
    verify="",
)
"""The remedies of `use_cassette`: its arguments decide, not the options of a run of pytest."""
IN_FILES = Remedies(
    resume="pytest --sls-record=once, or sls-contract proxy --record once",
    renew="pytest --sls-record=all, or sls-contract proxy --record all",
    rename=(
        "Add these lines to the [pytest] section of pytest.ini, or pass each as --rename to sls-contract proxy; then "
        "record again (pytest --sls-record=all, or sls-contract proxy --record all):\nsls_rename ="
    ),
)
"""The remedies of a file alone, which does not say what recorded it."""


def explain_miss(
    request: Request,
    recorded: Sequence[Request],
    played: frozenset[int],
    where: str,
    remedies: Remedies = IN_PYTEST,
    place: Callable[[int], str] = "exchange {}".format,
    matching: Matching = DEFAULT,
) -> Miss:
    """Return which recording in ``where`` is closest to the (scrubbed) request, and the differences.

    ``place`` names a recording by its position.
    """
    if not recorded:
        return Miss.of(request, where, ("The cassette has no exchange.",), f"record it ({remedies.record})")
    wanted, parts = matching.parts(request), [matching.parts(each) for each in recorded]
    same_parts = [at for at, each in enumerate(parts) if each == wanted]
    if same := sum(matching.fits(request, recorded[at]) for at in same_parts):
        once = "It was recorded once, and has been played once."
        details: tuple[str, ...] = (
            once if same == 1 else f"It was recorded {same} times, and has been played as often.",
        )
        advice = f"send the request as often as it was recorded, record again ({remedies.record}), or {remedies.repeat}"
        return Miss.of(request, where, details, advice)
    nearest = max(range(len(parts)), key=lambda at: (_similarity(wanted, parts[at]), at not in played, -at))
    details = (
        f"The closest is {place(nearest)}: {recorded[nearest].method} {masked_url(recorded[nearest].url)}",
        *(f"  {part}: {ours} here, {theirs} recorded" for part, ours, theirs in _differences(wanted, parts[nearest])),
        *(["  a match_on matcher returned False"] if same_parts else []),
    )
    return Miss.of(request, where, details, f"correct the request, or record it ({remedies.record})")


def failed_before(request: Request, where: str, reason: str, record: str) -> Miss:
    """Return the miss of a request whose recordings are not played, since their test failed; ``record`` is the way."""
    return Miss.of(
        request,
        where,
        (f"The recording is not played, since its test failed: {reason}",),
        f"fix the test, then record it again ({record})",
    )


def _similarity(sent: Mapping[str, object], recorded: Mapping[str, object]) -> int:
    """Count equal parts; the path weighs most, since it names the operation."""
    return sum((4 if name == "path" else 1) for name in sent if sent[name] == recorded[name])


def _differences(sent: Mapping[str, object], recorded: Mapping[str, object]) -> list[tuple[str, str, str]]:
    different = [name for name in sent if sent[name] != recorded[name]]
    return [(name, _shortened(name, sent[name]), _shortened(name, recorded[name])) for name in different]


def _shortened(name: str, value: Any) -> str:
    if name == "query":
        value = "&".join(f"{key}={text}" for key, text in value) or "(none)"
    text = repr(masked_url(value) if name == "uri" else value)
    return text if len(text) <= 120 else f"{text[:100]}… ({len(text)} characters)"  # noqa: PLR2004 - a line's worth
