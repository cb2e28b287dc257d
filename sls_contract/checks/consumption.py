"""Judge exchanges of producers and consumers of logs by the exchanges before them, one after the other.

`Consumption` keeps its state by logstore, shard and group; it never raises, and never keeps an exchange.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

from sls_contract.checks.consumption_groups import GroupBook, judge_repeated
from sls_contract.checks.consumption_ranges import judge_lasting, judge_ranges, writable_shards
from sls_contract.checks.consumption_received import Received, objects, shards_of
from sls_contract.checks.consumption_shards import ShardBook
from sls_contract.checks.consumption_time import Moment
from sls_contract.checks.request_args import is_shard, request_args, shard_number
from sls_contract.checks.sequence import Judged
from sls_contract.checks.sequence_lists import judge_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sls_contract.checks.request_args import Place
    from sls_contract.exchange import Exchange

_SERVER_ERROR = 500
_MOST_BOOKS = 1000  # shards, and groups; the oldest is forgotten
_NO_SHARDS: frozenset[int] = frozenset()
_T = TypeVar("_T")


OF_CLIENTS = frozenset({"SLS433", "SLS434", "SLS435"})
"""The clauses that a client breaks, whatever it was answered."""


def received_of(exchange: Exchange, at: datetime | None, *, in_order: bool = False) -> Received | None:
    """Read an exchange that was complete ``at``; None if no other exchange can depend on it."""
    request = exchange.request
    args = request_args(request.replace(method="GET") if request.method == "HEAD" else request)
    if args is None or args.operation not in _JUDGES:
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
        self._shards: dict[tuple[Place, int], ShardBook] = {}
        self._groups: dict[tuple[Place, str], GroupBook] = {}
        self._listed: dict[Place, tuple[frozenset[int], Moment]] = {}
        self._first_listed: dict[tuple[Place, int], Mapping[str, Any]] = {}

    def judge(self, exchange: Exchange, at: datetime | None = None) -> Judged:
        """Judge an exchange by those before it; ``at`` is when it was complete, by the client's clock."""
        received = received_of(exchange, at, in_order=self._in_order)
        return Judged() if received is None else self.take(received)

    def take(self, received: Received) -> Judged:
        """Judge an exchange that `received_of` has read by those before it."""
        parts = [part for part in _JUDGES[received.args.operation](self, received) if part.exercised]
        return reduce(_both, parts, Judged())

    def _pull(self, received: Received) -> Iterator[Judged]:
        book, refusal = self._shard(received.args.place, received.args.shard), received.invalid_cursor
        if refusal or received.served:
            yield book.serve(received.query, refusal, received.moment)
        yield book.pull(received.query, received.client, received.following, received.moment)

    def _get_cursor(self, received: Received) -> Iterator[Judged]:
        if isinstance(received.answer, dict):
            book = self._shard(received.args.place, received.args.shard)
            yield book.locate(received.query.get("from", ""), received.answer.get("cursor"), received.moment)

    def _list_shards(self, received: Received) -> Iterator[Judged]:
        if not received.served:
            return
        place, shards = received.args.place, objects(received.answer)
        writable = (each.get("shardID") for each in writable_shards(shards))
        self._listed[place] = (frozenset(filter(is_shard, writable)), received.moment)
        if not self._alone:  # a stub may list any ranges; others may make the logstore anew
            return
        yield judge_ranges(shards)
        for each in shards:
            if type(each.get("shardID")) is int:
                yield judge_lasting(each, self._first_listed.setdefault((place, each["shardID"]), each))

    def _list_groups(self, received: Received) -> Iterator[Judged]:
        for each in objects(received.answer):
            if isinstance(each.get("name"), str):
                self._group(received.args.place, each["name"]).timeout = _seconds(each)
        yield Judged()

    def _create(self, received: Received) -> Iterator[Judged]:
        body = received.sent if isinstance(received.sent, dict) else {}
        name = body.get("consumerGroup")
        if received.served and isinstance(name, str):
            self._groups.pop((received.args.place, name), None)
            book = self._group(received.args.place, name)
            book.made, book.timeout = True, _seconds(body)
        yield Judged()

    def _update(self, received: Received) -> Iterator[Judged]:
        body = received.sent
        if not isinstance(body, dict) or "timeout" in body:
            sure = received.served and isinstance(body, dict)
            self._group(received.args.place, received.args.group).timeout = _seconds(body) if sure else None
        yield Judged()

    def _delete(self, received: Received) -> Iterator[Judged]:
        self._groups.pop((received.args.place, received.args.group), None)  # also where nobody knows what became of it
        yield Judged()

    def _delete_logstore(self, received: Received) -> Iterator[Judged]:
        place = received.args.place
        self._listed.pop(place, None)
        self._shards = {key: book for key, book in self._shards.items() if key[0] != place}
        self._first_listed = {key: each for key, each in self._first_listed.items() if key[0] != place}
        self._groups = {key: book for key, book in self._groups.items() if key[0] != place}
        yield Judged()

    def _heartbeat(self, received: Received) -> Iterator[Judged]:
        consumer, body, answer = received.query.get("consumer"), shards_of(received.sent), shards_of(received.answer)
        if not consumer or body is None:
            return
        group = self._group(received.args.place, received.args.group)
        yield group.listen(consumer, body)
        if received.status is None or received.status >= _SERVER_ERROR:
            group.made = False  # whether the consumer is there now, nobody knows
        else:
            yield group.admit(consumer, body, taken=received.served)
        if answer is not None:
            yield group.assign(consumer, body, answer, received.moment)
            yield judge_repeated(received.answer)
        elif received.served:
            group.made = False  # nobody knows what the consumer was told

    def _write(self, received: Received) -> Iterator[Judged]:
        body, consumer, status = received.sent, received.query.get("consumer"), received.status
        if not isinstance(body, dict) or type(body.get("shard")) is not int:
            return
        group, shard = self._group(received.args.place, received.args.group), body["shard"]
        book, checkpoint = self._shard(received.args.place, shard), body.get("checkpoint")
        yield book.write(checkpoint)
        if consumer and received.query.get("forceSuccess", "false").lower() == "false" and status is not None:
            yield group.force(consumer, shard, received.moment, received.outcome)
        if isinstance(checkpoint, str):
            group.write(shard, checkpoint, received.moment, status)
            if received.served:
                book.give(checkpoint)

    def _read(self, received: Received) -> Iterator[Judged]:
        if not isinstance(received.answer, list):
            return
        entries = [each for each in objects(received.answer) if is_shard(each.get("shard"))]
        if len(entries) == len(received.answer):
            yield from self._missing(received, entries)
        group = self._group(received.args.place, received.args.group)
        for each in entries:
            shard, checkpoint, time = each["shard"], each.get("checkpoint"), each.get("updateTime")
            if checkpoint:
                self._shard(received.args.place, shard).give(checkpoint)
            if not self._alone and isinstance(checkpoint, str) and type(time) is int:
                yield group.read(shard, checkpoint, time, received.moment)

    def _missing(self, received: Received, entries: Sequence[Mapping[str, Any]]) -> Iterator[Judged]:
        """Judge whether the shards of the last ListShards have an entry."""
        shards, listed_at = self._listed.get(received.args.place, (_NO_SHARDS, received.moment))
        wanted = received.query.get("shard")
        asked = None if wanted is None else shard_number(wanted)
        if shards and received.moment.follows(listed_at) and (wanted is None or asked in shards):
            yield judge_list(entries, asked, shards)

    def _shard(self, place: Place, shard: int | None) -> ShardBook:
        return ShardBook() if shard is None else _kept(self._shards, (place, shard), ShardBook)

    def _group(self, place: Place, name: str) -> GroupBook:
        return _kept(self._groups, (place, name), lambda: GroupBook(alone=self._alone))


