"""Checks of the list of checkpoints (``SLS20x``, ``SLS21x``): the schema decides on types, functions on meaning."""

from __future__ import annotations

from binascii import Error as NotBase64
from binascii import a2b_base64
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sls_contract.checks.presentation import shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws, on_response
from sls_contract.checks.subject import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.checks.rule import Check
    from sls_contract.checks.subject import Subject

MOST_FLAWS = 20
"""Flaws of one clause that are told of one answer."""

_FROM, _TO = 1_000_000_000, 4_102_444_800  # 2001-09-09 and 2100-01-01 in Unix seconds
_UNITS = (("seconds", 1), ("milliseconds", 10**3), ("nanoseconds", 10**9))
_LOW, _HIGH = _FROM * 10**6, _TO * 10**6  # what is in between makes sense in microseconds
_LONG_AGO = datetime.fromtimestamp(_FROM, UTC)
_SHARD, _CHECKPOINT, _UPDATE_TIME = itemgetter("shard"), itemgetter("checkpoint"), itemgetter("updateTime")
_MEND = {
    "shard": "write the shard id as a JSON integer.",
    "checkpoint": 'write the checkpoint in standard base64, "" where the shard was not consumed.',
    "updateTime": "write the microseconds since 1970 as a JSON integer, 0 where never updated.",
    "consumer": 'write the consumer\'s name as a JSON string, "" where nobody holds the shard.',
}


def is_bare_array(subject: Subject) -> Flaws:
    """Demand that the body of a success is an array and nothing around it."""
    if not subject.is_success or subject.json is None or subject.json.syntax:
        return None
    value = subject.json.value
    if isinstance(value, list):
        return KEPT
    mend = "answer with the list of entries itself; with an error status where it is an error."
    return [Flaw("body", "a bare JSON array", _kind_of(value), mend)]


def _kind_of(value: Any) -> str:
    if not isinstance(value, dict):
        return shown(value)
    if "errorCode" in value or "error_code" in value:
        return f"an error body under status 200: {shown(value)}"
    if "shard" in value:
        return "a single entry without its list"
    wrapped = [key for key, inner in value.items() if isinstance(inner, list)]
    return f"the list wrapped in an object, under the key {shown(wrapped[0])}" if wrapped else shown(value)


def are_objects(subject: Subject) -> Flaws:
    """Demand that each element is an object."""
    if not subject.entries:
        return None
    if subject.regular:
        return KEPT
    return [
        Flaw(f"/{place}", "an object", shown(entry), "answer with one object for each shard.")
        for place, entry in enumerate(subject.entries)
        if not isinstance(entry, dict)
    ][:MOST_FLAWS]


def field_fits(name: str, subject: Subject) -> Flaws:
    """Demand that one field of every entry fits its schema."""
    if not subject.entries:
        return None
    return [
        Flaw(error.pointer, _described(name, error.expected), error.actual, _MEND[name])
        for error in subject.schema_errors
        if error.pointer.endswith(f"/{name}")
    ][:MOST_FLAWS]


def _described(name: str, expected: str) -> str:
    return f"the key {name}" if expected == "present" else expected


def time_in_microseconds(subject: Subject) -> Flaws:
    """Demand that each updateTime is 0 or makes sense as microseconds."""
    if subject.regular and are_plausible(subject):
        return KEPT
    times = _integers(subject, "updateTime")
    if not times:
        return None
    mend = "count microseconds since 1970-01-01 UTC."
    return [
        Flaw(f"/{place}/updateTime", "microseconds since 1970 UTC, or 0", _read_as_unit(time), mend)
        for place, time in times
        if time and not _lowest(subject) <= time < _HIGH
    ][:MOST_FLAWS]


def are_plausible(subject: Subject) -> bool:
    """Tell whether every updateTime of a list may be microseconds, or is 0; each is an integer."""
    times = set(map(_UPDATE_TIME, subject.entries or ())) - {0}
    return not times or (_lowest(subject) <= min(times) and max(times) < _HIGH)


def _lowest(subject: Subject) -> int:
    """Return the first microsecond that may be a time: of 1970 only where the exchange has a clock as old."""
    clocks = (subject.dated, subject.at, subject.sent)
    return 0 if any(clock is not None and clock < _LONG_AGO for clock in clocks) else _LOW


def _unit_of(time: int) -> str:
    return next((unit for unit, count in _UNITS if _FROM * count <= time < _TO * count), "")


def _read_as_unit(time: int) -> str:
    unit = _unit_of(time)
    if unit:
        return f"{shown(time)}, which makes sense in {unit} only"
    return f"{shown(time)}, which is {'before the year 2001' if time < _LOW else 'after the year 2100'}"


