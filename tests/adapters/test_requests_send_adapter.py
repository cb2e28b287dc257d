"""A Session over a `Send` behaves as one over the network: compared with a server that sends the same bytes."""

from __future__ import annotations

import gzip
import socket
import threading
from datetime import UTC, datetime

import pytest
import requests
from requests.auth import HTTPDigestAuth

from sls_contract import Exchange, Request, Response
from sls_contract.adapters.requests import SendAdapter, SlsAuth
from sls_contract.cassettes import send_from
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.recorder.framing import render
from sls_contract.cassettes.recording import Recording
from sls_contract.endpoint import ReferenceEndpoint, fault
from sls_contract.errors import UnmatchedRequest, UsageError
from sls_contract.exchange import wire_bytes
from sls_contract.signing import TEST_CREDENTIALS, verify_signature
from sls_contract.transport import TransportError

URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/readers?shard=0"
BODY = '[{"shard": 0, "consumer": "消费者"}]'.encode()


def mounted(send) -> requests.Session:
    session = requests.Session()
    session.mount("https://", SendAdapter(send))
    session.mount("http://", SendAdapter(send))
    return session


def raising(error: Exception):
    def send(_):
        raise error

    return send


def test_the_reference_endpoint_responds_to_a_session():
    """No port is opened; the signature is verified as ever."""
    endpoint = ReferenceEndpoint(lambda: datetime.now(UTC))
    endpoint.set_checkpoint("readers", 0, "MTAw", consumer="消费者")
    with mounted(endpoint) as session:
        response = session.get(URL, auth=SlsAuth(TEST_CREDENTIALS))
        assert response.json()[0]["consumer"] == "消费者"
        assert not session.get(URL).ok
    assert response.elapsed.total_seconds() > 0
    assert (response.url, response.reason, response.ok) == (URL, "OK", True)


def test_the_send_gets_what_the_network_would_carry():
    """Host, length and a whole body are there, though requests leaves Host and streams to lower layers."""
    got = []

    def send(request):
        got.append(request)
        return Response(200)

    with mounted(send) as session:
        session.post(URL, data=iter([b"ab", b"cd"]), auth=SlsAuth(TEST_CREDENTIALS, "v4"))
        session.put(f"{URL}&中=1#part", data="名", headers={"x-odd": "é"})
    post, put = got
    assert (post.headers["host"], post.headers["content-length"], post.body) == (post.host, "4", b"abcd")
    assert verify_signature(post, TEST_CREDENTIALS) is None
    assert (put.query, put.body) == ("shard=0&%E4%B8%AD=1", "名".encode())
    assert wire_bytes(put.headers["x-odd"]) == b"\xe9"


