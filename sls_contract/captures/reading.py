"""Find the captures that a user names, and read their chunks and recordings."""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
from codecs import BOM_UTF8
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.captures.compression import SUFFIXES, plain_blocks
from sls_contract.captures.flows import recording_of_flow
from sls_contract.captures.lines import recording_of_line
from sls_contract.captures.remote.places import recordings_by_name
from sls_contract.captures.splitting import Chunk, begins_with_log, pieces_of_flows, pieces_of_har, pieces_of_lines
from sls_contract.captures.storage import folder_of, has_glob, is_url, matching_paths, reading, size_of
from sls_contract.cassettes.file.interaction import MalformedInteraction
from sls_contract.cassettes.file.parsing import NotReadable, parse_json
from sls_contract.cassettes.har.reading import is_http, recording_of_entry
from sls_contract.cassettes.opening import opened
from sls_contract.cassettes.places import cassettes_at, cassettes_below, expect_recordings, is_cassette_text
from sls_contract.errors import CassetteDamaged, CassetteError, UsageError
from sls_contract.exchange import wire_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from sls_contract.captures.splitting import Kind, Piece
    from sls_contract.cassettes.opening import Recorded
    from sls_contract.cassettes.recording import Recording

_KINDS: dict[str, Kind] = {
    ".har": "har",
    ".zhar": "har",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".flow": "flows",
    ".flows": "flows",
    ".mitm": "flows",
    ".yaml": "cassette",
    ".yml": "cassette",
}
_NOT_READ = frozenset({".7z", ".br", ".lz", ".lz4", ".lzo", ".rar", ".sz", ".z", ".zip"})
_PACKED = "its compression is not read. How to fix: decompress it, or use gzip, zstd or xz."
LARGEST_CASSETTE = 128 * 1024 * 1024  # bytes
_TOO_LARGE = "neither HAR nor JSON Lines, and larger than 128 MiB: a cassette is read as a whole"
_HEADS: tuple[tuple[re.Pattern[bytes], Kind], ...] = (
    (re.compile(rb"[0-9]+:"), "flows"),
    # A long first line goes on after the head.
    (re.compile(rb'\s*\{(?!\s*"(?:version|interactions)")[^\n]*"request"[^\n]*(\}\s*\n|\Z)'), "lines"),
)
_REQUEST = b'"request"'
_CREATOR = re.compile(r'"creator"\s*:\s*(\{[^{}]*\})')
_SPLITTERS: dict[Kind, Callable[[Iterable[bytes]], Iterator[Piece]]] = {
    "har": pieces_of_har,
    "lines": pieces_of_lines,
    "flows": pieces_of_flows,
}


def captures_at(names: Iterable[str], done: str, missed: Callable[[OSError], None]) -> list[str]:
    """Return the captures at or below paths, patterns and URLs, each once, sorted within each name.

    Raises `UsageError` for a name that does not exist; ``done`` is the intended action for its message. ``missed`` is
    called for each folder that cannot be read, and for a name without captures where another has some.
    """
    found: dict[str, str] = {}
    empty: list[str] = []
    for name in names:
        here = captures_by_name(name, done, missed)
        for each in here.values():
            found.setdefault(each if is_url(name) else os.path.realpath(each), each)
        empty += [] if here or _is_packed(name) else [name]
    for name in empty if found else ():
        missed(FileNotFoundError(errno.ENOENT, "it has no recording", name))
    return list(found.values())


def captures_by_name(name: str, done: str, missed: Callable[[OSError], None]) -> dict[str, str]:
    """Return the captures at or below a path, pattern or URL by their relative paths, sorted; "" names a single file.

    Raises as `captures_at` does.
    """
    if is_url(name):
        found_there = recordings_by_name(name).items()
        return {below: url for below, url in found_there if not below or _is_wanted(url, missed)}
    if has_glob(name) and not os.path.exists(name):  # noqa: PTH110 - as text
        if not (matched := matching_paths(name)):
            msg = f"{name} matches no file. How to fix: name a file, a folder or a pattern that exists."
            raise UsageError(msg)
        for each in filter(_is_packed, matched):
            missed(_packed_error(each))
        wanted = (Path(each) for each in matched if not _is_packed(each))
        found = cassettes_at(wanted, done, missed, lambda path: _is_wanted(str(path), missed))
        return {os.path.relpath(each, folder_of(name)): str(each) for each in found}
    root = expect_recordings(Path(name), done)
    if _is_packed(name):
        missed(_packed_error(name))
        return {}
    if not root.is_dir():
        return {"": str(root)}
    paths = cassettes_below(root, missed, lambda path: _is_wanted(str(path), missed))
    return {path.relative_to(root).as_posix(): str(path) for path in paths}


