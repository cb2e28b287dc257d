"""What happened between signer and service is named, with what was signed beside what arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract import Credentials, Request, sign, verify_signature
from sls_contract.signing import TEST_CREDENTIALS, http_date
from sls_contract.signing.clock import iso_basic
from sls_contract.signing.dialect import dialects, form_of
from sls_contract.signing.log_mistakes import LOG_MISTAKES
from sls_contract.signing.sls4_mistakes import SLS4_MISTAKES

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
PATH = "/logstores/my-logstore/shards/0"
SCHEMES = ("v1", "v1-sha256", "v4")


def sent(scheme: str, query: str = "cursor=MTAwMA%3D%3D&count=10&type=log", **headers: str) -> Request:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return sign(Request("GET", f"http://{HOST}{PATH}?{query}", given), TEST_CREDENTIALS, scheme=scheme, at=AT)


def arrived(request: Request, old: str = "", new: str = "", **headers: str | None) -> Request:
    """Return the request as a gateway passes it on: its URL and headers changed."""
    fields = request.headers
    for name, value in headers.items():
        field = name.replace("_", "-")
        fields = fields.without(field) if value is None else fields.with_field(field, value)
    return request.replace(url=request.url.replace(old, new, 1), headers=fields)


CHANGES = {
    "path prefix": ("path-prefix-on-the-way", lambda it: arrived(it, PATH, f"/gateway/sls{PATH}")),
    "project in the path": ("path-prefix-on-the-way", lambda it: arrived(it, PATH, f"/my-project{PATH}")),
    "double slash": ("double-slash-on-the-way", lambda it: arrived(it, PATH, f"/{PATH}")),
    "method": ("method-changed-on-the-way", lambda it: it.replace(method="POST")),
    "query key": ("query-key-added-on-the-way", lambda it: arrived(it, "?", "?trace=1&")),
    "encoded again": ("encoded-again-on-the-way", lambda it: arrived(it, "%3D%3D", "%253D%253D")),
    "header lost": ("header-lost-on-the-way", lambda it: arrived(it, x_log_bodyrawsize=None)),
    "header changed": ("header-changed-on-the-way", lambda it: arrived(it, x_log_bodyrawsize="7")),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_on_the_way_is_named_with_both_values(change, scheme):
    """The client signed rightly: it is not told to sign otherwise, and sees what arrived beside what it signed."""
    mistake, through = CHANGES[change]
    request = sent(scheme)
    found = verify_signature(through(request), TEST_CREDENTIALS)
    decoded = {"query-not-encoded"}  # in v4 nobody can tell it from a value that was encoded again
    assert {*found.mistakes} - (decoded if change == "encoded again" else set()) == {mistake}
    assert found.expected != found.actual
    signed = verify_signature(request, TEST_CREDENTIALS)
    assert signed is None


@pytest.mark.slow
@pytest.mark.full(keep=2)
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("shift", [-899, -1, 7, 600, 8 * 3600])
def test_a_rewritten_date_is_found(scheme, shift):
    """By seconds, as a proxy sets it, and by whole hours, as a wrong zone does."""
    when = AT + timedelta(seconds=shift)
    changed = {"x_log_date": iso_basic(when)} if scheme == "v4" else {"Date": http_date(when)}
    found = verify_signature(arrived(sent(scheme), **changed), TEST_CREDENTIALS)
    assert found.mistakes[0] == "date-rewritten-on-the-way"
    assert (http_date(AT) if scheme != "v4" else iso_basic(AT)) in (found.actual + found.client_string_to_sign)


def test_a_rewritten_host_is_found_where_the_gateway_forwards_it():
    found = verify_signature(arrived(sent("v4"), Host="10.0.0.9", X_Forwarded_Host=HOST), TEST_CREDENTIALS)
    assert found.mistakes == ("host-rewritten-on-the-way",)
    assert f"host:{HOST}" in found.actual


def test_a_lost_content_type_is_found_in_v4():
    found = verify_signature(arrived(sent("v4", Content_Type="application/json"), Content_Type=None), TEST_CREDENTIALS)
    assert found.mistakes == ("header-lost-on-the-way",)


SECRET = "Zq7Wm2Xk9Vp4Jt6Lb3Nf8Hd5Gc1Rs0"
KEY = Credentials("LTAI5tMadeUpKey00001", SECRET)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {}", "'{}'", '"{}"', "\ufeff{}", '\ufeff"{} "\n'])
def test_what_stands_around_the_given_secret_is_named_and_not_shown(around, scheme):
    """The client's secret is right, that of the environment is not; or the reverse."""
    given = Credentials(KEY.access_key_id, around.format(SECRET))
    url = f"http://{HOST}{PATH}"
    found = verify_signature(sign(Request("GET", url), KEY, scheme=scheme, at=AT), given)
    assert "secret-surrounded" in found.mistakes
    assert SECRET[:4] not in str(found)
    if around.count("{}") == len(around) - 1:
        assert verify_signature(sign(Request("GET", url), given, scheme=scheme, at=AT), KEY).step == "digest"


