"""Each client through a part of `exercise`: what is known of it is found again, and nothing else is.

`python -m benchmarks.clients` runs all scenarios; here are those that show most in the shortest time.
"""

from __future__ import annotations

import io
import os

import pytest
from behaviours import BEHAVIOURS
from bench import exercise
from roster import CLIENTS

from sls_contract import cli

NOTICED = "SLS521"  # silent-success
A_LIST = "SLS531"  # not-a-list
EXACT = "SLS536"  # update-time-changed
PYTHON_SDK = {"empty-object": NOTICED, "error-body-200": NOTICED, "wrapped-list": NOTICED}
GENERATED = {**PYTHON_SDK, "null-body": NOTICED}

FOUND = {
    "aliyun-log-python-sdk": PYTHON_SDK,
    "aliyun-log-cli": PYTHON_SDK,
    "sls20201230 sync": GENERATED,
    "sls20201230 async": GENERATED,
    "@alicloud/log": {
        "content-type-text": A_LIST,
        "empty-object": NOTICED,
        "html-200": NOTICED,
        "html-404": NOTICED,
        "update-time-beyond-64-bits": EXACT,
        "update-time-beyond-doubles": EXACT,
        "wrapped-list": NOTICED,
    },
    "@alicloud/sls20201230": {
        "null-body": NOTICED,
        "update-time-beyond-64-bits": EXACT,
        "update-time-beyond-doubles": EXACT,
    },
}
"""By client and scenario: the one clause that it breaks there."""

ALL = (
    "shard-given",
    "shard-omitted",
    "error-404-consumer-group-not-exist",
    "error-401-signature-not-match",
    "chunked",
    "compress-type-untrue",
    "content-type-text",
    "empty-object",
    "error-body-200",
    "filter-ignored",
    "gzip",
    "html-200",
    "html-404",
    "null-body",
    "reset-once",
    "shard-beyond-32-bits",
    "update-time-beyond-64-bits",
    "update-time-beyond-doubles",
    "wrapped-list",
)


def scenarios_of(name: str) -> tuple[str, ...]:
    """Name all of them; without SLS_FULL one that each passes, and the first in which the client breaks a clause."""
    return ALL if os.environ.get("SLS_FULL") else ("shard-given", next(iter(FOUND[name])))


def here(words: list[str]) -> tuple[int, str]:
    """Run our command line in this process, so that each start of a client is one of this run's."""
    said = io.StringIO()
    return cli.run(words, environ=os.environ, stdin=io.StringIO(), stdout=said, stderr=said), said.getvalue()


def some_clients():
    """Give all of them; without SLS_FULL one in Python and one in JavaScript."""
    kept = ("aliyun-log-python-sdk", "@alicloud/log")
    for each in CLIENTS:
        yield pytest.param(each, id=each.name, marks=[] if each.name in kept else [pytest.mark.full])


@pytest.fixture(scope="module", params=[*some_clients()])
def result(request):
    """Return what the command wrote of one client."""
    if reason := request.param.missing():
        pytest.skip(reason)
    return exercise(request.param, scenarios_of(request.param.name), run=here)


@pytest.mark.slow
def test_what_is_known_is_found_and_nothing_else(result):
    """A defect that is no longer found is a clause that sleeps; one more is a false alarm, or news of the client."""
    found = {run.scenario: "".join(run.codes) for run in result.runs() if run.codes}
    known, scenarios = FOUND[result.client.name], scenarios_of(result.client.name)
    assert found == {each: code for each, code in known.items() if each in scenarios}


def test_every_scheme_that_the_client_has_verifies(result):
    """Each client signs in v1 and v4, with a key and with a token; @alicloud/log says that it has no v4."""
    schemes = {run.auth: run.supported for run in result.runs() if run.scenario == "shard-given"}
    has_v4 = result.client.name != "@alicloud/log"
    assert schemes == {"v1": True, "v1-sts": True, "v4": has_v4, "v4-sts": has_v4}


def test_it_behaves_as_it_was_seen_to(result):
    """What was known of the client before is still so, in each of these scenarios."""
    scenarios = scenarios_of(result.client.name)
    rows = [each for each in BEHAVIOURS if each.scenario in scenarios and result.client.name in each.clients]
    assert [each.statement for each in rows if not each.holds(result.run(each.scenario).seen)] == []
    assert len(rows) >= (5 if scenarios == ALL else 1)


@pytest.mark.full
def test_the_command_line_client_never_gives_up():
    """aliyun-log-cli asks again for ever where the service fails: only the end of its time ends it."""
    client = next(each for each in CLIENTS if each.name == "aliyun-log-cli")
    if reason := client.missing():
        pytest.skip(reason)
    result = exercise(client, ["error-500-internal-server-error"], timeout=30, run=here)
    (run,) = result.runs()
    assert run.codes == ("SLS505",)
    assert run.seen.exit is None
    assert run.seen.requests >= 3
