"""The operation that a request seems to call, although the query key that selects it is missing or misspelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.spelling import closest_name
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.exchange import Request
    from sls_contract.spec.contract import Contract
    from sls_contract.spec.routing import Route


def intended_operation(request: Request) -> Contract | None:
    """Return the contract that a request to no operation should be judged by; None if none or several are similar.

    A value that is similar to a documented one (``type=Logs``) decides. Without a value, the operation that takes most
    of the other query keys. An unknown value may select an operation that no source describes.
    """
    known, query = registry(), dict(request.query_pairs())
    ranked: dict[tuple[bool, int], list[Contract]] = {}
    for route in known.routes_on(request):
        contract = known.named(route.operation) if route.project and known.is_complete(route) else None
        if contract is not None and (rank := _rank(route, contract, query)) is not None:
            ranked.setdefault(rank, []).append(contract)
    best = ranked[max(ranked)] if ranked else []
    return best[0] if len(best) == 1 else None


def _rank(route: Route, contract: Contract, query: Mapping[str, str]) -> tuple[bool, int] | None:
    """Return whether the request has every selecting key, and how many others; None if it calls another operation."""
    sent = [(query.get(key), values) for key, values in route.discriminator.items()]
    if any(value and value not in values and not closest_name(value, values) for value, values in sent):
        return None
    selected = all(value for value, _ in sent)
    others = contract.query.keys() - route.discriminator.keys()
    required = {name for name in others if contract.query[name].required is not None}
    taken = others & query.keys()
    return (selected, len(taken)) if selected or (taken and required <= taken) else None
