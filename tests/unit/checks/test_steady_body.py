"""Bodies without what moves: two runs of one test send the same, and nothing else is passed over."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract import Request
from sls_contract.checks.steady_body import steady_body
from sls_contract.endpoint.state.log_groups import Log, LogGroup, encode_group

HOST = "https://my-project.cn-hangzhou.log.aliyuncs.com"
LB = "/logstores/l/shards/lb"


def group(**changes):
    logs = (Log(changes.pop("time", 1_700_000_000), (("k", "值"),), changes.pop("nanoseconds", 1)),)
    return LogGroup(**{"logs": logs, "topic": "t", "source": "10.0.0.1", "tags": (("__pack_id__", "A-1"),), **changes})


def sent(body, path=LB, method="POST", **headers):
    return Request(method, HOST + path, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def steady(value, path=LB):
    return steady_body(sent(encode_group(value), path))


@pytest.mark.parametrize(
    "path", [LB, "/logstores/l/shards/route?key=00", "/logstores/l", "/logstores/%E6%97%A5/shards/lb"]
)
def test_the_clock_the_address_and_the_counter_of_the_client_do_not_count(path):
    """Seconds, nanoseconds (or none), the machine's address, old or new, and the number of the pack may all differ."""
    other = group(time=1_800_000_000, nanoseconds=None, source="fe80::1%eth0", tags=(("__pack_id__", "B-2"),))
    assert steady(group(), path) == steady(other, path) != encode_group(group())


@pytest.mark.parametrize(
    "changes",
    [
        {"logs": (Log(1_700_000_000, (("k", "other"),), 1),)},
        {"logs": (*group().logs, *group().logs)},
        {"logs": ()},
        {"topic": "u"},
        {"source": "web-1"},
        {"source": "10.0.0.1.example"},
        {"source": None, "machine": "m"},
        {"tags": (("__pack_id__", "A-1"), ("host", "b"))},
        {"tags": (("pack", "__pack_id__"),)},
    ],
)
def test_what_a_test_chooses_counts(changes):
    """Contents, number of logs, topic, a source that is a name, machine and tags."""
    assert steady(group(**changes)) != steady(group())


def test_a_compressed_body_is_looked_into():
    """Whatever the compression, and whether there is any: the same logs are the same body."""
    lz4 = pytest.importorskip("aliyun.log.compress").Compressor
    raw, plain = encode_group(group()), steady(group())
    size = str(len(raw))
    assert steady_body(sent(zlib.compress(raw), x_log_compresstype="deflate", x_log_bodyrawsize=size)) == plain
    packed = lz4.compress(raw, pytest.importorskip("aliyun.log.compress").CompressType.LZ4)
    assert steady_body(sent(packed, x_log_compresstype="lz4", x_log_bodyrawsize=size)) == plain


def test_the_time_of_web_tracking_does_not_count():
    """The JSON form of the same; white space and the order of keys do not count either."""
    logs = [{"__topic__": "t", "__logs__": [{"k": "v", "__time__": at}]} for at in (1, 2)]
    one, other = (sent(json.dumps(each).encode(), "/logstores/l/track") for each in logs)
    assert steady_body(one) == steady_body(other)
    changed = sent(json.dumps(logs[0]).replace("v", "w").encode(), "/logstores/l/track")
    assert steady_body(changed) != steady_body(one)


@pytest.mark.parametrize(
    "request_",
    [
        sent(b"", LB),
        sent(encode_group(group()), method="PUT"),
        sent(encode_group(group()), "/logstores/l/consumergroups"),
        sent(encode_group(group())[:-1]),
        sent(b"not a message"),
        sent(b"lies", x_log_compresstype="lz4", x_log_bodyrawsize="9"),
        sent(b"unknown", x_log_compresstype="snappy"),
        sent(b"[1]", "/logstores/l/track"),
        sent(b'{"__logs__": 1', "/logstores/l/track"),
    ],
)
def test_any_other_body_is_taken_as_it_was_sent(request_):
    """Other operations, damaged messages, compressions that lie or that nobody knows."""
    assert steady_body(request_) in (request_.body, json.dumps([1]).encode() if request_.body == b"[1]" else b"")


@given(
    st.binary(max_size=60),
    st.sampled_from(["", "lz4", "deflate", "gzip", "zstd"]),
    st.sampled_from([LB, "/logstores/l/track"]),
)
def test_any_bytes_can_be_looked_at(body, coding, path):
    """It never raises, and what it gives is the same each time."""
    request = sent(body, path, x_log_compresstype=coding)
    assert steady_body(request) == steady_body(request)
