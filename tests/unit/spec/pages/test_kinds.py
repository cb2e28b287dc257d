"""Pages as they are found in other places: what marks, blanks and layouts a page goes through, its facts stay."""

from __future__ import annotations

import re

import pytest

from sls_contract.spec.pages import derive, derive_each

PAGE = """# PlanOrchard

Plans an orchard.

## Request syntax

```
POST /orchards/{orchard}/plans?dryRun={dryRun} HTTP/1.1
Host: {project}.{endpoint}
Content-Type: application/json

{"title": "north", "plot": {"area": 3, "soil": {"kind": "clay"}}, "rows": [{"fruit": "plum"}]}
```

## Request parameters

|Parameter|Type|Required|Description|
|---|---|---|---|
|orchard|String|Yes|The orchard.|
|dryRun|Boolean|No|Whether to plan only.|
|title|String|Yes|The title.|
|plot|Object|Yes|The plot.|
|└area|Integer|Yes|Its area.|
|└soil|Object|No|Its soil.|
|└└kind|String|No|Its kind.|
|rows|Array|No|The rows.|
|└fruit|String|Yes|What grows.|

## Response elements

|Element|Type|Description|
|---|---|---|
|planId|String|The plan.|

## Examples

Success response

```
HTTP/1.1 200 OK
Content-Type: application/json

{"planId": "p-1"}
```

## Error codes

|HTTP status code|Error code|Error message|
|---|---|---|
|404|OrchardNotExist|orchard {orchard} does not exist.|
|400|PlotInvalid|plot is invalid.|
|400|SoilInvalid|soil is invalid.|
"""
SYNTAX = PAGE[PAGE.index("```\nPOST") : PAGE.index("## Request parameters")]
TABLE = PAGE[PAGE.index("|Parameter|") : PAGE.index("## Response")]
ERRORS = PAGE[PAGE.index("|HTTP") :]
HEAD = "|Error code|Error message|\n|---|---|\n"
EXAMPLE = PAGE[PAGE.index("Success response") : PAGE.index("## Error codes")]


def facts(text, name=""):
    """Return what is claimed, without where it was read and what is a slip of a form."""
    page = derive(text, name).as_plain()
    return {key: page[key] for key in page if key not in {"problems", "digests", "limits", "query"}} | {
        "query": {key: (each["type"], each["required"]) for key, each in page["query"].items()}
    }


def test_the_page_itself():
    """Every fact that a reader sees comes out; the rows below others are their members."""
    page = derive(PAGE).as_plain()
    assert page["problems"] == []
    assert (page["method"], page["path"], page["host"]) == (
        "POST",
        "/orchards/{orchard}/plans",
        "{project}.{endpoint}",
    )
    assert {name: (each["type"], each["parent"]) for name, each in page["body"]["members"].items()} == {
        "title": ("string", None),
        "plot": ("object", None),
        "area": ("integer", "plot"),
        "soil": ("object", "plot"),
        "kind": ("string", "soil"),
        "rows": ("array", None),
        "fruit": ("string", "rows"),
    }
    assert [(each["status"], each["code"]) for each in page["errors"]] == [
        (404, "OrchardNotExist"),
        (400, "PlotInvalid"),
        (400, "SoilInvalid"),
    ]


