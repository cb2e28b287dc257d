"""The books of the consumer groups that a run made: whatever is in them at the end has to go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.steps import Place


class Made(NamedTuple):
    """A group that may exist: its place, its real names, and the bench that knows them."""

    place: Place
    logstore: str
    group: str
    bench: Bench


@dataclass(slots=True)
class Groups:
    """What was made and not deleted, in order. A group is entered before it is asked for: the answer may be lost."""

    _made: dict[tuple[str, str], Made] = field(default_factory=dict)

    def begin(self, place: Place, bench: Bench) -> None:
        """Enter a group that is about to be made."""
        made = Made(place, bench.logstores[place.logstore], bench.group(place), bench)
        self._made[made.logstore, made.group] = made

    def end(self, place: Place, bench: Bench) -> None:
        """Strike out a group that is deleted."""
        self._made.pop((bench.logstores[place.logstore], bench.group(place)), None)

    def left(self) -> tuple[Made, ...]:
        """Return what is still there, or may be."""
        return tuple(self._made.values())
