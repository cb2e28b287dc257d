"""Pages without headings, or with a few of them: what their content places is read, the rest is listed."""

import pytest

from sls_contract.spec.merge import Source, merge
from sls_contract.spec.merge.layers import Layers
from sls_contract.spec.pages import derive

SYNTAX = "# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n"
REQUEST = "CountSheep\n\nCounts sheep.\n\nGET /farms/{farm}?line=<line> HTTP/1.1\nHost: {project}.{endpoint}\n\n"
RESPONSE = 'HTTP/1.1 200 OK\nContent-Type: application/json\n\n{"sheep": [{"wool": 1}]}\n\n'
TABLES = (
    "|Name|Type|Required|\n|---|---|---|\n|farm|String|Yes|\n|line|Integer|No|\n\n"
    f"{RESPONSE}|Name|Type|\n|---|---|\n|sheep|Array|\n\n"
    "|HTTP status code|Error code|Error message|\n|---|---|---|\n|404|FarmNotExist|No such farm.|\n"
)
LINES = (
    "farm, string, required. The farm.\nline, int, optional. The first.\n\n"
    f"{RESPONSE}sheep (array): All.\n\n404 FarmNotExist No such farm.\n"
)
CELLS = (
    "farm  String  Yes  The farm.\nline  Integer  No  The first.\n\n"
    f"Response:\n\nsheep  Array  All.\n\n{RESPONSE}Error code 404 FarmNotExist: No such farm.\n"
)
WORDS = f"Name Type Required\nfarm string yes\nline integer no\n\n{RESPONSE}404\n\nFarmNotExist\n\nNo such farm.\n"


@pytest.mark.parametrize("rest", [TABLES, LINES, CELLS, WORDS], ids=["tables", "lines", "cells", "words"])
def test_a_page_without_headings_is_read_by_its_content(rest):
    page = derive(REQUEST + rest)
    line = page.query["line"]
    assert (page.operation, page.path, page.host) == ("CountSheep", "/farms/{farm}", "{project}.{endpoint}")
    assert (line.type, line.required, line.origins) == ("integer", False, {"syntax", "table"})
    assert (page.status, page.response.shape) == (200, "object")
    assert page.response.members.keys() == {(None, "sheep"), ("sheep", "wool")}
    assert page.errors == {(404, "FarmNotExist"): ["No such farm."]}
    assert page.problems == []


@pytest.mark.parametrize("rest", [TABLES, LINES, CELLS, WORDS], ids=["tables", "lines", "cells", "words"])
def test_a_heading_that_begins_no_section_leaves_the_page_to_its_content(rest):
    plain = derive(REQUEST + rest).as_plain()
    below = REQUEST.replace("Counts sheep.", "## Overview\n\nCounts sheep.") + rest
    for text in (below, f"{REQUEST}{rest}\n## See also\n\nAnother page.\n"):
        assert {**derive(text).as_plain(), "lines": None} == {**plain, "lines": None}


def test_what_stands_above_the_first_section_is_placed_by_its_content():
    """A side that has a section of its own has no parts above it."""
    rows, errors = TABLES.split("|HTTP status")
    assert derive(f"{REQUEST}{rows}## Error codes\n\n|HTTP status{errors}").as_plain()["problems"] == []
    page = derive(f"{REQUEST}{TABLES}## Request parameters\n\n|Name|Type|Required|\n|---|---|---|\n|line|Integer|No|\n")
    assert [(each.kind, each.says) for each in page.problems] == [("spelling", "Name | Type | Required")]
    assert (page.query["line"].required, page.response.shape) == (False, "object")


