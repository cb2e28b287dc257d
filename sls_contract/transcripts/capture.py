"""Read requests from packet captures (pcap, pcapng), if one packet contains the head and the body.

Packets are not reassembled. If a request spans packets, the message recommends tshark, which does that.
"""

from __future__ import annotations

import re

from sls_contract.errors import UsageError
from sls_contract.exchange import Request, wire_text
from sls_contract.transcripts.message import METHODS, Entry, announced_length, hash_confirms, headers_of, response_of

# pcap in both byte orders, in microseconds or nanoseconds; pcapng
_MAGIC = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\n\r\r\n")
_HEADERS = rb"\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)+)\r\n"
_MESSAGE = re.compile(
    rb"(?:(" + METHODS.encode() + rb") (/[!-~]*) HTTP/1\.[01]|(HTTP/1\.[01] [0-9]{3}[\t -~]*))" + _HEADERS
)
_TSHARK = "How to fix: tshark -r FILE -Y http -T json --no-duplicate-keys > FILE.json, and read that."


def is_capture(data: bytes) -> bool:
    """Return whether a file is a packet capture."""
    return data.startswith(_MAGIC)


def read_capture(data: bytes) -> list[Entry]:
    """Return the requests of a capture, each with the next response; raises `UsageError` if one is incomplete."""
    found: list[Entry] = []
    for message in _MESSAGE.finditer(data):
        lines = [(0, wire_text(line)) for line in message[4].split(b"\r\n") if line]
        if message[3]:
            if found and found[-1].response is None:
                response = response_of([(0, wire_text(message[3])), *lines], b"")
                found[-1] = Entry(found[-1].request, response, found[-1].line)
            continue
        headers = headers_of(lines)
        host = next((value for name, value in headers if name.lower() == "host"), "")
        request = Request(wire_text(message[1]), f"http://{host}{wire_text(message[2])}", headers)
        request = request.replace(body=_body(request, data[message.end() :][: announced_length(request) or 0]))
        if host and not (found and found[-1].request == request):  # sent again, or seen on two interfaces
            found.append(Entry(request))
    if not found:
        msg = f"expected a request over plain http in one packet of this capture, got none. {_TSHARK}"
        raise UsageError(msg)
    return found


def _body(request: Request, body: bytes) -> bytes:
    if body and hash_confirms(request, body) is False:
        msg = f"expected the body of a request in one packet, got {len(body)} bytes over several. {_TSHARK}"
        raise UsageError(msg)
    return body
