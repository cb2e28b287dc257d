"""The Chinese catalogue has every text of the package, and gives each text its own translation."""

import argparse
import ast
import re
import string

from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from catalogue import CATALOGUE, NO_TEXTS, PACKAGE, texts
from hypothesis import given
from hypothesis import strategies as st
from sentences import nodes_of
from sentences import texts as sentences

from sls_contract.locale.catalogue import chinese

UPDATE = "python tests/documents/catalogue.py"
FILLED = re.compile(r"\{(?:\d\.)?\w*\}")
PROSE = re.compile(r"^(?!.*\b(?:BLOB|FROM|TABLE)\b)(?:[A-Za-z']+[,;:]? ){4}")  # no SQL
LIKE_A_PLURAL = "7 things"


with CATALOGUE.open("rb") as opened:
    MESSAGES = [message for message in read_po(opened, locale="zh_CN") if message.id]


def names(text):
    return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]


def test_the_catalogue_holds_the_texts_of_the_package():
    """None is missing, none is stale, none is guessed; what differs is named, and one command adds it."""
    known, wanted = {message.id for message in MESSAGES}, set(texts())
    assert not wanted - known, f"missing: run {UPDATE}, and translate these"
    assert not known - wanted, f"stale: run {UPDATE}"
    assert not [message.id for message in MESSAGES if not message.string], "not translated"
    assert not [message.id for message in MESSAGES if message.fuzzy], "fuzzy"


def test_what_is_loaded_is_what_was_translated():
    """The compiled catalogue, which is shipped, holds the same as the one that people edit."""
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == {message.id: message.string for message in MESSAGES}, f"run {UPDATE}"


def test_each_sentence_that_a_user_meets_is_in_the_catalogue():
    """The list of all texts, made by other rules, holds no sentence that the catalogue lacks."""
    known = {FILLED.sub("…", message.id.replace("{{", "").replace("}}", "")) for message in MESSAGES}
    found = {
        line.strip()
        for place, text in sentences().items()
        if not place.startswith(NO_TEXTS)
        for line in FILLED.sub("…", text).split("\n")
        if PROSE.match(line.strip())
    }
    assert len(found) > 1000
    assert not {line for line in found if line.replace("{", "").replace("}", "") not in known}


def test_each_help_is_translated_as_a_whole():
    """A help that is put together from parts is looked up part by part, and its words can mean something else there."""
    known = {message.id.replace("{{", "{").replace("}}", "}") for message in MESSAGES}
    helps = [each.value for each in help_arguments() if not isinstance(each.value, ast.Name)]
    assert len(helps) > 80
    assert not [ast.unparse(each) for each in helps if isinstance(each, ast.JoinedStr) and begins_with_a_value(each)]
    constant = {each.value for each in helps if isinstance(each, ast.Constant) and " " in str(each.value)}
    assert not {text for text in constant - known if text != argparse.SUPPRESS}


def help_arguments():
    for path in sorted((PACKAGE / "cli").glob("*.py")):
        for node in nodes_of(path.read_text("utf-8")):
            if isinstance(node, ast.Call):
                yield from (each for each in node.keywords if each.arg == "help")


def begins_with_a_value(text):
    """Return whether an f-string begins or ends with a value: then this is a part of its sentence."""
    return any(isinstance(text.values[end], ast.FormattedValue) for end in (0, -1))


def test_a_translation_has_the_values_of_its_text():
    """What the text fills in, the translation fills in too, each once."""
    assert not [message.id for message in MESSAGES if sorted(names(message.id)) != sorted(names(message.string))]


TERMS = {"How to fix: ": "修复方法："}


def test_one_term_has_one_translation():
    """A reader of many messages finds the advice by its label."""
    for english, term in TERMS.items():
        translated = [each for each in MESSAGES if each.string != each.id]  # a response to a client stays English
        assert not [each.id for each in translated if english in each.id and term not in each.string]


def test_texts_of_one_form_have_one_translation():
    """Two texts that differ only in the names of what is filled in cannot be told apart later."""
    forms = {}
    for message in MESSAGES:
        order = names(message.id)
        shape = (*FILLED.split(message.id), *("n" * (name in {"count", "len", "plural"}) for name in order))
        numbered = re.sub(
            r"(?<!\{)\{\w+\}", lambda found, order=order: str(order.index(found[0][1:-1])), message.string
        )
        forms.setdefault(shape, set()).add(numbered)
    assert not [form for form in forms.items() if len(form[1]) > 1]


def filled(message, values):
    """Return the text and its translation with values, each as its name says."""
    like = {"count": "7", "len": "7", "exchange": "7", "listed": "7", "plural": LIKE_A_PLURAL}
    given_values = {
        name: like.get(name.rstrip("0123456789"), value) for name, value in zip(names(message.id), values, strict=False)
    }
    return message.id.format_map(given_values), message.string.format_map(given_values), given_values


def test_each_text_finds_its_own_translation():
    """Filled with values that are no words, a text shows as its translation with these values."""
    catalogue = chinese()
    wrong = []
    for message in MESSAGES:
        text, translation, _ = filled(message, [f"v{number}" for number in range(20)])
        shown = catalogue.translated(text, alone=True)
        if shown != translation.replace(LIKE_A_PLURAL, catalogue.translated(LIKE_A_PLURAL)):
            wrong.append((text, shown, translation))
    assert not wrong


def test_a_text_is_translated_as_a_whole_behind_a_label():
    """A template that begins with the label and a word of the text leaves the rest English: the other one is taken."""
    catalogue = chinese()
    wrong = []
    for message in MESSAGES:
        text, translation, _ = filled(message, ["v1"] * 20)
        if text.endswith(".") and "How to fix" not in text and "\n" not in text:
            shown = catalogue.translated(f"How to fix: {text}")
            if len(ENGLISH.findall(shown)) > len(ENGLISH.findall(translation)):
                wrong.append((shown, translation))
    assert not wrong


ENGLISH = re.compile(r"[A-Za-z]{2,}")
JOINTS = re.compile(": |  ")  # where a text of few words is cut
VALUES = (
    st.text(alphabet="消费组é{}\"'%: a1", max_size=12).filter(lambda each: not JOINTS.search(each)).map("é{}组".format)
)


@given(st.lists(VALUES, min_size=20, max_size=20))
def test_values_stay_as_they_are(values):
    """Whatever stands in a text, Chinese, braces and quotes included, is shown unchanged."""
    catalogue = chinese()
    for message in MESSAGES:
        text, _, given_values = filled(message, values)
        shown = catalogue.translated(text)
        assert not [(text, shown) for value in given_values.values() if value not in shown]
