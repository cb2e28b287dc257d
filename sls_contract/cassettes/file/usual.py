"""Reads the usual block in one look: what `block` and `emission` write of an exchange without anything odd.

Nearly every recorded exchange is such a one, and a replayed request waits for its block to be read. Anything else
(coded bodies, repeated fields, unanswered exchanges, a hand's edits of the form) is left to YAML and `interaction`,
which give the same value for what is read here (a test compares them).
"""

from __future__ import annotations

import re
from base64 import b64decode
from datetime import datetime
from functools import lru_cache

from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Headers, Request, Response, wire_bytes

# Raw characters that YAML 1.1 breaks lines at, refuses, or drops are not usual inside quotes.
_ODD = "\\x00-\\x1f\\x7f-\\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
_TEXT = rf"'(?:[^'{_ODD}]++|'')*+'"
_WORD = "[A-Za-z][A-Za-z0-9_-]*+"  # what stands without quotes
_VALUES = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})  # that YAML takes for other values
_QUOTED = r"'(?:[ -&(-~]++|'')*+'"  # printable ASCII, each quote twice
_BINARY = '!!binary "[A-Za-z0-9+/=]*+"'
_SCALAR = f"(?:{_QUOTED}|{_WORD})"
_FIELDS = rf"((?:      {_WORD}:\n      - {_SCALAR}\n)++)"
_METHOD = "(DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)"
_URI = "'(https?://(?![/?#])[!-&(-~]++)'"
_REQUEST = rf"  request:\n    method: {_METHOD}\n    uri: {_URI}\n    body: (null|{_TEXT}|{_BINARY})\n    headers:\n"
_HOST = rf"(?:      {_WORD}:\n      - {_SCALAR}\n)*?      [Hh][Oo][Ss][Tt]:\n      - ({_SCALAR})\n"
_ASKED = re.compile(_REQUEST + _HOST)
_EXACT = re.compile(r"\n    request:\n      (?!order: [^\n]*+\n    [a-z])")
_USUAL = re.compile(
    rf"- contract:\n    id: ({_SCALAR})\n    digest: (sha256-[0-9a-f]++)\n    evidence: ({'|'.join(Evidence)})\n"
    rf"(?:    endpoint: ({_SCALAR})\n)?+(?:    region: ({_SCALAR})\n)?+(?:    client: ({_SCALAR})\n)?+"
    r"(?:    recorded_at: '([0-9T:.-]++Z)'\n)?+(?:    validated_at: '([0-9T:.-]++Z)'\n)?+"
    rf"(?:    version: ({_SCALAR})\n)?+(?:    signature:\n      verdict: ({_WORD})\n(?:      step: ({_SCALAR})\n)?+)?+"
    rf"    request:\n      order: ({_SCALAR})\n    response:\n      order: ({_SCALAR})\n"
    rf"{_REQUEST}{_FIELDS}"
    rf"  response:\n    status:\n      code: ([1-9][0-9]{{2}})\n      message: ({_SCALAR})\n    headers:\n{_FIELDS}"
    rf"    body:\n      string: ({_TEXT}|{_BINARY})\n"
)


class _NotUsual(Exception):
    """The text is not exactly of the form that `emission` writes; it may be good YAML all the same."""


def usual_recording(block: str) -> Recording | None:
    """Return the recording of a usual block, its digest not compared; None where it is to be read thoroughly."""
    found = _USUAL.fullmatch(block)
    if found is None:
        return None
    try:
        return _recording(found.groups())
    except (_NotUsual, UsageError, ValueError):
        return None


def usual_asked(block: str) -> tuple[str, str, str, bytes] | None:
    """Return method, URL, Host and body of a usual request, and nothing verified; None as in `usual_recording`."""
    start = block.find("\n  request:\n")
    found = None if _EXACT.search(block, 0, start) else _ASKED.match(block, start + 1)
    if found is None:
        return None
    method, url, body, host = found.groups()
    try:
        return method, url, _text(host), b"" if body == "null" else _bytes(body)
    except (_NotUsual, ValueError):
        return None


def _recording(parts: tuple[str | None, ...]) -> Recording:
    name, digest, evidence, endpoint, region, client, made, validated, version, verdict, step, *rest = parts
    order, answer_order, method, url, body, fields, code, message, answer_fields, answer_body = map(str, rest)
    return Recording(
        Exchange(
            Request(method, url, _headers(fields, order), b"" if body == "null" else _bytes(body)),
            Response(int(code), _headers(answer_fields, answer_order), _bytes(answer_body), reason=_text(message)),
        ),
        Provenance(
            Evidence(str(evidence)),
            _text(endpoint),
            _text(region),
            _text(client),
            _moment(made),
            _moment(validated),
            _text(version),
        ),
        None if verdict is None else _note(verdict, step),
        id=_text(name),
        digest=str(digest),
    )


def _headers(fields: str, order: str) -> Headers:
    """Read fields that stand in their order, each once."""
    lines = fields.split("\n")
    names = [line[6:-1] for line in lines[:-1:2]]
    if names != _names(_text(order)):
        raise _NotUsual
    return Headers.of_texts(tuple(zip(names, [_text(line[8:]) for line in lines[1::2]], strict=True)))


@lru_cache(maxsize=64)  # the exchanges of a file have a few orders between them
def _names(order: str) -> list[str]:
    names = order.split(" ")
    if len(set(names)) < len(names):
        raise _NotUsual
    return [_word(name) for name in names]


def _word(text: str) -> str:
    if text.lower() in _VALUES:
        raise _NotUsual
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
def _note(verdict: str, step: str | None) -> SignatureNote:
    return SignatureNote(_text(verdict), _text(step))


@lru_cache(maxsize=4)  # a moment is mostly read twice: recorded and validated at once
def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
