"""Derives the claims of a page of the API reference, of any year, in Chinese or English."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from sls_contract.spec.claims import Page
from sls_contract.spec.pages import messages, routes
from sls_contract.spec.pages.blocks import Code, Table, Text, blocks_of
from sls_contract.spec.pages.cleaning import front_title
from sls_contract.spec.pages.columns import column_of
from sls_contract.spec.pages.error_rows import is_listed
from sls_contract.spec.pages.errors import error_claims
from sls_contract.spec.pages.flat_tables import begins_table, has_examples, is_cell, is_row
from sls_contract.spec.pages.listed_rows import listed_row
from sls_contract.spec.pages.parts import Parts
from sls_contract.spec.pages.records import record_lines
from sls_contract.spec.pages.request import common_headers, request_claims
from sls_contract.spec.pages.response import COMMON_HEADERS, response_claims
from sls_contract.spec.pages.sections import (
    named_operation,
    placed,
    title_of,
    titled_operation,
    titles_of,
    unnamed_titles_of,
)
from sls_contract.spec.pages.stated_errors import may_state_error, stated_errors
from sls_contract.spec.pages.table_columns import TYPE_CELL, holds_facts
from sls_contract.spec.pages.unheaded import by_content

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sls_contract.spec.pages.blocks import Block
    from sls_contract.spec.pages.routes import Template
    from sls_contract.spec.pages.sections import Role

_WITH_ROWS: frozenset[Role] = frozenset(
    {"path-parameters", "request-headers", "request", "response-headers", "response"}
)
_MAX_SHOWN = 80
_MAX_ABOVE_TITLE = 8
"""Lines of a site's own, such as "All Products", that a text copied from it can have above the title."""
_NEEDED = re.compile(r"(?a:\w)[`*]*\s*[(（]\s*(?:required|optional|必[选填须需]|可选|选填)\s*[)）]", re.IGNORECASE)
"""A parameter, in a sentence, that says whether it is required."""
_NO_ROWS = re.compile(
    r"(?:none defined|no parameters?(?: (?:is|are))? required|.{0,30}(?:无需|暂无|没有)(?:请求|返回|响应)?参数)[.。]?",
    re.IGNORECASE,
)
"""What stands below the head of a table instead of rows."""
_CAPITALS = re.compile(r"[a-z][A-Z]")
_HEADER = re.compile(r"(?<![\w-])x-log-[a-z][a-z-]*[a-z](?![\w-])", re.IGNORECASE)
_CALLED = re.compile(r"(?:调用|(?a:\b)(?i:call)(?:s|ing)?(?: the)?)\s*([A-Z][a-z]+[A-Z]\w+)", re.ASCII)
_WITHOUT_HEADERS = re.compile(
    r"([A-Z][a-z]+[A-Z]\w+)\s*接口无特有"
    r"|(?:The )?([A-Z][a-z]+[A-Z]\w+) (?:\w+ )?(?:operation|interface|API) does not have",
    re.ASCII,
)
"""What pages of some years say of their operation where its headers would be."""
_ERROR = re.compile(r"(?<![\d.])[45]\d\d\s+[A-Z][a-z]+[A-Z]\w+")
"""An error in a sentence."""
_PARAMETER = re.compile(
    rf"(?<![A-Za-z0-9_.-])[A-Za-z_][\w.-]*(?:\[\])?\s*[(（](?:\w+\s*[,，、;；]\s*)?(?:{TYPE_CELL.pattern})\s*(?:[,，、;；][^()（）]*)?[)）]",
    re.IGNORECASE,
)
"""A parameter with its type in a sentence."""
_TYPED = re.compile(
    r"\W*(?:(?:param\s+)?[A-Za-z_][\w.-]*(?=[\s:：,，])\W*)?"
    rf"(?:{TYPE_CELL.pattern})(?=[^\w。]*$|\s*[,，;；#(（|]|\s+[—–-]\s)",
    re.IGNORECASE | re.MULTILINE,
)
"""A type in a line of its own, or after a name; with a full stop, the Chinese words for types end a sentence."""
_JSON = re.compile(r"\{\s*[\"“]\w|\[\s*[{\"“]\s*[\"“\w]")
"""The beginning of JSON in a sentence."""
_QUOTED_JSON = re.compile(r"[\"“]\s*[\[{]")
"""A body that is a JSON string, whose text is JSON again."""
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
    parts = Parts.of(by_content([*placed(blocks)]))
    named = name or named_operation(front_title(text)) or _linked_operation(text) or _operation_in_first_line(blocks)
    named = named or _called_operation(parts)
    page = Page(operation=_operation(blocks, text) or named)
    _route(page, parts)
    request_claims(page, parts)
    response_claims(page, parts)
    error_claims(page, parts)
    read = _lines_read(parts)
    _report_unread(page, parts, read)
    _report_headers(page, parts, read)
    return page


