"""gRPC, whose core resolves and connects in C: a call over a channel to an owned host is refused before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sls_contract.cassettes.recorder.guard import check_way

if TYPE_CHECKING:
    from collections.abc import Callable

_targets: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def made(original: Callable[..., Any], channel: Any, target: Any, *args: Any, **kwargs: Any) -> None:
    """Note where a channel leads: it connects with its first call."""
    original(channel, target, *args, **kwargs)
    _targets[channel] = target.decode() if isinstance(target, bytes) else str(target)


def call(original: Callable[..., Any], channel: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what makes the calls of one method: each asks the guards first."""
    method = original(channel, *args, **kwargs)
    host = _targets.get(channel, "").rpartition("/")[2]
    return _Asking(method, host) if host else method


class _Asking:
    """A method of a gRPC service that asks the guards before each call."""

    def __init__(self, method: Any, host: str) -> None:
        self._method = method
        self._host = host

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check_way(self._host, self._host)
        return self._method(*args, **kwargs)

    def with_call(self, *args: Any, **kwargs: Any) -> Any:
        """Make a call and return its details, too."""
        check_way(self._host, self._host)
        return self._method.with_call(*args, **kwargs)

    def future(self, *args: Any, **kwargs: Any) -> Any:
        """Begin a call."""
        check_way(self._host, self._host)
        return self._method.future(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._method, name)
