"""Derives the claims of a page of the API reference, of any year, in Chinese or English."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from sls_contract.spec.claims import Page
from sls_contract.spec.pages import messages, routes
from sls_contract.spec.pages.blocks import Code, Text, blocks_of
from sls_contract.spec.pages.cleaning import front_title
from sls_contract.spec.pages.errors import error_claims
from sls_contract.spec.pages.flat_tables import begins_table, is_row
from sls_contract.spec.pages.parts import Parts
from sls_contract.spec.pages.request import request_claims
from sls_contract.spec.pages.response import response_claims
from sls_contract.spec.pages.sections import named_operation, placed, title_of, titles_of
from sls_contract.spec.pages.tables import holds_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sls_contract.spec.pages.blocks import Block
    from sls_contract.spec.pages.routes import Target, Template

_WITH_ROWS = frozenset({"path-parameters", "request-headers", "request", "response-headers", "response"})
_MAX_SHOWN = 80
_CAPITALS = re.compile(r"[a-z][A-Z]")
_LINK = re.compile(r"/(?:api|document)/Sls/[\d-]+/([A-Z]\w+)")
"""A link to the service's tools, which names the operation."""


def derive(text: str, name: str = "") -> Page:
    """Return the claims of a page.

    Args:
        text: the page, Markdown as published.
        name: of the operation, if the page has no title.

    Never raises: a part that cannot be read is in the ``problems`` of the result.

    """
    return _derived(blocks_of(text), text, name)


def _derived(blocks: Sequence[Block], text: str, name: str) -> Page:
    parts = Parts.of(tuple(placed(blocks)))
    named = name or named_operation(front_title(text)) or _linked_operation(text) or _operation_in_first_line(blocks)
    page = Page(operation=_operation(blocks, text) or named)
    _route(page, parts)
    request_claims(page, parts)
    response_claims(page, parts)
    error_claims(page, parts)
    _report_unread_tables(page, parts)
    return page


def derive_each(text: str, name: str = "") -> list[Page]:
    """Return the claims of a page about each operation: several if more than one title has a request line.

    Args:
        text: the page, Markdown as published.
        name: of the operation, if the page has no title.

    """
    blocks = blocks_of(text)
    titles = titles_of(blocks)
    if len(titles) > 1:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        ends = [title.line - 1 for title in titles[1:]] + [len(lines)]
        parts = (
            "\n" * (title.line - 1) + "\n".join(lines[title.line - 1 : end])
            for title, end in zip(titles, ends, strict=True)
        )
        pages = [page for page in map(derive, parts) if page.path and page.method]
        if len({page.operation for page in pages}) == len(pages) > 1:
            return pages
    return [_derived(blocks, text, name)]


def _report_unread_tables(page: Page, parts: Parts) -> None:
    """Record as problems the tables without a readable row: of parameters, of elements, or with types as cells."""
    rows = (parts.request_rows, parts.header_rows, parts.response_rows, parts.response_header_rows)
    read = {line for each in rows for row in each for line in (row.table, row.line)}
    read |= {row.line for row in parts.error_rows}
    for role, block, _ in parts.all:
        where = next((f"{side} table" for side in ("request", "response") if role.startswith(side)), "table")
        if isinstance(block, Code):
            if role == "errors" and not parts.error_rows and messages.is_response(block.text):
                page.problem(block.line, "spelling", "errors", block.text[:_MAX_SHOWN])
        elif isinstance(block, Text):
            if block.line not in read and (begins_table(block.text) or (role in _WITH_ROWS and is_row(block.text))):
                page.problem(block.line, "spelling", where, block.text[:_MAX_SHOWN])
        elif (role in _WITH_ROWS or holds_facts(block)) and read.isdisjoint(
            (block.line, *(line for line, _ in block.rows))
        ):
            page.problem(block.line, "spelling", where, " | ".join(block.head))


def _operation(blocks: Sequence[Block], text: str) -> str | None:
    """Return the operation that the title names; None if there is none."""
    title = title_of(blocks)
    named = named_operation(title.text) if title else None
    return _with_capitals(named, text) if named and title and named == title.text else named


