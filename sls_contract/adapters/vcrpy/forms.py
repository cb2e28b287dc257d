"""vcrpy's requests and responses as our values, and back.

A response carries the recording that it was made of under the key ``contract``: vcrpy copies it about with the rest and
reads only ``status``, ``headers`` and ``body``. What a filter of the user changed since wins over that recording.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from vcr.request import Request as VcrRequest

from sls_contract.cassettes.file.block import header_node, plain_url, response_node
from sls_contract.cassettes.file.coding import decoded, readable
from sls_contract.cassettes.file.interaction import MalformedInteraction, recording_of
from sls_contract.cassettes.recording import Integrity, Recording
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.exchange import Request

VcrResponse: TypeAlias = "dict[str, Any]"
"""``{"status": {"code", "message"}, "headers": {name: [values]}, "body": {"string": bytes}}``."""

KEPT = "contract"


@dataclass(frozen=True, slots=True)
class Kept:
    """The recording that a response of vcrpy's was made of. It never changes, so a copy is itself."""

    recording: Recording

    def __deepcopy__(self, _memo: object) -> Self:
        """Spare vcrpy, which copies every response, the copy."""
        return self


def exchange_of(request: Any, response: Mapping[str, Any] | None) -> Exchange:
    """Return an exchange of vcrpy's as it stood on the wire, as far as vcrpy knows it.

    vcrpy leaves Host to http.client, so it is added as that writes it. A body with a content coding counts as that of
    the wire where it decodes. Raises `UsageError` for values that no client makes.
    """
    fields = {name: [value] for name, value in request.headers.items()}
    asked = {"method": request.method, "uri": request.uri, "body": request.body, "headers": fields}
    try:
        exchange = recording_of({"request": asked, "response": shown(response)}).exchange
    except MalformedInteraction as error:
        msg = f"vcrpy handed over what is no exchange: {error}"
        raise UsageError(msg) from error
    sent, answer = exchange.request, exchange.response
    if "host" not in sent.headers:
        sent = sent.replace(headers=Headers([("Host", sent.host), *sent.headers.pairs]))
    if answer is not None and not answer.wire:
        wired = answer.replace(wire=True)
        answer = wired if decoded(wired) is not None else answer
    return Exchange(sent, answer)


def request_of(request: Request) -> dict[str, Any]:
    """Return the arguments of vcrpy's ``Request``; it keeps the first of repeated fields."""
    return {
        "method": request.method,
        "uri": plain_url(request.url),
        "body": request.body or None,
        "headers": header_node(request.headers),
    }


def response_of(recording: Recording) -> VcrResponse | None:
    """Return vcrpy's response, with the recording; None where no whole answer came, which vcrpy never plays."""
    response = recording.exchange.response
    if recording.unanswered or response is None:
        return None
    node = response_node(readable(response))
    node["body"] = {"string": readable(response).body}
    return {**node, KEPT: Kept(recording)}


def shown(response: Mapping[str, Any] | None) -> VcrResponse | None:
    """Return a response without our key, its headers to change as one likes: vcrpy takes fields out to play it."""
    if response is None:
        return None
    plain = {key: value for key, value in response.items() if key != KEPT}
    return {**plain, "headers": dict(plain.get("headers") or {})}


def recording_kept(request: Any, response: Mapping[str, Any]) -> Recording:
    """Return the recording that vcrpy holds; of one that came without ours, or was changed since, a new one."""
    exchange, kept = exchange_of(request, response), response.get(KEPT)
    if not isinstance(kept, Kept):
        return Recording(exchange)
    before = kept.recording
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
