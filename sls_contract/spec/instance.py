"""A request taken apart the way the request schema reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.spec.routing import names_in

if TYPE_CHECKING:
    from sls_contract.exchange import Request


TEMPLATE = "/logstores/{logstore}/consumergroups/{consumerGroup}"
"""The path that the request schema describes."""


def request_instance(request: Request) -> dict[str, Any]:
    """Take a request apart for the schema ``get-checkpoint.request``; any request is taken, valid or not.

    Header names are in lower case and the effective host stands under ``host``. A query key that came several times
    holds an array, which is no valid value. Where the path is another operation's, ``path`` has only the project.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    return {
        "path": {"project": request.host.partition(".")[0], **(names_in(TEMPLATE, request.path) or {})},
        "query": _query(request),
        "headers": {**headers, "host": request.host},
    }


def _query(request: Request) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for key, value in request.query_pairs():
        values.setdefault(key, []).append(value)
    return {key: given[0] if len(given) == 1 else given for key, given in values.items()}
