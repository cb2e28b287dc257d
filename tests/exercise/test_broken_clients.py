"""Clients with one bug each are found out, each by its clause; correct ones never are, whatever form they have.

``SLS_FULL=1`` runs the correct ones in every scenario, and the broken ones in every signature scheme; else each correct
one meets a part of the scenarios that differ most, and each of these several clients.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from advice import speaks_of_its_breach
from broken_clients.every import BUGS, UNUSUAL, Bug

from sls_contract import cli
from sls_contract.spec import CLAUSES

CLIENTS = Path(__file__).parent / "broken_clients"
FULL = os.environ.get("SLS_FULL")
SLOW = {"retries-ten-times": ("--timeout", "120")}  # where no response comes, ten times its timeout of 8 s
NEVER_ENDING = {"hang", "unbounded-retries"}
SHOWN_IN_V4 = {
    "derives-no-key",
    "hashes-another-body",
    "knows-one-region",
    "knows-v1-only",
    "scopes-to-another-service",
    "scopes-to-the-local-day",
    "scopes-to-tomorrow",
    "signs-no-host",
    "signs-v4-in-ascii",
}
TELLING = (
    "shard-omitted",
    "error-404-consumer-group-not-exist",
    "error-body-200",
    "consumer-in-many-scripts",
    "group-in-many-scripts",
    "filter-ignored",
    "shard-twice",
    "consumer-missing",
    "gzip",
    "cut-off-after-entry",
    "pause-in-body",
    "failure-twice",
    "error-code-number",
    "error-code-object",
    "error-null-404",
    "error-pause-in-body",
    "byte-order-mark",
    "chunked",
    "shards-many",
    "consumer-in-gbk",
    "header-names-lower-case",
)


def exercised(name: str, *options: str) -> tuple[int, dict]:
    out, err = io.StringIO(), io.StringIO()
    argv = ["exercise", "--json", "-", *options, "--", sys.executable, str(CLIENTS), name]
    code = cli.run(argv, environ=os.environ, stdin=io.StringIO(), stdout=out, stderr=err)
    assert out.getvalue(), err.getvalue()
    return code, json.loads(out.getvalue())


def cases():
    """Give each bug; of those that one clause finds, the first runs without SLS_FULL."""
    seen = set()
    for name, bug in BUGS.items():
        yield pytest.param(name, bug, marks=[pytest.mark.full] if bug.slug in seen else [], id=name)
        seen.add(bug.slug)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bug"), [*cases()])
def test_a_bug_is_found_by_its_clause(name: str, bug: Bug):
    """One scenario is enough to show the bug, and the clause that speaks of it is broken."""
    seconds = "2" if bug.slug in NEVER_ENDING else "20"
    auth = () if FULL else ("--auth", "v4" if name in SHOWN_IN_V4 else "v1")
    code, document = exercised(name, "--scenario", bug.scenario, "--timeout", seconds, *auth)
    findings = {finding["slug"]: finding for finding in document["findings"]}
    assert bug.slug in findings
    assert speaks_of_its_breach(findings[bug.slug])
    assert code == (1 if any(finding["level"] == "violation" for finding in findings.values()) else 0)


def telling(name: str) -> tuple[str, ...]:
    """Name the scenarios that a correct client meets; the plain one meets all that tell."""
    if FULL:
        return ()
    return TELLING if name == "correct" else TELLING[[*UNUSUAL].index(name) % 4 :: 4]


@pytest.mark.parametrize("name", ["correct", *UNUSUAL])
def test_a_correct_client_is_never_accused(name: str):
    """Whatever its form: what it does not do is not supported, and what is left open is a fact."""
    options = [word for each in telling(name) for word in ("--scenario", each)]
    code, document = exercised(name, *options, *SLOW.get(name, ()))
    assert [finding for finding in document["findings"] if finding["level"] != "unspecified"] == []
    assert code == 0
    assert document["summary"]["clauses"]["exercised"] > 0


def test_every_clause_has_its_bug():
    """Each clause about clients is the one that some client breaks."""
    wanted = {each.slug for code, each in CLAUSES.items() if code.startswith("SLS5")}
    assert wanted <= {bug.slug for bug in BUGS.values()}
