"""Lists of texts that a user gives: one text in place of a list would be taken for the list of its letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def texts(name: str, given: Iterable[str]) -> tuple[str, ...]:
    """Return a list as given; raises `UsageError` for anything else. No text is shown: it may be a secret."""
    if isinstance(given, (str, bytes)):
        msg = f"{name}: expected a list of texts, got one text. How to fix: put it in brackets."
        raise UsageError(msg)
    listed: tuple[object, ...] = tuple(given)
    for each in listed:
        if not isinstance(each, str):
            holds = type(each).__name__
            msg = f"{name}: expected a list of texts, got one that holds {holds}. How to fix: give each as str."
            raise UsageError(msg)
    return tuple(map(str, listed))
