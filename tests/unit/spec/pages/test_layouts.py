"""The same page in many layouts: the facts that are derived of it stay what they are."""

from __future__ import annotations

import re
import sys
import time
from itertools import pairwise

import pytest

from sls_contract.spec.pages import derive

PAGE = """# CountSheep

Counts sheep.

## Request syntax

```
POST /farms/farmName/sheep?type=count&line=line HTTP/1.1
Authorization: LOG yourAccessKeyId:yourSignature
Host: ProjectName.Endpoint
x-log-apiversion: 0.6.0
Content-Type: application/json

{
  "breed": breed,
  "lambs": lambs
}
```

## Request parameters

-   Parameters

    |Parameter|Type|Required|Example|Description|
    |---------|----|--------|-------|-----------|
    |projectName|String|Yes|my-project|The project.|
    |farmName|String|Yes|farm-1|Which farm.|
    |line|Integer|No|10|How many.|
    |breed|String|Yes|merino|Which breed.|
    |lambs|Boolean|No|true|Whether lambs count.|

## Response parameters

-   Response elements

    |Parameter|Type|Example|Description|
    |---------|----|-------|-----------|
    |count|Integer|2|How many.|
    |sheep|Array|[]|The sheep.|

## Examples

-   Sample requests

    ```
    POST /farms/farm-1/sheep?type=count&line=10 HTTP/1.1
    Header:
    {
    Authorization: LOG yourAccessKeyId:yourSignature
    Host: my-project.cn-shanghai.log.aliyuncs.com
    Content-Type: application/json
    }
    Body:
    {
      "breed": "merino",
      "lambs": true
    }
    ```

-   Sample responses

    ```
    HTTP/1.1 200 OK
    Content-Type: application/json

    {
      "count": 2,
      "sheep": ["a", "b"]
    }
    ```

## Error codes

|HTTP status code|Error code|Error message|Description|
|----------------|----------|-------------|-----------|
|404|FarmNotExist|Farm farmName does not exist.|No farm.|
|400|BreedInvalid|No such breed.|No breed.|
"""
SYNTAX = PAGE[PAGE.index("```") : PAGE.index("## Request parameters")]
ROUTE = "/farms/farmName/sheep?type=count&line=line"
ERRORS = PAGE[PAGE.index("|HTTP") :]
HEAD = "|HTTP status code|Error code|Error message|Description|"
FAILURE = """
    ```
    HTTP/1.1 404 Not Found
    Content-Type: application/json

    {
      "errorCode": "FarmNotExist",
      "errorMessage": "Farm farm-1 does not exist."
    }
    ```
"""
HEAD_OF_PARAMETERS = PAGE[PAGE.index("    |Parameter|Type|Required") : PAGE.index("    |projectName")]
ROW = re.compile(r"    \|(\w+)\|(\w+)\|(Yes|No)\|.*\|(.*)\|")
VERBOSE = """    $ curl -v --request POST
    > POST /farms/farm-1/sheep?type=count&line=10 HTTP/1.1
    > Host: my-project.cn-shanghai.log.aliyuncs.com
    > Content-Type: application/json
    >
    > {"breed": "merino", "lambs": true}
    * Done
    < HTTP/1.1 200 OK
    < Content-Type: application/json
    <
    < {"count": 2, "sheep": ["a", "b"]}
"""
JOINED = "404 FarmNotExist Farm farmName does not exist. No farm."


def facts(text):
    page = derive(text).as_plain()
    return {
        "route": (page["operation"], page["method"], page["path"], page["host"]),
        "query": {name: (each["type"], each["required"], each.get("const")) for name, each in page["query"].items()},
        "body": {name: (each["type"], each["required"]) for name, each in page["body"]["members"].items()},
        "response": (page["response"]["status"], page["response"]["shape"], sorted(page["response"]["members"])),
        "errors": [(each["status"], each["code"], each["messages"]) for each in page["errors"]],
    }


def test_the_page_itself():
    """What a reader sees on the page comes out, and nothing is called a problem."""
    assert derive(PAGE).as_plain()["problems"] == []
    assert facts(PAGE) == {
        "route": ("CountSheep", "POST", "/farms/{farmName}/sheep", "{project}.{endpoint}"),
        "query": {"type": ("string", True, "count"), "line": ("integer", False, None)},
        "body": {"breed": ("string", True), "lambs": ("boolean", False)},
        "response": (200, "object", ["count", "sheep"]),
        "errors": [
            (404, "FarmNotExist", ["Farm farmName does not exist."]),
            (400, "BreedInvalid", ["No such breed."]),
        ],
    }


def test_a_description_that_lists_the_printed_value_among_others_leaves_the_choice():
    """mode=safe in a request line is an example where the table names two values: neither is an error."""
    page = PAGE.replace("type=count", "type=count&mode=safe").replace(
        "|line|Integer", "|mode|String|No|safe|How. Valid values: safe and fast.|\n    |line|Integer"
    )
    mode = derive(page).as_plain()["query"]["mode"]
    assert (mode["values"], mode["required"], "const" in mode) == (["safe", "fast"], False, False)


def replaced(*words):
    """Return a change of a page: each word with the one that follows it."""

    def change(text):
        for old, new in list(pairwise(words))[::2]:
            assert old in text
            text = text.replace(old, new)
        return text

    return change


def tables(written):
    """Return a change that writes each table anew, from its rows."""

    def rewritten(found):
        rows = [re.split(r"(?<!\\)\|", line.strip())[1:-1] for line in found[0].splitlines()]
        return "".join(f"{line}\n" for line in written([rows[0], *rows[2:]]))

    return lambda text: re.sub(r"(?:^ *\|.*\n)+", rewritten, text, flags=re.MULTILINE)


def piped(rows):
    return ["|" + "|".join(cells) + "|" for cells in (rows[0], ["---"] * len(rows[0]), *rows[1:])]


def without_outer_pipes(rows):
    return [line.strip("|").replace("|", " | ") for line in piped(rows)]


def html_spread(rows):
    inner = [["<tr>", *(f"<td>{cell}</td>" for cell in cells), "</tr>"] for cells in rows]
    return ["<table>", "<tbody>", *(line for row in inner for line in row), "</tbody>", "</table>"]


def html_dense(rows):
    head = "".join(f"<th><p>{cell}</p></th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td><code>{cell}</code>" for cell in cells) + "</tr>" for cells in rows[1:])
    return [f'<table class="t"><thead><tr>{head}</tr></thead>{body}</table>']


def html_spanned(rows):
    """Give cells that are alike in two rows one cell, and a head that spans two columns."""
    if rows[0][0] != "HTTP status code":
        return piped(rows)
    cells = [cell for row in rows[1:] for cell in row]
    return [
        "<table><tr><td>Error message</td><td>HTTP status code</td><td colspan=2>Error code</td></tr>",
        f"<tr><td>{cells[2]}</td><td>404</td><td rowspan='1'>FarmNotExist</td><td rowspan=2>No</td></tr>",
        f"<tr><td>{cells[6]}</td><td>400</td><td>BreedInvalid</td></tr></table>",
    ]


