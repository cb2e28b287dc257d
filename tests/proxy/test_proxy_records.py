"""``sls-contract proxy``: unmodified clients are recorded, and what was recorded replays to them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from advice import advised
from left_out import full
from own_contracts import FINDING, demand_view

from sls_contract import load_cassette
from sls_contract.cassettes.recording import Evidence
from sls_contract.exchange import Response
from sls_contract.signing import TEST_CREDENTIALS, Credentials

CLIENTS = (
    ("PYLOG", {"SHARDS": [0, 1, -1]}),
    ("PYLOG", {"SHARDS": [0, 1, -1], "AUTH": "v4"}),
    ("TEA", {"SHARDS": [0, 1, None]}),
    ("TEA", {"SHARDS": [0, 1, None], "AUTH": "v4", "ASYNC": True}),
)


@pytest.mark.slow
@pytest.mark.parametrize("clients", [CLIENTS[:1], full(CLIENTS)], ids=len)
def test_unmodified_clients_are_recorded_and_replayed(kit, start, run, client, upstream, tmp_path, clients):
    """HTTP_PROXY alone leads a client here; the recording passes `check`, and replays to the same clients."""
    proxy = start("proxy", "--cassette", "reads.sls.yaml", "--to", upstream.url, environ=kit.REAL)
    for program, words in clients:
        assert client(getattr(kit, program), proxy.environ, **words) == ["['MTAw']", "['MjAw']", "['MTAw', 'MjAw']"]
    assert proxy.end() == 143, proxy.errors
    assert f"{3 * len(clients)} exchanges: 0 violations, 0 warnings, 0 unspecified" in proxy.output
    cassette = load_cassette(tmp_path / "reads.sls.yaml")
    assert cassette.evidence is Evidence.REFERENCE
    assert {one.signature.verdict for one in cassette.recordings} == {"verified"}
    checked = run("check", "--strict", "reads.sls.yaml")
    assert checked.returncode == 0, checked.stdout
    replay = start("replay", "reads.sls.yaml", "--strict")
    for program, words in clients:
        seen = client(getattr(kit, program), replay.environ, TEST_CREDENTIALS, **words)
        assert seen == ["['MTAw']", "['MjAw']", "['MTAw', 'MjAw']"]
    assert replay.end() == 143, replay.errors
    assert f"{3 * len(clients)} exchanges: 0 violations" in replay.output


@pytest.mark.slow
def test_threads_and_processes_at_once_lose_nothing(kit, start, run, client, upstream, endpoint, tmp_path):
    """Eight threads and four processes through one proxy: each exchange is recorded once; with kill -9, too."""
    proxy = start("proxy", "--cassette", "all.sls.yaml", "--to", upstream.url, environ=kit.REAL)

    def ask(number: int) -> int:
        return kit.get(f"{kit.URL}?shard={number % 2}&thread={number}", proxy.url, kit.KEY).status

    with ThreadPoolExecutor(12) as pool:
        several = [pool.submit(client, kit.PYLOG, proxy.environ, SHARDS=[0, 1] * 5) for _ in range(4)]
        threads = list(pool.map(ask, range(80)))
        assert {len(each.result()) for each in several} == {10}
    assert set(threads) == {200}
    proxy.end(signal.SIGKILL)
    assert (tmp_path / "all.sls.yaml.journal").exists()
    run("check", "all.sls.yaml")  # folds the journal in
    assert not (tmp_path / "all.sls.yaml.journal").exists()
    recordings = load_cassette(tmp_path / "all.sls.yaml").recordings
    assert len(recordings) == len(endpoint.exchanges) == 120
    targets = [one.exchange.request.target for one in recordings]
    assert len({target for target in targets if "thread=" in target}) == 80


@pytest.mark.full
def test_two_proxies_and_a_test_share_a_cassette(kit, start, client, upstream, tmp_path):
    """The file lock keeps them apart: each proxy's exchanges are there."""
    proxies = [
        start("proxy", "--cassette", "two.sls.yaml", "--to", upstream.url, "--record", "all", environ=kit.REAL)
        for _ in range(2)
    ]
    for proxy in proxies:
        client(kit.PYLOG, proxy.environ, SHARDS=[0, 1])
    assert [proxy.end() for proxy in proxies] == [143, 143]
    assert len(load_cassette(tmp_path / "two.sls.yaml").exchanges) == 4


