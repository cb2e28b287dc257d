"""What each operation returns, and each documented error."""

import json
import re

import pytest

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.errors import UsageError

GROUPS = "/logstores/my-logstore/consumergroups"
NEVER = {"checkpoint": "", "updateTime": 0, "consumer": ""}


def error(response) -> tuple[int, str, str]:
    document = json.loads(response.body)
    assert sorted(document) == ["errorCode", "errorMessage"]
    return response.status, document["errorCode"], document["errorMessage"]


def refused(response) -> tuple[int, str]:
    return error(response)[:2]


def test_the_pages_example_is_returned_byte_for_byte(send, endpoint, clock):
    """The page's checkpoint comes back as the 111 bytes that its Content-Length announces."""
    clock.now = clock.now.fromtimestamp(1524224984, clock.now.tzinfo).replace(microsecond=800922)
    endpoint.set_checkpoint("consumer_group_test", 0, "MTUyNDE1NTM3OTM3MzkwODQ5Ng==", consumer="consumer_1")
    response = send("GET", f"{GROUPS}/consumer_group_test?shard=0")
    assert response.status == 200
    assert response.body == (
        b'[{"shard":0,"checkpoint":"MTUyNDE1NTM3OTM3MzkwODQ5Ng==",'
        b'"updateTime":1524224984800922,"consumer":"consumer_1"}]'
    )
    assert response.headers["Content-Length"] == "111" == str(len(response.body))


def test_responses_carry_the_observed_headers(send, endpoint):
    """Every response has the headers of the captured one, in order, dated by the clock."""
    endpoint.create_consumer_group("g")
    response = send("GET", f"{GROUPS}/g")
    assert [name for name, _ in response.headers.pairs] == [
        "Server",
        "Content-Type",
        "Content-Length",
        "Connection",
        "Access-Control-Allow-Origin",
        "Date",
        "x-log-time",
        "x-log-requestid",
    ]
    assert response.headers["Server"] == "AliyunSLS"
    assert response.headers["Date"] == "Fri, 02 Jan 2026 03:04:05 GMT"
    assert response.headers["x-log-time"] == "1767323045"
    assert re.fullmatch("[0-9A-F]{24}", response.headers["x-log-requestid"])
    assert int(response.headers["x-log-requestid"][:8], 16) == 1767323045


@pytest.mark.slow
def test_request_ids_never_repeat(send):
    """A thousand responses within one second carry a thousand ids."""
    assert len({send("GET", GROUPS).headers["x-log-requestid"] for _ in range(1000)}) == 1000


def test_connection_close_is_confirmed(send, endpoint):
    """A client that says Connection: close gets it back."""
    response = endpoint(send.request("GET", GROUPS).replace(headers={"Connection": "close"}))
    assert response.headers["Connection"] == "close"


def test_shards_never_consumed_are_listed_with_an_empty_checkpoint(send, endpoint):
    """A known shard without checkpoint is one entry; without the filter every shard comes once."""
    endpoint.create_consumer_group("g")
    assert json.loads(send("GET", f"{GROUPS}/g").body) == [{"shard": 0, **NEVER}, {"shard": 1, **NEVER}]
    assert json.loads(send("GET", f"{GROUPS}/g?shard=1").body) == [{"shard": 1, **NEVER}]


@pytest.mark.parametrize("shard", ["2", "-1", "2147483648", "99999999999"])
def test_an_unknown_shard_is_an_empty_list(send, endpoint, shard):
    """A shard that the logstore does not have gets 200 and []."""
    endpoint.create_consumer_group("g")
    response = send("GET", f"{GROUPS}/g?shard={shard}")
    assert (response.status, response.body) == (200, b"[]")


