"""The text of a cassette, split without parsing YAML: prolog, one block per exchange, end.

::

    version: 1
    contract: {format: 1, tool: sls-contract}
    interactions:
    - contract: …
    ...

The last line is YAML's document end marker. A file that was truncated between two blocks lacks it, and adding an
exchange changes no other line. The second line can have three more keys. ``validated``: when exchanges were last
compared with their endpoint (`validation`). ``unfinished``: recordings that did not end; record mode ``once`` continues
them. ``failed``: unfinished recordings whose test failed, with the reason; they are not played, but recorded again.
"""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sls_contract.cassettes.file.validation import IN_PROLOG, Validation
from sls_contract.errors import CassetteDamaged

if TYPE_CHECKING:
    from collections.abc import Iterator

END = "...\n"
_REASON = r'([a-z0-9]+): ("(?:[^"\\\n]|\\[^\n])*")'  # a recording, and a text as JSON writes it
_FAILED = re.compile(_REASON)
_PROLOG = re.compile(
    r"version: 1\n"
    rf"contract: \{{format: 1, tool: sls-contract(?:{IN_PROLOG})?(?:, unfinished: \[([a-z0-9, ]*)\])?"
    rf"(?:, failed: \{{((?:(?:, )?{_REASON})+)\}})?\}}\n"
    r"interactions:(?: \[\])?\n"
)
_MARKER = re.compile(r"^(?:(<{7}|\|{7}|>{7})(?: .*)?|={7})$", re.MULTILINE)  # of git, in a merge conflict
_ID = re.compile(r"- contract:\n    id: '?([A-Za-z0-9-]+)'?\n")
_MARKER_NAMES = {"<": "start", "|": "ancestor", "=": "middle", ">": "end"}


@dataclass(frozen=True, slots=True)
class Layout:
    """The text of a cassette that sls-contract wrote, in parts.

    Attributes:
        blocks: the text of each interaction, from ``- `` to its last line end.
        unfinished: names of the recordings that did not end.
        failed: names of those whose test failed, each with the reason.
        validation: when exchanges were last validated; their blocks may have later times.
        ended: whether the closing line is there.

    """

    blocks: tuple[str, ...]
    unfinished: tuple[str, ...] = ()
    validation: Validation | None = None
    ended: bool = True
    failed: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The whole file."""
        unfinished = f", unfinished: [{', '.join(self.unfinished)}]" if self.unfinished else ""
        validated = "" if self.validation is None else self.validation.text
        reasons = ", ".join(f"{name}: {json.dumps(reason, ensure_ascii=False)}" for name, reason in self.failed)
        marks = f"{validated}{unfinished}" + (f", failed: {{{reasons}}}" if reasons else "")
        prolog = f"version: 1\ncontract: {{format: 1, tool: sls-contract{marks}}}\ninteractions:"
        return "".join([prolog, "\n" if self.blocks else " []\n", *self.blocks, END])


def layout_of(text: str) -> Layout | None:
    """Split the text of a cassette; None for a layout that sls-contract did not write: a third party's, or edited."""
    prolog = _PROLOG.match(text)
    if prolog is None:
        return None
    *validated, names, reasons = prolog.groups()[:5]
    unfinished = tuple(name for name in (names or "").replace(",", " ").split())
    failed = tuple((each[1], str(json.loads(each[2], strict=False))) for each in _FAILED.finditer(reasons or ""))
    try:
        validation = Validation.read(*validated) if validated[0] else None
    except ValueError:
        return None
    stripped = text.rstrip()
    ended = stripped.endswith("\n...", prolog.end() - 1)
    rest = stripped[prolog.end() : -len("...")] if ended else text[prolog.end() :]
    if not rest.strip():
        return Layout((), unfinished, validation, ended, failed)
    if not rest.startswith("- "):
        return None
    return Layout(tuple(_blocks(rest.rstrip("\n"))), unfinished, validation, ended, failed)


def _blocks(text: str) -> Iterator[str]:
    """Split a text before each line that begins an item of the list."""
    start = 0
    while (line_end := text.find("\n- ", start)) >= 0:
        yield text[start : line_end + 1]
        start = line_end + 1
    yield text[start:] + "\n"


def only_of(text: str, recording: str) -> str:
    """Return the text of a cassette with empty lines in place of other recordings; all of it if it is not ours."""
    layout = layout_of(text)
    if layout is None:
        return text
    own = f"{recording}-"
    blocks = (each if id_of(each).startswith(own) else "\n" * each.count("\n") for each in layout.blocks)
    return replace(layout, blocks=tuple(blocks)).text


def first_lines(blocks: tuple[str, ...]) -> list[int]:
    """Return the line, counted from 1, at which each block of a cassette begins."""
    lines, at = [], 4
    for block in blocks:
        lines.append(at)
        at += block.count("\n")
    return lines


def id_of(block: str) -> str:
    """Return the id of a block; empty where it has none."""
    found = _ID.match(block)
    return found[1] if found else ""


def text_of(path: str, data: bytes) -> str:
    """Decode a file; refuse an empty one, NUL bytes, other encodings and conflict markers.

    Windows line ends and a byte order mark are accepted. Raises `CassetteDamaged` with the line.
    """
    if not data.strip():
        raise CassetteDamaged(path, None, "the file is empty")
    nul = data.find(b"\0")
    if nul >= 0:
        raise CassetteDamaged(path, _line_at(data, nul), "a NUL byte; the file was not written to its end")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: byte 0x{data[error.start]:02x}"
        raise CassetteDamaged(path, _line_at(data, error.start), reason) from None
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    # one character is found faster
    if any(mark in text and 7 * mark in text for mark in "<|>") or "\n=======\n" in text:
        _refuse_marker(path, text)
    return text


def _refuse_marker(path: str, text: str) -> None:
    found = _MARKER.search(text)
    if found:
        mark = found[0][:7]
        reason = f"a merge conflict was left in the file: the {_MARKER_NAMES[mark[0]]} marker {mark!r}"
        name = shlex.quote(path)
        fix = (
            f"keep one side (git checkout --ours {name}, or --theirs); or keep both: set up the merge driver "
            f"(sls-contract merge-driver --help), then git checkout --merge {name}; or delete it and record again "
            "({record})"
        )
        raise CassetteDamaged(path, text.count("\n", 0, found.start()) + 1, reason, fix)


def _line_at(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
