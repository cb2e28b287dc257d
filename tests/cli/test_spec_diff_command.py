"""``sls-contract spec diff``: pages, claims and contracts compared, with exit codes and JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sls_contract import cli
from sls_contract.cli.spec_reading import read_descriptions
from sls_contract.spec.difference import compare

SCHEMAS = Path(__file__).parents[2] / "schemas"

PAGE = """# CountSheep

## Request syntax

```
GET /farms/{farm}/sheep?breed=<breed>&line=<line> HTTP/1.1
Host: {project}.{endpoint}
```

## Request parameters

|Parameter|Type|Required|Description|
|---------|----|--------|-----------|
|farm|String|Yes|Which farm.|
|breed|String|Yes|Which breed.|
|line|Integer|No|How many. Valid values: 1 to 100.|

## Error codes

|HTTP status code|Error code|Error message|
|----------------|----------|-------------|
|404|FarmNotExist|Farm {farm} does not exist.|
|400|BreedInvalid|No such breed.|
"""


def spec(*arguments):
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(["spec", *map(str, arguments)], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def diff(*arguments):
    return spec("diff", *arguments)


@pytest.fixture
def page(tmp_path):
    def written(name, *replacements):
        text = PAGE
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def changes(old, new):
    code, out, _ = diff(old, new, "--json", "-")
    told = json.loads(out)
    return code, [(each["of"], each["class"], each["slug"], each["where"]) for each in told["changes"]]


def test_pages_that_say_the_same_do_not_differ(page):
    assert changes(page("a.md"), page("b.md")) == (0, [])


def test_what_a_page_no_longer_has_breaks_but_the_contract_keeps_it(page):
    """Sources are a history: what an older page says still counts after merging."""
    new = page("b.md", ("|400|BreedInvalid|No such breed.|\n", ""))
    assert changes(page("a.md"), new) == (1, [("page", "breaking", "gone", "error BreedInvalid")])


RESPONSE = """## Response elements

|Element|Type|Description|
|-------|----|-----------|
|count|Integer|How many.|

## Examples

Sample responses

```
HTTP/1.1 200 OK

{"count": 3}
```

## Error codes"""
SORT = """### Body

|Parameter|Type|Required|Description|
|---------|----|--------|-----------|
|sort|Object|No|In which order.|
|sort.key|String|Yes|By what.|

## Examples

Sample requests

```
POST /farms/a/sheep?breed=b&line=3 HTTP/1.1

{"sort": {"key": "age"}}
```

## Response elements"""
REAL_CHANGES = {
    "words": (("Which farm.", "The farm to count in."), [], []),
    "type": (
        ("|line|Integer", "|line|String"),
        [("page", "breaking", "retyped", "query line")],
        [("contract", "breaking", "retyped", "query line")],
    ),
    "type of a path parameter": (
        ("|farm|String", "|farm|Integer"),
        [("page", "breaking", "retyped", "path farm")],
        [("contract", "breaking", "retyped", "path farm")],
    ),
    "element": (
        ("|count|Integer|How many.|", "|count|Integer|How many.|\n|more|Integer|The rest.|"),
        [("page", "additive", "new", "response /more")],
        [("contract", "additive", "new", "response /more")],
    ),
    "method": (
        ("GET /farms", "PUT /farms"),
        [("page", "breaking", "route", "method")],
        [("contract", "breaking", "route", "method")],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        *(("2018-06-01.en.md", "2020-06-01.en.md", change) for change in REAL_CHANGES),
        ("a.md", "b.md", "type"),
        ("undated.md", "2020-06-01.en.md", "type"),
    ],
)
def test_of_two_pages_of_one_family_the_contract_tells_what_changed_and_nothing_else(page, old, new, change):
    replaced, of_page, of_contract = REAL_CHANGES[change]
    response = ("## Error codes", RESPONSE)
    code, told = changes(page(old, response), page(new, response, replaced))
    assert sorted(told) == sorted([*of_page, *of_contract])
    assert code == any("breaking" in each for each in told)


def test_pages_without_a_title_are_compared_all_the_same(page):
    """Neither the page nor the contract has a name then, and no word of Python stands for it."""
    untitled = ("# CountSheep\n", "")
    code, out, _ = diff(page("a.md", untitled), page("b.md", untitled, ("/farms/", "/ranches/")))
    assert code == 1
    assert out.count(": operation not named: breaking: 1 breaking, 0 additive, 0 benign\n") == 2


