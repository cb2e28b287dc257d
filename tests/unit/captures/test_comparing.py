"""Captures of any format and place are compared and converted as cassettes are; on any engine to the same end."""

from __future__ import annotations

import gc
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from advice import advised

from sls_contract import cli
from sls_contract.captures import comparing, converting, sorting
from sls_contract.captures.converting import Task, convert_capture
from sls_contract.captures.lines import line_of
from sls_contract.captures.reading import opened_capture
from sls_contract.cassettes.file import seen
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.har.archive import write_har
from sls_contract.cassettes.recording import Recording

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
    """Give two folders of captures of each kind; in each of the new ones the first response lacks its shard."""
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


def test_a_finding_names_the_new_file_and_the_line_of_its_exchange(workers, tmp_path):
    """CI services open that place; what is left out before it, or recorded in another order, does not shift it."""
    old = workers[4:10]
    broken = changed(old[0], b'"shard"', b'"shart"')
    for name in NAMES:
        put(tmp_path / "old", name, old)
        put(tmp_path / "new", name, [*old[3:], broken, *old[1:3]])
    folders = diff(tmp_path / "old", tmp_path / "new", tmp_path / "1.json")[1]["findings"]
    single = diff(tmp_path / "old" / NAMES[0], tmp_path / "new" / NAMES[0], tmp_path / "2.json")[1]["findings"]
    assert {each["cassette"] for each in single} == {str(tmp_path / "new" / NAMES[0])}
    assert {each["cassette"] for each in folders} == {str(tmp_path / "new" / name) for name in NAMES}
    for each in [*folders, *single]:
        data = Path(each["cassette"]).read_bytes()
        lines = (gzip.decompress(data) if each["cassette"].endswith(".gz") else data).decode().splitlines()
        at = next(number for number, line in enumerate(lines, 1) if "shart" in line)
        if each["cassette"].endswith(".sls.yaml"):
            at = max(number for number, line in enumerate(lines[:at], 1) if line.startswith("- "))
        assert each["exchange"] == 3
        assert each["line"] == at or each["cassette"].endswith(".har")


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


@pytest.mark.slow
def test_it_does_not_matter_how_many_exchanges_are_compared_at_once(tmp_path, workers, monkeypatch):
    """Changes, and exchanges without a partner, are the same in the same order; requests repeat, and are retried."""
    busy = changed(workers[6], b"{", b" {")
    response = busy.exchange.response.replace(status=503)
    busy = replace(busy, exchange=replace(busy.exchange, response=response))
    put(tmp_path / "old", "a.jsonl", [*workers[4:40], workers[6], workers[41]])
    put(tmp_path / "new", "a.jsonl", [busy, changed(workers[4], b'"', b" '"), *workers[4:38], workers[6]])
    whole = diff(tmp_path / "old", tmp_path / "new", tmp_path / "1.json")
    monkeypatch.setattr(sorting, "_FEW", 1)
    parts = diff(tmp_path / "old", tmp_path / "new", tmp_path / "2.json")
    assert whole[1]["changes"]
    assert whole[1]["unmatched"]
    assert parts == whole


@pytest.mark.slow
def test_changes_beyond_a_thousand_of_a_kind_are_counted(sides, tmp_path, monkeypatch):
    """Those that are listed come first in the old capture; verdict, counts and exit code are those of all."""
    code, document, _ = diff(*sides, tmp_path / "1.json")
    monkeypatch.setattr(comparing, "MOST_LISTED", 1)
    again, short, text = diff(*sides, tmp_path / "2.json")
    assert (again, short["verdict"], short["summary"]) == (code, document["verdict"], document["summary"])
    assert len(short["changes"]) + sum(each["count"] for each in short["changes_not_listed"]) == len(
        document["changes"]
    )
    assert [each for each in document["changes"] if each in short["changes"]] == short["changes"]
    assert all((each["code"] or each["slug"]) in text for each in short["changes_not_listed"])


def alive():
    return sum(isinstance(each, Recording) for each in gc.get_objects())


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".har", ".jsonl"])
def test_a_conversion_holds_few_exchanges_at_a_time(tmp_path, workers, suffix):
    """However many the capture has."""
    put(tmp_path, "a.jsonl", workers[:40])
    before, counts = alive(), []
    task = Task(str(tmp_path / "a.jsonl"), tmp_path / f"b{suffix}")
    written = convert_capture(task, (), lambda _done, _of: counts.append(alive() - before))
    assert written.exchanges == 40
    assert max(counts) < 5


