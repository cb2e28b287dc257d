"""Judge responses about logs and shards against a model of the earlier writes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sls_contract.checks import sequence_logs
from sls_contract.checks.consumption_ranges import (
    by_number,
    first_and_last_key,
    judge_change,
    judge_changes_kept,
    judge_refused_change,
    judge_writable,
    lowest_writable,
    writable_shards,
)
from sls_contract.checks.content_coding import json_body, plain_body
from sls_contract.scenarios.bench import LOG_KEY, Bench
from sls_contract.scenarios.log_messages import PulledLog, logs_of
from sls_contract.scenarios.log_model import Found, LogModel, Logstore
from sls_contract.verification.reads import NO_FINDINGS, combined
from sls_contract.verification.responses import objects_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sls_contract.checks.sequence import ClauseResults
    from sls_contract.exchange import Response
    from sls_contract.scenarios.steps import Call, Place, Put
    from sls_contract.verification.wire import Sent

_MINUTE = 60


@dataclass(slots=True)
class CallJudge:
    """Judges the calls of one scenario that concern logs and shards.

    Attributes:
        bench: resolves the names of steps.
        logs: the logs that were written and pulled.
        kept: cursors by the names that steps gave them.
        listed: by logstore, the ids of the shards that the last ListShards returned.
        shard_lists: by logstore, the complete objects that the last ListShards returned.
        hash_keys: by logstore and shard, the first and the last hash key of its range.
        times: by cursor, the first time that GetCursorTime returned, in Unix seconds.
        changed: by logstore and shard, the object that SplitShard or MergeShard returned.
        parts: by logstore and split or merged shard, the new shards that took its keys.
        altered: logstores of which one of these succeeded since the last ListShards.
        unchanged: by logstore, the shards before one of these was refused; until the next ListShards.

    """

    bench: Bench
    logs: LogModel = field(default_factory=LogModel)
    kept: dict[str, str] = field(default_factory=dict)
    listed: dict[Logstore, frozenset[int]] = field(default_factory=dict)
    shard_lists: dict[Logstore, list[Mapping[str, Any]]] = field(default_factory=dict)
    hash_keys: dict[tuple[Logstore, int], tuple[str, str]] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    changed: dict[Logstore, dict[int, Mapping[str, Any]]] = field(default_factory=dict)
    parts: dict[tuple[Logstore, int], frozenset[int]] = field(default_factory=dict)
    altered: set[Logstore] = field(default_factory=set)
    unchanged: dict[Logstore, dict[int, Mapping[str, Any]]] = field(default_factory=dict)

    def logstore_of(self, place: Place) -> Logstore:
        """Return the real names of a place's logstore."""
        return Logstore(self.bench.logstores[place.logstore], self.bench.project_of(place))

    def writable(self, place: Place) -> frozenset[int]:
        """Return the writable shards of a logstore by its last ListShards; none before the first."""
        return frozenset(by_number(writable_shards(self.shard_lists.get(self.logstore_of(place), []))))

    def lowest(self, place: Place) -> tuple[int, str] | None:
        """Return the readwrite shard with the lowest hash keys and a key inside its range, by the last ListShards."""
        return lowest_writable(self.shard_lists.get(self.logstore_of(place), []))

    def unread(self, place: Place) -> frozenset[int]:
        """Return the shards of a logstore that this run wrote to, split or merged, which are now readonly."""
        where = self.logstore_of(place)
        changed = self.changed.get(where, {}).items()
        return frozenset(each for each, shard in changed if shard.get("status") == "readonly") & self.logs.filled(where)

    def waiting(self, place: Place, checkpoints: Mapping[int, str]) -> frozenset[int]:
        """Return the new shards that were made from one whose logs are not consumed.

        It has logs, and its checkpoint in ``checkpoints`` is missing, or at a log that the run found there.
        """
        where = self.logstore_of(place)
        unconsumed = (shard for shard in self.unread(place) if self._is_before_a_log(where, shard, checkpoints))
        return frozenset[int]().union(*(self.parts.get((where, shard), ()) for shard in unconsumed))

    def _is_before_a_log(self, where: Logstore, shard: int, checkpoints: Mapping[int, str]) -> bool:
        at_logs = {each.cursor for each in self.logs.found_in(where, shard).values()}
        return shard not in checkpoints or checkpoints[shard] in at_logs

    def record_change(self, step: Call, *, accepted: bool) -> None:
        """Record a SplitShard or MergeShard; if it was refused, the next ListShards must return the same shards."""
        if accepted:
            self.altered.add(self.logstore_of(step.at))
        else:
            self.unchanged |= {where: by_number(shards) for where, shards in self.shard_lists.items()}

    def value(self, name: str) -> str | None:
        """Return the value of a `Kept` name; None where it is not known."""
        last = self.logs.last_found()
        if last is not None:
            written, found = last
            seconds, received = int(written.responded_at.timestamp()), self.times.get(found.cursor)
            known = {
                "log": found.cursor,
                "before": self.logs.found_before(found),
                "next": found.following,
                "earlier": str(seconds - _MINUTE),
                "later": str(seconds + _MINUTE),
                "received": None if received is None else str(received),
                "received+1": None if received is None else str(received + 1),
            }
            if known.get(name) is not None:
                return known[name]
        return self.kept.get(name)

    def put(self, step: Put, sent: Sent, value: str) -> None:
        """Record the logs of a PutLogs, and whether it was accepted."""
        logs = {} if step.body is not None else {_mark(each): each for each in self.bench.logs(step, value)}
        shard = None if step.shard is None else self.bench.shard(step.shard, step.at.logstore)
        where, accepted = self.logstore_of(step.at), sent.response.is_ok
        self.logs.put(where, shard, logs, sent.responded_at, accepted=accepted, spare=sent.resent + sent.repeats)

    def judge_put(self, step: Put) -> ClauseResults:
        """Check that the last ListShards has a writable shard, because a later PutLogs succeeded."""
        listed = self.shard_lists.get(self.logstore_of(step.at))
        return judge_writable(listed) if listed else NO_FINDINGS

    def judge(self, step: Call, sent: Sent) -> ClauseResults:
        """Judge a successful response."""
        judge = _JUDGES.get(step.operation)
        return NO_FINDINGS if judge is None else judge(self, step, sent.response)

    def _shard(self, step: Call) -> int:
        assert step.shard is not None
        return self.bench.shard(step.shard, step.at.logstore)

    def _get_cursor(self, step: Call, response: Response) -> ClauseResults:
        cursor = _member(response, "cursor")
        if step.keep and isinstance(cursor, str):
            self.kept[step.keep] = cursor
        last = self.logs.last_found()
        if last is None or (last[0].where, last[1].shard) != (self.logstore_of(step.at), self._shard(step)):
            return NO_FINDINGS
        written, found = last
        start = str(dict(step.query).get("from", ""))
        if start == self.value("received"):
            return sequence_logs.judge_cursor(start, cursor, found.cursor, latest=True)
        if start == self.value("received+1"):
            return sequence_logs.judge_cursor(start, cursor, found.following, latest=False)
        if start.isdecimal():
            distance = int(start) - written.responded_at.timestamp()
        else:
            distance = -_MINUTE if start == "begin" else _MINUTE
        if abs(distance) < _MINUTE / 2:  # so close to the write, either side of the log may be right
            return NO_FINDINGS
        bound = found.cursor if distance < 0 else found.following
        return sequence_logs.judge_cursor(start, cursor, bound, latest=distance < 0)

    def _get_cursor_time(self, step: Call, response: Response) -> ClauseResults:
        seconds, last = _member(response, "cursor_time"), self.logs.last_found()
        if last is None or type(seconds) is not int or dict(step.query).get("cursor") != last[1].cursor:
            return NO_FINDINGS
        before = self.times.setdefault(last[1].cursor, seconds)
        return combined(
            sequence_logs.judge_cursor_time(seconds, last[0].responded_at),
            sequence_logs.judge_steady_time(seconds, before),
        )

    def _list_shards(self, step: Call, response: Response) -> ClauseResults:
        shards, where = objects_of(response), self.logstore_of(step.at)
        self.shard_lists[where] = shards
        numbers = by_number(shards)
        self.listed[where] = frozenset(numbers)
        for number, each in numbers.items():
            keys = first_and_last_key(each)
            if each.get("status") == "readwrite" and keys is not None:
                self.hash_keys[where, number] = keys
        lowest = self.lowest(step.at)
        before = self.unchanged.pop(where, None)
        self.kept |= {"inner": lowest[1]} if lowest else {}
        judged = combined(
            judge_changes_kept(self.changed.get(where, {}), shards),
            judge_refused_change(before, shards) if before and where not in self.altered else NO_FINDINGS,
        )
        self.altered.discard(where)
        return judged

    def _change_shards(self, step: Call, response: Response) -> ClauseResults:
        """Judge the response to SplitShard or MergeShard, and expect its shards in every later ListShards."""
        where, shards = self.logstore_of(step.at), objects_of(response)
        key = str(dict(step.query)["key"]) if step.operation == "SplitShard" else None
        before = self.listed.get(where, frozenset())
        judged = judge_change(self._shard(step), shards, before, key)
        new = frozenset(by_number(writable_shards(shards))) - before
        self.parts |= {(where, shard): new for shard in by_number(shards).keys() - new}
        self.changed.setdefault(where, {}).update(by_number(shards))
        return judged

    def _pull_logs(self, step: Call, response: Response) -> ClauseResults:
        """Judge the run's logs in a pull, and their order where the pull continues the previous one."""
        where, shard = self.logstore_of(step.at), self._shard(step)
        cursor = str(dict(step.query).get("cursor", ""))
        following = response.headers.get("x-log-cursor", "").strip() or cursor
        follows = self.logs.cursors(where).get(shard) == cursor
        found, logs = Found(shard, cursor, following), _logs(response)
        judged = [*self._against_known(where, found, logs, dict(step.query))]
        judged += [combined(*self._pulled(where, found, log, follows=follows)) for log in logs if _mark(log)]
        if follows:
            self.logs.follow(where, shard, following)
        return combined(*judged)

    def _against_known(
        self, where: Logstore, found: Found, logs: list[PulledLog], query: Mapping[str, object]
    ) -> Iterator[ClauseResults]:
        """Judge a pull by the cursors at which earlier pulls found logs."""
        marks, known = set(map(_mark, logs)), self.logs.found_in(where, found.shard)
        earlier = next((mark for mark, each in known.items() if each.cursor == found.cursor), None)
        if earlier is not None:
            yield sequence_logs.judge_found_again(earlier, returned=earlier in marks)
        if "end_cursor" in query:
            end = str(query["end_cursor"])
            yield from (
                sequence_logs.judge_end(mark, each.cursor, end) for mark, each in known.items() if mark in marks
            )

    def _pulled(self, where: Logstore, found: Found, log: PulledLog, *, follows: bool) -> Iterator[ClauseResults]:
        mark = _mark(log)
        written = self.logs.written(mark)
        if written is None:
            return
        if not written.accepted:
            yield sequence_logs.judge_refused_log(mark)
        elif written.where != where:
            there = f"{written.where.logstore} of {written.where.project}"
            same = written.where.project == where.project
            yield sequence_logs.judge_foreign_log(mark, there, same_project=same)
        else:
            yield sequence_logs.judge_log(log._asdict(), written.log._asdict())
            yield sequence_logs.judge_shard(found.shard, written.shard)
            if follows:
                expected, in_order = self.logs.pull(where, mark, found)
                yield sequence_logs.judge_order(mark, first=expected, behind=in_order)


def _mark(log: PulledLog) -> str:
    return dict(log.contents).get(LOG_KEY, "")


def _logs(response: Response) -> list[PulledLog]:
    """Return the logs of a response up to its first error; the checks of a single exchange report that error."""
    logs: list[PulledLog] = []
    with contextlib.suppress(ValueError):
        logs.extend(logs_of(plain_body(response).data or b""))
    return logs


def _member(response: Response, name: str) -> object:
    document = json_body(response)
    return document.get(name) if isinstance(document, dict) else None


_JUDGES: Mapping[str, Callable[[CallJudge, Call, Response], ClauseResults]] = {
    "GetCursor": CallJudge._get_cursor,  # noqa: SLF001 - of this module, as all of these
    "GetCursorTime": CallJudge._get_cursor_time,  # noqa: SLF001
    "ListShards": CallJudge._list_shards,  # noqa: SLF001
    "PullLogs": CallJudge._pull_logs,  # noqa: SLF001
    "SplitShard": CallJudge._change_shards,  # noqa: SLF001
    "MergeShard": CallJudge._change_shards,  # noqa: SLF001
}
