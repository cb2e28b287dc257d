"""Every secret, in every place, in every spelling: none is left, as a scanner that shares no code with ours sees it."""

import base64
import binascii
import gzip
import html
import json
import os
import re
import zlib
from datetime import UTC, datetime
from urllib.parse import quote, unquote_to_bytes

import pytest

from sls_contract.cassettes.scrub import Scrubber
from sls_contract.exchange import Exchange, Request, Response, wire_bytes, wire_text
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign, verify_signature

FULL = os.environ.get("SLS_FULL")
AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
REAL = Credentials(
    "STS.NUabcDEF0123456789xyzQW", "s3cr3tKEY/0123456789+abcdefghi", "CAIS9wN1q6Ft5B2yfSjIr5bf+" * 6 + "/Zw=="
)
PUBLIC = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/cg?shard=0"
BODY = (
    b'[{"shard":0,"checkpoint":"MTUyNDE1NTM3OTM3MzkwODQ5Ng==","updateTime":1524224984800922,"consumer":"consumer_1"}]'
)


def an_exchange(*, scheme="v1", url=URL, extra=(), sent=b"", body=BODY, response=(), status=200):
    request = sign(Request("GET", url, [("Accept", "*/*"), *extra], sent), REAL, scheme=scheme, at=AT)
    headers = [
        ("Server", "Tengine"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Date", "Mon, 23 Nov 2026 02:00:00 GMT"),
        ("x-log-requestid", "5AD9B5B0F0F0F0F0F0F0F0F0"),
        *response,
    ]
    return Exchange(request, Response(status, headers, body))


def signature(exchange):
    return re.search(r"(?:LOG [^:]+:|Signature=)(.*)", exchange.request.headers["authorization"])[1]


def everything(exchange):
    """All text of an exchange, as bytes."""
    parts = [exchange.request.url, exchange.response.reason]
    for side in (exchange.request, exchange.response):
        parts += [text for pair in side.headers.pairs for text in pair]
    return [wire_bytes(part) for part in parts] + [exchange.request.body, exchange.response.body]


def seen(data, depth=0):
    """Decode whatever can be decoded, again and again: the independent scanner's eyes."""
    yield data
    if depth == 4:
        return
    inner = [unquote_to_bytes(data), unquote_to_bytes(data.replace(b"+", b" "))]
    inner.append(wire_bytes(html.unescape(wire_text(data))))
    inner.append(re.sub(rb"\\u00([0-9a-fA-F]{2})", lambda m: bytes.fromhex(m[1].decode()), data))
    inner.append(re.sub(rb"(?:\\|%)u\{?(?:00)?([0-9a-fA-F]{2})\}?", lambda m: bytes.fromhex(m[1].decode()), data))
    inner.append(re.sub(rb"\\([0-3][0-7]{2})", lambda m: bytes([int(m[1], 8)]), data))
    inner.append(re.sub(rb"\\x([0-9a-fA-F]{2})", lambda m: bytes.fromhex(m[1].decode()), data))
    inner.append(data.replace(b"\\/", b"/").replace(b'\\"', b'"').replace(b"\\n", b"\n"))
    inner.append(data.replace(b"\\\\", b"\\"))
    inner.append(data.replace(b"\0", b""))
    inner.append(re.sub(rb"(?<=[0-9A-Za-z+/=_-])\r?\n[ \t]*(?=[0-9A-Za-z+/_-])", b"", data))
    for run in re.findall(rb"[0-9A-Za-z+/_-]{10,}", data):
        for at in (*range(4), *(found.start() for found in re.finditer(b"H4sI", run))):
            text = run[at:].replace(b"-", b"+").replace(b"_", b"/")
            text = text[: len(text) - 1] if len(text) % 4 == 1 else text
            inner.append(binascii.a2b_base64(text + b"=" * (-len(text) % 4)))
    for run in re.findall(rb"[0-9a-fA-F]{12,}", data):
        inner += [bytes.fromhex(run[at : at + (len(run) - at) // 2 * 2].decode()) for at in (0, 1)]
    for unpack in (gzip.decompress, zlib.decompress):
        try:
            inner.append(unpack(data))
        except (OSError, EOFError, zlib.error):
            continue
    for one in {text for text in inner if text != data and len(text) >= 8}:
        yield from seen(one, depth + 1 if depth else 2 if len(data) > 4000 else depth + 1)


def url_safe(text):
    return text.replace("+", "-").replace("/", "_")


def left_over(exchange, *secrets):
    """Return the secrets that the scanner still sees."""
    spelled = [(secret, text.lower().encode()) for secret in secrets for text in (secret, url_safe(secret))]
    return {
        secret
        for part in everything(exchange)
        for text in seen(part, 1)
        for secret, needle in spelled
        if needle in text.lower()
    }


SPELLINGS = {
    "raw": lambda s: s,
    "lower case": str.lower,
    "upper case": str.upper,
    "percent": lambda s: quote(s, safe=""),
    "percent, lower-case hex": lambda s: re.sub(r"%..", lambda m: m[0].lower(), quote(s, safe="")),
    "percent, every character": lambda s: "".join(f"%{ord(c):02X}" for c in s),
    "percent, twice": lambda s: quote(quote(s, safe=""), safe=""),
    "percent, three times": lambda s: quote(quote(quote(s, safe=""), safe=""), safe=""),
    "json escapes": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "json escapes, some, capitals": lambda s: s[:5] + "".join(f"\\u{ord(c):04X}" for c in s[5:9]) + s[9:],
    "json slash": lambda s: s.replace("/", "\\/"),
    "json in json": lambda s: json.dumps(json.dumps({"x": s.replace("/", "\\/")}))[1:-1],
    "c escapes": lambda s: "".join(f"\\x{ord(c):02x}" for c in s),
    "c escapes, octal": lambda s: "".join(f"\\{ord(c):03o}" for c in s),
    "json escapes in braces": lambda s: "".join(f"\\u{{{ord(c):x}}}" for c in s),
    "percent, as scripts escape": lambda s: "".join(f"%u{ord(c):04x}" for c in s),
    "html decimal": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "html hex": lambda s: "".join(f"&#x{ord(c):x};" for c in s),
    "html named": lambda s: s.replace("+", "&plus;").replace("/", "&sol;").replace("=", "&equals;"),
    "url-safe alphabet": url_safe,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, no padding": lambda s: base64.b64encode(s.encode()).decode().rstrip("="),
    "base64, url-safe": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "base64 at 1": lambda s: base64.b64encode(b"x" + s.encode() + b"yz").decode(),
    "base64 at 2": lambda s: base64.b64encode(b"xy" + s.encode() + b"z").decode(),
    "base64 at 3": lambda s: base64.b64encode(b"user:" + s.encode() + b"\n").decode(),
    "base64 of base64": lambda s: base64.b64encode(base64.b64encode(s.encode())).decode(),
    "base64 of json": lambda s: base64.b64encode(json.dumps({"a": s}).encode()).decode(),
    "base64 of gzip behind a path": lambda s: "/a/bcd/" + base64.b64encode(gzip.compress(s.encode())).decode(),
    "base64 of gzip": lambda s: base64.b64encode(gzip.compress(s.encode())).decode(),
    "base64 behind a word": lambda s: "key" + base64.b64encode(s.encode()).decode(),
    "base64 behind a path": lambda s: "/a/bc/" + base64.b64encode(s.encode()).decode(),
    "base64, percent": lambda s: quote(base64.b64encode(s.encode()).decode(), safe=""),
    "hex": lambda s: s.encode().hex(),
    "hex, capitals": lambda s: s.encode().hex().upper(),
    "hex behind a digit": lambda s: "0" + s.encode().hex(),
    "utf-16 in base64": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "utf-32 in base64": lambda s: base64.b64encode(s.encode("utf-32-be")).decode(),
}
PLACES = {
    "query value": lambda t: {"url": f"{URL}&q={quote(t, safe='%')}"},
    "query key": lambda t: {"url": f"{URL}&{quote(t, safe='%')}=1"},
    "path": lambda t: {"url": URL.replace("cg?", quote(t, safe="%") + "?")},
    "request header": lambda t: {"extra": [("X-Debug", f"before {t} after")]},
    "signed request header": lambda t: {"extra": [("x-log-trace", t)]},
    "header name": lambda t: {"extra": [("X-" + re.sub(r"[^0-9A-Za-z-]", "-", t), "1")]} if t.isalnum() else {},
    "request json": lambda t: {"sent": b'{"note": "' + t.encode() + b'", "n": 1}'},
    "request form": lambda t: {"sent": b"a=1&b=" + quote(t, safe="%").encode()},
    "request gzip": lambda t: {"sent": gzip.compress(t.encode()), "extra": [("Content-Encoding", "gzip")]},
    "response header": lambda t: {"response": [("x-Debug-ECHO", t)]},
    "response json": lambda t: {
        "body": b'{"errorCode":"Unauthorized","errorMessage":"' + t.encode() + b'"}',
        "status": 401,
    },
    "response text": lambda t: {"body": f"<html>no: {t}</html>".encode(), "status": 500},
    "response gzip": lambda t: {
        "body": gzip.compress(b"[" + t.encode() + b"]"),
        "response": [("Content-Encoding", "gzip")],
    },
    "response gzip in gzip": lambda t: {
        "body": gzip.compress(gzip.compress(t.encode())),
        "response": [("Content-Encoding", "gzip, gzip")],
    },
    "response gzip in two members": lambda t: {
        "body": gzip.compress(b"[1") + gzip.compress(t.encode()),
        "response": [("Content-Encoding", "gzip")],
    },
    "response zlib, not announced": lambda t: {"body": zlib.compress(t.encode())},
    "response deflate": lambda t: {"body": zlib.compress(t.encode()), "response": [("Content-Encoding", "deflate")]},
    "response binary": lambda t: {"body": b"\x0a\xff\x00\x10" + t.encode() + b"\x00\xfe"},
}


def one_of(secrets, place, spelling):
    """Take turns, so that each secret meets each place and each spelling."""
    return secrets[(list(PLACES).index(place) + list(SPELLINGS).index(spelling)) % len(secrets)]


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_scanner_sees(spelling):
    """The scanner finds what was planted before the scrub: it could tell if something were left."""
    for secret in (REAL.access_key_id, REAL.access_key_secret, REAL.security_token):
        assert left_over(an_exchange(**PLACES["response header"](SPELLINGS[spelling](secret))), secret) == {secret}


def some(step, offset):
    """Take a part of all pairs that holds every place and every spelling; with SLS_FULL, all of them.

    Steps are prime to the number of secrets, which take turns: else one of them would be met by every pair.
    """
    pairs = [(place, spelling) for place in PLACES for spelling in SPELLINGS]
    return [
        (place, spelling)
        for place, spelling in pairs
        if FULL or (list(PLACES).index(place) + list(SPELLINGS).index(spelling)) % step == offset
    ]


@pytest.mark.parametrize(("place", "spelling"), some(31, 0))
def test_no_given_secret_is_left(place, spelling):
    """Access key id, secret and token vanish from each place in each spelling; the recording verifies for anyone."""
    secret = one_of((REAL.access_key_id, REAL.access_key_secret, REAL.security_token), place, spelling)
    exchange = an_exchange(**PLACES[place](SPELLINGS[spelling](secret)))
    done = Scrubber([REAL]).exchange(exchange)
    assert left_over(done.exchange, REAL.access_key_id, REAL.access_key_secret, REAL.security_token) == set()
    assert done.signature == "verified"
    assert verify_signature(done.exchange.request, PUBLIC) is None
    assert Scrubber([REAL]).exchange(done.exchange).exchange == done.exchange


@pytest.mark.parametrize(("place", "spelling"), [pair for pair in some(31, 1) if "response" in pair[0]])
def test_no_signature_is_left(place, spelling):
    """The real signature vanishes from each place of the response, and the response then echoes the stored one."""
    first = an_exchange()
    real = signature(first)
    exchange = Exchange(first.request, an_exchange(**PLACES[place](SPELLINGS[spelling](real))).response)
    done = Scrubber([REAL]).exchange(exchange).exchange
    assert left_over(done, real) == set()
    if spelling == "raw" and not re.search("binary|gzip|zlib|deflate", place):
        assert signature(done) in wire_text(b"\n".join(everything(Exchange(Request("GET", URL), done.response))))


@pytest.mark.parametrize("spelling", ["raw", "base64"])
@pytest.mark.parametrize("place", [place for place in PLACES if "response" in place])
def test_no_signature_without_its_padding_is_left(place, spelling):
    """Base64 is often written without the sign at its end, which any reader can put back."""
    first = an_exchange()
    bare = signature(first).rstrip("=")
    exchange = Exchange(first.request, an_exchange(**PLACES[place](SPELLINGS[spelling](bare))).response)
    assert bare != signature(first)
    assert left_over(Scrubber([REAL]).exchange(exchange).exchange, bare) == set()


@pytest.mark.slow
@pytest.mark.parametrize(("place", "spelling"), some(31, 3))
def test_no_unknown_secret_is_left(place, spelling):
    """Without any credentials the id and token are learnt from their headers and hunted all the same."""
    secret = one_of((REAL.access_key_id, REAL.security_token), place, spelling)
    exchange = an_exchange(**PLACES[place](SPELLINGS[spelling](secret)))
    done = Scrubber().exchange(exchange)
    assert left_over(done.exchange, secret, signature(exchange)) == set()
    assert (done.signature, done.step) == ("unchecked", "access-key")
    assert verify_signature(done.exchange.request, PUBLIC) is not None


@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
def test_copy_of_the_signature_in_the_request(scheme):
    """A copy of the signature in an unsigned request header becomes the stored signature."""
    exchange = an_exchange(scheme=scheme)
    real = signature(exchange)
    request = exchange.request.replace(headers=Headers([*exchange.request.headers.pairs, ("X-Copy", f"<{real}>")]))
    done = Scrubber([REAL]).exchange(Exchange(request, None)).exchange.request
    assert verify_signature(done, PUBLIC) is None
    assert real not in str(done.headers.pairs)
    assert done.headers["x-copy"] == f"<{signature(Exchange(done, None))}>"