@pytest.mark.slow
def test_no_secret_is_written_or_shown(kit, start, run, client, upstream, tmp_path):
    """Key, token and signature are in neither file nor output; declared names are public ones."""
    options = ("--to", upstream.url, "--rename", "readers=public_group", "--verbose", "--json", "out.json")
    proxy = start("proxy", "--cassette", "s.sls.yaml", *options, environ=kit.environment_of(kit.STS_KEY))
    token = kit.PYLOG.replace("source", f"securityToken={kit.STS_KEY.security_token!r}, source")
    client(token, proxy.environ, kit.STS_KEY)
    wrong = Credentials(
        kit.STS_KEY.access_key_id, "another" + kit.STS_KEY.access_key_secret, kit.STS_KEY.security_token
    )
    assert kit.get(kit.URL, proxy.url, wrong).status == 401
    assert proxy.end() == 1  # a wrong signature was sent
    written = (tmp_path / "s.sls.yaml").read_text("utf-8") + (tmp_path / "out.json").read_text("utf-8")
    shown = proxy.invitation + proxy.output + proxy.errors + written
    for secret in (kit.STS_KEY.access_key_id, kit.STS_KEY.access_key_secret, kit.STS_KEY.security_token, "readers"):
        assert secret not in shown
    assert "public_group" in written
    assert "GET http://my-project.cn-hangzhou.log.aliyuncs.com:80" in proxy.errors
    assert "SLS601" not in run("check", "s.sls.yaml").stdout


@pytest.mark.slow
def test_a_second_recording_differs_in_nothing_that_matters(kit, start, run, client, upstream, tmp_path):
    """`once` plays what exists, `new_episodes` adds to it, `all` replaces it, and `diff` finds nothing breaking."""
    base = ("proxy", "--cassette", "reads.sls.yaml", "--to", upstream.url)
    first = start(*base, environ=kit.REAL)
    client(kit.PYLOG, first.environ)
    first.end()
    (tmp_path / "old.sls.yaml").write_bytes((tmp_path / "reads.sls.yaml").read_bytes())

    once = start(*base, environ=kit.REAL)
    assert client(kit.PYLOG, once.environ) == ["['MTAw']"]
    miss = kit.get(f"{kit.URL}?shard=9", once.url)
    assert (miss.status, json.loads(miss.body)["errorCode"]) == (421, "RequestNotRecorded")
    assert once.end() == 1
    assert "playing reads.sls.yaml" in once.invitation
    assert "--record new_episodes" in once.errors

    more = start(*base, "--record", "new_episodes", environ=kit.REAL)
    assert client(kit.PYLOG, more.environ, SHARDS=[0, 1]) == ["['MTAw']", "['MjAw']"]
    assert more.end() == 143
    assert len(load_cassette(tmp_path / "reads.sls.yaml").exchanges) == 2

    again = start(*base, "--record", "all", environ=kit.REAL)
    client(kit.PYLOG, again.environ)
    assert again.end() == 143
    assert run("diff", "old.sls.yaml", "reads.sls.yaml").returncode == 0


def test_contracts_of_a_folder_judge_what_the_proxy_records(kit, start, upstream, tmp_path):
    """--contract requires a key that the shipped contract leaves free: the finding comes with the exchange, exit 1."""
    own = tmp_path / "own"
    demand_view(own)
    proxy = start("proxy", "--cassette", "own.sls.yaml", "--to", upstream.url, "--contract", "own", environ=kit.REAL)
    assert kit.get(f"{kit.URL}?shard=0", proxy.url, kit.KEY).status == 200
    assert proxy.end() == 1, proxy.errors
    assert FINDING in proxy.errors
    refused = start("proxy", "--cassette", "no.sls.yaml", "--contract", "none")
    assert refused.end() == 2
    assert "expected a folder of contracts, found none at none" in refused.errors


