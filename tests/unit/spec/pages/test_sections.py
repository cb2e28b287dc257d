"""Bodies, responses and errors by the headings above them, and tables beside other tables."""

from __future__ import annotations

import pytest

from sls_contract.spec.pages import derive

RESPONSES = """# CountSheep

## Request syntax

```
POST /farms HTTP/1.1
```

### Request body

|Name|Type|Required|
|---|---|---|
|breed|string|Yes|

## Response

### 200 OK

```json
{"count": 2}
```

### 404 Not Found

```json
{"errorCode": "FarmNotExist", "errorMessage": "No such farm."}
```
"""


def test_responses_below_their_statuses_are_a_success_and_an_error():
    """The error has no member in common with the success, and is an error although no table lists it."""
    page = derive(RESPONSES).as_plain()
    assert (page["response"]["status"], [*page["response"]["members"]]) == (200, ["count"])
    assert page["errors"] == [{"status": 404, "code": "FarmNotExist", "messages": ["No such farm."]}]


def test_a_response_with_a_member_errorcode_and_status_200_is_a_success():
    """A job reports its last error: that is a member of the response."""
    page = derive(RESPONSES.replace('{"count": 2}', '{"errorCode": "", "count": 2}')).as_plain()
    assert [*page["response"]["members"]] == ["errorCode", "count"]


def test_a_table_below_the_heading_of_a_body_lists_its_members():
    """The request line shows no query, and the heading says where they go; without it they would be in the query."""
    page = derive(RESPONSES).as_plain()
    assert (page["query"], page["body"]["shape"], [*page["body"]["members"]]) == ({}, "object", ["breed"])
    assert derive(RESPONSES.replace("### Request body", "## Request body")).as_plain()["body"] == page["body"]
    assert [*derive(RESPONSES.replace("### Request body", "### Request parameters")).query] == ["breed"]


def test_json_below_the_heading_of_a_body_is_one():
    """No request line is printed above it."""
    text = RESPONSES.replace(
        "|Name|Type|Required|", '```json\n{"breed": "merino", "lambs": true}\n```\n\n|Name|Type|Required|'
    )
    members = derive(text).as_plain()["body"]["members"]
    assert {name: (each["type"], each["required"]) for name, each in members.items()} == {
        "breed": ("string", True),
        "lambs": ("boolean", None),
    }


def test_rows_without_separators_that_say_the_place_are_read():
    """The place stands between type and whether it is required, and an example follows without a blank."""
    glued = "ParameterTypePositionRequiredExampleDescription"
    rows = (
        "breedStringBodyYesmerino\n\nWhich.\n\npensArray of StringBodyNo\n\nWhere.\n\nlineIntegerQueryNo10\n\nHow many."
    )
    page = derive(RESPONSES[: RESPONSES.index("###")] + f"## Request parameters\n\n{glued}\n{rows}\n").as_plain()
    assert {name: (each["type"], each["required"]) for name, each in page["body"]["members"].items()} == {
        "breed": ("string", True),
        "pens": ("array", False),
    }
    assert page["query"]["line"]["required"] is False


def test_a_second_table_of_a_request_without_a_body_is_of_its_query():
    """A GET has no body that its parameters could be in."""
    text = RESPONSES[: RESPONSES.index("###")].replace("POST", "GET") + (
        "## Request parameters\n\n|Name|Type|\n|---|---|\n|line|int|\n\nPages:\n\n|Name|Type|\n|---|---|\n|size|int|\n"
    )
    found = derive(text).as_plain()
    assert ([*found["query"]], found["body"]["members"]) == (["line", "size"], {})


def test_a_table_after_a_row_that_lacks_cells_is_another_table():
    """The pipe that begins its head does not close the row above."""
    rows = "Name | Type | Required | Description |\n---|---|---|---|\nline | int | No |\n\nMore:\n\n"
    more = "| Type | Required | Name | Description |\n|---|---|---|---|\n| int | Yes | size | How many. |\n"
    text = RESPONSES[: RESPONSES.index("###")].replace("POST", "GET") + f"## Request parameters\n\n{rows}{more}"
    page = derive(text)
    assert {name: (each.type, each.required) for name, each in page.query.items()} == {
        "line": ("integer", False),
        "size": ("integer", True),
    }


