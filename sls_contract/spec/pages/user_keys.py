"""Reads maps: members whose keys users choose, such as the fields of an index."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sls_contract.spec.claims import USER_KEY
from sls_contract.spec.pages.bodies import place_of
from sls_contract.spec.pages.columns import json_type
from sls_contract.spec.pages.tables import is_user_key

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.pages.tables import Row

_BY_KEY = re.compile(r"(?ai:\bkey\b)[^.。]{0,30}(?:name|名称)[^.。]{0,40}(?ai:\bvalue\b)")
"""What a description says of a member with keys that users choose, whose values a table below describes."""
_MAP = re.compile(r"(?:array(?: of |<))?(?:map|dict)s?(?:$|\W)", re.IGNORECASE)


def is_map(row: Row) -> bool:
    """Return whether the type of a row is a map, or an array of maps."""
    return _MAP.match(row.type.strip()) is not None


def is_keyed(row: Row) -> bool:
    """Return whether the description of a row says that users choose the keys."""
    return _BY_KEY.search(row.description) is not None


def without_user_keys(page: Page, side: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows without those of keys that users choose; record the members that have such keys."""
    lines = {row.name: row.line for row in rows}
    for name, line in {row.parent: row.line for row in reversed(rows) if row.keyed}.items():
        page.problem(lines.get(name or "", line), "body-key", f"{place_of(side)} {name}", USER_KEY)
    return [row for row in rows if not (row.keyed and is_user_key(row.name))]


def with_merged_values(page: Page, side: str, shown: list[Any], rows: Sequence[Row]) -> list[Any]:
    """Merge the values of keys that users choose, in objects with a row without a name for these values."""
    pairs = ((above, row) for above, row in pairwise(rows) if above.name and not row.name and shown)
    maps = {above.name: above for above, row in pairs if json_type(above.type) == json_type(row.type) == "object"}
    for name, row in maps.items():
        page.problem(row.line, "body-key", f"{place_of(side)} {name}", USER_KEY)
    return [_without_keys(value, maps) for value in shown] if maps else shown


def _without_keys(value: Any, maps: Collection[str]) -> Any:
    """Return a body in which the values of keys that users choose are one object, with the members of all of them."""
    if isinstance(value, list):
        return [_without_keys(each, maps) for each in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _without_keys(each, maps) for name, each in value.items()}
    for name in inner.keys() & set(maps):
        values = [*inner[name].values()] if isinstance(inner[name], dict) else []
        if values and all(isinstance(each, dict) for each in values):
            inner[name] = {member: each for one in values for member, each in one.items()}
    return inner


def map_members(rows: Sequence[Row]) -> set[str | None]:
    """Return the members that are maps with user-chosen keys; rows without names describe their objects and values."""
    maps: set[str | None] = {row.name for row in rows if row.name and is_map(row)}
    if rows and not rows[0].name and is_map(rows[0]):  # the body, or its elements
        maps.add(None)
    above = None
    for row, value in pairwise(rows):
        above = row.name or above
        if not row.name and not value.name and json_type(row.type) == "object":
            maps.add(above)
    return maps
