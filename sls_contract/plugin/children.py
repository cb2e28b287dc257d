"""What was stopped in forked children: they tell it their parent, whose test would stay green else.

Both have a file without a name open, made before the first fork; a run without forks pays for nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import IO, Any
from weakref import WeakSet


class Children:
    """The forked children of one run: each adds lines to a file, which the parent reads when a phase ends."""

    def __init__(self) -> None:
        """Begin with no child."""
        self._file: IO[bytes] | None = None
        self._read = 0
        self._parent = os.getpid()
        _ALL.add(self)

    def prepare(self) -> None:
        """Make the file, once; where that cannot be, children tell nothing."""
        if self._file is None:
            from tempfile import TemporaryFile

            with suppress(OSError):
                self._file = TemporaryFile("ab+", buffering=0)  # noqa: SIM115 - it is open as long as the run

    def tell(self, *values: Any) -> None:
        """Tell the parent plain values; in the parent itself nothing is told."""
        if self._file is not None and os.getpid() != self._parent:
            import json

            with suppress(OSError):
                self._file.write(json.dumps(values).encode() + b"\n")

    def told(self) -> list[list[Any]]:
        """Return what children told since this was last asked."""
        if self._file is None or os.getpid() != self._parent:
            return []
        import json

        size = os.fstat(self._file.fileno()).st_size - self._read
        whole = os.pread(self._file.fileno(), size, self._read).rpartition(b"\n")[0] if size > 0 else b""
        self._read += len(whole) + bool(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def close(self) -> None:
        """Let go of the file, for good."""
        _ALL.discard(self)
        if self._file is not None:
            self._file.close()
            self._file = None


_ALL: WeakSet[Children] = WeakSet()


def _before() -> None:
    for children in _ALL:
        children.prepare()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before)
