"""The specification in our own words: clauses, findings, and the contracts of operations.

Contracts and tables are read when first asked for: whoever needs only clauses and findings pays for no more.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sls_contract.spec.clauses import CLAUSES, clause
from sls_contract.spec.finding import Clause, Finding, Level

if TYPE_CHECKING:
    from sls_contract.spec.contract import Contract
    from sls_contract.spec.error_record import KnownError
    from sls_contract.spec.known_errors import (
        KNOWN_ERRORS,
        codes_saying,
        errors_of,
        errors_with,
        known_codes,
        statuses_of,
        wording_is_known,
    )
    from sls_contract.spec.registry import Registry, operation_of, use_contracts

__all__ = [
    "CLAUSES",
    "KNOWN_ERRORS",
    "Clause",
    "Contract",
    "Finding",
    "KnownError",
    "Level",
    "Registry",
    "clause",
    "codes_saying",
    "errors_of",
    "errors_with",
    "known_codes",
    "operation_of",
    "statuses_of",
    "use_contracts",
    "wording_is_known",
]

_LATER = {
    "KNOWN_ERRORS": "known_errors",
    "KnownError": "error_record",
    "codes_saying": "known_errors",
    "errors_of": "known_errors",
    "errors_with": "known_errors",
    "known_codes": "known_errors",
    "operation_of": "registry",
    "use_contracts": "registry",
    "Registry": "registry",
    "Contract": "contract",
    "statuses_of": "known_errors",
    "wording_is_known": "known_errors",
}


def __getattr__(name: str) -> object:
    """Read a part of the specification when it is first asked for."""
    module = _LATER.get(name)
    if module is None:
        msg = f"module 'sls_contract.spec' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"sls_contract.spec.{module}"), name)
