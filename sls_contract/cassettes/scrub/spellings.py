"""How one secret can be spelled where no escape gives it away: other casing, hex, UTF-16, ``+`` as space, base64.

Only values that can be told from ordinary text are searched for everywhere: from 16 characters on; from 8 on where
digits, capitals or signs are mixed in; other words of 8 and more as whole words. Shorter ones would shred unrelated
text: they are replaced where they are known to stand (Authorization, token header, keys that announce a secret).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.names import Kind
from sls_contract.cassettes.scrub.views import plain
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST = 8
SURE = 16
"""Bytes from which on a secret is unlike any other text, however it was put together."""

_WIDE = ("utf-16-le", "utf-32-le")
_PLAIN_WORD = re.compile(rb"[a-z]+|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_WORD = re.compile(rb"[0-9A-Za-z_-]")
#: Words of this protocol: never hunted, whatever somebody chose as a key.
_VOCABULARY = frozenset(
    {
        "accept-encoding",
        "accesskey",
        "aliyun_v4_request",
        "content-encoding",
        "sls4-hmac-sha256",
        "transfer-encoding",
        "x-acs-security-token",
        "x-log-bodyrawsize",
        "x-log-compresstype",
        "x-log-content-sha256",
        "x-log-signaturemethod",
        "accesskeyid",
        "accesskeysecret",
        "aliyuncs",
        "application",
        "application/json",
        "authorization",
        "checkpoint",
        "cn-hangzhou",
        "consumer",
        "consumergroup",
        "consumergroups",
        "content-length",
        "content-md5",
        "content-type",
        "errorcode",
        "errormessage",
        "heartbeat",
        "hmac-sha1",
        "hmac-sha256",
        "keep-alive",
        "logstore",
        "logstores",
        "my-logstore",
        "my-project",
        "password",
        "securitytoken",
        "signature",
        "signaturenotmatch",
        "unauthorized",
        "updatetime",
        "user-agent",
        "x-log-apiversion",
        "x-log-requestid",
    }
)
_PUBLIC_TEXT = "\n".join(
    (
        TEST_CREDENTIALS.access_key_id,
        TEST_CREDENTIALS.access_key_secret,
        TEST_STS_CREDENTIALS.access_key_id,
        TEST_STS_CREDENTIALS.access_key_secret,
        str(TEST_STS_CREDENTIALS.security_token),
    )
).lower()


def is_detectable(value: str) -> bool:
    """Return whether a value is long and odd enough to be searched for wherever it may stand."""
    return len(value) >= SHORTEST and value.lower() not in _VOCABULARY


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, what stands in its place, and how it may be spelled.

    Attributes:
        value: the secret.
        public: its replacement.
        kind: what it is.
        whole: found as a whole word only.
        folded: spellings to be found in lower-cased text, each with its replacement.
        hexadecimal: its spelling in hex, in lower case.
        windows: the part of its base64 that does not depend on what stands around it, at each of three alignments.

    """

    value: bytes
    public: bytes
    kind: Kind
    whole: bool
    folded: tuple[tuple[bytes, bytes], ...]
    hexadecimal: bytes
    windows: tuple[bytes, ...]

    @classmethod
    def of(cls, value: bytes, public: bytes, kind: Kind) -> Secret:
        """Work the spellings out once."""
        text = value.lower()
        folded = [(text, public), *[(_spaced(text, code), _spaced(public, code)) for code in _WIDE]]
        if b"+" in value:
            folded.append((text.replace(b"+", b" "), public))
        if b"+" in value or b"/" in value:
            folded.append((_url_safe(text), _url_safe(public)))
        bare = plain(text).lower()
        if bare != text and len(bare) >= SHORTEST:  # what looks like an escape is undone with real ones
            folded.append((bare, public))
        if kind is not Kind.SIGNATURE:  # of which there is one an exchange; services echo no dump of it
            folded += [(value.hex(sign).encode(), public.hex(sign).encode()) for sign in " :"]
            folded += [(_listed(value, sign), _listed(public, sign)) for sign in (",", ", ", " ")]
            folded += [(_in_code(value, sign), _in_code(public, sign)) for sign in (",", ", ")]
        hexadecimal, windows, alone = _spelled(value)
        return cls(value, public, kind, alone, tuple(folded), hexadecimal, windows)

    @classmethod
    def plain(cls, value: bytes, public: bytes, kind: Kind) -> Secret:
        """Take a secret that is searched for as it stands, in any casing: one of many, such as signatures."""
        text = value.lower()
        return cls(value, public, kind, False, ((text, public),), b"", ())

    @property
    def needles(self) -> tuple[bytes, ...]:
        """What gives the secret away in lower-cased text."""
        return (*(text for text, _ in self.folded), *([self.hexadecimal] if self.hexadecimal else []))

    def stands_in(self, data: bytes, lowered: bytes) -> bool:
        """Return whether a text, or the same in lower case, holds one of the spellings."""
        return any(map(lowered.__contains__, self.needles)) or any(map(data.__contains__, self.windows))

    def places(self, lowered: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield each place (start, end) in lower-cased text, with what belongs there."""
        for start, end, new in _places(lowered, self.folded):
            if not self.whole or _stands_alone(lowered, start, end):
                yield start, end, new


def _places(text: bytes, spellings: tuple[tuple[bytes, bytes], ...]) -> Iterator[tuple[int, int, bytes]]:
    for needle, new in spellings:
        at = text.find(needle)
        while at >= 0:
            end = at + len(needle)
            yield at, end, new
            at = text.find(needle, end)


def _stands_alone(text: bytes, start: int, end: int) -> bool:
    return not _WORD.match(text, end) and not (start and _WORD.match(text, start - 1))


@lru_cache(maxsize=4)  # a signature is searched for twice, with two replacements
def _spelled(value: bytes) -> tuple[bytes, tuple[bytes, ...], bool]:
    """Return the hex and base64 of a secret, and whether it is found as a whole word only."""
    text = value.lower()
    whole = (len(value) < SURE and bool(_PLAIN_WORD.fullmatch(value))) or text.decode("latin-1") in _PUBLIC_TEXT
    return text and value.hex().encode(), tuple(_windows(value)), whole


def _listed(text: bytes, sign: str) -> bytes:
    """Return a text as the list of its bytes, as Go, Java and JSON of a Buffer of Node print it."""
    return sign.join(map(str, text)).encode()


def _in_code(text: bytes, sign: str) -> bytes:
    """Return a text as the list of its bytes in hex, as source code and dumps have it: ``0x4c, 0x54``."""
    return sign.join(f"0x{byte:02x}" for byte in text).encode()


def _spaced(text: bytes, code: str) -> bytes:
    """Return a text as UTF-16 or UTF-32 has it, but for the zeros at one end."""
    return text.decode("latin-1").encode(code).rstrip(b"\0")


def _windows(value: bytes) -> Iterator[bytes]:
    """Yield the base64 of a value behind 0, 1 and 2 unknown bytes, without the characters shared with neighbours."""
    for ahead in range(3):
        text = base64.b64encode(bytes(ahead) + value)
        window = text[-(-8 * ahead // 6) : 8 * (ahead + len(value)) // 6]
        yield window
        if b"+" in window or b"/" in window:
            yield _url_safe(window)


def _url_safe(text: bytes) -> bytes:
    """Return base64 in the alphabet of URLs."""
    return text.replace(b"+", b"-").replace(b"/", b"_")
