"""The end of a run in record mode ``verify``: each cassette is renewed, replaced by its proposal, or kept unchanged.

Only the process that reports does this: it knows the results of every test of a cassette.
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
from sls_contract.cassettes.proposal import SUFFIX, not_requested, proposed
from sls_contract.cassettes.renewal import Replacement, accept, dismiss, propose, renew
from sls_contract.errors import SlsContractError
from sls_contract.plugin.naming import shown
from sls_contract.plugin.options import ACCEPTABLE
from sls_contract.plugin.totals import by_cassette
from sls_contract.reports import plural
from sls_contract.reports.change_lines import SHOWN_CLASSES, change_lines, class_of, is_notable
from sls_contract.reports.text import on_one_line
from sls_contract.spec.change import verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


Plain: TypeAlias = "dict[str, Any]"
VerifyOutcome: TypeAlias = Literal["validated", "not validated", "replaced", "proposed", "broke off", "failed"]

EVIDENCE = "evidence"


@dataclass(slots=True)
class VerifiedCassette:
    """The result of verifying one cassette.

    Attributes:
        path: the path of the cassette.
        changes: every difference (`plain_change`), with the test that found it.
        unmatched: exchanges without a counterpart.
        weaker: pairs of old and new evidence, where the new one proves less.
        outcome: ``validated``: the old exchanges are marked as valid today; ``not validated``: nothing broke, but an
            exchange had another outcome (the service was busy) or was edited; ``replaced``: the proposal was accepted;
            ``proposed``: it was written beside the cassette; ``broke off``: a test did not end, nothing was changed;
            ``failed``: a file could not be written, see ``failure``.
        flawed: whether its tests fail for more than the differences: then no proposal replaces it.
        complete: whether every test of it ran; a part of a shared cassette replaces nothing.
        has_unplayed: whether exchanges of a shared cassette were not played, which no single test can find.
        compared: how many exchanges were compared with their recording.

    """

    path: str
    changes: list[Plain] = field(default_factory=list)
    unmatched: list[Plain] = field(default_factory=list)
    weaker: list[list[str]] = field(default_factory=list)
    outcome: VerifyOutcome = "broke off"
    failure: str = ""
    flawed: bool = False
    complete: bool = True
    has_unplayed: bool = False
    compared: int = 0

    @property
    def verdict(self) -> str:
        """The worst class among the changes."""
        return verdict_of(change["class"] for change in self.changes)

    @property
    def classes(self) -> frozenset[str]:
        """The classes that must be accepted before the proposal replaces the old file."""
        return frozenset(change["class"] for change in self.changes) | ({EVIDENCE} if self.weaker else frozenset())


def verified_cassettes(
    entries: Iterable[Plain], accepted: frozenset[str], complete: Callable[[str], bool]
) -> list[VerifiedCassette]:
    """Renew, replace or keep each verified cassette; ``entries`` are of tests (`Verifying.plain`).

    The last entry of a test counts. ``complete`` returns whether every test of a shared cassette ran to its end.
    """
    return [
        _verified_cassette(cassette, tests, accepted, complete)
        for cassette, tests in by_cassette(entries).items()
        if any(test["recorded"] or test["unplayed"] or not test["ended"] for test in tests)  # otherwise no request came
        or (_is_shared(tests) and recorded(cassette) and complete(cassette))  # exchanges may be unplayed
    ]


def _verified_cassette(
    cassette: str, tests: list[Plain], accepted: frozenset[str], complete: Callable[[str], bool]
) -> VerifiedCassette:
    verified = VerifiedCassette(
        cassette,
        [{**change, "test": test["test"]} for test in tests for change in test["changes"]],
        [{**each, "test": test["test"]} for test in tests for each in test["unmatched"]],
        [pair for test in tests for pair in test["weaker"]],
        flawed=any(test["flawed"] for test in tests),
        complete=not _is_shared(tests) or complete(cassette),
        compared=sum(test["pairs"] for test in tests),
    )
    try:
        verified.has_unplayed, unplayed = _unplayed(cassette, tests) if verified.complete else (False, [])
        verified.unmatched += unplayed
        verified.outcome = _apply(verified, tests, accepted)
    except (SlsContractError, OSError) as error:
        verified.outcome, verified.failure = "failed", str(error)
    return verified


def _is_shared(tests: list[Plain]) -> bool:
    return any(test["shared"] for test in tests)


def _unplayed(cassette: str, tests: list[Plain]) -> tuple[bool, list[Plain]]:
    """Return whether only this result reports unplayed exchanges, and the old exchanges that no test played."""
    if not _is_shared(tests):
        return False, [{**each, "test": test["test"]} for test in tests for each in test["unplayed"]]
    old = load(cassette)
    keys = next((test["match_groups"] for test in tests if test["match_groups"]), None) or old.keys()
    played = requested_positions(keys, [test["played"] for test in tests])
    unplayed = [{**asdict(each), "test": None} for each in not_requested(old, played)]
    return bool(unplayed), unplayed


def _apply(verified: VerifiedCassette, tests: list[Plain], accepted: frozenset[str]) -> VerifyOutcome:
    path, replacement = Path(verified.path), _replacement(verified, tests)
    if not all(test["ended"] for test in tests):
        dismiss(path)
        return "broke off"
    acceptable = not (verified.flawed or verified.unmatched) and verified.complete
    if acceptable and replacement.taken and verified.classes <= accepted:
        propose(path, replacement)
        accept(path)
        return "replaced"
    if not verified.unmatched and verified.classes <= {Class.BENIGN}:
        dismiss(path)
        if verified.flawed:
            return "broke off"
        changed = any(change_of(change).of_outcome for change in verified.changes)
        all_renewed = renew(path, replacement.validated) == len(replacement.validated)
        return "validated" if all_renewed and not changed else "not validated"
    if not any(test["recorded"] for test in tests) or not (recorded(path) and recorded(proposed(path))):
        dismiss(path)  # the proposal is of an earlier run, or there is no cassette that it could replace
        return "broke off"
    propose(path, replacement)
    return "proposed"


def _replacement(verified: VerifiedCassette, tests: list[Plain]) -> Replacement:
    """Return the changes that a proposal takes from the new exchanges of all tests."""
    return Replacement(
        {name: digest for test in tests for name, digest in test["taken"].items()},
        [digest for test in tests for digest in test["added"]],
        [each["exchange"] for each in verified.unmatched if each["side"] == "old"],
        {name: datetime.fromisoformat(when) for test in tests for name, when in test["validated"].items()},
    )


def _counted(outcome: VerifyOutcome, count: int) -> str:
    return {
        "validated": f"{count} validated again",
        "not validated": f"{count} not validated: another outcome, or edited",
        "replaced": f"{count} replaced by the proposal",
        "proposed": f"{count} unchanged, proposal written beside it",
        "broke off": f"{count} unchanged: one of its tests failed or was skipped",
        "failed": f"{count} not written",
    }[outcome]


def _shown_verdict(verified: VerifiedCassette) -> str:
    """Return the verdict for people; it is accepted if all changes of its class are.

    Exchanges without a counterpart outweigh all changes but those that break clients and that nobody accepted.
    """
    worst = {class_of(change) for change in verified.changes if change["class"] == verified.verdict}
    shown_verdict = worst.pop() if len(worst) == 1 else verified.verdict
    return "unmatched" if verified.unmatched and shown_verdict != Class.BREAKING else shown_verdict


def verified_lines(verified: Sequence[VerifiedCassette]) -> Iterator[str]:
    """Yield a line of counts, the notable differences, and the paths of proposals."""
    verdicts, outcomes = Counter(map(_shown_verdict, verified)), Counter(each.outcome for each in verified)
    kinds = ", ".join(f"{verdicts[kind]} {kind}" for kind in (*SHOWN_CLASSES, "unmatched", "none") if verdicts[kind])
    results = ", ".join(_counted(name, outcomes[name]) for name in get_args(VerifyOutcome) if outcomes[name])
    yield f"sls-contract: verified {plural(len(verified), 'cassette')}: {kinds}; {results}"
    changes = ({**one, "cassette": shown(each.path)} for each in verified for one in each.changes)
    yield from (f"  {line}" for line in change_lines(filter(is_notable, changes)))
    for each in verified:
        yield from map(on_one_line, _outcome_lines(each))
    yield from map(on_one_line, _proposal_lines(verified))


def verified_document(verified: Sequence[VerifiedCassette]) -> dict[str, Any]:
    """Return the results as plain JSON values: the keys of ``diff --json``, and each cassette's outcome."""
    return {
        "verdict": verdict_of(each.verdict for each in verified),
        "unmatched": [{"cassette": each.path, **one} for each in verified for one in each.unmatched],
        "changes": [{"cassette": each.path, **one} for each in verified for one in each.changes],
        "cassettes": [
            {
                "cassette": each.path,
                "verdict": each.verdict,
                "fate": each.outcome,
                "weaker_evidence": bool(each.weaker),
            }
            for each in verified
        ],
    }


