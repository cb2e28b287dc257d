"""A missing cassette: whether git ignores it, whether it was deleted, and which file may be it under an old name."""

from __future__ import annotations

import shutil
import subprocess

import pytest

ASKS = """
    @pytest.mark.sls_cassette
    @pytest.mark.parametrize("shard", [0, 1])
    def test_asks(sls, shard):
        ask(sls, shard=shard)
"""


def fixes(result) -> list[str]:
    """Return each advice that an error of a test gives."""
    return [
        line.partition("How to fix: ")[2] for line in result.outlines if line.startswith("E  ") and "How to" in line
    ]


def test_the_mode_that_the_readme_teaches(project):
    """Where nothing was ever recorded: once, which records it; then the test is green."""
    result = project.test(ASKS).run("test_it.py::test_asks[0]")
    assert fixes(result) == ["record it (pytest --sls-record=once), and commit the file"]
    result.stdout.no_fnmatch_line("*not recorded: requests of*")  # git is our own program, not the test's
    project.run("--sls-record=once").assert_outcomes(passed=2)
    project.run("--sls-strict").assert_outcomes(passed=2)


@pytest.mark.slow
def test_a_renamed_test_or_file_is_told_its_cassette(project):
    """The one that holds the request is named, with the command that renames it; a test's that is there is not."""
    project.test(ASKS).run("--sls-record=once").assert_outcomes(passed=2)
    result = project.test(ASKS.replace("test_asks", "test_reads")).run()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["E*test_asks[[]1].sls.yaml has a recording of the request, and no test of this run plays it.*"]
    )
    for fix in fixes(result):
        _, _, command = fix.partition("rename its cassette (")
        subprocess.run(command.partition(");")[0], shell=True, check=True)
    project.run("--sls-strict").assert_outcomes(passed=2)

    (project.path / "test_it.py").rename(project.path / "test_new.py")
    result = project.run()
    for fix in fixes(result):
        subprocess.run(fix.partition("rename its cassette (")[2].partition(");")[0], shell=True, check=True)
    project.run("--sls-strict").assert_outcomes(passed=2)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_is_asked(project):
    """A rule that ignores the path is shown with its place; a deleted file can be brought back; the advice works."""

    def git(*command):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], cwd=project.path, check=True)

    git("init", "-q")
    project.write(".gitignore", "# made by a tool\ncassettes/\n")
    source = ASKS.replace("[0, 1]", "[0]")
    result = project.test(source).run()
    result.stdout.fnmatch_lines(["E*git ignores it, so it was never committed: cassettes/ (*.gitignore:2)"])
    result.stdout.no_fnmatch_line("*programs that tests started*")
    project.run("--sls-record=once").assert_outcomes(passed=1)
    (fix,) = fixes(result)
    subprocess.run(fix.partition("rule: ")[2], shell=True, check=True)
    git("commit", "-qm", "cassettes")

    tracked = "E*git tracks *test_asks[[]0].sls.yaml, but the file is missing.*"
    project.cassette("test_asks[0]").unlink()
    with pytest.MonkeyPatch.context() as hook:
        hook.setenv("GIT_DIR", ".git")  # as git sets it for its hooks
        project.run().stdout.fnmatch_lines([tracked])
    shutil.rmtree(project.path / "cassettes")
    result = project.run()
    result.stdout.fnmatch_lines([tracked])
    (fix,) = fixes(result)
    subprocess.run(fix.partition("restore it: ")[2], shell=True, check=True)
    project.run("--sls-strict").assert_outcomes(passed=1)


def test_a_subtest_that_shows_a_missing_recording_shows_it_once(project):
    """The test fails for its subtest without the same advice again, but for a request that it swallows beside it."""
    pytest.importorskip("_pytest.subtests", reason="subtests came with pytest 9")
    result = project.test("""
        import unittest

        @pytest.mark.sls_cassette
        def test_shows(sls, subtests):
            with subtests.test():
                ask(sls)

        @pytest.mark.sls_cassette
        class Test(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def names(self, sls):
                self.sls = sls

            def test_shows_too(self):
                with self.subTest():
                    ask(self.sls)

        @pytest.mark.sls_cassette
        def test_swallows(sls, subtests):
            with subtests.test():
                ask(sls)
            try:
                ask(sls, shard=1)
            except Exception:
                pass
    """).run("-psubtests", "-punittest")
    failed = [report for report in result.reprec.getreports("pytest_runtest_logreport") if report.failed]
    again = [each.nodeid.partition("::")[2] for each in failed if "SLS607" in f"{each.longreprtext}{each.sections}"]
    assert again == ["test_swallows"]
    assert result.stdout.str().count("SUBFAILED") == 3
    assert result.ret == pytest.ExitCode.TESTS_FAILED
