"""Responses of this package itself, marked so that nobody takes them for the service's."""

from __future__ import annotations

import json
from typing import Final

from sls_contract.exchange import OWN_RESPONSE, Response

MISDIRECTED: Final = 421
"""Misdirected Request: the service never sends it, and no client retries it (aliyun-log-python-sdk retries 5xx)."""


def refusal(status: int, code: str, message: str, *, closing: bool = False) -> Response:
    """Return a response in the form of the service's errors, so that every client shows its message.

    It is JSON, because @alicloud/log returns any other type as a success. No page documents its code, and the header
    `OWN_RESPONSE` repeats it. ``closing``: the connection ends after it.
    """
    text = json.dumps({"errorCode": code, "errorMessage": message}, ensure_ascii=False)
    body = text.encode("utf-8", "backslashreplace")
    fields = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), (OWN_RESPONSE, code)]
    return Response(status, fields + [("Connection", "close")] * closing, body)
