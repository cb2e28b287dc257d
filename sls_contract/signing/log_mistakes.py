"""The known mistakes of v1, in the order of the steps."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from sls_contract.signing.canonical import replace
from sls_contract.signing.mistakes import (
    PATH_CHANGED,
    SHARED_DIGEST,
    SHARED_HEADERS,
    SHARED_RESOURCE,
    Mistake,
    query_as_sent,
    query_encoded,
    query_plain,
    query_twice_encoded,
)
from sls_contract.signing.on_the_way import ON_THE_WAY
from sls_contract.signing.signer import content_md5

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.exchange import Request
    from sls_contract.signing.canonical import LogForm

_COMMON_TYPES = ("application/json", "application/x-protobuf", "application/x-www-form-urlencoded", "text/plain")


def other_content_md5(form: LogForm, request: Request) -> Iterator[LogForm]:
    """Yield the form with the MD5 in lower case, in base64, or signed without being sent."""
    right = content_md5(request.body)
    digest = hashlib.md5(request.body, usedforsecurity=False).digest()
    for text in (right.lower(), base64.b64encode(digest).decode("ascii"), right, form.content_md5.lower()):
        yield replace(form, content_md5=text)


def other_content_type(form: LogForm, _request: Request) -> Iterator[LogForm]:
    """Yield the form with a type that a library adds or changes, or without its parameters."""
    types = (form.content_type.partition(";")[0].rstrip(), form.content_type.lower(), *_COMMON_TYPES)
    for text in types:
        yield replace(form, content_type=text)


def date_in_header_list(form: LogForm, request: Request) -> Iterator[LogForm]:
    """Yield the form with ``x-log-date`` in the header list."""
    for value in request.headers.get_all("x-log-date"):
        yield replace(form, headers=tuple(sorted((*form.headers, ("x-log-date", value.strip())))))


def newline_before_resource(form: LogForm, _request: Request) -> Iterator[LogForm]:
    """Yield the form with one newline too few or too many after the header list."""
    yield replace(form, path="\n" + form.path)
    if form.headers:
        *kept, (name, value) = form.headers
        yield replace(form, headers=tuple(kept), path=f"{name}:{value}{form.path}")


LOG_MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "date-header-signed", "date", lambda form, request: [replace(form, date=request.headers.get("date", ""))]
    ).explained(
        "Date was signed although x-log-date is sent, whose value replaces it.",
        "Sign the value of x-log-date in the DATE line, or do not send x-log-date.",
    ),
    Mistake("date-left-out", "date", lambda form, _: [replace(form, date="")]).explained(
        "The DATE line was left empty.", "Put the value of x-log-date, else of Date, into the DATE line."
    ),
    Mistake("content-md5-left-out", "content-md5", lambda form, _: [replace(form, content_md5="")]).explained(
        "Content-MD5 was sent and not signed.", "Put the value of Content-MD5 into the second line."
    ),
    Mistake("other-content-md5", "content-md5", other_content_md5).explained(
        "The signed Content-MD5 is not the one that was sent.",
        "Sign the value of Content-MD5 exactly as sent: upper-case hex; leave the line empty if none is sent.",
    ),
    Mistake("content-type-left-out", "content-type", lambda form, _: [replace(form, content_type="")]).explained(
        "Content-Type was sent and not signed; on a request without a body it is signed as well.",
        "Put the value of Content-Type into the third line, or do not send it.",
    ),
    Mistake("other-content-type", "content-type", other_content_type).explained(
        "The signed Content-Type is not the one that was sent: a library may add or change it after signing.",
        "Set Content-Type before signing, and sign it exactly as sent.",
    ),
    Mistake("x-log-date-in-header-list", "header-list", date_in_header_list).explained(
        "x-log-date was signed in the header list; in v1 only its value counts, in the DATE line.",
        "Leave x-log-date out of the header list.",
    ),
    *SHARED_HEADERS,
    *SHARED_RESOURCE,
    Mistake("query-percent-encoded", "resource", query_encoded).explained(
        "The query was signed percent-encoded; v1 signs it decoded.",
        "Sign keys and values as they are before they are encoded for the URL.",
    ),
    Mistake("query-as-sent", "resource", query_as_sent).explained(
        "The query was signed as it is in the URL; v1 signs it decoded and sorted.",
        "Sign keys and values as they are before they are encoded for the URL, sorted by key.",
    ),
    Mistake("empty-value-without-equals", "resource", query_plain).explained(
        "The = of an empty query value is missing; v1 keeps it.", "Write an empty value as key=."
    ),
    Mistake("query-encoded-twice", "resource", query_twice_encoded).explained(
        "The query's values were percent-encoded twice.",
        "Sign keys and values as they are before they are encoded for the URL.",
    ),
    PATH_CHANGED,
    *ON_THE_WAY,
    *SHARED_DIGEST,
    Mistake("newline-before-resource", "digest", newline_before_resource).explained(
        "There is no newline between the header list and the resource, or one too many.",
        "Put exactly one newline after each header.",
    ),
)
