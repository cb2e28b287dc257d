"""Differences of headers beyond the clauses: new names, changed values, another form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.cassettes.drift.change import Difference, Differences
from sls_contract.spec.change import Class

if TYPE_CHECKING:
    from sls_contract.cassettes.drift.side import Side
    from sls_contract.headers import Headers

_CLAUSES = {
    "content-type": "content-type",
    "date": "response-date",
    "x-log-requestid": "request-id",
    "content-length": "content-length",
    "content-md5": "content-md5",
    "content-encoding": "content-encoding",
    "x-log-compresstype": "compress-type",
    "x-log-bodyrawsize": "compress-type",
}
"""The clause that governs a header of a response."""

_HARMLESS = frozenset({"server", "connection", "keep-alive", "transfer-encoding", "access-control-allow-origin"})
"""Headers that a page's sample prints, or that concern one connection: new ones are benign."""


def header_differences(old: Side, new: Side) -> Differences:
    """Yield the differences between the headers of two responses; for removed required ones, see `clauses`."""
    before, after = old.response.headers, new.response.headers
    for name in after:
        if name not in before:
            yield _appeared(name, after[name], new.named_headers)
        elif before.get_all(name) != after.get_all(name):
            yield Difference(Class.BENIGN, _slug(name), f"header {name}", before[name], after[name])
    for name in before:
        if name not in after:
            yield Difference(Class.BENIGN, _slug(name), f"header {name}", before[name], None)
    yield from _form(before, after)
    if old.response.reason != new.response.reason and old.response.status == new.response.status:
        yield Difference(Class.BENIGN, "reason", "reason", old.response.reason, new.response.reason)


def request_differences(old: Side, new: Side) -> Differences:
    """Yield one difference for all that the client sent differently: clients date and sign each request again."""
    before, after = old.exchange.request, new.exchange.request
    names = [
        *(name for name in before.headers if before.headers.get_all(name) != after.headers.get_all(name)),
        *(name for name in after.headers if name not in before.headers),
    ]
    moved = [*(["URL"] if before.url != after.url else []), *names]
    if moved:
        yield Difference(Class.BENIGN, "request", "request", None, f"other {', '.join(moved)}")


def _appeared(name: str, value: str, named: frozenset[str]) -> Difference:
    if name.lower() in _CLAUSES or name.lower() in _HARMLESS | named:
        return Difference(Class.BENIGN, _slug(name), f"header {name}", None, value)
    return Difference(Class.ADDITIVE, "new-header", f"header {name}", None, value)


def _slug(name: str) -> str:
    return _CLAUSES.get(name.lower(), "header")


def _form(before: Headers, after: Headers) -> Differences:
    """Yield one difference for another case or order of the names that both sides have."""
    was, now = ([name for name, _ in side.pairs if name in before and name in after] for side in (before, after))
    if was != now:
        yield Difference(Class.BENIGN, "header-form", "headers", ", ".join(was), ", ".join(now))
