"""The official Python SDKs, unmodified, through the server as their HTTP proxy."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import requests
from alibabacloud_sls20201230 import models
from alibabacloud_sls20201230.client import Client
from alibabacloud_tea_openapi.utils_models import Config
from aliyun.log import LogClient, LogException
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sdk import ENDPOINT, log_client

from sls_contract.endpoint import Scripted, ServiceError
from sls_contract.endpoint.server import serve
from sls_contract.exchange import Response
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

NAMES = ("my-project", "my-logstore", "组 1")
KEYS = pytest.mark.parametrize("key", [TEST_CREDENTIALS, TEST_STS_CREDENTIALS], ids=["key", "sts"])


def tea_client(server, key=TEST_CREDENTIALS, version="v1") -> Client:
    return Client(
        Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.security_token,
            endpoint=ENDPOINT,
            protocol="HTTP",
            http_proxy=server.url,
            signature_version=version,
        )
    )


@pytest.mark.slow
@KEYS
@pytest.mark.parametrize("version", ["v1", "v4"])
def test_aliyun_log_python_sdk(server, endpoint, key, version):
    """A group's life as the SDK sees it: create, list, beat, write, read, change, delete."""
    client = log_client(server, key, version)
    client.create_consumer_group(*NAMES, 30, in_order=True)
    assert client.heart_beat(*NAMES, "consumer_1", []).get_shards() == [0, 1]
    client.update_check_point(*NAMES, 0, "MTUyNDE1NTM3OTM3MzkwODQ5Ng==", "consumer_1", force_success=False)
    client.update_check_point(*NAMES, 1, "MTI=")
    (entry,) = client.get_check_point(*NAMES, 0).get_consumer_group_check_points()
    assert (entry["checkpoint"], entry["consumer"]) == ("MTUyNDE1NTM3OTM3MzkwODQ5Ng==", "consumer_1")
    assert [each["shard"] for each in client.get_check_point(*NAMES).get_consumer_group_check_points()] == [0, 1]
    client.update_consumer_group(*NAMES, 60, in_order=False)
    (group,) = client.list_consumer_group(*NAMES[:2]).get_consumer_groups()
    assert (group.get_consumer_group_name(), group.get_timeout(), group.is_in_order()) == ("组 1", 60, False)
    client.delete_consumer_group(*NAMES)
    with pytest.raises(LogException) as raised:
        client.get_check_point(*NAMES, 0)
    assert (raised.value.get_error_code(), raised.value.resp_status) == ("ConsumerGroupNotExist", 404)
    assert raised.value.get_request_id() == endpoint.exchanges[-1].response.headers["x-log-requestid"]


@pytest.mark.slow
@KEYS
@pytest.mark.parametrize("version", ["v1", "v4"])
def test_alibabacloud_sls20201230(server, key, version):
    """The same with the generated SDK."""
    client = tea_client(server, key, version)
    client.create_consumer_group(
        *NAMES[:2], models.CreateConsumerGroupRequest(consumer_group="g", timeout=30, order=True)
    )
    beat = models.ConsumerGroupHeartBeatRequest(consumer="c", body=[])
    assert client.consumer_group_heart_beat(*NAMES[:2], "g", beat).body == [0, 1]
    write = models.ConsumerGroupUpdateCheckPointRequest(consumer="c", force_success=False, shard=1, checkpoint="MTI=")
    client.consumer_group_update_check_point(*NAMES[:2], "g", write)
    (entry,) = client.get_check_point(*NAMES[:2], "g", models.GetCheckPointRequest(shard=1)).body
    assert (entry.shard, entry.checkpoint, entry.consumer) == (1, "MTI=", "c")
    client.delete_consumer_group(*NAMES[:2], "g")
    with pytest.raises(Exception, match="ConsumerGroupNotExist"):
        client.get_check_point(*NAMES[:2], "g", models.GetCheckPointRequest())


