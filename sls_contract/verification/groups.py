"""The books of the consumer groups that a run made: whatever is in them at the end has to go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.steps import Place

_Names: TypeAlias = "tuple[str, str, str]"
"""Project, logstore and group."""


class Made(NamedTuple):
    """A group that may exist: its place, its real names, and the bench that knows them."""

    place: Place
    logstore: str
    group: str
    bench: Bench


@dataclass(slots=True)
class Groups:
    """What was made and not deleted, in order. A group is entered before it is asked for: the answer may be lost.

    One whose creation was refused is tried to be deleted, too: the refusal may not be true. It is not told of as left.
    """

    _made: dict[_Names, Made] = field(default_factory=dict)
    _refused: set[_Names] = field(default_factory=set)
    _tried: set[_Names] = field(default_factory=set)

    def begin(self, place: Place, bench: Bench) -> None:
        """Enter a group that is about to be made."""
        self._made.setdefault(
            _names(place, bench), Made(place, bench.logstores[place.logstore], bench.group(place), bench)
        )

    def refuse(self, place: Place, bench: Bench) -> None:
        """Take note that making a group that was not there was refused."""
        self._refused.add(_names(place, bench))

    def confirm(self, place: Place, bench: Bench) -> None:
        """Take note that a group is there."""
        self._refused.discard(_names(place, bench))

    def knows(self, place: Place, bench: Bench) -> bool:
        """Tell whether a group is in the books."""
        return _names(place, bench) in self._made

    def end(self, place: Place, bench: Bench) -> None:
        """Strike out a group that is deleted."""
        self._made.pop(_names(place, bench), None)
        self._refused.discard(_names(place, bench))

    def left(self, *, tried: bool = True) -> tuple[Made, ...]:
        """Return what is still there, or may be, whatever was answered; ``tried``: what was returned before, too."""
        left = {names: made for names, made in self._made.items() if tried or names not in self._tried}
        self._tried |= left.keys()
        return tuple(left.values())

    def is_there(self, made: Made) -> bool:
        """Tell whether nothing speaks against a group being there."""
        return _names(made.place, made.bench) not in self._refused


def _names(place: Place, bench: Bench) -> _Names:
    return bench.project_of(place), bench.logstores[place.logstore], bench.group(place)
