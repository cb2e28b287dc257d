"""Scenarios of the service: documented ones as data, generated ones as Hypothesis strategies, and a model of the state.

``sls_contract.scenarios.strategies`` is public. It is not imported here, because Hypothesis takes long to import.
"""

from __future__ import annotations

from sls_contract.scenarios.bench import GROUP_PREFIX, Bench
from sls_contract.scenarios.documented import NOT_PROVABLE, SCENARIOS
from sls_contract.scenarios.scenario import Scenario
from sls_contract.scenarios.steps import (
    Connect,
    Create,
    Delete,
    HandOver,
    HeartBeat,
    Place,
    Read,
    RequestVariant,
    Step,
    WaitForClock,
    Write,
)

__all__ = [
    "GROUP_PREFIX",
    "NOT_PROVABLE",
    "SCENARIOS",
    "Bench",
    "Connect",
    "Create",
    "Delete",
    "HandOver",
    "HeartBeat",
    "Place",
    "Read",
    "RequestVariant",
    "Scenario",
    "Step",
    "WaitForClock",
    "Write",
]
