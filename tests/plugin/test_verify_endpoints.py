"""Record mode verify at a named endpoint: the client's own stack, the endpoint of the cassette, the evidence."""

from __future__ import annotations

import pytest

from sls_contract import load_cassette

NAME = "cn-wulanchabu.log.aliyuncs.com"
URL = f"https://{NAME}"
READS = """
    @pytest.mark.sls_cassette
    def test_reads(sls):
        assert ask(sls).status_code == 200
"""


@pytest.fixture
def double(project, service, tls_double):
    """Put the service behind TLS and the name of a real endpoint, and record test_reads there."""
    with tls_double(service, f"real-project.{NAME}"):
        project.test(READS)
        result = project.spawn("--sls-record=once", f"--sls-endpoint={URL}", *service.options)
        result.assert_outcomes(passed=1)
        yield project


def as_live(project):
    """Make the recording claim what only the real service can give."""
    path = project.cassette("test_reads")
    path.write_text(path.read_text("utf-8").replace("evidence: reference", "evidence: live"), encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_named_endpoint_is_asked_by_the_client_itself(double, service):
    """The same name again: compared; another one: refused before the client's stack is used."""
    reads = len(service.read)
    result = double.spawn("--sls-record=verify", f"--sls-endpoint={URL}", *service.options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*verified 1 cassette: 1 benign; 1 validated again"])
    assert len(service.read) == reads + 1
    service.respond_with(b"[]")
    double.spawn("--sls-record=verify", f"--sls-endpoint={URL}", *service.options).assert_outcomes(failed=1)
    other = "https://cn-shanghai.log.aliyuncs.com"
    result = double.spawn("--sls-record=verify", f"--sls-endpoint={other}", *service.options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*was recorded at * and this run uses {other}*", "How to fix: *"])


def test_a_request_to_another_host_is_refused_one_by_one(double, service):
    """A test that names its hosts itself: only the host of the recording is asked; the client may swallow the error."""
    double.test(
        """
        import contextlib
        from dataclasses import replace

        @pytest.mark.sls_cassette
        def test_reads(sls):
            with contextlib.suppress(Exception):
                ask(replace(sls, url="https://cn-shanghai.log.aliyuncs.com"))
            assert ask(sls).status_code == 200
        """
    )
    result = double.spawn("--sls-record=verify", f"--sls-endpoint={URL}", *service.options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["EndpointError: GET * was recorded at *, and this run uses https://cn-shanghai.*"])


@pytest.mark.slow
def test_the_cassette_says_which_endpoint_is_asked(double, service):
    """Without --sls-endpoint a live recording is verified where it was made; a response that proves less never wins."""
    path = as_live(double)
    before = path.read_bytes()
    reads = len(service.read)
    result = double.spawn("--sls-record=verify", "--sls-accept=benign", *service.options)
    result.assert_outcomes(passed=1)
    assert len(service.read) == reads + 1
    result.stdout.fnmatch_lines(
        [
            "*verified 1 cassette: 1 benign (accepted); 1 unchanged, proposal written beside it",
            "  evidence cassettes/test_it/test_reads.sls.yaml: reference would replace live",
            "  proposal *--sls-accept=benign,evidence",
        ]
    )
    assert path.read_bytes() == before
    double.spawn("--sls-record=verify", "--sls-accept=benign,evidence", *service.options).assert_outcomes(passed=1)
    assert load_cassette(path).evidence == "reference"


def test_an_endpoint_that_only_the_file_names_gets_no_key(double, service):
    """A cassette from elsewhere cannot send this project's requests to a host of its own choice."""
    path = as_live(double)
    path.write_text(path.read_text("utf-8").replace(URL, "https://sls.example.com"), encoding="utf-8")
    result = double.spawn("--sls-record=verify", *service.options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*was recorded at https://sls.example.com, which is not an endpoint of this project", "*sls_hosts*"]
    )
