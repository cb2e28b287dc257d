"""What a run says after "How to fix:" is done as it is written, and the next run is green."""

from __future__ import annotations

import re
import shlex

import pytest
from advice import advised

from sls_contract.clock import utc_now
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve

ASKS = """
    @pytest.mark.sls_cassette
    def test_asks(sls):
        assert ask(sls, shard=0).status_code == 200
"""


def told(result) -> str:
    """Return what a run printed that failed."""
    assert result.ret != 0
    return "\n".join([*result.outlines, *result.errlines])


def options(command: str) -> list[str]:
    """Return the options of a command ``pytest …`` that was printed."""
    program, *words = shlex.split(command)
    assert program == "pytest"
    return words


def green(project, *words: str) -> int:
    """Run with and then without the words: the one test passes. Return how the second ends, in which warnings fail."""
    project.run(*words).assert_outcomes(passed=1)
    result = project.run("--sls-strict")
    result.assert_outcomes(passed=1)
    return result.ret


def test_a_fixture_without_a_cassette_gets_the_marker(project):
    """The marker is named as it is written."""
    plain = "def test_asks(sls): ask(sls)\n"
    marker = advised(told(project.test(plain).run()), r"with (@pytest\S+)\.").group(1)
    project.test(f"{marker}\n{plain}")
    assert green(project, *options(advised(told(project.run()), r"record it \((.*?)\)").group(1))) == 0


@pytest.mark.parametrize("damage", ["cut", "no cassette", "no text", "a merge conflict"])
def test_a_damaged_cassette_is_deleted_and_recorded_again(project, damage):
    """However it is damaged."""
    project.test(ASKS).run("--sls-record=once")
    path = project.cassette("test_asks")
    good = path.read_bytes()
    new = {"cut": good[:-200], "no cassette": b"a: b\n", "no text": b"\xff\xfe"}.get(damage, b"<<<<<<< ours\n" + good)
    path.write_bytes(new)
    command = advised(told(project.run()), r"delete it and record again \((.*?)\)").group(1)
    path.unlink()
    assert green(project, *options(command)) == 0


def test_a_request_that_is_not_recorded_is_added(project):
    """The command of the advice records it beside the others."""
    project.test(ASKS).run("--sls-record=once")
    project.test(ASKS + ASKS.replace("test_asks", "test_more")).run("--sls-record=once")
    project.test(ASKS.replace("200", "200; ask(sls, shard=1)"))
    command = advised(told(project.run()), r"or record it \((.*?)\)").group(1)
    project.cassette("test_more").unlink()
    assert green(project, *options(command)) == 0
    assert project.shards("test_asks") == ["0", "1"]


def test_an_unfinished_recording_is_continued(project):
    """What an interrupted test did not send yet is no mistake of the request."""
    project.test(ASKS.replace("200", "200; pytest.skip()")).run("--sls-record=once")
    project.test(ASKS.replace("200", "200; ask(sls, shard=1)"))
    shown = told(project.run())
    assert "correct the request" not in shown
    command = advised(shown, r"continue the recording \((.*?)\)").group(1)
    assert green(project, *options(command)) == 0
    assert project.shards("test_asks") == ["0", "1"]


@pytest.mark.parametrize("advice", ["rename one of the files", "remove ini sls_cassette_dir"])
def test_cassettes_of_two_files_of_one_name_come_apart(project, advice):
    """Either way."""
    source = "from client import ask\nimport pytest\n\n@pytest.mark.sls_cassette\ndef test_asks(sls):\n    ask(sls)\n"
    project.ini("sls_cassette_dir = players", "addopts = --import-mode=importlib")
    for folder in "ab":
        project.write(f"{folder}/test_same.py", source)
    assert advised(told(project.run("--sls-record=once")), advice)
    if "rename" in advice:
        (project.path / "b" / "test_same.py").rename(project.path / "b" / "test_other.py")
    else:
        project.ini("addopts = --import-mode=importlib")
    project.run("--sls-record=once").assert_outcomes(passed=2)
    project.run().assert_outcomes(passed=2)


SWALLOWS = """
    import sls_contract
    from types import SimpleNamespace
    from sls_contract.signing import TEST_CREDENTIALS

    NAMES = SimpleNamespace(url="https://cn-hangzhou.log.aliyuncs.com", region="cn-hangzhou", project="my-project",
        logstore="my-logstore", consumer_group="consumer_group_test", credentials=TEST_CREDENTIALS)

    def test_asks():
        try:
            ask(NAMES)
        except BaseException:
            pass
"""


