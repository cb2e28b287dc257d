"""The clauses: codes that stay, words that explain, and the command that prints them."""

from __future__ import annotations

import argparse
import io
import re

import pytest

from sls_contract.cli.explain import configure
from sls_contract.cli.terminal import Console
from sls_contract.errors import UsageError
from sls_contract.spec import CLAUSES, Level, clause


def explain(*names: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    configure(parser.add_subparsers())
    arguments = parser.parse_args(["explain", *names])
    out = io.StringIO()
    code = arguments.run(arguments, Console({}, io.StringIO(), out, io.StringIO()))
    return code, out.getvalue()


@pytest.mark.parametrize("each", CLAUSES.values(), ids=CLAUSES)
class TestEachClause:
    """Every clause can be read by someone who was never here."""

    def test_has_a_code_and_a_slug(self, each):
        """The code is SLS and three digits, the slug lower-case words."""
        assert re.fullmatch("SLS[1-6][0-9]{2}", each.code)
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", each.slug)
        assert CLAUSES[each.code] is each

    def test_says_what_it_means_and_where_it_comes_from(self, each):
        """Title on one line, text in sentences, at least one source."""
        assert each.title
        assert len(each.title) <= 80
        assert not each.title.endswith(".")
        assert each.text.endswith((".", ".)"))
        assert each.sources
        assert all(each.sources)


def test_codes_and_slugs_are_unique():
    """No code and no slug stands for two clauses, and the table is in the order of its codes."""
    assert len({each.slug for each in CLAUSES.values()}) == len(CLAUSES)
    assert list(CLAUSES) == sorted(CLAUSES)


def test_the_code_that_documents_quote_is_kept():
    """SLS204 is the unit of updateTime, a violation."""
    assert clause("SLS204").slug == "update-time-unit"
    assert clause("SLS204").level is Level.VIOLATION


def test_a_clause_is_found_by_code_or_slug():
    """Casing and white space around do not matter."""
    assert clause(" sls204 ") is clause("Update-Time-Unit")


def test_an_unknown_clause_names_the_closest():
    """A slip of the hand gets what was probably meant."""
    with pytest.raises(UsageError, match="did you mean update-time-unit"):
        clause("update-time")
    with pytest.raises(UsageError, match="SLS2"):
        clause("SLS299")
    with pytest.raises(UsageError, match="explain"):
        clause("完全不同")


def test_explain_prints_statement_level_and_sources():
    """One page for each clause asked for."""
    code, text = explain("SLS204", "shard-filter")
    assert code == 0
    assert text.startswith("SLS204 update-time-unit (violation)\nupdateTime counts microseconds\n")
    assert "Sources:\n  - GetCheckPoint page" in text
    assert "\nSLS211 shard-filter (violation)\n" in text


def test_explain_keeps_to_the_terminal(monkeypatch):
    """No line is wider than the terminal."""
    monkeypatch.setenv("COLUMNS", "60")
    _, text = explain(*CLAUSES)
    assert max(map(len, text.splitlines())) <= 60


def test_explain_alone_lists_every_clause():
    """One line for each clause, code first."""
    _, text = explain()
    listed = text.partition("\n\n")[0].splitlines()
    assert [line.split()[:2] for line in listed] == [[each.code, each.slug] for each in CLAUSES.values()]


def test_explain_prints_nothing_where_one_name_is_wrong():
    """A wrong name is an error before the first page."""
    with pytest.raises(UsageError, match="SLS999"):
        explain("SLS204", "SLS999")
