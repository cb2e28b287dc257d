"""requests, while recording: the fast path may not differ from the slow path."""

import contextlib
import http.client
import inspect
import logging
import socket
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import requests
import urllib3
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def server(wire):
    """A server that responds to every request."""
    started = wire.ScriptedServer([])
    yield started
    started.stop()


def session_of(origin, **how):
    """Return a session whose connection to the server is warm."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", requests.adapters.HTTPAdapter(**how))
    session.get(origin)
    return session


def recording_with(wire, handler):
    """Install a handler; None: the bare client."""
    return wire.installed(handler) if handler is not None else contextlib.nullcontext()


def status_of(session, *args, **kwargs):
    """Return the status of a response."""
    return session.request(*args, **kwargs).status_code


def took_the_short_way(response):
    """Tell whether http.client had no part in a response."""
    return response.raw._original_response is None


TEXT = st.text("".join(map(chr, range(32, 127))), max_size=8)
NAMES = st.sampled_from(["X-a", "accept-encoding", "User-Agent", "Date", "Cookie", "x-log-bodyrawsize", "Accept"])
PATHS = st.text("ab/.%2fF?=&+ ~'中\\\\;:@,", max_size=12)


@given(
    path=PATHS,
    headers=st.dictionaries(NAMES, TEXT | st.none(), max_size=3),
    host=st.sampled_from([{}, {}, {"Host": "p.test"}, {"host": ""}, {"Host": "a.p.test:80"}, {"Host": "elsewhere"}]),
    method=st.sampled_from(["GET", "get", "HEAD", "POST", "DELETE", "PATCH", "OPTIONS", "PURGE", "GÄT"]),
    body=st.sampled_from([None, b"", b"abc", "abc", {"a": "b"}]),
)
def test_any_request_leaves_as_the_bare_client_writes_it(wire, server, path, headers, host, method, body):
    """Line, fields and body are byte for byte those of requests itself, and the handler is told them."""
    sent, handler = [], wire.MemoryHandler()
    for each in (None, handler):
        with session_of(server.url) as session, recording_with(wire, each):
            ask = {"headers": headers | host, "data": body, "timeout": 5, "allow_redirects": False}
            told = wire.told(partial(status_of, session, method, f"http://127.0.0.1:{server.port}/{path}", **ask))
            sent.append((told, server.requests[-1] if told == 200 else None))
    bare, recorded = sent
    assert recorded == bare
    if bare[0] == 200 and host != {"Host": "elsewhere"}:
        [request] = handler.asked
        head, _, rest = recorded[1].decode().partition("\r\n\r\n")
        line, *fields = head.split("\r\n")
        assert line == f"{request.method} {request.target} HTTP/1.1"
        assert [(name, value.strip(" ")) for name, _, value in (field.partition(":") for field in fields)] == list(
            request.headers.pairs
        )
        assert rest.encode() == request.body


def test_the_short_way_is_taken(wire, server):
    """A plain request goes it, over a warm connection and over a cold one."""
    with session_of(server.url) as session, requests.Session() as cold, wire.installed(wire.MemoryHandler()):
        cold.trust_env = False
        assert took_the_short_way(session.get(server.url))
        assert took_the_short_way(cold.get(server.url))
        assert took_the_short_way(cold.get(server.url))


@pytest.mark.parametrize(
    "timeout",
    [None, 5, 5.5, (5, 6), (None, 5), (None, None), 0, -1, "5", (1, 2, 3), (1, 0), True, urllib3.Timeout(5)],
)
def test_any_time_limit_means_what_it_means_to_the_bare_client(wire, server, timeout):
    """A response; or, for an odd one, the same error."""
    told = []
    for handler in (None, wire.MemoryHandler()):
        with session_of(server.url) as session, recording_with(wire, handler):
            told.append(wire.told(partial(status_of, session, "GET", server.url, timeout=timeout)))
    assert told[0] == told[1]


def test_an_upload_that_nobody_reads_ends_with_the_limit_for_connecting(wire):
    """As with the bare client, which reads with the other limit only: no hang where that is long."""
    with socket.create_server(("127.0.0.1", 0)) as deaf, requests.Session() as session:
        session.trust_env = False
        origin = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        with wire.installed(wire.MemoryHandler()) as live, pytest.raises(requests.RequestException):
            session.post(origin, data=b"x" * 20_000_000, timeout=(0.2, 60))
    assert [outcome.kind for outcome in live.outcomes] == ["timeout"]


def test_who_watches_urllib3_sees_what_it_does(wire, server, caplog):
    """With its debug log on, every attempt is in it."""
    with (
        session_of(server.url) as session,
        wire.installed(wire.MemoryHandler()),
        caplog.at_level(logging.DEBUG, "urllib3"),
    ):
        assert not took_the_short_way(session.get(server.url))
    assert [record.name for record in caplog.records] == ["urllib3.connectionpool"]
    assert "/logstores/" in caplog.text


def test_who_watches_http_client_sees_what_it_does(wire, server, monkeypatch, capsys):
    """With its debug level set, it prints what goes out."""
    with session_of(server.url) as session, wire.installed(wire.MemoryHandler()):
        monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
        assert not took_the_short_way(session.get(server.url))
    assert "reply: 'HTTP/1.1 200 OK" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (http.client.HTTPConnection, "putrequest"),
        (http.client.HTTPConnection, "putheader"),
        (http.client.HTTPConnection, "send"),
        (urllib3.connection.HTTPConnection, "request"),
        (urllib3.HTTPConnectionPool, "urlopen"),
    ],
)
def test_who_traces_a_library_sees_what_it_does(wire, server, monkeypatch, owner, name):
    """A tracer that took a method's place is called; so the fields that it adds go out, too."""
    called, its_own = [], getattr(owner, name)

    def traced(self, *args, **kwargs):
        called.append(name)
        return its_own(self, *args, **kwargs)

    with session_of(server.url) as session, wire.installed(wire.MemoryHandler()):
        monkeypatch.setattr(owner, name, traced)
        session.get(server.url)
    assert called


