"""Keys of other clouds and services: found in files, taken out while recording, and no false alarm on what SLS says."""

import base64
import json
import random
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from sls_contract.cassettes.audit import AuditSettings, audit
from sls_contract.cassettes.scrub import Scrubber, leaks
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, sign

AT = datetime(2026, 11, 23, tzinfo=UTC)
BODY = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
KEYS = (
    f"ghp_{BODY}",
    f"ghs_{BODY}",
    f"github_pat_11ABCDEFG0abcdefghijkl_{BODY}{BODY[:23]}",
    "AKIAQYLPMN5HHHFPZAM2",
    "ASIAQYLPMN5HHHFPZAM2",
    "AKIDz8krbsJ5yKBZQpn74WFkmLPx3gnPhESA",
    "AIzaSyA1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q",
    "glpat-AbCdEf1234567890ZyXw",
    f"npm_{BODY}",
    "xoxb-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "sk_live_51AbCdEfGhIjKlMnOpQrStUv",
    f"sk-ant-api03-{BODY * 2}",
    "dop_v1_" + "0a1b2c3d" * 8,
    f"hf_{BODY[:34]}",
)
SPELLINGS = (
    lambda key: f"    uri: https://h/?a={key}&b=1",
    lambda key: f"    note: '{key}'.",
    lambda key: f"  say:{key}",
    lambda key: "    body: " + json.dumps(json.dumps({"note": f"line\n{key}"})),
    lambda key: "    body: " + quote(f"note={key}", safe=""),
    lambda key: "    body: !!binary " + base64.b64encode(f"note {key}".encode()).decode(),
)


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_they_are_found_and_taken_out(key):
    """In each spelling a file may hold; nothing of the key is shown, and nothing of it is recorded."""
    for spell in SPELLINGS:
        text = spell(key)
        found = leaks(f"x: 1\n{text}\n".encode())
        assert [leak.line for leak in found] == [2], text
        assert key not in found[0].excerpt
    response = Response(200, {"X-Debug": key}, json.dumps({"note": f"use {key}"}).encode())
    request = Request(
        "GET", f"https://p.cn-hangzhou.log.aliyuncs.com/logstores?token={key}", {"User-Agent": f"a {key}"}
    )
    done = Scrubber().exchange(Exchange(request, response)).exchange
    assert (
        key not in f"{done.request.url} {done.request.headers.pairs} {done.response.headers.pairs} {done.response.body}"
    )


def test_what_only_begins_so_is_none():
    """Too short, too long, an example, a placeholder, or the end of another word."""
    for text in (
        "AKIAIOSFODNN7EXAMPLE", "ghp_" + "x" * 36, "ghp_short1", "AKIAQYLPMN5HHHFPZAM2X7", "xAKIAQYLPMN5HHHFPZAM2",
        "sk-ant-is-not-a-key", "SG.1", "hf_model-name-of-a-few-words-with-dashes",
        "gsk_index_of_all_the_shards_by_their_nam",
    ):  # fmt: skip
        assert leaks(f"    note: {text}\n".encode()) == (), text


@pytest.mark.slow
def test_no_false_alarm_on_what_the_service_says():
    """Request ids, cursors, checkpoints, signatures of the public key, and bodies in base64 of either alphabet."""
    values = random.Random(0)
    lines = [f"  x-log-requestid: {values.getrandbits(96):024X}" for _ in range(300)]
    lines += ["  cursor: " + base64.b64encode(str(values.getrandbits(60)).encode()).decode() for _ in range(300)]
    for number in range(50):
        request = sign(Request("GET", f"https://p.cn-hangzhou.log.aliyuncs.com/l/{number}"), TEST_CREDENTIALS, at=AT)
        lines.append(f"  - {request.headers['authorization']}")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        lines += [f"  body: !!binary {encode(values.randbytes(900)).decode()}" for _ in range(100)]
    assert leaks("\n".join(lines).encode()) == ()


VCRPY = """version: 1
interactions:
- request:
    body: null
    headers:
      Cookie: ['sid=a1b2c3d4e5f6a7b8c9d0; lang=zh-Hans-CN-x-private']
    method: GET
    uri: https://p.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard=0
  response:
    body: {string: '%s'}
    headers:
      Set-Cookie: ['theme=dark-and-quiet-colours; Path=/']
    status: {code: 401, message: Unauthorized}
"""


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ('{"errorMessage":"no session a1b2c3d4e5f6a7b8c9d0"}', [6, 10]),
        ('{"errorMessage":"lang zh-Hans-CN-x-private"}', [6]),
        ('{"errorCode":"Unauthorized","errorMessage":"AccessKeyId not found: gateway-key-0007"}', [6, 10]),
        ('{"errorMessage":"The access key id you provided is invalid: gateway-key-0007."}', [6, 10]),
        ('{"errorMessage":"AccessKeyId gateway-key-0007 is inactive"}', [6, 10]),
        ('{"errorMessage":"AccessKeyId not found: testAccessKeyId"}', [6]),
    ],
)
def test_check_finds_what_a_recording_missed(tmp_path, body, lines):
    """A cookie by its value, wherever it stands; an id by the words in which the service refuses it."""
    path = tmp_path / "theirs.yaml"
    path.write_text(VCRPY % body)
    assert [line for finding, line in audit(path, AuditSettings(AT)).findings if finding.code == "SLS601"] == lines
