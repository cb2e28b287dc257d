"""Requests, responses, exchanges: what they tell, what they hide, what they refuse."""

from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from sls_contract import Exchange, Headers, Request, Response
from sls_contract.errors import UsageError
from sls_contract.exchange import masked_url

SECRET = "do-not-show-me"
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/日志?shard=0"
REQUEST = Request("GET", URL, [("Host", "h.example.com"), ("x-log-a", "1"), ("X-Log-A", "2")], b"body")
RESPONSE = Response(200, {"Date": "now"}, b"[]", reason="OK")
VALUES = [REQUEST, RESPONSE, Exchange(REQUEST, RESPONSE), Exchange(REQUEST, None), REQUEST.headers]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_copy_compare_and_hash(value):
    """A value pickles, copies and hashes like its equal."""
    for twin in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert twin == value
        assert hash(twin) == hash(value)


@pytest.mark.parametrize(
    ("value", "name"),
    [(REQUEST, "url"), (RESPONSE, "status"), (Exchange(REQUEST, None), "request"), (REQUEST.headers, "pairs")],
    ids=["request", "response", "exchange", "headers"],
)
def test_values_never_change(value, name):
    """What is shared between threads and recordings cannot be written to."""
    with pytest.raises(AttributeError):
        setattr(value, name, getattr(value, name))


def test_differences_count():
    """Casing and order of headers, wire and body make values unequal; the reason phrase does not."""
    assert Headers({"a": "1"}) != Headers({"A": "1"})
    assert Headers({"a": "1"}) != {"a": "1"}
    assert Response(200, reason="OK") == Response(200, reason="Fine")
    assert Response(200, wire=False) != Response(200)
    assert Request("GET", URL) != Request("GET", URL, body=b"x")


def test_replace_changes_only_what_is_named():
    """A changed copy keeps the rest, and is checked like a new value."""
    assert REQUEST.replace(method="PUT") == Request("PUT", URL, REQUEST.headers, b"body")
    assert RESPONSE.replace(status=404).reason == "OK"
    with pytest.raises(UsageError, match="url must be absolute"):
        REQUEST.replace(url="/logstores")


@pytest.mark.parametrize(
    ("url", "headers", "host", "project"),
    [
        ("http://p.log.example.com/x", {}, "p.log.example.com", "p"),
        ("http://p.log.example.com:80", {}, "p.log.example.com", "p"),
        ("HTTPS://p.log.example.com:443?a", {}, "p.log.example.com", "p"),
        ("https://p.log.example.com:80/", {}, "p.log.example.com:80", "p"),
        ("http://user:pw@p.log.example.com/", {}, "p.log.example.com", "p"),
        ("http://[::1]:80/", {}, "[::1]", ""),
        ("http://[::1]:8080/", {}, "[::1]:8080", ""),
        ("http://localhost:8080#f", {}, "localhost:8080", ""),
        ("http://127.0.0.1:8080/", {"host": " p.127.0.0.1:8080 "}, "p.127.0.0.1:8080", "p"),
        ("http://a.example.com/", [("Host", "b.example.com"), ("host", "c.example.com")], "b.example.com", "b"),
    ],
)
def test_host_and_project(url, headers, host, project):
    """The Host header decides, else the URL's authority; user and default port go; the project is the first label."""
    request = Request("GET", url, headers)
    assert (request.host, request.project) == (host, project)


def test_target_path_and_query_are_as_sent():
    """Nothing is normalised; a fragment is never sent; the decoded query keeps order, repetition and empty values."""
    request = Request("GET", "http://h.example.com/a%2Fb//c?x=%E6%97%A5+1&x=&flag&&%3D=%26#frag")
    assert request.target == "/a%2Fb//c?x=%E6%97%A5+1&x=&flag&&%3D=%26"
    assert (request.path, request.query) == ("/a%2Fb//c", "x=%E6%97%A5+1&x=&flag&&%3D=%26")
    assert request.query_pairs() == [("x", "日 1"), ("x", ""), ("flag", ""), ("=", "&")]
    assert Request("GET", "http://h.example.com?a=1").target == "/?a=1"
    assert Request("GET", "http://h.example.com").path == "/"


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SECRET}@h.example.com/",
        f"http://h.example.com/?Security-Token={SECRET}",
        f"http://h.example.com/?a=1&Signature={SECRET}&shard=0",
        f"http://h.example.com/?%73ecret={SECRET}",
        f"http://h.example.com/?AccessKeyId={SECRET}",
    ],
)
def test_no_secret_is_shown(url):
    """Repr shows names and sizes; values of headers, bodies and secret-looking query keys never."""
    request = Request("GET", url, {"Authorization": SECRET}, SECRET.encode())
    exchange = Exchange(request, Response(200, {"x-token": SECRET}, SECRET.encode()))
    assert SECRET not in f"{exchange!r} {exchange} {request.headers!r} {masked_url(url)}"
    assert "14 body bytes" in repr(request)


WRONG = [
    (lambda: Request(b"GET", URL), "method must be a str, got bytes"),
    (lambda: Request("GET", None), "url must be a str, got NoneType"),
    (lambda: Request("GET", ""), "got an empty text"),
    (lambda: Request("GET", "/logstores/a"), "url must be absolute .* got one that begins '/logstores/a'"),
    (lambda: Request("GET", f"ftp://u:{SECRET}@h/?token={SECRET}"), "got one that begins 'h/'"),
    (lambda: Request("GET", "http:///path"), "url must be absolute"),
    (lambda: Request("GET", URL, body="text"), r"body must be bytes, got str; encode text with .encode\('utf-8'\)"),
    (lambda: Request("GET", URL, {"a": 1}), "header value must be a str, got int"),
    (lambda: Request("GET", URL, {b"a": "1"}), "header name must be a str, got bytes"),
    (lambda: Request("GET", URL, ["ab"]), r"each header must be a \(name, value\) pair of str, got str"),
    (lambda: Request("GET", URL, [("a", "b", "c")]), "each header must be a .* got tuple"),
    (lambda: Request("GET", URL, "a: b"), "headers must be a mapping or .* got str"),
    (lambda: Request("GET", URL, None), "headers must be a mapping or .* got NoneType"),
    (lambda: Response("200"), "status must be an int such as 200, got str"),
    (lambda: Response(True), "got bool"),
    (lambda: Response(200, reason=None), "reason must be a str"),
    (lambda: Response(200, body=None), "response body must be bytes"),
    (lambda: Exchange(URL, None), "request must be a Request, got str"),
    (lambda: Exchange(REQUEST, 200), "response must be a Response, or None .* got int"),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_wrong_input_says_what_was_expected_and_what_came(call, message):
    """A wrong type or URL is a `UsageError`, hence a `ValueError`; it repeats no secret."""
    with pytest.raises(UsageError, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert SECRET not in "".join(traceback.format_exception_only(caught.value))


def test_bytes_like_bodies_become_bytes():
    """Bytes-like bodies are copied: changing them later changes no value."""
    body = bytearray(b"abc")
    request = Request("GET", URL, body=body)
    body[:] = b"xyz"
    assert (request.body, Response(200, body=memoryview(b"abc")).body) == (b"abc", b"abc")


@pytest.mark.parametrize(
    ("status", "is_ok", "is_server_error"),
    [(199, False, False), (200, True, False), (204, False, False), (499, False, False), (500, False, True)],
)
def test_a_status_says_whether_the_request_was_served_or_the_service_failed(status, is_ok, is_server_error):
    response = Response(status)

    assert (response.is_ok, response.is_server_error) == (is_ok, is_server_error)