def derive_each(text: str, name: str = "") -> list[Page]:
    """Return the claims of a page about each operation: several if more than one title has a request line.

    The titles of a page about several operations can describe them without their names.

    Args:
        text: the page, Markdown as published.
        name: of the operation, if the page has no title.

    """
    blocks = blocks_of(text)
    titles = titles_of(blocks)
    is_named = _operation(blocks, text) is not None
    titles = titles if titles or is_named else unnamed_titles_of(blocks)
    if len(titles) > 1:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        ends = [title.line - 1 for title in titles[1:]] + [len(lines)]
        parts = (
            "\n" * (title.line - 1) + "\n".join(lines[title.line - 1 : end])
            for title, end in zip(titles, ends, strict=True)
        )
        pages = [page for page in map(derive, parts) if page.path]
        if len({page.operation if is_named else (page.method, page.path) for page in pages}) == len(pages) > 1:
            return pages
    return [_derived(blocks, text, name)]


def _report_unread(page: Page, parts: Parts, read: Collection[int]) -> None:
    """Record as problems the blocks that state facts and were not read."""
    for role, block, label in parts.all:
        if isinstance(block, Code):
            lines = {*range(block.line, block.line + block.text.count("\n") + 1)}
            stated = messages.is_response(block.text) and not (is_cell(label) or _is_example(parts, role, block))
            stated &= not (parts.error_rows and "errorCode" in block.text)
            stated |= role == "errors" and _ERROR.search(block.text) is not None
            stated |= role in _WITH_ROWS and _TYPED.match(block.text) is not None
            where, says = "errors" if role == "errors" else "example", block.text
        elif isinstance(block, Text):
            lines, stated = {block.line}, _states_facts(block, role, parts)
            where, says = "example" if role.endswith("-example") else _table_of(role), block.text
        else:
            lines = {block.line, *(line for line, _ in block.rows)}
            stated = (role in _WITH_ROWS or holds_facts(block)) and not _is_only_head(block)
            where, says = _table_of(role), " | ".join(block.head)
            for line, cell in ((line, cell) for line, cells in block.rows for cell in cells):
                if line not in read and is_listed(cell):
                    page.problem(line, "spelling", where, cell[:_MAX_SHOWN])
        if stated and lines.isdisjoint(read):
            page.problem(block.line, "spelling", where, says[:_MAX_SHOWN])


def _is_example(parts: Parts, role: Role, code: Code) -> bool:
    """Return whether JSON on a single line is the example in a row of a table that lost its markup."""
    return role in _WITH_ROWS and "\n" not in code.text and has_examples([*parts.items(role)], code.line)


def _is_only_head(table: Table) -> bool:
    """Return whether a table has the head of columns and no rows, as those that scroll below a head of their own."""
    return not table.rows and all(map(column_of, table.head))


def _report_headers(page: Page, parts: Parts, read: Collection[int]) -> None:
    """Record as problems the headers that only sentences, or tables that were not read, name."""
    known = {name.lower() for name in (*page.headers, *page.response_headers)} | COMMON_HEADERS | common_headers()
    printed = (part.block for part in parts.all if not isinstance(part.block, Code) or part.role.endswith("headers"))
    lines = (line for block in printed for line in _lines_of(block))
    for line, text in ((line, text) for line, text in lines if line not in read):
        for name in _HEADER.findall(text):
            if name.lower() not in known:
                page.problem(line, "spelling", "header", name)