@pytest.mark.parametrize(
    ("printed", "kind"),
    [
        ("String of JSON", "string"),
        ("字符串（JSON格式）", "string"),
        ("Array of String", "array"),
        ("String (array)", "array"),
        ("JSON object", "object"),
    ],
)
def test_a_string_that_contains_something_is_a_string(printed, kind):
    """The first word is the type, and the rest says what is in it."""
    table = "## Response elements\n\n|Name|Type|\n|---|---|\n"
    assert derive(f"# CountSheep\n\n{table}|x|{printed}|\n").response.members[None, "x"].type == kind


def test_a_path_after_its_label_is_no_heading():
    """A short line that names the section is its heading, unless the path or the method stands there."""
    table = "## 请求参数\n\n|名称|类型|\n|---|---|\n|line|int|\n"
    page = derive(f"# CountSheep\n\n- 请求方法：GET\n- 请求地址：/farms/{{farm}}\n\n{table}")
    assert (page.method, page.path, [*page.query]) == ("GET", "/farms/{farm}", ["line"])


def test_a_status_above_a_table_of_errors_is_no_heading():
    """The phrase of a status contains the word error; all rows of the table have this status."""
    table = "|Error code|Error message|\n|---|---|\n|FarmBurnt|The farm is gone.|\n"
    for title in ("## Error codes", "**Error codes**"):
        for status in ("-   500 Internal Server Error", "### 500", "HTTP status code 500:"):
            assert derive(f"# CountSheep\n\n{title}\n\n{status}\n\n{table}").errors == {
                (500, "FarmBurnt"): ["The farm is gone."]
            }


def test_a_box_around_a_table_is_not_the_text_before_it():
    """The text before the box says whose members the table lists."""
    head = "|Name|Type|\n|---|---|\n"
    members = f"## Response\n\n{head}|barn|object|\n|pen|object|\n\nThe barn has:\n\n"
    text = f"# CountSheep\n\n{members}<div class='x'>\n\n{head}|roof|string|\n\n</div>\n"
    assert derive(text).response.members["barn", "roof"].type == "string"


def test_a_request_line_between_backticks_below_any_heading_is_one():
    """No section of the page is called its syntax; a sentence about a path is no request line."""
    line = "## Request\n\nSee /farms for more.\n\n`POST /farms`\n"
    page = derive(RESPONSES.replace("## Request syntax\n\n```\nPOST /farms HTTP/1.1\n```\n", line))
    assert (page.method, page.path, [*page.body.members]) == ("POST", "/farms", [(None, "breed")])


def test_a_number_beside_an_error_is_no_message():
    """A column without a known head holds the messages, unless it only counts the rows."""
    table = "|Nr|Status|Code|Reason|\n|---|---|---|---|\n|1|404|FarmNotExist|No such farm.|\n"
    assert derive(f"# CountSheep\n\n## Error codes\n\n{table}").errors == {(404, "FarmNotExist"): ["No such farm."]}
    table = "|Cause|Msg|Status|Code|\n|---|---|---|---|\n|It burnt.|No such farm.|404|FarmNotExist|\n"
    assert derive(f"# CountSheep\n\n## Error codes\n\n{table}").errors == {(404, "FarmNotExist"): ["No such farm."]}


def test_a_table_of_html_without_an_end_ends_before_the_next_heading():
    """What follows it on the page is not lost."""
    table = "<table>\n<tr><th>Name</th><th>Type</th></tr>\n<tr><td>breed</td><td>string</td></tr>\n\n## Response"
    page = derive(RESPONSES.replace("|Name|Type|Required|\n|---|---|---|\n|breed|string|Yes|\n\n## Response", table))
    assert (page.body.members[None, "breed"].type, page.status) == ("string", 200)


