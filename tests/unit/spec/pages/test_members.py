"""Which object a member of a body belongs to, however a page tells it."""

import re

import pytest

from sls_contract.spec.merge import Source, merge
from sls_contract.spec.merge.layers import Layers
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
TABLE = "|Parameter|Type|Required|Description|\n|---|---|---|---|\n"
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


@pytest.mark.parametrize("marks", [("", "└"), ("└", "└└"), ("", "- "), ("├─ ", "│ └─ "), ("", "."), (".", "..")])
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
    assert members(f"{PAGE}|hay.bales|Integer|No|How many.|\n") == {"hay.bales": (None, "integer", False)}


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
    """Whatever it is called: at position Header it is a header, at Body a member of the body."""
    text = PAGE.replace("|Description|\n", "|Position|\n").replace("|body|Object|Yes|What to fill in.|\n", "")
    page = derive(f"{text}|farm-view|String|No|Header|\n|hay|Integer|No|Body|\n").as_plain()
    assert (list(page["headers"]), list(page["body"]["members"]), page["query"]) == (["farm-view"], ["hay"], {})


def test_a_member_that_a_table_misspells_is_that_of_the_example():
    """The table's spelling is a slip, which is listed; names that only resemble each other stay apart."""
    rows = "|ventlator|String|No|Which.|\n|beginKey|String|No|Of the gate.|\n"
    text = PAGE.replace("|body|Object|Yes|What to fill in.|\n", rows) + EXAMPLE % '{"ventilator": "big", "endKey": "a"}'
    page = derive(text).as_plain()
    assert list(page["body"]["members"]) == ["ventilator", "beginKey", "endKey"]
    assert ("body-key", "ventlator") in [(each["kind"], each["says"]) for each in page["problems"]]


def test_a_member_of_the_table_is_no_slip_of_another():
    """The example shows one of two that are alike; each keeps what its row says."""
    rows = "|cow1Total|Integer|Yes||\n|cow2Total|Integer|No||\n|startTimes|Array|No||\n|startTime|Integer|Yes||\n"
    page = derive(PAGE + rows + EXAMPLE % '{"cow1Total": 3, "startTime": 4}')
    assert [name for _, name in page.body.members] == ["cow1Total", "cow2Total", "startTimes", "startTime"]
    assert "body-key" not in {each.kind for each in page.problems}


@pytest.mark.parametrize("kind", ["Array of Rule", "List<Rule>", "Rule[]", "Array (Rule)"])
def test_a_table_below_the_name_of_a_structure_describes_the_member_of_that_type(kind):
    """The heading names the type of one member only."""
    rows = f"|rules|{kind}|No||\n|Data|String|No||\n\n### Rule\n\n|Name|Type|Required|\n|-|-|-|\n|cow|String|Yes|\n"
    page = derive(PAGE.replace("|body|Object|Yes|What to fill in.|\n", "|hay|Object|No||\n") + rows)
    assert page.body.members["rules", "cow"].required is True


def test_a_table_below_a_list_describes_a_member_of_the_list():
    """Lists and tables are read in the order of the page."""
    listed = "- `hay` (json, required): The hay.\n- `straw` (json, optional): The straw.\n\n"
    table = "The hay contains:\n\n|Name|Type|Required|\n|-|-|-|\n|size|Integer|Yes|\n"
    page = derive(PAGE[: PAGE.index("|Parameter")] + listed + table)
    assert [*page.body.members] == [(None, "hay"), (None, "straw"), ("hay", "size")]


def test_a_table_below_a_member_that_has_no_members_is_not_about_it():
    """A list of some parameters can stand above the table of the others."""
    listed = "- `hay` (string, optional): The hay.\n\n"
    table = "|Name|Type|Required|\n|-|-|-|\n|straw|Integer|Yes|\n"
    example = EXAMPLE % '{"hay": "dry", "straw": 1}'
    page = derive(PAGE[: PAGE.index("|Parameter")] + listed + table + example)
    assert [*page.body.members] == [(None, "hay"), (None, "straw")]


@pytest.mark.parametrize("name", ["notes", "important"])
def test_a_name_without_a_type_is_no_note(name):
    page = derive(PAGE + f"|Note|||The farm pays.|\n|{name}||No|A word.|\n")
    assert {each: found.type for (_, each), found in page.body.members.items()} == {name: None}


def test_one_of_several_types_is_none():
    """Either can be sent."""
    page = derive(PAGE + "|hay|String or Integer|No||\n|cow|整型或长整型|No||\n")
    assert {name: each.type for (_, name), each in page.body.members.items()} == {"hay": None, "cow": "integer"}
    assert [each.says for each in page.problems if each.kind == "element-type"] == ["String or Integer"]


@pytest.mark.parametrize(
    ("printed", "kind"),
    [
        ("boolean (true/false)", "boolean"),
        ("Integer（秒/毫秒）", "integer"),
        ("array(string/integer)", "array"),
        ("string (or empty)", "string"),
        ("string or null", "string"),
        ("String/不限", "string"),
    ],
)
def test_words_beside_a_type_that_are_none_leave_it(printed, kind):
    page = derive(PAGE + f"|hay|{printed}|No||\n")
    assert [(each.type, each.required) for each in page.body.members.values()] == [(kind, False)]
    assert [each.says for each in page.problems if each.kind == "element-type"] == []


