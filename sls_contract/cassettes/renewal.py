"""What becomes of a cassette and its proposal once they were compared: renewed, replaced, or left as they are."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.cassettes.file.atomic import replace_file
from sls_contract.cassettes.file.block import block_of
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.cassettes.file.journal import Journal, journal_of, read_frames
from sls_contract.cassettes.file.layout import Layout
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import fold, names_of
from sls_contract.cassettes.proposal import proposed
from sls_contract.cassettes.recording import Integrity
from sls_contract.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from sls_contract.cassettes.recording import Recording

_MEANWHILE = (
    "{path} is left as it is: exchanges were recorded into it meanwhile\n"
    "How to fix: end the recording, and verify again."
)


def renew(path: Path, validated: Mapping[str, datetime]) -> int:
    """Write when exchanges (by id) were last validated, and nothing else; return how many were renewed.

    The digest covers that time, so an exchange gets a new one with it; one that was edited keeps time and digest, since
    nobody validated what stands there now. The file is replaced whole or not at all. Raises `CassetteError`.
    """
    with _alone(path):
        file = CassetteFile.read(path)
        recordings = tuple(file)
        names = tuple(names_of(recordings))
        later = {
            at: replace(recording, provenance=replace(recording.provenance, validated_at=validated[name]))
            for at, (name, recording) in enumerate(zip(names, recordings, strict=True))
            if name in validated and recording.integrity is not Integrity.EDITED
        }
        if later:
            marks = Layout((), file.unfinished, failed=tuple(file.failed.items()))
            replace_file(path, replace(marks, blocks=tuple(_blocks(file, later))).text)
        return len(later)


def accept(path: Path) -> None:
    """Put the proposal for a cassette in its place; a kill at any moment leaves the old file or the new one.

    Raises `CassetteError` where that is not possible; both files then stay.
    """
    proposal = proposed(path)
    fold(proposal)
    with _alone(path):
        replace_file(path, Layout(tuple(_blocks(CassetteFile.read(proposal), {}))).text)
    dismiss(path)


def dismiss(path: Path) -> None:
    """Take the proposal for a cassette away; does nothing where there is none."""
    for each in (proposed(path), journal_of(proposed(path))):
        each.unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a cassette's lock, and nothing in its journal."""
    fold(path)
    with Journal(path).held() as journal:
        if read_frames(journal.read()):  # pragma: no cover - another process, between the last line and this one
            raise CassetteError(_MEANWHILE.format(path=path))
        try:
            yield
        finally:
            journal.remove()


def _blocks(file: CassetteFile, later: Mapping[int, Recording]) -> Iterator[str]:
    """Yield the text of each exchange: as it stands, where nothing is new of it."""
    recordings = tuple(file)
    for at, name in enumerate(names_of(recordings)):
        if file.layout is not None and at not in later:
            yield file.layout.blocks[at]
        else:
            yield emit_block(block_of(later.get(at, recordings[at]), name))
