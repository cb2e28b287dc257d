"""What holds between the exchanges of producers and consumers of logs: judged one after the other, in one pass.

`Consumption` keeps what it must know by logstore, shard and group; it never raises, and never keeps an exchange.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

from sls_contract.checks.asked import asked_for, shard_number
from sls_contract.checks.consumption_groups import GroupBook
from sls_contract.checks.consumption_heard import Heard, integers, objects, shards_of
from sls_contract.checks.consumption_shards import ShardBook
from sls_contract.checks.consumption_time import Moment
from sls_contract.checks.sequence import Judged
from sls_contract.checks.sequence_lists import judge_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sls_contract.checks.asked import Place
    from sls_contract.exchange import Exchange

_SERVER_ERROR = 500
_MOST_BOOKS = 1000  # shards, and groups; the oldest is forgotten
_NOTHING = Judged((), frozenset())
_NO_SHARDS: frozenset[int] = frozenset()
_T = TypeVar("_T")


OF_CLIENTS = frozenset({"SLS433", "SLS434", "SLS435"})
"""The clauses that a client breaks, whatever it was answered."""


class Consumption:
    """The books of one recording, or of one run.

    Args:
        alone: whether nobody else asks for the same groups, as in a run that makes its own.
        in_order: whether exchanges come in the order in which the service took them, none beside another. Else what
            two requests at once could explain is not judged.

    """

    def __init__(self, *, alone: bool = False, in_order: bool = False) -> None:
        """Know of nothing."""
        self._alone, self._in_order = alone, in_order
        self._shards: dict[tuple[Place, int], ShardBook] = {}
        self._groups: dict[tuple[Place, str], GroupBook] = {}
        self._listed: dict[Place, tuple[frozenset[int], Moment]] = {}

    def judge(self, exchange: Exchange, at: datetime | None = None) -> Judged:
        """Judge an exchange against those before it; ``at`` is when it was complete, by the client's clock."""
        request = exchange.request
        asked = asked_for(request.replace(method="GET") if request.method == "HEAD" else request)
        if asked is None or asked.operation not in _JUDGES:
            return _NOTHING
        heard = Heard(request, exchange.response, asked, Moment.of(exchange, at, in_order=self._in_order))
        parts = [part for part in _JUDGES[asked.operation](self, heard) if part.exercised]
        return reduce(_both, parts, _NOTHING)

    def _pull(self, heard: Heard) -> Iterator[Judged]:
        book, refusal = self._shard(heard.asked.place, heard.asked.shard), heard.invalid_cursor
        if refusal or heard.served:
            yield book.serve(heard.query, refusal, heard.moment)
        client = heard.request.headers.get("user-agent", "")
        yield book.pull(heard.query, client, heard.following, heard.moment)

    def _get_cursor(self, heard: Heard) -> Iterator[Judged]:
        if isinstance(heard.answer, dict):
            book = self._shard(heard.asked.place, heard.asked.shard)
            yield book.locate(heard.query.get("from", ""), heard.answer.get("cursor"), heard.moment)

    def _list_shards(self, heard: Heard) -> Iterator[Judged]:
        if heard.served:
            writable = [each.get("shardID") for each in objects(heard.answer) if each.get("status") == "readwrite"]
            self._listed[heard.asked.place] = (integers(writable), heard.moment)
        yield _NOTHING

    def _list_groups(self, heard: Heard) -> Iterator[Judged]:
        for each in objects(heard.answer):
            if isinstance(each.get("name"), str):
                self._group(heard.asked.place, each["name"]).timeout = _seconds(each)
        yield _NOTHING

    def _create(self, heard: Heard) -> Iterator[Judged]:
        body = heard.sent if isinstance(heard.sent, dict) else {}
        name = body.get("consumerGroup")
        if heard.served and isinstance(name, str):
            self._groups.pop((heard.asked.place, name), None)
            book = self._group(heard.asked.place, name)
            book.made, book.timeout = True, _seconds(body)
        yield _NOTHING

    def _update(self, heard: Heard) -> Iterator[Judged]:
        body = heard.sent
        if not isinstance(body, dict) or "timeout" in body:
            sure = heard.served and isinstance(body, dict)
            self._group(heard.asked.place, heard.asked.group).timeout = _seconds(body) if sure else None
        yield _NOTHING

    def _delete(self, heard: Heard) -> Iterator[Judged]:
        self._groups.pop((heard.asked.place, heard.asked.group), None)  # also where nobody knows what became of it
        yield _NOTHING

    def _delete_logstore(self, heard: Heard) -> Iterator[Judged]:
        place = heard.asked.place
        self._listed.pop(place, None)
        self._shards = {key: book for key, book in self._shards.items() if key[0] != place}
        self._groups = {key: book for key, book in self._groups.items() if key[0] != place}
        yield _NOTHING

    def _heartbeat(self, heard: Heard) -> Iterator[Judged]:
        consumer, body, answer = heard.query.get("consumer"), shards_of(heard.sent), shards_of(heard.answer)
        if not consumer or body is None:
            return
        group = self._group(heard.asked.place, heard.asked.group)
        yield group.listen(consumer, body)
        if heard.status is None or heard.status >= _SERVER_ERROR:
            group.made = False  # whether the consumer is there now, nobody knows
        else:
            yield group.admit(consumer, body, taken=heard.served)
        if answer is not None:
            yield group.assign(consumer, body, answer, heard.moment)
        elif heard.served:
            group.made = False  # nobody knows what the consumer was told

    def _write(self, heard: Heard) -> Iterator[Judged]:
        body, consumer, status = heard.sent, heard.query.get("consumer"), heard.status
        if not isinstance(body, dict) or type(body.get("shard")) is not int:
            return
        group, shard = self._group(heard.asked.place, heard.asked.group), body["shard"]
        book, checkpoint = self._shard(heard.asked.place, shard), body.get("checkpoint")
        yield book.write(checkpoint)
        if consumer and heard.query.get("forceSuccess", "false").lower() == "false" and status is not None:
            yield group.force(consumer, shard, heard.moment, taken=heard.served)
        if isinstance(checkpoint, str):
            group.write(shard, checkpoint, heard.moment, status)
            if heard.served:
                book.give(checkpoint)

    def _read(self, heard: Heard) -> Iterator[Judged]:
        if not isinstance(heard.answer, list):
            return
        entries = [each for each in objects(heard.answer) if type(each.get("shard")) is int]
        yield from self._missing(heard, entries)
        group = self._group(heard.asked.place, heard.asked.group)
        for each in entries:
            shard, checkpoint, time = each["shard"], each.get("checkpoint"), each.get("updateTime")
            if checkpoint:
                self._shard(heard.asked.place, shard).give(checkpoint)
            if not self._alone and isinstance(checkpoint, str) and type(time) is int:
                yield group.read(shard, checkpoint, time, heard.moment)

    def _missing(self, heard: Heard, entries: Sequence[Mapping[str, Any]]) -> Iterator[Judged]:
        """Judge whether the shards that ListShards named before have an entry."""
        shards, listed_at = self._listed.get(heard.asked.place, (_NO_SHARDS, heard.moment))
        wanted = heard.query.get("shard")
        asked = None if wanted is None else shard_number(wanted)
        if shards and heard.moment.follows(listed_at) and (wanted is None or asked in shards):
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


_JUDGES: Mapping[str, Callable[[Consumption, Heard], Iterator[Judged]]] = {
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
