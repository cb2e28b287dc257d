"""Collects the parts of a page that claims are derived from: request lines, examples and tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sls_contract.spec.pages import error_rows, flat_tables, routes, tables
from sls_contract.spec.pages.blocks import Code, Table, Text
from sls_contract.spec.pages.bodies import error_in
from sls_contract.spec.pages.columns import simplified, status_of
from sls_contract.spec.pages.messages import METHODS, begins_with_status, is_response, request_of, response_of
from sls_contract.spec.pages.sections import BODY, codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sls_contract.spec.pages.messages import Message
    from sls_contract.spec.pages.sections import Placed, Role


_LABEL = re.compile(
    r"^(?:[^:：/{]*[:：](?!//)|(?:HTTP |request )?(?:method|path|ur[il])\b|请求?(?:方[式法]|路径|地址))\s*",
    re.IGNORECASE,
)
"""A label before a method or a path."""
_OF_REQUEST = re.compile(r"\brequest|请求", re.IGNORECASE | re.ASCII)
_NOT_OF_RESPONSES: tuple[Role, ...] = ("intro", "syntax", "request", "request-example", "other")
_OF_PATH_ALONE = "path parameters"
_IN_PATH = re.compile(r"(?:in )?(?:the )?(?:path|路径)", re.IGNORECASE)
"""A place of a parameter."""
_OF_PATH = re.compile(r"(?!.*(?:body|体)).*(?:\b(?:path|ur[il])\s*(?:param|参数)|路径参数)", re.IGNORECASE)
"""A label of a table of the path's parameters."""
_IN_SENTENCE = re.compile(rf"(?a:\b)(?:{'|'.join(METHODS)})\s+(?:requests? to )?(?:https?:/)?/[^\s，。、；;）)]+")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a page.

    Attributes:
        all: the blocks with their sections.
        syntax, intro, requests: request lines and messages of the syntax, the introduction and the examples.
        bodies: printed below a label or heading of the request's body, if no request prints one.
        printed: bodies in the section of the response's elements.
        responses: the example responses.
        request_rows, response_rows: parameters and elements, without tables of headers.
        header_rows, response_header_rows: of the request's and the response's headers.
        successes: the statuses of success in the tables of statuses.
        error_rows: of the errors; also those that only an example shows.

    """

    all: tuple[Placed, ...]
    syntax: tuple[Message, ...]
    intro: tuple[Message, ...]
    requests: tuple[Message, ...]
    bodies: tuple[Message, ...]
    printed: tuple[Message, ...]
    responses: tuple[Message, ...]
    request_rows: tuple[tables.Row, ...]
    response_rows: tuple[tables.Row, ...]
    header_rows: tuple[tables.Row, ...]
    response_header_rows: tuple[tables.Row, ...]
    successes: tuple[str, ...]
    error_rows: tuple[error_rows.ErrorRow, ...]

    @classmethod
    def of(cls, placed: tuple[Placed, ...]) -> Parts:
        """Collect the parts of a page."""
        examples = _requests(placed, "request-example") or _request_lines(placed, "request-example")
        responses, printed = _responses(placed), _printed(placed, "response")
        failures = _failures((*responses, *printed, *_printed(placed, "errors")))
        listed = error_rows.rows(placed)
        errors = [row for row in listed if not row.is_success]
        known = {"", *(row.code for row in errors)}
        syntax = _requests(placed, "syntax") or _request_in_text(placed, "syntax")
        beside = () if syntax else (*_requests(placed, "request")[:1], *_requests(placed, "other"))[:1]
        syntax = syntax or beside  # under another heading
        requests = (*examples, *(each for each in _requests(placed, "request") if each not in beside))
        intro = _requests(placed, "intro")
        syntax = syntax if syntax or intro else _request_in_text(placed, "intro", "other", "path-parameters", "request")
        return cls(
            all=placed,
            syntax=syntax,
            intro=intro,
            requests=requests,
            bodies=_bodies(placed) if not any(each.body for each in (*syntax, *intro, *requests)) else (),
            printed=tuple(response for response in printed if error_in(response) is None),
            responses=tuple(response for response in responses if error_in(response) is None),
            request_rows=(
                *(replace(row, label=_OF_PATH_ALONE) for row in tables.rows(placed, "path-parameters")),
                *tables.rows(placed, "request"),
            ),
            response_rows=(*tables.rows(placed, "response"),),
            header_rows=(*tables.rows(placed, "request-headers"),),
            response_header_rows=(*tables.rows(placed, "response-headers"),),
            successes=tuple(row.status for row in listed if row.is_success),
            error_rows=(*errors, *(row for row in failures if row.code not in known)),
        )

    @property
    def lists_parameters_apart(self) -> bool:
        """Whether no syntax lists them: pages from 2022 on print only a request line, and some only an example."""
        return not any(message.headers for message in self.syntax or self.intro)

    def rows_of_the_path(self) -> frozenset[tables.Row]:
        """Return the rows of parameters of the path whose names other rows have too: those are members of the body."""
        described = ((row, simplified(row.place or row.label)) for row in self.request_rows)
        rows = frozenset(row for row, text in described if _IN_PATH.fullmatch(text) or _OF_PATH.match(text))
        others = {routes.letters(row.name) for row in self.request_rows if row not in rows}
        return frozenset(row for row in rows if routes.letters(row.name) in others)

    def items(self, *roles: Role) -> Iterable[Text]:
        """Return the lines of text in some sections."""
        return (part.block for part in self.all if part.role in roles and isinstance(part.block, Text))


def _requests(placed: Iterable[Placed], role: Role) -> tuple[Message, ...]:
    found = (request_of(code.text, code.line) for code in codes(placed, role))
    return tuple(message for message in found if message is not None)


def _bodies(placed: Iterable[Placed]) -> tuple[Message, ...]:
    found = [part for part in placed if part.role.startswith("request") and isinstance(part.block, Code)]
    codes = [part.block for part in found if BODY.match(part.label) or _is_sent(part)]
    return tuple(
        response_of(code.text, code.line) for code in codes if isinstance(code, Code) and is_response(code.text)
    )


def _is_sent(part: Placed) -> bool:
    """Return whether JSON is the example of a request: its heading or label says so, or is the request line."""
    is_json = isinstance(part.block, Code) and part.block.text.lstrip().startswith(("{", "["))
    is_below = _OF_REQUEST.search(part.label) or request_of(part.label, part.block.line)
    return is_json and part.role == "request-example" and is_below is not None


def _request_in_text(placed: Iterable[Placed], *roles: Role) -> tuple[Message, ...]:
    """Return the request line in the text of some sections, outside a code block; else its separate parts."""
    whole = _request_lines(placed, *roles)
    if any(message.method for message in whole):
        return whole
    return _split_request(placed, *roles) or whole or _request_in_sentence(placed, *roles)


def _request_lines(placed: Iterable[Placed], *roles: Role) -> tuple[Message, ...]:
    """Return the lines of text in some sections that are request lines or addresses."""
    texts = [part.block for part in placed if part.role in roles and isinstance(part.block, Text)]
    found = (request_of(text.text, text.line) for text in texts if "/" in text.text)
    return tuple(message for message in found if message is not None)


def _request_in_sentence(placed: Iterable[Placed], *roles: Role) -> tuple[Message, ...]:
    """Return the only request line in sentences or cells of tables; nothing if there are several."""
    printed = _lines(placed, *roles)
    found = {
        re.sub(r" requests? to ", " ", words[0]).rstrip(".,:"): line
        for line, text in printed
        for words in _IN_SENTENCE.finditer(text)
    }
    message = request_of(*found.popitem()) if len(found) == 1 else None
    return (message,) if message else ()


def _split_request(placed: Iterable[Placed], *roles: Role) -> tuple[Message, ...]:
    """Return the request line whose method and path are separate: in table cells, or each after its label."""
    printed = [(line, _LABEL.sub("", text)) for line, text in _lines(placed, *roles)]
    methods = {words.strip().upper() for _, words in printed} & set(METHODS)
    hosts = [words for _, words in printed if routes.is_host(words)]
    paths = {(line, words.strip()) for line, words in printed if re.fullmatch(r"(?:https?:/)?/\S*", words.strip())}
    if len(methods) != 1 or len(paths) != 1:
        return ()
    line, path = paths.pop()
    found = request_of("\n".join((f"{methods.pop()} {path}", *(f"Host: {host}" for host in hosts[:1]))), line)
    return (found,) if found else ()


def _lines(placed: Iterable[Placed], *roles: Role) -> Iterator[tuple[int, str]]:
    """Yield the line number and the text of each line and each cell of a table in some sections."""
    for block in (part.block for part in placed if part.role in roles):
        if isinstance(block, Table):
            yield from ((block.line, cell) for cell in block.head)
            yield from ((line, cell) for line, cells in block.rows for cell in cells)
        else:
            yield from ((block.line, line) for line in block.text.split("\n"))


def _responses(placed: Iterable[Placed]) -> tuple[Message, ...]:
    """Return the responses, including those in sections of the request, or below a heading that was lost."""
    found = _printed(placed, "response-example")
    placed = [part for part in placed if not _is_sent(part)]
    others = [
        code
        for role in _NOT_OF_RESPONSES
        for code in codes(placed, role)
        if request_of(code.text, code.line) is None
        and (is_response(code.text) if role == "request-example" else begins_with_status(code.text))
    ]
    return (*found, *(response_of(code.text, code.line) for code in others))


def _printed(placed: Iterable[Placed], role: Role) -> tuple[Message, ...]:
    """Return the responses in a section, without program code beside them; the text before one can be its status."""
    found = [(part.block, part.label) for part in placed if part.role == role and isinstance(part.block, Code)]
    found = [(code, label) for code, label in found if begins_with_status(code.text) or not flat_tables.is_cell(label)]
    found = [(code, label) for code, label in found if is_response(code.text)] or found
    responses = ((response_of(code.text, code.line), status_of(label)) for code, label in found)
    return tuple(
        replace(response, status=int(status)) if status and response.status is None else response
        for response, status in responses
    )


def _failures(responses: Iterable[Message]) -> list[error_rows.ErrorRow]:
    errors = ((response, error_in(response)) for response in responses)
    return [error_rows.ErrorRow(*error, response.line) for response, error in errors if error]
