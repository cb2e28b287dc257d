"""The hook for pre-commit: run as pre-commit runs it, on the files that it would pass."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"
SECRET = "LTAI5tAbCdEfGhIjKlMnOpQr"


@pytest.fixture
def hook():
    (only,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return only


def test_the_hook_says_what_pre_commit_needs(hook):
    """It is installed from this repository as a Python package, and gets the files as arguments, all at once."""
    assert (hook["id"], hook["language"]) == ("sls-contract-check", "python")
    assert hook.get("pass_filenames", True)
    assert hook["require_serial"]


@pytest.mark.parametrize(("leak", "code"), [(False, 0), (True, 1)])
def test_a_staged_secret_stops_the_commit(hook, command, tmp_path, leak, code):
    """Of the files that are staged, cassettes alone are passed; a bad one among them fails, unshown."""
    text = PAGE.read_text("utf-8")
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "好.sls.yaml").write_text(text, "utf-8")
    (tmp_path / "cassettes" / "b.sls.yaml").write_text(text.replace("nginx/1.12.1", SECRET) if leak else text, "utf-8")
    (tmp_path / "settings.yaml").write_text("a: 1\n", "utf-8")
    staged = [str(each.relative_to(tmp_path)) for each in sorted(tmp_path.rglob("*.yaml"))]
    passed = [name for name in staged if re.search(hook["files"], name)]
    assert len(passed) == len(staged) - 1
    script, *arguments = shlex.split(hook["entry"])
    assert script == "sls-contract"
    done = command(*arguments, *passed)
    assert done.returncode == code, done.stderr
    assert ("SLS601 secret-in-recording" in done.stdout) is leak
    assert SECRET not in done.stdout + done.stderr
