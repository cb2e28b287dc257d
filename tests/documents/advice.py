"""Every text that stands after "How to fix", and every pattern by which a test finds one and follows it.

A test finds it with `advised`, or in a table with a column ``advice``: either is a regular expression.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from catalogue import texts
from sentences import nodes_of

from sls_contract.spec import CLAUSES

TESTS = Path(__file__).parents[1]
_ANYWHERE = {"and", "for", "from", "has", "only", "other", "out", "query", "that", "the", "what", "with"}
MARK = re.compile(r"How to fix(?: \{path\})?:? ?")


def advised(printed: str, pattern: str) -> re.Match[str]:
    """Return what a pattern finds in the advice that was printed; it must be there."""
    advice = [*MARK.split(printed)[1:]]
    (found, *_) = [match for each in advice if (match := re.search(pattern, each))] or [None]
    assert found, f"{pattern!r} is not in {advice or printed}"
    return found


def speaks_of_its_breach(finding: dict[str, str]) -> bool:
    """Tell whether a finding's advice repeats a word of its place, of what was expected there, or of its clause.

    What a verification of signatures advises is about the client's own steps: tests of `signing` hold it.
    """
    if finding["where"] == "signature":
        return bool(finding["how_to_fix"])
    about = _words(f"{finding['where']} {finding['expected']} {CLAUSES[finding['code']].title} as expected")
    return not about.isdisjoint(_words(finding["how_to_fix"]))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]{3,}", text.lower())) - _ANYWHERE


@cache
def advice() -> dict[str, tuple[str, ...]]:
    """Return each text that says how to fix something, with the files that have it; what is filled in stands bare."""
    found: dict[str, tuple[str, ...]] = {}
    for text, places in texts().items():
        _, mark, rest = text.partition("How to fix")
        rest = re.sub(r"^(?: \{path\})?:? ?", "", rest)
        if mark and re.sub(r"\{\w+\}\.?", "", rest):
            found[re.sub(r"\{+(\w+)\}+", r"\1", rest)] = tuple(places)
    return found


@cache
def followed() -> tuple[str, ...]:
    """Return the patterns of all tests that follow an advice."""
    sources = [path.read_text("utf-8") for path in sorted(TESTS.rglob("test_*.py"))]
    return tuple(each for source in sources if "advi" in source for each in _patterns(nodes_of(source)))


def _patterns(nodes: list[ast.AST]):
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        if getattr(node.func, "id", "") == "advised" and len(node.args) > 1:
            yield from _constants(node.args[1])
        elif getattr(node.func, "attr", "") == "parametrize":
            names = ast.literal_eval(node.args[0])
            names = [each.strip() for each in names.split(",")] if isinstance(names, str) else [*names]
            if "advice" in names:
                for row in node.args[1].elts:
                    yield from _constants(row.elts[names.index("advice")] if len(names) > 1 else row)


def _constants(node: ast.expr):
    if isinstance(node, ast.Constant):
        yield node.value
