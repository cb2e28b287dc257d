"""Files of flows, as mitmproxy itself writes them, are captures."""

from __future__ import annotations

from datetime import UTC, datetime

import page_examples as examples
import pytest

from sls_contract.captures.judging import Whole, judge_chunk
from sls_contract.captures.reading import chunks_of, opened_capture
from sls_contract.cassettes.audit import AuditSettings

io = pytest.importorskip("mitmproxy.io", reason="the extra proxy is not installed")
http = pytest.importorskip("mitmproxy.http", reason="the extra proxy is not installed")
tflow = pytest.importorskip("mitmproxy.test.tflow", reason="the extra proxy is not installed")

TERMS = AuditSettings(datetime(2026, 12, 1, tzinfo=UTC))
AT = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC).timestamp()


def fields(message):
    return [(name.encode(), value.encode()) for name, value in message.headers.pairs]


def flow(exchange, body=None):
    """Give an exchange as a flow; ``body`` replaces that of the response."""
    made = tflow.tflow(resp=True)
    request, response = exchange.request, exchange.response
    made.request = http.Request.make(request.method, request.url, request.body, fields(request))
    made.response = http.Response.make(response.status, response.body if body is None else body, fields(response))
    made.request.timestamp_start = made.response.timestamp_end = AT
    return made


def write(path, flows):
    with path.open("wb") as file:
        writer = io.FlowWriter(file)
        for each in flows:
            writer.add(each)


def judged(path):
    whole = Whole(str(path), TERMS)
    for chunk in chunks_of(str(path)):
        whole.add(judge_chunk(chunk, TERMS), chunk)
    return whole.part


def test_a_flow_is_the_exchange_that_went_through_the_proxy(tmp_path):
    """Method, URL, headers in order, bodies, the time of the response."""
    path = tmp_path / "流.flow"
    success = examples.success()
    write(path, [flow(success)])
    (read,) = opened_capture(str(path))
    assert (read.exchange.request.method, read.exchange.request.url) == (success.request.method, success.request.url)
    assert read.exchange.response.body == success.response.body
    assert read.provenance.recorded_at.timestamp() == AT


def test_flows_are_judged_and_what_is_no_http_is_passed_over(tmp_path):
    """The second of two exchanges breaks a clause; a flow of TCP counts for nothing."""
    path = tmp_path / "a.flow"
    success = examples.success()
    broken = success.response.body.replace(b'"shard"', b'"shart"')
    write(path, [flow(success), tflow.ttcpflow(), flow(success, broken)])
    part = judged(path)
    assert part.exchanges == 2
    assert ("entry-shard", 1) in [(each.finding.slug, each.position) for each in part.placed]


def test_a_file_of_flows_that_was_cut_off_keeps_what_was_whole(tmp_path):
    """A proxy that was killed leaves half a flow."""
    path = tmp_path / "a.flow"
    write(path, [flow(examples.success())] * 2)
    path.write_bytes(path.read_bytes()[:-100])
    part = judged(path)
    assert part.exchanges == 1
    assert "recording-damaged" in [each.finding.slug for each in part.placed]


@pytest.mark.parametrize("message", ["request", "response"])
def test_a_body_that_was_streamed_is_not_kept(tmp_path, message):
    """A proxy stores no body of a message that it streamed: it is neither empty nor cut off."""
    made = flow(examples.success())
    getattr(made, message).raw_content = None
    write(tmp_path / "a.flow", [made])
    (read,) = opened_capture(str(tmp_path / "a.flow"))
    assert read.lacks_body
    assert (read.broken, read.exchange.request.wire) == (("not kept", True) if message == "response" else (None, False))
    found = [each.finding for each in judged(tmp_path / "a.flow").placed]
    assert {each.level for each in found if not each.code.startswith("SLS3")} == {"unspecified"}
