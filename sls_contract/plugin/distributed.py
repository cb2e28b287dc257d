"""pytest-xdist: one session, many processes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from sls_contract.plugin.totals import Totals

STARTED = "sls_contract_started"
COUNTED = "sls_contract_totals"


def configure_node(node: Any, started: datetime) -> None:
    """Tell a worker when the session began, so that ``once`` means the same in all of them."""
    node.workerinput[STARTED] = started.isoformat()


def node_down(node: Any, totals: Totals) -> None:
    """Add what a worker counted; a worker that crashed has sent nothing."""
    counted = getattr(node, "workeroutput", {}).get(COUNTED)
    if counted:
        totals.merge(counted)


def session_started(config: pytest.Config, now: datetime) -> datetime:
    """Return when the session began: the controller's time in a worker."""
    told = getattr(config, "workerinput", {}).get(STARTED)
    return datetime.fromisoformat(told) if told else now


def send_totals(config: pytest.Config, counted: dict[str, Any]) -> bool:
    """Hand the counts to the controller; False where this process is the controller."""
    output = getattr(config, "workeroutput", None)
    if output is None:
        return False
    output[COUNTED] = counted
    return True
