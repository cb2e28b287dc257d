"""Judge exchanges of producers and consumers of logs by the exchanges before them, one after the other.

`Consumption` keeps its state by logstore, shard and group; it never raises, and never keeps an exchange.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from sls_contract.checks.consumption_groups import GroupState
from sls_contract.checks.consumption_ranges import are_distinct, judge_lasting, judge_ranges, writable_shards
from sls_contract.checks.consumption_received import SERVER_ERROR, Received, objects, shards_of
from sls_contract.checks.consumption_shards import KnownCursors, ShardState
from sls_contract.checks.consumption_time import Moment
from sls_contract.checks.request_args import Place, is_shard, request_args, shard_number
from sls_contract.checks.sequence import ClauseResults
from sls_contract.checks.sequence_lists import judge_list
from sls_contract.checks.subject import REQUEST_ID
from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sls_contract.exchange import Exchange

_MOST_STATES = 1000  # of shards, and as many of groups; the oldest are dropped
_NO_SHARDS: frozenset[int] = frozenset()
_T = TypeVar("_T")


CLIENT_CLAUSES = frozenset({"SLS433", "SLS434", "SLS435"})
"""The clauses that only a client can break, whatever the response; a refused request breaks none of them."""


def received_of(exchange: Exchange, at: datetime | None, *, in_order: bool = False) -> Received | None:
    """Read an exchange that was complete ``at``; None if no other exchange can depend on it."""
    request = exchange.request
    args = request_args(request.replace(method="GET") if request.method == "HEAD" else request)
    if args is None or args.operation not in Consumption.handlers:
        return None
    return Received.of(exchange, args, Moment.of(exchange, at, in_order=in_order))


class Consumption:
    """The state of one recording, or of one run.

    Args:
        alone: whether no other client uses the same groups, as in a run that creates its own.
        in_order: whether exchanges come in the order in which the service handled them, never two at once. Otherwise a
            difference that concurrent requests could explain is not judged.

    """

    def __init__(self, *, alone: bool = False, in_order: bool = False) -> None:
        """Start without state."""
        self._alone, self._in_order = alone, in_order
        self._cursors: dict[tuple[Place, int], KnownCursors] = {}
        self._shards: dict[tuple[Place, int], ShardState] = {}
        self._groups: dict[tuple[Place, str], GroupState] = {}
        self._listed: dict[Place, tuple[frozenset[int], Moment]] = {}
        self._first_listed: dict[tuple[Place, int], Mapping[str, Any]] = {}
        self._ids: dict[str, Any] = {}
        self._consumers: dict[tuple[Place, str, str, str], bool] = {}
        self._running: dict[tuple[Place, str], bool] = {}
        self._of_service = False

    def renewed(self) -> Consumption:
        """Return a state to start over with; clients may run on, with cursors that they were given before."""
        new = Consumption(alone=self._alone, in_order=self._in_order)
        new._cursors = self._cursors
        return new

    def judge(self, exchange: Exchange, at: datetime | None = None) -> ClauseResults:
        """Judge an exchange by those before it; ``at`` is when it was complete, by the client's clock."""
        received = received_of(exchange, at, in_order=self._in_order)
        return ClauseResults() if received is None else self.judge_received(received)

    def judge_received(self, received: Received, *, of_service: bool = False) -> ClauseResults:
        """Judge an exchange that `received_of` has read by those before it; ``of_service``: no emulator responded."""
        self._of_service = of_service
        parts = list(self.handlers[received.args.operation](self, received))
        if of_service:
            parts.append(self._judge_id(received))
        found = chain.from_iterable(part.findings for part in parts)
        findings = tuple(replace(each, operation=received.args.operation) for each in found)
        return ClauseResults(findings, frozenset().union(*(part.exercised for part in parts)))

    def _pull(self, received: Received) -> Iterator[ClauseResults]:
        state, refusal = self._shard(received.args.place, received.args.shard), received.invalid_cursor
        if received.served or (refusal and not received.query.get("end_cursor")):  # the error may mean that cursor
            yield state.judge_served(received.query, refusal, received.moment)
        if received.refused:
            return
        fresh = (received.args.place, received.client) not in self._running
        yield state.judge_pull(received.query, received.client, received.next_cursor, received.moment, fresh=fresh)
        if received.groups is not None:
            state.add_groups(received.groups)
        if received.has_logs:
            state.add_pulled(received.query, received.moment)

    def _get_cursor(self, received: Received) -> Iterator[ClauseResults]:
        if isinstance(received.success_json, dict):
            state = self._shard(received.args.place, received.args.shard)
            yield state.judge_cursor(
                received.query.get("from", ""), received.success_json.get("cursor"), received.moment
            )
            state.place(received.client)
        elif received.served:
            self._forget_places(received)

    def _get_cursor_time(self, received: Received) -> Iterator[ClauseResults]:
        if isinstance(received.success_json, dict):
            state = self._shard(received.args.place, received.args.shard)
            seconds = received.success_json.get("cursor_time")
            yield from state.judge_cursor_time(received.query, seconds, received.moment)

    def _forget_places(self, received: Received) -> None:
        """Note that a client may have been told a cursor that the recording lacks: its first pulls are not judged."""
        _state_of(self._running, (received.args.place, received.client), lambda: True)

    def _list_shards(self, received: Received) -> Iterator[ClauseResults]:
        if not received.served:
            return
        place, shards = received.args.place, objects(received.success_json)
        writable = (each.get("shardID") for each in writable_shards(shards))
        self._listed[place] = (frozenset(filter(is_shard, writable)), received.moment)
        if self._alone or (self._of_service and are_distinct(shards)):  # a stub may list any ranges
            yield judge_ranges(shards)
        if not self._alone:  # another client may recreate the logstore
            return
        for each in shards:
            if type(each.get("shardID")) is int:
                yield judge_lasting(each, self._first_listed.setdefault((place, each["shardID"]), each))

    def _change_shards(self, received: Received) -> Iterable[ClauseResults]:
        self._listed.pop(received.args.place, None)  # even if it failed: the shards may have changed
        return ()

    def _list_groups(self, received: Received) -> Iterable[ClauseResults]:
        for each in objects(received.success_json):
            if isinstance(each.get("name"), str):
                self._group(received.args.place, each["name"]).timeout = _seconds(each)
        return ()

    def _create(self, received: Received) -> Iterable[ClauseResults]:
        body = received.request_json if isinstance(received.request_json, dict) else {}
        name = body.get("consumerGroup")
        if received.served and isinstance(name, str):
            state = self._replace_group((received.args.place, name), existed=False)
            state.created, state.timeout = True, _seconds(body)
        return ()

    def _update(self, received: Received) -> Iterable[ClauseResults]:
        body = received.request_json
        if not isinstance(body, dict) or "timeout" in body:
            known = received.served and isinstance(body, dict)
            self._group(received.args.place, received.args.group).timeout = _seconds(body) if known else None
        return ()

    def _delete(self, received: Received) -> Iterable[ClauseResults]:
        key = (received.args.place, received.args.group)
        self._replace_group(key, existed=received.served)  # even if it failed: the group may be gone
        return ()

    def _delete_logstore(self, received: Received) -> Iterable[ClauseResults]:
        place = received.args.place
        self._listed.pop(place, None)
        self._cursors = {key: known for key, known in self._cursors.items() if key[0] != place}
        self._shards = {key: state for key, state in self._shards.items() if key[0] != place}
        self._first_listed = {key: each for key, each in self._first_listed.items() if key[0] != place}
        for key in [key for key in self._groups if key[0] == place]:
            self._replace_group(key, existed=received.served)
        return ()

    def _heartbeat(self, received: Received) -> Iterator[ClauseResults]:
        consumer, body, success_json = (
            received.query.get("consumer"),
            shards_of(received.request_json),
            shards_of(received.success_json),
        )
        if not consumer or body is None:
            return
        group = self._group(received.args.place, received.args.group)
        self._note_beginning(received, consumer, body, success_json or ())
        if not received.refused:
            yield group.judge_listed(consumer, body)
        if received.status is None or received.status >= SERVER_ERROR:
            group.created = False  # the consumer may exist now, or may not
        else:
            yield group.judge_unknown_consumer(consumer, body, accepted=received.served)
        if success_json is not None:
            yield group.judge_assigned(consumer, body, success_json, received.moment)
        elif received.served:
            group.created = False  # the shards that the consumer was assigned are unknown

    def _note_beginning(self, received: Received, consumer: str, body: Iterable[int], assigned: Iterable[int]) -> None:
        """Note the shards of a consumer that began here; one that ran before may pull at any cursor."""
        args, client = received.args, received.client
        began = _state_of(self._consumers, (args.place, args.group, consumer, client), lambda: not body)
        if not began:
            _state_of(self._running, (args.place, client), lambda: True)
        for shard in set(assigned) - set(body) if began else ():
            self._shard(args.place, shard).assign(client)

    def _write(self, received: Received) -> Iterator[ClauseResults]:
        body, consumer, status = received.request_json, received.query.get("consumer"), received.status
        if not isinstance(body, dict) or type(body.get("shard")) is not int:
            return
        group, shard = self._group(received.args.place, received.args.group), body["shard"]
        state, checkpoint = self._shard(received.args.place, shard), body.get("checkpoint")
        if not received.refused:
            yield state.judge_checkpoint(checkpoint, received.client)
        if consumer and received.query.get("forceSuccess", "false").lower() == "false" and status is not None:
            yield group.judge_unforced(consumer, shard, received.moment, received.outcome)
        if isinstance(checkpoint, str):
            group.record_write(shard, checkpoint, received.moment, status)
            if received.served:
                state.add_cursor(checkpoint)

    def _read(self, received: Received) -> Iterator[ClauseResults]:
        if not isinstance(received.success_json, list):
            if received.served:
                self._forget_places(received)
            return
        entries = [each for each in objects(received.success_json) if is_shard(each.get("shard"))]
        if len(entries) == len(received.success_json):
            yield from self._judge_missing(received, entries)
        group = self._group(received.args.place, received.args.group)
        for each in entries:
            shard, checkpoint, time = each["shard"], each.get("checkpoint"), each.get("updateTime")
            if checkpoint:
                state = self._shard(received.args.place, shard)
                state.add_cursor(checkpoint)
                state.place(received.client)
            if not self._alone and isinstance(checkpoint, str) and type(time) is int:
                yield group.judge_read(shard, checkpoint, time, received.moment)

    def _judge_missing(self, received: Received, entries: Sequence[Mapping[str, Any]]) -> Iterator[ClauseResults]:
        """Judge whether the shards of the last ListShards have an entry; the filter is judged elsewhere."""
        shards, listed_at = self._listed.get(received.args.place, (_NO_SHARDS, received.moment))
        wanted = received.query.get("shard")
        requested = None if wanted is None else shard_number(wanted)
        others = requested is not None and any(each["shard"] != requested for each in entries)
        if shards and not others and received.moment.follows(listed_at) and (wanted is None or requested in shards):
            yield judge_list(entries, requested, shards)

    def _judge_id(self, received: Received) -> ClauseResults:
        """Judge whether two requests got the same id; one exchange may be recorded twice."""
        if not REQUEST_ID.fullmatch(received.request_id):
            return ClauseResults()
        exchange = (received.args, received.query, received.request_json, received.moment.sent)
        first = _state_of(self._ids, received.request_id, lambda: exchange)
        if first == exchange:
            return ClauseResults((), frozenset({"SLS461"}))
        expected, fix = "an id that no earlier response had", "Give every response its own id."
        found = clause("request-ids-differ").finding("header x-log-requestid", expected, received.request_id, fix)
        return ClauseResults((found,), frozenset({"SLS461"}))

    def _shard(self, place: Place, shard: int | None) -> ShardState:
        if shard is None:
            return ShardState()
        cursors = _state_of(self._cursors, (place, shard), KnownCursors)
        return _state_of(self._shards, (place, shard), lambda: ShardState(cursors))

    def _group(self, place: Place, name: str) -> GroupState:
        return _state_of(self._groups, (place, name), lambda: GroupState(alone=self._alone))

    def _replace_group(self, key: tuple[Place, str], *, existed: bool) -> GroupState:
        """Return the state of a group that was deleted, or is new; ``existed``: a deletion succeeded."""
        former = self._groups.pop(key, GroupState(alone=self._alone))
        return _state_of(self._groups, key, lambda: former.deleted(existed=existed))

    handlers: ClassVar[Mapping[str, Callable[[Consumption, Received], Iterable[ClauseResults]]]] = {
        "PullLogs": _pull,
        "GetCursor": _get_cursor,
        "GetCursorTime": _get_cursor_time,
        "ListShards": _list_shards,
        "SplitShard": _change_shards,
        "MergeShard": _change_shards,
        "ListConsumerGroup": _list_groups,
        "CreateConsumerGroup": _create,
        "UpdateConsumerGroup": _update,
        "DeleteConsumerGroup": _delete,
        "DeleteLogStore": _delete_logstore,
        "ConsumerGroupHeartBeat": _heartbeat,
        "ConsumerGroupUpdateCheckPoint": _write,
        "GetCheckPoint": _read,
    }
    """By operation, the method that judges its exchanges."""


def _state_of(states: dict[Any, _T], key: Any, make: Callable[[], _T]) -> _T:
    state = states.get(key)
    if state is None:
        if len(states) >= _MOST_STATES:
            del states[next(iter(states))]
        state = states[key] = make()
    return state


def _seconds(values: Mapping[str, Any]) -> float | None:
    timeout = values.get("timeout")
    return timeout if type(timeout) is int else None
