"""Each known mistake, made by a client written out here by hand: the right step is named, and the mistake."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from sls_contract.exchange import Request
from sls_contract.signing import (
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Searches,
    content_md5,
    sign,
    verify_signature,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DATE = "Fri, 02 Jan 2026 03:04:05 GMT"
KEY_ID, SECRET = "testAccessKeyId", "testAccessKeySecret"
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
PATH = "/logstores/my-logstore/consumergroups/group"
BODY = b'{"shard":0}'
MD5 = content_md5(BODY)
EMPTY = hashlib.sha256(b"").hexdigest()

LOG_LINES = ["x-log-apiversion:0.6.0", "x-log-bodyrawsize:11", "x-log-signaturemethod:hmac-sha1"]
TEXT_V1 = "\n".join(["POST", MD5, "application/json", DATE, *LOG_LINES, f"{PATH}?b=x y&c=&d=%2B"])
TARGET = f"{PATH}?d=%252B&b=x%20y&c="

V4_HEADERS = {
    "content-type": "application/json",
    "host": HOST,
    "x-log-apiversion": "0.6.0",
    "x-log-bodyrawsize": "11",
    "x-log-content-sha256": hashlib.sha256(BODY).hexdigest(),
    "x-log-date": "20260102T030405Z",
}
SCOPE = "20260102/cn-hangzhou/sls/aliyun_v4_request"
QUERY_V4 = "b=x%20y&c&d=%252B"


def digest_v1(text: str, algorithm: str = "sha1", secret: str = SECRET) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), algorithm)


def request_v1(signature: str, **headers: str) -> Request:
    sent = {
        "Host": HOST,
        "Date": DATE,
        "Content-Type": "application/json",
        "Content-MD5": MD5,
        "X-Log-ApiVersion": "0.6.0",
        "X-Log-BodyRawSize": "11",
        "X-Log-SignatureMethod": "hmac-sha1",
        "Authorization": f"LOG {KEY_ID}:{signature}",
    }
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("POST", f"http://{HOST}{TARGET}", sent | extra, BODY)


def verdict_v1(text: str, **headers: str):
    signature = base64.b64encode(digest_v1(text)).decode()
    return verify_signature(request_v1(signature, **headers), TEST_CREDENTIALS)


def key_v4(*, prefix: str = "aliyun_v4", secret: str = SECRET, scope: str = SCOPE) -> bytes:
    key = (prefix + secret).encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_v4(*, query: str = QUERY_V4, headers: dict[str, str] = V4_HEADERS, payload: str | None = None) -> str:
    payload = V4_HEADERS["x-log-content-sha256"] if payload is None else payload
    lines = [f"{name}:{value}" for name, value in sorted(headers.items())]
    return "\n".join(["POST", PATH, query, *lines, "", ";".join(sorted(headers)), payload])


def verdict_v4(canonical: str, *, key: bytes | None = None, time: str = "20260102T030405Z", scope: str = SCOPE):
    text = f"SLS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(key or key_v4(), text.encode(), "sha256").hex()
    return verify_signature(request_v4(signature), TEST_CREDENTIALS)


def request_v4(signature: str, **headers: str) -> Request:
    authorization = f"SLS4-HMAC-SHA256 Credential={KEY_ID}/{SCOPE},Signature={signature}"
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = V4_HEADERS | {"Authorization": authorization, "User-Agent": "x"} | extra
    return Request("POST", f"http://{HOST}{TARGET}", sent, BODY)


def test_the_clients_here_are_right_where_they_make_no_mistake():
    """The two clients written out here verify, so that each test below makes exactly its mistake."""
    assert verdict_v1(TEXT_V1) is None
    assert verdict_v4(canonical_v4()) is None


QUERY = "?b=x y&c=&d=%2B"
V1_MISTAKES = {
    "query-left-out": ("resource", QUERY, ""),
    "query-unsorted": ("resource", QUERY, "?d=%2B&b=x y&c="),
    "query-percent-encoded": ("resource", QUERY, "?b=x%20y&c=&d=%252B"),
    "query-as-sent": ("resource", QUERY, "?d=%252B&b=x%20y&c="),
    "empty-value-without-equals": ("resource", QUERY, "?b=x y&c&d=%2B"),
    "query-encoded-twice": ("resource", QUERY, "?b=x%2520y&c=&d=%25252B"),
    "path-changed": ("resource", PATH, f"/my-project{PATH}"),
    "date-left-out": ("date", DATE, ""),
    "content-md5-left-out": ("content-md5", MD5, ""),
    "other-content-md5": ("content-md5", MD5, MD5.lower()),
    "content-type-left-out": ("content-type", "application/json\n", "\n"),
    "other-content-type": ("content-type", "application/json\n", "application/x-protobuf\n"),
    "header-left-out": ("header-list", LOG_LINES[1] + "\n", ""),
    "no-header-signed": ("header-list", "\n".join(LOG_LINES) + "\n", ""),
    "unsigned-header-signed": ("header-list", LOG_LINES[0], f"host:{HOST}\n{LOG_LINES[0]}"),
    "header-names-as-sent": (
        "header-list",
        "\n".join(LOG_LINES),
        "X-Log-ApiVersion:0.6.0\nX-Log-BodyRawSize:11\nX-Log-SignatureMethod:hmac-sha1",
    ),
    "headers-unsorted": ("header-list", "\n".join(LOG_LINES), "\n".join(LOG_LINES[::-1])),
    "space-after-colon": ("header-list", "\n".join(LOG_LINES), "\n".join(LOG_LINES).replace(":", ": ")),
    "method-in-lower-case": ("digest", "POST", "post"),
    "line-ending-signed": ("digest", QUERY, QUERY + "\n"),
    "newline-before-resource": ("digest", f"\n{PATH}", PATH),
}


@pytest.mark.parametrize("mistake", V1_MISTAKES)
def test_v1_mistake(mistake):
    """A v1 client that makes one mistake is told which, and sees what it signed beside what the service signs."""
    step, right, wrong = V1_MISTAKES[mistake]
    text = TEXT_V1.replace(right, wrong, 1)
    assert text != TEXT_V1
    found = verdict_v1(text)
    assert (found.step, found.mistakes) == (step, (mistake,))
    assert found.string_to_sign == TEXT_V1
    assert found.client_string_to_sign == text


@pytest.mark.parametrize("left_out", ["x-log-apiversion", "x-log-signaturemethod", "x-log-bodyrawsize"])
def test_v1_header_left_out(left_out):
    """Whichever header is missing from the list, the step shows the list with and without it."""
    found = verdict_v1("\n".join(line for line in TEXT_V1.split("\n") if not line.startswith(left_out)))
    assert found.step == "header-list"
    assert left_out in found.expected
    assert left_out not in found.actual


def test_v1_token_left_out():
    """A client that does not sign its token is told so, and the token's value is masked."""
    request = sign(Request("GET", f"http://{HOST}{PATH}"), TEST_STS_CREDENTIALS, at=AT)
    without = sign(Request("GET", f"http://{HOST}{PATH}"), TEST_CREDENTIALS, at=AT)
    text = "\n".join(["GET", "", "", DATE, LOG_LINES[0], "x-log-bodyrawsize:0", LOG_LINES[2], PATH])
    signature = base64.b64encode(digest_v1(text, secret=TEST_STS_CREDENTIALS.access_key_secret)).decode()
    assert without.headers["authorization"] == f"LOG {KEY_ID}:{base64.b64encode(digest_v1(text)).decode()}"
    mistaken = request.headers.with_field("Authorization", f"LOG {TEST_STS_CREDENTIALS.access_key_id}:{signature}")
    found = verify_signature(request.replace(headers=mistaken), TEST_STS_CREDENTIALS)
    assert (found.step, found.mistakes) == ("header-list", ("header-left-out",))
    assert "x-acs-security-token:***" in found.expected
    assert "testSecurityToken" not in str(found)


