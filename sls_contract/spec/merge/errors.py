"""The errors of an operation from the tables of its pages: an error for each status and code, with all wordings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.spec.common_errors import COMMON, KnownError
from sls_contract.spec.contract import ErrorResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sls_contract.spec.merge.rules import Decision

_FILLED = re.compile(r"\{[^{}]*\}|\b(?:[a-z]+(?:[A-Z][a-z]*|ID)+|[A-Z][a-z]+(?:Name|ID|Id))\b")
"""A placeholder for inserted text as pages print it: in braces, or a name in camel case."""

_TWICE = re.compile(r"\b(\w+) (\1)\b", re.IGNORECASE)
"""A word followed by a placeholder of the same name: ``Invalid cursor cursor.``"""


def errors_of(decided: Mapping[str, Decision], spelled: Mapping[str, str]) -> tuple[ErrorResponse, ...]:
    """Return the errors by status and code, without common errors in known wordings.

    ``spelled`` are the correct spellings of codes by the code in lower case.
    """
    found: dict[tuple[int, str], tuple[list[str], set[str]]] = {}
    for place, decision in decided.items():
        if place.startswith("error "):
            status, code = place.split()[1:]
            messages, sources = found.setdefault((int(status), spelled.get(code.lower(), code)), ([], set()))
            messages += decision.value if isinstance(decision.value, tuple) else ()
            sources |= set(decision.sources)
    errors = (_error(status, code, *texts) for (status, code), texts in sorted(found.items()))
    return tuple(error for error in errors if not _is_common(error))


def spellings(codes: Iterable[str]) -> dict[str, str]:
    """Return the best spelling of each code by the code in lower case; some pages print codes without capitals."""
    best: dict[str, str] = {}
    for code in sorted(codes, key=lambda each: (sum(map(str.isupper, each)), each)):
        best[code.lower()] = code
    return best


def _error(status: int, code: str, messages: Iterable[str], sources: Iterable[str]) -> ErrorResponse:
    worded: list[str] = []
    for message in (with_placeholders(each, code) for each in messages):
        if not KnownError(status, code, tuple(worded), ()).says(message):
            worded.append(message)
    return ErrorResponse(status=status, code=code, messages=tuple(worded), sources=tuple(sorted(sources)))


def with_placeholders(message: str, code: str) -> str:
    """Put placeholders in braces: ``Logstore logstoreName …`` becomes ``Logstore {logstoreName} …``."""
    marked = _FILLED.sub(
        lambda found: found[0] if found[0][0] == "{" or found[0] == code else f"{{{found[0]}}}", message
    )
    return _TWICE.sub(r"\1 {\2}", marked)


def _is_common(error: ErrorResponse) -> bool:
    """Return whether any operation can return this error, with only known wordings."""
    known = [each for each in COMMON if each.status == error.status and each.code == error.code]
    return bool(known) and all(any(each.says(message) for each in known) for message in error.messages)
