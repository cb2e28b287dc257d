"""Undo the changes of tools that copy text: colours, HTML, escapes of JSON, typography, dumps of bytes.

A text is unwrapped only if no signed request is found in it, because a body may contain all of these.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from functools import partial
from urllib.parse import unquote

from sls_contract.exchange import wire_text
from sls_contract.transcripts.message import METHODS

_LONGEST = 1 << 20  # characters
_DEEPEST = 2  # wrappings
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201f\u2033", '"'),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff"),  # invisible: removed
        **dict.fromkeys("\u2028\u2029\u0085", "\n"),
    }
)
# What follows a word of a command in curly quotes: an option, a URL, the end of a line or of the command.
_NEXT = r"(?=[\s\\]*(?:[-\u2013\u2014]{1,2}[A-Za-z]|[\u2018\u201c\"']?https?://|\Z|\n|[|;&]))"
_CURLY_WORD = re.compile(
    rf"(?s)(?<=\s)(?:[\u201c\u201d](.{{0,4000}}?)[\u201c\u201d]|[\u2018\u2019](.{{0,4000}}?)[\u2018\u2019]){_NEXT}"
)
_WIDE_COLON = re.compile(r"(?m)^(\s*[\w-]+)\uff1a[ \t]*")
_LINE_END = re.compile(r"\r+\n|\r")
# A row of two cells: in Markdown, or copied from a browser.
_ROW_OF_TWO = re.compile(r"(?m)^\|[ \t]*([\w-]+)[ \t]*\|[ \t]*([^|\n]*?)[ \t]*\|[ \t\r]*$|^([\w-]+)\t+(\S[^\t\n]*)$")
_DASHES = re.compile(r"(?<=\s)[\u2013\u2014](?=(\w?)(\w?))")
_TAG = re.compile(r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>")
_ESCAPED_START = rf"(?:{METHODS}) (?:https?://|/)\S* HTTP/[0-9.]+(?:\\+r)?\\+n|curl(?:\.exe)? "
_ESCAPED = re.compile(  # up to the quote that opens the string, if there is one
    rf"""(["'])?((?:{_ESCAPED_START})(?:\\.|(?(1)(?!\1)[^\\]|[^\\"]))*)""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_LINE_KEYS = ("log", "message", "msg", "line")  # of the text in a JSON log
_DUMPED = re.compile(  # the offset of a row, and its bytes
    r"[ \t|]*(?:0x)?[0-9a-fA-F]{4,8}[:|]?[ \t]+((?:[0-9a-fA-F]{2}){1,2}(?: {1,2}(?:[0-9a-fA-F]{2}){1,2})*)"
)
_ROW = 16  # bytes
_BROKEN = re.compile(rf"(?m)^((?:{METHODS}) \S+[?&]?)((?:\n[ \t]+[^\s:]+)+)$")
_BASE64 = re.compile(r"(?:R0VUI|UE9TVC|UFVUI|REVMRVRF|SEVBRC)[A-Za-z0-9+/\s]{40,}={0,2}")
_REQUEST = re.compile(rf"(?:{METHODS}) (?:https?://|/)")


def unwrapped(text: str, depth: int = _DEEPEST) -> Iterator[str]:
    """Yield the text without one wrapping, then without two; nothing for a text above 1 MiB."""
    if len(text) > _LONGEST:
        return
    once = [plain for unwrap in WRAPPINGS if (plain := unwrap(text)) != text and plain]
    yield from once
    for plain in once if depth > 1 else ():
        yield from unwrapped(plain, depth - 1)


def _typography(text: str) -> str:
    """Undo the replacements of quotes, hyphens, spaces and line ends by chat programs and word processors."""
    text = _CURLY_WORD.sub(_straight_word, text) if "curl" in text else text
    text = _WIDE_COLON.sub(r"\1: ", text)
    return _DASHES.sub(lambda found: "--" if found[2] else "-", text.translate(_TYPOGRAPHY))


def _straight_word(found: re.Match[str]) -> str:
    """Quote a shell word that contains quotes of another kind, all of which were made curly."""
    return "'{}'".format((found[1] or found[2]).translate(_TYPOGRAPHY).replace("'", "'\\''"))


def without_html(text: str) -> str:
    """Decode HTML escapes and remove tags, if a text has escapes."""
    return html.unescape(_TAG.sub("", text)) if "&" in text else text


def _log_lines(text: str) -> str:
    """Join the messages of a log in which each line is a JSON object."""
    lines = []
    for line in filter(str.strip, text.split("\n")):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return text
        found = next((value[key] for key in _LINE_KEYS if key in value), None) if isinstance(value, dict) else None
        if not isinstance(found, str):
            return text
        lines.append(found.removesuffix("\n"))
    return "\n".join(lines)


def _escapes(text: str) -> str:
    """Return the requests in quoted strings, unescaped."""
    return "\n".join(_ESCAPE.sub(_escape, found[2]) for found in _ESCAPED.finditer(text) if "\\" in found[0]) or text


def _escape(found: re.Match[str]) -> str:
    if found[3]:
        return _ESCAPES.get(found[3], found[3])
    return chr(int(found[1] or found[2], 16))


def _hexadecimal(text: str) -> str:
    """Return the text of a byte dump (xxd, hexdump -C, tcpdump -X, Netty) from the request on."""
    dumped = bytearray()
    for line in text.split("\n"):
        row = _DUMPED.match(line)
        dumped += bytes.fromhex(row[1])[:_ROW] if row else b""
    return _from_request(wire_text(bytes(dumped))) or text


def _base64(text: str) -> str:
    found = _BASE64.search(text)
    if found is None:
        return text
    try:
        return wire_text(base64.b64decode("".join(found[0].split())))
    except binascii.Error:
        return text


def _percents(text: str) -> str:
    return unquote(text, errors="surrogateescape") if " " not in text.strip() else text


def _from_request(text: str) -> str:
    """Return a text from the request line on, without the bytes of packets before it; empty if there is none."""
    found = _REQUEST.search(text)
    return text[found.start() :] if found else ""


def _broken_target(text: str) -> str:
    """Join a target that is split over several lines, as in .http files."""
    return _BROKEN.sub(lambda found: found[1] + "".join(found[2].split()), text)


def _packet(text: str) -> str:
    """Return the text of ``tcpdump -A`` from the request on, without the bytes of the packet header before it."""
    found = re.search(rf"(?m)^E\S*[^\n]*?((?:{METHODS}) /)", text)
    return text[found.start(1) :] if found else text


WRAPPINGS = (
    partial(_COLOUR.sub, ""),
    partial(_LINE_END.sub, "\n"),
    _typography,
    partial(_ROW_OF_TWO.sub, r"\1\3: \2\4"),  # as headers
    without_html,
    _log_lines,
    _escapes,
    _packet,
    _hexadecimal,
    _base64,
    _percents,
    _broken_target,
)
