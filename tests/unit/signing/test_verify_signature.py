"""What verifies, and which step is named where it does not need the digest to be told."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from sls_contract.errors import UsageError
from sls_contract.exchange import Request
from sls_contract.headers import Headers
from sls_contract.signing import (
    STEPS,
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    SignatureMismatch,
    content_md5,
    examine,
    sign,
    verify_signature,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
BARE = Request("GET", f"http://{HOST}/logstores/l/consumergroups/g?shard=0")
SCHEMES = ["v1", "v1-sha256", "v4"]


def altered(request: Request, **fields: str | None) -> Request:
    headers = request.headers
    for name, value in fields.items():
        name = name.replace("_", "-")  # noqa: PLW2901 - the header's real name
        headers = headers.without(name) if value is None else headers.with_field(name, value)
    return request.replace(headers=headers)


def with_text(request: Request, text: str, algorithm: str = "sha1") -> Request:
    """Put a v1 signature into the request over a text written out by hand."""
    digest = hmac.digest(TEST_CREDENTIALS.access_key_secret.encode(), text.encode(), algorithm)
    return altered(request, Authorization=f"LOG testAccessKeyId:{base64.b64encode(digest).decode()}")


def step_of(request: Request, credentials=TEST_CREDENTIALS, **options: object) -> str:
    found = verify_signature(request, credentials, **options)
    assert isinstance(found, SignatureMismatch)
    assert str(found).startswith(f"signature does not verify: wrong at step {found.step}\n")
    return found.step


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("credentials", [TEST_CREDENTIALS, TEST_STS_CREDENTIALS], ids=["key", "sts"])
def test_signed_request_verifies(scheme, credentials):
    """Each scheme verifies with and without a token, also through a keyring, and not with another method."""
    request = sign(BARE, credentials, scheme=scheme, at=AT)
    assert verify_signature(request, credentials, at=AT) is None
    assert verify_signature(request, iter([TEST_CREDENTIALS, TEST_STS_CREDENTIALS])) is None
    assert step_of(request.replace(method="PUT"), credentials) == "digest"


@pytest.mark.parametrize("recase", [str.lower, str.upper, str.title])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_header_names_in_any_casing(scheme, recase):
    """The casing of header names does not matter."""
    request = sign(BARE, TEST_CREDENTIALS, scheme=scheme, at=AT)
    pairs = [(recase(name), value) for name, value in request.headers.pairs]
    assert verify_signature(request.replace(headers=Headers(pairs)), TEST_CREDENTIALS) is None


def log_text(*, resource: str, extra: str = "") -> str:
    return (
        "GET\n\n\nFri, 02 Jan 2026 03:04:05 GMT\n"
        f"x-log-apiversion:0.6.0\nx-log-bodyrawsize:0\n{extra}x-log-signaturemethod:hmac-sha1\n{resource}"
    )


@pytest.mark.parametrize(
    ("target", "resource"),
    [
        ("/l/a%20b%E6%97%A5", "/l/a%20b%E6%97%A5"),
        ("/l/a%20b%E6%97%A5", "/l/a b日"),
        ("/l?a=x+y", "/l?a=x y"),
        ("/l?a=x%20y", "/l?a=x y"),
        ("/l?", "/l"),
        ("/l?b=&a=1", "/l?a=1&b="),
        ("/l?b&a=1", "/l?a=1&b"),
        ("/l?b&a=1", "/l?a=1&b="),
        ("/l?a=%E6%97%A5%25", "/l?a=日%"),
        ("/l?a=2&a=1", "/l?a=1&a=2"),
    ],
)
def test_accepted_ways_to_sign_a_resource(target, resource):
    """Path raw or decoded, query decoded, a key without = either way, a bare question mark as none: all verify."""
    request = sign(BARE.replace(url=f"http://{HOST}{target}"), TEST_CREDENTIALS, at=AT)
    assert verify_signature(with_text(request, log_text(resource=resource)), TEST_CREDENTIALS) is None


@pytest.mark.parametrize(
    ("extra_headers", "lines"),
    [
        ([("x-log-meta-a", "1")], ""),
        ([("x-log-meta-a", "1")], "x-log-meta-a:1\n"),
        ([("x-log-date", "Fri, 02 Jan 2026 03:04:05 GMT")], ""),
        ([("x-log-odd", "1"), ("X-Log-Odd", "2")], "x-log-odd:1, 2\n"),
        ([("x-log-odd", "1"), ("X-Log-Odd", "2")], "x-log-odd:1,2\n"),
        ([("x-log-odd", "1"), ("X-Log-Odd", "2")], "x-log-odd:1\nx-log-odd:2\n"),
        ([("x-log-odd", " 1 ")], "x-log-odd:1\n"),
        ([("x-log-odd", "日志")], "x-log-odd:日志\n"),
        ([("x-log-odd", "")], "x-log-odd:\n"),
        ([("content-md5", "")], ""),
    ],
)
def test_accepted_ways_to_sign_headers(extra_headers, lines):
    """Metadata in or out, x-log-date out, repeated headers joined or apart, values trimmed: all verify."""
    request = sign(BARE.replace(url=f"http://{HOST}/l"), TEST_CREDENTIALS, at=AT)
    sent = request.replace(headers=Headers([*request.headers.pairs, *extra_headers]))
    assert verify_signature(with_text(sent, log_text(resource="/l", extra=lines)), TEST_CREDENTIALS) is None


def test_a_metadata_header_that_was_signed_cannot_be_taken_away():
    """Metadata may be signed or not, but what was signed must stay."""
    request = sign(BARE.replace(headers={"x-log-meta-a": "1"}), TEST_CREDENTIALS, at=AT)
    assert verify_signature(request, TEST_CREDENTIALS) is None
    assert step_of(altered(request, x_log_meta_a=None)) == "digest"


def test_the_value_of_x_log_date_counts():
    """x-log-date replaces Date, also where Date is missing or says something else."""
    request = sign(BARE, TEST_CREDENTIALS, at=AT)
    date = request.headers["date"]
    assert verify_signature(altered(request, x_log_date=date, Date="nonsense"), TEST_CREDENTIALS) is None
    assert verify_signature(altered(request, x_log_date=date, Date=None), TEST_CREDENTIALS) is None


@pytest.mark.parametrize("host", [HOST, f"{HOST}:8080"])
def test_v4_host_with_and_without_its_port(host):
    """v4 signs the host as received; a client that signs it without its port verifies as well."""
    without = sign(BARE.replace(headers={"Host": HOST}), TEST_CREDENTIALS, scheme="v4", at=AT)
    assert verify_signature(altered(without, Host=host), TEST_CREDENTIALS) is None


def test_v4_host_of_the_url_where_no_host_header_is_shown():
    """A recording without Host header verifies by the URL's host, with or without its default port."""
    for signed in (HOST, f"{HOST}:80"):
        request = sign(BARE.replace(headers={"Host": signed}), TEST_CREDENTIALS, scheme="v4", at=AT)
        shown = request.replace(url=BARE.url.replace(HOST, f"{HOST}:80"), headers=request.headers.without("host"))
        assert verify_signature(shown, TEST_CREDENTIALS) is None


