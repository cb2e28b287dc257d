"""``sls-contract init``: write the files that a test suite needs, after showing them; overwrite nothing."""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.reports.text import on_one_line, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from sls_contract.cli.terminal import Console

EXAMPLE = "tests/test_sls_example.py"
_GITHUB, _GITLAB = ".github/workflows/sls-contract.yml", ".gitlab-ci.yml"
_INCLUDED = ".gitlab/sls-contract.yml"
_SETTING = "sls_max_age"
_PYTEST_ELSEWHERE = {
    "pytest.toml": "",
    ".pytest.toml": "",
    ".pytest.ini": "",
    "pyproject.toml": r"(?m)^\[tool\.pytest\]",
    "tox.ini": r"(?m)^\[pytest\]",
    "setup.cfg": r"(?m)^\[tool:pytest\]",
}
"""Files whose settings pytest reads in a form that `init` does not edit, with the pattern of their section."""


@dataclass(slots=True)
class Plan:
    """The files to write, by path: their text before (None: no such file) and after; and notes for the user."""

    folder: Path
    changes: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        """Return the text of a file; None if it does not exist. Raises `UsageError` if it cannot be read."""
        path = self.folder / name
        try:
            return path.read_text("utf-8") if path.exists() else None
        except (OSError, UnicodeDecodeError) as error:
            msg = f"cannot read {path}: {error}. How to fix: make it a UTF-8 text file that you may read."
            raise UsageError(msg) from error

    def new(self, name: str, text: str) -> None:
        """Plan a new file; an existing one is kept, with a note."""
        if self.text(name) is None:
            self.changes[name] = None, text
        else:
            self.notes.append(f"{name} exists and is left as it is")

    def lines(self, name: str, text: str) -> None:
        """Plan to append the lines that a file lacks."""
        before = self.text(name)
        present = (before or "").splitlines()
        missing = [line for line in text.splitlines() if line not in present]
        if any(not line.startswith("#") for line in missing):
            start = f"{before.rstrip()}\n" if before and before.strip() else ""
            self.changes[name] = before, start + "\n".join(missing) + "\n"


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "init",
        help="set up a test suite: settings, example test, .gitignore, .gitattributes, CI file",
        description="Show what a test suite needs, ask, and write it. Files that exist are kept; settings, .gitignore "
        "and .gitattributes only gain lines. Then the example test is recorded on the bundled endpoint.",
        epilog="Exit codes: 0 written, or nothing to write; 2 nothing was written, or the example test failed. "
        "Example: sls-contract init --ci gitlab",
    )
    command.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, default=Path(), help="the project (default: .)"
    )
    command.add_argument(
        "--ci", choices=("github", "gitlab", "none"), help="the CI service (default: that of the project)"
    )
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Show the plan, ask, write, and record the example; return the exit code."""
    folder = arguments.folder
    if not folder.is_dir():
        msg = f"expected a folder, got {folder}. How to fix: name the folder of your project."
        raise UsageError(msg)
    plan = plan_for(folder, arguments.ci or _service(folder))
    console.write(plan_lines(plan))
    if not plan.changes:
        return 0
    if not arguments.yes:
        console.confirm("Write this?", "nothing was written", "nothing was written")
    _write(plan)
    return _record(plan, console)


def plan_for(folder: Path, service: str) -> Plan:
    """Return the files to write for a CI service (``github``, ``gitlab`` or ``none``)."""
    plan = Plan(folder)
    _plan_settings(plan)
    plan.lines(".gitignore", _starter("gitignore"))
    plan.lines(".gitattributes", _starter("gitattributes"))
    plan.new(EXAMPLE, _starter("test_sls_example.py"))
    if service == "github":
        plan.new(_GITHUB, _starter("github-check.yml"))
    elif service == "gitlab" and plan.text(_GITLAB) is None:
        plan.new(_GITLAB, _starter("gitlab-ci.yml"))
    elif service == "gitlab":
        plan.new(_INCLUDED, _starter("gitlab-ci.yml"))
        plan.notes.append(f"add to {_GITLAB}: include: [{{local: {_INCLUDED}}}]")
    plan.notes += [
        f"run once in each clone: {line.removeprefix('#').strip()}"
        for line in _starter("gitattributes").splitlines()
        if "git config" in line
    ]
    return plan


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield the changes as a diff, then the notes."""
    for name, (before, after) in plan.changes.items():
        old, new = (before or "").splitlines(), after.splitlines()
        source = "/dev/null" if before is None else name
        yield from map(printable, difflib.unified_diff(old, new, source, name, lineterm=""))
        yield ""
    if not plan.changes:
        yield "Nothing to write: the suite is set up."
    yield from (on_one_line(f"- {note}") for note in plan.notes)


