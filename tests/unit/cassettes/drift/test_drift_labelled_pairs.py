"""The rule of `cassettes.drift`, pair by pair; each was labelled from the rule by hand, not by the code."""

from __future__ import annotations

import pytest
from labelled_pairs.additive import ADDITIVE
from labelled_pairs.benign import BENIGN
from labelled_pairs.breaking import BREAKING

from sls_contract.cassettes.drift import Class, compare

EVERY = {**BENIGN, **ADDITIVE, **BREAKING}


def drift_of(pair):
    drift = compare([pair[0]], [pair[1]])
    assert (drift.pairs, drift.unmatched) == (1, ())
    return drift


@pytest.mark.slow
@pytest.mark.parametrize("name", BENIGN)
def test_benign(name):
    """Both sides say the same, a value moved that is meant to, or the service was in another state."""
    pair, slug = BENIGN[name]
    drift = drift_of(pair)
    assert drift.verdict == "benign", drift.changes
    assert slug in {change.slug for change in drift.changes}, drift.changes


@pytest.mark.parametrize("name", ADDITIVE)
def test_additive(name):
    """Something new that may be ignored is told as such, whatever else moved."""
    pair, slug = ADDITIVE[name]
    drift = drift_of(pair)
    assert drift.verdict == "additive", drift.changes
    assert slug in {change.slug for change in drift.of(Class.ADDITIVE)}, drift.changes


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKING)
def test_breaking(name):
    """What a client of the contract would fail on is breaking, by the clause that says so."""
    pair, slug = BREAKING[name]
    drift = drift_of(pair)
    assert drift.verdict == "breaking"
    assert slug in {change.slug for change in drift.of(Class.BREAKING)}, drift.changes


@pytest.mark.slow
@pytest.mark.full(keep=19)
@pytest.mark.parametrize("name", EVERY)
def test_nothing_differs_from_itself(name):
    """Each of these recordings, good or bad, compared with itself shows no change."""
    assert [compare([side], [side]).changes for side in EVERY[name][0]] == [(), ()]


def test_the_table_is_large():
    """At least 120 pairs are labelled, in all three classes."""
    assert len(BENIGN) + len(ADDITIVE) + len(BREAKING) >= 120
    assert len(set(BENIGN) | set(ADDITIVE) | set(BREAKING)) == len(BENIGN) + len(ADDITIVE) + len(BREAKING)
