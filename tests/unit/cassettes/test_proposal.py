"""A proposal: where its requests may go, what it pairs, what it finds."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sls_contract import Exchange, Request, Response
from sls_contract.cassettes.file.recording_file import load, open_for_recording, write
from sls_contract.cassettes.proposal import REFERENCE, Proposal, endpoint_of, is_at, not_requested, proposed
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.errors import CassetteError, EndpointError

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)
DAY = timedelta(days=1)
URL = "https://cn-hangzhou.log.aliyuncs.com"
ASKED = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/x/consumergroups/g?shard="
RIGHT = b'[{"shard":0,"checkpoint":"MTA=","updateTime":1700000000000000,"consumer":"c"}]'


def made(shard=0, body=RIGHT, *, at=BEGAN - DAY, evidence=Evidence.LIVE, endpoint=URL, **rest):
    response = Response(200, {"Content-Type": "application/json"}, body)
    origin = Provenance(evidence, endpoint, recorded_at=at, validated_at=at)
    return Recording(
        Exchange(Request("GET", f"{ASKED}{shard}"), None if "broken" in rest else response), origin, **rest
    )


def later(shard=0, body=RIGHT, **rest):
    return made(shard, body, at=BEGAN + DAY, **rest)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.sls.yaml"


def proposal(path, *recordings, **how):
    if recordings:
        write(path, recordings)
    return Proposal(path, BEGAN, **how)


def left(proposal):
    return not_requested(proposal.old, proposal.played())


def classes(proposal):
    return [(each.exchange, str(each.kind), each.slug) for each in proposal.compared.changes]


@pytest.mark.parametrize(
    ("evidence", "endpoint", "here", "same"),
    [
        ("live", URL, URL, True),
        ("live", URL, URL.upper().replace("HTTPS", "https") + ":443", True),
        ("live", URL, "http://cn-hangzhou.log.aliyuncs.com", True),
        ("live", URL, "https://cn-hangzhou.log.aliyuncs.com:8443", False),
        ("live", URL, "https://cn-shanghai.log.aliyuncs.com", False),
        ("live", URL, REFERENCE, False),
        ("live", URL, "http://127.0.0.1:80", False),
        ("live", "", URL, False),
        ("reference", REFERENCE, REFERENCE, True),
        ("reference", REFERENCE, "http://127.0.0.1:8080", False),
        ("reference", "http://127.0.0.1:1", "http://localhost:2", True),
        ("reference", "http://[::1]:1", REFERENCE, False),
        ("reference", "http://my-project.127.0.0.1:1", "http://127.0.0.1:2", True),
        ("reference", REFERENCE, URL, False),
        ("reference", "http://127.0.0.1:1", URL, False),
        ("reference", URL, REFERENCE, True),
        ("reference", URL, URL, True),
        ("reference", URL, "http://127.0.0.1:8080", True),
        ("reference", URL, "https://gateway.example.com", True),
        ("reference", URL, "https://cn-shanghai.log.aliyuncs.com", False),
        ("reference", "https://sls.example.com", REFERENCE, False),
        ("reference", "https://sls.example.com", "https://sls.example.com", True),
        ("reference", "http://10.0.0.5:80", REFERENCE, False),
        ("reference", "http://10.0.0.5", "http://10.0.0.5:80", True),
        ("document", URL, URL, False),
        ("synthetic", REFERENCE, REFERENCE, False),
        ("unknown", "", REFERENCE, False),
    ],
)
def test_where_a_recording_can_be_asked_again(evidence, endpoint, here, same):
    """Only where it was made; a server on this machine may have another port, what had a borrowed name is named now."""
    assert is_at(Provenance(Evidence(evidence), endpoint), here) is same


@pytest.mark.parametrize(
    ("recordings", "where"),
    [
        ([made()], URL),
        ([made(evidence=Evidence.REFERENCE, endpoint=REFERENCE)], REFERENCE),
        ([made(evidence=Evidence.REFERENCE, endpoint="http://127.0.0.1:8080")], "http://127.0.0.1:8080"),
        ([made(evidence=Evidence.REFERENCE, endpoint="https://sls.example.com")], "https://sls.example.com"),
        ([made(evidence=Evidence.DOCUMENT), made(1)], URL),
        ([made(evidence=Evidence.UNKNOWN, endpoint="")], REFERENCE),
        ([], REFERENCE),
    ],
)
def test_the_endpoint_of_a_cassette(recordings, where):
    """That of the first exchange with an endpoint."""
    assert endpoint_of(recordings, Path("x.sls.yaml")) == where


def test_what_responded_under_a_borrowed_name_is_not_guessed():
    """The name is the service's and the evidence is not: whoever verifies says what responded."""
    told = r"x\.sls\.yaml names the endpoint https://cn-.*\n.*--sls-endpoint=reference"
    with pytest.raises(EndpointError, match=told):
        endpoint_of([made(), made(1, evidence=Evidence.REFERENCE)], Path("x.sls.yaml"))