def _outcome_lines(cassette: VerifiedCassette) -> Iterator[str]:
    path = shown(cassette.path)
    for one in cassette.unmatched:
        yield f"  unmatched {path} {one['side']} exchange {one['exchange']}: {one['request']}"
    for old, new in cassette.weaker:
        yield f"  evidence {path}: {new} would replace {old}"
    if cassette.has_unplayed:
        yield f"  How to fix {path}: record it again (pytest --sls-record=all), with all tests of its file in one run"
    if cassette.failure:
        yield f"  {path}: {cassette.failure}"


def _proposal_lines(verified: Iterable[VerifiedCassette]) -> Iterator[str]:
    """Yield a line for each proposal, but only one for all proposals that the same run accepts."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cassette in verified:
        if cassette.outcome == "proposed":
            path = shown(cassette.path)
            groups.setdefault((_how_to_accept(cassette), "" if cassette.complete else path), []).append(path)
    for (how, _), (first, *others) in groups.items():
        more = f" and {len(others)} more" if others else ""
        line = f"  proposal {first}{SUFFIX}{more}: {shlex.join(['sls-contract', 'diff', first, first + SUFFIX])}"
        yield f"{line}; to accept it: {how}" if how else line


def _how_to_accept(cassette: VerifiedCassette) -> str:
    if cassette.unmatched:
        return ""
    classes = ",".join(sorted(cassette.classes, key=ACCEPTABLE.index))
    how = f"run this again with --sls-accept={classes}"
    if not cassette.complete:
        how = f"run all tests of its file, with the same options and --sls-accept={classes}"
    return f"fix or allow (@pytest.mark.sls_allow) the findings of its tests, then {how}" if cassette.flawed else how


def nothing_compared(verified: Sequence[VerifiedCassette]) -> str | None:
    """Return the failure of a run that compared nothing, and so verified nothing; None if it did."""
    if any(cassette.compared for cassette in verified):
        return None
    return (
        "sls-contract: nothing was compared: no test reached the endpoint of its recording\n"
        "How to fix: select tests with a cassette (@pytest.mark.sls_cassette) that run to their end, and fix the "
        "failing tests first."
    )
