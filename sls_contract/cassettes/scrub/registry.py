"""The known secrets, and the replacement of each.

Equal secrets get equal replacements, different access keys different ones: the public test key first, then
``testAccessKeyId2`` and so on, with the public test secret. A public value is no secret.
"""

from __future__ import annotations

import base64
import re
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sls_contract.cassettes.scrub.elided import Pieces
from sls_contract.cassettes.scrub.fragments import Fragments
from sls_contract.cassettes.scrub.index import SecretIndex
from sls_contract.cassettes.scrub.names import MASK, Kind
from sls_contract.cassettes.scrub.spellings import Secret, is_detectable
from sls_contract.cassettes.scrub.views import Edit, applied, disjoint
from sls_contract.exchange import wire_bytes, wire_text
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials

_MARKER = b"not a real signature"  # 20 bytes, the length of an HMAC-SHA1
_MARKER_256 = (_MARKER * 2)[:32]
MARKERS = (
    base64.b64encode(_MARKER).decode(),
    base64.b64encode(_MARKER_256).decode(),
    _MARKER_256.hex(),
    _MARKER.hex(),
)
_HEX = re.compile(r"[0-9A-Fa-f]+")
_MARKERS = dict(zip((("base64", 28), ("base64", 44), ("hex", 64), ("hex", 40)), MARKERS, strict=True))

_PUBLIC_BY_KIND = {
    Kind.ACCESS_KEY_ID: TEST_CREDENTIALS.access_key_id,
    Kind.ACCESS_KEY_SECRET: TEST_CREDENTIALS.access_key_secret,
    Kind.SECURITY_TOKEN: str(TEST_STS_CREDENTIALS.security_token),
}
_PUBLIC = (
    *_PUBLIC_BY_KIND.values(),
    TEST_STS_CREDENTIALS.access_key_id,
    TEST_STS_CREDENTIALS.access_key_secret,
    *MARKERS,
)
_STS_ID = "STS."
_REPLACEMENTS = re.compile(rf"(?:{re.escape(_STS_ID)})?(?:{'|'.join(map(re.escape, _PUBLIC_BY_KIND.values()))})\d*")
_ID_SHAPE = re.compile(r"(?:LTAI|STS\.)[0-9A-Za-z]{12,}")
MAX_OTHERS = 4096
"""How many discovered cookies, passwords and the like are searched for: each response may set new ones."""


def is_public(value: str) -> bool:
    """Return whether a value is one of our replacements, perhaps padded with ``*``."""
    stripped = value.rstrip("*")
    return not stripped or stripped in _PUBLIC or stripped.rstrip("0123456789") in _PUBLIC


def marker(signature: str) -> str:
    """Return the invalid placeholder signature with the form of the given one."""
    form = "hex" if _HEX.fullmatch(signature) else "base64"
    return _MARKERS.get((form, len(signature)), MARKERS[0])