def _kept(books: dict[Any, _T], key: Any, make: Callable[[], _T]) -> _T:
    book = books.get(key)
    if book is None:
        if len(books) >= _MOST_BOOKS:
            del books[next(iter(books))]
        book = books[key] = make()
    return book


def _seconds(values: Mapping[str, Any]) -> float | None:
    timeout = values.get("timeout")
    return timeout if type(timeout) is int else None


def _both(one: Judged, other: Judged) -> Judged:
    return Judged((*one.findings, *other.findings), one.exercised | other.exercised)


_JUDGES: Mapping[str, Callable[[Consumption, Received], Iterator[Judged]]] = {
    "PullLogs": Consumption._pull,  # noqa: SLF001 - of this module, as all of these
    "GetCursor": Consumption._get_cursor,  # noqa: SLF001
    "ListShards": Consumption._list_shards,  # noqa: SLF001
    "ListConsumerGroup": Consumption._list_groups,  # noqa: SLF001
    "CreateConsumerGroup": Consumption._create,  # noqa: SLF001
    "UpdateConsumerGroup": Consumption._update,  # noqa: SLF001
    "DeleteConsumerGroup": Consumption._delete,  # noqa: SLF001
    "DeleteLogStore": Consumption._delete_logstore,  # noqa: SLF001
    "ConsumerGroupHeartBeat": Consumption._heartbeat,  # noqa: SLF001
    "ConsumerGroupUpdateCheckPoint": Consumption._write,  # noqa: SLF001
    "GetCheckPoint": Consumption._read,  # noqa: SLF001
}
