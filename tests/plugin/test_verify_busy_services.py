"""Record mode verify, retries and the git diff that a reviewer sees."""

from __future__ import annotations

import difflib
import json

import pytest

from sls_contract import load_cassette
from sls_contract.endpoint import fault

RETRIES = """
    @pytest.mark.sls_cassette
    def test_reads(sls):
        for _ in range(4):
            response = ask(sls)
            if response.status_code == 200:
                break
"""
MANY = """
    @pytest.mark.sls_cassette
    def test_reads(sls):
        for shard in (0, 1, 0, 1, 0, 1, 0):
            assert ask(sls, shard=shard).status_code == 200
        assert ask(sls, query="").status_code == 200
"""
BUSY = "error=ServerBusy operation=GetCheckPoint times={}"


def changed_lines(before, after):
    """Return the lines that a diff shows as new."""
    old, new = before.splitlines(), after.splitlines()
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [line for tag, _, _, begin, end in codes if tag != "equal" for line in new[begin:end]]


@pytest.fixture
def verify(project, service):
    """Run the tests of a project at the service."""

    def run(*options, record="verify"):
        return project.run(f"--sls-record={record}", f"--sls-endpoint={service.url}", *service.options, *options)

    service.moved(checkpoint="MTA=", updateTime=1_700_000_000_000_000, consumer="c1")
    return run


def test_retries_are_no_exchanges_on_either_side(project, service, verify):
    """Busy three times now, busy when it was recorded, busy to the end: green each time, and nothing is rewritten."""
    project.test(RETRIES)
    verify(record="once").assert_outcomes(passed=1)
    path = project.cassette("test_reads")
    blocks = load_cassette(path).file.layout.blocks
    service.endpoint.respond_next(fault(BUSY.format(3)))
    result = verify()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 validated again"])
    result.stdout.no_fnmatch_line("*unmatched*")
    assert load_cassette(path).file.layout.blocks == blocks
    validated = path.read_bytes()

    service.endpoint.respond_next(fault(BUSY.format(4)))
    result = verify()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*1 not validated: another outcome, or edited"])
    assert path.read_bytes() == validated

    service.endpoint.respond_next(fault(BUSY.format(2)))
    verify(record="all").assert_outcomes(passed=1)
    assert len(load_cassette(path).exchanges) == 3
    result = verify()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*1 validated again"])
    result = project.run("--sls-strict", "--sls-max-age=1d")
    result.assert_outcomes(passed=1)


@pytest.mark.slow
def test_accepting_one_key_is_a_few_lines(project, service, verify):
    """Of eight exchanges one has a new key: its block is the new one, all others keep every byte but for one line."""
    project.test(MANY)
    verify(record="once").assert_outcomes(passed=1)
    path = project.cassette("test_reads")
    before = path.read_text("utf-8")
    plain = service.change

    def change(response):
        moved = plain(response)
        entries = json.loads(moved.body)
        if len(entries) < 2:
            return moved
        body = json.dumps([{**entry, "lag": 7} for entry in entries]).encode()
        return response.replace(body=body, headers=response.headers.with_field("Content-Length", str(len(body))))

    service.change = change
    proposed = path.with_name(path.name + ".proposed")
    verify().assert_outcomes(passed=1)
    added = changed_lines(before, proposed.read_text("utf-8"))
    assert len(added) <= 14
    assert sum("lag" in line for line in added) == 1
    result = verify("--sls-accept=additive,benign")
    result.stdout.fnmatch_lines(["*verified 1 cassette: 1 additive (accepted); 1 replaced by the proposal"])
    after = path.read_text("utf-8")
    assert len(changed_lines(before, after)) <= 14
    names = [line for line in after.splitlines() if line.startswith("    id: ")]
    assert names == [line for line in before.splitlines() if line.startswith("    id: ")]
    recordings = load_cassette(path).recordings
    assert len({each.provenance.validated_at for each in recordings}) <= 2
    assert all(each.integrity == "intact" for each in recordings)
    project.run().assert_outcomes(passed=1)
    verify().stdout.fnmatch_lines(["*1 benign; 1 validated again"])