def test_a_table_without_headings_that_may_be_of_either_side_is_listed():
    """Before a response, a table that does not say what is required can list parameters or elements."""
    page = derive(f"{REQUEST}|Name|Type|\n|---|---|\n|sheep|Array|\n\n{RESPONSE}")
    assert [(each.kind, each.says) for each in page.problems] == [("spelling", "Name | Type")]
    assert page.query["line"].type is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The farm answers 404 FarmNotExist (no such farm) then.",
        "It is sent with line (integer, optional) and wool (string).",
    ],
)
def test_facts_in_a_sentence_are_listed(sentence):
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Request parameters\n\n{sentence}\n")
    assert [(each.kind, each.says) for each in page.problems] == [("spelling", sentence)]


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        (".. list-table::\n\n   * - Name\n     - Type\n   * - line\n     - Integer\n", ["Integer"]),
        ("[cols=2]\n|===\n|Name\n|Type\n\n|line\n|Integer\n|===\n", ["Integer"]),
        (
            "<dl><dt>line <i>integer</i>, optional</dt><dd>The first.</dd></dl>\n",
            ["line integer, optional: The first."],
        ),
        (
            "* lines[] (query, array) - All.\n* line (query, integer, optional) - It.\n",
            ["lines[] (query, array) - All.", "line (query, integer, optional) - It."],
        ),
        ("line - integer - The first.\n", ["line - integer - The first."]),
        (":param line: Integer, optional\n", [":param line: Integer, optional"]),
        ("```yaml\nline: integer  # optional\n```\n", ["line: integer  # optional"]),
    ],
)
def test_a_parameter_in_a_layout_that_is_not_read_is_listed(listed, says):
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Request parameters\n\n{listed}")
    assert page.query == {}
    assert [each.says for each in page.problems if each.kind == "spelling"] == says


def test_a_parameter_that_may_be_in_the_query_or_the_body_is_listed_and_demanded_in_neither():
    """No body is printed, and no request line."""
    rows = "|Parameter|Type|Required|\n|---|---|---|\n|wool|Integer|Yes|\n"
    text = f"# CountSheep\n\n## Request syntax\n\nPUT /farms HTTP/1.1\n\n## Request parameters\n\n{rows}"
    page = derive(text)
    assert [(each.kind, each.where) for each in page.problems] == [("not-in-syntax", "parameter wool")]
    source = Source(id="handbook-2021-en", family="handbook", date="2021", language="en")
    (contract,) = merge(Layers(((source, page),))).contracts
    assert contract.query["wool"].required is None
    (contract,) = merge(Layers(((source, derive(text.replace("PUT", "GET"))),))).contracts
    assert contract.query["wool"].required
    placed = derive(text.replace("/farms HTTP", "/farms?wool=<wool> HTTP"))
    assert (placed.problems, placed.query["wool"].required) == ([], True)


def test_errors_with_their_status_and_code_in_one_cell_are_read():
    rows = "|状态|说明|\n|---|---|\n|404 FarmNotExist|没有。|\n"
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n**错误码**\n\n{rows}")
    assert (page.errors, page.problems) == ({(404, "FarmNotExist"): []}, [])


def test_errors_with_several_codes_or_statuses_in_a_cell_are_as_many_errors():
    """Messages are only told apart if there is one for each code."""
    rows = (
        "|400|FarmInvalid<br>BreedInvalid|no farm<br>no breed|\n|403<br>404|FarmNotExist|gone|\n"
        "|500|DogInvalid<br>CowInvalid|no animal|\n"
    )
    head = "|HTTP status code|Error code|Error message|\n|---|---|---|\n"
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Error codes\n\n{head}{rows}")
    assert page.errors == {
        (400, "FarmInvalid"): ["no farm"],
        (400, "BreedInvalid"): ["no breed"],
        (403, "FarmNotExist"): ["gone"],
        (404, "FarmNotExist"): ["gone"],
        (500, "DogInvalid"): [],
        (500, "CowInvalid"): [],
    }


def test_a_term_with_several_definitions_has_a_column_in_each():
    """A single definition is the text of its term; a label in a list is no heading."""
    rows = "line\n:   Type: integer\n:   Required: no\n:   Description: How many.\n\n"
    rows += "farm\n:   Type: string\n:   Required: yes\n"
    errors = "FarmNotExist\n:   Status: 404\n:   Error message: no such farm\n"
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Parameters\n\n{rows}\n## Errors\n\n{errors}")
    assert {name: (each.type, each.required) for name, each in page.query.items()} == {
        "line": ("integer", False),
        "farm": ("string", True),
    }
    assert page.errors == {(404, "FarmNotExist"): ["no such farm"]}


def test_the_column_of_what_is_required_can_be_abbreviated():
    rows = "|Name|Type|Req.|\n|---|---|---|\n|line|integer|–|\n|farm|string|✔|\n"
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## Parameters\n\n{rows}")
    assert {name: each.required for name, each in page.query.items()} == {"line": False, "farm": True}


