"""The scrub: what of an exchange may be written, with every secret replaced before anything touches a disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sls_contract.cassettes.scrub.hunt import Hunt, Rules
from sls_contract.cassettes.scrub.names import Kind
from sls_contract.cassettes.scrub.renames import Renames, Substitution
from sls_contract.cassettes.scrub.shapes import Named, public_signatures
from sls_contract.cassettes.scrub.sides import Pass
from sls_contract.cassettes.scrub.signature import (
    State,
    Verdict,
    learn,
    marked,
    signature_of,
    signed_again,
    verdict,
)
from sls_contract.cassettes.scrub.spellings import Secret, is_huntable
from sls_contract.cassettes.scrub.vault import Vault, is_public, marker
from sls_contract.cassettes.scrub.views import safe_bytes
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, wire_bytes, wire_text
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sls_contract.cassettes.scrub.views import Edit
    from sls_contract.signing import Credentials

T = TypeVar("T")

_ROUNDS = 4  # what is learnt in one round is hunted in the next, from the start


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What may be written.

    Attributes:
        exchange: the exchange without any secret; the request signed again with the public test key, or marked.
        signature: whether the request's own signature was ``verified`` with the real key, was ``invalid``, or could
            not be checked (``unchecked``: none there, unreadable, or of a key that is not known).
        step: the first wrong step of the signature; None where it verified.
        substitutions: the public names that were put in the place of real ones.
        closed: places whose content coding could not be opened (``response body: br``); what such a body hides was
            not scrubbed beyond what its bytes show.

    """

    exchange: Exchange
    signature: State
    step: str | None = None
    substitutions: tuple[Substitution, ...] = ()
    closed: tuple[str, ...] = ()


class Scrubber:
    """Replaces secrets: those given, those it learns from what goes by, and what looks like one. Safe from any thread.

    The same secret is always replaced by the same; scrubbing twice changes nothing more; the public test key passes.

    Args:
        credentials: the real keys of the run.
        patterns: regular expressions (ini ``sls_scrub``); group 1, or the whole match, becomes ``***``.
        keys: names of JSON keys, query keys and headers (ini ``sls_scrub_keys``) whose values become ``***``.
        renames: real names to public ones (ini ``sls_rename``).

    Raises:
        UsageError: a pattern is no regular expression, or the renames cannot be kept apart.

    """

    def __init__(
        self,
        credentials: Iterable[Credentials] = (),
        *,
        patterns: Iterable[str] = (),
        keys: Iterable[str] = (),
        renames: Mapping[str, str] | None = None,
    ) -> None:
        given = tuple(credentials)
        self._keyring = (*given, TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
        self._vault = Vault(given)
        self._keys = frozenset(key.lower() for key in keys if key)
        self._rules = Rules(tuple(map(_compiled, patterns)), _named(self._keys))
        self._renames = Renames(renames or {})
        self._newest = (self._vault.version, Hunt.of(self._vault, self._rules))

    def exchange(self, exchange: Exchange) -> Scrubbed:
        """Return what may be written of an exchange, with the verdict on its signature."""
        found = verdict(exchange.request, self._keyring)
        learn(exchange.request, self._vault)
        return self._settled(lambda: self._exchange(exchange, found))

    def request(self, request: Request) -> Request:
        """Return what a live request looks like beside scrubbed ones: the same substitutions, the signature marked."""
        learn(request, self._vault)
        return self._settled(lambda: marked(self._pass().request(request), self._vault, self._renames))

    def text(self, text: str) -> str:
        """Return a message, log line or traceback without secrets. Names are not replaced."""
        data = safe_bytes(text)
        new = self.bytes(data)
        return text if new == data else wire_text(new)

    def edits(self, data: bytes) -> list[Edit]:
        """Return every place of the data that holds a secret, ordered."""
        public = public_signatures(data)
        return self._settled(lambda: self._hunt().beside(harmless=public).found(data))

    def bytes(self, data: bytes) -> bytes:
        """Return bytes without secrets, whatever they are."""
        return self._settled(lambda: self._hunt().clean(data) if self._hunt().sees(data) else data)

    def _settled(self, step: Callable[[], T]) -> T:
        """Repeat a step until it has taught nothing new."""
        for _ in range(_ROUNDS):
            before = self._vault.version
            done = step()
            if self._vault.version == before:
                break
        return done

    def _hunt(self) -> Hunt:
        """Return the hunt for what is known now; it is built anew only where something was learnt."""
        version, hunt = self._newest
        if version != self._vault.version:
            version = self._vault.version
            hunt = Hunt.of(self._vault, self._rules)
            self._newest = (version, hunt)
        return hunt

    def _pass(self, hunt: Hunt | None = None) -> Pass:
        return Pass(hunt or self._hunt(), self._vault, self._renames, self._keys)

    def _exchange(self, exchange: Exchange, found: Verdict) -> Scrubbed:
        hunt = self._hunt()
        real = signature_of(exchange.request) or ""
        going = self._pass(_without_echo(hunt, real, marker(real)))
        request = signed_again(going.request(exchange.request), found, self._vault, self._renames)
        stored = signature_of(request) or ""
        if going.dirty:  # a copy of the signature elsewhere in the request becomes the stored one, too
            copied = self._pass(_without_echo(hunt, real, stored)).request(exchange.request)
            request = signed_again(copied, found, self._vault, self._renames)
            stored = signature_of(request) or ""
        coming = self._pass(_without_echo(hunt, real, stored))
        response = coming.response(exchange.response) if exchange.response is not None else None
        return Scrubbed(
            Exchange(request, response),
            found.state,
            found.step,
            going.substitutions + coming.substitutions,
            (*going.closed, *coming.closed),
        )


def _without_echo(hunt: Hunt, real: str, stored: str) -> Hunt:
    """Return a hunt that also replaces the signature that was sent, by the one that is stored."""
    harmless = (wire_bytes(real), wire_bytes(stored))
    if real == stored or is_public(real) or not is_huntable(real):
        return hunt.beside(harmless=harmless)
    return hunt.beside(Secret.of(wire_bytes(real), wire_bytes(stored), Kind.SIGNATURE), harmless=harmless)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, TypeError) as error:
        msg = (
            f"ini sls_scrub: expected a regular expression, got {pattern!r}: {error}. "
            "How to fix: correct the pattern; a literal text needs its signs escaped (re.escape)."
        )
        raise UsageError(msg) from None


def _named(keys: frozenset[str]) -> Named | None:
    if not keys:
        return None
    names = "|".join(sorted(map(re.escape, keys), key=len, reverse=True))
    return Named(f"(?<![0-9a-z_-])(?:{names})", map(safe_bytes, keys), lambda _: Kind.OTHER, wary=False)
