"""Other plugins in the same run, and what ours costs a run that does not use it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from started_processes import Started


def test_pytest_recording_beside_ours(project):
    """A test marked vcr and one marked sls_cassette do not disturb each other, recording and replaying."""
    project.test(
        """
        import http.server, threading, requests

        @pytest.fixture(scope="module")
        def page():
            class Page(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    self.send_response(200)
                    self.send_header("Content-Length", "5")
                    self.end_headers()
                    self.wfile.write(b"hello")
                def log_message(self, *args):
                    pass
            with http.server.HTTPServer(("127.0.0.1", 18765), Page) as server:
                threading.Thread(target=server.serve_forever, daemon=True).start()
                yield "http://127.0.0.1:18765/"
                server.shutdown()

        @pytest.mark.vcr
        def test_theirs(page):
            assert requests.get(page, timeout=60).text == "hello"

        @pytest.mark.sls_cassette
        def test_ours(sls):
            assert ask(sls).json()[0]["shard"] == 0

        @pytest.mark.vcr
        @pytest.mark.sls_cassette
        def test_both(sls, page):
            assert requests.get(page, timeout=60).text == "hello"
            assert ask(sls).json()[0]["shard"] == 0
        """
    )
    project.run("-p", "recording", "--sls-record=once", "--record-mode=once").assert_outcomes(passed=3)
    assert len(project.cassettes()) == 2
    project.run("-p", "recording", "--record-mode=none").assert_outcomes(passed=3)


LOADED = """
    import sys
    heavy = ["vcr", "yaml", "jsonschema", "requests", "aiohttp", "httpx", "hypothesis",
             "sls_contract.exchange", "sls_contract.checks", "sls_contract.signing", "sls_contract.spec"]

    def test_plain():
        assert [name for name in heavy if name in sys.modules] == []
"""


@pytest.mark.slow
def test_a_run_that_does_not_use_the_plugin_loads_nothing_heavy(project):
    """No recorder, no schemas, no clients: the plugin's own few modules and no more."""
    project.write("test_plain.py", LOADED)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "sls_contract.plugin"]
    with Started.really():
        done = subprocess.run(
            command, cwd=project.path, env=_without_plugins(), capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr


def _without_plugins():
    import os

    return {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "-c /dev/null --rootdir=."}
