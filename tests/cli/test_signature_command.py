"""``sls-contract signature`` on what people paste."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sls_contract import Request, sign
from sls_contract.exchange import wire_bytes
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

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
    "answer": b"HTTP/1.1 401 Unauthorized\r\n\r\n{}",
    "no-host": b"GET / HTTP/1.1\n\n",
    "header-without-colon": b"GET / HTTP/1.1\nHost: h.example.com\nAuthorization LOG a:b\n\n",
    "ten-megabytes": b"A" * 10_000_000,
    "nul": b"\0" * 1000,
}


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


def test_a_large_body_is_verified(command):
    """Ten megabytes of body are hashed and verified."""
    big = sign(BARE.replace(method="POST", body=b"x" * 10_000_000), TEST_CREDENTIALS, scheme="v4", at=datetime.now(UTC))
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
    done = command("signature", "-", stdin=raw(SIGNED))
    assert (done.returncode, done.stdout) == (2, "")
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set" in done.stderr
