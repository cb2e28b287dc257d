"""Claims derived from pages: three generations of them, in Chinese and English, with the slips that pages have."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.spec.pages import derive
from sls_contract.spec.pages.lenient_json import PLACEHOLDER, Unreadable, read_json

FOLDER = Path(__file__).parent / "pages"
NAMES = sorted(path.name for path in FOLDER.glob("*.md"))


def claims(name):
    """Derive a sample page."""
    return derive((FOLDER / name).read_text(encoding="utf-8"), "RefillBasket").as_plain()


def problems(page):
    """Return kind and text of each problem."""
    return {(each["kind"], each["says"]) for each in page["problems"]}


def test_a_page_of_2018_gives_route_query_headers_and_errors():
    """A request line with a blank in it, placeholders of three kinds and a table with lists in its cells are read."""
    page = claims("2018.en.md")
    assert page["operation"] == "ListBasket"
    assert (page["method"], page["path"]) == ("GET", "/stores/{storeName}/baskets/{basketId}")
    assert (page["host"], page["path_parameters"]) == ("{project}.{endpoint}", ["storeName", "basketId"])
    assert page["query"] == {
        "shape": {"type": "string", "required": False, "from": ["syntax", "table", "example"]},
        "action": {"type": "string", "required": True, "const": "list", "from": ["syntax", "example"]},
        "sorted": {"type": "boolean", "required": False, "from": ["syntax", "table"]},
    }
    assert list(page["headers"]) == ["x-store-mood"]
    assert page["body"] == {"shape": None, "members": {}}
    assert page["errors"] == [
        {
            "status": 404,
            "code": "StoreNotExist",
            "messages": ["store {storeName} dose not exist", "store is gone"],
        },
        {"status": 400, "code": "Storenotexist", "messages": ["no store", "the store was closed"]},
    ]


def test_a_name_of_the_table_gives_way_to_the_one_on_the_wire():
    """The table's name for a key of the query or of the response is listed as a problem beside the one that is sent."""
    page = claims("2018.en.md")
    assert page["response"]["shape"] == "array"
    assert page["response"]["headers"] == ["x-basket-count"]
    assert page["response"]["members"] == {
        "name": {"type": "string", "required": None, "parent": None},
        "weight": {"type": "integer", "required": None, "parent": None},
    }
    assert problems(page) == {
        ("query-key", "form"),
        ("body-key", "basket"),
        ("error-spelling", "dose"),
        ("error-spelling", "Storenotexist"),
        ("error-spelling", "4xx Odd"),
        ("digest", "content-length: 42"),
    }


def test_a_page_of_2021_gives_a_nested_body_and_a_proven_response():
    """A table dedented in mid-list describes the member that the words before it name; a length proves a bare array."""
    page = claims("2021.zh.md")
    assert (page["method"], page["path"]) == ("POST", "/stores/{storeName}/baskets")
    assert page["query"]["type"]["const"] == "basket"
    assert page["body"]["shape"] == "object"
    assert page["body"]["members"] == {
        "basket": {"type": "string", "required": True, "parent": None},
        "detail": {"type": "object", "required": False, "parent": None},
        "weight": {"type": "integer", "required": True, "parent": "detail"},
        "open": {"type": "boolean", "required": False, "parent": "detail"},
    }
    assert (page["response"]["status"], page["response"]["shape"]) == (200, "array")
    assert page["digests"] == {"request": None, "response": "length"}
    assert {
        ("body-key", "Weight"),
        ("element-type", "Sting"),
        ("spelling", "basketz for baskets"),
        ("example-not-json", "single quotes"),
        ("example-not-json", "Python literal"),
        ("example-not-json", "trailing comma"),
        ("digest", "content-md5: 00000000000000000000000000000000"),
        ("body-key", "baskets around the array"),
    } <= problems(page)


