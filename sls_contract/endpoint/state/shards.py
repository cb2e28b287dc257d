"""The shards of a logstore: the keys of each, and how a split or a merge changes them.

Sources: ListShards and SplitShard pages, 2021; SplitShard page of API 2020-12-30 (``key`` and ``shardCount`` are
optional) and the page split-shard-by-sdk (an empty key divides evenly); MergeShards page, 2021, and the page
merge-shard-by-sdk (the request names the left shard, and the service finds its neighbour).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from sls_contract.endpoint.state import responses

_KEYS = 1 << 128  #: the number of MD5 sums
_LAST = _KEYS - 1


class Shard(NamedTuple):
    """One shard.

    Attributes:
        number: its id.
        begin: its first key; keys are MD5 sums as numbers.
        end: the key after its last.
        parents: the shards that it was made from.
        writable: whether it is ``readwrite``; a shard that was split or merged stays ``readonly``.

    """

    number: int
    begin: int
    end: int
    parents: tuple[int, ...] = ()
    writable: bool = True

    @property
    def status(self) -> str:
        """The status as in ListShards."""
        return "readwrite" if self.writable else "readonly"

    @property
    def keys(self) -> tuple[str, str]:
        """The first key and the end key, in 32 hexadecimal digits.

        The end of the last shard is all ones, because the next number has one digit more (source: SplitShard page,
        examples).
        """
        return f"{self.begin:032x}", f"{min(self.end, _LAST):032x}"


def divided(numbers: Iterable[int]) -> tuple[Shard, ...]:
    """Return new shards with these ids, in ascending order, which share all keys evenly."""
    ordered = sorted(numbers)
    return tuple(
        Shard(number, begin, end) for number, (begin, end) in zip(ordered, _parts(0, _KEYS, len(ordered)), strict=True)
    )


def shard_for_key(shards: Iterable[Shard], key: int) -> Shard:
    """Return the writable shard whose range contains the key."""
    return next(shard for shard in shards if shard.writable and shard.begin <= key < shard.end)


def split(shards: Sequence[Shard], number: int, key: int | None = None, count: int = 2) -> tuple[Shard, ...]:
    """Return the shard, now read-only, and the new ones, with the next free ids.

    Without a key there are ``count`` new shards of even size. Raises the `ServiceError` for a shard that is not
    writable and for a key that leaves one side empty.
    """
    parent = _writable(shards, number)
    ranges = _parts(parent.begin, parent.end, count) if key is None else [(parent.begin, key), (key, parent.end)]
    if any(begin >= min(end, _LAST) for begin, end in ranges):
        raise responses.invalid_mid_hash()
    first = _next_number(shards)
    children = (Shard(first + index, begin, end, (number,)) for index, (begin, end) in enumerate(ranges))
    return (parent._replace(writable=False), *children)


def merged(shards: Sequence[Shard], number: int) -> tuple[Shard, ...]:
    """Return the new shard, then its parents, now read-only: the given shard and its right neighbour.

    Raises the `ServiceError` for a shard that is not writable, and for the last one.
    """
    left = _writable(shards, number)
    right = next((each for each in shards if each.writable and each.begin == left.end), None)
    if right is None:
        raise responses.cannot_merge_the_last_shard()
    new = Shard(_next_number(shards), left.begin, right.end, (left.number, right.number))
    return new, left._replace(writable=False), right._replace(writable=False)


def changed(shards: Iterable[Shard], changes: Iterable[Shard]) -> tuple[Shard, ...]:
    """Return the shards in ascending order of their ids, with changed and new ones included."""
    by_number = {shard.number: shard for shard in (*shards, *changes)}
    return tuple(by_number[number] for number in sorted(by_number))


def _writable(shards: Iterable[Shard], number: int) -> Shard:
    found = next((shard for shard in shards if shard.number == number and shard.writable), None)
    if found is None:
        raise responses.invalid_shard_id()
    return found


def _next_number(shards: Iterable[Shard]) -> int:
    return max(shard.number for shard in shards) + 1


def _parts(begin: int, end: int, count: int) -> list[tuple[int, int]]:
    return list(pairwise(begin + index * (end - begin) // count for index in range(count + 1)))
