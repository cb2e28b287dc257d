"""README and docs do what they say: every block that can run is run, and what is shown is what comes."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from started_processes import FULL, IN_UTF8

ROOT = Path(__file__).parents[2]
PAGES = ("recording", "python", "verify", "serve", "spec", "signature", "review", "settings")
README, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
SHOWN, SHOWN_IN_CHINESE = (
    "\n".join([readme, *((ROOT / "docs" / f"{name}{suffix}").read_text("utf-8") for name in PAGES)])
    for readme, suffix in ((README, ".md"), (CHINESE, ".zh.md"))
)
BIN = Path(sys.executable).parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS, CHINESE_BLOCKS = BLOCK.findall(SHOWN), BLOCK.findall(SHOWN_IN_CHINESE)
LANGUAGES = [pytest.param("en", BLOCKS, id="en"), pytest.param("zh_CN", CHINESE_BLOCKS, id="zh")]
NOT_HERE = {
    "SLS_CONTRACT_LANG=zh_CN": "run by tests/cli/test_chinese.py",
    "python3 -m venv": "an installation; .ci/run carries both out",
    "--sls-endpoint=https": "needs the live service",
    "export ALIBABA_CLOUD_ACCESS_KEY_ID=…": "needs the live service",
    "--sls-project=mine": "needs the live service",
}
COMMENT = re.compile(r"\s+#.*")


def of_kind(*kinds: str, blocks: list[tuple[str, str]] = BLOCKS) -> list[str]:
    return [text for kind, text in blocks if kind in kinds]


def shown_tests() -> list[str]:
    return [text for text in of_kind("python") if "def test_" in text]


def shown_scripts(blocks: list[tuple[str, str]] = BLOCKS) -> list[tuple[str, str]]:
    """Give each script with the output that is shown under it, if any."""
    pairs = zip(blocks, [*blocks[1:], ("", "")], strict=True)
    return [
        (text, after[1] if after[0] == "text" else "")
        for (kind, text), after in pairs
        if kind == "python" and "def test_" not in text
    ]


def shown_commands(blocks: list[tuple[str, str]] = BLOCKS) -> list[tuple[str, str]]:
    """Give each ``$ command`` with the output that is shown under it."""
    found = []
    for text in of_kind("console", blocks=blocks):
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            line, _, output = part.partition("\n")
            found.append((line, output))
    return found


@pytest.fixture
def place(tmp_path):
    """Give a folder with what the examples read: the committed cassettes, the schemas and the request of the README."""
    shutil.copytree(ROOT / "cassettes", tmp_path / "cassettes")
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    (tmp_path / "request.txt").write_text(of_kind("http")[0], "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n", "utf-8")
    return tmp_path


def run(line: str, place: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run one line of a shell, a program of ours and its arguments; pytest leaves no cache behind."""
    words = shlex.split(line)
    while re.fullmatch("[A-Z_]+=.*", words[0]):
        name, _, value = words.pop(0).partition("=")
        environ |= {name: value}
    program, *arguments = words
    return subprocess.run(
        [sys.executable if program == "python" else BIN / program, *arguments],
        cwd=place,
        env={**os.environ, **IN_UTF8, "PYTEST_ADDOPTS": "-p no:cacheprovider", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,  # some run the whole of verify, on a busy machine too
        check=False,
    )


def printed_by(script: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a piece of plain Python, in this process but with SLS_FULL=1; return what it prints."""
    (place / "script.py").write_text(script, "utf-8")
    if FULL:
        return run("python script.py", place).stdout
    monkeypatch.chdir(place)
    runpy.run_path("script.py", run_name="__main__")
    return capsys.readouterr().out


def shows(shown: str, output: str) -> bool:
    """Tell whether an output is what is shown: ``…`` stands for the rest of a line, a line of it for any lines."""
    pattern = ""
    for line in shown.splitlines():
        pattern += r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\s*\n"
    return re.fullmatch(pattern, output) is not None


def test_every_block_is_of_a_kind_that_is_run():
    """A block of a new kind would be shown and never tried."""
    elsewhere = {"yaml"}  # the ruling of docs/spec.md: tests/cli/test_spec_build_command.py
    assert {kind for kind, _ in BLOCKS} == {"python", "sh", "console", "text", "ini", "http", *elsewhere}
    assert (len(shown_tests()), len(shown_scripts()), len(shown_commands())) == (5, 4, 6)


def test_the_first_test_records_and_replays(place):
    """The README's first test passes under its own two commands, the second without anything recorded anew."""
    (place / "test_first.py").write_text(shown_tests()[0], "utf-8")
    commands = [line for text in of_kind("sh") for line in text.splitlines() if line.startswith("pytest")]
    commands = [COMMENT.sub("", line) for line in commands if not any(mark in line for mark in NOT_HERE)]
    assert commands == ["pytest --sls-record=once", "pytest"]
    outputs = [run(f"{line} test_first.py", place).stdout for line in commands]
    assert ["1 passed" in output for output in outputs] == [True, True], outputs
    assert ["1 exchange recorded" in output for output in outputs] == [True, False]
    assert (place / "cassettes" / "test_first" / "test_group_starts_with_no_checkpoint.sls.yaml").exists()


def test_every_line_for_a_shell_is_run_or_known_not_to_be():
    """A command that nobody runs has its reason in this file."""
    lines = [line for text in of_kind("sh") for line in text.splitlines()]
    unknown = [line for line in lines if not line.startswith("pytest  ") and not any(mark in line for mark in NOT_HERE)]
    assert unknown == [
        "pytest --sls-record=once    # records cassettes/<module>/<test>.sls.yaml beside the test (bundled endpoint)"
    ]


@pytest.mark.parametrize(("language", "blocks"), LANGUAGES)
def test_the_finding_is_what_pytest_prints(place, language, blocks):
    """The broken test fails with the lines that the README shows to its readers."""
    (place / "test_finding.py").write_text(shown_tests()[1], "utf-8")
    ((line, shown),) = [(line, shown) for line, shown in shown_commands(blocks) if line.startswith("pytest")]
    done = run(line, place, SLS_CONTRACT_LANG=language)
    assert done.returncode == 1
    assert shows(shown, done.stdout), done.stdout


def test_the_client_of_a_whole_run_is_recorded_apart(place):
    """What its fixture asks has a cassette of its own, so that one test plays alone."""
    (place / "test_shared.py").write_text(shown_tests()[2], "utf-8")
    recorded = run("pytest -q --sls-record=once test_shared.py", place)
    assert "2 passed" in recorded.stdout, recorded.stdout
    assert (place / "cassettes" / "test_shared" / "client@session.sls.yaml").exists()
    alone = run("pytest -q --sls-strict test_shared.py -k 1", place)
    assert "1 passed" in alone.stdout, alone.stdout
    assert "the run failed" not in alone.stdout


def test_the_endpoint_fixture_does_what_is_shown(place):
    """The scripted error reaches the SDK's caller, and the next response is the checkpoint that was set."""
    (place / "test_busy.py").write_text(shown_tests()[3], "utf-8")
    done = run("pytest -q test_busy.py", place)
    assert "1 passed" in done.stdout, done.stdout


FEW_EXAMPLES = """
from hypothesis import HealthCheck, settings

settings.register_profile("few", max_examples=10, suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("few")
"""


def test_strategies_find_what_is_shown(place):
    """A parser reads every correct response that is generated, and refuses the damaged ones."""
    (place / "test_parser.py").write_text(shown_tests()[4], "utf-8")
    if not FULL:
        (place / "conftest.py").write_text(FEW_EXAMPLES, "utf-8")
    done = run("CI=1 pytest -q test_parser.py", place)  # Hypothesis then bears a busy machine
    assert "2 passed" in done.stdout, done.stdout


@pytest.mark.parametrize("number", range(len(shown_scripts())))
def test_a_script_prints_what_is_shown(place, monkeypatch, capsys, number):
    """Each piece of plain Python runs as it stands and prints what stands under it."""
    script, shown = shown_scripts()[number]
    assert printed_by(script, place, monkeypatch, capsys) == shown


@pytest.mark.parametrize(("language", "blocks"), LANGUAGES)
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=[pytest.mark.slow] if "verify" in line else [])
        for line, _ in shown_commands()
        if line.startswith("sls-contract ") and "serve" not in line
    ],
)
def test_a_command_prints_what_is_shown(place, line, language, blocks):
    """Each command of ours prints what stands under it in the reader's language, after the ``export`` shown."""
    (exported,) = [each for each, _ in shown_commands(blocks) if each.startswith("export")]
    done = run(line, place, SLS_CONTRACT_LANG=language, **dict(word.split("=") for word in exported.split()[1:]))
    assert shows(dict(shown_commands(blocks))[line], done.stdout), done.stdout


