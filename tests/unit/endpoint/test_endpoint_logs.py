"""Logs, operation by operation, in process: what is returned, and what is refused with which words."""

import json
from urllib.parse import quote

import pytest
from aliyun.log.proto import LogGroup, LogGroupList

from sls_contract.endpoint.state import cursors
from sls_contract.endpoint.state.parameters import LARGEST_BODY
from sls_contract.errors import UsageError
from sls_contract.exchange import OWN_RESPONSE, Request
from sls_contract.signing import TEST_CREDENTIALS, sign

SHARDS = "/logstores/my-logstore/shards"
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
NOW = 1767323045  # seconds, where the clock stands
FAR, EARLY = cursors.cursor(0, 10**6), cursors.cursor(0, -1)


def pulled(response):
    """Return the values of the logs that were pulled, a list a group."""
    message = LogGroupList()
    message.ParseFromString(response.body)
    return [[pair.Value for log in group.Logs for pair in log.Contents] for group in message.LogGroups]


def pull(send, cursor, shard=0, more=""):
    return send("GET", f"{SHARDS}/{shard}?type=log&cursor={quote(cursor)}{more}")


def code_and_message(response):
    error = json.loads(response.body)
    return response.status, error["errorCode"], error["errorMessage"]


def test_list_shards_counts_times_from_one(send, endpoint):
    """Shards of any ids are listed in order, each with the time from which its cursors count."""
    endpoint.add_logstore("my-project", "my-logstore", shards=[7, 3])
    listed = json.loads(send("GET", SHARDS).body)
    assert [each["shardID"] for each in listed] == [3, 7]
    assert listed[1]["createTime"] - listed[0]["createTime"] == 4


def test_what_is_put_is_pulled(send, endpoint):
    """One call is one log group; ``log`` and ``logs`` are the same; the headers count groups and bytes."""
    endpoint.put_logs(0, [{"a": "1"}, {"a": "2", "b": "3"}])
    cursor = endpoint.put_logs(0, [{"组": "日志"}])
    endpoint.put_logs(1, [{"a": "another shard"}])
    for kind in ("log", "logs"):
        response = send("GET", f"{SHARDS}/0?type={kind}&cursor={quote(cursors.cursor(0, 0))}")
        assert pulled(response) == [["1", "2", "3"], ["日志"]]
        assert response.headers["Content-Type"] == "application/x-protobuf"
        assert response.headers["x-log-count"] == "2"
        assert response.headers["x-log-bodyrawsize"] == str(len(response.body))
        assert response.headers["x-log-cursor"] == cursors.cursor(0, 2)
        assert "x-log-compresstype" not in response.headers
    assert pulled(pull(send, cursor)) == [["日志"]]


def test_what_a_log_group_says_of_its_logs(send, endpoint):
    """Topic, source, tags and time are pulled as they were given; the time is now where none was."""
    endpoint.put_logs(0, [{"a": "1"}], topic="主题", source="10.0.0.1", tags={"标签": "值"}, time=0)
    endpoint.put_logs(0, [{"a": "1"}])
    message = LogGroupList()
    message.ParseFromString(pull(send, cursors.cursor(0, 0)).body)
    first, second = message.LogGroups
    assert (first.Topic, first.Source, first.Logs[0].Time) == ("主题", "10.0.0.1", 0)
    assert [(tag.Key, tag.Value) for tag in first.LogTags] == [("标签", "值")]
    assert (second.Topic, second.Source, list(second.LogTags), second.Logs[0].Time) == ("", "", [], NOW)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("&count=0", []),
        ("&count=1", [["1"]]),
        ("&count=1000", [["1"], ["2"], ["3"]]),
        ("&count=", [["1"], ["2"], ["3"]]),
        ("&end_cursor=", [["1"], ["2"], ["3"]]),
        (f"&end_cursor={quote(cursors.cursor(0, 2))}", [["1"]]),
        (f"&end_cursor={quote(cursors.cursor(0, 1))}", []),
        (f"&end_cursor={quote(cursors.cursor(0, 0))}", []),
        (f"&count=1&end_cursor={quote(cursors.cursor(0, 4))}", [["1"]]),
    ],
)
def test_how_much_is_pulled(send, endpoint, more, expected):
    """From the second group on, no more than asked for, nothing from the end cursor on; the next cursor is behind."""
    for number in range(4):
        endpoint.put_logs(0, [{"a": str(number)}])
    response = pull(send, cursors.cursor(0, 1), more=more)
    assert pulled(response) == expected
    assert response.headers["x-log-cursor"] == cursors.cursor(0, 1 + len(expected))


