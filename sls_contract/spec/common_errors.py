"""The errors that any operation may answer, and what codes mean: what stands in ``schemas/errors.json``.

The tables of 2018 to 2021 and of today, and answers observed since.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sls_contract.spec.error_record import KnownError
from sls_contract.spec.installation import readable, shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "errors.json"


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