def test_v1_x_log_date_in_the_header_list():
    """A v1 client that signs x-log-date among the headers is told to leave it out."""
    found = verdict_v1(TEXT_V1.replace(LOG_LINES[2], f"x-log-date:{DATE}\n{LOG_LINES[2]}"), x_log_date=DATE)
    assert (found.step, found.mistakes) == ("header-list", ("x-log-date-in-header-list",))


def test_v1_date_signed_though_x_log_date_replaces_it():
    """A v1 client that signs Date although it sends another x-log-date is told which one counts."""
    found = verdict_v1(TEXT_V1, x_log_date="Fri, 02 Jan 2026 03:04:06 GMT")
    assert (found.step, found.mistakes) == ("date", ("date-header-signed",))
    assert found.expected.endswith("03:04:06 GMT")
    assert found.actual.endswith("03:04:05 GMT")


def test_v1_bare_question_mark():
    """A client that signs a question mark without a query is told to drop it."""
    url = f"http://{HOST}{PATH}?"
    text = "\n".join(["GET", "", "", DATE, LOG_LINES[0], "x-log-bodyrawsize:0", LOG_LINES[2], PATH + "?"])
    request = sign(Request("GET", url), TEST_CREDENTIALS, at=AT)
    assert verify_signature(request, TEST_CREDENTIALS) is None
    value = f"LOG {KEY_ID}:{base64.b64encode(digest_v1(text)).decode()}"
    found = verify_signature(
        request.replace(headers=request.headers.with_field("Authorization", value)), TEST_CREDENTIALS
    )
    assert (found.step, found.mistakes) == ("resource", ("question-mark-signed",))