@pytest.mark.parametrize(
    "query", ["shard=", "shard=a", "shard=1.0", "shard=%201", "shard=0&shard=1", "shard=%EF%BC%91"]
)
def test_a_malformed_shard_is_refused(send, endpoint, query):
    """What is no integer, or comes twice, is 400 ParameterInvalid."""
    endpoint.create_consumer_group("g")
    assert refused(send("GET", f"{GROUPS}/g?{query}")) == (400, "ParameterInvalid")


def test_extra_query_keys_are_ignored(send, endpoint):
    """Keys that no page names change nothing."""
    endpoint.create_consumer_group("g")
    assert json.loads(send("GET", f"{GROUPS}/g?shard=0&x=y&type=heartbeat").body) == [{"shard": 0, **NEVER}]


@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
def test_every_signature_scheme_is_served(send, scheme):
    """The life of a group under each scheme: created, beaten, written, read, changed, listed, deleted."""
    ask = lambda *parts: send(*parts, scheme=scheme)  # noqa: E731 - short
    created = ask("POST", GROUPS, '{"consumerGroup":"组","timeout":10,"order":true}'.encode())
    assert (created.status, created.body, created.headers["Content-Length"]) == (200, b"", "0")
    assert "Content-Type" not in created.headers
    group = f"{GROUPS}/%E7%BB%84"
    assert ask("POST", f"{group}?type=heartbeat&consumer=%E7%94%B2", b"[]").body == b"[0,1]"
    assert ask("POST", f"{group}?type=checkpoint&consumer=%E7%94%B2", b'{"shard":1,"checkpoint":"MTI="}').status == 200
    entry = json.loads(ask("GET", f"{group}?shard=1").body)[0]
    assert entry == {"shard": 1, "checkpoint": "MTI=", "updateTime": 1767323045678901, "consumer": "甲"}
    assert ask("PUT", group, b'{"timeout":20}').body == b""
    assert json.loads(ask("GET", GROUPS).body) == [{"name": "组", "timeout": 20, "order": True}]
    assert ask("DELETE", group).body == b""
    assert ask("GET", GROUPS).body == b"[]"


def test_missing_things_are_404_with_the_known_wording(send, endpoint):
    """Project, logstore and group that are not there are told apart, in this order."""
    elsewhere = "nobody.cn-hangzhou.log.aliyuncs.com"
    assert error(send("GET", f"{GROUPS}/g", host=elsewhere)) == (
        404,
        "ProjectNotExist",
        "The Project does not exist: nobody",
    )
    assert error(send("GET", "/logstores/l%E5%BA%93/consumergroups/g")) == (
        404,
        "LogStoreNotExist",
        "logstore l库 does not exist",
    )
    missing = (404, "ConsumerGroupNotExist", "consumer group not exist.")
    heartbeat = ("POST", f"{GROUPS}/g?type=heartbeat&consumer=c", b"[]")
    checkpoint = ("POST", f"{GROUPS}/g?type=checkpoint&forceSuccess=true", b'{"shard":0,"checkpoint":""}')
    for parts in (("GET", f"{GROUPS}/g"), ("DELETE", f"{GROUPS}/g"), ("PUT", f"{GROUPS}/g"), heartbeat, checkpoint):
        assert error(send(*parts)) == missing
    endpoint.add_project("nobody")
    assert refused(send("GET", f"{GROUPS}/g", host=elsewhere)) == (404, "LogStoreNotExist")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{GROUPS}/"),
        ("PUT", GROUPS),
        ("PATCH", f"{GROUPS}/g"),
        ("HEAD", f"{GROUPS}/g"),
        ("GET", f"{GROUPS}/g/x"),
    ],
)
def test_other_methods_and_paths_are_405(send, method, path):
    """An empty group name, or what is no operation on groups, is 405 InvalidMethod with the path in it."""
    assert error(send(method, path)) == (405, "InvalidMethod", f"invalid request method : {path}")


