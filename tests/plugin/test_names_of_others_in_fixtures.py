"""A fixture lists what others have at the live service; its tests ask with those names, each into its own cassette."""

from __future__ import annotations

import pytest

LIVE = (
    "--sls-endpoint=http://cn-hangzhou.log.aliyuncs.com",
    "--sls-project=real-project",
    "--sls-logstore=real-logstore",
)
REAL = ("billing-readers", "fraud-team")
SOURCE = """
    from dataclasses import replace
    from datetime import UTC, datetime
    import requests
    from sls_contract import Request, sign

    def listed(sls):
        url = f"http://{sls.project}.{sls.endpoint}/logstores/{sls.logstore}/consumergroups"
        request = sign(Request("GET", url), sls.credentials, at=datetime.now(UTC))
        response = requests.get(url, headers=dict(request.headers), timeout=60)
        return sorted({each["name"] for each in response.json()} - {sls.consumer_group})

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
DOUBLE = """
import socket

from sls_contract.cassettes import exchanges

exchanges.is_live = lambda host, peer: True  # for the service stands a double on loopback, which is never live
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, port, *rest, **more: resolve("127.0.0.1", {port}, *rest, **more)
"""


def test_the_names_that_a_fixture_read_are_hidden_alike_in_its_tests(project, service):
    """The test asks with the real name, and its cassette has the name that the fixture's cassette gives it."""
    for group in REAL:
        service.endpoint.set_checkpoint(
            group, 0, "MTAw", consumer="consumer_1", project="real-project", logstore="real-logstore"
        )
    doubled = project.test(SOURCE).write("conftest.py", DOUBLE.format(port=service.server.port))
    project.spawn("--sls-record=once", *LIVE).assert_outcomes(passed=2)
    written = [path.read_text("utf-8") for path in project.path.rglob("*.sls.yaml")]
    assert len(written) == 3
    assert all("evidence: live" in text and "other-group-1" in text for text in written)
    assert not [name for name in REAL for text in written if name in text]

    project.spawn("--sls-record=verify", *LIVE).assert_outcomes(passed=2)
    doubled.unlink()
    project.run("--sls-strict").assert_outcomes(passed=2)
    project.run("-k", "one").assert_outcomes(passed=1)


@pytest.mark.parametrize("given", ["return 'fraud-team'", "return os.environ['TEAM']"], ids=["literal", "environment"])
def test_the_name_that_a_conftest_gives_is_the_tests_own_though_a_list_has_it_first(
    project, service, monkeypatch, given
):
    """It is not hidden, for the test sends it in replay, too; the names beside it in the list are hidden."""
    monkeypatch.setenv("TEAM", "fraud-team")
    for group in REAL:
        service.endpoint.create_consumer_group(group, project="real-project", logstore="real-logstore")
    project.test(
        SOURCE.partition("    @pytest.fixture(")[0]
        + """
    @pytest.mark.sls_cassette
    def test_asks_for_its_own(sls, group):
        assert group in listed(sls)
        assert ask(replace(sls, consumer_group=group)).status_code == 200
    """
    )
    fixture = f"import os\nimport pytest\n\n@pytest.fixture\ndef group():\n    {given}\n"
    project.write("conftest.py", fixture + DOUBLE.format(port=service.server.port))
    project.spawn("--sls-record=once", "--sls-strict", *LIVE).assert_outcomes(passed=1)
    text = project.cassette("test_asks_for_its_own").read_text("utf-8")
    assert "consumergroups/fraud-team?shard=0" in text
    assert "billing-readers" not in text
    project.write("conftest.py", fixture)
    project.run("--sls-strict").assert_outcomes(passed=1)
