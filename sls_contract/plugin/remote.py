"""Cassettes at a URL: the controller alone downloads them before the tests and uploads them afterwards.

A separate process calls the storage. So its requests are neither recorded nor blocked nor counted, and its library
leaves no threads, sockets and warnings among the tests. If the locked cassettes are cached on this machine, nothing
is downloaded.
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
from sls_contract.plugin.options import sends_nothing
from sls_contract.signing import credentials_from_environment

if TYPE_CHECKING:
    from sls_contract.captures.remote.suite import Suite


class RemoteCassettes:
    """The hooks of a run whose cassettes are stored at a URL."""

    def __init__(self, suite: Suite, *, recording: bool) -> None:
        self._suite = suite
        self._recording = recording
        self._in_memory = suite.url.startswith("memory://")  # another process has other memory
        self._lines: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Download the cassettes that the lock names, before xdist starts its workers."""
        if sends_nothing(session.config):
            return
        try:
            self._lines += self._pull().lines
        except SlsContractError as error:
            msg = f"ini sls_cassette_dir: {error}"
            raise pytest.UsageError(msg) from None

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Upload what a run that passed has recorded; report recordings that were not uploaded."""
        checkout = Checkout(self._suite, offline=True)
        try:
            if not (unpushed := checkout.unpushed()):
                return
            if not self._recording or session.exitstatus != pytest.ExitCode.OK:
                self._lines += unpushed
                return
            result = self._run_command("push")
            self._lines += result.lines
            if not result.clean:
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
        except (SlsContractError, NotCached) as error:
            self._lines += [*f"the cassettes were not uploaded: {error}".split("\n"), *checkout.unpushed()]
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print which revision the run played, and what happened to its recordings."""
        for line in self._lines:
            terminalreporter.write_line(f"sls-contract: {line}")

    def _pull(self) -> Result:
        try:
            return Checkout(self._suite, offline=not self._in_memory).pull()
        except NotCached:
            return self._run_command("pull")

    def _run_command(self, action: str) -> Result:
        """Run ``sls-contract cassettes``; for a store in this process's memory, push here."""
        if self._in_memory:
            key = credentials_from_environment(os.environ)
            return Checkout(self._suite, [key] if key else []).push()
        command = [sys.executable, "-X", "utf8", "-m", "sls_contract", "cassettes", action, self._suite.url]
        process = subprocess.run(  # noqa: S603 - our own command
            [*command, "--lock", str(self._suite.lock)],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if process.returncode not in (0, 1):
            error = process.stderr.strip().removeprefix("sls-contract cassettes: ")
            raise UsageError(error or f"sls-contract cassettes {action} ended with exit code {process.returncode}")
        return Result(tuple(process.stdout.splitlines()), clean=process.returncode == 0)