def test_a_post_to_a_group_needs_a_type(send, endpoint):
    """Heartbeat and checkpoint are told apart by type; without or with another one: 400."""
    endpoint.create_consumer_group("g")
    assert refused(send("POST", f"{GROUPS}/g", b"[]")) == (400, "MissingParameter")
    assert refused(send("POST", f"{GROUPS}/g?type=log", b"[]")) == (400, "ParameterInvalid")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"timeout":10}',
        b'{"consumerGroup":"","timeout":10}',
        b'{"consumerGroup":"\\ud800","timeout":10}',
        b'{"consumerGroup":1,"timeout":10}',
        b'{"consumerGroup":"g"}',
        b'{"consumerGroup":"g","timeout":"10"}',
        b'{"consumerGroup":"g","timeout":true}',
        b'{"consumerGroup":"g","timeout":0}',
        b'{"consumerGroup":"g","timeout":2147483648}',
        b'{"consumerGroup":"g","timeout":1' + b"0" * 5000 + b"}",
        b'{"consumerGroup":"g","timeout":10,"order":1}',
    ],
)
def test_a_wrong_group_is_not_created(send, body):
    """Whatever is wrong in the document: 400 JsonInfoInvalid, and no group."""
    expected = (400, "JsonInfoInvalid", "consumerGroup or timeout is of error format.")
    assert error(send("POST", GROUPS, body)) == expected
    assert send("GET", GROUPS).body == b"[]"


def test_a_group_is_created_once(send, endpoint):
    """A second group of the name is 400 and leaves the first as it was."""
    endpoint.set_checkpoint("g", 0, "MTI=")
    response = send("POST", GROUPS, b'{"consumerGroup":"g","timeout":10}')
    assert error(response) == (400, "ConsumerGroupAlreadyExist", "consumer group already exist.")
    assert json.loads(send("GET", f"{GROUPS}/g?shard=0").body)[0]["checkpoint"] == "MTI="


@pytest.mark.parametrize("body", [b"{}", b"[]", b"x", b'{"timeout":"1"}', b'{"timeout":null}', b'{"order":0}'])
def test_a_wrong_change_is_refused(send, endpoint, body):
    """UpdateConsumerGroup needs timeout or order, of the right type."""
    endpoint.create_consumer_group("g")
    expected = (400, "JsonInfoInvalid", "timeout is of error value type.")
    assert error(send("PUT", f"{GROUPS}/g", body)) == expected


def test_a_change_keeps_what_it_does_not_name(send, endpoint):
    """Changing the order keeps timeout and checkpoints."""
    endpoint.set_checkpoint("g", 0, "MTI=")
    send("PUT", f"{GROUPS}/g", b'{"order":true}')
    assert json.loads(send("GET", GROUPS).body) == [{"name": "g", "timeout": 60, "order": True}]
    assert json.loads(send("GET", f"{GROUPS}/g?shard=0").body)[0]["checkpoint"] == "MTI="


@pytest.mark.parametrize("body", [b'{"shards":[0]}', b"x", b'["0"]', b"[true]", b"[0.0]"])
def test_a_heartbeat_lists_integers(send, endpoint, body):
    """A heartbeat's body is a bare array of shard ids."""
    endpoint.create_consumer_group("g")
    assert refused(send("POST", f"{GROUPS}/g?type=heartbeat&consumer=c", body)) == (400, "PostBodyInvalid")


def test_an_unknown_consumer_holds_nothing(send, endpoint, clock):
    """A first heartbeat, or one after the timeout, must not list shards."""
    endpoint.create_consumer_group("g", timeout=10)
    beat = f"{GROUPS}/g?type=heartbeat&consumer=c"
    expected = (400, "NotExistConsumerWithBody", "non-exist consumer with non-empty body of heartbeat message.")
    assert error(send("POST", beat, b"[0]")) == expected
    assert send("POST", beat).body == b"[0,1]"
    clock.move(10)
    assert send("POST", beat, b"[0,1]").body == b"[0,1]"
    clock.move(10.000001)
    assert error(send("POST", beat, b"[0,1]")) == expected
    assert refused(send("POST", f"{GROUPS}/g?type=heartbeat", b"[]")) == (400, "MissingParameter")


