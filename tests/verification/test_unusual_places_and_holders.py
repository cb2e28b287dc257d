"""Endpoints that pass shards, name consumers and refuse what is not there in a way of their own: none is accused."""

from __future__ import annotations

import json
import time

import pytest
from broken_endpoints.harness import (
    Recalling,
    asks_for,
    correct,
    error,
    error_of,
    group_of,
    trusted,
    verify,
    verify_quickly,
    with_body,
    with_document,
)
from broken_endpoints.per_operation import is_let_in, let_in

from sls_contract.exchange import Request
from sls_contract.headers import Headers
from sls_contract.scenarios import SCENARIOS

TELLING = [
    name for name in SCENARIOS if name.startswith(("shard-handed", "group-held", "consumer-", "logstore-", "project-"))
]


class NamesWhoWroteLast(Recalling):
    """Reads the page of 2021 to the letter: the consumer at the checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.writers = {}

    def __call__(self, request: Request):
        response = super().__call__(request)
        if asks_for(request, "ConsumerGroupUpdateCheckPoint") and response.status == 200:
            place = (*self.group(request), json.loads(request.body)["shard"])
            self.writers[place] = dict(request.query_pairs())["consumer"]
        return response

    def deleted(self, group):
        self.writers = {place: name for place, name in self.writers.items() if place[:2] != group}

    def show(self, place, entry):
        entry["consumer"] = self.writers.get(place, "")


class TakesWritesOfAnybody:
    """Asks no writer whether it holds the shard."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request):
        writes = asks_for(request, "ConsumerGroupUpdateCheckPoint") and verify_quickly(request)
        if not writes or "forceSuccess=false" not in request.url:
            return self.real(request)
        url = request.url.replace("forceSuccess=false", "forceSuccess=true")
        return self.real(trusted(Request("POST", url, Headers(), request.body)))


