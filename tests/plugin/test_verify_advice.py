"""What record mode verify and the clauses of recordings advise is followed, as it is written, and turns green."""

from __future__ import annotations

import pytest
from advice import advised

from sls_contract import load_cassette

STATES = """
    import http.client

    import requests

    @pytest.mark.sls_cassette
    def test_edited(sls):
        ask(sls)

    @pytest.mark.sls_cassette
    def test_old(sls):
        ask(sls)

    @pytest.mark.sls_cassette
    def test_plays_less(sls):
        ask(sls){more}

    @pytest.mark.sls_cassette
    def test_asks_more(sls):
        ask(sls, shard={shard})
"""


def replace(path, *pairs):
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


@pytest.mark.slow
def test_each_finding_about_a_recording_is_fixed_by_what_it_says(project):
    """Edited, old, not played, not recorded, of no test: record again, delete the orphan; then all is well."""
    before, after = STATES.format(more="; ask(sls, shard=1)", shard=0), STATES.format(more="", shard=1)
    project.test(before).run("--sls-record=all").assert_outcomes(passed=4)
    replace(project.cassette("test_edited"), ('"updateTime":0', '"updateTime":1'))
    old = project.cassette("test_old")
    for line in [line for line in old.read_text("utf-8").splitlines() if "d_at: '" in line]:
        replace(old, (line, line.partition("'")[0] + "'2020-01-01T00:00:00Z'"))
    project.cassette("test_gone").write_bytes(project.cassette("test_plays_less").read_bytes())
    told = "\n".join(project.test(after).run("--sls-strict", "--sls-max-age=90d").outlines)
    for code in ("SLS602", "SLS605", "SLS607", "SLS610"):
        assert code in told
    assert "pytest --sls-record=all" in told
    assert "--sls-record=new_episodes" in told
    result = project.run("--sls-record=all")
    result.assert_outcomes(passed=4)
    project.run().stdout.fnmatch_lines(["*SLS611 recording-orphaned: *test_gone.sls.yaml"])
    project.cassette("test_gone").unlink()
    result = project.run("--sls-strict", "--sls-max-age=90d")
    result.assert_outcomes(passed=4)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*SLS6*")


@pytest.fixture
def recorded(project, service):
    """Record test_reads at the service; ``verify`` then asks it again, where the cassette says."""
    project.test(READS)
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000_000_000, consumer="c1")
    project.verify = lambda *options, record="verify": project.run(f"--sls-record={record}", *service.options, *options)
    project.verify(f"--sls-endpoint={service.url}", record="once").assert_outcomes(passed=1)
    return project


READS = """
    @pytest.mark.sls_cassette
    def test_reads(sls):
        assert ask(sls).json()[0]["checkpoint"] == "MTA="
"""


def test_it_asks_where_it_was_recorded_or_says_what_to_do(recorded, service):
    """Without --sls-endpoint: this machine is asked; elsewhere, or under a borrowed name, nothing is sent."""
    path, reads = recorded.cassette("test_reads"), len(service.read)
    recorded.verify().stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 validated again"])
    assert len(service.read) == reads + 1
    before = path.read_bytes()
    result = recorded.verify("--sls-endpoint=reference")
    result.stdout.fnmatch_lines([f"*was recorded at {service.url} *"])
    assert result.ret == 2
    option = advised(result.stdout.str(), r"verify where it was recorded \((\S+)\)").group(1)
    recorded.verify(option).assert_outcomes(passed=1)
    path.write_bytes(before)
    replace(path, (service.url, "https://cn-hangzhou.log.aliyuncs.com"))
    result = recorded.verify()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*names the endpoint https://cn-hangzhou.log.aliyuncs.com*"])
    option = advised(
        result.stdout.str(), "name the endpoint that responded: (--sls-endpoint=reference) for the bundled"
    )
    assert len(service.read) == reads + 2
    recorded.verify(option.group(1)).stdout.fnmatch_lines(["sls-contract: verified 1 cassette: *"])
    path.write_bytes(before)
    service.server.close()
    result = recorded.verify()
    assert result.ret == 2
    result.stdout.fnmatch_lines(["sls-contract: nothing was compared: *"])
    assert path.read_bytes() == before


def test_a_cassette_that_fixture_sls_session_cannot_verify_names_its_endpoint(recorded, service):
    """Clients of the whole run have one endpoint: the option that is printed is that of the cassette."""
    recorded.test("\n    def test_session(sls_session): pass\n" + READS)
    result = recorded.verify()
    result.assert_outcomes(passed=1, errors=1)
    recorded.verify(advised(result.stdout.str(), r"pass (--sls-endpoint=\S+)\.").group(1)).assert_outcomes(passed=2)


def test_what_a_failed_test_recorded_is_recorded_again_as_advised(recorded, service):
    """It is not compared with; the test is fixed, and the command that is printed records it."""
    recorded.cassette("test_reads").unlink()
    recorded.test(READS.replace("MTA=", "none"))
    at = f"--sls-endpoint={service.url}"
    recorded.verify(at, record="once").assert_outcomes(failed=1)
    recorded.test(READS)
    result = recorded.verify()
    result.assert_outcomes(errors=1)
    mode = advised(result.stdout.str(), r"fix the test, then record it again \(pytest --sls-record=(\w+)\)").group(1)
    recorded.verify(at, record=mode).assert_outcomes(passed=1)
    assert recorded.verify().ret == 0


