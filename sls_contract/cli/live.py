"""What `replay` and `proxy` tell while they run and when they end: each finding once, as soon as it is made."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from sls_contract import __version__
from sls_contract.cassettes.results import Breach, Results, exchange_lines
from sls_contract.cli.listening import LOOK
from sls_contract.errors import CassetteError, UsageError
from sls_contract.exchange import masked_url
from sls_contract.reports import (
    Report,
    as_document,
    finding_lines,
    judged_line,
    narrowed_lines,
    plural,
)
from sls_contract.reports.text import on_one_line, printable
from sls_contract.spec import CLAUSES, Level, clause

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from sls_contract.checks import Verdict
    from sls_contract.cli.terminal import Console
    from sls_contract.exchange import Exchange
    from sls_contract.reports import Target
    from sls_contract.spec import Finding

_CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
_INCOMPLETE = 2
_LEAK = clause("secret-in-recording").code  # told as a trouble of the file, not as a finding of an exchange


@dataclass(slots=True)
class Noted:
    """A finding as it was first made: where, and how often the same clause was broken the same way."""

    finding: Finding
    where: Mapping[str, Any]
    exchange: Exchange
    times: int = 0


@dataclass(slots=True)
class LiveResults(Results):
    """Results that show each finding when it is first made and keep it once, so that they may run for weeks.

    Attributes:
        show: takes the lines that are shown.
        place: gives the keys that say where an exchange stands (``cassette``, ``exchange``) by its position.
        verbose: whether a line is shown for each exchange.
        noted: the findings so far; what one request breaks again and again is one, though its date and signature
            differ each time.
        troubles: what kept an exchange from being played or recorded, in order.

    """

    show: Callable[[Iterable[str]], None] = field(default=lambda _: None)
    place: Callable[[int | None], Mapping[str, Any]] = field(default=lambda _: {})
    verbose: bool = False
    noted: dict[tuple[Any, ...], Noted] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    @property
    def every(self) -> bool:
        """Whether exchanges without a finding are shown, too."""
        return self.verbose

    def count(
        self,
        exchange: Exchange,
        verdicts: Sequence[Verdict],
        evidence: str,
        position: int | None = None,
        agreed: datetime | None = None,
    ) -> None:
        """Take over the verdicts on one exchange, and tell what is new."""
        Results.count(self, exchange, verdicts, evidence, position, agreed)
        if self.verbose:
            self.show([_line(exchange, _in_words(self.place(position)))])
        self._tell()

    def add(self, findings: Iterable[Finding], exchange: Exchange, position: int | None = None) -> None:
        """Take over findings that are not about an answer, and tell what is new."""
        Results.add(self, findings, exchange, position)
        self._tell()

    def place_in(self, cassette: Path) -> None:
        """Say of each finding where its exchange stands in the cassette that was recorded: its number and line."""
        from sls_contract.cassettes.opening import opened

        if not self.noted:
            return
        with contextlib.suppress(CassetteError):  # a file that cannot be read is told as a trouble
            file = opened(cassette)
            lines = file.lines
            found = {recording.exchange.request: at for at, recording in reversed([*enumerate(file)])}
            for noted in self.noted.values():
                at = noted.where.get("exchange")
                at = found.get(noted.exchange.request) if at is None else at
                if at is not None and at < len(lines):
                    noted.where = {**noted.where, "exchange": at, "line": lines[at]}

    def fail(self, text: str) -> None:
        """Tell what kept an exchange from being recorded, played or judged."""
        with self._lock:
            self.troubles.append(text)
        self.show(text.splitlines())

    def _tell(self) -> None:
        for breach in self.take_breaches() if self.breaches else ():
            where = self.place(breach.position)
            with self._lock:
                noted = self.noted.setdefault(_kind_of(breach), Noted(breach.finding, where, breach.exchange))
                noted.times += 1
            if noted.times == 1 and breach.finding.level is not Level.UNSPECIFIED:
                self.show(_breach_lines(breach, _in_words(where)))


class Signals:
    """Notes the first INT or TERM while its block runs, and lets it end nothing: what was found is still to be told.

    It must begin before anybody is told that the run began. A signal that the shell has us ignore stays ignored.
    """

    def __init__(self) -> None:
        """Begin without a signal."""
        self._noted: SimpleQueue[int] = SimpleQueue()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals over; where this is not the main thread, whoever called us keeps them."""
        with contextlib.suppress(ValueError):
            for number, code in _CODES.items():
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, lambda *_, code=code: self._noted.put(code))
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def wait(self) -> int:
        """Sleep until one comes, or came; return its exit code."""
        while True:
            with contextlib.suppress(Empty):
                return self._noted.get(timeout=LOOK)


