"""HARs that browsers, proxies and API clients wrote: what they say is taken, what they do not know is not made up."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract import load_cassette
from sls_contract.cassettes.audit import AuditSettings, audit
from sls_contract.cassettes.cassette_set import RecordedFailure, send_from
from sls_contract.cassettes.har.archive import HarFile
from sls_contract.cassettes.har.writing import document_text
from sls_contract.cassettes.recording import NOT_KEPT, Evidence, Integrity
from sls_contract.checks import judge
from sls_contract.checks.content_coding import compressed
from sls_contract.endpoint.state.log_groups import Log, LogGroup, encode_group
from sls_contract.errors import CassetteDamaged, CassetteError
from sls_contract.exchange import Exchange, Request
from sls_contract.signing import TEST_CREDENTIALS, sign

HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
URL = f"https://{HOST}/logstores/my-logstore/consumergroups/readers?shard=0"
BODY = '[{"shard":0,"checkpoint":"MTAw","updateTime":1524224984800922,"consumer":"消费者"}]'
SIZE = len(BODY.encode())
SENT = [{"name": "Host", "value": HOST}, {"name": "x-log-apiversion", "value": "0.6.0"}]
CAME = [
    {"name": "Content-Type", "value": "application/json"},
    {"name": "x-log-requestid", "value": "5AD9B5B0F0F0F0F0F0F0F0F0"},
]


KEYS = [
    "url",
    "method",
    "headers",
    "name",
    "value",
    "text",
    "encoding",
    "size",
    "params",
    "mimeType",
    "status",
    "base64",
]
PLACES = [
    ("request",),
    ("response",),
    ("_contract",),
    ("_contract", "request"),
    ("_contract", "response"),
    ("_contract", "url"),
    ("_contract", "substitutions"),
    ("startedDateTime",),
    *(("request", key) for key in ("url", "method", "headers", "postData")),
    *(("response", key) for key in ("status", "statusText", "headers", "content", "bodySize", "_error")),
    *(("response", "content", key) for key in ("text", "encoding", "size")),
]


def pairs(**fields: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_", "-"), "value": value} for name, value in fields.items()]


def entry(response: dict | None = None, request: dict | None = None, **more) -> dict:
    asked = {"method": "GET", "url": URL, "httpVersion": "HTTP/1.1", "headers": SENT, "queryString": [], "cookies": []}
    content = {"size": SIZE, "mimeType": "application/json", "text": BODY}
    came = {"status": 200, "statusText": "OK", "headers": CAME, "content": content, "bodySize": SIZE, "redirectURL": ""}
    times = {"startedDateTime": "2026-11-23T10:00:00.250+08:00", "time": 12.5, "timings": {"wait": 12.5}}
    return {**times, "request": {**asked, **(request or {})}, "response": {**came, **(response or {})}, **more}


def har(*entries: object, **log) -> bytes:
    creator = {"name": "WebInspector", "version": "537.36"}
    return json.dumps({"log": {"version": "1.2", "creator": creator, "pages": [], "entries": entries, **log}}).encode()


def only(*args, **more):
    (recording,) = HarFile("x.har", har(entry(*args, **more)))
    return recording


@pytest.mark.parametrize(
    ("listed", "kind", "sent"),
    [
        ((), "application/json", ("application/json",)),
        (("text/plain",), "application/json", ("text/plain",)),
        ((), "application/octet-stream", ()),
        ((), "", ()),
    ],
    ids=["beside the body", "in the headers", "unknown", "none"],
)
def test_the_type_of_a_sent_body_may_stand_beside_it(listed, kind, sent):
    """Some tools list no Content-Type; Playwright writes octet-stream if there was none."""
    headers = [*SENT, *({"name": "Content-Type", "value": each} for each in listed)]
    posted = {"method": "POST", "headers": headers, "postData": {"mimeType": kind, "text": "[0]"}}
    exchange = only(request=posted).exchange
    assert exchange.request.headers.get_all("content-type") == sent
    assert [each.code for each in judge(exchange).findings if each.code == "SLS117"] == ([] if sent else ["SLS117"])


GROUP = encode_group(LogGroup((Log(1_524_155_379, (("索引", "1"), ("long", "x" * 300))),), "topic", "10.0.0.1"))
PACKED = compressed(GROUP, "lz4")


def put_logs(text: str | None, scheme: str, size: int = -1, body: bytes = PACKED, **posted: str) -> dict:
    """Return the entry of a correct, signed PutLogs, as a tool writes it that has this text for its body."""
    fields = {"Host": HOST, "Content-Type": "application/x-protobuf", "Content-Length": str(len(body))}
    fields |= {"x-log-bodyrawsize": str(len(GROUP)), "x-log-compresstype": "lz4"}
    url, at = f"https://{HOST}/logstores/my-logstore/shards/lb", datetime(2026, 11, 23, 2, tzinfo=UTC)
    sent = sign(Request("POST", url, fields, body), TEST_CREDENTIALS, scheme=scheme, at=at)
    headers = [{"name": name, "value": value} for name, value in sent.headers.pairs]
    asked = {"method": "POST", "url": url, "headers": headers, "bodySize": size}
    if text is not None:
        asked["postData"] = {"mimeType": "application/x-protobuf", "text": text, **posted}
    return asked


WRITTEN = {
    "a character for each byte": (PACKED.decode("latin-1"), True),
    "base64 that is not named": (base64.b64encode(PACKED).decode(), True),
    "a data URL": ("data:application/x-protobuf;base64," + base64.b64encode(PACKED).decode(), True),
    "escaped bytes": (PACKED.decode("utf-8", "surrogateescape"), True),
    "replaced bytes": (PACKED.decode("utf-8", "replace"), False),
    "a dot for each byte that is no text": ("".join(chr(b) if 32 <= b < 127 else "." for b in PACKED), False),
    "its beginning": (PACKED.decode("latin-1")[:20], False),
    "base64 with a slip": (base64.b64encode(PACKED).decode()[:-1], False),
    "nothing": ("", False),
    "no data at all": (None, False),
}


@pytest.mark.parametrize("scheme", ["v1", "v4"])
@pytest.mark.parametrize("size", [-1, len(PACKED)])
@pytest.mark.parametrize(("text", "known"), WRITTEN.values(), ids=WRITTEN)
def test_a_binary_body_is_read_or_counted(text, known, size, scheme):
    """HAR has no field for it: each tool writes it in its way. The client is not accused of what a tool lost."""
    exchange = only(request=put_logs(text, scheme, size)).exchange
    assert (exchange.request.body, exchange.request.wire) == ((PACKED, True) if known else (b"", False))
    found = judge(Exchange(exchange.request, None))
    assert [each.slug for each in found.findings] == ([] if known else ["sent-body-unread"])
    of_body = {"SLS304"} if scheme == "v1" else {"SLS309"}  # the digest in the header with the body
    assert found.exercised & {"SLS310", *of_body} == {"SLS310", *(of_body if known else ())}


def test_a_wrong_binary_body_is_found_where_its_bytes_are_known():
    """A damaged message in the form that tools write is a breach, as in any other recording."""
    damaged = compressed(GROUP[:-1], "lz4")
    exchange = only(request=put_logs(damaged.decode("latin-1"), "v1", body=damaged)).exchange
    assert "sent-message" in {each.slug for each in judge(Exchange(exchange.request, None)).findings}


@pytest.mark.parametrize(
    ("text", "headers", "size", "known"),
    [
        ('{"consumer":"é"}', {"Content-Length": "17"}, -1, True),
        ('{"consumer":"é"}', {}, 16, True),  # a tool that counts characters
        ('{"consumer":"é"}', {}, -1, True),
        ('{"consumer":"\ufffd"}', {"Content-Length": "18"}, -1, True),
        ('{"consumer":"\ufffd"}', {"Content-Length": "16"}, -1, False),
        ('{"consumer":"\ufffd"}', {"Content-MD5": "0" * 32}, -1, False),  # a digest alone speaks against it, too
        ('{"consumer":"\ufffd"}', {}, -1, True),
        ('{"consumer":', {"Content-Length": "16"}, -1, False),
        ("", {"Content-Length": "16"}, -1, False),
        ("", {"Content-Length": "0"}, 0, True),
        ("", {}, -1, True),
        ('{"consumer":"a"}', {"Content-MD5": "0" * 32, "Content-Length": "16"}, -1, True),  # the client's own mistake
        ('{"consumer": "a"}', {"Content-MD5": "0" * 32, "Content-Length": "16"}, -1, False),  # written anew by the tool
        ('{"consumer":"a"}', {"Content-Encoding": "gzip", "Content-MD5": "0" * 32}, -1, False),  # decoded by the tool
    ],
)
def test_a_text_is_taken_unless_something_speaks_against_it(text, headers, size, known):
    """Text of a request is UTF-8; it is not what was sent if it is too short, or characters were replaced."""
    listed = [*SENT, *({"name": name, "value": value} for name, value in headers.items())]
    posted = {"method": "POST", "headers": listed, "bodySize": size}
    posted["postData"] = {"mimeType": "application/json", "text": text}
    request = only(request=posted).exchange.request
    assert (request.body, request.wire) == ((text.encode(), True) if known else (b"", False))


def test_a_text_with_much_white_space_is_read():
    """A text is searched for base64 in linear time: 4 million spaces would take hours in quadratic time."""
    posted = {"method": "POST", "postData": {"mimeType": "application/json", "text": " " * 4_000_000 + "{}"}}
    request = only(request=posted).exchange.request
    assert (len(request.body), request.wire) == (4_000_002, True)


def test_a_received_message_with_a_character_for_each_byte_is_read():
    """Some tools write binary responses so, too; replaced bytes are not those that came."""
    came = [*pairs(Content_Type="application/x-protobuf"), *pairs(x_log_compresstype="lz4")]
    for text, body, wire in (
        (PACKED.decode("latin-1"), PACKED, True),
        (PACKED.decode("utf-8", "replace"), PACKED.decode("utf-8", "replace").encode(), False),
    ):
        content = {"size": len(PACKED), "mimeType": "application/x-protobuf", "text": text}
        response = only({"headers": came, "content": content, "bodySize": len(PACKED)}).exchange.response
        assert (response.body, response.wire) == (body, wire)


@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_a_query_that_stands_beside_the_url_only_is_read(scheme):
    """API clients write the URL without it; the signature covers it. A URL that has a query is complete."""
    url, at = f"https://{HOST}/logstores/my-logstore/consumergroups/readers", datetime(2026, 11, 23, 2, tzinfo=UTC)
    wanted = [("type", "heartbeat"), ("consumer", "消费者 a/1")]
    query = "type=heartbeat&consumer=%E6%B6%88%E8%B4%B9%E8%80%85%20a%2F1"
    plain = Request("POST", f"{url}?{query}", {"Host": HOST, "Content-Type": "application/json"}, b"[]")
    signed = sign(plain, TEST_CREDENTIALS, scheme=scheme, at=at)
    headers = [{"name": name, "value": value} for name, value in signed.headers.pairs]
    listed = [{"name": name, "value": value} for name, value in wanted]
    posted = {"method": "POST", "headers": headers, "postData": {"mimeType": "application/json", "text": "[]"}}
    for shown in (url, f"{url}?{query}"):
        request = only(request={**posted, "url": shown, "queryString": listed}).exchange.request
        assert request.query_pairs() == wanted
        assert judge(Exchange(request, None)).findings == ()


def test_what_it_says_is_taken_and_nothing_is_made_up():
    """Head, body and time are there; evidence, endpoint and digest are unknown, as of any recording of others."""
    file = HarFile("x.har", b"\xef\xbb\xbf" + har(entry()))  # with a byte order mark, as Windows tools write it
    (recording,) = file
    request, response = recording.exchange.request, recording.exchange.response
    assert (request.method, request.url, request.body) == ("GET", URL, b"")
    assert request.headers.pairs == (("Host", HOST), ("x-log-apiversion", "0.6.0"))
    assert (response.status, response.reason, response.body.decode(), response.wire) == (200, "OK", BODY, True)
    assert recording.provenance.recorded_at == datetime(2026, 11, 23, 10, 0, 0, 262500, timezone(timedelta(hours=8)))
    assert (recording.provenance.evidence, recording.provenance.endpoint) == (Evidence.UNKNOWN, "")
    assert (recording.integrity, recording.signature, recording.incomplete) == (Integrity.UNKNOWN, None, False)
    assert (file.evidence, file[0:1]) == (Evidence.UNKNOWN, (recording,))


def test_chrome_lists_what_is_no_http():
    """Web sockets, data: and blob: URLs are left out; pseudo fields of HTTP/2 are no header fields."""
    odd = [entry(request={"url": url}) for url in ("wss://h/x", "data:text/plain,x", "blob:https://h/1", "about:blank")]
    odd.append(entry({"status": 307, "headers": pairs(Location=URL, Non_Authoritative_Reason="HSTS")}))  # by a browser
    http2 = entry(request={"headers": [{"name": ":path", "value": "/x"}, {"name": "accept", "value": "*/*"}]})
    file = HarFile("x.har", har(*odd, http2))
    assert len(file) == 1
    assert file[0].exchange.request.headers.pairs == (("accept", "*/*"),)
    assert file[0].exchange.request.host == HOST


@pytest.mark.parametrize(
    ("error", "broken"),
    [
        ("net::ERR_CONNECTION_RESET", "reset"),
        ("net::ERR_CONNECTION_REFUSED", "refused"),
        ("net::ERR_NAME_NOT_RESOLVED", "name"),
        ("net::ERR_TIMED_OUT", "timeout"),
        ("net::ERR_CERT_DATE_INVALID", "tls"),
        ("net::ERR_CONTENT_LENGTH_MISMATCH", "truncated"),
        ("net::ERR_ABORTED", "closed"),
        (None, "closed"),
    ],
)
def test_status_0_is_no_response(error, broken):
    """Chrome and Firefox write 0 where no response came, some others a negative number; the reason is kept."""
    for status in (0, -1):
        recording = only({"status": status, "_error": error, "content": {"size": 0, "mimeType": "x-unknown"}})
        assert (recording.exchange.response, recording.broken, recording.detail) == (None, broken, error or "")


def test_a_response_whose_content_was_not_kept_is_none(tmp_path):
    """A browser forgets bodies: judging an empty one would be a false alarm."""
    recording = only({"content": {"size": SIZE, "mimeType": "application/json"}})
    assert (recording.exchange.response, recording.broken) == (None, NOT_KEPT)
    (tmp_path / "a.har").write_bytes(har(entry({"content": {"size": SIZE, "mimeType": ""}})))
    found = audit(tmp_path / "a.har", AuditSettings(datetime(2026, 11, 24, tzinfo=UTC)))
    assert "recording-incomplete" in [finding.slug for finding, _, _ in found.placed]
    assert not [finding for finding, _, _ in found.placed if finding.code.startswith("SLS2")]
    with pytest.raises(RecordedFailure, match="the recording lacks the body of the response"):
        send_from(tmp_path / "a.har")(Request("GET", URL))


@pytest.mark.parametrize(
    "response",
    [
        {"content": {"size": -1, "mimeType": "application/json"}, "bodySize": -1},  # Playwright, content: "omit"
        {"content": {"size": -1}, "bodySize": 0},  # out of a cache
        {"content": {"size": SIZE, "_file": "0f1e.json"}, "bodySize": -1},  # Playwright, content: "attach"
        {"content": {}, "bodySize": None},
        {"content": None},
        {"content": {"size": 0}, "bodySize": SIZE},
        {"content": {"size": 0}, "bodySize": 0, "headers": [*CAME, *pairs(Content_Length=str(SIZE))]},
        {"content": {"size": 0, "text": ""}, "bodySize": 0, "headers": pairs(Content_Length=str(SIZE))},  # mitmproxy
    ],
)
def test_a_response_whose_content_nobody_kept_is_not_empty(response):
    """A size of -1 is an unknown one (HAR 1.2): there is no response, and nothing is held against an empty body."""
    recording = only(response)
    assert (recording.exchange.response, recording.broken) == (None, NOT_KEPT)


def test_a_response_without_content_is_empty():
    """204 and 304 have none, nor has a response to HEAD, or of length 0: that is a response."""
    empties = ({"size": 0, "mimeType": ""}, {"size": -1}, None)
    for content in empties:
        recording = only({"status": 204, "content": content, "bodySize": 0, "statusText": None})
        assert (recording.exchange.response.body, recording.exchange.response.reason) == (b"", "")
    for content in empties:
        assert only({"content": content, "bodySize": -1}, {"method": "HEAD"}).exchange.response.body == b""
        fields = [*CAME, *pairs(Content_Length="0")]
        assert only({"content": content, "bodySize": -1, "headers": fields}).exchange.response.body == b""
    assert only({"content": {"size": 0}, "bodySize": -1}).exchange.response.body == b""
    coded = pairs(Content_Encoding="gzip", Content_Length=str(len(gzip.compress(b""))))
    for headers in (CAME, pairs(Transfer_Encoding="chunked"), coded):
        assert only({"content": {"size": 0, "text": ""}, "headers": headers}).exchange.response.body == b""


@pytest.mark.parametrize(
    ("response", "wire"),
    [
        ({}, True),
        ({"bodySize": -1}, True),
        ({"headers": [*CAME, *pairs(content_encoding="gzip")]}, False),
        ({"content": {"size": SIZE - 9, "text": BODY}, "bodySize": -1}, False),
        ({"content": {"size": -1, "text": base64.b64encode(BODY.encode()).decode(), "encoding": "base64"}}, True),
    ],
)
def test_only_a_body_that_surely_is_the_wires_counts_as_such(response, wire):
    """Decoded, or of a length that does not fit (another charset on the wire): clauses about framing do not run."""
    recording = only(response)
    assert (recording.exchange.response.body.decode(), recording.exchange.response.wire) == (BODY, wire)


@pytest.mark.parametrize(
    ("response", "is_cut"),
    [
        ({"content": {"size": SIZE, "text": ""}}, True),
        ({"content": {"size": SIZE, "text": BODY[:40]}}, True),
        ({"content": {"size": SIZE, "text": BODY[:40]}, "headers": [*CAME, *pairs(content_encoding="gzip")]}, True),
        # some tools write the size of the encoded body, and drop a byte order mark
        ({"content": {"size": 22, "text": "[]"}, "bodySize": 22, "headers": pairs(content_encoding="gzip")}, False),
        ({"content": {"size": len(BODY) + 3, "text": BODY}, "bodySize": -1}, False),
    ],
)
def test_a_body_that_the_exporter_cut_off_is_not_judged(response, is_cut):
    """An exporter limits what it keeps of a body; a server that sends less than it announces sends a smaller size."""
    assert (only({"bodySize": -1} | response).broken == NOT_KEPT) is is_cut


def test_mitmproxy_keeps_compressed_responses_decoded():
    """Its size is that of the wire, its text the decoded body under the headers of the coded one."""
    packed = gzip.compress(BODY.encode())
    headers = [*CAME, *pairs(content_encoding="gzip", content_length=str(len(packed)))]
    content = {"size": len(packed), "compression": SIZE - len(packed), "mimeType": "application/json", "text": BODY}
    response = only({"headers": headers, "content": content, "bodySize": len(packed)}).exchange.response
    assert (response.body.decode(), response.wire) == (BODY, False)
    assert response.headers.get_all("content-length") == (str(len(packed)),)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        ({"mimeType": "application/json", "text": '{"日": 1}'}, '{"日": 1}'.encode()),
        ({"mimeType": "x", "text": "/w==", "_encoding": "base64"}, b"\xff"),
        ({"mimeType": "x", "text": "/w==", "encoding": "base64"}, b"\xff"),
        ({"mimeType": "x", "text": "[]", "encoding": "identity"}, b"[]"),
        ({"mimeType": "x", "text": "[]", "encoding": "US-ASCII"}, b"[]"),
        ({"mimeType": "form", "params": [{"name": "a b", "value": "日"}, {"name": "c"}]}, b"a+b=%E6%97%A5&c="),
        ({"mimeType": "form", "text": "", "params": [{"name": "a", "value": "1"}]}, b"a=1"),
        ({"mimeType": "x", "text": "half \ud800"}, b"half \xed\xa0\x80"),
        ({"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "a", "value": "1"}]}, b""),
        ({"mimeType": "x"}, b""),
        (None, b""),
    ],
)
def test_the_body_of_a_request_in_each_form(data, body):
    """Text, base64 as Insomnia and Chrome mark it, or the fields of a form."""
    assert only(request={"method": "POST", "postData": data}).exchange.request.body == body


@pytest.mark.parametrize("moment", [None, 5, "yesterday", "", "9999-12-31T23:59:59-12:00", "2026-11-23T10:00:00"])
def test_a_time_that_cannot_be_read_is_unknown(moment):
    """Without a zone it may be the time of any local clock: a Date hours off it is no mistake."""
    assert only(startedDateTime=moment).provenance.recorded_at is None


@pytest.mark.parametrize(
    ("took", "seconds"),
    [(12_500, "12.750"), (0.5, "00.250500"), (0, "00.250"), (-1, "00.250"), (None, "00.250"), ("9", "00.250")]
    + [(number, "00.250") for number in (1e300, float("inf"), float("nan"))],
)
def test_an_exchange_took_place_when_its_response_was_complete(took, seconds):
    """A request that was sent before that overlaps it, however early it began; not every tool measures how long."""
    moment = datetime.fromisoformat(f"2026-11-23T02:00:{seconds}+00:00")
    assert only(time=took).provenance.recorded_at == moment


def test_repeated_fields_keep_their_places():
    """The order of the list is the order of the wire."""
    headers = [*pairs(a="1"), *pairs(b="2"), *pairs(a="3"), {"name": "empty"}]
    told = only({"headers": headers}).exchange.response.headers
    assert told.pairs == (("a", "1"), ("b", "2"), ("a", "3"), ("empty", ""))


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (5, "an entry must be an object, got int"),
        ({}, "request must be an object, got nothing"),
        (entry(request={"url": None}), "url must be text, got nothing"),
        (entry(request={"url": "no url"}), "url must be absolute"),
        (entry(request={"method": 5}), "method must be text, got int"),
        (entry(request={"url": URL + "\ud800"}), "half a surrogate pair"),
        (entry(request={"headers": {"a": "b"}}), "headers must be a list, got dict"),
        (entry(request={"headers": ["a"]}), "an item of headers must be an object, got str"),
        (entry(request={"postData": {"params": ["a"]}}), "an item of params must be an object, got str"),
        (entry(request={"postData": {"params": True}}), "params must be a list, got bool"),
        (entry({"status": "200"}), "status must be a number such as 200, got str"),
        (entry({"content": {"text": 5}}), "content.text must be text, got int"),
        (entry({"content": {"text": "*", "encoding": "base64"}}), "base64"),
        (entry({"content": {"text": "5b5d", "encoding": "hex"}}), "has an unknown encoding; expected base64"),
        (
            entry({"content": {"text": "=5B=5D", "encoding": "quoted-printable"}}),
            "has an unknown encoding; expected base64",
        ),
        (entry({"content": {"text": "[]", "encoding": 64}}), "encoding of content.text must be text, got int"),
        (entry(request={"postData": {"text": "5b5d", "encoding": "hex"}}), "has an unknown encoding; expected base64"),
        (entry(_contract={"digest": {"base64": "*"}}), "base64"),
        (entry(_contract={"evidence": "rumour"}), "contract.evidence must be one of live, "),
        ({**entry(), "response": []}, "response must be an object, got list"),
    ],
)
def test_a_malformed_entry_is_damage_and_hides_no_other(broken, told):
    """The others are read; this one says what was expected and what came."""
    file = HarFile("日.har", har(entry(), broken))
    assert file[0].exchange.request.url == URL
    with pytest.raises(CassetteDamaged, match="entry 1 is not an HTTP exchange") as caught:
        _ = file[1]
    assert told.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    "broken",
    [
        entry({"status": "hunter2-Zk9Qv7Lw2"}),
        entry({"content": {"text": "x", "encoding": "hunter2-Zk9Qv7Lw2"}}),
        entry(request={"headers": [{"name": "Authorization: hunter2-Zk9Qv7Lw2", "value": ""}]}),
        entry(_contract={"evidence": "hunter2-Zk9Qv7Lw2"}),
        entry(_contract={"recorded_at": "hunter2-Zk9Qv7Lw2"}),
        entry(_contract={"validated_at": "2026-hunter2-Zk9Qv7Lw2"}),
    ],
)
def test_an_error_does_not_repeat_what_stands_in_a_malformed_entry(broken):
    """A secret may stand at any place, and nothing was scrubbed yet: the error says what belongs there."""
    with pytest.raises(CassetteDamaged, match="is not an HTTP exchange") as caught:
        HarFile("a.har", har(broken))[0]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["base64", "BASE64", " Base64 "])
def test_base64_in_any_casing(encoding):
    """As some tools write it."""
    text = base64.b64encode(BODY.encode()).decode()
    told = only({"content": {"text": text, "encoding": encoding, "size": -1}}).exchange.response
    assert (told.body, told.wire) == (BODY.encode(), True)


@pytest.mark.parametrize("encoding", ["", None, "utf-8", "UTF-8", "utf8"])
def test_text_that_says_so_is_text(encoding):
    """No encoding, or that of the file itself."""
    assert only({"content": {"text": BODY, "encoding": encoding, "size": SIZE}}).exchange.response.body == BODY.encode()


def test_a_status_of_null_is_no_response():
    """Some tools write null where no response came, instead of 0 or nothing."""
    assert only({"status": None}).broken == "closed"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "the file is empty"),
        (b"{", "not JSON"),
        (b"[]", "log.entries is missing"),
        (b"hello", "not JSON"),
        (b'{"log": {"entries": {}}}', "log.entries is missing"),
        (b'{"log": 1}', "log.entries is missing"),
        (b'{"log": "\xff"}', "not UTF-8"),
        (b'{"a":' * 100000, "too deeply nested"),
    ],
)
def test_what_is_no_har_is_damage(data, told):
    """Cut off, of another kind, binary: told with the file's name."""
    with pytest.raises(CassetteDamaged, match=told) as caught:
        HarFile("日.har", data)
    assert "日.har" in str(caught.value)
    assert "export the HAR again" in caught.value.how_to_fix  # nobody records one
    assert caught.value.how_to_fix in str(caught.value)


