"""What stands near a part of a request on a page, and is none of it."""

import pytest

from sls_contract.spec.pages import derive, prose

EXAMPLES = (
    "# FillBarn\n\n{0} Request{1}\n\n```\nPOST /barns/{{barn}} HTTP/1.1\nHost: {{project}}.{{endpoint}}\n\n"
    '{{"size": 1}}\n```\n\n'
    '{0} Response{1}\n\n```\nHTTP/1.1 200 OK\n\n{{"total": 1}}\n```\n\n'
    "## {2}\n\n|Name|Type|Required|\n|---|---|---|\n|size|integer|Yes|\n|hay|string|Yes|\n"
)


@pytest.mark.parametrize("body", ["Body", "Body parameters", "消息体"])
@pytest.mark.parametrize(("depth", "example"), [("##", " example"), ("## Examples\n\n###", "")])
def test_a_body_after_the_examples_is_not_the_response_s(depth, example, body):
    """The example of a response ends with its section."""
    page = derive(EXAMPLES.format(depth, example, body))
    assert page.body.members[None, "hay"].required is True
    assert [*page.response.members] == [(None, "total")]


SYNTAX = (
    "# FillBarn\n\n## Request syntax\n\n"
    "```\nGET /barns/{barn}/cows/{cowId} HTTP/1.1\nHost: {project}.{endpoint}\n```\n\n"
)
HEAD = "## Request parameters\n\n|Name|In|Type|Required|\n|---|---|---|---|\n"


@pytest.mark.parametrize("place", ["query", "查询参数", "header", "请求头"])
def test_a_row_of_another_place_gives_no_type_of_the_path(place):
    """However alike their names are."""
    page = derive(f"{SYNTAX}{HEAD}|barn|path|string|Yes|\n|cow|{place}|integer|No|\n")
    assert [*page.described] == ["barn"]
    assert "cow" in {*page.query, *page.headers}


@pytest.mark.parametrize("text", ['{"a": 1, "h": "<pre>x</pre> y"}', '{"a": 1,\n "h": "<p><h1>t</h1> y</p>"}'])
def test_tags_in_a_code_block_leave_its_lines_whole(text):
    """Only saved HTML has tags that begin blocks."""
    page = derive(f"{SYNTAX}## Response\n\n```\nHTTP/1.1 200 OK\n\n{text}\n```\n")
    assert ([*page.response.members], page.problems) == ([(None, "a"), (None, "h")], [])


def test_a_row_without_outer_bars_stays_whole():
    """A code block in a cell is text of that cell."""
    rows = "Name | Type | Description | Required\n---|---|---|---\nsize | integer | As <pre>5</pre> cows | Yes\n"
    page = derive(f"{SYNTAX}## Request parameters\n\n{rows}")
    assert {key: each.required for key, each in page.query.items()} == {"size": True}


def test_a_key_on_the_wire_in_other_case_than_its_row_is_the_key():
    """The wire beats the table."""
    rows = "|Name|Type|Required|\n|---|---|---|\n|maxCount|Integer|Yes|\n"
    example = "## Examples\n\n```\nGET /barns/b/cows/c?maxcount=5 HTTP/1.1\n```\n"
    assert [*derive(f"{SYNTAX}## Request parameters\n\n{rows}\n{example}").query] == ["maxcount"]


@pytest.mark.parametrize("words", ["1-100, -1 means all", "1-12, or 0 for all", "1-2, 5-6", "1-10。0 表示不限"])
def test_a_range_with_an_exception_is_no_limit(words):
    """A value outside of the range is right, too."""
    assert prose.limits(words, "integer") == (None, None)


def test_a_host_of_another_section_is_not_the_page_s():
    """It is that of another operation."""
    text = SYNTAX.replace("Host: {project}.{endpoint}\n", "")
    assert derive(f"{text}## Related operations\n\nHost: {{endpoint}}\n").host is None


