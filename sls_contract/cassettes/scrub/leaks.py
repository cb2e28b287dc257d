"""Look for secrets in bytes that were written: the run's own ones, and whatever is shaped or named like one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.scrubber import Scrubber
from sls_contract.exchange import wire_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sls_contract.cassettes.scrub.views import Edit
    from sls_contract.signing import Credentials

_AROUND = 40  # bytes of the line that are shown on either side
_UNSHOWN = re.compile(r"[^\S ]|[\x00-\x1f\x7f-\x9f\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret that stands in a file.

    Attributes:
        line: counted from 1; where the secret, or the encoded text that hides it, begins.
        kind: what it is: ``access key id``, ``security token``, ``encoded text`` …
        excerpt: the line around it, the secret itself as ``***``.

    """

    line: int
    kind: str
    excerpt: str


def leaks(data: bytes, secrets: Scrubber | Iterable[Credentials] = ()) -> tuple[Leak, ...]:
    """Return every secret that stands in the bytes of a file, in any spelling that the scrub knows.

    Args:
        data: the file.
        secrets: the scrubber of the run, or the credentials to look for. Key-shaped strings are found without any.

    """
    scrubber = secrets if isinstance(secrets, Scrubber) else Scrubber(secrets)
    edits = scrubber.edits(data)
    return tuple(_leak(data, edits, number) for number in range(len(edits)))


def _leak(data: bytes, edits: list[Edit], number: int) -> Leak:
    edit = edits[number]
    line_start = data.rfind(b"\n", 0, edit.start) + 1
    line_end = data.find(b"\n", edit.end)
    before = max(line_start, edit.start - _AROUND, edits[number - 1].end if number else 0)
    after = min(
        len(data) if line_end < 0 else line_end,
        edit.end + _AROUND,
        edits[number + 1].start if number + 1 < len(edits) else len(data),
    )
    shown = f"{wire_text(data[before : edit.start])}***{wire_text(data[edit.end : after])}"
    return Leak(data.count(b"\n", 0, edit.start) + 1, edit.kind, _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", shown))
