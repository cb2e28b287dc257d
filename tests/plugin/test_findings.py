"""What a finding does to a test: which phase fails, what is shown, what may be accepted."""

from __future__ import annotations

import io

import pytest

from sls_contract import cli

OLD_METHOD = """
    @pytest.mark.sls_cassette
    def test_wrong_key(sls):
        ask(sls, query="shardId=0")
"""

SWALLOWED = """
    @pytest.mark.sls_cassette
    def test_unsigned(sls):
        assert ask(sls, Authorization="LOG testAccessKeyId:AAAAAAAAAAAAAAAAAAAAAAAAAAA=").status_code == 401
"""


def test_a_wrong_query_key_fails_although_the_response_was_fine(project):
    """ShardId instead of shard returns every shard; only the contract notices."""
    result = project.test(OLD_METHOD).run("--sls-record=once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*SLS1?? * (violation) at query shardId*", "*> GET https://my-project.*shardId=0*"])


@pytest.mark.slow
def test_a_wrong_signature_fails_and_names_its_step(project):
    """A test that expects the refusal still learns that its client signs wrongly."""
    result = project.test(SWALLOWED).run("--sls-record=once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*SLS3?? signature-digest (violation) at *"])


def test_a_finding_shows_how_to_fix_it(project):
    """Every failure ends in what to do, and shows the exchange."""
    result = project.test(OLD_METHOD).run("--sls-record=once")
    result.stdout.fnmatch_lines(["*How to fix: *", "*< 200*"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "told"),
    [(OLD_METHOD, "signature verifies (v1)"), (SWALLOWED, "and was removed from the recording")],
    ids=["right", "wrong"],
)
def test_the_text_of_a_failure_can_be_given_to_signature(project, source, told):
    """The exchange is read back; of a signature that was taken out nobody is told that its digest is wrong."""
    text = project.test(source).run("--sls-record=once").stdout.str()
    out = io.StringIO()
    cli.run(["signature"], environ={}, stdin=io.StringIO(text), stdout=out, stderr=out)
    assert told in out.getvalue()


@pytest.mark.slow
def test_a_failing_test_keeps_its_own_error(project):
    """The assertion that failed is the headline; findings stand in a section below it."""
    result = project.test(OLD_METHOD + "        assert 1 == 2, 'my own reason'\n").run("--sls-record=once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*my own reason*", "*Captured sls-contract call*", "*at query shardId*"])


def test_a_failure_shows_the_error_that_the_service_returned_last(project):
    """The client's own error has no errorCode; a test whose last response was served shows no exchange."""
    refused = """
    from dataclasses import replace

    @pytest.mark.sls_cassette
    def test_missing(sls):
        ask(replace(sls, consumer_group="missing")).raise_for_status()

    @pytest.mark.sls_cassette
    def test_served(sls):
        assert ask(replace(sls, consumer_group="missing")).status_code == 404
        assert ask(sls).status_code == 201
    """
    result = project.test(refused).run("--sls-record=once")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*the last exchange before the failure:*", '< {"errorCode":"ConsumerGroupNotExist"*'])
    assert result.stdout.str().count("the last exchange before the failure:") == 1