def _is_wanted(name: str, missed: Callable[[OSError], None]) -> bool:
    """Return whether a file in a folder is a capture; ``missed`` is called for one whose compression is not read."""
    stem, suffix = os.path.splitext(name.lower())  # noqa: PTH122 - a path or a URL, as text
    if suffix in _NOT_READ and kind_by_name(stem) not in {None, "cassette"}:
        missed(_packed_error(name))
        return False
    return is_capture(name)


def _is_packed(name: str) -> bool:
    """Return whether a file that a user named is compressed in a way that is not read; its suffix may be wrong."""
    if os.path.splitext(name.lower())[1] not in _NOT_READ or not os.path.isfile(name):  # noqa: PTH113, PTH122 - as above
        return False
    try:
        with reading(name) as file, closing(plain_blocks(file)) as blocks:
            first = next(blocks, b"")
    except (OSError, CassetteError, NotReadable):
        return False  # reading it says what is wrong
    return _kind_by_head(first) == "cassette" and not is_cassette_text(first)


def _packed_error(name: str) -> OSError:
    return OSError(errno.ENOTSUP, _PACKED, name)


def kind_by_name(name: str) -> Kind | None:
    """Return the format of a capture by its file name, or None if the name does not determine it."""
    stem, suffix = os.path.splitext(name.lower())  # noqa: PTH122 - a path or a URL, as text
    return _KINDS.get(os.path.splitext(stem)[1] if suffix in SUFFIXES else suffix)  # noqa: PTH122 - as above


def is_capture(name: str) -> bool:
    """Return whether a file in a folder is a capture: by its name, or its first bytes if that is ambiguous."""
    kind = kind_by_name(name)
    if kind in {"har", "flows"} or (kind == "cassette" and ".sls.y" in name):
        return True
    if kind is None and not name.lower().endswith(".json"):
        return False
    try:
        with reading(name) as file, closing(plain_blocks(file)) as blocks:
            if kind == "lines":
                return _begins_with_request(blocks)
            first = next(blocks, b"")
            return is_cassette_text(first) or (kind is None and _kind_by_head(first) == "har")
    except (OSError, CassetteError, NotReadable):
        return kind is not None


def _begins_with_request(blocks: Iterable[bytes]) -> bool:
    """Return whether the first line that is not blank contains a request, even if it is long, damaged or in UTF-16."""
    line = b""
    for block in blocks:
        line, end, _ = (line + block.replace(b"\0", b"")).lstrip().partition(b"\n")
        if end or _REQUEST in line:
            break
        line = line[-len(_REQUEST) :]
    return _REQUEST in line


def chunks_of(source: str) -> Generator[Chunk]:
    """Yield the chunks of a capture, at least one; damage to the file is reported in the last."""
    kind = kind_by_name(source)
    if kind == "cassette":
        yield _cassette(source)
        return
    if not is_url(source) and os.path.exists(source) and not os.path.isfile(source):  # noqa: PTH110, PTH113 - as text
        # Such as a named pipe: reading it would block.
        yield Chunk(source, kind or "lines", failure="no regular file", last=True)
        return
    try:
        with reading(source) as file, closing(plain_blocks(file)) as blocks:
            first = next(blocks, b"")
            kind = kind or _kind_by_head(first)
            if kind == "cassette":
                yield _cassette(source)
                return
            if not first:
                raise NotReadable(None, "the file is empty")  # noqa: TRY301 - reported like all damage
            yield from _split(source, kind, chain([first], blocks))
    except NotReadable as error:
        yield Chunk(source, kind or "lines", damage=(error.line, error.reason), last=True)
    except (OSError, CassetteError) as error:
        yield Chunk(source, kind or "lines", failure=failure_of(source, error), last=True)


def _cassette(source: str) -> Chunk:
    size = size_of(source)
    failure = _TOO_LARGE if size > LARGEST_CASSETTE else None
    return Chunk(source, "cassette", size=size, whole=True, last=True, failure=failure)


def _kind_by_head(head: bytes) -> Kind:
    text = head.removeprefix(BOM_UTF8)
    if begins_with_log(text):
        return "har"
    return next((kind for pattern, kind in _HEADS if pattern.match(text)), "cassette")


def _split(source: str, kind: Kind, blocks: Iterable[bytes]) -> Iterator[Chunk]:
    """Yield each chunk once it is known whether another follows."""
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
    """Parse one exchange of a capture, or return None if it is not HTTP. Raises `MalformedInteraction`."""
    if kind == "lines":
        return recording_of_line(data)
    if kind == "flows":
        assert isinstance(data, bytes)
        return recording_of_flow(data)
    try:
        entry = parse_json(wire_text(data) if isinstance(data, bytes) else data)
    except NotReadable as error:
        raise MalformedInteraction(error.reason) from None
    return recording_of_entry(entry) if is_http(entry) else None


