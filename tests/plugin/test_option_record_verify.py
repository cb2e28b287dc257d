"""--sls-record=verify: the endpoint of each recording asked again, compared, and the old file kept."""

from __future__ import annotations

import json
import sys

import pytest
from advice import advised
from left_out import full

from sls_contract import load_cassette
from sls_contract.endpoint import fault
from sls_contract.endpoint.server import serve

READS = """
    @pytest.mark.sls_cassette
    def test_reads(sls):
        assert ask(sls).status_code == 200
"""
PROPOSED = "cassettes/test_it/test_reads.sls.yaml.proposed"


@pytest.fixture
def recorded(project, service):
    """Record test_reads at the service; ``verify`` then asks it again."""

    def run(*options, record="verify"):
        return project.run(f"--sls-record={record}", f"--sls-endpoint={service.url}", *service.options, *options)

    project.test(READS)
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000_000_000, consumer="c1")
    run(record="once").assert_outcomes(passed=1)
    project.verify = run
    return project


def validated(project):
    return [one.provenance.validated_at for one in load_cassette(project.cassette("test_reads")).recordings]


def test_the_same_response_renews_the_recording(recorded):
    """Nothing moved: one line of the file is another, which says when it was validated; no proposal stays."""
    path = recorded.cassette("test_reads")
    before, (old,) = path.read_text("utf-8"), load_cassette(path).recordings
    result = recorded.verify()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 validated again"])
    (new,) = load_cassette(path).recordings
    assert new.provenance.validated_at > old.provenance.validated_at
    assert (new.exchange, new.provenance.recorded_at, new.id) == (old.exchange, old.provenance.recorded_at, old.id)
    pairs = zip(before.splitlines(), path.read_text("utf-8").splitlines(), strict=True)
    ((_, line),) = [(one, other) for one, other in pairs if one != other]
    assert line.startswith("contract: {format: 1, tool: sls-contract, validated: {at: '")
    assert new.integrity == "intact"
    assert not (recorded.path / PROPOSED).exists()
    recorded.run().assert_outcomes(passed=1)


def test_what_was_edited_is_not_validated(recorded):
    """Nobody recorded what stands there: it keeps its date, and the run does not say otherwise."""
    path = recorded.cassette("test_reads")
    edited = path.read_text("utf-8").replace('"consumer":"c1"', '"consumer":"c2"')
    path.write_text(edited, "utf-8")
    result = recorded.verify()
    result.stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 not validated: *or edited"])
    assert path.read_text("utf-8") == edited


@pytest.mark.slow
@pytest.mark.parametrize("shards", [(0, 1), full((0,))])
def test_an_outage_breaks_nothing_and_validates_nothing(recorded, service, shards):
    """A busy service is a state, whatever the test makes of it: green, but no proof of the old response."""
    recorded.test(READS.replace("ask(sls).status_code == 200", f"[ask(sls, shard=each) for each in {shards}]"))
    recorded.verify(record="all").assert_outcomes(passed=1)
    before = validated(recorded)
    service.endpoint.respond_next(fault("error=ServerBusy operation=GetCheckPoint"))
    result = recorded.verify("--sls-report=report.json")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "sls-contract: verified 1 cassette: 1 benign; 1 not validated: another outcome, or edited",
            "  benign: SLS444 served at status, in *test_reads.sls.yaml exchange 0: 200 -> 503 ServerBusy",
        ]
    )
    assert [new > old for new, old in zip(validated(recorded), before, strict=True)] == [False, True][: len(shards)]
    (told,) = json.loads((recorded.path / "report.json").read_text("utf-8"))["cassettes"]
    assert (told["verdict"], told["fate"]) == ("benign", "not validated")


