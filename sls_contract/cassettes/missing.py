"""Why a cassette is missing: never recorded, ignored by git, deleted, or under the old name of its test."""

from __future__ import annotations

import os
import shlex
import subprocess
from difflib import SequenceMatcher
from shutil import which
from typing import TYPE_CHECKING

from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.matching import IN_PYTEST
from sls_contract.cassettes.recorder.handler import live
from sls_contract.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_RECORD_AT_URL = (
    "record it (pytest --sls-record=once): when all tests pass, the run uploads it; then commit sls-cassettes.lock. "
    "If somebody else recorded it: sls-contract cassettes pull --latest {url}"
)
_GIT_TIMEOUT = 10  # seconds
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""Variables that git sets for its hooks, such as pre-push; with them, ``git -C`` looks into another folder."""


def explain_missing(
    path: Path,
    candidates: Iterable[Path],
    matches: Callable[[CassetteFile], bool],
    stored_at: str = "",
    record_by: str = IN_PYTEST.resume,
) -> tuple[tuple[str, ...], str]:
    """Return why there is no cassette, and the fix.

    ``candidates`` are cassettes that no test of the run plays; ``matches`` says whether a cassette has the request.
    ``stored_at`` is the URL of a suite whose cassettes are copied to this machine; git does not track these copies.
    ``record_by`` is how to record it.
    """
    if stored_at:
        details = [f"The lock file names no cassette for it at {stored_at}."]
        record = _RECORD_AT_URL.format(url=shlex.quote(stored_at))
    elif _git(path, "ls-files", "-z", "--", str(path)):
        fix = shlex.join(["git", "-C", str(_folder(path)), "restore", "--", str(path)])
        return (f"git tracks {path}, but the file is missing.",), f"restore it: {fix}"
    else:
        details, record = [], f"record it ({record_by}), and commit the file"
        if rule := _ignored_by(path):
            details.append(f"git ignores it, so it was never committed: {rule}")
            added = f"git add -f {shlex.quote(str(path))}"
            record = f"record it ({record_by}), and commit the file in spite of the rule: {added}"
    if (old := _under_an_old_name(path, candidates, matches)) is not None:
        details.append(f"{old} has a recording of the request, and no test of this run plays it.")
        folder = "" if path.parent.is_dir() else shlex.join(["mkdir", "-p", str(path.parent)]) + " && "
        upload = f" && sls-contract cassettes push --delete {shlex.quote(stored_at)}" if stored_at else ""
        moved = f"{folder}{shlex.join(['mv', str(old), str(path)])}{upload}"
        return tuple(details), f"if the test was renamed, rename its cassette ({moved}); else {record}"
    return tuple(details), record


def _under_an_old_name(path: Path, candidates: Iterable[Path], matches: Callable[[CassetteFile], bool]) -> Path | None:
    """Return the cassette with the name most similar to the missing one, among those that have the request."""
    by_similarity = sorted(candidates, key=lambda one: -SequenceMatcher(None, str(one), str(path)).ratio())
    return next((one for one in by_similarity if _matches(one, matches)), None)


def _matches(path: Path, matches: Callable[[CassetteFile], bool]) -> bool:
    try:
        return matches(CassetteFile.read(path))
    except CassetteError:
        return False


def _ignored_by(path: Path) -> str:
    """Return the rule by which git ignores a path, with file and line; empty where git does not ignore it."""
    file, line, rule, *_ = (*_git(path, "check-ignore", "-v", "-z", "--stdin"), "", "", "")
    return f"{rule} ({file}:{line})" if rule and not rule.startswith("!") else ""


def _git(path: Path, *command: str) -> list[str]:
    """Return the output of a git command about a path, split at NUL; empty without git, or without a repository."""
    git, folder = which("git"), _folder(path)
    if git is None:
        return []
    try:
        with live():  # it is not a program that the test started
            result = subprocess.run(  # noqa: S603 - git, with our own arguments
                [git, "-C", str(folder), *command],
                input=os.fsencode(path),
                capture_output=True,
                timeout=_GIT_TIMEOUT,
                check=False,
                env={name: value for name, value in os.environ.items() if name not in _OF_A_HOOK},
            )
    except (OSError, subprocess.SubprocessError):
        return []
    return result.stdout.decode("utf-8", "replace").split("\0")[:-1] if result.returncode == 0 else []


def _folder(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.is_dir())
