"""The consumer library of the official SDK against the endpoint: it runs, shares shards, and survives a kill.

Workers write what they consume to one file, a line a record, before they save their checkpoint. Appending keeps the
lines of all workers in the order in which they were consumed, so each shard's lines tell its whole story: a step back
is a repetition, a step forward a gap.
"""

import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, CursorPosition, LogHubConfig

from sls_contract.checks import check
from sls_contract.checks.consumption import Consumption
from sls_contract.endpoint.server import serve
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, sign

NAMES = ("my-project", "my-logstore")
GROUP = "readers"
PATH = f"/logstores/my-logstore/consumergroups/{GROUP}"
ENDPOINT = "cn-hangzhou.log.aliyuncs.com"
SEEDS = range(int(os.environ.get("SLS_SEEDS", "1")))
SHARDS, RECORDS = 4, 1000
ENOUGH = 30.0  # seconds until a test gives up

PROGRAM = """
import os, sys, time
from aliyun.log.consumer import ConsumerProcessorBase, ConsumerWorker, CursorPosition, LogHubConfig

endpoint, version, name, output = sys.argv[1:]


class Writer(ConsumerProcessorBase):
    def process(self, log_groups, check_point_tracker):
        logs = [log for group in log_groups.LogGroups for log in group.Logs]
        lines = [f"{name} {self.shard_id} {log.Contents[0].Value}\\n" for log in logs]
        # BEFORE
        file = os.open(output, os.O_WRONLY | os.O_APPEND)
        os.write(file, "".join(lines).encode())  # one write, so that the other worker's lines stay apart
        os.close(file)
        self.save_checkpoint(check_point_tracker)  # to the endpoint every half second, else in memory


config = LogHubConfig(
    endpoint,
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
    os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
    "my-project",
    "my-logstore",
    "readers",
    name,
    cursor_position=CursorPosition.BEGIN_CURSOR,
    heartbeat_interval=1,
    data_fetch_interval=0.1,
    max_fetch_log_group_size=40,
    security_token=os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN"),
    auth_version=version,
    region="cn-hangzhou",
)


def make():
    writer = Writer()
    writer.checkpoint_timeout = 0.5
    return writer


ConsumerWorker(make, config).start(join=True)
"""
SAVE_FIRST = ("# BEFORE", "self.save_checkpoint(check_point_tracker, force=True); time.sleep(2)")


def fill(endpoint, shards, records):
    """Fill the logstore, a log group a record; return each cursor's index."""
    endpoint.add_logstore(*NAMES, shards=shards)
    return {
        endpoint.put_logs(shard, [{"index": str(index)}]): index for shard in range(shards) for index in range(records)
    }


def consumed(output):
    """Return for each shard the indices that were consumed, in order, by whomever."""
    sequences = {}
    for line in output.read_text("utf-8").splitlines():
        _, shard, index = line.split()
        sequences.setdefault(int(shard), []).append(int(index))
    return sequences


def names(output):
    """Return the workers that consumed anything."""
    return {line.split()[0] for line in output.read_text("utf-8").splitlines()}


def held(endpoint):
    """Return for each worker the shards that the last response to its heartbeat gave it."""
    responses = {}
    for exchange in endpoint.exchanges:
        query = dict(exchange.request.query_pairs())
        if query.get("type") == "heartbeat":
            responses[query["consumer"]] = json.loads(exchange.response.body)
    return responses


def checkpoints_read(endpoint, indices, records):
    """Return for each shard the indices at which workers were told to begin."""
    begins = {}
    for exchange in endpoint.exchanges:
        if exchange.request.method == "GET" and exchange.request.path == PATH and exchange.response.status == 200:
            for entry in json.loads(exchange.response.body):
                index = indices.get(entry["checkpoint"], records) if entry["checkpoint"] else 0
                begins.setdefault(entry["shard"], set()).add(index)
    return begins


