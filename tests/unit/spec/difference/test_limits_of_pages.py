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
    sides = [Side.of_claims(derive(PAGE.format(**{"size": "", "sort": ""} | each)).as_plain()) for each in (old, new)]
    return [(change.kind, change.slug, change.where) for change in compare(*sides)]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("Valid values: 1 to 500.", "Valid values: 1 to 100.", [(Class.BREAKING, "rule", "query size")]),
        ("Valid values: 1 to 500.", "Valid values: 1 to 900.", [(Class.ADDITIVE, "rule", "query size")]),
        ("Valid values: 1 to 500.", "How many.", [(Class.BENIGN, "not-told", "query size")]),
        ("How many.", "Valid values: 1 to 500.", [(Class.BENIGN, "told", "query size")]),
        ("Valid values: 1 to 500.", "How many. Valid values: 1 to 500.", []),
        ("Default value: 10.", "Default value: 20.", [(Class.BREAKING, "rule", "query size")]),
        ("Default value: 10.", "How many.", [(Class.BENIGN, "not-told", "query size")]),
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
