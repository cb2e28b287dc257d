"""The end of a run in record mode ``verify``: each cassette is renewed, replaced by its proposal, or left as it is.

Done once, by the process that reports: only it knows what became of every test of a cassette.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from sls_contract.cassettes.drift import Class, change_of
from sls_contract.cassettes.file.recording_file import load, recorded
from sls_contract.cassettes.matching import requested_positions
from sls_contract.cassettes.player import keys_of
from sls_contract.cassettes.proposal import SUFFIX, not_requested, proposed
from sls_contract.cassettes.renewal import Replacement, accept, dismiss, propose, renew
from sls_contract.errors import SlsContractError
from sls_contract.plugin.naming import shown
from sls_contract.plugin.options import ACCEPTABLE
from sls_contract.plugin.totals import by_cassette
from sls_contract.reports import plural
from sls_contract.reports.change_lines import change_lines, is_notable
from sls_contract.reports.text import on_one_line
from sls_contract.spec.change import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


Plain: TypeAlias = "dict[str, Any]"
VerifyOutcome: TypeAlias = Literal["validated", "not validated", "replaced", "proposed", "broke off", "failed"]

EVIDENCE = "evidence"


@dataclass(slots=True)
class Settled:
    """What one cassette's verification came to.

    Attributes:
        cassette: its path.
        changes: every difference (`plain_change`), with the test that met it.
        unmatched: exchanges without a partner.
        weaker: pairs of old and new evidence, where the new one proves less.
        fate: ``validated``: the contract still holds, and the old exchanges say so; ``not validated``: nothing broke,
            but not every exchange met its old outcome again (the service was busy), or one was edited; ``replaced``:
            the proposal was accepted; ``proposed``: it lies beside the cassette; ``broke off``: a test did not come to
            its end, and nothing was changed; ``failed``: a file could not be written, see ``failure``.
        flawed: whether its tests fail for more than the differences: then no proposal takes its place.
        whole: whether every test of it ran; a part of a shared cassette replaces nothing.
        left: whether exchanges of a shared cassette were left over, which no single test can tell.
        compared: how many exchanges were compared with their recording.

    """

    cassette: str
    changes: list[Plain] = field(default_factory=list)
    unmatched: list[Plain] = field(default_factory=list)
    weaker: list[list[str]] = field(default_factory=list)
    outcome: VerifyOutcome = "broke off"
    failure: str = ""
    flawed: bool = False
    whole: bool = True
    left: bool = False
    compared: int = 0

    @property
    def verdict(self) -> str:
        """The worst class among the changes."""
        return verdict_of(change["class"] for change in self.changes)

    @property
    def classes(self) -> frozenset[str]:
        """All that must be accepted before the proposal takes the old file's place."""
        return frozenset(change["class"] for change in self.changes) | ({EVIDENCE} if self.weaker else frozenset())


def settle(entries: Iterable[Plain], accepted: frozenset[str], complete: Callable[[str], bool]) -> list[Settled]:
    """Settle every cassette that was verified; ``entries`` are of tests (`Verifying.plain`), the last of a test counts.

    ``complete`` tells of a shared cassette whether every test of it ran to its end.
    """
    return [
        _settled(cassette, tests, accepted, complete)
        for cassette, tests in by_cassette(entries).items()
        if any(test["recorded"] or test["left"] or not test["ended"] for test in tests)  # else nothing was asked
        or (tests[0]["shared"] and recorded(cassette) and complete(cassette))  # but something might have been
    ]


def _settled(cassette: str, tests: list[Plain], accepted: frozenset[str], complete: Callable[[str], bool]) -> Settled:
    settled = Settled(
        cassette,
        [{**change, "test": test["test"]} for test in tests for change in test["changes"]],
        [{**each, "test": test["test"]} for test in tests for each in test["unmatched"]],
        [pair for test in tests for pair in test["weaker"]],
        flawed=any(test["flawed"] for test in tests),
        whole=not tests[0]["shared"] or complete(cassette),
        compared=sum(test["pairs"] for test in tests),
    )
    try:
        settled.left, left = _left(cassette, tests) if settled.whole else (False, [])
        settled.unmatched += left
        settled.outcome = _carry_out(settled, tests, accepted)
    except (SlsContractError, OSError) as error:
        settled.outcome, settled.failure = "failed", str(error)
    return settled


def _left(cassette: str, tests: list[Plain]) -> tuple[bool, list[Plain]]:
    """Return the old exchanges that no test asked for, and whether that is told nowhere else."""
    if not tests[0]["shared"]:
        return False, [{**each, "test": test["test"]} for test in tests for each in test["left"]]
    old = load(cassette)
    keys = next((test["alike"] for test in tests if test["alike"]), None) or keys_of(old)
    played = requested_positions(keys, [test["played"] for test in tests])
    left = [{**asdict(each), "test": None} for each in not_requested(old, played)]
    return bool(left), left