def name_with_type(rows):
    if rows[0][1] != "Type":
        return piped(rows)
    return piped([["Parameter (Type)", *rows[0][2:]], *([f"{row[0]} ({row[1]})", *row[2:]] for row in rows[1:])])


def saying(yes, no):
    return replaced("|Yes|", f"|{yes}|", "|No|", f"|{no}|")


def closed_below(rows):
    """Write the last cell of a row, and the pipe that closes it, on lines of their own."""
    head = [" | ".join(cells) + " |" for cells in (rows[0], ["---"] * len(rows[0]))]
    return [*head, *(line for cells in rows[1:] for line in (" | ".join(cells[:-1]) + " |", cells[-1], "|"))]


def required_in(column, form):
    """Return a change that writes whether a parameter is required into another column."""
    words = {"Yes": "Required", "No": "Optional", "Required": ""}

    def rows_without_column(rows):
        if "Required" not in rows[0]:
            return piped(rows)
        at, into = rows[0].index("Required"), rows[0].index(column)
        merged = [
            [form.format(words[cells[at]], cell) if i == into else cell for i, cell in enumerate(cells)]
            for cells in rows[1:]
        ]
        return piped([[*cells[:at], *cells[at + 1 :]] for cells in (rows[0], *merged)])

    return rows_without_column


def two_tables(rows):
    """Write the required parameters in a table, and the optional ones in another."""
    if "Required" not in rows[0]:
        return piped(rows)
    at = rows[0].index("Required")
    return [
        line
        for title, cell in (("Required parameters", "Yes"), ("Optional parameters", "No"))
        for line in (
            *("", f"**{title}**", ""),
            *piped([[*cells[:at], *cells[at + 1 :]] for cells in rows if cells[at] in {"Required", cell}]),
        )
    ]


def headless(rows):
    blank = [" "] * len(rows[0])
    return piped([blank, rows[0], *rows[1:]])


def listed(form):
    """Return a change that writes parameters and elements one an item or term."""

    def rows_as_items(rows):
        if rows[0][1] != "Type":
            return piped(rows)
        said = [", required" if row[2] == "Yes" else ", optional" if row[2] == "No" else "" for row in rows[1:]]
        return [form.format(*row[:2], required) for row, required in zip(rows[1:], said, strict=True)]

    return tables(rows_as_items)


def headings(pattern, written):
    return lambda text: re.sub(pattern, written, text, flags=re.MULTILINE)


