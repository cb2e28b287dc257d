"""Extracts constraints from descriptions: fixed and listed values, limits, and defaults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.spec.pages.columns import simplified

if TYPE_CHECKING:
    from collections.abc import Iterator

_VALUE = r"[`'\"“]?([A-Za-z][\w.-]*)[`'\"”]?"
_ALONE = r"(?=\s+(?:in|for)\b|\s*[.。,，;；)）]|\s*$)"
"""What follows a value; after other words, it is a part of a name, or depends on something."""
_FIXED = tuple(
    re.compile(pattern + _ALONE, re.ASCII | re.MULTILINE)
    for pattern in (
        rf"(?i:set (?:the|this) (?:value|parameter)(?: of [\w ]+)? to)\s*{_VALUE}",
        rf"(?i:must be set to)\s+{_VALUE}",
        rf"(?i:must be)\s+{_VALUE}(?=\s+(?:in|for)\s+(?:the\s+)?[A-Z][a-z]+[A-Z])",  # not "must be unique"
        r"(?i:must be)\s+[`'\"“]([A-Za-z][\w.-]*)[`'\"”]",
        rf"(?i:fixed (?:value|as|to)(?:\s*[:is]+)?)\s*{_VALUE}",
        rf"(?i:value is fixed (?:to|as))\s*{_VALUE}",
        rf"(?i:valid value:)\s*{_VALUE}",
        rf"(?:固定(?:取值|配置|值)?(?:为|(?=[:：]))|必须为|此处为|固定取值|固定填写)\s*[:：]?\s*{_VALUE}",
    )
)
_LISTS = (
    re.compile(r"(?i:valid values|optional values|possible values)\s*(?:are|:)?\s*([^。.]*)"),
    re.compile(r"(?:取值包括|可选值|取值范围为|取值为|可取值)\s*[:：]?\s*([^。]*)"),
)
_SINGLE = re.compile(
    r"(?:(?i:(?:valid|optional|possible) values)|取值范围|取值包括|可选值|可取值|取值)\s*[:：]\s*"
    rf"{_VALUE}(?:\s*(?:[。;；]|$)|(?<=\.)[^\S\n]+(?=[A-Z]))"
)
"""A list with a single value, at the end of a description or of a sentence."""
_KINDS = frozenset(
    {
        "any",
        "all",
        "none",
        "string",
        "strings",
        "integer",
        "integers",
        "number",
        "numbers",
        "boolean",
        "json",
        "letters",
    }
)
"""Words that describe the values instead of naming a value."""
_LISTED = re.compile(r"^\s*[-*]\s+[`'\"]?([A-Za-z][\w.-]*)[`'\"]?\s*(?:[:：（(]|$)", re.MULTILINE)
_WORD = re.compile(r"[`'\"“]?([A-Za-z][\w.-]*)[`'\"”]?")
_OTHER = re.compile(
    r"\s*(?:(?:[、/|或]|\bor\b)|(?:[,，和]|\band\b)"
    r"(?=\s*[`'\"“]?[\w-]+[`'\"”]?\s*(?:[,，、/|.。;；)）或和中]|\b(?:or|and)\b|$)))\s*[`'\"“]?([\w-])",
    re.ASCII | re.IGNORECASE,
)
"""What follows a value that is one of several; after a comma, a clause of several words is no value."""
_TO = r"\s*(?:[~～–—-]|至|到|to|and)\s*"
_ENDS = r"(?=\s*(?:[。；;)）]|[，,.](?!\d)|$))"
"""What follows a number without a unit."""
_WHOLE = r"(?![\d,.]*\d|\s*[*×^]|\s*(?:[百千万亿]|[KMGTP](?:i?B)?\b|(?i:thousand|million|billion)\b))"
"""What does not follow a number: more digits, and a unit or a factor that multiplies it."""
_THOUSANDS = re.compile(r"(?<![\d,.\[(（])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])(?!\s*[\])）])")
_UNIT = r"\s*个?\s*(?:字符|characters?)"
_RANGE = re.compile(
    r"(?i:取值范围|范围(?=[为是:：])|(?<![\u4e00-\u9fff])范围(?=\s*\d)|取值"
    r"|valid values?|value range|in the range|value must be|values? (?:from|between))"
    rf"(?i:为|是|is|are|an|of|integer|from|between|[:：\s])*([\[(（]?)\s*(-?\d+)(?:{_TO}|\s*[,，]\s*(?=-?\d+\s*[\])）]))"
    rf"(-?\d+)\s*([\])）]?)(?!-\d){_WHOLE}"
)
_MINIMUM = re.compile(rf"(?i:最小值(?:为|是|[:：])?|\bmin(?:imum)?(?: value)?(?: is|:))\s*(-?\d+){_WHOLE}")
_MAXIMUM = re.compile(
    rf"(?i:最大值(?:为|是|[:：])?|\bmax(?:imum)?(?: value)?(?: is|:))\s*(-?\d+){_WHOLE}"
    r"|(\d+)\s*[(（](?i:最大值|(?:the )?maximum(?: value)?)[)）]"
    rf"|最大\s*(\d+){_ENDS}"
)
_BARE_RANGE = re.compile(rf"\A\s*()(-?\d+)\s*[~～–-]\s*(-?\d+)(){_ENDS}")
_LENGTH = re.compile(rf"(\d+){_TO}(\d+){_UNIT}", re.IGNORECASE)
_MAX_LENGTH = re.compile(rf"(?:at most|up to|不超过|最多|最长)\s*(\d+){_UNIT}", re.IGNORECASE)
_DEFAULT = re.compile(
    r"(?i:(?:默认|缺省)(?:值)?(?:为|是|[:：])?|default(?:s to| value is|(?: value)?\s*:))\s*[`'\"“]?"
    rf"((?:-?\d+(?:\.\d+)?{_WHOLE}|[A-Za-z_])[\w.-]*)[`'\"”]?|(?i:\bdefault)\s+(-?\d+){_ENDS}",
    re.ASCII,
)
_DEFAULTS = {"integer": r"-?\d+", "number": r"-?[\d.]+", "boolean": r"(?i:true|false)", "string": r"[A-Za-z][\w.-]*"}
_ARTICLES = frozenset(
    {"a", "an", "the", "empty", "in", "is", "of", "unique", "specified", "set", "less", "greater", "one", "no", "null"}
)
_SIDES = {"request": r"request|请求|消息", "response": r"response|return(?:ed)?|响应|返回"}
_IS_ARRAY = r"arrays?|lists?|数组|列表"
_BODY_IS = (
    r"(?:\b(?:is|are|must be|as|in)\s+(?:an?\s+|the\s+)?(?:\w+\s+){0,2}?"
    r"|[是为](?:一个)?\s*(?:JSON\s*)?(?:格式的\s*)?|组成的\s*)"
    rf"(?:(?P<array>{_IS_ARRAY})|(?P<object>objects?|maps?|对象))(?![A-Za-z])"
)
"""What a sentence says that a body is; "contains a list" does not say it."""
_ANSWER = re.compile(
    rf"(?:HTTP\s*)?2\d\d\s*[,，:：;；–—-]\s*(?:an?\s+|一个)?(?:JSON\s*)?(?:格式的\s*)?"
    rf"(?:(?P<array>{_IS_ARRAY})|(?:objects?|对象))(?![A-Za-z])",
    re.IGNORECASE,
)
"""The status and the shape of a response at the start of a line."""
_NOTHING = re.compile(
    r"\b(?:no|not|nothing|none|empty|without|any other)\b|无|没有|空|不(?:包含|返回|会)|[见参]", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.。!！\n]+")
_MIN_CHOICE = 2
_ENDLESS = re.compile(r"\d{20,}")
"""A number that no integer of the service has; the patterns above would try each of its digits as the first."""


def body_in(text: str, side: str) -> tuple[str | None, str]:
    """Return the shape that a sentence states for the body of a request or a response, and the sentence.

    The shape is None if no sentence states it; the sentence is empty if none mentions a body with content.
    """
    body = re.compile(
        rf"(?:(?<!of the )(?<!of a )(?:{_SIDES[side]})\s*(?:的\s*)?(?:消息\s*)?(?:body(?![a-z])|体)"
        r"|^\s*the body(?![a-z]))",
        re.IGNORECASE,
    )
    if side == "response" and (found := _ANSWER.match(text)):
        return ("array" if found["array"] else "object"), text.strip()
    sentences = [each for each in _SENTENCE.findall(text) if body.search(each) and not _NOTHING.search(each)]
    for sentence in sentences:
        if found := re.search(rf"{body.pattern}[^,，;；]{{0,20}}?{_BODY_IS}", sentence, re.IGNORECASE):
            return ("array" if found["array"] else "object"), sentence.strip()
    return None, sentences[0].strip() if sentences else ""


def fixed_value(description: str) -> str | None:
    """Return the only value that a description allows; None if it does not fix one."""
    for pattern in _FIXED:
        found = pattern.search(description)
        if found and found[1].rstrip(".").lower() not in _ARTICLES | _KINDS and not _is_one_of_several(found):
            return found[1].rstrip(".")
    return None


def _is_one_of_several(value: re.Match[str]) -> bool:
    """Return whether another value follows one in its description, as in ``asc or desc`` and ``1, 2 or 3``."""
    return _OTHER.match(value.string, value.end()) is not None


def listed_values(description: str) -> tuple[str, ...]:
    """Return the values that a description lists; empty if it lists none, or not only words."""
    listed = tuple(dict.fromkeys(_LISTED.findall(re.sub(r"(?<=\S)\s*-\s{2,}", "\n-   ", description))))
    if len(listed) >= _MIN_CHOICE:
        return listed
    for pattern in _LISTS:
        if found := pattern.search(description):
            words = re.split(r"\s*(?:,|、|，|/|\band\b|\bor\b|和|或)\s*", found[1].strip())
            values = [match[1] for word in words if word and (match := _WORD.fullmatch(word.strip()))]
            if len(values) >= _MIN_CHOICE and len(values) == len([word for word in words if word]):
                return tuple(dict.fromkeys(values))
    only = _SINGLE.search(description)
    value = only[1].rstrip(".") if only else ""
    return (value,) if value and value.lower() not in _KINDS | _ARTICLES else ()


def limits(description: str, kind: str | None) -> tuple[int | None, int | None]:
    """Return the lowest and highest number, or number of characters, that a description states.

    None if it states none, or several.
    """
    description = _digits(description)
    if kind == "string":
        spans = [(int(low), int(high)) for low, high in _LENGTH.findall(description)]
        minima, maxima = set(), {int(each) for each in _MAX_LENGTH.findall(description)}
    elif kind in {"integer", "number"}:
        spans = [*(_closed(*found) for found in _RANGE.findall(description)), *_bare(description)]
        minima = {int(each) for each in _MINIMUM.findall(description)}
        maxima = {int("".join(found)) for found in _MAXIMUM.findall(description)}
    else:
        return None, None
    minima, maxima = minima | {low for low, _ in spans}, maxima | {high for _, high in spans}
    low, high = (each.pop() if len(each) == 1 else None for each in (minima, maxima))
    return (low, high) if low is None or high is None or low <= high else (None, None)


def _digits(description: str) -> str:
    """Return a description in simplified Chinese, without commas between thousands, and numbers that no integer has."""
    return _ENDLESS.sub("", _THOUSANDS.sub(lambda number: number[0].replace(",", ""), simplified(description)))


def _bare(description: str) -> Iterator[tuple[int, int]]:
    """Yield the range that a description begins with, unless it goes on with a number outside of it."""
    if found := _BARE_RANGE.match(description):
        low, high = _closed(*found.groups())
        if all(low <= int(each) <= high for each in re.findall(r"-?\d+", description[found.end() :])):
            yield low, high


def _closed(opening: str, low: str, high: str, closing: str) -> tuple[int, int]:
    """Return the lowest and highest integer of a range; a round bracket excludes its end."""
    is_open = opening in {"(", "（"}, closing in {")", "）"} and bool(opening)
    return int(low) + is_open[0], int(high) - is_open[1]


def default(description: str, kind: str | None) -> str:
    """Return the default that a description states; empty if it states none, or several."""
    fits = re.compile(_DEFAULTS.get(kind or "", "(?!)"))
    stated = (value for value in _DEFAULT.finditer(_digits(description)) if not _is_one_of_several(value))
    found = {each for value in stated if fits.fullmatch(each := (value[1] or value[2]).rstrip("."))}
    return found.pop() if len(found) == 1 and not found & _ARTICLES else ""
