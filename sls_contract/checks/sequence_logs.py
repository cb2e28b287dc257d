"""``SLS426`` to ``SLS428``, ``SLS439``, ``SLS447``: whether written logs are found, and at which cursors."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from sls_contract.checks.cursors import decoded
from sls_contract.checks.presentation import shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws
from sls_contract.checks.sequence import CLOCK_TOLERANCE, judges, time_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime


@judges("log-delivered")
def judge_missing(marks: Sequence[str], shards: Collection[int]) -> Flaws:
    """Judge the logs that PutLogs accepted and that no shard returns."""
    if not marks:
        return KEPT
    actual = f"{len(marks)} missing in {len(shards)} shards, the first {shown(marks[0])}"
    fix = "Store logs before PutLogs returns, and give them to each pull from a cursor before them."
    return [Flaw("body", "every log that PutLogs accepted with 200", actual, fix)]


@judges("log-delivered")
def judge_shard(shard: int, wanted: int | None) -> Flaws:
    """Judge the shard of a log with a hash key; ``wanted`` is the shard whose range contains the key."""
    if wanted is None:
        return None
    if shard == wanted:
        return KEPT
    expected = f"the log in shard {wanted}, whose range holds its hash key"
    fix = "Route by the hash key: inclusiveBeginKey <= key < exclusiveEndKey."
    return [Flaw("body", expected, f"it is in shard {shard}", fix)]


@judges("log-preserved")
def judge_log(read: Mapping[str, object], written: Mapping[str, object]) -> Flaws:
    """Compare the parts of a log, by name, with the written ones; the service may add tags."""
    return list(_differences(read, written))


def _differences(read: Mapping[str, object], written: Mapping[str, object]) -> Iterator[Flaw]:
    for name, wanted in written.items():
        actual = read[name]
        if isinstance(wanted, frozenset) and isinstance(actual, frozenset):
            actual = actual.intersection(wanted)
        if isinstance(wanted, tuple) and isinstance(actual, tuple):
            yield from _first_difference(wanted, actual)
        elif wanted != actual:
            one, other = (
                shown(str(sorted(each) if isinstance(each, frozenset) else each)) for each in (wanted, actual)
            )
            yield Flaw(f"body, a log's {name}", one, other, "Give logs back byte for byte.")


def _first_difference(wanted: tuple[object, ...], actual: tuple[object, ...]) -> Iterator[Flaw]:
    """Report the first key and value that differ, with the length of each value, because a cut value may look equal."""
    for one, other in zip_longest(wanted, actual):
        if one != other:
            yield Flaw("body, a log's contents", _pair_text(one), _pair_text(other), "Give logs back byte for byte.")
            return


def _pair_text(pair: object) -> str:
    if not isinstance(pair, tuple):
        return "no more keys"
    key, value = pair
    return f"{shown(key)}: {shown(value)}, {len(value)} characters"


@judges("log-delivered")
def judge_found_again(mark: str, *, returned: bool) -> Flaws:
    """Judge whether a pull at the cursor of a known log returns it, however often it was pulled."""
    if returned:
        return KEPT
    expected = f"the log {shown(mark)}: it was pulled at this cursor before"
    fix = "Keep logs after they are pulled; only the cursor moves."
    return [Flaw("body", expected, "the response does not contain it", fix)]


@judges("returned-at-most")
def judge_end(mark: str, cursor: str, end: str) -> Flaws:
    """Judge a log from a pull by its ``end_cursor``; ``cursor`` is the known position of the log."""
    number, limit = decoded(cursor), decoded(end)
    if cursor != end and (number is None or limit is None or number < limit):
        return KEPT
    expected, actual = f"no log at or after end_cursor {shown(end)}", f"the log {shown(mark)} at cursor {shown(cursor)}"
    return [Flaw("body", expected, actual, "Give the log groups before end_cursor only.")]


@judges("log-once-in-order")
def judge_order(mark: str, *, first: bool, behind: bool) -> Flaws:
    """Judge whether a log came for the first time, and after those that were written before it."""
    if first and behind:
        return KEPT
    actual = "it came before" if not first else "it came after one that was written later"
    fix = "Return the cursor after the last log group in the body; keep the order of writes."
    return [Flaw("body", f"the log {shown(mark)} once, and in the order of writing", actual, fix)]


@judges("refused-changes-nothing")
def judge_refused_log(mark: str) -> Flaws:
    """Report a log whose PutLogs was refused."""
    expected = f"no log {shown(mark)}: its PutLogs was refused"
    return [Flaw("body", expected, "the log", "Check a request before it changes anything.")]


@judges("logstore-isolation")
def judge_foreign_log(mark: str, logstore: str) -> Flaws:
    """Report a log that was written to another logstore."""
    expected = f"no log {shown(mark)}: it was written to {shown(logstore)}"
    return [Flaw("body", expected, "the log", "Keep logs for each logstore.")]


@judges("cursor-by-time")
def judge_cursor(requested: str, cursor: object, bound: str, *, latest: bool) -> Flaws:
    """Judge a cursor of GetCursor by that of a known log: not after it (``latest``), or not before it.

    ``requested`` is ``from`` as sent. Cursors that are not numbers cannot be compared.
    """
    number, limit = decoded(cursor) if isinstance(cursor, str) else None, decoded(bound)
    if number is None or limit is None:
        return None
    if number <= limit if latest else number >= limit:
        return KEPT
    side = "less" if latest else "more"
    expected = f"{limit} or {side} for from={shown(requested)[1:-1]}, by the log that was written"
    fix = "Give the first cursor at or after the time; begin is the oldest log, end the next to be written."
    return [Flaw("/cursor", expected, str(number), fix)]


@judges("cursor-time-of-log")
def judge_cursor_time(seconds: int, written_at: datetime) -> Flaws:
    """Judge the time of a cursor (seconds since 1970 UTC) by when its log was written."""
    time = time_of(seconds)
    if abs(time - written_at) <= CLOCK_TOLERANCE:
        return KEPT
    expected = f"within 15 minutes of {written_at:%Y-%m-%dT%H:%M:%SZ}, when the log was written"
    fix = "Return the time at which the log at the cursor was received, in seconds since 1970 UTC."
    return [Flaw("/cursor_time", expected, f"{seconds} ({time:%Y-%m-%dT%H:%M:%SZ})", fix)]


@judges("cursor-time-of-log")
def judge_steady_time(seconds: int, before: int) -> Flaws:
    """Compare the time of a cursor with an earlier response; the time when a log was received never changes."""
    fix = "Return the time at which the log at the cursor was received, not the time of the request."
    same = seconds == before
    return KEPT if same else [Flaw("/cursor_time", f"{before}, as it was returned before", str(seconds), fix)]
