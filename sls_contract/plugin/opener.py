"""How a marked test's cassette is opened: its path, its scrubber, and what answers while recording."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.session import Opening, Session
from sls_contract.cassettes.tally import Tally
from sls_contract.errors import UsageError
from sls_contract.plugin.case import Case
from sls_contract.plugin.naming import cassette_path, readable
from sls_contract.plugin.scrubbed import scrubbed_logs
from sls_contract.plugin.target import Target, target_of
from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from sls_contract.plugin.names import Sls
    from sls_contract.plugin.options import Settings


@dataclass
class Opener:
    """Opens the cassettes of one run."""

    settings: Settings
    started: datetime
    clock: Callable[[], datetime]
    _claimed: dict[Path, Path] = field(default_factory=dict)

    def open(self, item: pytest.Item, marker: pytest.Mark) -> Case:
        """Open the cassette of a marked test around all of its phases."""
        name, repeat = _marker_arguments(marker)
        path = cassette_path(self._directory(item.path), item.path.stem, name or _test_name(item))
        self._claim(path.parent, item.path)
        target = target_of(self.settings, os.environ, self.clock)
        scrubber = self._scrubber(target)
        case = Case(str(path), self.settings.strict, _allowed(item), scrubber.text, Tally())
        case.target = target
        case.session = Session(
            Opening(
                path=path,
                record=self.settings.record,
                scrubber=scrubber,
                owns=self._owns,
                clock=self.clock,
                began=self.started,
                credentials=target.credentials,
                send=target.send,
                repeat=repeat,
            ),
            case.tally,
        )
        case.open_things.enter_context(scrubbed_logs(case.scrub))
        case.session.start()
        return case

    def bare(self, item: pytest.Item) -> Case:
        """Return a case without a cassette, for a test that only serves an endpoint."""
        return Case(item.nodeid, self.settings.strict, _allowed(item), Scrubber().text, Tally())

    @contextmanager
    def names(self, case: Case) -> Iterator[Sls]:
        """Give a test the names to use: with a group made for it where it records at a URL."""
        assert case.session is not None  # the caller made sure
        assert case.target is not None  # set together with the session
        with case.target.names(recording=case.session.recording) as names:
            yield names

    @cached_property
    def _owns(self) -> Callable[[str], bool]:
        return host_rule([*self.settings.hosts, *self.settings.endpoint_hosts])

    def _directory(self, test_file: Path) -> Path:
        configured = self.settings.cassette_dir
        return self.settings.rootdir / configured if configured else test_file.parent / "cassettes"

    def _claim(self, folder: Path, test_file: Path) -> None:
        """Refuse two test files of one name whose cassettes would lie in one folder: each would play the other's."""
        first = self._claimed.setdefault(folder, test_file)
        if first != test_file:
            msg = (
                f"the cassettes of {first} and {test_file} would both lie in {folder}\n"
                "How to fix: rename one of the files, or leave ini sls_cassette_dir away."
            )
            raise UsageError(msg)

    def _scrubber(self, target: Target) -> Scrubber:
        return Scrubber(
            [target.credentials] if target.credentials else [],
            patterns=self.settings.scrub,
            keys=self.settings.scrub_keys,
            renames={**self.settings.rename, **target.renames},
        )


def _test_name(item: pytest.Item) -> str:
    """Return ``Class.test[param]``, classes joined with dots."""
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return ".".join([*classes, readable(item.name)])


def _marker_arguments(marker: pytest.Mark) -> tuple[str | None, bool]:
    known = {"name", "repeat"}
    if marker.args or set(marker.kwargs) - known:
        msg = "@pytest.mark.sls_cassette takes name='…' and repeat='last', got " + ", ".join(
            [*map(repr, marker.args), *sorted(set(marker.kwargs) - known)]
        )
        raise UsageError(msg)
    name, repeat = marker.kwargs.get("name"), marker.kwargs.get("repeat")
    if name is not None and (not isinstance(name, str) or not name.strip()):
        msg = f"sls_cassette: name must be a str that is not empty, got {name!r}"
        raise UsageError(msg)
    if repeat not in (None, "last"):
        msg = f"sls_cassette: repeat must be 'last', got {repeat!r}"
        raise UsageError(msg)
    return name, repeat == "last"


def _allowed(item: pytest.Item) -> frozenset[str]:
    return frozenset(_allowed_code(marker) for marker in item.iter_markers("sls_allow"))


def _allowed_code(marker: pytest.Mark) -> str:
    reason = marker.kwargs.get("reason")
    if len(marker.args) != 1 or set(marker.kwargs) != {"reason"} or not isinstance(reason, str) or not reason.strip():
        msg = "@pytest.mark.sls_allow takes one code and a reason: sls_allow('SLS204', reason='…')"
        raise UsageError(msg)
    code = clause(str(marker.args[0])).code
    if code != marker.args[0]:
        msg = f"sls_allow takes a code such as {code!r}, got {marker.args[0]!r}"
        raise UsageError(msg)
    return code