@pytest.mark.parametrize(("language", "blocks"), LANGUAGES)
def test_serve_prints_what_is_shown(place, language, blocks):
    """The endpoint says where it is and how to point a client at it."""
    ((line, shown),) = [(line, shown) for line, shown in shown_commands(blocks) if "serve" in line]
    process = subprocess.Popen(
        [BIN / line.split()[0], *line.split()[1:]],
        env={**os.environ, **IN_UTF8, "SLS_CONTRACT_LANG": language},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    output = "".join(process.stdout.readline() for _ in shown.splitlines())
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=600)
    assert shows(shown, output), output


BENCHMARKS = [path.stem for path in (ROOT / "benchmarks").glob("*.py") if "__main__" in path.read_text("utf-8")]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_benchmark_explains_itself_and_does_not_start(name):
    """Some run for an hour: ``--help`` says what they measure, and each argument, and nothing else happens."""
    command = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    usage, _, arguments = done.stdout.partition("options:")
    about = ast.get_docstring(ast.parse((ROOT / "benchmarks" / f"{name}.py").read_text("utf-8"))).split()[:6]
    assert " ".join(about) in " ".join(usage.split())
    assert not re.findall(
        r"^  -{1,2}\w[\w-]*(?: [A-Z]+)?$(?!\n {10})", arguments, re.MULTILINE
    )  # an option without help