@pytest.mark.parametrize("printed", ["4) JSON object", "2、Object"])
def test_the_number_of_an_item_before_a_type_is_listed(printed):
    """The cell was copied from a list; what follows is the type."""
    page = derive(PAGE + f"|hay|{printed}|No||\n")
    assert [each.type for each in page.body.members.values()] == ["object"]
    assert [each.says for each in page.problems if each.kind == "element-type"] == [printed]


@pytest.mark.parametrize(
    ("body", "lacking"),
    [
        ('{"roof": {"slope": 3}}', ["tiles"]),
        ('{"roof": {"slope": 3, "tiles": 8}}', []),
        ('{"roof": {"slope": 3, ...}}', []),
        ('{"roof": roof}', []),
        ('{"roof": {}}', []),
    ],
)
def test_a_member_of_an_object_that_the_syntax_prints_without_it_is_listed(body, lacking):
    """A syntax that prints some members of an object is meant to print all of them."""
    inner = "\nThe following table describes the roof parameter.\n\n|Parameter|Type|Required|\n|---|---|---|\n"
    syntax = PAGE.replace("HTTP/1.1\n", f"HTTP/1.1\nHost: ProjectName.Endpoint\n\n{body}\n")
    syntax = syntax.replace("|body|Object|Yes|What to fill in.|", "|roof|Object|Yes|Its roof.|")
    page = derive(f"{syntax}{inner}|slope|Integer|Yes|\n|tiles|Integer|No|\n")
    assert {("roof", "slope"), ("roof", "tiles")} <= {*page.body.members}
    assert [each.says for each in page.problems if each.kind == "not-in-syntax"] == lacking


def test_sample_keys_that_no_row_describes_are_listed():
    """They are keys that users choose, or members that the table forgot."""
    page = derive(PAGE + "|hay|Object|No||\n" + EXAMPLE % '{"hay": {"key1": "a", "label_2": 3}, "test": 3}')
    assert [name for _, name in page.body.members] == ["hay"]
    assert {(each.where, each.says) for each in page.problems} >= {
        ("body", "keys that users choose: test"),
        ("body hay", "keys that users choose: key1, label_2"),
    }


def test_rows_below_a_map_and_its_values_may_be_members_of_these():
    """A row without a name describes the values; no contract demands of the body what only a value may need."""
    rows = "|stalls|Map|No|By name.|\n||Object|Yes|A stall.|\n|width|Integer|Yes|Metres.|\n"
    page = derive(PAGE + rows)
    assert [each.says for each in page.problems] == ["Map without depth"]
    source = Source(id="handbook-2022-en", family="handbook", date="2022", language="en")
    (contract,) = merge(Layers(((source, page),))).contracts
    assert contract.body is not None
    assert contract.body.value.members["width"].required is None
    free = PAGE + "|stalls|Map|No|By name.|\n|width|Integer|Yes|Metres.|\n"
    assert derive(free).problems == []
    assert members(free)["width"] == (None, "integer", True)


@pytest.mark.parametrize(
    "words", ["The key is the name of the cow, and the value describes it.", "key为牛的名称，value为牛。"]
)
def test_a_description_says_that_users_choose_the_keys_of_an_object(words):
    """Its table describes the values, so that no contract demands their members of the object."""
    page = derive(
        f"{PAGE}|cows|Object|No|{words}|\n\nThe cows parameter is as follows.\n\n{TABLE}|age|Integer|Yes|Years.|\n"
    )
    assert [(each.where, each.says) for each in page.problems] == [("body cows", "keys that users choose")]
    source = Source(id="handbook-2018-en", family="handbook", date="2018", language="en")
    (contract,) = merge(Layers(((source, page),))).contracts
    assert contract.body is not None
    assert contract.body.value.members["cows"].members == {}


@pytest.mark.parametrize(("body", "shape"), [('{"a": "b', "object"), ('["a', "array"), ("{a b c", None)])
def test_how_a_body_begins_tells_its_shape(body, shape):
    """Also where the rest cannot be read."""
    page = derive(PAGE.replace("|body|Object|Yes|What to fill in.|\n", "") + EXAMPLE % body).as_plain()
    assert page["body"] == {"shape": shape, "members": {}}
    assert [each["kind"] for each in page["problems"]] == ["example-not-json"]


def test_a_path_that_only_the_example_prints_whole_is_taken_from_there():
    """What the request line lacks is listed once, and no sample of the example is held against it."""
    text = PAGE.replace("|body|Object|Yes|What to fill in.|\n", "|barnName|String|Yes|A.|\n|cowName|String|Yes|B.|\n")
    page = derive(text + EXAMPLE.replace("/barns/red", "/barns/red/cows/elsa") % "").as_plain()
    assert page["path"] == "/barns/{barnName}/cows/{cowName}"
    assert [(each["kind"], each["says"]) for each in page["problems"]] == [("path", "/barns/{barnName}")]


