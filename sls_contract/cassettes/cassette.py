"""A recorded cassette as a value: the result of `load_cassette`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.cassettes.opening import opened

if TYPE_CHECKING:
    import os

    from sls_contract.cassettes.opening import Recorded
    from sls_contract.cassettes.recording import Evidence, Recording
    from sls_contract.exchange import Exchange


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
