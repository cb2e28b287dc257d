"""A run against endpoints in this process: what it finds, what it cannot judge, and what it leaves behind."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from advice import advised
from left_out import full

from sls_contract.endpoint import ReferenceEndpoint, ServiceError
from sls_contract.locale import language_of
from sls_contract.reports.text import width
from sls_contract.scenarios import SCENARIOS, Read
from sls_contract.scenarios.steps import PassTime
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign
from sls_contract.spec import operation_of
from sls_contract.transport import TransportError
from sls_contract.verification import GENERATED, EndpointGone, EndpointRefuses, Plan, Runner, Target, Wire
from sls_contract.verification.outcome import Performed, Run
from sls_contract.verification.runner import kind_of_connection
from sls_contract.verification.summary import as_report, lines

if TYPE_CHECKING:
    from sls_contract.exchange import Request, Response

REFUSED, CLOSED, TIMEOUT, TRUNCATED, HERE = "refused", "closed", "timeout", "truncated", "127.0.0.1:1"


def now() -> datetime:
    return datetime.now(UTC)


def endpoint(shards: int = 3, clock=now) -> ReferenceEndpoint:
    return ReferenceEndpoint(clock, logstores={("my-project", "my-logstore"): shards}, keep_log=False)


def target(**changes) -> Target:
    known = {"sts": TEST_STS_CREDENTIALS, **changes}
    return Target("in-process", "127.0.0.1:1", "my-project", "my-logstore", TEST_CREDENTIALS, **known)


def runner(send, *scenarios: str, examples: int = 3, seed: int = 0, **changes) -> Runner:
    aim = target(**changes)
    wire = Wire(send, now, tuple(aim.keys().values()), lambda _: None)
    return Runner(aim, wire, Plan(scenarios, examples, seed))


def groups_at(send) -> list[str]:
    request = runner(send).target.bench().request(Read(), now())
    listing = sign(request.replace(url=request.url.rpartition("/")[0], headers=[]), TEST_CREDENTIALS, at=now())
    return [group["name"] for group in json.loads(send(listing).body)]


def named(request: Request) -> str:
    operation = operation_of(request)
    return operation.operation if operation else ""


def verdicts(run) -> dict[str, str]:
    return {each.scenario.name: each.verdict for each in run.performed}


@pytest.mark.slow
def test_the_reference_endpoint_conforms_and_is_left_clean():
    """Everything that can be proven passes, nothing is found, no group stays."""
    send = endpoint()
    run = runner(send)()
    assert run.located == []
    assert run.leftovers == []
    assert set(verdicts(run)) == {*SCENARIOS, *GENERATED}
    assert {name for name, verdict in verdicts(run).items() if verdict != "passed"} == {
        "generated-logs",
        *(name for name, each in SCENARIOS.items() if "sts-expired" in each.keys),
        *(name for name, each in SCENARIOS.items() if each.connects or each.writes_logs),
        *(
            name
            for name, each in SCENARIOS.items()
            if any(isinstance(step, PassTime) and step.seconds > 1 for step in each.steps)
        ),
        *(name for name, each in SCENARIOS.items() if each.roles & {"other", "abroad", "wide"}),
    }
    assert groups_at(send) == []


@pytest.mark.slow
def test_the_same_seed_asks_the_same():
    """Two runs with one seed send the same operations in the same order; another seed sends others."""

    def asked(seed: int) -> list[str]:
        run = runner(endpoint(), "generated-sequences", examples=5, seed=seed)()
        return [exchange.request.method + exchange.request.query for exchange, _ in run.sent]

    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


@pytest.mark.slow
def test_a_failure_is_shrunk():
    """Of many operations in any order the few that matter remain, and only they are reported."""
    real = endpoint()

    def forgets_the_second_shard(request: Request) -> Response:
        response = real(request)
        if named(request) != "GetCheckPoint" or response.status != 200:
            return response
        document = [
            {**e, "checkpoint": "", "updateTime": 0} if e["shard"] == 1 else e for e in json.loads(response.body)
        ]
        body = json.dumps(document).encode()
        return response.replace(body=body, headers=response.headers.with_field("Content-Length", str(len(body))))

    run = runner(forgets_the_second_shard, "generated-sequences", examples=100)()
    (performed,) = run.performed
    assert performed.verdict == "failed"
    assert [named(done.exchange.request) for done in performed.done] == [
        "CreateConsumerGroup",
        "ConsumerGroupHeartBeat",
        "ConsumerGroupUpdateCheckPoint",
        "GetCheckPoint",
    ]
    assert {each.finding.code for each in run.located} == {"SLS401", "SLS415"}
    assert [where["scenario"] for _, where in as_report(run, target()).located] == ["generated-sequences"] * 2
    told = "\n".join(lines(run, target()))
    assert "again: sls-contract verify --scenario generated-sequences --examples 100 --seed 0 --verbose" in told
    assert "\n".join(lines(run, target(), verbose=True)).count("curl -sSi -X") == 4


@pytest.mark.parametrize(
    ("operation", "incomplete"),
    [("ConsumerGroupHeartBeat", True), ("ConsumerGroupUpdateCheckPoint", True), ("GetCursor", False)],
)
def test_an_endpoint_at_which_no_checkpoint_can_be_written_is_not_green(operation, incomplete):
    """Nearly nothing of GetCheckPoint is judged there; an operation on logs is not needed for it."""
    real = endpoint()

    def send(request: Request) -> Response:
        if named(request) == operation:
            real.respond_next(ServiceError(405, "InvalidMethod", "invalid request method : /"))
        return real(request)

    run = runner(send, "group-fresh", "shard-given", "group-advanced", "get-cursor-served")()
    assert bool(run.incomplete) is incomplete


def test_what_is_not_offered_is_not_supported():
    """An endpoint that only reads is judged by what needs no group; the rest says why it was not, and is judged so."""
    real = endpoint()

    def reads_only(request: Request) -> Response:
        if request.method == "GET":
            return real(request)
        real.respond_next(ServiceError(405, "InvalidMethod", "invalid request method : /"))
        return real(request)

    run = runner(reads_only)()
    assert run.located == []
    assert verdicts(run)["group-missing"] == "passed"
    assert verdicts(run)["group-fresh"] == verdicts(run)["generated-sequences"] == "not supported"
    assert "CreateConsumerGroup returned 405 InvalidMethod" in "\n".join(lines(run, target()))
    advised(run.incomplete, "name a group that exists with --group")
    real.create_consumer_group("there")
    again = runner(reads_only, group="there")()
    assert (again.incomplete, again.located) == ("", [])
    assert verdicts(again)["shard-unknown"] == "passed"


def returning(real: ReferenceEndpoint, operation: str, change):
    """Change the responses to one operation."""

    def send(request: Request) -> Response:
        response = real(request)
        return change(response) if named(request) == operation else response

    return send


def with_text(response: Response, text: bytes) -> Response:
    headers = response.headers.with_field("Content-Length", str(len(text)))
    return response.replace(status=200, body=text, headers=headers)


@pytest.mark.parametrize("text", [b"", b"[", b"{}", b'"x"'])
def test_an_endpoint_without_heartbeats_is_judged_by_the_rest(text):
    """Where nobody is assigned a shard, the listed shards count; only the heartbeat's response is accused."""
    send = returning(endpoint(), "ConsumerGroupHeartBeat", lambda response: with_text(response, text))
    run = runner(send, "group-fresh", "shard-given")()
    assert verdicts(run)["group-fresh"] == "passed"
    assert {(each.finding.operation, each.finding.level) for each in run.located} == {
        ("ConsumerGroupHeartBeat", "violation")
    }
    assert run.facts == ["logstore my-logstore has 3 shards"]
    real = endpoint()

    def refused(request: Request) -> Response:
        if named(request) == "ConsumerGroupHeartBeat":
            real.respond_next(ServiceError(405, "InvalidMethod", "invalid request method : /"))
        return real(request)

    assert verdicts(runner(refused, "group-fresh", "shard-given")()) == {
        "group-fresh": "passed",
        "shard-given": "not supported",
    }


