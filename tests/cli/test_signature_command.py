"""``sls-contract signature`` on what people paste."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sls_contract import Credentials, Request, load_cassette, sign
from sls_contract.cassettes.har.archive import write_har
from sls_contract.exchange import wire_bytes
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, examine, resign

KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "testAccessKeyId", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testAccessKeySecret"}
STS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.testAccessKeyId",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testStsAccessKeySecret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "testSecurityToken",
}
BARE = Request("GET", "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard=0")
SIGNED = sign(BARE, TEST_CREDENTIALS, at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
VECTORS = Path(__file__).parents[1] / "vectors" / "signing"


def raw(request: Request, end: str = "\r\n") -> bytes:
    head = [
        f"{request.method} {request.target} HTTP/1.1",
        *(f"{name}: {value}" for name, value in request.headers.pairs),
    ]
    return wire_bytes(end.join([*head, "", ""])) + request.body


def curl(request: Request) -> bytes:
    lines = ["*   Trying 192.0.2.1:80...", *(f"> {line}" for line in raw(request, "\n").decode().splitlines())]
    return "\n".join(
        [*lines, "* Request completely sent off", "< HTTP/1.1 200 OK", "< Server: AliyunSLS", "<", "[]"]
    ).encode()


@pytest.mark.parametrize(
    "data",
    [
        raw(SIGNED),
        raw(SIGNED, "\n"),
        curl(SIGNED),
        b"\xef\xbb\xbf\n\n" + raw(SIGNED, "\n    ").replace(b"GET", b"    GET"),
    ],
    ids=["crlf", "lf", "curl", "indented"],
)
def test_a_right_signature_however_it_was_pasted(command, data):
    """CRLF, LF, a curl transcript, an indented paste: verified, exit 0, nothing on standard error."""
    done = command("signature", "-", stdin=data, environ=KEY)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.endswith("signature verifies (v1)\n")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
def test_a_temporary_key(command, scheme):
    """With the token it verifies; without it the missing token is named; neither secret nor token is shown."""
    request = sign(BARE, TEST_STS_CREDENTIALS, scheme=scheme, at=datetime(2026, 1, 2, tzinfo=UTC))
    done = command("signature", "-", stdin=raw(request), environ=STS)
    assert done.returncode == 0, done.stdout
    lost = request.replace(headers=request.headers.without("x-acs-security-token"))
    wrong = command("signature", "-", stdin=raw(lost), environ=STS)
    assert wrong.returncode == 1
    assert "header-list" in wrong.stdout
    assert not any(secret in done.stdout + wrong.stdout for secret in list(STS.values())[1:])


def test_a_wrong_secret_is_named_without_showing_it(command):
    """The digest is the wrong step, the key a likely reason."""
    done = command(
        "signature", "-", stdin=raw(SIGNED), environ={**KEY, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "quite-another"}
    )
    assert done.returncode == 1
    assert "✗ digest" in done.stdout
    assert "How to fix:" in done.stdout
    assert "quite-another" not in done.stdout


WORST = {
    "empty": b"",
    "blank": b"\n\n\n",
    "binary": bytes(range(256)) * 50,
    "prose": "签名不对 please help".encode(),
    "response": b"HTTP/1.1 401 Unauthorized\r\n\r\n{}",
    "no-host": b"GET / HTTP/1.1\n\n",
    "header-without-colon": b"GET / HTTP/1.1\nHost: h.example.com\nAuthorization LOG a:b\n\n",
    "ten-megabytes": b"A" * 10_000_000,
    "nul": b"\0" * 1000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORST)
def test_what_is_no_request_is_2_with_one_short_line(command, name):
    """The line says where, what was expected and how to fix it; a secret in the paste is not repeated."""
    done = command("signature", "-", stdin=WORST[name], environ=KEY)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("sls-contract signature: line ")
    assert "expected" in done.stderr
    assert "How to fix: " in done.stderr
    assert len(done.stderr) < 400
    assert "a:b" not in done.stderr


@pytest.mark.full
def test_a_large_body_is_verified(command):
    """Ten megabytes of body are hashed and verified."""
    post = BARE.replace(method="POST", headers={"Content-Type": "application/json"}, body=b"x" * 10_000_000)
    big = sign(post, TEST_CREDENTIALS, scheme="v4", at=datetime.now(UTC))
    done = command("signature", "-", stdin=raw(big), environ=KEY)
    assert done.returncode == 0, done.stdout[-500:]
    assert len(done.stdout) < 5000


@pytest.mark.parametrize("name", ["v1_doc_example_1_get_list_logstores", "getcheckpoint_v4"])
def test_a_vector_verifies(command, name):
    """A published vector, given as a file, verifies with its key."""
    meta = json.loads((VECTORS / name / "meta.json").read_text("utf-8"))
    key = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": meta["access_key_id"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": meta["access_key_secret"],
    }
    done = command("signature", VECTORS / name / "request", environ=key)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith(f"signature verifies ({meta['scheme']})\n")
    assert meta["access_key_secret"] not in done.stdout


@pytest.mark.slow
def test_json_is_valid_and_text_goes_to_standard_error(command):
    """--json - leaves standard output to the document: verdict, step and mistake."""
    wrong = raw(SIGNED).replace(b"shard=0", b"shard=1")
    done = command("signature", "-", "--json", "-", stdin=wrong, environ=KEY)
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert (document["command"], document["summary"]["violations"]) == ("signature", 1)
    assert document["facts"][0]["step"] == document["findings"][0]["slug"].removeprefix("signature-")
    assert "How to fix:" in done.stderr


def test_no_key_is_2_and_names_the_variables(command):
    """Nothing can be judged without a key."""
    other = sign(BARE, Credentials("anotherId", "anotherSecret"), at=datetime(2026, 1, 2, tzinfo=UTC))
    done = command("signature", "-", stdin=raw(other))
    assert (done.returncode, done.stdout) == (2, "")
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET; they are not set" in done.stderr


def test_the_public_test_key_needs_no_environment(command):
    """Recordings and the lines that verify prints are signed with it; standard input is read where no file is named."""
    done = command("signature", stdin=raw(SIGNED))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("read as: raw request, 1 request\n")


TWO = (Path(__file__).parents[1] / "unit" / "transcripts" / "forms" / "curl-v.txt").read_bytes()


@pytest.mark.slow
def test_every_request_is_judged_and_the_worst_decides(command):
    """A retry that verifies does not hide the first request that does not; the response stands beside each."""
    wrong = TWO.replace(b"shard=0", b"shard=1", 1)
    done = command("signature", "-", "--json", "-", "--at", "1767323045", stdin=wrong + b"\n" + TWO)
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert [fact["verified"] for fact in document["facts"]] == [False, True]
    assert {finding["exchange"] for finding in document["findings"]} == {0}
    assert (
        "the response was 401 SignatureNotMatch; what it means: sls-contract explain SignatureNotMatch" in done.stderr
    )
    assert done.stderr.endswith("1 of 2 requests right\n")


def test_the_clock_is_that_of_the_response(command):
    """Its Date is 11 months later: without --at that is what the request's time is compared with."""
    done = command("signature", "-", stdin=TWO)
    assert done.returncode == 1
    assert "wrong at step date" in done.stdout
    assert "Sat, 28 Nov 2026 12:36:03 GMT" in done.stdout


