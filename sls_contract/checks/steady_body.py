"""A request's body without what changes with every run (`spec.moving_parts`): what two runs of one test have alike."""

from __future__ import annotations

import json
from dataclasses import replace
from re import fullmatch
from typing import TYPE_CHECKING, Any

from sls_contract.checks.content_coding import plain_body
from sls_contract.checks.protobuf import Field, encode_field, read_fields
from sls_contract.exchange import Response
from sls_contract.spec.moving_parts import moving_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sls_contract.exchange import Request
    from sls_contract.spec.moving_parts import MovingPart


def steady_body(request: Request) -> bytes:
    """Return the body without compression and without its moving parts.

    A body in which no part moves, or that cannot be read as its operation's, is returned as it was sent.
    """
    rule = moving_body(request.method, request.path) if request.body else None
    if rule is None:
        return request.body
    plain = plain_body(Response(200, request.headers, request.body)).data  # the same headers announce the same codings
    if plain is None:
        return request.body
    try:
        return _steady_message(plain, rule.parts) if rule.form == "protobuf" else _steady_json(plain, rule.parts)
    except (ValueError, RecursionError):
        return request.body


def _steady_message(data: bytes, parts: Sequence[MovingPart]) -> bytes:
    return b"".join(
        _steady_field(field, [part for part in parts if part.path[0] == field.number]) for field in read_fields(data)
    )


def _steady_field(field: Field, parts: Sequence[MovingPart]) -> bytes:
    inner = [replace(part, path=part.path[1:]) for part in parts if len(part.path) > 1]
    if len(inner) < len(parts) and any(_moves(part, field) for part in parts if len(part.path) == 1):
        return b""
    if inner and isinstance(field.value, bytes):
        return encode_field(field._replace(value=_steady_message(field.value, inner)))
    return encode_field(field)


def _moves(part: MovingPart, field: Field) -> bool:
    if isinstance(field.value, int):
        return not part.value and part.holds is None
    if part.holds is not None:
        return part.holds in {(each.number, each.value) for each in read_fields(field.value)}
    return not part.value or fullmatch(part.value, field.value) is not None


def _steady_json(data: bytes, parts: Sequence[MovingPart]) -> bytes:
    document = json.loads(data)
    for part in parts:
        _take_out(document, part.path)
    return json.dumps(document, sort_keys=True).encode()


def _take_out(value: Any, path: tuple[int | str, ...]) -> None:
    step, *rest = path
    if step == "*" and isinstance(value, list):
        for each in value:
            _take_out(each, tuple(rest))
    elif isinstance(value, dict) and step in value:
        if rest:
            _take_out(value[step], tuple(rest))
        else:
            del value[step]
