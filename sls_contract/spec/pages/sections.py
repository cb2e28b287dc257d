"""Assigns each block of a page to a section, for pages of any year and language."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sls_contract.spec.pages.blocks import Code, Text
from sls_contract.spec.pages.columns import flat_head, is_failure, simplified, status_at_start, status_of
from sls_contract.spec.pages.listed_rows import listed_row
from sls_contract.spec.pages.records import labelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sls_contract.spec.pages.blocks import Block

Role: TypeAlias = Literal[
    "intro",
    "syntax",
    "path-parameters",
    "request-headers",
    "request",
    "response-headers",
    "response",
    "request-example",
    "response-example",
    "errors",
    "elsewhere",
    "other",
]

_EXAMPLE = r"\b(?:examples?|samples?)\b|示例|样例"
_RESPONSE = r"\b(?:responses?|returns?|success|answers?|repl(?:y|ies))\b|响应|返回|应答"
_REQUEST = r"\brequests?\b|请求"
_OUTPUT = r"\b(?:results?|outputs?)\b|输出|出参|结果"
_INPUT = r"\b(?:inputs?|arguments?|query|body|payload|ur[il])\b|输入|入参|查询参数|消息体"
_HEADER = re.compile(r"\bheads?(?:er)?s?\b|头", re.ASCII)
_ELEMENTS = re.compile(r"\b(?:parameters?|elements?|body|data)\b|参数|元素|数据|体", re.ASCII)
_MORE_ELEMENTS = re.compile(
    r"\b(?:params?|fields|payload|query|values?|inputs?|outputs?|arguments?|returns|results?)\b"
    r"|字段|消息|输入|输出|[入出]参|结果|返回值",
    re.ASCII,
)
_WHOLE_SIDE = re.compile(r"requests?|responses?|results?|请求|响应|返回", re.ASCII)
"""A heading of a single word, whose section contains the whole request or response."""
_RESPONSE_LABEL = re.compile(r"(?i:responses?|returns)\s*[:：]|(?:响应|返回|返回值)\s*[:：]")
"""A line that ends the parameters of the request in a section about both sides."""
_PARAMETERS = re.compile(r"(?:url\s*)?(?:parameters?|params?|fields|参数(?:列表|说明)?|字段(?:说明)?)")
_CONTAINED: dict[Role, Role] = {"request-headers": "request", "response-headers": "response"}  # section to parent
_PARAMETERS_AFTER: dict[Role, Role] = {
    **_CONTAINED,
    **dict.fromkeys(("intro", "other", "syntax", "path-parameters", "request-example"), "request"),
    "response-example": "response",
}
"""The section of parameters whose heading names no side, by the section before it."""
_ELSEWHERE = re.compile(
    r"see also|(?:related|further) (?:operations?|apis?|topics?|documents?|documentation|information|links?|reading)"
    r"|references?|what'?s next|next steps?|(?:prerequisites?|before you (?:begin|start))\b.*"
    r"|相关(?:操作|接口|文档|api|参考|信息|链接|主题)|另?请?参见|另请参阅|参考(?:文档|信息|链接)?|更多信息|后续(?:操作|步骤)"
    r"|(?:前提|前置)条件|准备工作|使用前提"
)
"""The heading of a section that shows other operations: those to call before, and those to read about."""
_TITLE = re.compile(
    r"(?i:(?:(?:request|response|return|path|sample|success|error|url)s? ?)*"
    r"(?:syntax|line|parameters?|headers?|elements?|requests?|responses?|examples?|codes?))"
    r"|(?:(?:请求|返回|响应|路径|正常|错误)\s*)*(?:语法|参数|头|元素|数据|结果|示例|码)"
)
"""A line that is a heading on a page whose headings have no markup."""
_TITLE_WORDS = tuple(
    f"{word}{end}" for word in ("request", "response", "parameter", "element", "header", "example") for end in ("", "s")
)
_LONG_WORD = re.compile(r"[A-Za-z]{6,}")
_NAMES_SIDE = re.compile(r"(?:request|response|return|error) \w|(?:请求|返回|响应|错误).", re.IGNORECASE)
"""A title that is a heading on any page, because it says whose parameters or examples are below it."""
_OPERATION = re.compile(r"[A-Z][A-Za-z0-9]{3,}")
_TITLE_LINE = re.compile(r"(?:[^:：]{0,30}[:：]\s*)?([A-Z][a-z]+[A-Z][A-Za-z0-9]*)(?:\s+[-–—]\s.+)?")
"""A title with the service's name before the operation, or a summary after it."""
_IN_WORDS = re.compile(r"(?a:\b)[A-Z][a-z]+[A-Z][A-Za-z0-9]*")
_MIN_WORD_SIMILARITY = 0.9
_MAX_LABEL = 40
"""Characters of a list item or bold line that can name a section; the longest known has 24."""
BODY = re.compile(
    r"(?:request\s*)?(?:body|payload)(?![A-Za-z0-9_])[^.。]{0,12}$|(?:请求)?(?:消息)?体|.*(?:\bbody|体)[:：]$",
    re.IGNORECASE,
)
"""A heading or label of what stands in the body of a request."""
QUERY = re.compile(r"(?:request\s*|url\s*)?(?:query\b|查询|url\s*参数)[^.。]{0,12}$", re.IGNORECASE | re.ASCII)
"""A heading or label of the query of a request."""
_LABELLED = re.compile(r"[:：]\s*\S*/|\b(?:GET|POST|PUT|DELETE)$")
"""A path or a method after its label."""
_WITHOUT_SIDE = re.compile(
    r"(?:the )?(?:headers?|body|payload)(?: (?:parameters?|elements?|fields))?|头部?|消息[头体]"
    r"|(?:headers?|body)\s*参数"
)
"""Headers or body of the side that the section above describes."""
_NUMBER = re.compile(r"(?:\d{1,2}[.、．])+\d{0,2}\s+|[一二三四五六七八九十]{1,3}、\s*")
"""The number of a heading."""
_HEADER_NAME = re.compile(r"[A-Za-z]+(?:-[A-Za-z0-9]+)+|[A-Za-z-]+\s*[:：]")