class SecretRegistry:
    """The secrets of a run: the given credentials, and those discovered in traffic. Thread-safe.

    Ids, key secrets, tokens and signatures are never dropped. Of other secrets (cookies, passwords), those of the
    current text and the last `MAX_OTHERS` are searched for; an older one is discovered again when it occurs again.

    Attributes:
        given: the credentials of the run, searched for one by one.
        discovered: all other secrets.
        pieces: their beginnings and ends, for shortened text.
        fragments: the given ones in other alphabets, or split by other text.
        version: counts the discovered secrets, except signatures of requests: no earlier message contains these.

    """

    def __init__(self, credentials: Iterable[Credentials]) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._public: dict[str, str] = {}
        self._others: deque[str] = deque()
        self._keeping = 0
        self.discovered = SecretIndex()
        self.pieces = Pieces()
        self.version = 0
        self.given = tuple(secret for key in credentials for secret in self._from_credentials(key))
        self.fragments = Fragments(self.given)
        for secret in self.given:
            self.pieces.add(secret)

    def masked(self, text: str) -> str:
        """Mask the public ids, secrets and tokens in a text that replace real ones."""
        return _REPLACEMENTS.sub(MASK, text) if self._counts else text

    def replacement(self, kind: Kind, value: str) -> str:
        """Return the replacement of a secret; a new secret is registered, and searched for from now on."""
        if is_public(value):
            return value
        known = self._public.get(value)
        if known is not None:
            return known
        with self._lock:
            return self._public.get(value) or self._add(kind, value)

    def add_signature(self, signature: str, stored: str) -> None:
        """Search all later messages for a sent signature, verbatim; the stored signature replaces it."""
        if signature in self._public or signature == stored or is_public(signature) or not is_detectable(signature):
            return
        padding = signature.endswith("=") and stored.endswith("=")  # so that a copy without padding is found, too
        stripped, public = (signature[:-1], stored[:-1]) if padding else (signature, stored)
        with self._lock:
            self.discovered.add(Secret.verbatim(wire_bytes(stripped), wire_bytes(public), Kind.SIGNATURE))
            self._public[signature] = stored

    def cleaned(self, text: str) -> str:
        """Return a short text of a header with verbatim occurrences of known secrets replaced."""
        data = wire_bytes(text)
        lowered = data.lower()
        found = [Edit(*place, secret.kind) for secret in self.given for place in secret.places(lowered)]
        found += [Edit(start, end, new, one.kind) for start, end, new, one in self.discovered.places(lowered)]
        return wire_text(applied(data, disjoint(found))) if found else text

    def _add(self, kind: Kind, value: str) -> str:
        if _ID_SHAPE.fullmatch(value):
            kind = Kind.ACCESS_KEY_ID
        public = self._new(kind, value)
        if is_detectable(value):
            secret = Secret.of(wire_bytes(value), wire_bytes(public), kind)
            self.discovered.add(secret)
            self.pieces.add(secret)
        if kind is Kind.OTHER:
            self._others.append(value)
            self._drop_oldest()
        self.version += 1
        self._public[value] = public  # last, so that a thread that sees it also finds it in the index
        return public

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Drop nothing within the context: one text may contain more than `MAX_OTHERS` secrets, and copies of them."""
        with self._lock:
            self._keeping += 1
        try:
            yield
        finally:
            with self._lock:
                self._keeping -= 1
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        while len(self._others) > MAX_OTHERS and not self._keeping:
            value = self._others.popleft()
            if secret := self.discovered.discard(wire_bytes(value)):
                self.pieces.discard(secret)
            del self._public[value]

    def _from_credentials(self, key: Credentials) -> Iterator[Secret]:
        test = TEST_CREDENTIALS if key.security_token is None else TEST_STS_CREDENTIALS
        for kind, value, public in (
            (Kind.ACCESS_KEY_ID, key.access_key_id, test.access_key_id),
            (Kind.ACCESS_KEY_SECRET, key.access_key_secret, test.access_key_secret),
            (Kind.SECURITY_TOKEN, key.security_token, test.security_token),
        ):
            if value and public and value not in self._public and not is_public(value):
                self._public[value] = self._numbered(public)
                if is_detectable(value):
                    yield Secret.of(wire_bytes(value), wire_bytes(self._public[value]), kind)

    def _new(self, kind: Kind, value: str) -> str:
        if kind is Kind.SIGNATURE:
            return marker(value) if len(value) >= len(MARKERS[0]) else MASK
        if kind is Kind.OTHER:
            return MASK
        if kind is Kind.ACCESS_KEY_ID and value.startswith(_STS_ID):
            return self._numbered(TEST_STS_CREDENTIALS.access_key_id)
        return self._numbered(_PUBLIC_BY_KIND[kind])

    def _numbered(self, public: str) -> str:
        self._counts[public] += 1
        count = self._counts[public]
        return public if count == 1 else f"{public}{count}"
