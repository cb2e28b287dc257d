"""The scenarios, areas and clauses that a run is to judge: ``--scenario``, ``--only`` and ``--skip``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.reports import plural
from sls_contract.scenarios.documented import SCENARIOS
from sls_contract.spec import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sls_contract.scenarios.exploration import Database


_JUDGED = "24"  # the hundreds digit of clauses about responses and behaviour
_CODES = {code: each for code, each in CLAUSES.items() if code[3] in _JUDGED}
_BY_SLUG = {each.slug: code for code, each in _CODES.items()}


@dataclass(frozen=True, slots=True)
class _Named:
    """The areas and the codes of clauses that one option names."""

    areas: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Selection:
    """The areas and clauses that a run judges; by default all.

    Attributes:
        only: the areas and clauses to judge; empty for all.
        skip: the areas and clauses to leave out.
        proven: codes of clauses that some scenario proves; other clauses are judged on every response.

    """

    only: _Named = field(default_factory=_Named)
    skip: _Named = field(default_factory=_Named)
    proven: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, only: Iterable[str], skip: Iterable[str], scenarios: Iterable[tuple[str, tuple[str, ...]]]
    ) -> Selection:
        """Parse the options; ``scenarios`` has the area of each scenario and the codes of the clauses that it proves.

        Raises `UsageError` for a name that is neither an area nor a clause, and where nothing remains to judge.
        """
        known = tuple(scenarios)
        areas = {area for area, _ in known}
        proven = frozenset(code for _, proves in known for code in proves)
        selection = cls(_read("--only", only, areas), _read("--skip", skip, areas), proven)
        if not any(map(selection.judges, _CODES)) or not any(selection.wants(*each) for each in known):
            msg = "--only and --skip leave nothing to judge. How to fix: skip less, or name more with --only."
            raise UsageError(msg)
        return selection

    def judges(self, code: str) -> bool:
        """Return whether findings of a clause are reported."""
        return code not in self.skip.codes and (not self.only.codes or code in self.only.codes)

    def wants(self, area: str, proves: Iterable[str]) -> bool:
        """Return whether a scenario runs; it does not where its area or all its clauses are left out."""
        if area in self.skip.areas or (self.only.areas and area not in self.only.areas):
            return False
        on_every_response = not self.only.codes <= self.proven  # clauses that no scenario proves: any may show them
        return on_every_response or any(map(self.judges, proves))

    def not_judged(self, areas: Iterable[str]) -> list[str]:
        """Return the clauses and areas that are left out; ``areas`` has the area of each scenario that is."""
        only = ", ".join(map(_named, sorted(self.only.codes)))
        lines = [f"every clause but {only}"] if only else []
        lines += map(_named, sorted(self.skip.codes))
        return lines + [f"{area} ({plural(count, 'scenario')})" for area, count in Counter(areas).items()]


def _named(code: str) -> str:
    return f"{code} {CLAUSES[code].slug}"


def _read(option: str, texts: Iterable[str], areas: set[str]) -> _Named:
    by_name = {spelled.lower(): area for area in areas for spelled in (area, area.replace(" ", "-"))}
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    found_areas, codes = set(), set()
    for name in names:
        if name.lower() in by_name:
            found_areas.add(by_name[name.lower()])
        elif code := _BY_SLUG.get(name.lower(), name.upper() if name.upper() in _CODES else ""):
            codes.add(code)
        else:
            raise UsageError(_unknown(option, name, areas))
    return _Named(frozenset(found_areas), frozenset(codes))


def _unknown(option: str, name: str, areas: set[str]) -> str:
    shown = sorted(area.replace(" ", "-") for area in areas)
    close = get_close_matches(name.lower(), (*shown, *_BY_SLUG, *map(str.lower, _CODES)))
    named = [each.upper() if each.upper() in _CODES else each for each in close]
    hint = f"Did you mean {' or '.join(named)}?" if close else f"Areas are {', '.join(shown)}."
    return (
        f"{option}: expected an area of scenarios or a clause about responses or behaviour (SLS2xx, SLS4xx), "
        f"got {name!r}. {hint}"
    )


PROVEN_BY: dict[str, tuple[str, ...]] = {
    "generated-sequences": ("SLS421", "SLS444"),
    "generated-near-misses": ("SLS451",),
    "generated-logs": ("SLS426", "SLS427", "SLS428"),
}
"""The codes of the clauses that each generated scenario proves."""

GENERATED = tuple(PROVEN_BY)

ABOUT: dict[str, tuple[str, tuple[str, ...]]] = {
    **{each.name: (each.area, each.proves) for each in SCENARIOS.values()},
    **{name: ("generated", proves) for name, proves in PROVEN_BY.items()},
}
"""The area and the proven clauses of each scenario, by its name."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The scenarios that a run is to try.

    Attributes:
        scenarios: names of documented scenarios and of `GENERATED`; empty for all.
        examples: how many sequences ``generated-sequences`` tries.
        seed: of all random choices.
        selection: which areas and clauses the run judges.
        database: stores generated sequences that failed (`scenarios.exploration.database_at`); None to store none.

    """

    scenarios: tuple[str, ...] = ()
    examples: int = 100
    seed: int = 0
    selection: Selection = field(default_factory=Selection)
    database: Database | None = None

    def wants(self, name: str) -> bool:
        """Return whether a scenario runs."""
        return self.names(name) and self.selection.wants(*ABOUT[name])

    def names(self, name: str) -> bool:
        """Return whether the options name a scenario, or name none."""
        return not self.scenarios or name in self.scenarios

    def count(self) -> int:
        """Count the scenarios that run."""
        return sum(map(self.wants, ABOUT))

    def not_judged(self) -> list[str]:
        """Return the areas of named scenarios, and the clauses, that are left out."""
        return self.selection.not_judged(ABOUT[name][0] for name in self.left_out())

    def left_out(self) -> list[str]:
        """Return the names of the scenarios that ``--only`` and ``--skip`` leave out."""
        return [name for name in ABOUT if self.names(name) and not self.wants(name)]
