"""Framing: any response survives the way to bytes and back, in pieces of any size."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.cassettes.recorder import Broken
from sls_contract.cassettes.recorder.failures import no_connection, outcome_of
from sls_contract.cassettes.recorder.framing import (
    RequestReader,
    ResponseReader,
    absolute_url,
    dechunk,
    delivered,
    render,
    render_broken,
    request_from_wire,
    with_true_framing,
)
from sls_contract.exchange import Response
from sls_contract.headers import Headers

NAMES = st.text("abcXYZ-", min_size=1, max_size=8).map(lambda name: "x" + name)
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=10)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
BODIES = st.binary(max_size=60)
CODINGS = st.sampled_from(["length", "chunked", "close"])
STATUSES = st.sampled_from([200, 201, 302, 404, 500])


def response(status, pairs, body, coding):
    framing = {
        "length": [("Content-Length", str(len(body)))],
        "chunked": [("Transfer-Encoding", "chunked")],
        "close": [],
    }
    return Response(status, [*pairs, *framing[coding]], body, reason="Because")


def read(raw, method="GET", sizes=(65536,), *, eof=True):
    reader = ResponseReader(method)
    at = 0
    while at < len(raw):
        size = sizes[at % len(sizes)]
        reader.feed(raw[at : at + size])
        at += size
    if eof and not reader.complete:
        reader.feed_eof()
    return reader


@given(STATUSES, PAIRS, BODIES, CODINGS, st.lists(st.integers(1, 9), min_size=1, max_size=3))
def test_a_response_survives_bytes_and_back_in_any_pieces(status, pairs, body, coding, sizes):
    """Reading what was rendered gives the same status, fields, body and reason."""
    given_response = response(status, pairs, body, coding)
    reader = read(render(given_response, "GET"), sizes=sizes)
    assert reader.complete
    assert not reader.malformed
    assert (reader.response(), reader.response().reason) == (given_response, "Because")
    assert reader.is_reusable == (coding != "close")


@given(STATUSES, PAIRS, st.binary(min_size=1, max_size=40), st.sampled_from(["length", "chunked"]), st.data())
def test_a_response_cut_anywhere_is_truncated_and_keeps_what_came(status, pairs, body, coding, data):
    """The end of the stream before the end of the response is never taken for a whole response."""
    raw = render(response(status, pairs, body, coding), "GET")
    cut = data.draw(st.integers(0, len(raw) - 1))
    reader = read(raw[:cut])
    outcome = outcome_of(reader, None)
    assert isinstance(outcome, Broken)
    assert outcome.kind == ("truncated" if b"\n" in raw[:cut] else "closed")
    if outcome.partial is not None:
        assert body.startswith(outcome.partial.body)
        again = read(render_broken(outcome))
        assert outcome_of(again, None) == outcome


@given(BODIES, BODIES)
def test_what_follows_a_chunked_body_is_not_part_of_it(body, rest):
    """Chunks of any size join; trailers and extensions are dropped."""
    raw = b"".join(b"%X;a=b\r\n%b\r\n" % (len(part), part) for part in (body, rest) if part) + b"0\r\nX-T: 1\r\n\r\n"
    assert dechunk(raw) == body + rest
    assert read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + raw + b"junk").response().body == body + rest


@pytest.mark.parametrize(
    ("raw", "body"),
    [(b"zz\r\nabc", b""), (b"-1\r\nabc", b""), (b"3\r\nabc\r\nq\r\n", b"abc"), (b"5\r\nab", b"ab"), (b"", b"")],
)
def test_a_broken_chunk_ends_the_body(raw, body):
    """What cannot be read as a chunk is not guessed at."""
    assert dechunk(raw) == body


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"garbage\r\n", "malformed"),
        (b"HTTP/1.1 abc OK\r\nA: b\r\n\r\n", "malformed"),
        (b"x" * 70_000, "malformed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n", "malformed"),
        (b"", "closed"),
        (b"HTTP/1.1 200", "closed"),
        (b"HTTP/1.1 200 OK\r\nA: b\r\nContent-L", "truncated"),
    ],
)
def test_what_is_not_a_response_is_named(raw, kind):
    """Garbage, a cut head and silence are told apart, and garbage is garbage again in replay."""
    broken = outcome_of(read(raw), None)
    assert broken.kind == kind
    again = outcome_of(read(render_broken(broken)), None)
    assert (again.kind, again.partial) == (kind, broken.partial)


def test_an_interim_response_is_skipped():
    """100 and 103 come before the response, 101 is one; bytes are kept either way."""
    raw = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 \r\n\r\n"
    reader = read(raw, sizes=(1,))
    assert reader.complete
    assert reader.response() == Response(204)
    assert bytes(reader.raw) == raw
    assert read(b"HTTP/1.1 101 Switching\r\n\r\n").response().status == 101


@pytest.mark.parametrize(
    ("head", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3", False),
        (b"HTTP/1.1 200 OK", False),
    ],
)
def test_a_connection_is_kept_only_where_the_response_allows(head, reusable):
    """The end of a response must be certain, and the peer must not want to close."""
    assert read(head + b"\r\n\r\n").is_reusable == reusable


def test_fields_keep_casing_order_repetition_and_folds():
    """Fields are told as they stood; an obsolete fold is joined; a line without a colon is no field."""
    raw = b"HTTP/1.1 200 OK\r\nb: 1\r\nA:2 \r\n  folded\r\nb: \xe4\xb8\xad\xff\r\nnothing\r\n\r\n"
    assert read(raw).response().headers.pairs == (("b", "1"), ("A", "2 folded"), ("b", "\u4e2d\udcff"))


def test_a_body_stored_decoded_goes_out_as_what_it_is():
    """``wire=False``: no content coding, no chunks, the true length; ``wire=True`` is never fixed."""
    fields = [("Content-Encoding", "gzip"), ("content-length", "9"), ("X", "1")]
    mended = with_true_framing(Response(200, fields, b"plain", wire=False))
    assert mended.headers.pairs == (("content-length", "5"), ("X", "1"))
    assert with_true_framing(Response(200, fields, b"plain")).headers.pairs == tuple(fields)
    assert b"Length" not in render(Response(200, fields[2:], b"plain", wire=False), "GET")


def test_delivered_bodies_obey_their_length():
    """A client gets no more than announced, and is told what is missing."""
    long, short = Response(200, [("Content-Length", "2")], b"abc"), Response(200, [("Content-Length", "5")], b"abc")
    assert delivered(long, "GET") == (b"ab", None)
    assert delivered(short, "GET") == (b"abc", 5)
    assert delivered(short, "HEAD") == (b"", None)
    assert delivered(Response(200, (), b"abc"), "GET") == (b"abc", None)


@pytest.mark.parametrize(
    ("target", "headers", "url"),
    [
        ("/a?b=c", [("Host", "p.test")], "http://p.test/a?b=c"),
        ("/a", [], "http://conn.test:9/a"),
        ("https://p.test:443/a%2f?x", [("host", "p.test")], "https://p.test/a%2f?x"),
        ("http://p.test", [], "http://p.test/"),
        ("*", [("Host", "p.test")], "http://p.test/*"),
        ("//a", [("Host", "p.test")], "http://p.test//a"),
    ],
)
def test_urls_name_the_origin_whatever_the_form_of_the_target(target, headers, url):
    """Origin-form and absolute-form give one URL; the Host header wins."""
    assert absolute_url("http", "conn.test:9", target, Headers(headers)) == url


@given(BODIES, st.booleans(), st.integers(1, 7))
def test_a_request_is_complete_with_its_last_byte(body, chunked, size):
    """Neither earlier nor later, in pieces of any size."""
    coded = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    raw = b"POST /a HTTP/1.1\r\nHost: p.test\r\n" + framing + b"\r\n\r\n" + (coded if chunked else body)
    reader = RequestReader("http", "conn.test")
    for at in range(0, len(raw), size):
        assert not reader.complete
        reader.feed(raw[at : at + size])
    assert reader.complete
    assert reader.request() == request_from_wire(raw, "http", "conn.test")
    assert reader.request().body == body


def test_a_request_that_waits_is_noticed_once():
    """``Expect: 100-continue`` is told once, when the head is there."""
    reader = RequestReader("http", "p.test")
    reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\n")
    assert not reader.wants_continue()
    reader.feed(b"Content-Length: 1\r\n\r\n")
    assert reader.wants_continue()
    assert not reader.wants_continue()
    assert not reader.complete


def test_a_failure_is_named_by_its_deepest_sign():
    """Causes decide; a loop among them ends."""
    first, second = OSError("a"), OSError("b")
    first.__cause__, second.__cause__ = second, first
    assert no_connection(first).kind == "refused"
    assert re.fullmatch(r"OSError: a", no_connection(first).detail)
