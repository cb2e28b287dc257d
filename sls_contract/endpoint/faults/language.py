"""Faults as text: ``status=500 times=3``, ``error=ReadQuotaExceed operation=GetCheckPoint``, ``truncate=40 always``.

Grammar, examples and every setting: docs/faults.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.endpoint.faults.fault import Fault
from sls_contract.endpoint.faults.words import SPACE, Word, meant, shortened, words, written
from sls_contract.errors import UsageError
from sls_contract.exchange import wire_bytes, wire_text
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sls_contract.endpoint.state.scripted import Scripted

EXAMPLES = ("status=503 times=3", "error=ReadQuotaExceed operation=GetCheckPoint", "delay=2.5s", "truncate=40 always")

_NUMBER = re.compile(r"[0-9]{1,9}")
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?)(ms|s)")


def fault(text: str) -> Scripted:
    """Return a fault as ``answer_next`` takes it; raises `UsageError` as `parse_fault`."""
    return parse_fault(text).scripted()


def parse_fault(text: str, folder: Path | str = "") -> Fault:
    """Read one fault.

    Args:
        text: settings with spaces between them.
        folder: where files behind ``body=@`` are looked for; the working directory unless given.

    Raises:
        UsageError: the text names no fault; it says which setting is wrong, what was expected, and how to fix it.

    """
    try:
        return Fault(**_fields_in(_wire(text), Path(folder)))
    except ValueError as error:  # a UsageError is one, too
        msg = f"fault {shortened(text)!r}: {error}\nHow to fix: write it like one of {'; '.join(EXAMPLES)}."
        raise UsageError(msg) from None


def format_fault(fault: Fault) -> str:
    """Write a fault so that `parse_fault` reads the same again; a body stands in the text itself."""
    return " ".join(_written(fault))


def read_faults(path: Path | str) -> tuple[Fault, ...]:
    """Read a file in UTF-8 with one fault a line; lines that begin with ``#`` and empty ones are skipped.

    Files behind ``body=@`` are looked for beside it.

    Raises:
        UsageError: the file cannot be read or holds no fault; or a line is wrong, which is named by its number.

    """
    lines = [line.strip(SPACE) for line in _text_of(Path(path)).split("\n")]
    told = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not told:
        msg = f"{path}: it holds no fault\nHow to fix: write one a line, such as {EXAMPLES[0]}."
        raise UsageError(msg)
    return tuple(_on_line(path, number, line) for number, line in told)


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
        reason = getattr(error, "strerror", None) or "it is not UTF-8, or its name holds a zero byte"
        msg = (
            f"{path}: expected a file of faults in UTF-8: {reason}\n"
            f"How to fix: name a text file with one fault a line, such as {EXAMPLES[0]}."
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
    told = list(words(text))
    for place, word in enumerate(told):
        try:
            name, value = _read(word, folder)
        except ValueError as error:
            msg = f"{_unquoted(told, place)}{error}"
            raise ValueError(msg) from None
        if name == "headers":
            value = (*found.get(name, ()), value)
        elif name in found:
            msg = f"{shortened(written(*word))} says again, or against, what stands before it"
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
            shown = written("", shortened(word.value)).removeprefix("=")
            msg = f"{word.name} must be {setting.form}, got {shown or 'nothing'}{_reason(error)}"
            raise ValueError(msg) from None
    if flag or setting:
        msg = f"{word.name} stands alone, without a value" if flag else f"{word.name} needs a value: {word.name}=…"
        raise ValueError(msg)
    msg = f"there is no setting {shortened(word.name)!r}{meant(word.name, _NAMES)}; there are {', '.join(_NAMES)}"
    raise ValueError(msg)


def _unquoted(told: list[Word], place: int) -> str:
    """Return what to say where a word that cannot be read seems to go on with the text before it; or nothing."""
    if _begins_anew(told[place]):
        return ""
    first = next((index for index in range(place - 1, -1, -1) if _begins_anew(told[index])), None)
    if first is None or told[first].name not in _OF_TEXT:
        return ""
    rest = list(takewhile(lambda word: not _begins_anew(word), told[first + 1 :]))
    text = " ".join([told[first].value or "", *(_as_typed(word) for word in rest)])
    return f"a value with spaces needs quotes, such as {written(told[first].name, text)}; "


def _begins_anew(word: Word) -> bool:
    return word.value is not None and word.name in _SETTINGS


def _as_typed(word: Word) -> str:
    return word.name if word.value is None else f"{word.name}={word.value}"


def _reason(error: ValueError) -> str:
    return f"; {error}" if str(error) else ""


def _written(fault: Fault) -> Iterator[str]:
    unset = {each.name: each.default for each in fields(Fault)}
    for name, setting in _SETTINGS.items():
        value = getattr(fault, setting.field)
        if value is not None and value != unset[setting.field]:
            yield from (written(name, setting.write(each)) for each in (value if name == "header" else (value,)))
    for name, (field, value) in _FLAGS.items():
        if getattr(fault, field) == value:
            yield name


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
        raise ValueError(meant(value, registry().names_and_aliases).removeprefix("; "))
    return value


def _text(value: str, _folder: Path) -> str:
    return value


def _header(value: str, _folder: Path) -> tuple[str, str]:
    name, colon, content = value.partition(":")
    if not colon:
        raise ValueError
    return name, content.removeprefix(" ")


def _written_header(field: tuple[str, str]) -> str:
    name, value = field
    return f"{name}: {value}" if value.startswith(" ") else f"{name}:{value}"


def _body(value: str, folder: Path) -> bytes:
    """Return the bytes of a text or, behind an ``@``, of a file; a text that begins so has it twice."""
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


def _written_body(body: bytes) -> str:
    return wire_text(b"@" + body if body.startswith(b"@") else body)


@dataclass(frozen=True, slots=True)
class _Setting:
    """A setting with a value: its field in `Fault`, what the value must be, and both directions."""

    field: str
    form: str
    read: Callable[[str, Path], Any]
    write: Callable[[Any], str] = str


_SETTINGS = {
    "operation": _Setting("operation", "an operation, such as GetCheckPoint (all: sls-contract spec list)", _operation),
    "shard": _Setting("shard", "a shard's number, such as 0", _number),
    "after": _Setting("after", "how many requests pass first, such as 5", _number),
    "status": _Setting("status", "from 200 to 999, such as 503", _number),
    "error": _Setting("error", "an errorCode, such as ReadQuotaExceed", _text),
    "message": _Setting("message", "an errorMessage", _text),
    "redirect": _Setting("redirect", "the URL to go to", _text),
    "content-type": _Setting("content_type", "a media type, such as text/html", _text),
    "header": _Setting("headers", "a name and a value, such as Retry-After:5", _header, _written_header),
    "body": _Setting("body", "a text, or @ and the path of a file", _body, _written_body),
    "truncate": _Setting("truncate", "how many bytes of the body are sent, such as 40", _number),
    "delay": _Setting("delay", "a time with its unit, such as 2.5s or 200ms", _seconds, lambda value: f"{value!r}s"),
    "times": _Setting("times", "how many requests are answered so, such as 3", _number),
}
_FLAGS: dict[str, tuple[str, Any]] = {
    "gzip": ("gzip", True),
    "chunked": ("chunked", True),
    "close": ("ending", "close"),
    "reset": ("ending", "reset"),
    "always": ("times", None),
}
_NAMES = (*_SETTINGS, *_FLAGS)
_OF_TEXT = ("error", "message", "redirect", "content-type", "header", "body")