def test_a_table_of_errors_below_a_status_among_the_responses_lists_errors():
    """The table of a success, below its status, lists elements."""
    head = "|Code|Message|\n|---|---|\n"
    text = RESPONSES[: RESPONSES.index("### 200")]
    elements = "|Name|Type|\n|---|---|\n|FleeceCount|Integer|\n"
    page = derive(f"{text}### Status 200\n\n{elements}\n### Status 404\n\n{head}|FarmNotExist|No such farm.|\n")
    assert page.errors == {(404, "FarmNotExist"): ["No such farm."]}
    assert [*page.response.members] == [(None, "FleeceCount")]


def test_json_below_yes_or_no_is_a_value():
    """The example JSON is no type; in a table with a cell per line, types tell where rows begin."""
    cells = "Name\n\nType\n\nRequired\n\nExample\n\nDescription\n\nFormat\n\nString\n\nNo\n\nJSON\n\nOf the response.\n"
    page = derive(RESPONSES[: RESPONSES.index("###")].replace("POST", "GET") + f"## Request parameters\n\n{cells}")
    assert {name: (each.type, each.required) for name, each in page.query.items()} == {"Format": ("string", False)}


def test_a_list_in_a_row_that_lost_its_markup_separates_no_cells():
    """The blanks after its dashes are many, and single blanks separate the cells."""
    row = "order bool Yes How.-   true: in order. -   false: not."
    page = derive(
        f"{RESPONSES[: RESPONSES.index('###')]}## Request parameters\n\nName Type Required Description\n{row}\n"
    )
    assert page.query["order"].required is True


def test_a_request_line_without_a_fence_may_begin_with_the_endpoint():
    """A placeholder stands for the host."""
    page = derive("# CountSheep\n\nGET {endpoint}/farms/{farm}\n\n## Request parameters\n")
    assert (page.method, page.path, page.host) == ("GET", "/farms/{farm}", "{endpoint}")


def test_a_star_after_a_name_is_required():
    """In a table without a column for it, the others are optional; beside that column, the star is a note."""
    star = RESPONSES.replace("|Required|", "|", 1).replace("|---|---|---|", "|---|---|", 1)
    page = derive(star.replace("|breed|string|Yes|", "|breed*|string|\n|lambs|boolean|"))
    assert {name: each.required for (_, name), each in page.body.members.items()} == {"breed": True, "lambs": False}
    assert page.problems == []
    assert derive(RESPONSES.replace("|breed|", "|breed*|")).problems == derive(RESPONSES).problems


@pytest.mark.parametrize("heading", ["## Error codes", "### 404 Not Found", "## Failure response example"])
def test_an_error_is_one_below_any_heading(heading):
    """Its body and its status line tell it from the success."""
    error = RESPONSES[RESPONSES.index("### 404") :].replace("### 404 Not Found", heading)
    error = error.replace("```json\n", "```\nHTTP/1.1 404 Not Found\n\n")
    page = derive(RESPONSES[: RESPONSES.index("### 404")] + error)
    assert (page.errors, [*page.response.members]) == ({(404, "FarmNotExist"): ["No such farm."]}, [(None, "count")])


def test_an_error_without_a_status_is_no_success():
    """No part of the page says with which status it comes, so it is listed."""
    page = derive(RESPONSES.replace("### 404 Not Found", "### Failure response"))
    assert [*page.response.members] == [(None, "count")]
    assert "error-spelling" in [each.kind for each in page.problems]


def test_a_name_alone_in_its_row_is_a_row_without_a_type():
    """A note alone in its row is skipped; a name may have lost its cells."""
    page = derive(RESPONSES.replace("|breed|string|Yes|", "|breed|string|Yes|\n|wool|||\n|All are signed.|||"))
    assert [(each.kind, each.where) for each in page.problems] == [("element-type", "request syntax wool")]


