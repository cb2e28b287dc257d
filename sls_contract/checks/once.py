"""Values worked out once, when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - a decorator, like property
    """A property that works its value out once for each instance.

    `functools.cached_property` does the same, and in Python 3.11 takes a lock each time, which costs more than most
    of what is kept here. Two threads that ask at once both work it out, and get equal values.
    """

    def __init__(self, work: Callable[[Any], T]) -> None:
        """Take the method that works the value out."""
        self._work = work
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | Self:
        """Work the value out, and put it where Python finds it before it asks here again."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._work(instance)
        return value
