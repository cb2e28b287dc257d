"""Verify an endpoint: bring it into the documented states with requests, and judge its responses."""

from __future__ import annotations

from sls_contract.verification.outcome import Run
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
    "Plan",
    "Run",
    "Runner",
    "Selection",
    "Target",
    "Wire",
]
