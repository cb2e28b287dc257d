"""The scrub: an exchange without secrets, which are replaced before anything is written to disk."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from sls_contract.cassettes.scrub.detector import Detector, Rules
from sls_contract.cassettes.scrub.names import Kind
from sls_contract.cassettes.scrub.others import OtherName, OtherNames
from sls_contract.cassettes.scrub.registry import SecretRegistry, is_public, marker
from sls_contract.cassettes.scrub.renames import Renames, Substitution
from sls_contract.cassettes.scrub.shapes import Named, public_signatures
from sls_contract.cassettes.scrub.sides import ScrubPass, cookies_of, has_secret_names
from sls_contract.cassettes.scrub.signature import (
    State,
    Verdict,
    marked,
    register_key,
    signature_of,
    signed_with_test_key,
    verdict,
)
from sls_contract.cassettes.scrub.spellings import Secret, is_detectable
from sls_contract.cassettes.scrub.views import Edit, safe_bytes
from sls_contract.cassettes.texts import texts
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, wire_bytes, wire_text
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials

T = TypeVar("T")

_ROUNDS = 4  # secrets discovered in one round are searched for in the next


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """An exchange that may be written.

    Attributes:
        exchange: the exchange without secrets; the request signed again with the public test key, or marked.
        signature: whether the request's own signature was ``verified`` with the real key, was ``invalid``, or could
            not be checked (``unchecked``: missing, unreadable, or of an unknown key).
        step: the first wrong step of the signature; None if it verified.
        substitutions: the public names that replaced real ones.
        others: names of others in the response that were not replaced.
        unscanned: places whose content coding could not be decoded (``response body: br``); only the encoded bytes
            of these bodies were scrubbed.

    """

    exchange: Exchange
    signature: State
    step: str | None = None
    substitutions: tuple[Substitution, ...] = ()
    unscanned: tuple[str, ...] = ()
    others: tuple[OtherName, ...] = ()


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A sent request, scrubbed with the knowledge of that time (``version`` of the registry); see `Scrubber.sent`.

    ``detector`` finds secrets in the response, but does not replace them. ``signatures``: the sent and the stored one.
    """

    original: Request
    request: Request
    found: Verdict
    request_pass: ScrubPass
    detector: Detector
    signatures: tuple[str, str]
    version: int


