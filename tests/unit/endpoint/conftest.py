"""A reference endpoint whose clock the test moves, and a client that signs."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.exchange import Request, Response
from sls_contract.signing import TEST_CREDENTIALS, Credentials, sign

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package: what they share lies beside them

GROUPS = "/logstores/my-logstore/consumergroups"
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class SigningClient:
    """Sends signed requests to an endpoint, in process."""

    groups = GROUPS

    def __init__(self, endpoint: ReferenceEndpoint, clock: Clock) -> None:
        self.endpoint, self.clock = endpoint, clock

    def request(self, method: str, target: str, body: bytes = b"", *, host: str = HOST) -> Request:
        headers = {"Content-Type": "application/json"} if body else {}
        return Request(method, f"http://{host}{target}", headers, body)

    def __call__(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        host: str = HOST,
        scheme: str = "v1",
        credentials: Credentials = TEST_CREDENTIALS,
    ) -> Response:
        request = self.request(method, target, body, host=host)
        return self.endpoint(sign(request, credentials, scheme=scheme, region="cn-hangzhou", at=self.clock()))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint(clock: Clock):
    with ReferenceEndpoint(clock) as made:
        yield made


@pytest.fixture
def send(endpoint: ReferenceEndpoint, clock: Clock) -> SigningClient:
    return SigningClient(endpoint, clock)
