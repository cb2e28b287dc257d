"""The vocabulary of tables: kinds of columns by their heads, types, statuses, and yes or no."""

from __future__ import annotations

import re
from difflib import get_close_matches
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.spec.pages.blocks import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sls_contract.spec.pages.blocks import Block

Column: TypeAlias = Literal[
    "name",
    "type",
    "required",
    "optional",
    "default",
    "minimum",
    "maximum",
    "example",
    "description",
    "place",
    "status",
    "code",
    "message",
]

_COLUMNS: tuple[tuple[re.Pattern[str], Column], ...] = (
    (re.compile(r"status|状态码|^状态$|\bhttp(?!.*(?:header|头))|返回码"), "status"),
    (
        re.compile(r"error ?(?:descriptions?|details?|info)|错误(?:消息|信息|描述|提示|说明|详情)|message|\bmsg\b"),
        "message",
    ),
    (re.compile(r"error ?codes?|错误(?:代?码|类型)|^code$|^error$|^错误$"), "code"),
    (re.compile(r"type|类型|^(?:data )?format$|^(?:数据)?格式$"), "type"),
    (re.compile(r"required|mandatory|necess|^req\b|必[须填选需要传]"), "required"),
    (re.compile(r"optional|可选"), "optional"),
    (re.compile(r"^default|默认|缺省"), "default"),
    (re.compile(r"^min(?:imum)?\b|最小"), "minimum"),
    (re.compile(r"^max(?:imum)?\b|最大"), "maximum"),
    (re.compile(r"example|sample|\be\.g\.|示例|样例|举例|^values?$|^值$"), "example"),
    (re.compile(r"position|location|\bin\b|位置"), "place"),
    (re.compile(r"description|说明|描述|meaning|remark|comment|^notes?$|备注|含义|解释|注释"), "description"),
    (
        re.compile(
            r"name|parameter|attribute|field|element|header|key|propert|argument|variable|名[称字]|参数|属性|字段|元素|变量"
            r"|^(?:json ?)?path$"
        ),
        "name",
    ),
)
_TYPE_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:string|字符串)\s*(?:[(（]|of\b)(?!.*(?:array|list|数组|列表))"), "string"),  # whatever it contains
    (re.compile(r"array|list|\[\]|数组|列表"), "array"),
    (re.compile(r"key-value|object|json|map|dict|struct|对象|结构"), "object"),
    (re.compile(r"bool|布尔"), "boolean"),
    (re.compile(r"(?<!po)int|long|整|timestamp"), "integer"),  # not the point of "floating point"
    (re.compile(r"float|double|number|decimal|浮点|数值"), "number"),
    (re.compile(r"str|text|char|字符|enum"), "string"),
)
_STRUCTURE = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]*)*")
"""The name of a structure, if its last word is no type."""
_TYPE_AT_END = re.compile(
    r"(?:u|big|small|tiny|var|hash|array|json|string)?"
    r"(?:array|list|object|json|map|dict(?:ionary)?|struct(?:ure)?|bool(?:ean)?|int(?:eger)?|long|timestamp|float|double"
    r"|number|decimal|str(?:ing)?|text|char|enum)s?"
)
"""The last word of a name that is a type, such as ``ObjectList``."""
_TEXT_OF_JSON = re.compile(r"json(?:格式)?(?:的)?[\s_-]*(?:formatted )?(?:str(?:ing)?|text|字符串)")
"""A text that contains JSON, or an object: pages mean both by it."""
_OR = re.compile(r"\bor\b|[/|或]")
_IN_BRACKETS = re.compile(r"(?<=\w)\s*[(（\[]([^()（）\[\]]*)[)）\]]")
"""After a type; values or words with a separator there are no other types: ``boolean (true/false)``."""
_ITEM = re.compile(r"\d+\s*\\?[.)）、]")
"""The number of an item in a list, left in a cell that was copied from one."""
_JSON_TYPES = ("string", "integer", "boolean", "object", "array")
_MUST = r"必[须填选需要传]|需要"
_YES = re.compile(rf"(?:yes|y|m|true|must|required|mandatory|yse|是|{_MUST}|[✓✔√✅☑●])", re.IGNORECASE)
_NO = re.compile(
    r"(?:no|n|o|false|optional|not (?:required|mandatory)|否|不是|可选|选填|可(?:以)?为空"
    rf"|[非不](?:{_MUST})|[✗✘✖×❌☐○])",
    re.IGNORECASE,
)
_NO_BUT = re.compile(rf"(?:no|optional|否|可选|选填|非(?:{_MUST}))\s*[,，;；(（.。:：]", re.IGNORECASE)
"""A "no" with more text, such as "No, 100 by default"; a "yes" with more text can be conditional."""
_STATED = re.compile(
    r"(?P<no>\b(?:not\s+(?:required|mandatory)|optional)\b|[非不]必[须填选需]|可选|选填)|\b(?:required|mandatory)\b|必[须填选需]",
    re.IGNORECASE | re.ASCII,
)
_STATED_FIRST = re.compile(rf"[(（\[【]?(?:{_STATED.pattern})\s*(?:[)）\]】.。,，]|$)", re.IGNORECASE | re.ASCII)
HTTP = (
    r"(?:(?i:responses?|returns?|errors?(?: codes?)?)\s+|响应\s*|返回\s*|错误码?\s*[:：]?\s*)?"
    r"(?:HTTP(?:/\d(?:\.\d)?)?\s*)?"
    r"(?:(?i:status(?: code)?)|状态码)?\s*[:：(（]?\s*"
)
"""The text before a status."""
_STATUS = re.compile(
    rf"(?:(?P<before>[A-Za-z -]+?)\s*[(（:：]?\s*)??{HTTP}(?P<status>[1-5]\d\d)\b"
    r"[\s(（:：–—-]*(?P<after>[A-Za-z -]*?)[\s)）]*[:：]?"
)
_PHRASES = frozenset({"", *(each.phrase.lower() for each in HTTPStatus)})
_FOOTNOTE = re.compile(r"(?:[*†‡¹²³①-⑳\s]|\[\d+\])+$")

