"""The command ``signature``, run in this process on real files and streams."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest

from sls_contract.cli import signature
from sls_contract.cli.parser import Parser
from sls_contract.cli.terminal import Console
from sls_contract.errors import UsageError
from sls_contract.exchange import Request, wire_bytes
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign
from sls_contract.signing.environment import credentials_from_environment

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BARE = Request("GET", "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/日志?shard=0")
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "testAccessKeyId",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testAccessKeySecret",
}
STS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.testAccessKeyId",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testStsAccessKeySecret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "testSecurityToken",
}


def written(request: Request) -> bytes:
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{n}: {v}" for n, v in request.headers.pairs), "", ""]
    return wire_bytes("\r\n".join(lines)) + request.body


@pytest.fixture
def command(tmp_path):
    """Run the command on a request; gives exit code, standard output and standard error."""

    def run(data: bytes, *options: str, environ=ENVIRON, name: str | None = None):
        file = tmp_path / "request.txt"
        file.write_bytes(data)
        parser = Parser(prog="sls-contract")
        signature.configure(parser.add_subparsers())
        arguments = parser.parse_args(["signature", name or str(file), *options])
        stdin = io.TextIOWrapper(io.BytesIO(data), encoding="ascii")
        stdout, stderr = io.StringIO(), io.StringIO()
        code = arguments.run(arguments, Console(environ, stdin, stdout, stderr))
        return code, stdout.getvalue(), stderr.getvalue()

    return run


@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
@pytest.mark.parametrize("name", [None, "-"], ids=["file", "stdin"])
def test_verified(command, scheme, name):
    """A right signature: every step ticked, the text that is signed, exit 0."""
    code, out, err = command(written(sign(BARE, TEST_CREDENTIALS, scheme=scheme, at=AT)), name=name)
    assert (code, err) == (0, "")
    assert out.endswith(f"signature verifies ({scheme})\n")
    marks = [line.split()[0] for line in out.splitlines() if line.startswith("  ") and line[2] in "✓✗·"]
    assert marks == ["✓"] * (10 if scheme == "v4" else 8)
    assert "/logstores/日志" in out
    assert "clock not judged" in out


def test_text_on_standard_input(command, tmp_path):
    """A stream without bytes beneath it works as well."""
    parser = Parser(prog="sls-contract")
    signature.configure(parser.add_subparsers())
    arguments = parser.parse_args(["signature", "-"])
    stdin = io.StringIO(written(sign(BARE, TEST_CREDENTIALS, at=AT)).decode())
    stdout = io.StringIO()
    assert arguments.run(arguments, Console(ENVIRON, stdin, stdout, stdout)) == 0


@pytest.mark.slow
def test_mismatch_with_a_known_mistake(command):
    """A recognised mistake: the steps before it ticked, it crossed, those after it open, exit 1."""
    right = sign(BARE, TEST_CREDENTIALS, at=AT)
    code, out, _ = command(written(right.replace(url=right.url.replace("logstores", "other"))))
    assert code == 1
    assert "· resource" in out
    assert "✗ digest" in out
    unquoted = sign(BARE.replace(url=BARE.url.partition("?")[0]), TEST_CREDENTIALS, at=AT)
    code, out, _ = command(written(unquoted.replace(url=BARE.url)))
    assert code == 1
    assert "✓ header-list" in out
    assert "✗ resource      /logstores/日志  (expected /logstores/日志?shard=0)" in out
    assert "· digest" in out
    assert "How to fix: Sign the query with the path." in out


def test_unreadable_authorization(command):
    """Without a readable Authorization all steps are open but the first."""
    code, out, _ = command(written(BARE.replace(headers={"Host": "h.example.com"})))
    assert code == 1
    assert "✗ authorization nothing" in out
    assert out.count("·") == 9


def test_content_md5_in_v4(command):
    """A v4 request that sends no Content-MD5 signs none, and says so."""
    _, out, _ = command(written(sign(BARE, TEST_CREDENTIALS, scheme="v4", at=AT)))
    assert "✓ content-md5   not signed" in out


def test_clock(command):
    """With --at the clock is judged."""
    data = written(sign(BARE, TEST_CREDENTIALS, at=AT))
    code, out, _ = command(data, "--at", "2026-01-02T03:10:00Z")
    assert code == 0
    assert "clock not judged" not in out
    code, out, _ = command(data, "--at", "2026-01-02T12:10:00+08:00")
    assert code == 1
    assert "✗ date" in out


@pytest.mark.parametrize("text", ["now", "2026-01-02T03:10:00"])
def test_wrong_at(command, text):
    """--at without a zone, or no time at all, is a usage error."""
    with pytest.raises(UsageError, match="--at: expected a time with its zone"):
        command(written(BARE), "--at", text)


def test_region(command):
    """--region says what the scope must name where the host names none."""
    local = BARE.replace(url="http://my-project.127.0.0.1:8080/l", headers={"Host": "my-project.127.0.0.1:8080"})
    data = written(sign(local, TEST_CREDENTIALS, scheme="v4", region="cn-beijing", at=AT))
    assert command(data, "--region", "cn-beijing")[0] == 0
    code, out, _ = command(data, "--region", "cn-shanghai")
    assert code == 1
    assert "✗ scope" in out


def test_json_on_standard_output(command):
    """--json - leaves standard output to the document; the finding has the step's clause, the facts the mistake."""
    wrong = sign(BARE.replace(url=BARE.url.partition("?")[0]), TEST_CREDENTIALS, at=AT).replace(url=BARE.url)
    code, out, err = command(written(wrong), "--json", "-")
    document = json.loads(out)
    assert code == 1
    assert "wrong at step resource" in err
    assert document["command"] == "signature"
    assert document["target"]["endpoint"] == "my-project.cn-hangzhou.log.aliyuncs.com"
    assert [finding["slug"] for finding in document["findings"]] == ["signature-resource"]
    assert (document["facts"][0]["verified"], document["facts"][0]["mistakes"][0]) == (False, "query-left-out")


