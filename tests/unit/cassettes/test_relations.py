"""Exchanges of a cassette judged together: as long as they are whole, in order, and of one service's state."""

from __future__ import annotations

import contextlib
import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from aliyun.log import LogClient

from sls_contract import ContractViolation, use_cassette
from sls_contract.cassettes.audit import AuditSettings, audit
from sls_contract.cassettes.file.recording_file import load, write
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.cassettes.relations import Relations
from sls_contract.checks.cursors import decoded
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, http_date

WORKERS = Path(__file__).parents[3] / "cassettes" / "test_consumer_workers" / "workers.sls.yaml"
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
SHARDS = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/shards"
SHARD = f"{SHARDS}/0"
NOW = AuditSettings(datetime.now(UTC))


def recording(query, response=b"", at=AT, evidence=Evidence.REFERENCE, target=SHARD, **headers):
    """A recording whose response came at once."""
    request = Request("GET", target + query, {"Date": http_date(at), "User-Agent": "worker"})
    fields = {"Date": http_date(at), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Recording(Exchange(request, Response(200, fields, response)), Provenance(evidence, recorded_at=at))


def located(time, number, seconds=0, **how):
    cursor = b64encode(str(number).encode()).decode()
    at = AT + timedelta(seconds=seconds)
    return recording(f"?type=cursor&from={time}", f'{{"cursor":"{cursor}"}}'.encode(), at, **how)


def pulled(number, following, seconds):
    """A pull of the service at a cursor."""
    cursors = [b64encode(str(each).encode()).decode() for each in (number, following)]
    target, at = f"?type=log&count=5&cursor={cursors[0].replace('=', '%3D')}", AT + timedelta(seconds=seconds)
    return recording(target, at=at, evidence=Evidence.LIVE, x_log_cursor=cursors[1])


BACKWARDS = (located("end", 20), located("end", 10, 5))


def told_as(recording, evidence):
    return replace(recording, provenance=replace(recording.provenance, evidence=evidence))


def judged(recordings, positions=None):
    relations = Relations()
    places = positions or range(len(recordings))
    return [
        finding.code
        for place, each in zip(places, recordings, strict=True)
        for finding in relations.follow(each, place).findings
    ]


def test_a_recording_is_judged_against_those_before_it():
    """What the service returned five seconds later contradicts what it returned before."""
    assert judged(BACKWARDS) == ["SLS439"]


@pytest.mark.parametrize("positions", [(1, 2), (0, 2), (0, 0), (1, 0)])
def test_a_gap_or_another_order_ends_it(positions):
    """Of exchanges that are missing, or played otherwise than recorded, nothing is said."""
    assert judged(BACKWARDS, positions) == []


def test_an_endpoint_may_begin_anew_after_a_while():
    """What was recorded at an emulator a minute later may be of a new one; the service has no such excuse."""
    later = located("end", 10, 60)
    assert judged((BACKWARDS[0], later)) == []
    live = [
        replace(each, provenance=replace(each.provenance, evidence=Evidence.LIVE)) for each in (BACKWARDS[0], later)
    ]
    assert judged(live) == ["SLS439"]


def listed(*shards, seconds=0, **how):
    """ListShards with the first digit at each end of its shards; ``f``: the highest key."""
    entries = [
        {
            "shardID": number,
            "status": status,
            "inclusiveBeginKey": begin + "0" * 31,
            "exclusiveEndKey": end + ("f" if end == "f" else "0") * 31,
        }
        for number, begin, end, status in shards
    ]
    at = AT + timedelta(seconds=seconds)
    return recording("", json.dumps(entries).encode(), at, target=SHARDS, **how)


LOW, HIGH, SPLIT = (0, "0", "8", "readwrite"), (1, "8", "f", "readwrite"), (2, "0", "f", "readonly")


@pytest.mark.parametrize(
    ("shards", "found"),
    [
        ((LOW, HIGH), []),
        ((HIGH, LOW, SPLIT), []),
        ((LOW,), ["SLS418"]),
        ((LOW, (1, "4", "f", "readwrite")), ["SLS418"]),
        ((LOW, (1, "9", "f", "readwrite")), ["SLS418"]),
        (((0, "8", "0", "readwrite"), HIGH), ["SLS418"]),
        ((LOW, LOW, HIGH), []),
        ((LOW, (1, "8", "f", "ReadWrite")), []),
    ],
    ids=["apart", "after a split", "a shard is missing", "overlap", "gap", "swapped", "twice", "of no known status"],
)
def test_the_shards_of_the_service_share_all_keys(shards, found):
    """Stubs list any ranges; a shard twice, and an unknown status, have clauses of their own."""
    assert judged([listed(*shards, evidence=Evidence.LIVE)]) == found
    assert judged([listed(*shards)]) == []


def test_a_request_id_of_the_service_is_not_used_again():
    """By another request; a recorder may have written one exchange twice, and a stub has one id for all."""
    one, other = (
        located(time, 10, seconds, evidence=Evidence.LIVE, x_log_requestid="6B0D96D6E2ACEBA5783354E7")
        for time, seconds in (("begin", 0), ("end", 5))
    )
    assert judged([one, other]) == ["SLS461"]
    assert judged([one, one]) == []
    assert judged([told_as(each, Evidence.REFERENCE) for each in (one, other)]) == []


def test_exchanges_out_of_order_contradict_nothing():
    """A file that is sorted the wrong way round, or two recordings in one, the later one first."""
    pulls = [pulled(number, number + 5, number) for number in (10, 15, 20)]
    assert judged(pulls[::-1]) == []
    assert judged([*pulls, pulled(90, 95, 25)]) == ["SLS433"]
    assert judged([pulls[2], *pulls[:2], pulled(90, 95, 18)]) == ["SLS433"]
    assert judged([pulls[2], *pulls[:2], pulled(25, 30, 25)]) == []
    assert judged([pulls[2], *pulls[:2], pulled(25, 30, 25), pulled(90, 95, 30)]) == ["SLS433"]


def test_workers_run_on_while_an_emulator_may_have_been_restarted():
    """Two workers of one User-Agent, in two groups, pull one shard; after a pause each goes on where it was."""
    pulls = [pulled(*numbers) for numbers in ((10, 15, 1), (50, 55, 2), (15, 20, 62), (55, 60, 63), (61, 65, 64))]
    told = [told_as(each, Evidence.REFERENCE) for each in (located("begin", 10), located("end", 50), *pulls)]
    assert judged(told[:-1]) == []
    assert judged(told) == ["SLS433"]


def test_workers_run_on_while_exchanges_are_out_of_order():
    """An exchange that was written too late says nothing of the cursors that others were given before it."""
    late = located("1700000000", 10)
    told = [located("begin", 10, 1), located("end", 50, 2), pulled(10, 15, 3), pulled(50, 55, 4), late]
    told = [told_as(each, Evidence.LIVE) for each in (*told, pulled(15, 20, 5), pulled(55, 60, 6), pulled(61, 65, 7))]
    assert judged(told[:-1]) == []
    assert judged(told) == ["SLS433"]


def ahead(recording, seconds=20):
    """The same recording by a proxy, if the clock of its client is ahead."""
    request = recording.exchange.request
    dated = request.headers.with_field("Date", http_date(recording.provenance.at + timedelta(seconds=seconds)))
    return replace(recording, exchange=replace(recording.exchange, request=request.replace(headers=dated)))


def test_the_clock_of_a_client_behind_a_proxy_may_be_ahead():
    """It is unknown when such a request was sent, so two may overlap; the order of the responses is known."""
    times = (1_800_000_000_000_000, 1_799_999_990_000_000)
    reads = [
        recording(
            "",
            json.dumps([{"shard": 0, "checkpoint": "MTA=", "updateTime": time, "consumer": "one"}]).encode(),
            AT + timedelta(seconds=seconds),
            target=f"{SHARDS[:-7]}/consumergroups/readers",
            evidence=Evidence.LIVE,
        )
        for seconds, time in zip((5, 8), times, strict=True)
    ]
    assert judged(reads) == ["SLS411"]
    assert judged([*map(ahead, reads)]) == []
    pulls = [ahead(pulled(number, number + 5, number)) for number in (10, 15, 20)]
    assert judged(pulls[::-1]) == []
    assert judged([*pulls, ahead(pulled(90, 95, 25))]) == ["SLS433"]


@pytest.mark.parametrize("evidence", [Evidence.UNKNOWN, Evidence.DOCUMENT, Evidence.SYNTHETIC])
def test_examples_and_recordings_of_others_are_no_conversation(evidence):
    """A page's examples have nothing to do with each other; other recorders drop exchanges."""
    assert judged([told_as(each, evidence) for each in BACKWARDS]) == []


def test_check_judges_a_cassette_as_a_whole(tmp_path):
    """The finding names the exchange that contradicts those before it, and its clause counts as exercised."""
    path = tmp_path / "cursors.sls.yaml"
    write(path, BACKWARDS)
    found = audit(path, NOW)
    assert [place for finding, place, _ in found.placed if finding.code == "SLS439"] == [1]
    assert "SLS439" in found.results.exercised


def test_workers_of_the_official_library_break_nothing():
    """Two workers, a handover, a kill, a restart, recorded through the proxy: judged in full, and nothing is found."""
    found = audit(WORKERS, NOW)
    assert [str(finding) for finding, _, _ in found.placed] == []
    assert found.results.exchanges == len(load(WORKERS)) > 100
    assert found.results.extents == {"full": found.results.exchanges}
    wanted = {"SLS281", "SLS282", "SLS283", "SLS284", "SLS401", "SLS433", "SLS434", "SLS435", "SLS437", "SLS440"}
    assert wanted <= found.results.exercised


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda each: each.replace(body=each.body.replace(b"[0,1]", b"[0,1,2]")), "SLS437"),
        (lambda each: _with(each, "x-log-cursor", "MTQ1Mzk0OTcwNTAwMDAwMDAwMQ=="), "SLS284"),
        (lambda each: _with(each, "x-log-count", "4"), "SLS283"),
    ],
)
def test_workers_whose_responses_are_changed_are_found_out(tmp_path, change, code):
    """The same recording, with one kind of response wrong: it is judged, and not passed over."""
    path = tmp_path / "changed.sls.yaml"
    write(path, [_changed(each, change) for each in load(WORKERS)])
    assert code in {finding.code for finding, _, _ in audit(path, NOW).placed}


