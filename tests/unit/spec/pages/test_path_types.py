"""The types of parameters of the path: rows of tables give them, if they can describe nothing else."""

import pytest

from sls_contract.spec.merge import claim_files
from sls_contract.spec.pages import derive

PAGE = """# ShearSheep

## Request syntax

```
POST /farms/{farmName}/sheep/{sheepID}?action=shear HTTP/1.1
Host: {project}.{endpoint}
"""
ROWS = """```

## Request parameters

|Parameter|Type|Required|Description|
|---|---|---|---|
"""


def derived(*rows, body=""):
    """Derive a page with rows of a table, and with a body in its request."""
    return derive(f"{PAGE}\n{body}\n{ROWS}" + "".join(f"|{row}|\n" for row in rows))


def types(page):
    """Return the types that a page gives."""
    return {name: each.type for name, each in page.described.items()}


def reported(page):
    """Return place and text of each problem about a parameter of the path."""
    return [(each.where, each.says) for each in page.problems if each.where.startswith("path ")]


def test_a_row_gives_the_type_of_the_parameter_that_it_describes():
    """Its name can be spelled differently than in the path; programs still get the names alone."""
    page = derived("farmName|String|Yes|The farm.", "sheep_id|Integer|Yes|The sheep.")
    assert types(page) == {"farmName": "string", "sheepID": "integer"}
    assert (page.as_plain()["path_parameters"], reported(page)) == (["farmName", "sheepID"], [])


def test_claims_on_disk_keep_types_and_lines():
    """Reading and writing them again gives the same claims."""
    plain = claim_files.as_plain(derived("sheepID|Integer|Yes|The sheep."))
    assert plain["path_parameters"] == {"sheepID": {"type": "integer", "read": ["table"], "lines": [16]}}
    assert claim_files.as_plain(claim_files.from_plain(plain)) == plain


def test_a_path_without_rows_claims_no_type():
    """Nothing is guessed from a name."""
    page = derived("mood|String|No|The mood.")
    assert types(page) == {}
    assert "path_parameters" not in claim_files.as_plain(page)


@pytest.mark.parametrize("body", ['{"sheepID": 3}', '{"sheepID": 3, "mood": "good"}'])
def test_a_row_that_can_describe_the_body_claims_no_type_of_the_path(body):
    """A member of the body can have the name of a parameter of the path, and another type."""
    page = derived("farmName|String|Yes|The farm.", "sheepID|Integer|Yes|The sheep.", body=body)
    assert types(page) == {"farmName": "string"}


def test_rows_that_contradict_each_other_are_listed_and_claim_no_type():
    """Neither of them is better evidence; a third row does not settle it."""
    row = "sheepID|{}|Yes|The sheep."
    page = derived(row.format("Integer"), row.format("String"), row.format("Integer"))
    assert types(page) == {"sheepID": None}
    assert ("path sheepID", "String") in reported(page)


@pytest.mark.parametrize(
    ("of_path", "of_body"),
    [
        ("URL parameters:", "Body parameters:"),
        ("The following table lists the path parameters.", "The following table lists the body parameters."),
        ("**URL参数**", "**Body 参数**"),
        ("URL 参数如下：", "Body 参数："),
        ("### Path parameters", "### Body parameters"),
        ("-   路径参数", "-   请求体"),
        ("## Path parameters", "## Request parameters"),
    ],
)
def test_tables_of_the_path_and_of_the_body_describe_one_name_each_for_its_own_place(of_path, of_body):
    """Their rows of that name contradict nothing, though they differ."""
    head = ROWS.partition("## Request parameters\n\n")[2]
    tables = f"{of_path}\n\n{head}|sheepID|Integer|Yes|Sheep.|\n\n{of_body}\n\n{head}|sheepID|String|No|Mark.|\n"
    page = derive(f'{PAGE}\n{{"sheepID": "red", "mood": "good"}}\n```\n\n## Request parameters\n\n{tables}')
    assert (types(page), page.problems) == ({"sheepID": "integer"}, [])
    assert (page.body.members[None, "sheepID"].type, page.body.members[None, "sheepID"].required) == ("string", False)


def test_a_table_of_the_url_alone_still_describes_the_body():
    """Some pages list all parameters in one table of that name."""
    table = ROWS.replace("parameters\n", "parameters\n\nURL parameters:\n") + "|sheepID|Integer|Yes|The sheep.|\n"
    page = derive(f'{PAGE}\n{{"sheepID": 3}}\n{table}')
    assert (types(page), page.body.members[None, "sheepID"].required) == ({}, True)


@pytest.mark.parametrize("label", ["Body parameters:", "**Body 参数**"])
def test_a_table_of_the_body_describes_its_member_though_no_body_is_printed(label):
    """Nothing else tells that the body has a member with the name of a parameter of the path."""
    head = ROWS.partition("## Request parameters\n\n")[2]
    page = derived(
        "sheepID|Integer|Yes|Sheep.|\n\n" + f"{label}\n\n{head}|sheepID|String|No|Mark.|\n|mood|String|No|Mood."
    )
    assert types(page) == {"sheepID": "integer"}
    assert [(name, each.type) for (_, name), each in page.body.members.items()] == [
        ("sheepID", "string"),
        ("mood", "string"),
    ]


@pytest.mark.parametrize("places", [("Path", "Body"), ("路径", "请求体")])
def test_rows_that_say_their_place_describe_one_name_each_for_its_own(places):
    """They stand in one table on pages of 2022."""
    of_path, of_body = places
    head = "|Parameter|Type|Position|Required|Description|\n|---|---|---|---|---|\n"
    rows = f"|sheepID|Integer|{of_path}|Yes|Sheep.|\n||Object|{of_body}|Yes|It.|\n|sheepID|String|{of_body}|No|Mark.|\n"
    page = derive(f'{PAGE}\n{{"sheepID": "red"}}\n```\n\n## Request parameters\n\n{head}{rows}')
    assert (types(page), page.problems) == ({"sheepID": "integer"}, [])
    assert (page.body.members[None, "sheepID"].type, page.body.members[None, "sheepID"].required) == ("string", False)
