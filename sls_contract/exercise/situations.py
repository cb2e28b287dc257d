"""Every situation that a client is run in, by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from sls_contract.exercise import broken_answers, documented, faults, unusual_answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.exercise.situation import Situation

SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        each.name: each
        for table in (
            documented.SUCCESSES,
            documented.ERRORS,
            broken_answers.BROKEN,
            broken_answers.ERRORS,
            unusual_answers.RIGHT,
            unusual_answers.ODD,
            faults.FAULTS,
        )
        for each in table
    }
)
"""In the order in which reports tell them."""
