"""``sls-contract diff --git``: what changed in a cassette, as ``git diff`` shows it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.errors import CassetteError, UsageError
from sls_contract.exchange import masked_url
from sls_contract.reports.text import on_one_line, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_CHANGED = 7
"""Arguments of a changed file: its path, then file, hash and mode before, and the same after (``git help git``)."""
_BEFORE, _AFTER = 1, 4


def git_lines(given: Sequence[str], compared: Callable[[Path, Path], Iterable[str]]) -> Iterator[str]:
    """Yield the lines of one file; ``compared`` gives those of two cassettes.

    Raises `UsageError` where the arguments are not those of ``GIT_EXTERNAL_DIFF``.
    """
    if len(given) != 1 and len(given) < _CHANGED:
        msg = (
            f"--git takes the arguments of a diff driver of git, got {len(given)}. "
            "How to fix: git config diff.sls-contract.command 'sls-contract diff --git'."
        )
        raise UsageError(msg)
    yield on_one_line(f"sls-contract diff {given[0]}")
    if len(given) == 1:
        yield "not merged yet"
        return
    before, after = Path(given[_BEFORE]), Path(given[_AFTER])
    if os.devnull in (str(before), str(after)):
        yield from _alone(after, "added", "+") if str(before) == os.devnull else _alone(before, "deleted", "-")
        return
    yield from (line for line in compared(before, after) if line)


def _alone(path: Path, what: str, mark: str) -> Iterator[str]:
    """Yield the exchanges of a cassette that stands on one side alone."""
    from sls_contract.cassettes import load_cassette

    try:
        recordings = load_cassette(path).recordings
    except CassetteError as error:
        yield on_one_line(f"{what}: {error}")
        return
    yield f"{what}: {plural(len(recordings), 'exchange')}"
    for each in recordings:
        request, response = each.exchange.request, each.exchange.response
        answer = "no answer" if response is None else response.status
        yield on_one_line(f"{mark} {request.method} {masked_url(request.url)} -> {answer}")