LAYOUTS = {
    "a head whose cells stand together": replaced(
        "    |Parameter|Type|Example|Description|\n    |-", "    ParameterTypeExampleDescription\n    |-"
    ),
    "headings with a line below": headings("^(?:## |-   )(.*)$", r"\1\n---------"),
    "a title with a line below": headings("^# (.*)$", r"\1\n==="),
    "headings that touch their marks": headings("^(?:## |-   )", "##"),
    "headings without marks": headings("^(?:## |-   )", ""),
    "tables with a cell a line": tables(lambda rows: [f"{cell} |" for row in rows for cell in row]),
    "parameters numbered": listed("    1. {0}（{1}{2}）：how"),
    "parameters as terms": listed("\n{0}\n:   {1}{2}. How.\n"),
    "parameters as terms in HTML": listed("<dt>{0}</dt><dd>{1}{2}. How.</dd>"),
    "heads in the row below empty ones": tables(headless),
    "a head that does not say what its column holds": replaced("|Required|", "|Type|"),
    "what is optional behind the name": replaced("|line|Integer|No|", "|line\\(optional\\)|Integer||"),
    "a title of several words": replaced("# CountSheep", "# 数羊 - CountSheep"),
    "no title but links": replaced("# CountSheep", "[Try](https://api.aliyun.com/api/Sls/2020-12-30/CountSheep)"),
    "lines end in CR LF": lambda text: text.replace("\n", "\r\n"),
    "tables without outer pipes": tables(without_outer_pipes),
    "tables as HTML, a cell a line": tables(html_spread),
    "tables as HTML, in one line": tables(html_dense),
    "HTML cells that span rows and columns": tables(html_spanned),
    "columns in another order": tables(lambda rows: piped([row[::-1] for row in rows])),
    "name and type in one column": tables(name_with_type),
    "Chinese heads": replaced(
        *("|Parameter|Type|", "|参数名|数据类型|", "|Required|", "|必需|", "Error codes", "错误码"),
        *(HEAD, "|HTTP 返回码|错误代码|错误描述|说明|", "Response parameters", "返回参数"),
        *("|Yes|", "|是|", "|No|", "|否|"),
    ),
    "✓": saying("✓", "✗"),
    "必填": saying("必填", "非必填"),
    "可选": saying("必须", "可选"),
    "true": saying("true", "false"),
    "Mandatory": saying("Mandatory", "Optional"),
    "no, with a default": saying("Yes", "No, 100 by default"),
    "a column says what is optional": lambda text: saying("False", "True")(text.replace("|Required|", "|Optional|")),
    "${x}": replaced(ROUTE, "/farms/${farmName}/sheep?type=count&line=${line}"),
    ":x": replaced(ROUTE, "/farms/:farmName/sheep?type=count&line=:line"),
    "[x]": replaced(ROUTE, "/farms/[farmName]/sheep?type=count&line=[line]"),
    "method in lower case": replaced("POST /farms/farmName", "post /farms/farmName"),
    "request line among words": replaced(SYNTAX, f"`POST {ROUTE.replace('=line', '={line}')} HTTP/1.1`\n\n"),
    "heading of the request line": replaced("## Request syntax", "## 请求行"),
    "comments in JSON": replaced('"merino",', '"merino", // which', '"count": 2,', '"count": 2, /* all */'),
    "code says of which language": replaced("```\nPOST", "```http\nPOST"),
    "errors without description": replaced(HEAD, "|Status|Code|Message|", "|No farm.|", "|", "|No breed.|", "|"),
    "HttpCode": replaced(HEAD, "|HttpCode|ErrorCode|ErrorMessage|Description|"),
    "status with its phrase": replaced("|404|", "|404 Not Found|", "|400|", "|400 Bad Request|"),
    "status and code in one column": replaced(
        *("status code|Error code|", "status code / Error code|", "404|F", "404 F", "400|B", "400 B"),
    ),
    "errors as a list": replaced(
        ERRORS, "-   404 FarmNotExist: Farm farmName does not exist.\n-   400 BreedInvalid: No such breed.\n"
    ),
    "a title above the head": tables(lambda rows: piped([["Table 1", *[""] * (len(rows[0]) - 1)], *rows])),
    "a head above the head": tables(lambda rows: piped([["Parameter"] * 2 + ["More"] * (len(rows[0]) - 2), *rows])),
    "the head again among the rows": tables(lambda rows: piped([*rows[:2], rows[0], *rows[2:]])),
    "a note among the rows": tables(
        lambda rows: piped([*rows[:2], ["Note: it is signed.", *[""] * (len(rows[0]) - 1)], *rows[2:]])
    ),
    "descriptions on lines of their own": tables(closed_below),
    "in a quotation": lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
    "full-width digits": replaced("|404|", "|４０４|", "|400|", "|４００|"),
    "a label before the status": replaced("|404|", "|状态码：404|", "|400|", "|HTTP status code 400|"),
    "footnotes": replaced("|line|Integer|", "|line†|Integer|", "|FarmNotExist|", "|FarmNotExist①|"),
    "remarks after names": replaced("|lambs|", "|lambs（新增）|", "|breed|", "|breed:|"),
    "required beside the type": tables(required_in("Type", "{1}, {0}")),
    "required beside the name": tables(required_in("Parameter", "{1} ({0})")),
    "required before the description": tables(required_in("Description", "{0}. {1}")),
    "ticks": saying("✓", ""),
    "ticks and dashes": saying("√", "-"),
    "two tables": tables(two_tables),
    "headings between underscores": replaced("## Request parameters\n\n-   Parameters", "__Request parameters__"),
    "method and path below headings": replaced(
        f"## Request syntax\n\n{SYNTAX}", f"## HTTP method\n\nPOST\n\n## Path\n\n`{ROUTE}`\n\n"
    ),
    "method and path in the introduction": replaced(
        f"## Request syntax\n\n{SYNTAX}", f"**Method**: POST\n\n**Path**: {ROUTE}\n\n"
    ),
    "method and path after a blank": replaced(SYNTAX, f"**HTTP method** POST\n\n**URL** `{ROUTE}`\n\n"),
    "errors below their status": replaced(
        ERRORS, "-   404 Not Found\n    -   `FarmNotExist`: Farm farmName does not exist.\n"
        "-   HTTP 400:\n    -   `BreedInvalid`: No such breed.\n"
    ),
    "errors between blanks": replaced(
        ERRORS, "404   FarmNotExist   Farm farmName does not exist.   No farm.\n\n"
        "400   BreedInvalid   No such breed.   No breed.\n",
    ),
    "method before a colon": replaced(f"## Request syntax\n\n{SYNTAX}", f"## Request syntax\n\nPOST: {ROUTE}\n\n"),
    "request line in a sentence": replaced(
        f"Counts sheep.\n\n## Request syntax\n\n{SYNTAX}", f"Send `POST {ROUTE}` to count sheep.\n\n"
    ),
    "request and response in one code block": replaced(
        PAGE[PAGE.index("    }\n    ```") : PAGE.index("    HTTP/1.1 200")], "    }\n\n"
    ),
    "messages as curl -v prints them": lambda text: (
        text[: text.index("    POST")] + VERBOSE + text[text.index("    ```\n\n## Error") :]
    ),
    "errors as a JSON array": replaced(
        ERRORS, '```json\n['
        '{"httpCode": 404, "errorCode": "FarmNotExist", "errorMessage": "Farm farmName does not exist."},'
        ' {"httpCode": 400, "errorCode": "BreedInvalid", "errorMessage": "No such breed."}]\n```\n'
    ),
    "a status after its phrase": replaced("|404|", "|Not Found (404)|", "|400|", "|Bad Request 400|"),
    "statuses of success among the errors": replaced("|404|Farm", "|200|||Counted.|\n|404|Farm"),
    "errors below headings of their statuses": replaced(
        f"## Error codes\n\n{ERRORS}",
        "## Response\n\n### 404 Not Found\n\n- `FarmNotExist` – Farm farmName does not exist.\n\n"
        "### 400 Bad Request\n\n- `BreedInvalid` – No such breed.\n"
    ),
    "status and code in a table of response codes": replaced(
        f"## Error codes\n\n{ERRORS}", "## Response codes\n\n|Code|Meaning|\n|---|---|\n|200|Counted.|\n"
        "|404|`FarmNotExist`: Farm farmName does not exist.|\n|400|`BreedInvalid`: No such breed.|\n"
    ),
    "errors in a sentence": replaced(
        ERRORS, "404 FarmNotExist: Farm farmName does not exist.; 400 BreedInvalid: No such breed.\n"
    ),
    "errors with the code first": replaced(
        ERRORS, "\tFarmNotExist\t404\tFarm farmName does not exist.\n\tBreedInvalid\t400\tNo such breed.\n"
    ),
    "errors in an HTML list": replaced(
        ERRORS, "<ul>\n<li><b>404</b> <code>FarmNotExist</code>: Farm farmName does not exist.</li>"
        "<li><b>400</b> <code>BreedInvalid</code>: No such breed.</li>\n</ul>\n"
    ),
    "a message below an unknown head": replaced("|Error message|", "|Text|"),
    "full-width pipes": lambda text: text.replace("|", "｜"),
    "type and required in the cell of the name": lambda text: re.sub(
        r"\|(\w+)\|(\w+)\|(Yes|No)\|", lambda row: f"|{row[1]} ({row[2]}, {row[3].lower()})|", text
    ).replace(HEAD_OF_PARAMETERS, "    |Parameter|Example|Description|\n    |---|---|---|\n"),
    "definitions over several lines": lambda text: re.sub(
        r"    \|(\w+)\|(\w+)\|(Yes|No)\|.*\|(.*)\|",
        lambda row: f"<dt>\n{row[1]} ({row[2]}, {row[3].lower()})\n</dt>\n<dd>\n{row[4]}\n</dd>", text
    ).replace(HEAD_OF_PARAMETERS, "<dl>\n"),
    "parameters as labelled lines": lambda text: re.sub(
        ROW, lambda row: f"Parameter: {row[1]}\nType: {row[2]}\nRequired: {row[3]}\nDescription: {row[4]}\n", text
    ).replace(HEAD_OF_PARAMETERS, "\n"),
    "parameters as labelled columns on a line": lambda text: re.sub(
        ROW, lambda row: f"参数：{row[1]}；类型：{row[2]}；必选：{row[3]}；说明：{row[4]}\n", text
    ).replace(HEAD_OF_PARAMETERS, "\n"),
    "parameters with nested items": lambda text: re.sub(
        ROW, lambda row: f"+ **{row[1]}**\n  - Type: {row[2]}\n  - Required: {row[3]}\n  - {row[4]}", text
    ).replace(HEAD_OF_PARAMETERS, "\n"),
    "parameters in sentences": lambda text: re.sub(
        ROW, lambda row: f"`{row[1]}` — {row[2]}, **{'required' if row[3] == 'Yes' else 'optional'}**. {row[4]}\n", text
    ).replace(HEAD_OF_PARAMETERS, "\n"),
    "errors as labelled lines": replaced(
        ERRORS, "HTTP status code: 404\nError code: FarmNotExist\nError message: Farm farmName does not exist.\n\n"
        "HTTP status code: 400\nError code: BreedInvalid\nError message: No such breed.\n"
    ),
    "errors below headings of their codes": replaced(
        ERRORS, "#### FarmNotExist\n\nHTTP status: 404\nMessage: Farm farmName does not exist.\n\n"
        "#### BreedInvalid\n\nHTTP status: 400\nMessage: No such breed.\n"
    ),
    "errors as bodies with their statuses": replaced(
        ERRORS, '{"httpCode": 404, "errorCode": "FarmNotExist", "errorMessage": "Farm farmName does not exist."}\n\n'
        '{"httpCode": 400, "errorCode": "BreedInvalid", "errorMessage": "No such breed."}\n'
    ),
    "errors, a cell a line": replaced(
        ERRORS, "404\n\nFarmNotExist\n\nFarm farmName does not exist.\n\n400\n\nBreedInvalid\n\nNo such breed.\n"
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_facts_in_another_layout(layout):
    """Tables in other forms and orders, other words for yes and no, other placeholders: the facts are the same."""
    text = LAYOUTS[layout](PAGE)
    assert text != PAGE
    assert facts(text) == facts(PAGE)


HEADERS = "|Header|Type|\n|---|---|\n|x-log-progress|String|\n|Incomplete: ask again|String|\n"
GLUED = "Parameter Type Example Description count Integer 2 How many. farm Farm x Whose."


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("|line|Integer|No|", "|line|Integer|if you like|", ("spelling", "if you like")),
        ("|lambs|Boolean|No|", "|lambs|Boolean|perhaps|", ("spelling", "perhaps")),
        ("|line|Integer|", "|line|Ovine|", ("element-type", "Ovine")),
        ("|404|FarmNotExist|", "|4O4|FarmNotExist|", ("error-spelling", "4O4 FarmNotExist")),
        ("No such breed.", "The breeed is none.", ("error-spelling", "breeed")),
        ("-   Response elements\n", f"{GLUED}\n", ("spelling", GLUED)),
        ("-   Response elements\n", f"-   Response headers\n\n{HEADERS}", ("spelling", "Incomplete: ask again")),
        ("-   Parameters\n", f"-   Request headers\n\n{HEADERS}", ("spelling", "Incomplete: ask again")),
        ("-   Response elements\n", "名称类型必填描述示例值\n", ("spelling", "名称类型必填描述示例值")),
        ("-   Response elements\n", "名称类型必填描述\nwoolstring\n", ("spelling", "woolstring")),
        ("-   Response elements\n", "NameTypeRequired\nwoolFleeceConfigNo\n", ("element-type", "FleeceConfig")),
        ("-   Parameters\n", "-   wool *string* Yes - How much.\n", ("spelling", "wool string Yes - How much.")),
        (ERRORS, f"{HEAD.replace('|', ' ').strip()}\n\n{JOINED}\n", ("error-spelling", JOINED.partition("Exist ")[2])),
        (ERRORS, "-   404\n    -   Notfarm: none\n", ("error-spelling", " Notfarm: none")),
        (ERRORS, '```\n[{"status": 404}]\n```\n', ("spelling", '[{"status": 404}]')),
        ("## Error codes\n", "The response has the header x-log-wool.\n", ("spelling", "x-log-wool")),
        (
            "Counts sheep.\n",
            "A dog answers 404 DogNotExist: no dog.\n\n404 DogNotExist: no dog.\n",
            ("spelling", "404 DogNotExist: no dog."),
        ),
        ("Counts sheep.\n", "- `wool` (string, required): which\n", ("spelling", "wool (string, required): which")),
        ("Counts sheep.\n", '```json\n{"wool": 1}\n```\n', ("spelling", '{"wool": 1}')),
        (
            "|404|Farm",
            "|404|DogNotExist|No dog.|||\n\nIf gone (409), SheepGone is said.\n\n|404|Farm",
            ("spelling", "If gone (409), SheepGone is said."),
        ),
        (
            PAGE[PAGE.index("-   Sample responses") : PAGE.index("## Error")],
            "",
            ("spelling", "object or array: no example shows it"),
        ),
        (
            "## Request parameters\n\n-   Parameters",
            "## Parametri",
            ("spelling", "Parameter | Type | Required | Example | Description"),
        ),
    ],
)
def test_what_cannot_be_read_is_listed(old, new, problem):
    """Nothing is guessed: the place and what stands there are named."""
    problems = derive(replaced(old, new)(PAGE)).as_plain()["problems"]
    assert problem in [(each["kind"], each["says"]) for each in problems]


