"""A cassette as a sequence of recordings, each parsed when it is asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from sls_contract.cassettes.file.atomic import not_readable
from sls_contract.cassettes.file.block import block_of
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.cassettes.file.interaction import MalformedInteraction, recording_of
from sls_contract.cassettes.file.layout import Layout, first_lines, id_of, lay_out, text_of
from sls_contract.cassettes.file.parsing import NotReadable, parse_block_yaml, parse_document
from sls_contract.cassettes.file.usual import usual_asked, usual_recording
from sls_contract.cassettes.matching import Key
from sls_contract.cassettes.recording import Evidence, Integrity, Recording, compared, weakest
from sls_contract.checks.steady_body import moving_body
from sls_contract.errors import CassetteDamaged, CassetteError
from sls_contract.exchange import Request, split_url

_OF_ANOTHER = (
    "restore the file from version control, or delete it and record again (pytest --sls-record=once); "
    "write what another tool recorded as JSON Lines (docs/captures.md)"
)
_EVIDENCE = re.compile(r"\n    evidence: ([a-z]+)\n")


class CassetteFile(Sequence[Recording]):
    """The recordings of one file, ours or a third party's vcrpy version 1 cassette (YAML or JSON).

    Opening finds what is wrong with the file as a whole; what is wrong with one exchange is found when it is read.
    Both raise `CassetteDamaged` with path, line and reason.

    Attributes:
        path: where the file stands.
        unfinished: names of the recordings that began and did not come to their end.
        failed: those of them whose test failed, each with the reason: they are not to be played.
        layout: the text in blocks; None where the file is not in our own layout.

    """

    def __init__(self, path: os.PathLike[str] | str, data: bytes) -> None:
        """Take the bytes of a file; `read` gets them from disk, journal included."""
        self.path = Path(path)
        text = text_of(os.fspath(path), data)
        self.layout: Layout | None = lay_out(text)
        self._trees: Sequence[object] = ()
        self._document_lines: Sequence[int | None] = ()
        if self.layout is None:
            self._trees, self._document_lines, contract = _interactions(os.fspath(path), text)
            unfinished, failed = _unfinished(contract), _failed(contract)
        else:
            unfinished, failed = self.layout.unfinished, dict(self.layout.failed)
            _refuse_twins(os.fspath(path), self.layout)
            self._refuse_cut(self.layout)
        self.unfinished: tuple[str, ...] = unfinished
        self.failed: dict[str, str] = failed

    @classmethod
    def read(cls, path: os.PathLike[str] | str) -> CassetteFile:
        """Read a cassette from disk, as it stands in the file; raises `CassetteError` where there is none."""
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError:
            msg = f"there is no cassette at {Path(path)}\nHow to fix: record it (pytest --sls-record=once)."
            raise CassetteError(msg) from None
        except OSError as error:
            raise not_readable(Path(path), error) from error
        return cls(Path(path), data)

    def __len__(self) -> int:
        """Count the exchanges, unanswered ones included."""
        return len(self._trees) if self.layout is None else len(self.layout.blocks)

    def failure_of(self, recording: Recording) -> str:
        """Return why the test that recorded an exchange failed; empty where it passed, or nothing is known of it."""
        return self.failed.get(recording.session, "")

    @overload
    def __getitem__(self, index: int) -> Recording: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Recording, ...]: ...
    def __getitem__(self, index: int | slice) -> Recording | tuple[Recording, ...]:
        """Return recordings; the digest of each is compared as it is parsed (`Recording.integrity`)."""
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(len(self))))
        at = range(len(self))[index]
        return self._validated(compared(self._parse(at)))

    def quick(self, index: int) -> Recording:
        """Return a recording as its block has it, its digest perhaps still to compare (see `compared`)."""
        return self._parse(range(len(self))[index])

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

    @property
    def asked(self) -> tuple[Request, ...]:
        """Each request reduced to what matching looks at: method, URL, Host and body; cheap, nothing is verified."""
        return tuple(self._asked(at) for at in range(len(self)))

    @property
    def keys(self) -> tuple[Key, ...]:
        """What each request is matched by; as cheap."""
        return tuple([self._key(at) for at in range(len(self))])

    @cached_property
    def validated(self) -> frozenset[str]:
        """The ids of the exchanges for which the file's own line tells when they were last validated."""
        if self.layout is None or self.layout.validation is None:
            return frozenset()
        return self.layout.validation.holds_for(self.layout.blocks)

    def _validated(self, recording: Recording) -> Recording:
        """Enter when a recording was last validated, where the file's line knows of a later time than its block."""
        made = recording.provenance
        if recording.id not in self.validated or self.layout is None or self.layout.validation is None:
            return recording
        at = self.layout.validation.at
        if made.validated_at is not None and made.validated_at >= at:
            return recording
        return replace(recording, provenance=replace(made, validated_at=at), written=made)

    def _parse(self, at: int) -> Recording:
        usual = usual_recording(self.layout.blocks[at]) if self.layout is not None else None
        if usual is not None:
            return usual
        try:
            return recording_of(self._tree(at))
        except MalformedInteraction as error:
            line = self.lines[at]
            raise CassetteDamaged(self.path, line, f"exchange {at} is no interaction: {error}") from None
        except NotReadable as error:
            line = self.lines[at]
            assert line is not None  # only blocks of our own layout are parsed one by one
            raise CassetteDamaged(self.path, line + (error.line or 1) - 1, error.reason) from None

    def _tree(self, at: int) -> object:
        if self.layout is None:
            return self._trees[at]
        return parse_block_yaml(self.layout.blocks[at])

    def _evidence(self, at: int) -> Evidence:
        found = _EVIDENCE.search(self.layout.blocks[at]) if self.layout is not None else None
        known = found is not None and found[1] in Evidence.__members__.values()
        return Evidence(found[1]) if known and found is not None else self[at].provenance.evidence

    def _asked(self, at: int) -> Request:
        quick = usual_asked(self.layout.blocks[at]) if self.layout is not None else None
        if quick is None or quick[3]:
            return self[at].exchange.request
        method, url, host, body = quick
        return Request(method, url, (("Host", host),), body)

    def _key(self, at: int) -> Key:
        quick = usual_asked(self.layout.blocks[at]) if self.layout is not None else None
        if quick is None:
            return Key.of(self[at].exchange.request)
        method, url, host, body = quick
        if body and moving_body(Request(method, url, (("Host", host),))):
            return Key.of(self[at].exchange.request)
        return Key.of_parts(method, host, split_url(url)[2], body)

    def _refuse_cut(self, layout: Layout) -> None:
        """Refuse a file that lacks its end, unless its last block shows that a reformatter took it."""
        if layout.ended:
            return
        line = self.lines[-1] if layout.blocks else 3
        if layout.blocks:
            last = compared(self._parse(len(layout.blocks) - 1))
            ours = emit_block(block_of(last, last.id))
            if last.integrity is Integrity.INTACT and not ours.startswith(layout.blocks[-1].rstrip()):
                return
        raise CassetteDamaged(self.path, line, "the file was cut off in or after the exchange that begins here")