class Placed(NamedTuple):
    """A block, its section, and the text before it in that section."""

    role: Role
    block: Block
    label: str


def named_operation(heading: str) -> str | None:
    """Return the operation that a title is, or that a single word of it names; None if it names none, or several."""
    if _OPERATION.fullmatch(heading):
        return heading if _named(heading.lower(), "intro") is None else None
    named = {titled} if (titled := titled_operation(heading)) else set(_IN_WORDS.findall(heading))
    return named.pop() if len(named) == 1 else None


def titled_operation(line: str) -> str | None:
    """Return the operation of a line that consists of its name, the service before it, and a summary after it."""
    found = _TITLE_LINE.fullmatch(line)
    return found[1] if found else None


def titles_of(blocks: Sequence[Block]) -> list[Text]:
    """Return the outermost headings that name an operation by a word with several capitals."""
    headings = [block for block in blocks if isinstance(block, Text) and block.kind == "heading"]
    titles = [heading for heading in headings if _IN_WORDS.search(heading.text) and named_operation(heading.text)]
    return [title for title in titles if title.depth == min(each.depth for each in titles)]


def unnamed_titles_of(blocks: Sequence[Block]) -> list[Text]:
    """Return the outermost headings below the title that begin no section: of operations, if each has a request."""
    headings = [block for block in blocks if isinstance(block, Text) and block.kind == "heading" and block.depth > 1]
    titles = [heading for heading in headings if _opens(heading, "intro") == "other"]
    return [title for title in titles if title.depth == min(each.depth for each in headings)]


def title_of(blocks: Sequence[Block]) -> Text | None:
    """Return the title: the first outermost heading that names an operation, otherwise one that begins no section."""
    headings = [block for block in blocks if isinstance(block, Text) and block.kind == "heading"]
    tops = [heading for heading in headings if heading.depth == 1]
    if not tops and headings and _IN_WORDS.search(headings[0].text) and named_operation(headings[0].text):
        return headings[0]
    named = (top for top in tops if named_operation(top.text) and (top is tops[0] or _IN_WORDS.search(top.text)))
    return next(named, None) or next((top for top in tops if _named(top.text.lower(), "intro") is None), None)


