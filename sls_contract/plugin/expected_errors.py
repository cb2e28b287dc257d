"""Whether the code that a stopped request came from expects that error: it names it, itself or by what it uses.

A client often hides the error behind its own, a test framework takes its traceback away, and a value of a parameter
has no name: so what counts is who was about to get the answer, not only who caught the error.
"""

from __future__ import annotations

import inspect
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any

from sls_contract.errors import NetworkBlocked, SlsContractError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = (NetworkBlocked, SlsContractError)
_NAMES = frozenset(each.__name__ for each in _OURS)
_RUNNER = "_pytest.runner"  # what called the test, or its fixtures: whoever stands above it asked for nothing


def names_error(frame: FrameType) -> bool:
    """Tell whether the code of a frame names the error, or a value that stands for it."""
    if _says(frame.f_code, frame.f_globals):
        return True
    outside, inside = frame.f_globals, frame.f_locals
    used = [outside[name] for name in frame.f_code.co_names if name in outside]
    return any(map(_stands_for, (*used, *inside.values())))


def caller_names_error() -> bool:
    """Tell whether one of the functions that are called now, in this thread, names the error; ours do not count."""
    return any(names_error(frame) for frame in _callers())


def _callers() -> Iterator[FrameType]:
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and (module := str(frame.f_globals.get("__name__"))) != _RUNNER:
        if module.partition(".")[0] != "sls_contract":
            yield frame
        frame = frame.f_back


def _says(code: CodeType, outside: dict[str, Any]) -> bool:
    names = (*code.co_names, *code.co_varnames, *code.co_freevars)
    return not _NAMES.isdisjoint(names) or any(_is_error(outside.get(name)) for name in code.co_names)


def _is_error(value: Any) -> bool:
    """Tell whether a value is the error, by whatever name, or a tuple that holds it."""
    if type(value) is tuple:
        return any(isinstance(each, type) and each in _OURS for each in value)
    return isinstance(value, type) and value in _OURS


def _stands_for(value: Any) -> bool:
    """Tell whether a value is the error, what ``pytest.raises`` gives for it, or a function that names it."""
    if type(value) is FunctionType:
        return _says(value.__code__, value.__globals__)
    if type(value).__module__.startswith("_pytest.") and hasattr(type(value), "__exit__"):
        return _is_error(getattr(value, "expected_exceptions", getattr(value, "expected_exception", ())))
    return _is_error(value)
