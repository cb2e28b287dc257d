"""The consumer groups that a run created and must delete."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.steps import Place

_Key: TypeAlias = "tuple[str, str, str]"
"""Project, logstore and group."""


class CreatedGroup(NamedTuple):
    """A group that may exist: its place, its real names, and the bench that resolves them."""

    place: Place
    logstore: str
    group: str
    bench: Bench


@dataclass(slots=True)
class Groups:
    """The groups that were created and not deleted, in order.

    A group is added before the request that creates it, because the response may be lost. A group whose creation was
    refused is deleted, too, because the refusal may be wrong; it is not reported as left behind.
    """

    _created: dict[_Key, CreatedGroup] = field(default_factory=dict)
    _refused: set[_Key] = field(default_factory=set)
    _tried: set[_Key] = field(default_factory=set)

    def add(self, place: Place, bench: Bench) -> None:
        """Add a group that is about to be created."""
        new = CreatedGroup(place, bench.logstores[place.logstore], bench.group(place), bench)
        self._created.setdefault(_key(place, bench), new)

    def mark_refused(self, place: Place, bench: Bench) -> None:
        """Record that the creation of a new group was refused."""
        self._refused.add(_key(place, bench))

    def mark_existing(self, place: Place, bench: Bench) -> None:
        """Record that a group exists."""
        self._refused.discard(_key(place, bench))

    def has(self, place: Place, bench: Bench) -> bool:
        """Return whether a group was added and not removed."""
        return _key(place, bench) in self._created

    def remove(self, place: Place, bench: Bench) -> None:
        """Remove a group that was deleted."""
        self._created.pop(_key(place, bench), None)
        self._refused.discard(_key(place, bench))

    def remaining(self, *, tried: bool = True) -> tuple[CreatedGroup, ...]:
        """Return the groups to delete; without ``tried`` only those that no earlier call returned."""
        remaining = {key: group for key, group in self._created.items() if tried or key not in self._tried}
        self._tried |= remaining.keys()
        return tuple(remaining.values())

    def may_exist(self, group: CreatedGroup) -> bool:
        """Return whether the creation of a group was not refused."""
        return _key(group.place, group.bench) not in self._refused


def _key(place: Place, bench: Bench) -> _Key:
    return bench.project_of(place), bench.logstores[place.logstore], bench.group(place)
