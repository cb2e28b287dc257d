"""The errors that any operation may answer, and what codes mean: what stands in ``schemas/errors.json``.

The tables of 2018 to 2021 and of today, and answers observed since; and when a message is one of the wordings.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sls_contract.spec.installation import readable, shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "errors.json"

Origin: TypeAlias = Literal["page", "live", "sdk"]
"""Who names an error: a page of the service; a recorded answer of it; only the code of an official client."""

LONGEST_MESSAGE = 10_000
"""In characters: a longer message is no known wording. It bounds the time that matching takes."""

_PIECE = re.compile(r"(?P<filled>\{[^}]*\})|(?P<colon> ?:)|(?P<does>\bdo(?:es|se)\b)|(?P<literal>[^{: d]+|.)")
_LOOSE = {"filled": ".*", "colon": " ?:", "does": "do(?:es|se)"}


@dataclass(frozen=True, slots=True)
class KnownError:
    """One error, as (status, code); a code that came with two statuses has two records.

    Attributes:
        status: the HTTP status; None where no source gives it.
        code: the ``errorCode``.
        wordings: what ``errorMessage`` may say; ``{…}`` stands for text that is filled in.
        operations: the operations that may answer it; empty for any operation.
        sources: where it was printed or observed.
        origin: the strongest of them.
        free: whether the service also explains it in words of its own: no message is unexpected.

    """

    status: int | None
    code: str
    wordings: tuple[str, ...]
    sources: tuple[str, ...]
    operations: tuple[str, ...] = ()
    origin: Origin = "page"
    free: bool = False

    def may_answer(self, operation: str) -> bool:
        """Tell whether an operation, by name, may answer it."""
        return not self.operations or operation in self.operations

    def says(self, message: str) -> bool:
        """Tell whether a message is one of the wordings, drift overlooked."""
        return len(message) <= LONGEST_MESSAGE and any(_pattern(each).fullmatch(message) for each in self.wordings)


@cache
def _pattern(wording: str) -> re.Pattern[str]:
    """Make a wording a pattern that overlooks capitals, final full stop, space before a colon, and ``dose``."""
    loose = "".join(
        _LOOSE.get(str(piece.lastgroup)) or re.escape(piece.group()) for piece in _PIECE.finditer(wording.rstrip("."))
    )
    return re.compile(rf"{loose}\.?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means, what to do next, each one sentence without its full stop, and a command that helps."""

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
    given: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in plain.items()}
    return KnownError(**given)


COMMON, CODE_NOT_TOLD, MEANINGS = _read()
"""What any operation may answer; messages whose ``errorCode`` no source shows; meanings by code."""
