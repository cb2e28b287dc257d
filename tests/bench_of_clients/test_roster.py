"""The versions on the bench, and what installs them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from roster import CLIENTS, HERE, pins


def test_every_client_is_pinned_and_has_a_wrapper():
    """Each version is exact, in one of the two files that installers read, and each wrapper is there."""
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", each.pinned) for each in CLIENTS)
    assert {each.package for each in CLIENTS} <= set(pins())
    assert all((HERE / each.script).is_file() for each in CLIENTS)
    assert len({each.name for each in CLIENTS}) == len(CLIENTS) == 6


def test_the_lockfile_pins_what_the_manifest_says_and_names_no_registry():
    """It installs from whichever registry is configured, by digest."""
    text = (HERE / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    wanted = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(each["integrity"] for path, each in packages.items() if path)


def test_a_client_that_is_not_there_says_what_would_bring_it(monkeypatch):
    """The reason of a skipped test begins with "needs", names package and version, and the command to type."""
    absent = replace(CLIENTS[0], package="@alicloud/log")  # to Python there is no such package
    remedy = "pip install -c constraints.txt @alicloud/log"
    assert absent.missing() == f"needs @alicloud/log {absent.pinned}, found none: {remedy}"
    absent = replace(CLIENTS[-1], package="aliyun-log-cli")  # and to Node no such one
    remedy = "npm ci --ignore-scripts --prefix tests/clients"
    assert absent.missing() in {f"needs aliyun-log-cli {absent.pinned}, found none: {remedy}", "needs node"}
    monkeypatch.setenv("PATH", "")
    assert CLIENTS[-1].missing() == "needs node"
