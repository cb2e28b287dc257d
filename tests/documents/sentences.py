"""All strings of the package that read as sentences, by rules of their own, which hold `catalogue` to account."""

import ast
import re
from functools import cache
from pathlib import Path

import sls_contract

PACKAGE = Path(sls_contract.__file__).parent
NO_TEXTS = (
    "spec/pages",
    "spec/merge",
    "spec/models",
    "cassettes/scrub/key_formats.py",
)  # patterns and words of pages
PATTERN = re.compile(r"\(\?|\\[dswb]|\[\^|\]\+|^[A-Za-z.]+(, [A-Za-z.]+)*$")


@cache
def texts():
    """Return each string of the package that reads as a sentence, under its file and line."""
    return dict(found())


def found():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith(NO_TEXTS):
            continue
        nodes = [*ast.walk(ast.parse(path.read_text("utf-8")))]
        parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
        parts |= {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
        for node in nodes:
            text = text_of(node)
            if text is not None and id(node) not in parts and len(text.split()) > 2 and not PATTERN.search(text):
                yield f"{name}:{node.lineno}:{node.col_offset}", text


def text_of(node):
    """Return the text of a string or f-string, with … for what is filled in; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