@pytest.mark.slow
def test_a_breaking_change_fails_with_clause_and_both_sides(recorded, service):
    """Seconds instead of microseconds: the test fails, the old file stays, the proposal lies beside it."""
    before = recorded.cassette("test_reads").read_bytes()
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000, consumer="c1")
    result = recorded.verify("--sls-report=report.json", "--sls-report=report.html")
    result.assert_outcomes(failed=1)
    page = (recorded.path / "report.html").read_text("utf-8")
    assert "<mark>1700000000000000</mark>" in page
    assert "<mark>1700000000</mark>" in page
    result.stdout.fnmatch_lines(
        [
            "*test_reads.sls.yaml: the endpoint no longer responds as it was recorded*",
            "*breaking (1)*",
            "*exchange 0: SLS204 update-time-unit at /0/updateTime*",
            "*old: 1700000000000000*",
            "*new: 1700000000*",
            "sls-contract: verified 1 cassette: 1 breaking; 1 unchanged, proposal written beside it",
            f"  proposal {PROPOSED}: sls-contract diff *{PROPOSED}; to accept it: *--sls-accept=breaking,benign",
        ]
    )
    assert recorded.cassette("test_reads").read_bytes() == before
    assert load_cassette(recorded.path / PROPOSED).recordings
    report = json.loads((recorded.path / "report.json").read_text("utf-8"))
    (change,) = [each for each in report["changes"] if each["class"] == "breaking"]
    assert (report["verdict"], change["code"], change["test"]) == ("breaking", "SLS204", "test_it.py::test_reads")
    assert "1700000000" in str(change["old"])
    assert report["summary"]["violations"] == 1


@pytest.mark.slow
def test_an_additive_change_is_told_and_not_accepted_by_itself(recorded, service):
    """An unknown key: the test passes, the summary shows it, the old file stays; --sls-strict fails."""
    before = recorded.cassette("test_reads").read_bytes()
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000_000_000, consumer="c1", lag=7)
    result = recorded.verify()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "sls-contract: verified 1 cassette: 1 additive; 1 unchanged, proposal written beside it",
            "  additive: SLS212 *lag, in cassettes/test_it/test_reads.sls.yaml exchange 0: (nothing) -> 7",
            "*--sls-accept=additive,benign",
        ]
    )
    assert recorded.cassette("test_reads").read_bytes() == before
    recorded.verify("--sls-strict").assert_outcomes(failed=1)


@pytest.mark.slow
def test_accepted_classes_put_the_proposal_in_the_place_of_the_old_file(recorded, service):
    """Only where every class is accepted; then the recording is the new one, and replays."""
    service.moved(checkpoint="MjA=", updateTime=1_700_000_000_000_000, consumer="c1", lag=7)
    recorded.verify("--sls-accept=benign").assert_outcomes(passed=1)
    assert (recorded.path / PROPOSED).exists()
    result = recorded.verify("--sls-accept=additive, benign")
    result.stdout.fnmatch_lines(["*verified 1 cassette: 1 additive (accepted); 1 replaced by the proposal"])
    (exchange,) = load_cassette(recorded.cassette("test_reads")).exchanges
    assert b'"checkpoint":"MjA="' in exchange.response.body
    assert not (recorded.path / PROPOSED).exists()
    recorded.run().assert_outcomes(passed=1)
    recorded.verify().stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 validated again"])


@pytest.mark.slow
def test_a_breaking_change_can_be_accepted_but_not_a_broken_contract(recorded, service):
    """An entry that is gone can be taken over; a response that itself breaks a clause cannot, but by sls_allow."""
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000, consumer="c1")
    result = recorded.verify("--sls-accept=breaking,additive,benign")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*; to accept it: fix or allow (@pytest.mark.sls_allow) the findings of its tests*"])
    assert (recorded.path / PROPOSED).exists()
    service.respond_with(b"[]")
    result = recorded.verify()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*accept the new recording: run this again with --sls-accept=breaking,benign."])
    result.stdout.fnmatch_lines(["*; to accept it: *run this again with --sls-accept=breaking,benign"])
    recorded.verify("--sls-accept=breaking,benign").assert_outcomes(passed=1)
    (exchange,) = load_cassette(recorded.cassette("test_reads")).exchanges
    assert exchange.response.body == b"[]"


@pytest.mark.full
def test_what_is_unreachable_changes_nothing(recorded, service):
    """Nobody listens: the test errors with the address; the old file and nothing else is there."""
    before = recorded.cassette("test_reads").read_bytes()
    service.server.close()
    result = recorded.verify()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{service.url.removeprefix('http://')}*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert recorded.cassette("test_reads").read_bytes() == before
    assert recorded.cassettes() == ["cassettes/test_it/test_reads.sls.yaml"]


