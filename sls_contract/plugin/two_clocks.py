"""The bundled endpoint in a test that may have set the clock, which not every client sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.cassettes.session_settings import seen_by_client
from sls_contract.clock import utc_now
from sls_contract.endpoint import ReferenceEndpoint

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.exchange import Request


class EndpointOfTest(ReferenceEndpoint):
    """A `ReferenceEndpoint` that receives each request at the real time or the test's, whichever its date is nearer."""

    def _received_at(self, request: Request) -> datetime:
        return seen_by_client(request, utc_now(), self._now())
