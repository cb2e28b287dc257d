"""``sls-cassettes.lock``: the revisions that a checkout passed with, one line per suite."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.errors import CassetteError, UsageError
from sls_contract.files import replace_file

if TYPE_CHECKING:
    from pathlib import Path

NAME = "sls-cassettes.lock"

_HEAD = (
    "# The recordings with which the tests of this checkout last passed. Written by sls-contract; commit this file.\n"
)
_LINE = re.compile(r"(\S+) ([0-9a-f]{64})(?: .*)?")
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>")
_BASE = "|||||||"


class Line(NamedTuple):
    """The entry of a suite; two lines with the same URL are a merge conflict."""

    url: str
    revision: str
    text: str


def lock_near(folder: Path) -> Path:
    """Return the lock file in a folder or above it in the same repository; if there is none, its path in the folder."""
    for each in (folder, *folder.parents):
        if (each / NAME).is_file():
            return each / NAME
        if (each / ".git").exists():
            break
    return folder / NAME


def read_lock(path: Path) -> list[Line]:
    """Return the lines of a lock file, both sides of a conflict; none if there is no file. Raises `UsageError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {error}. How to fix: restore it from version control."
        raise UsageError(msg) from error
    lines: dict[Line, None] = {}
    in_base = False
    for number, line in enumerate(text.splitlines(), 1):
        in_base = line.startswith(_BASE) or (in_base and not line.startswith(_MARKERS))
        if in_base or not line.strip() or line.startswith(("#", *_MARKERS)):
            continue
        if (found := _LINE.fullmatch(line.strip())) is None:
            msg = (
                f"{path}:{number}: expected a URL and a revision of 64 digits, got {line!r}. "
                "How to fix: restore the file from version control."
            )
            raise UsageError(msg)
        lines[Line(found[1], found[2], line.strip())] = None
    return list(lines)


def revisions_in(path: Path, url: str) -> tuple[str, ...]:
    """Return the revisions that a lock file names for a suite: none, one, or both of a merge conflict."""
    return tuple(dict.fromkeys(line.revision for line in read_lock(path) if line.url == url))


def write_line(path: Path, url: str, revision: str, count: int) -> None:
    """Write a suite's revision of ``count`` recordings to a lock file atomically; raises `CassetteError`."""
    line = f"{url} {revision} {count} cassettes"
    others = [each.text for each in read_lock(path) if each.url != url]
    try:
        replace_file(path, (_HEAD, *(f"{each}\n" for each in sorted([*others, line]))))
    except OSError as error:
        msg = (
            f"{path} cannot be written: {error.strerror or error}\n"
            f"How to fix: make the folder writable and run again, or write this line there:\n{line}"
        )
        raise CassetteError(msg) from error
