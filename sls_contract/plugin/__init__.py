"""The pytest plugin: hooks of a few lines each; what they do stands in the modules beside this one.

Loading it imports neither vcrpy nor hypothesis, jsonschema, requests or the server: a run that uses none of the
fixtures pays nothing for them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.locale import translated, use_language
from sls_contract.plugin import options

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from sls_contract.plugin.names import Sls
    from sls_contract.plugin.reference import ReferenceServer
    from sls_contract.plugin.run import Run

RUN: pytest.StashKey[Run] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare ``--sls-…`` and the ini settings."""
    use_language(os.environ)
    options.add_options(parser)


def _settings(config: pytest.Config, given: Namespace) -> options.Settings:
    try:
        return options.settings(config, given)
    except pytest.UsageError as error:
        raise pytest.UsageError(translated(str(error))) from None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Close the way to owned hosts before the first conftest runs."""
    from sls_contract.plugin.blocking import close_network

    close_network(early_config, lambda: _settings(early_config, early_config.known_args_namespace))


def pytest_configure(config: pytest.Config) -> None:
    """Check the options, declare the markers, and close the way to owned hosts where that was not done yet."""
    from sls_contract.plugin.blocking import close_network
    from sls_contract.plugin.distributed import is_worker
    from sls_contract.plugin.phases import Phases
    from sls_contract.plugin.run import MARKERS, Run

    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    settings = _settings(config, config.option)
    if settings.contract_dir is not None:
        _use_contracts(settings.contract_dir)
    run = Run(config, settings, close_network(config, lambda: settings))
    config.stash[RUN] = run
    config.pluginmanager.register(Phases(run), "sls_contract_phases")
    if settings.suite is not None and not is_worker(config):
        from sls_contract.plugin.remote import RemoteCassettes

        remote = RemoteCassettes(settings.suite, recording=settings.record != "none")
        config.pluginmanager.register(remote, "sls_contract_remote")


def _use_contracts(folder: Path | None) -> None:
    from sls_contract.errors import UsageError
    from sls_contract.spec.registry import use_contracts

    try:
        use_contracts(folder)
    except UsageError as error:
        msg = translated(f"ini sls_contract_dir: {error}")
        raise pytest.UsageError(msg) from None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what an interrupted test left open, and judge by the shipped contracts again."""
    if (run := config.stash.get(RUN, None)) is not None:
        run.stop()
        if run.settings.contract_dir is not None:
            _use_contracts(None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Open the test's cassette before its fixtures; a test that is skipped gets none."""
    item.config.stash[RUN].open(item)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker when the session began."""
    from sls_contract.plugin.distributed import configure_node

    configure_node(node, node.config.stash[RUN].started)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take over what an xdist worker collected."""
    from sls_contract.plugin.distributed import told

    node.config.stash[RUN].worker_ended(*told(node), lost=error is not None)


@pytest.hookimpl(trylast=True)
def pytest_make_parametrize_id(val: object) -> str | None:
    """Keep the key of the run out of the names of tests, which stand in reports, caches and names of files."""
    from sls_contract.plugin.key_masking import parameter_id

    return parameter_id(val, os.environ)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, object, object]:
    """Note what was collected, before any conftest deselects some of it."""
    config.stash[RUN].found(items)
    return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Settle what the run came to, and write the reports."""
    session.config.stash[RUN].finish(session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what was checked."""
    for line in config.stash[RUN].summary():
        terminalreporter.write_line(translated(line))


@pytest.fixture
def sls(request: pytest.FixtureRequest) -> Iterator[Sls]:
    """Where to point a client, with which names and credentials; needs the marker ``sls_cassette``."""
    with request.config.stash[RUN].names(request.node) as names:
        yield names


@pytest.fixture(scope="session")
def sls_session(request: pytest.FixtureRequest) -> Iterator[Sls]:
    """Where to point a client that many tests share; what each of them asks belongs to its own cassette."""
    with request.config.stash[RUN].session_names() as names:
        yield names


@pytest.fixture
def sls_endpoint(request: pytest.FixtureRequest) -> Iterator[ReferenceServer]:
    """Serve a reference endpoint on loopback, whose state and next answers the test sets."""
    with request.config.stash[RUN].serve(request.node) as server:
        yield server