_TRADITIONAL = str.maketrans(
    "請參數響應頭語錯誤碼狀態類說範稱選須傳屬變備註釋據結構陣組對長點徑詳舉樣義異體輸資訊為圍認過",
    "请参数响应头语错误码状态类说范称选须传属变备注释据结构阵组对长点径详举样义异体输资讯为围认过",
)
_TAIWANESE = (
    *(("欄位", "字段"), ("變數", "变量"), ("回應", "响应"), ("訊息", "消息"), ("資料", "数据"), ("陣列", "数组")),
    *(
        ("物件", "对象"),
        ("字串", "字符串"),
        ("布林", "布尔"),
        ("範例", "示例"),
        ("樣本", "示例"),
        ("文法", "语法"),
        ("預設", "默认"),
    ),
)
_MARK_OF = {column: chr(0xE100 + at) for at, (_, column) in enumerate(_COLUMNS)}
"""The character that replaces the name of a column in a line of names without separators."""
_MIN_HEAD = 3
_MAX_STATUS = 60
"""Characters of a status with its phrase and the words before it."""
_MAX_WORDS, _MAX_CHARACTERS = 3, 24
"""Of a head that is alone on its line; the longest known is "Required or not"."""


def simplified(text: str) -> str:
    """Convert the text of a head, a heading or a limit from traditional to simplified Chinese."""
    for word, other in _TAIWANESE:
        text = text.replace(word, other)
    return text.translate(_TRADITIONAL)


def json_type_near(printed: str) -> str | None:
    """Return the JSON type that a misspelt word is close to, such as ``Sting``; None if there is none."""
    near = get_close_matches(printed.strip().lower(), _JSON_TYPES, 1, 0.8)
    return near[0] if near else None


def is_misspelt_type(printed: str) -> bool:
    """Return whether a type is one word close to that of a JSON type, such as ``Integr``, or has a number in a list."""
    word = printed.strip().lower()
    if _ITEM.match(word):
        return True
    return word.isalpha() and not word.removesuffix("s").endswith(_JSON_TYPES) and json_type_near(word) is not None


def is_misspelt_answer(printed: str) -> bool:
    """Return whether a cell that says yes or no prints it twice, or with its letters in another order."""
    words = re.findall(r"[a-z]+", printed.lower())
    return "yse" in words or re.match(r"(yes|no|是|否)\1", printed.strip(), re.IGNORECASE) is not None


