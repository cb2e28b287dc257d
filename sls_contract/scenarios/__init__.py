"""Scenarios of the service: documented ones as data, generated ones as Hypothesis strategies, and a model of the state.

``sls_contract.scenarios.strategies`` is public. It is not imported here, because Hypothesis takes long to import.
"""

from sls_contract.scenarios.bench import Bench
from sls_contract.scenarios.documented import SCENARIOS
from sls_contract.scenarios.steps import Create, Delete, HeartBeat, Place, Read, RequestVariant, Write

__all__ = [
    "SCENARIOS",
    "Bench",
    "Create",
    "Delete",
    "HeartBeat",
    "Place",
    "Read",
    "RequestVariant",
    "Write",
]
