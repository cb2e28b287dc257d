"""Every situation that a client is run in, by name."""

from __future__ import annotations

import copyreg
from types import MappingProxyType
from typing import TYPE_CHECKING

from sls_contract.exercise import documented, faults, unusual_answers
from sls_contract.exercise.situation import Situation

if TYPE_CHECKING:
    from collections.abc import Mapping


SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        each.name: each
        for table in (
            documented.SUCCESSES,
            documented.ERRORS,
            faults.BROKEN,
            faults.ERRORS,
            unusual_answers.RIGHT,
            unusual_answers.ODD,
            faults.FAULTS,
        )
        for each in table
    }
)
"""In the order in which reports tell them."""


def _named(name: str) -> Situation:
    return SITUATIONS[name]


copyreg.pickle(Situation, lambda each: (_named, (each.name,)))  # between processes by name: turns are functions
