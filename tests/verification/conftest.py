"""The broken endpoints are modules beside these tests; tests are no package, so they are made findable here."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from broken_endpoints import harness


@pytest.fixture(autouse=True)
def _clock_goes_right():
    """Scenarios let hours pass on the clock that endpoints share; no other test, and no other clock, knows of it."""
    yield
    harness.now.advance((datetime.now(UTC) - harness.now()).total_seconds())
