"""Reads and writes our YAML layout through vcrpy's serializer and persister."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vcr.persisters.filesystem import CassetteNotFoundError, FilesystemPersister
from vcr.request import Request as VcrRequest
from vcr.serialize import deserialize, serialize

from sls_contract.adapters.vcrpy.forms import request_of, response_of, to_recording, without_recording
from sls_contract.adapters.vcrpy.remedies import IN_VCRPY
from sls_contract.cassettes.conversion import Conversion
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import cassette_text, fold, write
from sls_contract.cassettes.file.replacing import replace_file
from sls_contract.errors import CassetteDamaged
from sls_contract.files import check_file_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sls_contract.adapters.vcrpy.checks import Checks
    from sls_contract.cassettes.recording import Recording
    from sls_contract.cassettes.scrub import Scrubber

_UNNAMED = "cassette"  # vcrpy passes the text of a file to its serializer, not the path


class SlsSerializer:
    """Reads any cassette of vcrpy's version 1, including ours; writes our layout with its ``contract:`` data."""

    def deserialize(self, cassette_string: str) -> dict[str, Any]:
        """Return the interactions; raises `CassetteDamaged` with the line."""
        recordings = CassetteFile(_UNNAMED, cassette_string.encode())
        interactions = [
            {"request": request_of(each.exchange.request), "response": response_of(each)} for each in recordings
        ]
        return {"version": 1, "interactions": interactions}

    def serialize(self, cassette_dict: dict[str, Any]) -> str:
        """Return the text of a whole cassette."""
        return cassette_text(
            to_recording(VcrRequest(**each["request"]), each["response"]) for each in cassette_dict["interactions"]
        )


class SlsPersister:
    """Loads with the previous persister; writes whole files or none, without secrets.

    pytest-recording has its own persister, which loads several files; it stays in use.
    """

    def __init__(self, previous: Any, scrubber: Scrubber, checks: Checks) -> None:
        self._previous, self._scrubber, self._checks = previous, scrubber, checks

    def load_cassette(self, cassette_path: os.PathLike[str] | str, serializer: Any) -> Any:
        """Return requests and responses; raises vcrpy's error without a file, and `CassetteDamaged`."""
        path = Path(cassette_path)
        try:
            if path.is_file():
                fold(path)
            if self._previous is not FilesystemPersister:
                return self._previous.load_cassette(os.fspath(path), serializer)
            if not path.is_file() or not path.read_bytes().strip():
                raise CassetteNotFoundError
            return deserialize(path.read_text("utf-8"), serializer)
        except (CassetteDamaged, UnicodeDecodeError) as error:
            raise _damage_of(error, path, *map(Path, getattr(self._previous, "extra_paths", ()))) from None

    def save_cassette(
        self, cassette_path: os.PathLike[str] | str, cassette_dict: dict[str, Any], serializer: Any
    ) -> None:
        """Write the file; errors are raised when the cassette is closed: vcrpy must restore the clients first."""
        path = Path(cassette_path)
        try:
            check_file_name(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(serializer, SlsSerializer):
                pairs = zip(cassette_dict["requests"], cassette_dict["responses"], strict=True)
                recordings = _with_incomplete(path, [to_recording(*pair) for pair in pairs])
                write(path, Conversion(tuple(recordings), self._scrubber))  # recordings of plain vcrpy may contain keys
            else:
                plain = {**cassette_dict, "responses": [without_recording(each) for each in cassette_dict["responses"]]}
                replace_file(path, self._scrubber.text(serialize(plain, serializer)))
        except Exception as error:  # noqa: BLE001 - vcrpy must restore the clients before it is raised
            self._checks.write_failed(error)
        else:
            self._checks.scan(path)


def _damage_of(error: CassetteDamaged | UnicodeDecodeError, *paths: Path) -> CassetteDamaged:
    """Return the damage with the path, which the serializer does not know, and with what a user of vcrpy can do.

    ``paths`` are the files that were loaded: pytest-recording may load several for one test.
    """
    if isinstance(error, UnicodeDecodeError):
        damage = CassetteDamaged(paths[0], None, f"not UTF-8: byte 0x{error.object[error.start]:02x}")
    else:
        damage = error
    for path in paths:
        try:
            if path.is_file() and path.stat().st_size:
                tuple(CassetteFile.read(path))
        except CassetteDamaged as named:
            damage = named
            break
    damage.record_by(IN_VCRPY.resume)
    return damage


def _with_incomplete(path: Path, recordings: list[Recording]) -> Iterable[Recording]:
    """Add the attempts without a response, which vcrpy does not load, at their old positions."""
    if not path.is_file() or not path.stat().st_size:
        path.unlink(missing_ok=True)
        return recordings
    before = tuple(CassetteFile.read(path))
    places = {each.id: place for place, each in enumerate(before) if each.id}
    incomplete = [each for each in before if each.incomplete]
    return sorted([*incomplete, *recordings], key=lambda each: places.get(each.id, len(before)))
