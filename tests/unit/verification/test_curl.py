"""Requests as lines for a terminal."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime

from sls_contract import read_transcript, verify_signature
from sls_contract.scenarios import Read, Write
from sls_contract.signing import TEST_CREDENTIALS, Credentials
from sls_contract.verification import Target
from sls_contract.verification.summary import curl_line

AT = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)


def line(step, credentials=TEST_CREDENTIALS, **changes) -> list[str]:
    target = Target("e", "127.0.0.1:8080", "my-project", "my-logstore", credentials, **changes)
    bench = target.bench().with_shards("main", (0,))
    return shlex.split(curl_line(bench.request(step, AT, value="12"), target))


def test_a_line_goes_to_loopback_with_the_real_host():
    """No resolver knows a project in front of 127.0.0.1, so the address is called and the Host header says the rest."""
    words = line(Read(0))
    assert words[:5] == [
        "curl",
        "-sSi",
        "-X",
        "GET",
        "http://127.0.0.1:8080/logstores/my-logstore/consumergroups/sls-contract-a?shard=0",
    ]
    assert "Host: my-project.127.0.0.1:8080" in words
    assert any(word.startswith("Authorization: LOG testAccessKeyId:") for word in words)


def test_a_line_shows_no_real_signature():
    """With a real key neither signature nor token can be copied from the terminal."""
    words = line(Read(0), Credentials("LTAIrealKeyIdOfSomebody", "s", "realToken"))
    assert "Authorization: ***" in words
    assert "x-acs-security-token: ***" in words


def test_a_line_carries_the_body():
    """What is posted stands behind --data-binary; off loopback the request's own host is called."""
    words = line(Write(0), loopback=False)
    assert words[4].startswith("http://my-project.127.0.0.1:8080/")
    assert words[-2:] == ["--data-binary", '{"shard":0,"checkpoint":"MTI="}']


def test_the_numbered_lines_of_a_scenario_can_be_given_to_signature():
    """As `verify` prints them, each with its response below: every request is read back and verifies."""
    steps = [Read(0), Write(0), Read(0)]
    printed = "\n".join(f"  {at}. {shlex.join(line(step))}\n     -> 200  SLS401" for at, step in enumerate(steps, 1))
    exchanges = read_transcript(f"group-fresh: an empty array (page)\n  again: sls-contract verify\n{printed}\n")
    assert [verify_signature(each.request, TEST_CREDENTIALS, at=AT) for each in exchanges] == [None] * 3


def test_a_line_can_be_given_to_signature():
    """Whoever wonders about a line that verify printed pastes it: the request is read back and verifies."""
    for step in (Read(0), Write(0)):
        (exchange,) = read_transcript(shlex.join(line(step)))
        assert verify_signature(exchange.request, TEST_CREDENTIALS, at=AT) is None
