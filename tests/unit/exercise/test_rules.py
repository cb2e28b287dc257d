"""The clauses about clients: runs made by hand, and what each of them breaks."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from binascii import hexlify
from dataclasses import replace
from datetime import timedelta
from unicodedata import normalize
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sls_contract.exchange import Request
from sls_contract.exercise import VERDICTS, Plan, Run
from sls_contract.exercise.faults import ELSEWHERE
from sls_contract.exercise.judgement import RULES, facts_of, judge_trial
from sls_contract.exercise.request_args import parameter_flaws
from sls_contract.exercise.setting import Auth
from sls_contract.exercise.summary import document, lines
from sls_contract.signing import TEST_CREDENTIALS, Credentials, sign
from sls_contract.spec import CLAUSES

STS = Auth("v1", sts=True)
ENTRY = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("shard", "checkpoint", "updateTime", "consumer"),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just([]),
    ),
)
JSON = st.lists(ENTRY, max_size=5) | ENTRY | st.recursive(st.none() | st.text(max_size=3), st.lists)
ERROR = {"errorCode": None, "status": None}


def entries(response) -> list:
    return json.loads(response.body)


def test_every_clause_about_clients_has_its_rule():
    """None is stated and not judged; they are told in the order of their codes."""
    codes = [clause.code for clause, _ in RULES]
    assert codes == sorted(codes) == [code for code in CLAUSES if code.startswith("SLS5")]


@pytest.mark.parametrize("auth", [Auth("v1"), STS, Auth("v4"), Auth("v4", sts=True)], ids=str)
def test_a_correct_run_breaks_nothing(scene, broken, auth):
    """Asked as told, and passed on as received."""
    here = scene("shard-given", auth)
    assert broken(here.end(0, entries(here.ask()))) == set()


class TestEnding:
    """SLS50x: how a run ends."""

    @pytest.mark.parametrize("said", ["", "done", "[{'shard': 0}]", "[NaN]"])
    def test_a_success_without_json_breaks_the_protocol(self, scene, broken, said):
        """Nothing can be compared, so nothing else is told."""
        here = scene()
        here.ask()
        assert broken(here.end(0, said)) == {"protocol-broken"}

    @pytest.mark.parametrize(
        "said",
        ["", "Traceback", "[]", '"x"', "404", "null"],
    )
    def test_a_failure_without_its_line_is_warned_of(self, scene, broken, said):
        """A failure it is all the same."""
        here = scene("html-404")
        here.ask()
        assert broken(here.end(1, said)) == {"error-line-missing"}

    @pytest.mark.parametrize(
        "said",
        [
            {"errorCode": 404},
            {"errorCode": ["X"]},
            {"status": "gone"},
            {"status": "404"},
            {"status": True},
            {"status": [1]},
        ],
    )
    def test_a_line_of_wrong_types_is_not_called_missing(self, scene, broken, said):
        """It is there, and says what is wrong in it."""
        here = scene("html-404")
        here.ask()
        assert broken(here.end(1, said)) == {"error-line-types"}

    @pytest.mark.parametrize("said", [ERROR, {}, {"errorCode": "X"}, {"status": 404}, {"status": 404.0}])
    def test_what_is_known_of_an_error_is_enough(self, scene, broken, said):
        """Both keys may be null or left out."""
        here = scene("html-404")
        here.ask()
        assert broken(here.end(125, said)) == set()

    @pytest.mark.parametrize("code", [-11, -9, -99, 126, 128, 255])
    def test_a_crash_is_no_failure(self, scene, broken, code):
        """Signals and codes above 125, once the client has asked."""
        here = scene("html-200")
        here.ask()
        assert broken(here.end(code)) == {"exit-code"}

    def test_silence_at_the_end_of_time_hangs(self, scene, broken):
        """With a response, or without one."""
        for name in ("html-200", "stalled"):
            here = scene(name)
            here.ask()
            assert broken(here.end(None, after=30)) == {"hang"}

    def test_asking_at_the_end_of_time_is_without_bound(self, scene, broken):
        """Every second, or with pauses that grow."""
        for pauses in ([1] * 29, [1, 2, 4, 8], [1, 3, 9], [0.01] * 50):
            here = scene("error-500-internal-server-error")
            here.ask()
            for pause in pauses:
                here.ask(after=pause)
            rest = 0.5 if len(pauses) > 40 else 30 - sum(pauses)
            assert broken(here.end(None, after=rest)) == {"unbounded-retries"}

    def test_retries_that_ended_long_ago_are_a_hang(self, scene, broken):
        """Ten requests in ten seconds, and then nothing."""
        here = scene("error-500-internal-server-error")
        for _ in range(10):
            here.ask(after=1)
        assert broken(here.end(None, after=20)) == {"hang"}

    def test_a_client_that_never_asks_and_never_ends(self, scene, broken):
        """Both are told."""
        assert broken(scene().end(None, after=30)) == {"hang", "no-request-sent"}


def test_a_time_that_overflows_is_no_matter_of_its_unit(scene):
    """The advice is to fail, not to parse it as a 64-bit integer, into which it does not fit."""
    here = scene("update-time-beyond-64-bits")
    (entry,) = entries(here.ask())
    (find,) = (find for clause, find in RULES if clause.slug == "update-time-changed")
    (flaw,) = find(here.end(0, [entry | {"updateTime": int(float(entry["updateTime"]))}]))
    assert "does not fit" in flaw.how_to_fix
    assert find(here.end(0, [entry])) == []
    assert not find(here.end(1, ERROR))


class TestPrinting:
    """SLS506: what is printed."""

    @pytest.mark.parametrize("form", [str, quote_plus, lambda text: b64encode(f"x:{text}".encode()).decode()])
    @pytest.mark.parametrize("part", ["access_key_secret", "security_token"])
    def test_a_secret_in_a_log(self, scene, broken, form, part):
        """In any encoding; it is shown in no report."""
        here = scene("shard-given", STS)
        returned = entries(here.ask())
        secret = getattr(here.setting.credentials, part)
        trial = here.end(0, returned, stderr=f"DEBUG {form(secret)}\n".encode())
        assert broken(trial) == {"secret-printed"}
        assert secret not in repr(judge_trial(trial, STS))

    def test_the_id_of_the_key_is_no_secret(self, scene, broken):
        """Nor is the signature."""
        here = scene()
        request = here.request()
        returned = entries(here.stage(request))
        told = f"{here.setting.credentials.access_key_id} {request.headers['Authorization']}".encode()
        assert broken(here.end(0, returned, stderr=told)) == set()


class TestState:
    """SLS519: what a run leaves."""

    def write(self, here, verb, query, body=b""):
        told = here.setting
        path = f"/logstores/{told.logstore}/consumergroups/{told.group}{query}"
        bare = Request(verb, f"http://{told.host}{path}", [("x-log-apiversion", "0.6.0")], body)
        assert here.stage(sign(bare, told.credentials, scheme=told.scheme, at=here.now)).status == 200

    def test_a_group_that_is_gone(self, scene):
        """Reading needs no deletion."""
        here = scene()
        self.write(here, "DELETE", "")
        assert here.stage.changes() == ("the group was deleted",)

    @pytest.mark.parametrize(("key", "value"), [("timeout", 60), ("order", True)])
    def test_settings_that_were_updated(self, scene, key, value):
        """A consumer that was silent is gone sooner, or a new shard waits."""
        here = scene()
        self.write(here, "PUT", "", json.dumps({key: value}).encode())
        assert here.stage.changes() == (f"another {key} of the group",)

    @pytest.mark.parametrize("checkpoint", [None, "MTIz"])
    def test_a_checkpoint_that_was_written(self, scene, broken, checkpoint):
        """Another one is told; the same one, and heartbeats, change nothing that is read."""
        here = scene()
        returned = entries(here.ask())
        value = checkpoint or returned[0]["checkpoint"]
        query = "?type=checkpoint&consumer=&forceSuccess=true"
        self.write(here, "POST", query, json.dumps({"shard": 0, "checkpoint": value}).encode())
        self.write(here, "POST", "?type=heartbeat&consumer=me", b"[]")
        assert ("state-changed" in broken(here.end(0, returned))) == (checkpoint is not None)


class TestAsking:
    """SLS51x: what is sent."""

    def test_the_target_names_another_host_than_the_header(self, scene, broken):
        """A proxy goes by the target; a port beside the name is the same host."""
        here = scene()
        told = here.request()
        for host, right in (("other.cn-hangzhou.log.aliyuncs.com", False), (f"{here.setting.host}:80", True)):
            there = scene()
            response = there.stage(
                told.replace(
                    url=told.url.replace(here.setting.host, host),
                    headers=[*told.headers.without("Host").pairs, ("Host", here.setting.host)],
                )
            )
            assert broken(there.end(0, entries(response))) == (set() if right else {"wrong-parameter"})

    @pytest.mark.parametrize("code", [0, 1])
    def test_no_request(self, scene, broken, code):
        """Whatever the client says afterwards."""
        assert "no-request-sent" in broken(scene().end(code, ERROR))

    def test_another_request_is_told(self, scene):
        """The finding shows what was sent in place of the one that was to come."""
        here = scene()
        here.stage(Request("GET", f"http://{here.setting.host}/logstores"))
        (find,) = (find for clause, find in RULES if clause.slug == "no-request-sent")
        (flaw,) = find(here.end(1, ERROR))
        assert '"/logstores"' in flaw.actual
        there = scene()
        there.ask_elsewhere("example.com")
        (flaw,) = find(there.end(1, ERROR))
        assert "example.com" in flaw.actual

    def test_a_name_beyond_ascii_may_be_refused(self, scene, broken):
        """Node cannot send it; a client that says so is right, one that succeeds without asking is not."""
        assert broken(scene("group-in-chinese").end(1, ERROR)) == set()
        assert "no-request-sent" in broken(scene("group-in-chinese").end(0, []))

    @pytest.mark.parametrize(
        "asked", [{"shard": 2}, {"shard": None}, {"project": "x"}, {"logstore": "x"}, {"group": "x"}]
    )
    def test_another_parameter(self, scene, broken, asked):
        """What comes of the response is not judged beside it, where it was passed on."""
        here = scene()
        response = here.ask(**asked)
        said = entries(response)
        trial = here.end(0, said) if response.status == 200 else here.end(1, {"errorCode": said["errorCode"]})
        assert broken(trial) == {"wrong-parameter"}

    def test_names_have_a_case(self, scene, broken):
        """A group in capitals is another group."""
        here = scene()
        code = entries(here.ask(group=here.setting.group.upper()))["errorCode"]
        assert broken(here.end(1, {"errorCode": code})) == {"wrong-parameter"}

    def test_a_normalized_name_is_shown_with_escapes(self, scene):
        """As java.net.URI.toASCIIString sends it: the same to people, another group to the service."""
        here = scene("group-in-many-scripts")
        assert not [*parameter_flaws(here.request(), here.setting)]
        (flaw,) = parameter_flaws(here.request(group=normalize("NFC", here.setting.group)), here.setting)
        assert flaw.expected != flaw.actual
        assert (flaw.expected + flaw.actual).isascii()
        assert "normalization" in flaw.how_to_fix
        (flaw,) = parameter_flaws(here.request(group="other"), here.setting)
        assert "normalization" not in flaw.how_to_fix

    def test_asking_for_every_shard_and_filtering(self, scene, broken):
        """The request is wrong; what was made of its response is not judged."""
        here = scene()
        said = entries(here.ask(shard=None))
        assert broken(here.end(0, said[:1])) == {"wrong-parameter"}

    def test_a_clock_that_is_wrong(self, scene, broken):
        """A request dated twenty minutes ago."""
        here = scene()
        late = here.request()
        here.now += timedelta(minutes=20)
        code = entries(here.stage(late))["errorCode"]
        assert broken(here.end(1, {"errorCode": code})) == {"signature-wrong", "request-clock"}

    def test_a_shard_that_was_not_told(self, scene, broken):
        """An empty SLS_SHARD is no shard 0."""
        here = scene("shard-omitted")
        assert broken(here.end(0, entries(here.ask(shard=0)))) == {"wrong-parameter"}

    def test_no_signature(self, scene, broken):
        """Beside the finding of the clause about requests."""
        here = scene()
        request = here.request()
        response = here.stage(request.replace(headers=request.headers.without("Authorization")))
        found = broken(here.end(1, {"errorCode": entries(response)["errorCode"], "status": 400}))
        assert found == {"signature-missing", "signature-authorization"}

    @pytest.mark.parametrize("auth", [Auth("v1"), Auth("v4")], ids=str)
    def test_a_wrong_signature(self, scene, auth):
        """The first wrong step is named."""
        here = scene("shard-given", auth)
        key = here.setting.credentials
        here.ask(key=Credentials(key.access_key_id, key.access_key_secret + "\n"))
        performed = judge_trial(here.end(1, {"errorCode": "SignatureNotMatch", "status": 401}), auth)
        found = {each.finding.slug: each.finding for each in performed.findings}
        assert found.keys() == {"signature-wrong", "signature-digest"}
        assert found["signature-wrong"].actual.startswith("wrong at step digest")

    def test_a_key_of_the_clients_own(self, scene, broken):
        """A client that brings its own key did not read the environment."""
        here = scene()
        here.ask(key=TEST_CREDENTIALS)
        assert broken(here.end(1, {"errorCode": "Unauthorized"})) == {"signature-access-key", "signature-wrong"}

    @pytest.mark.parametrize(("auth", "scheme"), [(Auth("v1"), "v4"), (Auth("v4"), "v1")])
    def test_the_other_scheme(self, scene, broken, auth, scheme):
        """Both are correct, one was asked for."""
        here = scene("shard-given", auth)
        assert broken(here.end(0, entries(here.ask(scheme=scheme)))) == {"wrong-scheme"}

    def test_v1_with_sha256_is_v1(self, scene, broken):
        """As the SDKs of 2020-12-30 sign."""
        here = scene("shard-given", Auth("v1"))
        assert broken(here.end(0, entries(here.ask(scheme="v1-sha256")))) == set()

    def test_no_token(self, scene, broken):
        """A temporary key without its token: one cause, so one finding, though the signature is wrong without it."""
        here = scene("shard-given", STS)
        key = here.setting.credentials
        code = entries(here.ask(key=Credentials(key.access_key_id, key.access_key_secret)))["errorCode"]
        assert broken(here.end(1, {"errorCode": code})) == {"token-missing"}

    def test_another_token(self, scene, broken):
        """A token that was not given."""
        here = scene("shard-given", STS)
        key = here.setting.credentials
        code = entries(here.ask(key=Credentials(key.access_key_id, key.access_key_secret, "other")))["errorCode"]
        assert "token-missing" in broken(here.end(1, {"errorCode": code}))

    @pytest.mark.parametrize("place", ["header", "path", "body"])
    @pytest.mark.parametrize("part", ["access_key_id", "access_key_secret", "security_token"])
    def test_a_key_that_is_sent_elsewhere(self, scene, broken, place, part):
        """Any part of it, anywhere in a request to a third party; percent-encoded, too."""
        here = scene("shard-given", STS)
        said = entries(here.ask())
        text = getattr(here.setting.credentials, part)
        where = {
            "header": {"headers": [("X-Debug", f"key={text};")]},
            "path": {"path": f"/collect?k={quote(text)}"},
            "body": {"body": f"k={quote_plus(text)}".encode()},
        }[place]
        here.ask_elsewhere("example.com", *where.pop("headers", ()), **where)
        assert broken(here.end(0, said)) == {"key-sent-elsewhere"}

    @pytest.mark.parametrize("part", ["access_key_id", "access_key_secret", "security_token"])
    @pytest.mark.parametrize("before", ["", "a", "ab", "user:"])
    @pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode, hexlify], ids=lambda each: each.__name__)
    def test_an_encoded_key_that_is_sent_elsewhere(self, scene, broken, encode, before, part):
        """A key in Basic authentication or a telemetry record is a key; wherever in the text it begins."""
        here = scene("shard-given", STS)
        said = entries(here.ask())
        text = encode(f"{before}{getattr(here.setting.credentials, part)}:x".encode()).decode()
        here.ask_elsewhere("example.com", ("X-Debug", text))
        assert broken(here.end(0, said)) == {"key-sent-elsewhere"}

    def test_an_encoded_key_is_not_shown(self, scene):
        """A client that prints its key in base64, hexadecimal digits, and percent-encoded."""
        here = scene("shard-given", STS)
        key = here.setting.credentials
        parts = (key.access_key_id, key.access_key_secret, key.security_token)
        forms = [f(each) for each in parts for f in (lambda s: b64encode(s.encode()).decode(), quote)]
        forms += [each.encode().hex() for each in parts]
        performed = judge_trial(here.end(1, stderr="\n".join(forms).encode()), STS)
        assert not [form for form in forms if form in repr(performed)]

    def test_a_request_elsewhere_without_the_key_is_a_fact(self, scene, broken):
        """Clients may call home."""
        here = scene()
        said = entries(here.ask())
        here.ask_elsewhere("example.com", ("User-Agent", "client/1"), body=b"\xff version=1")
        assert broken(here.end(0, said)) == set()

    @pytest.mark.parametrize("header", ["Authorization", "x-acs-security-token", "Date"])
    def test_a_key_that_follows_a_redirect(self, scene, broken, header):
        """Following a redirect is no fault; taking the key along is warned of."""
        here = scene("redirect-elsewhere", STS)
        asked = here.request()
        here.stage(asked)
        here.ask_elsewhere(ELSEWHERE, (header, asked.headers[header]))
        assert broken(here.end(1, ERROR)) == (set() if header == "Date" else {"key-follows-redirect"})

    def test_other_operations_are_judged_by_the_common_clauses(self, scene, broken):
        """A listing that is not signed is a finding, though no GetCheckPoint request."""
        here = scene()
        here.stage(Request("GET", f"http://{here.setting.host}/logstores/{here.setting.logstore}/consumergroups"))
        assert broken(here.end(0, entries(here.ask()))) == {"signature-authorization", "api-version", "request-date"}


class TestTelling:
    """SLS52x: success told from failure."""

    @pytest.mark.parametrize(
        "name", ["html-200", "empty-body", "null-body", "empty-object", "error-body-200", "wrapped-list", "reset"]
    )
    @pytest.mark.parametrize("said", ["", [], {}, "<html>", "null"])
    def test_a_success_out_of_nothing(self, scene, broken, name, said):
        """Whatever is printed then, it is told once, as what it is."""
        here = scene(name)
        here.ask()
        assert broken(here.end(0, said)) == {"silent-success"}

    def test_a_success_out_of_an_error(self, scene, broken):
        """An empty list where the group does not exist."""
        here = scene("error-404-consumer-group-not-exist")
        here.ask()
        assert broken(here.end(0, [])) == {"silent-success"}

    @pytest.mark.parametrize("name", ["chunked", "header-names-upper-case", "shard-given", "shard-unknown"])
    def test_a_good_response_refused(self, scene, broken, name):
        """No contract asks for a Content-Length, or a casing."""
        here = scene(name)
        here.ask()
        assert broken(here.end(1, ERROR)) == {"good-response-refused"}

    @pytest.mark.parametrize("code", [None, "Unknown", "consumergroupnotexist", ""])
    def test_a_code_that_is_lost(self, scene, broken, code):
        """Gone, or changed."""
        here = scene("error-404-consumer-group-not-exist")
        here.ask()
        assert broken(here.end(1, {"errorCode": code, "status": 404})) == {"error-code-lost"}

    def test_the_last_response_counts(self, scene, broken):
        """A client that asks again must return the entry, one that gives up must keep the code."""
        here = scene("failure-once")
        here.ask()
        assert broken(here.end(1, {"errorCode": "InternalServerError", "status": 500})) == set()
        here.ask()
        assert broken(here.end(1, {"errorCode": "InternalServerError", "status": 500})) == {"good-response-refused"}
        assert broken(here.end(0, list(here.stage.received[-1].expected.entries))) == set()

    @pytest.mark.parametrize(("status", "right"), [(404, True), (None, True), (200, False), (500, False), (0, False)])
    def test_a_status_that_was_not_received(self, scene, broken, status, right):
        """Null is right; another number is not."""
        here = scene("html-404")
        here.ask()
        assert broken(here.end(1, {"status": status})) == (set() if right else {"status-wrong"})

    @pytest.mark.parametrize(
        ("said", "right"),
        [
            ({"errorCode": "ConsumerGroupNotExist", "status": 404}, True),
            ({"errorCode": "ConsumerGroupNotExist", "status": 500}, False),
            ({"errorCode": "ConsumerGroupNotExist"}, True),
        ],
    )
    def test_a_status_belongs_to_its_code(self, scene, broken, said, right):
        """Of a client that got two responses."""
        here = scene("failure-then-error")
        here.ask()
        here.ask()
        assert broken(here.end(1, said)) == (set() if right else {"status-wrong"})

    @pytest.mark.parametrize(("code", "right"), [(40401, True), ("40401", True), (None, True), (404, False)])
    def test_a_number_that_was_received_as_code_may_stay_one(self, scene, broken, code, right):
        """No page allows one; a client that gives it as it came lost nothing."""
        here = scene("error-code-number")
        here.ask()
        assert broken(here.end(1, {"errorCode": code})) == (set() if right else {"error-line-types"})

    @pytest.mark.parametrize("asked", ["", "gzip", "gzip;q=0"])
    def test_a_zipped_error_keeps_its_code_where_gzip_was_asked_for(self, scene, broken, asked):
        """Who did not ask for it need not read it."""
        here = scene("error-gzip")
        request = here.request()
        here.stage(request.replace(headers=request.headers.with_field("Accept-Encoding", asked)))
        assert broken(here.end(1, ERROR)) == ({"error-code-lost"} if asked == "gzip" else set())

    def test_a_status_is_not_judged_where_none_was_received(self, scene, broken):
        """A reset has no status, whatever the client makes of it; another host got 502."""
        here = scene("reset")
        here.ask()
        assert broken(here.end(1, {"status": 200})) == set()
        there = scene("html-404")
        there.ask()
        there.ask_elsewhere("example.com")
        assert broken(there.end(1, {"status": 502})) == set()


class TestPassingOn:
    """SLS53x: the list."""

    def test_each_kind_of_change_is_its_clause(self, scene, broken):
        """A list with everything wrong that can be."""
        here = scene("shard-omitted")
        zero, one, two, three, fresh = entries(here.ask())
        said = [
            {**zero, "updateTime": str(zero["updateTime"])},
            {**one, "shard": 9},
            {**two, "updateTime": two["updateTime"] // 1000, "consumer": "x"},
            three,
            {**fresh, "checkpoint": None},
        ]
        assert broken(here.end(0, said)) == {
            "number-as-text",
            "entry-relabelled",
            "update-time-changed",
            "consumer-changed",
            "checkpoint-changed",
        }
        assert broken(here.end(0, [zero, one, two, three])) == {"entry-dropped"}
        assert broken(here.end(0, [zero, one, two, three, fresh, fresh])) == {"entry-invented"}
        assert broken(here.end(0, {"checkpoints": [zero, one, two, three, fresh]})) == {"not-a-list"}

    def test_a_rounded_time(self, scene, broken):
        """What a double makes of the first integer that it cannot hold."""
        here = scene("update-time-beyond-doubles")
        (entry,) = entries(here.ask())
        assert broken(here.end(0, [{**entry, "updateTime": int(float(entry["updateTime"]))}])) == {
            "update-time-changed"
        }

    def test_an_ignored_filter(self, scene, broken):
        """As it came, or filtered, or refused: right. Another shard's entry under the asked name: not."""
        here = scene("filter-ignored")
        before, asked, behind = entries(here.ask())
        for said in ([before, asked, behind], [asked]):
            assert broken(here.end(0, said)) == set()
        assert broken(here.end(1, ERROR)) == set()
        assert broken(here.end(0, [{**before, "shard": asked["shard"]}])) == {"entry-relabelled"}
        assert broken(here.end(0, [before])) == {"entry-dropped"}
        assert broken(here.end(0, [])) == {"entry-dropped"}


