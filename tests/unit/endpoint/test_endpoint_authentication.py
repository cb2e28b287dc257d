"""Who is let in, and with which documented error the others are refused."""

import json
from datetime import timedelta

import pytest

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, sign

GROUPS = "/logstores/my-logstore/consumergroups"
URL = f"http://my-project.cn-hangzhou.log.aliyuncs.com{GROUPS}"
OTHER = Credentials("otherId", "otherSecret")


def error(response) -> tuple[int, str, str]:
    document = json.loads(response.body)
    return response.status, document["errorCode"], document["errorMessage"]


@pytest.fixture
def signed(clock):
    def make(credentials=TEST_CREDENTIALS, scheme="v1", method="GET", body=b""):
        return sign(Request(method, URL, {}, body), credentials, scheme=scheme, at=clock())

    return make


def changed(request: Request, name: str, value: str | None) -> Request:
    headers = request.headers.without(name) if value is None else request.headers.with_field(name, value)
    return request.replace(headers=headers)


@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
@pytest.mark.parametrize("credentials", [TEST_CREDENTIALS, TEST_STS_CREDENTIALS])
def test_the_test_keys_open_the_endpoint(endpoint, signed, scheme, credentials):
    """Both public test keys are known, in every scheme."""
    assert endpoint(signed(credentials, scheme)).status == 200


def test_an_unsigned_request_lacks_a_header(endpoint, signed):
    """No Authorization, or an empty one, is 400 MissingParameter."""
    expected = (400, "MissingParameter", "Missing http extend header key : authorization.")
    for value in (None, "", " "):
        assert error(endpoint(changed(signed(), "Authorization", value))) == expected


@pytest.mark.parametrize(
    "value", ["LOG", "SLS a:b", "LOG a", "LOG :c2ln", "Bearer x", "SLS4-HMAC-SHA256 Credential=a,Signature=b"]
)
def test_a_malformed_authorization_is_invalid(endpoint, signed, value):
    """What has neither form is 400 ParameterInvalid, with the header in the text."""
    expected = (400, "ParameterInvalid", f"Http extend authorization : {value} pair is invalid.")
    assert error(endpoint(changed(signed(), "Authorization", value))) == expected


@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_an_unknown_key_is_named(endpoint, signed, scheme):
    """A key that the endpoint does not know is 401 with its id, until it is added."""
    request = signed(OTHER, scheme)
    assert error(endpoint(request)) == (401, "Unauthorized", "AccessKeyId not found: otherId")
    endpoint.add_credentials(OTHER)
    assert endpoint(request).status == 200


@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
def test_a_wrong_secret_is_a_wrong_signature(endpoint, signed, scheme):
    """The signature made with another secret is 401, quoted as it was seen live."""
    request = signed(Credentials("testAccessKeyId", "guessed"), scheme)
    status, code, message = error(endpoint(request))
    assert (status, code) == (401, "SignatureNotMatch")
    quoted = message.removeprefix("signature ").removesuffix(" not match")
    assert request.headers["Authorization"].endswith(quoted)
    assert quoted


def test_a_changed_request_is_a_wrong_signature(endpoint, signed):
    """Path, query, method, body and signed headers cannot be changed after signing."""
    created = signed(method="POST", body=b'{"consumerGroup":"g","timeout":10}')
    bad = [
        signed().replace(url=URL + "/g"),
        signed().replace(url=URL + "?x=1"),
        signed().replace(method="DELETE"),
        created.replace(body=created.body.replace(b"10", b"11")),
        changed(signed(), "x-log-bodyrawsize", "1"),
        changed(created, "Content-MD5", "0" * 32),
        changed(signed(scheme="v4"), "x-log-content-sha256", "0" * 64),
    ]
    assert [error(endpoint(request))[:2] for request in bad] == [(401, "SignatureNotMatch")] * len(bad)
    assert endpoint(created).status == 200


@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_tokens_are_checked(endpoint, signed, scheme):
    """A wrong, missing, superfluous or expired token is 401 Unauthorized."""
    invalid = (401, "Unauthorized", "The security token you provided is invalid.")
    sts = TEST_STS_CREDENTIALS
    for credentials in (
        Credentials(sts.access_key_id, sts.access_key_secret, "wrong"),
        Credentials(sts.access_key_id, sts.access_key_secret),
        Credentials("testAccessKeyId", "testAccessKeySecret", "testSecurityToken"),
    ):
        assert error(endpoint(signed(credentials, scheme))) == invalid
    endpoint.expire_token("testSecurityToken")
    expired = (401, "Unauthorized", "The security token you provided has expired.")
    assert error(endpoint(signed(sts, scheme))) == expired
    endpoint.add_credentials(sts)
    assert endpoint(signed(sts, scheme)).status == 200


@pytest.mark.parametrize("minutes", [-15, 15])
@pytest.mark.parametrize("scheme", ["v1", "v4"])
def test_fifteen_minutes_are_the_bound(endpoint, signed, clock, minutes, scheme):
    """Exactly 15 minutes off passes, a second more is 400 RequestTimeExpired with both times."""
    request = signed(scheme=scheme)
    sent = clock().replace(microsecond=0)
    clock.now = sent + timedelta(minutes=minutes)
    assert endpoint(request).status == 200
    clock.now += timedelta(seconds=1 if minutes > 0 else -1)
    status, code, message = error(endpoint(request))
    assert (status, code) == (400, "RequestTimeExpired")
    shown = request.headers.get("x-log-date") or request.headers["Date"]
    server_time = endpoint(request).headers["Date"]
    assert message == f"Request time {shown} has been expired while server time is {server_time}."


def test_the_clock_error_of_2021_can_be_had(clock, signed):
    """The old code for a request that is too old."""
    endpoint = ReferenceEndpoint(clock, clock_error="RequestTimeTooSkewed")
    request = signed()
    clock.move(16 * 60)
    expected = (400, "RequestTimeTooSkewed", "Request time exceeds server time more than 15 minutes.")
    assert error(endpoint(request)) == expected


def test_the_other_headers_of_the_page_are_checked(endpoint, signed):
    """Version, method and date are refused when missing or wrong, before the signature is looked at."""
    request = signed()
    undated = request.replace(headers=request.headers.without("x-log-date", "Date"))
    unreadable = changed(changed(request, "x-log-date", None), "Date", "yesterday")
    got = [
        error(endpoint(each))
        for each in (
            changed(request, "x-log-apiversion", None),
            changed(request, "x-log-apiversion", "0.4.0"),
            changed(request, "x-log-signaturemethod", None),
            changed(request, "x-log-signaturemethod", "md5"),
            undated,
            unreadable,
        )
    ]
    assert got == [
        (400, "MissingAPIVersion", "x-log-apiversion does not exist in http header."),
        (400, "InvalidAPIVersion", "x-log-apiversion 0.4.0 is unsupported."),
        (400, "MissingParameter", "Missing http extend header key : x-log-signaturemethod."),
        (400, "ParameterInvalid", "x-log-signaturemethod: md5 pair is invalid."),
        (400, "MissingParameter", "Missing http extend header key : x-log-date."),
        (400, "InvalidRequestTime", "Request time yesterday not follow RFC822 spec."),
    ]


def test_refused_requests_change_nothing(endpoint, signed, send):
    """A write with a wrong signature is not done."""
    bad = signed(Credentials("testAccessKeyId", "guessed"), method="POST", body=b'{"consumerGroup":"g","timeout":10}')
    assert endpoint(bad).status == 401
    assert send("GET", GROUPS).body == b"[]"