@pytest.mark.parametrize(
    "at",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02 11:04:05+08:00",
        "Fri, 02 Jan 2026 03:04:05 GMT",
        "02/Jan/2026:11:04:05 +0800",
        "1767323045",
        "1767323045000",
        "1767323045000000",
    ],
)
def test_at_reads_every_form_in_which_a_time_is_printed(command, at):
    done = command("signature", "-", "--at", at, stdin=raw(SIGNED))
    assert done.returncode == 0, done.stderr
    late = command("signature", "-", "--at", at.replace("2026", "2027").replace("1767", "1867"), stdin=raw(SIGNED))
    assert "wrong at step date" in late.stdout


@pytest.mark.parametrize("at", ["2026-01-02T03:04:05", "noon", "123"])
def test_at_without_a_zone_is_refused(command, at):
    done = command("signature", "-", "--at", at, stdin=raw(SIGNED))
    assert done.returncode == 2
    assert "--at: expected a time with its zone" in done.stderr


def test_what_check_finds_is_said_too(command):
    """The signature is right; a header that every request must have is missing: not green."""
    bare = BARE.replace(headers=[("x-log-signaturemethod", "hmac-sha1")])
    sent = sign(bare, TEST_CREDENTIALS, at=datetime(2026, 1, 2, tzinfo=UTC))
    dialect = examine(sent, TEST_CREDENTIALS).dialect
    without = sent.replace(headers=sent.headers.without("x-log-apiversion"))
    done = command("signature", "-", stdin=raw(resign(without, dialect, TEST_CREDENTIALS)))
    assert "SLS107 api-version (violation)" in done.stdout
    assert "signature verifies" in done.stdout
    assert done.returncode == 1


