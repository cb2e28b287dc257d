"""``sls-contract diff``: what changed between two recordings, and whether a client of the contract can fail."""

from __future__ import annotations

import io
import os
from argparse import REMAINDER
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract import __version__
from sls_contract.cli.options import add_contract, add_jobs, add_reports, add_verbose
from sls_contract.cli.progress import Pace, progress
from sls_contract.errors import CassetteError, UsageError
from sls_contract.exchange import masked_url
from sls_contract.exit_codes import INCOMPLETE
from sls_contract.reports import Report, Target, as_document
from sls_contract.reports.change_lines import CLASSES, change_lines
from sls_contract.reports.text import on_one_line, plural, printable
from sls_contract.spec import CLAUSES
from sls_contract.spec.change import verdict_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from sls_contract.captures.comparing import Compared, Pair
    from sls_contract.cassettes.drift import Drift
    from sls_contract.cassettes.drift.change import Rest
    from sls_contract.cassettes.recording import Evidence
    from sls_contract.cli.progress import Progress
    from sls_contract.cli.terminal import Console

    _Work: TypeAlias = Callable[[Sequence[Pair]], Generator[Compared]]

_MOST_UNMATCHED = 5
_OTHER_OUTCOMES = "every exchange has another outcome, so no response could be compared."
_KEEP_BODIES = "record it again with a tool that keeps all bodies, such as sls-contract proxy."
_RECORD_AGAIN = "record it again where these requests are served."