def test_a_test_that_replays_judges_what_it_plays(tmp_path):
    """In replay, too, the recorded responses are judged together."""
    path = tmp_path / "cursors.sls.yaml"
    write(path, BACKWARDS)
    with contextlib.suppress(ContractViolation), use_cassette(path) as cassette:
        for each in BACKWARDS:
            requests.get(each.exchange.request.url, headers={"Authorization": "LOG id:signature"}, timeout=60)
    assert "SLS439" in {finding.code for finding in cassette.findings}


@pytest.mark.parametrize(("step", "codes"), [(0, set()), (1, {"SLS433"})])
def test_a_client_that_counts_cursors_itself_is_told_as_it_records(tmp_path, step, codes):
    """Pulling on at the cursor that was returned is right; one that nobody gave is a warning."""
    with ReferenceEndpoint(lambda: datetime.now(UTC)) as endpoint:
        for index in range(10):
            endpoint.put_logs(0, [{"index": str(index)}])
        with use_cassette(tmp_path / "pulls.sls.yaml", record="all", send=endpoint) as cassette:
            key = TEST_CREDENTIALS
            client = LogClient("cn-hangzhou.log.aliyuncs.com", key.access_key_id, key.access_key_secret, source="here")
            begin = client.get_cursor("my-project", "my-logstore", 0, "begin").get_cursor()
            following = client.pull_logs("my-project", "my-logstore", 0, begin, 3).get_next_cursor()
            counted = b64encode(str(decoded(following) + step).encode()).decode()
            client.pull_logs("my-project", "my-logstore", 0, counted, 3)
    assert {finding.code for finding in cassette.findings if finding.code.startswith("SLS4")} == codes


def _changed(each, change):
    exchange = each.exchange
    return replace(each, exchange=Exchange(exchange.request, exchange.response and change(exchange.response)))


def _with(response, name, value):
    return response.replace(headers=response.headers.with_field(name, value)) if name in response.headers else response