def test_asterisks_in_the_place_of_a_value_are_no_emphasis():
    row = "|400|BodyTooLarge|Body size ***** must be **less** than 1.|\n"
    text = f"# CountSheep\n\n## Error codes\n\n|HTTP status code|Error code|Error message|\n|---|---|---|\n{row}"
    assert derive(text).errors == {(400, "BodyTooLarge"): ["Body size ***** must be less than 1."]}


def test_a_heading_of_two_words_is_one_though_others_have_marks():
    text = (
        "# CountSheep\n\n## Request syntax\n\n```\nGET /farms HTTP/1.1\n```\n\nRequest parameters\n\n"
        "|Name|Type|Required|\n|---|---|---|\n|line|integer|No|\n\nResponse element\n\nHTTP status code returns 204.\n"
    )
    page = derive(text)
    assert (page.query["line"].type, page.status, page.problems) == ("integer", 204, [])


def test_json_below_the_heading_of_a_request_is_its_body():
    """Below a heading that names no side, it is the response."""
    text = (
        "# CountSheep\n\n```\nPOST /farms HTTP/1.1\n```\n\n## Examples\n\n### {}\n\n```json\n" + '{{"wool": 1}}\n```\n'
    )
    page = derive(text.format("Sample request"))
    assert ([*page.body.members], page.response.shape) == ([(None, "wool")], None)
    page = derive(text.format("JSON"))
    assert (page.body.shape, [*page.response.members]) == (None, [(None, "wool")])


def test_a_status_whose_description_begins_with_a_code_is_an_error_in_any_section():
    rows = "|状态码|说明|\n|---|---|\n|200|成功|\n|404|FarmNotExist：no such farm|\n"
    page = derive(f"# CountSheep\n\n```\nGET /farms HTTP/1.1\n```\n\n## 返回示例\n\n{rows}")
    assert (page.status, page.errors, page.problems) == (200, {(404, "FarmNotExist"): ["no such farm"]}, [])


def test_a_row_with_only_a_status_is_the_title_of_the_errors_below_it():
    rows = "|**404**|||\n||FarmNotExist|No farm.|\n||DogNotExist|No dog.|\n|**500**|ServerError|Busy.|\n"
    text = f"# CountSheep\n\n## Error codes\n\n|HTTP status code|Error code|Error message|\n|---|---|---|\n{rows}"
    page = derive(text)
    assert [*page.errors] == [(404, "FarmNotExist"), (404, "DogNotExist"), (500, "ServerError")]
    assert [each.kind for each in page.problems] == ["path"]


def test_the_cell_on_whether_a_parameter_is_required_can_have_its_default():
    rows = "|line|Integer|No, 100 by default; default: 100|\n|breed|String|否（默认merino）|\n"
    page = derive(f"{SYNTAX}## Request parameters\n\n|Name|Type|Required|\n|---|---|---|\n{rows}")
    assert page.as_plain()["limits"] == {"query line": {"default": "100"}, "query breed": {"default": "merino"}}


def test_a_header_without_a_type_is_text():
    rows = "|x-log-wool|white|\n"
    page = derive(f"{SYNTAX}## Request headers\n\n|Header|Value|\n|---|---|\n{rows}")
    assert (page.headers["x-log-wool"].type, page.problems) == ("string", [])


def test_a_request_line_can_have_full_width_marks():
    page = derive("# CountSheep\n\n## Request syntax\n\n```\nGET /farms？line＝<line>＆breed=<breed> HTTP/1.1\n```\n")
    assert (page.path, [*page.query]) == ("/farms", ["line", "breed"])


@pytest.mark.parametrize("more", ["", "<tr><td>404</td><td>DogNotExist</td><td>No dog.</td></tr>"])
def test_a_table_without_a_head_loses_no_row(more):
    """Its first row was taken for the head."""
    row = "<tr><td>404</td><td>FarmNotExist</td><td>No farm.</td></tr>"
    page = derive(f"{SYNTAX}## Error codes\n\n<table>{row}{more}</table>\n")
    assert page.errors[404, "FarmNotExist"] == ["No farm."]
    assert len(page.errors) == 1 + bool(more)
    row = "<tr><td>line</td><td>integer</td><td>No</td><td>It.</td></tr>"
    page = derive(f"{SYNTAX}## Request parameters\n\n<table>{row * (1 + bool(more))}</table>\n")
    assert (page.query["line"].type, page.query["line"].required) == ("integer", False)


