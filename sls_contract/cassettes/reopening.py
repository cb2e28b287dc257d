"""A context that may be entered again and again, also by ``async with``, and that decorates whatever runs.

`contextlib` opens a decorated function's context for the call alone: the body of a coroutine or a generator runs later,
and would run without it.
"""

from __future__ import annotations

import functools
import inspect
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from contextlib import AbstractContextManager
    from types import TracebackType

Value = TypeVar("Value")
Decorated = TypeVar("Decorated")


class Reopening(Generic[Value]):
    """Opens what ``opened`` makes, anew each time that it is entered or that a function which it decorates runs."""

    def __init__(self, opened: Callable[[], AbstractContextManager[Value]]) -> None:
        self._opened = opened
        self._entered: list[AbstractContextManager[Value]] = []

    def __enter__(self) -> Value:
        """Open once more."""
        context = self._opened()
        value = context.__enter__()
        self._entered.append(context)
        return value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> bool | None:
        """Close what was opened last."""
        return self._entered.pop().__exit__(kind, error, at)

    async def __aenter__(self) -> Value:
        """Open once more."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> bool | None:
        """Close what was opened last."""
        return self.__exit__(kind, error, at)

    def __call__(self, function: Decorated) -> Decorated:
        """Decorate a function of any kind; raises `UsageError` for a class and for what cannot be called."""
        decorated: Any
        if isinstance(function, staticmethod | classmethod):
            decorated = type(function)(self(function.__func__))
        elif inspect.isclass(function) or not callable(function):
            msg = (
                f"use_cassette decorates functions, got {function!r}\n"
                "How to fix: decorate the methods that send requests, or open the cassette in a fixture or in setUp "
                "(self.enterContext)."
            )
            raise UsageError(msg)
        else:
            run = next((run for is_kind, run in _KINDS if is_kind(function)), _call)
            decorated = functools.wraps(function)(run(self._opened, function))
        return decorated  # type: ignore[no-any-return]  # of the same kind


def _call(opened: Callable[[], Any], function: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        with opened():
            result = function(*args, **kwargs)
            if inspect.iscoroutine(result) or inspect.isgenerator(result):
                result.close()
            if inspect.isawaitable(result) or inspect.isgenerator(result) or inspect.isasyncgen(result):
                msg = (
                    f"{function!r} returned a {type(result).__name__}, which would run without the cassette\n"
                    "How to fix: decorate the coroutine function or generator itself, or use a with block inside it."
                )
                raise UsageError(msg)
            return result

    return call


def _coroutine(opened: Callable[[], Any], function: Any) -> Any:
    async def coroutine(*args: Any, **kwargs: Any) -> Any:
        with opened():
            return await function(*args, **kwargs)

    return coroutine


def _generator(opened: Callable[[], Any], function: Any) -> Any:
    def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with opened():
            try:
                return (yield from function(*args, **kwargs))
            except GeneratorExit:  # the caller has enough, which is no failure: what was sent until then is judged
                return None

    return generator


def _async_generator(opened: Callable[[], Any], function: Any) -> Any:
    async def async_generator(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with opened(), suppress(StopAsyncIteration):
            async with aclosing(function(*args, **kwargs)) as inner:
                step = inner.__anext__()
                while True:
                    value = await step
                    try:
                        step = inner.asend((yield value))
                    except GeneratorExit:  # as above
                        return
                    except BaseException as error:  # noqa: BLE001 - thrown in, and passed on
                        step = inner.athrow(error)

    return async_generator


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Callable[[], Any], Any], Any]], ...] = (
    (inspect.iscoroutinefunction, _coroutine),
    (inspect.isgeneratorfunction, _generator),
    (inspect.isasyncgenfunction, _async_generator),
)