def test_two_consumers_share_and_hand_over(send, endpoint, clock):
    """A shard passes to the second consumer only when the first no longer lists it, or is gone."""
    endpoint.create_consumer_group("g", timeout=10)

    def beat(consumer: str, held: str) -> str:
        return send("POST", f"{GROUPS}/g?type=heartbeat&consumer={consumer}", held.encode()).body.decode()

    assert beat("a", "[]") == "[0,1]"
    assert beat("b", "[]") == "[]"
    assert beat("a", "[0,1]") == "[0]"
    assert beat("b", "[]") == "[]"
    assert beat("a", "[0]") == "[0]"
    assert beat("b", "[]") == "[1]"
    assert [each["consumer"] for each in json.loads(send("GET", f"{GROUPS}/g").body)] == ["a", "b"]
    clock.move(6)
    assert beat("b", "[1]") == "[1]"
    clock.move(6)
    assert [each["consumer"] for each in json.loads(send("GET", f"{GROUPS}/g").body)] == ["", "b"]
    assert beat("b", "[1]") == "[0,1]"


@pytest.mark.parametrize("force", ["true", "True", "TRUE"])
def test_a_forced_write_needs_no_consumer(send, endpoint, force):
    """A true forceSuccess in any casing writes whoever holds the shard, and the holder stays."""
    endpoint.set_checkpoint("g", 0, "MTI=", consumer="holder")
    target = f"{GROUPS}/g?type=checkpoint&consumer=&forceSuccess={force}"
    assert send("POST", target, b'{"shard":0,"checkpoint":"MTM="}').status == 200
    entry = json.loads(send("GET", f"{GROUPS}/g?shard=0").body)[0]
    assert (entry["checkpoint"], entry["consumer"]) == ("MTM=", "holder")


def test_an_unforced_write_is_the_holders(send, endpoint, clock):
    """Without force: no or unknown or timed out consumer 404, another's shard 400, the holder 200."""
    endpoint.set_checkpoint("g", 0, "MTI=", consumer="a")
    endpoint.set_checkpoint("g", 1, "MTI=", consumer="b")
    body = b'{"shard":0,"checkpoint":"MTM="}'
    none = (404, "ConsumerNotExist", "consumer not exist in the consumer group")
    assert error(send("POST", f"{GROUPS}/g?type=checkpoint", body)) == none
    assert error(send("POST", f"{GROUPS}/g?type=checkpoint&consumer=x&forceSuccess=False", body)) == none
    assert refused(send("POST", f"{GROUPS}/g?type=checkpoint&consumer=b", body)) == (400, "ConsumerNotMatch")
    assert json.loads(send("GET", f"{GROUPS}/g?shard=0").body)[0]["checkpoint"] == "MTI="
    assert send("POST", f"{GROUPS}/g?type=checkpoint&consumer=a", body).status == 200
    clock.move(61)
    assert error(send("POST", f"{GROUPS}/g?type=checkpoint&consumer=a", body)) == none


@pytest.mark.parametrize("checkpoint", ['"MTI"', '"*"', '"MTJ="', '"MTI=\\n"', '"MT_-"', "1", "null", '"点"'])
def test_a_checkpoint_is_canonical_base64(send, endpoint, checkpoint):
    """Anything else is 400 InvalidShardCheckPoint and changes nothing."""
    endpoint.create_consumer_group("g")
    body = f'{{"shard":0,"checkpoint":{checkpoint}}}'.encode()
    response = send("POST", f"{GROUPS}/g?type=checkpoint&forceSuccess=true", body)
    assert error(response) == (400, "InvalidShardCheckPoint", "shard checkpoint not encoded by base64.")
    assert json.loads(send("GET", f"{GROUPS}/g?shard=0").body) == [{"shard": 0, **NEVER}]