RESPONSES = {
    "plain": Response(200, [("Content-Length", str(len(BODY))), ("x", "1"), ("X", "2")], BODY, reason="OK"),
    "gzip": Response(200, [("Content-Encoding", "gzip"), ("Content-Length", "99")], gzip.compress(BODY)),
    "chunked": Response(200, [("Transfer-Encoding", "chunked")], BODY),
    "until the end": Response(200, [("Connection", "close")], BODY, reason="Fine"),
    "nothing": Response(204, [("x-log-requestid", "1")]),
    "error": Response(404, [("Content-Length", "2"), ("Content-Type", "text/plain")], "é".encode(), reason="Nö"),
    "cookies": Response(200, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; Path=/"), ("Content-Length", "0")]),
    "short": Response(200, [("Content-Length", "100")], BODY),
}
RESPONSES["gzip"] = RESPONSES["gzip"].replace(
    headers=[("Content-Encoding", "gzip"), ("Content-Length", str(len(RESPONSES["gzip"].body)))]
)


def over_a_socket(response: Response, method: str):
    """Serve one response and give a URL for it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection, listener:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            connection.sendall(render(response, method))

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def met(ask, *, stream: bool) -> list[object]:
    """Return all that a caller can see of a response, or the kind of error."""
    try:
        response = ask(stream)
        seen = [response.status_code, response.reason, [*response.raw.headers.items()], dict(response.cookies)]
        seen += [response.raw.version, response.encoding]
        return [*seen, b"".join(response.iter_content(7)) if stream else response.content]
    except requests.RequestException as error:
        return [type(error)]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_is_what_a_socket_would_have_given(name, stream, method):
    """Status, reason, repeated headers, cookies, codings and errors are alike."""
    response = RESPONSES[name]
    url = over_a_socket(response, method)
    with requests.Session() as real, mounted(lambda _: response) as ours:
        want = met(lambda each: real.request(method, url, stream=each, timeout=60), stream=stream)
        assert met(lambda each: ours.request(method, url, stream=each), stream=stream) == want


def test_raw_bytes_are_those_of_the_wire():
    """``raw.read`` leaves the content coding on."""
    with mounted(lambda _: RESPONSES["gzip"]) as session, session.get(URL, stream=True) as response:
        assert response.raw.read() == RESPONSES["gzip"].body


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("refused", requests.ConnectionError),
        ("dns", requests.ConnectionError),
        ("tls", requests.exceptions.SSLError),
        ("timeout", requests.ReadTimeout),
        ("reset", requests.ConnectionError),
        ("closed", requests.ConnectionError),
        ("malformed", requests.ConnectionError),
        ("other", requests.ConnectionError),
    ],
)
def test_a_failure_of_the_send_is_the_exception_that_requests_raises(kind, expected):
    """Code that handles errors of the network is tested without one."""
    with mounted(raising(TransportError(kind, "127.0.0.1:1"))) as session, pytest.raises(expected) as caught:
        session.get(URL)
    assert type(caught.value) is expected
    assert caught.value.request.url == URL


def test_a_response_cut_off_raises_as_its_content_is_read():
    """The head is there, the rest is not."""
    cut = Response(200, [("Content-Length", "100")], b"[")

    with (
        mounted(raising(TransportError("truncated", "127.0.0.1:1", partial=cut))) as session,
        session.get(URL, stream=True) as response,
    ):
        assert response.status_code == 200
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            _ = response.content


def test_a_scripted_fault_reaches_the_session():
    """Faults of the reference endpoint that cut a connection are errors of requests, too."""
    endpoint = ReferenceEndpoint(lambda: datetime.now(UTC))
    endpoint.create_consumer_group("readers")
    endpoint.respond_next(fault("reset"))
    with mounted(endpoint) as session:
        session.auth = SlsAuth(TEST_CREDENTIALS)
        with pytest.raises(requests.ConnectionError):
            session.get(URL)
        assert session.get(URL).status_code == 200


def test_an_error_in_the_send_itself_is_not_hidden():
    """A mistake in a test's own function is no error of the network."""
    with mounted(raising(UsageError("mine"))) as session, pytest.raises(UsageError, match="mine"):
        session.get(URL)


def test_an_authentication_that_asks_again_asks_the_send():
    """Digest authentication sends its second request by way of the first one's connection."""
    challenge = Response(
        401, [("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'), ("Content-Length", "0")]
    )
    with mounted(lambda asked: Response(200) if "authorization" in asked.headers else challenge) as session:
        assert session.get("https://a.example.com/", auth=HTTPDigestAuth("user", "password")).status_code == 200


def test_redirects_and_cookies_are_the_sessions():
    """What follows a response is what requests does anywhere."""
    there = [("Location", "/two"), ("Set-Cookie", "a=1; Path=/")]
    with mounted(lambda asked: Response(302, there) if asked.path == "/one" else Response(200)) as session:
        response = session.get("https://a.example.com/one")
    assert response.url == "https://a.example.com/two"
    assert response.request.headers["Cookie"] == "a=1"


def recorded(response: Response | None, broken: str | None = None) -> Recording:
    return Recording(Exchange(Request("GET", URL), response), broken=broken)


def test_recordings_respond_to_a_session(tmp_path):
    """Each in its turn; then the closest one is named."""
    path = tmp_path / "a.sls.yaml"
    write(path, [recorded(Response(200, [("Content-Length", "1")], body)) for body in (b"1", b"2")])
    with mounted(send_from(path)) as session:
        session.auth = SlsAuth(TEST_CREDENTIALS)
        assert [session.get(URL).text for _ in range(2)] == ["1", "2"]
        with pytest.raises(UnmatchedRequest, match=r"a\.sls\.yaml"):
            session.get(URL)
    with mounted(send_from(tmp_path, repeat=True)) as session:
        assert [session.get(URL).text for _ in range(3)] == ["1", "2", "2"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("name", requests.ConnectionError),
        ("connect-timeout", requests.ConnectTimeout),
        ("timeout", requests.ReadTimeout),
        ("tls", requests.exceptions.SSLError),
        ("closed", requests.ConnectionError),
    ],
)
def test_a_recorded_failure_is_met_again(tmp_path, kind, expected):
    """What broke off when it was recorded breaks off alike."""
    write(tmp_path / "a.sls.yaml", [recorded(None, kind)])
    with mounted(send_from(tmp_path / "a.sls.yaml")) as session, pytest.raises(expected) as caught:
        session.get(URL)
    assert type(caught.value) is expected