def swap(*words):
    """Return the page with each word as the one that follows it."""
    text = PAGE
    for old, new in zip(words[::2], words[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    return text


def marked(mark):
    """Return the page with another mark before the name of a member, once for each depth."""
    return PAGE.replace("└", mark)


def tagged(form):
    """Return the page with each cell of the table of parameters in a form."""
    head, rule, *rows = TABLE.strip().split("\n")
    cells = ["|" + "|".join(form.format(cell) for cell in row.strip("|").split("|")) + "|" for row in rows]
    return PAGE.replace(TABLE, "\n".join([head, rule, *cells]) + "\n\n")


def unfenced(*words):
    """Return the page with the syntax and the example as plain words."""
    return swap("```\n", "", *words)


def lines(between, text=PAGE):
    """Return a page whose rows are plain lines, with something between their cells."""
    rows = re.sub(r"^\|-.*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^\|(.*)\|$", lambda row: row[1].replace("|", between), rows, flags=re.MULTILINE)


def pre(code):
    """Return a fenced block as HTML."""
    inner = code.strip().removeprefix("```\n").removesuffix("\n```")
    return f'<pre class="http"><code>{inner.replace("<", "&lt;")}</code></pre>\n\n'


FORMS = {
    "blanks that do not break": PAGE.replace(" ", "\u00a0"),
    "blanks as wide as a character in each cell": swap("|", "\u3000|\u3000", "\u3000|\u3000---", "|---"),
    "characters of no width": PAGE.replace("r", "r\u200b").replace("\n", "\u200b\n"),
    "front matter": "---\ntitle: Orchards\nkeywords:\n  - fruit\ndate: 2023-01-01\n---\n\n" + PAGE,
    "front matter with the title only": "---\ntitle: PlanOrchard\n---\n" + PAGE.removeprefix("# PlanOrchard\n"),
    "all headings one level deeper": PAGE.replace("## ", "### ").replace("# PlanOrchard", "## PlanOrchard"),
    "all headings of the first level": PAGE.replace("## ", "# "),
    "headings in HTML": PAGE.replace("## Request parameters", '<h2 id="x">Request parameters</h2>'),
    "marks of DITA": tagged('<ph props="china">{}</ph>'),
    "footnotes": tagged("{}[^1]").replace("## Error", "[^1]: A note.\n\n## Error"),
    "boxes around notes": swap("## Request parameters\n", "## Request parameters\n\n:::note\nMind this.\n:::\n"),
    "names in quotes": swap("|title|", '|"title"|', "|dryRun|", "|*dryRun*|"),
    "tables that no pipe closes": PAGE.replace("|\n", "\n"),
    "heads in other words": swap("|Parameter|Type|Required|Description|", "|Property|Format|Necessity|Remarks|"),
    "heads that say nothing": swap("|Parameter|Type|Required|Description|", "|A|B|C|D|"),
    "parts of sections with their own headings": swap(
        "|title|", "\n### Of the plan\n\n|Parameter|Type|Required|Description|\n|---|---|---|---|\n|title|"
    ),
    "a section for each place": swap(
        *("|dryRun|", "\n## Query parameters\n\n|Parameter|Type|Required|Description|\n|---|---|---|---|\n|dryRun|"),
        *("|title|", "\n## Request body\n\n|Parameter|Type|Required|Description|\n|---|---|---|---|\n|title|"),
        *("## Request parameters", "## Path parameters"),
    ),
    "入参 and 出参": swap("## Request parameters", "## 入参", "## Response elements", "## 出参"),
    "the request line under another heading": swap("## Request syntax", "## How to call"),
    "method and path in cells": swap(
        SYNTAX, "|Method|Path|\n|---|---|\n|POST|/orchards/{orchard}/plans?dryRun={dryRun}|\n\n"
    ),
    "method and path each in a line": swap("POST /orch", "Method: POST\nURL: /orch", "{dryRun} HTTP/1.1", "{dryRun}"),
    "placeholders in two braces": swap("{orchard}/plans", "{{ orchard }}/plans"),
    "placeholders in wide brackets": swap("{orchard}/plans", "〈orchard〉/plans"),
    "placeholders as entities": swap("{orchard}/plans", "&lt;orchard&gt;/plans"),
    "placeholders with a dollar": swap("{orchard}/plans", "$orchard/plans"),
    "the query in its own line": swap("?dryRun={dryRun} HTTP/1.1", "\n    ?dryRun={dryRun} HTTP/1.1"),
    "a small http": swap("HTTP/1.1\nHost", "http/1.1\nHost", "HTTP/1.1 200 OK", "http/1.1 200 ok"),
    "a status line without its protocol": swap("HTTP/1.1 200 OK", "200 OK"),
    "a status with its name": swap("HTTP/1.1 200 OK", "Status: 200 OK"),
    "folded headers": swap("Host: {project}.{endpoint}", "Host:\n    {project}.{endpoint}"),
    "marks in Chinese": swap('\n\n{"planId', '\n响应体：\n{"planId'),
    "code in HTML": PAGE.replace(SYNTAX, pre(SYNTAX)),
    "no fences": unfenced(),
    "no fences, and nothing behind the path": unfenced("{dryRun} HTTP/1.1", "{dryRun}"),
    "no fences, and a blank line above the headers": unfenced("\nHost:", "\n\nHost:"),
    "no fences, and a slip in a header": unfenced("\nHost:", "\nContent-MD5<: <Content MD5>\nHost:"),
    "no fences, and a list before the sections": unfenced(
        "## Request", "-   Request headers\n\nNone.\n\nRequest", "## Response", "Response",
        "## Examples", "Examples", "## Error", "Error",
    ),
    "cells apart by tabs": lines("\t"),
    "cells apart by pipes, without a rule": lines(" | "),
    "cells apart by blanks": lines(" "),
    "cells apart by blanks, descriptions below": lines(" ", re.sub(r"(Yes|No)\|(.*)\|", r"\1|\n\n\2\n", PAGE)),
    "a cell a line, heads of three words": lines("\n\n", swap("|Required|", "|Required or not|")),
    "a cell a line, below words about the status": lines(
        "\n\n", swap("|Parameter|", "状态码为200时返回，参数名称与数据类型如下所示，请仔细阅读。\n\n|Parameter|")
    ),
    "a cell a line, types in Chinese": lines(
        "\n\n", swap("|String|", "|字符串|", "|Integer|", "|整型|", "|Array|", "|数组|")
    ),
    "a cell a line, a misspelt type": lines("\n\n", swap("|title|String|", "|title|Sting|")),
    "elements in an item beside that of the headers": swap(
        "## Response elements\n", "## Response\n\n-   Response headers\n\n    None.\n\n-   Output\n"
    ),
    "a title without a mark": swap("# PlanOrchard\n", "Orchard Service:PlanOrchard - plans\n"),
    "identifiers of lost headings": PAGE.replace("##", "").replace(" parameters", " parameters {#a .b}"),
    "nothing between cells": PAGE.replace(
        TABLE, lines("", re.sub(r"(Yes|No)\|(.*)\|", r"\1|\n\n\2\n", TABLE.replace("Description|", "Description|\n")))
    ),
    "a curl command": swap(
        SYNTAX,
        "```sh\n$ curl -X POST 'https://{project}.{endpoint}/orchards/{orchard}/plans?dryRun={dryRun}' \\\n"
        '  -H "Content-Type: application/json" --data \'{"title": "north",\n"plot": {"area": 3, '
        '"soil": {"kind": "clay"}}, "rows": [{"fruit": "plum"}]}\'\nit\'s planned\n```\n\n',
    ),
    "tables and code in quotations": re.sub(r"^(?=[^#\n])", "> ", PAGE, flags=re.MULTILINE),
    "a note between rows": swap("|rows|Array", "\n> **Note** Only of late.\n\n|rows|Array"),
    "parameters in lists, behind dashes": PAGE.replace(
        TABLE, re.sub(
            r"^\|(└*)(\w+)\|(\w+)\|(\w+)\|(.*)\|$",
            lambda row: f"{'  ' * len(row[1])}- **{row[2]}** — {row[3]}, {row[4]}. {row[5]}",
            TABLE[TABLE.index("|orchard|"):], flags=re.MULTILINE,
        ),
    ),
    "a parameter in a line": swap(
        *("|dryRun|Boolean|No|Whether to plan only.|\n", ""),
        *("|Parameter|", "`dryRun` (boolean, optional): only plan.\n\n|Parameter|"),
    ),
    "errors behind dashes": swap(
        ERRORS, re.sub(r"\|(4\d+)\|(\w+)\|(.*)\|", r"`\1 \2` — \3", ERRORS[ERRORS.index("|404") :])
    ),
    "errors in another section": PAGE.replace(ERRORS, "").replace("## Response", f"{ERRORS}\n## Response"),
    "notes behind values": swap('{"planId": "p-1"}', '{\n  "planId": "p-1" -- of the plan\n}'),
    "notes in brackets behind values": swap('{"planId": "p-1"}', '{\n  "planId": "p-1"（计划）\n}'),
    "members by blanks": marked("&nbsp;&nbsp;"),
    "members by wide blanks": marked("\u3000"),
    "members by a wide arrow": marked("＞"),
    "members by dashes": marked("-"),
    "members by paths": swap(
        *("|└area", "|plot.area", "|└soil", "|plot.soil", "|└└kind", "|plot.soil.kind", "|└fruit", "|rows.N.fruit"),
    ),
    "members by paths from the body": swap(
        *("|title", "|body.title", "|plot|", "|body.plot|", "|└area", "|body.plot.area", "|└soil", "|body.plot.soil"),
        *("|└└kind", "|body.plot.soil.kind", "|rows|", "|body.rows|", "|└fruit", "|body.rows[].fruit"),
    ),
    "members by arrows": swap(
        *("|└area", "|plot->area", "|└soil", "|plot->soil", "|└└kind", "|plot->soil->kind", "|└fruit", "|rows->fruit"),
    ),
    **{f"{yes}, {no}": swap("|Yes|", f"|{yes}|", "|No|", f"|{no}|") for yes, no in (
        ("✅", "❌"), ("✔️", "✖️"), ("M", "O"), ("Must", "Optional. Default: 5"), ("是（必填）", "不必填"),
        ("Yes*", "Not required"), ("需要", "可为空"), ("Yes①", "No②"),
    )},
    "statuses with HTTP": swap("|404|", "|HTTP 404|", "|400|", "|HTTP/1.1 400|"),
    "cells that stand for the one above": swap("|400|SoilInvalid", "|^^|SoilInvalid"),
    "codes in quotes": swap("|PlotInvalid|", '|"PlotInvalid"|'),
    "code and status in one cell": swap(
        ERRORS, "|Error|Error message|\n|---|---|\n|OrchardNotExist (404)|orchard {orchard} does not exist.|\n"
        "|PlotInvalid（400）|plot is invalid.|\n|SoilInvalid (HTTP 400)|soil is invalid.|\n",
    ),
    "errors as a list, code first": swap(
        ERRORS, "- **OrchardNotExist** (404): orchard {orchard} does not exist.\n"
        "- PlotInvalid（400）：plot is invalid.\n- HTTP 400, SoilInvalid: soil is invalid.\n",
    ),
    "errors, a table a status": swap(
        ERRORS, f"### 404\n\n{HEAD}|OrchardNotExist|orchard {{orchard}} does not exist.|\n\n"
        f"**400**\n\n{HEAD}|PlotInvalid|plot is invalid.|\n|SoilInvalid|soil is invalid.|\n",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_the_same_facts_in_another_form(form):
    """What a converter, a site or an editor did to a page changes none of its facts."""
    text = FORMS[form]
    assert text != PAGE
    expected = facts(PAGE)
    if form.startswith("method and path"):  # the body stands in the syntax that is left out
        expected["host"], expected["body"] = facts(text)["host"], facts(text)["body"]
    assert facts(text) == expected


def test_rows_of_headers_that_newer_pages_list_first_are_no_members():
    """Server and Content-Type describe the response, not its body, unless the example shows them in it."""
    headers = "|Server|String|Who.|\n|Content-Type|String|What.|\n|x-log-plot|String|Which.|\n|planId|"
    page = derive(PAGE.replace("|planId|", headers)).as_plain()
    assert [*page["response"]["members"]] == ["planId"]
    assert page["response"]["headers"] == ["x-log-plot"]
    shown = PAGE.replace("|planId|", "|server-id|String|Which.|\n|planId|").replace(
        '{"planId"', '{"server-id": "s", "planId"'
    )
    assert [*derive(shown).as_plain()["response"]["members"]] == ["server-id", "planId"]


def test_an_object_that_no_request_line_shows_is_sent_in_the_body():
    """A page that prints no body lists an object all the same: no query can hold one."""
    page = derive(PAGE[: PAGE.index('{"title"')] + PAGE[PAGE.index("```\n\n## Request parameters") :]).as_plain()
    assert (sorted(page["query"]), page["body"]["members"]["kind"]["parent"]) == (["dryRun"], "soil")


def test_a_fixed_segment_is_no_parameter_though_one_has_its_name():
    """Trees are one of a collection, and {trees} is which: the path keeps both."""
    page = derive(
        PAGE.replace("{orchard}/plans", "{orchard}/trees/{trees}").replace(
            "|orchard|", "|trees|String|Yes|t|\n|orchard|"
        )
    )
    assert page.as_plain()["path"] == "/orchards/{orchard}/trees/{trees}"


def test_elements_of_arrays_in_arrays_are_read():
    """Their names are members of the outermost array."""
    page = derive(PAGE.replace('{"planId": "p-1"}', '{"planId": "p-1", "grid": [[{"row": 1}]]}')).as_plain()
    assert page["response"]["members"]["row"]["parent"] == "grid"


def test_a_page_of_two_operations_gives_two():
    """Neither has facts of the other, and lines are those of the whole page."""
    first = PAGE.replace("\n## ", "\n### ").replace("# Plan", "## Plan")
    second = "## DropOrchard\n\n### Request syntax\n\n```\nDELETE /orchards/{orchard} HTTP/1.1\n```\n"
    pages = derive_each(f"# Orchards\n\n{first}\n{second}")
    assert [(page.operation, page.method, page.path) for page in pages] == [
        ("PlanOrchard", "POST", "/orchards/{orchard}/plans"),
        ("DropOrchard", "DELETE", "/orchards/{orchard}"),
    ]
    assert (len(pages[0].errors), pages[1].errors) == (3, {})


def test_a_page_that_has_one_operation_gives_one():
    """Another operation in a heading is no second one, where no request line stands below it."""
    assert [page.operation for page in derive_each(PAGE + "\n# ListOrchards\n\nSee there.\n")] == ["PlanOrchard"]


def test_a_page_without_a_request_line_tells_its_response_and_what_it_lacks():
    """What it has is claimed; that the line is missing is a problem."""
    page = derive(PAGE.replace(SYNTAX, "\n")).as_plain()
    assert (page["path"], [*page["response"]["members"]]) == (None, ["planId"])
    assert "path" in [each["kind"] for each in page["problems"]]


def test_a_page_of_no_operation_claims_nothing():
    """An overview has tables, too, and what is to be installed is no operation."""
    page = derive("# Overview\n\n|Operation|Description|\n|---|---|\n|[PlanOrchard](a.md)|Plans an orchard.|\n")
    assert page.is_empty
    assert derive("# Tool\n\n```sh\ncurl -LsSf https://example.com/tool/install.sh | sh\n```\n").is_empty


def test_json_among_words_is_escaped_as_words_are():
    """An asterisk in it is written with a backslash, and is no slip of the page."""
    text = PAGE.replace(EXAMPLE, 'Success response\n\n{"planId": "p\\*\\*\\_1"}\n\n')
    page = derive(text).as_plain()
    assert (page["problems"], [*page["response"]["members"]]) == ([], ["planId"])


def test_a_row_that_cannot_be_read_is_not_renamed():
    """A key that only the example has takes the place of a row with another name, but not of one that is no name."""
    text = PAGE.replace("|planId|String|", "|plan id?|String|")
    page = derive(text).as_plain()
    assert [*page["response"]["members"]] == ["planId"]
    assert ("spelling", "plan id?") in [(each["kind"], each["says"]) for each in page["problems"]]


def test_a_section_of_one_word_is_no_title():
    """A page without a title is of the operation that its links name, whatever its sections are called."""
    text = PAGE.replace("# PlanOrchard\n", "").replace("## ", "# ")
    text = text.replace(
        "# Request syntax",
        "# How it works\n\n# Debugging\n\n[Try](https://x/api/Sls/2020-12-30/PlanOrchard)\n\n# Request syntax",
    )
    assert derive(text).operation == "PlanOrchard"


@pytest.mark.parametrize(
    "title",
    [
        "# PlanOrchard - 规划Orchard或ListOrchards",
        "# Farm Service:PlanOrchard",
        "All Products\nSearch\n\n果园:PlanOrchard - 规划TreeList",
        ":PlanOrchard",
        "Text.\n\n" * 9 + "# PlanOrchard - 规划TreeList",
    ],
)
def test_a_title_has_a_service_before_the_operation_and_a_summary_after_it(title):
    """The summary can name other operations and things; lines of the site's own can stand above."""
    assert derive(PAGE.replace("# PlanOrchard", title)).operation == "PlanOrchard"


def test_a_header_in_a_row_without_separators_is_no_unknown_header():
    rows = "NameTypeDescriptionExample\nheadersobject\nContent-Typestring\nx-log-requestidstring\n\nThe request.\n\n"
    page = derive(PAGE.replace("|Element|Type|Description|\n|---|---|---|\n|planId|String|The plan.|\n", rows))
    assert page.problems == []


QUOTED = """# APIs of farms

## Build a farm

```
PUT /farms/<farm> HTTP/1.1
'x-log-signaturemethod':
'hmac-sha1',
'Host': <Project Endpoint>
'{"size": 3,
  "barn": {"host": "<host>"}
}'
```

## Ask for a farm

```
GET /farms/<farm>
'Host': <Project Endpoint>
```

**Response**

```
{"size": 3}
```
"""


def test_titles_without_names_of_operations_separate_them_by_their_request_lines():
    """Of a page whose own title names none; a page of an operation has other titles, and stays one."""
    pages = derive_each(QUOTED)
    routes = [("PUT", "/farms/{farm}", ["size", "barn", "host"]), ("GET", "/farms/{farm}", [])]
    assert [(page.method, page.path, [name for _, name in page.body.members]) for page in pages] == routes
    assert [[name for _, name in page.response.members] for page in pages] == [[], ["size"]]
    assert [page.operation for page in derive_each(QUOTED.replace("# APIs of farms", "# BuildFarm"))] == ["BuildFarm"]


def test_headers_and_a_body_in_quotes():
    """As code prints them, with a value on the line below its name."""
    page = derive_each(QUOTED)[0]
    assert (page.host, page.body.shape, page.headers, page.problems) == ("{project}.{endpoint}", "object", {}, [])
    assert page.body.members["barn", "host"].type == "string"


def test_a_parameter_of_the_path_can_be_a_member_of_the_body_too():
    """Whatever its case: the table describes both."""
    table = "\n**Request parameters**\n\n|Name|Type|Required|\n|---|---|---|\n|Size|Integer|Yes|\n"
    page = derive_each(QUOTED.replace("<farm>", "<Size>").replace("\n## Ask", f"{table}\n## Ask"))[0]
    assert (page.path_parameters, page.body.members[None, "size"].required) == (["Size"], True)


@pytest.mark.parametrize(
    "printed",
    ['```\n"{ \\t\\"planId\\": \\"north\\"}"\n```\n', '"{ \\t\\"planId\\": \\"north\\"}"\n'],
)
def test_a_body_that_is_json_in_a_string_is_listed(printed):
    """Neither is it an object with members whose names have backslashes, nor does it pass unseen."""
    page = derive(
        f"# GetPlan\n\n## Request syntax\n\nGET /plan HTTP/1.1\n\n## Examples\n\nSample success response\n\n{printed}"
    )
    assert (page.response.shape, page.response.members) == (None, {})
    assert len(page.problems) == 1


@pytest.mark.parametrize("kind", ["string", "object"])
def test_a_row_below_the_values_of_an_array_that_is_the_whole_body_is_no_member(kind):
    """Values have no members; below an object, the row can be its member."""
    rows = f"|body|array|Yes|The trees.|\n||{kind}|Yes|A tree.|\n|action|string|No|What to do.|\n"
    head = "|Parameter|Type|Required|Description|\n|---|---|---|---|\n"
    page = derive(f"# PlantTrees\n\n## Request syntax\n\nPUT /trees HTTP/1.1\n\n## Request parameters\n\n{head}{rows}")
    is_value = kind == "string"
    assert page.body.shape == "array"
    assert [*page.query] == (["action"] if is_value else [])
    assert [name for _, name in page.body.members] == ([] if is_value else ["action"])
