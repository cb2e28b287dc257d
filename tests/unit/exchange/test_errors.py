"""The exception tree: what one except clause catches, and what the texts say."""

from __future__ import annotations

import inspect

import pytest

from sls_contract import ContractViolation, SlsContractError, errors
from sls_contract.errors import CassetteDamaged, CassetteError, UnmatchedRequest, UsageError
from sls_contract.spec import clause

CLASSES = [each for _, each in inspect.getmembers(errors, inspect.isclass) if each.__module__ == errors.__name__]


@pytest.mark.parametrize("each", CLASSES, ids=lambda each: each.__name__)
def test_one_root_catches_all_and_the_tree_draws_each(each):
    """``except SlsContractError`` catches every exception of ours; the module's drawing misses none."""
    assert issubclass(each, SlsContractError)
    assert each.__name__ in errors.__doc__


def test_the_builtin_kin_is_kept():
    """A wrong argument is a ValueError, a breach an AssertionError, a miss a CassetteError."""
    assert issubclass(UsageError, ValueError)
    assert issubclass(ContractViolation, AssertionError)
    assert issubclass(UnmatchedRequest, CassetteError)


def test_a_violation_carries_its_findings():
    """Findings stay values beside the text."""
    finding = clause("update-time-unit").finding("/0/updateTime", "microseconds", "seconds", "multiply")
    violation = ContractViolation("1 breach", iter([finding]))
    assert (str(violation), violation.findings) == ("1 breach", (finding,))
    assert ContractViolation("none").findings == ()


@pytest.mark.parametrize(("line", "place"), [(7, "a.sls.yaml:7: cut"), (None, "a.sls.yaml: cut")])
def test_damage_names_file_line_reason_and_mend(line, place):
    """Whoever reads it knows where to look and what to do."""
    damage = CassetteDamaged("a.sls.yaml", line, "cut")
    assert str(damage).startswith(place)
    assert "How to fix: restore the file" in str(damage)
    assert (damage.path, damage.line, damage.reason) == ("a.sls.yaml", line, "cut")


@pytest.mark.parametrize(("name", "exported"), [("a.har", True), ("A.HAR.gz", True), ("a.har.sls.yaml", False)])
def test_only_a_har_is_exported_again(name, exported):
    """A cassette converted from one, and named after it, is recorded again."""
    assert ("export the HAR again" in CassetteDamaged(name, 1, "cut").how_to_fix) is exported