def test_rows_below_an_object_may_be_its_members_or_not():
    """Where nothing tells, that is listed, and no contract demands what may stand deeper; an example tells."""
    rows = "|roof|Object|No|The roof.|\n|slope|Integer|Yes|Degrees.|\n|stone|String|Yes|Which.|\n"
    page = derive(PAGE + rows)
    assert [(each.kind, each.says) for each in page.problems] == [("body-key", "Object without depth")]
    source = Source(id="handbook-2021-en", family="handbook", date="2021", language="en")
    (contract,) = merge(Layers(((source, page),))).contracts
    assert contract.body is not None
    assert [each.required for each in contract.body.value.members.values()] == [None, None, None]
    named = PAGE.replace("|body|Object|Yes|What to fill in.|\n", "") + rows + EXAMPLE
    assert derive(named % '{"roof": {"slope": 1}}').problems == []
    assert [each.says for each in derive(named % '{"stone": "red"}').problems] == ["Object without depth"]


ONE_LINE_EACH = """
- roof (object, optional): The roof.
  - slope (integer, required): Degrees.
- yard (object): Free.
- cows (array): Cows.
"""
LISTS = [
    ONE_LINE_EACH,
    re.sub(r"- (\w+) \((.*)\): ?", r"- **\1**: \2. ", ONE_LINE_EACH).replace("  -", "    -"),
    re.sub(r"( *)- (\w+) \((\w+).*", r"\1- \2\n\1  - Type: \3", ONE_LINE_EACH)
    .replace("object\n  - slope", "object\n  - Required: No\n  - slope")
    .replace("integer\n", "integer\n    - Required: Yes\n"),
]


@pytest.mark.parametrize("at", range(len(LISTS)))
def test_a_list_in_a_list_shows_what_is_in_what(at):
    """Of parameters in one line each, or with a line per column; an object without an inner list has no members."""
    text = PAGE[: PAGE.index("|Parameter")].replace("parameters", "body") + LISTS[at]
    assert derive(text).problems == []
    assert members(text) == {
        "roof": (None, "object", False),
        "slope": ("roof", "integer", True),
        "yard": (None, "object", None),
        "cows": (None, "array", None),
    }
    ladder = "### ladder\n\n- Type: string\n- Required: Yes\n"
    assert members(text + ladder) == members(text) | {"ladder": (None, "string", True)}


def test_the_row_of_a_body_takes_precedence_over_a_sentence():
    text = PAGE.replace("|Object|Yes|What", "|Array|Yes|What") + "\nThe request body is a JSON object.\n"
    assert derive(text).body.shape == "array"


def test_an_object_whose_members_have_a_table_of_their_own_has_depth():
    """The example that would show it cannot be read; that is the only problem."""
    table = "\nThe roof has:\n\n|Parameter|Type|Required|\n|---|---|---|\n|slope|Integer|Yes|\n"
    text = PAGE + "|roof|Object|No|The roof.|\n|cows|Array|No|Cows.|\n" + table + EXAMPLE % '{"cows": ["a'
    assert members(text)["slope"] == ("roof", "integer", True)
    assert [each.kind for each in derive(text).problems] == ["example-not-json"]


def test_a_head_above_descriptions_does_not_say_what_is_required():
    """The descriptions still tell which member a table describes."""
    head = "|Attribute|Type|Required or not|\n|---|---|---|\n"
    first = head + "|roof|object|The weather-proof roof.|\n|hay|object|What cows eat.|\n"
    text = f"## Response element\n\n{first}\nThe weather-proof roof has:\n\n{head}|slope|int|Degrees.|\n"
    page = derive(f"# GetBarn\n\n```\nGET /barn HTTP/1.1\n```\n\n{text}")
    assert [*page.response.members] == [(None, "roof"), (None, "hay"), ("roof", "slope")]
    assert [each for each in page.problems if "required" in each.where] == []
    odd = derive(f"# GetBarn\n\n{text}".replace("What cows eat", "No").replace("Degrees", "Sometimes"))
    assert [each.says for each in odd.problems if "required" in each.where] == ["The weather-proof roof."]


def test_a_row_that_lost_its_empty_name_begins_with_its_type():
    """Also if an empty cell at its end makes it as long as the others."""
    rows = "|Name|Type|Example|Description|\n|---|---|---|---|\n|Object|The response.||||\n|hay|Integer|3|Tons.|\n"
    page = derive(f"# GetBarn\n\n## Response elements\n\n{rows}")
    assert [*page.response.members] == [(None, "hay")]
    named = derive(f"# GetBarn\n\n## Response elements\n\n{rows.replace('|Object|The response.||', '|Object|String|')}")
    assert [*named.response.members] == [(None, "Object"), (None, "hay")]


def test_a_type_that_names_a_structure_is_listed_and_its_member_kept():
    """Single blanks separate the cells: the place after it tells that the word is a type."""
    head = "Parameter Type Position Required Example Description"
    rows = "hay Integer Body Yes 3\n\nTons.\n\nroof_conf RoofConf Body No flat\n\nRoof Is Body of it.\n"
    page = derive(f"{PAGE[: PAGE.index('|Parameter')]}{head}\n\n{rows}")
    assert {name: each.required for (_, name), each in page.body.members.items()} == {"hay": True, "roof_conf": False}
    assert [(each.kind, each.says) for each in page.problems] == [("element-type", "RoofConf")]


