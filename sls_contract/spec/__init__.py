"""The specification as data: clauses, findings, and the contracts of operations.

Contracts and error tables are loaded on first use, so code that needs only clauses and findings does not load them.
"""

from typing import TYPE_CHECKING

from sls_contract.lazily import lazy_names
from sls_contract.spec.clauses import CLAUSES, clause
from sls_contract.spec.finding import Clause, Finding, Level

if TYPE_CHECKING:
    from sls_contract.spec.common_errors import KnownError
    from sls_contract.spec.known_errors import (
        KNOWN_ERRORS,
        codes_saying,
        errors_of,
        errors_with,
        known_codes,
        statuses_of,
        wording_is_known,
    )
    from sls_contract.spec.registry import operation_of, use_contracts

__all__ = [
    "CLAUSES",
    "KNOWN_ERRORS",
    "Clause",
    "Finding",
    "KnownError",
    "Level",
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

__getattr__ = lazy_names(
    __name__,
    common_errors=("KnownError",),
    known_errors=(
        "KNOWN_ERRORS",
        "codes_saying",
        "errors_of",
        "errors_with",
        "known_codes",
        "statuses_of",
        "wording_is_known",
    ),
    registry=("operation_of", "use_contracts"),
)
