"""``sls-contract exercise`` as its users run it: real clients, signals, files and exit codes; the guide's examples."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from left_out import full

from sls_contract.cli import exercise
from sls_contract.cli import run as run_command
from sls_contract.cli.parser import Parser
from sls_contract.exercise import SITUATIONS, Plan
from sls_contract.exercise.setting import Auth
from sls_contract.locale import language_of, translated
from sls_contract.reports.benches import area_table
from sls_contract.spec import CLAUSES, Level

GUIDE = Path(__file__).parents[2] / "docs" / "exercise.md"
PAGE = Path(__file__).parents[2] / "docs" / "exercise.md"
CLIENTS = PAGE.read_text(encoding="utf-8").partition("<details>")[2]
NODE = shutil.which("node")
SHELL = shutil.which("curl") and shutil.which("openssl")
EXAMPLES = [
    pytest.param("python", sys.executable, ".py", id="python"),
    pytest.param("js", NODE, ".js", id="node", marks=pytest.mark.skipif(not NODE, reason="needs node")),
    pytest.param("sh", "sh", ".sh", id="sh", marks=pytest.mark.skipif(not SHELL, reason="needs curl and openssl")),
]
TELLING = (
    "shard-given",
    "shard-omitted",
    "error-404-consumer-group-not-exist",
    "error-500-internal-server-error",
    "html-200",
    "empty-object",
    "truncated-json",
    "cut-off",
    "chunked",
    "no-content-length",
    "json-spaced",
    "update-time-beyond-doubles",
    "group-in-chinese",
    "reset",
    "failure-once",
    "redirect",
)
OWN_CONTRACT = json.dumps({"operation": "NoSuch", "coverage": "full", "method": "GET", "path": "/no/such"})
ONE = ("--auth", "v1", "--scenario", "shard-given")


def example(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", CLIENTS, re.DOTALL)[1]


@pytest.fixture
def client(tmp_path) -> list[str]:
    """The page's client in Python."""
    path = tmp_path / "client.py"
    path.write_text(example("python"), encoding="utf-8")
    return [sys.executable, str(path)]


