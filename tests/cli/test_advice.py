"""What stands after "How to fix:" is done as it is written, and turns green."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from advice import advised

from sls_contract import load_cassette, use_cassette
from sls_contract.endpoint.faults.language import parse_fault
from sls_contract.errors import UsageError
from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, sign

ROOT = Path(__file__).parents[2]
CASSETTE = ROOT / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"
PAGE = ROOT / "tests" / "unit" / "spec" / "pages" / "2024.en.md"
VCRPY = {
    "version": 1,
    "interactions": [
        {
            "request": {"method": "GET", "uri": "http://p.cn-hangzhou.log.aliyuncs.com/", "body": None, "headers": {}},
            "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "[]"}},
        }
    ],
}
KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tAbCdEfGhIjKlMnOpQr"}

PAGE_OF_CURSOR = "GetCursor/2021-01-27.en.md"


def signed() -> str:
    """Return a request that is signed with the public test key, as a log shows it."""
    request = sign(
        Request("GET", "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/g"),
        TEST_CREDENTIALS,
        at=datetime(2026, 1, 2, tzinfo=UTC),
    )
    lines = [f"GET {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.pairs)]
    return "\n".join([*lines, "", ""])


SIGNED = signed()


def fill(folder: Path, run) -> None:
    """Write what the commands below are about."""
    for name in ("project", "own", "odd", "two", "GetCursor", "GetBasket", "latin", "taken"):
        (folder / name).mkdir(parents=True)
    for name in ("page.md", PAGE_OF_CURSOR):
        shutil.copy(PAGE, folder / name)
    shutil.copy(CASSETTE, folder / "old.yaml")
    shutil.copy(CASSETTE, folder / "two" / "old.yaml")
    (folder / "vcrpy.json").write_text(json.dumps(VCRPY), "utf-8")
    (folder / "empty.har").write_text('{"log": {"entries": []}}', "utf-8")
    (folder / "odd" / "GetCheckPoint.json").write_text('{"summary": "nothing else"}', "utf-8")
    (folder / "broken.lock").write_text("memory://a zz\n", "utf-8")
    (folder / "taken" / "GetCheckPoint.request.json").write_text("{}", "utf-8")
    (folder / "gbk.md").write_bytes(PAGE.read_text("utf-8").encode("gb18030") + "时间\n".encode("gb18030"))
    for name in ("latin/old", "latin/pytest.ini"):
        (folder / name).write_bytes("# é\n".encode("latin1"))
    (folder / "signed.txt").write_text(SIGNED, "utf-8")
    (folder / "many.txt").write_text(SIGNED * 1001, "utf-8")
    run("sls-contract convert old.yaml old.har")
    shutil.copy(folder / "old.har", folder / "two")


@pytest.fixture
def make(command, tmp_path):
    """Fill the empty folder anew, and return what runs a line in it: of our commands, else of the shell."""
    as_filled = tmp_path.with_name(f"{tmp_path.name}-as-filled")

    def run(line: str) -> str:
        words, _, target = line.partition(" > ")
        if not words.startswith("sls-contract "):
            return subprocess.run(line, shell=True, check=True, cwd=tmp_path, capture_output=True, text=True).stdout
        done = command(*shlex.split(words)[1:])
        if target:
            (tmp_path / target).write_text(done.stdout, "utf-8")
        return f"{done.stderr}{'' if target else done.stdout}\nexit code {done.returncode}"

    def filled():
        if as_filled.exists():
            subprocess.run("rm -rf -- *", shell=True, check=True, cwd=tmp_path)  # the folder is where programs run
            shutil.copytree(as_filled, tmp_path, dirs_exist_ok=True)
        else:
            fill(tmp_path, run)
            shutil.copytree(tmp_path, as_filled)
        return run

    return filled


@pytest.mark.parametrize(
    ("failing", "advice", "steps"),
    [
        ("diff old.yaml", "^(sls-contract diff) OLD NEW$", [r"\1 old.yaml old.har"]),
        ("diff old.yaml gone", "name a cassette", ["sls-contract diff old.yaml old.har"]),
        ("diff old.yaml empty.har", "name two recordings", ["sls-contract diff old.yaml old.har"]),
        ("check gone", "or a folder of cassettes", ["sls-contract check two"]),
        ("check project", "name cassettes", ["sls-contract check old.yaml"]),
        ("check old.yaml --jobs 0", "^see (.*)", [r"\1"]),
        ("check old.yaml --contract own", "^(.*) PAGE.md (.*)", [rf"\1 {PAGE_OF_CURSOR} \2", "again"]),
        ("check old.yaml --contract odd", "(sls-contract.* -)$", [r"\1 > odd/GetCheckPoint.json", "again"]),
        ("convert old.yaml out.txt", "pass (--to har)", [r"again \1"]),
        ("convert old.yaml old.har", "pass (--force)", [r"again \1"]),
        ("convert old.yaml old.har", "name another file", ["sls-contract convert old.yaml other.har"]),
        ("convert two out --to jsonl", "rename one", ["mv two/old.har two/new.har", "again"]),
        ("convert empty.har new.yaml", "name another file", ["sls-contract convert old.har new.yaml"]),
        ("init project", "pass (--yes)", [r"again \1"]),
        ("exercise -- gone", "such as: (.*) -- python client.py", [r"\1 --list"]),
        ("merge old.har", "name a report", ["sls-contract check old.yaml --json r.json", "sls-contract merge r.json"]),
        ("spec show Nope", "^(sls-contract spec list)", [r"\1"]),
        ("spec show GetCheckPoin", r"did you mean (\w+)", [r"sls-contract spec show \1"]),
        ("spec derive", "name a file", ["sls-contract spec derive page.md"]),
        ("spec derive gone.md", r"name a page \(.md\)", ["sls-contract spec derive page.md"]),
        ("spec derive page.md --out own", "such as ([^,]*),", [r"sls-contract spec derive \1 --out own"]),
        (
            "spec derive page.md --out own --date 2024 --language en",
            r"such as (.*)\.$",
            [r"cp page.md \1", r"sls-contract spec derive \1 --out own"],
        ),
        ("spec build --folder own", "^(.*) PAGE.md (.*)", [rf"\1 {PAGE_OF_CURSOR} \2", "again"]),
        ("nonsense", "^see (.*)", [r"\1"]),
        ("diff old.yaml two", "name two cassettes", ["sls-contract diff old.yaml old.har"]),
        ("diff --git old.yaml x", r"^(git config .*)\.", ["git init -q .", r"\1", "git config --get-regexp diff"]),
        ("exercise", "^(sls-contract exercise) (-- python client.py)", [r"\1 --list \2"]),
        ("explain -", "name the code: (.*)\\.$", [r"\1"]),
        ("init gone", "name the folder of your project", ["sls-contract init project --yes"]),
        ("init latin --yes", "make it a UTF-8 text file", ["iconv -f latin1 latin/old -o latin/pytest.ini", "again"]),
        (
            "merge gone.json",
            "name a report",
            ["sls-contract check old.yaml --json r.json", "sls-contract merge r.json"],
        ),
        (
            "merge-driver gone old.yaml old.yaml",
            "name three files: BASE OURS THEIRS",
            ["sls-contract merge-driver old.yaml old.yaml old.yaml"],
        ),
        ("cassettes status", "name the URL of ini", ["sls-contract cassettes status memory://a"]),
        ("cassettes status two", "name the URL of ini", ["sls-contract cassettes status memory://a"]),
        ("cassettes --lock broken.lock status", "restore the file", ["printf '' > broken.lock", "again memory://a"]),
        ("cassettes --lock latin/old status", "restore it", ["printf '' > latin/old", "again memory://a"]),
        (
            "signature --request 2 signed.txt",
            "use one of these",
            ["sls-contract signature --request 1 signed.txt"],
        ),
        ("signature gone", "name a file with an HTTP request", ["sls-contract signature signed.txt"]),
        ("signature many.txt", "paste the request in question alone", ["sls-contract signature signed.txt"]),
        ("spec derive old.yaml", "pass the page's Markdown", ["sls-contract spec derive page.md"]),
        (
            "spec derive gbk.md",
            "save it as UTF-8",
            ["iconv -f gb18030 gbk.md -o page.md", "sls-contract spec derive page.md"],
        ),
        (
            "spec export --format json-schema --out taken",
            "choose another --out",
            ["sls-contract spec export --format json-schema --out free"],
        ),
        ("spec export --format json-schema --out taken", "or (--force)", [r"again \1"]),
        ("verify --only SLS204 --skip SLS204", "skip less", ["sls-contract verify --only SLS204 --list"]),
    ],
)
def test_a_command_that_failed_says_what_succeeds(make, failing, advice, steps):
    """A command, an option, a name: each is taken from the advice itself."""
    run = make()
    told, _, code = run(f"sls-contract {failing}").rpartition("\nexit code ")
    assert code != "0"
    match = advised(told.strip(), advice)
    for step in steps:
        line = match.expand(step).replace("again", f"sls-contract {failing}")
        done = run(line)
        goes_on = any(each in done for each in ("exit code 0", "[scale]'.", "record first:"))  # with or without extra
        assert not line.startswith("sls-contract") or goes_on, f"{line}\n{done}"


def test_a_har_is_converted_as_the_message_says(make, tmp_path, monkeypatch):
    """The command in the message writes the cassette that it names, which then plays."""
    run = make()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as told, use_cassette("old.har"):
        pass
    line = advised(str(told.value), "name the result: (.*)").group(1)
    assert run(line).endswith("exit code 0")
    assert len(load_cassette(shlex.split(line)[-1]).exchanges) == 5


def test_a_cassette_in_json_is_converted_as_the_message_says(make, tmp_path, monkeypatch):
    """One of vcrpy, also on one line, as programs that write JSON leave it."""
    run = make()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as told, use_cassette("vcrpy.json", record="all"):
        pass
    line = (
        advised(str(told.value), "one with: (.*)")
        .group(1)
        .replace("FILE.json", "vcrpy.json")
        .replace("FILE.yaml", "new.yaml")
    )
    assert run(line).endswith("exit code 0")
    assert len(load_cassette("new.yaml").exchanges) == 1


def test_both_names_of_a_key_are_exported_as_the_message_says(make, monkeypatch):
    run = make()
    run(f"printf %s {shlex.quote(REQUEST.replace('Accept: */*', 'Authorization: LOG a:' + 27 * 'A' + '='))} > one.txt")
    told = run("sls-contract signature one.txt")
    assert advised(told, "export both")
    for name in re.findall("ALIBABA_CLOUD_[A-Z_]+", told):
        monkeypatch.setenv(name, "x")
    assert run("sls-contract signature one.txt").endswith("exit code 1")  # it was judged: the key is another one


def test_a_key_is_exported_as_the_message_says(command):
    """Half a key is refused, and each name that the message prints is one to set."""
    request = b"GET /logstores/l HTTP/1.1\nHost: p.cn-hangzhou.log.aliyuncs.com\n\n"
    told = command("signature", "-", stdin=request, environ=KEY).stderr
    names = set(re.findall("ALIBABA_CLOUD_[A-Z_]+", told))
    assert advised(told, "set both, or neither")
    done = command("signature", "-", stdin=request, environ={**dict.fromkeys(names, "x"), **KEY})
    assert done.returncode == 1  # it was judged: the request is not signed
    assert "is not signed" in done.stdout


REQUEST = "GET /logstores/l HTTP/1.1\nHost: p.cn-hangzhou.log.aliyuncs.com\nAccept: */*\n\n"


@pytest.mark.parametrize(
    ("part", "wrong", "advice"),
    [
        ("GET /logstores/l", "GET logstores/l", "from the slash after the host on"),
        ("Host: p.cn-hangzhou.log.aliyuncs.com\n", "", "add 'Host: <project>.<endpoint>'"),
        ("Accept: */*", "Accept */*", "the header's name and a colon before its value"),
        ("GET /logstores/l HTTP/1.1\n", "", "paste the request from its first line on"),
        (REQUEST, "\n", "paste a request"),
        (REQUEST, "curl --data hi", "paste the whole command"),
        (REQUEST, "curl http://p.cn-hangzhou.log.aliyuncs.com/ -d @body.txt", "the file's content after (--data-raw)"),
    ],
)
def test_a_request_that_cannot_be_read_is_read_once_mended(make, part, wrong, advice):
    """What was wrong is the one thing that the advice says to write."""
    run = make()
    run(f"printf %s {shlex.quote(REQUEST.replace(part, wrong))} > request.txt")
    told = signature(run)
    match = advised(told, advice)
    mended = wrong.replace("-d @body.txt", f"{match.group(1)} hi") if match.groups() else REQUEST
    run(f"printf %s {shlex.quote(mended)} > request.txt")
    assert "is not signed" in signature(run)


def signature(run) -> str:
    """Return what ``signature`` says to a request, of which it needs no key that is right."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("ID", "SECRET"):
            patch.setenv(f"ALIBABA_CLOUD_ACCESS_KEY_{name}", "x")
        return run("sls-contract signature request.txt")


