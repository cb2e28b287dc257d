"""An example: requests are recorded once (pytest --sls-record=once), then replayed and checked."""

import pytest
import requests

from sls_contract.adapters.requests import SlsAuth


@pytest.mark.sls_cassette
def test_a_new_group_has_no_checkpoint(sls):
    url = f"https://{sls.project}.{sls.endpoint}/logstores/{sls.logstore}/consumergroups/{sls.consumer_group}"
    response = requests.get(url, params={"shard": 0}, auth=SlsAuth(sls.credentials), timeout=5)
    assert response.json()[0]["checkpoint"] == ""