def test_through_a_proxy_the_host_header_decides():
    """An absolute target with a port does not disturb a Host header without one."""
    request = sign(BARE.replace(headers={"Host": HOST}), TEST_CREDENTIALS, scheme="v4", at=AT)
    proxied = request.replace(url=BARE.url.replace(HOST, f"{HOST}:80"))
    assert verify_signature(proxied, TEST_CREDENTIALS) is None
    assert step_of(altered(proxied, Host="other.cn-hangzhou.log.aliyuncs.com")) == "digest"


def test_an_unannounced_method_counts_as_hmac_sha1():
    """Without x-log-signaturemethod the digest is that of hmac-sha1; its absence is another clause's matter."""
    request = altered(sign(BARE.replace(url=f"http://{HOST}/l"), TEST_CREDENTIALS, at=AT), x_log_signaturemethod=None)
    text = log_text(resource="/l").replace("x-log-signaturemethod:hmac-sha1\n", "")
    assert verify_signature(with_text(request, text), TEST_CREDENTIALS) is None


@pytest.mark.parametrize(
    ("value", "slip"),
    [
        (None, "not signed"),
        ("", "not signed"),
        ("LOG a:b c", "contains a space"),
        ("LOG a", "no colon"),
        ("LOGa:b", "one space"),
        ("log a:b", "capitals"),
        ("SLS a:b", "not SLS"),
        ("Bearer x", "bearer"),
        ("Basic x", "password"),
        ("AWS4-HMAC-SHA256 x", "another service"),
        ("sls4-hmac-sha256 x", "capitals"),
        ("SLS4-HMAC-SHA256 Credential=a/b/c/sls/aliyun_v4_request, Signature=x", "no space"),
        ("SLS4-HMAC-SHA256 Credential=a/b/c/sls/aliyun_v4_request,SignedHeaders=host,Signature=x", "SignedHeaders"),
        ("SLS4-HMAC-SHA256 Credential=a/b,Signature=x", "five parts"),
        ("whatever", "unknown"),
    ],
)
def test_step_authorization(value, slip):
    """An unreadable Authorization is the first step; what is wrong with it is said, its value is not."""
    request = altered(sign(BARE, TEST_CREDENTIALS, at=AT), Authorization=value)
    found = verify_signature(request, TEST_CREDENTIALS)
    assert found.step == "authorization"
    assert slip in found.explanation


