"""A recording made at a URL is neither replaced nor continued by the bundled endpoint unless the run names it."""

from __future__ import annotations

import pytest
from advice import advised

from sls_contract.cassettes.file.recording_file import load

ASKS = """
    @pytest.mark.sls_cassette
    def test_asks(sls):
        for shard in {shards}:
            try:
                ask(sls, shard=shard)
            except Exception:
                pass  # a client that hides errors
"""


def endpoints(project) -> list[str]:
    return [each.provenance.endpoint for each in load(project.cassette("test_asks"))]


@pytest.fixture
def recorded(project, service):
    """Record one request at a URL."""
    project.test(ASKS.format(shards=[0]))
    project.run("--sls-record=once", f"--sls-endpoint={service.url}", *service.options).assert_outcomes(passed=1)
    return project


@pytest.mark.parametrize("mode", ["all", "new_episodes"])
@pytest.mark.parametrize("bundled", [False, True])
def test_each_endpoint_of_the_advice_records(recorded, service, mode, bundled):
    """Following --sls-record=all alone would leave recordings that prove less, in a green run."""
    before = recorded.cassette("test_asks").read_bytes()
    result = recorded.test(ASKS.format(shards=[0, 1])).run(f"--sls-record={mode}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*test_asks.sls.yaml was recorded at {service.url} (evidence: reference), *"])
    assert recorded.cassettes() == ["cassettes/test_it/test_asks.sls.yaml"]
    assert recorded.cassette("test_asks").read_bytes() == before
    found = advised(
        result.stdout.str(), r"name the endpoint where it was recorded \((\S+)\), or the bundled endpoint \((\S+)\)"
    )
    option = found.group(2 if bundled else 1)
    recorded.run(f"--sls-record={mode}", option, *(() if bundled else service.options)).assert_outcomes(passed=1)
    here = "reference" if bundled else service.url
    assert endpoints(recorded) == [here if mode == "all" else service.url, here]
    recorded.run().assert_outcomes(passed=1)


def test_what_needs_no_endpoint_is_played(recorded):
    """New episodes in a suite of mixed origin: only what must be sent needs the name of an endpoint."""
    recorded.test(ASKS.format(shards=[0]) + ASKS.replace("test_asks", "test_new").format(shards=[1])).run(
        "--sls-record=new_episodes"
    ).assert_outcomes(passed=2)
    recorded.run("--sls-record=all", "-k", "new").assert_outcomes(passed=1)


def test_an_interrupted_recording_is_continued_where_it_began(recorded, service):
    """The mode `once` continues a recording of another endpoint only there."""
    source = ASKS.format(shards=[0, 1])
    options = ("--sls-record=once", f"--sls-endpoint={service.url}", *service.options)
    recorded.cassette("test_asks").unlink()
    recorded.test(ASKS.format(shards=[0]) + "        pytest.skip()").run(*options).assert_outcomes(skipped=1)
    recorded.test(source).run("--sls-record=once").assert_outcomes(failed=1)
    assert endpoints(recorded) == [service.url]
    recorded.run(*options).assert_outcomes(passed=1)
    assert endpoints(recorded) == [service.url] * 2
