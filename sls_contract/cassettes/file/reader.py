"""A cassette as a sequence of recordings, each parsed when it is read."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.file.block import block_of
from sls_contract.cassettes.file.canonical import canonical_recording, canonical_request
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.cassettes.file.interaction import MalformedInteraction, recording_of
from sls_contract.cassettes.file.layout import Layout, first_lines, id_of, layout_of, text_of
from sls_contract.cassettes.file.other_formats import other_format
from sls_contract.cassettes.file.parsing import NotReadable, parse_block_yaml, parse_document
from sls_contract.cassettes.file.replacing import not_readable
from sls_contract.cassettes.matching import DEFAULT, Key, Matching
from sls_contract.cassettes.recording import Evidence, Integrity, Recording, weakest, with_integrity
from sls_contract.cassettes.recordings import Recordings
from sls_contract.checks.steady_body import moving_body
from sls_contract.errors import CassetteDamaged, CassetteError
from sls_contract.exchange import Request, split_url

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


_FIX_FOREIGN = (
    "restore the file from version control, or delete it and record again ({record}); "
    "convert recordings of other tools to JSON Lines (docs/captures.md)"
)
_FIX_FORMAT = "install the version of sls-contract that recorded the file, or a later one"
_EVIDENCE = re.compile(r"\n    evidence: ([a-z]+)\n")


class CassetteFile(Recordings):
    """The recordings of one cassette of sls-contract, or of a third party's vcrpy version 1 cassette (YAML or JSON).

    Opening a file finds faults of the file as a whole; reading an exchange finds faults of that exchange. Both raise
    `CassetteDamaged` with path, line and reason. ``layout`` is None if sls-contract did not write the file.
    """

    def __init__(self, path: os.PathLike[str] | str, data: bytes) -> None:
        """Take the bytes of a file; use `load` for a path."""
        self.path = Path(path)
        self._trees: Sequence[object] = ()
        self._document_lines: Sequence[int | None] = ()
        try:
            text = text_of(os.fspath(path), data)
            self.layout: Layout | None = layout_of(text)
            if self.layout is None:
                self._trees, self._document_lines, contract = _interactions(os.fspath(path), text)
        except CassetteDamaged:
            if (found := other_format(data)) is None:
                raise
            raise CassetteDamaged(self.path, None, f"not a cassette: {found.name}", found.how_to_fix) from None
        if self.layout is None:
            unfinished, failed = _unfinished(contract), _failed(contract)
        else:
            unfinished, failed = self.layout.unfinished, dict(self.layout.failed)
            _refuse_repeated(os.fspath(path), self.layout)
            self._refuse_cut(self.layout)
        self.unfinished, self.failed = unfinished, failed

    @classmethod
    def read(cls, path: os.PathLike[str] | str) -> CassetteFile:
        """Read a cassette from disk, without its journal; raises `CassetteError` where there is none."""
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError:
            msg = f"there is no cassette at {Path(path)}\nHow to fix: record it (pytest --sls-record=once)."
            raise CassetteError(msg) from None
        except OSError as error:
            raise not_readable(Path(path), error) from error
        return cls(Path(path), data)

    def __len__(self) -> int:
        """Count the exchanges, those without a response included."""
        return len(self._trees) if self.layout is None else len(self.layout.blocks)

    def at(self, position: int) -> Recording:
        """Return a recording; it is parsed now and its digest compared."""
        return self._with_validation(with_integrity(self.unverified(position)))

    def unverified(self, position: int) -> Recording:
        """Return a recording as its block has it; its digest may not have been compared yet."""
        canonical = canonical_recording(self.layout.blocks[position]) if self.layout is not None else None
        if canonical is not None:
            return canonical
        try:
            if self.layout is None:
                return recording_of(self._trees[position])
            return recording_of(parse_block_yaml(self.layout.blocks[position], self.lines[position] or 1))
        except MalformedInteraction as error:
            line = self.lines[position]
            raise CassetteDamaged(self.path, line, f"exchange {position} is not a valid interaction: {error}") from None
        except NotReadable as error:
            raise CassetteDamaged(self.path, error.line or self.lines[position], error.reason) from None

    @property
    def lines(self) -> Sequence[int | None]:
        """The line, counted from 1, at which each exchange begins; None in JSON."""
        if self.layout is not None:
            return first_lines(self.layout.blocks)
        return self._document_lines or [None] * len(self)

    @property
    def evidence(self) -> Evidence:
        """The weakest evidence in the file; unknown for an empty one."""
        return weakest(self._evidence(at) for at in range(len(self)))

    def requests(self, matching: Matching = DEFAULT) -> Sequence[Request]:
        """Return the requests; by default only method, URL, Host and body of each, which is cheap."""
        if matching != DEFAULT:
            return super().requests(matching)
        return tuple(self._request(at) for at in range(len(self)))

    def keys(self, matching: Matching = DEFAULT) -> Sequence[Hashable]:
        """Return the matching key of each request, which is cheap by default."""
        if matching.names != DEFAULT.names:
            return super().keys(matching)
        return [self._key(at) for at in range(len(self))]

    @cached_property
    def validated(self) -> frozenset[str]:
        """The ids of the exchanges for which the file's prolog states when they were last validated."""
        if self.layout is None or self.layout.validation is None:
            return frozenset()
        return self.layout.validation.covered(self.layout.blocks)

    def _with_validation(self, recording: Recording) -> Recording:
        """Set when a recording was last validated, where the file's prolog has a later time than its block."""
        provenance = recording.provenance
        if recording.id not in self.validated or self.layout is None or self.layout.validation is None:
            return recording
        at = self.layout.validation.at
        if provenance.validated_at is not None and provenance.validated_at >= at:
            return recording
        return replace(recording, provenance=replace(provenance, validated_at=at), written=provenance)

    def _evidence(self, at: int) -> Evidence:
        found = _EVIDENCE.search(self.layout.blocks[at]) if self.layout is not None else None
        known = found is not None and found[1] in Evidence.__members__.values()
        return Evidence(found[1]) if known and found is not None else self[at].provenance.evidence

    def _request(self, at: int) -> Request:
        parts = canonical_request(self.layout.blocks[at]) if self.layout is not None else None
        if parts is None or parts[3]:
            return self[at].exchange.request
        method, url, host, body = parts
        return Request(method, url, (("Host", host),), body)

    def _key(self, at: int) -> Key:
        parts = canonical_request(self.layout.blocks[at]) if self.layout is not None else None
        if parts is None:
            return Key.of(self[at].exchange.request)
        method, url, host, body = parts
        if body and moving_body(Request(method, url, (("Host", host),))):
            return Key.of(self[at].exchange.request)
        return Key.of_parts(method, host, split_url(url)[2], body)

    def _refuse_cut(self, layout: Layout) -> None:
        """Refuse a file that lacks its closing line, unless its last block shows that a reformatter removed it."""
        if layout.ended:
            return
        line = self.lines[-1] if layout.blocks else 3
        if layout.blocks:
            last = with_integrity(self.unverified(len(layout.blocks) - 1))
            written = emit_block(block_of(last, last.id))
            if last.integrity is Integrity.INTACT and not written.startswith(layout.blocks[-1].rstrip()):
                return
        raise CassetteDamaged(self.path, line, "the file was cut off in or after the exchange that begins here")


