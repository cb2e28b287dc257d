"""Which object a member of a body belongs to, however a page tells it."""

import pytest

from sls_contract.spec.pages import derive

PAGE = """# FillBarn

## Request syntax

```
PUT /barns/{barnName} HTTP/1.1
```

## Request parameters

|Parameter|Type|Required|Description|
|---------|----|--------|-----------|
|project|String|Yes|The project.|
|body|Object|Yes|What to fill in.|
"""
EXAMPLE = """
## Examples

Sample request

```
PUT /barns/red HTTP/1.1

%s
```
"""


def members(text):
    """Return each member of the request's body: what it is a part of, its type, whether it is needed."""
    found = derive(text).as_plain()["body"]["members"]
    return {name: (each["parent"], each["type"], each["required"]) for name, each in found.items()}


@pytest.mark.parametrize(
    "marks", [("", "└", "└└"), ("└", "└└", "└└└"), ("", "- ", "- - "), ("", "├─ ", "│ └─ "), ("", ".", "..")]
)
def test_marks_before_a_name_tell_its_depth(marks):
    """A member with one mark more than the row above is a part of it."""
    top, inner = marks
    text = f"{PAGE}|{top}roof|Object|No|It.|\n|{inner}slope|Integer|Yes|Degrees.|\n|{top}cows|Array|No|Cows.|\n"
    assert members(text) == {
        "roof": (None, "object", False),
        "slope": ("roof", "integer", True),
        "cows": (None, "array", False),
    }


def test_a_path_of_names_tells_what_a_member_is_in():
    """cows[].age is the age of each cow."""
    text = PAGE + "|cows|Array|No|Cows.|\n|cows[].age|Integer|Yes|Years.|\n|cows[].home.stall|String|No|Where.|\n"
    assert members(text) == {
        "cows": (None, "array", False),
        "age": ("cows", "integer", True),
        "stall": ("home", "string", False),
    }


def test_a_row_without_a_name_begins_the_elements_of_an_array():
    """What follows it describes one element."""
    text = PAGE + "|cows|Array<Object>|No|Cows.|\n||Object|No|A cow.|\n|age|Integer|Yes|Years.|\n"
    assert members(text) == {"cows": (None, "array", False), "age": ("cows", "integer", True)}


def test_words_before_a_table_that_describe_a_member_tell_which():
    """Articles and words such as configuration make no difference; the last member left has the last table."""
    head = "|Parameter|Type|Required|Description|\n|---|---|---|---|\n"
    text = (
        PAGE
        + "|roof|Object|No|The weather-proof roof configuration.|\n|floor|Object|No|Where cows stand.|\n\n"
        + f"The following table describes the weather-proof roof parameters.\n\n{head}|slope|Integer|Yes|Degrees.|\n\n"
        + f"The ground includes the following attributes:\n\n{head}|stone|String|Yes|Which.|\n"
    )
    assert members(text)["slope"] == ("roof", "integer", True)
    assert members(text)["stone"] == ("floor", "string", True)


def test_a_member_that_the_path_names_too_is_not_lost():
    """A barn's name stands in the path and in the body: one row describes both."""
    row = "|barnName|String|Yes|The barn.|\n"
    assert members(PAGE + row) == {"barnName": (None, "string", True)}
    above = PAGE.replace("|body|Object|Yes|What to fill in.|\n", row)
    assert members(above + EXAMPLE % '{"barnName": "red"}') == {"barnName": (None, "string", True)}


def test_a_member_with_the_name_of_a_header_is_no_header():
    """A row called host describes a member where the example has one inside the body."""
    page = derive(
        PAGE.replace("|body|Object|Yes|What to fill in.|\n", "|host|String|No|Of the feed.|\n")
        + EXAMPLE % '{"feed": {"host": "silo"}}'
    ).as_plain()
    assert (page["headers"], page["problems"]) == ({}, [])
    assert page["body"]["members"]["host"] == {"type": "string", "required": False, "parent": "feed"}


@pytest.mark.parametrize("tag", ["(optional)", "（可选）", " `deprecated`", "\\*"])
def test_what_stands_behind_a_name_is_no_part_of_it(tag):
    """A row says that a parameter is optional, or going, behind its name."""
    assert members(f"{PAGE}|roof{tag}|Object|No|The roof.|\n") == {"roof": (None, "object", False)}


def test_a_type_that_links_to_a_structure_is_an_object():
    """Its members stand on another page; in a table that lost its pipes it begins a row as any type."""
    link = "[RoofConf](/help/en/farm/api-farm-2020-12-30-struct-roofconf)"
    assert members(f"{PAGE}|roof|{link}|No|The roof.|\n") == {"roof": (None, "object", False)}
    cells = ["Parameter", "Type", "Required", "Description", "body", "object", "Yes", "All.", "roof", link, "No", "It."]
    flat = PAGE[: PAGE.index("|Parameter")] + "\n\n".join(cells)
    assert members(flat) == {"roof": (None, "object", False)}


def test_a_name_that_only_an_example_makes_one_is_taken():
    """__tag__:__pack__ is a member where a body shows it, and a slip of the page elsewhere."""
    row = "|\\_\\_tag\\_\\_:\\_\\_pack\\_\\_|String|No|Which pack.|\n"
    above = PAGE.replace("|body|Object|Yes|What to fill in.|\n", row)
    assert members(above + EXAMPLE % '{"__tag__:__pack__": "a"}') == {"__tag__:__pack__": (None, "string", False)}
    assert members(PAGE + row) == {}


def test_keys_of_a_users_own_are_no_members():
    """Rows without names that describe an object and its values leave the keys to whoever fills the object."""
    text = """# ListBarns

## Request syntax

```
GET /barns HTTP/1.1
```

## Response elements

|Element|Type|Description|
|-------|----|-----------|
|barns|Array<Object>|Barns.|
||Object|A barn.|
||String|What it holds.|

## Examples

Success response

```
{"barns": [{"hay": "3 tons"}]}
```
"""
    assert list(derive(text).as_plain()["response"]["members"]) == ["barns"]


def test_parameters_may_stand_in_a_list():
    """One an item, with type and whether it is needed in brackets."""
    text = (
        PAGE[: PAGE.index("|Parameter")] + "- barnName (string, required): The barn.\n- hay（integer，可选）：Tons.\n"
    )
    page = derive(text).as_plain()
    assert page["query"] == {"hay": {"type": "integer", "required": False, "from": ["table"]}}


def test_a_column_of_positions_tells_where_a_parameter_goes():
    """A parameter at position Header is a header, whatever it is called."""
    row = "|farm-view|String|No|full|\n"
    text = PAGE.replace("|Description|\n", "|Position|\n").replace("|body|Object|Yes|What to fill in.|\n", "")
    assert list(derive(text + row.replace("|full|", "|Header|")).as_plain()["headers"]) == ["farm-view"]
