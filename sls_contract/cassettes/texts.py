"""Lists of texts from a user: a single text would be iterated as its characters, and is refused."""

from __future__ import annotations

from collections.abc import Iterable

from sls_contract.errors import UsageError


def texts(name: str, given: Iterable[object]) -> tuple[str, ...]:
    """Return a list of texts; raises `UsageError` for any other value. Its message shows no text: it may be secret."""
    if isinstance(given, (str, bytes)):
        msg = f"{name}: expected a list of texts, got one text. How to fix: put it in brackets."
        raise UsageError(msg)
    listed = tuple(given)
    others = [type(each).__name__ for each in listed if not isinstance(each, str)]
    if others:
        msg = f"{name}: expected a list of texts, got one that contains {others[0]}. How to fix: give each as str."
        raise UsageError(msg)
    return tuple(each for each in listed if isinstance(each, str))