def test_json_in_the_cell_of_an_example_is_no_body():
    """A table with a cell per line: its examples look like a printed body, whose shape they are not."""
    rows = 'Parameter\nType\nExample\nDescription\nsheep\nArray\n[{"name": "a"}]\nThe sheep.\n'
    page = derive(PAGE[: PAGE.index("-   Response elements")] + rows)
    assert (page.response.shape, [*page.response.members]) == (None, [(None, "sheep")])
    assert "object or array: no example shows it" in {each.says for each in page.problems}


def test_a_table_of_headers_below_a_response_lists_no_members():
    """Its heading does not say that they are headers; their names do."""
    table = "|Header|Type|\n|---|---|\n|x-log-wool|Integer|\n\n## Error codes"
    page = derive(PAGE.replace("## Error codes", f"## Response\n\n{table}"))
    assert (page.response_headers, sorted(page.response.shown())) == (["x-log-wool"], ["count", "sheep"])


def test_a_heading_with_a_status_begins_the_response_or_its_errors():
    text = PAGE[: PAGE.index("## Response")] + "## Response 204\n\nEmpty.\n\n## Response 404 `FarmNotExist`\n\nNone.\n"
    page = derive(text)
    assert (page.status, page.errors) == (204, {(404, "FarmNotExist"): []})


def test_a_curl_command_outside_a_code_block_is_the_request():
    page = derive(
        '# CountSheep\n\n## Request\n\n    curl "https://p.cn-x.log.aliyuncs.com/farms?line=1" \\\n      -X PUT\n'
    )
    assert (page.method, page.path, page.host, [*page.query]) == ("PUT", "/farms", "{project}.{endpoint}", ["line"])


def test_a_method_and_an_address_below_headings_of_their_own():
    address = "http://{project}.{endpoint}/farms/{farm}"
    page = derive(f"# CountSheep\n\n## 请求方式\n\nGET\n\n## 请求地址\n\n{address}\n")
    assert (page.method, page.path, page.host) == ("GET", "/farms/{farm}", "{project}.{endpoint}")


def test_a_path_from_the_body_is_the_name_of_a_member():
    paths = re.sub(r"\|(count|sheep)\|(\w+)\|", r"|$.\1|\2|", PAGE).replace(
        "|Parameter|Type|Example|", "|JSON path|Type|Example|"
    )
    assert facts(paths) == facts(PAGE)
    assert derive(paths).problems == derive(PAGE).problems


