"""Assigns the blocks of a page above its first section to sections, by what stands in them and by their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.spec.pages.blocks import Code, Table
from sls_contract.spec.pages.columns import is_failure, status_at_start
from sls_contract.spec.pages.error_rows import is_listed, lists_errors
from sls_contract.spec.pages.flat_tables import columns_in
from sls_contract.spec.pages.listed_rows import listed_row
from sls_contract.spec.pages.messages import begins_with_status, is_response, request_of
from sls_contract.spec.pages.sections import role_of_label
from sls_contract.spec.pages.table_columns import columns_by_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.spec.pages.blocks import Text
    from sls_contract.spec.pages.sections import Placed, Role

_WITHOUT_SECTION = frozenset({"intro", "elsewhere", "other"})
_STATES_REQUIRED = frozenset({"required", "optional"})


def by_content(parts: Sequence[Placed]) -> tuple[Placed, ...]:
    """Return the blocks of a page; place those above its first section whose content shows theirs.

    What follows a request is about the request, what follows a response is about the response. A table of parameters is
    only placed if it says which are required, or stands below a response; the others stay in the introduction. A side
    that has a section on the page has no parts above it.
    """
    first = next((at for at, part in enumerate(parts) if part.role not in _WITHOUT_SECTION), len(parts))
    headed = {_side(part.role) for part in parts[first:] if part.role not in _WITHOUT_SECTION}
    found = (
        part if _side(placed.role) in headed else placed
        for part, placed in zip(parts[:first], _placed(parts[:first]), strict=True)
    )
    return (*found, *parts[first:])


def _side(role: Role) -> str:
    return next((side for side in ("response", "errors", "intro") if role.startswith(side)), "request")


def _placed(parts: Sequence[Placed]) -> Iterator[Placed]:
    now: Role = "intro"
    role: Role
    syntax = False
    for part in parts:
        block = part.block
        if part.role == "elsewhere":
            role = "elsewhere"
        elif isinstance(block, Code):
            role = _role_of_code(block, now, syntax=syntax)
            syntax = syntax or role == "syntax"
            if role not in {"intro", "errors"}:
                now = "request" if role in {"syntax", "request-example"} else "response"
        elif isinstance(block, Table):
            role = part.role if part.role == "other" and now == "intro" else _role_of_table(block, now)
            now = role if role not in _WITHOUT_SECTION else now
        else:
            now = role = _role_of_text(block, now)
        yield part if role == "intro" else part._replace(role=role)


def _role_of_code(code: Code, now: Role, *, syntax: bool) -> Role:
    if request_of(code.text, code.line):
        return "request-example" if syntax else "syntax"
    if begins_with_status(code.text) or (now == "response" and is_response(code.text)):
        return "response-example"
    return "errors" if now == "errors" and is_response(code.text) else "intro"


def _role_of_table(table: Table, now: Role) -> Role:
    if lists_errors(table):
        return "errors"
    if columns_by_kind(table).keys() & _STATES_REQUIRED:
        return "request"
    return "response" if now == "response" else "intro"


def _role_of_text(text: Text, now: Role) -> Role:
    """Return the section that a line begins, or the one that it continues."""
    status = status_at_start(text.text)
    if is_listed(text.text) or is_failure(status):
        return "errors"
    if status is not None and status.startswith("2"):
        return "response"
    if _STATES_REQUIRED & {*columns_in(text.text)} or listed_row(text).get("required"):
        return "request"
    return role_of_label(text, now) or now