def test_v1_literal_plus():
    """A client that puts a bare + into the URL and signs a + is told that a server reads a space."""
    request = sign(Request("GET", f"http://{HOST}{PATH}?a=1%2B1"), TEST_CREDENTIALS, at=AT)
    found = verify_signature(request.replace(url=f"http://{HOST}{PATH}?a=1+1"), TEST_CREDENTIALS)
    assert (found.step, found.mistakes[0]) == ("resource", "literal-plus")


@pytest.mark.parametrize(
    ("mistake", "signature"),
    [
        ("wrong-encoding", digest_v1(TEXT_V1).hex()),
        ("wrong-encoding", base64.b64encode(digest_v1(TEXT_V1)).decode().rstrip("=")),
        ("wrong-encoding", base64.b64encode(digest_v1(TEXT_V1).hex().encode()).decode()),
        ("wrong-algorithm", base64.b64encode(digest_v1(TEXT_V1, "sha256")).decode()),
        ("wrong-algorithm", base64.b64encode(digest_v1(TEXT_V1, "md5")).decode()),
        ("secret-with-line-ending", base64.b64encode(digest_v1(TEXT_V1, secret=SECRET + "\n")).decode()),
        ("secret-with-line-ending", base64.b64encode(digest_v1(TEXT_V1, secret=SECRET + " ")).decode()),
    ],
)
def test_v1_digest_made_wrong(mistake, signature):
    """A right text sealed in a wrong way is told apart from a wrong text."""
    found = verify_signature(request_v1(signature), TEST_CREDENTIALS)
    assert (found.step, found.mistakes) == ("digest", (mistake,))


def test_v1_sha1_although_sha256_is_announced():
    """hmac-sha1 under an announced hmac-sha256 is a wrong algorithm."""
    text = TEXT_V1.replace("hmac-sha1", "hmac-sha256")
    signature = base64.b64encode(digest_v1(text)).decode()
    sent = {"X_Log_SignatureMethod".replace("_", "-"): "hmac-sha256"}
    request = request_v1(signature)
    announced = request.replace(headers=request.headers.with_field(*sent.popitem()))
    found = verify_signature(announced, TEST_CREDENTIALS)
    assert (found.step, found.mistakes) == ("digest", ("wrong-algorithm",))


