"""Find secrets in written bytes: those of the run, and text that has the shape or the name of a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, islice, pairwise
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.scrubber import Scrubber
from sls_contract.exchange import wire_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sls_contract.cassettes.scrub.views import Edit
    from sls_contract.signing import Credentials

_CONTEXT_BYTES = 40  # bytes of the line on either side
_UNPRINTABLE = re.compile(r"[^\S ]|[\x00-\x1f\x7f-\x9f\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret in a file.

    Attributes:
        line: counted from 1; where the secret, or the encoded text that hides it, begins.
        kind: ``access key id``, ``security token``, ``encoded text`` …
        excerpt: the line around it, the secret itself as ``***``.

    """

    line: int
    kind: str
    excerpt: str


def leaks(data: bytes, secrets: Scrubber | Iterable[Credentials] = ()) -> tuple[Leak, ...]:
    """Return every secret in the bytes of a file, in any spelling that the scrub knows.

    ``secrets``: the scrubber of the run, or the credentials to look for; key-shaped strings are found without them.
    """
    scrubber = secrets if isinstance(secrets, Scrubber) else Scrubber(secrets)
    edits = scrubber.edits(data)
    starts, ends = [edit.start for edit in edits], [edit.end for edit in edits]
    lines = accumulate((data.count(b"\n", *since) for since in pairwise([0, *starts])), initial=1)
    return tuple(map(partial(_leak, data), edits, [0, *ends], [*starts[1:], len(data)], islice(lines, 1, None)))


def _leak(data: bytes, edit: Edit, left: int, right: int, line: int) -> Leak:
    """Return a leak with the line around it, between ``left`` and ``right`` only: a file may be one line."""
    left, right = max(left, edit.start - _CONTEXT_BYTES), min(right, edit.end + _CONTEXT_BYTES)
    before = data[left : edit.start].rpartition(b"\n")[2]
    after = data[edit.end : right].partition(b"\n")[0]
    shown = f"{wire_text(before)}***{wire_text(after)}"
    return Leak(line, edit.kind, _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", shown))
