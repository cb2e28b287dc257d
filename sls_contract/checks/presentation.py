"""Format values for messages: short, printable, without secrets."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sls_contract.spec import Finding

LONGEST = 120
"""The most characters of a value that a finding shows."""

_MASK = "***"
_SHORTEST_SECRET = 6  # shorter ones also occur by chance
_KEY_SHAPED = re.compile(r"\bLTAI[0-9A-Za-z]{8,}|\bSTS\.[0-9A-Za-z]{12,}")
_MOST_DIGITS = 25  # of an integer that is shown; of longer ones only the length is
_BITS_PER_DIGIT = 3.3219  # the binary logarithm of 10
_PUBLIC_ID = "STS.testAccessKeyId"


def shown(value: Any) -> str:
    """Format a value: scalars as JSON, containers by a summary; at most `LONGEST` characters and an ellipsis."""
    if isinstance(value, dict):
        return shortened(f"an object with {', '.join(map(_json, list(value)[:10]))}" if value else "an empty object")
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_MOST_DIGITS:
        return f"an integer of about {int(value.bit_length() / _BITS_PER_DIGIT) + 1} digits"
    return shortened(_json(value))


def shown_apart(wanted: Any, actual: Any) -> tuple[str, str]:
    """Format two different values, with escapes if they would look the same, such as two forms of one letter."""
    both = shown(wanted), shown(actual)
    if normalize("NFKC", both[0]) != normalize("NFKC", both[1]):
        return both
    return shortened(json.dumps(wanted, default=repr)), shortened(json.dumps(actual, default=repr))


def shortened(text: str) -> str:
    """Cut a text to `LONGEST` characters, with an ellipsis if anything was cut."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def masked(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace known secrets and anything that looks like an access key id by ``***``; escape unprintable characters."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, _MASK)
    text = _KEY_SHAPED.sub(lambda found: found[0] if found[0] == _PUBLIC_ID else _MASK, text)
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def masked_finding(finding: Finding, secrets: Collection[str]) -> Finding:
    """Return a finding with each text masked by `masked`."""
    return replace(
        finding,
        where=masked(finding.where, secrets),
        expected=masked(finding.expected, secrets),
        actual=masked(finding.actual, secrets),
        how_to_fix=masked(finding.how_to_fix, secrets),
    )


def _json(value: Any) -> str:
    text = value[: LONGEST + 1] if isinstance(value, str) else value
    return json.dumps(text, ensure_ascii=False, default=repr)


def escaped(key: str) -> str:
    """Escape a key for a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def steps_of(pointer: str) -> list[str]:
    """Return the keys and indexes of a JSON pointer."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