def test_a_service_that_cannot_be_reached_is_no_breaking_change(recorded, service, monkeypatch):
    """Nobody listens any more, and the client swallows it: the test fails all the same; no difference is claimed."""
    monkeypatch.setitem(sys.modules, "service_of_this_test", service)
    recorded.test(
        """
        import contextlib
        import service_of_this_test

        @pytest.mark.sls_cassette
        def test_reads(sls):
            service_of_this_test.server.close()
            with contextlib.suppress(Exception):
                ask(sls)
        """
    )
    before, port = recorded.cassette("test_reads").read_bytes(), service.server.port
    result = recorded.verify()
    result.assert_outcomes(failed=1, errors=1)  # the group cannot be deleted either
    result.stdout.fnmatch_lines(["GET * did not reach http*", "Nothing was compared, and the cassette stays as it is."])
    result.stdout.no_fnmatch_line("*breaking (*")
    assert recorded.cassette("test_reads").read_bytes() == before
    assert not (recorded.path / PROPOSED).exists()
    mode = advised(result.stdout.str(), r"make \S+ reachable from here, and verify again \(pytest (\S+)\)").group(1)
    with serve(service, port=port):
        recorded.test(READS).run(mode, *service.options).assert_outcomes(passed=1)


def test_a_request_without_a_recording_is_unmatched(recorded, service):
    """One that is new fails in the call, one that is no longer asked at the test's end; nothing of it is accepted."""
    before = recorded.cassette("test_reads").read_bytes()
    recorded.test(READS.replace("ask(sls)", "ask(sls, shard=1)"))
    result = recorded.verify("--sls-accept=breaking,additive,benign,evidence", "--sls-report=report.json")
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*unmatched (1)*",
            "  old exchange 0: GET *shard=0",
            "*unmatched (1)*",
            "  new exchange 0: GET *shard=1",
            "How to fix: * record it again (pytest --sls-record=all).",
            "  unmatched cassettes/test_it/test_reads.sls.yaml new exchange 0: GET *shard=1",
            "  unmatched cassettes/test_it/test_reads.sls.yaml old exchange 0: GET *shard=0",
        ]
    )
    assert recorded.cassette("test_reads").read_bytes() == before
    unmatched = json.loads((recorded.path / "report.json").read_text("utf-8"))["unmatched"]
    assert [each["side"] for each in unmatched] == ["new", "old"]
    recorded.test(READS + "        ask(sls, shard=1)\n")  # what has a counterpart differs in accepted ways only
    result = recorded.verify("--sls-accept=breaking,additive,benign,evidence")
    result.stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 unmatched; *"])


@pytest.mark.slow
def test_a_test_that_fails_by_itself_settles_nothing(recorded, service):
    """The old file keeps its date, no proposal stays, and what had moved until then is told beside the error."""
    before = recorded.cassette("test_reads").read_bytes()
    service.respond_with(b"[]")
    recorded.test(READS + "        raise RuntimeError('of its own')\n")
    result = recorded.verify()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*RuntimeError: of its own", "*breaking (*", "*one of its tests failed or was skipped"]
    )
    recorded.verify("--sls-accept=breaking,additive,benign").assert_outcomes(failed=1)
    assert recorded.cassette("test_reads").read_bytes() == before
    assert not (recorded.path / PROPOSED).exists()


@pytest.mark.slow
def test_an_earlier_proposal_is_replaced_or_taken_away(recorded, service):
    """What was proposed yesterday, even damaged, is no part of what is proposed today."""
    service.respond_with(b"[]")
    recorded.verify()
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000_000_000, consumer="c1", lag=7)
    recorded.verify()
    (exchange,) = load_cassette(recorded.path / PROPOSED).exchanges
    assert b"lag" in exchange.response.body
    (recorded.path / PROPOSED).write_text("<<<<<<< ours\n", encoding="utf-8")
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000_000_000, consumer="c1")
    recorded.verify().assert_outcomes(passed=1)
    assert not (recorded.path / PROPOSED).exists()


