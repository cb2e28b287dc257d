"""The sample pages in a real browser: readable at each width, accessible, and without script or network."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("needs Chromium", allow_module_level=True)

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
SWITCHES = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
WIDTHS = (390, 820, 1440)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=SWITCHES.split())
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Open a sample page; return it and the requests that it made."""
    contexts = []

    def opened(name, width=1440, **settings):
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **settings))
        page, asked = contexts[-1].new_page(), []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((SAMPLES / name).as_uri())
        return page, asked

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["good.html", "broken.html", "drift.html"])
def test_nothing_is_wider_than_the_screen_and_nothing_is_loaded(opened, name):
    for width in WIDTHS:
        page, asked = opened(name, width, java_script_enabled=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert len(asked) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, scheme):
    """With every section open, colours of both schemes included."""
    page, _ = opened("broken.html", color_scheme=scheme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('section:not(#map) details').forEach(each => { each.open = true })")
    found = axe.Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []


def test_it_is_read_without_script_and_opened_by_keyboard(opened):
    page, _ = opened("broken.html", java_script_enabled=False)
    assert re.match(r"\d+ clauses violated, \d+ times", page.get_by_role("heading", level=1).inner_text())
    closed = page.locator("#map details").first
    closed.locator("summary").focus()
    page.keyboard.press("Enter")
    assert closed.get_attribute("open") is not None


def test_paper_shows_what_is_folded_on_the_screen(opened):
    page, _ = opened("broken.html")
    folded = page.locator("#map details table").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()
