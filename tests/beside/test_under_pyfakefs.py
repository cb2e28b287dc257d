"""pyfakefs hides cassettes and schemas: the text says so, and its advice leads to green."""

from __future__ import annotations

import pytest

pytest.importorskip("pyfakefs", reason="needs pyfakefs: tests/beside/requirements.txt")

SOURCE = """
    import pytest
    import requests
    from datetime import UTC, datetime
    from pyfakefs.fake_filesystem_unittest import Pause
    from sls_contract import Request, sign

    def ask(sls):
        path = f"/logstores/{sls.logstore}/consumergroups/{sls.consumer_group}?shard=0"
        url = f"https://{sls.project}.{sls.endpoint}{path}"
        request = sign(Request("GET", url), sls.credentials, at=datetime.now(UTC))
        assert requests.get(request.url, headers=dict(request.headers), timeout=60).status_code == 200

    @pytest.mark.sls_cassette
    def test_hidden(fs, sls):
        ask(sls)

    @pytest.mark.sls_cassette
    def test_as_advised(fs, sls):
        with Pause(fs):
            ask(sls)
"""


def test_it_says_that_the_files_are_hidden_and_how_to_reach_them(pytester):
    """Recording and replaying, neither a missing file nor a checkout is blamed."""
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(SOURCE)
    for mode in ("once", "none"):
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", f"--sls-record={mode}")
        result.assert_outcomes(passed=1, failed=1)
        text = result.stdout.str()
        assert "pyfakefs hides the real files" in text
        assert "with pyfakefs.fake_filesystem_unittest.Pause(fs):" in text
        assert "does not exist" not in text
        assert "checkout" not in text
