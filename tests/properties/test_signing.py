"""Signatures against the official signers, and the invariants that hold for every request."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, urlencode

import pytest
from alibabacloud_gateway_sls.client import Client as TeaSigner
from alibabacloud_gateway_spi import models as spi
from aliyun.log.auth import AuthV1, AuthV4
from aliyun.log.credentials import StaticCredentialsProvider
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sls_contract.exchange import Request, wire_bytes, wire_text
from sls_contract.headers import Headers
from sls_contract.signing import (
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    Dialect,
    content_md5,
    content_sha256,
    examine,
    parse_authorization,
    parse_http_date,
    parse_iso_basic,
    resign,
    sign,
    verify_signature,
)
from sls_contract.signing.canonical import canonical_request, string_to_sign
from sls_contract.signing.clock import http_date, iso_basic
from sls_contract.signing.dialect import form_of

HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
REGION = "cn-hangzhou"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

# Names with what trips signers up, and query values empty, spaced, Chinese, with every reserved character.
NAMES = st.text(st.sampled_from("aZ09_-. +%/日志服务~*'=&?#:;,@\"<>\\|é😓"), min_size=1, max_size=12)
VALUES = st.text(st.sampled_from("aZ09_-. +%/日志~*'=&?#:;,@\"é😓\t\x00"), max_size=12)
QUERIES = st.dictionaries(NAMES, VALUES, max_size=4)
BODIES = st.one_of(st.just(b""), st.binary(min_size=1, max_size=40))
TOKEN_TEXT = "ABCabc019-_.+/="
KEYS = st.builds(
    Credentials,
    st.text("ABCabc019.", min_size=1, max_size=20),
    st.text(TOKEN_TEXT, min_size=1, max_size=30),
    st.none() | st.text(TOKEN_TEXT, min_size=1, max_size=40),
)
HEADER_VALUES = st.text("abcAZ09 -_/;=日志", min_size=1, max_size=12).map(str.strip).filter(bool)
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "x-log-compresstype": st.sampled_from(["lz4", "deflate"]),
        "x-acs-odd": HEADER_VALUES,
        "Content-Type": st.sampled_from(["application/json", "application/x-protobuf", "text/plain; charset=utf-8"]),
    },
)


class Asked(NamedTuple):
    """What an application asks an SDK for; ``plus`` tells how the SDK writes a space into the query."""

    method: str
    path: str
    query: dict[str, str]
    extras: dict[str, str]
    body: bytes
    plus: bool

    def sent(self, headers: dict[str, str]) -> Request:
        return Request(self.method, wire_url(self.path, self.query, plus=self.plus), headers, self.body)


ASKED = st.builds(
    Asked,
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.builds("/logstores/{}/consumergroups/{}".format, NAMES, NAMES),
    QUERIES,
    EXTRAS,
    BODIES,
    st.booleans(),
)


def wire_url(path: str, query: dict[str, str], *, plus: bool) -> str:
    pairs = urlencode(query) if plus else "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in query.items())
    return f"http://{HOST}{quote(path, safe='/~')}{'?' if pairs else ''}{pairs}"


def pylog_headers(body: bytes, extras: dict[str, str]) -> dict[str, str]:
    base = {"x-log-apiversion": "0.6.0", "x-log-bodyrawsize": str(len(body)), "Host": HOST, "User-Agent": "x"}
    return base | {"Content-Length": str(len(body))} | extras


def pylog_provider(key: Credentials) -> StaticCredentialsProvider:
    return StaticCredentialsProvider(key.access_key_id, key.access_key_secret, key.security_token)


def same_authorization(request: Request, key: Credentials, scheme: str) -> None:
    """Assert that sign() makes the official Authorization of the same headers at the same time."""
    when = request.headers.get("x-log-date") if scheme == "v4" else request.headers["date"]
    at = parse_iso_basic(when) or parse_http_date(when)
    bare = request.replace(headers=request.headers.without("authorization", "x-log-date"))
    ours = sign(bare, key, scheme=scheme, region=REGION, at=at)
    assert ours.headers["authorization"] == request.headers["authorization"]


@given(KEYS, ASKED)
def test_pylog_v1(key, asked):
    """What aliyun-log-python-sdk signs in v1 verifies, and sign() gives the same Authorization."""
    headers = pylog_headers(asked.body, asked.extras)
    AuthV1(pylog_provider(key)).sign_request(asked.method, asked.path, asked.query, headers, asked.body)
    request = asked.sent(headers)
    assert verify_signature(request, key) is None
    same_authorization(request, key, "v1")


@given(KEYS, ASKED)
def test_pylog_v4(key, asked):
    """What aliyun-log-python-sdk signs in v4 verifies, and sign() gives the same Authorization."""
    headers = pylog_headers(asked.body, asked.extras)
    AuthV4(pylog_provider(key), REGION).sign_request(asked.method, asked.path, asked.query, headers, asked.body)
    request = asked.sent(headers)
    assert verify_signature(request, key) is None
    same_authorization(request, key, "v4")


@given(KEYS, ASKED)
def test_tea_v1(key, asked):
    """What the 2020-12-30 SDK signs by default (hmac-sha256) verifies, and sign() gives the same Authorization."""
    headers = tea_headers(key, asked.body, asked.extras) | {
        "x-log-signaturemethod": "hmac-sha256",
        "date": http_date(AT),
        "content-md5": content_md5(asked.body) if asked.body else "",
    }
    headers["authorization"] = TeaSigner().get_authorization(
        asked.path, asked.method, asked.query, headers, key.access_key_id, key.access_key_secret
    )
    request = asked.sent(headers)
    assert verify_signature(request, key, at=AT) is None
    same_authorization(request, key, "v1-sha256")


@given(KEYS, ASKED)
def test_tea_v4(key, asked):
    """What the 2020-12-30 SDK signs in v4 verifies, and sign() gives the same Authorization."""
    headers = tea_headers(key, asked.body, asked.extras) | {
        "x-log-date": iso_basic(AT),
        "x-log-content-sha256": content_sha256(asked.body),
    }
    context = spi.InterceptorContext(
        request=spi.InterceptorContextRequest(
            method=asked.method, pathname=asked.path, query=asked.query, headers=headers
        ),
        configuration=spi.InterceptorContextConfiguration(region_id=REGION, endpoint=f"{REGION}.log.aliyuncs.com"),
    )
    headers["authorization"] = TeaSigner().get_authorization_v4(
        context, headers["x-log-date"], headers["x-log-content-sha256"], key.access_key_id, key.access_key_secret
    )
    request = asked.sent(headers)
    assert verify_signature(request, key, at=AT) is None
    same_authorization(request, key, "v4")


def tea_headers(key: Credentials, body: bytes, extras: dict[str, str]) -> dict[str, str]:
    token = {"x-acs-security-token": key.security_token} if key.security_token else {}
    base = {"accept": "application/json", "host": HOST, "user-agent": "x", "x-log-apiversion": "0.6.0"}
    lowered = {"content-type": "application/json"} | {name.lower(): value for name, value in extras.items()}
    return base | {"x-log-bodyrawsize": str(len(body))} | lowered | token


RAW_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["x-log-meta-a", "X-Log-Odd", "x-acs-odd", "x-log-odd", "Content-Type", "Accept"]),
        st.text("aB1 ;/日", max_size=6),
    ),
    max_size=4,
)
TARGETS = st.sampled_from(
    [
        "/",
        "/logstores/a%20b/x",
        "/logstores/%E6%97%A5",
        "/l?",
        "/l?a=1&b=",
        "/l?b&a=%20+",
        "/l?a=2&a=1&a",
        "/a%2Fb?x=%2B",
    ]
)
SCHEMES = st.sampled_from(["v1", "v1-sha256", "v4"])
DIALECTS = st.builds(
    Dialect,
    SCHEMES,
    st.just(REGION),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([", ", ",", None]),
    st.sampled_from(["received", "without port", "none"]),
)


def signed_in(dialect: Dialect, target: str, headers: list[tuple[str, str]], body: bytes) -> Request:
    """Sign a request in a dialect; without a Host header where the dialect signs none."""
    url = f"http://{HOST}:8080{target}"
    bare = Request("GET", url, [*headers, ("Host", f"{HOST}:8080")], body)
    fresh = sign(bare, TEST_CREDENTIALS, scheme=dialect.scheme, region=REGION, at=AT)
    gone = ("host",) if dialect.host == "none" else ()
    ready = fresh.replace(headers=fresh.headers.without(*gone))
    return resign(ready, dialect, TEST_CREDENTIALS)


@given(DIALECTS, TARGETS, RAW_HEADERS, st.binary(max_size=8))
def test_every_dialect_verifies_and_is_signed_again(dialect, target, headers, body):
    """A request signed in any dialect verifies, is recognised, and verifies again under another key, time unchanged."""
    request = signed_in(dialect, target, headers, body)
    assert verify_signature(request, TEST_CREDENTIALS, at=AT) is None
    found = examine(request, TEST_CREDENTIALS).dialect
    assert isinstance(found, Dialect)
    other = Credentials("LTAIother", "anotherSecret")
    again = resign(request, found, other)
    assert verify_signature(again, other, at=AT) is None
    assert verify_signature(again, TEST_CREDENTIALS) is not None
    assert resign(again, found, TEST_CREDENTIALS) == request


@given(st.sampled_from(["v1", "v1-sha256", "v4"]), TARGETS, st.binary(max_size=8))
def test_resign_replaces_the_token(scheme, target, body):
    """A recorded temporary key gives way to the public temporary test key, token included."""
    live = Credentials("STS.live", "liveSecretOfTheKey", "liveSecurityToken")
    request = sign(Request("GET", f"http://{HOST}{target}", {}, body), live, scheme=scheme, at=AT)
    found = examine(request, live).dialect
    assert isinstance(found, Dialect)
    again = resign(request, found, TEST_STS_CREDENTIALS)
    assert verify_signature(again, TEST_STS_CREDENTIALS, at=AT) is None
    assert not any("live" in value for _, value in again.headers.pairs)


FLIPPED = st.sampled_from(["method", "target", "host", "body", "header name", "header value"])


@pytest.mark.slow
@given(DIALECTS, TARGETS, RAW_HEADERS, st.binary(max_size=8), FLIPPED, st.integers(0, 10_000), st.integers(0, 7))
@example(Dialect("v1"), "/l?a=1&b=", [("x-log-meta-a", "x")], b"", "header name", 9, 0)
def test_every_flipped_bit_of_a_signed_part_is_caught(dialect, target, headers, body, part, place, bit):
    """Where one flipped bit changes what is signed, the signature no longer verifies."""
    request = signed_in(dialect, target, headers, body)
    flipped = flip(request, part, place, bit)
    assume(flipped is not None and flipped != request)
    if signed_text(flipped, dialect) != signed_text(request, dialect):
        assert verify_signature(flipped, TEST_CREDENTIALS) is not None


def signed_text(request: Request, dialect: Dialect) -> object:
    """Everything that the digest in a dialect stands for: the text, the body it hashes, the header that carries it."""
    parsed = parse_authorization(request.headers.get("authorization", ""))
    if parsed is None:
        return None
    form = form_of(request, dialect, parsed)
    text = canonical_request(form) if dialect.scheme == "v4" else ""
    hashed = request.body if dialect.scheme == "v4" or request.headers.get("content-md5") else b""
    return (text, string_to_sign(form), hashed, request.headers["authorization"].strip())


def flip(request: Request, part: str, place: int, bit: int) -> Request | None:
    """Flip one bit of one part; None where that part is empty or HTTP could not carry the result."""
    if part == "method":
        return request.replace(method=flip_text(request.method, place, bit))
    if part == "body":
        return request.replace(body=flip_bytes(request.body, place, bit)) if request.body else None
    if part == "target":
        target = flip_text(request.target, place, bit)
        carried = target.startswith("/") and "#" not in target
        return request.replace(url=f"http://{HOST}:8080{target}") if carried else None
    return flip_header(request, part, place, bit)


def flip_header(request: Request, part: str, place: int, bit: int) -> Request | None:
    pairs = list(request.headers.pairs)
    named = [index for index, (name, _) in enumerate(pairs) if part != "host" or name == "Host"]
    if not named:
        return None
    index = named[place % len(named)]
    name, value = pairs[index]
    if part == "header name":
        name = flip_text(name, place // len(named), bit)
    else:
        value = flip_text(value, place // len(named), bit) if value else value
    pairs[index] = (name, value)
    return request.replace(headers=Headers(pairs))


def flip_bytes(data: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[place % len(data)] ^= 1 << bit
    return bytes(changed)


def flip_text(text: str, place: int, bit: int) -> str:
    return wire_text(flip_bytes(wire_bytes(text), place, bit))


@given(
    st.text(max_size=8),
    st.sampled_from(["/", "/%", "/%zz?%=%&&=", "/\udcff?a=\udc80", "/日志?日=志"])
    | st.binary(max_size=12).map(lambda raw: "/" + wire_text(raw)),
    st.lists(
        st.tuples(
            st.sampled_from(["Authorization", "Date", "x-log-date", "x-log-odd", "Host", "Content-MD5"]),
            st.binary(max_size=12).map(wire_text)
            | st.sampled_from(["LOG testAccessKeyId:x", "SLS4-HMAC-SHA256 Credential=testAccessKeyId/////,Signature=0"])
            | st.just("SLS4-HMAC-SHA256 Credential=testAccessKeyId/99999999/r/sls/aliyun_v4_request,Signature=0"),
        ),
        max_size=5,
    ),
    st.binary(max_size=8),
)
def test_verification_never_raises(method, target, headers, body):
    """Whatever a wire can carry gets a verdict whose text a terminal can show."""
    assume(method.isprintable())
    request = Request(method, f"http://h{target}", headers, body)
    found = verify_signature(request, [TEST_CREDENTIALS, TEST_STS_CREDENTIALS], at=AT)
    assert found is not None
    str(found).encode("utf-8")


@pytest.mark.slow
@given(
    st.text("ABCdef0189+/=", min_size=8, max_size=40),
    st.text("ABCdef0189+/=", min_size=8, max_size=40),
    st.sampled_from(["v1", "v4"]),
    st.sampled_from(["nothing", "url", "header", "token"]),
)
def test_no_mismatch_shows_a_secret(secret, token, scheme, place):
    """Wherever a client puts the secret or the token, no part of a mismatch holds it."""
    secret, token = f"s{secret}s", f"t{token}t"
    key = Credentials("STS.live", secret, token)
    url = f"http://{HOST}/l?a={quote(secret + token, safe='')}" if place == "url" else f"http://{HOST}/l"
    headers = {"x-log-odd": f"{secret} {token}"} if place == "header" else {}
    request = sign(Request("GET", url, headers), key, scheme=scheme, at=AT)
    broken = request.replace(method="PUT")
    if place == "token":
        broken = broken.replace(headers=broken.headers.with_field("x-acs-security-token", token + "x"))
    found = verify_signature(broken, key)
    assert found is not None
    for shown in (str(found), repr(found), repr(key)):
        assert not any(spelling in shown for text in (secret, token) for spelling in (text, quote(text, safe="")))
        assert parse_authorization(request.headers["authorization"]).signature not in shown


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone follows
def test_dates_round_trip(at):
    """A time written in either form is read back to the second."""
    second = at.replace(microsecond=0)
    assert parse_http_date(http_date(at)) == second
    assert http_date(at) == format_datetime(second, usegmt=True)
    assert parse_iso_basic(iso_basic(at)) == second


@pytest.mark.parametrize("body", [b"", b"x", bytes(range(256))])
def test_content_sha256(body):
    """The payload's hash is plain SHA-256 in lower-case hex."""
    assert content_sha256(body) == sha256(body).hexdigest()
