"""Faults as text: ``status=500 times=3``, ``error=ReadQuotaExceed operation=GetCheckPoint``, ``truncate=40 always``.

Grammar, examples and every setting: docs/faults.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.endpoint.faults.fault import Fault
from sls_contract.endpoint.faults.words import SPACE, Word, format_setting, shortened, suggestion, words
from sls_contract.errors import UsageError
from sls_contract.exchange import wire_bytes, wire_text
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.endpoint.state.scripted import Scripted

EXAMPLES = ("status=503 times=3", "error=ReadQuotaExceed operation=GetCheckPoint", "delay=2.5s", "truncate=40 always")

_NUMBER = re.compile(r"[0-9]{1,9}")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?)(ms|s)")


def fault(text: str) -> Scripted:
    """Return a fault as a value for ``respond_next``; raises `UsageError` as `parse_fault`."""
    return parse_fault(text).scripted()


def parse_fault(text: str, folder: Path | str = "") -> Fault:
    """Read one fault.

    Args:
        text: settings with spaces between them.
        folder: the folder of files in ``body=@FILE``; by default the working directory.

    Raises:
        UsageError: the text is not a fault; the message names the wrong setting and the expected value.

    """
    try:
        return Fault(**_fields_in(_wire(text), Path(folder)))
    except ValueError as error:  # a UsageError is one, too
        msg = f"fault {shortened(text)!r}: {error}\nHow to fix: write it like one of {'; '.join(EXAMPLES)}."
        raise UsageError(msg) from None


def read_faults(path: Path | str) -> tuple[Fault, ...]:
    """Read a file in UTF-8 with one fault a line; lines that begin with ``#`` and empty ones are skipped.

    Files in ``body=@FILE`` are relative to its folder.

    Raises:
        UsageError: the file cannot be read or contains no fault; or a line is wrong, and the message has its number.

    """
    lines = [line.strip(SPACE) for line in _text_of(Path(path)).split("\n")]
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not numbered:
        msg = f"{path}: the file contains no fault\nHow to fix: write one fault per line, such as {EXAMPLES[0]}."
        raise UsageError(msg)
    return tuple(_on_line(path, number, line) for number, line in numbered)


def _on_line(path: Path | str, number: int, line: str) -> Fault:
    try:
        return parse_fault(line, Path(path).parent)
    except UsageError as error:
        msg = f"{path}:{number}: {error}"
        raise UsageError(msg) from None


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or no path at all
        reason = getattr(error, "strerror", None) or "it is not UTF-8, or its name contains a zero byte"
        msg = (
            f"{path}: expected a file of faults in UTF-8: {reason}\n"
            f"How to fix: name a text file with one fault per line, such as {EXAMPLES[0]}."
        )
        raise UsageError(msg) from None


def _wire(text: str) -> str:
    try:
        return wire_text(wire_bytes(text))
    except UnicodeEncodeError:
        msg = "it contains half a surrogate pair, which cannot be written to a file"
        raise ValueError(msg) from None


def _fields_in(text: str, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    parsed = list(words(text))
    for place, word in enumerate(parsed):
        try:
            name, value = _read(word, folder)
        except ValueError as error:
            msg = f"{_unquoted(parsed, place)}{error}"
            raise ValueError(msg) from None
        if name == "headers":
            value = (*found.get(name, ()), value)
        elif name in found:
            msg = f"{shortened(format_setting(*word))} repeats or contradicts an earlier setting"
            raise ValueError(msg)
        found[name] = value
    return found


def _read(word: Word, folder: Path) -> tuple[str, Any]:
    """Return a setting's field and value."""
    flag, setting = _FLAGS.get(word.name), _SETTINGS.get(word.name)
    if flag and word.value is None:
        return flag
    if setting and word.value is not None:
        try:
            return setting.field, setting.read(word.value, folder)
        except ValueError as error:
            shown = format_setting("", shortened(word.value)).removeprefix("=")
            msg = f"{word.name} must be {setting.form}, got {shown or 'nothing'}{_reason(error)}"
            raise ValueError(msg) from None
    if flag or setting:
        msg = f"{word.name} takes no value" if flag else f"{word.name} needs a value: {word.name}=…"
        raise ValueError(msg)
    msg = f"there is no setting {shortened(word.name)!r}{suggestion(word.name, _NAMES)}; there are {', '.join(_NAMES)}"
    raise ValueError(msg)