def flaws(sequences, begins, shards, records):
    """Return what went wrong: what was lost, every gap, every repetition that begins at no checkpoint."""
    found = []
    for shard in range(shards):
        sequence = sequences.get(shard, [])
        lost = set(range(records)) - set(sequence)
        if lost:
            found.append(f"shard {shard}: {len(lost)} records lost, the first {min(lost)}")
        for before, after in pairwise([-1, *sequence]):
            if after > before + 1:
                found.append(f"shard {shard}: {after} follows {before}")
            if after <= before and after not in begins[shard]:
                found.append(f"shard {shard}: {after} again, behind {before}, is no checkpoint")
    return found


def findings(endpoint):
    """Return what is wrong with any exchange, alone or after those before it."""
    alone = [finding for each in endpoint.exchanges for finding in check(each)]
    together = Consumption(in_order=True)
    return alone + [finding for each in endpoint.exchanges for finding in together.judge(each).findings]


def until(condition, seconds=ENOUGH):
    """Wait until the condition holds; tell whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def pulls(endpoint, shard):
    path = f"/logstores/my-logstore/shards/{shard}"
    return sum(each.path == path and ("type", "log") in each.query_pairs() for each in endpoint.requests)


def is_complete(output, shards, records):
    return [len(set(indices)) for indices in consumed(output).values()] == [records] * shards


@pytest.fixture
def output(tmp_path):
    path = tmp_path / "consumed.txt"
    path.touch()
    return path


@pytest.fixture
def start_process(server, output, tmp_path):
    """Give a function that starts a worker as a process of its own; what still runs at the end is killed."""
    started = []

    def start(name, key=TEST_CREDENTIALS, version="v1", changed=("", "")):
        program = tmp_path / f"{name}.py"
        program.write_text(PROGRAM.replace(*changed), "utf-8")
        environ = {
            **os.environ,
            "http_proxy": server.url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
            **({"ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token} if key.security_token else {}),
        }
        arguments = [sys.executable, program, ENDPOINT, version, name, output]
        with (tmp_path / f"{name}.log").open("wb") as log:
            started.append(subprocess.Popen(arguments, env=environ, stdout=log, stderr=log))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


class Writer(ConsumerProcessorBase):
    """Writes the records to a file and saves the checkpoint after each pull."""

    def __init__(self, output):
        super().__init__()
        self.output = output

    def process(self, log_groups, check_point_tracker):
        logs = [log for group in log_groups.LogGroups for log in group.Logs]
        with self.output.open("a") as file:
            file.write("".join(f"thread {self.shard_id} {log.Contents[0].Value}\n" for log in logs))
        check_point_tracker.save_check_point(True)


class FailsOnce(Writer):
    """Fails at the record 7 the first time: as it should, with the last checkpoint, or with an error."""

    def __init__(self, output, *, raises):
        super().__init__(output)
        self.raises, self.failed = raises, False

    def process(self, log_groups, check_point_tracker):
        indices = [log.Contents[0].Value for group in log_groups.LogGroups for log in group.Logs]
        if "7" not in indices or self.failed:
            return super().process(log_groups, check_point_tracker)
        self.failed = True
        if self.raises:
            raise OSError
        return check_point_tracker.get_check_point()


@pytest.fixture
def start_thread(monkeypatch, output):
    """Give a function that starts a worker in this process, at a server that outlives it; its ``stop`` ends all."""
    started = []

    def start(server, make=Writer, **options):
        monkeypatch.setenv("http_proxy", server.url)
        config = LogHubConfig(
            ENDPOINT,
            TEST_CREDENTIALS.access_key_id,
            TEST_CREDENTIALS.access_key_secret,
            *NAMES,
            GROUP,
            "consumer_1",
            cursor_position=CursorPosition.BEGIN_CURSOR,
            heartbeat_interval=1,
            data_fetch_interval=0.05,
            max_fetch_log_group_size=5,
        )
        started.append(ConsumerWorker(make, config, args=(output,), kwargs=options))
        started[-1].start()
        return started[-1]

    def stop():
        for worker in started:
            worker.shutdown()
            worker.join(ENOUGH)
            assert not worker.is_alive()

    start.stop = stop
    yield start
    stop()


def kinds(endpoint):
    """Return what was asked, in order, each kind once."""
    asked = (
        (each.method, urlsplit(each.url).path, dict(each.query_pairs()).get("type", "")) for each in endpoint.requests
    )
    return list(dict.fromkeys(asked))


def test_a_worker_runs_to_steady_state(endpoint, server, output, start_thread):
    """It consumes all, saves the last checkpoint, goes on with what comes later, and every exchange conforms."""
    fill(endpoint, 1, 12)
    worker = start_thread(server)
    assert until(lambda: is_complete(output, 1, 12))
    endpoint.put_logs(0, [{"index": "12"}])
    assert until(lambda: is_complete(output, 1, 13))
    client = worker.consumer_client
    end = client.get_end_cursor(0)
    assert until(lambda: client.get_check_point(0)["checkpoint"] == end)
    assert client.get_check_point(0)["consumer"] == "consumer_1"
    shards = "/logstores/my-logstore/shards/0"
    assert kinds(endpoint) == [
        ("GET", "/logstores/my-logstore/consumergroups", ""),
        ("POST", "/logstores/my-logstore/consumergroups", ""),
        ("POST", PATH, "heartbeat"),
        ("GET", PATH, ""),
        ("GET", shards, "cursor"),
        ("GET", shards, "log"),
        ("POST", PATH, "checkpoint"),
    ]
    assert findings(endpoint) == []


@pytest.mark.parametrize("raises", [False, True])
def test_a_batch_that_fails_comes_again_only_where_process_asks_for_it(endpoint, server, output, start_thread, raises):
    """Where it raises, the library goes on behind the batch; given the last checkpoint, it fetches the batch again."""
    indices = fill(endpoint, 1, 20)
    start_thread(server, FailsOnce, raises=raises)
    assert until(lambda: 19 in consumed(output).get(0, ()))
    found = flaws(consumed(output), checkpoints_read(endpoint, indices, 20), 1, 20)
    assert found == (["shard 0: 5 records lost, the first 5", "shard 0: 10 follows 4"] if raises else [])


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_killed_worker_loses_nothing(endpoint, start_process, output, seed):
    """Two workers, four shards, one killed at a random moment: the other takes over at the checkpoints.

    Where the seed is even they hold two shards each when the records come; else it may be any moment, of the first
    sharing out, too.
    """
    chance = random.Random(seed)
    indices = fill(endpoint, SHARDS, RECORDS if seed % 2 else 0)
    workers = [start_process(name) for name in ("worker_1", "worker_2")]
    if seed % 2 == 0:
        assert until(lambda: sorted(map(len, held(endpoint).values())) == [2, 2])
        indices = fill(endpoint, SHARDS, RECORDS)
    assert until(lambda: names(output))
    time.sleep(chance.uniform(0, 4 if seed % 2 else 2))
    chance.choice(workers).kill()
    complete = until(lambda: is_complete(output, SHARDS, RECORDS))
    begins = checkpoints_read(endpoint, indices, RECORDS)
    assert flaws(consumed(output), begins, SHARDS, RECORDS) == []
    assert complete
    assert findings(endpoint) == []


@pytest.mark.slow
def test_a_consumer_that_saves_before_it_acts_is_found_out(endpoint, start_process, output):
    """Killed between its checkpoint and its effect it loses records, and the check says which."""
    indices = fill(endpoint, 1, 100)
    hasty = start_process("hasty", changed=SAVE_FIRST)
    assert until(lambda: ("POST", PATH, "checkpoint") in kinds(endpoint))
    hasty.kill()
    start_process("worker_2")
    assert until(lambda: 99 in consumed(output).get(0, ()))
    found = flaws(consumed(output), checkpoints_read(endpoint, indices, 100), 1, 100)
    assert found == ["shard 0: 40 records lost, the first 0", "shard 0: 40 follows -1"]


@pytest.mark.full
def test_a_killed_worker_with_temporary_keys_and_v4_loses_nothing(endpoint, start_process, output):
    """The same with the other signature and a security token, for a worker that is at work for certain."""
    fill(endpoint, 2, 0)
    workers = [start_process(name, TEST_STS_CREDENTIALS, "v4") for name in ("worker_1", "worker_2")]
    assert until(lambda: sorted(map(len, held(endpoint).values())) == [1, 1])
    indices = fill(endpoint, 2, 400)
    assert until(lambda: "worker_2" in names(output))
    workers[1].kill()
    assert until(lambda: is_complete(output, 2, 400))
    assert flaws(consumed(output), checkpoints_read(endpoint, indices, 400), 2, 400) == []
    assert {each.headers["Authorization"].partition(" ")[0] for each in endpoint.requests} == {"SLS4-HMAC-SHA256"}
    assert findings(endpoint) == []


def without_filter(endpoint):
    """Wrap the endpoint so that GetCheckPoint returns every shard, whichever was requested."""

    def send(request):
        if request.method == "GET" and request.path == PATH:
            request = sign(request.replace(url=request.url.partition("?")[0]), TEST_CREDENTIALS, at=datetime.now(UTC))
        return endpoint(request)

    return send


def with_nothing_for_unconsumed(endpoint):
    """Wrap the endpoint so that GetCheckPoint has no entry for a shard that was never consumed."""

    def send(request):
        response = endpoint(request)
        if request.method != "GET" or request.path != PATH:
            return response
        body = json.dumps([entry for entry in json.loads(response.body) if entry["checkpoint"]]).encode()
        return response.replace(headers=response.headers.with_field("Content-Length", str(len(body))), body=body)

    return send


@pytest.mark.slow
@pytest.mark.parametrize("broken", [False, True])
def test_an_endpoint_that_ignores_the_filter_is_found_out(endpoint, output, start_thread, broken):
    """The worker then takes shard 0's checkpoint for shard 1's, and skips records without a word."""
    indices = fill(endpoint, 2, 20)
    endpoint.set_checkpoint(GROUP, 0, next(iter(indices)))
    endpoint.set_checkpoint(GROUP, 1, list(indices)[20])
    with serve(without_filter(endpoint) if broken else endpoint) as server:
        start_thread(server)
        assert until(lambda: (len(consumed(output).get(0, ())), pulls(endpoint, 1) > 5) == (20, True))
        assert broken or until(lambda: is_complete(output, 2, 20))
        start_thread.stop()
    complete = is_complete(output, 2, 20)
    found = flaws(consumed(output), {0: {0}, 1: {0}}, 2, 20)
    assert (complete, found) == ((False, ["shard 1: 20 records lost, the first 0"]) if broken else (True, []))


def test_a_worker_never_starts_without_an_entry(endpoint, output, start_thread):
    """If it gets ``[]`` for a shard that was never consumed, it asks for ever and pulls nothing."""
    fill(endpoint, 1, 5)
    with serve(with_nothing_for_unconsumed(endpoint)) as server:
        start_thread(server)
        assert until(lambda: sum(each.path == PATH and each.method == "GET" for each in endpoint.requests) > 5)
        start_thread.stop()
    assert output.read_text() == ""
    assert not any(each.path.startswith("/logstores/my-logstore/shards") for each in endpoint.requests)


@pytest.mark.parametrize(
    ("sequence", "found"),
    [
        ([0, 1, 2, 3], []),
        ([0, 1, 2, 1, 2, 3], []),
        ([0, 2, 3], ["shard 0: 1 records lost, the first 1", "shard 0: 2 follows 0"]),
        ([1, 2, 3], ["shard 0: 1 records lost, the first 0", "shard 0: 1 follows -1"]),
        ([0, 1, 2, 0, 1, 2, 3], ["shard 0: 0 again, behind 2, is no checkpoint"]),
        ([0, 1, 2, 2, 3], ["shard 0: 2 again, behind 2, is no checkpoint"]),
        ([0, 1, 2], ["shard 0: 1 records lost, the first 3"]),
    ],
)
def test_what_the_kill_test_would_find(sequence, found):
    """Each way of consuming wrongly is told; a repetition from the checkpoint is none."""
    assert flaws({0: sequence}, {0: {1}}, 1, 4) == found
