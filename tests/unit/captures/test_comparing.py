"""Captures of any format and place are compared as cassettes are; on any engine the same changes come in order."""

from __future__ import annotations

import gzip
import io
import json

import pytest

from sls_contract import cli
from sls_contract.captures.lines import line_of
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.har.archive import write_har

from .conftest import changed

NAMES = ("a.sls.yaml", "b.har", "d.jsonl.gz", "日/c.jsonl")


def diff(old, new, report, *options):
    """Compare, and give exit code, changes and what is printed."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["diff", str(old), str(new), "--json", str(report), *options]
    code = cli.run(argv, environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    document = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    return code, document, out.getvalue() + err.getvalue()


def put(folder, name, recordings):
    """Write recordings in the format that a name says."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if ".jsonl" in name:
        data = "".join(map(line_of, recordings)).encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    else:
        (write_har(path, recordings, "1") if name.endswith(".har") else write(path, recordings))


@pytest.fixture
def sides(tmp_path, workers):
    """Give two folders of captures of each kind; in each of the new ones the first answer lacks its shard."""
    old = workers[4:10]
    new = [changed(old[0], b'"shard"', b'"shart"'), *old[1:]]
    for name in NAMES:
        put(tmp_path / "old", name, old)
        put(tmp_path / "new", name, new)
    return tmp_path / "old", tmp_path / "new"


def test_captures_of_every_kind_are_compared_by_name(sides, tmp_path):
    """Below folders, compressed or not; a change is told with its capture and exchange."""
    code, document, text = diff(*sides, tmp_path / "report.json")
    breaking = {(each["cassette"], each["exchange"]) for each in document["changes"] if each["class"] == "breaking"}
    assert (code, breaking) == (1, {(name, 0) for name in NAMES})
    assert "24 pairs of exchanges in 4 pairs of cassettes" in text


def test_captures_in_other_storage_are_compared_as_local_ones(sides, tmp_path):
    """A folder in memory:// against a local one, and two files; names below the folders pair them."""
    fsspec = pytest.importorskip("fsspec", reason="the extra scale is not installed")
    old, new = sides
    memory = fsspec.filesystem("memory")
    memory.put(str(old), "/compared", recursive=True)
    local = diff(old, new, tmp_path / "1.json")
    assert diff("memory://compared", new, tmp_path / "2.json")[1]["changes"] == local[1]["changes"]
    assert diff("memory://compared/*/*.jsonl", new / "日", tmp_path / "3.json")[1]["unmatched"]
    alone = diff("memory://compared/a.sls.yaml", new / "a.sls.yaml", tmp_path / "4.json")[1]
    assert [each["exchange"] for each in alone["changes"] if each["class"] == "breaking"] == [0]


@pytest.mark.parametrize("kind", [".jsonl", ".jsonl.gz", ".flow"])
def test_a_damaged_capture_is_not_compared(tmp_path, workers, kind):
    """It is named with what is wrong; the others are compared."""
    for side in ("old", "new"):
        put(tmp_path / side, "a.jsonl", workers[4:6])
        put(tmp_path / side, "b.jsonl.gz", workers[4:6])
    broken = tmp_path / "new" / f"c{kind}"
    good = tmp_path / "new" / ("b.jsonl.gz" if kind.endswith(".gz") else "a.jsonl")
    broken.write_bytes(good.read_bytes()[:-40] if kind != ".flow" else b"9:nonsense")
    (tmp_path / "old" / broken.name).write_bytes(good.read_bytes() if kind != ".flow" else b"9:nonsense")
    code, document, text = diff(tmp_path / "old", tmp_path / "new", tmp_path / "report.json")
    assert code == 2
    assert f"c{kind}" in text
    assert document["summary"]["exchanges"] == 4


def test_a_cluster_of_which_a_worker_is_killed_finds_the_same_changes(sides, tmp_path, cluster, monkeypatch):
    """In the same order as one process does."""
    address, workers = cluster
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    workers[0].kill()
    found = diff(*sides, tmp_path / "1.json", "--engine", "dask")
    one = diff(*sides, tmp_path / "2.json", "--jobs", "1")
    assert (found[0], found[1]["changes"], found[2]) == (one[0], one[1]["changes"], one[2])
