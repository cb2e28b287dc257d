"""Requests as people paste them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from advice import advised
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.errors import UsageError
from sls_contract.exchange import Request, wire_bytes
from sls_contract.signing import TEST_CREDENTIALS, sign, verify_signature
from sls_contract.transcripts import transcript_of

LINES = ["GET /logstores/l?shard=0 HTTP/1.1", "Host: p.cn-hangzhou.log.aliyuncs.com", "x-log-odd: 日志", "", ""]
WANTED = Request(
    "GET",
    "http://p.cn-hangzhou.log.aliyuncs.com/logstores/l?shard=0",
    [("Host", "p.cn-hangzhou.log.aliyuncs.com"), ("x-log-odd", "日志")],
)


def parsed(text: str) -> Request:
    return transcript_of(text.encode()).entries[0].request


@pytest.mark.parametrize(
    "text",
    [
        "\r\n".join(LINES),
        "\n".join(LINES),
        "\n".join(LINES[:-2]),
        "\n\n\n" + "\n".join(LINES) + "\n\n\n",
        "\ufeff" + "\r\n".join(LINES),
        "\n".join("    " + line for line in LINES),
        "\n".join(LINES).replace("HTTP/1.1", "HTTP 1.1"),
        "\n".join(LINES).replace("HTTP/1.1", "HTTP/2"),
        "\n".join(LINES).replace(" HTTP/1.1", ""),
        "\n".join(LINES).replace(": ", ":"),
        "\n".join(LINES).replace(": ", " :\t").replace("日志", "日志 \t"),
        "\n".join(LINES).replace("日志", "\n  日志"),
    ],
    ids=["crlf", "lf", "no end", "blank", "bom", "indent", "HTTP 1.1", "HTTP/2", "bare", "tight", "spaced", "folded"],
)
def test_ways_to_paste(text):
    """Line endings, blank lines, marks, indentation and typing slips do not change the request."""
    request = parsed(text)
    assert (request.method, request.url, request.body) == (WANTED.method, WANTED.url, b"")
    assert [(name, value.strip()) for name, value in request.headers.pairs] == list(WANTED.headers.pairs)


def test_absolute_target():
    """A target as it goes to a proxy is the URL; the Host header stays as it is."""
    request = parsed("GET http://p.example.com:80/l HTTP/1.1\nHost: p.example.com\n\n")
    assert (request.url, request.host) == ("http://p.example.com:80/l", "p.example.com")
    assert parsed("GET HTTPS://p.example.com/l HTTP/1.1").url == "HTTPS://p.example.com/l"


@pytest.mark.parametrize(
    ("length", "after", "body"),
    [
        ("Content-Length: 5", "hello\n", b"hello"),
        ("Content-Length: 6", "hello\n", b"hello\n"),
        ("Content-Length: 99", "hello\n", b"hello"),
        ("Content-Length: many", "hello\r\n", b"hello"),
        ("Content-Length: ٥", "hello", b"hello"),
        ("Accept: a", "hello\n\n", b"hello\n"),
        ("Accept: a", "a\r\n\r\nb", b"a\r\n\r\nb"),
        ("Accept: a", "\n\n", b""),
        ("Content-Length: 0", "\n\n", b""),
    ],
)
def test_body(length, after, body):
    """A Content-Length that fits decides how long the body is; otherwise one line ending at its end is the editor's."""
    assert parsed(f"POST /l HTTP/1.1\r\nHost: h\r\n{length}\r\n\r\n{after}").body == body


def test_indented_body():
    """Indentation of the whole is taken off the body too, its own stays."""
    assert parsed("  POST /l HTTP/1.1\n  Host: h\n\n  a\n    b\nc").body == b"a\n  b\nc"


CURL = """\
* Trying 127.0.0.1:80...
> GET /logstores/l?shard=0 HTTP/1.1
> Host: p.cn-hangzhou.log.aliyuncs.com
> x-log-odd: 日志
>
* Request completely sent off
< HTTP/1.1 200 OK
< Content-Length: 2
<
{ [2 bytes data]
[]
* Connection #0 left intact
> GET /second HTTP/1.1
> Host: other
>
"""