def test_alibabacloud_sls20201230_async(server, endpoint):
    """Thirty reads at once with the asyncio client."""
    endpoint.set_checkpoint("g", 0, "MTI=", consumer="c")
    client = tea_client(server)

    async def read():
        response = await client.get_check_point_async(*NAMES[:2], "g", models.GetCheckPointRequest(shard=0))
        return response.body[0].checkpoint

    async def thirty():
        return await asyncio.gather(*(read() for _ in range(30)))

    assert asyncio.run(thirty()) == ["MTI="] * 30
    assert len(endpoint.exchanges) == 30


def test_the_proxy_variable_alone_is_enough(server, endpoint, monkeypatch):
    """Without a line of code changed, HTTP_PROXY brings both SDKs here under a real endpoint name."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setenv("http_proxy", server.url)
    endpoint.set_checkpoint("g", 1, "MTI=")
    key = (TEST_CREDENTIALS.access_key_id, TEST_CREDENTIALS.access_key_secret)
    response = LogClient(ENDPOINT, *key, source="test").get_check_point(*NAMES[:2], "g", 1)
    assert response.get_consumer_group_check_points()[0]["checkpoint"] == "MTI="
    config = Config(access_key_id=key[0], access_key_secret=key[1], endpoint=ENDPOINT, protocol="HTTP")
    (entry,) = Client(config).get_check_point(*NAMES[:2], "g", models.GetCheckPointRequest(shard=1)).body
    assert entry.checkpoint == "MTI="


def test_wrong_keys_are_refused(server):
    """The SDK shows the documented code for an unknown key and a wrong secret."""
    codes = []
    for key in (("nobody", "x"), ("testAccessKeyId", "x")):
        client = LogClient(ENDPOINT, *key, source="test")
        client._session.proxies = {"http": server.url}
        with pytest.raises(LogException) as raised:
            client.get_check_point(*NAMES)
        codes.append((raised.value.resp_status, raised.value.get_error_code()))
    assert codes == [(401, "Unauthorized"), (401, "SignatureNotMatch")]


def test_scripted_responses_reach_the_sdk(server, endpoint):
    """An error, HTML, a cut-off body and a reset, each once, then the truth."""
    endpoint.set_checkpoint("g", 0, "MTI=")
    client = tea_client(server)
    endpoint.respond_next(ServiceError(403, "ReadQuotaExceed", "Read quota is exceeded."))
    endpoint.respond_next(Response(200, {"Content-Type": "text/html", "Content-Length": "4"}, b"<hr>"))
    endpoint.respond_next(Scripted.truncated(10))
    endpoint.respond_next(Scripted.reset())
    for _ in range(4):
        with pytest.raises(Exception):  # noqa: B017 - the SDK's own, several
            client.get_check_point(*NAMES[:2], "g", models.GetCheckPointRequest(shard=0))
    response = client.get_check_point(*NAMES[:2], "g", models.GetCheckPointRequest(shard=0))
    assert response.body[0].checkpoint == "MTI="
    assert [served.scripted for served in endpoint.log] == [True] * 4 + [False]


@pytest.fixture
def certificate(tmp_path):
    """Write a certificate for 127.0.0.1 and its key into one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "loopback.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_tls(endpoint, certificate):
    """With a certificate the server speaks HTTPS, the URL says so, and responses are delivered as scripted."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    endpoint.respond_next(Response(200, {"Content-Length": "2"}, b"ok"))
    endpoint.respond_next(Scripted.reset())
    with serve(endpoint, tls=context) as server, requests.Session() as session:
        session.trust_env, session.verify = False, str(certificate)
        assert server.url == f"https://127.0.0.1:{server.port}"
        assert session.get(server.url + "/x", timeout=60).text == "ok"
        with pytest.raises(requests.ConnectionError):
            session.get(server.url + "/x", timeout=60)
    assert endpoint.requests[0].url == server.url + "/x"