def test_a_recording_is_read_with_all_its_requests(command, tmp_path):
    """A cassette holds requests signed with the public test key at the time of recording; no key is asked for."""
    (cassette,) = sorted((Path(__file__).parents[2] / "cassettes").rglob("*.sls.yaml"))[:1]
    done = command("signature", cassette)
    assert f"read as: recording, {len(load_cassette(cassette).exchanges)} request" in done.stdout
    assert done.returncode in (0, 1), done.stderr


def test_an_error_code_is_explained(command):
    """Status, meaning, wordings, sources and what to run next; from a pasted body, too; a typo names the closest."""
    for done in (
        command("explain", "signaturenotmatch"),
        command("explain", "-", stdin=b'{"errorCode":"SignatureNotMatch","errorMessage":"signature x not match"}'),
    ):
        assert done.stdout.startswith("SignatureNotMatch (401)\n")
        assert "Signature {signature} is not matched." in done.stdout
        assert done.stdout.endswith("\nRun: sls-contract signature request.txt\n")
    assert "Error codes like it: SignatureNotMatch" in command("explain", "SignatureNotMatched").stderr
    assert "got none. How to fix: paste the body of the response" in command("explain", "-", stdin=b"{}").stderr
    assert "ConsumerGroupNotExist" in command("explain").stdout


def test_one_request_of_several_is_picked(command):
    wrong = TWO.replace(b"shard=0", b"shard=1", 1) + b"\n" + TWO
    done = command("signature", "-", "--request", "2", "--at", "1767323045", stdin=wrong)
    assert (done.returncode, done.stdout.count("verif")) == (0, 1)
    assert "from 1 to 2, got 3" in command("signature", "-", "--request", "3", stdin=wrong).stderr


def test_what_pytest_shows_of_a_breach_can_be_pasted(command):
    """The failing test's text holds the exchange; request and response are read out of it."""
    shown = b"SLS310 signature-digest (violation)\n" + TWO.replace(b"\r", b"").replace(b"< HTTP/1.1 401", b"< 401")
    done = command("signature", "-", stdin=shown)
    assert "the response was 401 SignatureNotMatch" in done.stdout


def test_a_har_on_standard_input_keeps_its_responses(command, tmp_path):
    cassette = Path(__file__).parents[2] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"
    path = tmp_path / "a.har"
    write_har(path, load_cassette(cassette).recordings, "1.0")
    done = command("signature", "-", "--json", "-", stdin=path.read_bytes())
    assert {fact["form"] for fact in json.loads(done.stdout)["facts"]} == {"HAR"}
    assert "  the response was 404 ConsumerGroupNotExist" in done.stderr


def test_the_reason_of_a_status_line_is_no_error_code(command):
    """Of a response as curl -i prints it, the body's errorCode is explained."""
    response = b'HTTP/1.1 401 Unauthorized\r\n\r\n{"errorCode":"SignatureNotMatch"}'
    done = command("explain", "-", stdin=response)
    assert done.stdout.startswith("SignatureNotMatch (401)")
    assert "\nUnauthorized (" not in done.stdout
