"""What `replay` and `proxy` print while they run and when they end: each finding once, when it is first made."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from sls_contract import __version__
from sls_contract.cassettes.results import Breach, Results, exchange_lines
from sls_contract.cli.listening import SIGNAL_POLL
from sls_contract.errors import CassetteError, UsageError
from sls_contract.exchange import masked_url
from sls_contract.exit_codes import INCOMPLETE, INTERRUPTED, TERMINATED
from sls_contract.reports import Report, as_document, finding_lines, judged_line, narrowed_lines, plural
from sls_contract.reports.examples import first_example
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

_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}
_LEAK = clause("secret-in-recording").code  # reported as a trouble of the file, not as a finding of an exchange


@dataclass(slots=True)
class Noted:
    """A finding, where it was first made, and how often the same clause was broken in the same way."""

    finding: Finding
    where: Mapping[str, Any]
    exchange: Exchange
    times: int = 0


@dataclass(slots=True)
class LiveResults(Results):
    """Results that print each finding when it is first made and keep it once, so that a run may last for weeks.

    Attributes:
        show: prints lines.
        place: returns, for the position of an exchange, the keys that locate it (``cassette``, ``exchange``).
        verbose: whether a line is printed for each exchange.
        noted: the findings so far. Requests that differ only in date and signature break a clause once.
        troubles: why exchanges could not be played or recorded, in order.

    """

    show: Callable[[Iterable[str]], None] = field(default=lambda _: None)
    place: Callable[[int | None], Mapping[str, Any]] = field(default=lambda _: {})
    verbose: bool = False
    noted: dict[tuple[Any, ...], Noted] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)

    @property
    def shows_all_exchanges(self) -> bool:
        """Whether exchanges without a finding are printed, too."""
        return self.verbose

    def defer(self, work: Callable[[], None], size: int = 0) -> None:  # noqa: ARG002 - as in `Results`
        """Do the work now: findings are printed while the run goes on."""
        work()

    def count(
        self,
        exchange: Exchange,
        verdicts: Sequence[Verdict],
        evidence: str,
        position: int | None = None,
        agreed: datetime | None = None,
    ) -> None:
        """Add the verdicts on an exchange, and print new findings."""
        Results.count(self, exchange, verdicts, evidence, position, agreed)
        if self.verbose:
            self.show([_line(exchange, _place_text(self.place(position)))])
        self._show_new()

    def add(self, findings: Iterable[Finding], exchange: Exchange, position: int | None = None) -> None:
        """Add findings that are not about a response, and print new ones."""
        Results.add(self, findings, exchange, position)
        self._show_new()

    def place_in(self, cassette: Path) -> None:
        """Set the number and line that the exchange of each finding has in the recorded cassette."""
        from sls_contract.cassettes.opening import opened

        if not self.noted:
            return
        with contextlib.suppress(CassetteError):  # an unreadable file is reported as a trouble already
            file = opened(cassette)
            lines = file.lines
            found = {recording.exchange.request: at for at, recording in reversed([*enumerate(file)])}
            for noted in self.noted.values():
                at = noted.where.get("exchange")
                at = found.get(noted.exchange.request) if at is None else at
                if at is not None and at < len(lines):
                    noted.where = {**noted.where, "exchange": at, "line": lines[at]}

    def fail(self, text: str) -> None:
        """Add and print why an exchange could not be recorded, played or judged."""
        with self._lock:
            self.troubles.append(text)
        self.show(text.splitlines())

    def _show_new(self) -> None:
        for breach in self.take_breaches() if self.breaches else ():
            where = self.place(breach.position)
            with self._lock:
                noted = self.noted.setdefault(_key_of(breach), Noted(breach.finding, where, breach.exchange))
                noted.times += 1
            if noted.times == 1 and breach.finding.level is not Level.UNSPECIFIED:
                self.show(_breach_lines(breach, _place_text(where)))


class Signals:
    """A context that notes the first SIGINT or SIGTERM, so that the run ends in order and reports its results.

    Enter it before anything is printed: a program that reads the first line may send a signal at once. A signal that
    this process inherited as ignored stays ignored.
    """

    def __init__(self) -> None:
        self._exit_codes: SimpleQueue[int] = SimpleQueue()  # reentrant, unlike `Queue`: a handler may interrupt it
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Install the handlers; outside of the main thread the caller's handlers stay."""
        with contextlib.suppress(ValueError):
            for number, code in _CODES.items():
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, lambda *_, code=code: self._exit_codes.put(code))
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the previous handlers."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def wait(self) -> int:
        """Wait for a signal, unless one has come; return its exit code."""
        while True:
            with contextlib.suppress(Empty):
                return self._exit_codes.get(timeout=SIGNAL_POLL)


@dataclass(frozen=True, slots=True)
class Ended:
    """Facts of a run that has ended: its target, the hosts that it refused, and internal errors.

    A client may send anything as host: the environment's key is removed before hosts are printed.
    """

    target: Target
    foreign_hosts: Sequence[str] = ()
    failures: Sequence[BaseException] = ()


def conclude(ended: Ended, results: LiveResults, arguments: argparse.Namespace, console: Console) -> Report:
    """Print the summary of a run, write its reports, and return the report."""
    report = Report(arguments.command, ended.target, clauses_total=len(CLAUSES))
    report.exchanges, report.exercised, report.map = results.exchanges, results.exercised, results.map
    for noted in results.noted.values():
        report.add([noted.finding], times=noted.times, **noted.where)
        first_example(report.examples, noted.finding, noted.exchange)
    hosts = dict.fromkeys(map(console.scrubber().text, ended.foreign_hosts))
    report.facts = [{"fact": "foreign-host", "host": host} for host in hosts]
    troubles = results.troubles or [f"internal error of sls-contract: {type(each).__name__}" for each in ended.failures]
    report.not_provable = [{"reason": text} for text in troubles]
    console.write(_summary(report, results), console.text_stream(arguments))
    judged = results.exchanges > results.not_judged
    code = exit_code(report, 0 if judged else INCOMPLETE, strict=arguments.strict)  # without the signal's
    try:
        console.report(as_document(report, __version__), arguments, code)
    except UsageError as error:  # a trouble like the others: the exit code for a violation stays 1
        report.not_provable.append({"reason": str(error)})
        print(f"sls-contract {report.command}: {error}", file=console.stderr)
    return report


def exit_code(report: Report, signalled: int, *, strict: bool) -> int:
    """Return 1 for a violation, 2 if an exchange could not be played or recorded, else the exit code of the signal."""
    leaked = any(_LEAK in trouble["reason"] for trouble in report.not_provable)
    if leaked or report.failed(strict=strict):
        return 1
    return INCOMPLETE if report.not_provable else signalled


def _key_of(breach: Breach) -> tuple[Any, ...]:
    request = breach.exchange.request
    return breach.finding.code, breach.finding.where, request.method, request.url, breach.position


def _line(exchange: Exchange, place: str) -> str:
    request, response = exchange.request, exchange.response
    status = "(no response)" if response is None else response.status
    line = f"{request.method} {masked_url(request.url)} {status}"
    return on_one_line(f"{line} ({place})" if place else line)


def _place_text(where: Mapping[str, Any]) -> str:
    """Return where an exchange is recorded, such as ``file:line exchange 3``; empty if it is in no cassette."""
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
        lines.append(on_one_line(f"refused, because they are not SLS hosts: {hosts}"))
    if report.not_provable:
        problems = plural(len(report.not_provable), "problem")
        lines.append(f"{problems}: not everything was recorded or played; stderr has the reasons")
    return lines
