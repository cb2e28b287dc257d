"""What the scrub keeps, what it masks by name, by shape, by the user's rules, and what it renames."""

import base64
import bz2
import gzip
import hashlib
import io
import json
import lzma
import random
import re
import zipfile
import zlib
from datetime import UTC, datetime

import pytest

from sls_contract.cassettes.scrub import Scrubber, leaks
from sls_contract.cassettes.scrub.containers import archive_format
from sls_contract.checks.content_coding import compressed, decompressed
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign, verify_signature

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
PLAIN = Credentials("LTAI5tAbCdEfGhIjKlMnOpQr", "kEy0123456789SecretSecretSecre")
STS = Credentials("STS.NUabcDEF0123456789xyzQW", "s3cr3tKEY/0123456789+abcdefghi", "CAIS" + "aB3+/x9Z" * 12 + "w==")
PUBLIC = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/cg?shard=0"
BODY = (
    b'[{"shard":0,"checkpoint":"MTUyNDE1NTM3OTM3MzkwODQ5Ng==","updateTime":1524224984800922,"consumer":"consumer_1"}]'
)
RESPONSE = Response(200, {"Content-Type": "application/json", "Content-Length": str(len(BODY))}, BODY)


def a_request(key=PLAIN, scheme="v1", url=URL, headers=(), body=b"", method="GET"):
    return sign(Request(method, url, headers, body), key, scheme=scheme, at=AT)


def scrub(exchange, *credentials, **rules):
    return Scrubber(credentials or (PLAIN, STS), **rules).exchange(exchange)


def returned(body=BODY, headers=(), status=200, **rules):
    """Scrub a response with this body under a true length."""
    pairs = [("Content-Length", str(len(body))), *headers]
    return scrub(Exchange(a_request(), Response(status, pairs, body)), **rules).exchange.response


@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
@pytest.mark.parametrize("key", [PLAIN, STS])
def test_nothing_to_hide_nothing_changed(key, scheme):
    """Only Authorization and token of a correct exchange differ, and the recording verifies with the public key."""
    exchange = Exchange(a_request(key, scheme), RESPONSE)
    done = scrub(exchange)
    assert (done.signature, done.step, done.substitutions, done.unscanned) == ("verified", None, (), ())
    assert done.exchange.response == RESPONSE
    gone = ("authorization", "x-acs-security-token")
    assert done.exchange.request.headers.without(*gone) == exchange.request.headers.without(*gone)
    assert (done.exchange.request.url, done.exchange.request.body) == (exchange.request.url, b"")
    assert verify_signature(done.exchange.request, PUBLIC) is None


@pytest.mark.parametrize("key", PUBLIC)
@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
def test_public_key_passes(key, scheme):
    """An exchange signed with the public test key comes back as the same bytes, echo of its signature included."""
    request = a_request(key, scheme)
    real = request.headers["authorization"]
    signature = re.split("[:=]", real, maxsplit=3 if scheme == "v4" else 1)[-1]
    response = Response(401, (), json.dumps({"errorMessage": f"signature {signature} not match, {real}"}).encode())
    exchange = Exchange(request, response)
    assert scrub(exchange).exchange == exchange
    assert scrub(exchange).signature == "verified"


def test_wrong_signature_is_marked():
    """A wrong signature becomes the marked one, with the step, and its echo becomes the same."""
    request = a_request(Credentials(PLAIN.access_key_id, "another secret"))
    real = request.headers["authorization"].rpartition(":")[2]
    body = json.dumps({"errorCode": "SignatureNotMatch", "errorMessage": f"signature {real} not match"}).encode()
    done = scrub(Exchange(request, Response(401, (), body)))
    assert (done.signature, done.step) == ("invalid", "digest")
    assert done.exchange.request.headers["authorization"] == "LOG testAccessKeyId:bm90IGEgcmVhbCBzaWduYXR1cmU="
    assert base64.b64decode("bm90IGEgcmVhbCBzaWduYXR1cmU=") == b"not a real signature"
    assert json.loads(done.exchange.response.body)["errorMessage"] == (
        "signature bm90IGEgcmVhbCBzaWduYXR1cmU= not match"
    )
    assert scrub(done.exchange).exchange == done.exchange


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("Bearer abcdef0123456789", "Bearer ***"),
        ("LOG LTAI5tAbCdEfGhIjKlMnOpQr", "LOG ***"),
        ("nonsense", "***"),
        ("", ""),
        (
            "SLS4-HMAC-SHA256 Credential=LTAI5tAbCdEfGhIjKlMnOpQr/20261123/cn-hangzhou/sls/aliyun_v4_request,Signature="
            + "0a" * 32,
            "SLS4-HMAC-SHA256 Credential=testAccessKeyId/20261123/cn-hangzhou/sls/aliyun_v4_request,Signature="
            + b"not a real signaturenot a real s".hex(),
        ),
    ],
)
def test_authorization_that_does_not_verify(sent, stored):
    """An unreadable or foreign Authorization keeps its scheme word; a readable one its form."""
    request = Request("GET", URL, {"Authorization": sent})
    done = scrub(Exchange(request, Response(401, (), f"you sent {sent}".encode() if sent else b"")))
    assert done.exchange.request.headers["authorization"] == stored
    assert PLAIN.access_key_id.encode() not in done.exchange.response.body
    assert b"abcdef0123456789" not in done.exchange.response.body


