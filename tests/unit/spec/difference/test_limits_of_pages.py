"""Limits and defaults of two pages."""

import pytest

from sls_contract.spec.difference import Class, Side, compare
from sls_contract.spec.pages import derive

PAGE = """# ListRobots

## Request syntax

```
GET /robots?size=size&sort=sort HTTP/1.1
Host: ProjectName.Endpoint
```

## Request parameters

|Parameter|Type|Required|Description|
|---|---|---|---|
|size|Integer|No|{size}|
|sort|String|No|{sort}|
"""


def compared(old, new):
    """Return class and slug of each change from one page to another."""
    sides = [Side.of_claims(derive(PAGE.format(**{"size": "", "sort": ""} | each))) for each in (old, new)]
    return [(change.kind, change.slug, change.where) for change in compare(*sides)]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("Valid values: 1 to 500.", "Valid values: 1 to 100.", [(Class.BREAKING, "rule", "query size")]),
        ("Valid values: 1 to 500.", "Valid values: 1 to 900.", [(Class.ADDITIVE, "rule", "query size")]),
        ("Valid values: 1 to 500.", "How many.", [(Class.BENIGN, "not-stated", "query size")]),
        ("How many.", "Valid values: 1 to 500.", [(Class.BENIGN, "stated", "query size")]),
        ("Valid values: 1 to 500.", "How many. Valid values: 1 to 500.", []),
        ("Default value: 10.", "Default value: 20.", [(Class.BREAKING, "rule", "query size")]),
        ("Default value: 10.", "How many.", [(Class.BENIGN, "not-stated", "query size")]),
    ],
)
def test_a_page_that_narrows_a_limit_breaks(old, new, changes):
    """A client that sent 500, or left the parameter out, meets the change; one that sends less does not."""
    assert compared({"size": old}, {"size": new}) == changes


def test_a_page_that_lists_fewer_values_breaks():
    """A client may send the value that is gone."""
    three, two = "Valid values: asc, desc, and none.", "Valid values: asc and desc."
    assert compared({"sort": three}, {"sort": two}) == [(Class.BREAKING, "values", "query sort")]
    assert compared({"sort": two}, {"sort": three}) == [(Class.ADDITIVE, "values", "query sort")]


@pytest.mark.parametrize(
    "one", ["Valid values: asc", "Valid values: asc.", "取值：asc。", "Valid values: `asc`. Case matters."]
)
def test_a_page_that_lists_one_value_of_two_breaks(one):
    assert compared({"sort": "Valid values: asc and desc"}, {"sort": one}) == [(Class.BREAKING, "values", "query sort")]


@pytest.mark.parametrize("words", ["Valid values: any.", "Valid values: asc, ...", "Valid values: strings of letters."])
def test_a_page_that_only_says_what_values_there_are_is_silent_on_them(words):
    assert compared({"sort": "Valid values: asc and desc"}, {"sort": words}) == [
        (Class.BENIGN, "not-stated", "query sort")
    ]


def test_a_parameter_that_moves_under_another_name_has_moved():
    """To be new and required, and gone, is two changes where a client has to make one."""
    query = PAGE.format(size="", sort="").replace("|size|Integer|No||\n", "").replace("size=size&", "")
    header = (
        query.replace("?sort=sort", "")
        .replace("|sort|String|No||\n", "")
        .replace("Endpoint\n", "Endpoint\nx-log-sort: sort\n")
        + "\n## Request headers\n\n|Header|Type|Required|Description|\n|---|---|---|---|\n|x-log-sort|String|Yes||\n"
    )
    sides = [Side.of_claims(derive(each)) for each in (query, header)]
    assert [(change.kind, change.slug, change.where, change.old) for change in compare(*sides)] == [
        (Class.BREAKING, "moved", "header x-log-sort", "query sort"),
        (Class.BREAKING, "required", "header x-log-sort", "optional"),
    ]
