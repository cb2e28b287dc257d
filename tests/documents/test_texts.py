"""Every text that a user can meet, held against simple rules: short sentences, plain words, no leftovers."""

import ast
import re
from pathlib import Path

import pytest

import sls_contract

PACKAGE = Path(sls_contract.__file__).parent
LONGEST = 32  # words of a sentence
BANNED = re.compile(
    r"\b(anew|whoever|whosoever|shall|nobody|meanwhile|mend(s|ed|ing)?|give leave|in the hands of|one's own|"
    r"TODO|FIXME|XXX|lorem)\b",
    re.IGNORECASE,
)
LEFT_OPEN = re.compile(r"%\([a-z]+\)(?![sdrgf])|\{\{?[a-z_]+\}?\}$")
SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n|\s+\(|\)\s+")
NO_TEXTS = (
    "spec/pages",
    "spec/merge",
    "spec/models",
    "cassettes/scrub/key_formats.py",
)  # patterns and words of pages
PATTERN = re.compile(r"\(\?|\\[dswb]|\[\^|\]\+|^[A-Za-z.]+(, [A-Za-z.]+)*$")


def texts():
    """Yield each string of the package that reads as a sentence: with its file and line."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith(NO_TEXTS):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            text = text_of(node)
            if text is not None and id(node) not in parts and len(text.split()) > 2 and not PATTERN.search(text):
                yield pytest.param(text, id=f"{name}:{node.lineno}")


def text_of(node):
    """Return the text of a string or f-string, with … for what is filled in; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@pytest.fixture(scope="module")
def catalogue():
    """Every text with its place; reading them all once is a few hundred milliseconds."""
    found = [(param.id, param.values[0]) for param in texts()]
    assert len(found) > 1500  # the rules below look at something
    return found


def test_no_sentence_is_too_long_to_read_once(catalogue):
    """A sentence, or a part of one up to a colon, semicolon or bracket, has at most 32 words."""
    long = {
        f"{place}: {part}" for place, text in catalogue for part in SENTENCE.split(text) if len(part.split()) > LONGEST
    }
    assert not long


def test_texts_use_plain_words(catalogue):
    """Words of a dialect of our own, and notes to ourselves, stand in no text."""
    assert not {f"{place}: {text}" for place, text in catalogue if BANNED.search(text)}


def test_every_fix_is_a_sentence(catalogue):
    """What follows "How to fix:" says something, and ends no line with a blank."""
    fixes = [(place, text.partition("How to fix:")[2]) for place, text in catalogue if "How to fix:" in text]
    assert len(fixes) > 100
    assert not {place for place, fix in fixes if not fix.strip() or fix != fix.rstrip(" ")}
