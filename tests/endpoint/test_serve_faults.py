"""Faults on the wire: ``serve --fault`` as a process, every kind over a socket, and a real SDK that meets them."""

import contextlib
import gzip
import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aliyun.log import LogClient, LogException
from sdk import log_client

from sls_contract.endpoint import fault
from sls_contract.errors import UsageError
from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, sign

TARGET = "/logstores/my-logstore/consumergroups/g?shard=0"


def request(port: int, target: str = TARGET) -> bytes:
    """Return a signed request as it stands on the wire; its connection ends with the response."""
    host = f"my-project.127.0.0.1:{port}"
    fields = {"Host": host, "Connection": "close"}
    signed = sign(Request("GET", f"http://{host}{target}", fields), TEST_CREDENTIALS, at=datetime.now(UTC))
    lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in signed.headers.pairs), "", ""]
    return "\r\n".join(lines).encode()


@pytest.fixture
def ask(server, endpoint, wire):
    """Script a fault, ask, and return head and body of what came."""
    endpoint.set_checkpoint("g", 0, "MTAw")

    def ask(text: str) -> tuple[str, bytes]:
        endpoint.respond_next(fault(text))
        head, _, body = wire(server.port).say(request(server.port)).all().partition(b"\r\n\r\n")
        return head.decode(), body

    return ask


def test_status_and_body_on_the_wire(ask):
    """Status, headers and body are those of the fault, in whole."""
    head, body = ask("status=503 body=<b>忙</b> content-type=text/html header=Retry-After:5")
    assert head.startswith("HTTP/1.1 503 Service Unavailable\r\n")
    assert {"Content-Type: text/html", "Retry-After: 5", "Content-Length: 10"} <= set(head.splitlines())
    assert body == "<b>忙</b>".encode()


def test_an_error_on_the_wire(ask):
    """The service's own error, as its pages print it."""
    head, body = ask("error=ReadQuotaExceed")
    assert head.startswith("HTTP/1.1 403 ")
    assert body == b'{"errorCode":"ReadQuotaExceed","errorMessage":"Read quota is exceeded."}'


def test_a_redirect_on_the_wire(ask):
    """302 and where to."""
    head, body = ask("redirect=http://elsewhere.aliyuncs.com/")
    assert head.startswith("HTTP/1.1 302 Found\r\n")
    assert "\r\nLocation: http://elsewhere.aliyuncs.com/\r\n" in head + "\r\n"
    assert body == b""


def test_codings_on_the_wire(ask):
    """The endpoint's own response, zipped though nobody asked, and in chunks."""
    head, body = ask("gzip")
    assert "\r\nContent-Encoding: gzip" in head
    assert gzip.decompress(body).startswith(b'[{"shard":0,')
    head, body = ask("chunked")
    assert "Content-Length" not in head
    assert re.fullmatch(rb"[0-9A-F]+\r\n\[\{.*\}\]\r\n0\r\n\r\n", body)
    _, body = ask("gzip chunked")
    assert gzip.decompress(body.partition(b"\r\n")[2].removesuffix(b"\r\n0\r\n\r\n")).startswith(b"[{")


def test_a_cut_response_on_the_wire(ask):
    """Fewer bytes than announced, and the end; a short body is cut as well."""
    head, body = ask("truncate=40")
    assert int(re.search(r"Content-Length: (\d+)", head)[1]) > 40 == len(body)
    head, body = ask("truncate=40 body=ok")
    assert ("Content-Length: 2" in head, body) == (True, b"o")


def test_a_late_response_on_the_wire(ask):
    """Nothing comes before the delay is over."""
    began = time.monotonic()
    head, _ = ask("delay=200ms")
    assert head.startswith("HTTP/1.1 200 ")
    assert 0.2 <= time.monotonic() - began < 15


def test_an_end_on_the_wire(ask):
    """Closed in good order, and reset: before any byte, and after some."""
    assert ask("close") == ("", b"")
    with pytest.raises(ConnectionResetError):
        ask("reset")
    with pytest.raises(ConnectionResetError):
        ask("truncate=40 reset")


def test_options_script_the_responses_in_their_order(command, wire, tmp_path):
    """--fault and --faults as they stand; --verbose marks what was scripted; then the endpoint is itself."""
    script = tmp_path / "忙.faults"
    script.write_text("# two of them\nstatus=502\n\nreset\n", "utf-8")
    options = ("--fault", "status=501", "--faults", str(script), "--fault", "status=503 operation=GetCheckPoint")
    with command(*options, "--verbose") as process:
        got, port = [], int(process.first_line.rpartition(":")[2])
        for _ in range(5):
            with contextlib.suppress(ConnectionResetError):
                got.append(wire(port).say(request(port)).all()[9:12])
        process.terminate()
        lines = process.communicate(timeout=60)[1].splitlines()
    assert got == [b"501", b"502", b"503", b"404"]
    told = [line.partition("shard=0 ")[2] for line in lines]
    assert told == ["501 (scripted)", "502 (scripted)", "(no response) (scripted)", "503 (scripted)", "404"]


