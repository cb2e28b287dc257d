"""The installed command for an engineer who reads Chinese."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from sls_contract.cli import COMMANDS, run
from sls_contract.reports.text import width

COMMITTED = Path(__file__).parents[2] / "cassettes" / "documents"
CHINESE = {"SLS_CONTRACT_LANG": "zh_CN", "COLUMNS": "80"}
NO_HAN = {"completion"}
NAMES = {
    "live",
    "reference",
    "document",
    "synthetic",
    "sls-contract",
    "check",
    "JSON",
    "HTTP",
    "RFC",
    "errorCode",
    "header",
    "headers",
}
CODE = re.compile(r"(?s)<(pre|code|style)\b.*?</\1>")


def has_han(text):
    return any("一" <= char <= "鿿" for char in text)


def english_words(page):
    """Return the texts of a page, outside of code, that consist of English words, but for names."""
    found = CODE.sub("", page)
    texts = [*re.split(r"<[^>]*>", found), *re.findall(r'(?:title|aria-label)="([^"]*)"', found)]
    parts = {part.strip() for text in texts for part in re.split(r"[，。：（）;:,.]", text)}
    return {part for part in parts - NAMES if re.fullmatch(r"[A-Za-z]?[a-z]+(?: [a-z]+)*", part)}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_is_chinese_and_fits_the_terminal(monkeypatch, capsys, name):
    """Headings, options, exit codes and examples; no line is wider than the terminal but where a word is."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run([name, "--help"], environ=CHINESE, stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr) == 0
    told = capsys.readouterr().out
    assert told.startswith("用法：")
    assert "显示此帮助并退出" in told
    assert "退出码" in told or name in {"explain", "spec"}
    assert not [line for line in told.splitlines() if width(line) > 80 and has_han(line) and "://" not in line]
    assert not re.findall(r"[A-Za-z]+(?: [a-z]{2,}){3}", told)  # a sentence that stayed English


def test_a_mistake_is_told_in_chinese(command):
    """What was expected, what came, and how to fix it; the path stays."""
    done = command("check", "/没有", environ=CHINESE)
    assert done.returncode == 2
    assert "/没有" in done.stderr
    assert "没有该文件或目录。修复方法：" in done.stderr


def test_json_is_the_same_in_both_languages(command):
    """Programs read English, on standard output and in files."""
    english = command("check", COMMITTED, "--json", "-")
    chinese = command("check", COMMITTED, "--json", "-", environ=CHINESE)
    assert json.loads(chinese.stdout) == json.loads(english.stdout)
    assert chinese.stdout == english.stdout
    assert has_han(chinese.stderr)
    assert not has_han(english.stderr)


@pytest.mark.parametrize("operation", ["GetCheckPoint", "PullLogs", "GetLogs"])
def test_a_contract_and_why_it_was_ruled_so_are_chinese(command, operation):
    """Names and values stay; of the words around them no line keeps its English, and no heading."""
    done = command("spec", "show", operation, environ=CHINESE)
    described, _, ruled = done.stdout.partition("裁定")
    first, *headings = re.findall(r"^\S.*", done.stdout, re.MULTILINE)
    assert first.startswith(operation)
    assert all(map(has_han, headings))
    assert not re.search(r" (a|in|of|from|or|none) ", described.partition("错误")[0])
    assert all(map(has_han, re.findall(r"^ +\d+\. .*", ruled, re.MULTILINE)))


def test_data_of_a_contract_stays_english(command):
    """The service's own messages, and the places and values of claims, are what it sends and what rulings name."""
    done = command("spec", "show", "ConsumerGroupUpdateCheckPoint", "--claims", environ=CHINESE)
    assert "  404 ConsumerNotExist: consumer not exist in the consumer group\n" in done.stdout
    places = re.findall(r"^  (?:query|header|body|response) .*", done.stdout.partition("声明")[2], re.MULTILINE)
    assert len(places) > 5
    assert not any(map(has_han, places))


def test_a_page_and_a_summary_are_chinese(command, tmp_path):
    """The page says its language; Markdown has Chinese headings; SARIF stays as programs know it."""
    command("check", COMMITTED, "--report", "a.html", "--report", "a.md", "--report", "a.sarif", environ=CHINESE)
    page = (tmp_path / "a.html").read_text("utf-8")
    assert '<html lang="zh-CN">' in page
    assert "契约图" in page
    assert not english_words(page)
    assert "已检验条款" in (tmp_path / "a.md").read_text("utf-8")
    assert not has_han((tmp_path / "a.sarif").read_text("utf-8"))


@pytest.mark.slow
def test_completion_and_english_need_no_catalogue(command):
    """A script for the shell has no translated word; in English the catalogue is not even loaded."""
    assert command("completion", "bash", environ=CHINESE).stdout == command("completion", "bash").stdout
    seen = "import sys; from sls_contract.cli import run; run(['explain', 'SLS204'], environ={}, stdin=sys.stdin, "
    seen += "stdout=sys.stderr, stderr=sys.stderr); print('sls_contract.locale.catalogue' in sys.modules)"
    assert command("-c", seen, script=[sys.executable]).stdout == "False\n"