def test_a_request_and_its_errors_in_words():
    text = "# CountSheep\n\nSend a GET request to /farms/{farm}.\n\n## Errors\n\n- 404 / FarmNotExist / no such farm\n"
    page = derive(text)
    assert (page.method, page.path) == ("GET", "/farms/{farm}")
    assert page.errors == {(404, "FarmNotExist"): ["no such farm"]}


@pytest.mark.parametrize(
    ("section", "line", "shape"),
    [
        ("Request parameters", "The body lists the shards that are held: [0, 1]", None),
        ("Response", '200. Returns {"shards": [0, 1]} then.', None),
        ("Response", "200, an array.", "array"),
        ("Response", "200，JSON对象。", "object"),
    ],
)
def test_a_body_in_a_sentence_is_read_or_listed(section, line, shape):
    page = derive(f"# CountSheep\n\n```\nPUT /farms HTTP/1.1\n```\n\n## {section}\n\n{line}\n")
    assert (page.response.shape or page.body.shape) == shape
    assert [each.says for each in page.problems] == ([] if shape else [line])


def test_type_and_necessity_can_follow_the_description():
    lines = "shard：分区ID，整型，必选。\ncheckpoint：检查点，字符串，可选。\n注意：编号，从0开始。\n"
    page = derive(f"# CountSheep\n\n```\nPUT /farms HTTP/1.1\n```\n\n## 请求体\n\n{lines}")
    assert {name: (each.type, each.required) for (_, name), each in page.body.members.items()} == {
        "shard": ("integer", True),
        "checkpoint": ("string", False),
    }


def test_one_of_several_operations_on_a_page_is_not_the_operation_of_the_page():
    syntax = "## Request syntax\n\n```\n%s HTTP/1.1\n```\n\n## Request headers\n\n%s\n\n"
    one = syntax % ("GET /farms", "The CountSheep API does not have a special request header.")
    assert derive(one).operation == "CountSheep"
    assert derive(one + syntax % ("DELETE /farms/{farm}", "None.")).operation is None


def test_what_a_sentence_is_about_is_not_its_operation():
    line = "\n\n```\nGET /farms HTTP/1.1\n```\n"
    assert derive(f"Counts the BlackSheep of a farm.{line}").operation is None
    assert derive(f"CountSheep counts the sheep of a farm.{line}").operation == "CountSheep"


def test_an_error_below_its_status_is_read():
    """A page without headings prints an example for each status."""
    error = '{"errorCode": "TreeNotExist", "errorMessage": "no tree"}'
    text = 'GET /trees/{tree}\n\nResponse `200`:\n\n```\n{"height": 2}\n```\n\nResponse `404`:\n\n```\n%s\n```\n'
    page = derive(f"# GetTree\n\n{text % error}")
    assert (page.status, [*page.response.members]) == (200, [(None, "height")])
    assert (page.errors, page.problems) == ({(404, "TreeNotExist"): ["no tree"]}, [])


def test_a_status_of_success_with_a_word_is_no_error():
    rows = "|Status|Code|\n|---|---|\n|200|OK|\n|404|FarmNotExist|\n"
    page = derive(f"{SYNTAX}## Response codes\n\n{rows}")
    assert (page.status, page.errors) == (200, {(404, "FarmNotExist"): []})


def test_a_heading_can_have_its_status_in_parentheses():
    rows = "|Field|Type|\n|---|---|\n|sheep|int|\n"
    page = derive(f"{SYNTAX}## Response (200)\n\n{rows}\n## Response (404)\n\n404 FarmNotExist: no farm\n")
    assert (page.status, [*page.response.members]) == (200, [(None, "sheep")])
    assert page.errors == {(404, "FarmNotExist"): ["no farm"]}


@pytest.mark.parametrize(("length", "digest"), [(33, "length"), (36, None)])
def test_a_copied_response_without_a_status_line_has_headers_and_a_body(length, digest):
    """Its first line is the label of its headers."""
    request = "# ListSheep\n\nRequest syntax\n\nGET /sheep HTTP/1.1\nHost: <Project Endpoint>\n\n"
    headers = f'Header :\n{{\n    "Content-Length": "{length}"\n}}\n'
    body = 'Body :\n{\n    "count": 1,\n    "sheep": ["a", "b", "c"]\n}\n'
    page = derive(f"{request}Response example\n{headers}{body}")
    assert ([*page.response.members], page.response.digest) == ([(None, "count"), (None, "sheep")], digest)
    assert [each.kind for each in page.problems] == ([] if digest else ["digest"])