COPIED = """# CountSheep
Counts sheep.
Request syntax
GET /farms/{farmName}/sheep HTTP/1.1
Request parameters
Name |
Type |
Required |
Description |
farmName |
string |
Yes |
Which farm. |
line |
integer |
No |
How
many. |
Response parameters
Name | Type | Description | Example |
---|---|---|---|
object | The response. | |
count | integer | How many
| 2 |
sheep | array<object> | The sheep. | |
object | A sheep. | |
wool | integer | Kilograms. | 3 |
Examples
Sample success responses
JSON format
{
  "count": 2,
  "barn": "b",
  "sheep": [{"wool": 3}]
}
Error codes
HTTP status code |
Error code |
Error message |
---|---|---|
404 | FarmNotExist | No such farm. |
"""


def test_a_page_whose_marks_were_lost_when_it_was_copied():
    """Headings are bare, cells stand one a line or go on in the next, rows lack an empty name, JSON has no fence."""
    page = derive(COPIED).as_plain()
    members = page["response"]["members"]
    assert page["problems"] == []
    assert (page["method"], page["path"]) == ("GET", "/farms/{farmName}/sheep")
    assert {name: (each["type"], each["required"]) for name, each in page["query"].items()} == {
        "line": ("integer", False)
    }
    assert {name: (each["type"], each["parent"]) for name, each in members.items()} == {
        "count": ("integer", None),
        "barn": ("string", None),
        "sheep": ("array", None),
        "wool": ("integer", "sheep"),
    }
    assert page["response"]["shape"] == "object"
    assert page["errors"] == [{"status": 404, "code": "FarmNotExist", "messages": ["No such farm."]}]


def test_a_heading_of_the_site_does_not_mark_the_headings_of_a_copied_page():
    copied = COPIED.replace("Request parameters\n", "Request headers\nNone.\nParameters\n")
    page = derive(f"{copied}\n## Related operations\n\nListBarns\n")
    assert ([*page.query], page.headers) == (["line"], {})


def test_a_copied_table_may_say_where_a_parameter_goes():
    """The place stands before or behind whether it is required: neither is taken for a description."""
    copied = COPIED.replace("Type |\nRequired |", "Type |\nPosition |\nRequired |")
    copied = copied.replace("string |\nYes |", "string |\nPath |\nYes |").replace(
        "integer |\nNo |", "integer |\nHeader |\nNo |"
    )
    page = derive(copied).as_plain()
    assert (page["query"], [*page["headers"]], page["headers"]["line"]["required"]) == ({}, ["line"], False)


GLUED = """# CountSheep

Request syntax

GET /sheep HTTP/1.1

Request parameters

ParameterTypePositionRequiredExampleDescription
limitIntegerQueryNo10

At most this many.

Maximum value: 100.

Response parameters

ParameterTypeExampleDescription
Content-TypeStringtext/plain

List of no sheep.

DateStringSun, 27 May 2018 08:25:04 GMT

The time.

Object

The answer.

countInteger2

How many.

namesListArray of StringDolly
"""


def test_a_copied_table_whose_cells_have_no_separators_may_give_examples():
    """A capital begins the type, and the example ends the row: what is below it is the description."""
    page = derive(GLUED)
    members = {name: each.type for (_, name), each in page.response.members.items()}
    assert (members, page.response.shape, page.response_headers) == (
        {"count": "integer", "namesList": "array"},
        "object",
        [],
    )
    assert ({name: each.type for name, each in page.query.items()}, page.problems) == ({"limit": "integer"}, [])
    twice = GLUED.replace("ParameterTypeExampleDescription\n", "ParameterTypeExampleDescription\n" * 2)
    assert derive(twice).problems == []  # as sites print heads that stay in view
    rows = "flockArray of ObjectDolly\n\nThe flock.\n\nnameStringDolly\n"
    assert [each.says for each in derive(GLUED + rows).problems] == ["Array of Object without depth"]


def test_a_copied_row_may_have_all_its_cells_without_separators():
    """Its type ends where it says whether it is required, or where a capital letter follows."""
    text = """# CountSheep

Request syntax

GET /sheep HTTP/1.1

Request parameters

ParameterTypeRequiredExampleDescription
limitintegerNo10At most this many. Maximum value: 100.
breed_nameString arrayYesmerinoThe breeds.

Response parameters

ParameterTypeExampleDescription
countInteger3How many.
namesString arrayDollyWho they are.

Sample responses

{"count": 3, "names": ["Dolly"]}
"""
    page = derive(text)
    assert [(name, each.type, each.required, each.maximum) for name, each in page.query.items()] == [
        ("limit", "integer", False, 100),
        ("breed_name", "array", True, None),
    ]
    members = {name: (each.type, each.origins) for (_, name), each in page.response.members.items()}
    assert members == {
        name: (kind, {"table", "example"}) for name, kind in {"count": "integer", "names": "array"}.items()
    }
    assert page.problems == []


def test_text_below_the_rows_of_a_copied_table_describes_them():
    """What ends such a row is its example, which states nothing; the text of a header says nothing about the body."""
    text = """# ShearSheep

Request syntax

PUT /sheep HTTP/1.1

Request parameters

Parameter Type Position Required Example Description
limit Integer Query No 3

At most this many. Maximum value: 100.

breed String Query No merino

Which.

Response parameters

Parameter Type Example Description
Content-Type String text/plain

The format of the response body, such as protobuf.

x-log-wool String 3

Its weight.
"""
    page = derive(text)
    assert (page.response.shape, page.response_headers, page.problems) == (None, ["x-log-wool"], [])
    assert {name: each.maximum for name, each in page.query.items()} == {"limit": 100, "breed": None}


def test_a_copied_table_may_have_lost_its_lines():
    """A type before yes or no begins a row, also on a line below the head's."""
    text = """# CountSheep

Request syntax

PUT /farms/<farm>/sheep HTTP/1.1
Host: <Project Endpoint>
{"day": 1, "coat": {}, "breeds": []}

Request parameters

Parameter Type Required Example Description farm String Yes red Which farm. day Integer No 1 The day. Maximum value: 7.
coat Json Yes {} The coat. breeds Array No [] All of its breeds.
"""
    page = derive(text)
    members = {name: (each.type, each.required, each.maximum) for (_, name), each in page.body.members.items()}
    assert members == {
        "day": ("integer", False, 7),
        "coat": ("object", True, None),
        "breeds": ("array", False, None),
    }
    assert (page.path_parameters, page.problems) == (["farm"], [])


def test_a_copied_message_may_have_lost_its_lines():
    """Its headers are told apart by their names or by their quotes, and its length proves the body."""
    text = """# CountSheep

Request example

PUT /sheep/count HTTP/1.1 Header : { "Date": "", "Host": "my-farm.cn-hangzhou.log.aliyuncs.com" } Body : { "day": 1 }

Response example

HTTP/1.1 200 OK Header : { Date: Tue, 10 Nov 2015 19:45:48 GMT Content-Length: 11 Server: nginx } Body : { "count": 3 }
"""
    page = derive(text)
    assert (page.method, page.path, page.host, [*page.body.members]) == (
        "PUT",
        "/sheep/count",
        "{project}.{endpoint}",
        [(None, "day")],
    )
    assert ([*page.response.members], page.response.digest, page.problems) == ([(None, "count")], "length", [])


