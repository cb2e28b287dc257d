"""Support for pytest-xdist: results of a test travel from the worker to the controller in the test's last report."""

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
    """Pass the start of the session to a worker, so that record mode ``once`` means the same in all workers."""
    node.workerinput[STARTED] = started.isoformat()


def session_started(config: pytest.Config, now: datetime) -> datetime:
    """Return when the session began; in a worker, this is the controller's time."""
    started = getattr(config, "workerinput", {}).get(STARTED)
    return datetime.fromisoformat(started) if started else now


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is an xdist worker, which leaves the reports to its controller."""
    return hasattr(config, "workerinput")


def send_rest(config: pytest.Config, rest: list[dict[str, Any]], collected: dict[str, Any] | None) -> None:
    """Send the controller the totals after the last test, and the collected tests (plain values)."""
    config.workeroutput |= {REST: rest, COLLECTED: collected}  # type: ignore[attr-defined]  # xdist's, in a worker


def received_from(node: Any) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return a worker's collected tests, and its totals after its last test; nothing if it did not finish."""
    output = getattr(node, "workeroutput", {})
    return output.get(COLLECTED), output.get(REST, [])


def attach(report: pytest.TestReport, counted: list[dict[str, Any]]) -> None:
    """Attach a test's totals (plain values) to its report: they arrive even if the run is cut short."""
    setattr(report, COUNTED, counted)


def attached(report: pytest.TestReport) -> list[dict[str, Any]]:
    """Return the totals that are attached to a report; an empty list if there are none."""
    counted: list[dict[str, Any]] = getattr(report, COUNTED, [])
    return counted
