"""Evidence and age of the exchanges of a cassette: the entry of one file in the ledger of `check`."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from sls_contract.cassettes.recording import Evidence, Provenance, weakest
from sls_contract.errors import UsageError
from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sls_contract.cassettes.matching import Remedies

AGELESS = frozenset({Evidence.DOCUMENT, Evidence.SYNTHETIC})
"""Evidence that does not age: no endpoint can validate the example of a page, or a made-up exchange."""

_DAYS = {"d": 1, "w": 7}
_AGE = re.compile(r"([0-9]{1,5})([dw])")


def parse_age(text: str) -> timedelta:
    """Parse an age in days (``90d``) or weeks (``12w``); raises `UsageError` for any other text.

    There is no ``m``: it could mean months or minutes.
    """
    found = _AGE.fullmatch(text.strip())
    if found is None:
        msg = f"an age is a number of days or weeks, such as 90d or 12w, got {text!r}"
        raise UsageError(msg)
    return timedelta(days=int(found[1]) * _DAYS[found[2]])


def age_of(provenance: Provenance, now: datetime) -> timedelta | None:
    """Return the time since the last validation, else since the recording; None where both are unknown."""
    return None if provenance.agreed is None else now - provenance.agreed


def age_findings(provenance: Provenance, limit: timedelta, now: datetime, remedies: Remedies) -> list[Finding]:
    """Return the finding for an exchange that is too old, or of unknown age: one finding at most.

    Rule of this project: an exchange exactly as old as ``limit`` is accepted; documents and made-up exchanges do not
    age.
    """
    if provenance.evidence in AGELESS:
        return []
    age, expected = age_of(provenance, now), f"validated not more than {_days(limit)} ago"
    again = f"record it again ({remedies.renew})"
    if age is None:
        return [clause("recording-age-unknown").finding("recording", expected, "not a date", again)]
    if age > limit:
        verify = remedies.verify
        fix = f"compare it with the service ({verify}), or record it again ({remedies.renew})" if verify else again
        return [clause("recording-age").finding("recording", expected, f"more than {_days(age)} ago", fix)]
    return []


def _days(age: timedelta) -> str:
    return f"{age.days} day{'' if age.days == 1 else 's'}"


@dataclass(slots=True)
class Entry:
    """Evidence and age of the exchanges of one file.

    Attributes:
        now: when the ledger is made, aware.
        evidences: number of exchanges by evidence.
        regions: where they were recorded, in order of first use.
        clients: the User-Agents of their requests, in order of first use.
        ages: number of exchanges by whole days since they last agreed with an endpoint; only those that age.
        oldest: the greatest age: the time since which the whole file is unconfirmed.
        dateless: number of exchanges without a date.

    """

    now: datetime
    evidences: Counter[Evidence] = field(default_factory=Counter)
    regions: dict[str, None] = field(default_factory=dict)
    clients: dict[str, None] = field(default_factory=dict)
    ages: Counter[int] = field(default_factory=Counter)
    oldest: timedelta | None = None
    dateless: int = 0

    def add(self, origin: Provenance) -> None:
        """Add one exchange."""
        self.evidences[origin.evidence] += 1
        for names, name in ((self.regions, origin.region), (self.clients, origin.client)):
            if name:
                names[name] = None
        if origin.evidence in AGELESS:
            return
        age = age_of(origin, self.now)
        if age is None:
            self.dateless += 1
            return
        age = max(age, timedelta())  # clocks differ: a date in the future counts as now
        self.ages[age.days] += 1
        self.oldest = age if self.oldest is None else max(age, self.oldest)

    def merge(self, other: Entry) -> None:
        """Add the entry of another part of the file."""
        self.evidences.update(other.evidences)
        self.ages.update(other.ages)
        self.regions |= other.regions
        self.clients |= other.clients
        self.dateless += other.dateless
        self.oldest = max((age for age in (self.oldest, other.oldest) if age is not None), default=None)

    def clean(self, scrub: Callable[[str], str]) -> None:
        """Scrub regions and clients: a file may contain secrets anywhere."""
        self.regions = dict.fromkeys(map(scrub, self.regions))
        self.clients = dict.fromkeys(map(scrub, self.clients))

    @property
    def evidence(self) -> Evidence | None:
        """The weakest evidence; None where there is no exchange."""
        return weakest(self.evidences) if self.evidences else None


def digest_of_file(path: Path) -> str:
    """Return the digest of a file's content; empty where it cannot be read."""
    with suppress(OSError):
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return ""


def digest_with(part: str, before: str = "") -> str:
    """Return the digest that identifies a capture: the digest of a new part, chained to the digest ``before`` it."""
    return sha256(f"{before}{part}".encode()).hexdigest()[:32]


def median_age(entries: Iterable[Entry]) -> timedelta | None:
    """Return the median age of all exchanges, in whole days (the lower of two); None without exchanges."""
    ages = sum((entry.ages for entry in entries), Counter[int]())
    remaining = (ages.total() - 1) // 2
    for days in sorted(ages):
        remaining -= ages[days]
        if remaining < 0:
            return timedelta(days)
    return None