def test_a_table_above_the_request_is_none_of_its_parameters():
    """It is listed as a table that was not read."""
    text = "# GetBarn\n\n## Usage notes\n\n|Quota|Type|Required|\n|---|---|---|\n|cows|integer|No|\n\n"
    page = derive(f"{text}```\nGET /barns/{{barn}} HTTP/1.1\n```\n\n## Response\n\nNone.\n")
    assert (page.query, [each.says for each in page.problems if each.kind == "spelling"]) == (
        {},
        ["Quota | Type | Required"],
    )


@pytest.mark.parametrize("word", ["BigInteger", "UInteger", "NString", "BigIntegers"])
def test_a_longer_name_of_a_type_is_not_misspelt(word):
    """It ends with the name of a JSON type."""
    page = derive(f"{SYNTAX}{HEAD}|size|query|{word}|No|\n")
    assert not [each for each in page.problems if each.kind == "element-type"]


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ("URL", ["size"]),
        ("URL 参数", ["size"]),
        ("—", ["size"]),
        ("form parameter", []),
        ("Cookie 参数", []),
        ("表单参数", []),
    ],
)
def test_a_place_that_no_url_has_is_listed(place, key):
    """A key of the query is not guessed."""
    page = derive(f"{SYNTAX}{HEAD}|size|{place}|integer|No|\n")
    assert ([*page.query], [each.says for each in page.problems if each.kind == "spelling"]) == (
        key,
        [] if key else [place],
    )


def test_a_request_line_that_only_an_example_prints_can_have_its_headers_beside_it():
    """Such a page has no syntax that lists the parameters; an example need not show the optional ones."""
    request = "GET /?farm=f&size=10 HTTP/1.1 Host:my-project.cn-shanghai.log.aliyuncs.com x-log-date:Sun, 27 May 2018"
    rows = "|Name|Type|Required|\n|---|---|---|\n|farm|string|Yes|\n|size|integer|No|\n|page|integer|No|\n"
    page = derive(f"# CountSheep\n\n## Request parameters\n\n{rows}\nSample requests:\n\n{request}\n")
    assert (page.method, page.path, page.host) == ("GET", "/", "{project}.{endpoint}")
    assert {name: each.required for name, each in page.query.items()} == {"farm": True, "size": False, "page": False}
    assert page.problems == []


def test_json_below_a_request_line_in_text_is_the_body_of_this_request():
    rows = "|Name|Type|Required|\n|---|---|---|\n|body|object|Yes|\n|breed|string|Yes|\n"
    request = 'PUT /farms HTTP/1.1 Content-Type: application/json\n\n{ "breed": "merino" }\n'
    text = f"# FeedSheep\n\n## Request syntax\n\nPUT /farms HTTP/1.1\n\n## Request parameters\n\n{rows}\n"
    page = derive(f"{text}Sample request\n\n{request}\n## Examples\n\nSuccess response\n\n```\n{{}}\n```\n")
    assert {name: each.origins for (_, name), each in page.body.members.items()} == {"breed": {"table", "example"}}
    assert (page.response.shape, page.response.members, page.problems) == ("object", {}, [])


def test_a_head_above_the_table_that_it_is_of_is_no_table():
    head = "|Name|Type|Required|\n|---|---|---|\n\n|  |  |  |\n|---|---|---|\n|Name|Type|Required|\n"
    page = derive(f"# CountSheep\n\nGET /farms HTTP/1.1\n\n## Request parameters\n\n{head}|size|integer|No|\n")
    assert ({name: each.required for name, each in page.query.items()}, page.problems) == ({"size": False}, [])
    page = derive("# CountSheep\n\nGET /farms HTTP/1.1\n\n## Request parameters\n\n|size|kind|No|\n|---|---|---|\n")
    assert [each.says for each in page.problems] == ["size | kind | No"]


OTHER = "```\nPOST /barns?mode=x HTTP/1.1\n```\n\n|Name|Type|Required|\n|---|---|---|\n|colour|String|No|\n\n"
ROWS = "|Name|Type|Required|\n|---|---|---|\n|size|Integer|No|\n\n"


