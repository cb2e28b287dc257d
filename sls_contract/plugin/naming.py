"""File names of cassettes: readable, and safe on any file system."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

from sls_contract.errors import UsageError

SUFFIX = ".sls.yaml"
YAML = (".yaml", ".yml")

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\s\ud800-\udc7f\udd00-\udfff]+')
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_ESCAPE = re.compile(r"\\\\|\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\U([0-9a-f]{8})")
_LONGEST = 150  # bytes: below 255 with a suffix and a journal's, also under encrypting file systems (143)
_DIGEST = 10
_NOT_IN_NAMES = re.compile(r'[<>:"\\|?*\x00-\x1f\x7f\ud800-\udfff]')
_WRONG: tuple[tuple[Callable[[str], object], str], ...] = (
    (lambda part: part == "..", "leaves it"),
    (lambda part: part in ("", "."), "is absolute, or has an empty part"),
    (_NOT_IN_NAMES.search, "contains a character that some file systems do not allow"),
    (_RESERVED.match, "contains a name that Windows reserves for a device"),
    (lambda part: part != part.strip(" ") or part.endswith("."), "contains a part that ends in a dot or a space"),
    (lambda part: len(part.encode()) > _LONGEST, f"has a part of more than {_LONGEST} bytes"),
    (lambda part: part.lower().endswith((".json", ".har")), "names another format; a cassette is YAML"),
)


def file_name(name: str) -> str:
    """Return the file name of a cassette; ``name`` is ``Class.test[param]``."""
    return safe(name) + SUFFIX


def marker_path(name: str) -> Path:
    """Return the path below the cassette folder that a marker names; `SUFFIX` is added to names without a YAML suffix.

    Raises `UsageError` for a name that is not a path below that folder on every file system.
    """
    parts = unicodedata.normalize("NFC", name).split("/")
    wrong = next((reason for part in parts for wrong, reason in _WRONG if wrong(part)), None)
    if wrong is not None:
        msg = (
            f"sls_cassette: name must be a path below the folder of cassettes, such as 'list' or 'groups/list.yaml'; "
            f"{name!r} {wrong}"
        )
        raise UsageError(msg)
    path = Path(*parts)
    return path if path.suffix.lower() in YAML else path.with_name(path.name + SUFFIX)


def shown(path: str) -> str:
    """Return a path relative to the current directory if it is below it."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def readable(test_name: str) -> str:
    """Return a test's name with the characters that pytest escaped (such as Chinese in a parameter)."""
    return _ESCAPE.sub(_character, test_name)


def _character(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    char = chr(int(digits, 16)) if digits else "\\"
    return char if digits and char.isprintable() else escape[0]


def safe(name: str) -> str:
    """Return the name as a file name: unsafe characters become ``_``, long names are cut and end in a digest.

    Two names that differ in more than casing never become the same file. If anything was replaced or cut, a digest of
    the original is added.
    """
    plain = unicodedata.normalize("NFC", name)
    clean = _UNSAFE.sub("_", plain).strip(". ") or "_"
    if _RESERVED.match(clean):
        clean = "_" + clean
    data = clean.encode("utf-8", "surrogateescape")  # a test file's name where the locale is not UTF-8
    cut = data[: _LONGEST - _DIGEST - 1].decode("utf-8", "ignore")
    if clean == name and len(data) <= _LONGEST:
        return clean
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
    return f"{cut}-{digest}"
