"""constraints.txt: what README installs is one version of each package, on every Python that is declared."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OF_OTHERS = {"scale", "s3", "oss", "dask", "ray", "redis"}  # storages and clusters, which come with their own versions
EXTRAS = [needed for extra, needed in PROJECT["optional-dependencies"].items() if extra not in OF_OTHERS]
DECLARED = [*PROJECT["dependencies"], *chain.from_iterable(EXTRAS)]
PYTHONS = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
LINES = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if not line.startswith("#")]


def pins(name: str, python: str) -> list[str]:
    """Give the versions that installers may choose from, on Linux."""
    here = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux", "os_name": "posix"}
    fitting = [each for each in PINS if each.marker is None or each.marker.evaluate(here)]
    return [
        str(each.specifier).removeprefix("==")
        for each in fitting
        if canonicalize_name(each.name) == canonicalize_name(name)
    ]


@pytest.mark.parametrize("python", PYTHONS)
def test_every_declared_dependency_has_one_version_inside_its_bounds(python):
    """A bound that was raised, or a new dependency, is pinned in the same change: .ci/pin."""
    for wanted in map(Requirement, DECLARED):
        found = pins(wanted.name, python)
        assert len(found) == 1, f"{wanted.name} on Python {python}: expected one pin, got {found}. How to fix: .ci/pin"
        assert wanted.specifier.contains(found[0]), f"{wanted} is pinned at {found[0]}. How to fix: .ci/pin"


def test_every_line_is_an_exact_version_without_a_place_to_fetch_it_from():
    """Installers take it from whichever registry they are configured for."""
    assert [str(each) for each in PINS if not re.fullmatch(r"==[^*,]+", str(each.specifier)) or each.url] == []
    assert not any("--" in line or "://" in line for line in LINES)


def test_both_commands_of_the_readme_use_it():
    """What is installed today is what was tested, in any month."""
    lines = re.findall(r"(?m)^python3 -m venv .*", (ROOT / "README.md").read_text("utf-8"))
    assert len(lines) == 2
    assert all(" -c constraints.txt " in line for line in lines)