@pytest.mark.parametrize(
    "text",
    [
        SYNTAX.replace("## Request", f"## Prerequisites\n\n{OTHER}## Request") + f"## Request parameters\n\n{ROWS}",
        SYNTAX.replace("## Request", f"**前提条件**\n\n{OTHER}## Request") + f"## 请求参数\n\n{ROWS}",
        SYNTAX.replace("## Request", f"## Before you begin\n\n### Request syntax\n\n{OTHER}## API")
        + f"## Request parameters\n\n{ROWS}",
        f"{SYNTAX}## Request parameters\n\n{ROWS}## See also\n\n{OTHER}",
        f"{SYNTAX}## Request parameters\n\n{ROWS}**Related operations**\n\n{OTHER}",
        f"{SYNTAX}## 请求参数\n\n{ROWS}### 相关操作\n\n{OTHER}",
    ],
)
def test_another_operation_that_a_page_shows_is_not_its_own(text):
    """One to call before, or to read about: its table of parameters is listed."""
    page = derive(text)
    assert (page.method, page.path, [*page.query]) == ("GET", "/barns/{barn}/cows/{cowId}", ["size"])
    assert [each.says for each in page.problems if each.kind != "not-in-syntax"] == ["Name | Type | Required"]


@pytest.mark.parametrize(("before", "heading"), [("Prerequisites", "Parameters"), ("前提条件", "参数说明")])
def test_parameters_after_what_to_do_before_are_those_of_the_section_above_it(before, heading):
    page = derive(f"{SYNTAX}## {before}\n\nThe barn is there.\n\n## {heading}\n\n{ROWS}")
    assert [*page.query] == ["size"]
    assert [each.kind for each in page.problems] == ["not-in-syntax"]


@pytest.mark.parametrize("place", ["Body", "请求体"])
def test_a_row_that_stands_in_the_body_of_a_get_is_listed(place):
    """Such a request has none: row or request line is wrong."""
    page = derive(f"{SYNTAX}{HEAD}|size|Query|Integer|No|\n|filter|{place}|String|No|\n")
    assert [*page.query] == ["size"]
    assert ("body filter", f"{place}, and GET has none") in [(each.where, each.says) for each in page.problems]


TURNED = """<table><tr><th>Name</th><td>size</td><td>line</td></tr>
<tr><th>Type</th><td>Integer</td><td>String</td></tr>
<tr><th>Required</th><td>Yes</td><td>No</td></tr></table>
"""


@pytest.mark.parametrize(
    "table",
    [
        "|Parameter|size|line|\n|---|---|---|\n|Type|Integer|String|\n|Required|Yes|No|\n",
        "|名称|size|line|\n|---|---|---|\n|是否必选|是|否|\n|类型|Integer|String|\n|描述|大小||\n",
        TURNED,
        "- size（必选，Integer）：大小\n- line（String，可选）：行\n",
        "- size (integer) *required*\n- line (string) *optional*\n",
        "- **size** *(integer)* - Required. The size.\n- **line** *(string)* - Optional. The line.\n",
    ],
)
def test_rows_can_be_columns_or_items(table):
    """A first column with the names of columns is the head; an item states type and need in any order."""
    page = derive(f"{SYNTAX}## Request parameters\n\n{table}")
    assert {name: (each.type, each.required) for name, each in page.query.items()} == {
        "size": ("integer", True),
        "line": ("string", False),
    }


@pytest.mark.parametrize(
    "sentence",
    ["The request takes size (Integer, optional) and line (Integer, required).", "参数size（可选）：大小"],
)
def test_parameters_in_a_sentence_are_listed(sentence):
    """Their types begin with a capital, too."""
    page = derive(f"{SYNTAX}## Request parameters\n\n{sentence}\n")
    assert ([*page.query], [each.says for each in page.problems]) == ([], [sentence])


