"""The known errors of the service: status, code, and every wording that was printed or observed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.spec.common_errors import COMMON, UNKNOWN_CODE, KnownError, Origin
from sls_contract.spec.registry import Registry, registry

if TYPE_CHECKING:
    from sls_contract.spec.contract import ErrorResponse

KNOWN_ERRORS = COMMON
"""The errors that any operation can return; contracts list the errors of each operation."""


def errors_of(operation: str) -> tuple[KnownError, ...]:
    """Return the errors that an operation, by name, can return; for an unknown name, the common errors."""
    return _errors_of(registry(), operation)


@lru_cache(maxsize=256)
def _errors_of(contracts: Registry, operation: str) -> tuple[KnownError, ...]:
    contract = contracts.named(operation)
    specific = () if contract is None else tuple(_known_error(contract.operation, each) for each in contract.errors)
    return (*specific, *(error for error in KNOWN_ERRORS if error.may_return(operation)))


def errors_with(code: str) -> tuple[KnownError, ...]:
    """Return the known errors with a code, of every operation and status; empty for an unknown code."""
    return _errors_with(registry(), code)


@lru_cache(maxsize=256)  # codes come from the wire
def _errors_with(contracts: Registry, code: str) -> tuple[KnownError, ...]:
    common = [error for error in KNOWN_ERRORS if error.code == code]
    derived = [
        _known_error(contract.operation, error)
        for contract in contracts.mentioning(code)
        for error in contract.errors
        if error.code == code
    ]
    return (*common, *derived)


def _known_error(operation: str, response: ErrorResponse) -> KnownError:
    origin: Origin = "page" if response.messages else "sdk"
    return KnownError(response.status, response.code, response.messages, response.sources, (operation,), origin)


def known_codes() -> frozenset[str]:
    """Return every code that a contract, a common table or an observed response names."""
    return _known_codes(registry())


@lru_cache(maxsize=4)
def _known_codes(contracts: Registry) -> frozenset[str]:
    of_operations = {
        error.code for name in contracts.names if (found := contracts.named(name)) for error in found.errors
    }
    return frozenset(of_operations | {error.code for error in KNOWN_ERRORS})


def codes_saying(message: str) -> tuple[str, ...]:
    """Return the codes that a message was printed or observed with, without codes that allow any message."""
    named = (error for code in sorted(known_codes()) for error in errors_with(code))
    return tuple(dict.fromkeys(error.code for error in named if error.says(message) and not error.says("")))


def statuses_of(code: str) -> frozenset[int]:
    """Return the statuses that a code was printed or observed with; empty for an unknown code or status."""
    common = [error for error in KNOWN_ERRORS if error.code == code]
    return frozenset(error.status for error in common or errors_with(code) if error.status is not None)


def wording_is_known(code: str, message: str) -> bool:
    """Return whether a message was printed or observed with a code; see `KnownError.says` for ignored differences."""
    return any(error.says(message) for error in (*errors_with(code), UNKNOWN_CODE))
