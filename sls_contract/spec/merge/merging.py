"""Merges layers to contracts: each operation's claims are decided on, then ruled, then held against all others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.spec.merge.assembly import contract_of
from sls_contract.spec.merge.decisions import decisions_on, shape_of
from sls_contract.spec.merge.facts import facts_of
from sls_contract.spec.merge.rulings import Rulings, check_overruled, ruled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.contract import Contract
    from sls_contract.spec.merge.layers import Layers
    from sls_contract.spec.merge.sources import Source

_RPC_KEYS = frozenset({"Action", "Version"})


@dataclass(frozen=True, slots=True)
class Merged:
    """What layers give: the contracts, sorted by name, and why claims were left out, by operation."""

    contracts: tuple[Contract, ...]
    left_out: Mapping[str, str]


def merge(layers: Layers) -> Merged:
    """Merge layers to contracts; the order of files and sources does not matter.

    Raises `UsageError` where a ruling is out of date or makes no contract, and where a request fits two operations.
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
        msg = f"{rulings.where}: rules on {unclaimed[0]}, of which no source claims anything"
        raise UsageError(msg)
    contracts = tuple(_merged(name, claims, layers.rulings.get(name)) for name, claims in sorted(groups.items()))
    refuse_clashes(contracts)
    return Merged(contracts, {name: why for name, why in left_out.items() if names[name.lower()] not in groups})


def canonical_names(layers: Layers) -> dict[str, str]:
    """Return the name of the operation that each name is one of, by the name in lower case.

    Names that differ in capitals only are one, spelled as the SDK of 2020-12-30 spells it; others are one where a
    ruling says so.
    """
    names: dict[str, str] = {}
    for source, page in sorted(layers.claims, key=lambda claim: (claim[0].kind != "sdk", claim[0].age)):
        del source
        names.setdefault(str(page.operation).lower(), str(page.operation))
    for rulings in layers.rulings.values():
        names |= {alias.lower(): rulings.operation for alias in (*rulings.aliases, rulings.operation)}
    return names


def _unusable(page: Page) -> str:
    """Return why claims make no contract; empty where they do."""
    if set(page.query) >= _RPC_KEYS:
        return "called by RPC: another host, another signature"
    return "" if page.path else "no source prints a request line"


def _merged(name: str, claims: Sequence[tuple[Source, Page]], rulings: Rulings | None) -> Contract:
    spelled = {str(page.operation) for _, page in claims} - {name}
    aliases = sorted(spelled | set(rulings.aliases if rulings else ()))
    if rulings is None:
        return contract_of(name, aliases, decisions_on(claims))
    check_overruled(rulings, ((source.family, facts_of(source, page)) for source, page in claims))
    return ruled(contract_of(name, aliases, decisions_on(claims, rulings.overruled())), rulings)


def refuse_clashes(contracts: Iterable[Contract]) -> None:
    """Raise `UsageError` where a request fits two operations, and nothing tells them apart."""
    for one, other in clashes(contracts):
        msg = (
            f"expected one operation for each request, found two for {one.method} {one.path}: "
            f"{one.operation} and {other.operation}\n"
            "How to fix: where they are one operation, list one name among the aliases in the rulings of the other; "
            "else rule what tells them apart (discriminator)."
        )
        raise UsageError(msg)


def clashes(contracts: Iterable[Contract]) -> Iterator[tuple[Contract, Contract]]:
    """Yield the operations that one request may fit: of one route, with as many discriminators, none of them apart.

    An operation with more discriminators goes before one with fewer, so that those do not clash.
    """
    by_route: dict[tuple[str, str, bool], list[Contract]] = {}
    for each in contracts:
        for path in (each.path, *each.other_paths):
            by_route.setdefault((each.method, shape_of(path), each.project), []).append(each)
    for alike in by_route.values():
        for one, other in combinations(alike, 2):
            keys = one.discriminator.keys() & other.discriminator.keys()
            apart = any(set(one.discriminator[key]).isdisjoint(other.discriminator[key]) for key in keys)
            if len(one.discriminator) == len(other.discriminator) and not apart:
                yield one, other
