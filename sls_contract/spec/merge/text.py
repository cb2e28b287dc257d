"""Writes data as deterministic YAML, which every YAML reader understands the same way.

A value that fits on a line is written on a line. Texts are unquoted only if no YAML reader converts them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_WIDTH = 118
_PLAIN = re.compile(r"[A-Za-z_/][\w./+-]*(?: [\w./+-]+)*", re.ASCII)
_RESERVED = re.compile(r"(?:true|false|null|yes|no|on|off|y|n)", re.IGNORECASE)


def yaml_text(data: Mapping[str, Any], schema: str) -> str:
    """Return the text of a file; `schema` is the path, relative to that file, of the JSON Schema for editors."""
    return f"# yaml-language-server: $schema={schema}\n" + "".join(f"{line}\n" for line in _mapping(data, ""))


def _mapping(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        yield from _after_key(f"{indent}{_scalar(key)}:", value, indent)


def _after_key(start: str, value: Any, indent: str) -> Iterator[str]:
    """Yield a value after its key, on the same line if it fits."""
    line = f"{start} {_flow(value)}"
    if not isinstance(value, (dict, list)) or not value or (len(line) <= _WIDTH and _is_shallow(value)):
        yield line
        return
    yield start
    inner = f"{indent}  "
    if isinstance(value, dict):
        yield from _mapping(value, inner)
    else:
        for each in value:
            yield from _element(each, inner)


def _element(value: Any, indent: str) -> Iterator[str]:
    """Yield an element of a list; a mapping that is too long for a line begins on the line of its dash."""
    line = f"{indent}- {_flow(value)}"
    if not isinstance(value, dict) or not value or (len(line) <= _WIDTH and _is_shallow(value)):
        yield line
        return
    lines = _mapping(value, f"{indent}  ")
    yield f"{indent}- {next(lines).lstrip()}"
    yield from lines


def _is_shallow(value: Any) -> bool:
    """Return whether a value is readable on a line: it contains only scalars and lists of scalars."""
    inner = value.values() if isinstance(value, dict) else value
    return all(
        not isinstance(each, (dict, list)) or not any(isinstance(one, (dict, list)) for one in each)
        for each in inner
        if not isinstance(each, dict)
    ) and not any(isinstance(each, dict) for each in inner)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _RESERVED.fullmatch(value):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)
