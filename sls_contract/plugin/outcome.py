"""What the end of a run settles: what verification came to, and what nobody plays."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from sls_contract.plugin.ledger import complete, orphans, unplayed
from sls_contract.plugin.naming import shown
from sls_contract.reports import plural

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.plugin.collected import Collected, Scope
    from sls_contract.plugin.options import Settings
    from sls_contract.plugin.totals import Totals
    from sls_contract.plugin.verify_result import Settled
    from sls_contract.spec import Finding


@dataclass(slots=True)
class Outcome:
    """What a run came to, beyond its single tests.

    Attributes:
        unused: findings about recordings that no test asks for, each with its cassette and, where it is one exchange,
            that one's position.
        settled: what became of each cassette in record mode ``verify``.

    """

    unused: list[tuple[Finding, str, int | None]] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    def reasons(self, *, strict: bool) -> list[str]:
        """Return what the run fails for that no single test could tell, each in a few words."""
        counted = Counter(f"{finding.code} {finding.slug}" for finding, _, _ in self.unused) if strict else Counter()
        told = [f"{plural(count, 'warning')} {name} (--sls-strict)" for name, count in counted.items()]
        if left := [each.cassette for each in self.settled if each.left]:
            told.append(f"exchanges of {', '.join(map(shown, left))} that no test requested")
        return told + [f"{shown(each.cassette)} was not written" for each in self.settled if each.failure]

    def plain_findings(self) -> list[dict[str, Any]]:
        """Return the findings as `Totals` keeps them."""
        return [
            {
                "finding": asdict(finding) | {"level": str(finding.level)},
                "test": None,
                "exchange": exchange,
                "cassette": cassette,
            }
            for finding, cassette, exchange in self.unused
        ]


def outcome_of(
    totals: Totals,
    settings: Settings,
    collected: Collected | None,
    scope: Scope,
    failed: set[str],
    began: datetime,
    *,
    cut_short: bool,
) -> Outcome:
    """Settle what a run came to; ``failed`` are the first parts of the ids of tests that did not pass.

    A run that was ``cut_short`` tells nothing of what it did not come to.
    """
    seen = None if cut_short else collected
    if settings.record == "verify":
        return Outcome(settled=_settled(totals, settings, seen, scope))
    if cut_short:
        return Outcome()
    unused: list[tuple[Finding, str, int | None]] = [*unplayed(totals.plays, seen, scope)]
    if seen is not None:
        unused += [(finding, path, None) for finding, path in orphans(seen, scope, failed, began)]
    return Outcome(unused)


def _settled(totals: Totals, settings: Settings, collected: Collected | None, scope: Scope) -> list[Settled]:
    from sls_contract.plugin.verify_result import settle

    ended = {each["test"] for each in totals.verified if each["ended"]}
    return settle(totals.verified, settings.accept, lambda path: complete(path, ended, collected, scope))
