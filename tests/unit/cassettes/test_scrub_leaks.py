"""What is found in files after they were written, where, and what is no false alarm."""

import base64
import gzip
import html
import json
import quopri
import random
import re
import textwrap
import time
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from sls_contract.cassettes.scrub import Leak, Scrubber, leaks
from sls_contract.cassettes.scrub.views import Edit
from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign

KEY = Credentials("LTAI5tAbCdEfGhIjKlMnOpQr", "kEy0123456789SecretSecretSecre", "CAIS" + "aB3+/x9Z" * 20)
HEAD = "version: 1\ninteractions:\n- request:\n"

FOLDED = {
    "raw": lambda s: f"    uri: http://x/?a={s}",
    "percent": lambda s: f"    uri: http://x/?a={quote(s, safe='')}",
    "double-quoted": lambda s: "    body: " + json.dumps(f"é {s}"),
    "base64": lambda s: "    body: !!binary " + base64.b64encode(b"\xff" + s.encode()).decode(),
    "folded base64": lambda s: (
        "    body: !!binary |\n"
        + textwrap.indent(base64.encodebytes(b"\xff" * 70 + s.encode() + b"\xfe" * 40).decode(), "      ")
    ),
    "folded base64 with a short tail": lambda s: (
        "    body: !!binary |\r\n"
        + textwrap.fill(base64.b64encode(b"\xff" * 70 + s.encode()).decode(), 24).replace("\n", "\r\n  ")
    ),
    "folded base64 of gzip": lambda s: (
        "    body: !!binary |\n"
        + textwrap.indent(
            base64.encodebytes(gzip.compress(random.Random(0).randbytes(200) + s.encode())).decode(), "  "
        )
    ),
    "base64 of gzip": lambda s: "    body: !!binary " + base64.b64encode(gzip.compress(s.encode() * 2)).decode(),
    "hex": lambda s: f"    body: {s.encode().hex()}",
    "json in base64": lambda s: "    body: " + base64.b64encode(json.dumps({"k": f"/{s}/"}).encode()).decode(),
}


@pytest.mark.parametrize("spelling", FOLDED)
@pytest.mark.parametrize("secret", [KEY.access_key_id, KEY.access_key_secret, KEY.security_token])
def test_secrets_of_the_run_are_found(spelling, secret):
    """Each secret of the run is found in each spelling that a cassette may hold, on its line, and never shown."""
    data = (HEAD + FOLDED[spelling](secret) + "\n    end: 1\n").encode()
    for secrets in ([KEY], Scrubber([KEY])):
        found = leaks(data, secrets)
        assert found
        assert found[0].line in (range(4, 16) if "folded" in spelling else (4,))
        assert secret not in found[0].excerpt


BROKEN = {
    "quoted-printable": lambda s: quopri.encodestring(f"{'x' * 60}{s} é".encode()),
    "quoted-printable, every character": lambda s: "".join(f"={ord(c):02X}" for c in s).encode(),
    "quoted-printable in json": lambda s: json.dumps(
        [quopri.encodestring(f"{'x' * 60}{s}".encode()).decode()]
    ).encode(),
    "lines": lambda s: "\n  ".join(textwrap.wrap(s, 12)).encode(),
    "lines in json": lambda s: json.dumps({"k": "\r\n".join(textwrap.wrap(s, 12))}).encode(),
    "lines in json in json": lambda s: json.dumps(json.dumps(["\n".join(textwrap.wrap(s, 12))])).encode(),
    "lines of a shell": lambda s: f"curl -H 'a: {s[:9]}\\\n    {s[9:]}'".encode(),
    "characters of no width": lambda s: f"{s[:9]}\u200b{s[9:12]}\u00ad\ufeff{s[12:]}".encode(),
    "characters of no width in json": lambda s: json.dumps({"k": "\u200b".join(s)}).encode(),
    "entities of HTML without width": lambda s: f"<p>{s[:9]}&shy;{s[9:12]}&nbsp;{s[12:]}</p>".encode(),
    "groups of four": lambda s: " ".join(textwrap.wrap(s, 4)).encode(),
    "a list of characters in json": lambda s: json.dumps([*s]).encode(),
    "joined by a program": lambda s: f"key = '{s[:9]}' + '{s[9:]}';".encode(),
    "hex in groups": lambda s: s.encode().hex("-", 4).encode(),
    "escapes of Perl": lambda s: "".join(f"\\x{{{ord(c):x}}}" for c in s).encode(),
    "escapes of Python": lambda s: "".join(f"\\U{ord(c):08x}" for c in s).encode(),
    "a list of bytes": lambda s: json.dumps({"type": "Buffer", "data": [*s.encode()]}).encode(),
    "a list of bytes in Go": lambda s: f"[{' '.join(map(str, s.encode()))}]".encode(),
    "a list of bytes in C": lambda s: f"{{{', '.join(map(hex, s.encode()))}}}".encode(),
}


