"""The settings that only the ini file has, and what the summary says."""

from __future__ import annotations

import json

import pytest

ASKS = """
    @pytest.mark.sls_cassette
    def test_asks(sls):
        assert ask(sls).status_code == 200
"""


@pytest.mark.slow
def test_renames_apply_to_what_is_written_and_to_what_is_asked(project):
    """Real names stay out of the file; a client that uses them still finds its recordings."""
    project.ini("sls_rename =", "    my-project = public-one", "    my-logstore = 日志库").test(ASKS)
    project.run("--sls-record=once").assert_outcomes(passed=1)
    text = project.cassette("test_asks").read_text("utf-8")
    assert "public-one" in text
    assert not [real for real in ("my-project", "my-logstore") if real in text]
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("line", ["my-project", "=public", "my-project="])
def test_a_rename_that_is_no_pair_is_a_usage_error(project, line):
    """Half a rename would write the real name."""
    result = project.ini(f"sls_rename = {line}").test(ASKS).run("--sls-record=once")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*sls_rename takes lines real=public, got *{line}*"])


@pytest.mark.slow
def test_the_folder_of_the_cassettes(project):
    """One folder, counted from the root, instead of one beside each test file."""
    project.ini("sls_cassette_dir = players/here").test(ASKS, "sub/test_it.py")
    project.run("--sls-record=once").assert_outcomes(passed=1)
    assert project.cassettes() == ["players/here/test_it/test_asks.sls.yaml"]
    project.ini().run("--sls-record=once").assert_outcomes(passed=1)
    assert "sub/cassettes/test_it/test_asks.sls.yaml" in project.cassettes()


@pytest.mark.slow
def test_the_summary_names_what_was_not_judged_whole(project):
    """Signatures that nobody could verify, other operations and other services are counted, not passed in silence."""
    project.test(
        """
        from dataclasses import replace
        import requests
        from sls_contract import Credentials

        @pytest.mark.sls_cassette
        def test_asks(sls):
            stranger = replace(sls, credentials=Credentials("LTAI5tNobodyKnowsThisKey", "x" * 30))
            ask(stranger)
            requests.get("https://oss-cn-hangzhou.aliyuncs.com/bucket", timeout=60)
        """
    )
    result = project.ini("sls_hosts = oss-cn-hangzhou.aliyuncs.com").run("--sls-record=once")
    result.stdout.fnmatch_lines(
        ["sls-contract: 2 exchanges checked *1 exchange of other services: not judged*1 signature* not verified*"]
    )


def test_a_run_without_our_fixtures_prints_nothing(project):
    """No line of ours where nothing of ours was used."""
    result = project.test("def test_plain(): pass").run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*sls-contract: *")


def test_a_folder_of_contracts(project):
    """A shipped operation is judged by another contract, that in the folder beside the ini file."""
    contract = {
        "operation": "ListShards",
        "coverage": "full",
        "method": "GET",
        "path": "/logstores/{logstore}/shards",
        "query": {"city": {"required": "violation"}},
    }
    project.write("contracts/ListShards.json", json.dumps(contract))
    project.test(
        """
        from datetime import UTC, datetime
        import requests
        from sls_contract import Request, sign

        @pytest.mark.sls_cassette
        def test_asks(sls):
            url = f"{sls.url}/logstores/l/shards?town=x".replace("://", f"://{sls.project}.")
            request = sign(Request("GET", url), sls.credentials, at=datetime.now(UTC))
            requests.get(request.url, headers=dict(request.headers), timeout=60)
        """
    )
    result = project.ini("sls_contract_dir = contracts").run("--sls-record=once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*SLS121 request-query-missing (violation) at query city of ListShards*"])
    result.stdout.fnmatch_lines(["sls-contract: 1 exchange checked*judged: 1 in full*"])
    missing = project.ini("sls_contract_dir = nowhere").run("--sls-record=once")
    missing.stderr.fnmatch_lines(
        ["ERROR: ini sls_contract_dir: expected a folder of contracts, found none at *nowhere"]
    )