def test_examples_in_advice_are_right(make, monkeypatch):
    """Each way to write a time, and each fault, that a message shows is taken."""
    run = make()
    run(f"printf %s {shlex.quote(REQUEST)} > request.txt")
    for name in ("ID", "SECRET"):
        monkeypatch.setenv(f"ALIBABA_CLOUD_ACCESS_KEY_{name}", "x")
    told = advised(run("sls-contract signature --at yesterday request.txt"), "write it as (.*)").group(1)
    times = [each.strip(" '") for each in re.findall(r"'[^']*'|[0-9T:Z-]{20}", told)]
    assert len(times) == 2, told
    for each in [*times, "1767323045"]:
        assert "is not signed" in run(f"sls-contract signature --at {shlex.quote(each)} request.txt")
    told = advised(run("sls-contract serve --fault nonsense"), "like one of (.*)").group(1)
    faults = told.rstrip(".").split("; ")
    assert len(faults) == 4
    assert [parse_fault(each) for each in faults]


@pytest.mark.parametrize(
    "line",
    [
        "convert s3://bucket/x.har new.yaml",
        "convert oss://bucket/x.har new.yaml",
        "convert memory://x.har new.yaml",
        "check old.yaml --engine dask",
        "check old.yaml --engine ray",
        "verify --database redis://127.0.0.1:1",
        "proxy --https --cassette new.yaml --port 0",
    ],
)
def test_an_extra_that_is_missing_is_one_of_the_package(make, line):
    """What pip is told to install is there to install; where it is installed nothing is said."""
    if line.startswith("proxy") and find_spec("mitmproxy"):
        return
    told = make()(f"sls-contract {line}")
    if "pip install" in told:
        extra = advised(told, r"pip install 'sls-contract\[(\w+)\]'").group(1)
        assert extra in metadata("sls-contract").get_all("Provides-Extra")