def placed(blocks: Sequence[Block]) -> Iterator[Placed]:
    """Yield each block that is not the heading of a section with its section."""
    role: Role = "intro"
    outer = here = role  # the section around the headings of statuses; the last one that is not elsewhere
    label = ""
    title = title_of(blocks)
    depth = 0  # of the heading that began the section; 0: not a heading
    opener = None  # kind and depth of the text that began it
    heads = _flat_heads(blocks)
    unmarked = _lost_marks([block for block in blocks if isinstance(block, Text) and block is not title])
    for at, block in enumerate(blocks):
        found = None
        role = _by_status(block, role, outer)
        if block is title:
            role, outer, label, depth = "intro", "intro", "", 0
        elif isinstance(block, Text) and at not in heads and not _is_subject(block, blocks[at + 1 : at + 2]):
            above = block.kind == "heading" and block.depth < depth and role.startswith("response")
            here = here if role == "elsewhere" else role
            found = _opens(block, "other" if above else here, unmarked=unmarked)
            if _is_inside(block, found, role, depth):
                found = None
            if found is None and opener == (block.kind, block.depth) and _is_label(block):
                found = _CONTAINED.get(role)  # a sibling of the headers is not part of them
        if found is not None:
            role = outer = found
            label = _label_of(block, found, depth)
            depth = block.depth if isinstance(block, Text) and block.kind == "heading" else 0
            opener = (block.kind, block.depth) if isinstance(block, Text) else None
            continue
        yield Placed(role, block, label)
        if isinstance(block, Text):
            label = block.text


def _lost_marks(texts: Iterable[Text]) -> bool:
    """Return whether the headings of a page lost their markup: none that is left begins a section with facts."""
    headings = (text for text in texts if text.kind == "heading")
    return all(_opens(heading, "intro") in {None, "elsewhere", "other"} for heading in headings)


def _is_inside(block: Text, found: Role | None, role: Role, depth: int) -> bool:
    """Return whether a line that begins a section by its text is part of the section above, whose heading has a depth.

    Such are headings below it, and those that are the codes of errors.
    """
    if role == "elsewhere" or (found == "other" and role not in {"intro", "other"}):
        return 0 < depth < block.depth or (
            role == "errors" and depth == 0 and _IN_WORDS.fullmatch(block.text) is not None
        )
    return False


def _label_of(block: Block, role: Role, depth: int) -> str:
    """Return the text of a heading in a section at some depth if it can name what is below it, else nothing.

    An inner heading can name the member that its table describes, one of examples the side, another one the place.
    """
    if not isinstance(block, Text):
        return ""
    is_place = BODY.match(block.text) or QUERY.match(block.text)
    names = 0 < depth < block.depth or role == "request-example" or is_place
    return block.text if names else ""


def _by_status(block: Block, now: Role, outer: Role) -> Role:
    """Return the section below a heading that is a status: of errors, or of the response."""
    status = status_at_start(block.text) if isinstance(block, Text) and block.kind in {"heading", "bold"} else None
    if status is None:
        return now
    return "errors" if is_failure(status) else outer if outer.startswith("response") else "response"


def _flat_heads(blocks: Sequence[Block]) -> frozenset[int]:
    """Return the indexes of text that is a head of columns and not a heading."""
    starts = ((at, len(flat_head(blocks, at))) for at in range(len(blocks)))
    return frozenset(each for at, length in starts for each in range(at, at + length))


def _opens(block: Text, now: Role, *, unmarked: bool = False) -> Role | None:
    """Return the section that a line of text begins, or None; ``unmarked``: the page's headings lost their markup."""
    if status_at_start(block.text) if block.kind == "heading" else status_of(block.text):  # of the errors below it
        return None
    if listed_row(block) or (block.kind == "item" and any(labelled(block.text).values())):
        return None  # a parameter or a column of it; its description can have the words of a heading
    text = _spelled(block.text)
    title = _TITLE.fullmatch(simplified(text).strip(" :："))
    is_title = title and (unmarked or _NAMES_SIDE.match(title[0]))
    if block.kind == "paragraph" and not (is_title or _says_example(block.text)):
        return "response" if now == "request" and _RESPONSE_LABEL.fullmatch(block.text) else None
    if block.kind != "heading" and (len(block.text) > _MAX_LABEL or _LABELLED.search(block.text)):
        return None
    words = re.sub(r"\s+", " ", _NUMBER.sub("", text)).strip(" :：").lower()
    role = _named(words, now, is_heading=block.kind in {"heading", "bold"})
    if role is None and block.kind == "heading":
        return "other"
    return role


def _spelled(text: str) -> str:
    """Return a line that can be a title with its misspelt words corrected: ``Responsee elements``."""
    return _LONG_WORD.sub(_near_title_word, text) if len(text) <= _MAX_LABEL else text