def test_a_copied_row_may_have_a_blank_too_many():
    """Where no more than a blank separates cells, two of them separate no more than one does."""
    text = """# CountSheep

Request syntax

GET /farms/<farm>/sheep HTTP/1.1

Request parameters

Name Type  Required Description
farm String  Yes  Which farm.
limit Integer No   At most  this many.
"""
    page = derive(text)
    assert (page.path_parameters, page.problems) == (["farm"], [])
    assert [(name, each.type, each.required) for name, each in page.query.items()] == [("limit", "integer", False)]


def test_a_cell_with_two_statuses_is_two_errors():
    """400/404 in one cell: the error may come with either."""
    assert [each[:2] for each in facts(PAGE.replace("|404|F", "|400/404|F"))["errors"]] == [
        (400, "FarmNotExist"),
        (404, "FarmNotExist"),
        (400, "BreedInvalid"),
    ]


def test_an_element_below_another_in_a_list_is_its_member():
    """Lists in lists say what is inside what."""
    start, end = PAGE.index("    |Parameter|Type|Example"), PAGE.index("## Examples")
    text = PAGE[:start] + "    - sheep (object): the sheep.\n        - wool (int): kilograms.\n\n" + PAGE[end:]
    members = derive(text).as_plain()["response"]["members"]
    assert members["wool"]["parent"] == "sheep"


def test_a_parameter_of_a_path_that_has_no_place_for_it_is_listed():
    """It is no key of a query, whatever the request line lacks."""
    page = derive(
        PAGE.replace("|Required|", "|Required|Position|")
        .replace("|No|10|", "|No|Path|10|")
        .replace("&line=10", "")
        .replace("&line=line", "")
    ).as_plain()
    assert "line" not in page["query"]
    assert "path" in [each["kind"] for each in page["problems"]]


def test_code_in_a_language_beside_a_response_is_no_response():
    """A sample in Java is no JSON, and nobody says it were."""
    code = "\n-   In Java\n\n    ```\n    import com.example;\n    ```\n\n## Error"
    assert derive(PAGE.replace("\n## Error", code)).as_plain() == derive(PAGE).as_plain()


def test_a_row_of_errors_without_a_status_has_that_of_the_row_above():
    """A cell that spans rows is printed in the first of them."""
    errors = facts(PAGE.replace("|400|B", "||B"))["errors"]
    assert [(status, code) for status, code, _ in errors] == [(404, "FarmNotExist"), (404, "BreedInvalid")]


def test_a_key_that_the_request_line_lacks_is_listed():
    """The table and the example have it; the line that should print all keys does not."""
    page = derive(PAGE.replace("&line=line HTTP", " HTTP")).as_plain()
    assert page["query"]["line"]["from"] == ["table", "example"]
    assert [(each["kind"], each["says"]) for each in page["problems"]] == [("not-in-syntax", "line")]


@pytest.mark.parametrize(
    ("host", "example", "derived", "says"),
    [
        ("ProjectName.Endpoint", "my-project.cn-shanghai", "{project}.{endpoint}", []),
        ("Endpoint", "cn-shanghai", "{endpoint}", []),
        ("ProjectName.RegionEndpoint  // Yours", "my-project.cn-shanghai", "{project}.{endpoint}", []),
        ("Elsewhere", "my-project.cn-shanghai", "{project}.{endpoint}", ["Elsewhere"]),
        ("<endpoint>", "my-project.cn-shanghai", "{project}.{endpoint}", ["<endpoint>"]),
        ("ProjectName.Endpoint", "cn-shanghai", "{project}.{endpoint}", ["cn-shanghai.log.aliyuncs.com"]),
    ],
)
def test_hosts_that_differ_are_listed(host, example, derived, says):
    """An example shows a project that a placeholder leaves out; a comment beside it, or a region, is no other host."""
    page = derive(PAGE.replace("ProjectName.Endpoint", host).replace("my-project.cn-shanghai", example))
    assert (page.host, [each.says for each in page.problems if each.where == "host"]) == (derived, says)


def test_a_checksum_that_lacks_a_digit_is_listed():
    """The length proves the body."""
    proofs = "    Content-MD5: 22A3B9E2D0DC76F63E0A6CCAD3D5A2B\n    Content-Length: 31\n    }\n    Body:"
    page = derive(PAGE.replace("    }\n    Body:", proofs))
    assert page.body.digest == "length"
    assert [each.says for each in page.problems] == ["content-md5: 22A3B9E2D0DC76F63E0A6CCAD3D5A2B"]


@pytest.mark.parametrize(("length", "says"), [(31, []), (32, ["content-length: 32"])])
def test_a_length_beside_a_fitting_checksum_is_compared_too(length, says):
    """The checksum proves the body; the length is then a mistake of the page."""
    proofs = f"Content-MD5: 55597E59C6D6E0541B0F4E23D3EE7ACE\n    Content-Length: {length}\n    }}\n    Body:"
    page = derive(PAGE.replace("    }\n    Body:", f"    {proofs}"))
    assert (page.body.digest, [each.says for each in page.problems]) == ("md5", says)


def test_a_key_that_only_an_example_has_is_listed():
    """Neither the request line nor the table has it."""
    page = derive(PAGE.replace("sheep?type=count&line=10", "sheep?type=count&line=10&shorn=1")).as_plain()
    assert page["query"]["shorn"]["from"] == ["example"]
    assert [(each["kind"], each["says"]) for each in page["problems"]] == [("not-in-syntax", "shorn")]


def test_a_length_without_a_body_is_listed():
    """A request that is printed without the body that its Content-Length counts."""
    body = PAGE[PAGE.index("    Body:") : PAGE.index("    ```\n\n-   Sample responses")]
    text = PAGE.replace(body, "").replace("    Content-Type: application/json\n    }", "    Content-Length: 55\n    }")
    assert "digest" in [each["kind"] for each in derive(text).as_plain()["problems"]]


@pytest.mark.parametrize(
    ("body", "length", "says"),
    [
        ("", 5, ["content-length: 5, and no body"]),
        ("", 0, []),
        ("Body:\n    {'count': 'two\n    }", 0, ["content-length: 0"]),
        ("Body:\n    {'count': 'two\n    }", 19, []),
    ],
)
def test_a_length_of_a_response_that_cannot_be_is_listed(body, length, says):
    """It counts a body that is not printed, or none beside one that is; an unreadable body has no other length."""
    response = f"HTTP/1.1 200 OK\n    Header:\n    {{\n    Content-Length: {length}\n    }}\n    {body}\n    ```\n"
    text = re.sub(r"(?s)(-   Sample responses\n\n    ```\n    ).*?```\n", lambda found: found[1] + response, PAGE)
    page = derive(text)
    assert (page.status, [each.says for each in page.problems if each.kind == "digest"]) == (200, says)


