"""The clauses of the contract: every statement that can be checked, read from ``schemas/clauses.json``.

The hundreds digit of a code names the tables: 1 `requests` and `parameters`; 2 `entries`, `responses`, `headers` and
`results`; 1 and 2 also `logs`; 3 `signatures`; 4 `behaviour`, `operations` and `consumption`; 5 `clients`;
6 `recordings`. A code is never renumbered or reused. A new clause takes a free code in its table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import starmap
from types import MappingProxyType
from typing import Any

from sls_contract.errors import UsageError
from sls_contract.spec.finding import Clause, Level
from sls_contract.spec.installation import readable, shipped

FILE = "clauses.json"


def _read() -> dict[str, tuple[Clause, ...]]:
    file = shipped(FILE)
    with readable(file, "the tables of clauses"):
        tables = json.loads(file.read_text(encoding="utf-8"))["tables"]
        return {name: tuple(starmap(_clause, table["clauses"].items())) for name, table in tables.items()}


def _clause(code: str, plain: Mapping[str, Any]) -> Clause:
    lists = {"sources": tuple(plain["sources"]), "breaches": plain.get("breaches", {})}
    return Clause(code, **{**plain, **lists, "level": Level(plain["level"])})


TABLES: Mapping[str, tuple[Clause, ...]] = MappingProxyType(_read())
"""The clauses by table."""

CLAUSES: Mapping[str, Clause] = MappingProxyType(
    {each.code: each for each in sorted((each for table in TABLES.values() for each in table), key=lambda c: c.code)}
)
"""Every clause by its code, in the order of the codes."""

_BY_SLUG = {each.slug: each for each in CLAUSES.values()}


def clause(code_or_slug: str) -> Clause:
    """Return the clause with this code (in any case) or slug; raises `UsageError` that names the closest matches."""
    wanted = code_or_slug.strip()
    found = CLAUSES.get(wanted.upper()) or _BY_SLUG.get(wanted.lower())
    if found is None:
        codes = get_close_matches(wanted.upper(), CLAUSES, n=3, cutoff=0.9)  # with a digit too few or too many
        close = codes + get_close_matches(wanted.lower(), _BY_SLUG, n=3)
        hint = f"did you mean {', '.join(close)}?" if close else "`sls-contract explain` lists all of them."
        msg = f"no clause has the code or slug {code_or_slug!r}; {hint}"
        raise UsageError(msg)
    return found
