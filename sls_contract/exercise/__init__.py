"""Run any client in known situations, and judge its requests and its output."""

from __future__ import annotations

from sls_contract.exercise.outcome import VERDICTS, Located, Performed, Run
from sls_contract.exercise.runner import JOBS, TIMEOUT, Plan, Runner, perform_task
from sls_contract.exercise.setting import SCHEMES, Auth
from sls_contract.exercise.situations import SITUATIONS

__all__ = [
    "JOBS",
    "SCHEMES",
    "SITUATIONS",
    "TIMEOUT",
    "VERDICTS",
    "Auth",
    "Located",
    "Performed",
    "Plan",
    "Run",
    "Runner",
    "perform_task",
]
