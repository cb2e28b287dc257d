"""Files for CI, ours and those that people copy, against the schemas that check-jsonschema ships."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("check_jsonschema", reason="needs check-jsonschema")

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("docs/ci/github-check.yml", "vendor.github-workflows"),
        ("docs/ci/github-record.yml", "vendor.github-workflows"),
        ("action.yml", "vendor.github-actions"),
        (".github/workflows/site.yml", "vendor.github-workflows"),
        ("docs/ci/gitlab-ci.yml", "vendor.gitlab-ci"),
    ],
)
def test_a_file_for_ci_is_valid(name, schema):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / name)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize(
    ("check", "name"),
    [("validate-manifest", ".pre-commit-hooks.yaml"), ("validate-config", "docs/ci/pre-commit-config.yaml")],
)
def test_pre_commit_reads_its_files(check, name):
    """The hooks of this repository, and the configuration that people copy."""
    pytest.importorskip("pre_commit", reason="needs pre-commit")
    command = [sys.executable, "-m", "pre_commit", check, str(ROOT / name)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout.decode()
