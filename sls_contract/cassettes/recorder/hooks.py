"""Wraps methods on the classes of HTTP libraries, including libraries that are imported later.

A method is replaced on its class, once, by a function that calls ``around(original, self, *args, **kwargs)``. The class
itself stays, which covers existing objects, subclasses and other threads. This module imports no library.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Hook(NamedTuple):
    """One method to wrap: ``module.owner.method``, called through ``around``.

    ``owner`` is empty for a function of the module, and for a class that ``around(original)`` replaces with another.
    ``required``: the recorder cannot work without the method.
    """

    module: str
    owner: str
    method: str
    around: Callable[..., Any]
    required: bool = True


class Hooks:
    """A set of hooks, placed and removed as a whole. The caller holds a lock."""

    def __init__(self, hooks: Iterable[Hook]) -> None:
        self._by_module: dict[str, list[Hook]] = {}
        for hook in hooks:
            self._by_module.setdefault(hook.module, []).append(hook)
        self._patches: list[_Patch] = []
        self._added: set[tuple[type, str]] = set()
        self.not_wrapped: set[str] = set()
        self._finder = _Finder(self._by_module, self._wrap)

    def apply(self) -> None:
        """Wrap the methods of imported modules, and wrap those of the others when they are imported.

        Raises `CassetteError`, with nothing left wrapped, where a library lacks a method that the recorder needs.
        """
        sys.meta_path.insert(0, self._finder)
        try:
            for name in self._by_module:
                module = sys.modules.get(name)
                if module is not None:
                    self._wrap(module)
        except CassetteError:
            self.remove()
            raise

    def remove(self) -> None:
        """Restore every method, and stop watching imports."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        while self._patches:
            self._patches.pop().undo()
        self._added.clear()

    def reapply(self) -> None:
        """Wrap again every method that another tool has restored, as pytest-socket does after each test."""
        for patch in self._patches:
            patch.reapply()

    def _wrap(self, module: ModuleType) -> None:
        if self._finder not in sys.meta_path:  # the hooks were removed while the module was imported
            return
        for hook in self._by_module[module.__name__]:
            owner = _lookup(module, hook.owner)
            if hasattr(owner, hook.method):
                self._patches.append(_wrap(owner, hook.method, hook.around))
            elif hook.required:
                raise CassetteError(_missing(hook))
            elif owner is None:  # a class without the method is another version of the library
                self.not_wrapped.add(module.__name__)

    def add(self, owner: type, method: str, around: Callable[..., Any]) -> None:
        """Wrap a method of another class until `remove`; a repeated call does nothing."""
        if (owner, method) not in self._added:
            self._added.add((owner, method))
            self._patches.append(_wrap(owner, method, around))


class _Finder:
    """A finder that delegates to the others, and calls ``callback`` with a watched module once it is executed."""

    def __init__(self, watched: dict[str, list[Hook]], callback: Callable[[ModuleType], None]) -> None:
        self._watched = watched
        self._callback = callback

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of the other finders, with its loader extended; None for an unwatched module."""
        if name not in self._watched:
            return None
        others = (finder for finder in tuple(sys.meta_path) if finder is not self)
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            self._extend(spec.loader)
        return spec

    def _extend(self, loader: Any) -> None:
        run = loader.exec_module

        @functools.wraps(run)
        def exec_module(module: ModuleType) -> None:
            run(module)
            self._callback(module)

        loader.exec_module = exec_module


def _lookup(module: ModuleType, names: str) -> Any:
    """Return the object at a dotted name in a module: the module for an empty name, None if there is none."""
    found: Any = module
    for name in filter(None, names.split(".")):
        found = getattr(found, name, None)
    return found


class _Patch(NamedTuple):
    """A replaced method or class, and its original."""

    owner: Any
    name: str
    original: Any
    new: Any
    inherited: bool

    def undo(self) -> None:
        """Restore the original, unless another tool wrapped the replacement: that tool restores it."""
        if vars(self.owner).get(self.name) is not self.new:
            return
        if self.inherited:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)

    def reapply(self) -> None:
        if vars(self.owner).get(self.name, self.original) is self.original:
            setattr(self.owner, self.name, self.new)


def _wrap(owner: Any, name: str, around: Callable[..., Any]) -> _Patch:
    """Replace a method, function or class with one that calls ``around``."""
    inherited = name not in vars(owner)
    original = getattr(owner, name)
    new = around(original) if isinstance(original, type) else _wrapper(original, around)
    setattr(owner, name, new)
    return _Patch(owner, name, original, new, inherited)


def _wrapper(original: Callable[..., Any], around: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def method(*args: Any, **kwargs: Any) -> Any:
        return around(original, *args, **kwargs)

    return method


def _missing(hook: Hook) -> str:
    from importlib.metadata import PackageNotFoundError, version  # slow to load, and needed for this error only

    library = hook.module.partition(".")[0]
    try:
        installed = version(library)
    except PackageNotFoundError:
        installed = f"of Python {sys.version.partition(' ')[0]}"
    return (
        f"{library} {installed} has no method {hook.module}.{hook.owner}.{hook.method}, so it cannot be recorded.\n"
        "How to fix: update sls-contract (pip install --upgrade sls-contract), or install the version "
        "that you had before."
    )