@pytest.mark.parametrize(
    ("operation", "query", "document", "scenario"),
    [
        ("GetCursor", "from=begin", b'{"cursor": "\\ud800"}', "get-cursor-time-served"),
        ("ConsumerGroupHeartBeat", "consumer_2", b"[900]", "shard-handed-over"),
    ],
)
def test_a_response_without_sense_ends_no_run(operation, query, document, scenario):
    """A cursor of half a letter is sent back, and a shard that nobody knows passes to nobody."""
    real = endpoint()

    def send(request: Request) -> Response:
        response = real(request)
        odd = named(request) == operation and query in request.query and response.status == 200
        return with_text(response, document) if odd else response

    assert verdicts(runner(send, scenario)())[scenario] in {"failed", "not provable"}


def test_an_endpoint_that_makes_a_group_twice_is_judged_by_that_alone():
    """Whether a second creation empties the group is then anybody's guess."""
    send = returning(endpoint(), "CreateConsumerGroup", lambda response: with_text(response, b""))
    assert {each.finding.code for each in runner(send, "refused-creation")().located} == {"SLS445"}


def test_another_logstore_in_which_no_group_can_be_made_spoils_nothing_else():
    """Only the scenarios that need it are not supported."""
    real = ReferenceEndpoint(now, logstores={("my-project", "my-logstore"): 3, ("my-project", "other"): 3})

    def send(request: Request) -> Response:
        if request.method == "POST" and "/other/" in request.path:
            real.respond_next(ServiceError(403, "ProjectForbidden", "Project x has been forbidden."))
        return real(request)

    run = runner(send, "group-fresh", "two-logstores", other_logstore="other")()
    assert verdicts(run) == {"group-fresh": "passed", "two-logstores": "not supported"}


