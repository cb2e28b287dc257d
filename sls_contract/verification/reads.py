"""Judge responses of GetCheckPoint against a model of the earlier writes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sls_contract.checks.sequence import ClauseResults, judge_entry
from sls_contract.checks.sequence_lists import judge_agreement, judge_list
from sls_contract.checks.sequence_outcomes import Outcome, error_code, judge_outcome
from sls_contract.scenarios.steps import Create, Delete, HeartBeat, Place, Read, Step, Update, Write
from sls_contract.scenarios.wire_forms import WIRE_FORMS
from sls_contract.spec import Finding, Level, clause
from sls_contract.verification.responses import entries_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.exchange import Response
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.model import GroupKey, Model
    from sls_contract.verification.groups import Groups
    from sls_contract.verification.wire import Sent

_CREATING: Mapping[type[Step], str] = {
    Create: "CreateConsumerGroup",
    Update: "UpdateConsumerGroup",
    HeartBeat: "HeartBeat",
    Write: "UpdateCheckPoint",
}
"""The requests that may create a group although they were refused, and the names of their pages."""

NO_FINDINGS = ClauseResults((), frozenset())


@dataclass(slots=True)
class ReadJudge:
    """Judges the reads of one scenario.

    Attributes:
        bench: resolves the names of steps.
        model: the state that the requests should have produced.
        groups: the groups to delete at the end.
        refused: by group, the type of the last step that was refused.
        shared: whether other clients may write to the group, so that its checkpoints are unknown.

    """

    bench: Bench
    model: Model
    groups: Groups
    refused: dict[GroupKey, type[Step]] = field(default_factory=dict)
    shared: bool = False
    _last_shown: dict[tuple[GroupKey, int], tuple[int, bool, Mapping[str, Any]]] = field(default_factory=dict)

    def judge(self, step: Read, key: GroupKey, sent: Sent, outcome: Outcome) -> ClauseResults:
        """Judge the response to a read of a group whose request must have this outcome."""
        judged = judge_outcome(outcome, sent.response, {finding.code for finding in sent.findings})
        judged = replace(judged, exercised=judged.exercised | self._more_exercised(step, key, outcome))
        if judged.findings:
            return self._blame_refused_request(judged, step.at, key, sent.response)
        if outcome not in {"served", "unknown-shard"} or not sent.response.is_ok:
            return judged
        return combined(judged, *self._judge_entries(step, key, sent))

    def _more_exercised(self, step: Read, key: GroupKey, outcome: Outcome) -> set[str]:
        """Return the clauses that a read exercises after a refusal (SLS406) or with an unusual Date (SLS457)."""
        variant = step.variant
        unusual = variant.shift or (variant.flaw is None and WIRE_FORMS[variant.form].date_off)
        codes = {"SLS406": key in self.refused, "SLS457": outcome == "served" and unusual}
        return {code for code, exercised in codes.items() if exercised}

    def _blame_refused_request(
        self, judged: ClauseResults, place: Place, key: GroupKey, response: Response
    ) -> ClauseResults:
        """Replace the findings where they show that a refused request had its effect."""
        refused = self.refused.get(key)
        deleted = refused is Delete and error_code(response) == "ConsumerGroupNotExist"
        listed = response.is_ok and bool(entries_of(response)[0])
        created = refused in _CREATING and listed and not self.model.exists(key)
        if not (deleted or created):
            return judged
        expected, actual = (
            "the group as it was: its deletion was refused",
            f"{response.status}: the group does not exist any more",
        )
        if created:
            self.groups.add(place, self.bench)
            self.groups.mark_existing(place, self.bench)
            page = _CREATING[refused or Create]
            expected, actual = f"no group: {page} was refused", f"{response.status}: there is a group"
        fix = "Check a request before it changes anything."
        return ClauseResults(
            (clause("SLS406").finding("status", expected, actual, fix),), judged.exercised | {"SLS406"}
        )

    def _judge_entries(self, step: Read, key: GroupKey, sent: Sent) -> Iterator[ClauseResults]:
        entries, valid = entries_of(sent.response)
        wanted = None if step.shard is None else self.bench.shard(step.shard, step.at.logstore)
        shards = self.bench.shards.get(step.at.logstore, ())
        if valid:
            yield judge_list([entry for _, entry in entries], wanted, shards)
        if self.shared:
            return
        if wanted is not None:
            entries = [(at, entry) for at, entry in entries if entry["shard"] == wanted]
        reported = {finding.where for finding in sent.findings if finding.level is Level.VIOLATION}
        for at, entry in entries:
            if entry["shard"] in shards:
                judged = judge_entry(entry, self.model.expect(key, entry["shard"]), f"/{at}")
                yield replace(judged, findings=tuple(each for each in judged.findings if each.where not in reported))
                self.model.read(key, entry["shard"], entry["updateTime"])
                yield from self._agreement(key, entry, f"/{at}", filtered=wanted is not None)

    def _agreement(
        self, key: GroupKey, entry: Mapping[str, Any], where: str, *, filtered: bool
    ) -> Iterator[ClauseResults]:
        """Compare an entry with the last one of another kind of read: of one shard, or of all."""
        version = self.model.version(key)
        before = self._last_shown.get((key, entry["shard"]))
        if before is not None and before[0] == version and before[1] != filtered:
            yield judge_agreement(entry, before[2], where, filtered=not filtered)
        self._last_shown[key, entry["shard"]] = (version, filtered, entry)

    def forget(self, key: GroupKey) -> None:
        """Forget the responses about a group that was created or deleted."""
        self.refused.pop(key, None)
        self._last_shown = {place: shown for place, shown in self._last_shown.items() if place[0] != key}

    def unexpected(self, findings: tuple[Finding, ...], step: Step, key: GroupKey, sent: Sent) -> Iterator[Finding]:
        """Yield the findings, except those that the run caused: SLS207 of a value that it wrote, SLS293 of its lists.

        It writes checkpoints that are not numbers, and lists shards in HeartBeat that the consumer does not hold.
        """
        if isinstance(step, HeartBeat) and step.lists and not step.refused:
            findings = tuple(finding for finding in findings if finding.code != "SLS293")
        entries = dict(entries_of(sent.response)[0]) if isinstance(step, Read) and self.model.exists(key) else {}
        for finding in findings:
            entry = entries.get(int(finding.where.split("/")[1])) if finding.code == "SLS207" and entries else None
            if entry is None or entry["checkpoint"] != self.model.expect(key, entry["shard"]).checkpoint:
                yield finding


def combined(*parts: ClauseResults) -> ClauseResults:
    """Combine the findings and exercised clauses of several results."""
    findings = tuple(finding for part in parts for finding in part.findings)
    return ClauseResults(findings, frozenset().union(*(part.exercised for part in parts)))
