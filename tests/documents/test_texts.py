"""Every text that a user can meet, held against simple rules: short sentences, plain words, no leftovers."""

import re
from pathlib import Path

import pytest
from catalogue import texts as translated
from sentences import texts

LONGEST = 32  # words of a sentence
BANNED = re.compile(
    r"\b(anew|whoever|whosoever|shall|nobody|meanwhile|mend(s|ed|ing)?|give leave|in the hands of|one's own|"
    r"TODO|FIXME|XXX|lorem|(un)?answer(s|ed|ing)?|one a line|spelt|"  # an answer is a response, as in HTTP
    r"another [\w-]+(?: [\w-]+){0,4} than)\b",  # say which of the two is wrong: the signed host is not the one sent
    re.IGNORECASE,
)
LEFT_OPEN = re.compile(r"%\([a-z]+\)(?![sdrgf])|\{\{?[a-z_]+\}?\}$")
SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n|\s+\(|\)\s+")


@pytest.fixture(scope="module")
def catalogue():
    """Every text with its place."""
    assert len(texts()) > 1500  # the rules below look at something
    return texts().items()


def test_no_sentence_is_too_long_to_read_once(catalogue):
    """A sentence, or a part of one up to a colon, semicolon or bracket, has at most 32 words."""
    long = {
        f"{place}: {part}" for place, text in catalogue for part in SENTENCE.split(text) if len(part.split()) > LONGEST
    }
    assert not long


def test_texts_use_plain_words(catalogue):
    """Words of a dialect of our own, second words for one thing, and notes to ourselves, stand in no text."""
    everything = [*catalogue, *((", ".join(places), text) for text, places in translated().items())]
    assert not {f"{place}: {text}" for place, text in everything if BANNED.search(text)}


def test_every_fix_is_a_sentence(catalogue):
    """What follows "How to fix:" says something, and ends no line with a blank."""
    fixes = [(place, text.partition("How to fix:")[2]) for place, text in catalogue if "How to fix:" in text]
    assert len(fixes) > 100
    assert not {place for place, fix in fixes if not fix.strip() or fix != fix.rstrip(" ")}


def test_no_link_reads_as_a_path():
    """A page of the site has no file name: the text of a link says what the page is about."""
    root = Path(__file__).parents[2]
    pages = [*root.glob("README*.md"), *(root / "docs").glob("*.md")]
    found = [(page.name, link) for page in pages for link in re.findall(r"\[docs/[^\]]*\]\(", page.read_text("utf-8"))]
    assert len(pages) > 20
    assert not found
