"""Recordings from one kind of file to another: scrubbed on the way, and what is lost is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sized
from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.cassettes.har.notes import shown
from sls_contract.cassettes.har.reading import NOT_KEPT
from sls_contract.cassettes.recording import Evidence, Recording, SignatureNote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.exchange import Exchange

_PASSES = 2  # a secret that a late exchange gives away may stand in an early one
_MOST_TOLD = 1000


class Conversion:
    """The recordings of a source without secrets, in their order; what holds no secret stays as it is, digest included.

    A signature that verifies with a key of the scrubber is replaced by one of the public test key, as in recording.
    The source is read twice, once here and once by whoever iterates, and is never held as a whole.

    Args:
        source: the recordings; every iteration gives the same.
        scrubber: knows the keys of the run, and learns others.
        progress: is told how many exchanges are scrubbed, each of them twice, and how many there are to scrub.

    Attributes:
        count: how many recordings there are.
        scrubbed: how many of those that were given held something that was replaced.
        closed: bodies that nobody could look into, each with the position of its exchange; the first thousand.
        losses: what the formats of the source and of a target cannot hold of those that were given.

    """

    def __init__(
        self,
        source: Iterable[Recording],
        scrubber: Scrubber,
        progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> None:
        """Read the source, and learn what it gives away."""
        self._source, self._scrubber, self._progress = source, scrubber, progress
        self.count, self._before = len(source) if isinstance(source, Sized) else 0, 0
        self._before = self.count = sum(1 for _ in self)

    def __iter__(self) -> Iterator[Recording]:
        """Yield each recording, clean."""
        self.scrubbed, self.losses = 0, Losses()
        self.closed = list[str]()
        for at, recording in enumerate(self._source):
            done = self._before + at
            self._progress(done, max(done, _PASSES * self.count))
            closed: list[str] = []
            cleaned = _clean(recording, self._scrubber, at, closed)
            self.closed += closed[: _MOST_TOLD - len(self.closed)]
            self.scrubbed += cleaned is not recording
            self.losses.add(cleaned)
            yield cleaned


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


class Losses:
    """Counts, recording by recording, what a format cannot hold."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: Counter[str] = Counter()

    @property
    def signed(self) -> bool:
        """Whether any recording says what became of its signature."""
        return self._counts["signed"] > 0

    def add(self, recording: Recording) -> None:
        """Look at a recording."""
        self._counts["signed"] += recording.signature is not None
        self._counts.update(_unseen(recording))
        if recording.provenance.evidence is Evidence.UNKNOWN:
            response = recording.exchange.response
            self._counts["foreign"] += 1
            self._counts["empty"] += recording.detail == NOT_KEPT
            self._counts["decoded"] += response is not None and not response.wire

    def lost(self, source: object) -> Iterator[str]:
        """Yield what a source, which was read to its end, holds that its recordings do not, in words."""
        if getattr(source, "unfinished", ()):
            yield "the mark that the recording did not come to its end"
        for reason in getattr(source, "failed", {}).values():
            yield f"the mark that a test failed while this was recorded, so that it is not played: {reason}"
        if left_out := getattr(source, "left_out", 0):
            yield f"{_count(left_out, 'entry', 'entries')} that {_is(left_out)} no HTTP exchange"
        if getattr(source, "kind", "") == "har":
            yield from self._of_archive()

    def _of_archive(self) -> Iterator[str]:
        if self._counts["foreign"]:
            yield "times, cache, pages, cookies and comments, as far as the archive has them"
        if empty := self._counts["empty"]:
            yield f"{_count(empty, 'answer', 'answers')} without content in the archive"
        if decoded := self._counts["decoded"]:
            yield f"the bytes on the wire of {_count(decoded, 'body', 'bodies')} that the archive stores decoded"

    def unseen(self) -> Iterator[str]:
        """Yield what a HAR has no place for, in words: it stands under ``_contract``, for sls-contract only."""
        words = {
            "provenance": "evidence, provenance and digest of {}",
            "coded": "the bytes on the wire of {} with a content coding",
            "partial": "the partial answer of {} that broke off",
            "bytes": "bytes that are not UTF-8 in the head of {}",
        }
        for kind, text in words.items():
            if self._counts[kind]:
                yield text.format(_count(self._counts[kind], "exchange", "exchanges"))


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