@dataclass(slots=True)
class _Outcome:
    """The compared pairs, cassettes without a partner (side and name), and unreadable ones (path and reason).

    ``failed`` is the number of exchanges that were ignored because their test failed while it recorded them.
    """

    compared: list[Compared] = field(default_factory=list)
    unpaired: list[tuple[str, str]] = field(default_factory=list)
    not_compared: list[tuple[str, str]] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    examples: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    failed: int = 0

    def compare(self, old: str, new: str, work: _Work, progress: Callable[[int], Progress]) -> None:
        """Compare two captures, or those of two folders that have the same name."""
        from sls_contract.captures.comparing import Pair

        before, after = _captures(old, new, self._missed)
        pairs = [Pair(name, before[name], after[name]) for name in before if name in after]
        with progress(len(pairs)) as update, closing(work(pairs)) as results:
            pace = Pace(update)
            for pair in pairs:
                pace(len(self.compared) + len(self.not_compared), pair.name or old)
                found = next(results)
                self.failed += found.failed
                self.evidence += found.evidence
                self.examples, found.examples = found.examples | self.examples, {}  # one for all pairs
                if found.failure is not None:
                    self.not_compared.append(found.failure)
                else:
                    self.compared.append(found)
                    self._confirm(found.drift, found.new)
                    self._miss_bodies(pair, found.drift)
                pace.done += found.exchanges
        self.unpaired += [("old", name) for name in before if name not in after]
        self.unpaired += [("new", name) for name in after if name not in before]

    def _confirm(self, drift: Drift, new: str) -> None:
        """List a recording that confirms nothing: each request met a state of the service, which breaks no clause."""
        from sls_contract.cassettes.drift import Class

        nothing = 0 < drift.other_outcome == drift.pairs - drift.not_judged
        if nothing and drift.verdict != Class.BREAKING:
            self.not_compared.append((new, f"{_OTHER_OUTCOMES} How to fix: {_RECORD_AGAIN}"))

    def _miss_bodies(self, pair: Pair, drift: Drift) -> None:
        """List a recording that lacks bodies: those exchanges are not compared."""
        for path, count in zip((pair.old, pair.new), drift.lacking, strict=True):
            if count:
                lacks = f"it lacks a body of {plural(count, 'exchange')}."
                self.not_compared.append((path, f"{lacks} How to fix: {_KEEP_BODIES}"))

    def _missed(self, error: OSError) -> None:
        self.not_compared.append((str(error.filename), error.strerror or str(error)))

    @property
    def unmatched(self) -> list[dict[str, Any]]:
        """Cassettes and exchanges without a partner, as plain JSON values."""
        unmatched: list[dict[str, Any]] = [
            {"side": side, "cassette": name, "exchange": None, "request": None} for side, name in self.unpaired
        ]
        for each in self.compared:
            unmatched += [{"cassette": each.name or None, **asdict(exchange)} for exchange in each.drift.unmatched]
        return unmatched

    @property
    def verdict(self) -> str:
        """The worst class of all differences."""
        return verdict_of(each.drift.verdict for each in self.compared)

    @property
    def judged(self) -> int:
        """The number of pairs that the contract covers: requests to SLS."""
        return sum(each.drift.pairs - each.drift.not_judged for each in self.compared)

    @property
    def more(self) -> Counter[Rest]:
        """The number of changes that are counted, but not listed."""
        return sum((Counter(each.drift.more) for each in self.compared), Counter())

    @property
    def unmatched_count(self) -> int:
        """The number of cassettes and exchanges without a partner."""
        return len(self.unmatched) + sum(each.drift.more_unmatched for each in self.compared)


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "diff",
        help="classify what changed between two recordings",
        usage="%(prog)s [options] OLD NEW",
        description="Pair the exchanges of two cassettes (ours or vcrpy's) or captures, or of all of two folders by "
        "their relative paths, and class every difference: breaking, if a client written to the contract can fail or "
        "misread; additive, if it meets something new that it may ignore; benign, if only values differ that always "
        "do, or the state of the service.",
        epilog="Exit codes: 0 nothing of the level or worse, 1 a difference of the level or worse, or an exchange or "
        "cassette without a partner, 2 nothing, or not everything, could be compared. Retries of one request are one "
        "exchange. Example: sls-contract diff reads.sls.yaml reads.sls.yaml.proposed",
    )
    command.add_argument(
        "old", metavar="OLD", nargs="?", help="the earlier cassette or capture, a folder or pattern of them, or a URL"
    )
    command.add_argument("new", metavar="NEW", nargs="?", help="the later one")
    command.add_argument(
        "--git",
        nargs=REMAINDER,
        metavar="ARG",
        help="be git's diff driver: git config diff.sls-contract.command 'sls-contract diff --git'",
    )
    command.add_argument(
        "--fail-on",
        choices=CLASSES,
        default="breaking",
        help="the level, or worse, that makes it exit 1 (default: %(default)s)",
    )
    add_verbose(command, "show every change in full, benign ones too")
    add_reports(command, "also write the changes as JSON; - for standard output")
    add_contract(command)
    add_jobs(command)
    command.set_defaults(run=run, parser=command)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Compare two cassettes or folders; return the exit code."""
    from sls_contract.captures.comparing import compare_pair
    from sls_contract.captures.engine import in_order

    outcome, compare = _Outcome(), partial(compare_pair, keys=console.keys(), contracts=arguments.contract)
    if arguments.git is not None:
        return _for_git(arguments.git, outcome, lambda pairs: (compare(pair) for pair in pairs), console)
    if arguments.new is None:
        msg = f"expected two cassettes or folders, got {arguments.old or 'none'}. How to fix: sls-contract diff OLD NEW"
        raise UsageError(msg)
    work = partial(in_order, compare, engine=arguments.engine, jobs=arguments.jobs, size_of=lambda pair: pair.size)
    outcome.compare(arguments.old, arguments.new, work, partial(progress, console=console))
    lines = chain(_text(outcome, verbose=arguments.verbose), _nothing_compared(outcome))
    console.show(lines, console.text_stream(arguments))
    repeat = [arguments.parser.command_line(arguments).text(arguments.old, arguments.new)]
    code = _exit_code(outcome, arguments.fail_on)
    console.report(_document(outcome) | {"repeat": repeat}, arguments, code)
    return code


def _exit_code(outcome: _Outcome, fail_on: str) -> int:
    if outcome.verdict in CLASSES[: CLASSES.index(fail_on) + 1]:
        return 1
    if not outcome.judged:
        return INCOMPLETE
    if outcome.unmatched:
        return 1
    return INCOMPLETE if outcome.not_compared else 0


def _for_git(given: Sequence[str], outcome: _Outcome, work: _Work, console: Console) -> int:
    """Print the differences of one file for git; return 0, because git stops at any other exit code."""

    def compared(old: Path, new: Path) -> Iterator[str]:
        outcome.compare(str(old), str(new), work, partial(progress, console=replace(console, stderr=io.StringIO())))
        yield from _text(outcome, verbose=False)

    console.write(git_lines(given, compared))
    return 0


def _captures(old: str, new: str, missed: Callable[[OSError], None]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the captures of both sides by name; equal names are a pair."""
    from sls_contract.captures.reading import captures_by_name

    before, after = (captures_by_name(each, "compared", missed) for each in (old, new))
    if before and after and ("" in before) != ("" in after):
        msg = (
            f"expected two cassettes or two folders, got one of each: {old}, {new}. "
            "How to fix: name two cassettes, or two folders."
        )
        raise UsageError(msg)
    return before, after


def _document(outcome: _Outcome) -> dict[str, Any]:
    """Return the report as plain JSON values: the keys of every command, and verdict, unmatched and changes."""
    return {
        **as_document(_report(outcome), __version__),
        "verdict": outcome.verdict,
        "unmatched": outcome.unmatched,
        "changes": _changes(outcome),
        "changes_not_listed": [
            {"class": str(kind), "code": code, "slug": slug, "count": count}
            for (kind, code, slug), count in sorted(outcome.more.items(), key=str)
        ],
    }


def _report(outcome: _Outcome) -> Report:
    """Report changes that break a clause as findings, too, for readers of findings only."""
    from sls_contract.cassettes.drift import Class, finding_of
    from sls_contract.cassettes.recording import weakest

    report = Report("diff", clauses_total=len(CLAUSES))
    report.target = Target(None, weakest(outcome.evidence) if outcome.evidence else None)
    report.not_provable = [{"cassette": path, "reason": reason} for path, reason in outcome.not_compared]
    report.examples = [*outcome.examples.values()]
    for each in outcome.compared:
        report.exchanges += each.drift.pairs
        report.exercised |= each.drift.exercised
        report.map.update(each.drift.map)
        for change in each.drift.of(Class.BREAKING):
            if (finding := finding_of(change)) is not None:
                place = each.places[change.exchange]
                report.add([finding], cassette=each.new, exchange=place.exchange, line=place.line)
    for (kind, code, _), count in outcome.more.items():
        if kind is Class.BREAKING and code is not None:
            report.not_listed[code, CLAUSES[code].level] += count
    return report