def reassembled(data: bytes) -> str:
    """Return what a reader can make of it."""
    text = html.unescape(data.decode()).replace("\\r", "\r").replace("\\n", "\n").replace("\\u200b", "")
    text = re.sub(r"\\(?:x\{|U)([0-9a-f]+)\}?", lambda match: chr(int(match[1], 16)), text).replace("\\", "")
    numbers = [int(each, 0) & 255 for each in re.findall(r"\b(?:0x[0-9a-f]{2}|[1-9]\d{1,2})\b", text)]
    digits = "".join(re.findall(r"(?<!\w)(?:[0-9a-f]{2})+(?!\w)", text))
    closer = re.sub(r"=?\s+|[\u200b\xad\ufeff]|[\"'][\s,+]*[\"']", "", text)
    return "\n".join(
        [quopri.decodestring(text.encode()).decode("latin-1"), closer]
        + [bytes(each).decode("latin-1") for each in (numbers, bytes.fromhex(digits))]
    )


@pytest.mark.parametrize("spelling", BROKEN)
@pytest.mark.parametrize("secret", [KEY.access_key_id, KEY.access_key_secret, KEY.security_token])
def test_a_secret_in_pieces_is_found_and_not_written(spelling, secret):
    """Broken over lines, quoted-printable, or a list of its bytes; what was JSON is JSON afterwards."""
    data = BROKEN[spelling](secret)
    assert secret in reassembled(data)
    clean = Scrubber([KEY]).bytes(data)
    assert secret not in reassembled(clean)
    assert leaks(data, [KEY])
    assert leaks(clean, [KEY]) == ()
    assert "json" not in spelling or json.loads(clean)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("a: LTAI5tUnknownUnknown99", "access key id"),
        ("a: STS.NUunknownunknown9999", "access key id"),
        ("Authorization:\n      - LOG someone:" + "q" * 27 + "=", "access key id"),
        ("x-acs-security-token:\n      - CAISabcdef123456", "security token"),
        ('string: \'{"accessKeySecret":"abcdef123456"}\'', "access key secret"),
        ("uri: https://h/?Signature=abcdef%2B12", "signature"),
        ('{"name": "x-acs-security-token", "value": "abcdef123456"}', "security token"),
        (r'"{\"name\":\"AccessKeySecret\",\"value\":\"abc/def\"}"', "access key secret"),
        ("['accessKeySecret' => 'abcdef123456']", "access key secret"),
        ("{:access_key_secret=>'abcdef123456'}", "access key secret"),
        ("accessKeySecret: >-\n  abcdef123456", "access key secret"),
        ("aliyunlog --access-key-secret abcdef123456 -v", "access key secret"),
        ('<input name="AccessKeySecret" type="text" value="abcdef">', "access key secret"),
        ("AccountName=x;AccountKey=abcdef123456==", "secret"),
    ],
)
def test_unknown_keys_are_found(line, kind):
    """Recordings of others are searched for what is shaped or named like a key."""
    assert leaks(f"x: 1\n    {line}\n".encode())[0].kind == kind


