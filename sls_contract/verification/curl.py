"""A request as a line for a terminal; what it signs with stays secret unless the key is the public test key."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sls_contract.exchange import split_url
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, access_key_id

if TYPE_CHECKING:
    from sls_contract.exchange import Request
    from sls_contract.verification.target import Target

_PUBLIC = frozenset({TEST_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.access_key_id})
_SECRET = frozenset({"authorization", "x-acs-security-token"})


def curl_line(request: Request, target: Target) -> str:
    """Return the curl command that sends the request; a signature lasts 15 minutes.

    On loopback the command goes to the endpoint's own address, because no resolver knows the project in front of it.
    """
    authority = target.authority if target.loopback else split_url(request.url)[1]
    parts = ["curl", "-sSi", "-X", request.method, f"{target.scheme}://{authority}{request.target}"]
    public = access_key_id(request) in _PUBLIC
    for name, value in request.headers.pairs:
        shown = value if public or name.lower() not in _SECRET else "***"
        parts += ["-H", f"{name}: {shown}" if shown else f"{name};"]
    if request.body:
        parts += ["--data-binary", request.body.decode("utf-8", "backslashreplace")]
    return shlex.join(parts)
