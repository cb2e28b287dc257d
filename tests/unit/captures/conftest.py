"""Recordings of two workers of one consumer group, whose exchanges hang together, in every format of a capture."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sls_contract.captures.judging import Part, Whole, judge_chunk
from sls_contract.captures.lines import line_of
from sls_contract.captures.reading import chunks_of
from sls_contract.cassettes import load_cassette
from sls_contract.cassettes.audit import AuditSettings
from sls_contract.cassettes.har.archive import write_har

WORKERS = Path(__file__).parents[3] / "cassettes" / "test_consumer_workers" / "workers.sls.yaml"
TERMS = AuditSettings(datetime(2026, 12, 1, tzinfo=UTC))


def judged(source, settings=TERMS) -> Part:
    """Judge a capture in this process, chunk by chunk."""
    whole = Whole(str(source), settings)
    for chunk in chunks_of(str(source)):
        whole.add(judge_chunk(chunk, settings), chunk)
    return whole.part


def told(part: Part) -> list[tuple[str, int | None]]:
    return [(each.finding.slug, each.position) for each in part.placed]


def changed(recording, old, new):
    """Put other bytes into a response."""
    response = recording.exchange.response
    assert old in response.body
    body = response.body.replace(old, new)
    response = response.replace(body=body, headers=response.headers.with_field("Content-Length", str(len(body))))
    return replace(recording, exchange=replace(recording.exchange, response=response), id="", digest="")


@pytest.fixture(scope="session")
def workers():
    """Give all recordings; one response breaks a clause by itself, another together with those before."""
    whole = list(load_cassette(WORKERS).recordings)
    whole[3] = changed(whole[3], b'"shard"', b'"shart"')
    whole[126] = changed(whole[126], b"[0,1]", b"[0,1,2]")
    return whole


@pytest.fixture
def lines(tmp_path, workers):
    """Give the first twelve as JSON Lines."""
    path = tmp_path / "网关.jsonl"
    path.write_text("".join(map(line_of, workers[:12])), encoding="utf-8")
    return path


@pytest.fixture
def har(tmp_path, workers):
    """Give the first twelve as a HAR."""
    path = tmp_path / "a.har"
    write_har(path, workers[:12], "1")
    return path


@pytest.fixture
def cluster(tmp_path):
    """Start a Dask scheduler and three workers, each a process of its own; give the address and the workers."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    file = tmp_path / "scheduler.json"
    run = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", str(file), "--port", "0"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    started = [subprocess.Popen([*run, "--no-dashboard"], **quiet)]
    while not file.exists() or not file.read_text():
        time.sleep(0.05)
    address = json.loads(file.read_text())["address"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
    started += [subprocess.Popen([*worker, "--no-dashboard"], **quiet) for _ in range(3)]
    yield address, started[1:]
    for process in started:
        process.kill()
        process.wait()