def test_a_cassette_that_nobody_could_read_again_is_not_written(tmp_path, workers, monkeypatch):
    """It is told, with what to do; nothing is left of the attempt."""
    put(tmp_path, "a.jsonl", workers[:4])
    monkeypatch.setattr(converting, "LARGEST_CASSETTE", 10)
    code, told = convert(tmp_path / "a.jsonl", tmp_path / "b.sls.yaml")
    assert code == 2
    assert [each.name for each in tmp_path.iterdir()] == ["a.jsonl"]
    suffix = advised(told, "convert it to .jsonl or (.har)").group(1)
    assert convert(tmp_path / "a.jsonl", tmp_path / f"b{suffix}")[0] == 0


def test_ids_are_the_same_whether_they_are_kept_in_memory_or_on_disk(tmp_path, workers, monkeypatch):
    """Exchanges that repeat have ids of their own."""
    twice = [replace(each, id="") for each in workers[:6]] * 2
    write_har(tmp_path / "a.har", twice, "1")
    monkeypatch.setattr(seen, "_MAX_IN_MEMORY", 2)
    write_har(tmp_path / "b.har", twice, "1")
    assert (tmp_path / "a.har").read_bytes() == (tmp_path / "b.har").read_bytes()
    assert len({each.id for each in opened_capture(str(tmp_path / "b.har"))}) == 12


def convert(*argv):
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(["convert", *map(str, argv)], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue() + err.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["har", "jsonl", "yaml"])
def test_a_folder_of_captures_is_converted(sides, tmp_path, kind):
    """Each into a file of its name; every exchange is there. Nothing that exists is replaced unasked."""
    made = tmp_path / "made"
    code, told = convert(sides[0], made, "--to", kind)
    end = ".sls.yaml" if kind == "yaml" else f".{kind}"
    written = {each.relative_to(made).as_posix() for each in made.rglob("*") if each.is_file()}
    assert (code, written) == (0, {f"{name}{end}" for name in ("a", "b", "d", "日/c")})
    assert told.endswith("24 exchanges of 4 captures\n")
    old = opened_capture(str(sides[0] / "a.sls.yaml"))
    for name in written:
        assert [each.exchange for each in opened_capture(str(made / name))] == [each.exchange for each in old]
    assert "exists. How to fix" in convert(sides[0], made, "--to", kind)[1]


def test_two_captures_are_not_written_into_one_file(tmp_path, workers):
    """Both are named, and nothing is written."""
    put(tmp_path / "old", "a.jsonl", workers[4:5])
    put(tmp_path / "old", "a.har", workers[4:5])
    code, told = convert(tmp_path / "old", tmp_path / "made", "--to", "yaml")
    assert (code, "would both be written" in told, (tmp_path / "made").exists()) == (2, True, False)


@pytest.mark.slow
def test_one_damaged_capture_hinders_no_other(sides, tmp_path):
    """It is named, and the command tells that not everything was written."""
    (sides[0] / "z.jsonl").write_text('{"request": 1}\n', encoding="utf-8")
    code, told = convert(sides[0], tmp_path / "made", "--to", "har")
    assert code == 2
    assert f"not converted: {sides[0] / 'z.jsonl'}" in told
    assert len(list((tmp_path / "made").rglob("*.har"))) == 4


def test_a_cluster_converts_as_one_process_does(sides, tmp_path, cluster, monkeypatch):
    """Byte by byte, though a worker is killed."""
    address, workers = cluster
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    workers[0].kill()
    assert convert(sides[0], tmp_path / "1", "--to", "har", "--engine", "dask")[0] == 0
    assert convert(sides[0], tmp_path / "2", "--to", "har", "--jobs", "1")[0] == 0
    names = [each.relative_to(tmp_path / "2") for each in (tmp_path / "2").rglob("*.har")]
    assert len(names) == 4
    assert all((tmp_path / "1" / each).read_bytes() == (tmp_path / "2" / each).read_bytes() for each in names)