@dataclass(frozen=True, slots=True)
class Ended:
    """What is left to tell of a run that has ended: hosts that were refused, and mistakes of ours.

    A client may put anything where a host belongs: what is told is freed of the key in the environment.
    """

    target: Target
    foreign_hosts: Sequence[str] = ()
    failures: Sequence[BaseException] = ()


def concluded(ended: Ended, results: LiveResults, arguments: argparse.Namespace, console: Console) -> Report:
    """Tell the end of a run: a summary for people, a document for programs; return what was told."""
    report = Report(arguments.command, ended.target, clauses_total=len(CLAUSES))
    report.exchanges, report.exercised, report.map = results.exchanges, results.exercised, results.map
    for noted in results.noted.values():
        report.add([noted.finding], times=noted.times, **noted.where)
        report.show(noted.finding, noted.exchange)
    hosts = dict.fromkeys(map(console.scrubber().text, ended.foreign_hosts))
    report.facts = [{"fact": "foreign-host", "host": host} for host in hosts]
    troubles = results.troubles or [f"internal error of sls-contract: {type(one).__name__}" for one in ended.failures]
    report.not_provable = [{"reason": text} for text in troubles]
    console.tell(_summary(report, results), console.people(arguments))
    try:
        console.report(as_document(report, __version__), arguments)
    except UsageError as error:  # a trouble as any other, beside which a violation stays one
        report.not_provable.append({"reason": str(error)})
        print(f"sls-contract {report.command}: {error}", file=console.stderr)
    return report


def exit_code(report: Report, signalled: int, *, strict: bool) -> int:
    """Return 1 for a violation, 2 where something could not be played or recorded, else the signal's own."""
    leaked = any(_LEAK in told["reason"] for told in report.not_provable)
    if leaked or report.failed(strict=strict):
        return 1
    return _INCOMPLETE if report.not_provable else signalled


def _kind_of(breach: Breach) -> tuple[Any, ...]:
    request = breach.exchange.request
    return breach.finding.code, breach.finding.where, request.method, request.url, breach.position


def _line(exchange: Exchange, place: str) -> str:
    request, response = exchange.request, exchange.response
    status = "(no answer)" if response is None else response.status
    line = f"{request.method} {masked_url(request.url)} {status}"
    return on_one_line(f"{line} ({place})" if place else line)


def _in_words(where: Mapping[str, Any]) -> str:
    """Say where an exchange stands: ``file:line exchange 3``; nothing where it stands nowhere."""
    if where.get("exchange") is None:
        return ""
    line = "" if where.get("line") is None else f":{where['line']}"
    return f"{where['cassette']}{line} exchange {where['exchange']}"


def _breach_lines(breach: Breach, place: str) -> list[str]:
    shown = (f"    {printable(line)}" for line in exchange_lines(breach.exchange))
    return [*finding_lines(breach.finding, place), *shown, ""]


def _summary(report: Report, results: Results) -> list[str]:
    lines = [f"{plural(report.exchanges, 'exchange')}: {judged_line(report)}"]
    lines += narrowed_lines(results.extents, not_judged=results.not_judged, unverified=results.unverified)
    if hosts := ", ".join(fact["host"] for fact in report.facts):
        lines.append(on_one_line(f"refused, since they are no SLS hosts: {hosts}"))
    if report.not_provable:
        troubles = plural(len(report.not_provable), "trouble")
        lines.append(f"{troubles}: not everything was recorded or played; stderr has the reasons")
    return lines
