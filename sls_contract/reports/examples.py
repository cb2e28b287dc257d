"""Example exchanges of a report: the first of each kind of finding and change, as plain JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.checks.content_coding import plain_body
from sls_contract.exchange import Exchange, masked_url, wire_text
from sls_contract.reports.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sls_contract.headers import Headers
    from sls_contract.spec import Finding

LONGEST_BODY = 20_000
"""The number of characters of a body that a report keeps."""


def plain_exchange(exchange: Exchange) -> dict[str, Any]:
    """Return a scrubbed exchange as plain values, with its bodies decoded and cut at `LONGEST_BODY`.

    The body of a request is None if the recording lacks it.
    """
    request, response, shown = exchange.request, exchange.response, None
    if response is not None:
        body = plain_body(response).data
        line = f"{response.status} {response.reason}".rstrip()
        shown = _message(line, response.headers, response.body if body is None else body)
    line = f"{request.method} {masked_url(request.url)}"
    return {"request": _message(line, request.headers, request.body if request.wire else None), "response": shown}


def first_example(
    examples: list[dict[str, Any]],
    finding: Finding,
    exchange: Exchange,
    scrub: Callable[[Exchange], Exchange] | None = None,
) -> None:
    """Add the exchange of a finding if it is the first of its clause, level and operation; ``scrub`` cleans it."""
    plain = {"code": finding.code, "kind": str(finding.level), "operation": finding.operation or None}
    if kind_of(plain) not in map(kind_of, examples):
        shown = plain_exchange(scrub(exchange) if scrub else exchange)
        examples.append({**plain, "where": finding.where, **shown})


def join_examples(examples: list[dict[str, Any]], more: Iterable[dict[str, Any]]) -> None:
    """Add examples from elsewhere if they are the first of their kind."""
    kinds = {kind_of(each) for each in examples}
    examples.extend(each for each in more if kind_of(each) not in kinds)


def kind_of(example: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return the key that distinguishes examples: clause, level and operation; for a change: clause, class and slug."""
    return example["code"] or "", example["kind"], example.get("operation") or "", example.get("slug") or ""


def change_example(change: Mapping[str, Any], old: Exchange, new: Exchange) -> dict[str, Any]:
    """Return both sides of a kind of change; ``change`` is a result of `plain_change`, ``kind`` its class."""
    named = {"code": change["code"], "slug": change["slug"], "kind": change["class"], "where": change["where"]}
    return {**named, "old": plain_exchange(old), "new": plain_exchange(new)}


def _message(line: str, headers: Headers, body: bytes | None) -> dict[str, Any]:
    pairs = [[printable(name), printable(value)] for name, value in headers.pairs]
    return {"line": printable(line), "headers": pairs, "body": None if body is None else _shown(body)}


def _shown(body: bytes) -> str:
    text = printable(wire_text(body[: 4 * LONGEST_BODY]))  # UTF-8 takes four bytes a character at most
    return f"{text[:LONGEST_BODY]}… ({len(body)} bytes)" if len(text) > LONGEST_BODY else text