def _unquoted(parsed: list[Word], place: int) -> str:
    """Return a hint if a wrong word seems to belong to the unquoted value before it; else an empty text."""
    if _starts_setting(parsed[place]):
        return ""
    first = next((index for index in range(place - 1, -1, -1) if _starts_setting(parsed[index])), None)
    if first is None or parsed[first].name not in _TEXT_SETTINGS:
        return ""
    rest = list(takewhile(lambda word: not _starts_setting(word), parsed[first + 1 :]))
    text = " ".join([parsed[first].value or "", *(_as_typed(word) for word in rest)])
    return f"a value with spaces needs quotes, such as {format_setting(parsed[first].name, text)}; "


def _starts_setting(word: Word) -> bool:
    return word.value is not None and word.name in _SETTINGS


def _as_typed(word: Word) -> str:
    return word.name if word.value is None else f"{word.name}={word.value}"


def _reason(error: ValueError) -> str:
    return f"; {error}" if str(error) else ""


def _number(value: str, _folder: Path) -> int:
    if not _NUMBER.fullmatch(value):
        raise ValueError
    return int(value)


def _seconds(value: str, _folder: Path) -> float:
    match = _DURATION.fullmatch(value)
    if match is None:
        raise ValueError
    return float(match[1]) if match[2] == "s" else float(match[1]) / 1000


def _operation(value: str, _folder: Path) -> str:
    if registry().named(value) is None:
        raise ValueError(suggestion(value, registry().names_and_aliases).removeprefix("; "))
    return value


def _text(value: str, _folder: Path) -> str:
    return value


def _header(value: str, _folder: Path) -> tuple[str, str]:
    name, colon, content = value.partition(":")
    if not colon:
        raise ValueError
    return name, content.removeprefix(" ")


def _body(value: str, folder: Path) -> bytes:
    """Return the bytes of a text or, after an ``@``, of a file; a doubled ``@`` starts a text with one."""
    if not value.startswith("@") or value.startswith("@@"):
        return wire_bytes(value.removeprefix("@") if value.startswith("@@") else value)
    path = folder / value[1:]
    try:
        if path.is_file():
            return path.read_bytes()
    except OSError as error:
        raise ValueError(error.strerror) from None
    msg = "there is no such file"
    raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting with a value: its field in `Fault`, the form of the value, and the function that reads it."""

    field: str
    form: str
    read: Callable[[str, Path], Any]


_SETTINGS = {
    "operation": _Setting("operation", "an operation, such as GetCheckPoint (all: sls-contract spec list)", _operation),
    "shard": _Setting("shard", "a shard's number, such as 0", _number),
    "after": _Setting("after", "a number of requests to pass first, such as 5", _number),
    "status": _Setting("status", "from 200 to 999, such as 503", _number),
    "error": _Setting("error", "an errorCode, such as ReadQuotaExceed", _text),
    "message": _Setting("message", "an errorMessage", _text),
    "redirect": _Setting("redirect", "the URL to go to", _text),
    "content-type": _Setting("content_type", "a media type, such as text/html", _text),
    "header": _Setting("headers", "a name and a value, such as Retry-After:5", _header),
    "body": _Setting("body", "a text, or @ and the path of a file", _body),
    "truncate": _Setting("truncate", "a number of bytes of the body to send, such as 40", _number),
    "delay": _Setting("delay", "a time with its unit, such as 2.5s or 200ms", _seconds),
    "times": _Setting("times", "a number of requests, such as 3", _number),
}
_FLAGS: dict[str, tuple[str, Any]] = {
    "gzip": ("gzip", True),
    "chunked": ("chunked", True),
    "close": ("ending", "close"),
    "reset": ("ending", "reset"),
    "always": ("times", None),
}
_NAMES = (*_SETTINGS, *_FLAGS)
_TEXT_SETTINGS = ("error", "message", "redirect", "content-type", "header", "body")
