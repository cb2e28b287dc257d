"""What ``verify`` says after "How to fix:" is done as it is written, and the endpoint is then verified."""

from __future__ import annotations

import io
import re
import shlex
from datetime import UTC, datetime

import pytest
from advice import advised

from sls_contract import cli
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.signing import Credentials

KEY = Credentials("LTAI5tRealKeyOfThisRun01", "realSecretOfThisRun0123456789x")
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY.access_key_id,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY.access_key_secret,
}
PLACE = "--project mine --logstore logs"
QUICK = "--scenario group-fresh"


@pytest.fixture(scope="module")
def url():
    """Serve two projects, a second logstore in one of them, and a consumer group there; only one key is let in."""
    logstores = {("mine", "logs"): 2, ("mine", "more"): 2, ("other", "logs"): 2, ("empty", "nothing"): 2}
    endpoint = ReferenceEndpoint(lambda: datetime.now(UTC), credentials=[KEY], logstores=logstores)
    endpoint.create_consumer_group("group", project="mine", logstore="logs")
    with serve(endpoint) as server:
        yield server.url


def run(words: str, environ=ENVIRON) -> tuple[int, str]:
    out = io.StringIO()
    code = cli.run(["verify", *shlex.split(words)], environ=environ, stdin=io.StringIO(), stdout=out, stderr=out)
    return code, out.getvalue()


@pytest.mark.parametrize(
    ("wrong", "advice", "right"),
    [
        (
            f"--project gone --logstore logs {QUICK}",
            r"name one of yours with ([\w-]+)",
            rf"\1 mine --logstore logs {QUICK}",
        ),
        (
            f"--project mine --logstore gone {QUICK}",
            r"name (?:one|thing) with ([\w-]+)",
            rf"--project mine \1 logs {QUICK}",
        ),
        (
            f"{PLACE} --other-logstore gone --scenario two-logstores",
            r"name (?:one|thing) with ([\w-]+)",
            rf"{PLACE} \1 more --scenario two-logstores",
        ),
        (
            f"{PLACE} --other-project gone --scenario two-projects",
            r"name one of yours with ([\w-]+)",
            rf"{PLACE} \1 other --scenario two-projects",
        ),
        (
            f"{PLACE} --other-project empty --scenario two-projects",
            r"name (?:a project that has it|thing) with ([\w-]+)",
            rf"{PLACE} \1 other --scenario two-projects",
        ),
        (
            f"{PLACE} --other-logstore logs {QUICK}",
            r"name another \w+ with ([\w-]+), or leave it out",
            rf"{PLACE} \1 more {QUICK}",
        ),
        (
            f"{PLACE} --group gone --only shards",
            "name one that exists with (--group)",
            rf"{PLACE} \1 group --only shards",
        ),
        (
            f"{PLACE} --only groups --skip groups",
            "skip less, or name more with --only",
            f"{PLACE} {QUICK} --only groups",
        ),
        (
            f"{PLACE} {QUICK} --record /dev/null/cassettes",
            "name a folder where you may write",
            f"{PLACE} {QUICK} --record cassettes",
        ),
        (
            f"{PLACE} {QUICK} --database /dev/null/found",
            "name a folder where you may write",
            f"{PLACE} {QUICK} --database found",
        ),
        (
            f"{PLACE} {QUICK} --json /dev/null/report.json",
            "name a file where you may write",
            f"{PLACE} {QUICK} --json report.json",
        ),
        (
            f"{PLACE} {QUICK} --json /dev/full",  # as a full disk
            "free space on the disk, or name a file on another one",
            f"{PLACE} {QUICK} --json report.json",
        ),
    ],
)
def test_a_run_that_was_refused_is_green_with_what_it_says(url, tmp_path, monkeypatch, wrong, advice, right):
    """The option that is named is given what is there."""
    monkeypatch.chdir(tmp_path)
    code, told = run(f"--endpoint {url} {wrong}")
    assert code == 2, told
    code, told = run(f"--endpoint {url} " + advised(told, advice).expand(right))
    assert code == 0, told


def test_what_a_live_endpoint_needs_is_exported_and_given_as_printed(url):
    """The variables and the command are those of the message."""
    code, told = run(f"--endpoint {url}", environ={})
    assert code == 2
    names, command = advised(told, r"export (.*), then sls-contract verify (.*)").groups()
    environ = dict.fromkeys(re.findall("[A-Z_]{9,}", names))
    assert set(environ) == set(ENVIRON)
    words = command.replace("URL", url).replace("--project NAME", "--project mine").replace("NAME", "logs")
    assert run(f"{words} {QUICK}", ENVIRON)[0] == 0


def test_a_key_that_is_refused_is_replaced_in_the_variables_that_are_named(url):
    code, told = run(f"--endpoint {url} {PLACE} {QUICK}", {name: f"{value}x" for name, value in ENVIRON.items()})
    assert code == 2
    named = re.findall("ALIBABA_CLOUD_[A-Z_]+", advised(told, "set .* to a key that may use project").group(0))
    assert run(f"--endpoint {url} {PLACE} {QUICK}", {name: ENVIRON.get(name, "") for name in named})[0] == 0
