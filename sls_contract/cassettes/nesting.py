"""Which cassettes are open, and that they nest: the innermost takes the requests of all threads and tasks."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, Protocol

from sls_contract.errors import CassetteBusy

if TYPE_CHECKING:
    from pathlib import Path


class Session(Protocol):
    """An open cassette."""

    path: Path

    def prepare_fork(self) -> None:
        """Get ready for a fork."""

    def forked(self, *, child: bool) -> None:
        """Go on after a fork, in the parent or the child."""


class _Open:
    """The open cassettes, outermost first: the innermost takes all threads, so they must nest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack: list[tuple[Session, int, Any]] = []

    @property
    def sessions(self) -> list[Session]:
        """Those that are open, outermost first."""
        return [session for session, _, _ in self._stack]

    def inherit(self) -> None:
        """Take what a forked child must not share with its parent: another thread may have held the lock."""
        self._lock = threading.Lock()

    def enter(self, session: Session) -> None:
        thread, task = threading.get_ident(), _current_task()
        with self._lock:
            if self._stack and self._beside(thread, task):
                msg = (
                    f"{session.path} cannot be opened beside {self._stack[-1][0].path}, which another thread or task "
                    "opened: a cassette takes the requests of all of them\n"
                    "How to fix: open one cassette around the threads or tasks."
                )
                raise CassetteBusy(msg)
            self._stack.append((session, thread, task))

    def _beside(self, thread: int, task: Any) -> bool:
        """Tell whether the innermost cassette is another thread's, or another task's that still runs."""
        _, its_thread, its_task = self._stack[-1]
        return thread != its_thread or (its_task is not None and its_task is not task and not its_task.done())

    def leave(self, session: Session) -> None:
        with self._lock:
            self._stack = [entry for entry in self._stack if entry[0] is not session]


OPEN = _Open()


def _current_task() -> Any:
    """Return the asyncio task that runs now, if one does."""
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio.current_task() if asyncio is not None else None
    except RuntimeError:  # no event loop runs in this thread
        return None
