"""Regular expressions that are compiled on first use: a run that only plays recordings uses few of them."""

from __future__ import annotations

import re
from functools import cache


@cache
def compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Return a pattern, compiled once."""
    return re.compile(pattern)