def test_a_name_and_a_structure_of_the_same_words_are_told_apart():
    """No blank stands between them; a word that repeats nothing is no row."""
    text = f"{PAGE[: PAGE.index('|Parameter')]}ParameterTypeDescription\nbodyobject\n\nAll.\n\n"
    page = derive(f"{text}roof_confRoofConf\n\nThe roof.\n\nsomeWord\n\nOther.\n")
    assert [*page.body.members] == [(None, "roof_conf")]
    assert ("element-type", "RoofConf") in [(each.kind, each.says) for each in page.problems]


def test_keys_with_their_values_are_members_with_the_types_of_these():
    """A value that is no JSON has no type, which is listed."""
    head = "|Key|Value|\n|---|---|\n"
    rows = '|hay|3|\n|full|true|\n|cows|["elsa"]|\n|name|"red"|\n|farm|<farm>|\n'
    text = PAGE[: PAGE.index("|Parameter")].replace("parameters", "body") + head + rows
    page = derive(text)
    assert {name: each.type for (_, name), each in page.body.members.items()} == {
        "hay": "integer",
        "full": "boolean",
        "cows": "array",
        "name": "string",
        "farm": None,
    }
    assert [(each.kind, each.where) for each in page.problems] == [("element-type", "request syntax farm")]


def test_members_below_a_users_own_keys_are_not_judged_at_the_key():
    """The example shows the row's members one level deeper; a user's key can have the name of one of them."""
    rows = "|stalls|Object|No|Stalls by name.|\n"
    table = "\nEach of the stalls has:\n\n|Parameter|Type|Required|\n|---|---|---|\n|size|Integer|Yes|\n"
    top = PAGE.replace("|body|Object|Yes|What to fill in.|\n", rows) + table
    page = derive(top + EXAMPLE % '{"stalls": {"left": {"size": 1}, "right": {"size": 2}}}')
    assert [(each.where, each.says) for each in page.problems] == [("body stalls", "keys that users choose")]
    source = Source(id="handbook-2021-en", family="handbook", date="2021", language="en")
    (contract,) = merge(Layers(((source, page),))).contracts
    assert contract.body is not None
    assert (contract.body.value.members["stalls"].type, contract.body.value.members["stalls"].members) == ("object", {})
    top = top.replace(rows, rows + "|hay|Integer|No|Tons.|\n")
    plain = derive(top + EXAMPLE % '{"hay": 1, "stalls": {"size": 1, "gate": {"hay": 2}}}')
    assert [each.says for each in plain.problems] == ["keys that users choose: gate"]


TABLE_OF_KEYS = "|stalls|Object|No|By name.|\n{}|hay|Integer|No|Tons.|\n"


@pytest.mark.parametrize(
    "rows",
    [
        "|└ <stall>|Object|No|A stall.|\n|└└ size|Integer|Yes|Its size.|\n",
        "|stalls.{stall}|Object|No|A stall.|\n|stalls.{stall}.size|Integer|Yes|Its size.|\n",
        "|stalls.*.size|Integer|Yes|Its size.|\n",
        "|stalls.*|Object|Yes|A stall.|\n|stalls.*.size|Integer|Yes|Its size.|\n",
        "|stalls.<stall-name>|Object|No|A stall.|\n|stalls.<stall-name>.size|Integer|Yes|Its size.|\n",
        "|stalls.<stall name>.size|Integer|Yes|Its size.|\n",
        "|stalls.{stall.name}.size|Integer|Yes|Its size.|\n",
        "|stalls.${stall}.size|Integer|Yes|Its size.|\n",
    ],
)
def test_members_below_a_key_that_users_choose_are_in_the_member_with_such_keys(rows):
    """The key itself is no member, and no contract judges what is below it; other members stay what they are."""
    page = derive(PAGE + TABLE_OF_KEYS.format(rows) + EXAMPLE % '{"stalls": {"left": {"size": 1}}, "cows": 2}')
    assert {key: each.required for key, each in page.body.members.items()} == {
        (None, "stalls"): False,
        ("stalls", "size"): True,
        (None, "hay"): False,
        (None, "cows"): None,
    }
    assert [(each.where, each.says) for each in page.problems] == [("body stalls", "keys that users choose")]
    source = Source(id="handbook-2021-en", family="handbook", date="2021", language="en")
    (contract,) = merge(Layers(((source, page),))).contracts
    assert contract.body is not None
    assert contract.body.value.members["stalls"].members == {}


def test_a_list_of_members_below_a_key_that_users_choose():
    """A description with the words of a heading is no heading, and a name with its type is no label of a column."""
    listed = (
        "* body（object，必选）：请求体。\n    * keys（object，可选）：键为字段名。\n"
        "        * {字段名}（object）：字段配置。\n            * type（string，必选）：类型。\n"
        "    * line（object，可选）：全文。\n        * token（array，必选）：分词符。\n"
    )
    text = f"# FillBarn\n\n## 请求语法\n\n```\nPUT /barns/{{barnName}} HTTP/1.1\n```\n\n## 请求参数\n\n{listed}"
    assert members(text) == {
        "keys": (None, "object", False),
        "type": ("keys", "string", True),
        "line": (None, "object", False),
        "token": ("line", "array", True),
    }