def test_a_leak_names_line_kind_and_surroundings():
    """A leak says where it is and what it is, with neighbours, other secrets on the line left out."""
    data = f"one\ntwo {KEY.access_key_id} and\t{KEY.access_key_secret} end".encode()
    assert leaks(data, [KEY]) == (
        Leak(2, "access key id", "two *** and\ufffd"),
        Leak(2, "access key secret", " and\ufffd*** end"),
    )


def test_every_encoded_word_is_looked_into():
    """Also hex that stands before base64, and a word that came before the key in it was known."""
    unknown = b"LTAI5tUnknownUnknown99"
    encoded = base64.b64encode(b"id: " + unknown)
    data = b"a: '%s'\nb: '%s'\nc: '%s'" % (unknown.hex().encode(), encoded, encoded)
    assert [leak.line for leak in leaks(data)] == [1, 2, 3]


def test_the_time_to_tell_of_leaks_grows_with_their_number():
    """Eight times as many leaks on one line, in a file eight times as large, take eight times as long, not 64 times."""

    class Found(Scrubber):
        def edits(self, data: bytes) -> list[Edit]:
            return [Edit(at, at + 24, b"***", "access key id") for at in range(0, len(data), 25)]

    def seconds(count):
        data, found = b"LTAI5tAbCdEfGhIjKlMnOp12 " * count, Found()
        began = time.process_time()
        assert len(leaks(data, found)) == count
        return time.process_time() - began

    assert min(seconds(20_000) for _ in range(2)) < 24 * max(seconds(2_500) for _ in range(2))


def test_no_false_alarm_on_what_we_write():
    """A cassette signed with the public keys, with digests, request ids, checkpoints and masks, is clean."""
    lines = ["version: 1", "  digest: " + "0a1b2c3d" * 8, "  x-log-requestid: [5AD9B5B0F0F0F0F0F0F0F0F0]"]
    lines += [
        "  Content-MD5: 1DD45FA4A70A9300CC9FE7305AF2C494",
        "  Set-Cookie: ['sid=***; Path=/']",
        "  password: '***'",
    ]
    for key in (TEST_CREDENTIALS, TEST_STS_CREDENTIALS):
        for scheme in ("v1", "v1-sha256", "v4"):
            url = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/c?shard=0"
            request = sign(Request("GET", url), key, scheme=scheme, at=datetime(2026, 11, 23, tzinfo=UTC))
            lines += [f"      {name}: ['{value}']" for name, value in request.headers.pairs]
            signature = request.headers["authorization"].rpartition("=" if scheme == "v4" else ":")[2]
            lines += [f'      string: \'{{"errorMessage":"signature {signature} not match"}}\'']
    lines += [
        f"  checkpoint: {base64.b64encode(str(number).encode()).decode()}" for number in range(10**18, 10**18 + 50)
    ]
    assert leaks("\n".join(lines).encode(), [KEY]) == ()


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 99, b"\x1f\x8b broken", bytes(range(256)) * 20, b"%" * 999, b"\\u" * 99, b'"secret":[' * 9999]
)
def test_any_bytes_are_taken(data):
    """Whatever a file holds, looking at it neither fails nor raises an alarm."""
    assert leaks(data, [KEY]) == ()


def test_a_secret_is_found_wherever_the_others_of_its_line_stand():
    """What must not stand before a key-shaped string is looked at behind its first letters."""
    for data, count in (
        (b"LTAI5tAbCdEfGhIjKlMnOpQr", 1),
        (b"xLTAI5tAbCdEfGhIjKlMnOpQr", 0),
        (b"STS.NUunknownunknown9999", 1),
        (b"a.STS.NUunknownunknown9999", 0),
        (b"CAIS" + b"aB3+/x9Z" * 10, 1),
        (b"+CAIS" + b"aB3+/x9Z" * 10, 0),
        (b"LOG someone:" + b"q" * 27 + b"=", 2),
        (b"BLOG someone:" + b"q" * 27 + b"=", 0),
        (b"Signature=" + b"q" * 27 + b"=", 1),
        (b"Basic dXNlcjpwYXNzMQ==", 1),
        (b"bearer dXNlcjpwYXNzMQ==", 1),
    ):
        assert len(leaks(data)) == count, data
