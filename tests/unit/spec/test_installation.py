"""Where the contracts are: in the package, or in a checkout beside it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from started_processes import Started

from sls_contract.errors import UsageError
from sls_contract.spec.installation import checkout

CHECKOUT = Path(__file__).parents[3]
EXPORT = ["spec", "export", "--format", "json-schema", "--out", "out"]


def run_installed(folder, code):
    with Started.really():
        return subprocess.run([sys.executable, *code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Give a folder with the package as a wheel installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(CHECKOUT / "sls_contract", folder / "sls_contract")  # and with it what was compiled before
    shutil.copytree(CHECKOUT / "schemas", folder / "sls_contract" / "_schemas")
    return folder


@pytest.fixture
def installed(wheel, tmp_path):
    """Give such a folder whose files a test may replace: links cost less than copies."""
    shutil.copytree(wheel / "sls_contract", tmp_path / "sls_contract", copy_function=os.link)
    return tmp_path


@pytest.mark.slow
def test_a_wheel_has_the_schemas_and_exports_the_same(installed):
    """Without the checkout, contracts and JSON Schemas are read from the installed package."""
    done = run_installed(installed, ["-m", "sls_contract", *EXPORT, "--operation", "GetCheckPoint"])
    assert done.returncode == 0, done.stderr
    for file in (installed / "out").iterdir():
        assert file.read_bytes() == (installed / "sls_contract/_schemas/json-schema" / file.name).read_bytes()
    assert json.loads((installed / "out/GetCheckPoint.response.json").read_text("utf-8"))["type"] == "array"


@pytest.mark.slow
def test_from_a_wheel_build_says_that_it_needs_a_checkout(installed):
    """An installed package builds nothing: exit 2, and nothing is written beside it."""
    done = run_installed(installed, ["-m", "sls_contract", "spec", "build"])
    assert (done.returncode, done.stdout) == (2, "")
    assert "expected a checkout of sls-contract" in done.stderr
    assert [path.name for path in installed.iterdir()] == ["sls_contract"]


@pytest.mark.slow
@pytest.mark.full(keep=5)
@pytest.mark.parametrize("text", [None, "{", "\udcff", '{"$defs": {}}', '{"tables": [], "errors": []}'])
@pytest.mark.parametrize(
    ("name", "asked"),
    [("common.json", EXPORT), ("errors.json", ["explain", "Unauthorized"]), ("clauses.json", ["explain", "SLS204"])],
)
def test_a_damaged_file_of_what_operations_share_is_named(installed, name, asked, text):
    """The error names the file, and no traceback is shown."""
    file = installed / "sls_contract/_schemas" / name
    file.unlink()
    if text is not None:
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
    done = run_installed(installed, ["-m", "sls_contract", *asked])
    assert (done.returncode, name in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_only_our_own_checkout_is_one(tmp_path):
    """A package folder beside another project's pyproject.toml is no checkout."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "somebody-else"\n')
    with pytest.raises(UsageError, match="checkout"):
        checkout(tmp_path / "sls_contract")
    assert checkout(CHECKOUT / "sls_contract") == CHECKOUT


def test_names_of_the_specification_are_found_when_asked_for():
    """Every public name exists, and another is an AttributeError that says so."""
    from sls_contract import spec

    assert all(getattr(spec, name) is not None for name in spec.__all__)
    with pytest.raises(AttributeError, match="'nonsense'"):
        _ = spec.nonsense