def test_a_page_in_traditional_chinese_claims_what_it_claims_in_simplified():
    """Heads, headings and types of Hong Kong and Taiwan are other characters, and some are other words."""
    heads = {
        "Request syntax": ("请求语法", "請求語法"),
        "Request parameters": ("请求参数", "請求參數"),
        "Response parameters": ("响应参数", "回應參數"),
        "Response elements": ("响应元素", "回應元素"),
        "Parameter|": ("参数名称|", "參數名稱|"),
        "|Type|": ("|类型|", "|類型|"),
        "|Required|": ("|是否必须|", "|是否必須|"),
        "|Description|": ("|说明|", "|說明|"),
        "|Example|": ("|示例|", "|範例|"),
        "|Integer|": ("|整型|", "|整數|"),
        "|String|": ("|字符串|", "|字串|"),
        "|Boolean|": ("|布尔|", "|布林|"),
        "|Yes|": ("|必选|", "|必選|"),
        "|No|": ("|可选|", "|可選|"),
    }
    pages = []
    for at in range(2):
        text = PAGE
        for english, chinese in heads.items():
            text = text.replace(english, chinese[at])
        pages.append(derive(text).as_plain())
    assert pages[0] == pages[1]
    assert pages[1]["query"]["line"]["type"] == "integer"
    assert pages[1]["body"]["members"]["lambs"] == {"type": "boolean", "required": False, "parent": None}


def test_a_page_copied_in_traditional_chinese_with_other_words_for_syntax_and_examples():
    """With a cell per line, a single unknown head would end the head, and hide all rows below it."""
    cells = "名稱\n\n類型\n\n描述\n\n樣本值\n\nheaders\n\nobject\n\nDate\n\nstring\n\nobject\n\nlambs\n\ninteger"
    text = f"CountSheep\n\n請求文法\n\nGET /sheep HTTP/1.1\n\n返回參數\n\n{cells}"
    page = derive(text + '\n\n樣本\n\n正常返回樣本\n\nJSON格式\n\n{\n  "lambs": 7\n}\n')
    assert (page.method, page.path, page.problems) == ("GET", "/sheep", [])
    assert page.response.shape == "object"
    assert page.response.members[None, "lambs"].type == "integer"


CELLS = "Parameter\n\nType\n\n{}Description\n\nExample\n\n"


@pytest.mark.parametrize(("needed", "answer", "required"), [("Required\n\n", "Yes\n\n", True), ("必填\n\n", "", None)])
def test_a_structure_on_the_line_of_its_name_is_its_type(needed, answer, required):
    """It is a link on the page; what the structure contains is on another page, so its type is listed as unknown."""
    rows = (
        f"body\n\nobject\n\n{answer}All.\n\nshepherd ShepherdName\n\n{answer}Who.\n\nfarm\n\nstring\n\n{answer}Where.\n"
    )
    text = "SendSheep\n\nRequest syntax\n\nPOST /sheep HTTP/1.1\n\nRequest parameters\n\n" + CELLS.format(needed)
    page = derive(text + rows)
    found = {name: (each.type, each.required) for (_, name), each in page.body.members.items()}
    assert found == {"shepherd": (None, required), "farm": ("string", required)}
    assert ("element-type", "ShepherdName") in {(each.kind, each.says) for each in page.problems}
    alone = derive(f"{text}body SheepRecord\n\n{answer}A sheep.\n")
    assert alone.body.shape is None
    assert [(each.kind, each.where, each.says) for each in alone.problems] == [("element-type", "body", "SheepRecord")]


def test_a_row_that_lost_whether_it_is_required_does_not_take_its_example_for_that():
    """The word true is an example there; each row that lost its answer is listed, also that of a structure."""
    text = (
        "CountSheep\n\n请求语法\n\nPOST /sheep HTTP/1.1\n\n请求参数\n\n"
        "名称\n\n类型\n\n位置\n\n是否必选\n\n示例值\n\n描述\n\n"
        "breed String Body merino\n\n品种。\n\nlambs Boolean Body true\n\n是否包括羊羔。\n\n"
        "shepherd ShepherdName Body\n\n牧羊人。\n\nshorn Boolean Body 是 true\n\n是否剪毛。\n"
    )
    page = derive(text)
    found = {name: (each.type, each.required) for (_, name), each in page.body.members.items()}
    assert found == {
        "breed": ("string", None),
        "lambs": ("boolean", None),
        "shepherd": (None, None),
        "shorn": ("boolean", True),
    }
    lost = [each.where.split()[-2] for each in page.problems if each.where.endswith(" required")]
    assert lost == ["breed", "lambs", "shepherd"]


@pytest.mark.parametrize("words", ["当前API无需请求参数", "No parameters required."])
def test_a_head_above_the_words_that_nothing_is_needed_is_no_unread_table(words):
    """It is listed only where rows, or other words, follow that are not read."""
    text = "CountSheep\n\n请求语法\n\nGET /sheep HTTP/1.1\n\n请求参数\n\n名称类型必填描述示例值\n"
    assert derive(f"{text}{words}\n").problems == []
    (unread,) = derive(f"{text}看上面。\n").problems
    assert (unread.line, unread.kind) == (9, "spelling")


def test_a_table_whose_blanks_differ_is_read_or_its_rows_are_listed():
    """Some cells are apart by two blanks, others by one; the column of what is needed has more words than others."""
    rows = "breed string Yes  Which.\nlambs  bool No Whether lambs count.\nage int No  Years.\n"
    text = "CountSheep\n\nRequest syntax\n\nPOST /sheep HTTP/1.1\n\nRequest parameters\n\n"
    page = derive(f"{text}Attribute name Type  Required or not Description\n{rows}")
    found = {name: (each.type, each.required) for name, each in page.query.items()}
    assert found == {"breed": ("string", True), "lambs": ("boolean", False), "age": ("integer", False)}
    headless = derive(f"{text}{rows}")
    unread = {each.line for each in headless.problems if each.kind == "spelling"}
    read = {line for lines in headless.lines.values() for line in lines}
    assert {9, 10, 11} <= unread | read


@pytest.mark.parametrize(
    ("first", "later", "operation"),
    [("Heartbeat", "CountSheep", "Heartbeat"), ("Counts the sheep", "Remarks", None), ("Counts", "Remarks", "Counts")],
)
def test_the_first_title_may_be_any_word_and_a_later_one_must_look_like_an_operation(first, later, operation):
    text = PAGE.replace("# CountSheep\n", f"# {first}\n", 1) + f"\n# {later}\n\nSee above.\n"
    assert derive(text).operation == operation


def test_rows_of_html_need_no_end_tags():
    """HTML lets pages leave them out; the last cell of a row ends where the next row begins."""
    rows = "<tr><th>Parameter<th>Type<th>Required<th>Description\n<tr><td>line<td>Integer<td>No<td>How many."
    text = PAGE[: PAGE.index("-   Parameters")] + f"<table>\n{rows}\n</table>\n"
    assert derive(text).query["line"].type == "integer"


