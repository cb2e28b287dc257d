"""The clauses of the contract: every statement that can be checked, with its code, level, text and sources.

The hundreds digit tells the table: 1 `requests` and `parameters`; 2 `entries`, `answers`, `headers` and `results`; both
also `logs`; 3 `signatures`; 4 `behaviour`, `operations` and `consumption`; 5 `clients`; 6 `recordings`.
A code is never renumbered or used again; a new clause takes a free one and enters its table here.
"""

from __future__ import annotations

from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.spec.clauses import (
    answers,
    behaviour,
    clients,
    consumption,
    entries,
    headers,
    logs,
    operations,
    parameters,
    recordings,
    requests,
    results,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.spec.finding import Clause

_TABLES = (
    *(requests, parameters, entries, answers, headers, results, logs),
    *(signatures, behaviour, operations, consumption, clients, recordings),
)

CLAUSES: Mapping[str, Clause] = MappingProxyType(
    {each.code: each for each in sorted((each for table in _TABLES for each in table.CLAUSES), key=lambda c: c.code)}
)
"""Every clause by its code, in the order of the codes."""

_BY_SLUG = {each.slug: each for each in CLAUSES.values()}


def clause(code_or_slug: str) -> Clause:
    """Return the clause of that code (any casing) or slug; raises `UsageError` that names the closest ones."""
    asked = code_or_slug.strip()
    found = CLAUSES.get(asked.upper()) or _BY_SLUG.get(asked.lower())
    if found is None:
        close = get_close_matches(asked.upper(), CLAUSES, n=3) + get_close_matches(asked.lower(), _BY_SLUG, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else "`sls-contract explain` lists all of them."
        msg = f"no clause has the code or slug {code_or_slug!r}; {hint}"
        raise UsageError(msg)
    return found
