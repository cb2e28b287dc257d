"""Find a request whose method, URL and headers are anywhere in a text, in any notation: maps, lists, tables, labels.

This reader is the last to be tried. It takes the headers that a signature covers, by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sls_contract.errors import UsageError
from sls_contract.exchange import Request, wire_bytes
from sls_contract.transcripts.message import METHODS, Entry, hash_confirms

_LONGEST = 1 << 16  # characters
_NAME = r"(?:authorization|date|host|content-(?:type|md5|length)|x-(?:log|acs)-[a-z0-9-]+)"
_LABEL = rf"""(?<![\w.-])["'\[]?({_NAME})["'\]]*[ \t]*(?::|=>|=|,|\n)\s*"""
_LEAD = r"""(?:["']?value["']?:\s*|-[ ]|string\([0-9]+\)[ ])?"""  # a key, a list item of YAML, a type of PHP
_GO_TYPE = r"""(?:\(?\[\]string\)?[^"{\n]*\{\s*)?(?:\(string\)[ ]\([^)]*\)[ ])?"""
_QUOTED = r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|\[([^\]\n]*)\]"""
_END = r"""(?=,[ ]+[\w-]+=|\}\{|(?:\\r)?\\n|["'`](?:[ ,)}\]]|$)|["'`}\])| \t]*$)"""  # of a value without quotes
_FIELD = re.compile(rf"(?m){_LABEL}{_LEAD}{_GO_TYPE}(?:{_QUOTED}|([^\n]*?){_END})", re.IGNORECASE)
_METHOD = re.compile(
    rf"""(?:method["']?\s*[:=]*\s*|-X\s*)["']?({METHODS})\b|\b({METHODS})["']?,?[ \t]+["']?(?:https?://|/)""",
    re.IGNORECASE,
)
_URL = re.compile(r"""https?://[^\s"'`<>(),{}]+""")
_REQUEST_LINE = re.compile(rf"""\b(?:{METHODS})[ \t]+(/[^\s"'<>]*)""")
_PATH = re.compile(r""":?\bpath["']?[ \t]*[:=][ \t]*["']?(/[^\s"'<>,]*)""")
_QUERY = re.compile(r"""\bquery["']?[ \t]*[:=][ \t]*(?:Some\()?["']([^"'?\n]+)["']""")
_HOST_NAME = re.compile(r"[\w.:-]+")
_HOST = re.compile(r"""(?i):authority["']?[ \t]*[:=][ \t]*["']?([\w.:-]+)""")


def read_fields(text: str) -> list[Entry]:
    """Return the request that a text shows in parts; empty if a part is missing or there are several."""
    if len(text) > _LONGEST:
        return []
    text = text.replace("\r", "")
    pairs = dict.fromkeys((found[1], _value(found)) for found in _FIELD.finditer(text))
    headers: dict[str, tuple[str, str]] = {}
    for name, value in pairs:
        if name.lower() == "host" and not _HOST_NAME.fullmatch(value):
            continue
        headers.setdefault(name.lower(), (name, value))
    if "authorization" not in headers or len({value for name, value in pairs if name.lower() == "authorization"}) > 1:
        return []
    url = _url(text, headers.get("host", ("", ""))[1])
    if not url:
        return []
    found = _METHOD.search(text)
    method = (found[1] or found[2]).upper() if found else "GET"
    request = with_body(Request(method, url, [pair for pair in headers.values() if pair[1]]), text)
    return [Entry(request if found or not request.body else request.replace(method="POST"))]


def _value(found: re.Match[str]) -> str:
    return next(each for each in found.groups()[1:] if each is not None).strip()


def _url(text: str, host: str) -> str:
    target = _REQUEST_LINE.search(text) or _PATH.search(text)
    authority = _HOST.search(text)
    host = host or (authority[1] if authority else "")
    if target is not None and host:
        query = None if "?" in target[1] else _QUERY.search(text)
        return f"http://{host}{target[1]}{f'?{query[1]}' if query else ''}"
    urls = [each.rstrip(":;.]") for each in _URL.findall(text)]
    return next((each for each in urls if not host or host in each), "")


def with_body(request: Request, text: str) -> Request:
    """Add the body to a request without one: the part of the text with the announced size and hash.

    Raises `UsageError` if a body was hashed and no part of the text matches.
    """
    size = request.headers.get("x-log-bodyrawsize", "") or request.headers.get("content-length", "")
    if not re.fullmatch("[1-9][0-9]{0,5}", size):
        return request
    if request.body or hash_confirms(request, b"") is None or len(text) > _LONGEST:
        return request
    body = next((body for body in _bodies(text, int(size)) if hash_confirms(request, body)), None)
    if body is None:
        msg = (
            f"expected the {size} body bytes that the headers announce, got none: this form does not print them. "
            "How to fix: put the body below, as it was sent, or record the request with 'sls-contract proxy'."
        )
        raise UsageError(msg)
    return request.replace(body=body)


def _bodies(text: str, size: int) -> Iterator[bytes]:
    for plain in (text, re.sub(r'[\\`](["\\/])', r"\1", text)):
        data = wire_bytes(plain)
        yield from (data[found.start() : found.start() + size] for found in re.finditer(rb"(?<![A-Za-z0-9])\S", data))
