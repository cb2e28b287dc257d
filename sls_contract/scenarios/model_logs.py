"""What logs a reader must find after what was written: a model of the shards that a run follows.

As `model`, it follows the answers, and shares no code with the reference endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.scenarios.log_messages import PulledLog


class Logstore(NamedTuple):
    """A logstore by its real names."""

    logstore: str
    project: str


class Written(NamedTuple):
    """A log that PutLogs was sent with.

    Attributes:
        where: the logstore.
        shard: the one whose range holds the hash key; None where none was sent.
        number: how many logs were written before it.
        log: its contents.
        taken: whether PutLogs was answered with 200.
        answered_at: the server's time then.

    """

    where: Logstore
    shard: int | None
    number: int
    log: PulledLog
    taken: bool
    answered_at: datetime


class Found(NamedTuple):
    """Where a log was pulled: the shard, the cursor that was asked for, and the next one."""

    shard: int
    cursor: str
    following: str


@dataclass(slots=True)
class _Followed:
    """A logstore whose shards are pulled: where the next pull of each begins, and the last log found in it."""

    cursors: dict[int, str] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


class LogModel:
    """The books of the logs of one run."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._written: dict[str, Written] = {}
        self._found: dict[str, Found] = {}
        self._followed: dict[Logstore, _Followed] = {}

    def follow(self, where: Logstore, shard: int, cursor: str) -> None:
        """Pull a shard from a cursor on."""
        self._followed.setdefault(where, _Followed()).cursors[shard] = cursor

    def cursors(self, where: Logstore) -> dict[int, str]:
        """Return where the next pull of each followed shard begins."""
        return dict(self._followed.get(where, _Followed()).cursors)

    def put(
        self, where: Logstore, shard: int | None, logs: dict[str, PulledLog], answered_at: datetime, *, taken: bool
    ) -> None:
        """Take note of a PutLogs, its logs by what marks them."""
        for mark, log in logs.items():
            self._written[mark] = Written(where, shard, len(self._written), log, taken, answered_at)

    def outstanding(self, where: Logstore) -> dict[str, Written]:
        """Return what was taken in a followed logstore and not pulled yet."""
        return {
            mark: each
            for mark, each in self._written.items()
            if each.taken and each.where == where and mark not in self._found
        }

    def refused(self, where: Logstore) -> bool:
        """Tell whether a PutLogs to a logstore was refused, so that its logs must not be there."""
        return any(not each.taken and each.where == where for each in self._written.values())

    def written(self, mark: str) -> Written | None:
        """Return what was written under a mark."""
        return self._written.get(mark)

    def pull(self, where: Logstore, mark: str, found: Found) -> tuple[bool, bool]:
        """Take note of a pulled log; tell whether it came for the first time, and behind those written before it."""
        last = self._followed.setdefault(where, _Followed()).last
        number = self._written[mark].number
        first, behind = mark not in self._found, number > last.get(found.shard, -1)
        self._found[mark] = found
        last[found.shard] = max(number, last.get(found.shard, -1))
        return first, behind

    def found_in(self, where: Logstore, shard: int) -> dict[str, Found]:
        """Return where each log of a shard was pulled, by what marks it, in the order of pulling."""
        return {
            mark: each
            for mark, each in self._found.items()
            if each.shard == shard and self._written[mark].where == where
        }

    def found_before(self, found: Found) -> str | None:
        """Return the cursor of the log that was pulled before that of another cursor, in the same shard."""
        cursors = [each.cursor for each in self._found.values() if each.following == found.cursor]
        return cursors[-1] if cursors else None

    def last_found(self) -> tuple[Written, Found] | None:
        """Return the log that was pulled last, and where."""
        if not self._found:
            return None
        mark = next(reversed(self._found))
        return self._written[mark], self._found[mark]
