"""The checkpoints that a client passed on, beside those that it was answered; the rules about them (``SLS53x``)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sls_contract.checks.presentation import shown, shown_apart
from sls_contract.checks.rule import Flaw, Flaws
from sls_contract.exercise.client_output import NOT_JSON, integer
from sls_contract.exercise.reply import Duty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sls_contract.exercise.reply import Entry, Expectation
    from sls_contract.exercise.trial import Trial

    _Given: TypeAlias = list[tuple[int, Entry]]

_NUMBERS = ("shard", "updateTime")
_MILLISECOND = 1000
_SECOND = 1_000_000

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
"""Slugs of the clauses about the list that a client passes on."""


class Difference(NamedTuple):
    """A clause, by its slug, and how it is broken."""

    slug: str
    flaw: Flaw


def differences(said: Any, expected: Expectation, told: int | None) -> list[Difference]:
    """Return how a list that a client passed on differs from the answer's entries.

    Args:
        said: the JSON value that the client printed.
        expected: what may become of the answer.
        told: the shard that the client was told to ask for; it may stand for one that the answer left out.

    """
    if not isinstance(said, list) or not all(isinstance(entry, dict) for entry in said):
        fix = "print the array as the client understood it; where the client gives something else, fix the client."
        return [Difference("not-a-list", Flaw("standard output", "an array of objects", _kind(said), fix))]
    return list(_compared(list(expected.entries), list(enumerate(said)), expected.needed, told))


def passed_on(slug: str, trial: Trial) -> Flaws:
    """Return what breaks one clause in the list that the client passed on.

    Judged where it succeeded with an answer that may be passed on, to the request that it was told to send.
    """
    expected = trial.expected
    if (
        not trial.succeeded
        or expected is None
        or trial.duty is Duty.FAIL
        or trial.misdirected
        or trial.said is NOT_JSON
    ):
        return None
    return [each.flaw for each in differences(trial.said, expected, trial.setting.shard) if each.slug == slug]


def _kind(said: Any) -> str:
    if isinstance(said, list):
        odd = next(entry for entry in said if not isinstance(entry, dict))
        return f"an array that holds {shown(odd)}"
    return shown(said)


def _compared(
    answered: list[Entry], given: _Given, needed: frozenset[int] | None, told: int | None
) -> Iterator[Difference]:
    """Pair equal entries, then those under another shard's name, then those of one shard; report what is left."""
    everything = tuple(answered)
    passed = {integer(entry.get("shard")) for _, entry in given}
    for match, place, entry in _pairs(answered, given, _is_same, told):
        answered.remove(match)
        yield from _as_text(match, place, entry)
    for source, place, entry in _pairs(everything, given, _is_relabelled, told):
        answered[:] = [other for other in answered if other is not source]
        yield _relabelled(source, place, entry)
    for match, place, entry in _pairs(answered, given, _same_shard, told):
        answered.remove(match)
        yield from _changed(match, place, entry)
    yield from (_invented(place, entry) for place, entry in given)
    yield from (_dropped(entry) for entry in answered if needed is None or entry.get("shard") in needed - passed)


def _pairs(
    answered: Sequence[Entry], given: _Given, fits: Callable[[Entry, Entry, int | None], bool], told: int | None
) -> Iterator[tuple[Entry, int, Entry]]:
    """Yield entries of both sides that fit, and take each out of the given ones."""
    for place, entry in tuple(given):
        match = next((other for other in answered if fits(other, entry, told)), None)
        if match is not None:
            given.remove((place, entry))
            yield match, place, entry


def _is_same(answered: Entry, given: Entry, told: int | None) -> bool:
    return _same_shard(answered, given, told) and not any(
        not same(answered, given) for same in (_same_checkpoint, _same_time, _same_consumer)
    )


def _same_shard(answered: Entry, given: Entry, told: int | None) -> bool:
    if answered.get("shard") is None:
        return given.get("shard") is None or (told is not None and integer(given["shard"]) == told)
    return _same_number(answered["shard"], given.get("shard"))