def _plan_settings(plan: Plan) -> None:
    """Plan the setting in the file that pytest reads; add a note for a file that cannot be edited safely."""
    ini, project = plan.text("pytest.ini"), plan.text("pyproject.toml")
    setting = f"{_SETTING} = 90d"
    if ini is not None:
        _insert(plan, "pytest.ini", ini, "[pytest]", setting)
    elif project is not None and "[tool.pytest.ini_options]" in project:
        _insert(plan, "pyproject.toml", project, "[tool.pytest.ini_options]", f'{_SETTING} = "90d"')
    elif other := next((name for name, pattern in _PYTEST_ELSEWHERE.items() if _matches(plan, name, pattern)), None):
        plan.notes.append(f"add to pytest's settings in {other}: {setting}")
    elif project is not None:
        section = f'\n[tool.pytest.ini_options]\n{_SETTING} = "90d"\n'
        plan.changes["pyproject.toml"] = project, project.rstrip() + "\n" + section
    else:
        plan.new("pytest.ini", f"[pytest]\n{setting}\n")


def _insert(plan: Plan, name: str, text: str, header: str, setting: str) -> None:
    if re.search(rf"(?m)^{_SETTING}\b", text):
        return
    if not re.search(rf"(?m)^{re.escape(header)}[ \t]*$", text):
        plan.notes.append(f"add to {header} in {name}: {setting}")
        return
    after = re.sub(rf"(?m)^{re.escape(header)}[ \t]*$", lambda found: f"{found[0]}\n{setting}", text, count=1)
    plan.changes[name] = text, after


def _matches(plan: Plan, name: str, pattern: str) -> bool:
    text = plan.text(name)
    return text is not None and re.search(pattern, text) is not None


def _service(folder: Path) -> str:
    config = folder / ".git" / "config"
    gitlab = config.is_file() and "gitlab" in config.read_text("utf-8", "replace")
    return "gitlab" if gitlab or (folder / _GITLAB).exists() else "github"


def _starter(name: str) -> str:
    """Return a file to copy, from the installed package or from ``docs/ci`` of the checkout."""
    from sls_contract.spec.installation import checkout

    package = files("sls_contract")
    installed = package / "_starter"
    folder = installed if installed.is_dir() else checkout(Path(str(package))) / "docs" / "ci"
    return (folder / name).read_text(encoding="utf-8")


def _write(plan: Plan) -> None:
    for name, (before, after) in plan.changes.items():
        path = plan.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if before is not None else "x", encoding="utf-8", newline="\n") as file:
            file.write(after)


def _record(plan: Plan, console: Console) -> int:
    """Record the example test at the bundled endpoint, if it was written; raises `UsageError` if it fails."""
    if EXAMPLE not in plan.changes:
        return 0
    done = subprocess.run(  # noqa: S603 - our own test, with the interpreter of this process
        [sys.executable, "-m", "pytest", "-q", "--sls-record=once", EXAMPLE],
        cwd=plan.folder,
        env={**console.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        print(printable(done.stdout.decode("utf-8", "replace")), file=console.stdout)
        msg = f"the example test failed. How to fix: see above, then pytest --sls-record=once {EXAMPLE}"
        raise UsageError(msg)
    print(f"Recorded {EXAMPLE}. Next: pytest", file=console.stdout)
    return 0
