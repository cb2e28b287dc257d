"""Derives the claims of a file: a page, OpenAPI metadata, or an SDK."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sls_contract.spec.pages import Page

_MAX_BYTES = 16_000_000
"""Of a source; the service's longest page has 12,000."""
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_FIX_PAGE = "pass the page's Markdown, with its tables and code blocks."


def derived(path: Path, names: Sequence[str]) -> list[Page]:
    """Return the claims of a source: of each operation of a page; of all, or only the named ones, of a model.

    Raises `UsageError` for a source that cannot be read, and for an operation that it does not have.
    """
    from sls_contract.spec.models import derive_metadata, derive_sdk

    try:
        if path.is_dir():
            return _named(path, derive_sdk(path), names)
        text = _text(path)
        if path.suffix.lower() == ".json":
            return _named(path, derive_metadata(_json(path, text)), names)
    except OSError as error:
        named = error.filename or path
        msg = (
            f"expected a source that can be read, got {named}: {error.strerror}\n"
            "How to fix: name a page (.md), OpenAPI metadata (.json) or the SDK's folder."
        )
        raise UsageError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"expected UTF-8, got {path}, in which byte {error.start} is not UTF-8\nHow to fix: save it as UTF-8."
        raise UsageError(msg) from error
    except SyntaxError as error:
        msg = f"expected the folder of alibabacloud_sls20201230, got {path}: line {error.lineno} is no Python"
        raise UsageError(msg) from error
    return _pages(path, text)


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        msg = f"expected OpenAPI metadata, got {path}, which is no JSON at line {error.lineno}"
        raise UsageError(msg) from error
    except (ValueError, RecursionError) as error:
        msg = f"expected OpenAPI metadata, got {path}, which has too many digits in a number, or too many levels"
        raise UsageError(msg) from error


def _text(path: Path) -> str:
    """Return the text of a file; raises `UsageError` if it is too large, or no text."""
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        msg = f"expected at most {_MAX_BYTES} bytes, got {path}, which is larger\nHow to fix: {_FIX_PAGE}"
        raise UsageError(msg)
    text = content.decode("utf-8-sig")
    if "\0" in text:
        msg = f"expected UTF-8, got {path}, which contains NUL\nHow to fix: save it as UTF-8."
        raise UsageError(msg)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _pages(path: Path, text: str) -> list[Page]:
    from sls_contract.spec.pages import derive_each

    if _HTML.match(text):
        msg = f"expected Markdown, got {path}, which is HTML\nHow to fix: {_FIX_PAGE}"
        raise UsageError(msg)
    folder = path.resolve().parent.name
    return derive_each(
        text, folder if folder.isalpha() and folder[:1].isupper() else ""
    )  # such as GetCheckPoint/2024.md


def _named(path: Path, pages: Mapping[str, Page], names: Sequence[str]) -> list[Page]:
    """Return the pages of the named operations, or all; raises `UsageError` if there are none."""
    missing = [name for name in names if name not in pages]
    if missing or not pages:
        near = get_close_matches(missing[0], pages) if missing else []
        hint = f"; did you mean {near[0]}?" if near else ""
        msg = f"expected {path} to have {', '.join(missing) or 'operations'}, found {len(pages)} others{hint}"
        if not pages:
            msg = f"expected {path} to have operations, found none"
        raise UsageError(msg)
    return [pages[name] for name in names or sorted(pages)]
