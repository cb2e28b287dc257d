"""Claims on disk: the claims of a source about an operation, with their lines and how they were read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sls_contract.spec.claims import ORIGINS, Body, Page, Parameter
from sls_contract.spec.contract import PLACEHOLDER

_LONGEST = 80
"""In characters: longer texts of problems are cut, because claims contain facts and not sentences of a page."""


def as_plain(page: Page) -> dict[str, Any]:
    """Return the plain values of a file of claims, without unknown and empty entries."""
    plain = {
        "operation": page.operation,
        "method": page.method,
        "path": page.path,
        "host": page.host,
        "lines": _lines(page, "route"),
        "path_parameters": {
            name: _parameter(each, _lines(page, f"path {name}")) for name, each in page.described.items()
        },
        "query": {name: _parameter(each, _lines(page, f"query {name}")) for name, each in page.query.items()},
        "headers": {name: _parameter(each, _lines(page, f"header {name}")) for name, each in page.headers.items()},
        "body": _body(page, page.body, "body"),
        "response": _non_empty({"status": page.status, "headers": page.response_headers})
        | _body(page, page.response, "response"),
        "errors": [
            _non_empty(
                {"status": status, "code": code, "messages": texts, "lines": _lines(page, f"error {status} {code}")}
            )
            for (status, code), texts in page.errors.items()
        ],
        "problems": [
            {"line": each.line, "kind": each.kind, "where": each.where, "says": each.says[:_LONGEST]}
            for each in sorted(page.problems)
        ],
    }
    return _non_empty(plain)


def _non_empty(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries that are known and not empty."""
    return {name: value for name, value in plain.items() if value not in (None, "", [], {}, ())}


def _lines(page: Page, place: str) -> list[int]:
    return sorted(page.lines.get(place, ()))


def _parameter(parameter: Parameter, lines: list[int]) -> dict[str, Any]:
    return _non_empty(
        {
            "type": parameter.type,
            "required": parameter.required,
            "values": list(parameter.values),
            **parameter.limits(),
            "read": [origin for origin in ORIGINS if origin in parameter.origins],
            "lines": lines,
        }
    )


def _body(page: Page, body: Body, side: str) -> dict[str, Any]:
    members = []
    for (parent, name), each in body.members.items():
        lines = _lines(page, f"{side} member {'.'.join(filter(None, (parent, name)))}")
        members.append({"name": name, **_non_empty({"in": parent}), **_parameter(each, lines)})
    return _non_empty({"shape": body.shape, "digest": body.digest, "lines": _lines(page, side), "members": members})


def from_plain(plain: Mapping[str, Any]) -> Page:
    """Read claims from their plain form; raises TypeError, KeyError, AttributeError or ValueError if malformed."""
    response = plain.get("response", {})
    path = plain.get("path")
    page = Page(operation=plain["operation"], method=plain.get("method"), path=path, host=plain.get("host"))
    page.path_parameters = PLACEHOLDER.findall(path or "")
    page.described = {name: _read_parameter(each) for name, each in plain.get("path_parameters", {}).items()}
    page.query = {name: _read_parameter(each) for name, each in plain.get("query", {}).items()}
    page.headers = {name: _read_parameter(each) for name, each in plain.get("headers", {}).items()}
    page.body, page.response = _read_body(plain.get("body", {})), _read_body(response)
    page.lines = {place: set(lines) for place, lines in _all_lines(plain) if lines}
    page.status, page.response_headers = response.get("status"), list(response.get("headers", ()))
    page.errors = {(each["status"], each["code"]): list(each.get("messages", ())) for each in plain.get("errors", ())}
    for each in plain.get("problems", ()):
        page.problem(**each)
    return page


def _all_lines(plain: Mapping[str, Any]) -> Iterator[tuple[str, list[int]]]:
    yield "route", plain.get("lines", [])
    for key, kind in (("path_parameters", "path"), ("query", "query"), ("headers", "header")):
        for name, each in plain.get(key, {}).items():
            yield f"{kind} {name}", each.get("lines", [])
    for side in ("body", "response"):
        body = plain.get(side, {})
        yield side, body.get("lines", [])
        for each in body.get("members", ()):
            yield f"{side} member {'.'.join(filter(None, (each.get('in'), each['name'])))}", each.get("lines", [])
    for each in plain.get("errors", ()):
        yield f"error {each['status']} {each['code']}", each.get("lines", [])


def _read_parameter(plain: Mapping[str, Any]) -> Parameter:
    values = tuple(map(str, plain.get("values", ())))
    read = Parameter(plain.get("type"), plain.get("required"), values, set(plain.get("read", ())), plain.get("in"))
    read.minimum, read.maximum, read.default = plain.get("minimum"), plain.get("maximum"), plain.get("default", "")
    return read


def _read_body(plain: Mapping[str, Any]) -> Body:
    members = {(each.get("in"), each["name"]): _read_parameter(each) for each in plain.get("members", ())}
    return Body(plain.get("shape"), members, plain.get("digest"))