def test_what_was_found_before_an_interruption_is_kept():
    """A scenario cut short keeps its findings, so that the run fails."""
    real = endpoint()

    def send(request: Request) -> Response:
        response = real(request)
        if named(request) == "ConsumerGroupHeartBeat" and len(run.run.performed) == 1:
            raise KeyboardInterrupt
        if named(request) == "CreateConsumerGroup" and len(run.run.performed) == 1:
            return response.replace(headers=response.headers.without("Date"))
        return response

    run = runner(send, "group-fresh", "group-advanced")
    with pytest.raises(KeyboardInterrupt):
        run()
    assert run.run.violated()
    assert [each.scenario for each in run.run.located] == ["group-advanced"]


def test_a_busy_service_is_spared_off_loopback_only():
    """503 is an excuse for a service far away, not for an endpoint on this machine."""
    real = endpoint()

    def busy(request: Request) -> Response:
        if named(request) == "GetCheckPoint" and "shard=2" in request.query:
            real.respond_next(ServiceError(503, "ServerBusy", "the server is busy, please try again later."))
        return real(request)

    assert verdicts(runner(busy, "each-shard-given", loopback=False)())["each-shard-given"] == "not proven"
    near = runner(busy, "each-shard-given")()
    assert verdicts(near)["each-shard-given"] == "failed"
    assert [each.finding.code for each in near.located] == ["SLS444"]


@pytest.mark.parametrize("loopback", [False, True])
@pytest.mark.parametrize("before", [0, 5, 60])
def test_a_service_that_is_always_busy_is_not_judged_for_long(before, loopback):
    """The run ends incomplete after some hundred requests, whenever the service stops responding; it is never green."""
    real, count = endpoint(), [0]

    def busy(request: Request) -> Response:
        count[0] += 1
        if count[0] > before:
            real.respond_next(ServiceError(503, "ServerBusy", "the server is busy, please try again later."))
        return real(request)

    run = runner(busy, loopback=loopback)
    try:
        run()
    except EndpointGone as error:
        run.run.incomplete = str(error)
    advised(run.run.incomplete, "verify the endpoint again when it (?:works|is less busy)")
    assert runner(real, "group-fresh")().incomplete == ""
    assert run.run.violated() is loopback
    assert count[0] < before + 400


