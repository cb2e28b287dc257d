"""``SLS4xx`` of one entry: judge a read by the earlier writes, reads and refusals.

Everything known is passed in as values; the caller, which sends the requests, keeps the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from sls_contract.spec import Finding, clause

Origin: TypeAlias = Literal["shard", "group", "logstore", "project"]
"""Where a foreign value was written: in another shard of the group, another group, logstore or project."""

CLOCK_TOLERANCE = timedelta(minutes=15)
COARSE_CLOCK = timedelta(milliseconds=1200)  # closer writes may have the same time on a clock with seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LastRead:
    """The last read of a shard.

    Attributes:
        update_time: in microseconds, as read.
        writes: how many writes had been accepted by then.
        written_at: the server's time when the last of them got its response; None if there was none.

    """

    update_time: int
    writes: int
    written_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExpectedEntry:
    """Everything known of a shard in a group when it is read.

    Attributes:
        shard: its id.
        checkpoint: the last accepted one; ``""`` if none was.
        writes: how many were accepted since the group was created.
        written_at: the server's time when the last of them was sent.
        holder: the consumer that wrote last and is the only one that holds the shard; None if that is not certain.
        consumers: all that ever sent something to this group.
        earlier: checkpoints accepted before the last one.
        former: checkpoints of a deleted group of this name.
        refused: checkpoints that were refused.
        foreign: checkpoints accepted elsewhere, with their origin.
        last_read: the last read; None if there was none.

    """

    shard: int
    checkpoint: str = ""
    writes: int = 0
    written_at: datetime | None = None
    holder: str | None = None
    consumers: frozenset[str] = frozenset()
    earlier: frozenset[str] = frozenset()
    former: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    foreign: Mapping[str, Origin] | None = None
    last_read: LastRead | None = None


@dataclass(frozen=True, slots=True)
class ClauseResults:
    """Findings, and the codes of the clauses that could have failed."""

    findings: tuple[Finding, ...] = ()
    exercised: frozenset[str] = frozenset()

    def of(self, codes: frozenset[str]) -> ClauseResults:
        """Return the part that is about some clauses."""
        return ClauseResults(tuple(each for each in self.findings if each.code in codes), self.exercised & codes)


def judge_entry(entry: Mapping[str, Any], expected: ExpectedEntry, where: str) -> ClauseResults:
    """Judge one entry whose types are right; ``where`` is its JSON pointer."""
    exercised = _checkpoint_codes(expected) | _time_codes(entry["updateTime"], expected)
    exercised.add("SLS432" if expected.holder is None else "SLS431")
    findings = (
        *_judge_checkpoint(entry["checkpoint"], expected, f"{where}/checkpoint"),
        *_judge_update_time(entry["updateTime"], expected, f"{where}/updateTime"),
        *_judge_consumer(entry.get("consumer"), expected, f"{where}/consumer"),
    )
    return ClauseResults(findings, frozenset(exercised))


def foreign_code(value: str, expected: ExpectedEntry) -> str:
    """Return the clause that a wrong checkpoint breaks, which depends on where the checkpoint comes from."""
    if value in expected.refused:
        return "SLS406"
    if value in expected.earlier or (value == "" and expected.writes):
        return "SLS401"
    if value in expected.former:
        return "SLS407"
    origin = (expected.foreign or {}).get(value)
    if origin is not None:
        return _BY_ORIGIN[origin]
    return "SLS402" if expected.writes else "SLS425"


def _judge_checkpoint(value: str, expected: ExpectedEntry, where: str) -> Iterator[Finding]:
    if value == expected.checkpoint:
        return
    code = foreign_code(value, expected)
    wanted = repr(expected.checkpoint) + (", the last accepted write" if expected.writes else ": nothing was written")
    yield clause(code).finding(where, wanted, f"{_short(value)}{_ORIGINS[code]}", _FIXES[code])


def _judge_update_time(value: int, expected: ExpectedEntry, where: str) -> Iterator[Finding]:
    if expected.last_read is not None:
        yield from _compare_with_last_read(value, expected, expected.last_read, where)
    if (value == 0) != (expected.writes == 0):
        wanted = "the time of the last write" if expected.writes else "0: nothing was written to this shard"
        yield clause("SLS415").finding(where, wanted, str(value), "Set updateTime on each write, and only then.")
    elif expected.written_at is not None and abs(time_of(microseconds=value) - expected.written_at) > CLOCK_TOLERANCE:
        yield clause("SLS414").finding(
            where,
            f"within 15 minutes of {expected.written_at:%Y-%m-%dT%H:%M:%SZ}, the time of the response to the write",
            f"{value} ({time_of(microseconds=value):%Y-%m-%dT%H:%M:%SZ})",
            "Take the time of the write in UTC.",
        )


def _compare_with_last_read(value: int, expected: ExpectedEntry, last: LastRead, where: str) -> Iterator[Finding]:
    written = expected.writes > last.writes
    if value < last.update_time:
        yield clause("SLS411").finding(
            where, f"{last.update_time} or later, as read before", str(value), "Never let updateTime run back."
        )
    elif value > last.update_time and not written:
        yield clause("SLS413").finding(
            where,
            f"{last.update_time}, as read before: nothing was written since",
            str(value),
            "Store the time when a checkpoint is written; no read, heartbeat or update of the group changes it.",
        )
    elif value == last.update_time and written and value and _are_apart(expected, last):
        yield clause("SLS412").finding(
            where,
            f"later than {last.update_time}, because of a write since then",
            str(value),
            "Set updateTime on every write.",
        )


def _are_apart(expected: ExpectedEntry, last: LastRead) -> bool:
    times = (expected.written_at, last.written_at)
    return None not in times and times[0] - times[1] >= COARSE_CLOCK  # type: ignore[operator]  # neither is None


def _judge_consumer(value: str | None, expected: ExpectedEntry, where: str) -> Iterator[Finding]:
    if expected.holder is not None and value != expected.holder:
        yield clause("SLS431").finding(
            where,
            f"{expected.holder!r}: it holds the shard and wrote last",
            "no consumer" if value is None else _short(value),
            "Return the consumer that holds the shard.",
        )
    elif value and value not in expected.consumers:
        yield clause("SLS432").finding(
            where,
            "'' or a consumer of this group",
            f"{_short(value)}, which never sent anything to this group",
            "Keep the consumers of each group apart.",
        )


def _checkpoint_codes(expected: ExpectedEntry) -> set[str]:
    foreign = set((expected.foreign or {}).values())
    known = {
        "SLS401": bool(expected.writes and expected.earlier),
        "SLS402": bool(expected.writes),
        **{code: origin in foreign for origin, code in _BY_ORIGIN.items()},
        "SLS406": bool(expected.refused),
        "SLS407": bool(expected.former),
        "SLS425": not expected.writes,
    }
    return {code for code, possible in known.items() if possible}


def _time_codes(value: int, expected: ExpectedEntry) -> set[str]:
    codes = {"SLS415"} | ({"SLS414"} if expected.written_at else set())
    last = expected.last_read
    if last is None:
        return codes
    if expected.writes == last.writes:
        return codes | {"SLS411", "SLS413"}
    moved = value > last.update_time or _are_apart(expected, last)  # equal times prove nothing if the writes were close
    return codes | {"SLS411"} | ({"SLS412"} if last.writes and moved else set())


def time_of(seconds: int = 0, microseconds: int = 0) -> datetime:
    """Return the time this long after 1970 in UTC; for later times than `datetime` has, its last."""
    try:
        return _EPOCH + timedelta(seconds=seconds, microseconds=microseconds)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _short(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")


_SHOWN = 80
_BY_ORIGIN: dict[Origin, str] = {"shard": "SLS403", "group": "SLS404", "logstore": "SLS405", "project": "SLS463"}
_ORIGINS = {
    "SLS401": ", which was replaced",
    "SLS402": ", which was never written",
    "SLS403": ", which was written to another shard",
    "SLS404": ", which was written in another group",
    "SLS405": ", which was written in another logstore",
    "SLS406": ", which was refused",
    "SLS407": ", from before the group was deleted",
    "SLS425": ", which was never written",
    "SLS463": ", which was written in another project",
}
_FIXES = {
    "SLS401": "Make a write visible before you respond to it; drop caches on a write.",
    "SLS402": "Store the checkpoint's text unchanged, and return it unchanged.",
    "SLS403": "Keep a checkpoint for each shard.",
    "SLS404": "Keep checkpoints for each group.",
    "SLS405": "Keep groups for each logstore.",
    "SLS406": "Check a request before it changes anything.",
    "SLS407": "Delete the checkpoints with their group.",
    "SLS425": "Return '' until a checkpoint is written.",
    "SLS463": "Keep logstores for each project: the first label of Host names it.",
}
