"""What a user names → the captures there → their chunks → recordings."""

from __future__ import annotations

import json
import os
import re
from contextlib import closing
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.captures.compression import SUFFIXES, plain_blocks
from sls_contract.captures.flows import recording_of_flow
from sls_contract.captures.lines import recording_of_line
from sls_contract.captures.remote.places import recordings_at
from sls_contract.captures.splitting import Chunk, pieces_of_flows, pieces_of_har, pieces_of_lines
from sls_contract.captures.storage import has_glob, is_url, matching_paths, reading
from sls_contract.cassettes.file.parsing import NotReadable
from sls_contract.cassettes.har.reading import is_http, recording_of_entry
from sls_contract.cassettes.places import cassettes_at, holds_recordings
from sls_contract.errors import CassetteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.captures.splitting import Kind, Piece
    from sls_contract.cassettes.recording import Recording

_KINDS: dict[str, Kind] = {
    ".har": "har",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".flow": "flows",
    ".flows": "flows",
    ".mitm": "flows",
    ".yaml": "cassette",
    ".yml": "cassette",
}
_HEADS: tuple[tuple[re.Pattern[bytes], Kind], ...] = (
    (re.compile(rb"[0-9]+:"), "flows"),
    (re.compile(rb'\s*\{\s*"log"'), "har"),
    (re.compile(rb'\{[^\n]*"request"[^\n]*\}\s*(\n|\Z)'), "lines"),
)
_SPLITTERS: dict[Kind, Callable[[Iterable[bytes]], Iterator[Piece]]] = {
    "har": pieces_of_har,
    "lines": pieces_of_lines,
    "flows": pieces_of_flows,
}


def captures_at(names: Iterable[str], done: str, missed: Callable[[OSError], None]) -> list[str]:
    """Return the captures at or below paths, patterns and URLs, each once, sorted below each.

    Raises `UsageError` for what does not exist; ``done`` says what was to become of it, ``missed`` is told of every
    folder that cannot be read.
    """
    found: dict[str, str] = {}
    for name in names:
        if is_url(name):
            for url in recordings_at(name):
                if url == name or is_capture(url):
                    found.setdefault(url, url)
        else:
            for path in cassettes_at(_local(name), done, missed, lambda path: is_capture(str(path))):
                found.setdefault(os.path.realpath(path), str(path))
    return list(found.values())


def _local(name: str) -> list[Path]:
    path = Path(name)
    if not has_glob(name) or path.exists():
        return [path]
    if matched := matching_paths(name):
        return [Path(each) for each in matched]
    msg = f"{name} matches no file. How to fix: name a file, a folder or a pattern that exists."
    raise UsageError(msg)


def kind_by_name(name: str) -> Kind | None:
    """Return how the exchanges of a file are written, by its name; None where that does not say."""
    stem, suffix = os.path.splitext(name.lower())  # noqa: PTH122 - a path or a URL, as text
    return _KINDS.get(os.path.splitext(stem)[1] if suffix in SUFFIXES else suffix)  # noqa: PTH122 - as above


def is_capture(name: str) -> bool:
    """Tell by name whether a file in a folder is a capture; where others have such names, by how it begins."""
    kind = kind_by_name(name)
    if kind in {"har", "flows"} or (kind == "cassette" and ".sls.y" in name):
        return True
    if kind is None and not name.lower().endswith(".json"):
        return False
    try:
        with reading(name) as file, closing(plain_blocks(file)) as blocks:
            head = next(blocks, b"")
    except (OSError, CassetteError, NotReadable):
        return kind is not None
    return _kind_by_head(head) == "lines" if kind == "lines" else holds_recordings(head)


def chunks_of(source: str) -> Iterator[Chunk]:
    """Yield the chunks of a capture, at least one; what is wrong with the file is told in the last."""
    kind = kind_by_name(source)
    if kind == "cassette":
        yield _cassette(source)
        return
    if not is_url(source) and os.path.exists(source) and not os.path.isfile(source):  # noqa: PTH110, PTH113 - as text
        yield Chunk(
            source, kind or "lines", failure="no regular file", last=True
        )  # such as a pipe, which would be waited for
        return
    try:
        with reading(source) as file, closing(plain_blocks(file)) as blocks:
            first = next(blocks, b"")
            kind = kind or _kind_by_head(first)
            if kind == "cassette":
                yield _cassette(source)
                return
            if not first:
                raise NotReadable(None, "the file is empty")  # noqa: TRY301 - told like all damage
            yield from _split(source, kind, chain([first], blocks))
    except NotReadable as error:
        yield Chunk(source, kind or "lines", damage=(error.line, error.reason), last=True)
    except (OSError, CassetteError) as error:
        yield Chunk(source, kind or "lines", failure=failure_of(source, error), last=True)


def _cassette(source: str) -> Chunk:
    local = not is_url(source) and os.path.exists(source)  # noqa: PTH110 - a path or a URL, as text
    return Chunk(source, "cassette", size=os.path.getsize(source) if local else 0, whole=True, last=True)  # noqa: PTH202 - as above


def _kind_by_head(head: bytes) -> Kind:
    return next((kind for pattern, kind in _HEADS if pattern.match(head)), "cassette")


def _split(source: str, kind: Kind, blocks: Iterable[bytes]) -> Iterator[Chunk]:
    """Yield chunks, each when it is known whether another follows."""
    line = None if kind == "flows" else 1
    last, first = None, True
    try:
        for data, spans in _SPLITTERS[kind](blocks):
            if last is not None:
                yield last
                first = False
            last = Chunk(source, kind, line, data, tuple(spans), len(data))
            if line is not None:
                line += data.count("\n") if isinstance(data, str) else data.count(b"\n")
    except NotReadable as error:
        last = replace(last or Chunk(source, kind), damage=(error.line, error.reason))
    except (OSError, CassetteError) as error:
        last = replace(last or Chunk(source, kind), failure=failure_of(source, error))
    if last is not None:
        yield replace(last, whole=first, last=True)


def recording_of(kind: Kind, data: str | bytes) -> Recording | None:
    """Return the recording that stands in a capture; None for what is no HTTP. Raises `MalformedInteraction`."""
    if kind == "lines":
        return recording_of_line(data)
    if kind == "flows":
        assert isinstance(data, bytes)
        return recording_of_flow(data)
    entry = json.loads(data)
    return recording_of_entry(entry) if is_http(entry) else None


def failure_of(source: str, error: Exception) -> str:
    """Say in few words why a capture cannot be read."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).partition("\n")[0].removeprefix(f"{source} ")


def recordings_of(source: str) -> Iterator[Recording]:
    """Yield the recordings of a capture that is no cassette; raises `CassetteError` where it cannot be read."""
    for chunk in chunks_of(source):
        for start, end in chunk.spans:
            recording = recording_of(chunk.kind, chunk.data[start:end])
            if recording is not None:
                yield recording
