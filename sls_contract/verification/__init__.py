"""The provider's bench: bring any endpoint into the documented states, call it as clients do, and judge it."""

from __future__ import annotations

from sls_contract.verification.outcome import Located, Performed, Run
from sls_contract.verification.plan import ABOUT, GENERATED, Plan, Selection
from sls_contract.verification.preflight import EndpointRefuses
from sls_contract.verification.runner import Runner
from sls_contract.verification.target import Target
from sls_contract.verification.wire import EndpointGone, Wire

__all__ = [
    "ABOUT",
    "GENERATED",
    "EndpointGone",
    "EndpointRefuses",
    "Located",
    "Performed",
    "Plan",
    "Run",
    "Runner",
    "Selection",
    "Target",
    "Wire",
]
