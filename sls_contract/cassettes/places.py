"""Find cassettes on disk, at the paths that a user names and in their folders."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sls_contract.cassettes.file.journal import journal_of
from sls_contract.cassettes.opening import is_har
from sls_contract.errors import UsageError

_SUFFIX = ".sls.yaml"
_SUFFIXES = (".yaml", ".yml", ".json")
_JOURNAL = ".journal"
_HEAD = 1024 * 1024  # bytes, enough to identify a file of any size

# In YAML and in JSON: the list of recordings, and two keys that only vcrpy writes.
_INTERACTIONS = re.compile(rb"""(?m)^["']?interactions["']?\s*:|[{,]\s*"interactions"\s*:""")
_VCRPY_KEYS = re.compile(rb"""\buri["']?\s*:|\bversion["']?\s*:\s*1\b""")


def expect_recordings(path: Path, done: str) -> Path:
    """Return the path if it is a file or folder, or has a journal.

    Raises `UsageError` for any other; ``done`` is the verb of the message: ``checked``, ``compared``, ``played``.
    """
    try:
        if path.is_file() or path.is_dir() or journal_of(path).is_file():
            return path
        reason = "it is neither a file nor a folder" if path.exists() else "there is no such file or folder"
    except OSError as error:
        reason = error.strerror or str(error)
    msg = f"{path} cannot be {done}: {reason}. How to fix: name a cassette, or a folder of cassettes."
    raise UsageError(msg)


def cassettes_at(
    paths: Iterable[Path],
    done: str,
    on_error: Callable[[OSError], None],
    also: Callable[[Path], bool] = lambda _: False,
) -> list[Path]:
    """Return the cassettes at or below paths, a file with several names once; in folders, ``also`` accepts other files.

    Raises as `expect_recordings` does; ``on_error`` is called with the error of every folder that cannot be read.
    """
    found: dict[str, Path] = {}
    for path in paths:
        for cassette in cassettes_below(expect_recordings(path, done), on_error, also):
            found.setdefault(os.path.realpath(cassette), cassette)
    return list(found.values())


def cassettes_below(
    path: Path, on_error: Callable[[OSError], None] | None = None, also: Callable[[Path], bool] = lambda _: False
) -> Iterator[Path]:
    """Yield the cassettes and HARs at or below a path, sorted, including those that have only a journal yet.

    Links are followed, each folder is visited once. ``on_error`` is called with the error of every unreadable folder.
    """
    if not path.is_dir():
        yield path
        return
    files = list(_files_below(path, on_error))
    found = {each for each in files if _is_recording(each) or also(each)}
    journals = (each for each in files if each.suffix == _JOURNAL and each.stat().st_size)
    found |= {each.with_suffix("") for each in journals if each.with_suffix("").suffix in _SUFFIXES}
    yield from sorted(found)


def _files_below(path: Path, on_error: Callable[[OSError], None] | None) -> Iterator[Path]:
    seen: set[str] = set()
    for folder, folders, files in os.walk(path, onerror=on_error, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(folder, name) for name in files)


def _is_recording(path: Path) -> bool:
    """Return whether a file in a folder is a cassette or a HAR: by its name, or by its content.

    A file that cannot be read counts as one, so that it is not skipped.
    """
    if path.suffix not in _SUFFIXES and not is_har(path):
        return False
    if path.name.endswith(_SUFFIX) or is_har(path):
        return True
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return is_cassette_text(file.read(_HEAD))
    except OSError:
        return True


def is_cassette_text(text: bytes) -> bool:
    """Return whether YAML or JSON is a cassette, by vcrpy's keys: Ruby's VCR, Betamax and Pact write other keys."""
    return bool(_INTERACTIONS.search(text) and _VCRPY_KEYS.search(text))
