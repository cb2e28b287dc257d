"""Answers about logs and shards against the model of what was written before."""

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
    judge_writable,
    lowest_writable,
    writable_shards,
)
from sls_contract.checks.content_coding import json_body, plain_body
from sls_contract.scenarios.bench import LOG_KEY
from sls_contract.scenarios.log_messages import logs_of
from sls_contract.scenarios.model import Found, LogModel, Logstore
from sls_contract.verification.answered import objects_of
from sls_contract.verification.reads import NOTHING, both

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sls_contract.checks.sequence import Judged
    from sls_contract.exchange import Response
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.log_messages import PulledLog
    from sls_contract.scenarios.steps import Call, Place, Put
    from sls_contract.verification.wire import Sent

_OK = 200
_MINUTE = 60


@dataclass(slots=True)
class CallJudge:
    """Judges the calls of one scenario that concern logs and shards.

    Attributes:
        bench: names.
        logs: what was written and pulled.
        kept: cursors by the names that steps gave them.
        listed: by logstore, the shards that ListShards answered.
        shard_lists: by logstore, all that the last ListShards answered.
        hash_keys: by logstore and shard, the first and the last key of its range.
        times: by cursor, the first time that GetCursorTime answered.
        changed: by logstore and shard, what SplitShard or MergeShard answered.

    """

    bench: Bench
    logs: LogModel = field(default_factory=LogModel)
    kept: dict[str, str] = field(default_factory=dict)
    listed: dict[Logstore, frozenset[int]] = field(default_factory=dict)
    shard_lists: dict[Logstore, list[Mapping[str, Any]]] = field(default_factory=dict)
    hash_keys: dict[tuple[Logstore, int], tuple[str, str]] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    changed: dict[Logstore, dict[int, Mapping[str, Any]]] = field(default_factory=dict)

    def where(self, place: Place) -> Logstore:
        """Return the real names of a place's logstore."""
        return Logstore(self.bench.logstores[place.logstore], self.bench.project_of(place))

    def writable(self, place: Place) -> frozenset[int]:
        """Return the shards that take logs, by the last ListShards of a place's logstore; none where it has none."""
        return frozenset(by_number(writable_shards(self.shard_lists.get(self.where(place), []))))

    def lowest(self, place: Place) -> tuple[int, str] | None:
        """Return the readwrite shard that takes the lowest keys, and its middle, by the last ListShards of a place."""
        return lowest_writable(self.shard_lists.get(self.where(place), []))

    def value(self, name: str) -> str | None:
        """Return what is kept under a name; None where it is not known."""
        last = self.logs.last_found()
        if last is not None:
            written, found = last
            seconds = int(written.answered_at.timestamp())
            known = {
                "log": found.cursor,
                "before": self.logs.found_before(found),
                "next": found.following,
                "earlier": str(seconds - _MINUTE),
                "later": str(seconds + _MINUTE),
                "received": str(self.times[found.cursor]) if found.cursor in self.times else None,
            }
            if known.get(name) is not None:
                return known[name]
        return self.kept.get(name)

    def put(self, step: Put, sent: Sent, value: str) -> None:
        """Take note of a PutLogs."""
        logs = {} if step.body is not None else {_mark(each): each for each in self.bench.logs(step, value)}
        shard = None if step.shard is None else self.bench.shard(step.shard, step.at.logstore)
        taken = sent.response.status == _OK
        self.logs.put(self.where(step.at), shard, logs, sent.answered_at, taken=taken)

    def judge_put(self, step: Put) -> Judged:
        """Judge the last list of shards by a PutLogs that was served after it."""
        listed = self.shard_lists.get(self.where(step.at))
        return judge_writable(listed) if listed else NOTHING

    def judge(self, step: Call, sent: Sent) -> Judged:
        """Judge a success."""
        judge = _JUDGES.get(step.operation)
        return NOTHING if judge is None else judge(self, step, sent.response)

    def _shard(self, step: Call) -> int:
        assert step.shard is not None
        return self.bench.shard(step.shard, step.at.logstore)

    def _get_cursor(self, step: Call, response: Response) -> Judged:
        cursor = _member(response, "cursor")
        if step.keep and isinstance(cursor, str):
            self.kept[step.keep] = cursor
        last = self.logs.last_found()
        if last is None or (last[0].where, last[1].shard) != (self.where(step.at), self._shard(step)):
            return NOTHING
        written, found = last
        asked = str(dict(step.query).get("from", ""))
        apart = (
            int(asked) - written.answered_at.timestamp()
            if asked.isdecimal()
            else {"begin": -_MINUTE}.get(asked, _MINUTE)
        )
        if asked == str(self.times.get(found.cursor)):
            return sequence_logs.judge_cursor(asked, cursor, found.cursor, latest=True)
        if abs(apart) < _MINUTE / 2:
            return NOTHING
        bound = found.cursor if apart < 0 else found.following
        return sequence_logs.judge_cursor(asked, cursor, bound, latest=apart < 0)

    def _get_cursor_time(self, step: Call, response: Response) -> Judged:
        seconds, last = _member(response, "cursor_time"), self.logs.last_found()
        if last is None or type(seconds) is not int or dict(step.query).get("cursor") != last[1].cursor:
            return NOTHING
        before = self.times.setdefault(last[1].cursor, seconds)
        return both(
            sequence_logs.judge_cursor_time(seconds, last[0].answered_at),
            sequence_logs.judge_steady_time(seconds, before),
        )

    def _list_shards(self, step: Call, response: Response) -> Judged:
        shards, where = objects_of(response), self.where(step.at)
        self.shard_lists[where] = shards
        numbers = by_number(shards)
        self.listed[where] = frozenset(numbers)
        for number, each in numbers.items():
            keys = first_and_last_key(each)
            if each.get("status") == "readwrite" and keys is not None:
                self.hash_keys[where, number] = keys
        lowest = self.lowest(step.at)
        self.kept |= {"middle": lowest[1]} if lowest else {}
        return judge_changes_kept(self.changed.get(where, {}), shards)

    def _change_shards(self, step: Call, response: Response) -> Judged:
        """Judge the answer to SplitShard or MergeShard, and expect it of every later list."""
        where, shards = self.where(step.at), objects_of(response)
        judged = judge_change(self._shard(step), shards, self.listed.get(where, frozenset()))
        self.changed.setdefault(where, {}).update(by_number(shards))
        return judged

    def _pull_logs(self, step: Call, response: Response) -> Judged:
        """Judge the logs of ours that came; those of a pull that follows the one before, their order, too."""
        where, shard = self.where(step.at), self._shard(step)
        cursor = str(dict(step.query).get("cursor", ""))
        following = response.headers.get("x-log-cursor", "").strip() or cursor
        follows = self.logs.cursors(where).get(shard) == cursor
        found, logs = Found(shard, cursor, following), _logs(response)
        judged = [*self._against_known(where, found, logs, dict(step.query))]
        judged += [both(*self._pulled(where, found, log, follows=follows)) for log in logs if _mark(log)]
        if follows:
            self.logs.follow(where, shard, following)
        return both(*judged)

    def _against_known(
        self, where: Logstore, found: Found, logs: list[PulledLog], query: Mapping[str, object]
    ) -> Iterator[Judged]:
        """Judge a pull by the cursors at which logs were pulled before."""
        marks, known = set(map(_mark, logs)), self.logs.found_in(where, found.shard)
        first = next((mark for mark, each in known.items() if each.cursor == found.cursor), None)
        if first is not None:
            yield sequence_logs.judge_found_again(first, returned=first in marks)
        if "end_cursor" in query:
            end = str(query["end_cursor"])
            yield from (
                sequence_logs.judge_end(mark, each.cursor, end) for mark, each in known.items() if mark in marks
            )

    def _pulled(self, where: Logstore, found: Found, log: PulledLog, *, follows: bool) -> Iterator[Judged]:
        mark = _mark(log)
        written = self.logs.written(mark)
        if written is None:
            return
        if not written.taken:
            yield sequence_logs.judge_refused_log(mark)
        elif written.where != where:
            yield sequence_logs.judge_foreign_log(mark, "/".join(written.where))
        else:
            yield sequence_logs.judge_log(log._asdict(), written.log._asdict())
            yield sequence_logs.judge_shard(found.shard, written.shard)
            if follows:
                first, behind = self.logs.pull(where, mark, found)
                yield sequence_logs.judge_order(mark, first=first, behind=behind)


def _mark(log: PulledLog) -> str:
    return dict(log.contents).get(LOG_KEY, "")


def _logs(response: Response) -> list[PulledLog]:
    """Return the logs of an answer, as far as it can be read; what is wrong with it, the exchange alone shows."""
    logs: list[PulledLog] = []
    with contextlib.suppress(ValueError):
        logs.extend(logs_of(plain_body(response).data or b""))
    return logs


def _member(response: Response, name: str) -> object:
    document = json_body(response)
    return document.get(name) if isinstance(document, dict) else None


_JUDGES: Mapping[str, Callable[[CallJudge, Call, Response], Judged]] = {
    "GetCursor": CallJudge._get_cursor,  # noqa: SLF001 - of this module, as all of these
    "GetCursorTime": CallJudge._get_cursor_time,  # noqa: SLF001
    "ListShards": CallJudge._list_shards,  # noqa: SLF001
    "PullLogs": CallJudge._pull_logs,  # noqa: SLF001
    "SplitShard": CallJudge._change_shards,  # noqa: SLF001
    "MergeShard": CallJudge._change_shards,  # noqa: SLF001
}
