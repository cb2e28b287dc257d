"""The bytes of a body that a HAR contains as text.

HAR 1.2 has no field that says how a binary body of a request is written. mitmproxy writes a character for each byte
(Latin-1; run), as older ProxyPin does in responses; by their issue trackers, Reqable writes base64 and names it, HTTP
Toolkit, whistle and PCAPdroid replace bytes that are not UTF-8, and Proxyman wrote none. A digest or a size among the
headers shows which text has the bytes that were sent.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from sls_contract.signing import content_md5, content_sha256

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sls_contract.headers import Headers

_DIGESTS = ("content-md5", "x-log-content-sha256")
_BINARY_TYPES = ("protobuf", "octet-stream")
_REPLACED = "\ufffd"  # stands for bytes that the tool could not decode
_DATA_URL = re.compile(r"data:[^,]{0,200};base64,")
_NUMBER = re.compile("[0-9]{1,18}")
_BASE64 = re.compile("[A-Za-z0-9+/]+={0,2}")  # without its white space


def body_of_text(text: str, headers: Headers, size: int) -> bytes | None:
    """Return the bytes that a text stands for; None if they are not known.

    ``size`` is the size of the body that the archive states, 0 or less if it states none. Text that nothing speaks
    against is UTF-8. If a binary body has a digest, only the body with this digest is read: tools also replace single
    characters, which keeps the size. A size alone does not make text Latin-1: some tools count characters.
    """
    digests, sizes = _digests_in(headers), _sizes_in(headers, size)
    plain = text.encode("utf-8", "surrogatepass")
    candidates = [plain, *_other_readings(text)]
    for body in candidates if digests else ():
        if {content_md5(body).lower(), content_sha256(body)} & digests:
            return body
    binary = is_binary(headers) or "content-encoding" in headers  # tools decode that: the text is not what was sent
    if digests and binary:
        return None
    if sizes:
        fitting = next((body for body in (candidates if binary else [plain]) if len(body) in sizes), None)
        lost = binary or bool(digests) or _REPLACED in text or len(plain) < min(sizes)  # both digest and size are wrong
        return fitting if fitting is not None or lost else plain
    lost = (binary and not text.isascii()) or (bool(digests) and _REPLACED in text)
    return None if lost else plain


def announces_body(headers: Headers, size: int) -> bool:
    """Return whether a request had a body, by its headers or by the size that the archive states."""
    empty = {content_md5(b"").lower(), content_sha256(b"")}
    return bool(_sizes_in(headers, size) or _digests_in(headers) - empty)


def _digests_in(headers: Headers) -> set[str]:
    sent = (headers.get(name, "").strip().lower() for name in _DIGESTS)
    return {digest for digest in sent if digest}


def _sizes_in(headers: Headers, size: int) -> Collection[int]:
    announced = headers.get("content-length", "").strip()
    sizes = {int(announced) if _NUMBER.fullmatch(announced) else 0, size}
    return {each for each in sizes if each > 0}


def is_binary(headers: Headers) -> bool:
    """Return whether a body is no text: by its type, or as x-log-compresstype says."""
    kind = headers.get("content-type", "").lower()
    return any(each in kind for each in _BINARY_TYPES) or bool(headers.get("x-log-compresstype", "").strip())


def _other_readings(text: str) -> Iterator[bytes]:
    """Yield what a text may stand for if it is not UTF-8: characters for bytes, or base64 that is not named as such."""
    for encoding, errors in (("latin-1", "strict"), ("utf-8", "surrogateescape")):
        try:
            yield text.encode(encoding, errors)
        except UnicodeEncodeError:
            continue
    url = _DATA_URL.match(text)
    coded = "".join((text[url.end() :] if url else text).split())
    if _BASE64.fullmatch(coded):
        try:
            yield base64.b64decode(coded)
        except ValueError:
            return
