"""What a run is to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.scenarios.documented import SCENARIOS
from sls_contract.verification.selection import Selection

if TYPE_CHECKING:
    from sls_contract.scenarios.exploration import Database

PROVEN_BY: dict[str, tuple[str, ...]] = {
    "generated-sequences": ("SLS421", "SLS444"),
    "generated-near-misses": ("SLS451",),
    "generated-logs": ("SLS426", "SLS427", "SLS428"),
}
"""The generated scenarios, with the codes of the clauses that each proves."""

GENERATED = tuple(PROVEN_BY)

ABOUT: dict[str, tuple[str, tuple[str, ...]]] = {
    **{each.name: (each.area, each.proves) for each in SCENARIOS.values()},
    **{name: ("generated", proves) for name, proves in PROVEN_BY.items()},
}
"""Area and proven clauses of every scenario, by its name."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do.

    Attributes:
        scenarios: names of documented scenarios and of `GENERATED`; empty for all.
        examples: how many generated sequences are tried.
        seed: of everything random.
        selection: which areas and clauses the run is restricted to.
        database: where generated sequences that failed are kept (`scenarios.exploration.database_at`); None: nowhere.

    """

    scenarios: tuple[str, ...] = ()
    examples: int = 100
    seed: int = 0
    selection: Selection = field(default_factory=Selection)
    database: Database | None = None

    def wants(self, name: str) -> bool:
        """Tell whether a scenario is to be carried out."""
        return self.names(name) and self.selection.wants(*ABOUT[name])

    def names(self, name: str) -> bool:
        """Tell whether a scenario is among those that were named."""
        return not self.scenarios or name in self.scenarios

    def count(self) -> int:
        """Count the scenarios to carry out."""
        return sum(map(self.wants, ABOUT))

    def not_judged(self) -> list[str]:
        """Say which of the named scenarios, and which clauses, are left out."""
        return self.selection.not_judged(ABOUT[name][0] for name in ABOUT if self.names(name) and not self.wants(name))