def _carry_out(settled: Settled, tests: list[Plain], accepted: frozenset[str]) -> VerifyOutcome:
    path, what = Path(settled.cassette), _replacement(settled, tests)
    if not all(test["ended"] for test in tests):
        dismiss(path)
        return "broke off"
    acceptable = not (settled.flawed or settled.unmatched) and settled.whole
    if acceptable and what.taken and settled.classes <= accepted:
        propose(path, what)
        accept(path)
        return "replaced"
    if not settled.unmatched and settled.classes <= {Class.BENIGN}:
        dismiss(path)
        return "broke off" if settled.flawed else _renewed(path, tests, what)
    if not any(test["recorded"] for test in tests) or not (recorded(path) and recorded(proposed(path))):
        dismiss(path)  # what lies there is of an earlier run, or there is nothing to put it in the place of
        return "broke off"
    propose(path, what)
    return "proposed"


def _replacement(settled: Settled, tests: list[Plain]) -> Replacement:
    """Return what a proposal takes over from the new exchanges of all tests."""
    return Replacement(
        {name: digest for test in tests for name, digest in test["taken"].items()},
        [digest for test in tests for digest in test["added"]],
        [each["exchange"] for each in settled.unmatched if each["side"] == "old"],
        {name: datetime.fromisoformat(when) for test in tests for name, when in test["validated"].items()},
    )


def _renewed(path: Path, tests: list[Plain], what: Replacement) -> VerifyOutcome:
    found = (change for test in tests for change in test["changes"])
    whole = renew(path, what.validated) == len(what.validated) and not any(change_of(each).of_outcome for each in found)
    return "validated" if whole else "not validated"


NOTHING_COMPARED = 2
"""The exit code of a run that compared nothing, as of the commands."""


def _counted(outcome: VerifyOutcome, count: int) -> str:
    return {
        "validated": f"{count} validated again",
        "not validated": f"{count} not validated: another outcome, or edited",
        "replaced": f"{count} replaced by the proposal",
        "proposed": f"{count} unchanged, proposal written beside it",
        "broke off": f"{count} unchanged: one of its tests failed or was skipped",
        "failed": f"{count} not written",
    }[outcome]


def verified_lines(settled: Sequence[Settled]) -> Iterator[str]:
    """Yield a line of counts, every difference but values that moved with both sides, and where proposals are."""
    verdicts, outcomes = Counter(each.verdict for each in settled), Counter(each.outcome for each in settled)
    kinds = ", ".join(f"{verdicts[kind]} {kind}" for kind in (*map(str, Class), "none") if verdicts[kind])
    told = ", ".join(_counted(outcome, outcomes[outcome]) for outcome in get_args(VerifyOutcome) if outcomes[outcome])
    yield f"sls-contract: verified {plural(len(settled), 'cassette')}: {kinds}; {told}"
    changes = [{**one, "cassette": shown(each.cassette)} for each in settled for one in each.changes if is_notable(one)]
    yield from (f"  {line}" for line in change_lines(changes))
    for each in settled:
        yield from map(on_one_line, _outcome_lines(each))
    yield from map(on_one_line, _proposal_lines(settled))


def verified_document(settled: Sequence[Settled]) -> dict[str, Any]:
    """Give what was found as plain JSON values: the keys of ``diff --json``, and what became of each cassette."""
    return {
        "verdict": verdict_of(each.verdict for each in settled),
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


def _proposal_lines(settled: Iterable[Settled]) -> Iterator[str]:
    """Yield a line for each proposal, but one for all that are accepted by one run."""
    alike: dict[tuple[str, str], list[str]] = {}
    for each in settled:
        if each.outcome == "proposed":
            path = shown(each.cassette)
            alike.setdefault((_how(each), "" if each.whole else path), []).append(path)
    for (how, _), (first, *others) in alike.items():
        more = f" and {len(others)} more" if others else ""
        yield f"  proposal {first}{SUFFIX}{more}: {shlex.join(['sls-contract', 'diff', first, first + SUFFIX])}{how}"


def _how(each: Settled) -> str:
    if each.unmatched:
        return ""
    first = "fix or allow (@pytest.mark.sls_allow) what its tests fail for, then " if each.flawed else ""
    classes = ",".join(sorted(each.classes, key=ACCEPTABLE.index))
    if not each.whole:
        return f"; to accept it: {first}run all tests of its file, with the same options and --sls-accept={classes}"
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