@pytest.mark.parametrize(("old", "new"), [("CountSheep", "TallySheep"), ("CountSheep", "")])
def test_an_operation_that_has_another_name_or_none_is_the_same(page, tmp_path, old, new):
    """Two pages are a pair whatever their titles say: one contract is merged of them, and tells what changed."""
    titles = [("# CountSheep", f"# {each}") for each in (old, new)]
    gone = page("b.md", titles[1], ("|404|FarmNotExist", "|403|FarmClosed|It is closed.|\n|404|FarmNotExist"))
    code, told = changes(page("a.md", titles[0]), gone)
    assert code == 0
    assert [each[1:] for each in told if each[0] == "contract"] == [("additive", "new", "error FarmClosed")]


def test_that_a_second_family_says_the_same_changes_nothing(page):
    """Two families make a contract surer that there is a body, and a member of a member; neither is a change."""
    common = ("GET /farms", "POST /farms"), ("## Error codes", RESPONSE), ("## Response elements", SORT)
    assert changes(
        page("2018-06-01.en.md", *common), page("2024.en.md", *common, ("Which farm.", "The farm to count in."))
    ) == (0, [])


@pytest.mark.slow
def test_a_second_family_with_another_route_takes_no_promise_away(page):
    """What it says of a response is not heard, which makes that response less sure than it was, and no other."""
    response = ("## Error codes", RESPONSE)
    told = changes(page("2018-06-01.en.md", response), page("2024.en.md", response, ("GET /farms", "PUT /farms")))[1]
    assert told == [("page", "breaking", "route", "method"), ("contract", "benign", "wording", "disagreements")]


@pytest.mark.slow
def test_a_new_error_is_new_in_page_and_contract(page):
    new = page("b.md", ("|400|BreedInvalid", "|400|LineInvalid|No such line.|\n|400|BreedInvalid"))
    code, told = changes(page("a.md"), new)
    assert (code, told) == (
        0,
        [("page", "additive", "new", "error LineInvalid"), ("contract", "additive", "new", "error LineInvalid")],
    )


@pytest.mark.slow
def test_a_page_that_only_links_to_its_errors_takes_none_away(page):
    new = page("b.md", (PAGE[PAGE.index("|HTTP") :], "See the list of errors.\n"))
    assert changes(page("a.md"), new)[1][0] == ("page", "benign", "not-stated", "errors")


@pytest.mark.slow
def test_claims_written_by_derive_are_as_good_as_their_page(page, tmp_path):
    assert spec("derive", page("a.md"), "--json", tmp_path / "claims.json")[0] == 0
    assert changes(page("a.md"), tmp_path / "claims.json") == (0, [])
    assert changes(tmp_path / "claims.json", page("a.md")) == (0, [])


@pytest.mark.parametrize("without", ["", "Host: {project}.{endpoint}\n"])
def test_claims_in_a_folder_are_as_good_as_their_page(page, tmp_path, without):
    """Path parameters, which contracts have too, make no contract of them; nor does it that the page prints no host."""
    old = page("2021-01-01.en.md", (without, ""))
    assert spec("derive", old, "--out", tmp_path / "own")[0] == 0
    (claims,) = (tmp_path / "own" / "claims").rglob("*.yaml")
    assert (changes(old, claims), changes(claims, old)) == ((0, []), (0, []))


def test_a_page_and_the_contract_that_was_built_of_it_do_not_differ(page, tmp_path):
    """A part of the path is always there, and a body that may be anything is none that a page would print."""
    old = page("2021-01-01.en.md")
    assert spec("derive", old, "--out", tmp_path / "own")[0] == 0
    assert spec("build", "--folder", tmp_path / "own")[0] == 0
    built = tmp_path / "own" / "contract" / "CountSheep.yaml"
    stated = ("page", "benign", "stated", "response"), ("page", "benign", "not-stated", "response")
    assert [changes(old, built), changes(built, old)] == [(0, [each]) for each in stated]


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "least"), [("claims", 400), ("contract", 240)])
def test_whatever_is_shipped_does_not_differ_from_itself(folder, least):
    found = read_descriptions(SCHEMAS / folder)
    assert len(found) > least
    assert {bool(each.page) for each in found} == {folder == "claims"}
    assert [each.path for each in found if compare(each.side, each.side)] == []


