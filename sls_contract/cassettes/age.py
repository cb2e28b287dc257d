"""How long ago a recording last agreed with the service, held against the age that was asked for."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from sls_contract.cassettes.recording import Evidence
from sls_contract.errors import UsageError
from sls_contract.spec import clause

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.cassettes.recording import Provenance
    from sls_contract.spec import Finding

AGELESS = frozenset({Evidence.DOCUMENT, Evidence.SYNTHETIC})
"""What no service answered does not age: no endpoint can renew the example of a page, or what we made up."""

_DAYS = {"d": 1, "w": 7}
_AGE = re.compile(r"([0-9]{1,5})([dw])")


def parse_age(text: str) -> timedelta:
    """Read an age in days (``90d``) or weeks (``12w``); raises `UsageError` for anything else.

    There is no ``m``: it would read as months or as minutes.
    """
    found = _AGE.fullmatch(text.strip())
    if found is None:
        msg = f"an age is a number of days or weeks, such as 90d or 12w, got {text!r}"
        raise UsageError(msg)
    return timedelta(days=int(found[1]) * _DAYS[found[2]])


def age_of(provenance: Provenance, now: datetime) -> timedelta | None:
    """Return how long ago (``now`` is aware) it was last validated, else recorded; None where neither is known."""
    agreed = provenance.validated_at or provenance.recorded_at
    return None if agreed is None else now - agreed


def about_age(provenance: Provenance, limit: timedelta, now: datetime) -> list[Finding]:
    """Return what is too old, or of an age that nobody knows: one finding at most.

    Rule of this project: a recording as old as ``limit`` is not too old yet; documents and made-up exchanges never are.
    """
    if provenance.evidence in AGELESS:
        return []
    age, expected = age_of(provenance, now), f"validated not more than {_days(limit)} ago"
    if age is None:
        return [clause("recording-age-unknown").finding("recording", expected, "not a date", _RECORD)]
    if age > limit:
        return [clause("recording-age").finding("recording", expected, f"more than {_days(age)} ago", _VERIFY)]
    return []


_VERIFY = "compare it with the service (pytest --sls-record=verify), or record it again (--sls-record=all)"
_RECORD = "record it again (pytest --sls-record=all)"


def _days(age: timedelta) -> str:
    return f"{age.days} day{'' if age.days == 1 else 's'}"
