"""Answers of our own, which nobody can take for the service's: what is not served, not recorded, not let through."""

from __future__ import annotations

import json
from typing import Final

from sls_contract.exchange import OWN_RESPONSE, Response

MISDIRECTED: Final = 421
"""Misdirected Request: not the service's, and no client repeats it (a 5xx, aliyun-log-python-sdk asks ten times)."""


def refusal(status: int, code: str, message: str, *, closing: bool = False) -> Response:
    """Return an answer in the form of the service's errors, so that every client shows it.

    JSON, because @alicloud/log hands any other type through as a success. No page documents its code,
    and the header `OWN_RESPONSE` repeats it. ``closing``: the connection ends after it.
    """
    said = json.dumps({"errorCode": code, "errorMessage": message}, ensure_ascii=False)
    body = said.encode("utf-8", "backslashreplace")
    fields = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), (OWN_RESPONSE, code)]
    return Response(status, fields + [("Connection", "close")] * closing, body)
