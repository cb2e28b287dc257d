"""Cassettes at a URL: downloaded before the tests, uploaded after them, by the controller alone.

The storage is asked in a process of its own: so its requests are neither recorded nor blocked nor counted, and its
library leaves no threads, sockets and warnings among the tests. A run whose lock is known on this machine asks nobody.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sls_contract.captures.remote.checkout import Checkout, Result
from sls_contract.captures.remote.store import NotCached
from sls_contract.errors import SlsContractError, UsageError
from sls_contract.signing import credentials_from_environment

if TYPE_CHECKING:
    from sls_contract.captures.remote.suite import Suite


class RemoteCassettes:
    """The hooks of a run whose cassettes lie at a URL."""

    def __init__(self, suite: Suite, *, recording: bool) -> None:
        self._suite = suite
        self._recording = recording
        self._here = suite.url.startswith("memory://")  # another process has other memory
        self._lines: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Download what the lock names, before xdist starts its workers."""
        if session.config.option.collectonly:
            return
        try:
            self._lines += self._pulled().lines
        except SlsContractError as error:
            msg = f"ini sls_cassette_dir: {error}"
            raise pytest.UsageError(msg) from None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Upload what a run that passed has recorded; what another left is kept, and told."""
        checkout = Checkout(self._suite, offline=True)
        try:
            if not (left := checkout.unpushed()):
                return
            if not self._recording or session.exitstatus != pytest.ExitCode.OK:
                self._lines += left
                return
            result = self._asked("push")
            self._lines += result.lines
            if not result.clean:
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
        except (SlsContractError, NotCached) as error:
            self._lines += [*f"the cassettes were not uploaded: {error}".split("\n"), *checkout.unpushed()]
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which revision the run played, and what became of what it recorded."""
        for line in self._lines:
            terminalreporter.write_line(f"sls-contract: {line}")

    def _pulled(self) -> Result:
        try:
            return Checkout(self._suite, offline=not self._here).pull()
        except NotCached:
            return self._asked("pull")

    def _asked(self, action: str) -> Result:
        """Let the command do it, or, for what lies in the memory of this process, do it here."""
        if self._here:
            key = credentials_from_environment(os.environ)
            return Checkout(self._suite, [key] if key else []).push()
        command = [sys.executable, "-X", "utf8", "-m", "sls_contract", "cassettes", action, self._suite.url]
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, "--lock", str(self._suite.lock)],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode not in (0, 1):
            told = done.stderr.strip().removeprefix("sls-contract cassettes: ")
            raise UsageError(told or f"sls-contract cassettes {action} ended with exit code {done.returncode}")
        return Result(tuple(done.stdout.splitlines()), clean=done.returncode == 0)