def test_unsigned_request():
    """A request without a signature is unchecked and stays without one."""
    done = scrub(Exchange(Request("GET", URL), None))
    assert (done.signature, done.step) == ("unchecked", "authorization")
    assert done.exchange == Exchange(Request("GET", URL), None)


def test_two_keys_stay_two():
    """Different access keys get different replacements, equal ones the same; each recording verifies."""
    other = Credentials("LTAI5tZyXwVuTsRqPoNmLkJi", "other" * 6)
    scrubber = Scrubber([PLAIN, other])
    body = f'["{PLAIN.access_key_id}","{other.access_key_id}","{PLAIN.access_key_id}"]'.encode()
    done = scrubber.exchange(Exchange(a_request(other), Response(200, (), body)))
    assert done.exchange.response.body == b'["testAccessKeyId","testAccessKeyId2","testAccessKeyId"]'
    assert done.exchange.request.headers["authorization"].startswith("LOG testAccessKeyId2:")
    public = Credentials("testAccessKeyId2", TEST_CREDENTIALS.access_key_secret)
    assert verify_signature(done.exchange.request, public) is None
    assert scrubber.exchange(done.exchange).exchange.response == done.exchange.response


@pytest.mark.parametrize(("told", "kept"), [(0, 0), (-7, -7), (5, 5)])
def test_lengths_stay_as_true_as_they_were(told, kept):
    """A right Content-Length stays right, one that lies keeps its difference."""
    body = f'{{"errorMessage":"{PLAIN.access_key_id} is unknown"}}'.encode()
    done = scrub(
        Exchange(a_request(), Response(401, {"Content-Length": str(len(body) + told)}, body))
    ).exchange.response
    assert int(done.headers["content-length"]) == len(done.body) + kept
    assert json.loads(done.body) == {"errorMessage": "testAccessKeyId is unknown"}


def test_a_length_that_is_no_number_stays():
    """What is no length is not counted with."""
    body = PLAIN.access_key_id.encode()
    assert returned(body, [("Content-Length", "many")]).headers.get_all("content-length")[1] == "many"


@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_digests_of_a_changed_body_are_made_anew(scheme):
    """Content-MD5, payload hash and raw size of a changed request body are right before it is signed again."""
    request = a_request(scheme=scheme, body=f'{{"k":"{PLAIN.access_key_secret}"}}'.encode(), method="POST")
    done = scrub(Exchange(request, None)).exchange.request
    assert done.body == b'{"k":"testAccessKeySecret"}'
    assert done.headers["x-log-bodyrawsize"] == str(len(done.body))
    if scheme == "v1":
        assert done.headers["content-md5"] == hashlib.md5(done.body).hexdigest().upper()
    else:
        assert done.headers["x-log-content-sha256"] == hashlib.sha256(done.body).hexdigest()
    assert verify_signature(done, PUBLIC) is None


def test_a_wrong_digest_stays_wrong():
    """A digest that was wrong before is not repaired."""
    body = PLAIN.access_key_id.encode()
    assert returned(body, [("Content-MD5", "0" * 32)]).headers["content-md5"] == "0" * 32


def test_content_coding_is_kept():
    """A gzip body is opened, scrubbed and packed again; without a secret its bytes stay."""
    clean = gzip.compress(BODY)
    headers = [("Content-Encoding", "gzip")]
    assert returned(clean, headers).body == clean
    done = returned(gzip.compress(b'{"a":"' + PLAIN.access_key_id.encode() + b'"}'), headers)
    assert gzip.decompress(done.body) == b'{"a":"testAccessKeyId"}'
    assert done.headers["content-length"] == str(len(done.body))


def test_a_cut_off_gzip_body_stays_cut_off():
    """What can be read of a truncated gzip body is scrubbed, and its end stays missing."""
    packed = gzip.compress(f"{PLAIN.access_key_id} {'x1y2' * 50}".encode())[:-9]
    done = returned(packed, [("Content-Encoding", "gzip")]).body
    with pytest.raises(EOFError):
        gzip.decompress(done)
    assert zlib.decompressobj(31).decompress(done).startswith(b"testAccessKeyId ")


def test_what_stands_behind_a_gzip_body_is_scrubbed():
    """A text glued to the end of a gzip body is told apart, and nothing else of it changes."""
    content = gzip.compress(BODY)
    headers = [("Content-Encoding", "gzip")]
    assert returned(content + b"the end", headers).body == content + b"the end"
    done = returned(content + PLAIN.access_key_id.encode(), headers).body
    assert done.endswith(b"testAccessKeyId")
    assert zlib.decompressobj(31).decompress(done) == BODY
    many = gzip.compress(b"") * 150 + gzip.compress(PLAIN.access_key_id.encode())
    assert gzip.decompress(returned(many, headers).body) == b"testAccessKeyId"
    damaged = gzip.compress(b"begun") + gzip.compress(b"x" * 99)[:4] + b"\xff" * 20
    assert returned(damaged, headers).body == damaged


