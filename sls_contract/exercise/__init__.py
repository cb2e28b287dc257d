"""Run any client in known situations, and judge its requests and its output."""

from sls_contract.exercise.outcome import VERDICTS, Run
from sls_contract.exercise.runner import Plan, Runner, perform_task
from sls_contract.exercise.setting import SCHEMES
from sls_contract.exercise.situations import SITUATIONS

__all__ = ["SCHEMES", "SITUATIONS", "VERDICTS", "Plan", "Run", "Runner", "perform_task"]