def test_an_array_below_an_element_without_members_need_not_be_in_it():
    """Without depth, the members of the element and what is beside its array look the same."""
    rows = "|cows|Array<Object>|No|Cows.|\n||Object|No|A cow.|\n|dogs|Array|No|Dogs.|\n|age|Integer|Yes|Years.|\n"
    assert members(PAGE + rows) == {
        "cows": (None, "array", False),
        "dogs": (None, "array", False),
        "age": (None, "integer", True),
    }
    problems = [each for each in derive(PAGE + rows).problems if each.kind == "body-key"]
    assert [each.says for each in problems] == ["Array<Object> without depth"]
    rows = rows.replace("|dogs|Array|", "||String|No|What it says.|\n|dogs|Array|")  # the elements are maps
    assert (members(PAGE + rows)["dogs"], derive(PAGE + rows).problems) == ((None, "array", False), [])


def test_the_elements_of_an_array_have_no_keys():
    """Only where the member is an object does a star stand for a key."""
    page = derive(PAGE + "|cows|Array|No|Cows.|\n|cows.*.age|Integer|Yes|Years.|\n")
    assert ("cows", "age") in page.body.members
    assert page.problems == []


def test_the_members_of_a_map_are_the_users():
    """Its type says that the example shows keys of one user; they are listed, for it can be an object all the same."""
    rows = "|tags|Map<String, Object>|No|Tags.|\n|hay|Integer|No|Tons.|\n"
    page = derive(PAGE + rows + EXAMPLE % '{"tags": {"owner": {"since": 1}, "barn": 2}, "hay": 1}')
    assert [*page.body.members] == [(None, "tags"), (None, "hay")]
    assert [(each.kind, each.where, each.says) for each in page.problems] == [
        ("body-key", "body tags", "keys that users choose: owner, barn")
    ]


def test_the_described_members_of_a_map_are_members():
    """Only what its example shows beside them is listed."""
    rows = "|tags|Map|No|Tags.|\n|└ owner|String|Yes|Who.|\n"
    page = derive(PAGE + rows + EXAMPLE % '{"tags": {"owner": "x", "barn": 2}}')
    assert {key: each.required for key, each in page.body.members.items()} == {
        (None, "tags"): False,
        ("tags", "owner"): True,
    }
    assert [(each.where, each.says) for each in page.problems] == [("body tags", "keys that users choose: barn")]
    source = Source(id="handbook-2021-en", family="handbook", date="2021", language="en")
    (contract,) = merge(Layers(((source, page),))).contracts
    assert contract.body is not None
    assert [*contract.body.value.members["tags"].members] == ["owner"]


LISTED = {
    "name": (None, "string", True),
    "roof": (None, "object", True),
    "slope": ("roof", "integer", True),
    "gable": ("roof", "object", False),
    "height": ("gable", "integer", False),
    "door": (None, "object", False),
    "lock": (None, "string", True),
}


def test_a_note_in_a_list_leaves_the_depth_of_what_follows():
    """A paragraph ends a list only where the next item is not deeper than its first."""
    listed = (
        "- name (String, required): It.\n- roof (Object, required): It.\n    - slope (Integer, required): It.\n\n"
        "      **Note** Degrees.\n\n    - gable (Object, optional): It.\n\n      Its members:\n\n"
        "      - height (Integer, optional): It.\n- door (Object, optional): It.\n- lock (String, required): It.\n"
    )
    assert members(PAGE[: PAGE.index("|Parameter")] + listed) == LISTED
    assert [each for each in derive(PAGE[: PAGE.index("|Parameter")] + listed).problems if "depth" in each.says] == []


def test_lists_in_lists_of_html_show_the_depth():
    listed = (
        "<ul>\n<li>name (string, required): It.</li>\n<li>roof (object, required): It.\n<ul>\n"
        "<li>slope (integer, required): It.</li>\n<li>gable (object, optional): It.\n"
        "<ol><li>height (integer, optional): It.</li></ol></li>\n</ul>\n</li>\n"
        "<li>door (object, optional): It.</li>\n<li>lock (string, required): It.</li>\n</ul>\n"
    )
    assert members(PAGE[: PAGE.index("|Parameter")] + listed) == LISTED


def test_a_member_with_its_columns_below_it_is_no_heading():
    """Its name can be the word of a heading."""
    listed = "- `roof`\n  - Type: Object\n  - `path`\n    - Type: String\n- `total`\n  - Type: Integer\n"
    page = derive(f"# FillBarn\n\n```\nGET /barns HTTP/1.1\n```\n\n## Response elements\n\n{listed}")
    assert {key: each.type for key, each in page.response.members.items()} == {
        (None, "roof"): "object",
        ("roof", "path"): "string",
        (None, "total"): "integer",
    }


def test_a_name_and_its_type_can_stand_apart_from_the_description():
    """A paragraph below an item without a description is its description, also one that has a colon."""
    listed = (
        "- **from** `integer` `required`\n\n  Where. Status: any.\n\n- **size** `integer` `optional`\n\n"
        "  Default: 100. Maximum value: 500.\n\n- **state** `string`\n\n  Default: new\n"
    )
    answer = "- **count** `integer`\n\n  Sheep.\n\n- **cows** `array of objects`\n  - **id** `string`\n\n    It.\n"
    text = f"# CountSheep\n\nGET /farms HTTP/1.1\n\n## Request parameters\n\n{listed}\n## Response\n\n{answer}"
    page = derive(text)
    assert {name: (each.type, each.required) for name, each in page.query.items()} == {
        "from": ("integer", True),
        "size": ("integer", False),
        "state": ("string", None),
    }
    assert page.as_plain()["limits"] == {
        "query size": {"maximum": 500, "default": "100"},
        "query state": {"default": "new"},
    }
    assert {key: each.type for key, each in page.response.members.items()} == {
        (None, "count"): "integer",
        (None, "cows"): "array",
        ("cows", "id"): "string",
    }


