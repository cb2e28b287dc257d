"""What holds between the exchanges of producers and consumers of logs: judged one after the other, in one pass.

`Consumption` keeps what it must know by logstore, shard and group; it never raises, and never keeps an exchange.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

from sls_contract.checks.asked import asked_for
from sls_contract.checks.consumption_groups import GroupBook
from sls_contract.checks.consumption_shards import ShardBook
from sls_contract.checks.consumption_time import Moment
from sls_contract.checks.presentation import masked, shown
from sls_contract.checks.sequence import Judged
from sls_contract.checks.sequence_lists import judge_list
from sls_contract.checks.strict_json import read_json
from sls_contract.checks.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sls_contract.checks.asked import Asked, Place
    from sls_contract.exchange import Exchange

_OK, _BAD_REQUEST, _SERVER_ERROR = 200, 400, 500
_MOST_BOOKS = 1000  # shards, and groups; the oldest is forgotten
_NOTHING = Judged((), frozenset())
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
        head = request.method == "HEAD"
        asked = asked_for(request.replace(method="GET") if head else request)
        if asked is None or asked.operation not in _JUDGES:
            return _NOTHING
        moment = Moment.of(exchange, at, in_order=self._in_order)
        subject = Subject(request, exchange.response)
        parts = [part for part in _JUDGES[asked.operation](self, asked, subject, moment) if part.exercised]
        return reduce(_both, parts, _NOTHING)

    def _pull(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        book, response = self._shard(asked), subject.response
        if book is None:
            return
        query, refusal = dict(subject.request.query_pairs()), _invalid_cursor(subject)
        if refusal or _is_ok(subject):
            yield book.serve(query, refusal, moment)
        following = response.headers.get("x-log-cursor", "").strip() if response and _is_ok(subject) else None
        yield book.pull(query, subject.request.headers.get("user-agent", ""), following, moment)

    def _get_cursor(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        book = self._shard(asked)
        if book is not None and _is_ok(subject) and isinstance(subject.document, dict):
            asked_time = dict(subject.request.query_pairs()).get("from", "")
            yield book.locate(asked_time, subject.document.get("cursor"), moment)

    def _list_shards(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        if _is_ok(subject):
            shards = _numbers(each.get("shardID") for each in _objects(subject) if each.get("status") == "readwrite")
            self._listed[asked.place] = (shards, moment)
        yield _NOTHING

    def _list_groups(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        del moment
        for each in _objects(subject) if _is_ok(subject) else ():
            if isinstance(each.get("name"), str):
                self._group(asked._replace(group=each["name"])).timeout = _seconds(each)
        yield _NOTHING

    def _create(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        del moment
        body = _request_json(subject)
        if _is_ok(subject) and isinstance(body, dict) and isinstance(body.get("consumerGroup"), str):
            self._groups.pop((asked.place, body["consumerGroup"]), None)
            book = self._group(asked._replace(group=body["consumerGroup"]))
            book.made, book.timeout = True, _seconds(body)
        yield _NOTHING

    def _update(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        del moment
        body = _request_json(subject)
        if not isinstance(body, dict) or "timeout" in body:
            sure = _is_ok(subject) and isinstance(body, dict)
            self._group(asked).timeout = _seconds(body) if sure else None
        yield _NOTHING

    def _delete(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        del moment, subject
        self._groups.pop((asked.place, asked.group), None)  # also where nobody knows whether it was deleted
        yield _NOTHING

    def _delete_logstore(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        del moment, subject
        self._listed.pop(asked.place, None)
        self._shards = {key: book for key, book in self._shards.items() if key[0] != asked.place}
        self._groups = {key: book for key, book in self._groups.items() if key[0] != asked.place}
        yield _NOTHING

    def _heartbeat(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        consumer = dict(subject.request.query_pairs()).get("consumer")
        body, answer = _shards_of(_request_json(subject)), _shards_of(subject.document if _is_ok(subject) else None)
        if not consumer or body is None:
            return
        group = self._group(asked)
        yield group.listen(consumer, body)
        if subject.response is None or subject.response.status >= _SERVER_ERROR:
            group.made = False  # whether the consumer is there now, nobody knows
        else:
            yield group.admit(consumer, body, taken=_is_ok(subject))
        if answer is not None:
            yield group.assign(consumer, body, answer, moment)
        elif _is_ok(subject):
            group.made = False  # nobody knows what the consumer was told

    def _write(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        query, body = dict(subject.request.query_pairs()), _request_json(subject)
        if not isinstance(body, dict) or type(body.get("shard")) is not int:
            return
        group, shard, checkpoint = self._group(asked), body["shard"], body.get("checkpoint")
        book = self._shard(asked._replace(shard=shard))
        if book is not None:
            yield book.write(checkpoint)
        status = subject.response.status if subject.response else None
        consumer = query.get("consumer")
        if consumer and query.get("forceSuccess", "false").lower() == "false" and status is not None:
            yield group.force(consumer, shard, moment, taken=status == _OK)
        if isinstance(checkpoint, str):
            group.write(shard, checkpoint, moment, status)
            if book is not None and status == _OK:
                book.give(checkpoint)

    def _read(self, asked: Asked, subject: Subject, moment: Moment) -> Iterator[Judged]:
        if not _is_ok(subject) or not isinstance(subject.document, list):
            return
        entries = [each for each in _objects(subject) if type(each.get("shard")) is int]
        yield from self._missing(asked, subject, moment, entries)
        group = self._group(asked)
        for each in entries:
            shard, checkpoint, time = each["shard"], each.get("checkpoint"), each.get("updateTime")
            book = self._shard(asked._replace(shard=shard))
            if book is not None:
                book.give(checkpoint)
            if not self._alone and isinstance(checkpoint, str) and type(time) is int:
                yield group.read(shard, checkpoint, time, moment)

    def _missing(
        self, asked: Asked, subject: Subject, moment: Moment, entries: Sequence[Mapping[str, Any]]
    ) -> Iterator[Judged]:
        """Judge whether the shards that ListShards named before have an entry."""
        shards, listed_at = self._listed.get(asked.place, (frozenset(), moment))
        if shards and moment.follows(listed_at) and (not subject.shard_values or subject.asked_shard in shards):
            yield judge_list(entries, subject.asked_shard, shards)

    def _shard(self, asked: Asked) -> ShardBook | None:
        return None if asked.shard is None else _kept(self._shards, (asked.place, asked.shard), ShardBook)

    def _group(self, asked: Asked) -> GroupBook:
        return _kept(self._groups, (asked.place, asked.group), lambda: GroupBook(alone=self._alone))


def _kept(books: dict[Any, _T], key: Any, make: Callable[[], _T]) -> _T:
    book = books.get(key)
    if book is None:
        if len(books) >= _MOST_BOOKS:
            del books[next(iter(books))]
        book = books[key] = make()
    return book


def _is_ok(subject: Subject) -> bool:
    return subject.response is not None and subject.response.status == _OK


def _objects(subject: Subject) -> Iterator[dict[str, Any]]:
    return (each for each in subject.document or () if isinstance(each, dict))


def _request_json(subject: Subject) -> Any:
    return read_json(subject.request.body).value


def _numbers(values: Any) -> frozenset[int]:
    return frozenset(each for each in values if type(each) is int)


def _shards_of(listed: Any) -> frozenset[int] | None:
    """Return the shards that a heartbeat's body or answer lists, in either form of the page; None for neither."""
    listed = listed.get("shards") if isinstance(listed, dict) else listed
    return _numbers(listed) if isinstance(listed, list) else None


def _seconds(values: Mapping[str, Any]) -> float | None:
    timeout = values.get("timeout")
    return timeout if type(timeout) is int else None


def _invalid_cursor(subject: Subject) -> str:
    """Return how a pull was refused for its cursor; empty where it was not."""
    document = subject.document
    if subject.response is None or subject.response.status != _BAD_REQUEST or not isinstance(document, dict):
        return ""
    code, message = document.get("errorCode"), str(document.get("errorMessage"))
    invalid = code == "InvalidCursor" or (code == "ParameterInvalid" and "cursor" in message.lower())
    return masked(f"400 {code}: {shown(message)}") if invalid else ""


def _both(one: Judged, other: Judged) -> Judged:
    return Judged((*one.findings, *other.findings), one.exercised | other.exercised)


_JUDGES: Mapping[str, Callable[[Consumption, Asked, Subject, Moment], Iterator[Judged]]] = {
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
