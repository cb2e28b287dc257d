"""Converts vcrpy's requests and responses to our values, and back.

A response contains its recording under the key ``contract``: vcrpy copies it with the rest and reads only ``status``,
``headers`` and ``body``. A later change by a filter of the user takes precedence over that recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from vcr.request import Request as VcrRequest

from sls_contract.cassettes.file.block import header_node, plain_url, response_node
from sls_contract.cassettes.file.coding import decoded, readable
from sls_contract.cassettes.file.interaction import MalformedInteraction, recording_of
from sls_contract.cassettes.recording import Integrity, Recording
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request
from sls_contract.headers import Headers

VcrResponse: TypeAlias = "dict[str, Any]"
"""``{"status": {"code", "message"}, "headers": {name: [values]}, "body": {"string": bytes}}``."""

RECORDING_KEY = "contract"


def exchange_of(request: Any, response: Mapping[str, Any] | None) -> Exchange:
    """Return vcrpy's request and response as an exchange on the wire, as far as vcrpy knows it.

    vcrpy does not see the Host that http.client adds, so it is added here. A body with a content coding is taken as
    encoded if it decodes. Raises `UsageError` for values that no client produces.
    """
    fields = {name: [value] for name, value in request.headers.items()}
    node = {"method": request.method, "uri": request.uri, "body": request.body, "headers": fields}
    try:
        exchange = recording_of({"request": node, "response": without_recording(response)}).exchange
    except MalformedInteraction as error:
        msg = f"vcrpy passed an invalid exchange: {error}"
        raise UsageError(msg) from error
    sent, received = exchange.request, exchange.response
    if "host" not in sent.headers:
        sent = sent.replace(headers=Headers([("Host", sent.host), *sent.headers.pairs]))
    if received is not None and not received.wire:
        encoded = received.replace(wire=True)
        received = encoded if decoded(encoded) is not None else received
    return Exchange(sent, received)


def request_of(request: Request) -> dict[str, Any]:
    """Return the arguments of vcrpy's ``Request``, which keeps the first of repeated fields."""
    return {
        "method": request.method,
        "uri": plain_url(request.url),
        "body": request.body or None,
        "headers": header_node(request.headers),
    }


def response_of(recording: Recording) -> VcrResponse | None:
    """Return vcrpy's response, with the recording; None without a complete response: vcrpy never plays those."""
    response = recording.exchange.response
    if recording.incomplete or response is None:
        return None
    node = response_node(readable(response))
    node["body"] = {"string": readable(response).body}
    return {**node, RECORDING_KEY: recording}


def without_recording(response: Mapping[str, Any] | None) -> VcrResponse | None:
    """Return a response without our key; its headers are a copy, because vcrpy deletes some to play it."""
    if response is None:
        return None
    plain = {key: value for key, value in response.items() if key != RECORDING_KEY}
    return {**plain, "headers": dict(plain.get("headers") or {})}


def to_recording(request: Any, response: Mapping[str, Any]) -> Recording:
    """Return the recording of a vcrpy response; a new one if it has none or was changed since."""
    exchange, before = exchange_of(request, response), response.get(RECORDING_KEY)
    if not isinstance(before, Recording):
        return Recording(exchange)
    same = exchange_of(VcrRequest(**request_of(before.exchange.request)), response_of(before))
    if exchange == same:
        return before
    signed = exchange.request.headers.get("authorization") == before.exchange.request.headers.get("authorization")
    edited = before.integrity is Integrity.EDITED
    return replace(
        before,
        exchange=exchange,
        signature=before.signature if signed else None,
        digest=before.digest if edited else "",
        integrity=Integrity.EDITED if edited else Integrity.UNKNOWN,
    )
