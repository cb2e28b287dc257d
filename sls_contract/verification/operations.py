"""What a run has shown of each operation: scenarios, clauses, and the errors of its table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.checks.sequence_outcomes import error_code
from sls_contract.scenarios.documented_operations import NOT_BROUGHT_ABOUT, REQUESTS
from sls_contract.spec import operation_of
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.verification.outcome import Performed, Run

_FIRST = "GetCheckPoint"
_REFUSED = range(400, 600)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a run has shown of one operation.

    Attributes:
        operation: its name.
        passed: how many of its scenarios passed.
        scenarios: how many there are in the run.
        proven: codes of the clauses that those prove that passed.
        not_proven: codes of the clauses that others are there to prove.
        errors: errorCodes of its table that were answered.
        missing: the other errorCodes of its table, each with why it was not brought about.

    """

    operation: str
    passed: int
    scenarios: int
    proven: tuple[str, ...]
    not_proven: tuple[str, ...]
    errors: tuple[str, ...]
    missing: tuple[str, ...]


def shown(run: Run) -> Iterator[Shown]:
    """Yield what was shown of each operation that a scenario of the run is about."""
    by_operation: dict[str, list[Performed]] = {}
    for each in run.performed:
        by_operation.setdefault(each.scenario.area if each.scenario.area in REQUESTS else _FIRST, []).append(each)
    answered = _answered(run)
    for operation, performed in by_operation.items():
        passed = [each for each in performed if each.verdict == "passed"]
        proven = {code for each in passed for code in each.scenario.proves}
        wanted = {code for each in performed for code in each.scenario.proves}
        yield Shown(
            operation,
            len(passed),
            len(performed),
            tuple(sorted(proven)),
            tuple(sorted(wanted - proven)),
            *_errors(operation, answered.get(operation, set())),
        )


def _answered(run: Run) -> dict[str, set[str]]:
    """Return the errorCodes that each operation was answered with."""
    codes: dict[str, set[str]] = {}
    for exchange, _ in run.sent:
        if exchange.response is not None and exchange.response.status in _REFUSED:
            contract, code = operation_of(exchange.request), error_code(exchange.response)
            if contract is not None and code is not None:
                codes.setdefault(contract.operation, set()).add(code)
    return codes


def _errors(operation: str, answered: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    contract = registry().named(operation)
    table = dict.fromkeys(each.code for each in contract.errors) if contract else {}
    missing = (
        f"{code}: {NOT_BROUGHT_ABOUT.get((operation, code), 'no request of this run was answered with it')}"
        for code in table
        if code not in answered
    )
    return tuple(code for code in table if code in answered), tuple(missing)
