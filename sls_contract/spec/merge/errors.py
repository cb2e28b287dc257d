"""The errors of an operation, from the tables of its pages: one for each status and code, with every wording."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.spec.common_errors import COMMON, KnownError
from sls_contract.spec.contract import ErrorAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sls_contract.spec.merge.rules import Decision

_FILLED = re.compile(r"\{[^{}]*\}|\b(?:[a-z]+(?:[A-Z][a-z]*|ID)+|[A-Z][a-z]+(?:Name|ID|Id))\b")
"""What stands for a text that is filled in: in braces, or a name in camel case, as pages print it."""

_TWICE = re.compile(r"\b(\w+) (\1)\b", re.IGNORECASE)
"""A word and its own name: ``Invalid cursor cursor.``"""


def errors_of(decided: Mapping[str, Decision], spelled: Mapping[str, str]) -> tuple[ErrorAnswer, ...]:
    """Return the errors by status and code; those that any operation answers, in words that are known, are left out.

    ``spelled`` has the right spelling of each code, by the code in lower case.
    """
    found: dict[tuple[int, str], tuple[list[str], set[str]]] = {}
    for place, decision in decided.items():
        if place.startswith("error "):
            status, code = place.split()[1:]
            messages, sources = found.setdefault((int(status), spelled.get(code.lower(), code)), ([], set()))
            messages += decision.value if isinstance(decision.value, tuple) else ()
            sources |= set(decision.sources)
    errors = (_error(status, code, *said) for (status, code), said in sorted(found.items()))
    return tuple(error for error in errors if not _is_common(error))


def spellings(codes: Iterable[str]) -> dict[str, str]:
    """Return the best spelling of each code, by the code in lower case: pages lost capitals here and there."""
    best: dict[str, str] = {}
    for code in sorted(codes, key=lambda each: (sum(map(str.isupper, each)), each)):
        best[code.lower()] = code
    return best


def _error(status: int, code: str, messages: Iterable[str], sources: Iterable[str]) -> ErrorAnswer:
    worded: list[str] = []
    for message in (with_placeholders(each, code) for each in messages):
        if not KnownError(status, code, tuple(worded), ()).says(message):
            worded.append(message)
    return ErrorAnswer(status=status, code=code, messages=tuple(worded), sources=tuple(sorted(sources)))


def with_placeholders(message: str, code: str) -> str:
    """Put what is filled in in braces: ``Logstore logstoreName …`` becomes ``Logstore {logstoreName} …``."""
    marked = _FILLED.sub(lambda found: _in_braces(found[0]) if found[0] != code else code, message)
    return _TWICE.sub(r"\1 {\2}", marked)


def _in_braces(name: str) -> str:
    return name if name.startswith("{") else f"{{{name}}}"


def _is_common(error: ErrorAnswer) -> bool:
    """Return whether an error is one that any operation may answer, in words that are known of it."""
    known = [each for each in COMMON if each.status == error.status and each.code == error.code]
    return bool(known) and all(any(each.says(message) for each in known) for message in error.messages)
