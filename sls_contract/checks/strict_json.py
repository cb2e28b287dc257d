"""Read JSON strictly: report everything that two parsers could read differently, and never raise.

A body of the usual shape (an array of flat objects) is read by the C parser and then proved clean by counting. That
takes a tenth of the time of a hook for each object. All other bodies go through the thorough reader.

Source: RFC 8259; design ruling on framing: one JSON text, UTF-8 without byte order mark, unique keys, no NaN.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple, NoReturn

from sls_contract.checks.json_grammar import json_fault
from sls_contract.exchange import wire_text

DEEPEST = 200
"""The most levels of nesting that are read."""

_LONGEST_NUMBER = 400  # digits; longer integers are read as 10**400, beyond every bound
_HUGE: int = 10**_LONGEST_NUMBER
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_BEFORE_A_NUMBER = frozenset({b"", b":", b"[", b",", b" ", b"\n", b"\t", b"\r"})
_DICTS = frozenset({dict})
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonText(NamedTuple):
    """The result of reading a JSON text.

    Attributes:
        value: the value, as `json.loads` returns it; ``-0`` is a float. None if nothing could be read.
        syntax: why it is not one JSON text; empty if it is.
        charset: why it is not UTF-8; empty if it is.
        repeated: keys that occur more than once in one object.

    """

    value: Any = None
    syntax: str = ""
    charset: str = ""
    repeated: tuple[str, ...] = ()


def repeated_keys(pairs: Iterable[tuple[str, Any]]) -> list[str]:
    """Return the repetitions among the keys of an object."""
    seen: set[str] = set()
    return [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


@dataclass(slots=True)
class _Hooks:
    """The hooks of the thorough reader and the repeated keys that they find."""

    repeated: list[str] = field(default_factory=list)

    def build(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Build an object from its members, and record repeated keys."""
        members = dict(pairs)
        if len(members) < len(pairs):
            self.repeated += repeated_keys(pairs)
        return members

    def integer(self, digits: str) -> int | float:
        """Parse an integer of any length; ``-0`` is a float, because integers have no negative zero."""
        if digits == "-0":
            return -0.0
        if len(digits) > _LONGEST_NUMBER:  # int() refuses more than 4300 digits
            return -_HUGE if digits[0] == "-" else _HUGE
        return int(digits)


def _refuse(constant: str) -> NoReturn:
    msg = f"{constant} is no JSON value"
    raise ValueError(msg)


_FAST = json.JSONDecoder(parse_constant=_refuse)


def read_json(body: bytes) -> JsonText:
    """Read a body strictly; never raises."""
    if _is_simple(body):
        try:
            value = _FAST.decode(body.decode())
        except (ValueError, RecursionError):
            return read_thoroughly(body)
        if _has_unique_keys(value, body):
            return JsonText(value)
    return read_thoroughly(body)


def read_thoroughly(body: bytes) -> JsonText:
    """Read a body with a hook for every object, and report everything that is wrong with it."""
    text, charset = _decoded(body)
    hooks = _Hooks()
    try:
        value = json.loads(text, object_pairs_hook=hooks.build, parse_constant=_refuse, parse_int=hooks.integer)
    except json.JSONDecodeError:
        return JsonText(syntax=_syntax_flaw(text))
    except ValueError as error:
        return JsonText(syntax=str(error))
    except RecursionError:
        return JsonText(syntax=f"nested more than {DEEPEST} levels deep")
    if _depth(value) > DEEPEST:
        return JsonText(syntax=f"nested more than {DEEPEST} levels deep")
    if not charset and "\\" in text and any(_SURROGATE.search(each) for each in _strings(value)):
        charset = "a \\u escape of half a surrogate pair"
    return JsonText(value, charset=charset, repeated=tuple(hooks.repeated))


def _is_simple(body: bytes) -> bool:
    """Return whether the fast reader would miss nothing: no escape, no minus zero, no byte order mark."""
    return (
        b"\\" not in body
        and not body.startswith(_BYTE_ORDER_MARKS)
        and (b"-" not in body or _BEFORE_A_NUMBER.isdisjoint(part[-1:] for part in body.split(b"-0")[:-1]))
    )


def _has_unique_keys(value: Any, body: bytes) -> bool:
    """Prove by counting that no key is repeated in a text without escapes; False if that cannot be proved.

    Without nested arrays, a text contains one colon per written key, or two quotes per key and string. Colons in
    strings and the keys of nested objects only increase these counts.
    """
    objects = [value] if type(value) is dict else value if type(value) is list else ()
    if not _DICTS.issuperset(map(type, objects)) or body.find(b"[", body.find(b"[") + 1) > 0:
        return False
    keys = sum(map(len, objects))
    if body.count(b":") == keys:
        return True
    types = map(type, chain.from_iterable(map(dict.values, objects)))
    return 2 * (keys + list(types).count(str)) == body.count(b'"')


def _decoded(body: bytes) -> tuple[str, str]:
    """Return the text and why it is not UTF-8; the encoding is detected, so that one fault is not reported as two."""
    encoding = json.detect_encoding(body)
    if encoding not in ("utf-8", "utf-8-sig"):
        try:
            return body.decode(encoding).removeprefix("\ufeff"), f"{encoding.upper()} in place of UTF-8"
        except UnicodeDecodeError:
            pass
    mark = _BYTE_ORDER_MARKS[0]
    if body.startswith(mark):
        return wire_text(body.removeprefix(mark)), "a byte order mark at the beginning"
    text = wire_text(body)
    broken = _SURROGATE.search(text)
    if broken is None:
        return text, ""
    return text, f"a byte that is not UTF-8 after {len(text[: broken.start()].encode())} bytes"


def _syntax_flaw(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        return "an empty body"
    if stripped.startswith("<"):
        return "HTML or XML"
    fault = json_fault(text)
    return f"no JSON from character {fault.position} on: expected {fault.expected}" if fault else "no JSON"


def _depth(value: Any) -> int:
    """Count the levels of nesting without recursion; stops after `DEEPEST`."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        level = [each for one in level for each in _children(one)]
        depth += 1
    return depth


def _strings(value: Any) -> Iterator[str]:
    """Yield every key and every string in a value, without recursion."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from one
        pending.extend(_children(one))


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
