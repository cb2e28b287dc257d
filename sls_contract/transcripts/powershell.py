"""Read commands of PowerShell, ``Invoke-WebRequest`` and ``Invoke-RestMethod``, as browsers copy them."""

from __future__ import annotations

import re

from sls_contract.errors import UsageError
from sls_contract.exchange import Request, wire_bytes
from sls_contract.transcripts.message import Entry

IS_POWERSHELL = re.compile(r"(?i)\b(?:Invoke-(?:WebRequest|RestMethod)|(?:iwr|irm)(?=[^\n]{0,200}https?://))\b")
_STRING = r"""(?:"(?:[^"`]|`.|"")*"|'(?:[^']|'')*')"""
_VALUE = rf"(?:@\{{(?:{_STRING}|[^}}\"'])*\}}|\([^\"'\n]*{_STRING}\s*\)+|{_STRING}|[^\s`;|]+)"
_OPTION = re.compile(rf"(?is)\s-(Uri|Method|ContentType|Body|Headers|UserAgent)[ \t:]+({_VALUE})")
_URL = re.compile(r"https?://[^\s\"'`]+")
_PAIR = re.compile(rf"(?s)({_STRING}|[\w-]+)\s*=\s*({_STRING})")
_CHARACTER = re.compile(r"\$\(\[char\](0x[0-9a-fA-F]+|[0-9]+)\)")
_ESCAPE = re.compile(r'`(.)|""', re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_PSEUDO_HEADERS = frozenset({"authority", "method", "path", "scheme"})  # of HTTP/2; Chrome copies them as headers


def read_powershell(text: str) -> list[Entry]:
    """Return the request of each command; raises `UsageError` if one has no URL."""
    starts = [found.start() for found in IS_POWERSHELL.finditer(text)]
    return [
        Entry(_request(text[start:end], text[:start], line), None, line)
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True)
        for line in [text.count("\n", 0, start) + 1]
    ]


def _request(command: str, before: str, line: int) -> Request:
    options = {found[1].lower(): _resolved(found[2], before) for found in _OPTION.finditer(command)}
    url = _text(options["uri"]) if "uri" in options else (found[0] if (found := _URL.search(command)) else "")
    if "://" not in url:
        msg = f"line {line}: expected a URL in the command, got none. How to fix: paste the whole command."
        raise UsageError(msg)
    headers = [(_text(found[1]), _text(found[2])) for found in _PAIR.finditer(options.get("headers", ""))]
    headers = [pair for pair in headers if pair[0].lower() not in _PSEUDO_HEADERS]
    names = {name.lower() for name, _ in headers}
    for option, name in (("contenttype", "Content-Type"), ("useragent", "User-Agent")):
        if option in options and name.lower() not in names:
            headers.append((name, _text(options[option])))
    body = wire_bytes(_text(options.get("body", "")))
    return Request(_text(options.get("method", "GET")).upper(), url, headers, body)


def _resolved(value: str, before: str) -> str:
    """Return a value; for a variable, the value assigned to it before the command."""
    if not re.fullmatch(r"\$\w+", value):
        return value
    found = [*re.finditer(rf"(?is){re.escape(value)}\s*=\s*({_VALUE})", before)]
    return found[-1][1] if found else value


def _text(value: str) -> str:
    """Return the value of the first string in an expression, or an expression without a string unchanged."""
    quoted = re.search(f"(?s){_STRING}", value)
    if quoted is None:
        return value
    text = quoted[0][1:-1]
    if quoted[0][0] == "'":
        return text.replace("''", "'")
    plain = _CHARACTER.sub(lambda found: chr(int(found[1], 0) & 0xFFFF), text)
    plain = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]) if found[1] else '"', plain)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # joins surrogate pairs
