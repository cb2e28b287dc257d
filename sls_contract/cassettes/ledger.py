"""What the exchanges of a cassette prove, and until when: the entry of one file in the ledger of `check`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sls_contract.cassettes.age import AGELESS, age_of
from sls_contract.cassettes.recording import weakest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sls_contract.cassettes.recording import Evidence, Provenance


@dataclass(slots=True)
class Entry:
    """What one file holds.

    Attributes:
        now: when the ledger is drawn up, aware.
        evidences: how many exchanges prove what.
        regions: where they were recorded, in the order in which they came, each once.
        clients: the User-Agents that asked, likewise.
        ages: how long ago each exchange last agreed with an endpoint; those that do not age have none.
        dateless: how many exchanges do not say when that was.

    """

    now: datetime
    evidences: Counter[Evidence] = field(default_factory=Counter)
    regions: dict[str, None] = field(default_factory=dict)
    clients: dict[str, None] = field(default_factory=dict)
    ages: list[timedelta] = field(default_factory=list)
    dateless: int = 0

    def add(self, origin: Provenance) -> None:
        """Enter one exchange."""
        self.evidences[origin.evidence] += 1
        for names, name in ((self.regions, origin.region), (self.clients, origin.client)):
            if name:
                names[name] = None
        if origin.evidence in AGELESS:
            return
        age = age_of(origin, self.now)
        if age is None:
            self.dateless += 1
        else:
            self.ages.append(max(age, timedelta()))  # clocks differ: what comes from the future is new

    def clean(self, scrub: Callable[[str], str]) -> None:
        """Take secrets out of what is shown: a file may hold them anywhere."""
        self.regions = dict.fromkeys(map(scrub, self.regions))
        self.clients = dict.fromkeys(map(scrub, self.clients))

    @property
    def evidence(self) -> Evidence | None:
        """The weakest evidence; None where there is no exchange."""
        return weakest(self.evidences) if self.evidences else None

    @property
    def oldest(self) -> timedelta | None:
        """The greatest age: as a whole, the file agreed with its endpoints no later than that."""
        return max(self.ages, default=None)


def median_age(entries: Iterable[Entry]) -> timedelta | None:
    """Return the age that half of all exchanges do not exceed (the lower of two in the middle); None without any."""
    ages = sorted(age for entry in entries for age in entry.ages)
    return ages[(len(ages) - 1) // 2] if ages else None
