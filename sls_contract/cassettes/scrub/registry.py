"""Which secrets are known, and what stands in the place of each.

Equal secrets get equal replacements, different access keys different ones: the public test key first, then
``testAccessKeyId2`` and so on, with the public test secret. What is public already is no secret.
"""

from __future__ import annotations

import base64
import re
import threading
from collections import Counter, deque
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.elided import Pieces
from sls_contract.cassettes.scrub.fragments import Fragments
from sls_contract.cassettes.scrub.index import SecretIndex
from sls_contract.cassettes.scrub.names import MASK, Kind
from sls_contract.cassettes.scrub.spellings import Secret, is_detectable
from sls_contract.cassettes.scrub.views import Edit, applied, disjoint
from sls_contract.exchange import wire_bytes, wire_text
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sls_contract.signing import Credentials

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
_STAND_IN = re.compile(rf"(?:{re.escape(_STS_ID)})?(?:{'|'.join(map(re.escape, _PUBLIC_BY_KIND.values()))})\d*")
_ID_SHAPE = re.compile(r"(?:LTAI|STS\.)[0-9A-Za-z]{12,}")
MOST_OTHERS = 4096
"""How many learnt cookies, passwords and the like are searched for: a service may set new ones with each answer."""


def is_public(value: str) -> bool:
    """Return whether a value is a replacement of ours, perhaps filled up with ``*``: nothing to hide."""
    bare = value.rstrip("*")
    return not bare or bare in _PUBLIC or bare.rstrip("0123456789") in _PUBLIC


def marker(signature: str) -> str:
    """Return the marked invalid signature that has the form of the given one."""
    form = "hex" if _HEX.fullmatch(signature) else "base64"
    return _MARKERS.get((form, len(signature)), MARKERS[0])


class SecretRegistry:
    """The secrets of a run: those given, and those learnt from what went by. Safe from any thread.

    Ids, key secrets, tokens and signatures are never forgotten. Of cookies, passwords and the like the last
    `MOST_OTHERS` are searched for; an older one is learnt again where it is met again.

    Attributes:
        given: what the run was given, to be searched for one by one.
        learnt: all else.
        pieces: what is left of them where a text was shortened.
        fragments: what is left of the given ones in other alphabets, or with other text in between.
        version: counts what was learnt, signatures of requests apart: no message holds one of a later request.

    """

    def __init__(self, credentials: Iterable[Credentials]) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._public: dict[str, str] = {}
        self._others: deque[str] = deque()
        self.learnt = SecretIndex()
        self.pieces = Pieces()
        self.version = 0
        self.given = tuple(secret for key in credentials for secret in self._kept(key))
        self.fragments = Fragments(self.given)
        for secret in self.given:
            self.pieces.add(secret)

    def masked(self, text: str) -> str:
        """Mask the public ids, secrets and tokens that stand in a text in the place of real ones."""
        return _STAND_IN.sub(MASK, text) if self._counts else text

    def public(self, kind: Kind, value: str) -> str:
        """Return what stands in the place of a secret; a new one is learnt, and hunted from now on."""
        if is_public(value):
            return value
        known = self._public.get(value)
        if known is not None:
            return known
        with self._lock:
            return self._public.get(value) or self._learn(kind, value)

    def remember(self, signature: str, stored: str) -> None:
        """Search for a sent signature, as it stands, in all that comes later; the stored one takes its place."""
        if signature in self._public or signature == stored or is_public(signature) or not is_detectable(signature):
            return
        padding = signature.endswith("=") and stored.endswith("=")  # who leaves it out shall not pass
        bare, public = (signature[:-1], stored[:-1]) if padding else (signature, stored)
        with self._lock:
            self.learnt.add(Secret.plain(wire_bytes(bare), wire_bytes(public), Kind.SIGNATURE))
            self._public[signature] = stored

    def cleaned(self, text: str) -> str:
        """Return one word or two of a header with the known secrets replaced that stand in it as they are."""
        data = wire_bytes(text)
        lowered = data.lower()
        known = (*self.given, *self.learnt.within(data, lowered))
        found = [Edit(*place, secret.kind) for secret in known for place in secret.places(lowered)]
        return wire_text(applied(data, disjoint(found))) if found else text

    def _learn(self, kind: Kind, value: str) -> str:
        if _ID_SHAPE.fullmatch(value):
            kind = Kind.ACCESS_KEY_ID
        public = self._new(kind, value)
        if is_detectable(value):
            secret = Secret.of(wire_bytes(value), wire_bytes(public), kind)
            self.learnt.add(secret)
            self.pieces.add(secret)
        if kind is Kind.OTHER:
            self._others.append(value)
            if len(self._others) > MOST_OTHERS:
                self._forget(self._others.popleft())
        self.version += 1
        self._public[value] = public  # at last: a thread that finds it known must find it hunted, and hunt once more
        return public

    def _forget(self, value: str) -> None:
        if secret := self.learnt.discard(wire_bytes(value)):
            self.pieces.discard(secret)
        del self._public[value]

    def _kept(self, key: Credentials) -> Iterator[Secret]:
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