def test_a_test_that_expects_a_blocked_request_says_so(project):
    """By pytest.raises or by the marker, both taken from the message."""
    result = project.test(SWALLOWS).run()
    raises = advised(told(result), r"(pytest\.raises\(\S+?\))").group(1)
    allow = advised(told(result), r"(@pytest\.mark\.sls_allow\(.*?\))").group(1).replace("…", "it is caught")
    body = SWALLOWS.partition("        try:")
    project.test(f"{body[0]}        with {raises}:\n            ask(NAMES)\n").run().assert_outcomes(passed=1)
    project.test(SWALLOWS.replace("    def test_asks", f"    {allow}\n    def test_asks")).run().assert_outcomes(
        passed=1
    )


@pytest.mark.parametrize(
    ("ini", "pattern", "mended"),
    [
        ("sls_scrub = a(", r"\((re\.escape)\)", r"sls_scrub = a\("),
        ("sls_rename = real", "lines (real=public)", "sls_rename = {}"),
        ("sls_hosts = https://x/y", r"such as (\S+),", "sls_hosts = {}"),
        ("sls_max_age = 3", "such as (90d) or", "sls_max_age = {}"),
        ("sls_endpoint = here", "must be '(reference)'", "sls_endpoint = {}"),
        ("sls_unmarked = x", "must be one of (block),", "sls_unmarked = {}"),
        ("sls_record = x", "must be one of (none|once)", "sls_record = {}"),
        ("sls_hide_names = x", "sls_hide_names must be one of (yes), no", "sls_hide_names = {}"),
        ("sls_strict = x", "sls_strict must be one of (yes), no", "sls_strict = {}"),
    ],
)
def test_a_setting_that_is_wrong_is_shown_right(project, ini, pattern, mended):
    """What the message gives as an example is a line that works."""
    project.test("def test_plain(): pass")
    result = project.ini(ini).run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    found = re.search(pattern, "\n".join([*result.outlines, *result.errlines]))
    assert found, result.errlines
    assert project.ini(mended.format(found.group(1))).run().ret == 0


def test_use_cassette_is_told_its_own_arguments(project):
    """No option of the run records there; then the run must let the request out, and the message says so."""
    source = """
        from types import SimpleNamespace
        from sls_contract import use_cassette
        from sls_contract.signing import TEST_CREDENTIALS

        NAMES = SimpleNamespace(
            url="http://cn-hangzhou.log.aliyuncs.com", region="cn-hangzhou", project="my-project",
            logstore="my-logstore", consumer_group="readers", credentials=TEST_CREDENTIALS,
        )

        def test_asks():
            with use_cassette("asks.sls.yaml"):
                assert ask(NAMES).status_code == 200
    """
    text = told(project.test(source).run())
    record = advised(text, r"record it \(use_cassette\(…, (record=\"once\")\)\), and commit the file").group(1)
    project.test(source.replace('"asks.sls.yaml"', f'"asks.sls.yaml", {record}'))
    text = told(project.run())
    assert "this run only replays" in text
    advice = r"record it in a run that may send requests \((.*?)\), or pass send=… to use_cassette"
    command = advised(text, advice).group(1)
    endpoint = ReferenceEndpoint(utc_now)
    endpoint.create_consumer_group("readers")
    with serve(endpoint) as server:
        to_loopback = f"lambda host, port, *rest, **more: resolve('127.0.0.1', {server.port}, *rest, **more)"
        resolving = f"import socket\nresolve = socket.getaddrinfo\nsocket.getaddrinfo = {to_loopback}\n"
        project.write("conftest.py", resolving)
        project.spawn(*options(command)).assert_outcomes(passed=1)
    (project.path / "conftest.py").unlink()
    project.test(source).run().assert_outcomes(passed=1)
    twice = source.replace("assert", "ask(NAMES)\n                assert")
    repeat = advised(
        told(project.test(twice).run()),
        r"or play the last recording repeatedly \(use_cassette\(…, (repeat=\"last\")\)\)",
    ).group(1)
    project.test(twice.replace('"asks.sls.yaml"', f'"asks.sls.yaml", {repeat}')).run().assert_outcomes(passed=1)
