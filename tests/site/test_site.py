"""The site of the documents: built strictly, every link and anchor of every page followed, both languages searched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

pytest.importorskip("mkdocs", reason="needs mkdocs: docs/site/requirements.txt")

ROOT = Path(__file__).parents[2]
IN_ENGLISH_ONLY = {"clients.md"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site, or take the one that ``SLS_SITE`` names."""
    if built := os.environ.get("SLS_SITE"):
        return Path(built)
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", ROOT / "mkdocs.yml", "-d", folder]
    done = subprocess.run(command, stderr=subprocess.PIPE, encoding="utf-8", timeout=1800, check=False)
    assert done.returncode == 0, done.stderr
    return folder


class _Page(HTMLParser):
    """The anchors of a page, and where it links to."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors.add(values.get("id"))
        self.links |= {values.get("href"), values.get("src")} - {None}


@cache
def read(path):
    return _Page(path.read_text("utf-8"))


def target_of(page, link, site):
    """Return the file to which a link of a page leads."""
    path = unquote(urlsplit(link).path)
    target = site / path.lstrip("/") if path.startswith("/") else page.parent / path if path else page
    return target / "index.html" if target.is_dir() else target


def test_every_link_of_the_site_leads_to_a_page_and_an_anchor_that_exist(site):
    pages = [page for page in site.rglob("*.html") if page.name != "404.html" and "samples" not in page.parts]
    assert len(pages) > 50
    broken = [
        f"{page.relative_to(site)}: {link}"
        for page in pages
        for link in read(page).links
        if not urlsplit(link).scheme and not leads_somewhere(page, link, site)
    ]
    assert broken == []


def leads_somewhere(page, link, site):
    target, anchor = target_of(page, link, site), unquote(urlsplit(link).fragment)
    if not target.is_file():
        return False
    return not anchor or anchor.startswith("__") or target.suffix != ".html" or anchor in read(target).anchors


def test_every_document_has_a_page_in_both_languages(site):
    for source in (ROOT / "docs").glob("*.md"):
        name = source.name.partition(".")[0]
        assert (site / name / "index.html").exists(), name
        chinese = (site / "zh" / name / "index.html").read_text("utf-8")
        assert source.name in IN_ENGLISH_ONLY or '<html lang="zh"' in chinese


def test_every_clause_has_an_anchor_of_its_code(site):
    from sls_contract.spec import CLAUSES

    for folder in ("clauses", "zh/clauses"):
        anchors = read(site / folder / "index.html").anchors
        assert {code.lower() for code in CLAUSES} <= anchors


def test_the_api_reference_documents_every_public_name(site):
    import sls_contract

    anchors = read(site / "api" / "index.html").anchors
    public = set(sls_contract.__all__) - {"__version__"}
    assert {name for name in public if not any(str(each).endswith(f".{name}") for each in anchors)} == set()


def test_words_of_both_languages_are_in_the_search(site):
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    text = " ".join(each["text"] for each in index["docs"])
    assert "consumer group" in text
    assert "消费" in text
    assert {"en", "zh"} <= set(index["config"]["lang"])


def test_no_page_loads_anything_from_another_server(site):
    """A reader's browser asks nobody but the site."""
    page = (site / "index.html").read_text("utf-8")
    for loaded in ("fonts.googleapis.com", 'src="http', "unpkg.com"):
        assert loaded not in page
