"""What a read must show after what was written: one entry, a list, and who is served or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sls_contract.checks.sequence import ExpectedEntry, LastRead, judge_entry
from sls_contract.checks.sequence_lists import judge_agreement, judge_list
from sls_contract.checks.sequence_outcomes import error_code, is_overloaded, judge_outcome
from sls_contract.exchange import Response

AT = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)
MICRO = int(AT.timestamp()) * 1_000_000
WRITTEN = ExpectedEntry(0, "MTI=", 1, AT, None, frozenset({"consumer_1"}))
ENTRY = {"shard": 0, "checkpoint": "MTI=", "updateTime": MICRO, "consumer": "consumer_1"}


def codes(expected: ExpectedEntry, **changes: object) -> list[str]:
    return [finding.code for finding in judge_entry({**ENTRY, **changes}, expected, "/0").findings]


def test_what_was_written_is_what_is_read():
    """An entry that shows the last write, its time and a known consumer breaks nothing."""
    assert codes(WRITTEN) == []


def test_nothing_written_means_empty():
    """A fresh shard has no checkpoint and no time; a consumer may hold it already."""
    fresh = ExpectedEntry(0, consumers=frozenset({"consumer_1"}))
    assert codes(fresh, checkpoint="", updateTime=0) == []
    assert codes(fresh, checkpoint="", updateTime=0, consumer="") == []
    assert codes(fresh, updateTime=0) == ["SLS425"]
    assert codes(fresh, checkpoint="") == ["SLS415"]


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({"refused": frozenset({"OTk="})}, "SLS406"),
        ({"earlier": frozenset({"OTk="})}, "SLS401"),
        ({"former": frozenset({"OTk="})}, "SLS407"),
        ({"foreign": {"OTk=": "shard"}}, "SLS403"),
        ({"foreign": {"OTk=": "group"}}, "SLS404"),
        ({"foreign": {"OTk=": "logstore"}}, "SLS405"),
        ({}, "SLS402"),
    ],
)
def test_a_wrong_checkpoint_is_traced(known, code):
    """Where a wrong checkpoint comes from says which clause is broken, and that clause counts as exercised."""
    expected = replace(WRITTEN, **known)
    judged = judge_entry({**ENTRY, "checkpoint": "OTk="}, expected, "/3")
    assert [(finding.code, finding.where) for finding in judged.findings] == [(code, "/3/checkpoint")]
    assert code in judge_entry(ENTRY, expected, "/3").exercised or code == "SLS401"


def test_an_empty_checkpoint_after_a_write_is_a_lost_write():
    """The empty checkpoint is what was there before the first write."""
    assert codes(WRITTEN, checkpoint="") == ["SLS401"]


@pytest.mark.parametrize(
    ("seen", "writes", "update_time", "code"),
    [
        (LastRead(MICRO, 1, AT), 1, MICRO, None),
        (LastRead(MICRO, 1, AT), 1, MICRO - 1, "SLS411"),
        (LastRead(MICRO, 1, AT), 1, MICRO + 1, "SLS413"),
        (LastRead(MICRO, 1, AT), 2, MICRO + 1, None),
        (LastRead(MICRO, 1, AT), 2, MICRO - 1, "SLS411"),
        (LastRead(MICRO, 1, AT), 2, MICRO, None),
        (LastRead(MICRO, 1, AT - timedelta(seconds=2)), 2, MICRO, "SLS412"),
        (LastRead(0, 0, None), 1, MICRO, None),
    ],
)
def test_update_time_from_read_to_read(seen, writes, update_time, code):
    """It moves with a write and only then; writes within a second may share the tick of a coarse clock."""
    expected = replace(WRITTEN, last_read=seen, writes=writes)
    assert codes(expected, updateTime=update_time) == ([code] if code else [])


@pytest.mark.parametrize("hours", [-8, 8, 10**12])
def test_update_time_is_the_time_of_the_write(hours):
    """A time zone's distance from the write is found, and no number is too large to be judged."""
    assert codes(WRITTEN, updateTime=MICRO + hours * 3_600_000_000) == ["SLS414"]


def test_update_time_is_set_by_a_write():
    """0 after a write says that there was none."""
    assert codes(WRITTEN, updateTime=0) == ["SLS415"]


def test_the_holder_who_wrote_is_named():
    """Where one consumer holds the shard and wrote, it must be there; else any that was there may be."""
    held = replace(WRITTEN, holder="consumer_1")
    assert codes(held) == []
    assert codes(held, consumer="") == ["SLS431"]
    without = {key: value for key, value in ENTRY.items() if key != "consumer"}
    assert [finding.code for finding in judge_entry(without, held, "/0").findings] == ["SLS431"]
    assert codes(WRITTEN, consumer="") == []
    assert codes(WRITTEN, consumer="stranger" * 20) == ["SLS432"]


