"""Responses in the voice of sls-contract itself are no recordings of the service."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from sls_contract import Credentials, Request, Response, load_cassette, sign, use_cassette
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.errors import SlsContractError
from sls_contract.signing import TEST_CREDENTIALS

HOST = "my-project.cn-hangzhou.log.aliyuncs.com"


def ask(method: str, target: str) -> requests.Response:
    request = Request(method, f"http://{HOST}{target}", {"Host": HOST})
    signed = sign(request, TEST_CREDENTIALS, at=datetime.now(UTC))
    return requests.request(method, request.url, headers=dict(signed.headers), timeout=60)


@pytest.mark.parametrize("target", ["/logstores?offset=0", "/logstores/my-logstore?type=log", "/machinegroups"])
def test_what_the_endpoint_does_not_serve_is_not_recorded(tmp_path, target):
    """The client is told whose limit it is, the block fails with it, and the file holds the other exchange alone."""
    path = tmp_path / "x.sls.yaml"
    endpoint = ReferenceEndpoint(lambda: datetime.now(UTC))
    with (  # noqa: PT012 - the error comes when the block ends
        pytest.raises(SlsContractError, match="sls-contract itself responded"),
        use_cassette(path, "once", send=endpoint),
    ):
        assert ask("GET", "/logstores/my-logstore/consumergroups").status_code == 200
        response = ask("GET", target)
        assert (response.status_code, response.headers["x-sls-contract"]) == (421, "NotServedHere")
        assert "its limit, not the service's" in response.json()["errorMessage"]
    assert [exchange.response.status for exchange in load_cassette(path).exchanges] == [200]
    assert "NotServedHere" not in path.read_text("utf-8")


def test_an_own_response_that_quotes_the_key_does_not_show_it(tmp_path):
    """The error is shown in logs of CI; it must not contain what the cassette would not."""
    key = Credentials("LTAI5tNobodysKeyId000001", "NobodysSecretOfThirtyCharacter")

    def quoting(request: Request) -> Response:
        return Response(421, {"x-sls-contract": "NotServedHere"}, f"not served to {key.access_key_id}".encode())

    with (
        pytest.raises(SlsContractError, match="sls-contract itself responded") as caught,
        use_cassette(tmp_path / "x.sls.yaml", "once", key, send=quoting),
    ):
        requests.get(f"http://{HOST}/?key={key.access_key_id}", timeout=60)
    assert key.access_key_id not in str(caught.value)
    assert "not served to ***" in str(caught.value)
