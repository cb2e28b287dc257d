"""Cassettes of fixtures of a wider scope than one test: their requests belong to no single test.

A fixture's cassette contains the requests of its setup and teardown, and those of processes that it forked: these send
them for the tests that use the fixture. Requests that tests send with a client that the fixture created belong to the
tests.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.cassettes.file.recording_file import recorded
from sls_contract.plugin.failures import FixtureFailure, as_failure
from sls_contract.plugin.located import fixture_path, is_shared, used_by
from sls_contract.plugin.scrubbed import scrubbed_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sls_contract.plugin.case import Case
    from sls_contract.plugin.opener import Opener
    from sls_contract.plugin.unrecorded import Unrecorded


class SharedCassette:
    """The cassette of one fixture: open during the fixture's setup, and again during its teardown."""

    def __init__(self, case: Case, name: str, fixture: pytest.FixtureDef[Any]) -> None:
        self.case = case
        self.name, self.fixture = name, fixture
        self._open = ExitStack()
        if case.session is not None:
            case.session.independent = True  # otherwise the fixture's teardown would count for the last test

    def resume(self) -> None:
        """Intercept requests to owned hosts, in place of the cassette that is open around it."""
        session = self.case.session
        assert session is not None  # a fixture's case has one
        with ExitStack() as opening:
            opening.enter_context(scrubbed_logs(self.case.scrubber.shown))
            session.start()
            opening.callback(session.pause)
            self._open = opening.pop_all()

    @contextmanager
    def setting_up(self) -> Iterator[None]:
        """Keep the cassette open during the fixture's setup; if that fails, the recording is incomplete."""
        self.resume()
        try:
            yield
        except BaseException as error:
            self.case.incomplete = True
            if isinstance(error, Exception):
                self.case.note_failure(f"{type(error).__name__}: {error}")
            raise
        finally:
            self._open.close()

    def end(self) -> str | None:
        """Close the cassette; return the failure since the fixture's setup, or None."""
        if self.case.session is not None and self.case.session.has_children:
            self.case.share()
        self._open.close()
        text = self.case.end_phase()
        self.case.close(expected_to_fail=False)
        return text or self.case.end_phase()


class Fixtures:
    """The fixtures of one run that have their own cassettes."""

    def __init__(self, opener: Opener, unrecorded: Unrecorded, opened: set[Case]) -> None:
        self._opener = opener
        self._unrecorded = unrecorded
        self._opened = opened
        self.scrub: Callable[[str], str] | None = None

    @contextmanager
    def around(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, item: pytest.Item
    ) -> Iterator[None]:
        """Open a fixture's cassette during its setup, and fail the setup for its findings."""
        __tracebackhide__ = True
        self._unrecorded.begin_fixture(fixturedef)
        with as_failure():
            shared = _open_shared(self._opener, fixturedef, request, item)
        if shared is None:
            yield
            return
        self._opened.add(shared.case)
        self.scrub = shared.case.scrubber.shown
        fixturedef.addfinalizer(partial(self._end, shared))  # it runs last: finalizers run in reverse order
        with shared.setting_up():
            yield
        self._opener.hide_names_of(shared.case, self._opened)
        self._unrecorded.note_fixture(shared.fixture, shared.case)
        fixturedef.addfinalizer(shared.resume)
        if text := shared.case.end_phase():
            pytest.fail(text, pytrace=False)

    def _end(self, shared: SharedCassette) -> None:
        """Close a fixture's cassette, fail for findings of its teardown, and count it with the test that ends now."""
        __tracebackhide__ = True
        self._opened.discard(shared.case)
        with as_failure():
            text = shared.end()
        self._unrecorded.note_fixture(shared.fixture, shared.case, shared.name)
        if text:
            raise FixtureFailure(text, pytrace=False)


def _open_shared(
    opener: Opener, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, item: pytest.Item
) -> SharedCassette | None:
    """Return the cassette of a fixture whose setup begins; None if its requests belong to the test.

    A fixture has a cassette if one was recorded. While recording, it also gets one if the test has the marker or the
    fixture uses ``sls_session``. So the order of the tests matters as little as possible.
    """
    if not is_shared(fixturedef):
        return None
    param = [(request.param, getattr(request, "param_index", 0))] if hasattr(request, "param") else []
    path = fixture_path(item, fixturedef, opener.settings, *param)
    wanted = item.get_closest_marker("sls_cassette") is not None or "sls_session" in used_by(item, fixturedef.argnames)
    if not recorded(path) and not (wanted and opener.settings.record not in {"none", "verify"}):
        return None
    name = f"{item.path.name}::{path.name}" if fixturedef.scope in ("module", "class") else path.name
    code = getattr(fixturedef.func, "__code__", None)
    source = Path(code.co_filename) if code is not None else item.path
    case = opener.open_shared(path, name, request.node, source if source.is_file() else item.path)
    return SharedCassette(case, name, fixturedef)
