"""The pytest plugin: hooks of a few lines each; what they do stands in the modules beside this one.

Loading it imports neither vcrpy nor hypothesis, jsonschema, requests or the server: a run that uses none of the
fixtures pays nothing for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sls_contract.plugin import options

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sls_contract.plugin.names import Sls
    from sls_contract.plugin.reference import ReferenceServer
    from sls_contract.plugin.run import Run

RUN: pytest.StashKey[Run] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--sls-…`` and the ini settings."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Check the options, declare the markers, and close the way to owned hosts."""
    from sls_contract.plugin.run import MARKERS, Run

    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    run = Run.of(config, options.settings(config))
    config.stash[RUN] = run
    run.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Open the way again."""
    if (run := config.stash.get(RUN, None)) is not None:
        run.stop()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Open the test's cassette around its fixtures."""
    run = item.config.stash[RUN]
    run.open(item)
    with run.phase(item, "setup"):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail the test for what its exchanges broke."""
    with item.config.stash[RUN].phase(item, "call"):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Judge the traffic of teardown, then close the cassette."""
    run = item.config.stash[RUN]
    with run.closing(item), run.phase(item, "teardown"):
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take secrets out of tracebacks and captured output."""
    report = yield
    item.config.stash[RUN].scrub(item, report)
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell an xdist worker when the session began."""
    from sls_contract.plugin.distributed import configure_node

    configure_node(node, RUN)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take over what an xdist worker counted."""
    from sls_contract.plugin.distributed import node_down

    node_down(node, RUN)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the counts to the controller, or write the reports."""
    session.config.stash[RUN].finish(session.config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was checked."""
    for line in config.stash[RUN].summary():
        terminalreporter.write_line(line)


@pytest.fixture
def sls(request: pytest.FixtureRequest) -> Iterator[Sls]:
    """Where to point a client, with which names and credentials; needs the marker ``sls_cassette``."""
    with request.config.stash[RUN].names(request.node) as names:
        yield names


@pytest.fixture
def sls_endpoint(request: pytest.FixtureRequest) -> Iterator[ReferenceServer]:
    """Serve a reference endpoint on loopback, whose state and next answers the test sets."""
    with request.config.stash[RUN].serve(request.node) as server:
        yield server
