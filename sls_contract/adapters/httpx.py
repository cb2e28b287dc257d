"""For users of httpx: `SlsAuth` signs the requests of sync and async clients."""

from __future__ import annotations

from collections.abc import Generator

try:
    import httpx
except ImportError as error:
    msg = "sls_contract.adapters.httpx needs httpx, which is not installed. How to fix: pip install 'httpx>=0.27'"
    raise ImportError(msg) from error

from sls_contract.adapters.signing import Signing
from sls_contract.exchange import Request, wire_bytes, wire_text
from sls_contract.headers import Headers


class SlsAuth(Signing, httpx.Auth):
    """Signs each request of a ``Client`` or ``AsyncClient`` as it goes on the wire: ``auth=SlsAuth(credentials)``.

    Arguments, headers and errors are those of `sls_contract.adapters.requests.SlsAuth`. The body is read to its end
    first. httpx follows a redirect with the same headers: the signature does not verify there, and the security token
    is sent along. Leave ``follow_redirects`` off, which is the default.
    """

    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign the request and send it."""
        body = request.content
        fields = [(wire_text(name), wire_text(value)) for name, value in request.headers.raw]
        signed = self.signed(Request(request.method, _wire_url(request.url), Headers(fields), body))
        request.headers = httpx.Headers([(wire_bytes(name), wire_bytes(value)) for name, value in signed.headers.pairs])
        if request.headers.pop("Transfer-Encoding", None) is not None:
            request.headers["Content-Length"] = str(len(body))
        yield request


def _wire_url(url: httpx.URL) -> str:
    """Return scheme, host and target as httpx writes them, without the default port."""
    return f"{url.scheme}://{wire_text(url.netloc)}{wire_text(url.raw_path)}"
