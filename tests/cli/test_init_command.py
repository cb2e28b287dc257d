"""``sls-contract init``, and the files for CI that people copy: what is written works, and nothing is overwritten."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

CI = Path(__file__).parents[2] / "docs" / "ci"
SCRIPTS = Path(sys.executable).parent
QUIET = {"PYTEST_ADDOPTS": "-p no:cacheprovider -p no:asyncio", "GITHUB_ACTIONS": ""}


def files(folder):
    return {
        each.relative_to(folder).as_posix(): each.read_text("utf-8")
        for each in folder.rglob("*")
        if each.is_file() and each.suffix != ".pyc"
    }


def test_the_example_passes_afterwards_and_a_second_time_nothing_is_left_to_write(command, tmp_path):
    done = command("init", "--yes", environ=QUIET)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "+++ tests/test_sls_example.py" in done.stdout
    replayed = command("-q", script=(sys.executable, "-m", "pytest"), environ=QUIET)
    assert (replayed.returncode, "1 passed" in replayed.stdout) == (0, True), replayed.stdout
    before = files(tmp_path)
    again = command("init", "--yes", environ=QUIET)
    assert (again.returncode, "Nothing to write" in again.stdout) == (0, True)
    assert files(tmp_path) == before


def test_without_a_terminal_it_shows_all_and_writes_nothing(command, tmp_path):
    done = command("init")
    assert done.returncode == 2
    assert "+sls_max_age = 90d" in done.stdout
    assert "pass --yes" in done.stderr
    assert files(tmp_path) == {}


def test_files_that_exist_keep_every_line(command, tmp_path):
    """Settings, .gitignore and .gitattributes only gain lines; an example or a pipeline that is there stays."""
    there = {
        "pyproject.toml": '[project]\nname = "我的"\n\n[tool.pytest.ini_options]\naddopts = "-q"\n',
        ".gitignore": "*.journal\nbuild/",
        ".gitattributes": "*.sh text\n",
        ".gitlab-ci.yml": "stages: [test]\n",
        "tests/test_sls_example.py": "def test_mine(): pass\n",
    }
    for name, text in there.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    done = command("init", "--yes", environ=QUIET)
    assert done.returncode == 0, done.stdout + done.stderr
    now = files(tmp_path)
    assert now["pyproject.toml"] == there["pyproject.toml"].replace("options]\n", 'options]\nsls_max_age = "90d"\n')
    assert now[".gitignore"].splitlines()[:2] == ["*.journal", "build/"]
    assert now[".gitignore"].count("*.journal") == 1
    assert "*.proposed" in now[".gitignore"]
    assert now[".gitattributes"].startswith("*.sh text\n")
    assert {name: now[name] for name in (".gitlab-ci.yml", "tests/test_sls_example.py")} == {
        name: there[name] for name in (".gitlab-ci.yml", "tests/test_sls_example.py")
    }
    assert "include: [{local: .gitlab/sls-contract.yml}]" in done.stdout
    assert yaml.safe_load(now[".gitlab/sls-contract.yml"])


@pytest.mark.parametrize(
    ("name", "text"), [("tox.ini", "[pytest]\naddopts = -q\n"), ("setup.cfg", "[tool:pytest]\naddopts = -q\n")]
)
def test_settings_that_stand_elsewhere_stay_in_force(command, tmp_path, name, text):
    """A new pytest.ini would switch them off, so the line is left to the user."""
    (tmp_path / name).write_text(text, "utf-8")
    done = command("init", "--yes", "--ci", "none", environ=QUIET)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"add to pytest's settings in {name}: sls_max_age = 90d" in done.stdout
    assert not (tmp_path / "pytest.ini").exists()


def commands():
    """Yield the commands of pytest and sls-contract in each file that people copy."""
    seen = {"pytest"}  # programs of which another command, or another test, stands for the rest without SLS_FULL
    for path in sorted(CI.glob("*.yml")):
        document = yaml.safe_load(path.read_text("utf-8"))
        steps = document.get("runs", {}).get("steps", [])
        steps += [step for job in document.get("jobs", {}).values() for step in job["steps"]]
        lines = [step.get("run", "") for step in steps]
        lines += [line for job in document.values() if isinstance(job, dict) for line in job.get("script", [])]
        for line in lines:
            if line.startswith(("pytest ", "sls-contract ")):
                program = line.split()[0]
                marks = [pytest.mark.full] if program in seen else []
                yield pytest.param(line, marks=marks, id=f"{path.name}: {line[:30]}")
                seen.add(program)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    script = [str(SCRIPTS / "sls-contract"), "init", "--yes"]
    subprocess.run(script, cwd=folder, env={**os.environ, **QUIET}, capture_output=True, timeout=120, check=True)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("sh") is None, reason="the files are for a POSIX shell")
@pytest.mark.parametrize("line", [*commands()])
def test_each_command_of_the_files_for_ci_runs(project, line):
    """As a runner would, with its expressions and variables filled in; what names the cloud stays on this machine."""
    for name, value in {
        "${{ vars.SLS_ENDPOINT }}": "$SLS_ENDPOINT",
        "${{ vars.SLS_PROJECT }}": "$SLS_PROJECT",
        "${{ vars.SLS_LOGSTORE }}": "$SLS_LOGSTORE",
    }.items():
        line = line.replace(name, value)
    environ = {
        **os.environ,
        **QUIET,
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "SLS_PATHS": "tests",
        "SLS_MAX_AGE": "90d",
        "SLS_ENDPOINT": "reference",
        "SLS_PROJECT": "my-project",
        "SLS_LOGSTORE": "my-logstore",
    }
    shell = ["sh", "-e", "-c", line]
    done = subprocess.run(shell, cwd=project, env=environ, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
