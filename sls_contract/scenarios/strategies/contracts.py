"""The contract that a caller names, and the errors that its operation may answer."""

from __future__ import annotations

from sls_contract.errors import UsageError
from sls_contract.spec.common_errors import COMMON
from sls_contract.spec.contract import Contract


def contract_of(operation: str | Contract) -> Contract:
    """Return the contract of an operation by name or alias; a contract is returned as it is.

    Raises:
        UsageError: nobody knows the operation.

    """
    if isinstance(operation, Contract):
        return operation
    from sls_contract.spec.registry import registry

    found = registry().named(operation)
    if found is None:
        msg = f"no operation is named {operation!r}; known are {', '.join(registry().names)}"
        raise UsageError(msg)
    return found


def errors_of(contract: Contract) -> list[tuple[int, str, str]]:
    """Return status, code and message of each error that an operation may answer; its own come first."""
    own = [(each.status, each.code, message) for each in contract.errors for message in each.messages]
    common = [
        (each.status, each.code, message)
        for each in COMMON
        if each.may_answer(contract.operation)
        for message in each.wordings
    ]
    return [(status, code, message) for status, code, message in own + common if status is not None and code]
