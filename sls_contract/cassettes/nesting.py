"""The open cassettes, which must nest: the innermost one gets the requests of all threads."""

from __future__ import annotations

import sys
import threading
from typing import Any

from sls_contract.errors import CassetteBusy


class Nesting:
    """The open cassettes, outermost first, each with the thread and the asyncio task that opened it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack: list[tuple[Any, int, Any]] = []

    @property
    def sessions(self) -> tuple[Any, ...]:
        """All open cassettes, outermost first."""
        return tuple(session for session, _, _ in self._stack)

    def inherit(self) -> None:
        """Replace the lock after a fork: another thread of the parent may hold it."""
        self._lock = threading.Lock()

    def enter(self, session: Any) -> None:
        """Add the innermost cassette; raises `CassetteBusy` where another thread or task opened the current one."""
        thread, task = threading.get_ident(), _current_task()
        with self._lock:
            if self._stack and self._opened_elsewhere(thread, task):
                msg = (
                    f"{session.path} cannot be opened beside {self._stack[-1][0].path}, which another thread or task "
                    "opened: a cassette takes the requests of all threads and tasks\n"
                    "How to fix: open one cassette around the threads or tasks."
                )
                raise CassetteBusy(msg)
            self._stack.append((session, thread, task))

    def _opened_elsewhere(self, thread: int, task: Any) -> bool:
        """Return whether the innermost cassette belongs to another thread, or to another task that still runs."""
        _, owner_thread, owner_task = self._stack[-1]
        return thread != owner_thread or (owner_task is not None and owner_task is not task and not owner_task.done())

    def leave(self, session: Any) -> None:
        """Remove a cassette at any depth."""
        with self._lock:
            self._stack = [entry for entry in self._stack if entry[0] is not session]


OPEN = Nesting()
"""The cassettes (`Session`) that are open in this process."""


def _current_task() -> Any:
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio.current_task() if asyncio is not None else None
    except RuntimeError:  # no event loop runs in this thread
        return None
