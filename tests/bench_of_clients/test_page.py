"""docs/clients.md: what the generator makes of reports, and that the page is about the clients of this checkout."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from behaviours import BEHAVIOURS, Seen
from bench import Result, Run
from roster import CLIENTS

from benchmarks.clients_cells import cell, short
from benchmarks.clients_page import AGAIN, OTHERWISE, page
from sls_contract.exercise.situations import SITUATIONS

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
HANDED_ON = next(each for each in BEHAVIOURS if each.scenario == "empty-object" and CLIENTS[0].name in each.clients)
HANDED_ON = replace(HANDED_ON, clients=(CLIENTS[0].name,))
LIST = [{"shard": 1, "checkpoint": "MTI=", "updateTime": 1524224984800922, "consumer": ""}]


def run(exit_code, printed, *codes, scenario="empty-object", requests=1, supported=True):
    return Run(scenario, "v1", supported, 30.0, codes, Seen(exit_code, printed, requests))


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (run(0, LIST), "as sent"),
        (run(0, {}, "SLS521"), "**`{}`**"),
        (run(0, LIST, requests=3), "as sent ×3"),
        (run(1, {"errorCode": None, "status": None}), "error"),
        (run(1, {"errorCode": "BadResponse", "status": 404}, scenario="html-404"), "error BadResponse 404"),
        (run(1, {"errorCode": "ServerBusy", "status": 503}, scenario="error-503-server-busy"), "error: code, status"),
        (run(1, {"errorCode": "ServerBusy", "status": None}, scenario="error-503-server-busy"), "error: code"),
        (run(1, {"errorCode": "X", "status": 503}, scenario="error-503-server-busy"), "error X 503"),
        (run(1, "a line"), "error"),
        (run(None, None, "SLS505", requests=29), "**still retrying after 30 s**"),
        (run(None, None, "SLS504"), "**still waiting after 30 s**"),
        (run(77, None, supported=False), "not supported"),
        (None, "not run"),
        (run(0, LIST, scenario="shard-missing"), "shard `1`"),
        (run(0, [{"checkpoint": "MTI="}], scenario="shard-missing"), "no shard"),
        (run(0, [{"updateTime": 2**53}], "SLS536", scenario="update-time-beyond-doubles"), f"**updateTime `{2**53}`**"),
        (run(0, LIST, scenario="filter-ignored"), "1 entry"),
        (run(0, LIST * 3, scenario="filter-ignored"), "3 entries"),
        (run(0, [], "SLS532", scenario="filter-ignored"), "**`[]`**"),
    ],
)
def test_a_cell_says_what_became_of_the_response(made, text):
    """In a few words: the data, the error as far as the client told it, or that it did not end; bold where wrong."""
    assert cell(made) == text


def test_a_long_response_is_cut():
    """A list of many entries does not burst the table; names in Chinese stay readable."""
    assert short(LIST * 9).endswith("…")
    assert short(["消费者"]) == '["消费者"]'


def document(**changes):
    """Return a report with one run, in which {} was handed on."""
    outcome = {"scenario": "empty-object", "auth": "v1", "verdict": "failed", "exit_code": 0, "said": "{}"}
    finding = {"code": "SLS521", "level": "violation", "where": "exit code", "scenario": "empty-object", "auth": "v1"}
    fact = {"scenario": "late", "auth": "v1", "fact": "requests", "value": 1}
    whole = {
        "outcomes": [outcome | {"requests": 1, "seconds": 0.2, "stderr": ""}],
        "findings": [finding],
        "facts": [fact],
    }
    return whole | changes


def test_a_defect_has_its_clause_what_was_seen_and_the_command_that_shows_it_again():
    """A maintainer who reads the page can repeat each finding with one line."""
    client = CLIENTS[0]
    lines = page([Result(client, document())], [HANDED_ON], "Made today.").splitlines()
    command = f"sls-contract exercise --scenario empty-object -- python tests/clients/{client.script}"
    assert f"    `{command}`" in lines
    assert "  - 200 and {}: `{}`  " in lines
    assert "- [SLS521 silent-success](clauses.md#sls521-silent-success) (violation)" in lines
    assert f"| 200 and {{}} | succeeds with {{}} in the place of a list | {client.name} | {AGAIN} |" in lines
    assert "- 1 request: the entry after 2 seconds" in lines


def test_what_was_known_and_is_no_longer_so_is_told():
    """A behaviour that the run does not show is a row, too, with what was seen instead."""
    outcome = {"said": '{"errorCode":null}', "exit_code": 1, "verdict": "passed"}
    outcomes = [document()["outcomes"][0] | outcome]
    text = page([Result(CLIENTS[0], document(outcomes=outcomes, findings=[]))], [HANDED_ON], "Made today.")
    assert "0 of 1 rows were seen again" in text
    assert f"| {OTHERWISE}{CLIENTS[0].name}: error |" in text
    assert "Nothing was found." in text


def test_a_client_that_was_not_run_showed_nothing():
    """What is not looked for is not seen again."""
    row = replace(HANDED_ON, clients=("another",))
    text = page([Result(CLIENTS[0], document())], [row], "Made today.")
    assert f"| {OTHERWISE}another: not run |" in text


def test_the_generator_fails_where_a_client_changed(tmp_path):
    """Kept reports make the page without a run; exit code 1 says that something known was not seen again."""
    for client in CLIENTS:
        if client.missing():
            pytest.skip(client.missing())
        (tmp_path / f"{Path(client.script).stem}.json").write_text(json.dumps(document()), encoding="utf-8")
    page_file = tmp_path / "page.md"
    command = [sys.executable, "-m", "benchmarks.clients", "--reports", str(tmp_path), "--out", str(page_file)]
    done = subprocess.run(command, cwd=PAGE.parents[1], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1, done.stderr
    assert f"{OTHERWISE}sls20201230 sync: **`{{}}`**" in page_file.read_text(encoding="utf-8")


def test_the_page_is_of_the_clients_on_this_bench():
    """It names each client in the version that is pinned here, and what was known of it was seen again."""
    text = PAGE.read_text(encoding="utf-8")
    for client in CLIENTS:
        assert f"| {client.name} | {client.package} {client.pinned} |" in text
        assert f"\n## {client.name}\n" in text
    assert text.count(f"| {AGAIN} |") >= 25
    assert OTHERWISE not in text


def test_every_known_behaviour_is_of_a_scenario_and_clients_that_exist():
    """A row about a scenario that is gone would be looked for in vain."""
    names = {client.name for client in CLIENTS}
    assert {each.scenario for each in BEHAVIOURS} <= set(SITUATIONS)
    assert all(set(each.clients) <= names for each in BEHAVIOURS)
    assert sum(len(each.clients) for each in BEHAVIOURS) >= 25