def test_two_authorization_headers():
    """Two Authorization headers are no Authorization."""
    request = sign(BARE, TEST_CREDENTIALS, at=AT)
    twice = Headers([*request.headers.pairs, ("authorization", request.headers["authorization"])])
    assert step_of(request.replace(headers=twice)) == "authorization"


def test_step_access_key():
    """Of a key id that nobody knows only the length is shown; the public test ids are shown whole."""
    request = sign(BARE, Credentials("LTAIabcdefghijkl", "secret"), at=AT)
    found = verify_signature(request, TEST_CREDENTIALS)
    assert (found.step, found.expected, found.actual) == ("access-key", "testAccessKeyId", "an id of 16 characters")
    assert verify_signature(request, []).expected == "no key is known"
    assert verify_signature(request, Credentials("LTAIabcdefghijkm", "s")).actual == "another id of 16 characters"
    empty = sign(BARE, Credentials("", ""), at=AT)
    assert verify_signature(empty, TEST_CREDENTIALS).actual == "an empty access key id"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("value", [None, "yesterday", "2026-01-02T03:04:05Z"])
def test_step_date(scheme, value):
    """A missing or unreadable date is named before the digest that it spoils."""
    name = "x_log_date" if scheme == "v4" else "Date"
    request = altered(sign(BARE, TEST_CREDENTIALS, scheme=scheme, at=AT), **{name: value})
    assert step_of(request) == "date"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_clock(scheme):
    """Fifteen minutes are allowed in either direction, not a second more; without ``at`` the clock is not judged."""
    request = sign(BARE, TEST_CREDENTIALS, scheme=scheme, at=AT)
    limit, second = timedelta(minutes=15), timedelta(seconds=1)
    assert verify_signature(request, TEST_CREDENTIALS) is None
    assert verify_signature(request, TEST_CREDENTIALS, at=AT + limit) is None
    assert verify_signature(request, TEST_CREDENTIALS, at=AT - limit) is None
    assert "15 minutes behind" in verify_signature(request, TEST_CREDENTIALS, at=AT + limit + second).explanation
    assert "15 minutes ahead" in verify_signature(request, TEST_CREDENTIALS, at=AT - limit - second).explanation


def test_naive_time():
    """A time without its zone is refused."""
    with pytest.raises(UsageError, match="aware"):
        verify_signature(sign(BARE, TEST_CREDENTIALS, at=AT), TEST_CREDENTIALS, at=AT.replace(tzinfo=None))