def test_an_array_of_maps_has_the_members_of_nobody():
    rows = "|Parameter|Type|Description|\n|---|---|---|\n||Array of Map|Logs.|\n"
    text = f"# CountSheep\n\nGET /farms HTTP/1.1\n\n## Response elements\n\n{rows}\n## Sample response\n\n"
    page = derive(text + '```\n[{"wool": "1"}]\n```\n')
    assert (page.response.shape, page.response.members) == ("array", {})
    assert [(each.where, each.says) for each in page.problems] == [("response", "keys that users choose: wool")]


def test_a_member_with_some_described_names_in_it_is_no_key_of_the_user():
    """A word such as name is described of other objects, too."""
    rows = "|name|String|Yes|It.|\n|roof|Object|No|Roof.|\n"
    shown = '{"name": "red", "roof": {"makers": [{"name": "x", "town": "y"}], "owner": {"name": "x", "town": "y"}}}'
    assert {name: parent for name, (parent, *_) in members(PAGE + rows + EXAMPLE % shown).items()} == {
        "name": None,
        "roof": None,
        "makers": "roof",
        "owner": "roof",
        "makers.name": "makers",
        "town": "makers",
        "owner.name": "owner",
        "owner.town": "owner",
    }


def test_blanks_before_a_name_in_a_cell_of_html_tell_its_depth():
    """Where all cells have them, they tell nothing."""
    rows = (
        '<tr><td class="x">&emsp;roof</td><td>　object</td><td>No</td></tr>\n'
        "<tr><td>　　slope</td><td>　integer</td><td>Yes</td></tr>\n"
        "<tr><td>　cows</td><td>　array</td><td>No</td></tr>\n"
    )
    text = PAGE[: PAGE.index("|Parameter")] + "<table>\n<tr><th>Name</th><th>Type</th><th>Required</th></tr>\n"
    body = "<tr><td>body</td><td>　object</td><td>Yes</td></tr>\n"
    expected = {
        "roof": (None, "object", False),
        "slope": ("roof", "integer", True),
        "cows": (None, "array", False),
    }
    assert members(f"{text}{body}{rows}</table>\n") == expected


def test_the_first_table_can_describe_a_member_of_a_later_one():
    inner = "|Field|Type|Description|\n|---|---|---|\n|breed|string|Breed.|\n|wool|string|Wool.|\n"
    outer = "|Parameter|Type|Description|\n|---|---|---|\n|count|integer|How many.|\n|sheep|array|The sheep.|\n"
    text = f"# CountSheep\n\nGET /farms HTTP/1.1\n\n## Response parameters\n\n%s\n\n{inner}\n{outer}\n"
    page = derive(text % "The sheep parameter contains the following fields.")
    assert {name: parent for parent, name in page.response.members} == {
        "breed": "sheep",
        "wool": "sheep",
        "count": None,
        "sheep": None,
    }
    page = derive(text % "The body contains the following fields.")
    assert {parent for parent, _ in page.response.members} == {None}


def test_rows_of_a_name_that_differ_do_not_say_whether_it_is_required():
    """Without depth, members of two objects can have the same name."""
    rows = "|roof|Object|No|Roof.|\n|age|Integer|No|Its.|\n|wall|Object|No|Wall.|\n|age|Integer|Yes|Its.|\n"
    page = derive(PAGE + rows)
    assert members(PAGE + rows)["age"] == (None, "integer", None)
    assert [each.says for each in page.problems if each.where.endswith("age required")] == ["rows of this name differ"]


def test_the_elements_of_a_structure_have_no_rows_in_the_table_of_their_array():
    link = "[roof](/help/api-sls-2020-12-30-struct-roof)"
    rows = f"|roofs|Array|No|Roofs.|\n||{link}|No|A roof.|\n|age|Integer|Yes|Years.|\n"
    assert members(PAGE + rows) == {"roofs": (None, "array", False), "age": (None, "integer", True)}


def test_an_object_with_a_row_for_its_values_has_their_members():
    """The keys are the user's; a name that is printed twice is at two places of the example."""
    rows = "|roof|Object|Roof.|\n|age|Integer|Its.|\n|cows|Object|By name.|\n||Object|A cow.|\n"
    rows += "|age|Integer|Its.|\n|wool|String|Its.|\n"
    shown = '{"roof": {"age": 1}, "cows": {"bella": {"age": 2}, "daisy": {"age": 3, "wool": "a"}}}'
    table = f"|Parameter|Type|Description|\n|---|---|---|\n{rows}"
    text = f"# CountCows\n\nGET /farms HTTP/1.1\n\n## Response\n\n{table}\n## Sample response\n\n"
    page = derive(f"{text}```\n{shown}\n```\n")
    assert {key: each.type for key, each in page.response.members.items()} == {
        (None, "roof"): "object",
        ("roof", "age"): "integer",
        (None, "cows"): "object",
        ("cows", "age"): "integer",
        ("cows", "wool"): "string",
    }
    assert [(each.where, each.says) for each in page.problems] == [("response cows", "keys that users choose")]


