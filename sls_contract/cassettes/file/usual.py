"""Reads the usual block in one look: what `block` and `emission` write of an exchange without anything odd.

Nearly every recorded exchange is such a one, and a replayed request waits for its block to be read. Anything else
(bytes that are no text, coded bodies, repeated fields, unanswered exchanges, a hand's edits of the form) is left to
`canonical` and `interaction`, which give the same value for what is read here (a test compares them).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from sls_contract.cassettes.file.canonical import TEXT, WORD, NotCanonical, parse_word
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Headers, Request, Response, wire_bytes

_QUOTED = r"'[ -&(-~]*+'"  # printable ASCII without a quote
_SCALAR = f"(?:{_QUOTED}|{WORD})"
_FIELDS = rf"((?:      {WORD}:\n      - {_SCALAR}\n)++)"
_METHOD = "(DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT)"
_URI = "'(https?://(?![/?#])[!-&(-~]++)'"
_REQUEST = rf"  request:\n    method: {_METHOD}\n    uri: {_URI}\n    body: (null|{TEXT})\n    headers:\n"
_HOST = rf"(?:      {WORD}:\n      - {_SCALAR}\n)*?      [Hh][Oo][Ss][Tt]:\n      - ({_SCALAR})\n"
_ASKED = re.compile(_REQUEST + _HOST)
_EXACT = re.compile(r"\n    request:\n      (?!order: [^\n]*+\n    [a-z])")
_USUAL = re.compile(
    rf"- contract:\n    id: ({_SCALAR})\n    digest: (sha256-[0-9a-f]++)\n    evidence: ({'|'.join(Evidence)})\n"
    rf"(?:    endpoint: ({_SCALAR})\n)?+(?:    region: ({_SCALAR})\n)?+(?:    client: ({_SCALAR})\n)?+"
    r"(?:    recorded_at: '([0-9T:.-]++Z)'\n)?+(?:    validated_at: '([0-9T:.-]++Z)'\n)?+"
    rf"(?:    version: ({_SCALAR})\n)?+(?:    signature:\n      verdict: ({WORD})\n(?:      step: ({_SCALAR})\n)?+)?+"
    rf"    request:\n      order: ({_SCALAR})\n    response:\n      order: ({_SCALAR})\n"
    rf"{_REQUEST}{_FIELDS}"
    rf"  response:\n    status:\n      code: ([1-9][0-9]{{2}})\n      message: ({_SCALAR})\n    headers:\n{_FIELDS}"
    rf"    body:\n      string: ({TEXT})\n"
)


def usual_recording(block: str) -> Recording | None:
    """Return the recording of a usual block, its digest not compared; None where it is to be read thoroughly."""
    found = _USUAL.fullmatch(block)
    if found is None:
        return None
    try:
        return _recording(found.groups())
    except (NotCanonical, UsageError, ValueError):
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
    except NotCanonical:
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
        raise NotCanonical
    return Headers.of_texts(tuple(zip(names, [_text(line[8:]) for line in lines[1::2]], strict=True)))


@lru_cache(maxsize=64)  # the exchanges of a file have a few orders between them
def _names(order: str) -> list[str]:
    names = order.split(" ")
    if len(set(names)) < len(names):
        raise NotCanonical
    return [parse_word(name) for name in names]


def _text(scalar: str | None) -> str:
    if scalar is None:
        return ""
    return scalar[1:-1] if scalar[0] == "'" else parse_word(scalar)


def _bytes(scalar: str) -> bytes:
    return wire_bytes(scalar[1:-1].replace("''", "'"))


@lru_cache(maxsize=16)
def _note(verdict: str, step: str | None) -> SignatureNote:
    return SignatureNote(_text(verdict), _text(step))


@lru_cache(maxsize=4)  # a moment is mostly read twice: recorded and validated at once
def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