class RefusesOddPlacesAsInvalid:
    """Returns 400 for a logstore that cannot be called so, and 401 for somebody else's project."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request):
        response = self.real(request)
        if error_of(response) == "LogStoreNotExist" and request.path != request.path.lower():
            return error(response, 400, "ParameterInvalid", "x-log-signaturemethod: hmac-sha1 pair is invalid.")
        if error_of(response) == "ProjectNotExist" and "my-project".startswith(request.project):
            return error(response, 401, "Unauthorized", "The project does not belong to you.")
        return response


class PassesNothing:
    """The first consumer keeps what it has for ever."""

    def __init__(self) -> None:
        self.real, self.first = correct(), {}

    def __call__(self, request: Request):
        response = self.real(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        consumer = dict(request.query_pairs())["consumer"]
        name, shards = self.first.setdefault(group_of(request), (consumer, json.loads(response.body)))
        return with_document(response, shards) if name == consumer else with_body(response, b"[]")


class RefusesListsOfOthers:
    """Refuses a heartbeat that lists a shard that its consumer was never assigned."""

    def __init__(self) -> None:
        self.real, self.told = correct(), {}

    def __call__(self, request: Request):
        response = self.real(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        told = self.told.setdefault((request.path, dict(request.query_pairs())["consumer"]), set())
        if not told.issuperset(json.loads(request.body)):
            return error(response, 404, "ShardNotExist", "shard not exist.")
        told.update(json.loads(response.body))
        return response


class AssignsOneShardMoreEachTime:
    """Shares shards out slowly: each heartbeat brings one."""

    def __init__(self) -> None:
        self.real, self.told = correct(), {}

    def __call__(self, request: Request):
        response = self.real(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        place, shards = (request.path, dict(request.query_pairs())["consumer"]), json.loads(response.body)
        kept = [shard for shard in self.told.get(place, []) if shard in shards]
        self.told[place] = kept + [shard for shard in shards if shard not in kept][:1]
        return with_document(response, self.told[place])


class AssignsAfterASecond:
    """Waits for more consumers before it shares shards out, in seconds that no clock of ours sets."""

    def __init__(self) -> None:
        self.real, self.begun = correct(), {}

    def __call__(self, request: Request):
        response = self.real(request)
        if not asks_for(request, "ConsumerGroupHeartBeat") or response.status != 200:
            return response
        waited = time.monotonic() - self.begun.setdefault(request.path, time.monotonic())
        return response if waited > 1 else with_document(response, [])


class AssignsFromTheSecondHeartbeat:
    """Takes note of a consumer first, and shares shards out when it comes again."""

    def __init__(self) -> None:
        self.real, self.known = correct(), set()

    def __call__(self, request: Request):
        response = self.real(request)
        consumer = request.project, request.path, dict(request.query_pairs()).get("consumer")
        if asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200 and consumer not in self.known:
            self.known.add(consumer)
            return with_document(response, [])
        return response


class KnowsANameOnceInAProject:
    """Reads the page of CreateConsumerGroup to the letter: a name is unique in a project, whatever the logstore."""

    def __init__(self) -> None:
        self.real, self.places = correct(), {}

    def __call__(self, request: Request):
        name = (request.project, group_of(request)[1]) if "/consumergroups" in request.path else None
        logstore = group_of(request)[0] if name else ""
        makes = asks_for(request, "CreateConsumerGroup") and verify_quickly(request)
        if makes and logstore != self.places.get(name, logstore):
            return error(
                self.real(request.replace(method="GET")),
                400,
                "ConsumerGroupAlreadyExist",
                "Consumer group already exist.",
            )
        response = self.real(request)
        if asks_for(request, "CreateConsumerGroup") and response.status == 200:
            self.places[name] = group_of(request)[0]
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            self.places.pop(name, None)
        return response


class LetsTemporaryKeysReadOnly:
    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request):
        response = self.real(request)
        writes = request.method != "GET" and "x-acs-security-token" in request.headers
        if not writes or response.status != 200:
            return response
        return error(response, 401, "Unauthorized", "The AccessKeyId is unauthorized.")


class StumblesNowAndThen:
    """Has a moment of trouble once in some hundred requests, as any service behind a balancer."""

    def __init__(self) -> None:
        self.real, self.requests = correct(), 0

    def __call__(self, request: Request):
        self.requests += 1
        response = self.real(request.replace(method="PATCH") if self.requests % 223 == 0 else request)
        return response if self.requests % 223 else error(response, 500, "InternalServerError", "internal server error")


class ForgetsSilentConsumersLate:
    """A consumer stays for two timeouts: no page says how soon it is removed."""

    def __init__(self) -> None:
        self.real = correct()

    def __call__(self, request: Request):
        if not asks_for(request, "CreateConsumerGroup") or not is_let_in(request):
            return self.real(request)
        body = json.loads(request.body)
        return self.real(let_in(request, body=json.dumps(body | {"timeout": 2 * body["timeout"]}).encode()))


OF_CONSUMERS = ("heartbeat-of-one-consumer", "heartbeat-of-two-consumers", "heartbeat-after-another-ended")
OF_NAMES = [name for name in SCENARIOS if name.startswith(("group", "two-", "create-group", "connection-to"))]
OF_NAMES += [name for name in SCENARIOS if "-in-two-" in name]
OF_LAZY = (
    "consumers-differ-in-case",
    "heartbeats-at-once",
    "heartbeat-in-time",
    "silence-in-two-logstores",
    "timeouts-in-two-logstores",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("made", "scenarios", "verdicts"),
    [
        (RefusesListsOfOthers, OF_CONSUMERS, set()),
        (AssignsOneShardMoreEachTime, OF_CONSUMERS, set()),
        (AssignsAfterASecond, OF_CONSUMERS[::2], set()),
        (AssignsFromTheSecondHeartbeat, OF_LAZY, set()),
        (ForgetsSilentConsumersLate, OF_LAZY[-2:], set()),
        (AssignsAfterASecond, ("group-fresh", OF_LAZY[-1]), {"not provable"}),
        (KnowsANameOnceInAProject, OF_NAMES, {"not supported"}),
        (StumblesNowAndThen, OF_NAMES, set()),
        (LetsTemporaryKeysReadOnly, ["token-v1", "token-v4", "token-writes-v1"], {"not supported"}),
    ],
)
def test_another_reading_of_the_pages_is_not_accused(made, scenarios, verdicts):
    """What passes shows as much as ever; what cannot be shown there is said."""
    run = verify(made(), *scenarios)
    assert [str(each.finding) for each in run.located] == []
    assert {each.verdict for each in run.performed} == {"passed"} | verdicts


@pytest.mark.slow
@pytest.mark.parametrize("made", [NamesWhoWroteLast, RefusesOddPlacesAsInvalid])
def test_what_no_page_fixes_is_not_judged(made):
    """Everything passes, and nothing is found."""
    run = verify(made(), *TELLING)
    assert [str(each.finding) for each in run.located] == []
    assert {each.verdict for each in run.performed} == {"passed"}


def test_writes_of_others_are_a_warning():
    """The pages name errors for them, and do not say when: nobody fails for it."""
    run = verify(TakesWritesOfAnybody(), *TELLING)
    assert {(each.finding.code, str(each.finding.level)) for each in run.located} == {("SLS438", "warning")}
    assert {each.verdict for each in run.performed} == {"passed"}


def test_shards_that_never_pass_prove_nothing():
    """No page promises it: what is watched on the way is not provable, the rest is judged."""
    run = verify(PassesNothing(), *TELLING)
    assert [str(each.finding) for each in run.located] == []
    handed = {each.verdict for each in run.performed if each.scenario.name.startswith("shard-handed-over")}
    assert handed == {"not provable"}
    assert {each.verdict for each in run.performed} == {"passed", "not provable"}
