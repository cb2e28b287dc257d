"""Pages that the site makes while it is built, and links that mean something else there than in the repository."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.cli import COMMANDS

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
FROM_ROOT = {
    "README.md": "index.md",
    "README.zh.md": "index.zh.md",
    "CONTRIBUTING.md": "contributing.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
}
LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:|#)([^)\s]+)\)")
NOT_TEXT = re.compile(r"(<pre.*?</pre>|<a .*?</a>|<h\d.*?</h\d>|<[^>]+>)", re.DOTALL)
CODE = re.compile(r"SLS\d{3}\b")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Build from a copy with more pages: those at the root of the repository, and the help of all commands."""
    config.docs_dir = str(whole())
    return config


@cache
def whole() -> Path:
    """Return a folder with all pages. Files on disk, not generated ones: mkdocs-static-i18n translates no others."""
    folder = Path(tempfile.mkdtemp(prefix="sls-contract-site-"))
    atexit.register(shutil.rmtree, folder)
    shutil.copytree(ROOT / "docs", folder, dirs_exist_ok=True)
    pages = {name: at_root(source, (ROOT / source).read_text("utf-8")) for source, name in FROM_ROOT.items()}
    pages |= {"commands.md": commands("en"), "commands.zh.md": commands("zh_CN")}
    pages["clauses.zh.md"] = command("zh_CN", "explain", "--markdown")
    for name, text in pages.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def at_root(name: str, text: str) -> str:
    """Make links of a document at the root lead from the folder of documents, or to its other language."""
    other, place = ("README.md", "../") if name == "README.zh.md" else ("README.zh.md", "zh/")
    text = re.sub(rf"\[([^\]]*)\]\({re.escape(other)}\)", rf'<a href="{place}">\1</a>', text)
    return LINK.sub(lambda link: f"[{link[1]}]({os.path.relpath(link[2], 'docs')})", text)


def command(language: str, *arguments: str) -> str:
    """Return what a command prints, in a language."""
    return subprocess.run(
        [sys.executable, "-m", "sls_contract", *arguments],
        env={**os.environ, "SLS_CONTRACT_LANG": language, "COLUMNS": "100", "PYTHONUTF8": "1", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    ).stdout


def commands(language: str) -> str:
    """Return a page of the help of each command."""
    title = {"en": "Commands"}.get(language, "命令")
    helps = [page for name in COMMANDS for page in (help_of(language, name), *actions(language, name))]
    return f"# {title}\n\n```text\n{command(language, '--help')}```\n\n" + "\n".join(helps)


def help_of(language: str, *name: str) -> str:
    """Return the help of a command, or of an action of one, under its name."""
    return f"{'#' * (len(name) + 1)} {' '.join(name)}\n\n```text\n{command(language, *name, '--help')}```\n"


def actions(language: str, name: str) -> list[str]:
    """Return the help of each action that has options of its own; only those of `spec` have."""
    text = command(language, name, "--help")
    found = re.findall(r"^    ([a-z]+) {2}", text, re.MULTILINE) if " ACTION ..." in text else []
    return [help_of(language, name, action) for action in found]


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Lead links out of the folder of documents to their page here, or to the repository."""
    if page.file.src_uri.startswith("clauses"):
        markdown = markdown.replace("\\<", "&lt;")  # Python-Markdown knows no such escape
    return LINK.sub(lambda link: inside(link[1], link[2], config), markdown)


def inside(text: str, target: str, config: MkDocsConfig) -> str:
    """Return a link for the site; only its text where no address of the repository is known."""
    path, hash_, anchor = target.partition("#")
    if not path.startswith("../"):
        return f"[{text}]({target})"
    path = path.removeprefix("../")
    if path in FROM_ROOT:
        return f"[{text}]({FROM_ROOT[path]}{hash_}{anchor})"
    return f"[{text}]({config.repo_url.rstrip('/')}/blob/HEAD/{path})" if config.repo_url else text


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Link each code of a clause to its text."""
    if page.file.src_uri.startswith("clauses"):
        return re.sub(r'(<h3 id="(sls\d{3}))-', r'<a id="\2"></a>\1-', html)
    clauses = os.path.relpath("clauses/", page.url or ".")
    parts = NOT_TEXT.split(html)
    parts[::2] = [
        CODE.sub(lambda code: f'<a href="{clauses}#{code[0].lower()}">{code[0]}</a>', part) for part in parts[::2]
    ]
    return "".join(parts)


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Name the search for screen readers; the theme does not."""
    name = "搜索" if page.url.startswith("zh/") else "Search"
    return output.replace('role="dialog"', f'role="dialog" aria-label="{name}"', 1)
