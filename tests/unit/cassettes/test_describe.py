"""An exchange as a person reads it in a failing test."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sls_contract import Exchange, Request, Response
from sls_contract.cassettes.results import SHOWN_BODY, exchange_lines

URL = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/x?shard=0&security-token=hidden"


def test_request_and_response():
    """Lines of the request after >, of the response after <, Chinese readable, secrets of the query masked."""
    exchange = Exchange(
        Request("POST", URL, {"Date": "today"}, "消费组\nsecond".encode()),
        Response(200, {"Server": "x"}, b"[]", reason="OK"),
    )
    lines = list(exchange_lines(exchange))
    assert lines[0].startswith("> POST https://p.cn-hangzhou.log.aliyuncs.com/logstores/x?shard=0&security-token=")
    assert "hidden" not in lines[0]
    assert lines[1:] == ["> Date: today", ">", "> 消费组", "> second", "< 200 OK", "< Server: x", "<", "< []"]


def test_no_response():
    """A request without a response says so."""
    assert list(exchange_lines(Exchange(Request("GET", URL), None)))[-1] == "< (no response)"


def test_long_bodies_are_cut():
    """A megabyte of HTML does not fill the terminal; its size is told."""
    lines = list(exchange_lines(Exchange(Request("GET", URL), Response(200, {}, b"a" * 10**6))))
    assert lines[-1] == f"< {'a' * SHOWN_BODY}… (1000000 bytes)"


@given(st.binary(max_size=200))
def test_any_body_is_printable(body):
    """Control characters and broken UTF-8 are spelled out: no terminal is set off by a response."""
    for line in exchange_lines(Exchange(Request("GET", URL), Response(200, {}, body))):
        assert line.isprintable()
        line.encode("utf-8")
