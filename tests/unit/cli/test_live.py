"""What a long run tells: each finding once, at once; counts stay exact, memory flat."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from dataclasses import replace

import pytest

from sls_contract.checks import judge
from sls_contract.cli.listening import line_writer, warn_if_public
from sls_contract.cli.live import Ended, LiveResults, conclude, exit_code
from sls_contract.cli.terminal import Console
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.reports import Target
from sls_contract.spec import clause

URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard="
FOREIGN = Exchange(Request("GET", "http://example.com/?token=hide"), None)


def broken(shard: int) -> Exchange:
    return Exchange(Request("GET", f"{URL}{shard}"), Response(200, {"Content-Type": "application/json"}, b"{}"))


def place(position):
    return {"cassette": "a.sls.yaml", "exchange": position, "line": 4}


@pytest.fixture
def shown():
    return []


@pytest.fixture
def results(shown):
    return LiveResults(show=shown.extend, place=place)


def test_a_finding_is_shown_once_and_counted(results, shown):
    """The same breach of the same request again is a number; of another request it is another finding."""
    for shard in (0, 0, 1):
        results.count(broken(shard), [judge(broken(shard))], "live", shard)
    text = "\n".join(shown)
    assert text.count("SLS201") == 2
    assert "a.sls.yaml:4 exchange 0: SLS201" in text
    assert f"    > GET {URL}0" in text
    assert sorted(noted.times for noted in results.noted.values() if noted.finding.code == "SLS201") == [1, 2]
    assert (results.exchanges, results.breaches) == (3, [])


def test_what_no_source_decides_is_counted_and_not_shown(results, shown):
    """Unspecified findings fill no screen."""
    finding = clause("recording-incomplete").finding("recording", "a response", "none", "record again")
    for _ in range(3):
        results.add([finding], broken(0), 0)
    assert shown == []
    assert [noted.times for noted in results.noted.values()] == [3]


def test_verbose_shows_each_exchange_on_one_line(results, shown):
    """With its place, where it has one; secrets in the query are masked, line ends escaped."""
    results.verbose = True
    results.count(FOREIGN, [judge(FOREIGN)], "live", 3)
    results.place = lambda _: {"cassette": "a.sls.yaml", "exchange": None}
    results.count(FOREIGN, [judge(FOREIGN)], "live")
    line = "GET http://example.com/?token=*** (no response)"
    assert shown == [f"{line} (a.sls.yaml:4 exchange 3)", line]


ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tAbCdEfGhIjKlMnOpQr",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "kEy0123456789Secre",
}


def concluding(results, json_path=None, **ended):
    stdout, stderr = io.StringIO(), io.StringIO()
    arguments = Namespace(command="replay", json=json_path, report=[], strict=False)
    end = Ended(Target("http://x", "live"), **ended)
    report = conclude(end, results, arguments, Console(ENVIRON, io.StringIO(), stdout, stderr))
    return report, stdout.getvalue(), stderr.getvalue()


def test_the_end_is_told_to_people_and_programs(results):
    """With --json - people read standard error."""
    results.count(broken(0), [judge(broken(0))], "live", 0)
    results.count(FOREIGN, [judge(FOREIGN)], "live", 1)
    list_groups = Exchange(Request("GET", URL.partition("/g?")[0]), None)
    results.count(list_groups, [judge(list_groups)], "live", 2)
    report, stdout, stderr = concluding(results, "-", foreign_hosts=["b.test", "b.test"])
    document = json.loads(stdout)
    assert document["command"] == "replay"
    assert {"times", "cassette", "exchange", "line"} <= set(document["findings"][0])
    assert document["facts"] == [{"fact": "foreign-host", "host": "b.test"}]
    assert stderr.startswith("3 exchanges: ")
    assert "judged: " in stderr
    assert "1 exchange of other services: not judged" in stderr
    assert "not SLS hosts: b.test" in stderr
    assert exit_code(report, 130, strict=False) == document["exit_code"] == 1


def test_the_report_of_a_run_without_an_exchange_is_not_green(results):
    """A signal ends each run: the report says how it went. Nothing was judged if no request to SLS came."""
    assert json.loads(concluding(results, "-")[1])["exit_code"] == 2
    results.count(FOREIGN, [judge(FOREIGN)], "live", 0)
    assert json.loads(concluding(results, "-")[1])["exit_code"] == 2
    read = Exchange(Request("GET", URL.partition("/g?")[0]), None)
    results.count(read, [replace(judge(read), findings=())], "live", 1)
    assert json.loads(concluding(results, "-")[1])["exit_code"] == 0


def test_a_key_in_the_place_of_a_host_is_not_told(results):
    """Whatever a client asked for is listed, but for the key of the run."""
    hosts = [f"{secret.lower()}.b.test" for secret in ENVIRON.values()]
    report, stdout, _ = concluding(results, foreign_hosts=hosts)
    assert len(report.facts) == 2
    assert not [secret for secret in ENVIRON.values() if secret.lower() in f"{stdout} {report.facts}".lower()]


def test_troubles_make_it_incomplete(results, shown):
    """Exit 2; a secret that was written is a violation all the same; without either the signal decides."""
    assert exit_code(concluding(results)[0], 143, strict=True) == 143
    report, stdout, _ = concluding(results, failures=[KeyError("secret")])
    assert (exit_code(report, 143, strict=False), "secret" in stdout) == (2, False)
    results.fail("CassetteError: disk\nHow to fix: room")
    assert shown == ["CassetteError: disk", "How to fix: room"]
    report, stdout, _ = concluding(results)
    assert "1 problem: " in stdout
    assert exit_code(report, 143, strict=False) == 2
    results.fail("x.yaml:3: SLS601 secret-in-recording: a key was written")
    assert exit_code(concluding(results)[0], 143, strict=False) == 1


def test_a_report_that_cannot_be_written_hides_no_violation(results, tmp_path):
    """The file's name on stderr; exit 2 where nothing else was wrong, 1 where a violation was found."""
    (tmp_path / "file").write_text("", "utf-8")
    lost = str(tmp_path / "file" / "report.json")
    report, stdout, stderr = concluding(results, lost)
    assert f"sls-contract replay: cannot write the report to {lost}" in stderr
    assert "0 exchanges: " in stdout
    assert exit_code(report, 143, strict=False) == 2
    results.count(broken(0), [judge(broken(0))], "live", 0)
    assert exit_code(concluding(results, lost)[0], 143, strict=False) == 1


def test_nobody_needs_to_read_it():
    """A closed standard error fails no request; an open address is warned about."""
    stderr = io.StringIO()
    show = line_writer(stderr)
    warn_if_public("127.0.0.1", show)
    warn_if_public("0.0.0.0", show)
    assert stderr.getvalue() == "warning: 0.0.0.0 is not a loopback address; other machines can reach this\n"
    stderr.close()
    show(["lost"])
