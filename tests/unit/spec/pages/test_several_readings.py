"""What a page prints several times, or what its text can mean: nothing is chosen, and nothing is lost unseen."""

import pytest

from sls_contract.spec.pages import derive

SYNTAX = "# FillBarn\n\n## Request syntax\n\n```\nPOST /barns HTTP/1.1\n```\n\n"
REQUEST = "## Request parameters\n\n|Name|Type|Required|Description|\n|---|---|---|---|\n"
RESPONSE = "## Response elements\n\n|Name|Type|Description|\n|---|---|---|\n"
TABLE = "|Name|Type|Description|\n|---|---|---|\n"
ERRORS = "## Error codes\n\n"


def answers(*bodies):
    """Return examples of responses."""
    return "\n## Examples\n\n" + "".join(f"```\nHTTP/1.1 200 OK\n\n{body}\n```\n\n" for body in bodies)


def problems(page):
    """Return where each problem is, and what it says."""
    return [(each.where, each.says) for each in page.problems]


def types(page):
    """Return the type of each member of the response."""
    return {member: each.type for member, each in page.response.members.items()}


@pytest.mark.parametrize(
    "bodies",
    [
        ['{"cows": [{"age": 1}, {"age": "2"}]}'],
        ['{"cows": [{"age": 1}]}', '{"cows": [{"age": "2"}]}'],
    ],
)
@pytest.mark.parametrize("row", ["", "|cows|Array|Cows.|\n", "|cows|Array|Cows.|\n|cows[].age|Integer|Years.|\n"])
def test_a_member_whose_values_have_several_types_has_none(row, bodies):
    """Whichever was taken, the service's other answers would be called wrong."""
    page = derive(SYNTAX + (RESPONSE + row if row else "") + answers(*bodies))
    assert types(page) == {(None, "cows"): "array", ("cows", "age"): None}
    assert [where for where, says in problems(page) if "integer and string" in says] == ["response age"]


def test_whole_numbers_beside_others_are_numbers():
    """Also where the first of them is a whole one; null has no type."""
    page = derive(
        SYNTAX + RESPONSE + "|load|Double|Load.|\n" + answers('{"load": 1.5, "max": 2.5}', '{"load": 1, "max": 2}')
    )
    assert (types(page), page.problems) == ({(None, "load"): "number", (None, "max"): "number"}, [])
    page = derive(SYNTAX + RESPONSE + "|load|Double|Load.|\n" + answers('{"load": null}', '{"load": 1}'))
    assert (types(page), page.problems) == ({(None, "load"): "number"}, [])


def test_a_value_tells_the_type_that_a_placeholder_above_it_does_not():
    """One body prints names instead of values, another one values."""
    page = derive(SYNTAX + '## Response elements\n\n```\n{"ttl": <ttl>}\n```\n' + answers('{"ttl": 1}'))
    assert types(page) == {(None, "ttl"): "integer"}


def test_rows_of_one_name_with_different_types_give_none():
    """One of them is wrong, or describes another object."""
    page = derive(SYNTAX + RESPONSE + "|age|Integer|Years.|\n|age|String|In words.|\n")
    assert types(page) == {(None, "age"): None}
    assert ("response age", "rows of this name differ") in problems(page)


def test_a_structure_describes_each_member_of_its_type():
    """And no member of the body itself; a label that names a member is of this one only."""
    rows = "|first|Object&lt;Cow&gt;|The first.|\n|rest|Array of Cow|The others.|\n"
    page = derive(f"{SYNTAX}{RESPONSE}{rows}\nStructure Cow\n\n{TABLE}|age|Integer|Years.|\n")
    assert [*types(page)] == [(None, "first"), (None, "rest"), ("first", "age"), ("rest", "age")]
    page = derive(f"{SYNTAX}{RESPONSE}{rows}\nThe Cow in first\n\n{TABLE}|age|Integer|Years.|\n")
    assert [*types(page)] == [(None, "first"), (None, "rest"), ("first", "age")]


@pytest.mark.parametrize("kind", ["JSON String", "json string", "JSON格式的字符串"])
def test_a_text_of_json_is_neither_a_text_nor_an_object(kind):
    """Pages mean both by it."""
    page = derive(f"{SYNTAX}{RESPONSE}|detail|{kind}|It.|\n")
    assert types(page) == {(None, "detail"): None}
    assert ("response detail", kind) in problems(page)


@pytest.mark.parametrize("odd", ["__tag__:barn", "[content]"])
def test_a_row_that_is_no_name_hides_no_member_of_another_object(odd):
    """Keys that users choose stand beside those that its table describes."""
    label = f"Each of the logs has:\n\n{TABLE}|time|Integer|When.|\n|{odd}|String|Other keys.|\n"
    body = '{"count": 1, "more": 2, "logs": [{"time": 1, "__tag__:barn": "red"}]}'
    page = derive(f"{SYNTAX}{RESPONSE}|count|Integer|How many.|\n|logs|Array|Logs.|\n\n{label}{answers(body)}")
    assert types(page)[None, "more"] == "integer"
    assert ("logs", "time") in page.response.members