def test_a_body_that_cannot_be_scanned_is_allowed_as_the_finding_says(kit, start, upstream, endpoint):
    """It is a warning, which fails with --strict; the advice names that option, no marker of pytest."""
    date, body, options = datetime.now(UTC), b"\x0b\x02\x80[]\x03\xff", ["--strict"]
    headers = {"Content-Type": "application/json", "Content-Encoding": "br", "Content-Length": str(len(body))}
    headers |= {
        "Date": format_datetime(date, usegmt=True),
        "x-log-requestid": f"{int(date.timestamp()):08X}" + "6" * 16,
    }
    answer = Response(200, headers, body)

    def unopened() -> tuple[int, str]:
        endpoint.respond_next(answer)
        command = ("proxy", "--cassette", "b.sls.yaml", "--record", "all", "--to", upstream.url, *options)
        proxy = start(*command, environ=kit.REAL)
        assert kit.get(f"{kit.URL}?shard=0", proxy.url, kit.KEY).status == 200
        code = proxy.end()
        return code, proxy.errors + proxy.output

    code, told = unopened()
    assert code == 1
    options.remove(advised(told.partition("SLS608")[2], r"and allow it \(leave out (--\w+)\)")[1])
    assert unopened()[0] == 143


def test_an_old_capture_without_a_response_is_recorded_again_as_the_finding_says(kit, start, run, upstream, tmp_path):
    """Its client is any: the proxy records what it asks, and nothing is found about that recording."""
    line = {"request": {"method": "GET", "url": kit.URL}, "error": "reset", "recorded_at": "2024-01-02T03:04:05Z"}
    (tmp_path / "old.jsonl").write_text(json.dumps(line), "utf-8")

    def found(name: str) -> tuple[set[str], str]:
        done = run("check", name, "--verbose", "--max-age", "30d", "--json", "r.json")
        codes = {each["code"] for each in kit.report(tmp_path / "r.json")["findings"]}
        return codes & {"SLS603", "SLS604", "SLS605"}, done.stdout

    codes, told = found("old.jsonl")
    assert codes == {"SLS603", "SLS604", "SLS605"}
    command, cassette = advised(told, r"record it again \(sls-contract (proxy --cassette (\S+))\)").groups()
    proxy = start(*command.split(), "--to", upstream.url, environ=kit.REAL)
    assert kit.get(kit.URL, proxy.url, kit.KEY).status == 200
    assert proxy.end() == 143, proxy.errors
    assert found(cassette)[0] == set()


def test_what_breaks_the_contract_is_told_at_once_and_at_the_end(kit, start, upstream, tmp_path):
    """A wrong query key: exit 1, the finding on stderr and once in the report, with its line, however often it came."""
    proxy = start("proxy", "--cassette", "w.sls.yaml", "--to", upstream.url, "--json", "out.json", environ=kit.REAL)
    assert kit.get(f"{kit.URL}?shard=0", proxy.url, kit.KEY).status == 200
    for _ in range(3):
        assert kit.get(f"{kit.URL}?shardId=0", proxy.url, kit.KEY).status == 200
    assert proxy.end(signal.SIGINT) == 1
    assert proxy.errors.count("SLS103") == 1
    report = kit.report(tmp_path / "out.json")
    (finding,) = [one for one in report["findings"] if one["code"] == "SLS103"]
    assert (finding["times"], finding["cassette"], finding["exchange"]) == (3, "w.sls.yaml", 1)
    block = (tmp_path / "w.sls.yaml").read_text("utf-8").splitlines()[finding["line"] - 1 :]
    assert block[0].startswith("- ")
    assert "shardId=0" in next(line for line in block if "uri:" in line)
    assert report["target"] == {"endpoint": upstream.url, "evidence": "reference"}


def test_ctrl_c_leaves_a_whole_file(kit, start, run, client, upstream, tmp_path):
    """INT ends it with 130, the journal is folded, the recording is finished."""
    proxy = start("proxy", "--cassette", "deep/er/reads.sls.yaml", "--to", upstream.url, environ=kit.REAL)
    client(kit.PYLOG, proxy.environ)
    assert proxy.end(signal.SIGINT) == 130
    assert [path.name for path in (tmp_path / "deep" / "er").iterdir()] == ["reads.sls.yaml"]
    assert load_cassette(tmp_path / "deep/er/reads.sls.yaml").file.unfinished == ()


def test_it_is_a_command_of_the_package():
    """Its help names the options and the exit codes."""
    done = subprocess.run(
        [sys.executable, "-m", "sls_contract", "proxy", "--help"], capture_output=True, encoding="utf-8", check=True
    )
    assert {"--cassette", "--to", "--record", "--https", "--rename"} <= set(done.stdout.replace("[", " ").split())