@pytest.mark.slow
def test_one_clause_can_be_accepted_by_code(project):
    """sls_allow with the exact code and a reason lets that clause pass, and no other."""
    code = _code_of(project)
    allowed = OLD_METHOD.replace("def test", f"@pytest.mark.sls_allow({code!r}, reason='as documented')\n    def test")
    project.test(allowed, "test_allowed.py").run("--sls-record=once", "test_allowed.py").assert_outcomes(passed=1)
    other = allowed.replace(code, "SLS204")
    project.test(other, "test_other.py").run("--sls-record=once", "test_other.py").assert_outcomes(failed=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("sls_allow('SLS999', reason='x')", "no clause has the code or slug 'SLS999'"),
        ("sls_allow('SLS204')", "takes one code and a reason"),
        ("sls_allow('update-time-unit', reason='x')", "takes a code such as 'SLS204'"),
    ],
)
def test_a_wrong_sls_allow_is_an_error_without_traceback(project, marker, told):
    """A typo in the marker is told in one line: it must not silently accept nothing."""
    source = OLD_METHOD.replace("def test", f"@pytest.mark.{marker}\n    def test")
    result = project.test(source).run("--sls-record=once")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{told}*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_findings_in_setup_fail_the_setup(project):
    """Traffic of a fixture belongs to the setup of the test that it serves."""
    result = project.test(
        """
        @pytest.fixture
        def asked(sls):
            return ask(sls, query="shardId=0")

        @pytest.mark.sls_cassette
        def test_uses_it(asked):
            assert asked.status_code == 200
        """
    ).run("--sls-record=once")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ERROR at setup of test_uses_it*", "*at query shardId*"])


def test_findings_in_teardown_fail_the_teardown(project):
    """Traffic of a fixture's end is judged, too; the test itself passed."""
    result = project.test(
        """
        @pytest.fixture
        def asks_at_the_end(sls):
            yield
            ask(sls, query="shardId=0")

        @pytest.mark.sls_cassette
        def test_passes(asks_at_the_end):
            pass
        """
    ).run("--sls-record=once")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_passes*"])


WARNS = """
    @pytest.mark.sls_cassette
    def test_warns(sls):
        from email.utils import formatdate
        ask(sls, **{"Date": None, "x-log-date": formatdate(usegmt=True)})
"""


def test_a_warning_passes_and_is_shown(project):
    """A v1 request dated only by x-log-date is a warning: the summary names it, the test passes."""
    result = project.test(_resigned(WARNS)).run("--sls-record=once")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  warning SLS1?? *: 1 time, first in test_it.py::test_warns"])


@pytest.mark.slow
def test_strict_fails_on_a_warning(project):
    """--sls-strict makes a warning count as a violation; the ini setting does the same."""
    project.test(_resigned(WARNS))
    project.run("--sls-record=once", "--sls-strict").assert_outcomes(failed=1)
    project.run("--sls-record=once", "-o", "sls_strict=true").assert_outcomes(failed=1)


def _resigned(_source: str) -> str:
    return """
    from datetime import UTC, datetime
    import requests
    from sls_contract import Request, sign
    from sls_contract.signing import http_date

    @pytest.mark.sls_cassette
    def test_warns(sls):
        now = datetime.now(UTC)
        url = f"https://{sls.project}.{sls.endpoint}/logstores/{sls.logstore}/consumergroups/{sls.consumer_group}"
        signed = sign(Request("GET", url), sls.credentials, at=now)
        headers = signed.headers.without("Date")
        requests.get(url, headers={**dict(headers), "x-log-date": http_date(now)}, timeout=60)
    """


def _code_of(project) -> str:
    import re

    result = project.test(OLD_METHOD, "test_probe.py").run("--sls-record=once", "test_probe.py")
    return re.search(r"(SLS1\d\d) \S+ \(violation\) at query shardId", result.stdout.str())[1]


def test_many_tests_with_one_mistake_show_it_once(project):
    """The first failure shows finding and exchange in full; the others say what, and where that is; the end counts."""
    tests = "".join(OLD_METHOD.replace("test_wrong_key", f"test_wrong_{n}") for n in range(3))
    result = project.test(tests).run("--sls-record=once")
    result.assert_outcomes(failed=3)
    text = result.stdout.str()
    assert text.count("  How to fix: name it shard") == text.count("> GET https://my-project") == 1
    result.stdout.fnmatch_lines(["FAILED test_it.py::test_wrong_2 - Failed: SLS103 *"])
    assert text.count("(in full: test_it.py::test_wrong_0)") == 2
    result.stdout.fnmatch_lines(["  violation SLS103 *: 3 times, first in test_it.py::test_wrong_0"])
