"""Recordings from one kind of file to another: scrubbed on the way, and what is lost is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sls_contract.cassettes.har.archive import HarFile
from sls_contract.cassettes.har.notes import shown
from sls_contract.cassettes.har.reading import NOT_KEPT
from sls_contract.cassettes.recording import Evidence, Recording, SignatureNote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.cassettes.opening import Recorded
    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.exchange import Exchange

PASSES = 2  # a secret that a late exchange gives away may stand in an early one


@dataclass(frozen=True, slots=True)
class Conversion:
    """What may be written.

    Attributes:
        recordings: without secrets, in their order.
        scrubbed: how many of them held something that was replaced.
        closed: bodies that nobody could look into, each with the position of its exchange.

    """

    recordings: tuple[Recording, ...]
    scrubbed: int
    closed: tuple[str, ...]


def converted(
    recordings: Iterable[Recording], scrubber: Scrubber, progress: Callable[[int], None] = lambda _: None
) -> Conversion:
    """Scrub recordings that others made; what holds no secret stays as it is, digest included.

    A signature that verifies with a key of the scrubber is replaced by one of the public test key, as in recording.
    ``progress`` is told how many exchanges are scrubbed, each of them `PASSES` times.
    """
    before = tuple(recordings)
    after, closed = before, list[str]()
    for done in range(PASSES):
        closed.clear()
        cleaned = []
        for at, each in enumerate(after):
            progress(done * len(before) + at)
            cleaned.append(_clean(each, scrubber, at, closed))
        after = tuple(cleaned)
    changed = sum(one is not other for one, other in zip(before, after, strict=True))
    return Conversion(after, changed, tuple(closed))


def _clean(recording: Recording, scrubber: Scrubber, at: int, closed: list[str]) -> Recording:
    done, text = scrubber.exchange(recording.exchange), scrubber.text
    closed += [f"exchange {at}: {place}" for place in done.closed]
    origin = recording.provenance
    cleaned = replace(
        recording,
        exchange=done.exchange,
        provenance=replace(origin, client=text(origin.client), endpoint=text(origin.endpoint)),
        signature=recording.signature or SignatureNote(done.signature, done.step or ""),
        detail=text(recording.detail),
    )
    kept = replace(cleaned, signature=recording.signature) == recording and _reason(cleaned) == _reason(recording)
    return recording if kept else cleaned


def _reason(recording: Recording) -> str:
    return recording.exchange.response.reason if recording.exchange.response is not None else ""


def lost(source: Recorded | Iterable[Recording], recordings: Iterable[Recording]) -> Iterator[str]:
    """Yield what a file holds that its recordings do not, in words."""
    if not isinstance(source, HarFile):
        if getattr(source, "unfinished", ()):
            yield "the mark that the recording did not come to its end"
        for reason in getattr(source, "failed", {}).values():
            yield f"the mark that a test failed while this was recorded, so that it is not played: {reason}"
        return
    if source.left_out:
        yield f"{_count(source.left_out, 'entry', 'entries')} that {_is(source.left_out)} no HTTP exchange"
    foreign = [each for each in recordings if each.provenance.evidence is Evidence.UNKNOWN]
    if foreign:
        yield "times, cache, pages, cookies and comments, as far as the archive has them"
    empty = sum(each.detail == NOT_KEPT for each in foreign)
    if empty:
        yield f"{_count(empty, 'answer', 'answers')} without content in the archive"
    decoded = sum(each.exchange.response is not None and not each.exchange.response.wire for each in foreign)
    if decoded:
        yield f"the bytes on the wire of {_count(decoded, 'body', 'bodies')} that the archive stores decoded"


def unseen(recordings: Iterable[Recording]) -> Iterator[str]:
    """Yield what a HAR has no place for, in words: it stands under ``_contract``, where only sls-contract reads it."""
    counts = Counter(each for recording in recordings for each in _unseen(recording))
    words = {
        "provenance": "evidence, provenance and digest of {}",
        "coded": "the bytes on the wire of {} with a content coding",
        "partial": "the partial answer of {} that broke off",
        "bytes": "bytes that are no UTF-8 in the head of {}",
    }
    for kind, text in words.items():
        if counts[kind]:
            yield text.format(_count(counts[kind], "exchange", "exchanges"))


def _unseen(recording: Recording) -> Iterator[str]:
    response = recording.exchange.response
    if recording.provenance.evidence is not Evidence.UNKNOWN:
        yield "provenance"
    if response is not None and recording.unanswered:
        yield "partial"
    elif response is not None and response.wire and "content-encoding" in response.headers:
        yield "coded"
    if any(shown(text) != text for text in _head(recording.exchange)):
        yield "bytes"


def _head(exchange: Exchange) -> Iterator[str]:
    yield exchange.request.url
    for message in (exchange.request, exchange.response):
        for pair in message.headers.pairs if message is not None else ():
            yield from pair


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