def _interactions(path: str, text: str) -> tuple[Sequence[object], Sequence[int | None], object]:
    """Read a file that is not in our own layout as a whole."""
    try:
        root, lines = parse_document(text)
    except NotReadable as error:
        raise CassetteDamaged(path, error.line, error.reason) from None
    if isinstance(root, list) and any(isinstance(each, dict) and "request" in each for each in root):
        reason = "a list, as vcrpy wrote before version 1; python -m vcr.migration turns it into version 1"
        raise CassetteDamaged(path, 1, reason, _OF_ANOTHER)
    if not isinstance(root, dict):
        reason = "not a cassette: expected a mapping with version and interactions"
        raise CassetteDamaged(path, 1, reason, _OF_ANOTHER)
    if "http_interactions" in root:
        raise CassetteDamaged(path, None, "a cassette of Betamax or of Ruby's VCR, which is not read", _OF_ANOTHER)
    interactions = root.get("interactions")
    if not isinstance(interactions, list):
        raise CassetteDamaged(path, None, "not a cassette: the list of interactions is missing", _OF_ANOTHER)
    _refuse_version(path, root)
    return interactions, lines, root.get("contract")


def _refuse_version(path: str, root: dict[str, Any]) -> None:
    contract = root.get("contract")
    form = contract.get("format", 1) if isinstance(contract, dict) else 1
    if "version" not in root:
        reason = "the version is missing; vcrpy writes it last, so the file may have been cut off"
        raise CassetteDamaged(path, None, reason)
    if root["version"] != 1 or form != 1:
        shown = f"version {root['version']!r}" if root["version"] != 1 else f"contract format {form!r}"
        reason = f"{shown} cannot be read; this sls-contract reads version 1, format 1"
        raise CassetteDamaged(path, None, reason, _OF_ANOTHER)


def _unfinished(contract: object) -> tuple[str, ...]:
    names = contract.get("unfinished") if isinstance(contract, dict) else None
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def _failed(contract: object) -> dict[str, str]:
    reasons = contract.get("failed") if isinstance(contract, dict) else None
    return {str(name): str(reason) for name, reason in reasons.items()} if isinstance(reasons, dict) else {}


def _refuse_twins(path: str, layout: Layout) -> None:
    """Refuse a block that stands in the file twice: each is recorded once, so a merge kept both sides."""
    seen: dict[str, int] = {}
    for at, name in enumerate(map(id_of, layout.blocks)):
        if name and name in seen:
            lines = first_lines(layout.blocks)
            reason = f"the exchange of line {lines[seen[name]]} is repeated here; a merge kept both sides"
            raise CassetteDamaged(path, lines[at], reason)
        seen[name] = at