def failure_of(source: str, error: Exception) -> str:
    """Return in a few words why a capture cannot be read."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).partition("\n")[0].removeprefix(f"{source} ")


class Streamed:
    """The recordings of a capture that is not a cassette; each iteration reads the file again, one exchange at a time.

    Attributes:
        kind: the format of the capture.
        creator: the tool that wrote a HAR, with its version; empty if unknown.
        left_out: the number of entries that are not HTTP exchanges (``data:``, ``wss:``), after an iteration.

    """

    def __init__(self, source: str, kind: Kind) -> None:
        self._source, self.kind = source, kind
        self.creator, self.left_out = "", 0

    def failure_of(self, recording: Recording) -> str:
        """Return the empty string: captures do not record whether a test failed."""
        del recording
        return ""

    def __iter__(self) -> Iterator[Recording]:
        """Yield each recording; raises `CassetteError` if the capture is damaged or cannot be read."""
        return (recording for _, recording in self.with_lines())

    def with_lines(self) -> Iterator[tuple[int | None, Recording]]:
        """Yield each recording with the line at which it begins; raises as iteration does."""
        self.left_out, at = 0, 0
        for chunk in chunks_of(self._source):
            self.creator = self.creator or _creator(chunk)
            for line, recording in _recordings_in(chunk, at):
                at += 1
                if recording is None:
                    self.left_out += 1
                else:
                    yield line, recording


def _creator(chunk: Chunk) -> str:
    """Return the creator that a HAR names before its first entry or after its last."""
    if chunk.kind != "har" or not isinstance(chunk.data, str):
        return ""
    head, tail = (chunk.spans[0][0], chunk.spans[-1][1]) if chunk.spans else (len(chunk.data), len(chunk.data))
    found = _CREATOR.search(chunk.data[:head]) or _CREATOR.search(chunk.data[tail:])
    try:
        creator = json.loads(found[1]) if found else {}
    except ValueError:
        return ""
    return " ".join(str(creator[key]) for key in ("name", "version") if creator.get(key))


def opened_capture(source: str) -> Recorded | Streamed:
    """Open a capture of any format, local or remote; raises `CassetteError` if a cassette is not whole.

    Raises `NotReadable` for a compression that is not read.
    """
    if not is_url(source) and _is_packed(source):
        raise NotReadable(None, _PACKED)
    local = not is_url(source) and not source.lower().endswith(SUFFIXES)
    if local and (kind_by_name(source) == "cassette" or os.path.isdir(source)):  # noqa: PTH112 - a path, as text
        return opened(source)
    with closing(chunks_of(source)) as chunks:
        first = next(chunks)
    if first.kind != "cassette" or first.failure is not None:
        return Streamed(source, first.kind)
    if local:
        return opened(source)
    with local_copy(source) as copy:
        try:
            return opened(copy)
        except CassetteDamaged as damage:
            raise damage.at(source) from None


def with_lines(recorded: Recorded | Streamed) -> Iterator[tuple[int | None, Recording]]:
    """Yield the recordings of a capture with the lines at which they begin (None in formats without lines)."""
    return recorded.with_lines() if isinstance(recorded, Streamed) else zip(recorded.lines, recorded, strict=True)


def _recordings_in(chunk: Chunk, at: int) -> Iterator[tuple[int | None, Recording | None]]:
    """Yield line and recording of each entry of a chunk, numbered from ``at``. Raises as `Streamed` does."""
    for number, (line, span) in enumerate(chunk.placed(), at):
        try:
            yield line, recording_of(chunk.kind, chunk.data[slice(*span)])
        except MalformedInteraction as error:
            raise chunk.damaged(None, f"entry {number} is not an HTTP exchange: {error}") from None
    if chunk.damage is not None:
        raise chunk.damaged(*chunk.damage)
    if chunk.failure is not None:
        msg = f"{chunk.source} cannot be read: {chunk.failure}. How to fix: name a capture that can be read."
        if "How to fix" in chunk.failure:  # a transfer that ended early
            msg = f"{chunk.source} {chunk.failure}"
        raise CassetteError(msg)


@contextmanager
def local_copy(source: str) -> Iterator[Path]:
    """Copy a cassette to a local file, decompressed; raises `NotReadable` and `CassetteError`."""
    with tempfile.TemporaryDirectory() as folder, reading(source) as file:
        copy = Path(folder, "cassette.yaml")
        with copy.open("wb") as written:
            size = 0
            for block in plain_blocks(file):
                size += len(block)
                if size > LARGEST_CASSETTE:
                    raise NotReadable(None, _TOO_LARGE)
                written.write(block)
        yield copy