BODY = b"hello"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (content_md5(BODY).lower(), "upper-case"),
        (base64.b64encode(hashlib.md5(BODY).digest()).decode(), "base64"),
        (content_md5(b"other"), "not that of the body"),
    ],
)
@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_step_content_md5(scheme, value, says):
    """A Content-MD5 that does not fit the body is named, and why, in either scheme."""
    posted = BARE.replace(method="POST", body=BODY, headers={"Content-MD5": "x"})
    found = verify_signature(
        altered(sign(posted, TEST_CREDENTIALS, scheme=scheme, at=AT), Content_MD5=value), TEST_CREDENTIALS
    )
    assert found.step == "content-md5"
    assert says in found.explanation


def test_body_changed_on_the_way():
    """A changed body is named by the hash that no longer fits, though the digest is right."""
    posted = BARE.replace(method="POST", body=BODY)
    v1, v4 = (sign(posted, TEST_CREDENTIALS, scheme=scheme, at=AT).replace(body=b"hellO") for scheme in ("v1", "v4"))
    assert (step_of(v1), step_of(v4)) == ("content-md5", "payload-hash")


@pytest.mark.parametrize("value", ["hmac-sha512", "HMAC-SHA1", "hmac-sha1, hmac-sha1"])
def test_unknown_method(value):
    """An announced method that does not exist is a matter of the header list."""
    request = altered(sign(BARE, TEST_CREDENTIALS, at=AT), x_log_signaturemethod=value)
    assert step_of(request) == "header-list"


def test_missing_token():
    """A temporary key without its token cannot authenticate, though its digest may be right."""
    request = sign(BARE, Credentials(TEST_STS_CREDENTIALS.access_key_id, "testStsAccessKeySecret"), at=AT)
    assert step_of(request, TEST_STS_CREDENTIALS) == "header-list"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scope", "says"),
    [
        ("20260103/cn-hangzhou/sls/aliyun_v4_request", "day"),
        ("20260102/cn-shanghai/sls/aliyun_v4_request", "not that of the endpoint"),
        ("20260102//sls/aliyun_v4_request", "names no region"),
        ("20260102/cn-hangzhou/log/aliyun_v4_request", "does not end"),
        ("20260102/cn-hangzhou/sls/aws4_request", "does not end"),
    ],
)
def test_step_scope(scope, says):
    """A scope that fits neither the request's date nor its endpoint is named, and which part."""
    request = sign(BARE, TEST_CREDENTIALS, scheme="v4", at=AT)
    value = request.headers["authorization"].replace("20260102/cn-hangzhou/sls/aliyun_v4_request", scope)
    found = verify_signature(altered(request, Authorization=value), TEST_CREDENTIALS)
    assert (found.step, found.actual) == ("scope", scope)
    assert found.expected == "20260102/cn-hangzhou/sls/aliyun_v4_request"
    assert says in found.explanation


@pytest.mark.slow
def test_scope_signed_right_for_the_wrong_region():
    """A digest right for its own scope still fails where the endpoint names another region."""
    request = sign(BARE, TEST_CREDENTIALS, scheme="v4", region="cn-shanghai", at=AT)
    assert step_of(request) == "scope"
    loopback = BARE.replace(url="http://my-project.127.0.0.1:8080/l")
    elsewhere = sign(loopback, TEST_CREDENTIALS, scheme="v4", region="cn-shanghai", at=AT)
    assert verify_signature(elsewhere, TEST_CREDENTIALS) is None
    assert verify_signature(elsewhere, TEST_CREDENTIALS, region="cn-shanghai") is None
    assert step_of(elsewhere, region="cn-hangzhou") == "scope"
    nowhere = sign(loopback, TEST_CREDENTIALS, scheme="v4", region="x", at=AT)
    bare = altered(nowhere, Authorization=nowhere.headers["authorization"].replace("/x/", "//"))
    assert verify_signature(bare, TEST_CREDENTIALS).expected == "20260102/<region>/sls/aliyun_v4_request"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "needs"),
        (hashlib.sha256(BODY).hexdigest().upper(), "lower-case"),
        ("UNSIGNED-PAYLOAD", "must be hashed"),
        (hashlib.sha256(b"").hexdigest(), "empty body"),
        (base64.b64encode(hashlib.sha256(BODY).digest()).decode(), "base64"),
        (hashlib.sha256(b"other").hexdigest(), "not the hash"),
    ],
)
def test_step_payload_hash(value, says):
    """A payload hash that does not fit the body is named, and why."""
    request = sign(BARE.replace(method="POST", body=BODY), TEST_CREDENTIALS, scheme="v4", at=AT)
    found = verify_signature(altered(request, x_log_content_sha256=value), TEST_CREDENTIALS)
    assert found.step == "payload-hash"
    assert says in found.explanation


