"""What descriptions say of a value: that it is fixed, or one of a few."""

from __future__ import annotations

import re

_VALUE = r"[`'\"“]?([A-Za-z][\w.-]*)[`'\"”]?"
_FIXED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?i:set (?:the|this) (?:value|parameter)(?: of [\w ]+)? to)\s*{_VALUE}",
        rf"(?i:must be(?: set to)?)\s+{_VALUE}(?=\s+(?:in|for)\b|\s*[.,;]|$)",
        rf"(?i:fixed (?:value|as|to)(?:\s*[:is]+)?)\s*{_VALUE}",
        rf"(?i:value is fixed (?:to|as))\s*{_VALUE}",
        rf"(?i:valid value:)\s*{_VALUE}",
        rf"(?:固定(?:取值|配置|值)?为|必须为|此处为|固定取值|固定填写)\s*[:：]?\s*{_VALUE}",
    )
)
_FEW = (
    re.compile(r"(?i:valid values|optional values|possible values)\s*(?:are|:)?\s*([^。.]*)"),
    re.compile(r"(?:取值包括|可选值|取值范围为|取值为|可取值)\s*[:：]?\s*([^。]*)"),
)
_LISTED = re.compile(r"^\s*[-*]\s+[`'\"]?([A-Za-z][\w.-]*)[`'\"]?\s*(?:[:：（(]|$)", re.MULTILINE)
_WORD = re.compile(r"[`'\"“]?([A-Za-z][\w.-]*)[`'\"”]?")
_ARTICLES = frozenset(
    {"a", "an", "the", "in", "is", "of", "unique", "specified", "set", "less", "greater", "one", "no"}
)
_LEAST_CHOICE = 2


def fixed_value(description: str) -> str | None:
    """Return the only value that a description allows; None where it does not fix one."""
    for pattern in _FIXED:
        if (found := pattern.search(description)) and found[1].lower() not in _ARTICLES:
            return found[1].rstrip(".")
    return None


def few_values(description: str) -> tuple[str, ...]:
    """Return the values that a description lists; empty where it lists fewer than two words."""
    listed = tuple(dict.fromkeys(_LISTED.findall(re.sub(r"(?<=\S)\s*-\s{2,}", "\n-   ", description))))
    if len(listed) >= _LEAST_CHOICE:
        return listed
    for pattern in _FEW:
        if found := pattern.search(description):
            words = re.split(r"\s*(?:,|、|，|/|\band\b|\bor\b|和|或)\s*", found[1].strip())
            values = [match[1] for word in words if word and (match := _WORD.fullmatch(word.strip()))]
            if len(values) >= _LEAST_CHOICE and len(values) == len([word for word in words if word]):
                return tuple(dict.fromkeys(values))
    return ()