@pytest.mark.parametrize("kind", ["Array of String", "List of Integer", "Array"])
def test_a_row_that_lost_its_empty_name_tells_what_the_whole_body_is(kind):
    """Text copies leave out the cell; no parameter has the name of a type."""
    table = "Parameter | Type | Position | Required | Example | Description |\n---|---|---|---|---|---|\n"
    rows = f'barnName | String | Path | Yes | red | The barn. |\n{kind} | Body | Yes | "a", "b" | What to fill in. |\n'
    page = derive(f"{PAGE.partition('|Parameter')[0].replace('barnName', '{barnName}')}{table}{rows}")
    assert (page.body.shape, page.body.members, page.query, page.problems) == ("array", {}, {}, [])


@pytest.mark.parametrize("colon", [":", ": ", "：", "\n"])
def test_a_table_on_the_line_of_its_label_describes_what_the_label_names(colon):
    """Text copies run a label, a head and its rows together."""
    head = "Parameter Type Required Example Description"
    rows = "cows Array Yes [] Cows. roof Json No none The roof."
    inner = f"The roof parameters are as follows{colon}{head} slope Integer No 3 Degrees. hay String Yes red Hay."
    text = f"{PAGE.partition('|Parameter')[0]}{head} {rows}\n{inner}\n"
    assert members(text) == {
        "cows": (None, "array", True),
        "roof": (None, "object", False),
        "slope": ("roof", "integer", False),
        "hay": ("roof", "string", True),
    }


ONE_LINE = "\n## Response parameters\n\n{}\n"


@pytest.mark.parametrize(
    "table",
    [
        "名称 类型 描述 示例值 hens integer 母鸡的数量。 10 eggs array 鸡蛋的列表。 [1] red boolean 颜色。 true",
        '名称 类型 示例值 描述 hens integer 10 母鸡的数量。 eggs array ["a"] 鸡蛋的列表。 red boolean true 颜色',
        "名称 类型 描述 hens int 母鸡的数量 eggs array 鸡蛋的列表 red boolean 颜色",
        "参数名称 数据类型 说明 hens Integer 母鸡的数量。 eggs List 鸡蛋的列表。 red Boolean 颜色。",
        "Name Type Description hens integer How many. eggs array The eggs. red boolean The colour.",
        "Name Type Description Example hens integer How many. 10 eggs array The eggs. [] red boolean The colour. true",
    ],
)
def test_a_table_on_one_line_need_not_say_what_is_required(table):
    """The names with types begin the rows; nothing says whether they are required."""
    page = derive(PAGE + ONE_LINE.format(table))
    assert {name: (each.type, each.required) for (_, name), each in page.response.members.items()} == {
        "hens": ("integer", None),
        "eggs": ("array", None),
        "red": ("boolean", None),
    }


@pytest.mark.parametrize(
    "table",
    [
        "名称 类型 描述 hens int 母鸡的数量 eggs array 返回 red boolean 类型的值",
        "名称 类型 描述 hens int 母鸡的数量。 eggs array 一个名 red boolean 的列表。",
        "名称 类型 描述 hens int 母鸡的数量。 owner Owner 主人。 red boolean 颜色。",
        "Name Type Description hens integer How many eggs array The eggs. red boolean The colour.",
        "Name Type Description hens integer How many. hens array The hens.",
    ],
)
def test_a_table_on_one_line_whose_rows_are_not_sure_is_listed(table):
    """A name with a type can stand in a sentence, and a row can have another type."""
    page = derive(PAGE + ONE_LINE.format(table))
    assert (page.response.members, [each.says for each in page.problems]) == ({}, [table[:80]])


STRUCTURE = "[Hen](/help/en/farm/api-farm-2020-12-30-struct-hen)"


@pytest.mark.parametrize("kind", [STRUCTURE, "Array of Hen", "array<Hen>"])
def test_members_that_another_page_describes_are_listed(kind):
    """None is invented; members that an example or another table shows are not missing."""
    page = derive(f"{PAGE}|hens|{kind}|No|The hens.|\n")
    assert [*page.body.members] == [(None, "hens")]
    (problem,) = page.problems
    assert (problem.kind, problem.line, problem.where.split()[-1]) == ("element-type", 15, "hens")
    assert problem.says.strip().endswith("described on another page")
    apart = "\nHen\n\n|Parameter|Type|Required|Description|\n|---|---|---|---|\n|age|Integer|No|Years.|\n"
    assert derive(f"{PAGE}|hens|{kind}|No|The hens.|\n{apart}").problems == []
    value = '[{"age": 1}]' if "rray" in kind else '{"age": 1}'
    shown = PAGE.replace("|body|Object|Yes|What to fill in.|\n", "") + f"|hens|{kind}|No|The hens.|\n"
    assert derive(shown + EXAMPLE % f'{{"hens": {value}}}').problems == []


