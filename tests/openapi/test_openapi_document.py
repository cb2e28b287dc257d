"""The OpenAPI document of the contracts, read by others: a validator, and Schemathesis against the served endpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from sls_contract import Credentials, Request, sign
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve

validator = pytest.importorskip("openapi_spec_validator", reason="needs tests/openapi/requirements.txt")
schemathesis = pytest.importorskip("schemathesis", reason="needs tests/openapi/requirements.txt")

import requests  # noqa: E402 - after the skips
from hypothesis import HealthCheck, given, settings  # noqa: E402
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance  # noqa: E402

LEFT_OUT = [positive_data_acceptance, negative_data_rejection, ignored_auth]
"""A cursor or group that fits its schema need not exist; only allowed requests are generated; and all are signed."""
NAMES_OF_ROUTES = (
    "GetCheckPoint",
    "ListConsumerGroup",
    "CreateConsumerGroup",
    "UpdateConsumerGroup",
    "DeleteConsumerGroup",
    "ConsumerGroupHeartBeat_ConsumerGroupUpdateCheckPoint",
    "GetCursor_GetCursorTime_PullLogs",
    "ListShards",
)
KEY = Credentials("testAccessKeyId", "testAccessKeySecret")
NAMES = {"logstore": "my-logstore", "consumerGroup": "my-group"}
SIGNED = {
    "authorization",
    "content-md5",
    "date",
    "x-acs-security-token",
    "x-log-content-sha256",
    "x-log-date",
    "x-log-signaturemethod",
}
"""Headers that belong to the signature, or are signed over: whoever signs sets them."""

SERVED = (
    "GetCheckPoint",
    "ListConsumerGroup",
    "CreateConsumerGroup",
    "UpdateConsumerGroup",
    "DeleteConsumerGroup",
    "ConsumerGroupHeartBeat",
    "ConsumerGroupUpdateCheckPoint",
    "GetCursor",
    "GetCursorTime",
    "PullLogs",
    "ListShards",
)


def exported(folder, *arguments):
    command = [sys.executable, "-m", "sls_contract", "spec", "export", "--format", "openapi", "--out", folder]
    subprocess.run([*map(str, command), *arguments], check=True, capture_output=True)
    return json.loads((folder / "openapi.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    named = [part for name in SERVED for part in ("--operation", name)]
    return exported(tmp_path_factory.mktemp("served"), *named)


@pytest.fixture(scope="module")
def served():
    endpoint = ReferenceEndpoint(lambda: datetime.now(UTC), logstores={("my-project", "my-logstore"): 2})
    endpoint.create_consumer_group("my-group", project="my-project", logstore="my-logstore")
    with serve(endpoint) as server:
        yield server


def test_the_document_of_everything_is_valid_openapi(tmp_path):
    assert [*validator.OpenAPIV31SpecValidator(exported(tmp_path)).iter_errors()] == []


def test_every_served_operation_is_in_the_document(document):
    shown = [each for methods in document["paths"].values() for each in methods.values()]
    apart = [one for each in shown for one in each.get("x-sls-operations", [each])]
    assert sorted(each["operationId"] for each in apart) == sorted(SERVED)


@pytest.mark.parametrize("operation", NAMES_OF_ROUTES)
def test_schemathesis_finds_nothing_in_what_is_served(document, served, operation):
    """Requests as the document allows them, signed by a hook, get responses as the document has them."""
    every = [each.ok() for each in schemathesis.openapi.from_dict(document).get_all_operations()]
    (found,) = [each for each in every if each.definition.raw["operationId"] == operation]

    statuses = []

    @settings(max_examples=15, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=found.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
    def ask(case):
        case.path_parameters |= {name: text for name, text in NAMES.items() if name in case.path_parameters}
        case.headers = {name: text for name, text in (case.headers or {}).items() if name.lower() not in SIGNED}
        response = sent(case, served)
        case.validate_response(response, excluded_checks=LEFT_OUT)
        statuses.append(response.status_code)

    ask()
    assert statuses


def sent(case, served):
    prepared = requests.Request(**case.as_transport_kwargs(base_url=served.url)).prepare()
    headers = [("Host", f"my-project.{served.url.removeprefix('http://')}"), *prepared.headers.items()]
    unsigned = Request(prepared.method, prepared.url, headers, prepared.body or b"")
    signed = sign(unsigned, KEY, at=datetime.now(UTC))
    prepared.headers = requests.structures.CaseInsensitiveDict(dict(signed.headers))
    with requests.Session() as session:
        session.trust_env = False
        return session.send(prepared)
