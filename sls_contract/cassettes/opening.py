"""Open a file of recordings: a cassette of sls-contract or vcrpy, or an HTTP archive; or load it as a value."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sls_contract.cassettes.file.recording_file import load
from sls_contract.files import check_file_name

if TYPE_CHECKING:
    from sls_contract.cassettes.file.reader import CassetteFile
    from sls_contract.cassettes.har.archive import HarFile
    from sls_contract.cassettes.recording import Evidence, Recording
    from sls_contract.exchange import Exchange

Recorded: TypeAlias = "CassetteFile | HarFile"


def is_har(path: os.PathLike[str] | str) -> bool:
    """Return whether a file is an HTTP archive by its name."""
    return os.fspath(path).lower().endswith(".har")


def opened(path: os.PathLike[str] | str) -> Recorded:
    """Open a file of recordings: a HAR where the name ends in ``.har``, else a cassette, its journal folded in.

    Raises `CassetteError` where there is none, `CassetteDamaged` for a damaged one, `UsageError` for a wrong name.
    """
    check_file_name(path)
    if not is_har(path):
        return load(path)
    from sls_contract.cassettes.har.archive import HarFile

    return HarFile.read(path)


@dataclass(frozen=True)
class Cassette:
    """The exchanges of one file, and where they come from.

    Attributes:
        path: path of the file.
        file: its recordings, each parsed when it is read, with their line numbers.

    """

    path: Path
    file: Recorded = field(repr=False)

    @cached_property
    def recordings(self) -> tuple[Recording, ...]:
        """Every recording in recorded order; raises `CassetteDamaged` where one cannot be read."""
        return tuple(self.file)

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every exchange in recorded order; the response is None where none was received."""
        return tuple(recording.exchange for recording in self.recordings)

    @cached_property
    def incomplete(self) -> tuple[Recording, ...]:
        """The recordings without a complete response, in recorded order."""
        return tuple(recording for recording in self.recordings if recording.incomplete)

    @cached_property
    def evidence(self) -> Evidence:
        """The weakest evidence among the recordings: what the file as a whole can prove."""
        return self.file.evidence


def load_cassette(path: os.PathLike[str] | str) -> Cassette:
    """Load a cassette: of sls-contract, any vcrpy version 1 cassette (YAML or JSON), or a HAR (``.har``).

    The journal of a killed recording, if there is one beside the file, is merged into it. Raises `CassetteError` if
    there is no cassette, and `CassetteDamaged` with line and reason if the file as a whole is damaged. A damaged
    exchange raises when it is first read.
    """
    return Cassette(Path(path), opened(path))
