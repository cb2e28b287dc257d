"""All six clients, unmodified and many at once, against what `serve`, `proxy` and `replay` put on a socket."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
from roster import CLIENTS, HERE

from sls_contract import load_cassette, sign, verify_signature
from sls_contract.exchange import Request
from sls_contract.exercise.setting import Setting, environment
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

GROUP = "/logstores/my-logstore/consumergroups/readers"
AUTHS = [(scheme, key) for scheme in ("v1", "v4") for key in (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)]
SHARDS = (None, 0, 1)
UNDERSTOOD = {0: "MTAw", 1: "MjAw"}  # what the group's checkpoints are in these tests


@contextlib.contextmanager
def running(command: str, *options: str):
    """Start one of our commands on a free port, wait for the line that names its URL, and interrupt it at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sls_contract", command, "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        process.url = re.search(r"http://\S+", process.stdout.readline())[0]
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.output = process.communicate(timeout=30)


@pytest.fixture(scope="module")
def service():
    """Yield a reference endpoint on loopback with a group that has a checkpoint in each of its two shards."""
    with running("serve") as served:
        say(served.url, "POST", GROUP.rpartition("/")[0], {"consumerGroup": "readers", "timeout": 60, "order": False})
        for shard, checkpoint in UNDERSTOOD.items():
            wanted = {"shard": shard, "checkpoint": checkpoint}
            say(served.url, "POST", f"{GROUP}?type=checkpoint&forceSuccess=true", wanted)
        yield served.url


def say(url, method, target, body):
    """Bring about a state; the service must agree."""
    host = f"my-project.{url.removeprefix('http://')}"
    content = json.dumps(body).encode()
    headers = {"Host": host, "Content-Type": "application/json"}
    signed = sign(Request(method, f"http://{host}{target}", headers, content), TEST_CREDENTIALS, at=datetime.now(UTC))
    with requests.Session() as session:
        session.trust_env = False
        session.request(method, url + target, headers=dict(signed.headers), data=content, timeout=60).raise_for_status()


def told(url, scheme="v1", key=TEST_CREDENTIALS, shard=None):
    """Return the environment that brings a wrapper to a URL."""
    setting = Setting("cn-hangzhou", "my-project", "my-logstore", "readers", shard, scheme, key)
    return environment(setting, url.removeprefix("http://"), os.environ, datetime.now(UTC))


def ask(client, url, scheme, key, shard):
    """Run a wrapper once; return the checkpoints that it understood, by shard. None: it knows no such scheme."""
    environ = told(url, scheme, key, shard)
    done = subprocess.run(client.command(), env=environ, capture_output=True, encoding="utf-8", timeout=60, check=False)
    if done.returncode == 77:
        return None
    assert done.returncode == 0, done.stderr
    return {each["shard"]: each["checkpoint"] for each in json.loads(done.stdout.splitlines()[-1])}


def expected(shard):
    return UNDERSTOOD if shard is None else {shard: UNDERSTOOD[shard]}


def installed():
    """Return the clients, and skip where one is missing: nothing here may pass for want of a client."""
    for client in CLIENTS:
        if client.missing():
            pytest.skip(client.missing())
    return CLIENTS


@pytest.mark.slow
@pytest.mark.full(keep=4)
@pytest.mark.parametrize("client", CLIENTS, ids=[each.name for each in CLIENTS])
def test_each_client_reads_from_the_served_endpoint(service, client):
    """Under a real endpoint name, in each scheme that it has, with a key and with a token; @alicloud/log: v1."""
    if client.missing():
        pytest.skip(client.missing())
    auths = AUTHS if os.environ.get("SLS_FULL") else (AUTHS[0], AUTHS[-1])
    responses = {(scheme, key.security_token): ask(client, service, scheme, key, 1) for scheme, key in auths}
    unknown = {auth for auth, response in responses.items() if response is None}
    assert unknown == ({auth for auth in responses if auth[0] == "v4"} if client.name == "@alicloud/log" else set())
    assert all(response == expected(1) for auth, response in responses.items() if auth not in unknown)


@pytest.mark.full
def test_what_the_proxy_recorded_of_six_clients_replays_to_each_of_them(service, tmp_path):
    """All six at once through one proxy: each exchange is in the cassette, verified; another run gets it played."""
    clients = installed()
    runs = [(client, "v1", TEST_CREDENTIALS, shard) for client in clients for shard in SHARDS]
    cassette = tmp_path / "six.sls.yaml"
    with running("proxy", "--cassette", str(cassette), "--to", service) as proxy, ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda run: ask(run[0], proxy.url, *run[1:]), runs))
    assert responses == [expected(shard) for *_, shard in runs]
    exchanges = load_cassette(cassette).exchanges
    assert len(exchanges) == len(runs)
    assert all(verify_signature(each.request, TEST_CREDENTIALS) is None for each in exchanges)
    with running("replay", str(cassette)) as replay, ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda run: ask(run[0], replay.url, *run[1:]), runs))
    assert again == responses


@pytest.mark.parametrize("script", ["burst.py", pytest.param("burst.cjs", marks=pytest.mark.full)])
def test_eight_at_once_in_each_of_four_processes_lose_nothing(service, tmp_path, script):
    """4 processes, each with 8 threads (Node: 8 calls under way) of 5 calls: 160 exchanges recorded, 160 played."""
    installed()
    command = ["node" if script.endswith(".cjs") else sys.executable, str(HERE / script)]
    cassette = tmp_path / "burst.sls.yaml"
    for options in (["proxy", "--cassette", str(cassette), "--to", service], ["replay", str(cassette)]):
        with running(*options) as process:
            assert at_once([command] * 4, told(process.url, shard=0)) == [0] * 4
        assert process.returncode == 130, process.output  # no violation, and none without a recording
        assert len(load_cassette(cassette).exchanges) == 160


def at_once(commands, environ):
    """Run commands side by side; return their exit codes, and leave none running."""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(each, env=environ)) for each in commands]
        for process in processes:
            stack.callback(process.kill)
        return [process.wait(60) for process in processes]
