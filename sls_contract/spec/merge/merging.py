"""Merges layers into contracts: decides each operation's claims, applies its rulings, and refuses ambiguous routes."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.spec.merge.assembly import contract_of
from sls_contract.spec.merge.decisions import decisions_on
from sls_contract.spec.merge.errors import spellings
from sls_contract.spec.merge.facts import facts_of
from sls_contract.spec.merge.rulings import Rulings, check_overruled, ruled
from sls_contract.spec.routing import refuse_clashes, routes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.contract import Contract
    from sls_contract.spec.merge.layers import Layers
    from sls_contract.spec.merge.sources import Source

_RPC_KEYS = frozenset({"Action", "Version"})  # query keys of every RPC call


@dataclass(frozen=True, slots=True)
class Merged:
    """The contracts, sorted by name, and the reasons for which claims were omitted, by operation."""

    contracts: tuple[Contract, ...]
    left_out: Mapping[str, str]


def merge(layers: Layers, codes: Iterable[str] = ()) -> Merged:
    """Merge layers into contracts; the order of files and sources does not matter.

    ``codes`` are further spellings of error codes, which correct pages that print codes without capitals. Raises
    `UsageError` if a ruling is out of date or makes an invalid contract, and if a request matches two operations.
    """
    left_out: dict[str, str] = {}
    groups: dict[str, list[tuple[Source, Page]]] = {}
    names = canonical_names(layers)
    for source, page in layers.claims:
        if reason := _unusable(page):
            left_out[str(page.operation)] = reason
        else:
            groups.setdefault(names[str(page.operation).lower()], []).append((source, page))
    unclaimed = sorted(set(layers.rulings) - set(groups))
    if unclaimed:
        rulings = layers.rulings[unclaimed[0]]
        near = get_close_matches(unclaimed[0], groups, 1)
        fix = f"How to fix: write {near[0]}." if near else "How to fix: derive a page of it, or delete the file."
        msg = f"{rulings.where}: rules on {unclaimed[0]}, but no source has claims on it\n{fix}"
        raise UsageError(msg)
    spelled = spellings([*codes, *(code for _, page in layers.claims for _, code in page.errors)])
    contracts = tuple(
        _merged(name, claims, layers.rulings.get(name), spelled) for name, claims in sorted(groups.items())
    )
    refuse_clashes(route for contract in contracts for route in routes_of(contract.as_plain()))
    return Merged(contracts, left_out)


def canonical_names(layers: Layers) -> dict[str, str]:
    """Return the operation's canonical name for each name in lower case.

    Names that differ only in capitals are one operation, spelled as in the SDK for 2020-12-30; rulings can define other
    aliases.
    """
    names: dict[str, str] = {}
    for _, page in sorted(layers.claims, key=lambda claim: (claim[0].kind != "sdk", claim[0].age)):
        names.setdefault(str(page.operation).lower(), str(page.operation))
    for rulings in layers.rulings.values():
        names |= {alias.lower(): rulings.operation for alias in (*rulings.aliases, rulings.operation)}
    return names


def _unusable(page: Page) -> str:
    """Return the reason why claims cannot make a contract; empty if they can."""
    if set(page.query) >= _RPC_KEYS:
        return "called by RPC: another host, another signature"
    return "" if page.path else "no source prints a request line"


def _merged(
    name: str, claims: Sequence[tuple[Source, Page]], rulings: Rulings | None, spelled: Mapping[str, str]
) -> Contract:
    others = {str(page.operation) for _, page in claims} - {name}
    aliases = sorted(others | set(rulings.aliases if rulings else ()))
    if rulings is None:
        return contract_of(name, aliases, decisions_on(claims), spelled)
    check_overruled(rulings, ((source.family, facts_of(source, page)) for source, page in claims))
    return ruled(contract_of(name, aliases, decisions_on(claims, rulings.overruled()), spelled), rulings)
