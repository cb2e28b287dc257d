"""The flows that mitmproxy writes, read by its own reader; it is an extra: ``pip install 'sls-contract[proxy]'``."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Response, wire_text
from sls_contract.transport.interception import request_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLOWS = re.compile(rb"[0-9]+:[0-9]+:[a-z_]+;")


def are_flows(data: bytes) -> bool:
    """Tell whether a file looks like one that mitmproxy or mitmdump wrote."""
    return _FLOWS.match(data) is not None


def read_flows(data: bytes) -> Iterator[tuple[Exchange, datetime]]:
    """Yield each HTTP exchange, and when its request was made; raises `UsageError` without mitmproxy, or for damage."""
    try:
        from mitmproxy.exceptions import (  # type: ignore[import-not-found, unused-ignore]  # an extra
            FlowReadException,
        )
        from mitmproxy.http import HTTPFlow  # type: ignore[import-not-found, unused-ignore]  # an extra
        from mitmproxy.io import FlowReader  # type: ignore[import-not-found, unused-ignore]  # an extra
    except ImportError:
        msg = (
            "to read flows of mitmproxy needs mitmproxy. How to fix: pip install 'sls-contract[proxy]', "
            "or make a HAR of them: mitmdump -nr FILE --set hardump=flows.har"
        )
        raise UsageError(msg) from None
    try:
        for flow in FlowReader(io.BytesIO(data)).stream():
            if isinstance(flow, HTTPFlow):
                at = datetime.fromtimestamp(flow.request.timestamp_start, UTC)
                yield Exchange(request_of(flow.request), _answer(flow.response)), at
    except FlowReadException as error:
        msg = f"expected flows of mitmproxy, which its reader refuses: {error}. How to fix: save them again."
        raise UsageError(msg) from None


def _answer(raw: object) -> Response | None:
    """Return mitmproxy's answer as ours; None where none came."""
    data = getattr(raw, "data", None)
    if data is None:
        return None
    headers = [(wire_text(name), wire_text(value)) for name, value in data.headers.fields]
    return Response(data.status_code, headers, data.content or b"", reason=wire_text(data.reason))