class Scrubber:
    """Replaces secrets: those given, those discovered in traffic, and key-shaped text. Thread-safe.

    Equal secrets get equal replacements; scrubbing twice changes nothing more; the public test key passes.

    Args:
        credentials: the real keys of the run.
        patterns: regular expressions (ini ``sls_scrub``); group 1, or the whole match, becomes ``***``.
        keys: names of JSON keys, query keys and headers (ini ``sls_scrub_keys``) whose values become ``***``.
        renames: real names to public ones (ini ``sls_rename``).
        hide_names: whether names of others in live responses are replaced from then on.
        own_names: names that are the run's own, though no request contains them yet; those of ``renames`` are, too.

    Raises:
        UsageError: a pattern is no regular expression or matches an empty text, a key contains a comma, a single text
            instead of several, or ambiguous renames.

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
        self._keys = _key_names(keys)
        self._rules = Rules(tuple(map(_compiled, texts("scrub", patterns))), _named_rule(self._keys))
        self._renames = Renames(renames or {})
        self._hide_names, self._hide_lock = hide_names, threading.Lock()
        self._others = OtherNames([*own_names, *(renames or {}), *(renames or {}).values()])
        self._cached = (self._registry.version, Detector.of(self._registry, self._rules))

    def sent(self, request: Request) -> SentRequest:
        """Scrub a sent request, and verify its signature: all the work that need not wait for the response."""
        found = verdict(request, self._keyring)
        register_key(request, self._registry)
        self._others.add_own(request)
        return self._until_stable(lambda: self._sent(request, found))

    def exchange(self, exchange: Exchange, sent: SentRequest | None = None, *, live: bool = False) -> Scrubbed:
        """Return the scrubbed exchange, with the verdict on its signature.

        ``sent`` is the result of `sent` for its request, if that was called before. ``live``: the real service
        responded, so names that only the response contains are those of others.
        """
        prepared = self.sent(exchange.request) if sent is None else sent
        others = self._others.found(exchange) if live else ()
        unhidden = others and self._hide(others)
        return replace(self._until_stable(lambda: self._exchange(exchange, prepared)), others=unhidden)

    def _hide(self, others: tuple[OtherName, ...]) -> tuple[OtherName, ...]:
        """Replace names of others from now on; return those that stay."""
        if not self._hide_names:
            return others
        with self._hide_lock:
            replaceable = {name.real: name.public for name in others if self._renames.can_add(name.real)}
            if replaceable:
                self._renames = self._renames.with_names(replaceable)
        return tuple(name for name in others if not self._renames.replaces(name.real))

    @property
    def hidden(self) -> tuple[OtherName, ...]:
        """The names of others that are replaced."""
        return tuple(name for name in self._others.all if self._hide_names and self._renames.replaces(name.real))

    def hide(self, others: Iterable[OtherName]) -> None:
        """Replace names of others as another cassette does: a fixture read them there, and its tests send them."""
        if adopted := self._others.adopt(others):
            self._hide(adopted)

    def register_cookies(self, exchange: Exchange) -> None:
        """Register the cookies of a recording from another tool, to find them everywhere in its file."""
        for value in cookies_of(exchange):
            self._registry.replacement(Kind.OTHER, value)

    def request(self, request: Request) -> Request:
        """Return a live request in the form of scrubbed ones: same substitutions, signature marked."""
        return self.with_marked_signature(self.scrubbed_request(request))

    def may_match_unscrubbed(self, request: Request) -> bool:
        """Register the key of a request; return whether the request may match a recording unscrubbed.

        It may if it contains no name that is replaced, and if no header besides Authorization is named like a secret.
        """
        register_key(request, self._registry)
        if self._keys or has_secret_names(request.headers, keep="authorization"):
            return False
        return not self._renames.occur_in(request)

    def scrubbed_request(self, request: Request) -> Request:
        """Return the scrubbed request with its Authorization as sent: enough to find its recording."""
        register_key(request, self._registry)
        return self._until_stable(lambda: self._pass().request(request))

    def with_marked_signature(self, request: Request) -> Request:
        """Mark the signature of a request that `scrubbed_request` returned."""
        return marked(request, self._registry, self._renames)

    def text(self, text: str) -> str:
        """Return a text without secrets, including shortened ones. Names are not replaced."""
        data = safe_bytes(text)
        new = self.bytes(data)
        return self._registry.pieces.masked(text if new == data else wire_text(new))

    def shown(self, text: str) -> str:
        """Return a message, log line or traceback without secrets.

        Keys are masked in it: a valid replacement would look like the key that the client used.
        """
        clean = self.text(text)
        return clean if clean == text else self.masked(clean)

    def masked(self, text: str) -> str:
        """Mask the public ids, secrets and tokens in a text that replace real ones."""
        return self._registry.masked(text)

    def edits(self, data: bytes) -> list[Edit]:
        """Return the edits for every secret in the data, ordered."""
        public = public_signatures(data)
        return self._until_stable(lambda: self._detector().with_secrets(harmless=public).found(data))

    def bytes(self, data: bytes) -> bytes:
        """Return bytes of any kind without secrets."""
        return self._until_stable(lambda: self._detector().clean(data) if self._detector().may_contain(data) else data)

    def _until_stable(self, step: Callable[[], T]) -> T:
        """Repeat a step until it discovers no more secrets."""
        with self._registry.keeping():
            for _ in range(_ROUNDS):
                before = self._registry.version
                result = step()
                if self._registry.version == before:
                    break
        return result

    def _detector(self) -> Detector:
        """Return the detector for the known secrets; it is rebuilt only after a discovery."""
        version, detector = self._cached
        if version != self._registry.version:
            version = self._registry.version
            detector = Detector.of(self._registry, self._rules)
            self._cached = (version, detector)
        return detector

    def _pass(self, detector: Detector | None = None) -> ScrubPass:
        return ScrubPass(detector or self._detector(), self._registry, self._renames, self._keys)

    def _sent(self, original: Request, found: Verdict) -> SentRequest:
        version, detector = self._registry.version, self._detector()
        real = signature_of(original) or ""
        request_pass = self._pass(_without_echo(detector, real, marker(real)))
        request = self._signed(original, request_pass.request(original), found)
        stored = signature_of(request) or ""
        if request_pass.dirty:  # replace copies of the signature elsewhere in the request, too
            copied = self._pass(_without_echo(detector, real, stored)).request(original)
            request = self._signed(original, copied, found)
            stored = signature_of(request) or ""
        self._registry.add_signature(real, stored)
        detector = request_pass.detector
        if real != stored:
            detector = detector.with_harmless(_harmless(real, stored))
        return SentRequest(original, request, found, request_pass, detector, (real, stored), version)

    def _signed(self, original: Request, scrubbed: Request, found: Verdict) -> Request:
        return signed_with_test_key(scrubbed, found, self._registry, self._renames, changed=scrubbed is not original)

    def _exchange(self, exchange: Exchange, sent: SentRequest) -> Scrubbed:
        if sent.version != self._registry.version:  # secrets were discovered since
            sent = self._sent(exchange.request, sent.found)
        response_pass = self._pass(sent.detector)
        response = None if exchange.response is None else response_pass.response(exchange.response)
        if exchange.response is not None and response_pass.dirty:
            response_pass = self._pass(_without_echo(self._detector(), *sent.signatures))
            response = response_pass.response(exchange.response)
        return Scrubbed(
            Exchange(sent.request, response),
            sent.found.state,
            sent.found.step,
            sent.request_pass.substitutions + response_pass.substitutions,
            (*sent.request_pass.unscanned, *response_pass.unscanned),
        )


def _without_echo(detector: Detector, real: str, stored: str) -> Detector:
    """Return a detector that also replaces the sent signature with the stored one."""
    harmless = _harmless(real, stored)
    if real == stored or is_public(real) or not is_detectable(real):
        return detector.with_secrets(harmless=harmless)
    if real.endswith("=") and stored.endswith("="):  # so that a copy without padding is found, too
        real, stored = real[:-1], stored[:-1]
    return detector.with_secrets(Secret.of(wire_bytes(real), wire_bytes(stored), Kind.SIGNATURE), harmless=harmless)


def _harmless(*signatures: str) -> frozenset[bytes]:
    return frozenset(map(wire_bytes, signatures))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        msg = (
            f"scrub: expected a regular expression, got {pattern!r}, which is invalid at character {error.pos or 0}. "
            "How to fix: correct the pattern; escape the special characters of a literal text (re.escape)."
        )
        raise UsageError(msg) from None
    if compiled.fullmatch(""):
        msg = (
            f"scrub: expected a pattern that does not match an empty text, got {pattern!r}. "
            "How to fix: require at least one character, for example x+ instead of x*."
        )
        raise UsageError(msg)
    return compiled


def _key_names(keys: Iterable[str]) -> frozenset[str]:
    """Return the names in lower case; raises for a text with several names, whose values would not be masked."""
    names = frozenset(key.strip().lower() for key in texts("scrub_keys", keys)) - {""}
    if several := [name for name in names if "," in name]:
        msg = (
            f"scrub_keys: expected one name each, got {several[0]!r}. "
            "How to fix: pass each name as a separate text (in an ini file: on a separate line)."
        )
        raise UsageError(msg)
    return names


def _named_rule(keys: frozenset[str]) -> Named | None:
    if not keys:
        return None
    names = "|".join(sorted(map(re.escape, keys), key=len, reverse=True))
    return Named(f"(?<![0-9a-z_-])(?:{names})", map(safe_bytes, keys), lambda _: Kind.OTHER)
