"""Compare the checkpoints that a client printed with those of the response; the clauses about them (``SLS53x``)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sls_contract.checks.presentation import shown, shown_apart
from sls_contract.checks.rule import Flaw
from sls_contract.exercise.client_output import integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sls_contract.exercise.reply import Entry, Expectation

    _Printed: TypeAlias = list[tuple[int, Entry]]  # with their indexes
    _Matches: TypeAlias = Callable[[Entry, Entry, int | None], bool]

_NUMBERS = ("shard", "updateTime")
_NOT_UTF_8 = re.compile("[\udc80-\udcff]+")  # bytes that are not UTF-8, as `wire_text` decodes them
_MILLISECOND = 1000
_SECOND = 1_000_000
_NO_LONGER_64_BITS = 2**63

PASSED_ON = (
    "not-a-list",
    "entry-dropped",
    "entry-invented",
    "entry-relabelled",
    "checkpoint-changed",
    "update-time-changed",
    "consumer-changed",
    "number-as-text",
)
"""Slugs of the clauses about the list that a client prints."""


class Difference(NamedTuple):
    """The slug of a broken clause, and how it is broken."""

    slug: str
    flaw: Flaw


def differences(printed: Any, expected: Expectation, requested: int | None) -> list[Difference]:
    """Return the differences between the list that a client printed and the entries of the response.

    Args:
        printed: the JSON value that the client printed.
        expected: what the client may do with the response.
        requested: the shard that the client should request; its number may replace one that is missing in the response.

    """
    if not isinstance(printed, list) or not all(isinstance(entry, dict) for entry in printed):
        fix = "print the array as the client understood it; if the client returns something else, fix the client."
        return [Difference("not-a-list", Flaw("standard output", "an array of objects", _kind(printed), fix))]
    return list(_compared(list(expected.entries), list(enumerate(printed)), expected.needed, requested))


def _kind(printed: Any) -> str:
    if isinstance(printed, list):
        odd = next(entry for entry in printed if not isinstance(entry, dict))
        return f"an array that contains {shown(odd)}"
    return shown(printed)


def _compared(
    received: list[Entry], printed: _Printed, needed: frozenset[int] | None, requested: int | None
) -> Iterator[Difference]:
    """Pair equal entries, then those with the same shard and checkpoint, the same checkpoint, the same shard.

    Report the differences of each pair, and the rest.
    """
    everything = tuple(received)
    passed = {integer(entry.get("shard")) for _, entry in printed}
    for source, index, entry in _pairs(received, printed, _is_same, requested):
        received.remove(source)
        yield from _as_text(source, index, entry)
    for source, index, entry in _pairs(received, printed, _same_shard_and_checkpoint, requested):
        received.remove(source)
        yield from _changed(source, index, entry)
    for source, index, entry in _pairs(received, printed, _is_relabelled, requested):
        received.remove(source)
        yield _relabelled(source, index, entry)
    for source, index, entry in _pairs(everything, printed, _is_relabelled, requested):
        yield _relabelled(source, index, entry)
    for source, index, entry in _pairs(received, printed, _same_shard, requested):
        received.remove(source)
        yield from _changed(source, index, entry)
    yield from (_invented(index, entry) for index, entry in printed)
    yield from (_dropped(entry) for entry in received if needed is None or entry.get("shard") in needed - passed)


def _pairs(
    received: Sequence[Entry], printed: _Printed, matches: _Matches, requested: int | None
) -> Iterator[tuple[Entry, int, Entry]]:
    """Yield the pairs of entries that match, and remove each from the printed entries."""
    for index, entry in tuple(printed):
        match = next((other for other in received if matches(other, entry, requested)), None)
        if match is not None:
            printed.remove((index, entry))
            yield match, index, entry


def _is_same(received: Entry, printed: Entry, requested: int | None) -> bool:
    return _same_shard(received, printed, requested) and not any(
        not same(received, printed) for same in (_same_checkpoint, _same_time, _same_consumer)
    )


def _same_shard(received: Entry, printed: Entry, requested: int | None) -> bool:
    if received.get("shard") is None:
        return printed.get("shard") is None or (requested is not None and integer(printed["shard"]) == requested)
    return _same_number(received["shard"], printed.get("shard"))


def _same_shard_and_checkpoint(received: Entry, printed: Entry, requested: int | None) -> bool:
    return _same_shard(received, printed, requested) and _same_checkpoint(received, printed)


def _same_checkpoint(received: Entry, printed: Entry) -> bool:
    wanted, got = received.get("checkpoint"), printed.get("checkpoint")
    return got == wanted or (wanted is None and got == "")


def _same_time(received: Entry, printed: Entry) -> bool:
    wanted, got = received.get("updateTime"), printed.get("updateTime")
    if wanted is None:
        return got is None or integer(got) == 0
    return _same_number(wanted, got)


def _same_consumer(received: Entry, printed: Entry) -> bool:
    """Return whether the name is unchanged; U+FFFD may stand for bytes that are not UTF-8 (Unicode Standard, 3.9)."""
    wanted, got = (each.get("consumer") or "" for each in (received, printed))
    if got == wanted or not isinstance(wanted, str) or not isinstance(got, str):
        return bool(got == wanted)
    pieces = [re.escape(each) for each in _NOT_UTF_8.split(wanted)]
    return len(pieces) > 1 and re.fullmatch("\ufffd+".join(pieces), got) is not None


def _same_number(wanted: Any, got: Any) -> bool:
    return integer(got) is not None and integer(got) == integer(wanted)


def _is_relabelled(received: Entry, printed: Entry, requested: int | None) -> bool:
    """Return whether an entry has the checkpoint of another shard, which an empty checkpoint does not show."""
    checkpoint = received.get("checkpoint")
    return (
        bool(checkpoint) and printed.get("checkpoint") == checkpoint and not _same_shard(received, printed, requested)
    )


def _as_text(received: Entry, index: int, printed: Entry) -> Iterator[Difference]:
    for name in _NUMBERS:
        if isinstance(printed.get(name), str) and not isinstance(received.get(name), str):
            fix = f"print {name} as a number."
            flaw = Flaw(f"/{index}/{name}", shown(received.get(name)), shown(printed[name]), fix)
            yield Difference("number-as-text", flaw)


def _relabelled(source: Entry, index: int, printed: Entry) -> Difference:
    shard = source.get("shard")
    wanted = "no shard: the response has none" if shard is None else f"shard {shown(shard)}, whose checkpoint it is"
    fix = (
        "fail if an entry has no shard, or return it without one: the default of a typed field is another shard."
        if shard is None
        else "return the entry's own shard, and select the entry of the requested shard."
    )
    return Difference("entry-relabelled", Flaw(f"/{index}/shard", wanted, _shown(printed.get("shard")), fix))


def _changed(received: Entry, index: int, printed: Entry) -> Iterator[Difference]:
    if not _same_checkpoint(received, printed):
        fix = "return the checkpoint unchanged; it is opaque."
        yield _field("checkpoint-changed", "checkpoint", index, received, printed, fix)
    if not _same_time(received, printed):
        yield _field("update-time-changed", "updateTime", index, received, printed, _time_fix(received, printed))
    if not _same_consumer(received, printed):
        yield _field("consumer-changed", "consumer", index, received, printed, _consumer_fix(received))


def _field(slug: str, name: str, index: int, received: Entry, printed: Entry, fix: str) -> Difference:
    wanted, got = received.get(name), printed.get(name)
    texts = shown_apart(wanted, got) if isinstance(got, str) else (shown(wanted), _shown(got))
    return Difference(slug, Flaw(f"/{index}/{name}", texts[0], texts[1] if name in printed else "nothing", fix))


def _consumer_fix(received: Entry) -> str:
    if _NOT_UTF_8.search(received.get("consumer") or ""):
        return "fail if the consumer is not UTF-8, or put U+FFFD in the place of its bytes; do not remove them."
    return "return the consumer unchanged, in Unicode."


def _time_fix(received: Entry, printed: Entry) -> str:
    wanted, got = integer(received.get("updateTime")), integer(printed.get("updateTime"))
    if wanted is not None and got is not None and got in (wanted // _MILLISECOND, wanted // _SECOND):
        return "return updateTime in microseconds, as the response has it."
    if wanted is not None and wanted >= _NO_LONGER_64_BITS:
        return "fail if an updateTime does not fit into the type that keeps it, or return it unchanged."
    if wanted is not None and got is not None and got == int(float(wanted)):
        return "parse updateTime as a 64-bit integer; a double rounds it."
    return "return updateTime unchanged."


def _invented(index: int, printed: Entry) -> Difference:
    fix = "pass on only the entries of the response, each once."
    shard = _shown(printed.get("shard"))
    return Difference("entry-invented", Flaw(f"/{index}", "an entry of the response", f"one of shard {shard}", fix))


def _dropped(received: Entry) -> Difference:
    fix = "pass on every entry of the response."
    shard = shown(received.get("shard"))
    return Difference("entry-dropped", Flaw("standard output", f"the entry of shard {shard}", "no such entry", fix))


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else shown(value)