@pytest.mark.parametrize(
    "change", [str, lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("> ", "  > ")]
)
def test_curl_transcript(change):
    """Of a curl -v transcript the lines sent count, of several requests the first; the response is not its body."""
    assert parsed(change(CURL)) == WANTED


def test_curl_transcript_with_body():
    """A body put unmarked after the sent lines belongs to them; a missing one that was announced is asked for."""
    head = "> POST /l HTTP/1.1\n> Host: h\n> Content-Length: 5\n> \n"
    assert parsed(head + "hello\n* sent\n< HTTP/1.1 200 OK\n").body == b"hello"
    assert parsed(head + "hello\n").body == b"hello"
    with pytest.raises(UsageError, match="line 1: expected the 5 body bytes") as caught:
        parsed(head + "* sent\n< HTTP/1.1 200 OK\n")
    assert advised(str(caught.value), "put the body, unmarked, after the '>' lines")  # as above
    assert parsed("> GET /l HTTP/1.1\n> Host: h").body == b""
    assert parsed("> GET /l HTTP/1.1\n> Host: h\n>\n> GET /l2 HTTP/1.1\n> Host: h").url == "http://h/l"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected a request line"),
        ("\n \n", "line 1: expected a request line"),
        ("\nHTTP/1.1 200 OK\n", "line 2: expected a request line .* got the status line of a response"),
        ("Host: h\n", "line 1: expected a request line"),
        ("\n\nhello world\n", "line 3: expected a request line .* got 'hello'"),
        ("GET /a b HTTP/1.1\n", "line 1: expected a request line"),
        ("GET l HTTP/1.1\nHost: h\n", "line 1: expected a target that begins with '/'"),
        ("GET /l HTTP/1.1\nAccept: a\n", "line 2: expected a Host header"),
        ("GET /l HTTP/1.1\nHost:\n", "line 2: expected a Host header"),
        (
            "GET /l HTTP/1.1\nHost: h\nMon, 09 Nov 2015 06:11:16 GMT\n",
            "line 3: expected a header 'Name: value', got 'Mon,'",
        ),
        ("GET /l HTTP/1.1\n  Host: h\n", "line 2: expected a header"),
    ],
)
def test_what_cannot_be_read(text, message):
    """The message names the line, what was expected, and the fix."""
    with pytest.raises(UsageError, match=message) as caught:
        parsed(text)
    assert "How to fix: " in str(caught.value)


def test_messages_repeat_no_value():
    """A garbled Authorization line is not repeated."""
    with pytest.raises(UsageError) as caught:
        parsed("GET /l HTTP/1.1\nHost: h\nAuthorization LOG theKeyId:theSignature\n")
    assert "theKeyId" not in str(caught.value)


@given(
    st.sampled_from(["GET", "POST"]),
    st.text("ab %日?&=+", max_size=8),
    st.binary(max_size=20),
    st.sampled_from(["\n", "\r\n"]),
)
def test_round_trip(method, path, body, ending):
    """A request written out with its length is read back as it was, and verifies."""
    target = "/" + path.replace("%", "%25").replace(" ", "%20")
    at = datetime(2026, 1, 2, tzinfo=UTC)
    bare = Request(method, f"http://h{target}", {"Content-Length": str(len(body))}, body)
    request = sign(bare, TEST_CREDENTIALS, at=at)
    head = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.pairs), "", ""]
    again = transcript_of(wire_bytes(ending.join(head)) + body).entries[0].request
    assert again == request
    assert verify_signature(again, TEST_CREDENTIALS, at=at) is None


@given(st.binary(max_size=60) | st.text("> <*\nGET /HTP:1.h\r\t", max_size=60).map(str.encode))
def test_arbitrary_bytes(data):
    """Whatever is pasted gives a request or a message, never another exception."""
    with contextlib.suppress(UsageError):
        assert isinstance(transcript_of(data).entries[0].request, Request)
