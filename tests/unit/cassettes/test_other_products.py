"""Recordings of other products of aliyuncs.com, which earlier versions owned: they are played, and nothing is added."""

from __future__ import annotations

import http.client

import pytest

from sls_contract import use_cassette
from sls_contract.cassettes.recorder import install
from sls_contract.errors import UnmatchedRequest
from sls_contract.exchange import Response

OSS, ECS = "bucket.oss-cn-hangzhou.aliyuncs.com", "ecs.aliyuncs.com"


class Double:
    """Responds to whatever no cassette takes."""

    def owns(self, _host, _peer):
        return True

    def sent(self, request, peer):
        raise AssertionError

    received = sent

    def respond(self, request, _peer):
        return Response(200, [("Content-Length", "6")], request.host[:6].encode())


def ask(host, path="/x"):
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", path)
    return connection.getresponse().read()


def test_what_was_recorded_of_another_product_is_still_played(tmp_path):
    """And asked no more than was recorded; a host of which nothing was recorded passes by, also while recording."""
    path = tmp_path / "old.sls.yaml"
    with use_cassette(path, record="once", hosts=["*.aliyuncs.com"], send=lambda _: Response(200, (), b"stored")):
        assert ask(OSS) == b"stored"
    remove = install(Double())
    with use_cassette(path) as cassette:
        assert ask(OSS.upper()) == b"stored"
        with pytest.raises(UnmatchedRequest):
            ask(OSS, "/y")
        assert ask(ECS) == b"ecs.al"
        assert len(cassette.exchanges) == 1
        cassette._session.results.take_errors()
        cassette._session.results.breaches.clear()
    with use_cassette(tmp_path / "new.sls.yaml", record="once") as cassette:
        assert ask(OSS) == b"bucket"
        assert cassette.exchanges == ()
    remove()
