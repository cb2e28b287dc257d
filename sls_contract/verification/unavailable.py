"""Responses that say nothing of their request: the service was busy or failed, or does not offer the operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.sequence_outcomes import error_code, is_overloaded
from sls_contract.spec.known_errors import errors_of

if TYPE_CHECKING:
    from sls_contract.exchange import Response

_FAILURES = frozenset(range(500, 600)) - {501}
"""Statuses of a failed endpoint; 501 means that an operation is not offered."""

NOT_OFFERED = frozenset({405, 421, 501})
"""Statuses that mean, for any request, that an operation is not offered."""

_DENIED = frozenset({401, 403, 404})  # may mean the same, with an unknown error or for lack of rights


def is_failure(response: Response) -> bool:
    """Return whether a response says nothing of its request: the service was busy, or failed."""
    return response.status in _FAILURES or is_overloaded(response)


def absence(operation: str, response: Response) -> set[tuple[int, str | None]]:
    """Return the status and errorCode of a response that may mean that the key is not offered this operation."""
    code = error_code(response)
    unspecific = code == "Unauthorized" or code not in {each.code for each in errors_of(operation)}
    return {(response.status, code)} if unspecific and response.status in _DENIED else set()