def _lines_of(block: Block) -> list[tuple[int, str]]:
    if isinstance(block, Table):
        return [(at, " ".join(cells)) for at, cells in block.rows]
    return [*enumerate(block.text.split("\n"), block.line)] if isinstance(block, Code) else [(block.line, block.text)]


def _table_of(role: str) -> str:
    side = next((side for side in ("request", "response", "errors") if role.startswith(side)), "")
    return side if side == "errors" else f"{side} table".strip()


def _lines_read(parts: Parts) -> set[int]:
    """Return the lines of messages and rows that were read, of the heads of their tables, and of text printed twice."""
    texts = [part.block for part in parts.all if isinstance(part.block, Text)]
    rows = (parts.request_rows, parts.header_rows, parts.response_rows, parts.response_header_rows)
    printed = (parts.syntax, parts.intro, parts.requests, parts.bodies, parts.printed, parts.responses)
    return {
        *(line for role in _WITH_ROWS for line in record_lines([*parts.items(role)], "name", "type")),
        *(line for each in rows for row in each for line in (row.table, row.line)),
        *(row.line for row in parts.error_rows),
        *(text.line for text, below in pairwise(texts) if below.text == text.text or _NO_ROWS.fullmatch(below.text)),
        *(message.line for each in printed for message in each),
    }


def _states_facts(text: Text, role: str, parts: Parts) -> bool:
    """Return whether text is the head or a row of a table that lost its markup, a listed parameter, or an error."""
    if role == "errors" and parts.error_rows and begins_table(text.text):
        return False  # its rows need no head
    is_typed = (
        _PARAMETER.search(text.text) or _NEEDED.search(text.text) or _TYPED.match(text.text) or _JSON.search(text.text)
    )
    is_parameter = role in _WITH_ROWS and (is_row(text.text) or is_typed)
    in_words = may_state_error(text.text) if role == "errors" else any(stated_errors(text.text))
    is_quoted = role.endswith("-example") and _QUOTED_JSON.match(text.text)
    is_error = is_listed(text.text) or in_words or _ERROR.search(text.text)
    return bool(begins_table(text.text) or is_parameter or is_quoted or listed_row(text) or is_error)


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
    """Return the operation that the first line of a page names, or a title below the site's, for one without markup."""
    first = [block.text for block in blocks[:_MAX_ABOVE_TITLE] if isinstance(block, Text)]
    short = (line for line in first[:1] if len(line) <= _MAX_SHOWN and _CAPITALS.search(line))
    named = (
        word
        for line in short
        if (word := named_operation(line)) and (line.startswith(word) or not line.endswith((".", "。")))
    )
    return next(filter(None, (*named, *map(titled_operation, first))), None)


def _called_operation(parts: Parts) -> str | None:
    """Return the only operation that the introduction tells to call, else the only one that has no headers.

    Where request lines have several methods, a page is of several operations, of which one can say this.
    """
    called = {name for text in parts.items("intro") for name in _CALLED.findall(text.text)}
    is_one = len({line.method for line in (*parts.intro, *parts.syntax) if line.method}) <= 1
    headed = parts.items("request", "request-headers", "response", "response-headers") if is_one else ()
    named = called or {"".join(names) for text in headed for names in _WITHOUT_HEADERS.findall(text.text)}
    return named.pop() if len(named) == 1 else None


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
    named = routes.host_of(lines, [routes.target_of(line.target) for line in lines])
    texts = ((part.role, part.block) for part in parts.all if isinstance(part.block, Text))
    page.host = named or routes.host_in(text.text for role, text in texts if role not in {"elsewhere", "other"})
    for at, printed in routes.other_hosts(lines, page.host):
        page.problem(at, "spelling", "host", printed)


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
        return template.extended(routes.with_names(template, target, names))
    return template


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