def test_the_habit_of_rpc_interfaces_is_named():
    given = Credentials(KEY.access_key_id, f"{SECRET}&")
    found = verify_signature(sign(Request("GET", f"http://{HOST}{PATH}"), given, at=AT), KEY)
    assert found.mistakes == ("secret-with-ampersand",)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("LOG testAccessKeyId:RLETq4u7sWb3cssZIhsun****", "masked"),
        ('"LOG testAccessKeyId:RLETq4u7sWb3cssZIhsunAAAAAA="', "it is in quotes"),
        ("LOG testAccessKeyId:RLETq4u7sWb3cssZIhsunAAAAAA%3D", "percent-encoded"),
        ("ACS3-HMAC-SHA256 Credential=testAccessKeyId,SignedHeaders=host,Signature=00", "another service"),
        ("OSS testAccessKeyId:RLETq4u7sWb3cssZIhsunAAAAAA=", "another service"),
        ("acs testAccessKeyId:RLETq4u7sWb3cssZIhsunAAAAAA=", "another service"),
    ],
)
def test_a_signature_that_is_none_is_named(value, says):
    found = verify_signature(arrived(sent("v1"), Authorization=value), TEST_CREDENTIALS)
    assert (found.step, says in found.explanation) == ("authorization", True)


@st.composite
def rich_requests(draw: st.DrawFn) -> Request:
    """Draw requests on which every mistake is possible: several keys, values to encode, headers to leave out."""
    values = draw(st.lists(st.text("a+ /=%日", min_size=1, max_size=4), min_size=2, max_size=3))
    from urllib.parse import quote

    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in zip("zya", values, strict=False))
    path = draw(st.sampled_from([PATH, "/logstores/a%20b/shards/0"]))
    fields = {"User-Agent": "x", "Content-Type": "application/json", "X-Log-Meta-A": "1"}
    body = draw(st.sampled_from([b"", b"{}"]))
    return Request(draw(st.sampled_from(["GET", "POST"])), f"http://{HOST}{path}?{query}&e=", fields, body)


@given(rich_requests(), st.sampled_from(["v1", "v4"]), st.data())
def test_no_mistake_is_taken_for_another(bare, scheme, data):
    """Whatever a mistake signs, the diagnosis names that mistake; where another would sign the same, it names both."""
    request = sign(bare, TEST_CREDENTIALS, scheme=scheme, at=AT)
    right = form_of(request, next(dialects(request, scheme, "cn-hangzhou")))
    mistake = data.draw(st.sampled_from(LOG_MISTAKES if scheme == "v1" else SLS4_MISTAKES), label="mistake")
    forms = [form for form in mistake.forms(right, request) if form != right]
    if not forms:
        return
    form = data.draw(st.sampled_from(forms[:40]), label="form")
    from sls_contract.signing.canonical import signature

    old = request.headers["authorization"]
    cut = old.rindex("=" if scheme == "v4" else ":") + 1
    value = old[:cut] + signature(form, TEST_CREDENTIALS.access_key_secret)
    found = verify_signature(
        request.replace(headers=request.headers.with_field("Authorization", value)), TEST_CREDENTIALS
    )
    assert found is None or mistake.name in found.mistakes