def _interactions(path: str, text: str) -> tuple[Sequence[object], Sequence[int | None], object]:
    """Parse a file whose layout sls-contract did not write."""
    try:
        root, lines = parse_document(text)
    except NotReadable as error:
        raise CassetteDamaged(path, error.line, error.reason) from None
    if isinstance(root, list) and any(isinstance(each, dict) and "request" in each for each in root):
        reason = "a list, as vcrpy wrote before version 1; python -m vcr.migration turns it into version 1"
        raise CassetteDamaged(path, 1, reason, _FIX_FOREIGN)
    if not isinstance(root, dict):
        reason = "not a cassette: expected a mapping with version and interactions"
        raise CassetteDamaged(path, 1, reason, _FIX_FOREIGN)
    if "http_interactions" in root:
        raise CassetteDamaged(path, None, "a cassette of Betamax or of Ruby's VCR, which is not read", _FIX_FOREIGN)
    if isinstance(root.get("log"), dict):
        fix = "give it a name that ends in .har"
        raise CassetteDamaged(path, None, "not a cassette: a HAR, which this command knows by its name", fix)
    interactions = root.get("interactions")
    if not isinstance(interactions, list):
        raise CassetteDamaged(path, None, "not a cassette: the list of interactions is missing", _FIX_FOREIGN)
    _refuse_version(path, root)
    return interactions, lines, root.get("contract")


def _refuse_version(path: str, root: dict[str, Any]) -> None:
    contract = root.get("contract")
    form = contract.get("format", 1) if isinstance(contract, dict) else 1
    if "version" not in root:
        reason = "the version is missing; vcrpy writes it last, so the file may have been cut off"
        raise CassetteDamaged(path, None, reason)
    if root["version"] != 1:
        reason = f"version {root['version']!r} cannot be read; this sls-contract reads version 1, format 1"
        raise CassetteDamaged(path, None, reason, _FIX_FOREIGN)
    if form != 1:
        reason = f"contract format {form!r} cannot be read; this sls-contract reads version 1, format 1"
        raise CassetteDamaged(path, None, reason, _FIX_FORMAT)


def _unfinished(contract: object) -> tuple[str, ...]:
    names = contract.get("unfinished") if isinstance(contract, dict) else None
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _failed(contract: object) -> dict[str, str]:
    reasons = contract.get("failed") if isinstance(contract, dict) else None
    return {str(name): str(reason) for name, reason in reasons.items()} if isinstance(reasons, dict) else {}


def _refuse_repeated(path: str, layout: Layout) -> None:
    """Refuse a repeated block: each exchange is recorded once, so a merge kept both sides."""
    seen: dict[str, int] = {}
    for at, name in enumerate(map(id_of, layout.blocks)):
        if name and name in seen:
            first, second = (first_lines(layout.blocks)[each] for each in (seen[name], at))
            reason = f"the exchange of line {first} is repeated here; a merge kept both sides"
            fix = f"remove one of the two blocks, which begin at lines {first} and {second}"
            raise CassetteDamaged(path, second, reason, fix)
        seen[name] = at
