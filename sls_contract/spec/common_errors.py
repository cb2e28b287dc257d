"""The errors that any operation can return, and the meanings of error codes, read from ``schemas/errors.json``.

The file combines the service's tables of 2018 to 2021, the current one, and responses observed since. This module also
decides whether a message is a known wording.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

from sls_contract.spec.installation import readable, shipped

FILE = "errors.json"

Origin: TypeAlias = Literal["page", "live", "sdk"]
"""The source of an error: a page of the service, a recorded response, or only the code of an official client."""

LONGEST_MESSAGE = 10_000
"""In characters: a longer message is never a known wording. This bounds the time of matching."""

_PIECE = re.compile(r"(?P<filled>\{[^}]*\})|(?P<colon> ?:)|(?P<does>\bdo(?:es|se)\b)|(?P<literal>[^{: d]+|.)")
_LOOSE = {"filled": ".*", "colon": " ?:", "does": "do(?:es|se)"}  # the service writes "dose" in some messages


@dataclass(frozen=True, slots=True)
class KnownError:
    """An error, identified by status and code; a code that was seen with two statuses has two records.

    Attributes:
        status: the HTTP status; None if no source gives it.
        code: the ``errorCode``.
        wordings: the known ``errorMessage`` texts; ``{…}`` is a placeholder for inserted text.
        operations: the operations that can return it; empty: any operation.
        sources: where it was printed or observed.
        origin: the strongest kind of source.
        free: whether the service also returns free text with this code, so that no message is unexpected.

    """

    status: int | None
    code: str
    wordings: tuple[str, ...]
    sources: tuple[str, ...]
    operations: tuple[str, ...] = ()
    origin: Origin = "page"
    free: bool = False

    def may_return(self, operation: str) -> bool:
        """Return whether an operation, by name, can return this error."""
        return not self.operations or operation in self.operations

    def says(self, message: str) -> bool:
        """Return whether a message is one of the wordings; the pattern of each ignores case and slight differences."""
        return len(message) <= LONGEST_MESSAGE and any(_pattern(each).fullmatch(message) for each in self.wordings)


@cache
def _pattern(wording: str) -> re.Pattern[str]:
    """Compile a wording; the pattern ignores case, a final full stop, space before a colon, and the typo ``dose``."""
    loose = "".join(
        _LOOSE.get(str(piece.lastgroup)) or re.escape(piece.group()) for piece in _PIECE.finditer(wording.rstrip("."))
    )
    return re.compile(rf"{loose}\.?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a code, the next step (each a sentence without its full stop), and a command that helps."""

    says: str
    then: str
    command: str = ""


def _read() -> tuple[tuple[KnownError, ...], KnownError, dict[str, Meaning]]:
    file = shipped(FILE)
    with readable(file, "the table of common errors"):
        table = json.loads(file.read_text(encoding="utf-8"))
        errors = tuple(map(_error, table["errors"]))
        meanings = {code: Meaning(**each) for code, each in table["meanings"].items()}
        return errors, _error(table["code_not_told"]), meanings


def _error(plain: Mapping[str, Any]) -> KnownError:
    attributes: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in plain.items()}
    return KnownError(**attributes)


COMMON, UNKNOWN_CODE, MEANINGS = _read()
"""The errors of any operation; the messages whose ``errorCode`` no source shows; meanings by code."""
