"""The findings of an open cassette, with the exchanges that show them, and counts."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.checks.contract_map import ContractMap
from sls_contract.exchange import Exchange, masked_url, wire_text
from sls_contract.spec import Finding, Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from sls_contract.checks import Verdict
    from sls_contract.checks.sequence import ClauseResults
    from sls_contract.headers import Headers

FOREIGN = "foreign"
UNVERIFIED = "signature-not-verified"
ABOUT_RESPONSES = frozenset({"SLS2", "SLS4"})
"""Prefixes of the codes of clauses that only the service can break."""

_MAX_SHOWN = 20  # breaches; fix these, then run again
_MAX_DEFERRED = 10_000  # exchanges; each needs a few kilobytes beside its bodies until it is judged
_MAX_DEFERRED_BYTES = 4 * 1024 * 1024  # bytes of their bodies


@dataclass(frozen=True, slots=True)
class Breach:
    """A finding with its scrubbed exchange; ``position`` counts from 0 in the file, and is None outside of it."""

    finding: Finding
    exchange: Exchange
    position: int | None = None


@dataclass(slots=True)
class Results:
    """Counts and breaches of one open cassette; safe from any thread.

    ``started_programs`` are those whose requests are not recorded. ``seen`` has the exchanges only if ``keep`` is set:
    ten thousand of them are many megabytes. ``last`` is the last exchange in any case.
    """

    keep: bool = False

    exchanges: int = 0
    not_judged: int = 0
    unverified: int = 0
    exercised: set[str] = field(default_factory=set)
    evidence: dict[str, int] = field(default_factory=dict)
    extents: dict[str, int] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seen: list[Exchange] = field(default_factory=list)
    last: Exchange | None = None
    started_programs: list[str] = field(default_factory=list)
    map: ContractMap = field(default_factory=ContractMap)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _deferred: deque[tuple[Callable[[], None], int]] = field(default_factory=deque, repr=False)
    _deferred_bytes: int = field(default=0, repr=False)
    _running: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def defer(self, work: Callable[[], None], size: int = 0) -> None:
        """Defer work that adds to these results until they are read, so that no client waits for it.

        ``size``: the bytes that it keeps in memory. When too much is deferred, the oldest work runs now, until there is
        room: no call waits for all of it.
        """
        with self._lock:
            self._deferred.append((work, size))
            self._deferred_bytes += size
        while len(self._deferred) > _MAX_DEFERRED or self._deferred_bytes > _MAX_DEFERRED_BYTES:
            self._run_oldest()

    @property
    def shows_all_exchanges(self) -> bool:
        """Whether exchanges without a finding are shown, too."""
        return self.keep

    @property
    def deferred_count(self) -> int:
        """Number of deferred work items."""
        return len(self._deferred)

    def run_deferred(self) -> None:
        """Run deferred work, in order."""
        with self._running:
            while self._deferred:
                self._run_oldest()

    def _run_oldest(self) -> None:
        with self._running:
            with self._lock:
                work, size = self._deferred.popleft() if self._deferred else (lambda: None, 0)
                self._deferred_bytes -= size
            work()

    def count(
        self,
        exchange: Exchange,
        verdicts: Sequence[Verdict],
        evidence: str,
        position: int | None = None,
        agreed: datetime | None = None,
    ) -> None:
        """Add the verdicts on one exchange (request and response may have been judged separately).

        ``agreed`` is when it last agreed with its endpoint.
        """
        found = [finding for verdict in verdicts for finding in verdict.findings]
        operation = verdicts[0].operation
        with self._lock:
            self.exchanges += 1
            self.last = exchange
            if self.keep:
                self.seen.append(exchange)
            self.evidence[evidence] = self.evidence.get(evidence, 0) + 1
            extents = [verdict.extent for verdict in verdicts]
            if extent := "part" if "part" in extents else extents[0]:
                self.extents[extent] = self.extents.get(extent, 0) + 1
            self.not_judged += operation == FOREIGN
            exercised = verdicts[0].exercised.union(*[verdict.exercised for verdict in verdicts[1:]])
            self.exercised.update(exercised)
            if operation != FOREIGN:
                self.map.add(operation, exercised, evidence, agreed, exchange.response)
            if found:
                self.unverified += any(finding.slug == UNVERIFIED for finding in found)
                self.breaches.extend(Breach(finding, exchange, position) for finding in found)

    def relate(self, judged: ClauseResults, exchange: Exchange, position: int | None = None) -> None:
        """Add the findings about an exchange together with earlier ones."""
        if judged.exercised:
            with self._lock:
                self.exercised.update(judged.exercised)
            self.add(judged.findings, exchange, position)

    def add(self, findings: Iterable[Finding], exchange: Exchange, position: int | None = None) -> None:
        """Add findings that are not about a response: a miss, an edited recording."""
        with self._lock:
            self.breaches.extend(Breach(finding, exchange, position) for finding in findings)

    def started(self, program: str) -> None:
        """Add a started process, whose requests are not recorded, played or judged."""
        with self._lock:
            self.started_programs.append(program)

    def fail(self, text: str) -> None:
        """Add an error that kept an exchange from being recorded, played or judged."""
        with self._lock:
            self.errors.append(text)

    def take_errors(self) -> list[str]:
        """Return and remove the errors so far."""
        self.run_deferred()
        with self._lock:
            taken, self.errors = self.errors, []
        return taken

    def take_breaches(self) -> list[Breach]:
        """Return and remove the breaches so far."""
        self.run_deferred()
        with self._lock:
            taken, self.breaches = self.breaches, []
        return taken

    def since(self, mark: int) -> tuple[list[Breach], int]:
        """Return the breaches since ``mark``, and the next mark."""
        self.run_deferred()
        with self._lock:
            return self.breaches[mark:], len(self.breaches)


def failing(breaches: Iterable[Breach], *, strict: bool = False, allowed: Iterable[str] = ()) -> list[Breach]:
    """Return the breaches that fail a test: violations, with ``strict`` also warnings; not the ``allowed`` codes."""
    levels = {Level.VIOLATION, Level.WARNING} if strict else {Level.VIOLATION}
    accepted = frozenset(allowed)
    return [one for one in breaches if one.finding.level in levels and one.finding.code not in accepted]


def message(breaches: Sequence[Breach], where: str) -> str:
    """Format breaches as one text: equal findings once, with their number; an exchange after its last finding."""
    lines = [f"{len(breaches)} {'breach' if len(breaches) == 1 else 'breaches'} of the contract in {where}"]
    by_finding: dict[Finding, list[Breach]] = {}
    for breach in breaches:
        by_finding.setdefault(breach.finding, []).append(breach)
    shown = list(by_finding.values())[:_MAX_SHOWN]
    for number, (breach, *others) in enumerate(shown, 1):
        lines += ["", *str(breach.finding).splitlines()]
        if others:
            lines.append(f"  {1 + len(others)} times; the first is shown")
        last = number == len(shown) or shown[number][0].exchange != breach.exchange
        if last:
            lines += [f"    {line}" for line in exchange_lines(breach.exchange)]
    if len(by_finding) > len(shown):
        lines += ["", f"… and {len(by_finding) - len(shown)} more that differ from these"]
    return "\n".join(lines)


SHOWN_BODY = 1000
"""Characters of a body that are shown."""


def exchange_lines(exchange: Exchange) -> Iterator[str]:
    """Yield the request after ``>`` and the response after ``<``; long bodies are truncated."""
    request, response = exchange.request, exchange.response
    yield f"> {request.method} {masked_url(request.url)}"
    yield from _part(">", request.headers, request.body)
    if response is None:
        yield "< (no response)"
        return
    yield f"< {response.status} {response.reason}".rstrip()
    yield from _part("<", response.headers, response.body)


def _part(mark: str, headers: Headers, body: bytes) -> Iterator[str]:
    for name, value in headers.pairs:
        yield f"{mark} {name}: {value}"
    if body:
        text = wire_text(body[: 4 * SHOWN_BODY])
        rest = f"… ({len(body)} bytes)" if len(text) > SHOWN_BODY or len(body) > 4 * SHOWN_BODY else ""
        yield mark
        for line in (text[:SHOWN_BODY] + rest).splitlines():
            yield f"{mark} {_printable(line)}"


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
