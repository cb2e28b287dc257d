"""What the terminal and the page say of special ends: an expected failure without a recording, an error, a doctest."""

from __future__ import annotations

import json

import pytest
from left_out import full

BESIDE = ("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
EXPECTED = """
    @pytest.mark.xfail
    @pytest.mark.sls_cassette
    def test_reads(sls):
        ask(sls)
        assert False
"""


def test_an_expected_failure_without_a_recording_is_named_and_strict_fails(project):
    """It stays an expected failure, as in pytest; but nothing was checked, and the summary says so."""
    project.test(EXPECTED)
    result = project.run()
    result.assert_outcomes(xfailed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["  not checked: 1 expected failure (xfail) *", "    test_it.py::test_reads: *no recording *"]
    )
    result = project.run("--sls-strict")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["sls-contract: the run failed (exit 1): 1 expected failure without *"])


IN_FIXTURES = """
    @pytest.fixture
    def read(sls):
        return ask(sls)

    @pytest.fixture(scope="module")
    def shared(sls_session):
        return ask(sls_session)

    @pytest.mark.xfail
    @pytest.mark.sls_cassette
    def test_with_read(read):
        assert False

    @pytest.mark.xfail
    @pytest.mark.sls_cassette(empty=True)
    def test_with_shared(shared):
        assert False
"""
NAMES = ("reads", "with_read", "with_shared")


def test_so_is_one_whose_fixture_lacks_a_recording(project):
    """The setup failed as expected, too: the test itself was never called."""
    result = project.test(EXPECTED + IN_FIXTURES).run("--sls-strict")
    result.assert_outcomes(xfailed=3)
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"    test_it.py::test_{name}: *no recording in *" for name in NAMES])


@pytest.mark.parametrize("damage", [lambda text: text[:600], full(lambda text: f"<<<<<<< HEAD\n{text}")])
def test_so_is_one_whose_cassette_is_damaged(project, damage):
    """Its cassette, or that of its fixture, cannot be opened. The reason is shown, also by workers."""
    project.test(EXPECTED + IN_FIXTURES).run("--sls-record=once").assert_outcomes(xfailed=3)
    for cassette in (project.path / "cassettes").rglob("*.yaml"):
        cassette.write_text(damage(cassette.read_text("utf-8")), "utf-8")
    for options in ((), ("-pxdist", "-n1")):
        result = project.run(*options)
        result.assert_outcomes(xfailed=3)
        assert result.ret == 0
        result.stdout.fnmatch_lines(["  not checked: 3 expected failures (xfail) *"])
        result.stdout.fnmatch_lines_random([f"    test_it.py::test_{name}: *.sls.yaml*" for name in NAMES])
    assert project.run("--sls-strict").ret == 1
    alone = project.run("-k", "reads")
    alone.stdout.fnmatch_lines(["*: 0 exchanges checked *", "  not checked: 1 *", "    test_it.py::test_reads: *"])
    for cassette in (project.path / "cassettes").rglob("*.yaml"):  # as the summary says
        cassette.unlink()
    project.run("--sls-record=once").assert_outcomes(xfailed=3)
    result = project.run("--sls-strict")
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*not checked*")


def test_an_expected_failure_of_another_fixture_is_no_matter_of_recordings(project):
    """Nor is a test that is not run."""
    project.test(
        """
    @pytest.fixture
    def broken():
        raise ZeroDivisionError

    @pytest.mark.xfail
    @pytest.mark.sls_cassette
    def test_broken(broken):
        pass

    @pytest.mark.xfail(run=False)
    @pytest.mark.sls_cassette
    def test_not_run(sls):
        ask(sls)
    """
    )
    result = project.run("--sls-strict")
    result.assert_outcomes(xfailed=2)
    assert result.ret == 0
    result.stdout.no_fnmatch_line("*not checked*")


def test_an_expected_failure_with_a_recording_was_checked(project):
    """So was one that fails before it sends a request: it needs no recording."""
    project.test(EXPECTED).run("--sls-record=once").assert_outcomes(xfailed=1)
    early = EXPECTED.replace("test_reads", "test_early").replace("ask(sls)", "assert not sls")
    project.test(EXPECTED + early)
    result = project.run("--sls-strict")
    assert result.ret == 0
    result.assert_outcomes(xfailed=2)
    result.stdout.no_fnmatch_line("*not checked*")


