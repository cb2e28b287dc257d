"""What the answers of the operations hold, as far as it can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.checks.consumption_received import objects, shards_of
from sls_contract.checks.content_coding import json_body
from sls_contract.checks.sequence_outcomes import error_code
from sls_contract.scenarios.steps import operation_name
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.exchange import Response
    from sls_contract.scenarios.steps import Request
    from sls_contract.spec.contract import Contract


def contract_of(step: Request) -> Contract:
    """Return the contract of a step's operation."""
    contract = registry().named(operation_name(step))
    assert contract is not None, "scenarios name operations that are shipped"
    return contract


def objects_of(response: Response) -> list[Mapping[str, Any]]:
    """Return the objects of an array; nothing of anything else."""
    return objects(json_body(response))


def entries_of(response: Response) -> tuple[list[tuple[int, Mapping[str, Any]]], bool]:
    """Return the entries whose types are right, with their index, and whether that is all of the list."""
    document = json_body(response)
    if not isinstance(document, list):
        return [], False
    first: dict[object, tuple[int, Mapping[str, Any]]] = {}
    for at, entry in enumerate(document):
        if _is_entry(entry):
            first.setdefault(entry["shard"], (at, entry))
    return list(first.values()), all(map(_is_entry, document))


def _is_entry(entry: object) -> bool:
    """Tell whether an entry can be compared; what is wrong with another one, the exchange alone shows."""
    return (
        isinstance(entry, dict)
        and type(entry.get("shard")) is int
        and entry["shard"] >= 0
        and isinstance(entry.get("checkpoint"), str)
        and type(entry.get("updateTime")) is int
        and isinstance(entry.get("consumer", ""), str)
    )


def assigned_by(response: Response) -> frozenset[int]:
    """Return the shards that a heartbeat was answered, in either form of the page."""
    return shards_of(json_body(response)) or frozenset()


def answered(step: Request, response: Response) -> str:
    """Say which operation was answered how."""
    name = operation_name(step)
    return f"{name} was answered {response.status} {error_code(response) or ''}".strip()