def test_an_endpoint_of_nobody_is_named_or_owned_as_advised(recorded, service):
    """Whichever of both is done, the recording is no longer refused for its endpoint."""
    path = recorded.cassette("test_reads")
    text = path.read_text("utf-8").replace("evidence: reference", "evidence: live")
    path.write_text(text.replace(f"'{service.url}'", "'http://sls.example.invalid'"), "utf-8")
    result = recorded.verify()
    result.assert_outcomes(errors=1)
    told = advised(result.stdout.str(), r"pass (\S+), or add its host to ini (\w+), if you trust it")
    refused = "*which is not an endpoint of this project"
    recorded.verify(told.group(1)).stdout.no_fnmatch_line(refused)
    recorded.ini(f"{told.group(2)} = sls.example.invalid").verify().stdout.no_fnmatch_line(refused)


@pytest.mark.slow
def test_a_response_that_breaks_the_contract_can_be_taken_over_as_advised(recorded, service):
    """The advice is for the test's author; followed, the run is green, and so is replay."""
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000, consumer="c1")
    result = recorded.verify()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*report it to the service; until then, mark the test with @pytest.mark.sls_allow*"])
    result.stdout.no_fnmatch_line("How to fix: count microseconds*")
    allow = "@pytest.mark.sls_allow('SLS204', reason='until the next release')\n    @"
    recorded.test(READS.replace("@", allow, 1))
    result = recorded.verify()
    result.assert_outcomes(passed=1)
    (kinds,) = [line.rpartition("--sls-accept=")[2] for line in result.outlines if line.startswith("  proposal ")]
    recorded.verify(f"--sls-accept={kinds}").assert_outcomes(passed=1)
    assert b"1700000000," in load_cassette(recorded.cassette("test_reads")).exchanges[0].response.body
    recorded.run().assert_outcomes(passed=1)


@pytest.mark.slow
def test_a_test_that_expects_the_old_response_is_told_to_change_first(recorded, service):
    """It fails by itself, so there is no proposal, and none is spoken of; then it is changed, and the rest follows."""
    service.respond_with(b"[]")
    result = recorded.verify()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["How to fix: make the test pass with the new response and verify again*"])
    result.stdout.no_fnmatch_line("*--sls-accept=*")
    recorded.test(READS.replace('ask(sls).json()[0]["checkpoint"] == "MTA="', "ask(sls).json() == []"))
    result = recorded.verify()
    result.assert_outcomes(failed=1)
    (line,) = [line for line in result.outlines if line.startswith("How to fix: report it to the service, or adapt")]
    recorded.verify(f"--sls-accept={line.rpartition('--sls-accept=')[2].rstrip('.')}").assert_outcomes(passed=1)
    recorded.run().assert_outcomes(passed=1)


def test_other_requests_are_recorded_again(recorded, service):
    """Unmatched on both sides: one advice, which turns verify and replay green."""
    recorded.test(READS.replace("ask(sls)", "ask(sls, shard=1)"))
    result = recorded.verify()
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["How to fix: *record it again (pytest --sls-record=all)."])
    result.stdout.no_fnmatch_line("*--sls-accept=*")
    assert result.ret == 2
    recorded.verify(f"--sls-endpoint={service.url}", record="all").assert_outcomes(passed=1)
    assert recorded.verify().ret == 0


@pytest.mark.slow
def test_a_poller_is_told_of_repeat_last(recorded):
    """It asked once when it was recorded, and asks three times now: verify and replay turn green by the advice."""
    poll = READS.replace("ask(sls)", "[ask(sls) for _ in range(3)][-1]")
    recorded.test(poll)
    result = recorded.verify()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["How to fix: *sls_cassette(repeat='last')*"])
    recorded.test(poll.replace("sls_cassette", "sls_cassette(repeat='last')"))
    recorded.verify().assert_outcomes(passed=1)
    recorded.run().assert_outcomes(passed=1)


def test_a_run_in_which_nothing_could_be_compared_is_not_green(recorded):
    """Every test skipped: nothing failed, and nothing was verified."""
    recorded.test(READS.replace("    @", "    @pytest.mark.skip\n    @", 1))
    result = recorded.verify()
    result.assert_outcomes(skipped=1)
    assert result.ret == 2
    result.stdout.fnmatch_lines(["sls-contract: nothing was compared: *"])
    assert advised(
        result.stdout.str(), r"select tests with a cassette \(@pytest.mark.sls_cassette\) that run to their end"
    )
    assert result.stdout.str().count("How to fix: select tests") == 1  # the last line does not repeat it
    recorded.test(READS)
    assert recorded.verify().ret == 0


def test_the_marker_says_on_what_requests_match(project):
    """match_on plays what the default would miss; a name that there is not is refused with those that there are."""
    source = """
        @pytest.mark.sls_cassette(match_on=["method", "path"])
        def test_reads(sls):
            ask(sls, shard={})

        @pytest.mark.sls_cassette(match_on=["boddy"])
        def test_wrong(sls):
            ask(sls)
    """
    result = project.test(source.format(0)).run("--sls-record=once")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*match_on takes callables and the names method, *uri, got*boddy*"])
    project.test(source.format(1)).run("-k", "reads").assert_outcomes(passed=1, deselected=1)