def checkpoint_is_decimal(subject: Subject) -> Flaws:
    """Demand that each checkpoint that is canonical base64 decodes to decimal digits."""
    if subject.regular:
        decoded = b"".join(map(a2b_base64, map(_CHECKPOINT, subject.entries or ())))
        if not decoded or decoded.isdigit():
            return KEPT if decoded else None
    if not any(text and type(text) is str for text in _column(subject, "checkpoint")):
        return None
    mend = "check who wrote this checkpoint: it is no cursor of the service."
    return [
        Flaw(f"/{place}/checkpoint", "base64 of a decimal number", shown(entry["checkpoint"]), mend)
        for place, entry in enumerate(subject.entries or ())
        if isinstance(entry, dict) and type(entry.get("checkpoint")) is str and not _is_decimal(entry["checkpoint"])
    ][:MOST_FLAWS]


def are_decimal(entries: list[Any]) -> bool:
    """Tell whether the checkpoints, all of them canonical base64, decode to digits and nothing else, at least one."""
    return b"".join(map(a2b_base64, map(_CHECKPOINT, entries))).isdigit()


def _is_decimal(text: str) -> bool:
    """Tell whether a checkpoint is a cursor; what is empty or no base64 is another clause's."""
    try:
        return not text or a2b_base64(text, strict_mode=True).isdigit()
    except (NotBase64, ValueError):
        return True


def has_consumer(subject: Subject) -> Flaws:
    """Demand that each entry names a consumer, be it nobody."""
    entries = subject.entries
    if not entries:
        return None
    if subject.complete:
        return KEPT
    mend = 'write "consumer": "" where nobody holds the shard.'
    return [
        Flaw(f"/{place}/consumer", "the key consumer", "absent", mend)
        for place, entry in enumerate(entries)
        if isinstance(entry, dict) and "consumer" not in entry
    ][:MOST_FLAWS]


def shards_differ(subject: Subject) -> Flaws:
    """Demand that no two entries are of the same shard."""
    if subject.regular and 1 < len(subject.entries or ()) == len(set(map(_SHARD, subject.entries or ()))):
        return KEPT
    shards = _integers(subject, "shard")
    if len(shards) < 2:  # noqa: PLR2004 - two make a pair
        return None
    seen: dict[int, int] = {}
    again = [(place, shard) for place, shard in shards if seen.setdefault(shard, place) != place]
    mend = "answer with one entry for each shard."
    return [
        Flaw(f"/{place}/shard", "a shard that no other entry has", f"{shown(shard)}, as in /{seen[shard]}", mend)
        for place, shard in again[:MOST_FLAWS]
    ]


def shard_as_asked(subject: Subject) -> Flaws:
    """Demand that every entry is of the shard that was asked for."""
    asked = subject.asked_shard
    shards = [] if asked is None else _integers(subject, "shard")
    if not shards:
        return None
    mend = "filter the list by the query key shard."
    wrong = [(place, shard) for place, shard in shards if shard != asked]
    return [Flaw(f"/{place}/shard", str(asked), shown(shard), mend) for place, shard in wrong[:MOST_FLAWS]]


def known_fields_only(subject: Subject) -> Flaws:
    """Demand that no entry has a key that no page names."""
    if not subject.entries:
        return None
    if subject.complete:
        return KEPT
    strange: dict[str, int] = {}
    for place, entry in enumerate(subject.entries):
        if isinstance(entry, dict) and not entry.keys() <= FIELDS:
            for key in entry.keys() - FIELDS:
                strange.setdefault(key, place)
    mend = "clients ignore it; look whether a documented key was renamed."
    return [
        Flaw(f"/{place}/{_escaped(key)}", "the documented keys only", f"the key {shown(key)}", mend)
        for key, place in sorted(strange.items(), key=lambda item: (item[1], item[0]))
    ][:MOST_FLAWS]


def _escaped(key: str) -> str:
    return shown(key)[1:-1].replace("~", "~0").replace("/", "~1")


def _column(subject: Subject, name: str) -> list[Any]:
    """Return one field of every entry that is an object and has it."""
    return [entry[name] for entry in subject.entries or () if isinstance(entry, dict) and name in entry]


def _integers(subject: Subject, name: str) -> list[tuple[int, int]]:
    """Return place and value of one field of every entry, where it is an integer of 64 bits without a sign."""
    return [
        (place, entry[name])
        for place, entry in enumerate(subject.entries or ())
        if type(entry) is dict and type(entry.get(name)) is int and 0 <= entry[name] < 1 << 63
    ]


def _field(name: str) -> Callable[[Subject], Flaws]:
    return partial(field_fits, name)


CHECKS: tuple[Check, ...] = (
    on_response("body-array", is_bare_array),
    on_response("entry-object", are_objects),
    on_response("entry-shard", _field("shard")),
    on_response("update-time-unit", time_in_microseconds),
    on_response("update-time-type", _field("updateTime")),
    on_response("entry-checkpoint", _field("checkpoint")),
    on_response("checkpoint-decimal", checkpoint_is_decimal),
    on_response("entry-consumer", _field("consumer")),
    on_response("consumer-missing", has_consumer),
    on_response("duplicate-shard", shards_differ),
    on_response("shard-filter", shard_as_asked),
    on_response("entry-additive-key", known_fields_only),
)