def test_load_cassette_opens_it(tmp_path):
    """By its suffix, in any casing; a creator is not needed."""
    (tmp_path / "A.HAR").write_bytes(har(entry(), creator=None))
    loaded = load_cassette(tmp_path / "A.HAR")
    assert (len(loaded.exchanges), loaded.evidence, loaded.incomplete) == (1, Evidence.UNKNOWN, ())
    with pytest.raises(CassetteError, match="cannot be read: No such file"):
        load_cassette(tmp_path / "b.har")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([URL, "base64", BODY]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(st.tuples(st.sampled_from(PLACES), anything), min_size=1, max_size=3))
def test_any_json_in_any_place_is_read_or_is_damage(changes):
    """Whatever a tool writes where: an exchange, or an error that names the file; it can be judged and written."""
    made = json.loads("".join(document_text([only()], "1")))["log"]["entries"][0] if len(changes) == 2 else entry()
    for (*way, last), value in changes:
        place = made
        for key in way:
            place = place[key] if isinstance(place, dict) and isinstance(place.get(key), dict) else {}
        place[last] = value
    file = HarFile("x.har", har(made))
    try:
        recordings = tuple(file)
    except CassetteDamaged:
        return
    assert all(judge(each.exchange).operation for each in recordings)
    assert len(HarFile("x.har", "".join(document_text(recordings, "1")).encode())) == len(recordings)
