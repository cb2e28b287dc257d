"""``sls-contract schemas``."""

import argparse
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sls_contract.cli import schemas as command
from sls_contract.errors import UsageError
from sls_contract.spec.catalog import SCHEMA_NAMES
from sls_contract.spec.derive import files

CHECKOUT = Path(__file__).parents[3]
RUN = """
import argparse, sys
from sls_contract.cli import schemas
from sls_contract.errors import UsageError
parser = argparse.ArgumentParser()
schemas.configure(parser.add_subparsers())
arguments = parser.parse_args(sys.argv[1:])
try:
    sys.exit(arguments.run(arguments, environ={}, stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr))
except UsageError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""


def run(*argv):
    """Run the command in this process; return exit code and output."""
    parser = argparse.ArgumentParser()
    command.configure(parser.add_subparsers())
    arguments = parser.parse_args(["schemas", *map(str, argv)])
    stdout = io.StringIO()
    code = arguments.run(arguments, environ={}, stdin=io.StringIO(), stdout=stdout, stderr=io.StringIO())
    return code, stdout.getvalue()


def run_in(folder, *argv):
    """Run the command of the package in a folder, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", RUN, "schemas", *argv], cwd=folder, capture_output=True, text=True, check=False
    )


def told(action, folder):
    """Run one action on a folder; return exit code and output."""
    stdout = io.StringIO()
    return action(folder, stdout), stdout.getvalue()


def contents(folder):
    """Read every file in a folder, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.fixture
def installed(tmp_path):
    """Give a folder with the package as a wheel installs it."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "sls_contract", tmp_path / "sls_contract", ignore=ignored)
    shutil.copytree(CHECKOUT / "schemas", tmp_path / "sls_contract" / "_schemas")
    return tmp_path


def test_the_checkout_is_up_to_date():
    """In this checkout ``build --check`` finds nothing to do."""
    done = run_in(CHECKOUT, "build", "--check")
    assert (done.returncode, done.stdout) == (0, "schemas/ is what derivation gives: 4 schemas\n")


def test_list_names_every_schema():
    """One line for each schema, its name first."""
    code, output = run("list")
    assert code == 0
    assert [line.split()[0] for line in output.splitlines()] == list(SCHEMA_NAMES)


@pytest.mark.parametrize("name", ["error", "error.json"])
def test_show_prints_the_file(name):
    """A schema is shown as it stands on disk, asked for by name or file name."""
    assert run("show", name) == (0, files()["error.json"])


def test_show_says_which_names_there_are():
    """A wrong name is a usage error that lists the right ones."""
    with pytest.raises(UsageError, match=r"get-checkpoint\.response.*'nonsense'"):
        run("show", "nonsense")


def test_export_writes_every_schema(tmp_path):
    """The folder is made, and running again over the same files is no conflict."""
    out = tmp_path / "a" / "b"
    for _ in range(2):
        code, output = run("export", "--out", out)
        assert code == 0
        assert [line.removeprefix("wrote ") for line in output.splitlines()] == [str(out / name) for name in files()]
    assert contents(out) == files()


def test_export_replaces_nothing_unasked(tmp_path):
    """A file that differs stops the export before anything is written; --force replaces it."""
    mine = tmp_path / "error.json"
    mine.write_text("mine")
    with pytest.raises(UsageError, match=r"error\.json exists and differs; nothing was written"):
        run("export", "--out", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["error.json"]
    assert mine.read_text() == "mine"
    assert run("export", "--out", tmp_path, "--force")[0] == 0
    assert json.loads(mine.read_text())["$id"] == "urn:sls-contract:schema:error"


def test_export_says_where_it_cannot_write(tmp_path):
    """A file in the place of the folder is a usage error that names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--out to be a folder"):
        run("export", "--out", tmp_path / "file")


def test_build_writes_what_is_wrong_and_removes_what_is_too_many(tmp_path):
    """Before build, a check shows the diff, answers 1 and changes nothing; after it, the check is content."""
    for name, text in {**files(), "error.json": '{"title": "old"}\n', "forgotten.json": "{}\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "authorization.json").unlink()
    before = contents(tmp_path)

    code, output = told(command._check, tmp_path)
    assert code == 1
    assert '-{"title": "old"}\n' in output
    assert "--- schemas/forgotten.json\n+++ derived/forgotten.json" in output
    assert output.endswith("3 of schemas/ differ. How to fix: sls-contract schemas build\n")
    assert contents(tmp_path) == before

    code, output = told(command._build, tmp_path)
    assert code == 0
    assert {line.split(" ", 1)[0] + " " + Path(line.split()[-1]).name for line in output.splitlines()[:-1]} == {
        "wrote authorization.json",
        "wrote error.json",
        "removed forgotten.json",
    }
    assert contents(tmp_path) == files()
    assert told(command._check, tmp_path)[0] == 0


def test_build_makes_the_folder(tmp_path):
    """A checkout without schemas/ gets them."""
    assert told(command._build, tmp_path / "schemas")[0] == 0
    assert contents(tmp_path / "schemas") == files()


def test_build_leaves_a_right_folder_alone():
    """In this checkout build has nothing to write."""
    done = run_in(CHECKOUT, "build")
    assert (done.returncode, done.stdout) == (0, f"{CHECKOUT / 'schemas'} holds 4 schemas\n")


@pytest.mark.parametrize("arguments", [["build"], ["build", "--check"]])
def test_from_a_wheel_build_says_that_it_needs_a_checkout(installed, arguments):
    """An installed package derives nothing: exit 2, and nothing is written beside it."""
    done = run_in(installed, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "expected a checkout of sls-contract" in done.stderr
    assert [path.name for path in installed.iterdir()] == ["sls_contract"]
    assert run_in(installed, "list").returncode == 0
