"""Update a cassette after verification: set its validation times, write a proposal, accept it, or delete it.

A proposal is the old file with new blocks for the exchanges that differ by more than values that change in each run. A
reviewer sees these changes only.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sls_contract.cassettes.file.block import block_of
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.cassettes.file.journal import Journal, journal_of, read_frames
from sls_contract.cassettes.file.layout import Layout, id_of
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import fold, load, with_ids
from sls_contract.cassettes.file.replacing import replace_file
from sls_contract.cassettes.file.validation import Validation
from sls_contract.cassettes.proposal import proposed
from sls_contract.cassettes.recording import Integrity, Recording
from sls_contract.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path


_MEANWHILE = (
    "{path} was not changed: another run recorded exchanges into it\nHow to fix: end the recording, and verify again."
)


@dataclass(frozen=True, slots=True)
class Replacement:
    """The exchanges that a proposal takes from the new recording.

    Attributes:
        taken: digests of new exchanges, by the ids of the old ones that they replace.
        added: digests of new exchanges without an old one.
        not_requested: positions of old exchanges that were not requested.
        validated: when old exchanges got the same response again, by their ids.

    """

    taken: Mapping[str, str] = field(default_factory=dict)
    added: Collection[str] = ()
    not_requested: Collection[int] = ()
    validated: Mapping[str, datetime] = field(default_factory=dict)


def renew(path: Path, validated: Mapping[str, datetime]) -> int:
    """Write when exchanges (by id) were last validated, and change nothing else; return the number of renewed ones.

    An edited exchange keeps its time: its present content was not validated. The file is replaced atomically. Raises
    `CassetteError`.
    """
    with _locked(path):
        file = CassetteFile.read(path)
        blocks = _blocks(file)
        intact = (name for recording, name in with_ids(file) if recording.integrity is not Integrity.EDITED)
        names = [name for name in intact if name in validated]
        if names:
            layout = _with_validation_times(file, blocks, {name: validated[name] for name in names})
            replace_file(path, replace(layout, unfinished=file.unfinished, failed=tuple(file.failed.items())).text)
        return len(names)


def propose(path: Path, replacement: Replacement) -> None:
    """Write the proposal for a cassette: the old file with the new exchanges; raises `CassetteError`."""
    proposal = proposed(path)
    old, new = load(path), {recording.digest: recording for recording in load(proposal)}
    blocks = _blocks(old)
    known = {name: new[digest] for name, digest in replacement.taken.items() if digest in new}
    taken = {name: emit_block(block_of(recording, name)) for name, recording in known.items()}
    kept_ids = [name for at, name in enumerate(blocks) if at not in replacement.not_requested]
    new_blocks = {name: taken.get(name, blocks[name]) for name in kept_ids}
    added = [new[digest] for digest in replacement.added if digest in new]
    new_blocks |= {one.id: emit_block(block_of(one, one.id)) for one in added}
    confirmed = {name: at for name, at in replacement.validated.items() if name in kept_ids and name not in taken}
    confirmed |= {name: at for name in taken if (at := known[name].provenance.recorded_at) is not None}
    with Journal(proposal).held() as journal:
        replace_file(proposal, _with_validation_times(old, new_blocks, confirmed, taken.keys()).text)
        journal.remove()


def accept(path: Path) -> None:
    """Replace a cassette by its proposal; a kill at any moment leaves the old file or the new one.

    Raises `CassetteError` where that is impossible; both files then stay.
    """
    proposal = proposed(path)
    fold(proposal)
    with _locked(path):
        file = CassetteFile.read(proposal)
        kept = file.layout or Layout(tuple(_blocks(file).values()))
        replace_file(path, replace(kept, unfinished=(), failed=()).text)
    dismiss(path)


def dismiss(path: Path) -> None:
    """Delete the proposal for a cassette; does nothing where there is none."""
    for each in (proposed(path), journal_of(proposed(path))):
        each.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a cassette with an empty journal."""
    fold(path)
    with Journal(path).held() as journal:
        if read_frames(journal.read()):  # pragma: no cover - another process, between the last line and this one
            raise CassetteError(_MEANWHILE.format(path=path))
        try:
            yield
        finally:
            journal.remove()


def _blocks(file: CassetteFile) -> dict[str, str]:
    """Return the text of each exchange by its id: unchanged, if sls-contract wrote the file."""
    recordings = {name: recording for recording, name in with_ids(file)}
    if file.layout is not None and [*recordings] == [*map(id_of, file.layout.blocks)]:
        return dict(zip(recordings, file.layout.blocks, strict=True))
    return {name: emit_block(block_of(recording, name)) for name, recording in recordings.items()}


def _with_validation_times(
    file: CassetteFile, blocks: dict[str, str], validated: Mapping[str, datetime], fresh: Collection[str] = ()
) -> Layout:
    """Return blocks with their validation times; as few lines as possible change.

    Blocks that the old prolog covers, but the new one does not, get their time written into them. Where these would be
    the majority, the old prolog stays, and the newly validated blocks get their times instead. ``fresh`` blocks have a
    time already.
    """
    before = file.layout.validation if file.layout is not None else None
    recordings = {name: recording for recording, name in with_ids(file)}
    lost = (file.validated & blocks.keys()) - validated.keys() - set(fresh)
    if len(lost) <= len(validated) and validated:
        blocks |= {name: emit_block(block_of(recordings[name], name)) for name in lost}
        validation: Validation | None = Validation.over(min(validated.values()), blocks.values(), validated.keys())
    else:
        old_blocks = file.layout.blocks if file.layout is not None else ()
        blocks |= {name: _dated(recordings[name], name, validated[name]) for name in validated.keys() - set(fresh)}
        validation = None if before is None else before.after_change(old_blocks, blocks.values())
    return Layout(tuple(blocks.values()), validation=validation)


def _dated(recording: Recording, name: str, at: datetime) -> str:
    return emit_block(block_of(replace(recording, provenance=replace(recording.provenance, validated_at=at)), name))
