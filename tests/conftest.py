"""What all tests share: pytester, no real credentials, proxies or ignored signals, and an end of what they start."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import none

from sls_contract.locale import use_language

sys.path.insert(0, str(Path(__file__).with_name("processes")))
sys.path.insert(0, str(Path(__file__).with_name("documents")))
from started_processes import Started, end_all_but, processes_of_a_run
from together import TogetherModule

pytest_plugins = ["pytester"]

_FOREIGN = (
    "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "ALIBABA_CLOUD_SECURITY_TOKEN",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "CI",  # with these pytest prints whole messages in its last lines
    "BUILD_NUMBER",
)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as under nohup and behind an & of a script
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the programs that tests start and interrupt inherit it

_SLOW = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a busy machine is no finding
_QUICK = [each for each in Phase if each is not Phase.explain]  # which costs a hundred examples for each that is found
settings.register_profile("sample", max_examples=5, derandomize=True, phases=_QUICK, **_SLOW)  # the same each time
settings.register_profile("full", max_examples=200, print_blob=True, **_SLOW)
settings.load_profile("full" if os.environ.get("SLS_FULL") else "sample")

os.environ["SLS_CONTRACT_LANG"] = "en"  # whatever the developer reads; a test of Chinese says so
use_language(os.environ)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling is most of a start, of tests and of what they start
sys.dont_write_bytecode = False


def pytest_pycollect_makemodule(module_path, parent):
    """Without SLS_FULL the small cases of a function are one item, which names each that fails."""
    return None if os.environ.get("SLS_FULL") else TogetherModule.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(config, items):
    """Tests marked ``slow`` are the dearest of their file, left to ``SLS_SLOW=1``, which CI sets.

    Tests marked ``full`` cost more than their kind is worth in every run: one of the kind is left unmarked.

    Of the cases of one function, ``full(keep=5)`` leaves each fifth: of a matrix, where no axis has a multiple of five
    values, that is each value of each axis.
    """
    if os.environ.get("SLS_FULL"):
        return
    slow = not os.environ.get("SLS_SLOW")
    seen, left = Counter(), []
    for item in items:
        if slow and item.get_closest_marker("slow"):
            left.append(item)
        elif marker := item.get_closest_marker("full"):
            function = item.nodeid.partition("[")[0]
            if not (keep := marker.kwargs.get("keep")) or seen[function] % keep:
                left.append(item)
            seen[function] += 1
    gone = set(left)
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=left)


def pytest_collection_finish():
    """Garbage collections need not look again and again at what lives as long as the run.

    Hypothesis asks the collector, at its first example, whether anything holds its source of chance.
    """
    given(none())(lambda _: None)()
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Let one worker run all tests of a file: what they share, and what they start first, is then made once."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            """Tests of documents share across files what they parse."""
            return "tests/documents" if nodeid.startswith("tests/documents/") else super()._split_scope(nodeid)

    return Scheduling(config, log) if config.option.dist == "load" else None


def pytest_report_header():
    if os.environ.get("SLS_FULL"):
        return "tests marked slow or full: all"
    slow = "all" if os.environ.get("SLS_SLOW") else "none; SLS_SLOW=1 runs them"
    return f"tests marked slow: {slow}; marked full: none; SLS_FULL=1 runs both"


@pytest.fixture(scope="session", autouse=True)
def _own_environment():
    """A developer's own credentials and proxies must not change what tests see; what they start ends with the run."""
    with pytest.MonkeyPatch.context() as patch, processes_of_a_run():
        for name in _FOREIGN:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _processes_end():
    """Whatever a test started ends with it; what a wider fixture started before it, with that."""
    before = [*Started.all]
    yield
    end_all_but(before)