@pytest.mark.slow
def test_sls_allow_lets_one_clause_pass_and_accepts_nothing(recorded, service):
    """The marker keeps its meaning: the test passes, the difference is told, the old file stays."""
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000, consumer="c1")
    allow = "    @pytest.mark.sls_allow('SLS204', reason='seconds since the last release')\n"
    recorded.test(allow + READS[1:])
    result = recorded.verify()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  breaking (allowed): SLS204 *exchange 0*", "  proposal *"])


def test_another_endpoint_is_refused_before_anything_is_sent(recorded, service):
    """Recorded on this machine, asked of the service: both are named, and nothing is made there."""
    url = "https://cn-shanghai.log.aliyuncs.com"
    result = recorded.run("--sls-record=verify", f"--sls-endpoint={url}", *service.options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*was recorded at {service.url} (evidence: reference), and this run uses {url}*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert recorded.cassettes() == ["cassettes/test_it/test_reads.sls.yaml"]


def test_a_recording_of_the_service_is_not_asked_of_the_reference_endpoint(recorded, service):
    """Evidence live: refused here and at a loopback address, also where the client swallows the error."""
    path = recorded.cassette("test_reads")
    text = path.read_text("utf-8").replace("evidence: reference", "evidence: live")
    path.write_text(text.replace(f"'{service.url}'", "'https://cn-hangzhou.log.aliyuncs.com'"), encoding="utf-8")
    before = path.read_bytes()
    reads = len(service.read)
    recorded.verify().assert_outcomes(errors=1)
    recorded.test(READS.replace("assert ask(sls).status_code == 200", "pytest.raises(Exception, ask, sls)"))
    result = recorded.run("--sls-record=verify", "--sls-endpoint=reference")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*recorded at https://cn-hangzhou.log.aliyuncs.com (evidence: live), and * reference*"]
    )
    assert len(service.read) == reads
    assert path.read_bytes() == before


@pytest.mark.slow
def test_where_nothing_was_recorded_there_is_nothing_to_compare(recorded):
    """A test without a cassette is told so; one that asks nothing needs none."""
    recorded.test(
        READS.replace("test_reads", "test_new")
        + "\n    @pytest.mark.sls_cassette(empty=True)\n    def test_idle(): pass\n"
    )
    result = recorded.verify()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*there is no cassette at *test_new.sls.yaml*", "*How to fix: record it (*once).*"])
    recorded.run("--sls-record=verify").assert_outcomes(failed=1, passed=1)
    assert recorded.cassettes() == ["cassettes/test_it/test_reads.sls.yaml"]


@pytest.mark.slow
def test_a_test_that_asks_nothing_any_more_leaves_all_unmatched(recorded, service):
    """The old file stays, and what an earlier run proposed is not told as this one's."""
    service.respond_with(b"[]")
    recorded.verify()
    before = recorded.cassette("test_reads").read_bytes()
    recorded.test(READS.replace("assert ask(sls).status_code == 200", "pass"))
    result = recorded.verify()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["  unmatched *test_reads.sls.yaml old exchange 0: GET *shard=0"])
    assert recorded.cassette("test_reads").read_bytes() == before
    assert not (recorded.path / PROPOSED).exists()


@pytest.mark.parametrize("evidence", ["document", full("synthetic")])
def test_what_no_endpoint_sent_cannot_be_verified(recorded, evidence):
    """The example of a page has no endpoint: an error says so, and nothing is sent."""
    path = recorded.cassette("test_reads")
    path.write_text(path.read_text("utf-8").replace("evidence: reference", f"evidence: {evidence}"), encoding="utf-8")
    result = recorded.verify()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*was not recorded at any endpoint (evidence: {evidence})*"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--sls-record=verify", "--sls-accept=additve"), "*--sls-accept takes classes out of *, got 'additve'"),
        (("--sls-accept=benign",), "*--sls-accept needs --sls-record=verify; this run has *none"),
    ],
)
def test_a_wrong_accept_is_a_usage_error(project, options, told):
    """Told before any test runs."""
    result = project.test(READS).run(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


@pytest.mark.slow
def test_the_ini_file_can_accept(recorded, service):
    """Setting sls_accept is the default of the option, and harmless in other modes."""
    recorded.ini("sls_accept = additive,benign").run().assert_outcomes(passed=1)
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000_000_000, consumer="c1", lag=7)
    recorded.verify().stdout.fnmatch_lines(["*1 replaced by the proposal"])