def test_the_settings_are_known(place):
    """The ini block holds only settings that pytest knows: an unknown one would be an error here."""
    (place / "pytest.ini").write_text(of_kind("ini")[0], "utf-8")
    (place / "test_nothing.py").write_text("def test_nothing():\n    pass\n", "utf-8")
    done = run("pytest --strict-config -q", place)
    assert "1 passed" in done.stdout, done.stdout


def test_every_setting_is_in_the_table():
    """What ``pytest --help`` lists, docs/settings.md explains."""
    listed = set(re.findall(r"^  (sls_\w+) \(", run("pytest --help", ROOT).stdout, re.MULTILINE))
    settings = (ROOT / "docs" / "settings.md").read_text("utf-8")
    named = {
        name for row in re.findall(r"^\| `sls_.*$", settings, re.MULTILINE) for name in re.findall(r"`(sls_\w+)`", row)
    }
    assert listed == named


@pytest.mark.parametrize(
    "page",
    ["README.md", "README.zh.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
    + [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))],
)
def test_links_lead_somewhere(page):
    """Every link inside the repository names a file that is there, every anchor a heading of it."""
    text = (ROOT / page).read_text("utf-8")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def test_the_readme_fits_on_few_screens():
    """What it is, two commands, a first test, a finding, and where to go on: the rest has pages of its own."""
    assert len(README.splitlines()) <= 200
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"api.md"}
    in_chinese = {name for name in pages if name.endswith(".zh.md")}
    assert not {name for name in pages - in_chinese if f"docs/{name}" not in README}
    assert not {name for name in in_chinese if f"docs/{name}" not in CHINESE}


IN_ENGLISH_ONLY = {"api.md", "clauses.md", "clients.md"}  # the site makes the first two in Chinese, too


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))])
def test_the_chinese_page_has_the_same_commands_options_and_codes(page):
    """Whoever reads Chinese finds each block, and everything that the English page sets as code; output is Chinese."""
    if page.endswith(".zh.md") or Path(page).name in IN_ENGLISH_ONLY:
        return
    english, chinese = (ROOT / name for name in (page, page.replace(".md", ".zh.md")))
    assert code_of(english) == code_of(chinese)
    assert len(headings(english)) == len(headings(chinese))


def code_of(page: Path) -> tuple[list[str], set[str]]:
    """Return the blocks of a page without comments and output, and what is set as code outside of them."""
    text = page.read_text("utf-8")
    blocks = [
        "\n".join(re.findall(r"^\$ .*", block, re.MULTILINE)) if kind == "console" else COMMENT.sub("", block)
        for kind, block in BLOCK.findall(text)
    ]
    return blocks, {" ".join(code.split()) for code in re.findall(r"`([^`]+)`", BLOCK.sub("", text))}


def test_the_list_of_clauses_is_up_to_date():
    """docs/clauses.md is what the contract says today."""
    told = run("sls-contract explain --markdown", ROOT).stdout
    assert (ROOT / "docs" / "clauses.md").read_text("utf-8") == told, (
        "sls-contract explain --markdown > docs/clauses.md"
    )


ADAPTERS = BLOCK.findall((ROOT / "docs" / "adapters.md").read_text("utf-8"))


@pytest.mark.parametrize(("script", "shown"), shown_scripts(ADAPTERS))
def test_the_adapters_do_what_their_page_shows(place, monkeypatch, capsys, script, shown):
    """Each block of docs/adapters.md runs as it stands."""
    assert printed_by(script, place, monkeypatch, capsys) == shown