def test_v1_base64url():
    """A digest in the alphabet for URLs is recognised; the request is chosen so that the alphabets differ."""
    for shard in range(50):
        request = sign(Request("GET", f"http://{HOST}{PATH}?shard={shard}"), TEST_CREDENTIALS, at=AT)
        value = request.headers["authorization"]
        if set(value) & set("+/"):
            break
    changed = request.headers.with_field("Authorization", value.replace("+", "-").replace("/", "_"))
    found = verify_signature(request.replace(headers=changed), TEST_CREDENTIALS)
    assert (found.step, found.mistakes) == ("digest", ("wrong-encoding",))
    assert "base64url" in found.actual


def test_two_mistakes_name_the_first_step_and_both():
    """Two mistakes at once are both named; the step is the earlier one."""
    found = verdict_v1(TEXT_V1.replace(QUERY, "").replace("application/json\n", "\n"))
    assert (found.step, found.mistakes) == ("content-type", ("content-type-left-out", "query-left-out"))


V4_MISTAKES = {
    "query-left-out": ("resource", {"query": ""}),
    "query-unsorted": ("resource", {"query": "d=%252B&b=x%20y&c"}),
    "query-not-encoded": ("resource", {"query": "b=x y&c&d=%2B"}),
    "query-encoded-otherwise": ("resource", {"query": "b=x+y&c&d=%252B"}),
    "query-encoded-twice": ("resource", {"query": "b=x%2520y&c&d=%25252B"}),
    "query-as-sent": ("resource", {"query": "d=%252B&b=x%20y&c="}),
    "host-left-out": ("header-list", {"headers": {k: v for k, v in V4_HEADERS.items() if k != "host"}}),
    "other-host": ("header-list", {"headers": V4_HEADERS | {"host": HOST + ":80"}}),
    "header-left-out": ("header-list", {"headers": {k: v for k, v in V4_HEADERS.items() if k != "x-log-bodyrawsize"}}),
    "content-type-left-out": (
        "content-type",
        {"headers": {k: v for k, v in V4_HEADERS.items() if k != "content-type"}},
    ),
    "unsigned-header-signed": ("header-list", {"headers": V4_HEADERS | {"user-agent": "x"}}),
    "other-payload-hash": ("payload-hash", {"payload": "UNSIGNED-PAYLOAD"}),
}


@pytest.mark.parametrize("mistake", V4_MISTAKES)
def test_v4_mistake(mistake):
    """A v4 client that makes one mistake in the canonical request is told which, and sees both."""
    step, change = V4_MISTAKES[mistake]
    text = canonical_v4(**change)
    found = verdict_v4(text)
    assert (found.step, found.mistakes) == (step, (mistake,))
    assert found.string_to_sign.startswith(canonical_v4())
    assert found.client_string_to_sign.startswith(text)


def test_v4_empty_value_with_equals():
    """The = of an empty value, which v1 keeps and v4 drops, is recognised."""
    found = verdict_v4(canonical_v4(query="b=x%20y&c=&d=%252B"))
    assert (found.step, found.mistakes) == ("resource", ("query-encoded-otherwise",))


V4_SEALS = {
    "no prefix": ("digest", "key-not-derived-from-aliyun_v4", {"key": key_v4(prefix="")}),
    "foreign prefix": ("digest", "key-not-derived-from-aliyun_v4", {"key": key_v4(prefix="AWS4")}),
    "not derived": ("digest", "key-not-derived-from-aliyun_v4", {"key": SECRET.encode()}),
    "line ending": ("digest", "secret-with-line-ending", {"key": key_v4(secret=SECRET + "\n")}),
    "yesterday": ("scope", "key-for-another-scope", {"key": key_v4(scope=SCOPE.replace("0102", "0101"))}),
    "no region": ("scope", "key-for-another-scope", {"key": key_v4(scope=SCOPE.replace("cn-hangzhou", ""))}),
    "scope cut": ("scope", "other-scope-signed", {"scope": "20260102/cn-hangzhou/sls"}),
    "Date signed": ("date", "date-header-signed", {"time": DATE}),
}


@pytest.mark.parametrize("seal", V4_SEALS)
def test_v4_sealed_wrong(seal):
    """A right canonical request under a wrong key, scope or time is told apart."""
    step, mistake, change = V4_SEALS[seal]
    found = verdict_v4(canonical_v4(), **change)
    assert (found.step, found.mistakes) == (step, (mistake,))


