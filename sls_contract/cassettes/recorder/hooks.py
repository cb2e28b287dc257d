"""Wraps methods on the classes of HTTP libraries, also of libraries that are imported later.

A method is replaced on its class, once, by one that calls ``around(original, self, *args, **kwargs)``; the class itself
stays, so that objects made before, subclasses and other threads are covered. No library is imported from here.
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

    ``owner`` empty: a function of the module, or a class that ``around(original)`` makes another of. ``needed``: the
    recorder cannot do without it.
    """

    module: str
    owner: str
    method: str
    around: Callable[..., Any]
    needed: bool = True


class Hooks:
    """A set of hooks that is put in place and taken away as a whole. The caller holds a lock."""

    def __init__(self, hooks: Iterable[Hook]) -> None:
        """Group the hooks by the module whose import makes them possible."""
        self._by_module: dict[str, list[Hook]] = {}
        for hook in hooks:
            self._by_module.setdefault(hook.module, []).append(hook)
        self._placed: list[_Placed] = []
        self._others: set[tuple[type, str]] = set()
        self.not_wrapped: set[str] = set()
        self._finder = _Finder(self._by_module, self._wrap)

    def put(self) -> None:
        """Wrap what is imported, and watch for the rest.

        Raises `CassetteError`, with nothing left wrapped, where a library lacks a method that the recorder needs.
        """
        sys.meta_path.insert(0, self._finder)
        try:
            for name in self._by_module:
                module = sys.modules.get(name)
                if module is not None:
                    self._wrap(module)
        except CassetteError:
            self.take_away()
            raise

    def take_away(self) -> None:
        """Give every method back, and stop watching."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        while self._placed:
            self._placed.pop().undo()
        self._others.clear()

    def put_again(self) -> None:
        """Wrap once more what another tool gave its original back, as pytest-socket does after each test."""
        for placed in self._placed:
            placed.put_again()

    def _wrap(self, module: ModuleType) -> None:
        if self._finder not in sys.meta_path:  # the recorder left while the module was being imported
            return
        for hook in self._by_module[module.__name__]:
            owner = _inside(module, hook.owner)
            if hasattr(owner, hook.method):
                self._placed.append(_wrap(owner, hook.method, hook.around))
            elif hook.needed:
                raise CassetteError(_missing(hook))
            elif owner is None:  # else another version, which has another set of methods
                self.not_wrapped.add(module.__name__)

    def also(self, owner: type, method: str, around: Callable[..., Any]) -> None:
        """Wrap a method of a class that came up meanwhile, until all are given back; a second time does nothing."""
        if (owner, method) not in self._others:
            self._others.add((owner, method))
            self._placed.append(_wrap(owner, method, around))


class _Finder:
    """A finder that finds nothing by itself: it lets a watched module run, then calls ``after`` with it."""

    def __init__(self, watched: dict[str, list[Hook]], after: Callable[[ModuleType], None]) -> None:
        self._watched = watched
        self._after = after

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec that the other finders give, its loader extended; None for any other module."""
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
            self._after(module)

        loader.exec_module = exec_module


def _inside(module: ModuleType, names: str) -> Any:
    """Return what a module holds under a dotted name: itself for an empty one, None for what is not there."""
    found: Any = module
    for name in filter(None, names.split(".")):
        found = getattr(found, name, None)
    return found


class _Placed(NamedTuple):
    """A method or class that stands in the place of the original."""

    owner: Any
    name: str
    original: Any
    new: Any
    inherited: bool

    def undo(self) -> None:
        """Put the original back, unless another tool wrapped ours: that will put it back itself."""
        if vars(self.owner).get(self.name) is not self.new:
            return
        if self.inherited:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.original)

    def put_again(self) -> None:
        if vars(self.owner).get(self.name, self.original) is self.original:
            setattr(self.owner, self.name, self.new)


def _wrap(owner: Any, name: str, around: Callable[..., Any]) -> _Placed:
    """Put what calls ``around`` in the place of a method or a class."""
    inherited = name not in vars(owner)
    original = getattr(owner, name)
    new = around(original) if isinstance(original, type) else _calling(original, around)
    setattr(owner, name, new)
    return _Placed(owner, name, original, new, inherited)


def _calling(original: Callable[..., Any], around: Callable[..., Any]) -> Callable[..., Any]:
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