def test_a_pool_of_the_users_own_is_used(wire, server):
    """What its class does to a request is done."""

    class Marking(urllib3.HTTPConnectionPool):
        def urlopen(self, *args, headers=None, **kwargs):
            return super().urlopen(*args, headers={**headers, "X-Mark": "1"}, **kwargs)

    with session_of(server.url) as session, wire.installed(wire.MemoryHandler()):
        session.adapters["http://"].poolmanager.pool_classes_by_scheme = {"http": Marking}
        session.adapters["http://"].poolmanager.clear()
        session.get(server.url)
    assert b"\r\nX-Mark: 1\r\n" in server.requests[-1]


def test_the_raw_response_says_what_was_asked_and_how_often(wire, server):
    """Its path and its history of retries are those of the bare client."""
    said = []
    for handler in (None, wire.MemoryHandler()):
        with session_of(server.url) as session, recording_with(wire, handler):
            raw = session.get(server.url).raw
            said.append((raw.geturl(), raw.retries.history, raw.retries.total))
    assert said[1] == said[0] == (server.url.partition(str(server.port))[2], (), 0)


@pytest.mark.parametrize("step", ["sent", "received"])
def test_a_handler_that_fails_leaves_the_pool_usable(wire, serve, step):
    """Its error reaches the caller, the connection in an unknown state is closed, and the next attempt works."""
    server = serve()
    handler = wire.MemoryHandler()

    def fail(*_):
        msg = "the disk is full"
        raise RuntimeError(msg)

    with session_of(server.url) as session:
        setattr(handler, step, fail)
        with wire.installed(handler), pytest.raises(RuntimeError, match="the disk is full"):
            session.get(server.url)
        with wire.installed(wire.MemoryHandler()) as second:
            assert session.get(server.url).content == b"hello"
    assert len(second.kept) == 1
    assert server.connections == 2


def test_a_connection_that_died_while_idle_is_made_anew(wire, serve):
    """As urllib3 does: the next attempt connects again, and nothing is lost or sent twice."""
    server = serve(wire.RawResponse(end="close"), wire.RawResponse(end="close"))
    with session_of(server.url) as session, wire.installed(wire.MemoryHandler()) as live:
        for _ in range(2):
            time.sleep(0.05)  # until its end has arrived
            assert session.get(server.url).content == b"hello"
    assert len(live.kept) == 2
    assert len(server.requests) == 3


def test_many_threads_share_a_session(wire, server):
    """Each attempt gets its own response, and each is told to the handler once."""
    with session_of(server.url, pool_maxsize=8) as session, wire.installed(wire.MemoryHandler()) as live:

        def ask(number):
            return [session.get(f"{server.url}&n={number}").content for _ in range(10)]

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(ask, range(8))) == [[b"hello"] * 10] * 8
    assert len(live.kept) == len(live.asked) == 80


