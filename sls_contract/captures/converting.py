"""Write a capture in another format. Runs in any worker process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from sls_contract import __version__
from sls_contract.captures.compression import SUFFIXES
from sls_contract.captures.lines import line_of
from sls_contract.captures.reading import LARGEST_CASSETTE, chunks_of, kind_by_name, opened_capture
from sls_contract.captures.storage import size_of
from sls_contract.cassettes.conversion import Conversion
from sls_contract.cassettes.file.parsing import NotReadable
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.file.replacing import replace_file
from sls_contract.cassettes.har.archive import write_har
from sls_contract.cassettes.scrub import Leak, Scrubber, leaks
from sls_contract.errors import CassetteError, UsageError
from sls_contract.files import check_file_name
from sls_contract.reports import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sls_contract.cassettes.recording import Recording
    from sls_contract.signing import Credentials

_MOST_LEAKS = 1000  # that are reported
TARGETS = (".har", ".jsonl", ".yaml", ".yml")


class Task(NamedTuple):
    """A capture (path or URL) and the file to write."""

    source: str
    target: Path

    @property
    def size(self) -> int:
        """The approximate number of bytes to convert."""
        return size_of(self.source)


@dataclass(frozen=True, slots=True)
class Written:
    """The result of one conversion.

    Attributes:
        lines: the lines to print.
        exchanges: the number of exchanges written.
        leaking: whether the written file still contains a secret.
        failure: why nothing was written; empty on success.

    """

    lines: tuple[str, ...] = ()
    exchanges: int = 0
    leaking: bool = False
    failure: str = ""


def tasks_of(captures: Mapping[str, str], folder: Path, suffix: str) -> list[Task]:
    """Pair each capture (keyed by its name below its folder) with a target file of the same name and another suffix.

    Raises `UsageError` if two captures have the same target, and for a name that cannot be written.
    """
    tasks: dict[Path, Task] = {}
    for name, source in captures.items():
        target = folder / (_stem(name or os.path.basename(source)) + suffix)  # noqa: PTH119 - a path or a URL, as text
        check_file_name(target)
        if target in tasks:
            msg = (
                f"{tasks[target].source} and {source} would both be written to {target}. "
                "How to fix: rename one, or convert them into different folders."
            )
            raise UsageError(msg)
        tasks[target] = Task(source, target)
    return list(tasks.values())


def _stem(name: str) -> str:
    """Return a name without its suffixes: ``a`` for ``a.sls.yaml`` and for ``a.jsonl.zst``."""
    stem, end = os.path.splitext(name)  # noqa: PTH122 - part of a path or a URL
    if end.lower() in SUFFIXES:
        stem, end = os.path.splitext(stem)  # noqa: PTH122 - as above
    known = kind_by_name(f"a{end}") is not None or end == ".json"
    return stem.removesuffix(".sls") if known else stem + end


def convert_task(task: Task, keys: tuple[Credentials, ...]) -> Written:
    """Convert a capture; returns a failure instead of raising."""
    try:
        task.target.parent.mkdir(parents=True, exist_ok=True)
        return convert_capture(task, keys)
    except (CassetteError, UsageError) as error:
        return Written(failure=str(error))
    except OSError as error:
        return Written(failure=f"{error.filename or task.target}: {error.strerror or error}")


def convert_capture(
    task: Task, keys: Sequence[Credentials], progress: Callable[[int, int], None] = lambda _done, _of: None
) -> Written:
    """Write the exchanges of a capture into the target, scrubbed of ``keys`` and of anything shaped like a key.

    ``progress`` is called with the number of exchanges read and their total. Raises `UsageError` if there are no
    exchanges, `CassetteError` if the source cannot be read or the target cannot be written.
    """
    scrubber = Scrubber(keys)
    try:
        source = opened_capture(task.source)
    except NotReadable as error:
        msg = f"{task.source} cannot be read: {error.reason}"
        raise CassetteError(msg) from None
    conversion = Conversion(source, scrubber, progress)
    if not conversion.count and (lost := list(conversion.losses.without_sent_body())):
        msg = (
            f"{task.source} has {lost[0]}; nothing was written. "
            "How to fix: record it again with a tool that keeps the bodies of requests, such as sls-contract proxy."
        )
        raise UsageError(msg)
    if not conversion.count:
        msg = f"{task.source} has no HTTP exchange; nothing was written. How to fix: name another file."
        raise UsageError(msg)
    _write(task, conversion)
    left = [*islice(_leaks(task.target, scrubber), _MOST_LEAKS)]
    lines = [*_report(source, scrubber.text(getattr(source, "creator", "")), task, conversion)]
    lines += [
        f"{task.target}:{line}: SLS601 secret-in-recording: {leak.kind} was written: {leak.excerpt}"
        for line, leak in left
    ]
    if left:
        lines.append("How to fix: delete the file, and remove the secret from the source.")
    return Written(tuple(lines), conversion.count, bool(left))


def _write(task: Task, recordings: Iterable[Recording]) -> None:
    target = task.target
    suffix = target.suffix.lower()
    if suffix == ".har":
        write_har(target, recordings, __version__)
    elif suffix == ".jsonl":
        replace_file(target, map(line_of, recordings), locked=False)
    else:
        write(target, _limited(task.source, recordings))


def _limited(source: str, recordings: Iterable[Recording]) -> Iterator[Recording]:
    """Raise `UsageError` for more than a cassette may contain: cassettes are written and read as a whole."""
    size = 0
    for each in recordings:
        exchange = each.exchange
        size += len(exchange.request.body) + len(exchange.response.body if exchange.response is not None else b"")
        if size > LARGEST_CASSETTE:
            msg = (
                f"{source} is too large for a cassette, which is read as a whole: its bodies have more than 128 MiB. "
                "How to fix: convert it to .jsonl or .har."
            )
            raise UsageError(msg)
        yield each


def _leaks(target: Path, scrubber: Scrubber) -> Iterator[tuple[int, Leak]]:
    """Yield the secrets that remain in a file, with their lines; captures are read chunk by chunk."""
    for chunk in chunks_of(str(target)):
        data = target.read_bytes() if chunk.kind == "cassette" else chunk.data
        for leak in leaks(data.encode() if isinstance(data, str) else data, scrubber):
            yield leak.line + (chunk.line or 1) - 1, leak


def _report(source: object, creator: str, task: Task, conversion: Conversion) -> Iterator[str]:
    """Yield the lines to print: the file written, its source (with its ``creator``, scrubbed), and losses."""
    of = f"{task.source} ({creator})" if creator else task.source
    yield f"{task.target}: {plural(conversion.count, 'exchange')} from {of}"
    if conversion.scrubbed:
        yield f"scrubbed: {plural(conversion.scrubbed, 'exchange')}"
    yield from (f"not scanned for secrets: {place}" for place in conversion.unscanned)
    yield from (f"lost: {what}" for what in conversion.losses.lost(source))
    suffix = task.target.suffix.lower()
    if suffix == ".har":
        yield from (f"for sls-contract only (_contract): {what}" for what in conversion.losses.outside_har())
    if suffix == ".jsonl" and conversion.losses.signed:
        yield "lost: what the recordings say about their signatures, digests and substitutions"