@pytest.mark.parametrize(("loopback", "left"), [(False, 1), (True, 4)])
def test_a_key_that_may_not_delete_leaves_one_group_at_a_service(loopback, left):
    """Its quota of groups is not ours: nothing more is made, and the run says what to do instead."""
    real = endpoint()

    def keeps(request: Request) -> Response:
        if named(request) == "DeleteConsumerGroup":
            real.respond_next(
                ServiceError(403, "Unauthorized", "denied by sts or ram, action: log:DeleteConsumerGroup")
            )
        return real(request)

    run = runner(keeps, "group-fresh", "group-advanced", "shard-given", loopback=loopback)()
    assert len(run.leftovers) == left
    assert bool(run.incomplete) is not loopback
    assert loopback or advised(run.incomplete, "name a group that exists with --group")


def test_a_busy_moment_costs_nothing():
    """A group that cannot be made at first, and a read that is refused once, are asked for again."""
    real, count = endpoint(), [0]

    def send(request: Request) -> Response:
        count[0] += 1
        if count[0] in {2, 20}:
            real.respond_next(ServiceError(503, "ServerBusy", "the server is busy, please try again later."))
        return real(request)

    run = runner(send, "group-fresh", "shard-given", "each-shard-given", loopback=False)()
    assert run.located == []
    assert set(verdicts(run).values()) == {"passed"}


@pytest.mark.parametrize("lost", [{1}, {1, 2}])
def test_a_first_response_that_is_cut_off_is_told_as_that(lost):
    """The run goes on where the next one is whole."""
    real, count = endpoint(), [0]

    def cuts(request: Request) -> Response:
        count[0] += 1
        if count[0] in lost:
            raise TransportError(TRUNCATED, HERE)
        return real(request)

    run = runner(cuts, "group-fresh")()
    assert [each.finding.code for each in run.located] == ["SLS462"]
    assert verdicts(run)["group-fresh"] == "passed"


def test_wrong_credentials_are_told_in_clear_words():
    """A key that opens nothing ends the run before it begins, and the key is not shown."""
    wrong = Runner(
        Target("http://e", "127.0.0.1:1", "my-project", "my-logstore", Credentials("nobodysKeyId", "nobodysSecret")),
        Wire(endpoint(), now, ()),
    )
    with pytest.raises(EndpointRefuses, match="refuses the credentials in every signature form: 401") as caught:
        wrong()
    assert "nobodysSecret" not in str(caught.value)


@pytest.mark.parametrize(("project", "logstore"), [("nowhere", "my-logstore"), ("my-project", "nowhere")])
def test_a_wrong_name_is_told_in_clear_words(project, logstore):
    """Project and logstore must exist; the text names the one that does not."""
    aim = Target("http://e", "127.0.0.1:1", project, logstore, TEST_CREDENTIALS)
    with pytest.raises(EndpointRefuses, match="nowhere"):
        Runner(aim, Wire(endpoint(), now, ()))()


def test_an_endpoint_that_is_not_there_is_gone():
    """Nobody responds: no scenario, no finding, an error."""

    def nobody(request: Request) -> Response:
        raise TransportError(REFUSED, HERE)

    with pytest.raises(EndpointGone, match="nothing accepts"):
        runner(nobody)()


class Dying:
    """Responds so often and then never again."""

    def __init__(self, responses: int, kind: str) -> None:
        self.real, self.left, self.kind = endpoint(), responses, kind

    def __call__(self, request: Request) -> Response:
        self.left -= 1
        if self.left < 0:
            raise TransportError(self.kind if self.left == -1 else "refused", HERE)
        return self.real(request)


@pytest.mark.parametrize("kind", ["refused", "reset", "timeout"])
def test_an_endpoint_that_dies_makes_the_run_incomplete(kind):
    """Dying is no violation: what was found until then stands, and groups that may be left are named."""
    run = runner(Dying(40, kind))()
    assert run.incomplete
    assert run.located == []
    assert run.performed
    assert any("sls-contract-" in left for left in run.leftovers)


def test_a_response_that_is_lost_while_others_come_is_a_violation():
    """Hanging up on one request is found, the run goes on."""
    real = endpoint()

    def hangs_up(request: Request) -> Response:
        if "shard=1" in request.query and named(request) == "GetCheckPoint":
            raise TransportError(CLOSED, HERE)
        return real(request)

    run = runner(hangs_up, "each-shard-given", "group-fresh")()
    assert [each.finding.code for each in run.located] == ["SLS462"]
    assert verdicts(run) == {"each-shard-given": "failed", "group-fresh": "passed"}
    assert run.incomplete == ""