@pytest.mark.parametrize(
    ("coding", "body"), [("br", b"\x0b\x02\x80\xff\x03"), ("gzip", b"\x1f\x8b\x08 broken \xff\xfe")]
)
def test_a_closed_body_is_told(coding, body):
    """A content coding that cannot be opened is named, not passed over in silence."""
    done = scrub(Exchange(a_request(), Response(200, {"Content-Encoding": coding}, body)))
    assert done.unscanned == (f"response body: {coding}",)


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", PLAIN.access_key_secret * 3)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("bzip2", bz2.compress(BODY)),
        ("xz", lzma.compress(BODY)),
        ("lzma", lzma.compress(BODY, lzma.FORMAT_ALONE)),
        ("zip", _zipped()),
    ],
)
def test_an_archive_that_is_not_looked_into_is_told(name, body):
    """Whatever its headers say of it, also inside gzip; text and binary data that begin alike are none."""
    for wire, headers in ((body, {}), (gzip.compress(body), {"Content-Encoding": "gzip"})):
        done = scrub(Exchange(a_request(), Response(200, headers, wire)))
        assert done.unscanned == (f"response body: {name}",)
    words = b"zipped UEsDB, base64 of KLUv, BCJNG and FBWSZTW, xKLUv/Qx"
    assert scrub(Exchange(a_request(), Response(200, {}, words))).unscanned == ()
    assert scrub(Exchange(a_request(), Response(200, {}, b"PK of the table: BZh9 ]"))).unscanned == ()


@pytest.mark.parametrize(
    ("name", "archive"),
    [
        ("bzip2", bz2.compress(BODY)),
        ("xz", lzma.compress(BODY)),
        ("zip", _zipped()),
        ("zstd", compressed(BODY, "zstd")),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(range(200, 230))),
        ("rar", b"Rar!\x1a\x07\x01\0" + bytes(range(200, 230))),
        ("lz4", b"\x04\x22\x4d\x18\x64\x40\xa7" + bytes(30)),
    ],
)
def test_so_is_one_inside_a_body(name, archive):
    """A file in a form, a field of a message, base64 of either alphabet in JSON or in a data URL."""
    encoded = base64.b64encode(archive).decode()
    form = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + archive + b"\r\n--b--\r\n"
    safe = encoded.replace("+", "-").replace("/", "_")
    texts = [json.dumps(each) for each in ({"file": encoded}, [safe], f"data:application/x;base64,{encoded}")]
    for body in (form, b"\x0a\x7f" + archive, *map(str.encode, texts)):
        done = scrub(Exchange(a_request(), Response(200, {}, body)))
        assert done.unscanned == (f"response body: {name}",), body


def test_random_data_is_no_archive():
    """Checkpoints, cursors, compressed logs and digests contain no beginning of one by chance."""
    numbers = random.Random(7)
    for _ in range(300):
        data = numbers.randbytes(3000)
        for body in (data, base64.b64encode(data), data.hex().encode()):
            assert archive_format(body) is None


@pytest.mark.parametrize(
    "name", ["X-Auth", "X-Auth-Key", "X-Forwarded-Authorization", "Private-Token", "X-Sig", "X-Sk"]
)
def test_headers_of_other_schemes_are_masked(name):
    """Where the value looks made by chance; a word stays, and a known secret goes wherever it stands."""
    value = "Zx9QwErTy8UiOp7AsDfGh6"
    for sent in (value, f"Token {value}"):
        headers = returned(headers=[(name, sent)]).headers
        assert headers[name] == sent.replace(value, headers[name].rpartition(" ")[2])
        assert value not in headers[name]
        assert returned(headers=[(name, headers[name])]).headers == headers
    for word in ("none", "cn-hangzhou-my-project-1", "true"):
        assert returned(headers=[(name, word)]).headers[name] == word
    assert returned(headers=[(name, f"<{PLAIN.access_key_secret}>")]).headers[name] == "<testAccessKeySecret>"


@pytest.mark.parametrize("header", ["x-log-compresstype", "Content-Encoding"])
@pytest.mark.parametrize("coding", ["lz4", "zstd"])
def test_logs_in_lz4_or_zstd_are_scanned(header, coding):
    """What the official SDKs send and ask for is opened: no secret hides in it, and no warning is given."""
    body = b"key=" + PLAIN.access_key_secret.encode() + b" " * 99
    headers = {header: coding, "x-log-bodyrawsize": str(len(body))}
    done = scrub(Exchange(a_request(), Response(200, headers, compressed(body, coding))), PLAIN)
    content = decompressed(done.exchange.response.body, coding)
    assert (done.unscanned, content) == ((), body.replace(PLAIN.access_key_secret.encode(), b"testAccessKeySecret"))
    assert done.exchange.response.headers["x-log-bodyrawsize"] == str(len(content))


def test_a_coding_that_is_a_secret_is_told_without_it():
    """What names the coding comes from the wire, as any header does."""
    done = scrub(
        Exchange(a_request(), Response(200, {"Content-Encoding": PLAIN.access_key_secret}, b"\x00\xff")), PLAIN
    )
    assert done.unscanned == ("response body: testAccessKeySecret",)


def test_a_header_without_a_name_is_scrubbed():
    """Odd servers send a line that begins with a colon."""
    assert returned(headers=[("", PLAIN.access_key_secret)]).headers[""] == "testAccessKeySecret"