def test_a_page_that_lost_its_pipes_is_read_by_its_types():
    """Tables of 2023 and later, copied as one cell a line, give the same facts as those with pipes."""
    page = claims("2024.en.md")
    assert page["operation"] == "RefillBasket"  # given, since the page has no title
    assert page["path"] == "/stores/{store}/baskets/{basketId}"
    assert page["host"] == "{project}.{endpoint}"
    assert page["query"] == {
        "type": {"type": "string", "required": True, "const": "refill", "from": ["syntax"]},
        "force": {"type": "boolean", "required": False, "from": ["table"]},
    }
    assert page["body"] == {"shape": "array", "members": {}}
    assert page["response"]["headers"] == ["x-basket-count"]
    assert list(page["response"]["members"]) == ["basket", "weight"]
    assert page["errors"] == []
    assert page["problems"] == []


@pytest.mark.parametrize(
    ("text", "value", "slip"),
    [
        ("{'a': 1}", {"a": 1}, "single quotes"),
        ('{"a": True}', {"a": True}, "Python literal"),
        ('{"a": 1 "b": 2}', {"a": 1, "b": 2}, "missing comma"),
        ('{"a": 1,}', {"a": 1}, "trailing comma"),
        ('{"a": :[1]}', {"a": [1]}, "doubled colon"),
        ('{"a": <name>}', {"a": PLACEHOLDER}, "unquoted placeholder"),
        ('{"a": some name}', {"a": PLACEHOLDER}, "unquoted placeholder"),
        ('["a": 1]', [{"a": 1}], "members in [ ]"),
        ('[{"a": 1}, ...]', [{"a": 1}, PLACEHOLDER], "ellipsis"),
        ("{\"a': 1}", {"a": 1}, "mismatched quotes"),
        (r'{"a": "\w"}', {"a": r"\w"}, "unknown escape"),
        ('{"a"：1}', {"a": 1}, "full-width colon"),
        ('{"a": 1 /* one */}', {"a": 1}, "comment"),
        ('{"a": 1 # one\n}', {"a": 1}, "comment"),
        ('{"a": <!-- one --> 1 /*/ one */}', {"a": 1}, "comment"),
        ('{"a": [\\\n1]}', {"a": [1]}, "backslash at the end of a line"),
    ],
)
def test_what_is_almost_json_is_read_and_its_slip_named(text, value, slip):
    """A text with one reading is read; the slip says what makes it no JSON."""
    assert read_json(text) == (value, (slip,))


@pytest.mark.parametrize("text", ["", "nothing", '{"a": ', '{"a": "open}', "[" * 5000 + "]" * 5000])
def test_what_has_no_reading_is_refused(text):
    """Nothing is guessed at, and nothing too deep is followed."""
    with pytest.raises(Unreadable):
        read_json(text)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ).filter(lambda value: isinstance(value, list | dict))
)
def test_json_is_read_as_json(value):
    """A text that is JSON has no slips."""
    assert read_json(json.dumps(value)) == (value, ())


@given(name=st.sampled_from(NAMES), data=st.data())
def test_no_page_however_damaged_ends_in_an_error(name, data):
    """Lines lost, doubled, moved or garbled: something is derived, and it can be shown as JSON."""
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    some = data.draw(st.lists(st.sampled_from(lines) | st.text(max_size=20), max_size=40))
    cut = data.draw(st.integers(0, len(lines)))
    page = derive("\n".join(lines[:cut] + some + lines[cut + 5 :])).as_plain()
    assert json.loads(json.dumps(page)) == page


@pytest.mark.parametrize("name", NAMES)
def test_line_ends_and_byte_order_marks_change_nothing(name):
    """A page saved on another system claims the same."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert derive("\ufeff" + text.replace("\n", "\r\n")).as_plain() == derive(text).as_plain()


SLIPS = """
# ListBarns

## Request syntax

```
GET /barns?offset=<offset>&line=<line>&reverse=<reverse> HTTP/1.1
```

## Request parameters

|Parameter|Type|Required|Description|
|---------|----|--------|-----------|
|offset|{type}|{required}|The first.|
|cursors|String|No|Where to go on.|

## Examples

