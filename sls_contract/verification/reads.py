"""Answers of GetCheckPoint against the model of what was written before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sls_contract.checks.sequence import Judged, judge_entry
from sls_contract.checks.sequence_lists import judge_agreement, judge_list
from sls_contract.checks.sequence_outcomes import Outcome, error_code, judge_outcome
from sls_contract.scenarios.steps import Create, Delete, HeartBeat, Place, Read, Step, Update, Write
from sls_contract.scenarios.wire_forms import WIRE_FORMS
from sls_contract.spec import Finding, Level, clause
from sls_contract.verification.answered import entries_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.exchange import Response
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.model import GroupKey, Model
    from sls_contract.verification.groups import Groups
    from sls_contract.verification.wire import Sent

_OK = 200
_MAKING: Mapping[type[Step], str] = {
    Create: "CreateConsumerGroup",
    Update: "UpdateConsumerGroup",
    HeartBeat: "HeartBeat",
    Write: "UpdateCheckPoint",
}
"""Requests after whose refusal a group may be there that was not before, and the names of their pages."""

NOTHING = Judged((), frozenset())


@dataclass(slots=True)
class ReadJudge:
    """Judges the reads of one scenario.

    Attributes:
        bench: names.
        model: what was written.
        groups: the books of what must be cleaned up.
        refused: by group, the kind of the last request that was refused.
        granted: whether others may write to the group, so that nothing is known of what it holds.

    """

    bench: Bench
    model: Model
    groups: Groups
    refused: dict[GroupKey, type[Step]] = field(default_factory=dict)
    granted: bool = False
    _shown: dict[tuple[GroupKey, int], tuple[int, bool, Mapping[str, Any]]] = field(default_factory=dict)

    def judge(self, step: Read, key: GroupKey, sent: Sent, outcome: Outcome) -> Judged:
        """Judge the answer to a read of a group, whose request had to come out so."""
        judged = judge_outcome(outcome, sent.response, {finding.code for finding in sent.findings})
        judged = replace(judged, exercised=judged.exercised | self._also_exercised(step, key, outcome))
        if judged.findings:
            return self._explained(judged, step.at, key, sent.response)
        if outcome not in {"served", "unknown-shard"} or sent.response.status != _OK:
            return judged
        return both(judged, *self._judge_entries(step, key, sent))

    def _also_exercised(self, step: Read, key: GroupKey, outcome: Outcome) -> set[str]:
        """Name what the answer shows by what was refused before, or by a time that is another than it could be."""
        variant = step.variant
        timed = outcome == "served" and (variant.shift or (variant.flaw is None and WIRE_FORMS[variant.form].date_off))
        return ({"SLS406"} if key in self.refused else set()) | ({"SLS457"} if timed else set())

    def _explained(self, judged: Judged, place: Place, key: GroupKey, response: Response) -> Judged:
        """Blame a refused request where it seems to have had its effect all the same."""
        refused = self.refused.get(key)
        gone = refused is Delete and error_code(response) == "ConsumerGroupNotExist"
        listed = response.status == _OK and bool(entries_of(response)[0])
        made = refused in _MAKING and listed and not self.model.exists(key)
        if not (gone or made):
            return judged
        if made:
            self.groups.begin(place, self.bench)
            self.groups.confirm(place, self.bench)
        expected, actual = "the group as it was: its deletion was refused", f"{response.status}: the group is gone"
        if made:
            page = _MAKING[refused or Create]
            expected, actual = f"no group: {page} was refused", f"{response.status}: there is a group"
        fix = "Check a request before it changes anything."
        return Judged((clause("SLS406").finding("status", expected, actual, fix),), judged.exercised | {"SLS406"})

    def _judge_entries(self, step: Read, key: GroupKey, sent: Sent) -> Iterator[Judged]:
        entries, whole = entries_of(sent.response)
        asked = None if step.shard is None else self.bench.shard(step.shard, step.at.logstore)
        shards = self.bench.shards.get(step.at.logstore, ())
        if whole:
            yield judge_list([entry for _, entry in entries], asked, shards)
        if self.granted:
            return
        if asked is not None:
            entries = [(at, entry) for at, entry in entries if entry["shard"] == asked]
        told = {finding.where for finding in sent.findings if finding.level is Level.VIOLATION}
        for at, entry in entries:
            if entry["shard"] in shards:
                judged = judge_entry(entry, self.model.expect(key, entry["shard"]), f"/{at}")
                yield replace(judged, findings=tuple(each for each in judged.findings if each.where not in told))
                self.model.read(key, entry["shard"], entry["updateTime"])
                yield from self._agreement(key, entry, f"/{at}", filtered=asked is not None)

    def _agreement(self, key: GroupKey, entry: Mapping[str, Any], where: str, *, filtered: bool) -> Iterator[Judged]:
        version = self.model.version(key)
        before = self._shown.get((key, entry["shard"]))
        if before is not None and before[0] == version and before[1] != filtered:
            yield judge_agreement(entry, before[2], where, filtered=not filtered)
        self._shown[key, entry["shard"]] = (version, filtered, entry)

    def forget(self, key: GroupKey) -> None:
        """Begin anew with a group that was made or deleted."""
        self.refused.pop(key, None)
        self._shown = {place: shown for place, shown in self._shown.items() if place[0] != key}

    def forgiven(self, findings: tuple[Finding, ...], step: Step, key: GroupKey, sent: Sent) -> Iterator[Finding]:
        """Leave out that a checkpoint is no number where we wrote none, and an error that no page has for our lists."""
        if isinstance(step, HeartBeat) and step.lists and not step.refused:
            findings = tuple(finding for finding in findings if finding.code != "SLS293")
        entries = dict(entries_of(sent.response)[0]) if isinstance(step, Read) and self.model.exists(key) else {}
        for finding in findings:
            entry = entries.get(int(finding.where.split("/")[1])) if finding.code == "SLS207" and entries else None
            if entry is None or entry["checkpoint"] != self.model.expect(key, entry["shard"]).checkpoint:
                yield finding


def both(*parts: Judged) -> Judged:
    """Return what several judgements found together."""
    findings = tuple(finding for part in parts for finding in part.findings)
    return Judged(findings, frozenset().union(*(part.exercised for part in parts)))
