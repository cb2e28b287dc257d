"""A recording as the tree of one block.

::

    contract:       written by sls-contract; plain vcrpy ignores it
      id, digest, evidence, endpoint, region, client, recorded_at, validated_at, clock,
      version, signature, substitutions, broken, partial
      request:      what vcrpy's form cannot express: the order of header names, or
      response:     the exact header lines, target and wire body, where they differ from vcrpy's part
    request:        vcrpy's: method, uri, body, headers
    response:       vcrpy's: status, headers, body; null where no complete response was received

An exchange without a complete response keeps its place in the list, with ``response: null``.
vcrpy loads such an interaction and never plays it. The file still grows at one place only; a separate list at the top
would change with each exchange, and would lose the order.

A manual edit of the vcrpy part overrides the ``contract:`` part; the digest reveals the edit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.file.coding import readable
from sls_contract.cassettes.file.emission import SURROGATE, Node, Tree, bytes_of
from sls_contract.cassettes.recording import Integrity, Recording, digest_of, moment_text
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.exchange import Exchange, Request, Response
    from sls_contract.headers import Headers

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}\Z")  # YAML limits the keys of one line in length


def block_of(recording: Recording, block_id: str) -> Tree:
    """Return the tree of a recording. An edited recording keeps its stale digest: writing does not make it valid."""
    check_names(recording.exchange)
    edited = recording.integrity is Integrity.EDITED
    request, response = recording.exchange.request, recording.exchange.response
    contract: Tree = {"id": block_id, "digest": recording.digest if edited else digest_of(recording)}
    contract |= _provenance_node(recording)
    contract |= _compact({"request": _exact_request(request), "response": _exact_response(response)})
    if recording.incomplete:
        partial = None if response is None else response_node(readable(response))
        contract |= _compact({"broken": recording.broken or "", "detail": recording.detail, "partial": partial or {}})
    return {
        "contract": contract,
        "request": _request_node(request),
        "response": None if recording.incomplete or response is None else response_node(readable(response)),
    }


def _provenance_node(recording: Recording) -> Tree:
    origin, signature = recording.provenance, recording.signature
    return _compact(
        {
            "evidence": str(origin.evidence),
            "endpoint": origin.endpoint,
            "region": origin.region,
            "client": origin.client,
            "recorded_at": moment_text(origin.recorded_at),
            "validated_at": moment_text(origin.validated_at),
            "clock": moment_text(origin.clock),
            "version": origin.contract,
            "signature": {} if signature is None else _compact({"verdict": signature.verdict, "step": signature.step}),
            "substitutions": list(recording.substitutions),
        }
    )


def _request_node(request: Request) -> Tree:
    return {
        "method": request.method,
        "uri": plain_url(request.url),
        "body": _body_node(request.body) or None,
        "headers": header_node(request.headers),
    }


def response_node(response: Response) -> Tree:
    """Return vcrpy's part of a response."""
    return {
        "status": {"code": response.status, "message": response.reason},
        "headers": header_node(response.headers),
        "body": {"string": _body_node(response.body)},
    }


def _exact_request(request: Request) -> Tree:
    uri: Tree = {} if plain_url(request.url) == request.url else {"uri": request.url}
    return uri | _exact_headers(request.headers)


def _exact_response(response: Response | None) -> Tree:
    if response is None:
        return {}
    shown = readable(response)
    if shown is not response:
        return {"headers": _header_lines(response.headers), "body": _body_node(response.body)}
    return _exact_headers(response.headers) | ({} if response.wire else {"coding": "removed"})


def _exact_headers(headers: Headers) -> Tree:
    """Return the order of names (a mapping has none), or whole lines where vcrpy's form cannot represent a field."""
    if all(_TOKEN.match(name) and not SURROGATE.search(value) for name, value in headers.pairs):
        return _compact({"order": " ".join(name for name, _ in headers.pairs)})
    return {"headers": _header_lines(headers)}


def check_names(exchange: Exchange) -> None:
    """Raise `UsageError` for an empty method, or for a header name with a colon, which a line cannot represent."""
    if not exchange.request.method:
        msg = "a request needs a method, such as GET, got an empty one"
        raise UsageError(msg)
    for message in (exchange.request, exchange.response):
        for name, _ in message.headers.pairs if message is not None else ():
            if ":" in name:
                msg = f"a header name must not contain a colon, got {name!r}; pass name and value separately"
                raise UsageError(msg)


def _header_lines(headers: Headers) -> list[Any]:
    return [f"{name}: {value}" for name, value in headers.pairs]


def header_node(headers: Headers) -> Tree:
    """Return vcrpy's mapping of header names to values, without names that are not HTTP tokens."""
    node: dict[str, Any] = {}
    for name, value in headers.pairs:
        if _TOKEN.match(name):
            # vcrpy encodes values as UTF-8: other bytes are decoded as http.client does, as Latin-1.
            shown = bytes_of(value).decode("latin-1") if SURROGATE.search(value) else value
            node.setdefault(name, []).append(shown)
    return node


def _body_node(body: bytes) -> str | bytes:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body


def plain_url(url: str) -> str:
    """Percent-encode the bytes of a URL that are not UTF-8: vcrpy takes text only."""
    return SURROGATE.sub(lambda found: f"%{ord(found[0]) & 0xFF:02X}", url)


def _compact(node: Mapping[str, Node]) -> Tree:
    return {key: value for key, value in node.items() if value not in ("", {}, [])}