def test_binary_bodies_keep_their_length():
    """In binary data, where lengths are counted inside, a replacement is as long as what it replaces."""
    body = b"\x0a\x18" + PLAIN.access_key_id.encode() + b"\x00\x10" + "\0".join(PLAIN.access_key_id).encode() + b"\xff"
    done = returned(body).body
    assert len(done) == len(body)
    assert done.startswith(b"\x0a\x18testAccessKeyId*********\x00\x10t\0e\0s\0t\0")


NAMED = [
    ('{"accessKeyId": "someid", "n": 1}', "someid"),
    ('{"AccessKeySecret":"it\'s \\"quoted\\" here"}', "quoted"),
    ('{"access_key_secret" : "a b c"}', "a b c"),
    ("{'accessKeySecret': 'printed'}", "printed"),
    ('{"SecurityToken":"tok"}', '"tok"'),
    ('{"password": 8375}', "8375"),
    ('{"credentials": {"user": "anna", "pin": [4711, "vier"]}}', "anna"),
    ('{"secret": {"secretName": "app-tls", "secretValue": "Zx9QwErTy8"}}', "Zx9QwErTy8"),
    ('{"secret": {"secretName": "app-tls", "password": "plainword"}}', "plainword"),
    ('{"credentials": {"value": "plainword"}, "secret": {"secretName": "app-tls"}}', "plainword"),
    ('"{\\"secretKey\\":\\"nested\\"}"', "nested"),
    ('{"credentials": ["cut-off", "b', "cut-off"),
    ("AccessKeyId=shortid&x=1", "shortid"),
    ("a=1&Signature=ab%2Bcd%3D&b=2", "ab%2Bcd%3D"),
    ("%22accessKeySecret%22%3A%22inform%22", "inform"),
    ("<Credentials><AccessKeySecret>inxml</AccessKeySecret></Credentials>", "inxml"),
    ('<key secretKey="attribute"/>', "attribute"),
    ("x-acs-security-token: token123456", "token123456"),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET=hunter2", "hunter2"),
    ("http://anna:pa55@proxy.example/", "pa55"),
    ("Authorization: Bearer abc123.def-456", "abc123.def-456"),
    ("proxy said Basic YW5uYTpwYTU1", "YW5uYTpwYTU1"),
    ("key LTAI5tUnknownUnknown99 refused", "LTAI5tUnknownUnknown99"),
    ("id STS.NUunknownunknown9999.", "STS.NUunknownunknown9999"),
    ("jwt eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.SflKxwRJSMeKKF2QT4", "SflKxwRJSMeKKF2QT4"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----", "MIIEvQIBADAN"),
    ("LOG someUnknownId:" + "q" * 27 + "=", "someUnknownId"),
    ("client_secret = in1line2of3", "in1line2of3"),
    ("user%5Bpassword%5D=rails&a=1", "rails"),
    ('{"key": "apiKey", "value": "paired"}', "paired"),
    ('{"value": "before", "name": "access_token"}', "before"),
    ('{"ak": "x", "sk": "Zx9QwErTy8UiOp7AsDfGh6"}', "Zx9QwErTy8UiOp7AsDfGh6"),
    ("ak: abcDEF0123456789\nsk: Zx9QwErTy8UiOp7AsDfGh6", "abcDEF0123456789"),
    ("SK=Zx9QwErTy8UiOp7AsDfGh6", "Zx9QwErTy8UiOp7AsDfGh6"),
    ("AccessKey ID,AccessKey Secret\nabc,Zx9QwErTy8UiOp7AsDfGh6\n", "Zx9QwErTy8UiOp7AsDfGh6"),
    ("| User | AccessKeySecret |\n|---|---|\n| anna | Zx9QwErTy8UiOp7AsDfGh6 |\n", "Zx9QwErTy8UiOp7AsDfGh6"),
    ("<th>AccessKeySecret</th><td>Zx9QwErTy8UiOp7AsDfGh6</td>", "Zx9QwErTy8UiOp7AsDfGh6"),
    ("<w:Password Type='x'>pa55</w:Password>", "pa55"),
    ("<AccessKeySecret><![CDATA[pa55]]></AccessKeySecret>", "pa55"),
    ("- name: ACCESS_KEY_SECRET\n  value: Zx9QwErTy8", "Zx9QwErTy8"),
    ('[["accessKeySecret", "Zx9QwErTy8UiOp7AsDfGh6"]]', "Zx9QwErTy8UiOp7AsDfGh6"),
    ('{"k": "accessKeySecret", "v": "paired"}', "paired"),
    ('access_key_secret = """Zx9QwErTy8"""', "Zx9QwErTy8"),
    ("AccessKeySecret：“Zx9QwErTy8UiOp7AsDfGh6”，请检查", "Zx9QwErTy8UiOp7AsDfGh6"),
    ('{"密码": "hunter2x9Q"}', "hunter2x9Q"),
    ("访问密钥：Zx9QwErTy8UiOp7AsDfGh6", "Zx9QwErTy8UiOp7AsDfGh6"),
    ("The AccessKeySecret is Zx9QwErTy8UiOp7AsDfGh6.", "Zx9QwErTy8UiOp7AsDfGh6"),
    ("https://Zx9QwErTy8UiOp7AsDfGh6@git.example/", "Zx9QwErTy8UiOp7AsDfGh6"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nMIIEvQIBADAN", "MIIEvQIBADAN"),
    ("eyJhbGciOiJSU0Ei.OKOawDo13g.48V1_ALb6.5eym8TW_c8.XFBoMYUZodetZd", "XFBoMYUZodetZd"),
    ("https://h.example/blob?sv=2024&sig=Zx9QwErTy8UiOp7AsDfGh6%3D", "Zx9QwErTy8UiOp7AsDfGh6"),
    ('{"auth": "Zx9QwErTy8UiOp7AsDfGh6"}', "Zx9QwErTy8UiOp7AsDfGh6"),
    ("curl -H 'X-Auth-Key: 0123456789abcdef0123456789abcdef'", "0123456789abcdef0123456789abcdef"),
    ('.accessKeySecret("Zx9QwErTy8")', "Zx9QwErTy8"),
    ("CREATE USER 'anna' IDENTIFIED BY 'pa55'", "pa55"),
    ("SET PASSWORD FOR anna = PASSWORD('Zx9QwErTy8')", "Zx9QwErTy8"),
    ("INSERT INTO `keys` (name, `access_key_secret`) VALUES ('a, b', 'inform'), (now(), 'x');", "inform"),
    ("insert into k (access_key_secret, n)\nvalues ('x', 1), ('2nd row', 2)", "2nd row"),
    ('{"token": ["Zx9QwErTy8UiOp7AsDfGh6", "\\"", "in a list"], "n": 1}', "in a list"),
    ('{"x_token": "short"}', "short"),
    ("{'x-acs-security-token': b'Zx9QwErTy8'}", "Zx9QwErTy8"),
    ("Config(security_token=b'Zx9QwErTy8', access_key_secret=u'Zx9')", "Zx9"),
    ("[(b'host', b'h'), (b'x-acs-security-token', b'Zx9QwErTy8UiOp7AsDfGh6')]", "Zx9QwErTy8UiOp7AsDfGh6"),
    ("{'SecurityToken': ['Zx9QwErTy8'], 'a': ['1']}", "Zx9QwErTy8"),
    ("map[Host:[h] X-Acs-Security-Token:[Zx9QwErTy8] Z:[1]]", "Zx9QwErTy8"),
    ('http.Header{"X-Acs-Security-Token":[]string{"Zx9QwErTy8"}}', "Zx9QwErTy8"),
    ("Map(password -> Zx9QwErTy8)", "Zx9QwErTy8"),
    ('"password" -> "pa55"', "pa55"),
    ("a=1&token=hidden42&b=2", "hidden42"),
    ("https://h.example/?access_token=<b>&token=!9", "!9"),
    ('--X\r\nContent-Disposition: form-data; name="password"\r\n\r\nin a part\r\n--X--\r\n', "in a part"),
    ('--X\nContent-Disposition: form-data; name="key-secret"; filename="a"\nContent-Type: a/b\n\n1st line', "1st line"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("text", "secret"), NAMED)
def test_what_gives_itself_away(text, secret):
    """Values are masked by the name before them or by their shape, without being known; twice is the same as once."""
    body = returned(text.encode()).body
    assert secret.encode() not in body
    assert returned(body).body == body
    assert secret not in Scrubber().text(text)
    if text.startswith(('{"', '"{')) and "cut-off" not in text:
        assert type(json.loads(body)) is type(json.loads(text))


INDEX = json.dumps(
    {
        "keys": {"level": {"type": "text", "token": [*", '\";=()[]{}?@&<>/:\n\t\r\\，。"], "caseSensitive": False}},
        "line": {"token": [", ", '"', "\\", "\u0001"], "chn": True, "include_keys": ["user", "message"]},
        "ttl": 30,
    }
)
INNOCENT = [
    BODY.decode(),
    '{"errorCode":"Unauthorized","errorMessage":"The security token you provided is invalid."}',
    '{"errorCode":"SignatureNotMatch","errorMessage":"signature : dose not match"}',
    '{"nextToken":"b64cursor1234==","pageToken":"p1","tokens":3,"signatureMethod":"hmac-sha1"}',
    "x-log-signaturemethod:hmac-sha1\nx-log-apiversion:0.6.0",
    "token: expired, password: required",
    "STS.testAccessKeyId and LOG testAccessKeyId:" + "q" * 27 + "=",
    "5AD9B5B0F0F0F0F0F0F0F0F0 1DD45FA4A70A9300CC9FE7305AF2C494 " + "0a1b" * 16,
    "访问密钥 consumer_1 日志库 my-logstore 100% &amp; \\u65e5\\u672c",
    '{"说明":"密码不能为空","checkpoint":"MTUyNDE1NTM3OTM3MzkwODQ5Ng=="} 密码错误：MTUyNDE1NTM3OTM3MzkwODQ5Ng==',
    'He said "token"\n\nThen we leave at 10am2026.',
    '--X\r\nContent-Disposition: form-data; name="shard"\r\n\r\n0123456a\r\n--X--\r\n',
    '{"key": "shard", "value": "0123456a"} {"value": "0123456a", "name": "nextToken"}',
    "token = none; if token == null",
    '["x-acs-security-token", "x-log-content-sha256", "disk=0123456789abcdefgh", "task: 0123456789abcdefgh"]',
    "http://my-project-1.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/group@host-1",
    "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADAN\n-----END PUBLIC KEY-----",
    '{"auth":"cn-hangzhou-my-project-1","pass":true,"sign":"ascending","checkpoint":"MTUyNDE1NTM3OTM3MzkwODQ5Ng=="}',
    "author=Abc0123456789Defgh design: Abc0123456789Defgh auth: my-consumer-group_Test1 bypass=Abc0123456789Defgh",
    "password('Enter the password: ') IDENTIFIED BY the owner",
    "insert into t (shard, checkpoint) values (0, 'MTUyNDE1NTM3OTM3MzkwODQ5Ng==')",
    "The signature is wrong, and the password is required\nby consumer_1, consumer_2",
    "Credential=testAccessKeyId/20261123/cn-hangzhou/sls/aliyun_v4_request,Signature=" + "0a" * 32,
    INDEX,
    json.dumps(json.loads(INDEX), separators=(",", ":"), ensure_ascii=False),
    json.dumps({"indexDetail": INDEX, "logstoreName": "my-logstore"}),
    str(json.loads(INDEX)),
    "password -> required, token: [expired], password: [at least 8 characters], token=b, 'token', 'consumer_1'",
    'map[Host:[h] X-Log-Requestid:[5AD9B5B0F0F0F0F0F0F0F0F0]] []string{"token", "shard"} {\'token\': []}',
    '{"max_token": 4096, "index_token": "word"}',
    "GET /oauth?grant=1&token_type=bearer HTTP/1.1",
    "token=REDACTED&SecurityToken=DUMMY&access_token=undefined&password=null&Signature=XXXXXXXX",
    '{"volumes": [{"name": "v", "secret": {"secretName": "tls-2026-cert", "defaultMode": 420, "optional": false}}]}',
    json.dumps({"secret": {"secretName": "app-tls", "items": [{"key": "tls.crt", "path": "tls.crt", "mode": 256}]}}),
    '{"env": [{"valueFrom": {"secretKeyRef": {"name": "db-1-pass", "key": "password"}}}], "token": true}',
    '{"password": "[password redacted]", "secret": "<your secret>", "token": "${TOKEN}", "apiKey": "fake-api-key"}',
]


def test_only_what_is_named_goes():
    """An array or object under a name ends where it ends, also inside escaped text: what stands behind it stays."""
    inner = json.dumps({"credentials": {"pin": ["4711]", {"b": "vier"}]}, "n": "stays"})
    told = {"errorMessage": inner, "list": ["stays", "too"], "odd": "{'credentials': {'a': [1]}} and so on", "z": "end"}
    masked = {**told, "errorMessage": inner.replace("4711]", "***").replace("vier", "***")}
    for text in (json.dumps(told), json.dumps(told, indent=1), json.dumps([json.dumps(told)])):
        done = returned(text.encode()).body.decode()
        assert "4711" not in done
        assert "vier" not in done
        found = json.loads(done)
        assert (json.loads(found[0]) if isinstance(found, list) else found) == masked


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays(text):
    """Prose about tokens, delimiters, placeholders, digests, request ids and cursors stay as they are."""
    assert returned(text.encode()).body == text.encode()
    assert Scrubber([PLAIN]).text(text) == text
    assert leaks(text.encode()) == ()


@pytest.mark.parametrize("value", ["a", "0", "shard", "consumer", "checkpoint", "testAccessKey"])
def test_short_and_common_keys_do_not_shred(value):
    """A key that is a word of the protocol, or too short to be told from text, is replaced only in its own place."""
    key = Credentials(value, "secret", "token" if value != "0" else "1")
    done = scrub(Exchange(a_request(key), RESPONSE), key)
    assert done.signature == "verified"
    assert done.exchange.response == RESPONSE
    assert done.exchange.request.headers["x-acs-security-token"] == "testSecurityToken"
    assert done.exchange.request.headers["authorization"].startswith("LOG STS.testAccessKeyId:")
    assert done.exchange.request.url == URL


@pytest.mark.parametrize("value", ["aB+/cD==9%41xY_-7Qz!k", 'q"uo\\te{d}[x]:,9kLmZ', "a&amp;b0123456789"])
def test_a_secret_that_looks_escaped_is_found(value):
    """Beside a real escape, what looks like one in the secret is undone with it."""
    key = Credentials("LTAI5tUnknownUnknown99", value)
    text = f"<{value[:2]}\\u{ord(value[2]):04x}{value[3:]}>"
    assert Scrubber([key]).text(text) == "<testAccessKeySecret>"
    assert value not in Scrubber([key]).text(f"<{value}>")


@pytest.mark.parametrize("sign", [" ", ":"])
def test_a_dump_of_the_key_is_found(sign):
    """As hexadecimal digits with signs between them, in either casing; the dump stays one."""
    dump = PLAIN.access_key_secret.encode().hex(sign)
    for text in (dump, dump.upper()):
        assert Scrubber([PLAIN]).text(f"<{text}>") == f"<{b'testAccessKeySecret'.hex(sign)}>"


def test_a_plain_word_is_hunted_as_a_whole():
    """A key of lower-case letters only is replaced as a word, and left alone inside longer ones."""
    key = Credentials("sunflower", "0123456789abcdef0123")
    body = b"sunflower sunflowers my-sunflower (sunflower)"
    done = scrub(Exchange(a_request(key), Response(200, (), body)), key).exchange.response.body
    assert done == b"testAccessKeyId sunflowers my-sunflower (testAccessKeyId)"


def test_cookies_of_odd_forms():
    """A value without a name and one with quotes inside are masked; the attributes of an emptied cookie are none."""
    headers = [("Cookie", 'n4meless-c00kie; =n4meless-2; a="qu0ted-1"tail-0001; b=""; c=tok3n-x==')]
    response = Response(200, [("Set-Cookie", "sid=; Path=/; Secure"), ("Set-Cookie", "al0ne-0001; Path=/")], b"Secure")
    done = scrub(Exchange(a_request(headers=headers), response)).exchange
    assert done.request.headers["cookie"] == '***; =***; a="***; b=""; c=***'
    assert done.response.headers.get_all("set-cookie") == ("sid=; Path=/; Secure", "***; Path=/")
    assert done.response.body == b"Secure"


def test_cookies_and_proxy_credentials():
    """Cookie values and proxy credentials are masked by their header, learnt, and hunted in the body."""
    headers = [
        ("Cookie", "acw_tc=c00kie-0001; theme=dark"),
        ("Proxy-Authorization", "Basic " + base64.b64encode(b"anna:pa55w0rd99").decode()),
        ("X-Api-Key", "k3y-k3y-k3y"),
    ]
    response = Response(
        200, [("Set-Cookie", 'sid="c00kie-0002"; Path=/; HttpOnly')], b"c00kie-0001 c00kie-0002 pa55w0rd99"
    )
    done = scrub(Exchange(a_request(headers=headers), response)).exchange
    assert done.request.headers["cookie"] == "acw_tc=***; theme=***"
    assert done.request.headers["proxy-authorization"] == "Basic ***"
    assert done.request.headers["x-api-key"] == "***"
    assert done.response.headers["set-cookie"] == 'sid="***"; Path=/; HttpOnly'
    assert done.response.body == b"*** *** ***"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Cookie", "{}=1; b=2"),
        ("Set-Cookie", "{}=1; Path=/"),
        ("Set-Cookie", "a=1; Domain={}; Secure"),
        ("Authorization", "{} abcdef012345"),
        ("Proxy-Authorization", "{} abcdef012345"),
        ("Authorization", "SLS4-HMAC-SHA256 Credential=k/20261123/{}/sls/aliyun_v4_request,Signature=" + "0a" * 32),
    ],
)
def test_a_secret_beside_the_place_of_secrets(name, value):
    """Names and attributes of cookies, the word before credentials, a scope: the value beside them hides nothing."""
    secret = PLAIN.access_key_secret
    pair = [(name, value.format(secret))]
    done = scrub(Exchange(Request("GET", URL, pair), Response(200, pair, b"[]"))).exchange
    for side in (done.request, done.response):
        assert "testAccessKeySecret" in side.headers[name]
        assert secret not in side.headers[name]
    assert Scrubber([PLAIN]).request(Request("GET", URL, pair)).headers[name] == done.request.headers[name]


def test_a_secret_as_a_method():
    """A method is any word; whoever mixes up arguments sends the key as one."""
    sent = a_request(method=PLAIN.access_key_secret)
    done = scrub(Exchange(sent, RESPONSE))
    assert (done.exchange.request.method.lower(), done.signature) == ("testaccesskeysecret", "verified")
    assert verify_signature(done.exchange.request, TEST_CREDENTIALS) is None


def test_names_in_cookies_are_renamed():
    """A cookie's domain names the project, too."""
    sent = [("Set-Cookie", "a=1; Domain=payments.cn-hangzhou.log.aliyuncs.com")]
    assert "payments" not in returned(headers=sent, renames={"payments": "my-project"}).headers["set-cookie"]


def test_user_patterns():
    """Group 1 or the whole match is masked, numbers by numbers, in encoded text too; JSON stays JSON."""
    rules = {"patterns": [r"order-(\d+)x", r"1[38]\d{9}", r'"name":"[^"]*","n":\d+']}
    hidden = base64.b64encode(b"tel 13800138000 !!").decode()
    text = f'{{"a":"order-77x","phone":13800138000,"name":"Anna","n":5,"e":"{hidden}"}}'
    body = returned(text.encode(), **rules).body
    assert json.loads(body)["phone"] == int("1" * 11)
    assert json.loads(body)["a"] == "order-11x"
    assert b"Anna" not in body
    assert base64.b64decode(json.loads(body)["e"]) == b"tel 11111111111 !!"
    assert returned(body, **rules).body == body


@pytest.mark.parametrize("pattern", [r"^\d{6}$", r"(?m)^\d{6}$", r"\A\d{6}\Z"])
def test_a_pattern_for_a_whole_value_meets_each_value(pattern):
    """The anchors of a user's pattern mean the ends of a header's value, or of a body."""
    request = a_request(headers={"X-Code": "123456"})
    response = Response(200, {"X-Code": "654321", "Content-Length": "6"}, b"246810")
    done = scrub(Exchange(request, response), patterns=[pattern]).exchange
    assert done.request.headers["x-code"] == "111111"
    assert (done.response.headers["x-code"], done.response.body) == ("111111", b"111111")


def test_a_short_pattern_garbles_no_word():
    """Words of base64's letters are not undone for it where no text comes out, and Authorization keeps its name."""
    exchange = Exchange(a_request(), RESPONSE)
    done = scrub(exchange, patterns=["[0-9]+", "[A-Z]u", "z"])
    assert done.signature == "verified"
    assert verify_signature(done.exchange.request, TEST_CREDENTIALS) is None
    assert done.exchange.request.url == URL.replace("0", "1").replace("hangzhou", "hang***hou")
    assert done.exchange.response.headers["content-type"] == "application/json"
    assert json.loads(done.exchange.response.body)[0]["updateTime"] == int("1" * 16)


@pytest.mark.parametrize("pattern", ["x*", "", "(a|)", "^$"])
def test_a_pattern_that_an_empty_text_matches_is_refused(pattern):
    """It would hide nothing, everywhere."""
    with pytest.raises(UsageError, match="How to fix"):
        Scrubber(patterns=[pattern])


@pytest.mark.parametrize("sent", ["Basic not-base64-at-all!", "Basic", "Digest \ud800abc", "Basic " + "YTo="])
def test_odd_proxy_credentials(sent):
    """Proxy credentials that are none are masked without an error."""
    done = scrub(Exchange(a_request(headers={"Proxy-Authorization": sent}), None)).exchange
    assert done.request.headers["proxy-authorization"] in ("Basic ***", "Digest ***", "***")


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"patterns": "order"}, "scrub: expected a list of texts, got one text"),
        ({"patterns": [7]}, "scrub: expected a list of texts, got one that contains int"),
        ({"keys": "x-tenant"}, "scrub_keys: expected a list of texts, got one text"),
        ({"keys": [b"x-tenant"]}, "scrub_keys: expected a list of texts, got one that contains bytes"),
        ({"keys": ["customer,x-tenant"]}, "scrub_keys: expected one name each, got 'customer,x-tenant'"),
    ],
)
def test_rules_that_would_protect_nothing_are_refused(rules, told):
    """One text is the list of its letters, two names in one are the name of nothing: all would be written."""
    with pytest.raises(UsageError, match=told):
        Scrubber(**rules)