def _changes(outcome: _Outcome) -> list[dict[str, Any]]:
    from sls_contract.cassettes.drift import plain_change

    return [
        {**plain_change(change), "cassette": each.name or None}
        for each in outcome.compared
        for change in each.drift.changes
    ]


def _text(outcome: _Outcome, *, verbose: bool) -> Iterator[str]:
    lines = [*change_lines(_changes(outcome), verbose=verbose)]
    yield from (*lines, "") if lines else ()
    yield from _unmatched(outcome, None if verbose else _MOST_UNMATCHED)
    for path, reason in outcome.not_compared:
        named = reason if reason.startswith(path) else f"{path}: {reason}"
        yield printable(f"not compared: {named}")
    for (kind, code, slug), count in sorted(outcome.more.items(), key=str):
        yield f"{code or slug}: {plural(count, 'more change')} ({kind}) not listed"
    yield _summary(outcome)


def _nothing_compared(outcome: _Outcome) -> Iterator[str]:
    if outcome.judged:
        return
    if outcome.not_compared:
        yield "Nothing was compared. How to fix: see the reasons above."
        return
    yield (
        "Nothing was compared: no request of SLS was recorded on both sides. How to fix: name two recordings of "
        "one test."
    )


def _unmatched(outcome: _Outcome, most: int | None) -> Iterator[str]:
    lines = [f"  {side} {name}: the whole cassette" for side, name in outcome.unpaired]
    lines += [
        f"  {exchange.side} {f'{each.name} exchange {exchange.exchange}'.strip()}: {exchange.request}"
        for each in outcome.compared
        for exchange in each.drift.unmatched
    ]
    if lines:
        rest = [f"  and {len(lines) - most} more"] if most is not None and len(lines) > most else []
        yield from (f"unmatched ({len(lines)})", *map(on_one_line, lines[:most]), *rest, "")


def _summary(outcome: _Outcome) -> str:
    from sls_contract.cassettes.drift import Class

    counts = ", ".join(f"{sum(each.drift.count(kind) for each in outcome.compared)} {kind}" for kind in Class)
    foreign = sum(each.drift.not_judged for each in outcome.compared)
    pairs = plural(sum(each.drift.pairs for each in outcome.compared), "pair")
    cassettes = plural(len(outcome.compared), "pair")
    others = sum(each.drift.other_outcome for each in outcome.compared)
    retried = sum(each.drift.retried for each in outcome.compared)
    return (
        f"{outcome.verdict}: {counts}, {outcome.unmatched_count} unmatched; "
        f"{pairs} of exchanges in {cassettes} of cassettes"
        f"{f', {foreign} of other services not judged' if foreign else ''}"
        f"{f', {others} with another outcome' if others else ''}"
        f"{f', {retried} retried' if retried else ''}"
        f"{f', {outcome.failed} of failed recordings left out' if outcome.failed else ''}"
    )


_CHANGED = 7
"""Arguments of a changed file: its path, then file, hash and mode before, and the same after (``git help git``)."""
_BEFORE, _AFTER = 1, 4


def git_lines(given: Sequence[str], compared: Callable[[Path, Path], Iterable[str]]) -> Iterator[str]:
    """Yield the lines that git prints of one file; ``compared`` yields those of two cassettes.

    Raises `UsageError` if the arguments are not those of ``GIT_EXTERNAL_DIFF``.
    """
    if len(given) != 1 and len(given) < _CHANGED:
        msg = (
            f"--git takes the arguments of a diff driver of git, got {len(given)}. "
            "How to fix: git config diff.sls-contract.command 'sls-contract diff --git'."
        )
        raise UsageError(msg)
    yield on_one_line(f"sls-contract diff {given[0]}")
    if len(given) == 1:
        yield "not merged yet"
        return
    before, after = Path(given[_BEFORE]), Path(given[_AFTER])
    if os.devnull in (str(before), str(after)):
        yield from _one_sided(after, "added", "+") if str(before) == os.devnull else _one_sided(before, "deleted", "-")
        return
    yield from (line for line in compared(before, after) if line)


def _one_sided(path: Path, what: str, mark: str) -> Iterator[str]:
    """Yield the exchanges of a cassette that only one side has."""
    from sls_contract.cassettes import load_cassette

    try:
        recordings = load_cassette(path).recordings
    except CassetteError as error:
        yield on_one_line(f"{what}: {error}")
        return
    yield f"{what}: {plural(len(recordings), 'exchange')}"
    for each in recordings:
        request, response = each.exchange.request, each.exchange.response
        status = "no response" if response is None else response.status
        yield on_one_line(f"{mark} {request.method} {masked_url(request.url)} -> {status}")