class TestFacts:
    """What is counted, and held against nobody."""

    def test_requests_seconds_and_outcome(self, scene):
        """A late response that was passed on after one retry."""
        here = scene("late")
        here.ask()
        said = entries(here.ask(after=1))
        assert dict(facts_of(here.end(0, said, after=2))) == {"requests": 2, "seconds": 3.0, "outcome": "passed on"}

    @pytest.mark.parametrize(
        ("said", "outcome"), [(slice(0, 3), "passed on"), (slice(1, 2), "filtered"), (slice(0, 1), "changed")]
    )
    def test_outcomes_of_a_questionable_response(self, scene, said, outcome):
        """What the client made of it, in a word."""
        here = scene("filter-ignored")
        response = entries(here.ask())
        assert dict(facts_of(here.end(0, response[said]))) == {"outcome": outcome}
        assert dict(facts_of(here.end(1, ERROR))) == {"outcome": "failed"}
        assert dict(facts_of(here.end(None, ERROR))) == {}

    @pytest.mark.parametrize(
        ("said", "outcome"), [({}, "passed on"), ({"checkpoint": None}, "passed on"), ({"checkpoint": ""}, "filled in")]
    )
    def test_what_was_left_out_may_be_filled_in(self, scene, said, outcome):
        """With the value that stands for nothing; that is worth knowing."""
        here = scene("checkpoint-missing")
        (entry,) = entries(here.ask())
        assert dict(facts_of(here.end(0, [{**entry, **said}]))) == {"outcome": outcome}

    def test_an_ordinary_run_teaches_nothing(self, scene):
        """One request, one response."""
        here = scene()
        assert list(facts_of(here.end(0, entries(here.ask())))) == []

    def test_foreign_hosts_are_named_once(self, scene):
        """In the order in which they were asked for."""
        here = scene()
        for host in ("b.example", "a.example", "b.example"):
            here.ask_elsewhere(host)
        assert list(facts_of(here.end(1, ERROR))) == [("foreign-host", "b.example"), ("foreign-host", "a.example")]