def test_an_endpoint_that_hangs_again_and_again_is_left_alone():
    """Each hung request costs the whole timeout; after three the run ends, and says so."""
    real = endpoint()

    def hangs(request: Request) -> Response:
        if "shard=" in request.query:
            raise TransportError(TIMEOUT, HERE)
        return real(request)

    run = runner(hangs)()
    assert "timed out 3 times" in run.incomplete
    assert {each.finding.code for each in run.located} == {"SLS462"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(
    ("after", "scenarios"),
    [(10, ()), (30, ()), (100, ("generated-sequences",)), pytest.param(700, (), marks=pytest.mark.full)],
)
def test_an_interrupted_run_cleans_up(error, after, scenarios):
    """Wherever it is interrupted, also within a search, no group is left behind."""
    real, count = endpoint(), [0]

    def interrupted(request: Request) -> Response:
        count[0] += 1
        response = real(request)
        if count[0] == after:
            raise error
        return response

    run = runner(interrupted, *scenarios, examples=50)
    with pytest.raises(error):
        run()
    assert groups_at(real) == []
    assert run.run.leftovers == []


def test_what_cannot_be_deleted_is_named():
    """A group that stays is listed with the reason."""
    real = endpoint()

    def keeps(request: Request) -> Response:
        if request.method == "DELETE":
            real.respond_next(ServiceError(500, "InternalServerError", "internal server error"))
        return real(request)

    run = runner(keeps, "group-fresh")()
    assert run.leftovers
    assert all("DeleteConsumerGroup returned 500" in left for left in run.leftovers)
    assert any("left behind" in line for line in lines(run, target()))


def test_an_interrupted_cleaning_names_what_is_left():
    """Whoever interrupts the cleaning, too, is told the names."""
    real = endpoint()

    def twice(request: Request) -> Response:
        if request.method == "DELETE":
            raise KeyboardInterrupt
        return real(request)

    run = runner(twice, "group-fresh")
    with pytest.raises(KeyboardInterrupt):
        run()
    assert any("cleaning up was interrupted" in left for left in run.run.leftovers)


def test_the_server_s_clock_counts_off_loopback():
    """A service whose clock differs from ours is asked in its own time; on this machine the same is a violation."""
    ahead = endpoint(clock=lambda: now() + timedelta(hours=1))
    assert runner(ahead, "group-fresh", loopback=False)().located == []
    with pytest.raises(EndpointRefuses):
        runner(ahead, "group-fresh")()


def test_requests_keep_their_pace():
    """With an interval between requests the run waits, and never sends two at once."""
    waits: list[float] = []
    aim = target()
    wire = Wire(endpoint(), now, tuple(aim.keys().values()), waits.append, interval=60)
    run = Runner(aim, wire, Plan(("group-fresh",), 0))()
    assert len(waits) >= len(run.sent) - 2
    assert max(waits) <= 60 * len(run.sent)


def test_the_report_says_what_was_proven():
    """Counts, reasons and facts stand in the report that every command writes."""
    run = runner(endpoint(), "group-fresh", "many-shards", "generated-near-misses", examples=8)()
    report = as_report(run, target())
    assert (report.scenarios, report.exchanges, report.seed) == (2, len(run.sent), 0)
    assert any(each.startswith("many-shards: needs hundreds of shards") for each in report.not_provable)
    assert any("500 InternalServerError" in each for each in report.not_provable)
    assert report.facts == ["logstore my-logstore has 3 shards"]
    assert {"SLS425", "SLS451"} <= report.exercised
    assert "SLS461" not in report.exercised  # no two responses came over one connection


TIMED = tuple(name for name in SCENARIOS if re.search("time|date|token|advanced|rewound", name))


@pytest.mark.parametrize("minutes", [-14, full(5)])
@pytest.mark.parametrize("scenarios", [TIMED, pytest.param((), marks=pytest.mark.full)], ids=["timed", "all"])
def test_a_clock_that_is_off_by_what_clients_are_allowed_is_no_fault(minutes, scenarios):
    """Also on this machine times are judged by the server's own clock, which may differ by 15 minutes."""
    run = runner(endpoint(clock=lambda: now() + timedelta(minutes=minutes)), *scenarios)()
    assert run.located == []


@pytest.mark.parametrize(
    ("status", "code", "clause"),
    [
        (401, "SignatureNotMatch", "SLS456"),
        (404, "ConsumerGroupNotExist", "SLS444"),
        (500, "InternalServerError", "SLS444"),
        (405, "InvalidMethod", "SLS444"),
        (405, "InvalidMethod", None),
    ],
)
def test_a_write_refused_for_no_reason_is_told_from_a_missing_operation(status, code, clause):
    """A signature refused, a group denied, and a failure of what was served are violations; no operation is none."""
    real = endpoint()

    def send(request: Request) -> Response:
        response = real(request)
        if named(request) != "ConsumerGroupHeartBeat" or (clause and "%20" not in request.url):
            return response
        body = json.dumps({"errorCode": code, "errorMessage": "consumer group not exist"}).encode()
        headers = response.headers.with_field("Content-Length", str(len(body)))
        return response.replace(status=status, headers=headers, body=body)

    run = runner(send, "group-named-with-blank")()
    found = {each.finding.code for each in run.located if each.finding.level == "violation"}
    assert found == ({clause} if clause else set())
    assert verdicts(run)["group-named-with-blank"] == ("failed" if clause else "not supported")


@pytest.mark.slow
def test_generated_sequences_go_on_where_a_refusal_is_right():
    """An operation on a group that is not there ends no sequence: several groups, deletions and repeats are reached."""
    missing = {"SLS401", "SLS403", "SLS404", "SLS407", "SLS411", "SLS424", "SLS441"}
    for seed in range(10):
        run = runner(endpoint(), "generated-sequences", examples=10, seed=seed)()
        assert len(run.sent) > 10 * 12
        if not (missing := missing - run.exercised):
            break
    assert not missing


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_areas_that_passed_fit_the_terminal(language):
    """On a terminal they are wrapped with an indent; in a pipe they are one line, which programs can search."""
    run = Run(0, performed=[Performed(each, "passed") for each in SCENARIOS.values()])
    with language_of({"SLS_CONTRACT_LANG": language}):
        (piped,) = (line for line in lines(run, target()) if line.startswith(("passed: ", "通过：")))
        shown = list(lines(run, target(), columns=60))
    paragraph = shown[1 : shown.index("")]
    assert len(paragraph) > 2
    assert max(map(width, paragraph)) <= 60
    assert all(line.startswith("  ") for line in paragraph[1:])
    assert "".join(paragraph).replace(" ", "") == piped.replace(" ", "")


def test_each_scenario_has_its_kind_of_connection_whatever_stands_beside_it():
    """A new scenario changes nothing for the others, and both kinds of client are played often."""
    kinds = [kind_of_connection(name) for name in SCENARIOS]
    assert kind_of_connection("shard-given") == "one each"
    assert kind_of_connection("shard-omitted") == "first"
    assert all(kinds.count(kind) > len(kinds) / 3 for kind in ("first", "one each"))


class Line:
    """A connection that is kept alive, and that remembers the scenarios which used it."""

    reused, resent = 0, 0

    def __init__(self, send, used, playing) -> None:
        self.send, self.used, self.playing = send, used, playing

    def __call__(self, request):
        self.used.update(self.playing[-1:])
        return self.send(request)

    def close(self) -> None:
        pass


def test_a_new_scenario_changes_no_connection_of_the_others(monkeypatch):
    """Each scenario is played over the connections it has without those before it."""

    def kept_alive(names):
        aim, real, used, playing = target(), endpoint(), set(), []
        monkeypatch.setattr("sls_contract.verification.runner.SCENARIOS", {name: SCENARIOS[name] for name in names})
        wire = Wire(real, now, tuple(aim.keys().values()), lambda _: None, keep=lambda: Line(real, used, playing))
        Runner(aim, wire, Plan(tuple(names), 3, 0), progress=playing.append)()
        return used & {*names}

    names = list(SCENARIOS)[:12]
    before = kept_alive(names[1:])
    assert before
    assert kept_alive(names) - {names[0]} == before
