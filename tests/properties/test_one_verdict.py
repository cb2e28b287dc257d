"""`verify_signature` and `check` accept the same signatures: whatever the request, the key and the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from sls_contract import Credentials, Exchange, Request, check, sign, verify_signature
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, content_md5
from sls_contract.spec import Level, clause

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
GROUP = "/logstores/my-logstore/consumergroups/g"
OWN = Credentials("LTAI5tOneKeyOfThisTest1", "secretOfThisTest0123456789")
TEMPORARY = Credentials("STS.OneKeyOfThisTest1", "secretOfThisTest0123456789", "tokenOfThisTest")
KEYS = (OWN, TEMPORARY, TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
NAMES = [
    *("Authorization", "Date", "x-log-date", "Content-MD5", "Content-Type", "x-log-signaturemethod"),
    *("x-log-apiversion", "x-log-bodyrawsize", "x-log-content-sha256", "x-acs-security-token", "Host", "X-Log-Odd"),
]
VALUES = st.sampled_from(
    [
        *("", " ", "0", "abc", "hmac-sha1", "HMAC-SHA1", "application/json", content_md5(b""), content_md5(b"x")),
        *("LOG a:b", " LOG a:b", "SLS4-HMAC-SHA256", "Fri, 02 Jan 2026 03:04:05 GMT", "2 Jan 2026 03:04:05 +0000"),
        *("20260102T030405Z", "20260101T030405Z", HOST, "other.cn-shanghai.log.aliyuncs.com", "127.0.0.1"),
    ]
)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.sampled_from(NAMES), VALUES),
        st.tuples(st.just("drop"), st.sampled_from(NAMES), st.just("")),
        st.tuples(st.just("again"), st.sampled_from(NAMES), VALUES),
        st.tuples(st.just("padded"), st.sampled_from(NAMES), st.sampled_from([" ", "\t", "x"])),
        st.tuples(st.just("body"), st.just(""), st.sampled_from(["", "x"])),
        st.tuples(st.just("target"), st.just(""), st.sampled_from([f"{GROUP}?shard=1", "/logstores/a/track", "/"])),
        st.tuples(st.just("method"), st.just(""), st.sampled_from(["GET", "POST", "OPTIONS", "HEAD"])),
    ),
    max_size=2,
)


def changed(request: Request, how: str, name: str, value: str) -> Request:
    headers = request.headers
    if how == "set":
        return request.replace(headers=headers.with_field(name, value))
    if how == "drop":
        return request.replace(headers=headers.without(name))
    if how == "again":
        return request.replace(headers=[*headers.pairs, (name, value)])
    if how == "padded":
        return request.replace(headers=headers.with_field(name, f"{value}{headers.get(name, '')}{value}"))
    if how == "target":
        return request.replace(url=f"https://{HOST}{value}")
    return request.replace(**{how: value.encode() if how == "body" else value})


def is_accepted_by_check(request: Request, keys, at) -> bool:
    found = [each for each in check(Exchange(request, None), credentials=keys, at=at) if each.code.startswith("SLS3")]
    not_verified = clause("signature-not-verified").code
    return not any(each.level is Level.VIOLATION or each.code == not_verified for each in found)


@given(
    target=st.sampled_from([f"{GROUP}?shard=0", GROUP, f"{GROUP}?b=%20&a=日志", "/logstores/a/shards/0/lb"]),
    signer=st.sampled_from(KEYS),
    keys=st.sampled_from([OWN, TEMPORARY, TEST_CREDENTIALS, KEYS, (TEST_STS_CREDENTIALS, OWN)]),
    scheme=st.sampled_from(["v1", "v1-sha256", "v4"]),
    body=st.sampled_from([b"", b"x"]),
    changes=CHANGES,
    at=st.none()
    | st.sampled_from(
        [AT + sign * timedelta(seconds=s) for sign in (1, -1) for s in (0, 899.5, 900, 900.5, 901, 5000)]
    ),
)
@example(f"{GROUP}?shard=0", TEST_CREDENTIALS, OWN, "v1", b"", [], AT)
@example(f"{GROUP}?shard=0", OWN, OWN, "v1", b"", [], AT + timedelta(seconds=900.5))
@example(f"{GROUP}?shard=0", OWN, OWN, "v4", b"", [("set", "Content-MD5", content_md5(b"x"))], AT)
@example("/logstores/a/track", OWN, OWN, "v1", b"", [("set", "Authorization", "LOG a:b:c")], AT)
@example(f"{GROUP}?shard=0", OWN, OWN, "v1", b"", [("padded", "Authorization", " "), ("set", "Host", "127.0.0.1")], AT)
def test_one_verdict(target, signer, keys, scheme, body, changes, at):
    """What one verifies, the other finds nothing in; what one refuses, the other finds wrong or not verified."""
    request = sign(Request("GET", f"https://{HOST}{target}", body=body), signer, scheme=scheme, at=AT)
    for how, name, value in changes:
        request = changed(request, how, name, value)
    verified = verify_signature(request, keys, at=at) is None
    if request.method == "OPTIONS" or (request.path.endswith("/track") and "authorization" not in request.headers):
        return  # needs no signature: one that is absent is none that is refused
    if "authorization" not in request.headers and not is_sls(request):
        return  # no request to the service, which is not judged at all
    assert is_accepted_by_check(request, keys, at) == verified, request.headers


def is_sls(request: Request) -> bool:
    return request.host.endswith(".log.aliyuncs.com") or "x-log-apiversion" in request.headers
