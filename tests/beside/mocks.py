"""Tests of somebody who mocks the service, or another product beside it, and only has sls-contract installed.

Copied and run by test_mocks_respond_first.py, with our plugin and without it.
"""

import asyncio
import http.client
import http.server
import io
import socket
import threading

import pytest

HOSTS = ["p.cn-hangzhou.log.aliyuncs.com", "bucket.oss-cn-hangzhou.aliyuncs.com"]


@pytest.fixture(params=HOSTS)
def url(request):
    return f"http://{request.param}/x"


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"double")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def port():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def by_requests(url, **more):
    requests = pytest.importorskip("requests")
    return requests.get(url, timeout=60, **more).content


def by_urllib3(url):
    urllib3 = pytest.importorskip("urllib3")
    return urllib3.PoolManager(retries=False).request("GET", url, timeout=60).data


def by_urllib(url):
    from urllib.request import build_opener  # urlopen keeps the proxies of its first call

    return build_opener().open(url, timeout=60).read()


def by_httpx(url, **more):
    httpx = pytest.importorskip("httpx")
    return httpx.get(url, **more).content


def by_httpx_async(url, **more):
    httpx = pytest.importorskip("httpx")

    async def ask():
        async with httpx.AsyncClient(**more) as client:
            return (await client.get(url)).content

    return asyncio.run(ask())


def by_aiohttp(url, **more):
    aiohttp = pytest.importorskip("aiohttp")

    async def ask():
        async with aiohttp.ClientSession() as client, client.get(url, **more) as response:
            return await response.read()

    return asyncio.run(ask())


CLIENTS = [by_requests, by_urllib3, by_urllib, by_httpx, by_httpx_async, by_aiohttp]
clients = pytest.mark.parametrize("ask", CLIENTS)


@clients
def test_vcrpy(url, ask, tmp_path):
    vcr = pytest.importorskip("vcr")
    (tmp_path / "c.yaml").write_text(f"""
version: 1
interactions:
- request: {{method: GET, uri: "{url}", body: null, headers: {{}}}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{Content-Type: [text/plain]}}
    body: {{string: double}}
""")
    with vcr.use_cassette(str(tmp_path / "c.yaml"), record_mode="none"):
        assert ask(url) == b"double"


@pytest.mark.parametrize("ask", [by_httpx, by_httpx_async])
@pytest.mark.parametrize("using", ["httpcore", "httpx"])
def test_respx(url, ask, using):
    respx = pytest.importorskip("respx")
    with respx.mock(using=using) as router:
        router.get(url).respond(200, text="double")
        assert ask(url) == b"double"


@pytest.mark.parametrize("ask", [by_requests, by_urllib3, by_urllib])
def test_httpretty(url, ask):
    httpretty = pytest.importorskip("httpretty")
    with httpretty.enabled(allow_net_connect=False):
        httpretty.register_uri(httpretty.GET, url, body="double")
        assert ask(url) == b"double"


@clients
def test_mocket(url, ask):
    mocket = pytest.importorskip("mocket")
    from mocket.mocks.mockhttp import Entry

    with mocket.Mocketizer(strict_mode=True):
        Entry.single_register(Entry.GET, url, body="double", headers={"content-type": "text/plain"})
        assert ask(url) == b"double"


def test_responses(url):
    responses = pytest.importorskip("responses")
    with responses.RequestsMock() as double:
        double.get(url, body="double")
        assert by_requests(url) == b"double"


def test_requests_mock(url):
    requests_mock = pytest.importorskip("requests_mock")
    with requests_mock.Mocker() as mock:
        mock.get(url, text="double")
        assert by_requests(url) == b"double"


def test_aioresponses(url):
    aioresponses = pytest.importorskip("aioresponses")
    with aioresponses.aioresponses() as mock:
        mock.get(url, body="double")
        assert by_aiohttp(url) == b"double"


def test_pytest_httpx(url, request):
    pytest.importorskip("pytest_httpx")
    mock = request.getfixturevalue("httpx_mock")
    mock.add_response(url=url, text="double", is_reusable=True)
    assert by_httpx(url) == by_httpx_async(url) == b"double"


