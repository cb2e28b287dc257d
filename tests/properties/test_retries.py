"""Properties of folding retries: nothing is lost, nothing is made up, and a passing failure never breaks anything."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.cassettes.drift import Pairing, compare
from sls_contract.cassettes.drift.pairing import group_attempts, is_transient
from sls_contract.cassettes.file.recording_file import load, write
from sls_contract.cassettes.file.validation import Validation
from sls_contract.cassettes.proposal import Proposal, proposed
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording
from sls_contract.cassettes.renewal import Replacement, accept, propose, renew
from sls_contract.exchange import Exchange, Request, Response

URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard="
AT = datetime(2026, 1, 2, tzinfo=UTC)


def recording(shard, kind, number=0, at=AT):
    """One attempt: a response, a busy service, or a connection that broke."""
    busy = {"errorCode": "ServerBusy", "errorMessage": "busy"}
    entries = [{"shard": shard, "checkpoint": "MTA=", "updateTime": 1_700_000_000_000_000 + number, "consumer": "c"}]
    body = json.dumps(busy if kind == "busy" else entries).encode()
    fields = {"Content-Type": "application/json", "x-log-requestid": f"67444D36{number:016X}"}
    response = Response(503 if kind == "busy" else 200, fields, body)
    made = Provenance(Evidence.REFERENCE, "reference", recorded_at=at, validated_at=at)
    request = Request("GET", f"{URL}{shard}", {"Date": at.isoformat()})
    broken = kind if kind in {"reset", "timeout"} else None
    return Recording(Exchange(request, None if broken else response), made, broken=broken)


kinds = st.sampled_from(["ok", "ok", "busy", "reset", "timeout"])
attempts = st.lists(st.tuples(st.integers(0, 2), kinds), max_size=10).map(
    lambda made: [recording(shard, kind, number) for number, (shard, kind) in enumerate(made)]
)
passing = st.lists(st.sampled_from(["busy", "reset", "timeout"]), max_size=3)


@given(attempts)
def test_each_attempt_belongs_to_one_exchange(recordings):
    """Every position once; all but the last of an exchange are failures that pass, of the same request, before it."""
    exchanges = group_attempts(recordings)
    assert sorted(at for each in exchanges for at in each.all) == list(range(len(recordings)))
    for each in exchanges:
        assert list(each.all) == sorted(each.all)
        assert all(is_transient(recordings[at]) for at in each.retried)
        assert len({recordings[at].exchange.request.url for at in each.all}) == 1


@given(attempts, attempts, st.booleans())
def test_pairing_accounts_for_every_attempt(old, new, repeat):
    """Whatever came in whatever batches: each new attempt is in one pair, each old one in one pair or left."""
    pairing = Pairing(old, repeat=repeat)
    half = len(new) // 2
    batches = [list(enumerate(new))[:half], list(enumerate(new))[half:]]
    found = {id(two): (one, two) for batch in batches for one, two in pairing.arrive(batch)}
    found |= {id(two): (one, two) for one, two in pairing.leftover()}
    assert sorted(at for _, two in found.values() for at in two.all) == list(range(len(new)))
    old_ones = [at for one, _ in found.values() if one is not None for at in one.all]
    left = [at for each in pairing.not_requested for at in each.all]
    if not repeat:
        assert sorted([*old_ones, *left]) == list(range(len(old)))


@given(st.lists(st.tuples(st.integers(0, 2), passing, passing), max_size=5))
def test_retries_on_either_side_never_break(exchanges):
    """Each request gets a response in the end: whatever failed before is benign, and each exchange has its partner."""
    sides = [
        [recording(shard, kind, 1) for shard, *failures in exchanges for kind in [*failures[side], "ok"]]
        for side in (0, 1)
    ]
    drift = compare(*sides)
    assert (drift.unmatched, drift.pairs) == ((), len(exchanges))
    assert drift.verdict in ("none", "benign")
    assert drift.retried == sum(map(len, sides)) - 2 * len(exchanges)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 2), passing), min_size=1, max_size=5), st.data())
def test_a_proposal_of_an_unchanged_service_is_the_old_file_but_for_one_line(tmp_path_factory, exchanges, data):
    """Values that move, retries and a busy service: every block keeps every byte."""
    path = tmp_path_factory.mktemp("same") / "x.sls.yaml"
    write(path, [recording(shard, kind, at) for at, (shard, _) in enumerate(exchanges) for kind in ["ok"]])
    before = path.read_text("utf-8").splitlines()
    later = AT + timedelta(days=30)
    proposal = Proposal(path, later - timedelta(hours=1))
    for number, (shard, failures) in enumerate(exchanges):
        for kind in [*failures, *data.draw(st.sampled_from([["ok"], ["busy"]]))]:
            proposal.add(recording(shard, kind, 100 + number, later + timedelta(seconds=number)))
    found = proposal.compared
    proposal.close(finished=True)
    assert (found.taken, found.unmatched, found.errors) == ({}, [], [])
    propose(path, Replacement(found.taken, found.added.values(), (), found.validated))
    after = proposed(path).read_text("utf-8").splitlines()
    differing = [at for at, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    assert differing == ([1] if found.validated else [])
    accept(path)
    recordings = load(path)
    assert all(each.integrity is Integrity.INTACT for each in recordings)
    assert {each.id for each in recordings if each.provenance.validated_at > AT} == set(found.validated)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.data())
def test_what_was_validated_is_never_forgotten_or_made_up(tmp_path_factory, shards, data):
    """Renewed again and again, each time another part: every exchange says the last time that it was validated."""
    path = tmp_path_factory.mktemp("renewed") / "x.sls.yaml"
    write(path, [recording(shard, "ok", number) for number, shard in enumerate(shards)])
    names = [each.id for each in load(path)]
    expected = dict.fromkeys(names, AT)
    for day in range(1, 4):
        at = AT + timedelta(days=day)
        chosen = data.draw(st.sets(st.sampled_from(names)))
        renew(path, dict.fromkeys(chosen, at))
        expected |= dict.fromkeys(chosen, at)
        recordings = load(path)
        assert {each.id: each.provenance.validated_at for each in recordings} == expected
        assert all(each.integrity is Integrity.INTACT for each in recordings)
        assert recordings.layout is not None


@given(st.lists(st.integers(0, 3), min_size=2, max_size=6), st.data())
def test_a_validation_holds_only_for_what_was_validated(tmp_path_factory, shards, data):
    """A block that a merge put in or took out, or that was recorded again, takes the line's word from all of them."""
    path = tmp_path_factory.mktemp("merged") / "x.sls.yaml"
    write(path, [recording(shard, "ok", number) for number, shard in enumerate(shards)])
    renew(path, dict.fromkeys([each.id for each in load(path)], AT + timedelta(days=1)))
    layout = load(path).layout
    at = data.draw(st.integers(0, len(shards) - 1))
    other = load(path)[at]
    others = [replace(other, id="", written=None, provenance=replace(other.provenance, client="another"))]
    write(path.with_name("other"), others)
    (block,) = load(path.with_name("other")).layout.blocks
    blocks = list(layout.blocks)
    blocks[at : at + 1] = data.draw(st.sampled_from([[], [block], [blocks[at], block]]))
    assert layout.validation.covered(layout.blocks)
    assert not layout.validation.covered(blocks)
    kept = layout.validation.after_change(layout.blocks, blocks)
    assert kept is not None
    assert kept.covered(blocks) <= layout.validation.covered(layout.blocks)


def test_a_line_that_says_no_time_is_no_line_of_ours():
    """The file is then read as any YAML, and the line says nothing."""
    assert Validation.read("2026-01-02T00:00:00Z", "sha256-00", "a, b").left_out == ("a", "b")