def test_no_pull_is_larger_than_a_body_may_be(send, endpoint):
    """What does not fit comes with the next pull; a single group always fits."""
    text = "x" * (LARGEST_BODY // 2 - 1000)
    for _ in range(3):
        endpoint.put_logs(0, [{"a": text}])
    assert [len(group) for group in pulled(pull(send, cursors.cursor(0, 0)))] == [1, 1]
    assert [len(group) for group in pulled(pull(send, cursors.cursor(0, 2)))] == [1]


def test_the_largest_log_group_is_pulled(send, endpoint):
    """A group of the very size that may be written comes alone."""
    frame = len(message_of("")) + len("\x1a\x00\x22\x00") + 3 * 3  # topic and source, and three longer lengths
    endpoint.put_logs(0, [{"k": "x" * (LARGEST_BODY - frame)}], time=NOW)
    with pytest.raises(UsageError):
        endpoint.put_logs(0, [{"k": "x" * (LARGEST_BODY - frame + 1)}], time=NOW)
    assert [len(group) for group in pulled(pull(send, cursors.cursor(0, 0)))] == [1]


@pytest.mark.parametrize("coding", ["lz4", "deflate"])
def test_an_empty_pull_names_the_coding_too(send, clock, endpoint, coding):
    """The Go SDK refuses a response without x-log-compresstype, also where there is nothing to decompress."""
    target = f"http://{HOST}{SHARDS}/0?type=logs&cursor={quote(cursors.cursor(0, 0))}"
    request = Request("GET", target, {"Accept-Encoding": coding})
    response = endpoint(sign(request, TEST_CREDENTIALS, at=clock()))
    assert (response.body, response.headers["x-log-compresstype"]) == (b"", coding)


def test_cursors_by_time(send, endpoint, clock):
    """The first log group received at the time or later; before all the first, behind all the end."""
    for _ in range(3):
        endpoint.put_logs(1, [{"a": "b"}])
        clock.move(10)
    asked = {
        "begin": 0, "end": 3, "-5": 0, str(NOW): 0, str(NOW + 1): 1, str(NOW + 10): 1, str(NOW + 20): 2, str(2**40): 3,
    }  # fmt: skip
    for time, number in asked.items():
        response = send("GET", f"{SHARDS}/1?type=cursor&from={time}")
        assert json.loads(response.body) == {"cursor": cursors.cursor(1, number)}, time


def test_a_cursor_by_the_very_second(send, endpoint, clock):
    """What was received at the time asked for is not later than it."""
    clock.now = clock.now.replace(microsecond=0)
    endpoint.put_logs(0, [{"a": "b"}])
    assert json.loads(send("GET", f"{SHARDS}/0?type=cursor&from={NOW}").body) == {"cursor": cursors.cursor(0, 0)}


def test_times_of_cursors(send, endpoint, clock):
    """When the log group came; at the end: now."""
    endpoint.put_logs(0, [{"a": "b"}])
    clock.move(10)
    times = [
        json.loads(send("GET", f"{SHARDS}/0?type=cursor_time&cursor={quote(cursors.cursor(0, number))}").body)
        for number in (0, 1)
    ]
    assert times == [{"cursor_time": NOW}, {"cursor_time": NOW + 10}]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/9?type=log&cursor=MQ==", (400, "ShardNotExist", "Shard 9 does not exist.")),
        ("/9?type=cursor&from=begin", (400, "ShardNotExist", "Shard 9 does not exist.")),
        ("/x?type=cursor&from=begin", (400, "ParameterInvalid", "The parameter shard must be an integer")),
        ("/0", (400, "MissingParameter", "Missing query key : type.")),
        (
            "/0?type=x",
            (400, "ParameterInvalid", "The parameter type must be cursor or cursor_time or log or logs"),
        ),
        ("/0?type=cursor", (400, "MissingParameter", "Missing query key : from.")),
        ("/0?type=cursor&from=now", (400, "ParameterInvalid", "Parameter From is not valid.")),
        ("/0?type=cursor_time", (400, "MissingParameter", "Missing query key : cursor.")),
        ("/0?type=cursor_time&cursor=x", (400, "ParameterInvalid", "Invalid cursor x.")),
        ("/0?type=log&cursor=x", (400, "ParameterInvalid", "Invalid cursor x.")),
        (f"/0?type=log&cursor={FAR}", (400, "InvalidCursor", "This cursor is invalid")),
        (f"/0?type=log&cursor={EARLY}", (400, "InvalidCursor", "This cursor is invalid")),
        ("/0?type=log", (400, "MissingParameter", "Missing query key : cursor.")),
    ],
)
def test_what_is_asked_wrongly(send, target, expected):
    """Each refusal has the code and the words of the operation's page, or of the general table."""
    assert code_and_message(send("GET", SHARDS + target)) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("&count=1001", "ParameterCount should be in [0-1000]."),
        ("&count=-1", "ParameterCount should be in [0-1000]."),
        ("&count=many", "ParameterCount should be in [0-1000]."),
        ("&end_cursor=x", "Invalid cursor x."),
    ],
)
def test_what_is_pulled_wrongly(send, more, expected):
    """Counts and end cursors are judged."""
    response = pull(send, cursors.cursor(0, 0), more=more)
    assert code_and_message(response) == (400, "ParameterInvalid", expected)


