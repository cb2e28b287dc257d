"""Parse a canonical block with one regular expression: what `block` and `emission` write for a plain exchange.

Nearly every recorded exchange is plain, and a client waits while a replayed block is parsed. Other blocks (content
codings, repeated fields, exchanges without a response, reformatted text) need YAML and `interaction`. Both ways return
the same values, which a test compares.
"""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import datetime
from functools import lru_cache

from sls_contract.cassettes.file.emission import YAML_WORDS
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response, wire_bytes
from sls_contract.headers import Headers

# In quotes, `emission` writes none of the characters at which YAML 1.1 breaks a line, or that it refuses or drops.
_ODD = "\\x00-\\x1f\\x7f-\\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
_TEXT = rf"'(?:[^'{_ODD}]++|'')*+'"
_WORD = "[A-Za-z][A-Za-z0-9_-]*+"  # a scalar without quotes

_QUOTED = r"'(?:[ -&(-~]++|'')*+'"  # printable ASCII, each quote twice
_BINARY = '!!binary "[A-Za-z0-9+/=]*+"'
_SCALAR = f"(?:{_QUOTED}|{_WORD})"
_FIELDS = rf"((?:      {_WORD}:\n      - {_SCALAR}\n)++)"  # headers, each with one value
_METHOD = "(DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)"
_URI = "'(https?://(?![/?#])[!-&(-~]++)'"
_REQUEST = rf"  request:\n    method: {_METHOD}\n    uri: {_URI}\n    body: (null|{_TEXT}|{_BINARY})\n    headers:\n"
_HOST = rf"(?:      {_WORD}:\n      - {_SCALAR}\n)*?      [Hh][Oo][Ss][Tt]:\n      - ({_SCALAR})\n"
_REQUEST_UP_TO_HOST = re.compile(_REQUEST + _HOST)
_EXACT = re.compile(r"\n    request:\n      (?!order: [^\n]*+\n    [a-z])")  # exact headers or URL, not only the order
_CANONICAL = re.compile(
    rf"- contract:\n    id: ({_SCALAR})\n    digest: (sha256-[0-9a-f]++)\n    evidence: ({'|'.join(Evidence)})\n"
    rf"(?:    endpoint: ({_SCALAR})\n)?+(?:    region: ({_SCALAR})\n)?+(?:    client: ({_SCALAR})\n)?+"
    r"(?:    recorded_at: '([0-9T:.-]++Z)'\n)?+(?:    validated_at: '([0-9T:.-]++Z)'\n)?+"
    rf"(?:    version: ({_SCALAR})\n)?+(?:    signature:\n      verdict: ({_WORD})\n(?:      step: ({_SCALAR})\n)?+)?+"
    rf"    request:\n      order: ({_SCALAR})\n    response:\n      order: ({_SCALAR})\n"
    rf"{_REQUEST}{_FIELDS}"
    rf"  response:\n    status:\n      code: ([1-9][0-9]{{2}})\n      message: ({_SCALAR})\n    headers:\n{_FIELDS}"
    rf"    body:\n      string: ({_TEXT}|{_BINARY})\n"
)


class _NotCanonical(Exception):
    """The text is not exactly what `emission` writes; it may still be valid YAML."""


def canonical_recording(block: str) -> Recording | None:
    """Return the recording of a canonical block, without comparing its digest; None for other blocks."""
    found = _CANONICAL.fullmatch(block)
    if found is None:
        return None
    try:
        return _recording(found.groups())
    except (_NotCanonical, UsageError, ValueError):
        return None


def canonical_request(block: str) -> tuple[str, str, str, bytes] | None:
    """Return method, URL, Host and body of a canonical block's request, unverified; None for other blocks."""
    start = block.find("\n  request:\n")
    found = None if _EXACT.search(block, 0, start) else _REQUEST_UP_TO_HOST.match(block, start + 1)
    if found is None:
        return None
    method, url, body, host = found.groups()
    try:
        return method, url, _text(host), b"" if body == "null" else _bytes(body)
    except (_NotCanonical, ValueError):
        return None


def _recording(parts: tuple[str | None, ...]) -> Recording:
    name, digest, evidence, endpoint, region, client, recorded, validated, version, verdict, step, *rest = parts
    order, response_order, method, url, body, fields, code, message, response_fields, response_body = map(str, rest)
    headers = _headers(response_fields, response_order)
    return Recording(
        Exchange(
            Request(method, url, _headers(fields, order), b"" if body == "null" else _bytes(body)),
            Response(int(code), headers, _bytes(response_body), reason=_text(message)),
        ),
        Provenance(
            Evidence(str(evidence)),
            _text(endpoint),
            _text(region),
            _text(client),
            _moment(recorded),
            _moment(validated),
            _text(version),
        ),
        None if verdict is None else _signature(verdict, step),
        id=_text(name),
        digest=str(digest),
    )


def _headers(fields: str, order: str) -> Headers:
    """Read header fields that are in the stored order and have distinct names."""
    lines = fields.split("\n")
    names = [line[6:-1] for line in lines[:-1:2]]
    if names != _names(_text(order)):
        raise _NotCanonical
    return Headers.from_pairs(tuple(zip(names, [_text(line[8:]) for line in lines[1::2]], strict=True)))


@lru_cache(maxsize=64)  # a file has few different header orders
def _names(order: str) -> list[str]:
    names = order.split(" ")
    if len(set(names)) < len(names):
        raise _NotCanonical
    return [_word(name) for name in names]


def _word(text: str) -> str:
    if text.lower() in YAML_WORDS:
        raise _NotCanonical
    return text


def _text(scalar: str | None) -> str:
    if scalar is None:
        return ""
    return scalar[1:-1].replace("''", "'") if scalar[0] == "'" else _word(scalar)


def _bytes(scalar: str) -> bytes:
    if scalar[0] == "!":
        return b64decode(scalar[len('!!binary "') : -1], validate=True)
    return wire_bytes(scalar[1:-1].replace("''", "'"))


@lru_cache(maxsize=16)
def _signature(verdict: str, step: str | None) -> SignatureNote:
    return SignatureNote(_text(verdict), _text(step))


@lru_cache(maxsize=4)  # a new exchange has the same time twice: recorded and validated
def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
