"""The errors that the service is known to answer: status, code, and every wording that was printed or observed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.spec.common_errors import CODE_NOT_TOLD, COMMON, KnownError
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from sls_contract.spec.common_errors import Origin
    from sls_contract.spec.contract import ErrorAnswer
    from sls_contract.spec.registry import Registry

KNOWN_ERRORS = COMMON
"""The errors that any operation may answer; contracts name those of each operation."""


def errors_of(operation: str) -> tuple[KnownError, ...]:
    """Return what an operation, by name, may answer; for a name that is not known here, the common errors."""
    return _errors_of(registry(), operation)


@lru_cache(maxsize=256)
def _errors_of(contracts: Registry, operation: str) -> tuple[KnownError, ...]:
    contract = contracts.named(operation)
    its_own = () if contract is None else tuple(_known_error(contract.operation, each) for each in contract.errors)
    return (*its_own, *(error for error in KNOWN_ERRORS if error.may_answer(operation)))


def errors_with(code: str) -> tuple[KnownError, ...]:
    """Return the known errors of a code, of whatever operation and status; empty for a code nobody names."""
    return _errors_with(registry(), code)


@lru_cache(maxsize=256)  # codes come from the wire
def _errors_with(contracts: Registry, code: str) -> tuple[KnownError, ...]:
    told = tuple(error for error in KNOWN_ERRORS if error.code == code)
    derived = [
        _known_error(contract.operation, error)
        for contract in contracts.naming(code)
        for error in contract.errors
        if error.code == code
    ]
    return (*told, *derived)


def _known_error(operation: str, answer: ErrorAnswer) -> KnownError:
    origin: Origin = "page" if answer.messages else "sdk"
    return KnownError(answer.status, answer.code, answer.messages, answer.sources, (operation,), origin)


def known_codes() -> frozenset[str]:
    """Return every code that an operation's contract, a common table or an observed answer names."""
    return _known_codes(registry())


@lru_cache(maxsize=4)
def _known_codes(contracts: Registry) -> frozenset[str]:
    of_operations = {
        error.code for name in contracts.names if (found := contracts.named(name)) for error in found.errors
    }
    return frozenset(of_operations | {error.code for error in KNOWN_ERRORS})


def codes_saying(message: str) -> tuple[str, ...]:
    """Return the codes with which a message was printed or observed; not those that say just anything."""
    named = (error for code in sorted(known_codes()) for error in errors_with(code))
    return tuple(dict.fromkeys(error.code for error in named if error.says(message) and not error.says("")))


def statuses_of(code: str) -> frozenset[int]:
    """Return the statuses that a code came with; empty where the code or its status is in no source."""
    told = [error for error in KNOWN_ERRORS if error.code == code]
    return frozenset(error.status for error in told or errors_with(code) if error.status is not None)


def wording_is_known(code: str, message: str) -> bool:
    """Tell whether a message was printed or observed with a code, drift overlooked (see `KnownError.says`)."""
    return any(error.says(message) for error in (*errors_with(code), CODE_NOT_TOLD))