@pytest.mark.slow
def test_the_first_wrong_step_is_named():
    """Of several wrong steps the first is named, whether or not it takes the digest to see it."""
    posted = sign(BARE.replace(method="POST", body=BODY), TEST_CREDENTIALS, scheme="v4", at=AT)
    wrong_hash = altered(posted, x_log_content_sha256="x")
    assert step_of(altered(wrong_hash, x_log_date=None)) == "date"
    assert step_of(posted.replace(url=posted.url + "&later=1", body=b"changed")) == "resource"
    assert step_of(posted.replace(url=posted.url.replace("logstores", "other"), body=b"changed")) == "payload-hash"
    typed = sign(BARE, TEST_CREDENTIALS, scheme="v4", region="cn-beijing", at=AT)
    both = altered(typed, Content_Type="application/json")
    assert step_of(both) == "content-type"
    assert STEPS.index("content-type") < STEPS.index("scope")


def test_mismatch_is_a_value():
    """Mismatches compare by value, are true, and name the step in their text."""
    request = sign(BARE, TEST_CREDENTIALS, at=AT).replace(method="PUT")
    one, two = verify_signature(request, TEST_CREDENTIALS), verify_signature(request, TEST_CREDENTIALS)
    assert one == two
    assert one
    assert "the service signs:\n    PUT\n" in str(one)


def test_text_for_a_terminal():
    """Undecodable bytes and control characters are escaped in what is shown."""
    request = sign(BARE.replace(url=f"http://{HOST}/l%FF?a=%1B[2J"), TEST_CREDENTIALS, at=AT)
    shown = str(verify_signature(request.replace(method="PUT"), TEST_CREDENTIALS))
    assert "/l\\udcff?a=\\x1b[2J" in shown


@pytest.mark.parametrize("wrong", [None, "testAccessKeyId", [("id", "secret")], 3])
def test_credentials_of_another_type(wrong):
    """Anything but Credentials is refused with its type."""
    with pytest.raises(UsageError, match="credentials must be Credentials"):
        verify_signature(BARE, wrong)


def test_a_request_that_does_not_verify_has_no_dialect():
    """The clock is not judged without a time."""
    request = sign(BARE, TEST_CREDENTIALS, at=AT)
    found, wrong = (examine(each, TEST_CREDENTIALS) for each in (request, request.replace(method="PUT")))
    assert (found.mismatch, found.dialect.scheme) == (None, "v1")
    assert isinstance(wrong.mismatch, SignatureMismatch)
    assert wrong.dialect is None


def test_a_short_token_is_masked_by_its_header():
    """However short a token is, the line that carries it shows no value."""
    key = Credentials("STS.short", "aSecretForTheTest", "q#q")
    request = sign(BARE, key, scheme="v4", at=AT)
    shown = str(verify_signature(request.replace(method="PUT"), key))
    assert "x-acs-security-token:***" in shown
    assert "q#q" not in shown


def test_a_secret_put_into_the_request_is_masked():
    """A client that sends its secret along does not see it repeated, encoded or not."""
    key = Credentials("LTAIkey", "a+Secret/ForTheTest")
    request = sign(BARE.replace(url=f"http://{HOST}/l?k=a%2BSecret%2FForTheTest"), key, scheme="v4", at=AT)
    shown = str(verify_signature(request.replace(method="PUT"), key))
    assert "k=***" in shown
    assert "ForTheTest" not in shown
