"""Names of secrets: header fields, query keys, JSON keys, cookies, XML elements."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

MASK = "***"
"""The replacement of a secret without a public counterpart."""


class Kind(StrEnum):
    """The kind of a secret; it decides the replacement."""

    ACCESS_KEY_ID = "access key id"
    ACCESS_KEY_SECRET = "access key secret"  # noqa: S105 - a word, not a secret
    SECURITY_TOKEN = "security token"  # noqa: S105 - a word, not a secret
    SIGNATURE = "signature"
    OTHER = "secret"


#: Endings of names, by kind. A space means ``-``, ``_`` or nothing; casing does not matter.
_WORDS = (
    (Kind.ACCESS_KEY_ID, "access key id|access id|secret id"),
    (Kind.ACCESS_KEY_SECRET, "access key secret|access secret|secret access key|secret key|access key|signing key"),
    (Kind.SECURITY_TOKEN, "security token|sts token|session token|安全令牌"),
    (Kind.SIGNATURE, "signature"),
    (Kind.OTHER, "secret|password|passwd|passphrase|private key|api key|account key|credentials|密码|口令|密钥|私钥"),
    (Kind.OTHER, "access token|refresh token|id token|auth token|bearer token|csrf token|(?<![a-z0-9])x token"),
)
#: Names only as whole words: ``nextToken`` does not count.
_STANDALONE = "token|pwd"
_PATTERNS = (
    *((kind, words.replace(" ", "[-_]?")) for kind, words in _WORDS),
    (Kind.OTHER, f"(?<![a-z0-9_-])(?:{_STANDALONE})"),
)
#: Ambiguous names: their value counts only if it looks random.
_POSSIBLE = (
    (Kind.SIGNATURE, "sig|sign"),
    (Kind.OTHER, "auth|authorization|authentication|ak|sk|pass|passcode"),
    (Kind.OTHER, "auth key|ca key|app key|encrypt key|encryption key|functions key|master key|shared key"),
    (Kind.OTHER, "subscription key|api token|app token|device token|jwt token|login token|oauth token"),
    (Kind.OTHER, "private token|user token|vault token|xsrf token"),
)
_POSSIBLE_ENDING = re.compile(
    "(?<![0-9a-z])(?:x[-_]?)?(?:" + "|".join(f"({words.replace(' ', '[-_]?')})" for _, words in _POSSIBLE) + ")$"
)
_OPAQUE = re.compile(rb"[0-9A-Za-z+/=._~-]{16,}")
_MIXED = re.compile(
    rb"(?=[^._~-]*[0-9])(?=[^._~-]*[A-Z])(?=[^._~-]*[a-z])[^._~-]{12}|(?:[0-9a-f]{32}|[0-9A-F]{32})(?![^._~-])"
)
#: What people, tools and programs write where they removed a secret, or where none is set.
_FILLER_WORD = (
    "(?:your|my|the|a|an|x|access|api|auth|secret|security|token|key|id|value|password|passwd|header|data|test|by|vcr)"
)
_FILLER = (
    rf"(?:{_FILLER_WORD}[ _-])*"
    "(?:redacted|removed|filtered|sanitized|scrubbed|masked|hidden|dummy|fake|placeholder)"
    rf"(?:[ _-]{_FILLER_WORD})*"
    "|x+|null|none|nil|undefined|true|false"
)
_LONGEST_PLACEHOLDER = 64  # characters; a long value would be matched in quadratic time
_PLACEHOLDER = re.compile(
    rf"[\W_]*(?:{_FILLER})[\W_]*"
    r"|<[a-z _.-]+>|\$\{\w+\}|\{\{[^{}]*\}\}"  # <your token>, ${TOKEN}, {{ token }}
    r"|.|[\W_]{2}|[\W_]*\s[\W_]*",  # delimiters
    re.IGNORECASE | re.DOTALL,
)
# ``testAccessKeyId``, the public key, is a value and no name.
_ENDING = re.compile("(?<!test)(?<!teststs)(?:" + "|".join(f"({words})" for _, words in _PATTERNS) + ")$")
_KINDS = tuple(kind for kind, _ in _PATTERNS)


def _last_words(names: Iterable[str]) -> tuple[bytes, ...]:
    words = "|".join(names).split("|")
    return tuple(dict.fromkeys(name.split()[-1].encode() for name in words if not name.endswith(" id")))


LAST_WORDS = _last_words((*(words for _, words in _WORDS), _STANDALONE))
"""Every unambiguous name ends in one of these, or in one of them and ``id``."""
POSSIBLE_LAST_WORDS = tuple(word for word in _last_words(words for _, words in _POSSIBLE) if word not in (b"ak", b"sk"))
"""Every ambiguous name ends in one of these, except ``ak`` and ``sk``, which `shapes` finds by their values."""
MAX_NAME = 24  #: characters of the longest name


@lru_cache(maxsize=2048)
def kind_of(name: str) -> Kind | None:
    """Return the kind of secret that a name denotes (``x-acs-security-token``, ``AccessKeyId``); else None."""
    found = _ENDING.search(name.lower())
    return _KINDS[found.lastindex - 1] if found and found.lastindex else None


@lru_cache(maxsize=2048)
def possible_kind_of(name: str) -> Kind | None:
    """Return the kind of secret that a name denotes if its value `looks_random` (``X-Auth``, ``sig``)."""
    found = _POSSIBLE_ENDING.search(name.lower())
    return _POSSIBLE[found.lastindex - 1][0] if found and found.lastindex else None


def is_placeholder(value: str) -> bool:
    """Return whether a value stands where a secret could be, but is none: ``[REDACTED]``, ``${TOKEN}``, ``null``.

    Delimiters are no secrets, either: in the configuration of an index, ``token`` is a list of them.
    """
    return len(value) <= _LONGEST_PLACEHOLDER and _PLACEHOLDER.fullmatch(value) is not None


def looks_random(value: bytes) -> bool:
    """Return whether a value looks random: long, mixed characters, not words with separators."""
    return _OPAQUE.fullmatch(value) is not None and _MIXED.search(value) is not None