def test_user_keys():
    """Values under the user's keys are masked in JSON, at any depth below, in queries and in headers."""
    rules = {"keys": ["customer", " X-Tenant ", "手机", ""]}
    body = returned('{"customer":{"name":"Anna","no":[7,"x"]},"手机":"138","x":"customer"}'.encode(), **rules).body
    assert json.loads(body) == {"customer": {"name": "***", "no": [1, "***"]}, "手机": "111", "x": "customer"}
    request = a_request(url=f"{URL}&customer=Anna%20B", headers={"x-tenant": "t-1"})
    done = scrub(Exchange(request, None), **rules).exchange.request
    assert done.url == f"{URL}&customer=***"
    assert done.headers["x-tenant"] == "***"
    assert verify_signature(done, PUBLIC) is None


@pytest.mark.parametrize("pattern", ["(", "[a"])
def test_a_bad_pattern_names_its_setting(pattern):
    """A pattern that is no regular expression is refused with the name of the ini setting and the fix."""
    with pytest.raises(UsageError, match=r"scrub: expected a regular expression.*How to fix"):
        Scrubber(patterns=[pattern])


def test_live_request_looks_like_the_recorded_one():
    """What matching compares is the same in a live request, in replay with the public key or without any."""
    request = a_request(
        STS, url=f"{URL}&security-token=abc", headers={"X-Id": STS.access_key_id}, body=b'{"password":"x"}'
    )
    stored = scrub(Exchange(request, None)).exchange.request
    for scrubber in (Scrubber([STS]), Scrubber()):
        live = scrubber.request(request)
        assert (live.method, live.url, live.body) == (stored.method, stored.url, stored.body)
        assert STS.access_key_id not in str(live.headers.pairs)