def _work(text):
    """Count the functions that are called to derive a page: a measure that no other load of the machine changes."""
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        derive(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("piece", ["GET /x HTTP/1.1\n{\n", "[\n", "{\n\n"])
def test_the_work_grows_with_the_page_and_not_with_its_square(piece):
    """Brackets that nothing closes were looked for at each line anew."""
    small, large = (_work("# CountSheep\n\n" + piece * count) for count in (100, 400))
    assert large < 6 * small


def _long_page(count):
    """Return a page with ``count`` keys, parameters, members and errors; their names are all different."""
    names = [
        f"{at * 7919 % 10_007:05}x".translate(str.maketrans("0123456789", "abcdefghij")) for at in range(3 * count)
    ]
    keys, rows, members = names[:count], names[count : 2 * count], names[2 * count :]
    parameters = "|Parameter|Type|Required|Description|\n|---|---|---|---|\n"
    return "".join(
        (
            f"# CountSheep\n\n```\nPOST /farms?{'&'.join(f'{key}=<value>' for key in keys)} HTTP/1.1\n```\n\n",
            f"## Request parameters\n\n{parameters}",
            *(f"|{name}|Object|No|It.|\n" for name in rows),
            *(f"\nThe {name}:\n\n{parameters}|{name}z|String|No|It.|\n" for name in rows),
            "\n## Sample request\n\n```\nPOST /farms HTTP/1.1\n\n{",
            ", ".join(f'"{name}": 1' for name in members),
            "}\n```\n\n## Error codes\n\n|HTTP status code|Error code|Error message|\n|---|---|---|\n",
            *(f"|404|{name.title()}|The {name[::-1]} {name} is gone.|\n" for name in members),
        )
    )


def test_the_work_grows_with_the_rows_and_not_with_their_square():
    """Each row was compared with each key, each member, each table and each error."""
    small, large = (_work(_long_page(count)) for count in (50, 200))
    assert large < 6 * small


def test_the_work_grows_with_the_segments_of_a_path_and_not_with_their_square():
    """Each of them was compared with each row."""

    def page(count):
        names = [
            f"{at * 7919 % 10_007:05}x".translate(str.maketrans("0123456789", "abcdefghij")) for at in range(count)
        ]
        rows = "".join(f"|{name[::-1]}|String|Yes|It.|\n" for name in names)
        path = "".join(f"/{name}s/1" for name in names)
        head = "|Parameter|Type|Required|Description|\n|---|---|---|---|\n"
        return f"# CountSheep\n\n```\nGET {path} HTTP/1.1\n```\n\n## Request parameters\n\n{head}{rows}"

    small, large = (_work(page(count)) for count in (50, 200))
    assert large < 6 * small


@pytest.mark.parametrize("opening", ["/*,", "<!--,", "/*/", "''", "\"a', "])
def test_json_with_many_openings_takes_no_minutes(opening):
    """A comment that nothing closes was looked for to the end of the text, from each of them."""
    began = time.process_time()
    derive(f"# CountSheep\n\n## Sample response\n\n```\n[{opening * 40_000}]\n```\n")
    assert time.process_time() - began < 10


@pytest.mark.parametrize("piece", ["[x", "[x](", "`x", "x ", " ", "` ", "(x)", "+ "])
def test_a_long_cell_takes_no_minutes(piece):
    """An opening bracket that nothing closes was followed to the end of the cell, from each of them: 70 seconds."""
    began = time.monotonic()
    derive(f"# CountSheep\n\n## Request parameters\n\n|Name|Type|\n|---|---|\n|{piece * 20_000}|Integer|\n")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "text",
    [
        f"## Request{' ' * 40_000}parameters\n",
        f"ParameterTypeExampleDescription\n{'aString' * 5_000}\n",
        f"|Name|Type|\n|---|---|\n|wool{'(x)' * 20_000}|Integer|\n",
        f"|Name|Type|\n|---|---|\n|{'+ ' * 100_000}wool|Integer|\n",
        "|Name|Type|\n|---|---|\n|wool|Integer\n" + "\n" * 20_000 + "x\n",
    ],
    ids=["blanks of a heading", "a word", "remarks", "marks", "blank lines"],
)
def test_a_long_page_takes_no_minutes(text):
    """What follows was looked for from each of these anew."""
    began = time.monotonic()
    derive(f"# CountSheep\n\n## Request parameters\n\n{text}")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("text", ["Minimum value: 1" + "0" * 5000, "Valid values: 1 to 1" + "0" * 5000])
def test_a_number_that_no_integer_has_is_no_limit(text):
    """Python refuses to read more than 4,300 digits."""
    page = derive(
        f"# CountSheep\n\n## Request parameters\n\n|Name|Type|Description|\n|---|---|---|\n|wool|Integer|{text}|\n"
    )
    assert "limits" not in page.as_plain() or page.as_plain()["limits"] == {}


def test_front_matter_without_an_end_is_read_line_by_line():
    """Each line here could be read in two ways: trying all combinations would take years."""
    assert derive("---\n" + "- : b\n" * 200 + "# CountSheep\n").operation == "CountSheep"


def test_an_example_of_a_listed_error_is_neither_the_response_nor_another_wording():
    """Its message contains sample values: the table's wording stays the only one."""
    page = PAGE.replace("-   Sample responses\n", f"-   Sample responses\n{FAILURE}")
    assert facts(page) == facts(PAGE)


def test_a_mode_that_only_an_example_shows_is_no_constant():
    """The request line of the syntax would have printed it; there, it is one."""
    example = PAGE.replace("&line=10 HTTP", "&line=10&mode=fast HTTP")
    assert "const" not in derive(example).as_plain()["query"]["mode"]
    syntax = PAGE.replace("&line=line HTTP", "&line=line&mode=fast HTTP")
    assert derive(syntax).as_plain()["query"]["mode"]["const"] == "fast"


SAVED = """<html><body>
<h1>CountSheep</h1>
<h2>Request syntax</h2>
<pre><code>PUT /farms/{farm} HTTP/1.1
Host: {project}.{endpoint}

{"wool": "<p><table>"}</code></pre>
<h2>Request parameters</h2>
<table><tr><th>Name</th><th>Type</th><th>Required</th></tr>
<tr><td>wool</td><td>Strnig</td><td>Yes</td></tr></table>
<p>Some text.</p>
<h2>Error codes</h2>
<table><tr><th>HTTP status code</th><th>Error code</th><th>Message</th></tr>
<tr><td>404</td><td>FarmNotExist</td><td>No farm.</td></tr></table>
</body></html>
"""


def test_a_saved_page_can_have_many_tags_on_a_line():
    """Problems name the line of the page."""
    apart, joined = derive(SAVED), derive(re.sub(r">\n<(?!tr>)", "><", SAVED))
    assert {key: each.required for key, each in apart.body.members.items()} == {(None, "wool"): True}
    assert apart.errors == {(404, "FarmNotExist"): ["No farm."]}
    for page in (apart, joined):
        assert [(each.kind, each.says) for each in page.problems] == [("element-type", "Strnig")]
    assert [each.line for each in (*apart.problems, *joined.problems)] == [10, 5]
    assert [{**page.as_plain(), "lines": None, "problems": None} for page in (apart, joined)] == [
        {**apart.as_plain(), "lines": None, "problems": None}
    ] * 2