def _same_checkpoint(answered: Entry, given: Entry) -> bool:
    wanted, got = answered.get("checkpoint"), given.get("checkpoint")
    return got == wanted or (wanted is None and got == "")


def _same_time(answered: Entry, given: Entry) -> bool:
    wanted, got = answered.get("updateTime"), given.get("updateTime")
    if wanted is None:
        return got is None or integer(got) == 0
    return _same_number(wanted, got)


def _same_consumer(answered: Entry, given: Entry) -> bool:
    return (answered.get("consumer") or "") == (given.get("consumer") or "")


def _same_number(wanted: Any, got: Any) -> bool:
    return integer(got) is not None and integer(got) == integer(wanted)


def _is_relabelled(answered: Entry, given: Entry, told: int | None) -> bool:
    """Tell whether an entry is another shard's: checkpoints that are not empty are unlike in every shard."""
    checkpoint = answered.get("checkpoint")
    return bool(checkpoint) and given.get("checkpoint") == checkpoint and not _same_shard(answered, given, told)


def _as_text(answered: Entry, place: int, given: Entry) -> Iterator[Difference]:
    for name in _NUMBERS:
        if isinstance(given.get(name), str) and not isinstance(answered.get(name), str):
            fix = f"print {name} as a number."
            flaw = Flaw(f"/{place}/{name}", shown(answered.get(name)), shown(given[name]), fix)
            yield Difference("number-as-text", flaw)


def _relabelled(source: Entry, place: int, given: Entry) -> Difference:
    shard = source.get("shard")
    wanted = "no shard: the response has none" if shard is None else f"shard {shown(shard)}, whose checkpoint it is"
    fix = (
        "fail where an entry has no shard, or return it without one: the default of a typed field is another shard."
        if shard is None
        else "return the entry's own shard, and select the entry whose shard you asked for."
    )
    return Difference("entry-relabelled", Flaw(f"/{place}/shard", wanted, _shown(given.get("shard")), fix))


def _changed(answered: Entry, place: int, given: Entry) -> Iterator[Difference]:
    if not _same_checkpoint(answered, given):
        fix = "return the checkpoint unchanged; it is opaque."
        yield _field("checkpoint-changed", "checkpoint", place, answered, given, fix)
    if not _same_time(answered, given):
        yield _field("update-time-changed", "updateTime", place, answered, given, _time_fix(answered, given))
    if not _same_consumer(answered, given):
        fix = "return the consumer unchanged, in Unicode."
        yield _field("consumer-changed", "consumer", place, answered, given, fix)


def _field(slug: str, name: str, place: int, answered: Entry, given: Entry, fix: str) -> Difference:
    wanted, got = answered.get(name), given.get(name)
    texts = shown_apart(wanted, got) if isinstance(got, str) else (shown(wanted), _shown(got))
    return Difference(slug, Flaw(f"/{place}/{name}", texts[0], texts[1] if name in given else "nothing", fix))


def _time_fix(answered: Entry, given: Entry) -> str:
    wanted, got = integer(answered.get("updateTime")), integer(given.get("updateTime"))
    if wanted is not None and got is not None and got in (wanted // _MILLISECOND, wanted // _SECOND):
        return "return updateTime in microseconds, as the response has it."
    if wanted is not None and got is not None and got == int(float(wanted)):
        return "parse updateTime as a 64-bit integer; a double rounds it."
    return "return updateTime unchanged."


def _invented(place: int, given: Entry) -> Difference:
    fix = "pass on what the answer holds, each entry once."
    shard = _shown(given.get("shard"))
    return Difference("entry-invented", Flaw(f"/{place}", "an entry of the answer", f"one of shard {shard}", fix))


def _dropped(answered: Entry) -> Difference:
    fix = "pass every entry of the answer on."
    shard = shown(answered.get("shard"))
    return Difference("entry-dropped", Flaw("standard output", f"the entry of shard {shard}", "no such entry", fix))


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else shown(value)