@pytest.mark.parametrize("syntax", [SYNTAX, "# FillBarn\n\n"])
def test_a_request_below_its_table_is_an_example(syntax):
    """Whether it stands in a section of examples or not; without a syntax it is that."""
    body = '\n```\nPOST /barns HTTP/1.1\nContent-Type: application/json\n\n{"size": 1, "hay": {"bales": 2}}\n```\n'
    page = derive(f"{syntax}{REQUEST}|size|Integer|Yes|Size.|\n{body}")
    found = {member: (each.type, each.required) for member, each in page.body.members.items()}
    assert found == {
        (None, "size"): ("integer", True),
        (None, "hay"): ("object", None),
        ("hay", "bales"): ("integer", None),
    }
    assert (page.method, page.path, page.query, page.problems) == ("POST", "/barns", {}, [])


@pytest.mark.parametrize(("place", "name"), [("(body)", "size"), ("（请求体）", "size"), ("(in the body)", "size")])
def test_the_place_behind_a_name_is_that_of_the_parameter(place, name):
    """As a column for it would say."""
    rows = f"|{name}{place}|Integer|Yes|Size.|\n|wait (query)|Boolean|No|Whether to wait.|\n"
    page = derive(SYNTAX + REQUEST + rows)
    assert ([*page.body.members], [*page.query]) == ([(None, "size")], ["wait"])


def test_a_place_before_a_name_is_no_part_of_it():
    """A path from the body is a member; no query has a key with such a name, so it is listed."""
    page = derive(SYNTAX + REQUEST + "|body.size|Integer|Yes|Size.|\n|query.wait|Boolean|No|Whether to wait.|\n")
    assert ([*page.body.members], page.query) == ([(None, "size")], {})
    assert ("parameter", "query.wait") in problems(page)


@pytest.mark.parametrize("blank", ["", " "])
def test_a_message_without_a_blank_before_it_is_no_part_of_the_code(blank):
    """With or without one after the status."""
    page = derive(f"{SYNTAX}{ERRORS}400{blank}InvalidHayInvalid hay 5.\n\n404 BarnNotExist Barn red does not exist.\n")
    assert page.errors == {
        (400, "InvalidHay"): ["Invalid hay 5."],
        (404, "BarnNotExist"): ["Barn red does not exist."],
    }


def test_a_row_on_one_line_that_lost_a_cell_is_no_description():
    """Where one row does not say whether it is required, the table is listed as it is, and none of it read."""
    rows = "name string Yes Its name. size int Its size. tags array No Its tags."
    page = derive(f"{SYNTAX}## Request parameters\n\nName Type Required Description {rows}\n")
    assert (page.query, page.body.members) == ({}, {})
    assert [where for where, _ in problems(page)] == ["request table"]
    page = derive(f"{SYNTAX}## Request parameters\n\nName Type Required Description {rows.replace('int', 'int No')}\n")
    assert [*page.query] == ["name", "size", "tags"]


@pytest.mark.parametrize("body", ["3", "true", "null"])
def test_a_body_that_is_a_value_is_listed(body):
    """Bodies of this service are objects and arrays; it does not pass unseen."""
    page = derive(SYNTAX + answers(body))
    assert ([where for where, _ in problems(page)], page.response.shape) == (["response body"], None)


def test_a_row_of_the_whole_response_is_no_member():
    """Unless a body has a member of this name."""
    rows = "|body|Object|It.|\n|└ count|Integer|How many.|\n"
    assert types(derive(SYNTAX + RESPONSE + rows)) == {(None, "count"): "integer"}
    page = derive(SYNTAX + RESPONSE + rows + answers('{"body": {"count": 1}}'))
    assert types(page) == {(None, "body"): "object", ("body", "count"): "integer"}


@pytest.mark.parametrize("place", ["body", "请求体"])
def test_the_place_in_a_listed_parameter_is_read(place):
    """In any order with its type and whether it is required."""
    page = derive(f"{SYNTAX}## Request parameters\n\n- size (integer, required, {place}): Size.\n")
    assert [*page.body.members] == [(None, "size")]
    page = derive(f"{SYNTAX}## Request parameters\n\n- wait (boolean, optional, query): Whether to wait.\n")
    assert [*page.query] == ["wait"]


@pytest.mark.parametrize(
    ("words", "fixed", "default"),
    [("固定值：slow", ["slow"], None), ("缺省值：slow。", None, "slow"), ("缺省为slow。", None, "slow")],
)
def test_other_words_for_fixed_and_default_values(words, fixed, default):
    """Chinese pages have several."""
    page = derive(f"{SYNTAX}{REQUEST}|pace|String|否|{words}|\n").as_plain()
    pace = page["query"]["pace"]
    assert (pace.get("const"), page["limits"].get("query pace", {}).get("default")) == (fixed and fixed[0], default)
