"""The texts of the package, as a gettext catalogue: ``python tests/documents/catalogue.py`` brings it up to date.

A text is a line of a string or f-string that reads as words: what an f-string fills in stands as ``{name}``.
"""

from __future__ import annotations

import ast
import html
import json
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import yaml
from sentences import nodes_of

import sls_contract
from sls_contract.spec.installation import schema_folder

PACKAGE = Path(sls_contract.__file__).parent
CATALOGUE = PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES" / "sls_contract.po"
CLAUSES = schema_folder() / "clauses.json"
ERRORS = schema_folder() / "errors.json"
RULINGS = schema_folder() / "rulings"
WORDS = Path(__file__).with_name("catalogue_words.txt")

NO_TEXTS = (  # files to copy, patterns, words of pages, and what the service itself writes on the wire
    "_starter",
    "cassettes/scrub/key_formats.py",
    "endpoint/state/responses.py",
    "locale",
    "scenarios/near_misses.py",
    "spec/export/openapi.py",
    "spec/merge/assembly.py",
    "spec/merge/claim_files.py",
    "spec/merge/decisions.py",
    "spec/merge/facts.py",
    "spec/merge/history.py",
    "spec/models",
    "spec/pages",
    "transcripts/literals.py",
)
_WORD = re.compile(r"(?<![\w./<-])[A-Za-z][a-z']+(?![\w/_=-]|\.\w)")
_ANNOTATION = r"\w\[[\w\[\]., ]+[\],]|\w \| [A-Za-z]+$|^\w+ \| "
_REGEX = r"\w\|\w|\(\?|\\[dswb]|\\n    |\[\^|\]\+|\]\*"
_SQL = r"^(BEGIN|COMMIT|CREATE|DELETE FROM|INSERT|SELECT|UPDATE \w+ SET|PRAGMA)\b|\bBLOB\b|= \? AND |^PRIMARY KEY"
_MARKUP = r"^[<@#*|]|^\{\{|^\[|^- |=[\"'%]|^\W*$"
_OPTION = r"^-{1,2}[\w-]+( [A-Z]+)?$|^-[a-z] "
_COMMAND = r"^(import|def|assert|python|pip|git|cd) |^from \w+ import|^with \w+\.|^sls-contract [a-z-]+( [A-Z-]|$)"
_NAME = r"^(query|path)\.|^\w+ page(, [^ ]+)?$|^RFC \d+|^[A-Za-z.]+(, [A-Za-z.]+)*$"
_NEVER = re.compile(rf"{_SQL}|^\[Errno|\bLiteral\[|\(\?|\\[dswb]|\[\^|\]\+|\w\|\w")
_NO_TEXT = re.compile(f"{_ANNOTATION}|{_REGEX}|{_SQL}|{_MARKUP}|{_OPTION}|{_COMMAND}|{_NAME}")
_PROSE = re.compile(r"(?<![\w/.-])[A-Za-z']+(?:[,;:]? [a-z']+){3}(?![\w/.-]*=)")
_ARTICLE = re.compile(r"(a|an|the|no) [A-Z]|…: …: …")
_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # no difference where no text differs
_SHOWN_ALONE = ("help", "description", "title")
_PLACEHOLDER = re.compile(r"(?<!\{)\{\w+\}")
_FORMAT = re.compile(r"(?<!\{)\{\{(?:\d\.)?([a-z_]*)\}\}(?!\})")
_HTML_TAG = re.compile(r"<[^>]*>|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_HTML_CODE = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)
_HTML_STRING = re.compile(r'"([A-Z(][a-z][^"<>]*)"')
_HTML_VALUE = re.compile(r"\{\{(.*?)\}\}")
_HTML_ATTRIBUTE = re.compile(r'\b(?:title|aria-label)="([^"]*)"')


def texts() -> dict[str, list[str]]:
    """Return each text with the files that have it, in the order of the files."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(NO_TEXTS):
            for text in _of_module(nodes_of(path.read_text("utf-8"))):
                _add(found, text, name)
    _add_others(found)
    return found


def _add_others(found: dict[str, list[str]]) -> None:
    """Add the texts that are not in Python."""
    for path in sorted(PACKAGE.rglob("*.j2")):
        for text in _of_template(path.read_text("utf-8")):
            _add(found, text, path.relative_to(PACKAGE).as_posix())
    for text in _of_clauses(json.loads(CLAUSES.read_text("utf-8"))):
        _add(found, text, CLAUSES.name)
    for meaning in json.loads(ERRORS.read_text("utf-8"))["meanings"].values():
        for key in ("says", "then"):
            _add(found, meaning[key], ERRORS.name)
    for text in _of_rulings():
        _add(found, text, RULINGS.name)
    for text in WORDS.read_text("utf-8").splitlines():
        _add(found, text, WORDS.name)


def _of_rulings():
    for path in sorted(RULINGS.glob("*.yaml")):
        for each in yaml.safe_load(path.read_text("utf-8")).get("rulings", ()):
            yield from map(_escaped, (each["why"], *_said(each.get("contract", {}))))


def _said(node: object):
    """Yield what a ruling says of an operation and its values, where that is words."""
    for key, value in node.items() if isinstance(node, dict) else ():
        if isinstance(value, str) and key in ("summary", "says") and " " in value:
            yield value
        else:
            yield from _said(value)


def _of_clauses(plain: dict):
    for table in plain["tables"].values():
        for each in table["clauses"].values():
            yield from map(_escaped, filter(_reads, (each["title"], each["text"], *each["sources"])))


def _add(found: dict[str, list[str]], text: str, name: str) -> None:
    places = found.setdefault(text, [])
    if name not in places:
        places.append(name)


def _of_module(nodes: list[ast.AST]):
    no_texts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    no_texts |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
    no_texts |= {
        id(each)
        for node in nodes
        if isinstance(node, ast.FormattedValue) and node.format_spec
        for each in ast.walk(node.format_spec)
    }
    alone = {
        id(each.value)
        for node in nodes
        if isinstance(node, ast.Call)
        for each in node.keywords
        if each.arg in _SHOWN_ALONE
    }
    for node in nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "plural":
            yield from _counted(node.args[1])
        elif id(node) not in no_texts and (text := _text(node)) is not None:
            least = 1 if id(node) in alone or isinstance(node, ast.JoinedStr) else 2
            yield from (line for line in map(str.strip, text.split("\n")) if _reads(line, least))


def _counted(noun: ast.expr):
    """Yield what `plural` makes of a noun."""
    if (text := _text(noun)) is not None and text.strip("{}") not in ("noun", "word"):
        yield from (f"{{count}} {text}", f"{{count}} {text}s")


def _reads(line: str, least: int = 2) -> bool:
    bare = re.sub(r"\{\w+\}", "…", line)
    if _PROSE.search(bare):
        return not _NEVER.search(bare)
    least = 1 if _ARTICLE.match(bare) else least
    return " " in bare + " " * (least == 1) and len(_WORD.findall(bare)) >= least and not _NO_TEXT.search(bare)


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _escaped(node.value)
    if not isinstance(node, ast.JoinedStr):
        return None
    seen: Counter[str] = Counter()
    return "".join(
        _escaped(part.value) if isinstance(part, ast.Constant) else _placeholder(_name(part.value), seen)
        for part in node.values
    )


def _escaped(text: str) -> str:
    """Return the text with its braces doubled, but for those that `str.format` fills."""
    return _FORMAT.sub(lambda found: f"{{{found[1] or 'value'}}}", text.replace("{", "{{").replace("}", "}}"))


def _placeholder(name: str, seen: Counter[str]) -> str:
    seen[name] += 1
    return f"{{{name}}}" if seen[name] == 1 else f"{{{name}{seen[name]}}}"


def _name(node: ast.expr) -> str:
    """Return a name for what an expression gives: that of the value, attribute, key or function."""
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.BinOp):
        return _name(node.left)
    if isinstance(node, ast.Subscript):
        key = node.slice
        named = isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier()
        return key.value if named else _name(node.value)
    name = getattr(node, "attr", None) or getattr(node, "id", "value")
    return re.sub(r"\d+$", "", name.strip("_").lower()) or "value"


def _of_template(source: str):
    """Yield the texts between tags, and in the attributes that people meet."""
    yield from (text for code in _HTML_CODE.findall(source) for text in _HTML_STRING.findall(code))
    attributes = _HTML_ATTRIBUTE.findall(source)
    for piece in [*_HTML_TAG.split(re.sub(r"(?s)<style>.*?</style>", "", source)), *attributes]:
        seen: Counter[str] = Counter()
        parts = _HTML_VALUE.split(piece)
        text = "".join(
            _placeholder(_name_in(part), seen) if number % 2 else _escaped(html.unescape(part))
            for number, part in enumerate(parts)
        ).strip()
        if " " not in text and not text.istitle():
            continue
        if _WORD.search(re.sub(r"\{\w+\}", "…", text)):
            yield text


def _name_in(expression: str) -> str:
    """Return a name for what an expression of a template gives."""
    value, _, filters = expression.partition("|")
    return "len" if "length" in filters else re.split(r"\W", value.strip().rpartition(".")[2])[0].lower() or "value"


def _renamed(text: str, alike: dict[str, tuple[str, str]]) -> str:
    """Return the translation of the same text with other names of what is filled in; empty where there is none."""
    old, translation = alike.get(_PLACEHOLDER.sub("{}", text), ("", ""))
    names = dict(zip(_PLACEHOLDER.findall(old), _PLACEHOLDER.findall(text), strict=True)) if old else {}
    return _PLACEHOLDER.sub(lambda found: names.get(found[0], found[0]), translation)


def update() -> None:
    """Bring the catalogue up to date: new texts without a translation, old ones gone; and compile it."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po, write_po

    with CATALOGUE.open("rb") as file:
        known = {message.id: message.string for message in read_po(file, locale="zh_CN") if message.id}
    alike = {_PLACEHOLDER.sub("{}", text): (text, translation) for text, translation in known.items() if translation}
    catalogue = Catalog(locale="zh_CN", project="sls-contract", fuzzy=False, creation_date=_DATE, revision_date=_DATE)
    for text, places in texts().items():
        catalogue.add(text, known.get(text) or _renamed(text, alike), locations=[(place, None) for place in places])
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, width=0, include_lineno=False, omit_header=False)
    with CATALOGUE.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)
    missing = [message.id for message in catalogue if message.id and not message.string]
    sys.stdout.write(
        f"{len(catalogue)} texts, {len(missing)} without a translation in {CATALOGUE}\n"
        + "".join(f"  {text}\n" for text in missing[:10])
    )


if __name__ == "__main__":
    sys.exit(update())