def _linked_operation(text: str) -> str | None:
    """Return the operation that all links of a page name; None if they name none, or several."""
    named = set(_LINK.findall(text))
    return named.pop() if len(named) == 1 else None


def _operation_in_first_line(blocks: Sequence[Block]) -> str | None:
    """Return the operation that the first line of a page names, for a title that lost its markup."""
    first = next((block.text for block in blocks if isinstance(block, Text)), "")
    return named_operation(first) if len(first) <= _MAX_SHOWN and _CAPITALS.search(first) else None


def _with_capitals(title: str, text: str) -> str:
    """Return the title; if it has a single capital, return the spelling with more capitals elsewhere on the page."""
    spellings = [] if any(map(str.isupper, title[1:])) else re.findall(rf"(?a:\b){title}(?a:\b)", text, re.IGNORECASE)
    return next((each for each in spellings if each[0].isupper() and any(map(str.isupper, each[1:]))), title)


def _route(page: Page, parts: Parts) -> None:
    """Set method, host and path from the request lines; record contradictions between them."""
    lines = [*parts.syntax, *parts.intro, *parts.requests]
    if not lines:
        page.problem(1, "path", "request line", "none is printed")
        return
    for line in lines:
        page.add_line("route", line.line)
    names = [row.name for row in parts.request_rows]
    example = routes.target_of(parts.requests[0].target) if parts.requests else None
    template = routes.template_of(routes.target_of(lines[0].target), example, names)
    for line in lines[1:]:
        template = _completed(page, template, line, names, is_syntax=line in parts.syntax)
    _report_samples(page, lines[0], template)
    page.method = _method(page, lines)
    page.path, page.path_parameters = str(template), list(template.parameters.values())
    page.host = routes.host_of(lines, [routes.target_of(line.target) for line in lines])


def _completed(
    page: Page, template: Template, line: messages.Message, names: Sequence[str], *, is_syntax: bool
) -> Template:
    """Compare a further request line with the template; a longer line completes it."""
    target = routes.target_of(line.target)
    misspelt = routes.misspelt(template, target)
    for expected, printed in misspelt:
        page.problem(line.line, "spelling", "path", f"{printed} for {expected}")
    if misspelt:
        return template
    if not routes.fits(template, target):
        page.problem(line.line, "path", "request line", f"{line.method} {line.target}")
        return template
    missing = len(target.segments) - len(template.segments)
    if missing < 0 and not is_syntax:
        page.problem(line.line, "path", "request line cut short", f"{line.method} {line.target}")
    if missing > 0:
        page.problem(line.line, "path", "request line cut short", str(template))
        return template.extended(_with_names(template, target, names))
    return template


def _with_names(template: Template, target: Target, names: Sequence[str]) -> Template:
    """Return the template of a longer target, with names for the parameters that the request line lacks."""
    free = [name for name in names if not any(routes.same_name(name, each) for each in template.parameters.values())]
    whole = routes.template_of(target, None, free)
    extra = {}
    for at in range(len(template.segments), len(target.segments)):
        if at in whole.parameters:
            extra[at] = whole.parameters[at]
        elif at % 2:
            extra[at] = routes.name_from_collection(target.segments[at - 1], free)
    return routes.Template(target.segments, extra)


def _report_samples(page: Page, line: messages.Message, template: Template) -> None:
    printed = len(routes.target_of(line.target).segments)
    for at, name in template.parameters.items():
        if at < printed and template.segments[at] != name and routes.placeholder(template.segments[at]) is None:
            page.problem(line.line, "path", f"path {name}", f"{template.segments[at]}, a sample value")


def _method(page: Page, lines: Sequence[messages.Message]) -> str | None:
    """Return the most frequent method of the request lines; the first of equally frequent ones."""
    counted = Counter(line.method for line in lines if line.method)
    if not counted:
        page.problem(lines[0].line, "path", "method", "none is printed")
        return None
    method = max(counted, key=lambda each: counted[each])  # the first of equals
    for line in lines:
        if line.method and line.method != method:
            page.problem(line.line, "path", "method", f"{line.method} {line.target}")
    return method
