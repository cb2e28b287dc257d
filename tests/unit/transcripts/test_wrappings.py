"""Requests as logs, pages and chat programs show them: escaped, dumped, numbered, or in parts."""

from __future__ import annotations

import base64
import html
import json
from datetime import UTC, datetime

import pytest
from advice import advised

from sls_contract import Request, sign, verify_signature
from sls_contract.errors import UsageError
from sls_contract.exchange import wire_bytes
from sls_contract.signing import TEST_CREDENTIALS
from sls_contract.transcripts import transcript_of
from sls_contract.transcripts.originals import originals

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/index?offset=0&size=100"
BODY = b'{"order":true,"shards":[0,1]}'


def sent(scheme: str = "v1", body: bytes = b"") -> Request:
    headers = {"Content-Type": "application/json"} if body else {}
    return sign(Request("POST" if body else "GET", URL, headers, body), TEST_CREDENTIALS, at=AT, scheme=scheme)


def raw(request: Request, end: str = "\n") -> str:
    head = [
        f"{request.method} {request.target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in request.headers.pairs),
    ]
    return end.join([*head, "", request.body.decode()])


def dump(request: Request) -> str:
    data = raw(request, "\r\n").encode()
    rows = [data[at : at + 16] for at in range(0, len(data), 16)]
    return "\n".join(f"{at * 16:08x}: {row.hex(' ', 2):39}  {'.' * len(row)}" for at, row in enumerate(rows))


def mapped(request: Request, pair: str, between: str, around: str) -> str:
    fields = between.join(pair.format(name=name, value=value) for name, value in request.headers.pairs)
    return around.format(method=request.method, url=request.url, fields=fields)


WRAPPED = {
    "a log line of JSON": lambda each: json.dumps({"level": "debug", "dump": raw(each, "\r\n")}),
    "a log line of key and value": lambda each: f"level=debug msg={json.dumps(raw(each, chr(13) + chr(10)))} id=1",
    "escaped twice": lambda each: json.dumps({"log": json.dumps({"dump": raw(each, "\r\n")})}),
    "bytes of Python": lambda each: repr(raw(each, "\r\n").encode()),
    "a JSON log of a container": lambda each: "\n".join(json.dumps({"log": f"{x}\n"}) for x in raw(each).split("\n")),
    "numbered lines": lambda each: "\n".join(f"{at:>6}\t{x}" for at, x in enumerate(raw(each).split("\n"), 8)),
    "a quotation of a quotation": lambda each: "Hi,\n\n" + "\n".join(f"> > {x}" for x in raw(each).split("\n")),
    "a container's prefix": lambda each: "\n".join(f"web_1  | {x}" for x in raw(each).split("\n")),
    "escapes of HTML": lambda each: html.escape(raw(each)),
    "colours": lambda each: "\n".join(f"\x1b[32m{x}\x1b[0m" for x in raw(each).split("\n")),
    "spaces that do not break": lambda each: raw(each).replace(": ", ":\u00a0"),
    "colons of Chinese text": lambda each: raw(each).replace(": ", "："),
    "no empty line before the body": lambda each: raw(each).replace("\n\n", "\n"),
    "doubled carriage returns": lambda each: raw(each, "\r\r\n"),
    "xxd": dump,
    "base64": lambda each: base64.b64encode(raw(each, "\r\n").encode()).decode(),
    "tcpdump -A": lambda each: f"03:04:05.1 IP a > b: Flags [P.], HTTP\nE..{{.@.@......P....:..{raw(each)}",
}
SHOWN = {
    "a table of Markdown": lambda each: mapped(
        each, "| {name} | {value} |", "\n", "{method} {url}\n\n| Header | Value |\n|---|---|\n{fields}"
    ),
    "a table of a browser": lambda each: mapped(
        each, "{name}\t{value}", "\n", "Request URL: {url}\nRequest Method: {method}\n{fields}"
    ),
    "a map of Go": lambda each: mapped(each, "{name}:[{value}]", " ", "{method} {url}\nmap[{fields}]"),
    "a map of Java": lambda each: mapped(each, "{name}={value}", ", ", "{method} {url} headers={{{fields}}}"),
    "a list of pairs": lambda each: mapped(each, "('{name}', '{value}')", ", ", "{method} {url}\n[{fields}]"),
    "aiohttp": lambda each: mapped(
        each,
        "'{name}': '{value}'",
        ", ",
        "RequestInfo(url=URL('{url}'), method='{method}', headers=<CIMultiDict({fields})>)",
    ),
    "Feign": lambda each: mapped(
        each,
        "DEBUG 1 --- c.e.X : [X#get] {name}: {value}",
        "\n",
        "DEBUG 1 --- c.e.X : [X#get] ---> {method} {url} HTTP/1.1\n{fields}",
    ),
    "Faraday": lambda each: mapped(
        each, '{name}: "{value}"', "\n", "INFO -- request: {method} {url}\nINFO -- request: {fields}"
    ),
    ".NET's logger": lambda each: mapped(
        each, "      {name}: {value}", "\n", "Sending HTTP request {method} {url}\n      Request Headers:\n{fields}"
    ),
    "a browser's list": lambda each: mapped(
        each, "{name}\n{value}", "\n", "Request URL\n{url}\nRequest Method\n{method}\nStatus Code\n401\n{fields}"
    ),
    "wget": lambda each: mapped(each, "--header='{name}: {value}'", " ", "wget {fields} '{url}'"),
}


