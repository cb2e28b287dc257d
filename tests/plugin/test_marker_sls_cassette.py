"""The marker: one cassette per test, where it lies, what it may be told."""

from __future__ import annotations

import pytest
from left_out import full


@pytest.mark.slow
def test_each_test_has_its_own_file(project):
    """Classes, parameters and Chinese names stay readable; what no file system takes is replaced."""
    project.test(
        """
        pytestmark = pytest.mark.sls_cassette

        @pytest.mark.parametrize("kind", ["plain", "a/b:c", "消费组", "x" * 300])
        def test_asks(sls, kind):
            ask(sls)

        class TestGroup:
            class TestInner:
                def test_asks(self, sls):
                    ask(sls, shard=1)
        """
    )
    project.run("--sls-record=once").assert_outcomes(passed=5)
    names = {name.removeprefix("cassettes/test_it/") for name in project.cassettes()}
    assert {"test_asks[plain].sls.yaml", "test_asks[消费组].sls.yaml", "TestGroup.TestInner.test_asks.sls.yaml"} < names
    assert any(name.startswith("test_asks[a_b_c]-") for name in names)
    assert all(len(name.encode()) < 200 for name in names)
    project.run().assert_outcomes(passed=5)


def test_parameters_that_look_like_node_ids_are_kept_apart(project):
    """[a::b] and [a.b] are two tests and two files."""
    project.test(
        """
        @pytest.mark.sls_cassette
        @pytest.mark.parametrize("kind", ["a::b", "a.b"])
        def test_asks(sls, kind):
            ask(sls, shard=len(kind))
        """
    ).run("--sls-record=once")
    assert len(project.cassettes()) == 2


def test_a_name_of_ones_own(project):
    """name= says which file; an own marker on a test wins over its class's."""
    project.test(
        """
        @pytest.mark.sls_cassette(name="shared")
        class TestGroup:
            def test_one(self, sls):
                ask(sls)

            @pytest.mark.sls_cassette(name="own")
            def test_two(self, sls):
                ask(sls)
        """
    ).run("--sls-record=once").assert_outcomes(passed=2)
    assert project.cassettes() == ["cassettes/test_it/own.sls.yaml", "cassettes/test_it/shared.sls.yaml"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            "'positional'",
            "takes only these arguments: name='…', repeat='last', empty=True and match_on=[…]; got 'positional'",
        ),
        full("mode='once'", "got mode"),
        full("name=''", "name must be a non-empty str, got ''"),
        full("name=3", "name must be a non-empty str, got 3"),
        full("empty='yes'", "empty must be True or False, got 'yes'"),
        ("repeat='first'", "repeat must be 'last', got 'first'"),
    ],
)
def test_a_wrong_argument_is_an_error_without_traceback(project, arguments, told):
    """A marker that cannot be understood never means 'no cassette'."""
    result = project.test(
        f"""
        @pytest.mark.sls_cassette({arguments})
        def test_asks(sls):
            ask(sls)
        """
    ).run("--sls-record=once")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{told.replace('[', '[[]')}*"])
    result.stdout.no_fnmatch_line("*sls_contract*.py*")


def test_sls_without_the_marker_is_an_error_that_says_so(project):
    """Without a cassette there is nothing for fixture sls to name."""
    result = project.test("def test_asks(sls): ask(sls)").run("--sls-record=once")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*How to fix: mark the test * with @pytest.mark.sls_cassette*"])


def test_two_test_files_of_one_name_do_not_share_cassettes_unknowingly(project):
    """With one folder for all, files of the same name would play each other's recordings: told instead."""
    project.ini("sls_cassette_dir = players", "addopts = --import-mode=importlib")
    source = "from client import ask\nimport pytest\n\n@pytest.mark.sls_cassette\ndef test_asks(sls):\n    ask(sls)\n"
    project.write("a/test_same.py", source)
    project.write("b/test_same.py", source)
    result = project.run("--sls-record=once")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*would both be in *players*test_same*", "*How to fix: rename one of the files*"])
    assert project.cassettes() == ["players/test_same/test_asks.sls.yaml"]


@pytest.mark.slow
def test_a_cassette_inside_a_marked_test(project):
    """The inner one takes the requests while it is open and is judged by itself; then the test's own goes on."""
    project.test(
        """
        from datetime import UTC, datetime
        from sls_contract import ContractViolation, use_cassette
        from sls_contract.endpoint import ReferenceEndpoint

        @pytest.mark.sls_cassette
        def test_asks(sls, tmp_path):
            ask(sls)
            endpoint = ReferenceEndpoint(lambda: datetime.now(UTC))
            endpoint.create_consumer_group(sls.consumer_group)
            with use_cassette(tmp_path / "inner.yaml", "once", send=endpoint) as inner:
                ask(sls, shard=1)
            with pytest.raises(ContractViolation), use_cassette(tmp_path / "wrong.yaml", "once", send=endpoint):
                ask(sls, query="shardId=0")
            ask(sls, shard=2)
            assert len(inner.exchanges) == 1
        """
    )
    project.run("--sls-record=once").assert_outcomes(passed=1)
    assert project.shards("test_asks") == ["0", "2"]
    project.run().assert_outcomes(passed=1)
