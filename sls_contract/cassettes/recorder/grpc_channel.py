"""Guards for gRPC: a call over a channel to an owned host is refused before it begins.

gRPC's core resolves and connects in C, so no audit event is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from sls_contract.cassettes.recorder.guard import check_route

_targets: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def init(original: Callable[..., Any], channel: Any, target: Any, *args: Any, **kwargs: Any) -> None:
    """Record the target of a channel, which connects with its first call."""
    original(channel, target, *args, **kwargs)
    _targets[channel] = target.decode() if isinstance(target, bytes) else str(target)


def call(original: Callable[..., Any], channel: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the multi-callable of one method, with each call checked by the guards."""
    method = original(channel, *args, **kwargs)
    host = _targets.get(channel, "").rpartition("/")[2]
    return _GuardedCall(method, host) if host else method


class _GuardedCall:
    """A multi-callable of gRPC whose calls the guards check first."""

    def __init__(self, method: Any, host: str) -> None:
        self._method = method
        self._host = host

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        check_route(self._host, self._host)
        return self._method(*args, **kwargs)

    def with_call(self, *args: Any, **kwargs: Any) -> Any:
        """Make a call and return its result and details."""
        check_route(self._host, self._host)
        return self._method.with_call(*args, **kwargs)

    def future(self, *args: Any, **kwargs: Any) -> Any:
        """Begin a call."""
        check_route(self._host, self._host)
        return self._method.future(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._method, name)
