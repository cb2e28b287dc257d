"""PutLogs of the official SDK, recorded and replayed: its clock and its address move, what it writes does not."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from sls_contract import use_cassette
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.signing import TEST_CREDENTIALS

log = pytest.importorskip("aliyun.log")


def put(value, source="10.0.0.1", **how):
    """Write one log, with the time that the SDK gives it."""
    key = TEST_CREDENTIALS
    client = log.LogClient("cn-hangzhou.log.aliyuncs.com", key.access_key_id, key.access_key_secret, source="unused")
    item = log.LogItem(contents=[("name", value)])
    client.put_logs(log.PutLogsRequest("my-project", "my-logstore", "topic", source, [item], **how))


@pytest.mark.parametrize("how", [{}, {"compress": False}, {"hashKey": "0" * 32}])
def test_what_was_written_is_replayed(tmp_path, how):
    """At another time and from another machine, in recorded order; other contents have no recording."""
    path = tmp_path / "writes.sls.yaml"
    with use_cassette(path, record="once", send=ReferenceEndpoint(lambda: datetime.now(UTC))):
        put("一", **how)
        put("two", **how)
    time.sleep(0.01)
    with use_cassette(path) as cassette:
        put("一", "10.0.0.2", **how)
        put("two", "::1", **how)
    assert len(cassette.exchanges) == 2
    with pytest.raises(Exception, match="no recording in"), use_cassette(path):
        put("three", **how)
    with pytest.raises(Exception, match="raw_body"), use_cassette(path, match_on=["method", "raw_body"]):
        put("一", **how)
