"""Names that announce a secret: header fields, query keys, JSON keys, cookies, XML elements."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

MASK = "***"
"""What stands in the place of a secret that has no public counterpart."""


class Kind(StrEnum):
    """What a secret is; decides what stands in its place."""

    ACCESS_KEY_ID = "access key id"
    ACCESS_KEY_SECRET = "access key secret"  # noqa: S105 - a word, not a secret
    SECURITY_TOKEN = "security token"  # noqa: S105 - a word, not a secret
    SIGNATURE = "signature"
    OTHER = "secret"


#: Endings of names, by kind. A space stands for ``-``, ``_`` or nothing; casing does not matter.
_WORDS = (
    (Kind.ACCESS_KEY_ID, "access key id|access id|secret id"),
    (Kind.ACCESS_KEY_SECRET, "access key secret|access secret|secret access key|secret key|access key|signing key"),
    (Kind.SECURITY_TOKEN, "security token|sts token|session token|安全令牌"),
    (Kind.SIGNATURE, "signature"),
    (Kind.OTHER, "secret|password|passwd|passphrase|private key|api key|account key|credentials|密码|口令|密钥|私钥"),
    (Kind.OTHER, "access token|refresh token|id token|auth token|bearer token|csrf token|x token"),
)
#: Names only where nothing stands before them: ``nextToken`` is none.
_LONELY = "token|pwd"
_PATTERNS = (
    *((kind, words.replace(" ", "[-_]?")) for kind, words in _WORDS),
    (Kind.OTHER, f"(?<![a-z0-9_-])(?:{_LONELY})"),
)
# ``testAccessKeyId`` is a value, no name: the public key itself announces nothing.
_ENDING = re.compile("(?<!test)(?<!teststs)(?:" + "|".join(f"({words})" for _, words in _PATTERNS) + ")$")
_KINDS = tuple(kind for kind, _ in _PATTERNS)

_NAMES = "|".join((*(words for _, words in _WORDS), _LONELY)).split("|")
LAST_WORDS = tuple(dict.fromkeys(name.split()[-1].encode() for name in _NAMES if not name.endswith(" id")))
"""Every name above ends in one of these, or in one of them and ``id``."""
LONGEST = 24  #: characters of the longest name


@lru_cache(maxsize=2048)
def kind_of(name: str) -> Kind | None:
    """Return the kind of secret that a name announces (``x-acs-security-token``, ``AccessKeyId``); else None."""
    found = _ENDING.search(name.lower())
    return _KINDS[found.lastindex - 1] if found and found.lastindex else None