def test_an_operation_of_ones_own_can_fail(command, wire, tmp_path):
    """--contract has it; other requests are not its."""
    contract = {"operation": "GetWeather", "method": "GET", "path": "/weather/{city}"}
    (tmp_path / "GetWeather.json").write_text(json.dumps(contract), "utf-8")
    with command("--fault", "status=503 operation=GetWeather", "--contract", str(tmp_path)) as process:
        port = int(process.first_line.rpartition(":")[2])
        other, own = request(port), request(port, "/weather/hangzhou")
        assert [wire(port).say(each).all()[9:12] for each in (other, own, own)] == [b"404", b"503", b"421"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--fault", "statsu=1"), "fault 'statsu=1': there is no setting 'statsu'; did you mean status?"),
        (("--fault", ""), "the fault has no effect"),
        (
            ("--faults", "no/such"),
            "no/such: expected a file of faults in UTF-8: No such file or directory\nHow to fix: name a text file",
        ),
    ],
)
def test_a_wrong_fault_starts_nothing(command, options, words):
    """Exit 2, the reason and the fix on stderr, no traceback, no server."""
    with command(*options) as process:
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, process.first_line + output) == (2, "")
    assert words in errors
    assert "Traceback" not in errors


@pytest.fixture
def client(server) -> LogClient:
    return log_client(server)


NAMES = ("my-project", "my-logstore", "g")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("error=ReadQuotaExceed", "ReadQuotaExceed"),
        ("error=Odd status=418 message=teapot", "Odd"),
        ("body=<html/> content-type=text/html", "BadResponse"),
        ("status=404 body=<html/>", "BadResponse"),
        ("truncate=10", "LogRequestError"),
        ("status=206", "LogRequestError"),
    ],
)
def test_the_sdk_sees_what_was_scripted(endpoint, client, text, code):
    """aliyun-log-python-sdk raises what it makes of the fault, and only for the operation that it is for."""
    endpoint.set_checkpoint("g", 0, "MTAw")
    endpoint.respond_next(fault(f"operation=GetCheckPoint {text}"))
    assert client.list_consumer_group(*NAMES[:2]).get_consumer_groups()
    with pytest.raises(LogException) as raised:
        client.get_check_point(*NAMES, 0)
    assert raised.value.get_error_code() == code
    assert client.get_check_point(*NAMES, 0).get_consumer_group_check_points()[0]["checkpoint"] == "MTAw"


@pytest.mark.parametrize("text", ["gzip", "chunked", "gzip chunked", "delay=50ms", "after=1 status=500"])
def test_the_sdk_copes_with_what_is_only_unusual(endpoint, client, text):
    """What HTTP allows harms nobody."""
    endpoint.set_checkpoint("g", 0, "MTAw")
    endpoint.respond_next(fault(text))
    assert client.get_check_point(*NAMES, 0).get_consumer_group_check_points()[0]["checkpoint"] == "MTAw"


def test_the_sdk_retries_a_server_error(endpoint, client):
    """Two responses are 500, then the third request succeeds: the SDK repeats after a second each."""
    endpoint.set_checkpoint("g", 0, "MTAw")
    endpoint.respond_next(fault("status=500 times=2"))
    assert client.get_check_point(*NAMES, 0).get_consumer_group_check_points()
    assert [served.scripted for served in endpoint.log] == [True, True, False]


DOCS = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")


def test_every_fault_that_the_page_shows_is_one():
    """The examples, and those of the shell lines, are read; every setting stands in a table."""
    (examples,) = re.findall(r"^```text\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
    for line in [*examples.splitlines(), *re.findall(r"--fault '([^']*)'", DOCS)]:
        assert fault(line), line
    with pytest.raises(UsageError, match="there are") as raised:
        fault("?")
    names = re.search(r"there are (.*)\n", str(raised.value))[1].split(", ")
    assert {re.split(r"[=`]", row)[0] for row in re.findall(r"^\| `(.*)` \|", DOCS, re.MULTILINE)} == set(names)


def test_the_tests_that_the_page_shows_pass(tmp_path):
    """They run as they stand."""
    source = "\n".join(re.findall(r"^```python\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL))
    (tmp_path / "test_shown.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shown.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert "2 passed" in done.stdout, done.stdout
