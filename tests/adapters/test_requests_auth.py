"""SlsAuth of requests, beyond what every request has: redirects, retries, keys that change, errors."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from sls_contract import Credentials
from sls_contract.adapters import httpx as for_httpx
from sls_contract.adapters.requests import SlsAuth
from sls_contract.errors import UsageError
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, verify_signature

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_redirect_is_followed_without_key_and_token(wire, host):
    """Neither the same host nor another gets a signature that was made for another address, or the token."""
    wire.responses = [redirect(f"http://{host}:{wire.port}/elsewhere")]
    response = requests.get(f"{wire.url}/logstores", auth=SlsAuth(TEST_STS_CREDENTIALS), timeout=60)
    first, second = wire.received[-2:]
    assert (response.status_code, second.path) == (200, "/elsewhere")
    assert verify_signature(first, TEST_STS_CREDENTIALS) is None
    assert "authorization" not in second.headers
    assert "x-acs-security-token" not in second.headers
    assert "Authorization" in response.history[0].request.headers


def test_a_retry_of_urllib3_carries_a_signature_that_verifies(wire):
    """What urllib3 sends again is the request that was signed."""
    wire.responses = [b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"]
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=Retry(1, status_forcelist=[503], backoff_factor=0)))
        session.get(f"{wire.url}/logstores?a=%2F", auth=SlsAuth(TEST_CREDENTIALS), timeout=60)
    assert wire.raw[-1] == wire.raw[-2]
    assert verify_signature(wire.last, TEST_CREDENTIALS) is None


@pytest.mark.slow
@pytest.mark.parametrize("auth", [SlsAuth, for_httpx.SlsAuth])
def test_each_request_is_signed_with_the_current_key_and_time(wire, auth):
    """A function gives keys that expire; the clock is asked for each request."""
    keys = [TEST_CREDENTIALS, TEST_STS_CREDENTIALS]
    signing, ask = auth(lambda: keys.pop(0), clock=lambda: AT), requests.get if auth is SlsAuth else httpx.get
    for key in (TEST_CREDENTIALS, TEST_STS_CREDENTIALS):
        ask(f"{wire.url}/logstores", auth=signing, timeout=60)
        assert verify_signature(wire.last, key, at=AT) is None


def test_what_the_user_says_of_a_packed_body_stays(wire):
    """The size before packing is the user's to tell."""
    headers = {"x-log-bodyrawsize": "1000", "x-log-compresstype": "lz4"}
    requests.post(f"{wire.url}/logstores", b"packed", headers=headers, auth=SlsAuth(TEST_CREDENTIALS), timeout=60)
    assert wire.last.headers["x-log-bodyrawsize"] == "1000"
    assert verify_signature(wire.last, TEST_CREDENTIALS) is None


@pytest.mark.parametrize("auth", [SlsAuth, for_httpx.SlsAuth])
@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((TEST_CREDENTIALS, "v2"), "v1, v1-sha256, v4"),
        (("id", "secret"), "v1, v1-sha256, v4"),
        ((None,), "Credentials"),
    ],
)
def test_wrong_settings_are_refused_where_they_are_given(auth, arguments, names):
    """The error comes before any request, and says what is expected."""
    with pytest.raises(UsageError, match=names):
        auth(*arguments)


def test_a_function_that_returns_no_key_is_refused(wire):
    """The error tells what was expected and what came."""
    with pytest.raises(UsageError, match=r"Credentials.*NoneType"):
        requests.get(wire.url, auth=SlsAuth(lambda: None), timeout=60)


def test_chunks_that_are_no_bytes_are_refused(wire):
    """Such a body has no digest."""
    with pytest.raises(UsageError, match=r"text, bytes, a file.*int"):
        requests.post(wire.url, data=iter([1, 2]), auth=SlsAuth(TEST_CREDENTIALS), timeout=60)


def test_v4_without_a_region_says_what_to_pass(wire):
    """A host on loopback names none."""
    with pytest.raises(UsageError, match="region='cn-hangzhou'"):
        requests.get(wire.url, auth=SlsAuth(TEST_CREDENTIALS, "v4"), timeout=60)


def test_no_secret_shows_in_a_repr():
    """Objects of auth are printed by debuggers and test reports."""
    key = Credentials("id", "very-secret", "very-secret-token")
    assert "very-secret" not in repr(SlsAuth(key)) + repr(for_httpx.SlsAuth(key)) + repr(vars(SlsAuth(key)))