def command(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = run_command(["exercise", *words], environ=os.environ, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(("language", "program", "suffix"), EXAMPLES)
class TestExamplesOfTheReadme:
    """Whoever copies an example begins with a client that is right."""

    @pytest.mark.slow
    def test_breaks_nothing(self, tmp_path, language, program, suffix):
        """In success, in failure, in trouble; what it does not know, it says with 77."""
        path = tmp_path / f"client{suffix}"
        path.write_text(example(language), encoding="utf-8")
        telling = TELLING if os.environ.get("SLS_FULL") else TELLING[:3]
        scenarios = [word for name in telling for word in ("--scenario", name)]
        code, out, err = command("--strict", *scenarios, "--", program, str(path))
        assert (code, err) == (0, ""), out
        assert out.endswith("no violation, 0 warnings\n")
        assert "\n  v4: shard-given, shard-omitted" in out

    def test_is_short(self, tmp_path, language, program, suffix):
        """Fifteen lines, or a few more."""
        assert len(example(language).strip().splitlines()) <= 20


def test_a_broken_client_is_told_and_exits_1(tmp_path, client):
    """A client that makes an empty list of whatever it does not understand."""
    path = tmp_path / "broken.py"
    path.write_text(
        example("python").replace("sys.exit(print(json.dumps(error)) or 1)", "print('[]')"), encoding="utf-8"
    )
    code, out, _ = command("--auth", "v1", "--scenario", "html-200", "--", sys.executable, str(path))
    assert code == 1
    assert "SLS521 silent-success (violation)\n  in html-200 (v1) at exit code" in out
    assert "How to fix: " in out
    assert "1 violation" in out.splitlines()[-1]


def test_a_client_that_does_not_end_is_ended():
    """After the time that was given."""
    begun = time.monotonic()
    code, out, _ = command("--timeout", "1.5", "--scenario", "html-404", "--", "sleep", "60")
    assert code == 1
    assert "SLS504 hang" in out
    assert time.monotonic() - begun < 20


@pytest.mark.slow
def test_the_line_that_repeats_a_scenario_repeats_it(tmp_path):
    """A program whose path and arguments need quoting."""
    path = tmp_path / "a client's.sh"
    path.write_text("exit 1", encoding="utf-8")
    (tmp_path / "their own").mkdir()
    (tmp_path / "their own" / "NoSuch.json").write_text(OWN_CONTRACT, encoding="utf-8")
    judged = ("--strict", "--contract", str(tmp_path / "their own"), "--timeout", "20.5", "--jobs", "3", "--seed", "3")
    code, out, _ = command(*ONE, *judged, "--", "sh", str(path), "消费 组")
    again = re.search("again: (.*)", out)[1].replace("sls-contract", f"{sys.executable} -m sls_contract", 1)
    done = subprocess.run(again, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (code, out)
    given = shlex.split(again)
    assert all(word in given for word in (*ONE, *judged))


def test_json_on_standard_output_leaves_the_text_to_standard_error(client):
    """A program reads the one, a person the other."""
    code, out, err = command(*ONE, "--json", "-", "--", *client)
    report = json.loads(out)
    assert code == 0
    assert (report["command"], report["client"], report["findings"]) == ("exercise", client, [])
    assert [(each["scenario"], each["auth"], each["verdict"]) for each in report["outcomes"]] == [
        ("shard-given", "v1", "passed"),
        ("shard-given", "v1-sts", "not supported"),
    ]
    assert report["not_supported"] == ["shard-given (v1-sts)"]
    assert err.endswith("no violation, 0 warnings\n")


def test_json_in_a_file(tmp_path, client):
    """Beside the text; a file that cannot be written is told, and a violation decides the exit code all the same."""
    path = tmp_path / "报告" / "r.json"
    assert command(*ONE, "--json", str(path), "--", *client)[0] == 0
    assert json.loads(path.read_text(encoding="utf-8"))["summary"]["scenarios"] == 1
    code, _, err = command(*ONE, "--json", str(path / "r.json"), "--", *client)
    assert (code, "cannot write the report" in err) == (2, True)
    code, _, err = command(*ONE, "--json", str(path / "r.json"), "--", "false")
    assert (code, "cannot write the report" in err) == (1, True)


@pytest.mark.slow
def test_the_page_shows_what_a_client_sent_and_not_its_key(tmp_path):
    """The exchange of the finding, the map of what was judged, and the command that repeats the run."""
    path = tmp_path / "r.html"
    bad = (
        "import os, requests; e = os.environ\n"
        "requests.get(f\"http://{e['SLS_PROJECT']}.{e['SLS_ENDPOINT']}/logstores/l/consumergroups/g\", timeout=60)"
    )
    assert command(*ONE, "--report", str(path), "--", sys.executable, "-c", bad)[0] == 1
    page = path.read_text("utf-8")
    assert "GET http://" in page
    assert "/consumergroups/g" in page
    assert "--scenario" in page
    assert "testAccessKeySecret" not in page


def test_a_client_that_sends_nothing_received_nothing():
    """The finding says that no request came, and names no response."""
    code, out, _ = command(*ONE, "--", "sh", "-c", "exit 0")
    assert (code, "SLS511" in out, "the service returned" in out) == (1, True, False)


BY_HAND = """
import os, socket, sys
host, port = os.environ["SLS_LOOPBACK"].split(":")
wire = socket.create_connection((host, int(port)), timeout=60)
wire.sendall(sys.argv[1].format(host=os.environ["SLS_PROJECT"] + "." + os.environ["SLS_ENDPOINT"]).encode())
wire.recv(65536)
sys.exit(1)
"""


@pytest.mark.parametrize(
    ("sent", "actual", "fix"),
    [
        ("CONNECT {host}:80 HTTP/1.1\r\nHost: {host}:80\r\n\r\n", ".log.aliyuncs.com:80", "HTTP_PROXY"),
        ("GET /logstores HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n", "not a valid HTTP request", "one Host"),
        ("GET /logstores/a b HTTP/1.1\r\nHost: {host}\r\n\r\n", "not a valid HTTP request", "a target without blanks"),
        ("\x16\x03\x01 hello\r\n\r\n", "not a valid HTTP request", "plain http, not https"),
    ],
    ids=["tunnel", "two-hosts", "blank-in-target", "tls"],
)
def test_what_the_endpoint_refused_is_named(sent, actual, fix):
    """A client that opens a tunnel, or sends what is no HTTP, is not told that it sent nothing."""
    code, out, _ = command(*ONE, "--json", "-", "--", sys.executable, "-c", BY_HAND, sent)
    found = next(each for each in json.loads(out)["findings"] if each["slug"] == "no-request-sent")
    assert (code, actual in found["actual"], fix in found["how_to_fix"]) == (1, True, True), found


def test_nothing_judged_is_no_success():
    """A client that can do nothing proves nothing; one that cannot be run, neither."""
    code, out, _ = command(*ONE, "--", "sh", "-c", "exit 77")
    assert (code, out.splitlines()[-1]) == (2, "0 exchanges, 0 runs judged: nothing could be judged")
    code, out, _ = command(*ONE, "--", "sh", "-c", "exit 126")
    assert (code, "could not be run" in out) == (2, True)
    code, _, err = command(*ONE, "--", "/no/such/program")
    assert (code, "cannot run '/no/such/program'" in err) == (2, True)


def test_warnings_fail_where_that_is_asked_for(tmp_path):
    """A client that fails without saying why."""
    words = ("--scenario", "html-404", "--", sys.executable, str(tmp_path / "quiet.py"))
    (tmp_path / "quiet.py").write_text(example("python").replace("print(json.dumps(error))", "None"), encoding="utf-8")
    assert command(*words)[0] == 0
    assert command("--strict", *words)[0] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "the client's command after --"),
        (("--scenario", "html-2000", "--", "true"), "html-404? --list shows all of them."),
        (("--scenario", "完全", "--", "true"), "--list shows all of them"),
        (("--timeout", "0", "--", "true"), "above 0"),
        (("--timeout", "nan", "--", "true"), "above 0"),
        (("--timeout", "x", "--", "true"), "above 0"),
        (("--jobs", "0", "--", "true"), "1 or more"),
        (("--jobs", "二", "--", "true"), "1 or more"),
        (("--auth", "v2", "--", "true"), "invalid choice"),
    ],
)
def test_wrong_use_is_told(capsys, words, said):
    """With what was expected, and exit code 2."""
    code, _, err = command(*words)
    assert code == 2
    assert said in err + capsys.readouterr().err


