"""Fixtures of a wider scope than one test: what they ask belongs to a cassette of their own, not to some test's.

A fixture asks while it is set up and while it is torn down; what tests ask with a client that it made is theirs.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.plugin.failures import told
from sls_contract.plugin.located import fixture_path, is_shared, used_by
from sls_contract.plugin.scrubbed import scrubbed_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sls_contract.plugin.beside import Beside
    from sls_contract.plugin.case import Case
    from sls_contract.plugin.opener import Opener


class Shared:
    """One fixture's cassette: open while the fixture is set up, and again while it is torn down."""

    def __init__(self, case: Case, name: str, fixture: str) -> None:
        self.case = case
        self.name, self.fixture = name, fixture
        self._open = ExitStack()
        if case.session is not None:
            case.session.independent = True  # else the last test would have asked what the fixture's teardown does

    def resume(self) -> None:
        """Take over the owned requests, inside whatever is open."""
        session = self.case.session
        assert session is not None  # a fixture's case has one
        with ExitStack() as opening:
            opening.enter_context(scrubbed_logs(self.case.scrub))
            session.start()
            opening.callback(session.pause)
            self._open = opening.pop_all()

    def pause(self) -> None:
        """Let requests go where they went before."""
        self._open.close()

    @contextmanager
    def setting_up(self) -> Iterator[None]:
        """Keep the cassette open while the fixture is made; one that fails leaves no recording that is played."""
        self.resume()
        try:
            yield
        except BaseException as error:
            self.case.broke_off = True
            if isinstance(error, Exception):
                self.case.failed(f"{type(error).__name__}: {error}")
            raise
        finally:
            self.pause()

    def end(self) -> str | None:
        """Close the cassette; return what was broken since the fixture was made."""
        self.pause()
        text = self.case.end_phase()
        self.case.close(expected_to_fail=False)
        return text or self.case.end_phase()


class Fixtures:
    """The fixtures of one run that have cassettes of their own."""

    def __init__(self, opener: Opener, beside: Beside, opened: set[Case]) -> None:
        self._opener = opener
        self._beside = beside
        self._opened = opened
        self.scrub: Callable[[str], str] | None = None

    @contextmanager
    def around(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, item: pytest.Item
    ) -> Iterator[None]:
        """Open a fixture's cassette while it is made, and fail its setup for what it broke."""
        __tracebackhide__ = True
        with told():
            shared = _shared(self._opener, fixturedef, request, item)
        if shared is None:
            yield
            return
        self._opened.add(shared.case)
        self.scrub = shared.case.scrub
        fixturedef.addfinalizer(partial(self._end, shared))  # it runs last: finalizers run in reverse order
        with shared.setting_up():
            yield
        self._opener.share_hidden(shared.case, self._opened)
        self._beside.note_fixture(shared.fixture, shared.case)
        fixturedef.addfinalizer(shared.resume)
        if text := shared.case.end_phase():
            pytest.fail(text, pytrace=False)

    def _end(self, shared: Shared) -> None:
        """Close a fixture's cassette, fail for what its teardown broke, and count it with the test that ends now."""
        __tracebackhide__ = True
        self._opened.discard(shared.case)
        with told():
            text = shared.end()
        self._beside.note_fixture(shared.fixture, shared.case, shared.name)
        if text:
            pytest.fail(text, pytrace=False)


def _shared(
    opener: Opener, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, item: pytest.Item
) -> Shared | None:
    """Return the cassette of a fixture that is about to be made; None where what it asks is the test's.

    It has one where it was recorded, and, where this run records, if the test has the marker or the fixture uses
    ``sls_session``. Whichever test comes first must not matter more than that.
    """
    if not is_shared(fixturedef):
        return None
    param = [(request.param, getattr(request, "param_index", 0))] if hasattr(request, "param") else []
    path = fixture_path(item, fixturedef, opener.settings, *param)
    means_to = item.get_closest_marker("sls_cassette") is not None or "sls_session" in used_by(
        item, fixturedef.argnames
    )
    if not opener.plays_or_records(path, means_to=means_to):
        return None
    name = f"{item.path.name}::{path.name}" if fixturedef.scope in ("module", "class") else path.name
    code = getattr(fixturedef.func, "__code__", None)
    source = Path(code.co_filename) if code is not None else item.path
    case = opener.open_shared(path, name, request.node, source if source.is_file() else item.path)
    return Shared(case, name, fixturedef.argname)
