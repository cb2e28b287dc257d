"""The ways to break a request of a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from sls_contract.checks.breaches import generic_codes, generic_level
from sls_contract.scenarios.strategies.breaches import UNKNOWN, Breach, Way, json_ways, level_of, set_header, text_ways
from sls_contract.scenarios.strategies.request_parts import SIGNED_HEADERS
from sls_contract.scenarios.strategies.values import Context, Draw, draw_text
from sls_contract.spec import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sls_contract.scenarios.strategies.request_parts import RequestParts
    from sls_contract.spec.contract import Body, Contract, Value

_REPEATED = generic_codes("query")["repeated"]
_UNWANTED = generic_level("request-body", "unexpected")


def request_ways(contract: Contract) -> Iterator[Way]:
    """Yield the ways to break a request of an operation."""
    for name, value in contract.path_parameters.items():
        yield from text_ways("path", name, value, _set_path)
    for name, value in contract.query.items():
        if name not in contract.discriminator:
            yield from _query_ways(name, value)
    if contract.others is not None:
        yield Way(Breach("unknown", f"query {UNKNOWN}", contract.others), _add_query)
    for name, value in contract.headers.items():
        yield from _header_ways(name, value)
    if contract.body is not None:
        yield from _body_ways(contract.body, contract.highest)
    if contract.signed:
        yield Way(
            Breach("value", "header x-log-apiversion", Level.VIOLATION),
            lambda _, parts: set_header(parts, "x-log-apiversion", "0.5"),
        )
        yield Way(Breach("signature", "signature", Level.VIOLATION), _sign_wrongly)


_KEPT_IF_WRONG = frozenset({"x-log-apiversion", "x-log-bodyrawsize"})
"""Headers that signing writes only if they are missing."""


def _header_ways(name: str, value: Value) -> Iterator[Way]:
    if name.lower() not in SIGNED_HEADERS - _KEPT_IF_WRONG:
        yield from text_ways("header", name, value, set_header)
    if value.required is not None and name.lower() not in SIGNED_HEADERS:
        yield Way(Breach("missing", f"header {name}", value.required), _without_header(name))


def _query_ways(name: str, value: Value) -> Iterator[Way]:
    where = f"query {name}"
    yield from text_ways("query", name, value, _set_query)
    if value.required is not None:
        yield Way(Breach("missing", where, value.required), _without_query(name))
    if value.needed_unless:
        yield Way(
            Breach("missing", where, level_of(value, "missing")),
            _without_query(name, *(key.removeprefix("query.") for key in value.needed_unless)),
        )
    yield Way(Breach("repeated", where, level_of(value, "repeated", _REPEATED)), _repeated_query(name, value))
    if value.aliases:
        yield Way(Breach("alias", where, level_of(value, "alias")), _renamed_query(name, value))


def _body_ways(body: Body, highest: Level) -> Iterator[Way]:
    if body.content == "none":
        yield Way(Breach("unwanted", "body", _UNWANTED), _with_data(lambda _: b"{}"))
        return
    if body.required is not None and body.content != "protobuf":  # an empty body is a valid protobuf message
        yield Way(Breach("missing", "body", body.required), _with_data(lambda _: b""))
    if body.content in ("json", "protobuf"):
        yield Way(Breach("syntax", "body", highest), _with_data(lambda data: data[:-1]))
    if body.content == "json":
        yield from json_ways(body.value, {})
    if body.content == "protobuf":
        yield Way(Breach("count", "header x-log-bodyrawsize", highest), _miscount)


def _set_path(parts: RequestParts, name: str, text: str) -> None:
    parts.path[name] = text if text.strip(".") else "!"  # an empty or dotted segment would be another route


def _set_query(parts: RequestParts, name: str, text: str) -> None:
    parts.query = [pair for pair in parts.query if pair[0] != name] + [(name, text)]


def _add_query(_draw: Draw, parts: RequestParts) -> None:
    parts.query.append((UNKNOWN, "1"))


def _without_query(*names: str) -> Callable[[Draw, RequestParts], None]:
    def change(_draw: Draw, parts: RequestParts) -> None:
        parts.query = [pair for pair in parts.query if pair[0] not in names]

    return change


def _repeated_query(name: str, value: Value) -> Callable[[Draw, RequestParts], None]:
    def change(draw: Draw, parts: RequestParts) -> None:
        sent = [text for key, text in parts.query if key == name] or [_drawn(draw, value, parts)]
        parts.query = [*[pair for pair in parts.query if pair[0] != name], (name, sent[0]), (name, sent[0])]

    return change


def _renamed_query(name: str, value: Value) -> Callable[[Draw, RequestParts], str]:
    def change(draw: Draw, parts: RequestParts) -> str:
        sent = [text for key, text in parts.query if key == name] or [_drawn(draw, value, parts)]
        alias = draw(st.sampled_from(value.aliases))
        parts.query = [*[pair for pair in parts.query if pair[0] != name], (alias, sent[0])]
        return f"query {alias}"

    return change


def _drawn(draw: Draw, value: Value, parts: RequestParts) -> str:
    return draw_text(draw, value, Context(parts.at, shortest=1))


def _without_header(name: str) -> Callable[[Draw, RequestParts], None]:
    def change(_draw: Draw, parts: RequestParts) -> None:
        parts.headers = {each: text for each, text in parts.headers.items() if each.lower() != name.lower()}

    return change


def _with_data(broken: Callable[[bytes], bytes]) -> Callable[[Draw, RequestParts], None]:
    def change(_draw: Draw, parts: RequestParts) -> None:
        parts.data = broken(parts.encoded())

    return change


def _miscount(draw: Draw, parts: RequestParts) -> None:
    parts.headers["x-log-bodyrawsize"] = str(len(parts.raw or b"") + draw(st.integers(1, 9)))


def _sign_wrongly(_draw: Draw, parts: RequestParts) -> None:
    parts.signs_wrongly = True
