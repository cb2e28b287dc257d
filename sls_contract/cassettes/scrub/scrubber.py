"""The scrub: what of an exchange may be written, with every secret replaced before anything touches a disk."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from sls_contract.cassettes.scrub.detector import Detector, Rules
from sls_contract.cassettes.scrub.names import Kind
from sls_contract.cassettes.scrub.others import OtherNames
from sls_contract.cassettes.scrub.registry import SecretRegistry, is_public, marker
from sls_contract.cassettes.scrub.renames import Renames, Substitution
from sls_contract.cassettes.scrub.shapes import Named, public_signatures
from sls_contract.cassettes.scrub.sides import Pass, cookies_of, names_a_secret
from sls_contract.cassettes.scrub.signature import (
    State,
    Verdict,
    learn,
    marked,
    signature_of,
    signed_again,
    verdict,
)
from sls_contract.cassettes.scrub.spellings import Secret, is_detectable
from sls_contract.cassettes.scrub.views import safe_bytes
from sls_contract.cassettes.texts import texts
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, wire_bytes, wire_text
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sls_contract.cassettes.scrub.others import OtherName
    from sls_contract.cassettes.scrub.views import Edit
    from sls_contract.signing import Credentials

T = TypeVar("T")

_ROUNDS = 4  # what is learnt in one round is searched for in the next, from the start


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What may be written.

    Attributes:
        exchange: the exchange without any secret; the request signed again with the public test key, or marked.
        signature: whether the request's own signature was ``verified`` with the real key, was ``invalid``, or could
            not be checked (``unchecked``: none there, unreadable, or of a key that is not known).
        step: the first wrong step of the signature; None where it verified.
        substitutions: the public names that were put in the place of real ones.
        others: names of others in the answer that stayed as they are.
        closed: places whose content coding could not be opened (``response body: br``); what such a body hides was
            not scrubbed beyond what its bytes show.

    """

    exchange: Exchange
    signature: State
    step: str | None = None
    substitutions: tuple[Substitution, ...] = ()
    closed: tuple[str, ...] = ()
    others: tuple[OtherName, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that went out, scrubbed as far as was known at that time; see `Scrubber.sent`.

    Attributes:
        original: the request as sent.
        request: what may be written of it.
        found: the verdict on its signature.
        going: what was met on the way.
        looking: what the answer must not hold; good for looking, not for replacing.
        signatures: the one that was sent, and the one that is stored.
        version: of the registry, from which all this comes.

    """

    original: Request
    request: Request
    found: Verdict
    going: Pass
    looking: Detector
    signatures: tuple[str, str]
    version: int


class Scrubber:
    """Replaces secrets: those given, those it learns from what goes by, and what looks like one. Safe from any thread.

    The same secret is always replaced by the same; scrubbing twice changes nothing more; the public test key passes.

    Args:
        credentials: the real keys of the run.
        patterns: regular expressions (ini ``sls_scrub``); group 1, or the whole match, becomes ``***``.
        keys: names of JSON keys, query keys and headers (ini ``sls_scrub_keys``) whose values become ``***``.
        renames: real names to public ones (ini ``sls_rename``).
        hide_names: whether names of others, which a live answer brings, are replaced from then on.
        own_names: names that are the run's own, though no request holds them yet; those of ``renames`` are, too.

    Raises:
        UsageError: a pattern is no regular expression or matches an empty text, a key holds a comma, one text came in
            place of several, or the renames cannot be kept apart.

    """

    def __init__(
        self,
        credentials: Iterable[Credentials] = (),
        *,
        patterns: Iterable[str] = (),
        keys: Iterable[str] = (),
        renames: Mapping[str, str] | None = None,
        hide_names: bool = False,
        own_names: Iterable[str] = (),
    ) -> None:
        given = tuple(credentials)
        self._keyring = (*given, TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
        self._registry = SecretRegistry(given)
        self._keys = _names(keys)
        self._rules = Rules(tuple(map(_compiled, texts("scrub", patterns))), _named(self._keys))
        self._renames = Renames(renames or {})
        self._hide_names, self._hiding = hide_names, threading.Lock()
        self._others = OtherNames([*own_names, *(renames or {}), *(renames or {}).values()])
        self._newest = (self._registry.version, Detector.of(self._registry, self._rules))

    def sent(self, request: Request) -> Sent:
        """Scrub a request that goes out, and verify its signature: all that need not wait for the answer."""
        found = verdict(request, self._keyring)
        learn(request, self._registry)
        self._others.asked(request)
        return self._settled(lambda: self._sent(request, found))

    def exchange(self, exchange: Exchange, sent: Sent | None = None, *, live: bool = False) -> Scrubbed:
        """Return what may be written of an exchange, with the verdict on its signature.

        ``sent`` is what `sent` returned for its request, where that was done before. ``live``: the real service
        answered, so names that only the answer holds are those of others.
        """
        ahead = self.sent(exchange.request) if sent is None else sent
        others = self._others.found(exchange) if live else ()
        left = others and self._hide(others)
        return replace(self._settled(lambda: self._exchange(exchange, ahead)), others=left)

    def _hide(self, others: tuple[OtherName, ...]) -> tuple[OtherName, ...]:
        """Replace names of others from now on; return those that stay."""
        if not self._hide_names:
            return others
        with self._hiding:
            fitting = {name.real: name.public for name in others if self._renames.fits(name.real)}
            if fitting:
                self._renames = self._renames.beside(fitting)
        return tuple(name for name in others if not self._renames.replaces(name.real))

    @property
    def hidden(self) -> tuple[OtherName, ...]:
        """The names of others that are replaced."""
        return tuple(name for name in self._others.all if self._hide_names and self._renames.replaces(name.real))

    def hide(self, others: Iterable[OtherName]) -> None:
        """Replace names of others as another cassette does: a fixture read them there, and its tests ask with them."""
        if taken := self._others.adopt(others):
            self._hide(taken)

    def learn_cookies(self, exchange: Exchange) -> None:
        """Take the cookies of a recording that another tool made, to be found wherever they stand in its file."""
        for value in cookies_of(exchange):
            self._registry.public(Kind.OTHER, value)

    def request(self, request: Request) -> Request:
        """Return what a live request looks like beside scrubbed ones: the same substitutions, the signature marked."""
        return self.marked(self.asked(request))

    def may_be_alike(self, request: Request) -> bool:
        """Learn the key of a request, and tell whether it may match a scrubbed one as it is.

        It does where it holds no name that is replaced, and no header beside Authorization is named after a secret.
        """
        learn(request, self._registry)
        if self._keys or names_a_secret(request.headers, keep="authorization"):
            return False
        return not self._renames.occur_in(request)

    def asked(self, request: Request) -> Request:
        """Return the same with its Authorization as sent: enough to find its recording, and no more than half done."""
        learn(request, self._registry)
        return self._settled(lambda: self._pass().request(request))

    def marked(self, request: Request) -> Request:
        """Mark the signature of a request that is scrubbed but for that."""
        return marked(request, self._registry, self._renames)

    def text(self, text: str) -> str:
        """Return a text without secrets, also shortened ones. Names are not replaced."""
        data = safe_bytes(text)
        new = self.bytes(data)
        return self._registry.pieces.masked(text if new == data else wire_text(new))

    def shown(self, text: str) -> str:
        """Return a message, log line or traceback without secrets.

        Keys are masked in it: a valid one in their place would be taken for what the client used.
        """
        clean = self.text(text)
        return clean if clean == text else self.masked(clean)

    def masked(self, text: str) -> str:
        """Mask the public ids, secrets and tokens that stand in a text in the place of real ones."""
        return self._registry.masked(text)

    def edits(self, data: bytes) -> list[Edit]:
        """Return every place of the data that holds a secret, ordered."""
        public = public_signatures(data)
        return self._settled(lambda: self._detector().beside(harmless=public).found(data))

    def bytes(self, data: bytes) -> bytes:
        """Return bytes without secrets, whatever they are."""
        return self._settled(lambda: self._detector().clean(data) if self._detector().sees(data) else data)

    def _settled(self, step: Callable[[], T]) -> T:
        """Repeat a step until it has taught nothing new."""
        for _ in range(_ROUNDS):
            before = self._registry.version
            done = step()
            if self._registry.version == before:
                break
        return done

    def _detector(self) -> Detector:
        """Return the detector for what is known now; it is built anew only where something was learnt."""
        version, detector = self._newest
        if version != self._registry.version:
            version = self._registry.version
            detector = Detector.of(self._registry, self._rules)
            self._newest = (version, detector)
        return detector

    def _pass(self, detector: Detector | None = None) -> Pass:
        return Pass(detector or self._detector(), self._registry, self._renames, self._keys)

    def _sent(self, original: Request, found: Verdict) -> Sent:
        version, detector = self._registry.version, self._detector()
        real = signature_of(original) or ""
        going = self._pass(_without_echo(detector, real, marker(real)))
        request = self._signed(original, going.request(original), found)
        stored = signature_of(request) or ""
        if going.dirty:  # a copy of the signature elsewhere in the request becomes the stored one, too
            copied = self._pass(_without_echo(detector, real, stored)).request(original)
            request = self._signed(original, copied, found)
            stored = signature_of(request) or ""
        self._registry.remember(real, stored)
        looking = going.detector if real == stored else going.detector.sparing(_harmless(real, stored))
        return Sent(original, request, found, going, looking, (real, stored), version)

    def _signed(self, original: Request, scrubbed: Request, found: Verdict) -> Request:
        return signed_again(scrubbed, found, self._registry, self._renames, changed=scrubbed is not original)

    def _exchange(self, exchange: Exchange, sent: Sent) -> Scrubbed:
        if sent.version != self._registry.version:  # something was learnt since
            sent = self._sent(exchange.request, sent.found)
        coming = self._pass(sent.looking)
        response = None if exchange.response is None else coming.response(exchange.response)
        if exchange.response is not None and coming.dirty:
            coming = self._pass(_without_echo(self._detector(), *sent.signatures))
            response = coming.response(exchange.response)
        return Scrubbed(
            Exchange(sent.request, response),
            sent.found.state,
            sent.found.step,
            sent.going.substitutions + coming.substitutions,
            (*sent.going.closed, *coming.closed),
        )


def _without_echo(detector: Detector, real: str, stored: str) -> Detector:
    """Return a detector that also replaces the signature that was sent, by the one that is stored."""
    harmless = _harmless(real, stored)
    if real == stored or is_public(real) or not is_detectable(real):
        return detector.beside(harmless=harmless)
    if real.endswith("=") and stored.endswith("="):  # who writes base64 without its padding shall not pass
        real, stored = real[:-1], stored[:-1]
    return detector.beside(Secret.of(wire_bytes(real), wire_bytes(stored), Kind.SIGNATURE), harmless=harmless)


def _harmless(*signatures: str) -> frozenset[bytes]:
    return frozenset(map(wire_bytes, signatures))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        msg = (
            f"scrub: expected a regular expression, got {pattern!r}, which is none from character {error.pos or 0} on. "
            "How to fix: correct the pattern; a literal text needs its signs escaped (re.escape)."
        )
        raise UsageError(msg) from None
    if compiled.fullmatch(""):
        msg = (
            f"scrub: expected a pattern of something to hide, got {pattern!r}, which an empty text matches, too. "
            "How to fix: demand a character at least, such as x+ for x*."
        )
        raise UsageError(msg)
    return compiled


def _names(keys: Iterable[str]) -> frozenset[str]:
    """Read names in lower case; several in one text would be searched for as one, and the values of all be written."""
    names = frozenset(key.strip().lower() for key in texts("scrub_keys", keys)) - {""}
    if several := [name for name in names if "," in name]:
        msg = (
            f"scrub_keys: expected one name each, got {several[0]!r}. "
            "How to fix: write each name as a text of its own (in an ini file: on a line of its own)."
        )
        raise UsageError(msg)
    return names


def _named(keys: frozenset[str]) -> Named | None:
    if not keys:
        return None
    names = "|".join(sorted(map(re.escape, keys), key=len, reverse=True))
    return Named(f"(?<![0-9a-z_-])(?:{names})", map(safe_bytes, keys), lambda _: Kind.OTHER)
