"""The front door: what may be imported, and what importing it costs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from started_processes import Started

import sls_contract

HEAVY = (
    "vcr",
    "yaml",
    "hypothesis",
    "jsonschema",
    "requests",
    "urllib3",
    "httpx",
    "aiohttp",
    "asyncio",
    "rich",
    "shtab",
    "http.client",
    "sqlite3",
)


def _loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has loaded after one statement."""
    code = f"import sys; before = set(sys.modules); {statement}; print('\\n'.join(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_every_public_name_is_there():
    """__all__ is what can be imported, sorted, and nothing of it is missing."""
    assert sorted(sls_contract.__all__) == sls_contract.__all__
    assert all(getattr(sls_contract, name) is not None for name in sls_contract.__all__)
    assert dir(sls_contract) == sls_contract.__all__


def test_a_wrong_name_is_an_attribute_error():
    """A typo gets Python's own error, not one from inside."""
    with pytest.raises(AttributeError, match="has no attribute 'chekc'"):
        _ = sls_contract.chekc


def test_importing_the_package_loads_nothing_heavy():
    """`import sls_contract` costs next to nothing; rooms are loaded when a name is first used."""
    assert not _loaded_by("import sls_contract").intersection(HEAVY)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("adapter", "others"),
    [("requests", ("httpx", "vcr")), ("httpx", ("requests", "vcr"))],  # vcrpy itself loads what it finds
)
def test_an_adapter_loads_its_own_library_alone(adapter, others):
    """Nobody needs what he does not use."""
    assert not _loaded_by(f"import sls_contract.adapters.{adapter}").intersection(others)


def test_a_missing_httpx_is_told_with_the_command_that_installs_it():
    """It is the one library of the three that this package does not bring along."""
    code = "import sys; sys.modules['httpx'] = None; import sls_contract.adapters.httpx"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].endswith("How to fix: pip install 'httpx>=0.27'")


@pytest.mark.slow
def test_loading_the_plugin_loads_nothing_heavy(pytester, monkeypatch):
    """A pytest run that uses none of our fixtures pays for none of our libraries."""
    for name in [name for name in os.environ if name.startswith("COV")]:
        monkeypatch.delenv(name)  # coverage would load sqlite3 into the run that is looked at
    pytester.makepyfile(f"""
        import sys

        def test_nothing_heavy_is_loaded():
            assert "sls_contract.plugin" in sys.modules
            assert not set(sys.modules).intersection({HEAVY!r})
    """)
    pytester.makeini("[pytest]\n")
    others = ("hypothesispytest", "recording", "asyncio", "xdist", "xdist.looponfail", "anyio", "pytest_cov")
    options = [option for name in others for option in ("-p", f"no:{name}")]
    with Started.really():
        pytester.runpytest_subprocess("-p", "no:cacheprovider", *options).assert_outcomes(passed=1)
