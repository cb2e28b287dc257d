"""``sls-contract spec derive``."""

import io
import json
from pathlib import Path

import pytest

from sls_contract import cli

PAGES = Path(__file__).parents[1] / "unit" / "spec" / "pages"


def run(*argv):
    """Run the command line; return exit code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(["spec", "derive", *map(str, argv)], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def test_a_page_is_told_in_a_few_lines_and_its_problems_with_their_places():
    """Without options a person reads what was found; the exit code is 0, problems of the page are not ours."""
    code, out, err = run(PAGES / "2021.zh.md")
    assert (code, err) == (0, "")
    assert "POST /stores/{storeName}/baskets  host {project}.{endpoint}" in out
    assert "response body: array, proven by its length" in out
    assert (
        "problem spelling at line 64: path: basketz for baskets (it cannot be read, or is spelled in two ways)" in out
    )


def test_path_parameters_are_told_with_their_types():
    """As text and as JSON, whose list of names stays a list of names."""
    page = PAGES / "2024.en.md"
    assert "  path parameters: store (string), basketId (integer)\n" in run(page)[1]
    claims = json.loads(run(page, "--json", "-")[1])
    assert claims["path_parameters"] == ["store", "basketId"]
    assert claims["path_types"] == {"store": "string", "basketId": "integer"}


def test_problems_are_told_where_claims_are_written_too(tmp_path):
    """A table that could not be read is missing in the claims, and nobody would know."""
    out = run(PAGES / "2021.zh.md", "--out", tmp_path, "--date", "2021-01-01")[1]
    assert f"{PAGES / '2021.zh.md'}: problem spelling at line 64: path: basketz for baskets" in out


def test_json_is_one_object_a_page_in_the_order_asked_for(tmp_path):
    """Standard output takes them, or a file; both the same."""
    pages = [PAGES / "2024.en.md", PAGES / "2018.en.md"]
    code, out, _ = run(*pages, "--json", "-")
    assert code == 0
    assert [json.loads(line)["path"] for line in out.splitlines()] == [
        "/stores/{store}/baskets/{basketId}",
        "/stores/{storeName}/baskets/{basketId}",
    ]
    run(*pages, "--json", tmp_path / "claims.json")
    assert (tmp_path / "claims.json").read_text(encoding="utf-8") == out


def test_the_folder_of_a_page_without_a_title_names_its_operation(tmp_path):
    """``GetBasket/2024.md`` is of GetBasket; ``pages/2024.md`` is of none."""
    folder = tmp_path / "GetBasket"
    folder.mkdir()
    page = folder / "2024.md"
    page.write_bytes((PAGES / "2024.en.md").read_bytes())
    assert json.loads(run(page, "--json", "-")[1])["operation"] == "GetBasket"
    assert json.loads(run(PAGES / "2024.en.md", "--json", "-")[1])["operation"] is None


def test_what_is_no_page_is_said_with_the_way_out(tmp_path):
    """A text without request line and errors, a missing file and another encoding each get their own words."""
    page = tmp_path / "notes.md"
    page.write_text("# Notes\n\nNothing here.\n", encoding="utf-8")
    code, _, err = run(page)
    assert code == 2
    assert "expected a page of the API reference" in err
    assert "How to fix:" in err
    assert run(tmp_path / "missing.md")[0] == 2
    page.write_bytes("# 创建".encode("gbk"))
    code, _, err = run(page)
    assert (code, "save it as UTF-8" in err) == (2, True)


@pytest.mark.full
def test_the_installed_sdk_is_read():
    """``--sdk`` finds it; one operation can be picked."""
    code, out, _ = run("--sdk", "--operation", "GetCheckPoint", "--json", "-")
    assert code == 0
    assert json.loads(out)["path"] == "/logstores/{logstore}/consumergroups/{consumer_group}"


@pytest.mark.full
def test_the_folder_of_the_sdk_gives_the_same():
    from sls_contract.spec.models import installed_sdk

    picked = ("--operation", "GetCheckPoint", "--json", "-")
    assert run(installed_sdk(), *picked) == run("--sdk", *picked)


@pytest.mark.parametrize("of_the_sdk", [False, pytest.param(True, marks=pytest.mark.full)])
def test_an_operation_that_is_misspelt_is_told_the_nearest(tmp_path, of_the_sdk):
    document = tmp_path / "api.json"
    document.write_text('{"apis": {"GetCheckPoint": {"path": "/a", "methods": ["get"]}}}', encoding="utf-8")
    code, _, err = run("--sdk" if of_the_sdk else document, "--operation", "GetCheckpoint")
    assert (code, "did you mean GetCheckPoint?" in err) == (2, True)


def test_metadata_and_what_is_none_of_the_sources(tmp_path):
    """A .json file is metadata; one that is not, a folder without the SDK, and no source at all are said so."""
    document = tmp_path / "api.json"
    document.write_text('{"apis": {"GetBasket": {"path": "/baskets", "methods": ["get"]}}}', encoding="utf-8")
    assert json.loads(run(document, "--json", "-")[1])["method"] == "GET"
    document.write_text("{", encoding="utf-8")
    assert "no JSON at line 1" in run(document)[2]
    assert "client.py" in run(tmp_path)[2]
    assert "How to fix: name a file, or pass --sdk." in run()[2]


def _references(to):
    """Return metadata whose schema A refers to another one."""
    members = {name: {"$ref": f"#/components/schemas/{to}"} for name in "abcdef"}
    schemas = {"A": {"type": "object", "properties": members}}
    body = {"name": "body", "in": "body", "schema": {"$ref": "#/components/schemas/A"}}
    return json.dumps({"apis": {"GetBasket": {"path": "/b", "parameters": [body]}}, "components": {"schemas": schemas}})


def test_a_schema_that_contains_itself_is_read_once(tmp_path):
    """Six members to the power of twelve levels took hours."""
    document = tmp_path / "api.json"
    document.write_text(_references("A"), encoding="utf-8")
    code, out, _ = run(document, "--json", "-")
    assert (code, json.loads(out)["body"]["shape"]) == (0, "object")
    assert {*"abcdef"} <= json.loads(out)["body"]["members"].keys()


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        "1" * 5000,
        "[1, 2]",
        '{"apis": [1]}',
        '{"apis": {}, "components": 1}',
    ],
)
def test_json_that_is_no_metadata_is_refused(tmp_path, content):
    document = tmp_path / "api.json"
    document.write_text(content, encoding="utf-8")
    code, out, err = run(document)
    assert (code, out) == (2, "")
    assert f"got {document}" in err or f"expected {document} to have operations" in err


def test_metadata_with_values_of_other_types_is_read_for_the_rest(tmp_path):
    document = tmp_path / "api.json"
    api = {
        "methods": "get",
        "path": "/b",
        "parameters": [{"name": "a", "in": ["query"]}],
        "errorCodes": {"4" * 5000: []},
    }
    document.write_text(json.dumps({"apis": {"GetBasket": api}}), encoding="utf-8")
    code, out, _ = run(document, "--json", "-")
    claims = json.loads(out)
    assert (code, claims["path"], claims["method"], claims["errors"]) == (0, "/b", None, [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html>\n<html><h1>GetBasket</h1><pre>GET /baskets HTTP/1.1</pre></html>", "which is HTML"),
        ("GET /baskets HTTP/1.1\n".encode("utf-16-le"), "contains NUL"),
        ("GET /baskets HTTP/1.1\n".encode("utf-16"), "is not UTF-8"),
        (b"x" * 16_000_001, "expected at most 16000000 bytes"),
    ],
)
def test_a_file_that_is_no_page_of_the_service_is_refused(tmp_path, content, said):
    page = tmp_path / "page.md"
    page.write_bytes(content)
    code, _, err = run(page)
    assert (code, said in err, "How to fix:" in err) == (2, True, True)


@pytest.mark.parametrize(
    ("host", "noted"),
    [
        ("{bucket}.s3.amazonaws.com", True),
        ("project.cn-hangzhou.log.aliyuncs.com", False),
        ("sls.aliyuncs.com", False),
        ("data.log.private.cn", False),
        ("test.region.example.com", False),
    ],
)
def test_a_host_that_may_be_of_another_service_is_noted(tmp_path, host, noted):
    page = tmp_path / "page.md"
    page.write_text(f"GET /baskets HTTP/1.1\nHost: {host}\n", encoding="utf-8")
    code, out, err = run(page)
    assert (code, "may be of another service" in err, "GET /baskets" in out) == (0, noted, True)
