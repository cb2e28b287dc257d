"""The endpoint of one run: its known state, the situation's responses, and who gets them."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sls_contract.checks import judge
from sls_contract.endpoint import DeliveredResponse
from sls_contract.exchange import Exchange, Request, wire_text
from sls_contract.exercise.faults import ELSEWHERE
from sls_contract.exercise.reply import Duty
from sls_contract.exercise.setting import Auth
from sls_contract.exercise.situations import SITUATIONS
from sls_contract.signing import TEST_CREDENTIALS

DUTIES = {
    "documented successes": {Duty.RETURN},
    "documented errors": {Duty.FAIL},
    "broken responses": {Duty.FAIL},
    "unusual errors": {Duty.FAIL},
    "unusual responses": {Duty.RETURN},
    "questionable responses": {Duty.EITHER},
    "faults": {Duty.FAIL, Duty.EITHER},
}
KEPT_CODES = {
    "error-unknown-code": "ShardIsResting",
    "error-429": "TooManyRequests",
    **dict.fromkeys(
        (
            "error-message-first",
            "error-in-chinese",
            "error-charset",
            "error-new-key",
            "error-chunked",
            "error-pause-in-body",
        ),
        "ConsumerGroupNotExist",
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_every_situation_responds_as_its_area_says(scene, name):
    """A correct client meets the situation; what may become of the response is what its area promises."""
    here = scene(name)
    here.ask()
    (received,) = here.stage.received
    assert received.expected.duty in DUTIES[here.situation.area]


@pytest.mark.parametrize("name", [each.name for each in SITUATIONS.values() if each.area == "unusual responses"])
def test_unusual_responses_keep_the_contract(scene, name):
    """Whoever must pass a response on is given one that breaks no clause on the service's side."""
    here = scene(name)
    response = here.ask()
    found = judge(Exchange(here.stage.received[0].request, response), credentials=here.setting.credentials, at=here.now)
    assert [each for each in found.findings if each.level == "violation"] == []


@pytest.mark.parametrize(
    "each", [each for each in SITUATIONS.values() if each.area == "documented errors"], ids=lambda each: each.name
)
def test_documented_errors_are_well_formed_and_stay(scene, each):
    """Status and errorCode are those of the scenario's name, the body is as documented, and every retry meets it."""
    here = scene(each.name)
    for _ in range(3):
        response = here.ask(after=1)
        status, code = each.response.split()
        assert (response.status, json.loads(response.body)["errorCode"]) == (int(status), code)
        assert here.stage.received[-1].expected.error_code == code
        verdict = judge(
            Exchange(here.stage.received[-1].request, response), credentials=here.setting.credentials, at=here.now
        )
        assert "SLS223" not in {finding.code for finding in verdict.findings if finding.where.startswith("/error")}


@pytest.mark.parametrize(
    "each", [each for each in SITUATIONS.values() if each.area == "unusual errors"], ids=lambda each: each.name
)
def test_only_documented_error_bodies_have_a_code_to_keep(scene, each):
    """A code in another form need not be understood."""
    here = scene(each.name)
    here.ask()
    assert here.stage.received[0].expected.error_code == KEPT_CODES.get(each.name)


def test_the_state_is_known_and_shows_every_loss(scene):
    """Shards have their own checkpoints; their times are no whole milliseconds, and their consumers differ."""
    here = scene("shard-omitted")
    entries = json.loads(here.ask().body)
    assert [entry["shard"] for entry in entries] == [0, 1, 2, 3, 4]
    assert entries[4] == {"shard": 4, "checkpoint": "", "updateTime": 0, "consumer": ""}
    assert [entry["consumer"] for entry in entries] == ["Consumer_1", "", "consumer-2", "Consumer_1", ""]
    assert len({entry["checkpoint"] for entry in entries}) == 5
    for entry in entries[:4]:
        assert base64.b64decode(entry["checkpoint"]).isdigit()
        assert entry["updateTime"] % 1000
        assert 16 * 10**14 < entry["updateTime"] < 2**53
    assert here.stage.received[0].expected.entries == tuple(entries)


@pytest.mark.parametrize("auth", [Auth("v1"), Auth("v1", sts=True), Auth("v4"), Auth("v4", sts=True)], ids=str)
def test_every_way_to_sign_is_let_in(scene, auth):
    """The endpoint knows the key of the run."""
    assert scene("shard-given", auth).ask().status == 200


@pytest.mark.parametrize("name", ["html-200", "chunked", "failure-once", "reset", "error-404-project-not-exist"])
class TestWhoAsksWrongly:
    """A request that is not correct gets what the service would return, whatever the scenario."""

    def test_is_refused_with_a_wrong_key(self, scene, name):
        """As it would be anywhere; the code is to be kept."""
        here = scene(name)
        assert here.ask(key=TEST_CREDENTIALS).status == 401
        assert here.stage.received[0].expected.error_code == "Unauthorized"

    @pytest.mark.parametrize("asked", [{"shard": 2}, {"shard": None}, {"shard": "01"}, {"shard": "99"}])
    def test_gets_the_shard_that_was_asked_for(self, scene, name, asked):
        """Not the one that the client was told."""
        here = scene(name)
        response = here.ask(**asked)
        assert response.status == 200
        assert here.stage.received[0].expected.duty is Duty.RETURN

    @pytest.mark.parametrize("what", ["project", "logstore", "group"])
    def test_gets_404_for_another_name(self, scene, name, what):
        """The names are made up, so that no other one exists."""
        here = scene(name)
        assert here.ask(**{what: "another"}).status == 404


