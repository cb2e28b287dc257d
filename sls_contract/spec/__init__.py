"""The specification in our own words: the operation, its clauses, and the JSON Schemas derived from it."""

from __future__ import annotations

from sls_contract.spec.finding import Clause, Finding, Level

__all__ = ["Clause", "Finding", "Level"]