@pytest.mark.parametrize("verified", [True, False])
def test_https_that_is_not_verified_is_warned_of(wire, serve, tls, trust, verified):
    """Each time, as by the bare client, on the fast path too."""
    warned, ways = [], []
    for handler in (None, wire.MemoryHandler()):
        ask = {"url": f"https://localhost:{serve(wrap=tls).port}/x", "verify": trust if verified else False}
        with (
            requests.Session() as session,
            recording_with(wire, handler),
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always")
            session.trust_env = False
            ways += [took_the_short_way(session.get(**ask)) for _ in range(3)]
        warned.append([each.category.__name__ for each in caught])
    assert ways == [False] * 3 + [True] * 3
    assert warned == [[] if verified else ["InsecureRequestWarning"] * 3] * 2


def test_a_certificate_asked_for_later_is_heard(wire, serve, tls, trust):
    """Another ``verify`` on a warm session means another connection, or its refusal, as without a recorder."""
    server = serve(wrap=tls)
    with requests.Session() as session, wire.installed(wire.MemoryHandler()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session.trust_env = False
        session.get(f"https://localhost:{server.port}/x", verify=False)
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://localhost:{server.port}/x")
        assert session.get(f"https://localhost:{server.port}/x", verify=trust).content == b"hello"


VARIABLES = ["http_proxy", "HTTP_PROXY", "Https_Proxy", "all_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"]
BUNDLES = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]


@given(
    variables=st.dictionaries(
        st.sampled_from([*VARIABLES, *BUNDLES]), st.sampled_from(["", "http://127.0.0.1:9", "p.test", "*"])
    ),
    url=st.sampled_from(["http://p.test/a", "https://p.test/a", "https://foreign.example/", "http://foreign.example/"]),
    verify=st.sampled_from([None, True, False, "ca.pem"]),
    trusting=st.booleans(),
)
@example(variables={"REQUESTS_CA_BUNDLE": "ca"}, url="https://p.test/a", verify=True, trusting=True)
@example(variables={"CURL_CA_BUNDLE": "ca"}, url="https://p.test/a", verify=None, trusting=True)
def test_the_environment_is_heard_as_by_the_bare_client(wire, variables, url, verify, trusting):
    """Proxies and certificates that variables name, in any casing, count while recording as they do without."""
    with pytest.MonkeyPatch.context() as patch, requests.Session() as session:
        for name in (*VARIABLES, *BUNDLES):
            patch.delenv(name, raising=False)
        for name, value in variables.items():
            patch.setenv(name, value)
        session.trust_env = trusting
        its_own = inspect.unwrap(requests.Session.merge_environment_settings)  # this run may guard the network, too
        bare = its_own(session, url, {}, None, verify, None)
        with wire.installed(wire.MemoryHandler()):
            recorded = session.merge_environment_settings(url, {}, None, verify, None)
    assert recorded == bare  # certificates for http, too: what it is redirected to may be https


def test_a_users_own_search_for_proxies_is_asked(wire, monkeypatch):
    """Who replaces it, as a desktop's settings do, is heard."""
    monkeypatch.setattr(requests.utils, "getproxies", lambda: {"http": "http://127.0.0.1:9"})
    with requests.Session() as session, wire.installed(wire.MemoryHandler()):
        told = session.merge_environment_settings("http://p.test/a", {}, None, None, None)
    assert told["proxies"]["http"] == "http://127.0.0.1:9"


def test_what_fails_to_connect_fails_as_ever(wire, serve, tls, trust):
    """Refused, no name, a certificate of nobody known, no handshake: the client's own error, and one outcome."""
    secure, silent = serve(wrap=tls).port, serve().port
    attempts = [
        ("http://127.0.0.1:9/", trust, "refused"),
        ("http://no-such-host.test/", trust, "name"),
        (f"https://127.0.0.1:{secure}/", True, "tls"),
        (f"https://127.0.0.1:{silent}/", trust, "connect-timeout"),
        (f"https://127.0.0.1:{secure}/", trust, 200),
    ]
    live = wire.MemoryHandler()
    live.owns = lambda host, peer: True
    for url, verify, _ in attempts:
        told = []
        for handler in (None, live):
            with requests.Session() as session, recording_with(wire, handler):
                session.trust_env = False
                told.append(wire.told(partial(status_of, session, "GET", url, timeout=0.5, verify=verify)))
        bare, recorded = told
        assert recorded == bare, url
    assert [getattr(outcome, "kind", 200) for outcome in live.outcomes] == [kind for *_, kind in attempts]