def test_an_error_that_pytest_shows_is_shown_once(project):
    """A client that raises it: the traceback has it. A client that swallows it: the failure has it."""
    source = """
    from contextlib import suppress

    @pytest.mark.sls_cassette
    def test_reads(sls):
        with suppress({expected}):
            ask(sls)
    """
    for expected in ("ZeroDivisionError", "Exception"):
        result = project.test(source.format(expected=expected)).run("--sls-record=verify", "-rN")
        assert result.parseoutcomes()["failed"] == 1
        shown = [line for line in result.outlines if "there is no cassette at " in line]
        assert len(shown) == 1


def test_a_doctest_is_not_told_to_take_a_marker(project):
    """It cannot have one; a test function can."""
    body = "import requests; _ = requests.get('http://p.cn-hangzhou.log.aliyuncs.com/')"
    project.write("documented.py", f'def work():\n    """Work.\n\n    >>> {body}\n    """\n')
    result = project.pytester.runpytest_inprocess(*BESIDE, "--doctest-modules", "documented.py")
    result.assert_outcomes(failed=1)
    fixes = [line for line in result.outlines if "How to fix: " in line]
    assert fixes
    assert all("How to fix: move the request to a test function" in line for line in fixes)
    result = project.test(f"def test_it():\n    {body}\n").run()
    result.stdout.fnmatch_lines(["*How to fix: mark the test with @pytest.mark.sls_cassette *"])


def test_verify_of_an_unfinished_recording_says_that_it_is_unfinished(project):
    """What an interrupted recording lacks is no change of the test's requests."""
    source = "\n    @pytest.mark.sls_cassette\n    def test_reads(sls):\n        ask(sls)\n        {rest}\n"
    project.test(source.format(rest="pytest.skip('later')")).run("--sls-record=once")
    project.test(source.format(rest="ask(sls, shard=1)"))
    result = project.run("--sls-record=verify")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*How to fix: the recording is unfinished: continue it (pytest --sls-record=once)*"])
    result.stdout.no_fnmatch_line("*now sends different requests*")
    project.run("--sls-record=once").assert_outcomes(passed=1)
    project.run("--sls-record=verify").assert_outcomes(passed=1)


def test_an_accepted_breaking_change_is_said_to_be_accepted(project, service):
    """On the terminal, on the page and in Markdown; while it is not accepted, it is said to be breaking."""
    options = (f"--sls-endpoint={service.url}", *service.options)
    reports = ("--sls-report=a.html", "--sls-report=a.md", "--sls-report=a.json")
    project.test("\n    @pytest.mark.sls_cassette\n    def test_reads(sls):\n        ask(sls)\n")
    project.run("--sls-record=once", *options).assert_outcomes(passed=1)
    service.respond_with(b"[]")
    project.run("--sls-record=verify", *options, *reports).assert_outcomes(failed=1)
    assert '<header class="bad">' in (project.path / "a.html").read_text("utf-8")
    assert "accepted" not in (project.path / "a.md").read_text("utf-8")
    result = project.run("--sls-record=verify", "--sls-accept=breaking,benign", *options, *reports)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 breaking (accepted);*"])
    result.stdout.fnmatch_lines(["  breaking (accepted): SLS422 *"])
    page = (project.path / "a.html").read_text("utf-8")
    assert '<header class="good">' in page
    assert "<h1>1 breaking change accepted or allowed</h1>" in page
    assert "| breaking (accepted) |" in (project.path / "a.md").read_text("utf-8")
    (change,) = [
        each for each in json.loads((project.path / "a.json").read_text("utf-8"))["changes"] if each["code"] == "SLS422"
    ]
    assert change["accepted"] is True


def test_an_expected_failure_tells_its_own_reason(project):
    """Not that of the test before it, nor the client's error; a violation in a fixture was checked."""
    project.test(
        """
    from contextlib import suppress
    from sls_contract import ContractViolation

    @pytest.fixture
    def swallowed(sls):
        with suppress(Exception):
            ask(sls)

    @pytest.fixture
    def violated():
        raise ContractViolation(())

    @pytest.mark.xfail
    @pytest.mark.sls_cassette
    def test_first(swallowed):
        pass

    @pytest.mark.xfail(run=False)
    def test_second():
        pass

    @pytest.mark.xfail
    def test_third(violated):
        pass

    @pytest.mark.xfail
    @pytest.mark.sls_cassette
    def test_fourth(sls):
        with suppress(Exception):
            ask(sls)
        assert sls is None, "of the client"
    """
    )
    result = project.run()
    result.assert_outcomes(xfailed=4)
    result.stdout.fnmatch_lines(
        [
            "  not checked: 2 expected failures (xfail) *",
            "    test_it.py::test_first: no recording in *",
            "    test_it.py::test_fourth: no recording in *",
            "    How to fix: *",
        ],
        consecutive=True,
    )
