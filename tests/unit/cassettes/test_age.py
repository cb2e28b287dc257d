"""Ages: read, and held against what a recording says of itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.cassettes.ledger import AGELESS, age_findings, age_of, parse_age
from sls_contract.cassettes.matching import IN_FILES, IN_PYTEST
from sls_contract.cassettes.recording import Evidence, Provenance
from sls_contract.errors import UsageError

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
AGEING = sorted(set(Evidence) - AGELESS)


@pytest.mark.parametrize(("text", "days"), [("90d", 90), ("12w", 84), (" 1d ", 1), ("0d", 0), ("99999w", 699_993)])
def test_ages(text, days):
    """Days and weeks."""
    assert parse_age(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "90", "d", "6m", "-3d", "1.5d", "9 d", "90D", "１d", "100000d", "1d2w"])
def test_what_is_no_age(text):
    """An error that shows what came and what is expected; a month would read as a minute."""
    with pytest.raises(UsageError, match="such as 90d or 12w, got '"):
        parse_age(text)


def test_the_last_validation_counts_before_the_recording():
    """An exchange that was compared yesterday is a day old, whenever it was recorded."""
    made = Provenance(Evidence.LIVE, recorded_at=NOW - 400 * DAY, validated_at=NOW - DAY)
    assert age_of(made, NOW) == DAY
    assert age_of(Provenance(Evidence.LIVE, recorded_at=NOW - 2 * DAY), NOW) == 2 * DAY
    assert age_of(Provenance(Evidence.LIVE), NOW) is None


@given(st.sampled_from(AGEING), st.integers(0, 1000), st.integers(-5, 1000))
def test_only_what_is_older_than_the_limit_is_too_old(evidence, limit, age):
    """As old as allowed is allowed; a clock that goes ahead makes nothing old."""
    made = Provenance(evidence, validated_at=NOW - age * DAY)
    found = age_findings(made, limit * DAY, NOW, IN_PYTEST)
    assert [finding.code for finding in found] == (["SLS605"] if age > limit else [])


def test_what_is_told():
    """The age and the limit in days, and how it is made young again."""
    (finding,) = age_findings(Provenance(Evidence.LIVE, validated_at=NOW - 91 * DAY), 90 * DAY, NOW, IN_PYTEST)
    assert (finding.level, finding.expected, finding.actual) == (
        "warning",
        "validated not more than 90 days ago",
        "more than 91 days ago",
    )
    fix = "compare it with the service (pytest --sls-record=verify), or record it again (pytest --sls-record=all{})"
    assert finding.how_to_fix == fix.format("")
    (in_file,) = age_findings(Provenance(Evidence.LIVE, validated_at=NOW - 91 * DAY), 90 * DAY, NOW, IN_FILES)
    assert in_file.how_to_fix == fix.format(", or sls-contract proxy --record all")
    (unknown,) = age_findings(Provenance(), DAY, NOW, IN_PYTEST)
    assert (unknown.code, unknown.level, unknown.expected) == (
        "SLS609",
        "unspecified",
        "validated not more than 1 day ago",
    )


@pytest.mark.parametrize("evidence", sorted(AGELESS))
def test_what_no_service_sent_does_not_age(evidence):
    """Neither the example of a page nor what we made up can be asked again."""
    assert age_findings(Provenance(evidence, recorded_at=NOW - 9000 * DAY), DAY, NOW, IN_PYTEST) == []
    assert age_findings(Provenance(evidence), DAY, NOW, IN_PYTEST) == []