def verifies(text: str) -> bool:
    (seen,) = transcript_of(wire_bytes(text)).entries
    tried = [seen.request, *(request for _, request in originals(seen.request))]
    return any(verify_signature(each, TEST_CREDENTIALS, at=AT) is None for each in tried)


def test_an_empty_cell_of_a_table_is_an_empty_value():
    """A header without a value is not given the text None."""
    table = "GET /logstores HTTP/1.1\n| Host | my-project.example.com |\n| Authorization | LOG a:b= |\n| Accept |  |\n"
    (entry,) = transcript_of(table.encode()).entries
    assert entry.request.headers["Accept"] == ""


@pytest.mark.slow
@pytest.mark.parametrize("body", [b"", BODY], ids=["bare", "body"])
@pytest.mark.parametrize("scheme", ["v1", "v4"])
@pytest.mark.parametrize("name", WRAPPED)
def test_what_a_request_is_wrapped_in_is_taken_off(name, scheme, body):
    """A right signature verifies, whatever a log, a page or a chat program made of the text."""
    assert verifies(WRAPPED[name](sent(scheme, body)))


@pytest.mark.parametrize("scheme", ["v1", "v4"])
@pytest.mark.parametrize("name", SHOWN)
def test_method_url_and_headers_are_found_in_any_notation(name, scheme):
    """A right signature verifies where a log shows the parts of the request."""
    assert verifies(SHOWN[name](sent(scheme)))


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_a_backslash_that_markdown_puts_before_a_character_is_no_mistake_of_the_signer(scheme):
    r"""A chat program writes aliyun\_v4\_request for the scope."""
    signed = sign(Request("GET", URL.replace("my-", "my_")), TEST_CREDENTIALS, at=AT, scheme=scheme)
    assert verifies(raw(signed).replace("_", r"\_").replace("+", r"\+"))


@pytest.mark.parametrize("name", SHOWN)
def test_the_body_beside_the_headers_is_known_by_its_hash(name):
    """A body that the log prints is found; one that it does not print is asked for, and nobody is accused."""
    signed = sent(body=BODY)
    assert verifies(f"{SHOWN[name](signed)}\nsent: {BODY.decode()}")
    with pytest.raises(UsageError, match="29 body bytes") as told:
        transcript_of(wire_bytes(SHOWN[name](signed)))
    assert advised(str(told.value), "put the body below, as it was sent")  # as above


@pytest.mark.slow
@pytest.mark.full(keep=3)
@pytest.mark.parametrize("piece", ["[", "{", ">\n", "a", "\\", "\n", "wire ", "LOG a:", "LOG a:\n", "GET / LOG a:{\n"])
def test_a_long_log_without_a_request_is_refused(piece):
    """The message says what was looked for, and how to get it, however hostile the text is."""
    with pytest.raises(UsageError, match=r"expected a signed request in this log[\s\S]*How to fix: "):
        transcript_of(wire_bytes(piece * (2_000_000 // len(piece))))


@pytest.mark.slow
@pytest.mark.full(keep=3)
@pytest.mark.parametrize("name", SHOWN)
def test_a_signed_request_is_found_in_a_long_log(name):
    """Whatever the form, whatever stands round it: the request is read, and its line in the log is told."""
    noise = 'INFO [worker-3] done {"id": 7, "name": "日志"} in 3 ms\n' * 6_000
    found = transcript_of(wire_bytes(f"{noise}{SHOWN[name](sent())}\n{noise}")).entries
    assert [verify_signature(each.request, TEST_CREDENTIALS) for each in found] == [None]
    assert abs(found[0].line - 6_000) < 100


def test_a_text_longer_than_any_log_that_is_read_is_refused():
    """The message says how long a text may be."""
    with pytest.raises(UsageError, match="at most 64 MiB") as caught:
        transcript_of(b"a" * (65 << 20))
    assert advised(str(caught.value), "cut out the request, from its first line to the end of its body")
    assert transcript_of(b"GET /l HTTP/1.1\nHost: h\n\n").entries


def test_a_word_that_may_be_a_key_is_not_repeated():
    """A secret or a signature that stands alone on a line is in no message."""
    for text in ("Abcdefghij0123456789ABCDEFGHIJ", "GET / HTTP/1.1\nHost: a\ngYAS8ymbbuKDCfyVyX+vPZRQVaw=\n"):
        with pytest.raises(UsageError) as caught:
            transcript_of(wire_bytes(text))
        assert "Abc" not in str(caught.value)
        assert "gYA" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["GET / HTTP/1.1\nHost: a\n" + "a: b\n" * 2000, "GET / HTTP/1.1\nHost: a\n\n" * 2000])
def test_more_headers_or_requests_than_anybody_sends_are_refused(text):
    """The message says how many are read."""
    with pytest.raises(UsageError, match="at most 1000") as caught:
        transcript_of(wire_bytes(text))
    assert advised(str(caught.value), "paste the request in question alone|cut out the request")
    assert transcript_of(b"GET / HTTP/1.1\nHost: a\n\n").entries
