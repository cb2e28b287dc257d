"""A source's claims on disk: what a page or a model says of one operation, where it stands, and how it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.spec.claims import ORIGINS, Body, Page, Parameter, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 80
"""In characters: what a page prints at a problem is kept up to here, since claims hold facts and no sentences."""


def as_plain(page: Page) -> dict[str, Any]:
    """Return claims as they stand in a file; what a page does not say is left out."""
    plain = {
        "operation": page.operation,
        "method": page.method,
        "path": page.path,
        "host": page.host,
        "query": {name: _parameter(each) for name, each in page.query.items()},
        "headers": {name: _parameter(each) for name, each in page.headers.items()},
        "body": _body(page.body),
        "response": {**_some({"status": page.status, "headers": page.response_headers}), **_body(page.response)},
        "errors": [
            {"status": status, "code": code, "messages": messages} for (status, code), messages in page.errors.items()
        ],
        "problems": [
            {"line": each.line, "kind": each.kind, "where": each.where, "says": each.says[:_LONGEST]}
            for each in sorted(page.problems)
        ],
        "lines": {place: sorted(lines) for place, lines in sorted(page.lines.items())},
    }
    return _some(plain)


def _some(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is unknown or empty."""
    return {name: value for name, value in plain.items() if value not in (None, "", [], {}, ())}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return _some(
        {
            "type": parameter.type,
            "required": parameter.required,
            "values": list(parameter.values),
            "read": [origin for origin in ORIGINS if origin in parameter.origins],
        }
    )


def _body(body: Body) -> dict[str, Any]:
    members = [{"name": name, **_some({"in": parent}), **_parameter(each)} for (parent, name), each in body.members.items()]
    return _some({"shape": body.shape, "digest": body.digest, "members": members})


def from_plain(plain: Mapping[str, Any]) -> Page:
    """Read claims from their plain form; raises TypeError, KeyError, AttributeError or ValueError for anything else."""
    response = plain.get("response", {})
    path = plain.get("path")
    page = Page(operation=plain["operation"], method=plain.get("method"), path=path, host=plain.get("host"))
    page.query = {name: _read_parameter(each) for name, each in plain.get("query", {}).items()}
    page.headers = {name: _read_parameter(each) for name, each in plain.get("headers", {}).items()}
    page.body, page.response = _read_body(plain.get("body", {})), _read_body(response)
    page.status, page.response_headers = response.get("status"), list(response.get("headers", ()))
    page.errors = {(each["status"], each["code"]): list(each.get("messages", ())) for each in plain.get("errors", ())}
    page.problems = [Problem(**each) for each in plain.get("problems", ())]
    page.lines = {place: set(lines) for place, lines in plain.get("lines", {}).items()}
    return page


def _read_parameter(plain: Mapping[str, Any]) -> Parameter:
    values = tuple(map(str, plain.get("values", ())))
    return Parameter(plain.get("type"), plain.get("required"), values, set(plain.get("read", ())), plain.get("in"))


def _read_body(plain: Mapping[str, Any]) -> Body:
    members = {(each.get("in"), each["name"]): _read_parameter(each) for each in plain.get("members", ())}
    return Body(plain.get("shape"), members, plain.get("digest"))
