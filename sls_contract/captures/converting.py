"""A capture written in another format, wherever a worker runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sls_contract import __version__
from sls_contract.captures.compression import SUFFIXES
from sls_contract.captures.lines import line_of
from sls_contract.captures.reading import kind_by_name, opened_capture
from sls_contract.captures.storage import size_of
from sls_contract.cassettes.conversion import PASSES, converted, lost, unseen
from sls_contract.cassettes.file.atomic import replace_file
from sls_contract.cassettes.file.parsing import NotReadable
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.har.archive import write_har
from sls_contract.cassettes.scrub import Scrubber, leaks
from sls_contract.errors import CassetteError, UsageError
from sls_contract.reports import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from sls_contract.captures.reading import Listed
    from sls_contract.cassettes.conversion import Conversion
    from sls_contract.cassettes.opening import Recorded
    from sls_contract.cassettes.recording import Recording
    from sls_contract.signing import Credentials

TARGETS = (".har", ".jsonl", ".yaml", ".yml")


class Task(NamedTuple):
    """A capture (path or URL), and the file that is to be written."""

    source: str
    target: Path

    @property
    def size(self) -> int:
        """How many bytes there are to convert, about."""
        return size_of(self.source)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a capture.

    Attributes:
        lines: what is told.
        exchanges: how many were written.
        leaking: whether a secret is left in what was written.
        failure: why nothing was written; empty where something was.

    """

    lines: tuple[str, ...] = ()
    exchanges: int = 0
    leaking: bool = False
    failure: str = ""


def tasks_of(captures: Mapping[str, str], folder: Path, suffix: str) -> list[Task]:
    """Give each capture (by the name below its folder) a file of its name with another end.

    Raises `UsageError` where two captures would be written into one.
    """
    tasks: dict[Path, Task] = {}
    for name, source in captures.items():
        target = folder / (_stem(name or os.path.basename(source)) + suffix)  # noqa: PTH119 - a path or a URL, as text
        if target in tasks:
            msg = (
                f"{tasks[target].source} and {source} would both be written to {target}. "
                "How to fix: rename one, or convert them into different folders."
            )
            raise UsageError(msg)
        tasks[target] = Task(source, target)
    return list(tasks.values())


def _stem(name: str) -> str:
    """Return a name without its ends: ``a`` of ``a.sls.yaml`` and of ``a.jsonl.zst``."""
    stem, end = os.path.splitext(name)  # noqa: PTH122 - part of a path or a URL
    if end.lower() in SUFFIXES:
        stem, end = os.path.splitext(stem)  # noqa: PTH122 - as above
    known = kind_by_name(f"a{end}") is not None or end == ".json"
    return stem.removesuffix(".sls") if known else stem + end


def convert_task(task: Task, keys: tuple[Credentials, ...]) -> Written:
    """Convert a capture; a failure is told, never raised."""
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
    """Write a capture's exchanges, scrubbed of ``keys`` and of what is shaped like one, into the target.

    ``progress`` is told how many exchanges were read and how many there are. Raises `UsageError` where there is none,
    `CassetteError` where the source cannot be read or the target cannot be written.
    """
    scrubber = Scrubber(keys)
    try:
        source = opened_capture(task.source)
    except NotReadable as error:
        msg = f"{task.source} cannot be read: {error.reason}"
        raise CassetteError(msg) from None
    if not len(source):
        msg = f"{task.source} has no HTTP exchange; nothing was written. How to fix: name another file."
        raise UsageError(msg)
    conversion = converted(source, scrubber, lambda done: progress(done, PASSES * len(source)))
    _write(task.target, conversion.recordings)
    left = leaks(task.target.read_bytes(), scrubber)
    lines = [*_told(source, scrubber.text(getattr(source, "creator", "")), task, conversion)]
    lines += [
        f"{task.target}:{leak.line}: SLS601 secret-in-recording: {leak.kind} was written: {leak.excerpt}"
        for leak in left
    ]
    if left:
        lines.append("How to fix: delete the file, and remove the secret from the source.")
    return Written(tuple(lines), len(conversion.recordings), bool(left))


def _write(target: Path, recordings: tuple[Recording, ...]) -> None:
    suffix = target.suffix.lower()
    if suffix == ".har":
        write_har(target, recordings, __version__)
    elif suffix == ".jsonl":
        replace_file(target, "".join(map(line_of, recordings)))
    else:
        write(target, recordings)


def _told(source: Recorded | Listed, creator: str, task: Task, conversion: Conversion) -> Iterator[str]:
    """Yield what was written, of which file (``creator``: the tool that made it, scrubbed), and what was lost."""
    of = f"{task.source} ({creator})" if creator else task.source
    yield f"{task.target}: {plural(len(conversion.recordings), 'exchange')} of {of}"
    if conversion.scrubbed:
        yield f"scrubbed: {plural(conversion.scrubbed, 'exchange')}"
    yield from (f"not looked into: {place}" for place in conversion.closed)
    yield from (f"lost: {what}" for what in lost(source, conversion.recordings))
    suffix = task.target.suffix.lower()
    if suffix == ".har":
        yield from (f"for sls-contract only (_contract): {what}" for what in unseen(conversion.recordings))
    if suffix == ".jsonl" and any(each.signature is not None for each in conversion.recordings):
        yield "lost: what the recordings say about their signatures, digests and substitutions"
