"""Replace what a step names by what earlier responses contained: shards, hash keys, kept values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.checks.cursors import decoded
from sls_contract.scenarios.steps import Call, HeartBeat, Kept, Place, Put, Read, Request, ShardRef, Write
from sls_contract.verification.outcome import NotProvable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.verification.calls import CallJudge


def with_real_names(step: Request, shards: Mapping[ShardRef, int], calls: CallJudge) -> Request:
    """Return a step with real shards and values; ``shards`` are those that the run determined, by their names.

    Raises `NotProvable` if no response contained what the step names.
    """
    if isinstance(step, (Read, Write, Call)) and step.shard is not None and step.shard in shards:
        step = replace(step, shard=shards[step.shard])
    if isinstance(step, HeartBeat) and step.lists:
        step = replace(step, lists=tuple(shards.get(shard, shard) for shard in step.lists))
    if isinstance(step, (Call, Put, Write)) and step.shard == "lowest":
        step = replace(step, shard=_lowest(step.at, calls))
    if isinstance(step, Write) and isinstance(step.value, Kept):
        step = replace(step, value=_number_of(step.value, calls))
    if not isinstance(step, Call):
        return step
    signed_as = step.variant.signed_as
    resolved = replace(step, query=tuple((key, _text_of(value, calls)) for key, value in step.query))
    if isinstance(signed_as, Call):
        return replace(resolved, variant=replace(step.variant, signed_as=with_real_names(signed_as, shards, calls)))
    return resolved


def hash_key_of(shard: ShardRef, at: Place, calls: CallJudge) -> tuple[str, str]:
    """Return the first and the last hash key of a shard; raises `NotProvable` if they are unknown."""
    number = calls.bench.shard(shard, at.logstore)
    key = calls.hash_keys.get((calls.logstore_of(at), number))
    if key is None:
        msg = f"ListShards names no range of hash keys for shard {number}"
        raise NotProvable(msg)
    return key


def _lowest(at: Place, calls: CallJudge) -> int:
    """Return the index of the readwrite shard with the lowest hash keys."""
    lowest = calls.lowest(at)
    if lowest is None:
        msg = "ListShards names no readwrite shard with its range of hash keys"
        raise NotProvable(msg)
    return calls.bench.shards[at.logstore].index(lowest[0])


def _text_of(value: str | Kept, calls: CallJudge) -> str:
    if not isinstance(value, Kept):
        return value
    text = calls.value(value.name)
    if text is None:
        msg = f"{value.name} is not known: no response contained it"
        raise NotProvable(msg)
    return text


def _number_of(cursor: Kept, calls: CallJudge) -> str:
    """Return the number that a cursor encodes."""
    number = decoded(_text_of(cursor, calls))
    if number is None:
        msg = f"{cursor.name} is no cursor that encodes a number"
        raise NotProvable(msg)
    return str(number)