@pytest.mark.parametrize(
    ("sentence", "shape", "listed"),
    [
        ("The response body is a JSON array of the IDs of shards.", "array", ""),
        ("If the request succeeds, the response body is an object.", "object", ""),
        ("响应Body中包含由3个Shard组成的数组。", "array", ""),
        ("返回体为JSON对象。", "object", ""),
        ("The response body contains a list of the shards.", None, "The response body contains a list of the shards"),
        ("请求成功后，响应Body中包含目标机器组的信息。", None, "请求成功后，响应Body中包含目标机器组的信息"),
        ("The response body is empty.", None, ""),
        ("响应体为空。", None, ""),
        ("The length of the response body.", None, ""),
        ("If the request is successful, no other elements are returned.", None, ""),
    ],
)
def test_a_body_that_only_a_sentence_describes_is_read_or_listed(sentence, shape, listed):
    """Its shape is taken where the sentence says what the body is; a list in it can be a member of an object."""
    page = derive(f"# CountSheep\n\n```\nPOST /farms HTTP/1.1\n```\n\n## Response elements\n\n{sentence}\n")
    assert page.response.shape == shape
    assert [each.says for each in page.problems if each.where == "response body"] == ([listed] if listed else [])
    shown = derive(f'# CountSheep\n\n## Response elements\n\n{sentence}\n\n```\n{{"a": 1}}\n```\n')
    assert shown.response.shape == "object"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_body_of_a_request_in_a_sentence(method):
    """A DELETE has none."""
    page = derive(
        f"# CountSheep\n\n```\n{method} /farms HTTP/1.1\n```\n\n## 请求参数\n\n请求体为JSON数组，包含羊的编号。\n"
    )
    assert page.body.shape == ("array" if method == "POST" else None)


@pytest.mark.parametrize("line", ["200, empty.", "200：空", "- 200", "HTTP 200 (no body)"])
def test_a_status_at_the_start_of_a_line_is_that_of_the_response(line):
    text = f"# DropFarm\n\n```\nDELETE /farms HTTP/1.1\n```\n\n## Response\n\n{line}\n"
    assert (derive(text).status, derive(text).response.shape, derive(text).problems) == (200, None, [])
    assert derive(text.replace(line, "200 sheep at most.")).status is None


ERROR_LISTS = [
    "### 404 FarmNotExist\n\nNo such farm.\n\n### 400\n\nBreedInvalid\n\nNo such breed.\n",
    "404 FarmNotExist\n\nNo such farm.\n\n400 BreedInvalid\n\nNo such breed.\n\nFor more, see Error codes.\n",
    "**404**\n\n- FarmNotExist\n\n  No such farm.\n\n**400**\n\n- BreedInvalid\n\n  No such breed.\n",
    "404\n\nFarmNotExist\n\nNo such farm.\n\nGone.\n\n400\n\nBreedInvalid\n\nNo such breed.\n\nOdd.\n",
]


@pytest.mark.parametrize("listed", ERROR_LISTS)
def test_a_message_can_stand_below_its_error(listed):
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Error codes\n\n{listed}")
    assert page.errors == {(404, "FarmNotExist"): ["No such farm."], (400, "BreedInvalid"): ["No such breed."]}
    assert page.problems == []


def test_text_below_an_error_that_need_not_be_its_message_is_listed():
    """It stands below the last of them only, or there is more of it."""
    text = "# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Error codes\n\n"
    for listed in ("404 FarmNotExist\n\n400 BreedInvalid\n\nSome text.\n", "400 BreedInvalid\n\nSome text.\n\nMore.\n"):
        page = derive(text + listed)
        assert page.errors[400, "BreedInvalid"] == []
        assert ("message of BreedInvalid", "Some text.") in [(each.where, each.says) for each in page.problems]