def test_failures_end_after_their_number(scene):
    """Twice 500, then the entry, for ever."""
    here = scene("failure-twice")
    assert [here.ask().status for _ in range(5)] == [500, 500, 200, 200, 200]
    assert [each.expected.duty for each in here.stage.received] == [
        Duty.FAIL,
        Duty.FAIL,
        Duty.RETURN,
        Duty.RETURN,
        Duty.RETURN,
    ]


def test_other_operations_use_no_turn_up(scene):
    """A client may look around before it asks."""
    here = scene("failure-once")
    listing = f"http://{here.setting.host}/logstores/{here.setting.logstore}/consumergroups"
    here.stage(Request("GET", listing))
    assert here.stage.received[0].expected is None
    assert [here.ask().status for _ in range(2)] == [500, 200]


def test_a_redirect_leads_back_to_the_request(scene):
    """To the very place, query included."""
    here = scene("redirect")
    response = here.ask()
    assert (response.status, response.headers["Location"]) == (302, here.stage.received[0].request.url)


def test_elsewhere_is_a_web_page(scene):
    """Who follows the redirect to another host is heard, and gets a page."""
    here = scene("redirect-elsewhere")
    place = here.ask().headers["Location"]
    page = here.stage(Request("GET", place, [("Host", ELSEWHERE)]))
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html")
    assert [each.foreign_host for each in here.stage.received] == ["", ELSEWHERE]


@pytest.mark.parametrize(
    ("url", "host", "elsewhere"),
    [
        ("http://example.com/", "example.com", "example.com"),
        ("http://example.com:8080/", "Example.com:8080", "example.com"),
        ("http://example.com/", "p.cn-hangzhou.log.aliyuncs.com", "example.com"),
        ("http://p.cn-hangzhou.log.aliyuncs.com/", "example.com", "example.com"),
        ("http://notaliyuncs.com/", "notaliyuncs.com", "notaliyuncs.com"),
        ("http://p.cn-hangzhou.log.aliyuncs.com:80/", "p.cn-hangzhou.log.aliyuncs.com", ""),
        ("http://127.0.0.1:99/", "p.127.0.0.1:99", ""),
    ],
)
def test_foreign_hosts_are_told_from_the_service(scene, url, host, elsewhere):
    """By Host and by target; what is not the service's gets 502."""
    here = scene()
    response = here.stage(Request("GET", url, [("Host", host)]))
    assert here.stage.received[0].foreign_host == elsewhere
    assert (response.status == 502) == bool(elsewhere)


def test_what_was_never_sent_is_no_response(scene):
    """A reset is remembered as no response, half a body as half a body."""
    here = scene("reset")
    assert isinstance(here.ask(), DeliveredResponse)
    assert here.stage.received[0].response is None
    there = scene("cut-off")
    whole = there.ask()
    assert 0 < len(there.stage.received[0].response.body) < len(whole.body) == int(whole.headers["Content-Length"])


@pytest.mark.parametrize(
    ("accepted", "duty"),
    [
        (None, Duty.EITHER),
        ("identity", Duty.EITHER),
        ("gzip;q=0", Duty.EITHER),
        ("x-gzip-not", Duty.EITHER),
        ("gzip", Duty.RETURN),
        ("deflate, GZip", Duty.RETURN),
        ("br;q=1.0, gzip;q=0.8", Duty.RETURN),
        ("gzip;q=1.0", Duty.RETURN),
        ("x-gzip", Duty.RETURN),
        ("identity, *;q=0", Duty.EITHER),
    ],
)
def test_who_names_a_coding_must_understand_it(scene, accepted, duty):
    """Compression unasked is the service's fault; asked for, it is a correct response."""
    here = scene("gzip")
    request = here.request()
    if accepted is not None:
        request = request.replace(headers=request.headers.with_field("Accept-Encoding", accepted))
    here.stage(request)
    assert here.stage.received[0].expected.duty is duty


WORDS = st.binary(max_size=12).map(lambda data: wire_text(bytes(each for each in data if each > 32)))


@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "x"]),
    st.sampled_from(["shard-given", "filter-ignored", "redirect", "wrapped-list"]),
    st.lists(WORDS, max_size=5),
    st.lists(
        st.tuples(st.sampled_from(["Host", "Authorization", "x-log-date", "Accept-Encoding", "X"]), WORDS), max_size=4
    ),
    st.binary(max_size=20),
)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_no_request_is_too_odd(scene, broken, method, name, segments, headers, body):
    """Whatever a client sends, it gets a response, and its run is judged."""
    here = scene(name)
    url = f"http://{here.setting.host}/logstores/{'/'.join(segments)}"
    assert here.stage(Request(method, url, headers, body)).status
    assert here.stage(here.request(shard="".join(segments[:1]))).status
    assert broken(here.end(0, "[]"))


def test_names_are_stable_words():
    """Unique by construction; lower case, joined by hyphens; each with a response and a source."""
    for name, each in SITUATIONS.items():
        assert name == each.name
        assert name.replace("-", "").isalnum()
        assert name == name.lower()
        assert each.response
        assert each.source
    assert {"shard-given", "html-200", "failure-twice", "error-404-consumer-group-not-exist"} <= SITUATIONS.keys()
