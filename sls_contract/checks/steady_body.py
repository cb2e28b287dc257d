"""A request's body without the parts that change with every run (`spec.Body.moves`), to compare two runs of a test."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from sls_contract.checks.content_coding import plain_request_body
from sls_contract.checks.log_messages import decoded
from sls_contract.spec.registry import operation_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sls_contract.exchange import Request
    from sls_contract.spec.contract import Body

_SELECTOR = re.compile(r"([^\[]+)\[([^=]+)=(.*)\]")  # name[member=value]: the elements that have this value


def moving_body(request: Request) -> Body | None:
    """Return the body contract of a request's operation; None if no part of the body moves."""
    contract = operation_of(request)
    body = None if contract is None else contract.body
    return body if body is not None and body.moves else None


def steady_body(request: Request) -> bytes:
    """Return the body in a form that is equal for two requests that differ only in compression and moving parts.

    The body is returned as sent if no part of it moves, or if it cannot be decoded by its contract.
    """
    body = moving_body(request) if request.body else None
    if body is None:
        return request.body
    plain = plain_request_body(request).data
    if plain is None:
        return request.body
    try:
        document = json.loads(plain) if body.content == "json" else decoded(body.message, plain)
    except (ValueError, RecursionError):
        return request.body
    for path, pattern in body.moves.items():
        _remove(document, path.split("/"), pattern)
    return json.dumps(document, sort_keys=True).encode()


def _remove(value: Any, path: Sequence[str], pattern: str) -> None:
    """Remove the moving parts below a path; ``pattern`` is that of the strings to remove, empty for every value."""
    if isinstance(value, list):
        for each in value:
            _remove(each, path, pattern)
        return
    selector = _SELECTOR.fullmatch(path[0])
    name = selector[1] if selector else path[0]
    if not isinstance(value, dict) or name not in value:
        return
    if len(path) > 1:
        _remove(value[name], path[1:], pattern)
        return
    removed = value.pop(name)
    elements = removed if isinstance(removed, list) else [removed]
    kept = [each for each in elements if not _is_moving(each, selector, pattern)]
    if kept:
        value[name] = kept if elements is removed else removed


def _is_moving(value: Any, selector: re.Match[str] | None, pattern: str) -> bool:
    if selector is not None and not (isinstance(value, dict) and value.get(selector[2]) == selector[3]):
        return False
    return not pattern or (isinstance(value, str) and re.fullmatch(pattern, value) is not None)