def test_errors_without_separators_are_listed():
    """Code and message cannot be told apart in them."""
    row = "400BreedInvalidbreed {breed} is invalid"
    page = derive(f"# CountSheep\n\n## 错误码\n\nHTTP状态码ErrorCodeErrorMessage\n{row}\n")
    assert (page.errors, ("error-spelling", row) in [(each.kind, each.says.strip()) for each in page.problems]) == (
        {},
        True,
    )


@pytest.mark.parametrize("depth", ["##", "###"])
@pytest.mark.parametrize(
    ("response", "headers", "body"),
    [
        ("Response", "Headers", "Body"),
        ("3. Response", "3.1 Headers", "3.2 Body"),
        ("三、响应", "1. 头", "2. 消息体"),
        ("Response elements", "Response headers", "Body parameters"),
    ],
)
def test_headers_and_body_below_a_response_are_the_response_s(depth, response, headers, body):
    """A heading without a side is of the side above it, also if the headings have numbers."""
    text = "# CountSheep\n\n## Request syntax\n\n```\nGET /farms HTTP/1.1\n```\n\n"
    text += f"## {response}\n\n{depth} {headers}\n\n|Header|Description|\n|---|---|\n|x-log-wool|It.|\n\n"
    page = derive(f"{text}{depth} {body}\n\n|Name|Type|\n|---|---|\n|sheep|integer|\n")
    assert (page.response_headers, [*page.response.members]) == (["x-log-wool"], [(None, "sheep")])
    assert (page.query, page.body.members) == ({}, {})


def test_a_header_in_a_table_of_another_section_is_listed():
    table = "|Header|Description|\n|---|---|\n|x-log-wool|It.|\n|Host|It.|\n"
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Notes\n\n{table}")
    assert [(each.line, each.where, each.says) for each in page.problems] == [(11, "header", "x-log-wool")]


IN_PLACES = (
    "# FillBarn\n\n## Request syntax\n\n`POST /barns/{barn}`\n\n## Request parameters\n\n"
    "|Name|In|Type|Required|\n|---|---|---|---|\n|barn|path|string|Yes|\n|dry|query|boolean|No|\n"
    "|size|body|integer|Yes|\n|mark|cookie|string|No|\n\nMore:\n\n"
    "|Name|In|Type|Required|\n|---|---|---|---|\n|wet|query|boolean|No|\n|hay|body|integer|No|\n\n"
)


@pytest.mark.parametrize("example", ["", '## Sample request\n\n```\nPOST /barns/x HTTP/1.1\n\n{"size": 1}\n```\n'])
def test_a_parameter_is_in_the_place_that_its_row_says(example):
    """A request with a body can have a query; a place that no request has is listed."""
    page = derive(IN_PLACES + example)
    assert {key: each.required for key, each in page.query.items()} == {"dry": False, "wet": False}
    assert {key: each.required for key, each in page.body.members.items()} == {
        (None, "size"): True,
        (None, "hay"): False,
    }
    assert [(each.where, each.says) for each in page.problems] == [("parameter mark", "cookie")]


@pytest.mark.parametrize("label", ["Response:", "返回："])
def test_a_label_ends_the_parameters_of_the_request(label):
    """Elements of the response are no parameters of the query."""
    tables = f"|Name|Type|Required|\n|---|---|---|\n|line|integer|No|\n\n{label}\n\n"
    tables += "|Name|Type|\n|---|---|\n|sheep|integer|\n"
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Parameters\n\nRequest:\n\n{tables}")
    assert ([*page.query], [*page.response.members]) == (["line"], [(None, "sheep")])


ERRORS = "# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Error codes\n\n"


def test_a_status_beside_a_code_is_of_this_code_only():
    """An error without a status is listed, and so is what else stands beside a code."""
    rows = (
        "|Error|When|\n|---|---|\n|FarmNotExist (404)|no farm|\n|FarmBusy|busy, HTTP 503|\n|400 BadFarm / BadCow|bad|\n"
    )
    page = derive(ERRORS + rows)
    assert page.errors == {(404, "FarmNotExist"): ["no farm"], (400, "BadFarm"): ["bad"]}
    assert [(each.line, each.kind, each.says.strip(" /")) for each in page.problems] == [
        (12, "error-spelling", "FarmBusy"),
        (13, "error-spelling", "BadCow"),
    ]


