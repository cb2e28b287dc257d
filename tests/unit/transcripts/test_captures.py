"""Requests in captures of packets, in tshark's JSON of them, and in mitmproxy's flows."""

import io
import json
import struct
from datetime import UTC, datetime

import pytest
from advice import advised

from sls_contract import Request, sign, verify_signature
from sls_contract.captures.flows import are_flows, read_flows
from sls_contract.errors import UsageError
from sls_contract.signing import TEST_CREDENTIALS
from sls_contract.transcripts import transcript_of

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
BODY = b'{"order":true,"shards":[0,1],"name":"\xe6\x97\xa5"}'
REFUSED = b"HTTP/1.1 401 Unauthorized\r\nDate: Fri, 02 Jan 2026 03:04:06 GMT\r\nContent-Length: 2\r\n\r\n{}"


def sent(body=b""):
    headers = {"Host": HOST} | ({"Content-Type": "application/json", "Content-Length": str(len(body))} if body else {})
    return sign(Request("PUT", f"http://{HOST}/logstores/l?a=1", headers, body), TEST_CREDENTIALS, at=AT)


def wire(request):
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.pairs)
    return f"{request.method} {request.target} HTTP/1.1\r\n{head}\r\n".encode() + request.body


def captured(*segments):
    """Make a pcap of Ethernet, IPv4 and TCP, one packet for each segment."""
    packets = b""
    for data in segments:
        ip = struct.pack("!BBHHHBBH8s", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0, b"\x7f\0\0\1\x7f\0\0\1")
        frame = b"\0" * 12 + b"\x08\0" + ip + struct.pack("!HHIIBBHHH", 40000, 80, 1, 1, 0x50, 0x18, 512, 0, 0) + data
        packets += struct.pack("<IIII", 1, 2, len(frame), len(frame)) + frame
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + packets


@pytest.mark.parametrize("body", [b"", BODY], ids=["bare", "body"])
def test_a_request_in_a_packet_verifies_and_keeps_its_response(body):
    """A packet that was captured twice holds one request; a body without a hash is taken, too."""
    found = transcript_of(captured(wire(sent(body)), wire(sent(body)), REFUSED))
    (seen,) = found.entries
    assert found.form == "capture of packets"
    assert verify_signature(seen.request, TEST_CREDENTIALS) is None
    assert (seen.response.status, seen.response.headers["date"]) == (401, "Fri, 02 Jan 2026 03:04:06 GMT")
    unhashed = seen.request.replace(headers=seen.request.headers.without("content-md5"))
    assert transcript_of(captured(wire(unhashed))).entries[0].request.body == body


def test_a_body_over_two_packets_is_refused_with_the_command_that_reads_it():
    """A packet that ends in the body is no wrong hash, and one wrong hash of two is no such end."""
    whole = wire(sent(BODY))
    with pytest.raises(UsageError) as caught:
        transcript_of(captured(whole[:-9], whole[-9:]))
    assert advised(str(caught.value), "tshark -r FILE -Y http -T json --no-duplicate-keys > FILE.json")  # see below
    v4 = sign(sent(BODY), TEST_CREDENTIALS, scheme="v4", at=AT)
    wrong = v4.replace(headers=v4.headers.with_field("Content-MD5", "0" * 32))
    assert transcript_of(captured(wire(wrong))).entries[0].request.body == BODY


@pytest.mark.parametrize("form", ["lists", "repeated names"])
def test_what_tshark_writes_is_read_with_its_body(form):
    """With --no-duplicate-keys the headers are a list; without it each has the name http.request.line."""
    signed = sent(BODY)
    lines = [f"{name}: {value}\r\n" for name, value in signed.headers.pairs]
    first = {"PUT x": {"http.request.method": "PUT", "http.request.uri": signed.target}}
    http = json.dumps(first)[1:-1] + f', "http.file_data": "{BODY.hex(":")}", '
    repeated = ", ".join(f'"http.request.line": {json.dumps(line)}' for line in lines)
    http += f'"http.request.line": {json.dumps(lines)}' if form == "lists" else repeated
    text = f'[{{"_source": {{"layers": {{"tcp": {{}}, "http": {{{http}}}}}}}}}]'
    (seen,) = transcript_of(text.encode()).entries
    assert seen.request.body == BODY
    assert verify_signature(seen.request, TEST_CREDENTIALS) is None


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")  # ldap3, which mitmproxy imports
def test_flows_of_mitmproxy_are_read_with_responses_and_times():
    """What mitmdump -w writes holds requests as they were on the wire."""
    pytest.importorskip("mitmproxy", reason="needs the extra: pip install 'sls-contract[proxy]'")
    from mitmproxy import http
    from mitmproxy.io import FlowWriter
    from mitmproxy.test.tflow import tflow

    signed = sent(BODY)
    pairs = [(name.encode(), value.encode()) for name, value in signed.headers.pairs]
    flow = tflow(req=http.Request.make("PUT", signed.url, BODY, pairs), resp=http.Response.make(401, b"{}"))
    flow.request.timestamp_start = flow.response.timestamp_end = AT.timestamp()
    written = io.BytesIO()
    FlowWriter(written).add(flow)
    assert are_flows(written.getvalue())
    (recording,) = read_flows(written.getvalue())
    exchange, at = recording.exchange, recording.provenance.at
    assert (exchange.request.body, exchange.response.status, exchange.response.body, at) == (BODY, 401, b"{}", AT)
    assert verify_signature(exchange.request, TEST_CREDENTIALS, at=AT) is None
    with pytest.raises(UsageError, match="expected flows of mitmproxy"):
        [*read_flows(written.getvalue()[:-20])]
    flow.request.raw_content, streamed = None, io.BytesIO()  # mitmproxy passed the body on and did not keep it
    FlowWriter(streamed).add(flow)
    (recording,) = read_flows(streamed.getvalue())
    assert not recording.exchange.request.wire
    assert verify_signature(recording.exchange.request, TEST_CREDENTIALS, at=AT) is None