```
GET /barns?{query} HTTP/1.1
Host: my-project.cn-shanghai.log.aliyuncs.com
```
"""


@pytest.mark.parametrize("key", ["offse", "ofset", "offfset", "offest", "offsat"])
def test_a_key_that_an_example_misspells_is_a_problem_and_no_key(key):
    """Of one letter, beside the syntax; the line of the example is named."""
    page = derive(SLIPS.format(type="Integer", required="No", query=f"{key}=1&line=2")).as_plain()
    assert [*page["query"]] == ["offset", "line", "reverse", "cursors"]
    at = SLIPS.splitlines().index("GET /barns?{query} HTTP/1.1") + 1
    assert {"kind": "query-key", "where": f"line {at}: query offset", "says": key} in page["problems"]


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("offset=1&offsetx=2", "offsetx"),  # both are sent
        ("lines=1", "lines"),  # a plural
        ("cursor=1", "cursor"),  # a singular
        ("poffset=1", "poffset"),
        ("sort=1", "sort"),
        ("reverse1=1", "reverse1"),
    ],
)
def test_a_key_that_only_an_example_has_is_a_key(query, key):
    """Examples show what tables lack."""
    page = derive(SLIPS.format(type="Integer", required="No", query=query)).as_plain()
    assert "example" in page["query"][key]["from"]


@pytest.mark.parametrize(("word", "kind"), [("Integr", "integer"), ("Sting", None), ("Strng", "string")])
def test_a_misspelt_type_is_a_problem(word, kind):
    """Whether it can be read or not."""
    page = derive(SLIPS.format(type=word, required="No", query="offset=1")).as_plain()
    assert page["query"]["offset"]["type"] == kind
    assert ("element-type", word) in problems(page)


@pytest.mark.parametrize("word", ["Integer", "int", "Long", "Strings", "List", "text", "整型"])
def test_a_type_in_other_words_is_no_problem(word):
    """Each is a word of its own."""
    page = derive(SLIPS.format(type=word, required="No", query="offset=1")).as_plain()
    assert not {each for each in problems(page) if each[0] == "element-type"}


@pytest.mark.parametrize("word", ["Yse", "YesYes.", "是是"])
def test_a_misspelt_yes_is_read_and_told(word):
    """Once for its row."""
    page = derive(SLIPS.format(type="Integer", required=word, query="offset=1")).as_plain()
    assert page["query"]["offset"]["required"] is True
    assert ("spelling", word) in problems(page)


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("Host: {project}.{endpoint}", "{project}.{endpoint}"),
        ("-   **Host**：`<Project Endpoint>`", "{project}.{endpoint}"),
        ("`Host: my-project.cn-hangzhou.log.aliyuncs.com`", "{project}.{endpoint}"),
        ("Host: {endpoint}", "{endpoint}"),
        ("The host: see Endpoints.", None),
        ("Hosts: {project}.{endpoint}", None),
    ],
)
def test_a_host_in_a_line_of_text_is_read(line, host):
    """Where no request line has it."""
    text = SLIPS.partition("## Examples")[0].format(type="Integer", required="No")
    assert derive(text).as_plain()["host"] is None
    assert derive(f"{text}\n{line}\n").as_plain()["host"] == host
    assert derive(text.replace("## Request syntax", f"{line}\n\n## Request syntax")).as_plain()["host"] == host


def test_what_a_table_says_of_the_path_is_claimed():
    """By the name that the request line prints, however the table spells it."""
    text = SLIPS.replace("/barns?", "/barns/<barnName>/cows/<cowId>?").format(type="Integer", required="No", query="")
    rows = "|barnname|String|Yes|A barn.|\n|cowID|Integer|Yes|A cow.|\n|cursors|"
    page = derive(text.replace("|cursors|", rows))
    assert {name: each.type for name, each in page.described.items()} == {"barnName": "string", "cowId": "integer"}
    assert page.as_plain()["path_parameters"] == ["barnName", "cowId"]
    assert [*page.query] == ["offset", "line", "reverse", "cursors"]


@pytest.mark.parametrize("value", ["log", "context_log"])
def test_a_fixed_value_of_the_request_line_is_a_text(value):
    """Also without a row of its own."""
    text = SLIPS.replace("?offset=", f"?type={value}&offset=").format(type="Integer", required="No", query="")
    assert derive(text).as_plain()["query"]["type"] == {
        "type": "string",
        "required": True,
        "const": value,
        "from": ["syntax"],
    }
