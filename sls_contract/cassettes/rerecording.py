"""The end of a session in record mode ``all``, for a cassette that several tests share: replace its recordings or none.

A test knows only its own requests. If each test removed the old recordings, those of a test that did not run would go.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sls_contract.cassettes.file.recording_file import load_unmarked, recorded, remove_recordings, run_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from pathlib import Path

    from sls_contract.cassettes.matching import Matching
    from sls_contract.cassettes.recording import Recording


def replace_old(
    path: Path, new: Collection[str], began: datetime, matching: Matching, *, complete: bool, stray: bool
) -> bool:
    """Remove the recordings from before the session ``began``; return False if the ``new`` ones were removed instead.

    The new ones are removed if an old request would be lost: none of them is ``matching``, and the session is not
    ``complete``, that is, not every test of the cassette has ended. With ``stray``, other recordings of the session
    are removed in any case: their tests did not report that they ended, for example because the session was
    interrupted. Raises `CassetteError`.
    """
    file = load_unmarked(path) if recorded(path) else ()
    ours = [each for each in file if each.session in new]
    old = [each for each in file if each.session not in new and each.provenance.is_older_than(began)]
    keeps_old = bool(ours) and not complete and bool(_requests(old, matching) - _requests(ours, matching))
    removed = {each.session for each in (ours if keeps_old else old)} if ours else set()
    if stray:
        removed |= {each.session for each in file if each.session.startswith(run_name(began))}.difference(new)
    if old and removed:
        remove_recordings(path, removed)
    return not keeps_old


def _requests(recordings: Iterable[Recording], matching: Matching) -> Counter[object]:
    return Counter(matching.key(each.exchange.request) for each in recordings)
