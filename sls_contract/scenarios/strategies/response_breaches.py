"""The ways to break a response of a contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from sls_contract.checks.breaches import generic_level
from sls_contract.checks.logs import PROCESSED
from sls_contract.scenarios.strategies.breaches import Breach, Way, json_ways, level_of, set_header, text_ways
from sls_contract.scenarios.strategies.response_parts import ResponseParts, header_count
from sls_contract.spec import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sls_contract.scenarios.strategies.values import Draw
    from sls_contract.spec.contract import Body, Contract, Value

_OTHER_SUCCESSES = (201, 202, 302)
_UNKNOWN_CODE = "NoSuchErrorCode"
_UNWANTED = generic_level("response-body", "unexpected")


def response_ways(contract: Contract, sent: Mapping[str, str]) -> Iterator[Way]:
    """Yield the ways to break a success; ``sent`` are values of the request, by the names of `Value.filtered_by`."""
    for name in ("x-log-requestid", "Date"):
        yield Way(Breach("missing", f"header {name}", Level.VIOLATION), _set_header(name, None))
    yield Way(Breach("length", "header Content-Length", Level.VIOLATION), _set_wrong_length)
    yield Way(Breach("status", "status", contract.highest), _set_status(contract))
    for name, value in contract.response_headers.items():
        counts_filtered = value.equals == "body.log_groups" and any(f"query.{key}" in sent for key in PROCESSED)
        yield from _header_ways(name, value, miscounts=bool(value.equals) and not counts_filtered)
    if contract.response is not None:
        yield from _body_ways(contract.response, sent, contract.highest)


def error_ways(contract: Contract) -> Iterator[Way]:
    """Yield the ways to break an error response of an operation."""
    if contract.coverage == "full":
        yield Way(Breach("error-code", "/errorCode", Level.VIOLATION), _set_member("errorCode", _UNKNOWN_CODE))
        yield Way(Breach("error-status", "status", Level.VIOLATION), _move_status)
    for name in ("errorCode", "errorMessage"):
        yield Way(Breach("missing", f"/{name}", Level.VIOLATION), _set_member(name, None))
        yield Way(Breach("type", f"/{name}", Level.VIOLATION), _set_member(name, 1))
    yield Way(Breach("content-type", "header Content-Type", Level.VIOLATION), _set_header("Content-Type", "text/html"))
    yield Way(Breach("syntax", "body", Level.VIOLATION), _write(lambda data: data[:-1]))
    yield Way(Breach("length", "header Content-Length", Level.VIOLATION), _set_wrong_length)


def _header_ways(name: str, value: Value, *, miscounts: bool) -> Iterator[Way]:
    where = f"header {name}"
    if value.required is not None:
        yield Way(Breach("missing", where, value.required), _set_header(name, None))
    if miscounts:
        yield Way(Breach("count", where, level_of(value, "count")), _miscount(name, value.equals))
    yield from text_ways("header", name, value, set_header)


def _body_ways(body: Body, sent: Mapping[str, str], highest: Level) -> Iterator[Way]:
    if body.content == "none":
        yield Way(Breach("unwanted", "body", _UNWANTED), _write(lambda _: b"{}"))
    if body.content == "json":
        if body.required is not None:
            yield Way(Breach("missing", "body", body.required), _write(lambda _: b""))
        yield Way(Breach("syntax", "body", highest), _write(*_INVALID_JSON))
        yield from json_ways(body.value, sent)
    if body.content == "protobuf":
        yield Way(Breach("syntax", "body", highest), _cut_log_group)
        yield Way(Breach("coding", "header x-log-compresstype", highest), _set_wrong_coding)


def _set_header(name: str, text: str | None) -> Callable[[Draw, ResponseParts], None]:
    def change(_draw: Draw, parts: ResponseParts) -> None:
        parts.headers = {each: old for each, old in parts.headers.items() if each.lower() != name.lower()}
        parts.headers[name] = text

    return change


def _miscount(name: str, what: str) -> Callable[[Draw, ResponseParts], None]:
    def change(draw: Draw, parts: ResponseParts) -> None:
        parts.headers[name] = str(int(header_count(parts, what) or 0) + draw(st.integers(1, 9)))

    return change


def _set_status(contract: Contract) -> Callable[[Draw, ResponseParts], None]:
    others = [status for status in _OTHER_SUCCESSES if status not in contract.success]

    def change(draw: Draw, parts: ResponseParts) -> None:
        parts.status = draw(st.sampled_from(others))

    return change


def _move_status(draw: Draw, parts: ResponseParts) -> None:
    parts.status = draw(st.sampled_from([status for status in (409, 418, 429, 501) if status != parts.status]))


def _set_member(name: str, value: object) -> Callable[[Draw, ResponseParts], None]:
    """Set a member of an error body; None removes it."""

    def change(_draw: Draw, parts: ResponseParts) -> None:
        changed = {**parts.document, name: value}
        parts.document = {key: each for key, each in changed.items() if each is not None}

    return change


def _set_wrong_length(draw: Draw, parts: ResponseParts) -> None:
    parts.headers["Content-Length"] = str(len(parts.response().body) + draw(st.integers(1, 9)))


def _write(*ways: Callable[[bytes], bytes]) -> Callable[[Draw, ResponseParts], None]:
    """Rewrite the body in one of the given ways; Content-Length is adapted."""

    def change(draw: Draw, parts: ResponseParts) -> None:
        parts.data = draw(st.sampled_from(ways))(parts.response().body)

    return change


def _cut(data: bytes) -> bytes:
    return data[:-1] if data[-1:] in b']}"' else data + b"]"  # a shorter number would still be valid JSON


def _cut_log_group(_draw: Draw, parts: ResponseParts) -> None:
    """Add a log group that ends within a field; sizes and compression are correct."""
    parts.groups = [*(parts.groups or ()), b"\x0a\x09\x08"]
    for name in parts.headers:
        if name.lower() == "x-log-bodyrawsize":
            parts.headers[name] = str(len(parts.plain()))
        if name.lower() == "x-log-count":
            parts.headers[name] = str(len(parts.groups))


def _set_wrong_coding(_draw: Draw, parts: ResponseParts) -> None:
    """Announce a compression, and send bytes that are not compressed."""
    parts.data, parts.coding = b"\xff\xff\xff", parts.coding or "lz4"


_INVALID_JSON: tuple[Callable[[bytes], bytes], ...] = (
    _cut,
    lambda data: data + b" " + data,
    lambda data: b"\xef\xbb\xbf" + data,
    lambda _: b"<html>busy</html>",
)
