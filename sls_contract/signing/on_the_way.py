"""Changes to a request between its signer and the service: the client signed rightly, but another request arrived.

Each entry yields the forms of the requests that may have been sent; a matching digest shows the change. Gateways and
proxies add path prefixes and query keys, encode again, rewrite Host and Date, and remove headers.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from sls_contract.exchange import decode_path
from sls_contract.signing.canonical import LogForm, Sls4Form, replace
from sls_contract.signing.clock import MAX_SKEW, http_date, iso_basic, request_time
from sls_contract.signing.dialect import API_VERSION, METHOD_HEADER, SIGNATURE_METHODS, log_query, sls4_query
from sls_contract.signing.mistakes import F, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sls_contract.exchange import Request

_MOST_SEGMENTS = 3  # of a prefix
_MOST_KEYS = 16  # of a query
_COMMON_TYPES = ("application/json", "application/x-protobuf", "application/octet-stream", "text/plain")
_COMMON_HEADERS = (
    ("x-log-bodyrawsize", "0"),
    ("x-log-apiversion", API_VERSION),
    *((METHOD_HEADER, method) for method in SIGNATURE_METHODS),
    ("x-log-compresstype", "lz4"),
    ("x-log-compresstype", "zstd"),
    ("x-log-compresstype", "deflate"),
)
_METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD")
_FORWARDED = ("x-forwarded-host", "x-original-host", "x-host")
_SLASHES = re.compile("/{2,}")


def without_prefix(form: F, _request: Request) -> Iterator[F]:
    """Yield the form without the first one, two or three segments of the path."""
    parts = form.path.split("/")
    for count in range(1, min(_MOST_SEGMENTS, len(parts) - 2) + 1):
        if not any(parts[1 : count + 1]):
            continue  # another entry covers double slashes
        yield replace(form, path="/" + "/".join(parts[count + 1 :]))


def without_each_key(form: F, request: Request) -> Iterator[F]:
    """Yield the form without one query key, for each key in turn."""
    parts = [part for part in request.query.split("&") if part]
    for at in range(min(len(parts), _MOST_KEYS)):
        yield replace(form, query=_signed_query(form, "&".join(parts[:at] + parts[at + 1 :])))


def decoded_once_more(form: F, request: Request) -> Iterator[F]:
    """Yield the form of the request before its query, its path, or both were percent-encoded again."""
    query = "&".join(
        f"{key}={value}" if equals else key
        for part in request.query.split("&")
        for key, equals, value in [decode_path(part).partition("=")]
    )
    path = decode_path(form.path)
    if query != request.query:
        yield replace(form, query=_signed_query(form, query))
        yield replace(form, query=_signed_query(form, query), path=path)
    yield replace(form, path=path)


def _signed_query(form: F, query: str) -> str:
    return log_query(query) if isinstance(form, LogForm) else sls4_query(query)


def with_lost_header(form: F, request: Request) -> Iterator[F]:
    """Yield the form with a header that clients send and sign but that did not arrive, for each in turn."""
    arrived = {name for name, _ in form.headers}
    for name, value in _candidates(form, request):
        if name not in arrived:
            yield replace(form, headers=tuple(sorted((*form.headers, (name, value)))))


def with_other_value(form: F, request: Request) -> Iterator[F]:
    """Yield the form with another common value of a header that arrived, for each in turn."""
    arrived = dict(form.headers)
    bare_type = arrived.get("content-type", "").partition(";")[0].rstrip()
    for name, value in (*_candidates(form, request), ("content-type", bare_type)):
        if name in arrived and arrived[name] != value:
            yield replace(form, headers=tuple(sorted({**arrived, name: value}.items())))


def _candidates(form: F, request: Request) -> list[tuple[str, str]]:
    """Return headers that clients send and sign; v1 does not sign the type of the content among the headers."""
    types = [("content-type", text) for text in _COMMON_TYPES] if isinstance(form, Sls4Form) else []
    return [*_COMMON_HEADERS, ("x-log-bodyrawsize", str(len(request.body))), *types]


def other_host(form: Sls4Form, request: Request) -> Iterator[Sls4Form]:
    """Yield the form with a host that a gateway may have replaced: the forwarded host, or with the project in front."""
    hosts = [value for name in _FORWARDED for value in request.headers.get_all(name)]
    segment = request.path.split("/")[1] if "/" in request.path else ""
    hosts += [f"{segment}.{request.host}"] if segment and segment != "logstores" else []
    for host in hosts:
        yield replace(form, headers=tuple((name, host if name == "host" else value) for name, value in form.headers))


def other_date(form: F, request: Request) -> Iterator[F]:
    """Yield the form dated at each second within 15 minutes, and at the same second in other zones."""
    sent = request_time(request)
    if sent is None:
        return
    for when in _moments(sent):
        if isinstance(form, LogForm):
            yield replace(form, date=http_date(when))
        else:
            text = iso_basic(when)
            headers = tuple((name, text if name == "x-log-date" else value) for name, value in form.headers)
            yield replace(form, time=text, headers=headers)


def _moments(sent: datetime) -> Iterator[datetime]:
    reach = int(MAX_SKEW.total_seconds())
    try:
        yield from (sent + timedelta(hours=hours) for hours in range(-12, 15) if hours)
        for seconds in range(1, reach + 1):
            yield sent - timedelta(seconds=seconds)
            yield sent + timedelta(seconds=seconds)
    except OverflowError:  # the first and the last day of the calendar
        return


_SIGN_LATE = "Sign after the last change to the request, or let the gateway forward it unchanged."

ON_THE_WAY: tuple[Mistake, ...] = (
    Mistake("header-lost-on-the-way", "header-list", with_lost_header).explained(
        "A header was signed that did not arrive.", f"Find the proxy that removes the header. {_SIGN_LATE}"
    ),
    Mistake("header-changed-on-the-way", "header-list", with_other_value).explained(
        "A header arrived with a value that was not signed.",
        f"Find the library or proxy that changes the header after signing. {_SIGN_LATE}",
    ),
    Mistake(
        "method-changed-on-the-way", "digest", lambda form, _: [replace(form, method=method) for method in _METHODS]
    ).explained(
        "The request arrived with a method that was not signed, as after a redirect.",
        f"Send the request to the target of the redirect, with the signed method. {_SIGN_LATE}",
    ),
    Mistake(
        "double-slash-on-the-way", "resource", lambda form, _: [replace(form, path=_SLASHES.sub("/", form.path))]
    ).explained(
        "The path arrived with a double slash that was not signed.",
        f"Join the endpoint and the path with one slash. {_SIGN_LATE}",
    ),
    Mistake("path-prefix-on-the-way", "resource", without_prefix).explained(
        "The path arrived with a prefix that was not signed, such as a gateway's route or the project.",
        f"Let the gateway remove its prefix; the project is in Host, not in the path. {_SIGN_LATE}",
    ),
    Mistake("query-key-added-on-the-way", "resource", without_each_key).explained(
        "The query arrived with a key that was not signed.", f"Find the gateway that adds the key. {_SIGN_LATE}"
    ),
    Mistake("encoded-again-on-the-way", "resource", decoded_once_more).explained(
        "Path or query arrived percent-encoded once more than they were signed.",
        f"Find the library or gateway that encodes the URL again. {_SIGN_LATE}",
    ),
)
"""The changes that are possible in both schemes, in the order of the steps."""

HOST_ON_THE_WAY = Mistake("host-rewritten-on-the-way", "header-list", other_host).explained(
    "Host arrived with a value that was not signed.", f"Let the gateway keep the Host header. {_SIGN_LATE}"
)
"""For v4 only, which signs Host."""

DATE_ON_THE_WAY = Mistake("date-rewritten-on-the-way", "date", other_date).explained(
    "The date arrived with a value that was not signed.",
    f"Find the library or proxy that sets Date after signing; send x-log-date, which proxies keep. {_SIGN_LATE}",
)
"""Tried last, and in the default dialect only, because it has two thousand forms."""