def test_a_request_that_would_go_elsewhere_is_refused(path):
    """Both endpoints, the evidence and the fix are named; the query's secrets are not."""
    open_ = proposal(path, made(), route=REFERENCE)
    with pytest.raises(EndpointError) as refused:
        open_.take(Request("GET", f"{ASKED}0"))
    assert str(refused.value) == (
        f"GET {ASKED}0 was recorded at {URL} (evidence: live), and this run uses reference: nothing was sent\n"
        f"How to fix: verify where it was recorded (--sls-endpoint={URL}), or record it again here "
        "(--sls-record=all --sls-endpoint=reference)."
    )
    with pytest.raises(EndpointError, match=r"x\.sls\.yaml was recorded at https"):
        open_.check_endpoint("https://cn-shanghai.log.aliyuncs.com")


@pytest.mark.parametrize("evidence", [Evidence.DOCUMENT, Evidence.SYNTHETIC, Evidence.UNKNOWN])
def test_what_no_endpoint_sent_is_refused_anywhere(path, evidence):
    """There is nothing to compare with, wherever the run would ask."""
    open_ = proposal(path, made(evidence=evidence))
    with pytest.raises(EndpointError, match=rf"was not recorded at any endpoint \(evidence: {evidence}\)"):
        open_.take(Request("GET", f"{ASKED}0"))


def test_what_goes_where_it_was_recorded_is_let_through(path):
    """Nothing is played, and nothing refused; a request without a recording goes where the cassette's first went."""
    open_ = proposal(path, made())
    for shard in (0, 0, 7):
        assert open_.take(Request("GET", f"{ASKED}{shard}")) is None
    assert open_.records
    open_.check_endpoint(URL)
    with pytest.raises(EndpointError, match="cn-shanghai"):
        open_.take(Request("GET", f"{ASKED}7".replace("hangzhou", "shanghai")))


def test_without_a_cassette_there_is_nothing_to_compare(path):
    """The first request says so; opening and closing alone leave no file."""
    open_ = proposal(path)
    open_.check_endpoint(URL)
    with pytest.raises(CassetteError, match=r"there is no cassette at .*x.sls.yaml"):
        open_.take(Request("GET", f"{ASKED}0"))
    open_.close(finished=True)
    assert left(open_) == ()
    assert list(path.parent.iterdir()) == []


def test_each_response_is_compared_with_the_recording_of_its_request(path):
    """By matching key, identical requests in recorded order; positions are those of the old file."""
    open_ = proposal(path, made(1), made(0), made(0, RIGHT.replace(b"MTA=", b"MjA=")))
    open_.add(later(0))
    open_.add(later(0))
    assert {(at, kind) for at, kind, _ in classes(open_)} == {(2, "benign")}
    assert [each.exchange for each in left(open_)] == [0]
    open_.add(later(1, RIGHT.replace(b'"shard":0', b'"shard":1').replace(b"1700000000000000", b"1700000000")))
    assert (0, "breaking", "update-time-unit") in classes(open_)
    assert left(open_) == ()


def test_what_has_no_recording_is_unmatched(path):
    """Numbered in the order of arrival."""
    open_ = proposal(path, made())
    for shard in (0, 5, 0):
        open_.add(later(shard))
    assert [(each.side, each.exchange) for each in open_.compared.unmatched] == [("new", 1), ("new", 2)]


def test_with_repeat_the_last_stands_for_what_comes_after_it(path):
    """More are compared with the last, fewer leave nothing over, none at all does."""
    open_ = proposal(path, made(0), made(0), made(1), repeat=True)
    assert [each.exchange for each in left(open_)] == [0, 1, 2]
    for _ in range(4):
        open_.add(later(0))
    open_.add(later(0, b"[]"))
    assert {at for at, kind, _ in classes(open_) if kind == "breaking"} == {1}
    assert open_.compared.unmatched == []
    assert [each.exchange for each in left(open_)] == [2]