@pytest.mark.parametrize("key", ["query", "queryId", "processor"])
def test_a_query_is_never_passed_over_in_silence(send, key):
    """That it evaluates none is this endpoint's limit, and is said in its own name."""
    response = pull(send, cursors.cursor(0, 0), more=f"&{key}=x")
    assert (response.status, response.headers[OWN_RESPONSE]) == (421, "NotServedHere")
    assert f"PullLogs with a {key}" in json.loads(response.body)["errorMessage"]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", ""),
        ("PUT", "/0"),
        ("DELETE", "/0"),
        ("HEAD", "/0"),
        ("GET", "/0/1"),
    ],
)
def test_what_is_not_served(send, method, target):
    """Everything else is refused in a voice that is not the service's, which says whose limit it is."""
    response = send(method, SHARDS + target)
    assert (response.status, response.headers[OWN_RESPONSE]) == (421, "NotServedHere")
    said = json.loads(response.body)
    assert said["errorCode"] == "NotServedHere"
    assert "its limit, not the service's" in said["errorMessage"]
    assert "How to fix:" in said["errorMessage"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_logstores_are_not_served(send, method):
    """Only writing goes to the logstore's own address; reading, changing and deleting it is not served."""
    response = send(method, "/logstores/my-logstore")
    assert (response.status, response.headers[OWN_RESPONSE]) == (421, "NotServedHere")


def test_what_needs_no_project_is_not_served(endpoint, clock):
    """ListProject asks the endpoint of a region: that is no project which is missing. Served paths need a project."""
    for target, status in (("/?offset=0&size=100", 421), ("/logstores/my-logstore/shards", 404)):
        request = Request("GET", f"https://{HOST.partition('.')[2]}{target}", {})
        response = endpoint(sign(request, TEST_CREDENTIALS, at=clock()))
        assert response.status == status
        assert (OWN_RESPONSE in response.headers) == (status == 421)


@pytest.mark.parametrize("path", ["/logstores/none/shards", "/logstores/none/shards/0?type=cursor&from=begin"])
def test_a_logstore_that_there_is_not(send, path):
    """As for consumer groups: 404."""
    assert code_and_message(send("GET", path))[:2] == (404, "LogStoreNotExist")


def message_of(value="v", key="k"):
    group = LogGroup()
    log = group.Logs.add(Time=NOW)
    log.Contents.add(Key=key, Value=value)
    return group.SerializeToString()


def test_put_logs_over_the_wire(send):
    """What was written is pulled, byte for byte, fields unknown to us included."""
    body = message_of("日志") + b"\x7a\x03new"
    response = send("POST", f"{SHARDS}/route?key={'0' * 32}", body)
    assert (response.status, response.body) == (200, b"")
    assert body in pull(send, cursors.cursor(0, 0)).body


@pytest.mark.parametrize(
    "target", [f"{SHARDS}/route", f"{SHARDS}/lb", f"{SHARDS}/lb?key={'f' * 32}", "/logstores/my-logstore"]
)
def test_writes_without_a_key_are_balanced(send, target):
    """To whichever of the addresses that the pages and the Go SDK write; only ``route`` has a key."""
    for _ in range(2):
        assert send("POST", target, message_of()).status == 200
    assert [pulled(pull(send, cursors.cursor(shard, 0), shard)) for shard in (0, 1)] == [[["v"]], [["v"]]]


def test_a_group_without_logs_leaves_nothing(send):
    """It is taken, and no consumer ever pulls an empty log group."""
    assert send("POST", f"{SHARDS}/lb", b"").status == 200
    assert pulled(pull(send, cursors.cursor(0, 0))) == []


@pytest.mark.parametrize(
    ("target", "body", "expected"),
    [
        ("/lb", b"\x0a", (400, "PostBodyInvalid", "Protobuffer content cannot be parsed.")),
        ("/lb", message_of().replace(b"v", b"\xff"), (400, "InvalidEncoding", "Non-UTF8 characters are in logs.")),
        (
            "/route?key=x",
            message_of(),
            (400, "ParameterInvalid", "The parameter key must be an MD5 sum in 32 hexadecimal digits"),
        ),
    ],
)
def test_what_is_written_wrongly(send, target, body, expected):
    """Nothing of it is stored."""
    assert code_and_message(send("POST", SHARDS + target, body)) == expected
    assert pulled(pull(send, cursors.cursor(0, 0))) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"shard": 9}, "shard must be one of (0, 1), got 9; see add_logstore"),
        ({"logstore": "none"}, "there is no logstore 'none'"),
        ({"records": []}, "at least one record"),
        ({"records": {"a": "b"}}, "records must be a list of mappings"),
        ({"records": "text"}, "records must be a list of mappings"),
        ({"records": None}, "records must be a list of mappings"),
        ({"records": ["text"]}, "a record must be a mapping of text to text, got 'text'"),
        ({"records": [{"a": 1}]}, "'a' of a record must be text, got 1"),
        ({"records": [{1: "a"}]}, "a key of a record must be text, got 1"),
        ({"records": [{"a": "\ud800"}]}, "text that UTF-8 can encode, got '\\ud800'"),
        ({"records": [{"a": "x" * LARGEST_BODY}]}, f"at most {LARGEST_BODY} bytes"),
        ({"tags": ["a"]}, "tags must be a mapping"),
        ({"topic": None}, "topic must be text, got None"),
        ({"source": 1}, "source must be text, got 1"),
        ({"time": -1}, "whole seconds since 1970, 0 to 4294967295, got -1"),
        ({"time": 2**32}, "got 4294967296"),
        ({"time": 1.5}, "got 1.5"),
    ],
)
def test_put_logs_says_what_it_needs(endpoint, send, arguments, told):
    """A wrong argument is told with what was expected and what came, and nothing is written."""
    with pytest.raises(UsageError) as raised:
        endpoint.put_logs(**{"shard": 0, "records": [{"a": "b"}], **arguments})
    assert told in str(raised.value)
    assert pulled(pull(send, cursors.cursor(0, 0))) == []
