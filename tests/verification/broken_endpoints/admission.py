"""Requests let in that had to be refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from broken_endpoints.harness import bug, correct, fits, is_read, late, lets_in, now, with_body, with_header

from sls_contract.signing import (
    MAX_SKEW,
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Dialect,
    access_key_id,
    http_date,
    parse_http_date,
    request_time,
    resign,
)

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response


@lets_in("SLS239")
def asks_for_no_signature(request):
    return True


@lets_in("SLS239")
def lets_the_unsigned_in(request):
    return "Authorization" not in request.headers


@lets_in("SLS239")
def lets_known_keys_in(request):
    return access_key_id(request) == TEST_CREDENTIALS.access_key_id


@lets_in("SLS239")
def lets_any_scheme_in(request):
    return not request.headers.get("Authorization", "").startswith(("LOG", "SLS4"))


@lets_in("SLS239")
def signs_no_method(request):
    return fits(request.replace(method={"GET": "POST", "POST": "PUT"}.get(request.method, "POST")))


@lets_in("SLS239")
def signs_no_query(request):
    return fits(request.replace(url=request.url.partition("?")[0])) or fits(request.replace(url=request.url + "1"))


@lets_in("SLS239")
def signs_only_known_query_keys(request):
    return fits(request.replace(url=re.sub(r"[?&]probe=1$", "", request.url)))


@lets_in("SLS239")
def signs_only_known_headers(request):
    return fits(request.replace(headers=request.headers.without("x-log-probe", "x-acs-probe")))


@lets_in("SLS239")
def signs_header_names_only(request):
    return "x-log-probe" in request.headers and fits(
        request.replace(headers=request.headers.with_field("x-log-probe", "1"))
    )


@lets_in("SLS239")
def signs_no_content_type(request):
    return fits(request.replace(headers=request.headers.with_field("Content-Type", "application/x-protobuf")))


@lets_in("SLS239")
def signs_no_date(request):
    time = request_time(request)
    return time is not None and fits(
        request.replace(headers=request.headers.with_field("Date", http_date(time - timedelta(seconds=1))))
    )


@lets_in("SLS239")
def signs_no_path(request):
    path, mark, query = request.url.partition("?")
    return fits(request.replace(url=f"{path}x{mark}{query}"))


@lets_in("SLS239")
def trusts_the_announced_body_digest(request):
    if "x-log-content-sha256" not in request.headers:
        return False
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    return fits(request.replace(headers=request.headers.with_field("x-log-content-sha256", empty)))


@lets_in("SLS239")
def accepts_hexadecimal(request):
    return bool(re.search(r":[0-9a-f]{40}$|:[0-9a-f]{64}$", request.headers.get("Authorization", "")))


def digests(request: Request, scheme: str) -> tuple[str, str]:
    """Return the Authorization of a request signed with the test key, and the one that it should have."""
    given = request.headers.get("Authorization", "")
    if access_key_id(request) != TEST_CREDENTIALS.access_key_id:
        return given, ""
    return given, resign(request, Dialect(scheme), TEST_CREDENTIALS).headers["Authorization"]


@lets_in("SLS239")
def takes_either_hash(request):
    return any(given == right for given, right in (digests(request, scheme) for scheme in ("v1", "v1-sha256")))


@lets_in("SLS239")
def compares_digests_without_case(request):
    return any(
        given.lower() == right.lower() for given, right in (digests(request, scheme) for scheme in ("v1", "v1-sha256"))
    )


@lets_in("SLS239")
def takes_any_scope(request):
    given, right = digests(request, "v4")
    return "SLS4" in given and given == right


@lets_in("SLS239")
def hashes_no_body(request):
    return bool(request.body) and fits(request.replace(body=b" " * len(request.body)))


@lets_in("SLS239")
def lets_temporary_keys_in(request):
    return request.headers.get("x-acs-security-token") == TEST_STS_CREDENTIALS.security_token


@lets_in("SLS239")
def lets_whole_lists_out(request):
    return request.method == "GET" and not request.query and access_key_id(request) == TEST_CREDENTIALS.access_key_id


@lets_in("SLS454")
def needs_no_signature_method(request):
    given, right = digests(request, "v1")
    return "x-log-signaturemethod" not in request.headers and given == right


@lets_in("SLS240")
def looks_at_date_alone(request):
    date = parse_http_date(request.headers.get("Date", ""))
    return date is not None and abs(date - now()) <= MAX_SKEW and fits(request)


@bug("SLS239")
class CachesByUrl:
    def __init__(self) -> None:
        self.real, self.kept = correct(), {}

    def __call__(self, request: Request) -> Response:
        response = self.real(request)
        if not is_read(request):
            self.kept.clear()
        elif response.status == 200:
            self.kept[request.url] = response.body
        elif response.status in (400, 401) and request.url in self.kept:
            served = with_header(response, "Content-Type", "application/json").replace(status=200)
            return with_body(served, self.kept[request.url])
        return response


@lets_in("SLS240")
def looks_at_no_clock(request):
    return abs(late(request)) > MAX_SKEW and fits(request)


@lets_in("SLS240")
def looks_at_the_past_only(request):
    return late(request) < -MAX_SKEW and fits(request)


@lets_in("SLS240")
def looks_at_the_future_only(request):
    return late(request) > MAX_SKEW and fits(request)


@lets_in("SLS240")
def allows_an_hour(request):
    return MAX_SKEW < abs(late(request)) < timedelta(hours=1) and fits(request)
