"""Split the line of a fault into settings, and write settings: ``name``, ``name=value``, quotes where needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from sls_contract.exchange import wire_bytes, wire_text

SPACE = " \t\r\n"
_SHOWN = 80  # characters of a wrong setting in a message
_WORD = re.compile(
    rf"""(?P<name>[^{SPACE}='"]+)
    (?:=(?:'(?P<verbatim>(?:[^']|'')*)'|"(?P<escaped>(?:[^"\\]|\\.)*)"|(?P<bare>(?:[^{SPACE}'"][^{SPACE}]*)?)))?
    (?=[{SPACE}]|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"\\": b"\\", b'"': b'"'}


class Word(NamedTuple):
    """One setting as it was written; ``value`` is None without an equals sign."""

    name: str
    value: str | None


def words(text: str) -> Iterator[Word]:
    """Yield the settings in order; raises a `ValueError` that quotes the first text that is not a setting."""
    rest = text.lstrip(SPACE)
    while rest:
        match = _WORD.match(rest)
        if match is None:
            expected = "expected a name, or name=value with quotes around a value that contains spaces"
            msg = f"{expected}, got {shortened(rest)!r}"
            raise ValueError(msg)
        yield Word(match["name"], _value(match))
        rest = rest[match.end() :].lstrip(SPACE)


def format_setting(name: str, value: str | None = None) -> str:
    """Return a setting as text that `words` can read."""
    if value is None:
        return name
    if not value.isprintable():
        return f'{name}="{"".join(_escape(char) for char in value)}"'
    if " " in value or value.startswith(("'", '"')):
        return f"{name}='{value.replace(chr(39), chr(39) * 2)}'"
    return f"{name}={value}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return a question that suggests the most similar known name; empty if none is similar."""
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def shortened(text: str) -> str:
    """Return a text, cut after 80 characters, for a message."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _value(match: re.Match[str]) -> str | None:
    if match["verbatim"] is not None:
        return match["verbatim"].replace("''", "'")
    if match["escaped"] is not None:
        return wire_text(_ESCAPE.sub(_unescape, wire_bytes(match["escaped"])))
    return match["bare"]


def _unescape(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes.fromhex(match[1].decode("ascii"))
    if match[2] not in _ESCAPED:
        msg = rf"between double quotes, an escape is \n, \r, \t, \\, \" or \xHH, got {wire_text(match[0])!r}"
        raise ValueError(msg)
    return _ESCAPED[match[2]]


def _escape(char: str) -> str:
    if char in '\\"':
        return "\\" + char
    return char if char.isprintable() else "".join(f"\\x{byte:02x}" for byte in wire_bytes(char))
