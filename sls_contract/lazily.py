"""Public names that are imported on first use, so that importing a package is cheap."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module


def lazy_names(package: str, **modules: tuple[str, ...]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package; ``modules`` lists the names of each of its modules."""
    places = {name: module for module, names in modules.items() for name in names}

    def find(name: str) -> object:
        if name not in places:
            msg = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(import_module(f"{package}.{places[name]}"), name)

    return find
