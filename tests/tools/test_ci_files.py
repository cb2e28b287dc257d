"""The files for CI that people copy, against the schemas that their services publish (check-jsonschema ships them)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("check_jsonschema", reason="needs check-jsonschema")

CI = Path(__file__).parents[2] / "docs" / "ci"


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("github-check.yml", "vendor.github-workflows"),
        ("github-record.yml", "vendor.github-workflows"),
        ("action.yml", "vendor.github-actions"),
        ("gitlab-ci.yml", "vendor.gitlab-ci"),
    ],
)
def test_a_file_for_ci_is_valid(name, schema):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(CI / name)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout.decode()