def test_httpx_transport(url):
    httpx = pytest.importorskip("httpx")
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text="double"))
    assert httpx.Client(transport=transport).get(url).text == "double"


@clients
def test_getaddrinfo(url, ask, port, monkeypatch):
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, p, *more, **named: real("127.0.0.1", p, *more, **named))
    assert ask(url.replace("/x", f":{port}/x")) == b"double"


def test_create_connection(url, port, monkeypatch):
    real = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda _, *more, **named: real(("127.0.0.1", port), *more, **named)
    )
    assert by_urllib(url) == b"double"


@clients
def test_proxy_variable(url, ask, port, monkeypatch):
    if ask is by_urllib3:
        pytest.skip("urllib3 reads no variable")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    more = {"proxy": f"http://127.0.0.1:{port}"} if ask is by_aiohttp else {}
    assert ask(url, **more) == b"double"


def double_of(requests):
    response = requests.Response()
    response.status_code, response._content = 200, b"double"
    return response


def test_adapter(url):
    requests = pytest.importorskip("requests")

    class Adapter(requests.adapters.HTTPAdapter):
        def send(self, request, **kwargs):
            return double_of(requests)

    session = requests.Session()
    session.mount("http://", Adapter())
    assert session.get(url).content == b"double"


def test_unittest_mock(url):
    """The double is the user's, in libraries of others; nothing of ours is replaced."""
    from unittest import mock

    requests = pytest.importorskip("requests")
    with mock.patch("requests.adapters.HTTPAdapter.send") as send:
        send.return_value = double_of(requests)
        assert by_requests(url) == b"double"
    urllib3 = pytest.importorskip("urllib3")
    with mock.patch("urllib3.connectionpool.HTTPConnectionPool.urlopen") as send:
        send.return_value = urllib3.HTTPResponse(b"double", status=200)
        assert by_urllib3(url) == b"double"
    with mock.patch("http.client.HTTPConnection.request"), mock.patch("http.client.HTTPConnection.getresponse") as got:
        got.return_value.read.return_value = b"double"
        connection = http.client.HTTPConnection(url.split("/")[2])
        connection.request("GET", "/x")
        assert connection.getresponse().read() == b"double"


def test_aiohttp_resolver(url, port):
    aiohttp = pytest.importorskip("aiohttp")
    place = {"host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": socket.AI_NUMERICHOST}

    class Here(aiohttp.abc.AbstractResolver):
        async def resolve(self, host, *_, **_more):
            return [{"hostname": host, **place}]

        async def close(self):
            pass

    async def ask():
        connector = aiohttp.TCPConnector(resolver=Here())
        async with aiohttp.ClientSession(connector=connector) as client, client.get(url) as response:
            return await response.read()

    assert asyncio.run(ask()) == b"double"


def test_host_header(url, port):
    pytest.importorskip("requests")
    assert by_requests(f"http://127.0.0.1:{port}/x", headers={"Host": url.split("/")[2]}) == b"double"


@pytest.mark.parametrize("option", ["PROXY", "CONNECT_TO", "RESOLVE"])
def test_curl(url, port, option):
    pycurl = pytest.importorskip("pycurl")
    host = url.split("/")[2]
    values = {
        "PROXY": f"http://127.0.0.1:{port}",
        "CONNECT_TO": [f"{host}:80:127.0.0.1:{port}"],
        "RESOLVE": [f"{host}:{port}:127.0.0.1"],
    }
    body, transfer = io.BytesIO(), pycurl.Curl()
    transfer.setopt(pycurl.URL, url.replace("/x", f":{port}/x") if option == "RESOLVE" else url)
    transfer.setopt(pycurl.WRITEDATA, body)
    transfer.setopt(getattr(pycurl, option), values[option])
    transfer.perform()
    assert body.getvalue() == b"double"


@clients
def test_pook(url, ask):
    pook = pytest.importorskip("pook")
    pook.reset()
    with pook.use():
        pook.get(url).reply(200).body("double")
        assert ask(url) == b"double"