def test_a_read_only_folder_is_told(recorded, service, monkeypatch):
    """What cannot be written fails the run, and harms nothing."""
    path = recorded.cassette("test_reads")
    before = path.read_bytes()
    (path.parent / "test_reads.sls.yaml.writing").mkdir()
    result = recorded.verify()
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*1 not written", "  cassettes/test_it/test_reads.sls.yaml: * cannot be written: *"])
    assert path.read_bytes() == before


@pytest.mark.slow
def test_the_told_commands_work(recorded, service):
    """The line under a proposal can be typed: diff sees the same difference, check passes over the proposal."""
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000, consumer="c1")
    result = recorded.verify()
    (line,) = [line for line in result.outlines if line.startswith("  proposal ")]
    command = line.partition(": ")[2].partition(";")[0].split()
    assert command[0] == "sls-contract"
    ran = recorded.pytester.run(sys.executable, "-m", "sls_contract", *command[1:])
    assert ran.ret == 1
    ran.stdout.fnmatch_lines(["*SLS204 update-time-unit at /0/updateTime", "breaking: *"])
    ran = recorded.pytester.run(sys.executable, "-m", "sls_contract", "check", "cassettes")
    assert ran.ret == 0
    ran.stdout.no_fnmatch_line("*proposed*")


@pytest.mark.full
def test_an_interrupt_leaves_the_old_file_and_no_proposal(recorded):
    """Ctrl-C in a verification: nothing was settled, nothing lies around."""
    before = recorded.cassette("test_reads").read_bytes()
    recorded.test(READS + "        raise KeyboardInterrupt\n")
    assert recorded.spawn("--sls-record=verify").ret == pytest.ExitCode.INTERRUPTED
    assert recorded.cassette("test_reads").read_bytes() == before
    assert [path.name for path in recorded.cassette("test_reads").parent.iterdir()] == ["test_reads.sls.yaml"]


@pytest.mark.full
def test_the_report_of_a_run_without_differences(recorded):
    """Verdict and cassettes are there in every report of this mode, and in no other."""
    recorded.verify("--sls-report=report.json")
    report = json.loads((recorded.path / "report.json").read_text("utf-8"))
    assert (report["verdict"], report["unmatched"]) == ("benign", [])
    assert [(each["verdict"], each["fate"]) for each in report["cassettes"]] == [("benign", "validated")]
    recorded.run("--sls-report=report.json")
    assert "verdict" not in json.loads((recorded.path / "report.json").read_text("utf-8"))


@pytest.mark.full
def test_alike_differences_are_counted_not_listed(recorded, service):
    """A line on the terminal, all of them in the report."""
    recorded.test(READS.replace("assert ask(sls).status_code == 200", "[ask(sls) for _ in range(12)]"))
    recorded.verify(record="all")
    service.moved(checkpoint="MTA=", updateTime=1_700_000_000_000_000, consumer="c1", lag=7)
    result = recorded.verify("--sls-report=report.json")
    (line,) = [line for line in result.outlines if line.startswith("  additive")]
    assert "12 times, first in cassettes/test_it/test_reads.sls.yaml exchange 0" in line
    changes = json.loads((recorded.path / "report.json").read_text("utf-8"))["changes"]
    assert sum(change["class"] == "additive" for change in changes) == 12


@pytest.mark.parametrize("option", ["--setup-plan", "--setup-only", "--collect-only", "--fixtures"])
def test_a_run_that_calls_no_test_demands_no_comparison(recorded, service, option):
    """It only shows what would run."""
    before = recorded.cassette("test_reads").read_bytes()
    result = recorded.verify("-psetupplan", option)
    assert result.ret in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
    assert "nothing was compared" not in result.stdout.str()
    assert recorded.cassette("test_reads").read_bytes() == before
