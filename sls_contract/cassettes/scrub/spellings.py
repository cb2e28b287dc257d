"""The spellings of a secret without visible escapes: casing, hex, UTF-16, ``+`` as space, base64.

Only values unlike ordinary text are searched for everywhere: from 16 characters; from 8 if digits, capitals or signs
are mixed in; other words from 8 characters as whole words. Shorter ones would garble unrelated text: they are replaced
only in known places (Authorization, token header, keys that denote a secret).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from sls_contract.cassettes.scrub.names import Kind, is_placeholder
from sls_contract.cassettes.scrub.views import fully_unescaped
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

MIN_LENGTH = 8
DISTINCTIVE = 16
"""Bytes; a secret of this length is never ordinary text."""

_LIST_STYLES = (("{}", ","), ("{}", ", "), ("{}", " "), ("0x{:02x}", ","), ("0x{:02x}", ", "))
_WIDE = ("utf-16-le", "utf-32-le")
_PLAIN_WORD = re.compile(rb"[a-z]+|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_WORD = re.compile(rb"[0-9A-Za-z_-]")
#: Bytes, because these words are no text to translate.
_PROTOCOL_WORDS = b"""
accept-encoding accesskey accesskeyid accesskeysecret aliyun_v4_request aliyuncs application application/json
authorization cn-hangzhou content-encoding content-length content-md5 content-type errorcode errormessage heartbeat
hmac-sha1 hmac-sha256 keep-alive my-logstore my-project password securitytoken signature signaturenotmatch
sls4-hmac-sha256 transfer-encoding unauthorized updatetime user-agent x-acs-security-token x-log-apiversion
x-log-bodyrawsize x-log-compresstype x-log-content-sha256 x-log-requestid x-log-signaturemethod
"""
_FIELDS = {"checkpoint", "consumer", "consumergroup", "consumergroups", "logstore", "logstores"}
#: Never searched for, even if they are used as a key.
_VOCABULARY = frozenset(_PROTOCOL_WORDS.decode().split()) | _FIELDS
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
    """Return whether a value is long and unusual enough to be searched for everywhere."""
    return len(value) >= MIN_LENGTH and value.lower() not in _VOCABULARY and not is_placeholder(value)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, its replacement, and its spellings.

    Attributes:
        value: the secret.
        public: its replacement.
        kind: the kind of secret.
        whole: found as a whole word only.
        folded: spellings to be found in lower-cased text, each with its replacement.
        hexadecimal: its spelling in hex, in lower case.
        windows: the part of its base64 that does not depend on the text around it, at each of three alignments.

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
        """Return a secret with its spellings."""
        text = value.lower()
        folded = [(text, public), *[(_wide(text, code), _wide(public, code)) for code in _WIDE]]
        if b"+" in value:
            folded.append((text.replace(b"+", b" "), public))
        if b"+" in value or b"/" in value:
            folded.append((_url_safe(text), _url_safe(public)))
        unescaped = fully_unescaped(text).lower()
        if unescaped != text and len(unescaped) >= MIN_LENGTH:  # the secret contains text that looks like an escape
            folded.append((unescaped, public))
        if kind is not Kind.SIGNATURE:  # each exchange has another, and services return no dump of it
            folded += [(value.hex(sign).encode(), public.hex(sign).encode()) for sign in " :"]
            folded += [(_byte_list(value, *style), _byte_list(public, *style)) for style in _LIST_STYLES]
        hexadecimal, windows, whole = _encodings(value)
        return cls(value, public, kind, whole, tuple(folded), hexadecimal, windows)

    @classmethod
    def verbatim(cls, value: bytes, public: bytes, kind: Kind) -> Secret:
        """Return a secret that is searched for verbatim, in any casing: cheaper, for signatures."""
        text = value.lower()
        return cls(value, public, kind, False, ((text, public),), b"", ())

    @property
    def needles(self) -> tuple[bytes, ...]:
        """The byte strings in lower-cased text that identify the secret."""
        return (*(text for text, _ in self.folded), *([self.hexadecimal] if self.hexadecimal else []))

    def occurs_in(self, data: bytes, lowered: bytes) -> bool:
        """Return whether a text, or its lower-cased copy, contains a spelling."""
        return any(map(lowered.__contains__, self.needles)) or any(map(data.__contains__, self.windows))

    def places(self, lowered: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Yield each place (start, end) in lower-cased text, with its replacement."""
        for start, end, new in _places(lowered, self.folded):
            if self.is_place(lowered, start, end):
                yield start, end, new

    def is_place(self, lowered: bytes, start: int, end: int) -> bool:
        """Return whether a spelling there is the secret, and not a part of a longer word."""
        if not self.whole:
            return True
        return not _WORD.match(lowered, end) and not (start and _WORD.match(lowered, start - 1))


def _places(text: bytes, spellings: tuple[tuple[bytes, bytes], ...]) -> Iterator[tuple[int, int, bytes]]:
    for needle, new in spellings:
        at = text.find(needle)
        while at >= 0:
            end = at + len(needle)
            yield at, end, new
            at = text.find(needle, end)


@lru_cache(maxsize=4)  # each signature is used twice, with two replacements
def _encodings(value: bytes) -> tuple[bytes, tuple[bytes, ...], bool]:
    """Return the hex and base64 of a secret, and whether it is found as a whole word only."""
    text = value.lower()
    whole = (len(value) < DISTINCTIVE and bool(_PLAIN_WORD.fullmatch(value))) or text.decode("latin-1") in _PUBLIC_TEXT
    return text and value.hex().encode(), tuple(_windows(value)), whole


def _byte_list(text: bytes, form: str, separator: str) -> bytes:
    """Return the list of a text's bytes, as programs print it or source code has it: ``76, 84``, ``0x4c, 0x54``."""
    return separator.join(map(form.format, text)).encode()


def _wide(text: bytes, code: str) -> bytes:
    """Return a text in UTF-16 or UTF-32, without the zeros at one end."""
    return text.decode("latin-1").encode(code).rstrip(b"\0")


def _windows(value: bytes) -> Iterator[bytes]:
    """Yield the base64 of a value after 0, 1 and 2 unknown bytes, without characters that these influence."""
    for offset in range(3):
        text = base64.b64encode(bytes(offset) + value)
        window = text[-(-8 * offset // 6) : 8 * (offset + len(value)) // 6]
        yield window
        if b"+" in window or b"/" in window:
            yield _url_safe(window)


def _url_safe(text: bytes) -> bytes:
    return text.replace(b"+", b"-").replace(b"/", b"_")