def test_contracts_are_compared_by_operation(tmp_path):
    old = {"operation": "CountSheep", "method": "GET", "path": "/sheep", "coverage": "full", "query": {"a": {}}}
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    (tmp_path / "new.json").write_text(json.dumps(old | {"query": {}}), encoding="utf-8")
    code, out, _ = diff(tmp_path / "old.json", tmp_path / "new.json")
    assert (code, "breaking: gone at query a" in out) == (1, True)


@pytest.mark.parametrize("text", ["", "no page at all", "{}", '{"operation": 3}'])
def test_what_is_no_description_is_refused_in_words(page, tmp_path, text):
    for name in ("bad.md", "bad.json", "bad.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        code, _, err = diff(page("a.md"), tmp_path / name)
        assert (code, "Traceback" in err, "expected" in err) == (2, False, True)


def test_a_file_that_is_not_there_is_named(page, tmp_path):
    code, _, err = diff(page("a.md"), tmp_path / "none.md")
    assert (code, "none.md" in err) == (2, True)


@pytest.mark.slow
def test_claims_of_a_folder_are_merged_before_contracts_are_compared(page, tmp_path):
    """With --contract, an error that another page of one's own has is new in the page, and not in the contract."""
    old, new = page("2020.en.md", ("|400|BreedInvalid|No such breed.|\n", "")), page("2021.en.md")
    known = page("2019.en.md")
    assert spec("derive", known, "--out", tmp_path / "own")[0] == 0
    told = [json.loads(diff(old, new, *more, "--json", "-")[1]) for more in ((), ("--contract", tmp_path / "own"))]
    found = [{each["of"] for each in document["changes"]} for document in told]
    assert found == [{"page", "contract"}, {"page"}]


@pytest.mark.slow
def test_pages_of_one_year_are_compared_with_those_of_another(page, tmp_path):
    """Each operation takes a line, and --verbose shows each change; of several pages of one the last by name counts."""
    for folder in ("2018", "2021"):
        (tmp_path / folder).mkdir()
    goats = ("CountSheep", "CountGoats"), ("/sheep", "/goats")
    page("2018/sheep.md")
    page("2018/goats.md", *goats)
    page("2021/goats.md", *goats, ("|400|BreedInvalid|No such breed.|\n", ""))
    page("2021/sheep-01.md", ("|404|FarmNotExist|Farm {farm} does not exist.|\n", ""))
    page("2021/sheep-02.md")
    folders = [tmp_path / "2018", tmp_path / "2021"]
    code, out, _ = diff(*folders)
    assert code == 1
    assert "What the page says: CountGoats: breaking: 1 breaking, 0 additive, 0 benign\n" in out
    assert "What the page says: 1 of 2 operations changed" in out
    assert "gone at error" not in out
    assert "  breaking: gone at error BreedInvalid" in diff(*folders, "--verbose")[1]


@pytest.mark.slow
def test_an_operation_that_only_the_newer_pages_have_may_be_known_already(page, tmp_path):
    """The contract that is shipped is what its page is compared with."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        page(f"{folder}/sheep.md")
        page(f"{folder}/goats.md", ("CountSheep", "CountGoats"), ("/sheep", "/goats"))
    known = ("CountSheep", "ListShards"), ("/farms/{farm}/sheep?breed=<breed>&line=<line>", "/logstores/{farm}/shards")
    page("b/shards.md", *known)
    told = changes(tmp_path / "a", tmp_path / "b")[1]
    assert ("page", "additive", "new", "operation") in told
    assert ("contract", "additive", "new", "operation") not in told


def test_a_folder_is_the_contracts_that_are_built_of_it(page, tmp_path):
    """Its claims and rulings decide, also where it was never built, or was built before the last ruling."""
    own, built = tmp_path / "own", tmp_path / "built"
    for folder in (own, built):
        assert spec("derive", page("2021-01-01.en.md"), "--out", folder)[0] == 0
    assert spec("build", "--folder", built)[0] == 0
    assert (changes(own, built), changes(built, own)) == ((0, []), (0, []))
    (built / "rulings").mkdir()
    ruling = {"why": "It is gone.", "contract": {"query": {"breed": None}}}
    text = json.dumps({"operation": "CountSheep", "rulings": [ruling]})
    (built / "rulings" / "CountSheep.yaml").write_text(text, encoding="utf-8")
    assert changes(own, built) == (1, [("contract", "breaking", "gone", "query breed")])
