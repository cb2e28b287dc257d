"""Content codings: cassettes show the decoded body, so that a reviewer can read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.content_coding import content_codings, without_content_coding

if TYPE_CHECKING:
    from sls_contract.exchange import Response


def readable(response: Response) -> Response:
    """Return the response as plain vcrpy should replay it: with its body decoded.

    ``Content-Encoding`` is then removed and ``Content-Length`` adjusted. Otherwise a client would decode twice, or wait
    for bytes that never come. A response without a content coding, or with a body that does not decode, is returned
    unchanged.
    """
    body = decoded(response)
    if body is None:
        return response
    headers = response.headers.without("content-encoding")
    if "content-length" in headers:
        headers = headers.with_field("Content-Length", str(len(body)))
    return response.replace(headers=headers, body=body)


def decoded(response: Response) -> bytes | None:
    """Return the decoded body; None where there is no content coding, or the body does not match the header.

    A body that decodes to more than `LARGEST_BODY` bytes stays encoded in the file, so that a zip bomb cannot fill a
    disk.
    """
    if not (response.wire and response.body and content_codings(response)):
        return None
    return without_content_coding(response).data
