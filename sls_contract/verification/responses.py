"""Read the parts of a response that the run compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.checks.consumption_received import objects, shards_of
from sls_contract.checks.content_coding import json_body
from sls_contract.checks.sequence_outcomes import error_code
from sls_contract.scenarios.steps import Request, operation_name
from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.exchange import Response
    from sls_contract.spec import Finding
    from sls_contract.verification.wire import ResponseLost


def objects_of(response: Response) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON array; an empty list for any other body."""
    return objects(json_body(response))


def entries_of(response: Response) -> tuple[list[tuple[int, Mapping[str, Any]]], bool]:
    """Return the first valid entry of each shard, with its index, and whether all entries are valid."""
    document = json_body(response)
    if not isinstance(document, list):
        return [], False
    first: dict[object, tuple[int, Mapping[str, Any]]] = {}
    for at, entry in enumerate(document):
        if _is_entry(entry):
            first.setdefault(entry["shard"], (at, entry))
    return list(first.values()), all(map(_is_entry, document))


def _is_entry(entry: object) -> bool:
    """Return whether the types of an entry are right; the checks of a single exchange report wrong ones."""
    return (
        isinstance(entry, dict)
        and type(entry.get("shard")) is int
        and entry["shard"] >= 0
        and isinstance(entry.get("checkpoint"), str)
        and type(entry.get("updateTime")) is int
        and isinstance(entry.get("consumer", ""), str)
    )


def assigned_by(response: Response) -> frozenset[int]:
    """Return the shards that a HeartBeat response assigns, in either form of the page."""
    return shards_of(json_body(response)) or frozenset()


def describe_response(step: Request, response: Response) -> str:
    """Return a phrase with the operation, status and errorCode."""
    name = operation_name(step)
    return f"{name} returned {response.status} {error_code(response) or ''}".strip()


def lost(error: ResponseLost) -> tuple[Finding, ...]:
    """Return the findings of a lost response: of its framing, and that it is incomplete; others only follow from it."""
    failure = error.error
    fix = f"Send a complete response to every request: {failure.fix}"
    framing = (finding for finding in error.sent.findings if finding.code == "SLS261")
    return *framing, clause("SLS462").finding("response", "a complete response", failure.reason, fix)