@pytest.mark.parametrize(
    "host", ["<project_name>.<endpoint>", "{your-project}.{your-endpoint}", "<project-name>.<sls-endpoint>"]
)
def test_a_host_of_a_project_has_any_placeholders(host):
    """The project is the first label."""
    assert derive(SYNTAX.replace("{project}.{endpoint}", host)).host == "{project}.{endpoint}"


def test_a_struck_name_is_a_name():
    """As that of a parameter that the service still takes."""
    assert [*derive(f"{SYNTAX}{HEAD}|~~size~~|query|integer|No|\n").query] == ["size"]


@pytest.mark.parametrize("form", ["### {} parameters\n\n", "**{}**\n\n", "1. {}\n\n", "### {}参数\n\n"])
@pytest.mark.parametrize("order", [("Query", "Header", "Body"), ("Body", "Query", "Header")])
def test_a_label_above_a_table_tells_the_place_of_its_rows(form, order):
    """In any order."""
    put = SYNTAX.replace("GET", "PUT")
    rows = {"Query": "|dryRun|Boolean|No|", "Header": "|x-log-mode|String|No|", "Body": "|hay|Integer|Yes|"}
    head = "|Name|Type|Required|\n|---|---|---|\n"
    page = derive(f"{put}## Request parameters\n\n" + "".join(f"{form.format(at)}{head}{rows[at]}\n\n" for at in order))
    assert ([*page.query], [*page.headers], [*page.body.members]) == (["dryRun"], ["x-log-mode"], [(None, "hay")])


def test_a_note_among_the_rows_is_no_parameter():
    """It has no type."""
    rows = "|**Note**||||The following are optional.|\n|size|query|integer|No||\n|**说明**：||||无|\n"
    page = derive(
        f"{SYNTAX}{HEAD.replace('Required|', 'Required|Description|').replace('---|---|', '---|---|---|', 1)}{rows}"
    )
    assert ([*page.query], {each.kind for each in page.problems}) == (["size"], {"not-in-syntax"})


def test_parts_of_a_query_in_brackets_are_keys():
    """They can be left out; the value before them ends there."""
    page = derive(SYNTAX.replace("{cowId}", "{cowId}?type=cow[&size=<size>][&line=<line>]"))
    assert {key: each.values for key, each in page.query.items()} == {"type": ("cow",), "size": (), "line": ()}


def test_a_footnote_in_brackets_leaves_what_is_required():
    """As a raised number does."""
    page = derive(f"{SYNTAX}{HEAD}|size|query|integer|Yes[1]|\n|line|query|integer|No [2]|\n")
    assert {key: each.required for key, each in page.query.items()} == {"size": True, "line": False}


@pytest.mark.parametrize("side", ["Request", "Response"])
def test_a_header_in_a_code_block_of_headers_is_listed(side):
    """Such a block is neither a request nor a response."""
    page = derive(f"{SYNTAX}## {side} headers\n\n```\nx-log-hay: 5\nDate: now\n```\n")
    assert [(each.where, each.says) for each in page.problems] == [("header", "x-log-hay")]


def test_a_collection_can_have_the_name_of_a_parameter():
    rows = "|Name|Type|Required|\n|---|---|---|\n|tags|string|Yes|\n"
    page = derive(f"# ListTags\n\n## Request syntax\n\nGET /tags HTTP/1.1\n\n## Request parameters\n\n{rows}")
    assert (page.path, [*page.query], page.problems) == ("/tags", ["tags"], [])


def test_the_elements_of_an_array_in_the_query_are_no_parameters():
    """Without depth, what follows them cannot be told from them; it is listed."""
    rows = "|tags|array<object>|No|\n||object|No|\n|key|string|Yes|\n|token|string|No|\n"
    table = f"|Name|Type|Required|\n|---|---|---|\n|size|integer|No|\n{rows}"
    page = derive(f"# ListTags\n\n## Request syntax\n\nGET /farms HTTP/1.1\n\n## Request parameters\n\n{table}")
    assert [*page.query] == ["size", "tags"]
    assert [(each.kind, each.says.split(",")[0]) for each in page.problems] == [
        ("query-key", "key"),
        ("query-key", "token"),
    ]
