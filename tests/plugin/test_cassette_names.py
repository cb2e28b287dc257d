"""``name=`` on the marker is the path that it says, below the folder of cassettes, or is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sls_contract.errors import UsageError
from sls_contract.plugin.naming import marker_path


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("list", "list.sls.yaml"),
        ("list.yaml", "list.yaml"),
        ("list.YML", "list.YML"),
        ("list.sls.yaml", "list.sls.yaml"),
        ("reads.v1", "reads.v1.sls.yaml"),
        ("sub/dir/x", "sub/dir/x.sls.yaml"),
        ("sub/list.yaml", "sub/list.yaml"),
        ("消费组/读 1", "消费组/读 1.sls.yaml"),
        ("a[b]", "a[b].sls.yaml"),
        ("..a", "..a.sls.yaml"),
    ],
)
def test_a_name_is_a_path(name, path):
    """Also in folders, in Chinese, with a space, and with a suffix of YAML."""
    assert marker_path(name) == Path(path)


LEAVES = ("/etc/x", "../x", "a/../x", "..", ".", "./x", "a//b", "a/")
UNSAFE = (r"a\b", "C:/x", "c:x", "a?b", "a\nb", "con", "aux.yaml", "sub/nul.x", "a.", "a /b", " a", "x" * 151, "\ud800")


@pytest.mark.parametrize("name", [*LEAVES, *UNSAFE, "x.json", "x.HAR"])
def test_what_is_no_such_path_is_refused(name):
    """One that leaves the folder, is absolute, or cannot be on some file system; never another file than it says."""
    with pytest.raises(UsageError, match="name must be a path below the folder of cassettes"):
        marker_path(name)


@pytest.mark.slow
def test_named_cassettes_are_recorded_found_and_claimed(project):
    """Two spellings are two files, and none is an orphan; a file that no marker names is one."""
    source = """
        @pytest.mark.sls_cassette(name="sub/dir/x")
        def test_x(sls): ask(sls)

        @pytest.mark.sls_cassette(name="list.yaml")
        def test_list(sls): ask(sls, shard=1)

        @pytest.mark.sls_cassette(name="../up")
        def test_up(sls): ask(sls)
    """
    result = project.test(source).run("--sls-record=once")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*'../up' leaves it*"])
    folder = project.path / "cassettes/test_it"
    assert (folder / "sub/dir/x.sls.yaml").is_file()
    kept = source.partition('@pytest.mark.sls_cassette(name="../up")')[0]
    project.test(kept).run("--sls-strict").assert_outcomes(passed=2)
    (folder / "sub/dir/left.sls.yaml").write_bytes((folder / "list.yaml").read_bytes())
    unused = project.run()
    unused.stdout.fnmatch_lines(["  warning SLS611 recording-orphaned: *left.sls.yaml"])
