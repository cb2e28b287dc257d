"""Derives the errors of an operation from the table of errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.spec.pages.glued_errors import CODES
from sls_contract.spec.pages.routes import Names, is_slip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sls_contract.spec.claims import Page
    from sls_contract.spec.pages.error_rows import ErrorRow
    from sls_contract.spec.pages.parts import Parts

_STATUS = re.compile(r"[1-5]\d\d(?!\d|\s*(?:[-–—~～至到]|to\b)\s*[1-5]\d\d).*", re.DOTALL)
_STATUSES = re.compile(r"(?:^|[/,，、;；|\n]\s*|\b(?:or|and)\s+|或)([1-5]\d\d)(?!\d)")
_CODE = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+)*")
_MIN_LENGTH = 5
_MISSPELT = re.compile(  # as printed on pages
    r"\b(?:dose|invalided|alreay|exsits?|exits not|faild|postive|sucess\w*|recieve\w*|occured|lenght)\b", re.IGNORECASE
)

_NEXT_WORD = re.compile(r"(?:does|is|already|must|exists?)$")
"""What follows a name in messages, here without a blank between them."""
_WORDS = frozenset(word.lower() for code in CODES for word in re.findall(r"[A-Z][a-z]{6,}", code))
"""The long words of the codes: a shorter one with a letter more or less can be another word."""


def error_claims(page: Page, parts: Parts) -> None:
    """Add the claims about each error in the page's table, as printed; record misspellings."""
    members = (name for body in (page.body, page.response) for _, name in body.members)
    names = Names(name.lower() for name in (*page.query, *page.path_parameters, *members))
    capitals = _most_capitals(row.code for row in parts.error_rows)
    for row in parts.error_rows:
        statuses = _STATUSES.findall(row.status) if _STATUS.fullmatch(row.status) else []
        if not statuses or not _CODE.fullmatch(row.code):
            page.problem(row.line, "error-spelling", "errors", f"{row.status} {row.code}")
            continue
        for status in statuses:
            page.add_line(f"error {status} {row.code}", row.line)
            messages = page.errors.setdefault((int(status), row.code), [])
            if row.message and row.message not in messages:
                messages.append(row.message)
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", row.code)
        is_misspelt = row.code not in CODES and (_MISSPELT.search(words) or _misspelt_word(words))
        if is_misspelt or capitals[row.code.lower()] > _capitals(row.code):
            page.problem(row.line, "error-spelling", f"code {row.code}", row.code)
        _report_row(page, row, names)


def _report_row(page: Page, row: ErrorRow, names: Names) -> None:
    """Record a status that the row does not print, and a message that is unread or misspelt."""
    if row.repeats:
        page.problem(row.line, "error-spelling", f"status of {row.code}", f"none; {row.status} in the row above")
    if row.unread:
        page.problem(row.line, "error-spelling", f"message of {row.code}", row.unread)
    found = _MISSPELT.search(row.message)
    if word := found[0] if found else _misspelt_word(row.message) or _misspelt_name(row.message, names):
        page.problem(row.line, "error-spelling", f"message of {row.code}", word)


def _misspelt_word(text: str) -> str | None:
    """Return the word that lacks a letter of a word of the codes, has one more, or two in the other order, or None."""
    for found in re.finditer(r"[A-Z]?[a-z]{5,}", text):
        printed = found[0].lower()
        for known in sorted(_WORDS - {printed}):
            is_other = known.startswith(printed) or printed.startswith(known) or printed[0] != known[0]
            same_letters = sorted(printed) == sorted(known) or len(printed) != len(known)
            if same_letters and not is_other and is_slip(printed, known):
                return found[0]
    return None


def _misspelt_name(message: str, names: Names) -> str | None:
    """Return the word of a message that misspells a parameter's name by a letter, or runs on after it, or None."""
    for found in re.finditer(rf"[A-Za-z]{{{_MIN_LENGTH},}}", message):
        word = found[0]
        name = _NEXT_WORD.sub("", word.lower())
        if name != word.lower() and any(name in (each, each[:-1]) for each in names.near(name, 1)):
            return word
        near = names.near(word.lower(), 1) or names.swapped(word.lower())
        if near and _is_other(word, near[0]):
            return word
    return None


def _is_other(word: str, name: str) -> bool:
    """Return whether a word is not the beginning of a name or more than it, as any word in lower case, or its plural.

    A word with a capital inside is a name: one that lacks its last letter is misspelt.
    """
    printed = word.lower()
    is_name = any(map(str.isupper, word[1:])) and "s" not in {name.removeprefix(printed), printed.removeprefix(name)}
    return printed != name and (is_name or not (name.startswith(printed) or printed.startswith(name)))


def _most_capitals(codes: Iterable[str]) -> dict[str, int]:
    """Return how many capitals the spelling of each code that separates most words has, by the code in lower case."""
    most: dict[str, int] = {}
    for code in CODES.union(codes):
        most[code.lower()] = max(_capitals(code), most.get(code.lower(), 0))
    return most


def _capitals(code: str) -> int:
    return sum(map(str.isupper, code))
