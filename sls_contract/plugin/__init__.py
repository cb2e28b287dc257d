"""The pytest plugin: hooks of a few lines each, which call the other modules of this package.

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
    """Block requests to owned hosts before the first conftest runs."""
    from sls_contract.plugin.blocking import block_network

    block_network(early_config, lambda: _settings(early_config, early_config.known_args_namespace))


def pytest_configure(config: pytest.Config) -> None:
    """Check the options, declare the markers, and block requests to owned hosts if that was not done yet."""
    from sls_contract.plugin.blocking import block_network
    from sls_contract.plugin.distributed import is_worker
    from sls_contract.plugin.phases import Phases
    from sls_contract.plugin.run import MARKERS, Run

    for marker in MARKERS:
        config.addinivalue_line("markers", translated(marker))
    settings = _settings(config, config.option)
    if settings.contract_dir is not None:
        _use_contracts(settings.contract_dir)
    run = Run(config, settings, block_network(config, lambda: settings))
    config.stash[RUN] = run
    config.pluginmanager.register(Phases(run), "sls_contract_phases")
    if settings.record == "all":
        from sls_contract.plugin import whole_files

        config.pluginmanager.register(whole_files)
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
    """Close what an interrupted test left open, and restore the shipped contracts."""
    if (run := config.stash.get(RUN, None)) is not None:
        run.stop()
        if run.settings.contract_dir is not None:
            _use_contracts(None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Open the test's cassette before its fixtures are set up; a skipped or only planned test gets none."""
    if not options.sends_nothing(item.config):
        item.config.stash[RUN].open(item)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Pass the start of the session to an xdist worker."""
    from sls_contract.plugin.distributed import configure_node

    configure_node(node, node.config.stash[RUN].started)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Add the results of an xdist worker that ended."""
    from sls_contract.plugin.distributed import received_from

    node.config.stash[RUN].add_worker(*received_from(node), lost=error is not None)


@pytest.hookimpl(trylast=True)
def pytest_make_parametrize_id(val: object) -> str | None:
    """Keep the access key of the run out of test ids, which appear in reports, caches and file names."""
    from sls_contract.plugin.key_masking import parameter_id

    return parameter_id(val, os.environ)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Generator[None, object, object]:
    """Keep the access key of the run out of the ids that tests, and a conftest, give their parameters themselves."""
    from sls_contract.plugin.key_masking import mask_given_ids

    mask_given_ids(metafunc, os.environ)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, object, object]:
    """Note the collected tests before a conftest deselects some of them."""
    config.stash[RUN].note_collected(items)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Note that tests are run, not only listed as by ``--fixtures``."""
    session.config.stash[RUN].calls_tests = options.calls_tests(session.config)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Finish the results of the run, and write the reports."""
    session.config.stash[RUN].finish(session)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the summary of the checks."""
    for line in config.stash[RUN].summary():
        terminalreporter.write_line(translated(line))


@pytest.fixture
def sls(request: pytest.FixtureRequest) -> Iterator[Sls]:
    """Return endpoint, names and credentials for a client; needs the marker ``sls_cassette``."""
    with request.config.stash[RUN].names(request.node) as names:
        yield names


@pytest.fixture(scope="session")
def sls_session(request: pytest.FixtureRequest) -> Iterator[Sls]:
    """Return endpoint, names and credentials for a client that tests share; each test records its own requests."""
    with request.config.stash[RUN].session_names() as names:
        yield names


@pytest.fixture
def sls_endpoint(request: pytest.FixtureRequest) -> Iterator[ReferenceServer]:
    """Serve a reference endpoint on loopback; the test sets its state and its next responses."""
    with request.config.stash[RUN].serve(request.node) as server:
        yield server
