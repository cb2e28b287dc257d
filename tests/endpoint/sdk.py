"""The official Python SDK, pointed at a server on loopback."""

from aliyun.log import LogClient

from sls_contract.signing import TEST_CREDENTIALS

ENDPOINT = "cn-shanghai.log.aliyuncs.com"


def log_client(server, key=TEST_CREDENTIALS, version="v1") -> LogClient:
    client = LogClient(
        ENDPOINT,
        key.access_key_id,
        key.access_key_secret,
        securityToken=key.security_token,
        source="test",
        auth_version=version,
        region="cn-shanghai",
    )
    client._session.proxies = {"http": server.url}
    return client