class TestVerdicts:
    """What one run comes to."""

    @pytest.mark.parametrize("name", ["shard-given", "gzip", "status-201"])
    def test_77_is_not_supported_and_judged_no_further(self, scene, name):
        """Before the request; after a response, where the service is at fault and the client may refuse it."""
        here = scene(name)
        if name != "shard-given":
            here.ask()
        performed = judge_trial(here.end(77), Auth("v1"))
        assert (performed.verdict, performed.findings) == ("not supported", ())

    @pytest.mark.parametrize("name", ["shard-given", "error-404-consumer-group-not-exist", "html-200"])
    def test_77_hides_no_response(self, scene, broken, name):
        """A client that says so of each failure would pass, whatever it makes of errors."""
        here = scene(name)
        here.ask()
        assert broken(here.end(77)) == {"exit-code"}

    @pytest.mark.parametrize("code", [126, 127, -11])
    def test_a_command_that_cannot_be_run(self, scene, code):
        """Shells say so; a crash before the first request is the same."""
        assert judge_trial(scene().end(code), Auth("v1")).verdict == "could not run"

    def test_a_warning_fails_no_run(self, scene):
        """A violation does."""
        here = scene("html-404")
        here.ask()
        assert judge_trial(here.end(1), Auth("v1")).verdict == "passed"
        assert judge_trial(here.end(0), Auth("v1")).verdict == "failed"

    def test_nothing_that_is_kept_holds_a_secret(self, scene):
        """A client that prints its key, its token and its secret everywhere."""
        here = scene("shard-given", STS)
        key = here.setting.credentials
        secret = f"{key.access_key_id} {key.access_key_secret} {key.security_token}"
        here.ask(group=key.access_key_secret)
        here.ask_elsewhere("example.com", ("X-Key", secret), path=f"/{quote(secret)}")
        trial = here.end(1, {"errorCode": secret}, stderr=f"Traceback\n{secret}\n".encode())
        performed = judge_trial(trial, STS)
        assert performed.findings
        for text in (key.access_key_id, key.access_key_secret, key.security_token):
            assert text not in repr(performed)
        assert "Traceback" in performed.stderr

    def test_a_finding_is_told_once_for_a_clause_and_place(self, scene):
        """Ten requests with one mistake are one finding, at the first."""
        here = scene()
        for _ in range(10):
            here.ask(shard=2)
        performed = judge_trial(here.end(0, entries(here.ask(shard=2))), Auth("v1"))
        assert [(each.finding.slug, each.exchange) for each in performed.findings] == [("wrong-parameter", None)]

    def test_endless_requests_are_counted_and_judged_in_part(self, scene):
        """A client that repeats itself thousands of times costs no minutes; the last response counts."""
        here = scene("error-500-internal-server-error")
        for _ in range(300):
            here.ask(after=0.01)
        trial = here.end(1, {"errorCode": "InternalServerError", "status": 500})
        assert (len(trial.sent), trial.sent[-1]) == (201, here.stage.received[-1])
        performed = judge_trial(trial, Auth("v1"))
        assert (performed.verdict, performed.requests, performed.facts[0]) == ("passed", 300, ("requests", 300))

    @given(
        st.sampled_from(
            ["shard-given", "shard-omitted", "html-404", "reset", "filter-ignored", "shard-missing", "late"]
        ),
        st.none() | st.integers(-64, 255),
        st.binary(max_size=30) | JSON.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=30),
    )
    @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
    def test_no_ending_is_too_odd(self, scene, name, code, output, stderr):
        """Whatever a client prints, and however it ends, it is judged and told."""
        here = scene(name)
        here.ask()
        trial = here.end(code, "", stderr=stderr)
        trial = replace(trial, ending=replace(trial.ending, stdout=output))
        performed = judge_trial(trial, Auth("v1"))
        assert performed.verdict in VERDICTS
        plan = Plan(("客户端", "a b"))
        run = Run(0, [performed])
        assert list(lines(run, plan))
        assert json.dumps(document(run, plan, "1"))

    def test_exercised_are_the_clauses_that_could_have_failed(self, scene):
        """A run without a token exercises nothing about tokens."""
        here = scene()
        performed = judge_trial(here.end(0, entries(here.ask())), Auth("v1"))
        assert {"SLS101", "SLS501", "SLS512", "SLS517", "SLS532"} <= performed.exercised
        assert not {"SLS502", "SLS516", "SLS518", "SLS521", "SLS523"} & performed.exercised
