"""Compare two recordings of the same requests: pair the exchanges, apply every rule, and format the changes."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Literal

from sls_contract.cassettes.drift.change import Change, Difference, Differences, Drift, Unmatched
from sls_contract.cassettes.drift.clauses import NEEDS_A_PARTNER, clause_differences
from sls_contract.cassettes.drift.entries import entry_differences, key_differences, same
from sls_contract.cassettes.drift.headers import header_differences, request_differences
from sls_contract.cassettes.drift.outcome import outcome_differences
from sls_contract.cassettes.drift.pairing import Attempts, Paired, outcomes
from sls_contract.cassettes.drift.shape import body_differences
from sls_contract.cassettes.drift.side import Side
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.scrub.names import kind_of
from sls_contract.checks.contract_map import ContractMap
from sls_contract.checks.presentation import masked, shortened
from sls_contract.checks.subject import FOREIGN
from sls_contract.exchange import masked_url
from sls_contract.spec import Level
from sls_contract.spec.change import Class

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sls_contract.cassettes.recording import Recording

_MASK = "***"
_SEVERITY = tuple(Class)  # worst first


def compare(old: Sequence[Recording], new: Sequence[Recording], scrubber: Scrubber | None = None) -> Drift:
    """Return every difference between two recordings, with its class; the package's docstring lists the rules.

    The recordings can have any origin. Values are scrubbed and shortened: a ``scrubber`` knows the secrets of the run;
    without it, only values that look secret are removed. Equal recordings have no changes.
    """
    paired, scrubber = Paired.of(old, new), scrubber or Scrubber()
    whole = [(_sides(old, before), _sides(new, after)) for before, after in paired.pairs]
    lacking = [(_lacks_body(before[-1]), _lacks_body(after[-1])) for before, after in whole]
    sides = [pair for pair, lacks in zip(whole, lacking, strict=True) if not any(lacks)]
    return Drift(
        tuple(change for before, after in sides for change in _changes(before, after, scrubber)),
        (
            *(unmatched_exchange("old", each.last, old[each.last], scrubber) for each in paired.old),
            *(unmatched_exchange("new", each.last, new[each.last], scrubber) for each in paired.new),
        ),
        len(sides),
        sum(after[-1].subject.operation == FOREIGN for _, after in sides),
        frozenset().union(*(after[-1].verdict.exercised for _, after in sides)),
        _contract_map(after[-1] for _, after in sides),
        sum(len(each.retried) for each in chain(*paired.pairs, paired.old, paired.new)),
        {before[-1].position: after[-1].position for before, after in sides},
        other_outcome=sum(_has_other_outcome(before[-1], after[-1]) for before, after in sides),
        lacking=(sum(before for before, _ in lacking), sum(after for _, after in lacking)),
    )


def _lacks_body(side: Side) -> bool:
    """Return whether an exchange with SLS cannot be compared, as its recording lacks a body."""
    return side.recording.lacks_body and side.subject.operation != FOREIGN


def _has_other_outcome(old: Side, new: Side) -> bool:
    """Return whether the responses of a pair to SLS cannot be compared: one is missing, of a proxy or another error."""
    if new.subject.operation == FOREIGN:
        return False
    if old.subject.proxy_mark or new.subject.proxy_mark:
        return True
    missing = [side.exchange.response is None for side in (old, new)]
    if any(missing):
        return not all(missing)  # the recording of a timeout has the same outcome each time
    return (old.subject.is_error, old.error_code) != (new.subject.is_error, new.error_code)


def _contract_map(sides: Iterable[Side]) -> ContractMap:
    judged = ContractMap()
    for side in sides:
        if side.subject.operation != FOREIGN:
            origin = side.recording.provenance
            response = side.exchange.response
            judged.add(side.subject.operation, side.verdict.exercised, origin.evidence, origin.agreed, response)
    return judged


def compare_exchange(old: Sequence[Recording], new: Sequence[Recording], position: int) -> tuple[Change, ...]:
    """Return the changes of one exchange, worst first; ``old`` and ``new`` are its attempts, and the last one counts.

    ``position`` is that of the old exchange in its cassette.
    """
    before = [Side(each, position) for each in old]
    return tuple(_changes(before, [Side(each, 0) for each in new], Scrubber()))


def unmatched_exchange(
    side: Literal["old", "new"], position: int, recording: Recording, scrubber: Scrubber | None = None
) -> Unmatched:
    """Return an exchange without a partner, by its position in its recording."""
    request = recording.exchange.request
    text = (scrubber or Scrubber()).text(f"{request.method} {masked_url(request.url)}")
    return Unmatched(side, position, masked(text))


def _sides(recordings: Sequence[Recording], exchange: Attempts) -> list[Side]:
    return [Side(recordings[position], exchange.last) for position in exchange.all]


def _changes(before: list[Side], after: list[Side], scrubber: Scrubber) -> Iterator[Change]:
    """Yield the changes of one pair, worst first."""
    old, new = before[-1], after[-1]
    differences = [*_differences(old, new), *_attempts(before, after)]
    found = sorted(_worst(iter(differences)), key=lambda each: _SEVERITY.index(each.kind))
    if found:
        for side in (old, new):
            scrubber.request(side.exchange.request)  # it learns the key id and token: a response may echo them
    for each in found:
        was, now = (_showable(each.where, text, scrubber) for text in (each.old, each.new))
        yield Change(each.kind, each.code, each.slug, old.position, masked(scrubber.text(each.where)), was, now)


def _worst(differences: Differences) -> list[Difference]:
    """Keep the worst class of the differences at one place; a difference that is not breaking is kept once."""
    kept: dict[str, dict[str, Difference]] = {}
    for each in differences:
        there = kept.setdefault(each.where, {})
        rank = min((_SEVERITY.index(other.kind) for other in there.values()), default=len(_SEVERITY))
        if _SEVERITY.index(each.kind) < rank:
            kept[each.where] = {each.slug: each}
        elif each.kind is Class.BREAKING and each.slug not in there:
            there[each.slug] = each
    return _by_clause([each for there in kept.values() for each in there.values()])


def _by_clause(differences: list[Difference]) -> list[Difference]:
    """Report a breaking change under its clause only, so that a user who allows the clause allows the change.

    A rule without a clause pairs elements of lists by their keys: it has the old value where the clause has none.
    """
    breaking = [each for each in differences if each.kind is Class.BREAKING]
    ruled = {_of_any_element(each.where): each for each in breaking if each.code is None}
    governed = {_of_any_element(each.where) for each in breaking if each.code is not None}
    kept = []
    for each in differences:
        place = _of_any_element(each.where)
        if each.kind is Class.BREAKING and each.code is None and place in governed:
            continue
        partner = ruled.get(place) if each.kind is Class.BREAKING and each.old is None else None
        kept.append(replace(each, old=partner.old) if partner is not None else each)
    return kept


def _of_any_element(where: str) -> str:
    """Return a JSON pointer with ``*`` for each index; other places unchanged."""
    return re.sub(r"/\d+(?=/|$)", "/*", where) if where.startswith("/") else where


def _differences(old: Side, new: Side) -> Differences:
    if new.subject.operation == FOREIGN:
        if old.exchange != new.exchange:
            yield Difference(Class.BENIGN, "not-judged", "exchange", None, "a request to another service, not judged")
        return
    yield from request_differences(old, new)
    if old.exchange.response is None or new.exchange.response is None:
        yield from _incomplete(old, new)
        return
    if "response-of-proxy" in new.findings and not old.subject.proxy_mark:
        was, now = str(old.exchange.response.status), f"{new.exchange.response.status} of a proxy"
        yield Difference(Class.BREAKING, "response-of-proxy", "status", was, now)  # all others follow from it
        return
    found = [*clause_differences(old, new), *outcome_differences(old, new), *_bodies(old, new)]
    yield from found
    yield from header_differences(old, new)
    same_body = not any(each.where in ("status", "body") or each.where.startswith("/") for each in found)
    if same_body and old.subject.plain.data != new.subject.plain.data:  # not JSON, or equally broken
        yield Difference(Class.BENIGN, "value", "body", _size(old), _size(new))


def _attempts(before: list[Side], after: list[Side]) -> Differences:
    """Yield one difference for other attempts before the outcome, and the new breaches of their responses."""
    was, now = (outcomes(each.recording for each in sides[:-1]) for sides in (before, after))
    if was != now:
        yield Difference(Class.BENIGN, "attempts", "attempts", was, now)
    known = {finding.slug for side in before for finding in side.verdict.findings}
    for side in after[:-1]:
        if side.exchange.response is not None:
            yield from (each for each in _breaches(side) if each.slug not in known)


def _incomplete(old: Side, new: Side) -> Differences:
    """Yield the difference where a response is missing; a newly missing one is breaking."""
    before, after = _outcome(old), _outcome(new)
    if old.exchange.response is not None:
        yield Difference(Class.BREAKING, "response-complete", "exchange", before, after)
    elif before != after:
        yield Difference(Class.BENIGN, "recording-incomplete", "exchange", before, after)
    if new.exchange.response is not None:
        yield from _breaches(new)


def _breaches(new: Side) -> Differences:
    """Yield the breaches of a response that has no old response to compare with."""
    for finding in new.verdict.findings:
        if finding.level is Level.VIOLATION and finding.code[3] == "2" and finding.slug not in NEEDS_A_PARTNER:
            yield Difference(Class.BREAKING, finding.slug, finding.where, None, finding.actual)


def _outcome(side: Side) -> str:
    if side.exchange.response is not None:
        return f"responded with {side.exchange.response.status}"
    return f"no complete response: {side.recording.broken or 'none came'}"


def _bodies(old: Side, new: Side) -> Differences:
    """Compare two bodies: as lists of checkpoints, or as other values; `outcome` compares errors."""
    before, after = old.subject, new.subject
    yield from key_differences(old, new)
    if before.entries is not None and after.entries is not None:
        yield from entry_differences(old, new)
    elif before.entries is None and after.entries is None and not _is_reported_as_error(old, new):
        yield from body_differences(before, after)
    yield from _form(old, new)


def _is_reported_as_error(old: Side, new: Side) -> bool:
    """Return whether the bodies are compared as errors: by `outcome`, or by the clause about errors under a success."""
    if old.subject.is_error or new.subject.is_error:
        return True
    if bool(old.subject.served_error) == bool(new.subject.served_error):
        return False
    newly_broken = new.findings.keys() - old.findings.keys()
    return bool(old.subject.served_error) or "response-status" in newly_broken


def _form(old: Side, new: Side) -> Differences:
    """Yield one difference for other JSON text of the same value, or for bodies that cannot be decoded."""
    before, after = old.subject, new.subject
    if before.plain.data != after.plain.data:
        if before.document is not None and same(before.document, after.document):
            yield Difference(Class.BENIGN, "json-form", "body", "the same value", "written differently")
    elif after.plain.unknown and old.response.body != new.response.body:
        yield Difference(Class.ADDITIVE, "encoding-unknown", "body", _size(old), _size(new))


def _size(side: Side) -> str:
    return f"{len(side.response.body)} bytes"


def _showable(where: str, text: str | None, scrubber: Scrubber) -> str | None:
    if text is None:
        return None
    if kind_of(where.replace("header ", "").rpartition("/")[2]) is not None:
        return _MASK
    return shortened(masked(scrubber.text(text)))
