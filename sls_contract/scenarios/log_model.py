"""The expected logs of a run: what was written, and where each log was pulled."""

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
    """A log that a PutLogs sent.

    Attributes:
        where: the logstore.
        shard: the shard of the hash key; None where no hash key was sent.
        numbers: its sequence number in the run, once for each time that it was written.
        log: its contents.
        accepted: whether PutLogs returned 200.
        responded_at: the server's time of that response.
        spare: how many times more it may have been written.

    """

    where: Logstore
    shard: int | None
    numbers: tuple[int, ...]
    log: PulledLog
    accepted: bool
    responded_at: datetime
    spare: int = 0


class Found(NamedTuple):
    """Where a log was pulled: the shard, the cursor of the request, and the next cursor."""

    shard: int
    cursor: str
    following: str


@dataclass(slots=True)
class _Followed:
    """The pulls of a logstore: the next cursor and the number of the last log of each shard."""

    cursors: dict[int, str] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


class LogModel:
    """The logs that were written and pulled during one run."""

    def __init__(self) -> None:
        self._written: dict[str, Written] = {}
        self._found: dict[str, list[Found]] = {}
        self._count = 0
        self._followed: dict[Logstore, _Followed] = {}

    def follow(self, where: Logstore, shard: int, cursor: str) -> None:
        """Set the cursor of the next pull of a shard."""
        self._followed.setdefault(where, _Followed()).cursors[shard] = cursor

    def cursors(self, where: Logstore) -> dict[int, str]:
        """Return the cursor of the next pull of each followed shard."""
        return dict(self._followed.get(where, _Followed()).cursors)

    def put(
        self,
        where: Logstore,
        shard: int | None,
        logs: dict[str, PulledLog],
        responded_at: datetime,
        *,
        accepted: bool,
        spare: int = 0,
    ) -> None:
        """Record a PutLogs, its logs by their unique values; a refused repetition does not count.

        ``spare``: how many times more it may have been handled.
        """
        for mark, log in logs.items():
            before = self._written.get(mark)
            if before is None or accepted:
                numbers = (*(before.numbers if before and before.accepted else ()), self._count)
                more = (before.spare if before else 0) + spare
                self._written[mark] = Written(where, shard, numbers, log, accepted, responded_at, more)
            self._count += 1

    def outstanding(self, where: Logstore) -> dict[str, Written]:
        """Return the accepted logs of a logstore that were pulled fewer times than written."""
        return {
            mark: each
            for mark, each in self._written.items()
            if each.accepted and each.where == where and len(self._found.get(mark, ())) < len(each.numbers)
        }

    def filled(self, where: Logstore) -> frozenset[int]:
        """Return the shards of a logstore that logs were accepted for by their hash key."""
        logs = (each for each in self._written.values() if each.accepted and each.where == where)
        return frozenset(each.shard for each in logs if each.shard is not None)

    def refused(self, where: Logstore) -> bool:
        """Return whether a PutLogs to a logstore was refused."""
        return any(not each.accepted and each.where == where for each in self._written.values())

    def written(self, mark: str) -> Written | None:
        """Return the log with a unique value; None where the run did not write it."""
        return self._written.get(mark)

    def pull(self, where: Logstore, mark: str, found: Found) -> tuple[bool, bool]:
        """Record a pulled log; return whether one more was expected, and whether it is in the order of writing.

        Logs that were written several times are indistinguishable, so they count as in order.
        """
        last = self._followed.setdefault(where, _Followed()).last
        numbers, before = self._written[mark].numbers, self._found.setdefault(mark, [])
        most = len(numbers) + self._written[mark].spare
        expected, repeated = len(before) < most, most > 1
        in_order = repeated or numbers[0] > last.get(found.shard, -1)
        before.append(found)
        if not repeated:
            last[found.shard] = max(numbers[0], last.get(found.shard, -1))
        return expected, in_order

    def found_in(self, where: Logstore, shard: int) -> dict[str, Found]:
        """Return the place of each log of a shard that was pulled once, by its unique value, in order of the pulls."""
        return {
            mark: found[0]
            for mark, found in self._found.items()
            if len(found) == 1 and found[0].shard == shard and self._written[mark].where == where
        }

    def found_before(self, found: Found) -> str | None:
        """Return the cursor of the log before the one at ``found``, in the same shard."""
        cursors = [each.cursor for places in self._found.values() for each in places if each.following == found.cursor]
        return cursors[-1] if cursors else None

    def last_found(self) -> tuple[Written, Found] | None:
        """Return the log whose first pull is the latest, and the place of its last pull."""
        if not self._found:
            return None
        mark = next(reversed(self._found))
        return self._written[mark], self._found[mark][-1]
