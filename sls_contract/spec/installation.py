"""Locates the layers and generated files of the contracts: in the installed package or in a checkout."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.errors import PAUSE_FAKE_FILES, UsageError, files_are_fake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

HIDDEN = f"pyfakefs hides the real files, including the contracts of sls-contract\nHow to fix: {PAUSE_FAKE_FILES}."
INSTALLED, FOLDER = "_schemas", "schemas"
_PACKAGE = "sls_contract"


def schema_folder() -> Traversable:
    """Return the folder of schemas: inside the installed package, or in the checkout."""
    from importlib.resources import files

    installed = files(_PACKAGE) / INSTALLED
    return installed if installed.is_dir() else checkout(Path(str(files(_PACKAGE)))) / FOLDER


def shipped(name: str) -> Traversable:
    """Return a shipped file. Ordinary files are found without importlib.resources, because that import is slow."""
    package = Path(__file__).parent.parent
    files = (folder / name for folder in (package / INSTALLED, package.parent / FOLDER))
    return next((file for file in files if file.is_file()), None) or schema_folder() / name


@contextmanager
def readable(file: Traversable, what: str, fix: str = "") -> Iterator[None]:
    """Raise `UsageError` if the block cannot read a shipped file; ``what`` describes its content."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if files_are_fake():
            raise UsageError(HIDDEN) from error
        msg = f"expected {what} in {file}, which cannot be read{fix or f': {error!r:.100}'}"
        raise UsageError(msg) from error


def checkout(package: Path) -> Path:
    """Return the checkout that contains a package folder; raises `UsageError` if the package is installed."""
    project = package.parent / "pyproject.toml"
    if project.is_file() and 'name = "sls-contract"' in project.read_text(encoding="utf-8"):
        return package.parent
    if files_are_fake():
        raise UsageError(HIDDEN)
    msg = f"expected a checkout of sls-contract (pyproject.toml beside {package}), found none; clone the repository"
    raise UsageError(msg)