def _near_title_word(word: re.Match[str]) -> str:
    near = get_close_matches(word[0].lower(), _TITLE_WORDS, 1, _MIN_WORD_SIMILARITY)
    return near[0] if near else word[0]


def role_of_label(block: Text, now: Role) -> Role | None:
    """Return the section that a line with a colon at its end names, as in ``Response:``; None if it names none."""
    words = re.fullmatch(r"(.{2,40}?)\s*[:：]", block.text)
    return _named(words[1].lower(), now) if words and block.kind == "paragraph" else None


def _is_subject(block: Text, below: Sequence[Block]) -> bool:
    """Return whether an item is a name with its columns in a list below it, such as ``Type: String``."""
    inner = next((each for each in below if isinstance(each, Text) and each.kind == "item"), None)
    return block.kind == "item" and inner is not None and inner.depth > block.depth and bool(labelled(inner.text))


def _is_label(block: Text) -> bool:
    """Return whether text can name a section, and is neither a paragraph nor a header."""
    return block.kind != "paragraph" and len(block.text) <= _MAX_LABEL and not _HEADER_NAME.match(block.text)


def _says_example(text: str) -> bool:
    """Return whether a paragraph is an unmarked heading, as in the pages of 2023 and later."""
    return re.fullmatch(r"(?:(?:Sample )?success(?: responses?)?|Sample requests?):?", text, re.IGNORECASE) is not None


def _named(text: str, now: Role, *, is_heading: bool = True) -> Role | None:
    """Return the section that text names; ``now`` is the current section. Headings are read with more patterns."""
    text = simplified(text)
    if _ELSEWHERE.fullmatch(text):
        return "elsewhere"
    for pattern, role in _SECTIONS:
        if pattern.search(text):
            return role
    if _PARAMETERS.fullmatch(text):  # of the current section
        return _PARAMETERS_AFTER.get(now, now)
    beside = _BESIDE.get(now) if is_heading or now.startswith("response") else None
    if beside and _WITHOUT_SIDE.fullmatch(text):
        return beside[0] if _HEADER.search(text) else beside[1]
    for side, headers, elements in _SIDES[: None if is_heading else 2]:
        if side.search(text):
            has_elements = _ELEMENTS.search(text) or (
                is_heading and (_MORE_ELEMENTS.search(text) or _WHOLE_SIDE.fullmatch(text))
            )
            return headers if _HEADER.search(text) else elements if has_elements else None
    return None


_SECTIONS: tuple[tuple[re.Pattern[str], Role], ...] = (
    (
        re.compile(
            r"\b(?:errors?|exceptions?|failures?)\b|错误|异常"
            r"|^(?:(?:http|response|return) ?)*(?:status )?codes?$|^(?:http ?)?(?:状态|返回|响应)码$",
            re.ASCII,
        ),
        "errors",
    ),
    (
        re.compile(
            r"syntax|语法|请求行|请求(?:地址|路径|方式|url)|^http request$|\brequest (?:line|url|format)\b"
            r"|^ur[il]$|^(?:api )?endpoint$"
        ),
        "syntax",
    ),
    (
        re.compile(rf"(?:{_EXAMPLE}).*(?:{_RESPONSE})|(?:{_RESPONSE}).*(?:{_EXAMPLE})|^success response", re.ASCII),
        "response-example",
    ),
    (re.compile(_EXAMPLE, re.ASCII), "request-example"),
    (re.compile(r"\b(?:path|uri)\b.*param|^path$|(?:路径|path).*参数"), "path-parameters"),
)
_BESIDE: dict[Role, tuple[Role, Role]] = {
    **dict.fromkeys(("response", "response-headers"), ("response-headers", "response")),
    **dict.fromkeys(("syntax", "path-parameters", "request", "request-headers"), ("request-headers", "request")),
}
"""The sections of headers and of the body, after a section of the same side."""
_SIDES: tuple[tuple[re.Pattern[str], Role, Role], ...] = (
    (re.compile(_RESPONSE, re.ASCII), "response-headers", "response"),
    (re.compile(_REQUEST, re.ASCII), "request-headers", "request"),
    (re.compile(_OUTPUT, re.ASCII), "response-headers", "response"),
    (re.compile(_INPUT, re.ASCII), "request-headers", "request"),
)


def codes(parts: Iterable[Placed], *roles: Role) -> list[Code]:
    """Return the code blocks of some sections, in order."""
    return [part.block for part in parts if part.role in roles and isinstance(part.block, Code)]
