"""A fixture lists what others have at the live service; its tests ask with those names, each into its own cassette."""

from __future__ import annotations

from pathlib import Path

import pytest

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.plugin.opener import Opener
from sls_contract.plugin.run import utc_now
from sls_contract.signing import Credentials

HOST = "real-project.cn-hangzhou.log.aliyuncs.com"
KEY = Credentials("LTAI5tRealKeyOfThisRun01", "realSecretOfThisRun0123456789x")
REAL = ("billing-readers", "fraud-team")
FIXTURES = """
    from dataclasses import replace

    def listed(sls):
        group, url = sls.consumer_group, f"/logstores/{sls.logstore}/consumergroups"
        from datetime import UTC, datetime
        import requests
        from sls_contract import Request, sign
        request = sign(Request("GET", f"{sls.url}{url}".replace("://", f"://{sls.project}.")), sls.credentials,
                       at=datetime.now(UTC))
        answer = requests.get(request.url, headers=dict(request.headers), timeout=60)
        return [each["name"] for each in answer.json() if each["name"].startswith(("other", "bill", "fraud"))]

    @pytest.fixture(scope="session")
    def first(sls_session):
        return listed(sls_session)[0]

    @pytest.mark.sls_cassette(match_on=["method", "path", "query"])
    def test_asks_for_one(first, sls_session):
        assert ask(replace(sls_session, consumer_group=first)).status_code == 200

    @pytest.mark.sls_cassette
    def test_lists_anew(first, sls_session):
        names = listed(sls_session)
        assert names[0] == first
        assert [ask(replace(sls_session, consumer_group=name)).status_code for name in names] == [200, 200]
"""
ELSEWHERE = """
import socket
from sls_contract.cassettes import session
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, port, *rest, **more: resolve("127.0.0.1", {port}, *rest, **more)
session.is_live = lambda host, peer: True  # nobody has a service at hand; what answers stands for it
"""
