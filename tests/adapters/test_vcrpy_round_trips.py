"""Files between vcrpy and us, whatever they hold: nothing is lost that either can express."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
import vcr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from vcr.persisters.filesystem import FilesystemPersister
from vcr.request import Request as VcrRequest
from vcr.serializers import yamlserializer

from sls_contract import Exchange, Request, Response, load_cassette
from sls_contract.adapters.vcrpy import register
from sls_contract.adapters.vcrpy.forms import exchange_of
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOST = "http://my-project.cn-hangzhou.log.aliyuncs.com/"
TARGETS = st.text(st.sampled_from("abc/?&=+%20é日"), max_size=12)
NAMES = st.sampled_from(["X-One", "x-one", "x-two", "Content-Type", "Transfer-Encoding", "Connection"])
VALUES = st.sampled_from(["", "1", "a, b", "日志", "chunked", "'\"", "- x: {}", "\udcff"])
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=5)
BODIES = st.sampled_from([b"", b"[]", '[{"消费者": 1}]'.encode(), b"\xff\x00", b"null", b"a: 1\n--- x", b"\n\n"])
REQUESTS = st.builds(
    Request,
    st.sampled_from(["GET", "POST"]),
    TARGETS.map(HOST.__add__),
    HEADERS.map(lambda pairs: [("Host", "p.h"), *pairs]),
    BODIES,
)
RESPONSES = st.builds(Response, st.sampled_from([200, 404]), HEADERS, BODIES, reason=st.sampled_from(["", "OK", "好"]))
CODED = BODIES.map(lambda body: Response(200, [("Content-Encoding", "gzip")], gzip.compress(body, mtime=0)))
RECORDINGS = st.one_of(
    st.builds(
        Recording,
        st.builds(Exchange, REQUESTS, RESPONSES | CODED),
        st.just(Provenance(Evidence.LIVE, "http://h", "cn-hangzhou", "c", AT, AT, "1")),
        st.none() | st.just(SignatureNote("unchecked", "authorization")),
    ),
    st.builds(Recording, st.builds(Exchange, REQUESTS, st.none() | RESPONSES), broken=st.just("reset")),
)
QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def registered(**settings) -> vcr.VCR:
    made = vcr.VCR(**settings)
    register(made, check="collect")  # what such responses break is not the point here
    return made


@pytest.mark.slow
@QUICK
@given(st.lists(RECORDINGS, max_size=4))
def test_vcrpy_writes_our_cassettes_as_they_were(tmp_path, recordings):
    """Whatever vcrpy's values cannot express comes back from where it was kept."""
    path = tmp_path / "a.yaml"
    path.unlink(missing_ok=True)
    write(path, recordings)
    before = path.read_bytes()
    with registered().use_cassette(path) as cassette:
        cassette.dirty = True
    assert path.read_bytes() == before


@QUICK
@given(st.lists(RECORDINGS, max_size=4))
def test_both_play_the_same_of_our_cassettes(tmp_path, recordings):
    """A suite may go back to plain vcrpy at any time."""
    path = tmp_path / "a.yaml"
    path.unlink(missing_ok=True)
    write(path, recordings)
    theirs = FilesystemPersister.load_cassette(path, yamlserializer)
    ours = registered()
    requests, responses = ours.persister.load_cassette(path, ours.serializers["sls"])
    assert [vars(each) for each in requests] == [vars(each) for each in theirs[0]]
    plain = [each and {key: each[key] for key in ("status", "headers", "body")} for each in responses]
    assert plain == theirs[1]


VCR_HEADERS = st.dictionaries(
    st.sampled_from(["x-one", "X-Two", "Host", "accept"]), st.sampled_from(["1", "日", ""]), max_size=3
)
VCR_REQUESTS = st.builds(
    VcrRequest, st.sampled_from(["GET", "POST"]), TARGETS.map(HOST.__add__), st.none() | BODIES, VCR_HEADERS
)
VCR_RESPONSES = st.fixed_dictionaries(
    {
        "status": st.fixed_dictionaries(
            {"code": st.sampled_from([200, 500]), "message": st.sampled_from(["OK", "好", None])}
        ),
        "headers": st.dictionaries(
            st.sampled_from(["x-one", "Content-Encoding", "Date"]),
            st.lists(st.sampled_from(["1", "gzip", "日"]), min_size=1, max_size=2),
            max_size=3,
        ),
        "body": st.fixed_dictionaries({"string": BODIES | BODIES.map(gzip.compress)}),
    }
)


@QUICK
@given(st.lists(st.tuples(VCR_REQUESTS, VCR_RESPONSES), max_size=4))
def test_whatever_clients_hand_to_vcrpy_is_read_by_everybody(tmp_path, pairs):
    """``load_cassette``, plain vcrpy and a registered one find the same exchanges in what was recorded."""
    path = tmp_path / "a.yaml"
    path.unlink(missing_ok=True)
    with registered().use_cassette(path) as cassette:
        for request, response in pairs:
            cassette.append(request, response)
    if not pairs:
        assert not path.exists()
        return
    wanted = [exchange_of(*pair) for pair in pairs]
    assert list(load_cassette(path).exchanges) == wanted
    requests, responses = FilesystemPersister.load_cassette(path, yamlserializer)
    assert [exchange_of(*pair).request for pair in zip(requests, responses, strict=True)] == [
        each.request for each in wanted
    ]
    with registered().use_cassette(path) as cassette:
        assert [exchange_of(*pair).request for pair in cassette.data] == [each.request for each in wanted]
