"""Results and wording that the two kinds of runs, `exercise` and `verification`, have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from sls_contract.locale import translated
from sls_contract.reports.group_lines import first_few
from sls_contract.reports.text import plural, printable, table, wrapped
from sls_contract.spec import Finding, Level


class _Performed(Protocol):
    @property
    def verdict(self) -> str: ...


P = TypeVar("P", bound=_Performed)


@dataclass(slots=True)
class BenchRun(Generic[P]):
    """The results of a run, even if it was cut short.

    Attributes:
        seed: the seed of all generated values.
        performed: the scenarios in order, including those that could not be run.
        incomplete: why the run ended early; empty if it did not.

    """

    seed: int
    performed: list[P] = field(default_factory=list)
    incomplete: str = ""

    def findings(self) -> Iterator[Finding]:
        """Yield every finding."""
        raise NotImplementedError

    def violated(self, *, strict: bool = False) -> bool:
        """Return whether a violation (``strict``: or a warning) was found."""
        levels = {Level.VIOLATION, Level.WARNING} if strict else {Level.VIOLATION}
        return any(finding.level in levels for finding in self.findings())

    def judged(self) -> int:
        """Count the scenarios that passed or failed."""
        return sum(each.verdict in {"passed", "failed"} for each in self.performed)

    def closing_line(self, counts: str) -> str:
        """Return the last line of a run: the counts, then the number of violations and warnings."""
        levels = Counter(finding.level for finding in self.findings())
        if not (levels[Level.VIOLATION] or self.judged()):
            return f"{counts}: nothing could be judged"
        violations = plural(levels[Level.VIOLATION], "violation") if levels[Level.VIOLATION] else "no violation"
        return f"{counts}: {violations}, {plural(levels[Level.WARNING], 'warning')}"


def area_table(verdicts: Sequence[str], found: Iterable[tuple[str, str]], columns: int | None) -> Iterator[str]:
    """Yield a table that counts the verdicts of each area; ``found`` has an (area, verdict) pair for each scenario."""
    counts = Counter(found)
    rows = [(area, *(counts[area, verdict] for verdict in verdicts)) for area in dict.fromkeys(a for a, _ in counts)]
    return table(("area", *verdicts), rows, columns)


def by_verdict(
    verdicts: Sequence[str], found: Iterable[tuple[str, str]], columns: int | None, most: int | None = None
) -> Iterator[str]:
    """Yield the areas of each verdict, with the number of their scenarios, in the language of the reader.

    At most ``most`` areas are named. The text is wrapped at ``columns`` terminal cells; None: one line of any length.
    """
    counts = Counter(found)
    for verdict in verdicts:
        named = [f"{area} {count}" for (area, each), count in counts.items() if each == verdict]
        if named:
            line = translated(f"{verdict}: {first_few(named, most or len(named), 'area')}")
            yield from [line] if columns is None else wrapped(line, columns, rest="  ", at_hyphens=False)


def titled(title: str, items: Sequence[str]) -> Iterator[str]:
    """Yield items under a title, after an empty line; nothing if there are no items."""
    if items:
        yield from ("", title, *(f"  {printable(item)}" for item in items))
