"""Reads a parameter in a line or a list item: ``name (type, required): description`` and its other forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.spec.pages.columns import json_type_near, yes_or_no
from sls_contract.spec.pages.table_columns import NAME, TYPE_CELL

if TYPE_CHECKING:
    from sls_contract.spec.pages.blocks import Text
    from sls_contract.spec.pages.columns import Column

TYPE = re.compile(rf"(?:array|list) of \w+|json|(?:json )?(?:{TYPE_CELL.pattern})", re.IGNORECASE)
PLACE = re.compile(r"path|query|headers?|body|host|路径|查询|请求头|请求体", re.IGNORECASE)
_LISTED_ROW = re.compile(
    r"([A-Za-z_][\w.-]*|\{\w+\}|<\w+>)\s*(?:[(（]([^()（）]+)[)）]\s*(?:[:：]|[—–-]+(?=\s))?|(?:[:：]|[—–-]+(?=\s))\s*([^.。]+)(?:[.。]|$))\s*(.*)",
    re.DOTALL,
)
_LISTED_WITH_COMMAS = re.compile(
    rf"([A-Za-z_][\w.-]*)\s*[,，]\s*({TYPE_CELL.pattern})\s*[,，]\s*([^,，.。:：;；]+)[,，.。:：;；]?\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_LISTED_WITH_BLANKS = re.compile(rf"([A-Za-z_][\w.-]*|\{{\w+\}}|<\w+>)\s+({TYPE.pattern})(?:\s+(\S.*))?", re.IGNORECASE)


def is_type(cell: str) -> bool:
    """Return whether a cell is a type, possibly misspelt."""
    return TYPE.fullmatch(cell) is not None or json_type_near(cell) is not None


def _described_first(line: str) -> dict[Column, str]:
    """Read ``name: description, type, required``; empty if a line has no type, several, or does not say the last."""
    name, colon, rest = line.replace("：", ":").partition(":")
    notes = [each.strip() for each in re.split(r"[,，、;；]", rest.rstrip("。. "))]
    kinds = [each for each in notes[1:] if TYPE_CELL.fullmatch(each)]
    required = [each for each in notes[1:] if yes_or_no(each) is not None]
    is_row = colon and NAME.fullmatch(name.strip()) and len(kinds) == len(required) == 1
    return {"name": name.strip(), "type": kinds[0], "required": required[0], "description": notes[0]} if is_row else {}


def listed_row(text: Text) -> dict[Column, str]:
    """Read the parameter in an item or a line; empty if there is none, or its type is unknown."""
    if text.kind not in {"item", "paragraph"}:
        return {}
    found = _LISTED_WITH_COMMAS.fullmatch(text.text)
    if found and yes_or_no(found[3]) is not None:
        return {"name": found[1], "type": found[2], "required": found[3], "description": found[4]}
    if row := _described_first(text.text):
        return row
    found = _LISTED_WITH_BLANKS.fullmatch(text.text) if text.kind == "item" else None
    if found and (found[3] is None or yes_or_no(found[3]) is not None):
        return {"name": found[1], "type": found[2], "required": found[3] or "", "description": ""}
    found = _LISTED_ROW.fullmatch(text.text)
    if found is None or (found[1] == "Type" and not found[2]):  # the label of a column
        return {}
    notes = re.split(r"\s*[,，、;；]\s*|\s+[—–-]+\s+", found[2] or found[3])
    required = next((each for each in notes if yes_or_no(each) is not None), "")
    kind = notes[1] if required and required == notes[0] and notes[1:] else notes[0]
    is_row = is_type(kind) and (text.kind == "item" or found[2] or required)
    cells: dict[Column, str] = {"name": found[1], "type": kind, "required": required, "description": found[4]}
    place = next(filter(PLACE.fullmatch, notes), None)
    return cells | ({"place": place} if place else {}) if is_row else {}