def json_type(printed: str) -> str | None:
    """Return the JSON type of a printed type, such as ``int`` or ``整型``; None if it is unknown, or one of several."""
    if _is_structure(printed.strip()):
        return None
    text = simplified(re.sub(r"<.*", "", printed.strip().lower()))
    if _TEXT_OF_JSON.fullmatch(text):
        return None
    text = _IN_BRACKETS.sub(lambda found: "" if _OR.search(found[1]) else found[0], text)
    each = (next((name for pattern, name in _TYPE_WORDS if pattern.search(part)), None) for part in _OR.split(text))
    found = {name for name in each if name is not None}
    return found.pop() if len(found) == 1 else None


def _is_structure(printed: str) -> bool:
    """Return whether a type is the name of a structure, whose letters can contain a word for a type: ``Orchard``."""
    if not _STRUCTURE.fullmatch(printed) or json_type_near(printed):
        return False
    last = re.findall(r"[A-Z][a-z]*", printed)[-1].lower()
    return not (_TYPE_AT_END.fullmatch(last) or re.match(r"(?:Array|List|Map)Of[A-Z]", printed))


def column_of(head: str) -> Column | None:
    """Return the kind of a column by its head; None if it is unknown."""
    text = simplified(re.sub(r"\s+", " ", head).strip().lower())
    return next((column for pattern, column in _COLUMNS if pattern.search(text)), None)


def yes_or_no(printed: str) -> bool | None:
    """Parse a cell that states whether a parameter is required; None if it is neither yes nor no."""
    word = simplified(_FOOTNOTE.sub("", printed).strip(" .。!！?"))
    inside = re.fullmatch(r"([^(（]+?)\s*[(（]([^()（）]+)[)）]", word)
    if inside and (both := yes_or_no(inside[1])) is not None and both == yes_or_no(inside[2]):
        return both
    for pattern, value in ((_YES, True), (_NO, False)):
        if word and re.fullmatch(rf"(?:{pattern.pattern}\.?\s*)+", word, re.IGNORECASE):
            return value
    return False if _NO_BUT.match(word) else None


def stated(*texts: str, description: str) -> bool | None:
    """Return whether texts beside a name, or the first word of its description, state that it is required."""
    found = next(filter(None, map(_STATED.search, texts)), None) or _STATED_FIRST.match(description)
    return found["no"] is None if found else None


def status_of(text: str) -> str | None:
    """Return the status that a text consists of, with or without its phrase; None if there is other text."""
    found = _STATUS.fullmatch(text) if len(text) <= _MAX_STATUS else None
    return found["status"] if found and (found["before"] or found["after"] or "").lower() in _PHRASES else None


def status_at_start(text: str) -> str | None:
    """Return the status with which a text begins; None if there is none."""
    found = re.match(rf"{HTTP}([1-5]\d\d)(?a:\b)", text)
    return found[1] if found else None


def is_failure(status: str | None) -> bool:
    """Return whether a status is that of an error."""
    return (status or "") >= str(HTTPStatus.BAD_REQUEST.value)


def columns_of(line: str) -> tuple[Column, ...]:
    """Return the columns of a line that only contains their names, such as ``ParameterTypeRequired``."""
    words = simplified(re.sub(r"\bor not\b|[\s|]+|values?|data|数据|是否|值", "", line.lower()))
    for pattern, column in _COLUMNS:
        words = pattern.sub(_MARK_OF[column], words)
    if len(words) < _MIN_HEAD or not set(words) <= set(_MARK_OF.values()):
        return ()
    return tuple(dict.fromkeys(column for mark in words for column in _MARK_OF if _MARK_OF[column] == mark))


def flat_head(blocks: Sequence[Block], start: int) -> tuple[Column, ...]:
    """Return the columns of a head with a cell per line that begins at a block, for tables that lost their pipes."""
    columns: list[Column] = []
    for block in blocks[start:]:
        column = _flat_column(block)
        if column is None or column in columns:
            break
        columns.append(column)
    return tuple(columns) if len(columns) >= _MIN_HEAD and "type" in columns else ()


def _flat_column(block: Block) -> Column | None:
    if not isinstance(block, Text) or block.kind == "heading":
        return None
    if len(block.text.split()) > _MAX_WORDS or len(block.text) > _MAX_CHARACTERS:
        return None
    return column_of(block.text)