def test_v4_upper_case_hex():
    """Hex in capitals is recognised."""
    right = sign(request_v4(""), TEST_CREDENTIALS, scheme="v4", at=AT).headers["authorization"]
    found = verify_signature(request_v4(right[-64:].upper()), TEST_CREDENTIALS)
    assert (found.step, found.mistakes) == ("digest", ("wrong-encoding",))


def test_unknown_digest():
    """A digest that no known mistake gives is the last step; of neither digest any part is shown."""
    found = verdict_v1("something else")
    assert (found.step, found.mistakes, found.client_string_to_sign) == ("digest", (), None)
    assert found.string_to_sign == TEXT_V1
    assert found.expected == "the digest of the string to sign (28 characters)"
    assert "How to fix: Check the secret" in str(found)


@pytest.mark.slow
def test_a_long_query_ends_soon():
    """A hostile request with thousands of parameters gets its verdict without a search that takes minutes."""
    url = f"http://{HOST}{PATH}?" + "&".join(f"k{n}=%20" for n in range(2000))
    found = verify_signature(request_v1("x").replace(url=url), TEST_CREDENTIALS)
    assert found.step == "digest"


def test_mistakes_are_recognised_behind_long_headers():
    """A long header shortens the search, and a single mistake is still found."""
    long = Request("GET", f"http://{HOST}{PATH}", {"User-Agent": "x" * 10_000})
    request = sign(long, TEST_CREDENTIALS, scheme="v4", at=AT)
    upper = request.headers["authorization"][:-64] + request.headers["authorization"][-64:].upper()
    found = verify_signature(
        request.replace(headers=request.headers.with_field("Authorization", upper)), TEST_CREDENTIALS
    )
    assert found.mistakes == ("wrong-encoding",)


@pytest.mark.slow
@pytest.mark.parametrize("day", ["00010101", "99991231"])
def test_the_first_and_last_day(day):
    """A v4 request from the edge of time gets a verdict."""
    request = sign(request_v4(""), TEST_CREDENTIALS, scheme="v4", at=AT)
    edge = request.headers.with_field("x-log-date", f"{day}T000000Z")
    assert verify_signature(request.replace(headers=edge), TEST_CREDENTIALS).step == "scope"
    scoped = edge.with_field("Authorization", edge["authorization"].replace("20260102", day))
    assert verify_signature(request.replace(headers=scoped), TEST_CREDENTIALS).step == "digest"


def test_v1_without_any_header():
    """A v1 request without x-log headers gets a verdict like any other."""
    request = Request("GET", f"http://{HOST}{PATH}", {"Date": DATE, "Authorization": f"LOG {KEY_ID}:x"})
    assert verify_signature(request, TEST_CREDENTIALS).step == "digest"


def test_rare_mistakes_of_a_client_whose_digests_nothing_explains_are_looked_for_ten_times():
    """Common ones are named later, too, and all mistakes of another client with the same key."""
    searches = Searches()

    def explained(text: str, client: str) -> tuple[str, tuple[str, ...]]:
        request = request_v1(base64.b64encode(digest_v1(text)).decode(), User_Agent=client)
        found = verify_signature(request, TEST_CREDENTIALS, searches=searches)
        assert found is not None
        return found.explanation, found.mistakes

    one_mistake, two_mistakes = f"{TEXT_V1}\n", TEXT_V1.replace("POST", "post") + "\n"
    unknown = [explained(f"nothing {number}", "broken")[0] for number in range(12)]
    assert unknown == [unknown[0]] * 10 + [unknown[10]] * 2
    assert unknown[0] != unknown[10]
    assert explained(one_mistake, "broken")[1] == ("line-ending-signed",)
    assert explained(two_mistakes, "broken") == (unknown[10], ())
    assert [len(explained(two_mistakes, "other")[1]) for _ in range(12)] == [2] * 12
    assert explained("nothing", "other")[0] == unknown[0]