def test_errors_in_a_code_block_are_listed():
    page = derive(f"{ERRORS}```\n404 FarmNotExist no farm\n```\n")
    assert (page.errors, [each.says for each in page.problems]) == ({}, ["404 FarmNotExist no farm"])


def test_a_number_in_a_table_that_lost_its_markup_is_no_status():
    """It is the example of a member; a line above the table can be the status."""
    table = "NameTypeDescriptionExample\ncountinteger\n\nHow many sheep.\n\n201\nfarmstring\n\nThe farm.\n\nf\n"
    page = derive(f"# CountSheep\n\nGET /farms HTTP/1.1\n\n## Response parameters\n\n{table}")
    assert (page.status, [name for _, name in page.response.members]) == (None, ["count", "farm"])
    assert derive(f"# CountSheep\n\nGET /farms HTTP/1.1\n\n## Response parameters\n\n204\n\n{table}").status == 204


def test_a_chinese_sentence_that_ends_with_the_word_of_a_type_is_no_member():
    table = "名称类型描述\nobject\n\nFarm 列表。\n\ncountinteger\n\n数目。\n"
    page = derive(f"# CountSheep\n\nGET /farms HTTP/1.1\n\n## 返回参数\n\n{table}\n## 返回示例\n\n```\n{{}}\n```\n")
    assert ([name for _, name in page.response.members], page.problems) == (["count"], [])


def test_rows_below_a_flat_head_are_read_though_they_lost_the_mark_of_what_is_required():
    """Text copies lose icons. Below other text, such a line can be a sentence."""
    rows = "名称 类型 是否必须 描述\nfarm string 农场。\nsize integer 否 数目。\n"
    text = f"# CountSheep\n\nGET /farms HTTP/1.1\n\n请求参数\n\n{rows}\n说明：\n\npage integer 以上。\n"
    page = derive(text)
    assert {name: (each.type, each.required) for name, each in page.query.items()} == {
        "farm": ("string", None),
        "size": ("integer", False),
    }
    assert [each.where for each in page.problems] == ["query farm required", "request table"]


def test_json_in_a_row_of_a_table_that_lost_its_markup_is_its_example():
    """It is listed where the table has no column of examples."""
    row = 'tags\n\nobject\n\nThe tags.\n\n{ "color": "red" }\n\n'
    text = "# CountSheep\n\nPOST /farms HTTP/1.1\n\n## Request parameters\n\nName\n\nType\n\nDescription\n\nExample\n\n"
    assert "example" not in {each.where for each in derive(text + row).problems}
    assert "example" in {each.where for each in derive((text + row).replace("Example\n\n", "")).problems}


def test_a_structure_can_be_the_type_in_a_table_with_a_cell_per_line():
    cells = "Name Type Required Description body object Yes All. breed string Yes Which. roof RoofConf No It."
    lines = "\n\n".join(cells.split())
    page = derive(f"# FeedSheep\n\nPOST /farms HTTP/1.1\n\n## Request parameters\n\n{lines}\n")
    assert {name: each.required for (_, name), each in page.body.members.items()} == {"breed": True, "roof": False}
    assert [(each.kind, each.says) for each in page.problems] == [("element-type", "RoofConf")]


@pytest.mark.parametrize(
    "sentence",
    ["CountSheep 接口无特有请求头，参见公共请求头。", "The CountSheep API does not have a special request header."],
)
def test_a_page_without_a_title_can_name_its_operation_where_it_has_no_headers(sentence):
    text = f"Counts sheep.\n\n```\nGET /farms HTTP/1.1\n```\n\n## Request headers\n\n{sentence}\n"
    assert derive(text).operation == "CountSheep"
    assert derive(f"{text}\n{sentence.replace('Count', 'Feed')}\n").operation is None