def test_the_list_names_every_scenario():
    """Below a heading for each area, with the response; no line is wider than 100 columns."""
    code, out, _ = command("--list")
    lines = out.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines if re.match(r"  \S", line)] == list(SITUATIONS)
    assert {line for line in lines if re.match(r"\S", line)} == {each.area for each in SITUATIONS.values()}
    assert max(map(len, lines)) <= 100


def test_options_of_the_client_are_the_clients():
    """What stands after -- is the client's alone, a second -- included."""
    parser = Parser()
    exercise.configure(parser.add_subparsers())
    arguments = parser.parse_args(["exercise", "--jobs", "2", "--", "npx", "--jobs", "9", "--", "--list", "-x"])
    assert arguments.client == ["npx", "--jobs", "9", "--", "--list", "-x"]
    assert (arguments.jobs, arguments.list) == (2, False)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_on_a_terminal_only(client):
    """How many runs are done; nothing of it stays on the line."""
    screen, out = Terminal(), io.StringIO()
    words = ["exercise", *ONE, "--", *client]
    assert run_command(words, environ=os.environ, stdin=io.StringIO(), stdout=out, stderr=screen) == 0
    assert "2 of 2" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")
    assert command(*ONE, "--", *client)[2] == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), full(signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_the_client(tmp_path, number, code):
    """With the exit code of the signal; the client's process is gone, and what was found is told."""
    mark = tmp_path / "pid"
    path = tmp_path / "client.py"
    path.write_text(
        f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n", encoding="utf-8"
    )
    words = [sys.executable, "-m", "sls_contract", "exercise", *ONE, "--jobs", "1", "--", sys.executable, str(path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert "the run is incomplete: " in out
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


@pytest.mark.parametrize(("guide", "language"), [(GUIDE, "en"), (GUIDE.with_suffix(".zh.md"), "zh_CN")])
def test_the_guide_shows_the_first_lines_that_its_client_gets(guide, language):
    """How many runs there are, and the first areas of a client that signs with v1 only, in the reader's language."""
    v1 = Auth("v1", sts=False)
    verdicts = [(situation.area, "passed" if v1 in auths else "not supported") for situation, auths in _tasks()]
    with language_of({"SLS_CONTRACT_LANG": language}):
        count = translated(f"{len(_tasks())} runs; v1 and v4; seed 0")
        rows = [*area_table(("passed", "not supported"), verdicts, None)][:4]
    (shown,) = re.findall(r"```console\n\$ [^\n]*\n(.*?)…\n```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert shown.splitlines() == ["python3 client.py", count, "", *rows]


def _tasks():
    return Plan(("x",)).tasks()


def test_the_guide_names_every_clause_about_clients():
    """By code and slug, a warning as such."""
    guide = GUIDE.read_text(encoding="utf-8")
    for code, each in CLAUSES.items():
        if code.startswith("SLS5"):
            assert f"`{code}` {each.slug}{' (warning)' if each.level is Level.WARNING else ''}" in guide
