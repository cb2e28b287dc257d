"""Who expects that a request is blocked: code that names the error, or a value that refers to it."""

from __future__ import annotations

import inspect
from contextlib import suppress
from types import CodeType, FrameType, FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sls_contract.errors import NetworkBlocked, SlsContractError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


class _Pair(NamedTuple):
    value: object


_ERRORS = (NetworkBlocked, SlsContractError)
_NAMES = frozenset(each.__name__ for each in _ERRORS)
_STORED = (MemberDescriptorType, type(vars(_Pair)["value"]))
"""The types of attributes that only return what an object with slots, or a named tuple, contains."""
RUNNER = "_pytest.runner"  # calls the test and its fixtures: the frames above it belong to pytest


def names_error(frame: FrameType, local_values: Iterable[Any]) -> bool:
    """Return whether the code of a frame names the error, or a value that refers to it."""
    code, global_values = frame.f_code, frame.f_globals
    return _mentions_error(code, global_values) or _uses_error([code], global_values, local_values)


def arguments(frame: FrameType) -> Iterator[Any]:
    """Yield the arguments and the variables of enclosing functions: others may come from the error, once it is caught.

    An example is ``kind, value, trace = sys.exc_info()``.
    """
    code = frame.f_code
    for name in (*code.co_varnames[: code.co_argcount + code.co_kwonlyargcount], *code.co_freevars):
        if name in frame.f_locals:
            yield frame.f_locals[name]


def expecting_codes(item: pytest.Item) -> set[CodeType]:
    """Return the code of a test, with the functions inside it, if it names the error: threads may raise it."""
    if not isinstance(item, pytest.Function):
        return set()
    function = inspect.unwrap(item.function)
    function = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    if (code := getattr(function, "__code__", None)) is None:
        return set()
    codes, values = {*_with_inner(code)}, function.__globals__
    names_it = any(_mentions_error(each, values) for each in codes)
    arguments = (item.instance, *item.funcargs.values())
    return codes if names_it or _uses_error(codes, values, arguments) else set()


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of a function, and that of the functions, lambdas and generators inside it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _with_inner(each)


def calling_frames() -> Iterator[FrameType]:
    """Yield the frames of this thread's call stack up to the test or fixture, without the package's own."""
    frame = inspect.currentframe()
    while frame is not None and (module := str(frame.f_globals.get("__name__"))) != RUNNER:
        if module.partition(".")[0] != "sls_contract":
            yield frame
        frame = frame.f_back


def _mentions_error(code: CodeType, global_values: dict[str, Any]) -> bool:
    names = (*code.co_names, *code.co_varnames, *code.co_freevars)
    return not _NAMES.isdisjoint(names) or any(_is_error(global_values.get(name)) for name in code.co_names)


def _uses_error(codes: Collection[CodeType], global_values: dict[str, Any], local_values: Iterable[Any]) -> bool:
    """Return whether some code uses a value that refers to the error, or names an attribute of it that is the error."""
    names = {name for code in codes for name in code.co_names}
    used = [*(global_values[name] for name in names if name in global_values), *local_values]
    attributes = (each for value in used for each in _of(value, names))
    return any(map(_refers_to_error, used)) or any(map(_refers_to_error, attributes))


def _of(value: Any, names: set[str]) -> Iterator[Any]:
    """Yield the attributes of a value that have one of some names; no code of the value runs."""
    classes = value.__mro__ if isinstance(value, type) else type(value).__mro__
    spaces = [vars(each) for each in classes]
    with suppress(AttributeError):  # an object with slots has no such attribute
        spaces.append(object.__getattribute__(value, "__dict__"))
    for space in spaces:
        for name in names.intersection(space):
            found = space[name]
            with suppress(AttributeError, TypeError):  # nothing is stored, or the value is the class itself
                found = found.__get__(value) if isinstance(found, _STORED) else found
            yield found.__func__ if isinstance(found, staticmethod | classmethod) else found


def _is_error(value: Any) -> bool:
    """Return whether a value is the error, under any name, or a tuple of classes that contains it."""
    if type(value) is tuple:
        return all(isinstance(each, type) for each in value) and any(each in _ERRORS for each in value)
    return isinstance(value, type) and value in _ERRORS


def _refers_to_error(value: Any) -> bool:
    """Return whether a value is the error, the result of ``pytest.raises`` for it, or a function that names it."""
    if type(value) is FunctionType:
        return _mentions_error(value.__code__, value.__globals__)
    return _is_expected(value)


def _is_expected(value: Any) -> bool:
    """Return whether a value is the error, the result of ``pytest.raises`` for it, or a doctest that shows it."""
    if type(value).__module__ == "doctest":
        return any(name in (getattr(value, "exc_msg", None) or "") for name in _NAMES)
    if type(value).__module__.startswith("_pytest.") and hasattr(type(value), "__exit__"):
        return _is_error(getattr(value, "expected_exceptions", getattr(value, "expected_exception", ())))
    return _is_error(value)