def test_a_write_names_a_shard_of_the_logstore(send, endpoint):
    """Another shard is 404 ShardNotExist, none or no integer 400, a strange force 400."""
    endpoint.create_consumer_group("g")
    target = f"{GROUPS}/g?type=checkpoint&forceSuccess="
    expected = (404, "ShardNotExist", "shard not exist.")
    assert error(send("POST", target + "true", b'{"shard":2,"checkpoint":""}')) == expected
    for body in (b'{"checkpoint":""}', b'{"shard":true,"checkpoint":""}', b"[]", b""):
        assert refused(send("POST", target + "true", body)) == (400, "PostBodyInvalid")
    assert refused(send("POST", target + "yes", b'{"shard":0,"checkpoint":""}')) == (400, "ParameterInvalid")


def test_update_time_moves_while_the_clock_stands(send, endpoint):
    """Two writes in one microsecond have different, growing updateTimes."""
    times = []
    for _ in range(3):
        endpoint.set_checkpoint("g", 0, "MTI=")
        times.append(json.loads(send("GET", f"{GROUPS}/g?shard=0").body)[0]["updateTime"])
    assert times == [1767323045678901, 1767323045678902, 1767323045678903]


def test_groups_and_logstores_do_not_touch_each_other(send, endpoint):
    """The same group name in another logstore is another group."""
    endpoint.add_logstore("my-project", "other", shards=[3, 5])
    endpoint.set_checkpoint("g", 5, "MTI=", logstore="other")
    endpoint.create_consumer_group("g")
    assert json.loads(send("GET", f"{GROUPS}/g").body) == [{"shard": 0, **NEVER}, {"shard": 1, **NEVER}]
    entries = json.loads(send("GET", "/logstores/other/consumergroups/g").body)
    assert [(each["shard"], each["checkpoint"]) for each in entries] == [(3, ""), (5, "MTI=")]


def test_a_bare_address_means_the_only_project(send, endpoint):
    """A Host without project is served while there is one project, and refused when there are two."""
    for host in ("127.0.0.1:8080", "localhost", "[::1]:80"):
        assert send("GET", GROUPS, host=host, scheme="v1").status == 200
    assert send("GET", GROUPS, host="my-project.127.0.0.1:8080").status == 200
    endpoint.add_project("second")
    assert refused(send("GET", GROUPS, host="127.0.0.1:8080")) == (400, "InvalidHost")


def test_stray_bytes_are_returned_in_utf8(send):
    """A path that is no UTF-8 is a missing logstore, and the response is valid JSON."""
    response = send("GET", "/logstores/%FF%FE/consumergroups/g")
    assert error(response) == (404, "LogStoreNotExist", "logstore ?? does not exist")
    assert refused(send("POST", f"{GROUPS}/g?type=%FF", b"[]")) == (400, "ParameterInvalid")


def test_mistakes_of_the_test_are_named(endpoint, clock):
    """Unknown logstores and shards, impossible names, counts and clocks raise UsageError."""
    with pytest.raises(UsageError, match="no logstore 'x' in project 'my-project'; add it with add_logstore"):
        endpoint.create_consumer_group("g", logstore="x")
    with pytest.raises(UsageError, match=r"shard must be one of \(0, 1\), got 2"):
        endpoint.set_checkpoint("g", 2, "")
    with pytest.raises(UsageError, match="a project needs a name"):
        endpoint.add_project("a.b")
    with pytest.raises(UsageError, match="a logstore needs a name"):
        endpoint.add_logstore("p", "")
    with pytest.raises(UsageError, match="shards must be a number of shards"):
        endpoint.add_logstore("p", "l", shards=0)
    naive = ReferenceEndpoint(lambda: clock().replace(tzinfo=None))
    with pytest.raises(UsageError, match="clock must give aware times"):
        naive.set_checkpoint("g", 0, "")
    assert endpoint.shards() == (0, 1)
