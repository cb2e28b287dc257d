"""Content codings: what a reviewer reads in place of compressed bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.content_coding import content_codings, without_content_coding

if TYPE_CHECKING:
    from sls_contract.exchange import Response


def readable(response: Response) -> Response:
    """Return the answer as plain vcrpy should replay it.

    A body that was coded on the wire, and decodes cleanly, stands decoded: then ``Content-Encoding`` goes, and
    ``Content-Length`` tells the new length, or a client would decode once more or wait for bytes that never come.
    Any other answer comes back as it is.
    """
    body = decoded(response)
    if body is None:
        return response
    headers = response.headers.without("content-encoding")
    if "content-length" in headers:
        headers = headers.with_field("Content-Length", str(len(body)))
    return response.replace(headers=headers, body=body)


def decoded(response: Response) -> bytes | None:
    """Return the decoded body; None where nothing is coded, or the bytes are not what the header promises.

    What unpacks to more than `LARGEST_BODY` stays packed in the file, so that a bomb cannot fill a disk.
    """
    if not (response.wire and response.body and content_codings(response)):
        return None
    return without_content_coding(response).data