def test_only_what_still_holds_is_validated(path):
    """By the id of the old exchange, when it was asked again; not what breaks, nor what meets something new."""
    write(path, [made(0), made(1), made(2)])
    names = [recording.id for recording in load(path)]
    open_ = proposal(path)
    open_.add(later(0))
    open_.add(later(1, RIGHT.replace(b"}]", b',"lag":1}]').replace(b'"shard":0', b'"shard":1')))
    open_.add(later(2, b"{}"))
    assert open_.compared.validated == {names[0]: BEGAN + DAY}


@pytest.mark.parametrize("kind", ["name", "refused", "connect-timeout", "tls"])
def test_not_reaching_the_service_is_an_error_and_no_difference(path, kind):
    """There was no response, so nothing changed; the proposal is dropped, whatever the caller says."""
    open_ = proposal(path, made())
    open_.add(later(broken=kind, detail="no route to host"))
    assert classes(open_) == []
    (told,) = open_.compared.errors
    assert "no route to host" in told
    assert URL in told
    open_.close(finished=True)
    assert not proposed(path).exists()


@pytest.mark.parametrize("kind", ["timeout", "reset", "closed", "truncated", "malformed"])
def test_a_service_that_stops_responding_breaks(path, kind):
    """It was reached, and the client has no response."""
    open_ = proposal(path, made())
    open_.add(later(broken=kind))
    assert [(kind, slug) for _, kind, slug in classes(open_)] == [("breaking", "response-complete")]


def test_a_recorded_refusal_may_be_refused_again(path):
    """Nobody listened then, and nobody does now: the same."""
    open_ = proposal(path, made(broken="refused"))
    open_.add(later(broken="refused"))
    assert (classes(open_), open_.compared.errors) == ([], [])


def test_weaker_evidence_is_noted_by_what_it_would_replace(path):
    """The weakest of all new responses counts; stronger or equal evidence is no loss."""
    open_ = proposal(path, made(0), made(1), made(2, evidence=Evidence.REFERENCE))
    open_.add(later(0, evidence=Evidence.REFERENCE))
    open_.add(later(1, evidence=Evidence.UNKNOWN))
    open_.add(later(2))
    assert open_.compared.weaker == {Evidence.LIVE: Evidence.UNKNOWN}


def test_the_proposal_lies_beside_the_old_file(path):
    """The old file stays as it is, byte for byte; what earlier sessions proposed goes."""
    write(proposed(path), [made(9)])
    open_ = proposal(path, made(0))
    before = path.read_bytes()
    open_.add(later(0))
    open_.close(finished=True)
    assert path.read_bytes() == before
    assert [each.exchange.request.query for each in load(proposed(path))] == ["shard=0"]


def test_a_proposal_that_broke_off_is_dropped(path):
    """What a test had asked for until it failed is not the whole."""
    open_ = proposal(path, made(0), made(1))
    open_.add(later(0))
    open_.close(finished=False)
    assert not proposed(path).exists()


def test_a_damaged_proposal_of_before_is_no_obstacle(path):
    """Unlike a cassette it can be made again."""
    proposed(path).write_text("<<<<<<< ours\n", encoding="utf-8")
    open_ = proposal(path, made(0))
    open_.add(later(0))
    open_.close(finished=True)
    assert len(load(proposed(path))) == 1


def test_two_tests_of_one_session_make_one_proposal(path):
    """Each adds to what the other proposed."""
    for shard in (0, 1):
        open_ = proposal(path, *(() if path.exists() else (made(0), made(1))))
        open_.add(later(shard))
        open_.close(finished=True)
    assert len(load(proposed(path))) == 2


@pytest.mark.slow
def test_threads_pair_each_exchange_once(path):
    """Forty threads with one request each: forty partners, none left over and none unmatched."""
    open_ = proposal(path, *(made(shard % 4) for shard in range(40)))
    threads = [threading.Thread(target=open_.add, args=[later(shard % 4)]) for shard in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    open_.close(finished=True)
    assert (left(open_), open_.compared.unmatched) == ((), [])
    assert len(load(proposed(path))) == 40


def test_a_damaged_cassette_is_told_and_left(path):
    """As in every other mode."""
    path.write_text("<<<<<<< ours\n", encoding="utf-8")
    with pytest.raises(CassetteError, match="merge conflict"):
        proposal(path)


def test_a_recording_in_progress_is_none_of_its_business(path):
    """A journal beside the old cassette is folded in, as by every reader."""
    write(path, [made(0)])
    recorder = open_for_recording(path)
    recorder.append(made(1))
    assert len(proposal(path).old) == 2
    recorder.close()
