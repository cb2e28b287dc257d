"""Record mode ``verify`` in one test: the differences that fail it, and its results for the end of the run."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from sls_contract.cassettes.drift import Change, Class, Unmatched, plain_change, unmatched_exchange
from sls_contract.cassettes.proposal import Proposal, not_requested
from sls_contract.cassettes.results import ABOUT_RESPONSES
from sls_contract.plugin.verify_result import EVIDENCE
from sls_contract.reports.change_lines import change_lines

_POLLED = (
    "the test now sends the request more often than it was recorded. If it polls, mark it "
    "sls_cassette(repeat='last'); else record it again (pytest --sls-record=all)."
)
_UNFINISHED = "the recording is unfinished: continue it (pytest --sls-record=once), then verify again."
_OTHER_REQUESTS = "the test now sends different requests; record it again (pytest --sls-record=all)."


@dataclass(slots=True, eq=False)
class Verifying:
    """The comparison of one test's exchanges with their recordings.

    Attributes:
        proposal: records and compares.
        strict: whether additive differences fail the test, too.
        allowed: codes of clauses that the test may break.
        accepted: classes of differences that the run accepts.
        shared: whether other tests use the same cassette, and may play the exchanges that this test does not.
        unplayed: the old exchanges that the test did not play; known once it ended, for its own cassette only.

    """

    proposal: Proposal
    strict: bool
    allowed: frozenset[str]
    accepted: frozenset[str]
    shared: bool
    unplayed: tuple[Unmatched, ...] = ()
    _reported: list[int] = field(default_factory=lambda: [0, 0, 0])  # errors, changes, unmatched

    def errors(self) -> list[str]:
        """Return the errors of comparisons since the last call."""
        return self._unreported(0, self.proposal.compared.errors)

    def differences(self, *, incomplete: bool, flaws: Collection[str]) -> str | None:
        """Return the differences since the last call that fail the test, as one text; None if there are none.

        Breaking differences, unmatched exchanges and, in strict mode, additive differences fail it. ``incomplete``: the
        test fails by itself, too; ``flaws`` are codes of the clauses that its exchanges break.
        """
        changes = [each for each in self._unreported(1, self.proposal.compared.changes) if self._fails(each)]
        unmatched = self._unreported(2, [*self.proposal.compared.unmatched, *self.unplayed])
        if not (changes or unmatched):
            return None
        lines = _failure_lines(str(self.proposal.cassette), changes, unmatched)
        return "\n".join((*lines, f"How to fix: {self._advice(incomplete=incomplete, flaws=flaws)}"))

    def end(self, *, complete: bool) -> None:
        """Note the exchanges that were not played; does nothing for an incomplete test."""
        if complete:
            self.proposal.end(shared=self.shared)
        if complete and not self.shared:
            self.unplayed = not_requested(self.proposal.old, self.proposal.played())

    def plain(self, test: str, *, ended: bool, flawed: bool) -> dict[str, Any]:
        """Return plain values, for the controller of the run."""
        found = self.proposal.compared
        return {
            "cassette": str(self.proposal.cassette),
            "test": test,
            "ended": ended and not found.errors,
            "flawed": flawed,
            "shared": self.shared,
            "recorded": self.proposal.added,
            "changes": [self._plain_change(each) for each in found.changes],
            "unmatched": [asdict(each) for each in found.unmatched],
            "unplayed": [asdict(each) for each in self.unplayed],
            "played": sorted(self.proposal.played()) if self.shared else [],
            "match_groups": self.proposal.match_groups if self.shared else None,
            "pairs": found.pairs,
            "taken": found.taken,
            "added": list(found.added.values()),
            "validated": {name: when.isoformat() for name, when in found.validated.items()},
            "weaker": [[str(old), str(new)] for old, new in found.weaker.items()],
        }

    def examples(self) -> list[dict[str, Any]]:
        """Return both sides of each kind of change, in the form of a report."""
        from sls_contract.reports.examples import change_example

        found = self.proposal.compared.examples.values()
        return [change_example(plain_change(change), old, new) for change, old, new in found]

    def _fails(self, change: Change) -> bool:
        fail = (Class.BREAKING, Class.ADDITIVE) if self.strict else (Class.BREAKING,)
        return change.kind in fail and self._waiver(change) is None

    def _waiver(self, change: Change) -> str | None:
        """Return why a change does not fail the test: the run accepts its class, or the test allows its clause."""
        if str(change.kind) in self.accepted:
            return "accepted"
        return "allowed" if change.code in self.allowed else None

    def _plain_change(self, change: Change) -> dict[str, Any]:
        """Return a change as plain values, with ``accepted`` or ``allowed`` if it does not fail the test."""
        waiver = self._waiver(change)
        return plain_change(change) | ({} if waiver is None else {waiver: True})

    def _advice(self, *, incomplete: bool, flaws: Collection[str]) -> str:
        """Return the fix; a proposal is accepted with all classes that it contains, not only those that fail."""
        found = self.proposal.compared
        if found.unmatched or self.unplayed:
            return self._advice_on_requests()
        if incomplete:
            return "make the test pass with the new response and verify again; a test that fails proposes no recording."
        if any(code[:4] not in ABOUT_RESPONSES for code in flaws):
            return "first fix the test's requests, which break the contract, then verify again."
        if flaws:
            allow = ", ".join(f"@pytest.mark.sls_allow({code!r}, reason='…')" for code in sorted(flaws))
            return f"report it to the service; until then, mark the test with {allow}, and verify again."
        take = "report it to the service, or adapt the clients and accept the new recording: run this again with"
        if self.shared:
            return f"{take} what the line 'proposal' at its end says."
        kinds = [str(kind) for kind in Class if any(change.kind is kind for change in found.changes)]
        return f"{take} --sls-accept={','.join([*kinds, *([EVIDENCE] if found.weaker else [])])}."

    def _advice_on_requests(self) -> str:
        if self.proposal.old.unfinished and self._only_more_requests:
            return _UNFINISHED
        return _POLLED if self._polled() else _OTHER_REQUESTS

    def _polled(self) -> bool:
        """Whether all unmatched exchanges repeat requests that the cassette has already."""
        known = {unmatched_exchange("old", at, recording).request for at, recording in enumerate(self.proposal.old)}
        return self._only_more_requests and all(each.request in known for each in self.proposal.compared.unmatched)

    @property
    def _only_more_requests(self) -> bool:
        """Whether every recorded exchange was requested, and others beside them."""
        extra = self.proposal.compared.unmatched
        return bool(extra) and not self.unplayed and all(each.side == "new" for each in extra)

    def _unreported(self, which: int, found: list[Any]) -> list[Any]:
        start, self._reported[which] = self._reported[which], len(found)
        return found[start:]


def _failure_lines(path: str, changes: list[Change], unmatched: list[Unmatched]) -> Iterator[str]:
    yield (
        f"{path}: the endpoint no longer responds as it was recorded"
        if changes
        else f"{path}: not every exchange has a counterpart"
    )
    yield from change_lines(map(plain_change, changes), verbose=True)
    if unmatched:
        yield f"unmatched ({len(unmatched)})"
        yield from (f"  {each.side} exchange {each.exchange}: {each.request}" for each in unmatched)