def test_json_to_a_file(command, tmp_path):
    """--json PATH writes the document beside the text."""
    path = tmp_path / "report.json"
    code, out, _ = command(written(sign(BARE, TEST_CREDENTIALS, scheme="v4", at=AT)), "--json", str(path))
    document = json.loads(path.read_text(encoding="utf-8"))
    (fact,) = document["facts"]
    assert (code, document["findings"], fact["verified"], fact["scheme"]) == (0, [], True, "v4")
    assert (fact["form"], fact["place"]) == ("raw request", "line 1")
    assert "signature verifies" in out


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_no_secret_is_shown(command, scheme, method):
    """Neither secret nor token nor a whole signature is shown, in text or JSON, right or wrong."""
    key = Credentials(
        "STS.NUgYrLnoC37mZZCNnAbez", "CVwjCkNzTMupZ8NbTCxCBRq3K16jtcWFTJAyBEv2", "CAES+wMIARKAAZhjH0EUOIhJMQBMjRywXq7MQ"
    )
    environ = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
    }
    request = sign(BARE, key, scheme=scheme, at=AT)
    shown = "".join(command(written(request.replace(method=method)), "--json", "-", environ=environ)[1:])
    assert "x-acs-security-token:***" in shown
    for secret in (key.access_key_secret, key.security_token, request.headers["authorization"][-28:]):
        assert secret not in shown


@pytest.mark.parametrize("missing", [*ENVIRON, None])
def test_missing_key(command, missing):
    """What the environment lacks is named."""
    environ = {name: value for name, value in ENVIRON.items() if missing and name != missing}
    with pytest.raises(UsageError, match=missing or "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        command(written(sign(BARE, Credentials("anotherId", "anotherSecret"), at=AT)), environ=environ)


def test_key_with_token():
    """The environment gives a temporary key with its token, an empty token is none, and nothing gives None."""
    assert credentials_from_environment(STS) == TEST_STS_CREDENTIALS
    assert credentials_from_environment(ENVIRON | {"ALIBABA_CLOUD_SECURITY_TOKEN": ""}) == TEST_CREDENTIALS
    assert credentials_from_environment({}) is None
    assert isinstance(credentials_from_environment(ENVIRON), Credentials)


def test_missing_file(command, tmp_path):
    """A file that is not there is named with the fix."""
    with pytest.raises(UsageError, match=r"cannot read .*nothing\.http: No such file"):
        command(b"", name=str(tmp_path / "nothing.http"))
