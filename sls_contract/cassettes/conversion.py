"""Convert recordings to another kind of file: they are scrubbed, and losses are reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from sls_contract.cassettes.har.notes import shown
from sls_contract.cassettes.recording import NOT_KEPT, Evidence, Recording, SignatureNote

if TYPE_CHECKING:
    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.exchange import Exchange

_PASSES = 2  # a secret that only a late exchange reveals may be in an early one
_MAX_UNSCANNED = 1000


class Conversion:
    """The recordings of a source without secrets, in their order. A recording without secrets is unchanged.

    A signature that verifies with a key of the scrubber is replaced by one of the public test key, as in recording. The
    source is iterated twice, here and by the caller, and is never in memory as a whole.

    Args:
        source: the recordings; every iteration yields the same ones.
        scrubber: knows the keys of the run, and learns other secrets.
        progress: is called with the number of exchanges scrubbed so far (each is scrubbed twice), and the total.

    Attributes:
        count: number of recordings.
        scrubbed: number of yielded recordings in which a secret was replaced.
        unscanned: bodies that could not be scanned, each with the position of its exchange; at most a thousand.
        losses: losses of the yielded recordings in the formats of source and target.

    """

    def __init__(
        self,
        source: Iterable[Recording],
        scrubber: Scrubber,
        progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> None:
        """Iterate the source once, to learn its secrets."""
        self._source, self._scrubber, self._progress = source, scrubber, progress
        self.count, self._before = len(source) if isinstance(source, Sized) else 0, 0
        self._before = self.count = sum(1 for _ in self)

    def __iter__(self) -> Iterator[Recording]:
        self.scrubbed, self.losses = 0, Losses()
        self.unscanned = list[str]()
        for at, recording in enumerate(self._source):
            if not recording.exchange.request.wire:  # no format has a mark for it: it would be read as an empty body
                self.losses.add_unsent()
                continue
            done = self._before + at
            self._progress(done, max(done, _PASSES * self.count))
            unscanned: list[str] = []
            cleaned = _clean(recording, self._scrubber, at, unscanned)
            self.unscanned += unscanned[: _MAX_UNSCANNED - len(self.unscanned)]
            self.scrubbed += cleaned is not recording
            self.losses.add(cleaned)
            yield cleaned


def _clean(recording: Recording, scrubber: Scrubber, at: int, unscanned: list[str]) -> Recording:
    done, text = scrubber.exchange(recording.exchange), scrubber.text
    unscanned += [f"exchange {at}: {place}" for place in done.unscanned]
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
    """Return the reason phrase, which equality of responses ignores."""
    return recording.exchange.response.reason if recording.exchange.response is not None else ""


class Losses:
    """Counts the information that a format cannot represent."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @property
    def signed(self) -> bool:
        """Whether any recording has a note about its signature."""
        return self._counts["signed"] > 0

    def add_unsent(self) -> None:
        """Count a recording without the body of its request, which is not written."""
        self._counts["unsent"] += 1

    def add(self, recording: Recording) -> None:
        """Count one recording."""
        self._counts["signed"] += recording.signature is not None
        self._counts.update(_har_losses(recording))
        if recording.provenance.evidence is Evidence.UNKNOWN:
            response = recording.exchange.response
            self._counts["foreign"] += 1
            self._counts["empty"] += recording.broken == NOT_KEPT
            self._counts["decoded"] += response is not None and not response.wire

    def lost(self, source: object) -> Iterator[str]:
        """Yield, in words, information of the source that its recordings lack; the source must have been iterated."""
        if getattr(source, "unfinished", ()):
            yield "the mark of an unfinished recording"
        for reason in getattr(source, "failed", {}).values():
            yield f"the mark of a failed test, whose recording is not played: {reason}"
        if left_out := getattr(source, "left_out", 0):
            yield f"{_count(left_out, 'entry', 'entries')} that {_is(left_out)} no HTTP exchange"
        yield from (f"{words}; not written" for words in self.without_sent_body())
        if getattr(source, "kind", "") == "har":
            yield from self._lost_in_har()

    def without_sent_body(self) -> Iterator[str]:
        """Yield, in words, how many exchanges lack the body of the request, if any do."""
        if unsent := self._counts["unsent"]:
            yield f"{_count(unsent, 'exchange', 'exchanges')} without the body that was sent"

    def _lost_in_har(self) -> Iterator[str]:
        if self._counts["foreign"]:
            yield "times, cache, pages, cookies and comments, as far as the archive has them"
        if empty := self._counts["empty"]:
            yield f"{_count(empty, 'response', 'responses')} without content in the archive"
        if decoded := self._counts["decoded"]:
            yield f"the bytes on the wire of {_count(decoded, 'body', 'bodies')} that the archive stores decoded"

    def outside_har(self) -> Iterator[str]:
        """Yield, in words, information that HAR has no field for: it is under ``_contract``, for sls-contract only."""
        words = {
            "provenance": "evidence, provenance and digest of {}",
            "coded": "the bytes on the wire of {} with a content coding",
            "partial": "the partial response of {} that broke off",
            "bytes": "bytes that are not UTF-8 in the head of {}",
        }
        for kind, text in words.items():
            if self._counts[kind]:
                yield text.format(_count(self._counts[kind], "exchange", "exchanges"))


def _har_losses(recording: Recording) -> Iterator[str]:
    response = recording.exchange.response
    if recording.provenance.evidence is not Evidence.UNKNOWN:
        yield "provenance"
    if response is not None and recording.incomplete:
        yield "partial"
    elif response is not None and response.wire and "content-encoding" in response.headers:
        yield "coded"
    if any(shown(text) != text for text in _head(recording.exchange)):
        yield "bytes"


def _head(exchange: Exchange) -> Iterator[str]:
    yield exchange.request.url
    for message in (exchange.request, exchange.response):
        yield from chain.from_iterable(message.headers.pairs if message is not None else ())


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
