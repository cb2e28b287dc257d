"""Parse cursors: base64 of a decimal number that grows along a shard.

Source: every cursor and checkpoint printed in the documentation; the Python SDK subtracts one to get the previous.
"""

from __future__ import annotations

from binascii import Error, a2b_base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 40  # digits; a real one has 19
_BLOCK = 4  # characters


def decoded(text: str) -> int | None:
    """Return the number of a cursor; None if the text is not a cursor.

    Padding may be missing, as in the table of the PullLogs page. A line feed may follow, as in the cursors that the
    Python SDK computes.
    """
    text = text.removesuffix("\n")
    try:
        digits = a2b_base64(padded(text), strict_mode=True)
    except (Error, ValueError):
        return None
    return int(digits) if digits.isdigit() and len(digits) <= _LONGEST else None


def padded(text: str) -> str:
    """Return base64 with the padding that it lacks."""
    return text + "=" * (-len(text) % _BLOCK)


def refuses_cursor(error: Mapping[str, Any]) -> bool:
    """Return whether the body of a 400 refuses the cursor of the request; source: PullLogs pages, error codes."""
    code, message = error.get("errorCode"), str(error.get("errorMessage"))
    return code == "InvalidCursor" or (code == "ParameterInvalid" and "cursor" in message.lower())
