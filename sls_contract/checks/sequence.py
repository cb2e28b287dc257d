"""``SLS4xx`` of one entry: what a read shows against what was written, read and refused before it.

Everything known is passed in as values; whoever carries out the requests keeps the books.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Origin: TypeAlias = Literal["shard", "group", "logstore", "project"]
"""How far away a foreign value was written: in another shard of the group, another group, logstore or project."""

CLOCK_TOLERANCE = timedelta(minutes=15)
COARSE_CLOCK = timedelta(milliseconds=1200)  # writes closer than this may share the tick of a clock of seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the last read of a shard showed.

    Attributes:
        update_time: in microseconds, as read.
        writes: how many writes had been accepted by then.
        written_at: the server's time when the last of them was answered; None where there was none.

    """

    update_time: int
    writes: int
    written_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExpectedEntry:
    """All that is known of a shard in a group when it is read.

    Attributes:
        shard: its id.
        checkpoint: the last accepted one; ``""`` where none was.
        writes: how many were accepted since the group was made.
        written_at: the server's time when the last of them was sent.
        holder: who wrote last and is the only consumer that holds the shard; None where that is not certain.
        consumers: all who ever sent something to this group.
        earlier: checkpoints accepted before the last one.
        former: checkpoints of a deleted group of this name.
        refused: checkpoints that were refused.
        foreign: checkpoints accepted elsewhere, and how far away.
        seen: what the last read showed; None where there was none.

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
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings, and the codes of the clauses that could have failed."""

    findings: tuple[Finding, ...] = ()
    exercised: frozenset[str] = frozenset()

    def of(self, codes: frozenset[str]) -> Judged:
        """Return what is about some clauses."""
        return Judged(tuple(each for each in self.findings if each.code in codes), self.exercised & codes)


def judge_entry(entry: Mapping[str, Any], expected: ExpectedEntry, where: str) -> Judged:
    """Judge one entry whose types are right; ``where`` is its JSON pointer."""
    exercised = _checkpoint_codes(expected) | _time_codes(entry["updateTime"], expected) | _consumer_codes(expected)
    findings = (
        *_checkpoint(entry["checkpoint"], expected, f"{where}/checkpoint"),
        *_update_time(entry["updateTime"], expected, f"{where}/updateTime"),
        *_consumer(entry.get("consumer"), expected, f"{where}/consumer"),
    )
    return Judged(findings, frozenset(exercised))


def foreign_code(value: str, expected: ExpectedEntry) -> str:
    """Return the clause that a wrong checkpoint breaks: where it comes from says which."""
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


def _checkpoint(value: str, expected: ExpectedEntry, where: str) -> Iterator[Finding]:
    if value == expected.checkpoint:
        return
    code = foreign_code(value, expected)
    wanted = repr(expected.checkpoint) + (", the last accepted write" if expected.writes else ": nothing was written")
    yield clause(code).finding(where, wanted, f"{_short(value)}{_ORIGINS[code]}", _MENDS[code])


def _update_time(value: int, expected: ExpectedEntry, where: str) -> Iterator[Finding]:
    if expected.seen is not None:
        yield from _moved(value, expected, expected.seen, where)
    if (value == 0) != (expected.writes == 0):
        wanted = "the time of the last write" if expected.writes else "0: nothing was written to this shard"
        yield clause("SLS415").finding(where, wanted, str(value), "Set updateTime on each write, and only then.")
    elif expected.written_at is not None and abs(_time(value) - expected.written_at) > CLOCK_TOLERANCE:
        yield clause("SLS414").finding(
            where,
            f"within 15 minutes of {expected.written_at:%Y-%m-%dT%H:%M:%SZ}, when the write was answered",
            f"{value} ({_time(value):%Y-%m-%dT%H:%M:%SZ})",
            "Take the time of the write in UTC.",
        )


def _moved(value: int, expected: ExpectedEntry, seen: Seen, where: str) -> Iterator[Finding]:
    written = expected.writes > seen.writes
    if value < seen.update_time:
        yield clause("SLS411").finding(
            where, f"{seen.update_time} or later, as read before", str(value), "Never let updateTime run back."
        )
    elif value > seen.update_time and not written:
        yield clause("SLS413").finding(
            where,
            f"{seen.update_time}, as read before: nothing was written since",
            str(value),
            "Store the time when a checkpoint is written; no read, heartbeat or update of the group changes it.",
        )
    elif value == seen.update_time and written and value and _apart(expected, seen):
        yield clause("SLS412").finding(
            where, f"later than {seen.update_time}: a write came since", str(value), "Set updateTime on every write."
        )


def _apart(expected: ExpectedEntry, seen: Seen) -> bool:
    times = (expected.written_at, seen.written_at)
    return None not in times and times[0] - times[1] >= COARSE_CLOCK  # type: ignore[operator]  # neither is None


def _consumer(value: str | None, expected: ExpectedEntry, where: str) -> Iterator[Finding]:
    if expected.holder is not None and value != expected.holder:
        yield clause("SLS431").finding(
            where,
            f"{expected.holder!r}: it holds the shard and wrote last",
            "no consumer" if value is None else _short(value),
            "Answer the consumer that holds the shard.",
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
    return {code for code, could in known.items() if could}


def _time_codes(value: int, expected: ExpectedEntry) -> set[str]:
    codes = {"SLS415"} | ({"SLS414"} if expected.written_at else set())
    seen = expected.seen
    if seen is None:
        return codes
    if expected.writes == seen.writes:
        return codes | {"SLS411", "SLS413"}
    moved = value > seen.update_time or _apart(expected, seen)  # the same tick of a coarse clock shows nothing
    return codes | {"SLS411"} | ({"SLS412"} if seen.writes and moved else set())


def _consumer_codes(expected: ExpectedEntry) -> set[str]:
    return {"SLS431"} if expected.holder is not None else {"SLS432"}


def _time(microseconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
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
_MENDS = {
    "SLS401": "Make a write visible before it is answered; drop caches on a write.",
    "SLS402": "Store and answer the checkpoint's text as it came.",
    "SLS403": "Keep a checkpoint for each shard.",
    "SLS404": "Keep checkpoints for each group.",
    "SLS405": "Keep groups for each logstore.",
    "SLS406": "Check a request before it changes anything.",
    "SLS407": "Delete the checkpoints with their group.",
    "SLS425": "Return '' until a checkpoint is written.",
    "SLS463": "Keep logstores for each project: the first label of Host names it.",
}
