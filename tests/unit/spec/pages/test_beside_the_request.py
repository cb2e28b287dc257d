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