@pytest.mark.parametrize(("name", "link"), [("owner", "Owner"), ("orchard", "Orchard"), ("", "Interval")])
def test_a_copied_row_whose_type_is_a_link_is_listed(name, link):
    """Its type is unknown, whatever words its letters contain; the rows around it stay what they are."""
    cells = ["Element", "Type", "Description", "count", "integer", "How many.", "hens", "array", "The hens."]
    cells += [*filter(None, [name]), f"[{link}](farm.md)", "What it is.", "last", "integer", "The last."]
    page = derive(PAGE + "\n## Response elements\n\n" + "\n\n".join(cells) + EXAMPLE.replace("request", "response"))
    found = {member: each.type for (_, member), each in page.response.members.items()}
    assert found == {"count": "integer", "hens": "array", "last": "integer"} | ({name: None} if name else {})
    assert any(each.kind == "element-type" and each.says.startswith(link) for each in page.problems)


@pytest.mark.parametrize("kind", ["Orchard", "Context", "Interval", "ListConfig", "Strategy"])
def test_the_name_of_a_structure_is_no_type(kind):
    """Its letters can contain a word for a type."""
    page = derive(f"{PAGE}|hens|{kind}|No|The hens.|\n")
    assert members(f"{PAGE}|hens|{kind}|No|The hens.|\n") == {"hens": (None, None, False)}
    assert [(each.kind, each.says) for each in page.problems] == [("element-type", kind)]
    assert members(f"{PAGE}|hens|JsonObject|No|The hens.|\n") == {"hens": (None, "object", False)}


COPIED = ["Element", "Type", "Description", "object", "All.", "hens", "array", "The hens.", "object", "A hen."]
COPIED_ZH = ["元素", "类型", "描述", "object", "全部。", "hens", "array", "母鸡。", "object", "一只母鸡。"]


@pytest.mark.parametrize("head", [COPIED, COPIED_ZH])
def test_rows_below_an_element_of_an_array_can_be_beside_the_array(head):
    """Where no example tells, that is listed; an example tells."""
    cells = [*head, "age", "integer", "Years.", "count", "integer", "How many."]
    text = PAGE + "\n## Response elements\n\n" + "\n\n".join(cells) + "\n"
    problems = derive(text).problems
    assert [(each.kind, each.where, each.says) for each in problems] == [
        ("body-key", "response hens", "array, and count in it or beside it, without depth")
    ]
    assert derive("\n\n".join(text.split("\n\n")[:-3])).problems == []  # a single member is in the element
    shown = derive(text + '\n## Examples\n\nSample response\n\n```\n{"hens": [{"age": 1}], "count": 1}\n```\n')
    assert ({*shown.response.members}, shown.problems) == ({(None, "hens"), ("hens", "age"), (None, "count")}, [])


def test_no_contract_requires_a_member_that_can_be_beside_an_array():
    """It can be required in each element, or in the body."""
    rows = "|hens|Array|No|The hens.|\n||Object|No|A hen.|\n|age|Integer|Yes|Years.|\n|count|Integer|Yes|How many.|\n"
    source = Source(id="handbook-2021-en", family="handbook", date="2021", language="en")
    (contract,) = merge(Layers(((source, derive(PAGE + rows)),))).contracts
    assert contract.body is not None
    items = contract.body.value.members["hens"].items
    assert items is not None
    assert {name: each.required for name, each in items.members.items()} == {"age": None, "count": None}


@pytest.mark.parametrize(
    ("kind", "value", "derived", "says"),
    [
        ("String", "1", "integer", ["String, and integer in the example"]),
        ("Integer", "0.5", "number", ["Integer, and number in the example"]),
        ("Integer", '"1"', "string", ["Integer, and string in the example"]),
        ("Double", "1", "number", []),
        ("浮点型", "1", "number", []),
        ("整型", "1", "integer", []),
    ],
)
def test_a_type_that_the_example_contradicts_is_listed(kind, value, derived, says):
    """What is on the wire holds; a whole number is a number, too."""
    page = derive(PAGE.replace("body|Object", f"hens|{kind}") + EXAMPLE % f'{{"hens": {value}}}')
    assert page.body.members[None, "hens"].type == derived
    assert [each.says for each in page.problems if each.kind == "element-type"] == says


@pytest.mark.parametrize(
    ("kind", "value", "derived"),
    [
        ("Integer", "few", "string"),
        ("整型", "1.5", "string"),
        ("Boolean", "3", "string"),
        ("Boolean", "True", "boolean"),
        ("Integer", "{n}", "integer"),
        ("Integer", "yourHens", "integer"),
        ("Double", "-1.5", "number"),
        ("String", "3", "string"),
    ],
)
def test_a_type_that_the_query_of_an_example_contradicts_is_listed(kind, value, derived):
    """Then the key can have any text; a placeholder is no value."""
    text = PAGE.replace("{barnName}", "{barnName}?hens=hens").replace("body|Object", f"hens|{kind}")
    page = derive(text + (EXAMPLE % "{}").replace("/red", f"/red?hens={value}"))
    assert page.query["hens"].type == derived
    listed = [(each.where, each.line) for each in page.problems if each.kind == "element-type"]
    assert listed == ([("query hens", 21)] if derived == "string" != kind.lower() else [])
