"""pytest-xdist: one session, many processes. What a test counted travels with its last report."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

STARTED = "sls_contract_started"
COUNTED = "sls_contract_counted"
COLLECTED = "sls_contract_collected"
REST = "sls_contract_rest"


def configure_node(node: Any, started: datetime) -> None:
    """Tell a worker when the session began, so that ``once`` means the same in all of them."""
    node.workerinput[STARTED] = started.isoformat()


def session_started(config: pytest.Config, now: datetime) -> datetime:
    """Return when the session began: the controller's time in a worker."""
    told = getattr(config, "workerinput", {}).get(STARTED)
    return datetime.fromisoformat(told) if told else now


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process only runs tests for another, which reports on them."""
    return hasattr(config, "workerinput")


def tell(config: pytest.Config, rest: list[dict[str, Any]], collected: dict[str, Any] | None) -> None:
    """Give the controller what this worker counted behind its last test, and what it collected (plain values)."""
    config.workeroutput |= {REST: rest, COLLECTED: collected}  # type: ignore[attr-defined]  # xdist's, in a worker


def told(node: Any) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return what a worker told of what it collected, and what it counted; nothing where it did not come to that."""
    output = getattr(node, "workeroutput", {})
    return output.get(COLLECTED), output.get(REST, [])


def attach(report: pytest.TestReport, counted: list[dict[str, Any]]) -> None:
    """Give a report what its test counted (plain values): so it arrives even from a run that is cut short."""
    setattr(report, COUNTED, counted)


def attached(report: pytest.TestReport) -> list[dict[str, Any]]:
    """Return what a report brought; nothing where its test opened nothing."""
    counted: list[dict[str, Any]] = getattr(report, COUNTED, [])
    return counted
