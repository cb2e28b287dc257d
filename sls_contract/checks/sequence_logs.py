"""``SLS426`` to ``SLS428``, ``SLS439``, ``SLS447``: whether written logs are found, and at which cursors."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from sls_contract.checks.cursors import decoded
from sls_contract.checks.presentation import shown
from sls_contract.checks.sequence import CLOCK_TOLERANCE, ClauseResults, time_of
from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

_UNCHANGED = "Return each log as it was written, byte for byte."


def judge_missing(marks: Sequence[str], shards: Collection[int]) -> ClauseResults:
    """Judge the logs that PutLogs accepted and that no shard returns."""
    found = clause("log-delivered").finding(
        "body",
        "every log that PutLogs accepted with 200",
        f"{len(marks)} missing in {len(shards)} shards, the first {shown(marks[0])}" if marks else "",
        "Store logs before PutLogs returns, and give them to each pull from a cursor before them.",
    )
    return ClauseResults((found,) if marks else (), frozenset({"SLS426"}))


def judge_shard(shard: int, wanted: int | None) -> ClauseResults:
    """Judge the shard of a log with a hash key; ``wanted`` is the shard whose range contains the key."""
    if wanted is None:
        return ClauseResults()
    found = clause("log-delivered").finding(
        "body",
        f"the log in shard {wanted}, whose range holds its hash key",
        f"it is in shard {shard}",
        "Route by the hash key: inclusiveBeginKey <= key < exclusiveEndKey.",
    )
    return ClauseResults(() if shard == wanted else (found,), frozenset({"SLS426"}))


def judge_log(read: Mapping[str, object], written: Mapping[str, object]) -> ClauseResults:
    """Compare the parts of a log, by name, with the written ones; the service may add tags."""
    return ClauseResults(tuple(_differences(read, written)), frozenset({"SLS427"}))


def _differences(read: Mapping[str, object], written: Mapping[str, object]) -> Iterator[Finding]:
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
            yield clause("log-preserved").finding(f"body, a log's {name}", one, other, _UNCHANGED)


def _first_difference(wanted: tuple[object, ...], actual: tuple[object, ...]) -> Iterator[Finding]:
    """Report the first key and value that differ, with the length of each value, because a cut value may look equal."""
    for one, other in zip_longest(wanted, actual):
        if one != other:
            yield clause("log-preserved").finding(
                "body, a log's contents", _pair_text(one), _pair_text(other), _UNCHANGED
            )
            return


def _pair_text(pair: object) -> str:
    if not isinstance(pair, tuple):
        return "no more keys"
    key, value = pair
    return f"{shown(key)}: {shown(value)}, {len(value)} characters"


def judge_found_again(mark: str, *, returned: bool) -> ClauseResults:
    """Judge whether a pull at the cursor of a known log returns it, however often it was pulled."""
    found = clause("log-delivered").finding(
        "body",
        f"the log {shown(mark)}: it was pulled at this cursor before",
        "the response does not contain it",
        "Keep logs after they are pulled; only the cursor moves.",
    )
    return ClauseResults(() if returned else (found,), frozenset({"SLS426"}))


def judge_end(mark: str, cursor: str, end: str) -> ClauseResults:
    """Judge a log from a pull by its ``end_cursor``; ``cursor`` is the known position of the log."""
    number, limit = decoded(cursor), decoded(end)
    beyond = cursor == end or (number is not None and limit is not None and number >= limit)
    found = clause("returned-at-most").finding(
        "body",
        f"no log at or after end_cursor {shown(end)}",
        f"the log {shown(mark)} at cursor {shown(cursor)}",
        "Return only the log groups before end_cursor.",
    )
    return ClauseResults((found,) if beyond else (), frozenset({"SLS287"}))


def judge_order(mark: str, *, first: bool, behind: bool) -> ClauseResults:
    """Judge whether a log came for the first time, and after those that were written before it."""
    fix = "Return the cursor after the last log group in the body; keep the order of writes."
    actual = "it came before" if not first else "it came after one that was written later"
    found = clause("log-once-in-order").finding(
        "body", f"the log {shown(mark)} once, and in the order of writing", actual, fix
    )
    return ClauseResults(() if first and behind else (found,), frozenset({"SLS428"}))


def judge_refused_log(mark: str) -> ClauseResults:
    """Report a log whose PutLogs was refused."""
    found = clause("refused-changes-nothing").finding(
        "body",
        f"no log {shown(mark)}: its PutLogs was refused",
        "the log",
        "Check a request before it changes anything.",
    )
    return ClauseResults((found,), frozenset({"SLS406"}))


def judge_foreign_log(mark: str, logstore: str, *, same_project: bool) -> ClauseResults:
    """Report a log that was written to another logstore, perhaps of another project."""
    found = clause("logstore-isolation" if same_project else "project-isolation").finding(
        "body",
        f"no log {shown(mark)}: it was written to {shown(logstore)}",
        "the log",
        "Keep logs for each logstore of each project.",
    )
    return ClauseResults((found,), frozenset({found.code}))


def judge_cursor(requested: str, cursor: object, bound: str, *, latest: bool) -> ClauseResults:
    """Judge a cursor of GetCursor by that of a known log: not after it (``latest``), or not before it.

    ``requested`` is ``from`` as sent. Cursors that are not numbers cannot be compared.
    """
    number, limit = decoded(cursor) if isinstance(cursor, str) else None, decoded(bound)
    if number is None or limit is None:
        return ClauseResults()
    wrong = number > limit if latest else number < limit
    found = clause("cursor-by-time").finding(
        "/cursor",
        f"{limit} or {'less' if latest else 'more'} for from={shown(requested)[1:-1]}, by the log that was written",
        str(number),
        "Return the cursor of the first log at or after the time; begin is the oldest log, end the next to be written.",
    )
    return ClauseResults((found,) if wrong else (), frozenset({"SLS439"}))


def judge_cursor_time(seconds: int, written_at: datetime) -> ClauseResults:
    """Judge the time of a cursor (seconds since 1970 UTC) by when its log was written."""
    time = time_of(seconds)
    found = clause("cursor-time-of-log").finding(
        "/cursor_time",
        f"within 15 minutes of {written_at:%Y-%m-%dT%H:%M:%SZ}, when the log was written",
        f"{seconds} ({time:%Y-%m-%dT%H:%M:%SZ})",
        "Return the time at which the log at the cursor was received, in seconds since 1970 UTC.",
    )
    return ClauseResults((found,) if abs(time - written_at) > CLOCK_TOLERANCE else (), frozenset({"SLS447"}))


def judge_time_of_cursor(seconds: int, since: int) -> ClauseResults:
    """Judge the time of a cursor that GetCursor returned for the time ``since``; both in seconds since 1970 UTC."""
    found = clause("cursor-time-of-log").finding(
        "/cursor_time",
        f"{since} or later: GetCursor returned the cursor for this time",
        str(seconds),
        "Return the time at which the log at the cursor was received, in seconds since 1970 UTC.",
    )
    wrong = since - seconds > CLOCK_TOLERANCE.total_seconds()
    return ClauseResults((found,) if wrong else (), frozenset({"SLS447"}))


def judge_steady_time(seconds: int, before: int) -> ClauseResults:
    """Compare the time of a cursor with an earlier response; the time when a log was received never changes."""
    found = clause("cursor-time-of-log").finding(
        "/cursor_time",
        f"{before}, as it was returned before",
        str(seconds),
        "Return the time at which the log at the cursor was received, not the time of the request.",
    )
    return ClauseResults((found,) if seconds != before else (), frozenset({"SLS447"}))
