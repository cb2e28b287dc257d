"""The table of errors of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.spec.known_errors import KNOWN_ERRORS

if TYPE_CHECKING:
    from sls_contract.spec.claims import Page
    from sls_contract.spec.pages.parts import Parts

_STATUS = re.compile(r"[1-5]\d\d")
_CODE = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+)*")
_MISSPELT = re.compile(r"\b(?:dose|invalided|alreay|exsit|exsits|exits not|faild)\b", re.IGNORECASE)


def error_claims(page: Page, parts: Parts) -> None:
    """Claim each error of the page's own table: its status, code and messages, as printed; list what is misspelt."""
    known = {error.code for error in KNOWN_ERRORS} | {row.code for row in parts.error_rows}
    for row in parts.error_rows:
        if not _STATUS.fullmatch(row.status) or not _CODE.fullmatch(row.code):
            page.problem(row.line, "error-spelling", "errors", f"{row.status} {row.code}")
            continue
        page.seen(f"error {row.status} {row.code}", row.line)
        messages = page.errors.setdefault((int(row.status), row.code), [])
        if row.message and row.message not in messages:
            messages.append(row.message)
        if any(row.code != code and row.code.lower() == code.lower() and _better(code, row.code) for code in known):
            page.problem(row.line, "error-spelling", f"code {row.code}", row.code)
        if found := _MISSPELT.search(row.message):
            page.problem(row.line, "error-spelling", f"message of {row.code}", found[0])


def _better(code: str, printed: str) -> bool:
    """Tell whether a spelling sets more of its words apart by capitals."""
    return sum(map(str.isupper, code)) > sum(map(str.isupper, printed))