@pytest.mark.parametrize(
    ("present", "asked", "code"),
    [
        ([0, 1], None, None),
        ([0], None, "SLS421"),
        ([1], 1, None),
        ([], 1, "SLS422"),
        ([], 2, None),
        ([2], 2, "SLS423"),
    ],
)
def test_which_shards_have_an_entry(present, asked, code):
    """All, the one that was asked for, or none."""
    judged = judge_list([{**ENTRY, "shard": shard} for shard in present], asked, (0, 1))
    assert [finding.code for finding in judged.findings] == ([code] if code else [])
    assert code is None or code in judged.exercised


def test_both_ways_of_asking_agree():
    """Any difference between the two responses is named with its key."""
    assert judge_agreement(ENTRY, dict(ENTRY), "/0", filtered=True).findings == ()
    (finding,) = judge_agreement(ENTRY, {**ENTRY, "consumer": ""}, "/0", filtered=True).findings
    assert (finding.code, finding.where) == ("SLS424", "/0/consumer")


def response(status: int, code: str | None = None) -> Response:
    body = b"[]" if code is None else json.dumps({"errorCode": code, "errorMessage": "m"}).encode()
    return Response(status, [], body)


@pytest.mark.parametrize(
    ("outcome", "right", "wrong", "code"),
    [
        ("served", response(200), response(404, "ConsumerGroupNotExist"), "SLS444"),
        ("served", response(200), response(401, "SignatureNotMatch"), "SLS456"),
        ("served", response(200), response(400, "RequestTimeExpired"), "SLS457"),
        ("unknown-shard", response(200), response(404, "ShardNotExist"), "SLS423"),
        ("group-missing", response(404, "ConsumerGroupNotExist"), response(200), "SLS441"),
        ("logstore-missing", response(404, "LogStoreNotExist"), response(404, "ConsumerGroupNotExist"), "SLS442"),
        ("project-missing", response(404, "ProjectNotExist"), response(404, "LogStoreNotExist"), "SLS443"),
        ("signature", response(401, "SignatureNotMatch"), response(401, "Unauthorized"), "SLS451"),
        ("key", response(401, "InvalidAccessKeyId"), response(401, "SignatureNotMatch"), "SLS452"),
        ("token", response(401, "Unauthorized"), response(200), "SLS453"),
        ("malformed", response(400, "ParameterInvalid"), response(500, "InternalServerError"), "SLS454"),
        ("clock", response(400, "RequestTimeTooSkewed"), response(401, "Unauthorized"), "SLS455"),
    ],
)
def test_served_or_refused_as_it_must_be(outcome, right, wrong, code):
    """Each outcome has its status and codes; another response breaks the clause that is exercised."""
    assert judge_outcome(outcome, right).findings == ()
    judged = judge_outcome(outcome, wrong)
    assert [finding.code for finding in judged.findings] == [code]
    assert code in judged.exercised


@pytest.mark.parametrize(("outcome", "single"), [("signature", "SLS239"), ("clock", "SLS240"), ("served", "SLS231")])
def test_nothing_is_told_twice(outcome, single):
    """What the exchange alone shows to be wrong is not found a second time."""
    assert judge_outcome(outcome, response(201), {single}).findings == ()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ((200,), "Compute the signature"),
        ((400, "MissingParameter"), "Refuse it with this status"),
        ((500, "InternalServerError"), "Find out in the log"),
    ],
)
def test_advice_is_about_what_came(wrong, says):
    """Serving a wrong signature, refusing it for something else, and failing are three mistakes."""
    (found,) = judge_outcome("signature", response(*wrong)).findings
    assert found.how_to_fix.startswith(says)


def test_an_error_code_is_read_or_not():
    """Bodies that are no error body have none, however deep they are nested; then the status decides."""
    assert error_code(response(404, "X")) == "X"
    for body in (b"", b"<html>", b"[1]", b'{"errorCode": 1}', b"[" * 100_000):
        assert error_code(Response(404, [], body)) is None
    assert judge_outcome("group-missing", Response(404, [], b"<html>")).findings == ()


def test_a_busy_service_did_not_try():
    """503 and exhausted quotas say nothing about the request."""
    assert is_overloaded(response(503))
    assert is_overloaded(response(403, "ReadQuotaExceed"))
    assert not is_overloaded(response(403, "ProjectForbidden"))