def test_texts():
    """Messages lose secrets but keep names and text that never was on a wire."""
    scrubber = Scrubber([PLAIN], renames={"real-name": "public"})
    assert scrubber.text(f"\ud800 {PLAIN.access_key_id}") == "\\ud800 testAccessKeyId"
    assert scrubber.shown(f"\ud800 {PLAIN.access_key_id}") == "\\ud800 ***"
    assert scrubber.shown("testAccessKeyId") == "testAccessKeyId"
    assert scrubber.text("\ud800 real-name") == "\ud800 real-name"
    assert scrubber.bytes(PLAIN.access_key_secret.encode()) == b"testAccessKeySecret"


def test_odd_headers_survive():
    """Repeated Authorization, empty values, and bytes that are not UTF-8 pass without an error."""
    pairs = [("Authorization", "LOG a:b"), ("authorization", "LOG c:d"), ("x-acs-security-token", " "), ("X", "\udcff")]
    request = Request("GET", URL, pairs, b"\xff")
    done = Scrubber().exchange(Exchange(request, Response(200, Headers(), b"", reason="\udcfe")))
    assert done.signature == "unchecked"
    assert done.exchange.request.headers.get_all("x") == ("\udcff",)
    assert done.exchange.request.headers.get_all("authorization") == (
        "LOG testAccessKeyId:bm90IGEgcmVhbCBzaWduYXR1cmU=",
        "LOG testAccessKeyId2:bm90IGEgcmVhbCBzaWduYXR1cmU=",
    )
