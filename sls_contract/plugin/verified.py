"""What ``verify`` came to, as lines for the terminal and as JSON values."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.drift import Class
from sls_contract.cassettes.proposal import SUFFIX
from sls_contract.plugin.naming import shown
from sls_contract.plugin.options import ACCEPTABLE
from sls_contract.reports import plural
from sls_contract.reports.change_lines import change_lines, is_notable
from sls_contract.reports.text import on_one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.plugin.verify_result import Settled, VerifyOutcome

NOTHING_COMPARED = 2
"""The exit code of a run that compared nothing, as of the commands."""

_FATES: dict[VerifyOutcome, str] = {
    "validated": "validated again",
    "not validated": "not validated: another outcome, or edited",
    "replaced": "replaced by the proposal",
    "proposed": "unchanged, proposal written beside it",
    "broke off": "unchanged: one of its tests failed or was skipped",
    "failed": "not written",
}


def verified_lines(settled: Sequence[Settled]) -> Iterator[str]:
    """Yield a line of counts, every difference but values that moved with both sides, and where proposals are."""
    verdicts, outcomes = Counter(each.verdict for each in settled), Counter(each.outcome for each in settled)
    kinds = ", ".join(f"{verdicts[kind]} {kind}" for kind in (*map(str, Class), "none") if verdicts[kind])
    told = ", ".join(f"{outcomes[outcome]} {text}" for outcome, text in _FATES.items() if outcomes[outcome])
    yield f"sls-contract: verified {plural(len(settled), 'cassette')}: {kinds}; {told}"
    changes = [{**one, "cassette": shown(each.cassette)} for each in settled for one in each.changes if is_notable(one)]
    yield from (f"  {line}" for line in change_lines(changes))
    for each in settled:
        yield from map(on_one_line, _outcome_lines(each))


def verified_document(settled: Sequence[Settled]) -> dict[str, Any]:
    """Give what was found as plain JSON values: the keys of ``diff --json``, and what became of each cassette."""
    return {
        "verdict": _worst(settled),
        "unmatched": [{"cassette": each.cassette, **one} for each in settled for one in each.unmatched],
        "changes": [{"cassette": each.cassette, **one} for each in settled for one in each.changes],
        "cassettes": [
            {
                "cassette": each.cassette,
                "verdict": each.verdict,
                "fate": each.outcome,
                "weaker_evidence": bool(each.weaker),
            }
            for each in settled
        ],
    }


def _worst(settled: Sequence[Settled]) -> str:
    verdicts = {each.verdict for each in settled}
    return next((str(kind) for kind in Class if kind in verdicts), "none")


def _outcome_lines(each: Settled) -> Iterator[str]:
    path = shown(each.cassette)
    for one in each.unmatched:
        yield f"  unmatched {path} {one['side']} exchange {one['exchange']}: {one['request']}"
    for old, new in each.weaker:
        yield f"  evidence {path}: {new} would replace {old}"
    if each.left:
        yield f"  How to fix {path}: record it again (pytest --sls-record=all), with all tests of its file in one run"
    if each.failure:
        yield f"  {path}: {each.failure}"
    if each.outcome == "proposed":
        yield f"  proposal {path}{SUFFIX}: {shlex.join(['sls-contract', 'diff', path, path + SUFFIX])}{_how(each)}"


def _how(each: Settled) -> str:
    if each.unmatched:
        return ""
    first = "fix or allow (@pytest.mark.sls_allow) what its tests fail for, then " if each.flawed else ""
    first += "" if each.whole else "all tests of its file in one run, "
    classes = ",".join(sorted(each.classes, key=ACCEPTABLE.index))
    return f"; to accept it: {first}run this again with --sls-accept={classes}"


def nothing_compared(settled: Sequence[Settled]) -> str | None:
    """Say that a run compared nothing, and so verified nothing; None where it did."""
    if any(each.compared for each in settled):
        return None
    return (
        "sls-contract: nothing was compared: no test reached the endpoint of its recording\n"
        "How to fix: select tests with a cassette (@pytest.mark.sls_cassette) that run to their end, and follow what "
        "failing ones say."
    )
